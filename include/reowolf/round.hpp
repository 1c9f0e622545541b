// SPDX-License-Identifier: MIT
// What stands in the sync blocks of components in C++: Step, which is what a block returns, and
// Round, by which it takes part. The rules are in <reowolf/component.hpp>.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <reowolf/embedding.hpp>
#include <reowolf/ports.hpp>

namespace reowolf {

// What a sync block returns, and functions that are a part of one: `co_await` them there.
template <class T = void>
class [[nodiscard]] Step {
  public:
    struct promise_type;  // NOLINT(readability-identifier-naming): the language's name
    using Result = T;
    explicit Step(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    Step(Step&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Step& operator=(Step&&) = delete;
    ~Step() {
        if (handle_) handle_.destroy();
    }

    bool await_ready() const { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) const {
        handle_.promise().caller = caller;
        return handle_;
    }
    T await_resume() const { return handle_.promise().result(); }

    std::coroutine_handle<promise_type> release() { return std::exchange(handle_, nullptr); }

  private:
    std::coroutine_handle<promise_type> handle_;
};

// The round that a sync block takes part in. Everything here is for `co_await`, in the block or in
// a Step that it awaits.
class Round {
  public:
    explicit Round(embedding::Behaviour& behaviour) : behaviour_(behaviour) {}
    Round(const Round&) = delete;
    Round& operator=(const Round&) = delete;

    // The next value of the port; the value is put. Any number of times.
    template <class T>
    auto get(In<T> port);
    template <class T>
    auto put(Out<T> port, const std::type_identity_t<T>& value);

    // Which of `count` ways the block goes: 0, 1, … All are tried, and one of those that fit with
    // what others do is taken; at the same conditions the first.
    auto fork(std::uint32_t count);
    // Whether the port is used in this block: this way through it must then keep to that.
    template <class T>
    auto fires(In<T> port);
    template <class T>
    auto fires(Out<T> port);
    // A value from one of the ports. They must stay as they are meanwhile.
    template <class T>
    Step<From<T>> get_any(std::span<const In<T>> ports);
    template <class T>
    Step<From<T>> get_any(const std::vector<In<T>>& ports) {
        return get_any(std::span<const In<T>>(ports));
    }
    // The value is put into one of the ports; which one.
    template <class T>
    Step<std::size_t> put_any(std::span<const Out<T>> ports, std::type_identity_t<T> value);
    template <class T>
    Step<std::size_t> put_any(const std::vector<Out<T>>& ports, std::type_identity_t<T> value) {
        return put_any(std::span<const Out<T>>(ports), std::move(value));
    }
    // This way through the block does not fit if it is false.
    auto require(bool condition);
    // A line that is printed when, and if, the round happens.
    auto print(std::string line);

    embedding::Behaviour& behaviour() { return behaviour_; }

  private:
    embedding::Behaviour& behaviour_;
};

namespace embedding {

template <class... A>
Frames* frames_of(A&... arguments) {
    Frames* found = nullptr;
    const auto look = [&]<class B>(B& argument) {
        if constexpr (std::same_as<B, Round>) found = &argument.behaviour().task.frames;
    };
    (look(arguments), ...);
    return found;
}

// What is awaited, where it is: g++ copies what is awaited by reference into the frame.
template <class A>
struct Awaited {
    A& awaited;
    decltype(auto) await_ready() const { return awaited.await_ready(); }
    decltype(auto) await_suspend(std::coroutine_handle<> awaiting) const {
        return awaited.await_suspend(awaiting);
    }
    decltype(auto) await_resume() const { return awaited.await_resume(); }
};

// Each asks the runtime something and waits for the answer.
struct Asking {
    Behaviour* behaviour;
    Ask::Kind kind;

    bool await_ready() const { return false; }
    void ask(std::coroutine_handle<> asker, std::uint64_t port) const {
        behaviour->want(kind, port);
        behaviour->asker = asker;
    }
};

// A number is put or got in a block before that is awaited, so that what is awaited is only whether
// it has happened.
struct PuttingNumber {
    Behaviour* behaviour;
    std::uint64_t port;
    std::uint64_t number;

    bool is_put() const {
        if (behaviour->is_in_place) [[likely]] {
            return behaviour->engine.put_number_in_place(behaviour->task, port, number);
        }
        return behaviour->is_only &&
               behaviour->engine.put_at_once(*behaviour, port, Message::number(number));
    }
};
struct NumberPutHere {
    Behaviour* asks;  // null: it has been put

    [[gnu::always_inline]] explicit NumberPutHere(const PuttingNumber& put) : asks(nullptr) {
        if (put.is_put()) [[likely]] {
            return;
        }
        asks = put.behaviour;
        asks->ask.value = Message::number(put.number);
        asks->want(Ask::Kind::put, put.port);
    }
    bool await_ready() const { return !asks; }
    void await_suspend(std::coroutine_handle<> asker) const { asks->asker = asker; }
    void await_resume() const {}
};
template <Scalar T>
struct GettingNumber {
    Behaviour* behaviour;
    std::uint64_t port;
};
template <Scalar T>
struct NumberGotHere {
    Behaviour* behaviour;
    Meeting meeting;

    [[gnu::always_inline]] explicit NumberGotHere(GettingNumber<T> get)
        : behaviour(get.behaviour), meeting(Meeting::none) {
        if (behaviour->is_in_place) [[likely]] {
            meeting = behaviour->engine.get_number_in_place(behaviour->task, get.port);
        } else if (behaviour->is_only && behaviour->engine.get_at_once(*behaviour, get.port)) {
            meeting = Meeting::happened;
        }
        if (meeting == Meeting::none) behaviour->want(Ask::Kind::get, get.port);
    }
    bool await_ready() const { return meeting == Meeting::happened; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> asker) const {
        if (meeting == Meeting::none) {
            behaviour->asker = asker;
            return std::noop_coroutine();
        }
        behaviour->task.waits = true;
        behaviour->task.resumes = asker;
        return std::coroutine_handle<>::from_address(behaviour->engine.next());
    }
    T await_resume() const {
        behaviour->task.waits = false;
        return from_bits<T>(behaviour->is_in_place ? behaviour->task.number
                                                   : behaviour->answer.bits());
    }
};

// What only components await, outside of their blocks.
template <class A>
inline constexpr bool is_of_component = std::derived_from<A, Awaitable>;

struct StepBase {
    std::coroutine_handle<> caller;
    Task* in_place = nullptr;  // whose block this is, if it is run so; see Task::code
    std::exception_ptr failure;

    // A frame comes from where earlier ones have left their memory.
    template <class... A>
    static void* operator new(std::size_t size, A&... arguments) {
        return Frames::allocate(frames_of(arguments...), size);
    }
    static void operator delete(void* frame, std::size_t) { Frames::release(frame); }

    struct Final {
        bool await_ready() const noexcept { return false; }
        template <class P>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<P> done) const noexcept {
            const StepBase& step = done.promise();
            if (step.caller) return step.caller;
            if (!step.in_place) return std::noop_coroutine();
            if (step.failure) [[unlikely]] {
                step.in_place->waits = false;
                return std::noop_coroutine();
            }
            return std::coroutine_handle<>::from_address(
                step.in_place->engine.end_at_once(*step.in_place));
        }
        void await_resume() const noexcept {}
    };
    std::suspend_always initial_suspend() const noexcept { return {}; }
    Final final_suspend() const noexcept { return {}; }
    void unhandled_exception() { failure = std::current_exception(); }

    static NumberPutHere await_transform(PuttingNumber put) { return NumberPutHere(put); }
    template <class T>
    static NumberGotHere<T> await_transform(GettingNumber<T> get) {
        return NumberGotHere<T>(get);
    }
    template <class A>
    decltype(auto) await_transform(A&& awaited) {
        static_assert(!is_of_component<std::remove_cvref_t<A>>,
                      "in a sync block use the round: co_await round.get(port)");
        if constexpr (std::derived_from<std::remove_cvref_t<A>, Asking>) {
            return Awaited<std::remove_reference_t<A>>{awaited};
        } else {
            return std::forward<A>(awaited);
        }
    }
};

template <class T>
struct StepPromise : StepBase {
    std::optional<T> value;
    void return_value(T returned) { value = std::move(returned); }
    T result() {
        if (failure) std::rethrow_exception(failure);
        return std::move(*value);
    }
};
template <>
struct StepPromise<void> : StepBase {
    void return_void() const {}
    void result() const {
        if (failure) std::rethrow_exception(failure);
    }
};

template <class T>
struct Getting : Asking {
    std::uint64_t port;
    bool await_ready() const {
        return behaviour->is_only && behaviour->engine.get_at_once(*behaviour, port);
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> asker) const {
        if (!behaviour->task.waits) {
            ask(asker, port);
            return std::noop_coroutine();
        }
        behaviour->task.resumes = asker;
        return std::coroutine_handle<>::from_address(behaviour->engine.next());
    }
    T await_resume() const {
        behaviour->task.waits = false;
        return from_message<T>(behaviour->engine, port, std::move(behaviour->answer));
    }
};
struct Putting : Asking {
    std::uint64_t port;
    Message value;
    bool await_ready() const {
        return behaviour->is_only && behaviour->engine.put_at_once(*behaviour, port, value);
    }
    void await_suspend(std::coroutine_handle<> asker) {
        behaviour->ask.value = std::move(value);
        ask(asker, port);
    }
    void await_resume() const {}
};
struct Forking : Asking {
    std::uint32_t count;
    const std::uint64_t* ports = nullptr;
    void await_suspend(std::coroutine_handle<> asker) const {
        behaviour->ask.count = count;
        behaviour->ask.ports = ports;
        ask(asker, no_port);
    }
    std::uint32_t await_resume() const { return behaviour->number; }
};
struct AskingFires : Asking {
    std::uint64_t port;
    void await_suspend(std::coroutine_handle<> asker) const { ask(asker, port); }
    bool await_resume() const { return behaviour->number != 0; }
};
struct Requiring : Asking {
    bool holds;
    bool await_ready() const { return holds; }
    void await_suspend(std::coroutine_handle<> asker) const { ask(asker, no_port); }
    void await_resume() const {}
};
struct Printing : Asking {
    std::string line;
    void await_suspend(std::coroutine_handle<> asker) {
        behaviour->ask.text = std::move(line);
        ask(asker, no_port);
    }
    void await_resume() const {}
};

}  // namespace embedding

template <class T>
struct Step<T>::promise_type : embedding::StepPromise<T> {
    Step get_return_object() {
        return Step(std::coroutine_handle<promise_type>::from_promise(*this));
    }
};

template <class T>
auto Round::get(In<T> port) {
    if constexpr (Scalar<T>) {
        return embedding::GettingNumber<T>{&behaviour_, port.handle()};
    } else {
        return embedding::Getting<T>{{&behaviour_, embedding::Ask::Kind::get}, port.handle()};
    }
}
template <class T>
auto Round::put(Out<T> port, const std::type_identity_t<T>& value) {
    if constexpr (Scalar<T>) {
        return embedding::PuttingNumber{&behaviour_, port.handle(), embedding::bits_of(value)};
    } else {
        return embedding::Putting{
            {&behaviour_, embedding::Ask::Kind::put},
            port.handle(),
            embedding::to_message<T>(behaviour_.engine, port.handle(), value)};
    }
}
inline auto Round::fork(std::uint32_t count) {
    return embedding::Forking{{&behaviour_, embedding::Ask::Kind::fork}, count};
}
template <class T>
auto Round::fires(In<T> port) {
    return embedding::AskingFires{{&behaviour_, embedding::Ask::Kind::fires}, port.handle()};
}
template <class T>
auto Round::fires(Out<T> port) {
    return embedding::AskingFires{{&behaviour_, embedding::Ask::Kind::fires}, port.handle()};
}
inline auto Round::require(bool condition) {
    return embedding::Requiring{{&behaviour_, embedding::Ask::Kind::discard}, condition};
}
inline auto Round::print(std::string line) {
    return embedding::Printing{{&behaviour_, embedding::Ask::Kind::print}, std::move(line)};
}
namespace embedding {

template <class T>
Step<From<T>> get_any(Round& round, std::span<const In<T>> ports) {
    static_assert(sizeof(In<T>) == sizeof(std::uint64_t));
    const std::uint32_t chosen =
        co_await Forking{{&round.behaviour(), Ask::Kind::fork},
                         static_cast<std::uint32_t>(ports.size()),
                         reinterpret_cast<const std::uint64_t*>(ports.data())};
    co_return From<T>{co_await round.get(ports[chosen]), chosen};
}
template <class T>
Step<std::size_t> put_any(Round& round, std::span<const Out<T>> ports, T value) {
    const std::uint32_t chosen = co_await round.fork(static_cast<std::uint32_t>(ports.size()));
    co_await round.put(ports[chosen], value);
    co_return chosen;
}

}  // namespace embedding

template <class T>
Step<From<T>> Round::get_any(std::span<const In<T>> ports) {
    return embedding::get_any(*this, ports);
}
template <class T>
Step<std::size_t> Round::put_any(std::span<const Out<T>> ports, std::type_identity_t<T> value) {
    return embedding::put_any<T>(*this, ports, std::move(value));
}

}  // namespace reowolf
