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

    Meeting put_number(Task& task, std::uint64_t port, std::uint64_t number) final {
        return runtime_.put_number(*task.who, port, number);
    }
    Meeting get_number(Task& task, std::uint64_t port) final {
        return runtime_.get_number(*task.who, port);
    }
    bool put_number_in_place(Task& task, std::uint64_t port, std::uint64_t number) final {
        return runtime_.put_number_in_place(*task.who, port, number);
    }
    Meeting get_number_in_place(Task& task, std::uint64_t port) final {
        return runtime_.get_number_in_place(*task.who, port);
    }
    Meeting get_any_number(Task& task, const std::uint64_t* ports, std::uint32_t count,
                           std::uint32_t& chosen) final {
        return runtime_.get_any_number(*task.who, {ports, count}, chosen);
    }
    bool put_at_once(Act& act) final {
        machine::Value value = to_value(act.value);
        return take_part(act, runtime_.put_at_once(*act.task->who, act.port, value));
    }
    bool get_at_once(Act& act) final {
        machine::Value value;
        const Meeting meeting = runtime_.get_at_once(*act.task->who, act.port, value);
        act.value = embedding::to_message(std::move(value));
        return take_part(act, meeting);
    }
    bool get_any_at_once(Act& act) final {
        machine::Value value;
        const Meeting meeting =
            runtime_.get_any_at_once(*act.task->who, {act.ports, act.count}, act.chosen, value);
        if (!take_part(act, meeting)) return false;
        act.value = embedding::to_message(std::move(value));
        return true;
    }
    bool put_at_once(Behaviour& behaviour, std::uint64_t port, const Message& value) final {
        return runtime_.put_in_place(*behaviour.task.who, port, to_value(value));
    }
    bool get_at_once(Behaviour& behaviour, std::uint64_t port) final {
        machine::Value value;
        const Meeting meeting =
            runtime_.get_in_place(*behaviour.task.who, port, behaviour.is_in_place, value);
        behaviour.answer = embedding::to_message(std::move(value));
        if (meeting == Meeting::waits) behaviour.ask.kind = Ask::Kind::waits;
        return meeting == Meeting::happened;
    }
    std::coroutine_handle<> end_at_once(Task& task) final {
        const Meeting meeting = runtime_.end_in_place(*task.who);
        if (meeting == Meeting::none) return std::noop_coroutine();
        task.resumes = task.component;
        task.behaviour->ask.kind = Ask::Kind::waits;
        if (meeting == Meeting::waits) return next();
        // Without optimization each resumption takes more of the stack.
        if (--ends_left_ > 0) return task.component;
        ends_left_ = ends_in_a_row;
        return std::noop_coroutine();
    }
    std::coroutine_handle<> next() final { return runtime_.pass_turn_in_place(); }

  protected:
    ~InLane() = default;

  private:
    static bool take_part(Act& act, Meeting meeting) {
        act.is_entered = meeting == Meeting::waits;
        return meeting == Meeting::happened;
    }

    static constexpr int ends_in_a_row = 64;

    runtime::Runtime& runtime_;
    int ends_left_ = ends_in_a_row;
};

}  // namespace reowolf::embedding
