// SPDX-License-Identifier: MIT
// C++ values as the values of ports.
//
//     C++                                              PDL
//     bool, char, std::int8_t … std::uint64_t          bool, char, s8 … u64
//     float, double                                    f32, f64
//     an enum                                          an enum: its value
//     std::string; to put also std::string_view, "…"   string
//     std::vector<T>, std::array<T, n>; to put also    T[]
//         std::span<T>
//     std::byte                                        u8
//     std::tuple, std::pair                            (A, B, …)
//     a struct named in REOWOLF_FIELDS                 a struct with these fields, in this order
//     std::optional<T>                                 a union like { None, Some(T) }
//     std::variant<…>                                  a union: one alternative for each variant,
//     in
//                                                      order; std::monostate for one without a
//                                                      value, std::tuple for one with several
//     PutPort<T>, GetPort<T>                           out<T>, in<T>, of dynamic connectors
//
// Names do not count, of types, fields and variants: what must agree is the shape. A T[] has as
// many elements as whoever sends it likes: a std::vector takes them all, a std::array just its own
// number (RealtimeConnector::sync says what comes of another one).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

// Makes a struct a value. One line in the namespace of the struct, naming all of its fields in
// order:
//
//     struct Point { std::uint32_t x, y; };
//     REOWOLF_FIELDS(Point, x, y)
#define REOWOLF_FIELDS(Type, ...)                   \
    inline auto reowolf_fields(Type& value) {       \
        auto& [__VA_ARGS__] = value;                \
        return std::tie(__VA_ARGS__);               \
    }                                               \
    inline auto reowolf_fields(const Type& value) { \
        auto& [__VA_ARGS__] = value;                \
        return std::tie(__VA_ARGS__);               \
    }

namespace reowolf {

// The bytes of a value that is read, front to back. What is not there reads as zero, and is noted.
class Reader {
  public:
    explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

    // The next `count` bytes; fewer, and the reader has failed, if there are not so many.
    std::span<const std::byte> take(std::size_t count) {
        if (count > rest_.size()) {
            failed_ = true;
            count = rest_.size();
        }
        const std::span<const std::byte> taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    void fail() { failed_ = true; }
    // The number of elements of an array that is to have so many.
    void expect_size(std::size_t size, std::size_t wanted) {
        if (size == wanted || failed_) return;
        failed_ = true;
        why_ = "an array of " + std::to_string(size) + " elements, where the program has one of " +
               std::to_string(wanted);
    }
    std::size_t left() const { return rest_.size(); }
    bool failed() const { return failed_; }
    const std::string& why() const { return why_; }  // if there is more to be said

  private:
    std::span<const std::byte> rest_;
    bool failed_ = false;
    std::string why_;
};

using Bytes = std::vector<std::byte>;

// How a type is written to a port and read from it: the wire encoding, little-endian and packed.
//     static std::string type()                        its shape; see rw_type
//     static void write(const T&, Bytes&)
//     static T read(Reader&)
template <class T>
struct Codec;

template <class T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T>;
template <class T>
concept Struct = requires(T& value) { reowolf_fields(value); };

template <Scalar T>
struct Codec<T> {
    static std::string type() {
        if constexpr (std::same_as<T, bool>) return "bool";
        if constexpr (std::same_as<T, char>) return "char";
        if constexpr (std::same_as<T, std::byte>) return "u8";
        if constexpr (std::is_enum_v<T> && !std::same_as<T, std::byte>) return "enum";
        std::string kind = std::floating_point<T> ? "f" : std::is_signed_v<T> ? "s" : "u";
        return kind + std::to_string(8 * sizeof(T));
    }
    static void write(const T& value, Bytes& out) {
        auto bytes =
            std::bit_cast<std::array<std::byte, sizeof(Written)>>(static_cast<Written>(value));
        if constexpr (std::endian::native == std::endian::big) std::ranges::reverse(bytes);
        // One by one: g++ 12 believes that an insertion of some bytes could overflow.
        for (const std::byte byte : bytes) out.push_back(byte);
    }
    static T read(Reader& reader) {
        std::array<std::byte, sizeof(Written)> bytes{};
        const std::span<const std::byte> taken = reader.take(sizeof(Written));
        std::ranges::copy(taken, bytes.begin());
        if constexpr (std::endian::native == std::endian::big) std::ranges::reverse(bytes);
        return static_cast<T>(std::bit_cast<Written>(bytes));
    }

  private:
    // An enum of PDL has four bytes, whatever holds it here.
    using Written = std::conditional_t<
        std::same_as<T, std::byte>, std::uint8_t,
        std::conditional_t<std::is_enum_v<T>, std::uint32_t,
                           std::conditional_t<std::same_as<T, bool>, std::uint8_t, T>>>;
};

// What has a length and elements: strings and arrays.
template <class T>
struct SequenceCodec {
    using Element = std::remove_cv_t<typename T::value_type>;

