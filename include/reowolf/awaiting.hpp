// SPDX-License-Identifier: MIT
// What stands behind `co_await` in a component, outside of its sync blocks. Nothing here is for
// programs to use, but what sync(…) of <reowolf/component.hpp> returns: from(), until() and
// within() say more of a block.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <reowolf/embedding.hpp>
#include <reowolf/ports.hpp>
#include <reowolf/round.hpp>

namespace reowolf {

namespace embedding {

template <class T>
struct GetAct : Act {
    bool await_ready() { return task->engine.get_at_once(*this); }
    T await_resume() { return from_message<T>(task->engine, port, std::move(value)); }
};
template <class T>
struct TryGetAct : Act {
    std::optional<T> await_resume() {
        if (is_closed) return std::nullopt;
        return from_message<T>(task->engine, port, std::move(value));
    }
};
template <class T>
struct PutAct : Act {
    T given;
    bool await_ready() {
        value = to_message<T>(task->engine, port, given);
        return task->engine.put_at_once(*this);
    }
    void await_resume() const {}
};
template <class T>
struct TryPutAct : PutAct<T> {
    bool await_resume() const { return !this->is_closed; }
};
// A number is got or put where that is awaited.
template <Scalar T>
struct GetNumber : Alone {
    explicit GetNumber(std::uint64_t from) : Alone(false, from, 0) {}
    bool await_ready() {
        meeting = task->engine.get_number(*task, port);
        return meeting == Meeting::happened;
    }
    T await_resume() const { return from_bits<T>(task->number); }
};
struct PutNumber : Alone {
    PutNumber(std::uint64_t to, std::uint64_t its_number) : Alone(true, to, its_number) {}
    bool await_ready() {
        meeting = task->engine.put_number(*task, port, number);
        return meeting == Meeting::happened;
    }
    void await_resume() const {}
};
struct PlainAct : Act {
    void await_resume() const {}
};
struct NowAct : Act {
    bool await_ready() const { return true; }
    std::chrono::milliseconds await_resume() const {
        return std::chrono::milliseconds(task->engine.now_ms());
    }
};
struct IndexAct : Act {
    bool await_ready() const { return true; }
    std::uint32_t await_resume() const { return task->index; }
};
struct IsClosedAct : Act {
    bool await_ready() const { return true; }
    bool await_resume() const { return task->engine.is_closed(port); }
};
template <class T>
struct GetAnyAct : Act {
    bool await_ready() {
        if constexpr (Scalar<T>) {
            const Meeting meeting = task->engine.get_any_number(*task, ports, count, chosen);
            is_number = meeting == Meeting::happened;
            is_entered = meeting == Meeting::waits;
            if (meeting != Meeting::none) return is_number;
        }
        return task->engine.get_any_at_once(*this);
    }
    From<T> await_resume() {
        if constexpr (Scalar<T>) {
            if (is_number) return {from_bits<T>(task->number), chosen};
        }
        return {from_message<T>(task->engine, ports[chosen], std::move(value)), chosen};
    }

    bool is_number = false;  // which came, so that it is the task's
};

// A block of which F is the code, and what it came to.
template <class F>
struct BlockOf : Block {
    using Returned = std::invoke_result_t<const F&, Round&>;
    using T = typename Returned::Result;
    using Promise = typename Returned::promise_type;
    using Kept = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

    explicit BlockOf(F its_code) : code(std::move(its_code)) {}

    std::coroutine_handle<> start(Round& round) override { return code_of(round); }
    std::exception_ptr failure(std::coroutine_handle<> run) const override {
        return promise_of(run).failure;
    }
    void keep_result(std::coroutine_handle<> run) override {
        if constexpr (!std::is_void_v<T>) kept = std::move(promise_of(run).value);
    }
    std::coroutine_handle<Promise> code_of(Round& round) const { return code(round).release(); }
    static Promise& promise_of(std::coroutine_handle<> run) {
        return std::coroutine_handle<Promise>::from_address(run.address()).promise();
    }

