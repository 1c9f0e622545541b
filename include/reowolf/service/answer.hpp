// SPDX-License-Identifier: MIT
// The answer to a request that need not be there yet. Part of <reowolf/service.hpp>.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <reowolf/service/call.hpp>
#include <reowolf/service/task.hpp>

namespace reowolf::service {

// As what a value of this type is kept on its way: references and views become what they show.
template <class T>
struct Kept {
    using Type = T;
};
template <>
struct Kept<const char*> {
    using Type = std::string;
};
template <>
struct Kept<char*> {
    using Type = std::string;
};
template <>
struct Kept<std::string_view> {
    using Type = std::string;
};
template <class T>
struct Kept<std::span<T>> {
    using Type = std::vector<std::remove_cv_t<T>>;
};
template <class T>
using KeptType = typename Kept<std::decay_t<T>>::Type;

template <class T>
KeptType<T> keep(T&& value) {
    if constexpr (std::is_constructible_v<KeptType<T>, T&&>)
        return KeptType<T>(std::forward<T>(value));
    else
        return KeptType<T>(value.begin(), value.end());
}

// The parameters of a service, and what travels of them.
template <class... A>
using Arguments = std::tuple<KeptType<A>...>;

template <class T>
const std::string& type_of() {
    static const std::string type = Codec<T>::type();
    return type;
}

// A request with a result of the type R.
template <class R>
class CallFor : public Call {
  public:
    using Value = typename KeptResult<R>::Type;

    Place result() final { return {&typeid(Value), &value_}; }
    bool read_result(std::span<const std::byte> bytes) final {
        Reader reader(bytes);
        value_.emplace(Codec<Value>::read(reader));
        return !reader.failed() && reader.left() == 0;
    }
    const std::string* result_type() const final { return &type_of<Value>(); }

    R take() {
        if (code() != Code::none) throw_failure();
        if constexpr (!std::is_void_v<R>) return std::move(*value_);
    }

  private:
    std::optional<Value> value_;
};

// A request whose result nobody wants.
class CallWithoutAnswer : public Call {
  public:
    CallWithoutAnswer() { answer_wanted = false; }
    Place result() final { return {}; }
    bool read_result(std::span<const std::byte>) final { return true; }
    const std::string* result_type() const final { return nullptr; }
};

template <class Base, class Args>
class CallWith final : public Base {
  public:
    template <class... A>
    explicit CallWith(A&&... arguments) : arguments_(keep(std::forward<A>(arguments))...) {}

    Call::Place arguments() override { return {&typeid(Args), &arguments_}; }
    void write_arguments(Bytes& out) override { Codec<Args>::write(arguments_, out); }
    const std::string& parameter_types() const override { return type_of<Args>(); }

  private:
    Args arguments_;
};

// What a request returns. Dropping it abandons the answer, not the request. For one thread at a
// time, and for one of get and co_await, once.
template <class R>
class [[nodiscard]] Answer {
  public:
    // Takes over one hold.
    explicit Answer(CallFor<R>* call) : call_(call) {}
    Answer(Answer&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
    Answer& operator=(Answer&& other) noexcept {
        std::swap(call_, other.call_);
        return *this;
    }
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;
    ~Answer() {
        if (call_ != nullptr) call_->release();
    }

    bool is_ready() const { return call_->is_answered(); }

    // Waits for it, at most as long as the request's timeout. Throws Error. In a service that is an
    // ordinary function the worker does something else meanwhile, at the cost of a thread; a
    // coroutine waits for nothing.
    R get() {
        call_->wait();
        return call_->take();
    }

    // In a coroutine. Throws Error.
    auto operator co_await() {
        struct Awaiter {
            CallFor<R>* call;
            bool await_ready() const { return call->is_answered(); }
            bool await_suspend(std::coroutine_handle<> waiting) const {
                return call->resume_when_answered(waiting);
            }
            R await_resume() const { return call->take(); }
        };
        return Awaiter{call_};
    }

  private:
    CallFor<R>* call_;
};

}  // namespace reowolf::service