    static std::string type() { return Codec<Element>::type() + "[]"; }
    static void write(const T& values, Bytes& out) {
        Codec<std::uint32_t>::write(static_cast<std::uint32_t>(values.size()), out);
        for (const auto& value : values) Codec<Element>::write(value, out);
    }
};

template <class T>
struct Codec<std::vector<T>> : SequenceCodec<std::vector<T>> {
    static std::vector<T> read(Reader& reader) {
        const std::uint32_t count = Codec<std::uint32_t>::read(reader);
        std::vector<T> values;
        // A false count must not make room: elements come as long as there are bytes.
        for (std::uint32_t i = 0; i < count && !reader.failed(); ++i) {
            values.push_back(Codec<T>::read(reader));
        }
        return values;
    }
};
template <class T, std::size_t N>
struct Codec<std::array<T, N>> : SequenceCodec<std::array<T, N>> {
    static std::array<T, N> read(Reader& reader) {
        std::array<T, N> values{};
        reader.expect_size(Codec<std::uint32_t>::read(reader), N);
        for (T& value : values) value = Codec<T>::read(reader);
        return values;
    }
};
template <class T>
struct Codec<std::span<T>> : SequenceCodec<std::span<T>> {};

template <>
struct Codec<std::string_view> {
    static std::string type() { return "string"; }
    static void write(std::string_view text, Bytes& out) {
        Codec<std::uint32_t>::write(static_cast<std::uint32_t>(text.size()), out);
        const auto bytes = std::as_bytes(std::span(text));
        out.insert(out.end(), bytes.begin(), bytes.end());
    }
};
template <>
struct Codec<std::string> : Codec<std::string_view> {
    static std::string read(Reader& reader) {
        const auto bytes = reader.take(Codec<std::uint32_t>::read(reader));
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
};
template <>
struct Codec<const char*> : Codec<std::string_view> {};
template <std::size_t N>
struct Codec<char[N]> : Codec<std::string_view> {};

template <class... T>
struct Codec<std::tuple<T...>> {
    static std::string type() {
        std::string shape;
        ((shape += (shape.empty() ? "" : ", ") + Codec<T>::type()), ...);
        return "(" + shape + ")";
    }
    static void write(const std::tuple<T...>& values, Bytes& out) {
        std::apply([&](const auto&... each) { (Codec<T>::write(each, out), ...); }, values);
    }
    static std::tuple<T...> read(Reader& reader) {
        return std::tuple<T...>{Codec<T>::read(reader)...};  // braces: from left to right
    }
};
template <class A, class B>
struct Codec<std::pair<A, B>> {
    static std::string type() { return Codec<std::tuple<A, B>>::type(); }
    static void write(const std::pair<A, B>& values, Bytes& out) {
        Codec<A>::write(values.first, out);
        Codec<B>::write(values.second, out);
    }
    static std::pair<A, B> read(Reader& reader) {
        return std::pair<A, B>{Codec<A>::read(reader), Codec<B>::read(reader)};
    }
};

template <Struct T>
struct Codec<T> {
    static std::string type() {
        return []<class... F>(std::type_identity<std::tuple<F&...>>) {
            return Codec<std::tuple<std::remove_const_t<F>...>>::type();
        }(std::type_identity<decltype(reowolf_fields(std::declval<T&>()))>{});
    }
    static void write(const T& value, Bytes& out) {
        std::apply([&]<class... F>(const F&... each) { (Codec<F>::write(each, out), ...); },
                   reowolf_fields(value));
    }
    static T read(Reader& reader) {
        T value{};
        std::apply([&]<class... F>(F&... each) { ((each = Codec<F>::read(reader)), ...); },
                   reowolf_fields(value));
        return value;
    }
};

// The fields of a variant of a union.
template <class T>
struct VariantCodec {
    static std::string type() { return "(" + Codec<T>::type() + ")"; }
    static void write(const T& value, Bytes& out) { Codec<T>::write(value, out); }
    static T read(Reader& reader) { return Codec<T>::read(reader); }
};
template <>
struct VariantCodec<std::monostate> {
    static std::string type() { return "()"; }
    static void write(std::monostate, Bytes&) {}
    static std::monostate read(Reader&) { return {}; }
};
template <class... T>
struct VariantCodec<std::tuple<T...>> : Codec<std::tuple<T...>> {};

template <class... T>
struct Codec<std::variant<T...>> {
    static std::string type() {
        std::string shape;
        ((shape += (shape.empty() ? "" : " | ") + VariantCodec<T>::type()), ...);
        return "{" + shape + "}";
    }
    static void write(const std::variant<T...>& value, Bytes& out) {
        Codec<Tag>::write(static_cast<Tag>(value.index()), out);
        std::visit([&]<class V>(const V& each) { VariantCodec<V>::write(each, out); }, value);
    }
    static std::variant<T...> read(Reader& reader) {
        const std::size_t index = Codec<Tag>::read(reader);
        if (index >= sizeof...(T)) reader.fail();
        return read_variant(index, reader, std::index_sequence_for<T...>{});
    }

  private:
    using Tag = std::conditional_t<(sizeof...(T) > 256), std::uint16_t, std::uint8_t>;

