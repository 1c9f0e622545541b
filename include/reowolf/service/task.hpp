// SPDX-License-Identifier: MIT
// Coroutines that services are written as. Part of <reowolf/service.hpp>.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

namespace reowolf::service {

template <class T = void>
class Task;

// What is kept of a result: nothing is a value too.
template <class T>
struct KeptResult {
    using Type = T;
};
template <>
struct KeptResult<void> {
    using Type = std::tuple<>;
};

class TaskPromiseBase {
  public:
    std::suspend_always initial_suspend() noexcept { return {}; }
    // Whoever waits goes on at once, in the same thread.
    struct Finally {
        bool await_ready() noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
            return ended.promise().waiting;
        }
        void await_resume() noexcept {}
    };
    Finally final_suspend() noexcept { return {}; }
    void unhandled_exception() { failure = std::current_exception(); }

    std::coroutine_handle<> waiting = std::noop_coroutine();
    std::exception_ptr failure;
};

template <class T>
class TaskPromise : public TaskPromiseBase {
  public:
    Task<T> get_return_object();
    template <class V>
    void return_value(V&& value) {
        kept_.emplace(std::forward<V>(value));
    }
    T take() {
        if (failure) std::rethrow_exception(failure);
        return std::move(*kept_);
    }

  private:
    std::optional<T> kept_;
};

template <>
class TaskPromise<void> : public TaskPromiseBase {
  public:
    Task<void> get_return_object();
    void return_void() {}
    void take() const {
        if (failure) std::rethrow_exception(failure);
    }
};

// A coroutine that begins when it is awaited, which may be done once, and gives what it returns or
// throws. Runs on the workers of the network; while it awaits an answer it occupies none.
//
//     reowolf::service::Task<double> mean(std::vector<double> values) {
//         const double sum = co_await node.request<double>("sum", values);
//         co_return sum / static_cast<double>(values.size());
//     }
//
// As with all coroutines: what a parameter or a capture refers to must live until it has ended.
// A lambda with captures that is a coroutine must itself live so long; as a service it does.
template <class T>
class [[nodiscard]] Task {
  public:
    using promise_type = TaskPromise<T>;
    using Result = T;

    Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(coroutine_, other.coroutine_);
        return *this;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() {
        if (coroutine_) coroutine_.destroy();
    }

    auto operator co_await() && {
        struct Awaiter {
            std::coroutine_handle<promise_type> coroutine;
            bool await_ready() const { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) const {
                coroutine.promise().waiting = waiting;
                return coroutine;
            }
            T await_resume() const { return coroutine.promise().take(); }
        };
        return Awaiter{coroutine_};
    }

  private:
    friend promise_type;
    explicit Task(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}

    std::coroutine_handle<promise_type> coroutine_;
};

template <class T>
Task<T> TaskPromise<T>::get_return_object() {
    return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() {
    return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

// A coroutine that nobody waits for: begins at once and frees itself at its end.
struct Detached {
    struct promise_type {  // NOLINT(readability-identifier-naming): the language's name
        Detached get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

}  // namespace reowolf::service
