// SPDX-License-Identifier: MIT
#include <bit>
#include <cassert>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "machine/arithmetic.hpp"
#include "machine/arrays.hpp"
#include "machine/utf8.hpp"
#include "machine/value.hpp"

namespace reowolf::machine {
namespace {

using program::TypeId;
using program::TypeKind;

constexpr std::size_t count_bytes = 4;
// Where both are little-endian and packed, elements go as they lie in memory.
constexpr bool as_in_memory = std::endian::native == std::endian::little;

bool is_bytes(const program::Program& program, TypeId id) {
    const program::Type& type = program.types[id];
    return type.kind == TypeKind::string ||
           (type.kind == TypeKind::array && program.types[type.element].kind == TypeKind::u8);
}

// The kind of a block's elements; those of a string are characters.
TypeKind element_kind(const program::Program& program, const program::Type& type) {
    return type.kind == TypeKind::string ? TypeKind::character : program.types[type.element].kind;
}

void append_number(std::uint64_t bits, std::uint32_t size, std::vector<std::byte>& out) {
    for (std::uint32_t i = 0; i < size; ++i) out.push_back(static_cast<std::byte>(bits >> (8 * i)));
}

void append_bytes(const Block* block, std::vector<std::byte>& out) {
    if (!block) return;
    const std::size_t bytes = std::size_t{block->length} * block->element_bytes;
    out.insert(out.end(), block->data(), block->data() + bytes);
}

// The depth of the recursion is that of the type, which verify() bounds; so in decoding.
void append_block(const program::Program& program, TypeId id, const Block* block,
                  std::vector<std::byte>& out) {
    const program::Type& type = program.types[id];
    append_number(length_of(block), count_bytes, out);
    const TypeKind kind = element_kind(program, type);
    if (!is_reference(kind) && (as_in_memory || program::element_size(kind) == 1)) {
        return append_bytes(block, out);
    }
    for (std::uint32_t i = 0; i < length_of(block); ++i) {
        const Slot element = load(block, kind, i);
        if (is_reference(kind)) {
            append_block(program, type.element, element.block, out);
        } else {
            append_number(element.bits, program::element_size(kind), out);
        }
    }
}

class Reader {
  public:
    Reader(const program::Program& program, std::span<const std::byte> bytes, std::size_t bytes_max)
        : program_(program), rest_(bytes), bytes_max_(bytes_max) {}

    std::expected<Value, std::string> read_whole(TypeId id) {
        auto value = is_bytes(program_, id) ? read_elements(id, rest_.size()) : read(id);
        if (value && !rest_.empty()) {
            return std::unexpected(
                fmt::format("{} bytes are left over after the value", rest_.size()));
        }
        return value;
    }

  private:
    std::expected<Value, std::string> read(TypeId id) {
        const TypeKind kind = program_.types[id].kind;
        if (is_reference(kind)) {
            if (rest_.size() < count_bytes) return ends_early();
            return read_elements(id, read_number(count_bytes));
        }
        if (is_port(kind)) return std::unexpected("a port cannot be sent as bytes");
        const std::uint32_t size = program::element_size(kind);
        if (rest_.size() < size) return ends_early();
        const std::uint64_t bits = wrap(kind, read_number(size));
        if (kind == TypeKind::boolean && bits > 1) return no_boolean(bits);
        return Value::scalar(bits);
    }

    std::expected<Value, std::string> read_elements(TypeId id, std::uint64_t count) {
        const program::Type& type = program_.types[id];
        const TypeKind kind = element_kind(program_, type);
        if (is_port(kind)) return std::unexpected("a port cannot be sent as bytes");
        if (count == 0) return Value::adopt(nullptr);
        // What is declared must be there before memory is taken for it.
        const std::size_t least = is_reference(kind) ? count_bytes : program::element_size(kind);
        if (count > rest_.size() / least) return ends_early();
        Block* block = make_block(kind, count, bytes_max_);
        if (!block) return too_large();
        Value value = Value::adopt(block);
        if (is_reference(kind)) {
            for (std::uint64_t i = 0; i < count; ++i) {
                auto element = read(type.element);
                if (!element) return element;
                Slot slot;
                slot.block = element->hand_over();
                store(block, i, slot);
                block->nested_bytes += total_bytes(slot.block);
                if (total_bytes(block) > bytes_max_) return too_large();
            }
            return value;
        }
        read_scalars(kind, block);
        if (auto defect = defect_of(type, kind, *block)) {
            return std::unexpected(std::move(*defect));
        }
        return value;
    }

    void read_scalars(TypeKind kind, Block* block) {
        const std::uint32_t size = program::element_size(kind);
        if (as_in_memory || size == 1) {
            const std::size_t bytes = std::size_t{block->length} * size;
            std::memcpy(block->data(), rest_.data(), bytes);
            rest_ = rest_.subspan(bytes);
            return;
        }
        for (std::uint32_t i = 0; i < block->length; ++i) {
            Slot slot;
            slot.bits = read_number(size);
            store(block, i, slot);
        }
    }

    static std::optional<std::string> defect_of(const program::Type& type, TypeKind kind,
                                                const Block& block) {
        if (type.kind == TypeKind::string) {
            const auto at =
                first_invalid_utf8({reinterpret_cast<const char*>(block.data()), block.length});
            if (at) return fmt::format("the text is not valid UTF-8: byte {} of it", *at);
        }
        if (kind == TypeKind::boolean) {
            for (std::uint32_t i = 0; i < block.length; ++i) {
                const auto bits = static_cast<std::uint8_t>(block.data()[i]);
                if (bits > 1) return no_boolean(bits).error();
            }
        }
        return std::nullopt;
    }

    std::uint64_t read_number(std::size_t size) {
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < size; ++i) {
            bits |= static_cast<std::uint64_t>(rest_[i]) << (8 * i);
        }
        rest_ = rest_.subspan(size);
        return bits;
    }

    static std::unexpected<std::string> ends_early() {
        return std::unexpected(std::string("the bytes end before the value does"));
    }
    static std::unexpected<std::string> no_boolean(std::uint64_t bits) {
        return std::unexpected(fmt::format("a bool is 0 or 1, not {}", bits));
    }
    std::unexpected<std::string> too_large() const {
        return std::unexpected(fmt::format("a value of more than {} bytes", bytes_max_));
    }

    const program::Program& program_;
    std::span<const std::byte> rest_;
    std::size_t bytes_max_;
};

}  // namespace

void encode(const program::Program& program, TypeId type, const Value& value,
            std::vector<std::byte>& out) {
    const TypeKind kind = program.types[type].kind;
    assert(!is_port(kind) && "ports are handed over, not encoded");
    if (is_bytes(program, type)) {
        append_bytes(value.block(), out);
    } else if (is_reference(kind)) {
        append_block(program, type, value.block(), out);
    } else {
        append_number(value.bits(), program::element_size(kind), out);
    }
}

std::expected<Value, std::string> decode(const program::Program& program, TypeId type,
                                         std::span<const std::byte> bytes, const Limits& limits) {
    return Reader(program, bytes, limits.value_bytes_max).read_whole(type);
}

std::size_t fixed_size(const program::Program& program, TypeId type) {
    const TypeKind kind = program.types[type].kind;
    return is_reference(kind) || is_port(kind) ? 0 : program::element_size(kind);
}

}  // namespace reowolf::machine
