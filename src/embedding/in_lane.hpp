// SPDX-License-Identifier: MIT
// What the coroutines of components do in the lane by themselves, without asking: the part of the
// engine that is the same wherever they run.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include <reowolf/component.hpp>

#include "embedding/native_body.hpp"
#include "runtime/lane.hpp"

namespace reowolf::embedding {

class InLane : public Engine {
  public:
    explicit InLane(runtime::Runtime& runtime) : runtime_(runtime) {}

    bool put_at_once(Act& act) final {
        if (act.value.is_reference()) return put_reference(act);
        std::uint64_t word = act.value.bits();
        return take_part(act, runtime_.put_at_once(who(*act.task), act.port, word));
    }
    bool get_at_once(Act& act, bool is_number) final {
        if (!is_number) return get_reference(act);
        std::uint64_t word = 0;
        const Meeting meeting = runtime_.get_at_once(who(*act.task), act.port, word);
        act.value = Message::number(word);
        return take_part(act, meeting);
    }
    bool get_any_at_once(Act& act) final {
        machine::Value value;
        const Meeting meeting =
            runtime_.get_any_at_once(who(*act.task), {act.ports, act.count}, act.chosen, value);
        if (!take_part(act, meeting)) return false;
        act.value = embedding::to_message(std::move(value));
        return true;
    }
    bool put_at_once(Behaviour& behaviour, std::uint64_t port, const Message& value) final {
        machine::Participant& self = who(behaviour.task);
        return value.is_reference() ? runtime_.put_in_place(self, port, to_value(value))
                                    : runtime_.put_in_place(self, port, value.bits());
    }
    bool get_at_once(Behaviour& behaviour, std::uint64_t port, bool is_number) final {
        if (!is_number) return get_reference(behaviour, port);
        std::uint64_t word = 0;
        const Meeting meeting =
            runtime_.get_in_place(who(behaviour.task), port, behaviour.is_in_place, word);
        behaviour.answer = Message::number(word);
        return take_part(behaviour, meeting);
    }
    std::coroutine_handle<> end_at_once(Task& task) final {
        const Meeting meeting = runtime_.end_in_place(who(task));
        if (meeting == Meeting::none) return std::noop_coroutine();
        task.resumes = task.component;
        task.behaviour->ask.kind = Ask::Kind::waits;
        if (meeting == Meeting::waits) return next();
        // Without optimization each resumption takes more of the stack.
        if (--ends_left_ > 0) return task.component;
        ends_left_ = ends_in_a_row;
        return std::noop_coroutine();
    }
    std::coroutine_handle<> next() final {
        const auto* next = runtime_.pass_turn_in_place([](const runtime::Body& body) {
            return static_cast<const NativeBody&>(body).is_in_place();
        });
        return next ? static_cast<const NativeBody*>(next)->resumes() : std::noop_coroutine();
    }

  protected:
    ~InLane() = default;

  private:
    using Meeting = runtime::Runtime::Meeting;

    static machine::Participant& who(Task& task) { return *static_cast<Core&>(task).who; }
    [[gnu::noinline]] bool put_reference(Act& act) {
        machine::Value value = to_value(act.value);
        return take_part(act, runtime_.put_at_once(who(*act.task), act.port, value));
    }
    [[gnu::noinline]] bool get_reference(Act& act) {
        machine::Value value;
        const Meeting meeting = runtime_.get_at_once(who(*act.task), act.port, value);
        act.value = embedding::to_message(std::move(value));
        return take_part(act, meeting);
    }
    [[gnu::noinline]] bool get_reference(Behaviour& behaviour, std::uint64_t port) {
        machine::Value value;
        const Meeting meeting =
            runtime_.get_in_place(who(behaviour.task), port, behaviour.is_in_place, value);
        behaviour.answer = embedding::to_message(std::move(value));
        return take_part(behaviour, meeting);
    }
    static bool take_part(Behaviour& behaviour, Meeting meeting) {
        if (meeting == Meeting::waits) behaviour.ask.kind = Ask::Kind::waits;
        return meeting == Meeting::happened;
    }
    static bool take_part(Act& act, Meeting meeting) {
        act.is_entered = meeting == Meeting::waits;
        return meeting == Meeting::happened;
    }

    static constexpr int ends_in_a_row = 64;

    runtime::Runtime& runtime_;
    int ends_left_ = ends_in_a_row;
};

}  // namespace reowolf::embedding
