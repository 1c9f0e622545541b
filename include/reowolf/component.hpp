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

#include <bit>
#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <reowolf/embedding.hpp>
#include <reowolf/values.hpp>

namespace reowolf {

class Round;

// A value, and which of several ports it came from, counted from 0.
template <class T>
struct From {
    T value;
    std::size_t port;
};

// ---- Ports -------------------------------------------------------------------------------------

// The end of a channel that values come out of, and the one that they are put into. They are names:
// copying one makes no second port. Who owns a port is checked when it is used, as in PDL.
template <class T>
class In {
  public:
    using Value = T;
    In() = default;
    explicit In(std::uint64_t handle) : handle_(handle) {}

    // For `co_await` in a component, not in a sync block: a round in which this is all that it
    // does.
    auto get() const;
    // The same: a std::optional, without a value when the other end is closed.
    auto try_get() const;

    std::uint64_t handle() const { return handle_; }
    friend bool operator==(In, In) = default;

  private:
    std::uint64_t handle_ = embedding::no_port;
};
template <class T>
class Out {
  public:
    using Value = T;
    Out() = default;
    explicit Out(std::uint64_t handle) : handle_(handle) {}

    // For `co_await` in a component, not in a sync block: a round in which this is all that it
    // does.
    auto put(T value) const;
    // The same; false when the other end is closed, and the value lost.
    auto try_put(T value) const;

    std::uint64_t handle() const { return handle_; }
    friend bool operator==(Out, Out) = default;

  private:
    std::uint64_t handle_ = embedding::no_port;
};

// Ports are values too: of channels, and of arguments.
template <class T>
struct Codec<In<T>> {
    static std::string type() { return "in<" + Codec<T>::type() + ">"; }
    static void write(In<T> port, Bytes& out) { Codec<std::uint64_t>::write(port.handle(), out); }
    static In<T> read(Reader& reader) { return In<T>(Codec<std::uint64_t>::read(reader)); }
};
template <class T>
struct Codec<Out<T>> {
    static std::string type() { return "out<" + Codec<T>::type() + ">"; }
    static void write(Out<T> port, Bytes& out) { Codec<std::uint64_t>::write(port.handle(), out); }
    static Out<T> read(Reader& reader) { return Out<T>(Codec<std::uint64_t>::read(reader)); }
};

// A T that is passed on as it is, by reference, whatever its size: `In<Shared<Bytes>>` is a port
// like `In<Bytes>`. It is converted when it is made from a T, and when it is looked at.
template <class T>
class Shared {
  public:
    Shared() = default;
    explicit Shared(T value) : value_(std::move(value)) {}
    Shared(embedding::Engine& engine, std::uint64_t port, embedding::Message message)
        : engine_(&engine), port_(port), message_(std::move(message)) {}

    T get() const;
    embedding::Message message(embedding::Engine& engine, std::uint64_t port) const;

