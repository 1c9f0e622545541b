// SPDX-License-Identifier: MIT
// Components written in C++: coroutines that take part in synchronous rounds like components in
// PDL. How they are run is in <reowolf/runtime.hpp>, which includes this.
//
//     reowolf::Component doubler(reowolf::In<int> from, reowolf::Out<int> to) {
//         for (;;) {
//             co_await reowolf::sync([&](reowolf::Round& r) -> reowolf::Step<> {
//                 const int value = co_await r.get(from);
//                 co_await r.put(to, 2 * value);
//             });
//         }
//     }
//
// The rules.
//
// 1. A component owns the ports that it was started with and those that came to it in messages. Its
//    coroutine returns, or is ended by the runtime: then it is destroyed where it stands, its
//    ports are closed, and the others learn of it.
// 2. A sync block is a function that can be run again, from its begin and several times side by
//    side: whatever it does before the round is decided may turn out not to have happened. So it
//    changes nothing outside of itself. What is to remain is what it returns: `co_await sync(…)`
//    has the value of that run, and of no other, when the round has happened.
// 3. A `get` from a port that the other side has closed ends the component quietly, like the end of
//    a file; a `put` into one fails it. try_get and try_put say it instead.
// 4. An exception that leaves a component fails it, with a report. One that leaves a sync block
//    discards that way through the block, like an error in PDL, and fails the component if there is
//    no other way.
// 5. Everything here belongs to the thread that runs the runtime.
#pragma once

#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

#include <reowolf/awaiting.hpp>
#include <reowolf/embedding.hpp>
#include <reowolf/ports.hpp>
#include <reowolf/round.hpp>
#include <reowolf/values.hpp>

namespace reowolf {

// What a component's coroutine returns. Its parameters are the ports that it is to own, and
// anything else: the runtime keeps what they refer to.
class Component {
  public:
    struct promise_type {  // NOLINT(readability-identifier-naming): the language's name
        embedding::Task* task = nullptr;

        Component get_return_object() {
            return Component(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        std::suspend_always final_suspend() const noexcept { return {}; }
        void return_void() const {}
        void unhandled_exception() const { task->failure = std::current_exception(); }

        // A number is put or got here already, so that what is awaited is only whether that has
        // happened.
        embedding::NumberPut await_transform(embedding::PutNumber put) const {
            return {{task->engine.put_number(*task, put.port, put.number)}};
        }
        template <class T>
        embedding::NumberGot<T> await_transform(embedding::GetNumber<T> get) const {
            return {{task->engine.get_number(*task, get.port)}, task};
        }
        template <class T>
        embedding::NumberGotFrom<T> await_transform(embedding::GetAnyNumber<T> get) const {
            return {{task->engine.get_any_number(*task, get.ports, get.count)}, task};
        }
        // What else is awaited outlives this, and stays where it is:
        template <class A>
        // NOLINTNEXTLINE(cppcoreguidelines-missing-std-forward)
        embedding::Awaited<std::remove_reference_t<A>> await_transform(A&& awaited) const {
            static_assert(std::derived_from<std::remove_cvref_t<A>, embedding::Awaitable>,
                          "a component awaits ports, sync(…) and sleep_for(…); what belongs to a "
                          "round stands in a sync block");
            awaited.task = task;
            return {awaited};
        }
    };

    explicit Component(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    Component(Component&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Component& operator=(Component&&) = delete;
    ~Component() {
        if (handle_) handle_.destroy();
    }
    std::coroutine_handle<promise_type> release() { return std::exchange(handle_, nullptr); }

  private:
    std::coroutine_handle<promise_type> handle_;
};

// A sync block, as `co_await sync([&](Round& r) -> Step<T> { … })` in a component: what it returned
// when the round has happened. `code` is called as often as needed; see the rules above.
template <class F>
    requires std::invocable<const F&, Round&>
auto sync(F code) {
    return embedding::UntimedSync<F>(std::move(code));
}

// Waits outside of rounds. Time is the runtime's: milliseconds since it was made.
inline auto sleep_for(std::chrono::milliseconds time) {
    embedding::PlainAct act;
    act.kind = embedding::Act::Kind::sleep;
    act.patience_ms = time.count();
    return act;
}
inline auto sleep_until(std::chrono::milliseconds time) {
    embedding::PlainAct act;
    act.kind = embedding::Act::Kind::sleep;
    act.until_ms = time.count();
    return act;
}
// The time, for `co_await` in a component.
inline auto now() {
    return embedding::NowAct{};
}

// Whether the other end of the port is closed, for `co_await` in a component.
template <class T>
auto is_closed(In<T> port) {
    embedding::IsClosedAct act;
    act.port = port.handle();
    return act;
}
template <class T>
auto is_closed(Out<T> port) {
    embedding::IsClosedAct act;
    act.port = port.handle();
    return act;
}

namespace embedding {

// The number by which a Waker wakes the component, and to wait for that; it may also be woken for
// other reasons, for instance because a port was closed.
inline auto this_component() {
    return IndexAct{};
}
inline auto outside() {
    PlainAct act;
    act.kind = Act::Kind::outside;
    return act;
}

}  // namespace embedding

// A value from any one of the ports: a round in which this is all that the component does. They
// must stay as they are meanwhile.
template <class T>
auto get_any(const std::vector<In<T>>& ports) {
    static_assert(sizeof(In<T>) == sizeof(std::uint64_t));
    const auto* const handles = reinterpret_cast<const std::uint64_t*>(ports.data());
    const auto count = static_cast<std::uint32_t>(ports.size());
    if constexpr (Scalar<T>) {
        return embedding::GetAnyNumber<T>{handles, count};
    } else {
        embedding::GetAnyAct<T> act;
        act.kind = embedding::Act::Kind::get_any;
        act.ports = handles;
        act.count = count;
        return act;
    }
}

template <class T>
auto In<T>::get() const {
    if constexpr (Scalar<T>) {
        return embedding::GetNumber<T>{handle_};
    } else {
        embedding::GetAct<T> act;
        act.kind = embedding::Act::Kind::get;
        act.port = handle_;
        return act;
    }
}
template <class T>
auto In<T>::try_get() const {
    embedding::TryGetAct<T> act;
    act.kind = embedding::Act::Kind::get;
    act.port = handle_;
    act.notices_closing = true;
    return act;
}
template <class T>
auto Out<T>::put(T value) const {
    if constexpr (Scalar<T>) {
        return embedding::PutNumber{handle_, embedding::bits_of(value)};
    } else {
        embedding::PutAct<T> act{{}, std::move(value)};
        act.kind = embedding::Act::Kind::put;
        act.port = handle_;
        return act;
    }
}
template <class T>
auto Out<T>::try_put(T value) const {
    embedding::TryPutAct<T> act{{{}, std::move(value)}};
    act.kind = embedding::Act::Kind::put;
    act.port = handle_;
    act.notices_closing = true;
    return act;
}

}  // namespace reowolf
