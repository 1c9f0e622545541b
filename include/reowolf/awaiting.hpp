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

// Of words that lie in a coroutine's frame one after the other, g++ makes one before it writes
// them, which takes longer than to write each.
inline constexpr std::size_t apart = 16;

// What is awaited when a number is put, or got, alone.
struct PutNumber {
    std::uint64_t port;
    alignas(apart) std::uint64_t number;
};
template <>
inline constexpr bool is_of_component<PutNumber> = true;
// The same where it is awaited: who goes on meanwhile. Nobody: it has happened.
struct Meanwhile {
    GoesOn meanwhile;

    bool await_ready() const { return !meanwhile; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<>) const {
        return std::coroutine_handle<>::from_address(meanwhile);
    }
};
struct NumberPut : Meanwhile {
    void await_resume() const {}
};
template <Scalar T>
struct GetNumber {
    std::uint64_t port;
};
template <class T>
inline constexpr bool is_of_component<GetNumber<T>> = true;
template <Scalar T>
struct NumberGot : Meanwhile {
    alignas(apart) Task* task;
    T await_resume() const { return from_bits<T>(task->number); }
};
template <Scalar T>
struct GetAnyNumber {
    const std::uint64_t* ports;
    std::uint32_t count;
};
template <class T>
inline constexpr bool is_of_component<GetAnyNumber<T>> = true;
template <Scalar T>
struct NumberGotFrom : Meanwhile {
    alignas(apart) Task* task;
    From<T> await_resume() const { return {from_bits<T>(task->number), task->chosen}; }
};

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
    bool await_ready() { return task->engine.get_any_at_once(*this); }
    From<T> await_resume() {
        return {from_message<T>(task->engine, ports[chosen], std::move(value)), chosen};
    }
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
        task->does = Doing::block;
        task->waits = false;
        task->block = this;
        try {
            const auto run = this->code_of(*task->round);
            run.promise().in_place = task;
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