    template <std::size_t... I>
    static std::variant<T...> read_variant(std::size_t index, Reader& reader,
                                           std::index_sequence<I...>) {
        std::variant<T...> value;
        (void)((index == I ? (value.template emplace<I>(VariantCodec<T>::read(reader)), true)
                           : false) ||
               ...);
        return value;
    }
};
template <class T>
struct Codec<std::optional<T>> {
    using Union = Codec<std::variant<std::monostate, T>>;

    static std::string type() { return Union::type(); }
    static void write(const std::optional<T>& value, Bytes& out) {
        Codec<bool>::write(value.has_value(), out);
        if (value) VariantCodec<T>::write(*value, out);
    }
    static std::optional<T> read(Reader& reader) {
        const std::variant<std::monostate, T> value = Union::read(reader);
        if (value.index() == 0) return std::nullopt;
        return std::get<1>(value);
    }
};

// A port in a message: the name that it has at this connector, to be used like those of the
// description. Into the first one values are put or offered, from the other they are got or polled.
template <class T>
struct PutPort {
    std::string name;
    friend bool operator==(const PutPort&, const PutPort&) = default;
};
template <class T>
struct GetPort {
    std::string name;
    friend bool operator==(const GetPort&, const GetPort&) = default;
};

template <class Port>
struct PortCodec {
    static void write(const Port& port, Bytes& out) { Codec<std::string>::write(port.name, out); }
    static Port read(Reader& reader) { return {Codec<std::string>::read(reader)}; }
};
template <class T>
struct Codec<PutPort<T>> : PortCodec<PutPort<T>> {
    static std::string type() { return "out<" + Codec<T>::type() + ">"; }
};
template <class T>
struct Codec<GetPort<T>> : PortCodec<GetPort<T>> {
    static std::string type() { return "in<" + Codec<T>::type() + ">"; }
};
template <class T>
concept NamesPort = std::derived_from<Codec<T>, PortCodec<T>>;

// The end that stays here of a channel whose other end goes out in a message, and the reverse.
template <class T>
struct OtherEndOf;
template <class T>
struct OtherEndOf<PutPort<T>> {
    using Type = GetPort<T>;
};
template <class T>
struct OtherEndOf<GetPort<T>> {
    using Type = PutPort<T>;
};

// What may be put, and what may be got.
template <class T>
concept Puttable = requires(const T& value, Bytes& out) { Codec<T>::write(value, out); };
template <class T>
concept Gettable = requires(Reader& reader) {
    { Codec<T>::read(reader) } -> std::same_as<T>;
};

// Its size is known beforehand, and at top level it has no count.
template <class T>
concept ArrayOfBytes =
    requires(T& value) {
        std::tuple_size<T>::value;
        value.data();
    } && (std::same_as<typename T::value_type, std::uint8_t> ||
          std::same_as<typename T::value_type, std::byte>);

// The value of a port as the C interface takes it: as on the wire, except that strings, names of
// ports and arrays of bytes are their bytes alone, and scalars have the host's byte order.
template <Puttable T>
Bytes to_bytes(const T& value) {
    Bytes bytes;
    Codec<T>::write(value, bytes);
    if constexpr (Scalar<T>) {
        if constexpr (std::endian::native == std::endian::big) std::ranges::reverse(bytes);
    } else if (const auto type = Codec<T>::type();
               NamesPort<T> || type == "string" || type == "u8[]") {
        return Bytes(bytes.begin() + 4, bytes.end());
    }
    return bytes;
}

// The other way; what is wrong if the bytes are no value of the type.
template <Gettable T>
std::expected<T, std::string> value_from(std::span<const std::byte> bytes) {
    if constexpr (std::same_as<T, std::string>) {
        return T(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    } else if constexpr (NamesPort<T>) {
        return T{std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())};
    } else if constexpr (std::same_as<T, Bytes>) {
        return T(bytes.begin(), bytes.end());
    } else if constexpr (std::same_as<T, std::vector<std::uint8_t>>) {
        const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
        return T(begin, begin + bytes.size());
    } else if constexpr (ArrayOfBytes<T>) {
        T value{};
        Reader reader(bytes);
        reader.expect_size(bytes.size(), value.size());
        if (reader.failed()) return std::unexpected(reader.why());
        std::ranges::copy(bytes, std::as_writable_bytes(std::span(value)).begin());
        return value;
    } else {
        Bytes turned;
        if constexpr (Scalar<T> && std::endian::native == std::endian::big) {
            turned.assign(bytes.rbegin(), bytes.rend());
            bytes = turned;
        }
        Reader reader(bytes);
        T value = Codec<T>::read(reader);
        if (!reader.why().empty()) return std::unexpected(reader.why());
        if (reader.failed() || reader.left() > 0) {
            return std::unexpected("bytes that are no " + Codec<T>::type());
        }
        return value;
    }
}

// The same, for whom it is enough to know that they are none.
template <Gettable T>
std::optional<T> from_bytes(std::span<const std::byte> bytes) {
    std::expected<T, std::string> value = value_from<T>(bytes);
    return value ? std::optional<T>(*std::move(value)) : std::nullopt;
}

}  // namespace reowolf
