// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "machine/arithmetic.hpp"
#include "machine/arrays.hpp"
#include "machine/in_place.hpp"
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
    std::array<std::byte, sizeof bits> bytes;
    if constexpr (as_in_memory) {
        std::memcpy(bytes.data(), &bits, sizeof bits);
    } else {
        for (std::size_t i = 0; i < sizeof bits; ++i)
            bytes[i] = static_cast<std::byte>(bits >> (8 * i));
    }
    out.insert(out.end(), bytes.begin(), bytes.begin() + size);
}

void append_bytes(const Block* block, std::vector<std::byte>& out) {
    if (!block) return;
    const std::size_t bytes = std::size_t{block->length} * block->element_bytes;
    out.insert(out.end(), block->data(), block->data() + bytes);
}

// Where a value's bytes go.
struct Output {
    std::vector<std::byte>& bytes;
    PortCoder* ports = nullptr;
};

void append(const program::Program& program, TypeId id, const Slot* slots, Output& out);

void append_fields(const program::Program& program, const std::vector<program::Field>& fields,
                   const Slot* slots, Output& out) {
    for (const program::Field& field : fields) {
        if (field.boxed) {
            append(program, program.types[field.type].element, slots_at(slots->block, 0), out);
        } else {
            append(program, field.type, slots, out);
        }
        slots += program.layout(field.type).slots;
    }
}

void append_block(const program::Program& program, TypeId id, const Block* block, Output& out) {
    const program::Type& type = program.types[id];
    append_number(length_of(block), count_bytes, out.bytes);
    const TypeKind kind = element_kind(program, type);
    const bool scalars = !is_reference(kind) && !is_aggregate(kind) && !is_port(kind);
    if (scalars && (as_in_memory || program::element_size(kind) == 1)) {
        return append_bytes(block, out.bytes);
    }
    for (std::uint32_t i = 0; i < length_of(block); ++i) {
        if (is_aggregate(kind)) {
            append(program, type.element, slots_at(block, i), out);
            continue;
        }
        const Slot element = load(block, kind, i);
        append(program, type.element, &element, out);
    }
}

// The depth of the recursion is that of the value, which the machine bounds; so in decoding.
void append(const program::Program& program, TypeId id, const Slot* slots, Output& out) {
    const program::Type& type = program.types[id];
    switch (type.kind) {
        case TypeKind::in_port:
        case TypeKind::out_port:
            assert(out.ports && "ports are handed over, not encoded");
            return out.ports->write(id, slots->bits, out.bytes);
        case TypeKind::string:
        case TypeKind::array:
            return append_block(program, id, slots->block, out);
        case TypeKind::tuple:
        case TypeKind::structure:
            return append_fields(program, type.fields, slots, out);
        case TypeKind::union_of: {
            append_number(slots->bits, program::tag_size(type), out.bytes);
            const program::Variant& variant = type.variants[slots->bits];
            std::vector<Slot> payload;
            for (const std::uint32_t slot : variant.slots) payload.push_back(slots[slot]);
            return append_fields(program, variant.fields, payload.data(), out);
        }
        default:
            append_number(slots->bits, program::element_size(type.kind), out.bytes);
    }
}

// So many bytes every value of the type has at least.
std::size_t least_bytes(const program::Program& program, TypeId id, int depth = 0) {
    const program::Type& type = program.types[id];
    if (is_reference(type.kind) || is_port(type.kind)) return count_bytes;
    if (type.kind == TypeKind::union_of) return program::tag_size(type);
    if (!is_aggregate(type.kind)) return program::element_size(type.kind);
    std::size_t bytes = 0;
    // A part of it is enough.
    if (depth > 8) return bytes;
    for (const program::Field& field : type.fields) {
        bytes += least_bytes(program, field.type, depth + 1);
        if (bytes > 0 && depth > 2) break;
    }
    return bytes;
}

class Reader {
  public:
    Reader(const program::Program& program, std::span<const std::byte> bytes, const Limits& limits,
           PortCoder* ports)
        : program_(program),
          ports_(ports),
          rest_(bytes),
          bytes_max_(limits.value_bytes_max),
          nesting_max_(limits.value_nesting_max) {}

    std::expected<Value, std::string> read_whole(TypeId id) {
        const std::uint32_t count = program_.layout(id).slots;
        Slot single{};
        std::vector<Slot> several(count > 1 ? count : 0);
        Slot* const slots = count > 1 ? several.data() : &single;
        const bool is_read =
            is_bytes(program_, id) ? read_elements(id, rest_.size(), *slots) : read(id, slots);
        // From here on its references are the value's.
        Value value = Value::take(program_, id, slots);
        if (is_read && !rest_.empty()) {
            fail(fmt::format("{} bytes are left over after the value", rest_.size()));
        }
        if (defect_) return std::unexpected(std::move(*defect_));
        return value;
    }

  private:
    bool fail(std::string why) {
        if (!defect_) defect_ = std::move(why);
        return false;
    }

