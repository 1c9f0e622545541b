// SPDX-License-Identifier: MIT
// What the coroutines of components do in the lane by themselves, without asking: the part of the
// engine that is the same wherever they run.
#pragma once

#include <cstdint>
#include <utility>

#include <reowolf/component.hpp>

#include "embedding/native_body.hpp"
#include "runtime/lane.hpp"

namespace reowolf::embedding {

class InLane : public Engine {
  public:
    explicit InLane(runtime::Runtime& runtime) : runtime_(runtime) {}

    GoesOn put_number(Task& task, std::uint64_t port, std::uint64_t number) final {
        return runtime_.put_number(task, port, number);
    }
    GoesOn get_number(Task& task, std::uint64_t port) final {
        return runtime_.get_number(task, port);
    }
    GoesOn get_any_number(Task& task, const std::uint64_t* ports, std::uint32_t count) final {
        return runtime_.get_any_number(task, {ports, count});
    }
    bool put_number_in_place(Task& task, std::uint64_t port, std::uint64_t number) final {
        return runtime_.put_number_in_place(task, port, number);
    }
    Meeting get_number_in_place(Task& task, std::uint64_t port) final {
        return runtime_.get_number_in_place(task, port);
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
        behaviour.task.waits = meeting == Meeting::waits;
        return meeting == Meeting::happened;
    }
    GoesOn end_at_once(Task& task) final { return runtime_.end_in_place(task); }
    GoesOn next() final { return runtime_.pass_turn_in_place(); }

  protected:
    ~InLane() = default;

  private:
    static bool take_part(Act& act, Meeting meeting) {
        act.is_entered = meeting == Meeting::waits;
        return meeting == Meeting::happened;
    }

    runtime::Runtime& runtime_;
};

}  // namespace reowolf::embedding