  private:
    std::optional<T> value_;
    embedding::Engine* engine_ = nullptr;
    std::uint64_t port_ = embedding::no_port;
    embedding::Message message_;
};

namespace embedding {

template <class T>
inline constexpr bool is_port = false;
template <class T>
inline constexpr bool is_port<In<T>> = true;
template <class T>
inline constexpr bool is_port<Out<T>> = true;
template <class T>
inline constexpr bool is_shared = false;
template <class T>
inline constexpr bool is_shared<Shared<T>> = true;

template <class T>
struct Unshared {
    using Type = T;
};
template <class T>
struct Unshared<Shared<T>> {
    using Type = T;
};
// How the values of a port are written in PDL, up to names.
template <class T>
std::string shape() {
    return Codec<typename Unshared<T>::Type>::type();
}

// Numbers as PDL holds them: signed ones extended by their sign, all others by zeros.
template <Scalar T>
std::uint64_t bits_of(T value) {
    if constexpr (std::same_as<T, double>) {
        return std::bit_cast<std::uint64_t>(value);
    } else if constexpr (std::same_as<T, float>) {
        return std::bit_cast<std::uint32_t>(value);
    } else if constexpr (std::same_as<T, char>) {
        return static_cast<unsigned char>(value);
    } else if constexpr (std::is_enum_v<T>) {
        return static_cast<std::uint32_t>(value);
    } else if constexpr (std::is_signed_v<T>) {
        return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
    } else {
        return static_cast<std::uint64_t>(value);
    }
}
template <Scalar T>
T from_bits(std::uint64_t bits) {
    if constexpr (std::same_as<T, double>) {
        return std::bit_cast<double>(bits);
    } else if constexpr (std::same_as<T, float>) {
        return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    } else {
        return static_cast<T>(bits);
    }
}

template <class T>
Message to_message(Engine& engine, std::uint64_t port, const T& value) {
    if constexpr (Scalar<T>) {
        return Message::number(bits_of(value));
    } else if constexpr (is_port<T>) {
        return Message::number(value.handle());
    } else if constexpr (is_shared<T>) {
        return value.message(engine, port);
    } else if constexpr (std::same_as<T, std::string> || std::same_as<T, Bytes> ||
                         std::same_as<T, std::vector<std::uint8_t>>) {
        return engine.to_message(port, std::as_bytes(std::span(value.data(), value.size())));
    } else {
        return engine.to_message(port, to_bytes(value));
    }
}
template <class T>
T from_message(Engine& engine, std::uint64_t port, Message message) {
    if constexpr (Scalar<T>) {
        return from_bits<T>(message.bits());
    } else if constexpr (is_port<T>) {
        return T(message.bits());
    } else if constexpr (is_shared<T>) {
        return T(engine, port, std::move(message));
    } else {
        std::optional<T> value = from_bytes<T>(engine.to_bytes(port, message));
        if (!value) throw BadValue("the value does not fit into its C++ type");
        return std::move(*value);
    }
}

}  // namespace embedding

template <class T>
T Shared<T>::get() const {
    if (value_) return *value_;
    if (!engine_) return T{};
    return embedding::from_message<T>(*engine_, port_, message_);
}
template <class T>
embedding::Message Shared<T>::message(embedding::Engine& engine, std::uint64_t port) const {
    return value_ ? embedding::to_message(engine, port, *value_) : message_;
}

// ---- Sync blocks -------------------------------------------------------------------------------

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
        behaviour->ask.kind = kind;
        behaviour->ask.port = port;
        behaviour->asker = asker;
    }
};

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
            if (!step.in_place || step.failure) return std::noop_coroutine();
            return step.in_place->engine.end_at_once(*step.in_place);
        }
        void await_resume() const noexcept {}
    };
    std::suspend_always initial_suspend() const noexcept { return {}; }
    Final final_suspend() const noexcept { return {}; }
    void unhandled_exception() { failure = std::current_exception(); }

    template <class A>
    decltype(auto) await_transform(A&& awaited) {
        static_assert(!std::derived_from<std::remove_cvref_t<A>, Awaitable>,
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
        if (behaviour->ask.kind != Ask::Kind::waits) {
            ask(asker, port);
            return std::noop_coroutine();
        }
        behaviour->task.resumes = asker;
        return behaviour->engine.next();
    }
    T await_resume() const {
        behaviour->ask.kind = Ask::Kind::nothing;
        return from_message<T>(behaviour->engine, port, std::move(behaviour->answer));
    }
};
template <Scalar T>
struct Getting<T> : Asking {
    std::uint64_t port;
    Meeting meeting = Meeting::none;
    bool await_ready() {
        if (behaviour->is_in_place) [[likely]] {
            meeting = behaviour->engine.get_number_in_place(behaviour->task, port);
            return meeting == Meeting::happened;
        }
        return behaviour->is_only && behaviour->engine.get_at_once(*behaviour, port);
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> asker) const {
        if (meeting != Meeting::waits) {
            ask(asker, port);
            return std::noop_coroutine();
        }
        behaviour->ask.kind = Ask::Kind::waits;
        behaviour->task.resumes = asker;
        return behaviour->engine.next();
    }
    T await_resume() const {
        behaviour->ask.kind = Ask::Kind::nothing;
        return from_bits<T>(behaviour->is_in_place ? behaviour->task.number
                                                   : behaviour->answer.bits());
    }
};
struct PuttingNumber : Asking {
    std::uint64_t port;
    std::uint64_t number;
    [[gnu::always_inline]] bool await_ready() const {
        if (behaviour->is_in_place) [[likely]] {
            return behaviour->engine.put_number_in_place(behaviour->task, port, number);
        }
        return behaviour->is_only &&
               behaviour->engine.put_at_once(*behaviour, port, Message::number(number));
    }
    void await_suspend(std::coroutine_handle<> asker) const {
        behaviour->ask.value = Message::number(number);
        ask(asker, port);
    }
    void await_resume() const {}
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
    return embedding::Getting<T>{{&behaviour_, embedding::Ask::Kind::get}, port.handle()};
}
template <class T>
auto Round::put(Out<T> port, const std::type_identity_t<T>& value) {
    constexpr auto kind = embedding::Ask::Kind::put;
    if constexpr (Scalar<T>) {
        return embedding::PuttingNumber{
            {&behaviour_, kind}, port.handle(), embedding::bits_of(value)};
    } else {
        return embedding::Putting{
            {&behaviour_, kind},
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

// ---- Components --------------------------------------------------------------------------------

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

        // What is awaited outlives this, and stays where it is:
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
    embedding::GetAnyAct<T> act;
    act.kind = embedding::Act::Kind::get_any;
    act.ports = reinterpret_cast<const std::uint64_t*>(ports.data());
    act.count = static_cast<std::uint32_t>(ports.size());
    return act;
}

template <class T>
auto In<T>::get() const {
    if constexpr (Scalar<T>) {
        return embedding::GetNumber<T>(handle_);
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
        return embedding::PutNumber(handle_, embedding::bits_of(value));
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