    // Into slots that are zero; what was read is there even when it fails.
    bool read(TypeId id, Slot* slots) {
        const program::Type& type = program_.types[id];
        switch (type.kind) {
            case TypeKind::string:
            case TypeKind::array:
                if (rest_.size() < count_bytes) return ends_early();
                return read_elements(id, read_number(count_bytes), *slots);
            case TypeKind::in_port:
            case TypeKind::out_port:
                return read_port(id, *slots);
            case TypeKind::tuple:
            case TypeKind::structure:
                return read_fields(type.fields, slots);
            case TypeKind::union_of:
                return read_union(type, slots);
            default:
                break;
        }
        const std::uint32_t size = program::element_size(type.kind);
        if (rest_.size() < size) return ends_early();
        slots->bits = wrap(type.kind, read_number(size));
        if (type.kind == TypeKind::boolean && slots->bits > 1) return no_boolean(slots->bits);
        if (type.kind == TypeKind::enumeration) return check_variant(type, slots->bits);
        return true;
    }

    bool read_port(TypeId id, Slot& slot) {
        if (!ports_) return fail("a port cannot be sent as bytes");
        const auto port = ports_->read(id, rest_);
        if (!port) return fail(port.error());
        slot.bits = *port;
        return true;
    }

    bool check_variant(const program::Type& type, std::uint64_t bits) {
        for (const program::Variant& variant : type.variants) {
            if (variant.value == bits) return true;
        }
        return fail(fmt::format("'{}' has no variant {}", type.name, bits));
    }

    bool read_fields(const std::vector<program::Field>& fields, Slot* slots) {
        for (const program::Field& field : fields) {
            const bool is_read =
                field.boxed ? read_boxed(field.type, *slots) : read(field.type, slots);
            if (!is_read) return false;
            slots += program_.layout(field.type).slots;
        }
        return true;
    }

    bool read_boxed(TypeId array, Slot& slot) {
        const TypeId element = program_.types[array].element;
        return nested([&] { return read_block(array, element, 1, slot); });
    }

    template <typename Read>
    bool nested(Read read_inside) {
        if (++nesting_ > nesting_max_) {
            return fail(fmt::format("a value that nests more than {} levels deep", nesting_max_));
        }
        const bool is_read = read_inside();
        --nesting_;
        return is_read;
    }

    bool read_union(const program::Type& type, Slot* slots) {
        const std::uint32_t size = program::tag_size(type);
        if (rest_.size() < size) return ends_early();
        const std::uint64_t tag = read_number(size);
        if (tag >= type.variants.size()) {
            return fail(fmt::format("'{}' has no variant {}", type.name, tag));
        }
        slots->bits = tag;
        const program::Variant& variant = type.variants[tag];
        std::vector<Slot> payload(variant.slots.size());
        const bool is_read = read_fields(variant.fields, payload.data());
        for (std::size_t i = 0; i < payload.size(); ++i) slots[variant.slots[i]] = payload[i];
        return is_read;
    }

    bool read_elements(TypeId id, std::uint64_t count, Slot& slot) {
        const program::Type& type = program_.types[id];
        const TypeKind kind = element_kind(program_, type);
        if (is_port(kind) && !ports_) return fail("a port cannot be sent as bytes");
        if (count == 0) return true;
        // What is declared must be there before memory is taken for it.
        const std::size_t least =
            type.kind == TypeKind::string ? 1 : least_bytes(program_, type.element);
        if (count > (least > 0 ? rest_.size() / least : empty_elements_max)) return ends_early();
        if (is_reference(kind) || is_aggregate(kind)) {
            return nested([&] { return read_block(id, type.element, count, slot); });
        }
        Block* block = make_block(kind, count, bytes_max_);
        if (!block) return too_large();
        slot.block = block;
        if (is_port(kind)) {
            for (std::uint32_t i = 0; i < block->length; ++i) {
                Slot port;
                if (!read_port(type.element, port)) return false;
                store(block, i, port);
            }
            return true;
        }
        read_scalars(kind, block);
        return check_elements(type, kind, *block);
    }

