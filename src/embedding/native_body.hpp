// SPDX-License-Identifier: MIT
// A coroutine as the body of a component. The coroutine itself, outside of sync blocks, is there
// once. What may be copied is a behaviour in a block: it is the answers that it had so far, with
// which the block, run again, comes to the same place.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <reowolf/component.hpp>

#include "embedding/outside.hpp"
#include "runtime/body.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::embedding {

// What all behaviours of a component share.
struct Core : Task {
    Core(Engine& its_engine, runtime::Runtime& its_runtime, Outside& its_outside,
         std::string its_name)
        : Task(its_engine),
          runtime(its_runtime),
          outside(its_outside),
          name(std::move(its_name)),
          behaviour_in_place(*this),
          round_in_place(behaviour_in_place) {
        behaviour_in_place.is_only = true;
        behaviour_in_place.is_in_place = true;
        behaviour = &behaviour_in_place;
        round = &round_in_place;
    }
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;
    ~Core() {
        drop_code();
        if (coroutine) coroutine.destroy();
    }
    // It has been started.
    void attach(runtime::ComponentIndex its_index) {
        index = its_index;
        who = &runtime.known(its_index);
    }
    void drop_code() {
        if (code) std::exchange(code, nullptr).destroy();
    }

    runtime::Runtime& runtime;
    Outside& outside;
    std::string name;
    std::unique_ptr<Start> start;
    std::coroutine_handle<> coroutine;  // none before it has begun
    Behaviour behaviour_in_place;
    Round round_in_place;
};

class NativeBody final : public runtime::Body {
  public:
    explicit NativeBody(std::shared_ptr<Core> core);
    NativeBody(const NativeBody& other);
    NativeBody& operator=(const NativeBody&) = delete;
    ~NativeBody() override;

    // At the begin of what the task does next, without a coroutine around it.
    void begin_act();
    // That has happened: the task's act has its result.
    void deliver();
    // Whether it is in a block that is run in place.
    bool has_code_in_place() const { return core_->code != nullptr; }

    std::unique_ptr<Body> clone() const override { return std::make_unique<NativeBody>(*this); }
    std::optional<machine::Request> run(std::uint32_t& budget) override;
    std::optional<machine::Request> has_run() override;
    bool awaits_outside() const override;
    Seat* seat() override { return core_.get(); }
    std::span<const machine::PortHandle> ports_to_choose() const override;
    void got(machine::Value message) override;
    void got_from(std::uint32_t chosen, machine::Value message) override;
    void chose(std::uint32_t index) override;
    void fires(bool yes) override;
    void made(machine::PortHandle, machine::PortHandle) override {}
    bool can_go_back() const override { return true; }
    void go_back() override;
    bool reports() const override { return true; }
    bool notices_closing() const override;
    void notice_closing() override;
    // What a coroutine holds cannot be compared, unless it says itself what it is.
    bool same_state(const Body& other) const override;
    std::uint64_t bytes() const override;
    std::vector<runtime::TraceLine> trace() const override;

  private:
    enum class Next : std::uint8_t {
        component,   // its coroutine runs, or waits in a round, or its block does, all in place
        outside,     // it waits for something outside
        begin,       // of a block
        late,        // whether the block happens, although its time is over
        act,         // the first request of the block
        chosen_get,  // of the port that was chosen
        block,       // its code runs
        end,         // of the block
        deliver,     // the block has happened
    };
    // What a block asked, and was answered.
    struct Exchange {
        explicit Exchange(const Ask& ask);
        // What others have built on already cannot become something else.
        bool is_of(const Ask& ask) const;

        Ask::Kind kind;
        std::uint32_t count;  // of alternatives
        machine::PortHandle port;
        machine::Value value;  // got, or put, or the line that was printed
        std::uint32_t number = 0;
    };
    // The code of a block, under way.
    struct Run {
        explicit Run(Task& task) : behaviour(task), round(behaviour) {}
        Run(const Run&) = delete;
        Run& operator=(const Run&) = delete;
        ~Run() {
            if (code) code.destroy();
        }

        Behaviour behaviour;
        Round round;
        std::coroutine_handle<> code;
    };

    Act& act() const { return core_->does == Doing::act ? *core_->act : core_->become_act(); }
    std::optional<machine::Request> wait_outside();
    machine::Request ask_in_place();
    void prepare_act();
    void begin_anew();
    machine::Request enter_block();
    machine::Request begin_block();
    machine::Request first_request();
    machine::Request get_chosen();
    machine::Request run_block();
    machine::Request request_of(Ask& ask);
    machine::Request with_port(machine::PortHandle port, bool is_out,
                               machine::Request (*make)(machine::PortHandle, program::TypeId));
    bool is_time_over() const;
    void drop_run();

    std::shared_ptr<Core> core_;
    Next next_ = Next::component;
    bool copied_ = false;  // from here on what is asked must be kept
    bool is_late_ = false;
    bool is_closed_ = false;
    std::uint32_t chosen_ = 0;
    const Block* block_ = nullptr;  // where it began, with
    std::optional<Bytes> state_;
    machine::Value value_;
    std::vector<Exchange> exchanges_;
    std::size_t replayed_ = 0;
    std::optional<Run> run_;
};

inline Message to_message(machine::Value value) {
    if (!value.is_reference()) return Message::number(value.bits());
    return Message::adopt(reinterpret_cast<std::uint64_t>(value.hand_over()));
}
// Of a message that is kept.
inline machine::Value to_value(const Message& message) {
    if (!message.is_reference()) return machine::Value::scalar(message.bits());
    retain(message.bits());
    // What to_message made of a pointer: NOLINTNEXTLINE(performance-no-int-to-ptr)
    return machine::Value::adopt(reinterpret_cast<machine::Block*>(message.bits()));
}
inline machine::Value to_value(Message&& message) {
    if (!message.is_reference()) return machine::Value::scalar(message.bits());
    // As above: NOLINTNEXTLINE(performance-no-int-to-ptr)
    return machine::Value::adopt(reinterpret_cast<machine::Block*>(message.hand_over()));
}

}  // namespace reowolf::embedding
