// SPDX-License-Identifier: MIT
// How a function becomes a service. Part of <reowolf/service.hpp>; nothing here is for programs to
// use.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <reowolf/service/answer.hpp>

namespace reowolf::service {

class REOWOLF_CPP Handler {
  public:
    virtual ~Handler();

    // Serves the call. True: it is done. False: a coroutine goes on, and will call end_service.
    virtual bool serve(Call& call) = 0;
    virtual const std::string& parameter_types() const = 0;
    virtual const std::string& result_type() const = 0;
};

// The types in the declaration of a function.
template <class F>
struct FunctionTypes : FunctionTypes<decltype(&F::operator())> {};
template <class R, class... A>
struct FunctionTypes<R (*)(A...)> {
    using Result = R;
    using Parameters = std::tuple<A...>;
};
template <class R, class... A>
struct FunctionTypes<R (*)(A...) noexcept> : FunctionTypes<R (*)(A...)> {};
template <class R, class C, class... A>
struct FunctionTypes<R (C::*)(A...)> : FunctionTypes<R (*)(A...)> {};
template <class R, class C, class... A>
struct FunctionTypes<R (C::*)(A...) const> : FunctionTypes<R (*)(A...)> {};
template <class R, class C, class... A>
struct FunctionTypes<R (C::*)(A...) noexcept> : FunctionTypes<R (*)(A...)> {};
template <class R, class C, class... A>
struct FunctionTypes<R (C::*)(A...) const noexcept> : FunctionTypes<R (*)(A...)> {};

template <class Parameters>
struct ServiceParameters;
template <class... A>
struct ServiceParameters<std::tuple<A...>> {
    static constexpr bool wants_context = false;
    using Args = Arguments<A...>;
};
template <class... A>
struct ServiceParameters<std::tuple<const Context&, A...>> {
    static constexpr bool wants_context = true;
    using Args = Arguments<A...>;
};

template <class R>
struct ServiceResult {
    static constexpr bool is_coroutine = false;
    using Value = typename KeptResult<R>::Type;
};
template <class R>
struct ServiceResult<Task<R>> {
    static constexpr bool is_coroutine = true;
    using Value = typename KeptResult<R>::Type;
};

template <class Value>
void answer(Call& call, Value&& value) {
    using Kept = KeptType<Value>;
    if (!call.begin_answer()) return;
    const Call::Place place = call.result();
    if (place.type != nullptr && *place.type == typeid(Kept)) {
        static_cast<std::optional<Kept>*>(place.at)->emplace(std::forward<Value>(value));
    } else {
        Bytes bytes;
        if (call.answer_wanted) Codec<Kept>::write(value, bytes);
        if (!call.read_result(bytes)) {
            return call.end_failure(Code::malformed, "the result has another type");
        }
    }
    call.end_answer();
}

// Within a handler of an exception: what the service threw.
inline void answer_with_exception(Call& call) {
    try {
        throw;
    } catch (const std::exception& error) {
        call.fail(Code::thrown, error.what());
    } catch (...) {
        call.fail(Code::thrown, "the service threw something that is no std::exception");
    }
}

template <class F>
class FunctionHandler final : public Handler {
    using Types = FunctionTypes<F>;
    using Parameters = ServiceParameters<typename Types::Parameters>;
    using Args = typename Parameters::Args;
    using Result = typename Types::Result;
    using Value = KeptType<typename ServiceResult<Result>::Value>;
    static_assert(Gettable<Args> && Puttable<Args>,
                  "the parameters of a service must be values: see <reowolf/values.hpp>");
    static_assert(Gettable<Value> && Puttable<Value>,
                  "the result of a service must be a value: see <reowolf/values.hpp>");

  public:
    explicit FunctionHandler(F function) : function_(std::move(function)) {}

    bool serve(Call& call) override {
        std::optional<Args> read;
        Args* args = find_arguments(call, read);
        if (args == nullptr) {
            call.fail(Code::malformed, "what came is no value of the parameters' types");
            return true;
        }
        if constexpr (ServiceResult<Result>::is_coroutine) {
            go_on(function_, call, std::move(*args));
            return false;
        } else {
            try {
                if constexpr (std::is_void_v<Result>) {
                    invoke(function_, call, *args);
                    answer(call, std::tuple<>{});
                } else {
                    answer(call, Value(invoke(function_, call, *args)));
                }
            } catch (...) {
                answer_with_exception(call);
            }
            return true;
        }
    }
    const std::string& parameter_types() const override { return type_of<Args>(); }
    const std::string& result_type() const override { return type_of<Value>(); }

  private:
    static Args* find_arguments(Call& call, std::optional<Args>& read) {
        const Call::Place place = call.arguments();
        if (place.type != nullptr && *place.type == typeid(Args)) {
            return static_cast<Args*>(place.at);
        }
        Bytes bytes;
        call.write_arguments(bytes);
        Reader reader(bytes);
        read.emplace(Codec<Args>::read(reader));
        return reader.failed() || reader.left() > 0 ? nullptr : &*read;
    }

    static Result invoke(F& function, Call& call, Args& args) {
        return std::apply(
            [&](auto&... each) -> Result {
                if constexpr (Parameters::wants_context) {
                    return std::invoke(function, Context(call), std::move(each)...);
                } else {
                    return std::invoke(function, std::move(each)...);
                }
            },
            args);
    }

    static Detached go_on(F& function, Call& call, Args args) {
        const Context context(call);
        try {
            auto task = std::apply(
                [&](auto&... each) {
                    if constexpr (Parameters::wants_context) {
                        return std::invoke(function, context, std::move(each)...);
                    } else {
                        return std::invoke(function, std::move(each)...);
                    }
                },
                args);
            if constexpr (std::is_void_v<typename Result::Result>) {
                co_await std::move(task);
                answer(call, std::tuple<>{});
            } else {
                answer(call, Value(co_await std::move(task)));
            }
        } catch (...) {
            answer_with_exception(call);
        }
        call.end_service();
    }

    F function_;
};

template <class F>
std::unique_ptr<Handler> make_handler(F function) {
    return std::make_unique<FunctionHandler<F>>(std::move(function));
}

}  // namespace reowolf::service