    bool read_block(TypeId, TypeId element, std::uint64_t count, Slot& slot) {
        const ElementShape shape = ElementShape::of(program_, element);
        // A box may hold what else would lie packed.
        if (!shape.layout) {
            Slot one;
            const TypeKind kind = program_.types[element].kind;
            slot.block = make_block(kind, 1, bytes_max_);
            if (!slot.block) return too_large();
            const bool is_read = read(element, &one);
            store(slot.block, 0, one);
            return is_read;
        }
        Block* block = make_block(shape, count, bytes_max_);
        if (!block) return too_large();
        std::memset(block->data(), 0, std::size_t{block->length} * block->element_bytes);
        slot.block = block;
        for (std::uint64_t i = 0; i < count; ++i) {
            const bool is_read = read(element, slots_at(block, i));
            Nested inside;
            for (const std::uint32_t held : shape.layout->references) {
                inside.add(slots_at(block, i)[held].block);
            }
            block->nested_bytes += inside.bytes;
            block->nesting = std::max(block->nesting, inside.nesting + 1);
            if (!is_read) return false;
            if (total_bytes(block) > bytes_max_) return too_large();
        }
        return true;
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

    bool check_elements(const program::Type& type, TypeKind kind, const Block& block) {
        if (type.kind == TypeKind::string) {
            const auto at =
                first_invalid_utf8({reinterpret_cast<const char*>(block.data()), block.length});
            if (at) return fail(fmt::format("the text is not valid UTF-8: byte {} of it", *at));
        }
        if (kind == TypeKind::boolean) {
            for (std::uint32_t i = 0; i < block.length; ++i) {
                const auto bits = static_cast<std::uint8_t>(block.data()[i]);
                if (bits > 1) return no_boolean(bits);
            }
        }
        if (kind == TypeKind::enumeration) {
            for (std::uint32_t i = 0; i < block.length; ++i) {
                const Slot element = load(&block, kind, i);
                if (!check_variant(program_.types[type.element], element.bits)) return false;
            }
        }
        return true;
    }

    std::uint64_t read_number(std::size_t size) {
        std::uint64_t bits = 0;
        if constexpr (as_in_memory) {
            std::memcpy(&bits, rest_.data(), size);
        } else {
            for (std::size_t i = 0; i < size; ++i) {
                bits |= static_cast<std::uint64_t>(rest_[i]) << (8 * i);
            }
        }
        rest_ = rest_.subspan(size);
        return bits;
    }

    bool ends_early() { return fail("the bytes end before the value does"); }
    bool no_boolean(std::uint64_t bits) {
        return fail(fmt::format("a bool is 0 or 1, not {}", bits));
    }
    bool too_large() { return fail(fmt::format("a value of more than {} bytes", bytes_max_)); }

    // Elements without bytes could be any number.
    static constexpr std::uint64_t empty_elements_max = 1u << 16;

    const program::Program& program_;
    PortCoder* ports_;
    std::span<const std::byte> rest_;
    std::size_t bytes_max_;
    std::uint32_t nesting_max_;
    std::uint32_t nesting_ = 0;
    std::optional<std::string> defect_;
};

}  // namespace

void PortHandles::write(TypeId, std::uint64_t port, std::vector<std::byte>& out) {
    append_number(port, sizeof port, out);
}

std::expected<std::uint64_t, std::string> PortHandles::read(TypeId,
                                                            std::span<const std::byte>& rest) {
    std::uint64_t port = 0;
    if (rest.size() < sizeof port) return std::unexpected("the bytes end before the value does");
    for (std::size_t i = 0; i < sizeof port; ++i) {
        port |= static_cast<std::uint64_t>(rest[i]) << (8 * i);
    }
    rest = rest.subspan(sizeof port);
    return port;
}

void encode(const program::Program& program, TypeId type, const Value& value,
            std::vector<std::byte>& out, PortCoder* ports) {
    if (is_bytes(program, type)) {
        append_bytes(value.block(), out);
    } else {
        Output output{out, ports};
        append(program, type, value.slots(program, type), output);
    }
}

std::expected<Value, std::string> decode(const program::Program& program, TypeId type,
                                         std::span<const std::byte> bytes, const Limits& limits,
                                         PortCoder* ports) {
    // Nearly all are numbers, of which any bits will do.
    const TypeKind kind = program.types[type].kind;
    if (as_in_memory && (program::is_integer(kind) || program::is_float(kind)) &&
        bytes.size() == program::element_size(kind)) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, bytes.data(), bytes.size());
        return Value::scalar(wrap(kind, bits));
    }
    return Reader(program, bytes, limits, ports).read_whole(type);
}

std::optional<std::span<const std::byte>> bytes_in_place(const program::Program& program,
                                                         TypeId type, const Value& value) {
    if (!is_bytes(program, type)) return std::nullopt;
    const Block* const block = value.block();
    if (!block) return std::span<const std::byte>();
    return std::as_bytes(
        std::span(block->data(), std::size_t{block->length} * block->element_bytes));
}

bool is_in_place(const program::Program& program, TypeId type, std::span<const std::byte> bytes,
                 const Limits& limits) {
    if (!is_bytes(program, type) || bytes.size() > limits.value_bytes_max) return false;
    if (program.types[type].kind != TypeKind::string) return true;
    return !first_invalid_utf8({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::size_t fixed_size(const program::Program& program, TypeId id) {
    const program::Type& type = program.types[id];
    if (is_reference(type.kind) || is_port(type.kind) || type.kind == TypeKind::union_of) return 0;
    if (!is_aggregate(type.kind)) return program::element_size(type.kind);
    std::size_t size = 0;
    for (const program::Field& field : type.fields) {
        const std::size_t part = fixed_size(program, field.type);
        if (part == 0) return 0;
        size += part;
    }
    return size;
}

}  // namespace reowolf::machine
