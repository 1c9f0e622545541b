// SPDX-License-Identifier: MIT
// The application's buffers: a scalar in host byte order, everything else in the wire encoding.
#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "connector/connector.hpp"
#include "wire/bytes.hpp"

namespace reowolf::connector {

namespace {

// The wire is little-endian.
void to_or_from_host(std::span<std::byte> scalar) {
    if constexpr (std::endian::native == std::endian::big) std::ranges::reverse(scalar);
}

}  // namespace

std::expected<machine::Value, Failure> value_of(const program::Program& program,
                                                program::TypeId type,
                                                std::span<const std::byte> bytes,
                                                const Limits& limits, machine::PortCoder& ports) {
    const std::size_t size = machine::fixed_size(program, type);
    if (size != 0 && bytes.size() != size) {
        return std::unexpected(
            Failure{Fault::bad_size, fmt::format("a '{}' has {} bytes, not {}",
                                                 program.type_name(type), size, bytes.size())});
    }
    if (bytes.size() > limits.message_value_bytes_max) {
        return std::unexpected(Failure{
            Fault::bad_size, fmt::format("{} bytes are more than the {} that a message may have",
                                         bytes.size(), limits.message_value_bytes_max)});
    }
    std::vector<std::byte> scalar;
    if (size != 0 && std::endian::native == std::endian::big) {
        scalar.assign(bytes.begin(), bytes.end());
        to_or_from_host(scalar);
        bytes = scalar;
    }
    // A port that is the whole message is its name and nothing else.
    std::vector<std::byte> named;
    if (program::is_port(program.types[type].kind)) {
        wire::Writer text;
        text.block(bytes);
        named = text.take();
        bytes = named;
    }
    auto value = machine::decode(program, type, bytes, limits, &ports);
    if (!value) return std::unexpected(Failure{Fault::bad_argument, std::move(value.error())});
    return std::move(*value);
}

void write_bytes(const program::Program& program, program::TypeId type, const machine::Value& value,
                 machine::PortCoder& ports, std::vector<std::byte>& bytes) {
    bytes.clear();
    machine::encode(program, type, value, bytes, &ports);
    if (program::is_port(program.types[type].kind)) {
        bytes.erase(bytes.begin(), bytes.begin() + sizeof(std::uint32_t));
    }
    if (machine::fixed_size(program, type) != 0) to_or_from_host(bytes);
}

}  // namespace reowolf::connector