    F code;
    std::optional<Kept> kept;
};

// Of which something is to be known before it begins.
template <class F>
struct AskingSync : Act, BlockOf<F> {
    using typename BlockOf<F>::T;

    explicit AskingSync(F its_code) : BlockOf<F>(std::move(its_code)) { kind = Kind::block; }
    // Before it is awaited.
    AskingSync(AskingSync&& other) noexcept
        : Act(std::move(other)),
          BlockOf<F>(std::move(other.code)),
          written(std::move(other.written)),
          has_state(other.has_state) {}

    std::coroutine_handle<> await_suspend(std::coroutine_handle<> component) {
        return prepare().Act::await_suspend(component);
    }
    AskingSync& prepare() {
        block = this;
        if (has_state) state = &written;
        return *this;
    }
    T await_resume() {
        if constexpr (!std::is_void_v<T>) return std::move(*this->kept);
    }

    Bytes written;  // the state
    bool has_state = false;
};

template <class F>
struct TimedSync : AskingSync<F> {
    using typename AskingSync<F>::T;
    using AskingSync<F>::AskingSync;

    explicit TimedSync(AskingSync<F> untimed) : AskingSync<F>(std::move(untimed)) {}
    auto await_resume() {
        if constexpr (std::is_void_v<T>) {
            return !this->is_late;
        } else {
            return std::exchange(this->kept, std::nullopt);
        }
    }
};

// What can be said of a block; see UntimedSync.
template <class F>
struct StatefulSync : AskingSync<F> {
    using AskingSync<F>::AskingSync;

    TimedSync<F> until(std::chrono::milliseconds time) && {
        TimedSync<F> timed(std::move(*this));
        timed.until_ms = time.count();
        return timed;
    }
    TimedSync<F> within(std::chrono::milliseconds time) && {
        TimedSync<F> timed(std::move(*this));
        timed.patience_ms = time.count();
        return timed;
    }
};

// Nothing is to be known of it: it begins at once. Most never are an act.
template <class F>
struct UntimedSync : Awaitable, BlockOf<F> {
    using typename BlockOf<F>::T;
    using BlockOf<F>::BlockOf;

    // All that the block depends on, if that is so: when the component comes back to this block
    // with an equal value after a round in which it used no port, it waits for something to change
    // at its ports instead of doing so again. Else that counts as progress.
    template <Puttable S>
    StatefulSync<F> from(const S& depends_on) && {
        StatefulSync<F> stateful(std::move(this->code));
        stateful.written = to_bytes(depends_on);
        stateful.has_state = true;
        return stateful;
    }
    // If the round has not happened by then, and cannot happen with what is waiting then, nothing
    // happens: a std::optional, or a bool if the block returns nothing. Time is the runtime's.
    TimedSync<F> until(std::chrono::milliseconds time) && {
        return StatefulSync<F>(std::move(this->code)).until(time);
    }
    TimedSync<F> within(std::chrono::milliseconds time) && {
        return StatefulSync<F>(std::move(this->code)).within(time);
    }

    bool await_ready() const { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<>) {
        task->act = nullptr;
        task->alone = nullptr;
        task->block = this;
        try {
            const auto run = this->code_of(*task->round);
            run.promise().in_place = task;
            task->behaviour->ask.kind = Ask::Kind::nothing;
            task->code = run;
            return run;
        } catch (...) {
            return std::noop_coroutine();  // it is started again, where its failure is reported
        }
    }
    T await_resume() {
        if (task->code) [[likely]] {
            return take_result();
        }
        if constexpr (!std::is_void_v<T>) return std::move(*this->kept);
    }
    T take_result() {
        const auto run = std::exchange(task->code, nullptr);
        const typename BlockOf<F>::Returned ended(
            std::coroutine_handle<typename BlockOf<F>::Promise>::from_address(run.address()));
        return BlockOf<F>::promise_of(run).result();
    }
};

}  // namespace embedding

}  // namespace reowolf
