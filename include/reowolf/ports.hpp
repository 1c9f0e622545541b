// SPDX-License-Identifier: MIT
// The ports of components in C++, and what of C++ goes through them. How they are used is in
// <reowolf/component.hpp>, which also has what get() and put() are.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <reowolf/embedding.hpp>
#include <reowolf/values.hpp>

namespace reowolf {

// A value, and which of several ports it came from, counted from 0.
template <class T>
struct From {
    T value;
    std::size_t port;
};

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

}  // namespace reowolf
