// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "machine/arithmetic.hpp"
#include "machine/arrays.hpp"
#include "machine/utf8.hpp"
#include "machine/value.hpp"

namespace reowolf::machine {
namespace {

using program::TypeKind;

// Characters that show nothing, or change how what follows is shown.
bool is_unprintable(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD ||
           (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
           (code >= 0xFFF9 && code <= 0xFFFB) || (code & 0xFFFE) == 0xFFFE ||
           (code >= 0xE0000 && code <= 0xE0FFF);
}

class Writer {
  public:
    Writer(const program::Program& program, std::size_t bytes_max, std::string& out)
        : program_(program), bytes_max_(bytes_max), out_(out) {}

    // The depth of the recursion is that of the value, which the machine bounds.
    bool write(program::TypeId id, const Slot* slots) {
        const program::Type& type = program_.types[id];
        const Slot slot = *slots;
        switch (type.kind) {
            case TypeKind::f32:
            case TypeKind::f64:
                write_float(type.kind, slot.bits);
                break;
            case TypeKind::tuple:
                out_ += '(';
                if (!write_fields(type.fields, slots)) return false;
                out_ += ')';
                break;
            case TypeKind::structure:
                out_ += type.name;
                if (type.fields.empty()) {
                    out_ += "{}";
                    break;
                }
                out_ += "{ ";
                if (!write_fields(type.fields, slots)) return false;
                out_ += " }";
                break;
            case TypeKind::enumeration:
                out_ += type.name + "::";
                for (const program::Variant& variant : type.variants) {
                    if (variant.value == slot.bits) out_ += variant.name;
                }
                break;
            case TypeKind::union_of:
                return write_union(type, slots);
            case TypeKind::boolean:
                out_ += slot.bits != 0 ? "true" : "false";
                break;
            case TypeKind::s8:
            case TypeKind::s16:
            case TypeKind::s32:
            case TypeKind::s64:
                fmt::format_to(std::back_inserter(out_), "{}",
                               static_cast<std::int64_t>(slot.bits));
                break;
            case TypeKind::character:
                write_character(slot.bits);
                break;
            case TypeKind::string:
                return write_text(slot.block);
            case TypeKind::array:
                return write_array(type.element, slot.block);
            case TypeKind::in_port:
            case TypeKind::out_port:
                fmt::format_to(std::back_inserter(out_), "{}#{}", program_.type_name(id),
                               slot.bits);
                break;
            default:
                fmt::format_to(std::back_inserter(out_), "{}", slot.bits);
                break;
        }
        return fits();
    }

    bool write_bare(const Block* block) {
        if (length_of(block) > 0) {
            if (block->length > bytes_max_ - out_.size()) return false;
            out_.append(reinterpret_cast<const char*>(block->data()), block->length);
        }
        return true;
    }

    bool fits() const { return out_.size() <= bytes_max_; }

  private:
    // One byte of a character or string; `quote` is what has to be escaped with a backslash.
    void write_ascii(std::uint32_t byte, char quote) {
        switch (byte) {
            case '\n':
                out_ += "\\n";
                return;
            case '\r':
                out_ += "\\r";
                return;
            case '\t':
                out_ += "\\t";
                return;
            case '\0':
                out_ += "\\0";
                return;
            case '\\':
                out_ += "\\\\";
                return;
            default:
                break;
        }
        if (byte == static_cast<std::uint32_t>(quote)) {
            out_ += '\\';
            out_ += quote;
        } else if (byte < 0x20 || byte >= 0x7F) {
            fmt::format_to(std::back_inserter(out_), "\\x{:02X}", byte);
        } else {
            out_ += static_cast<char>(byte);
        }
    }

    void write_character(std::uint64_t bits) {
        out_ += '\'';
        write_ascii(static_cast<std::uint8_t>(bits), '\'');
        out_ += '\'';
    }

    bool write_text(const Block* block) {
        std::string_view rest;
        if (block) rest = {reinterpret_cast<const char*>(block->data()), block->length};
        out_ += '"';
        while (!rest.empty() && fits()) {
            const auto character = first_character(rest);
            if (!character || character->bytes == 1) {
                write_ascii(static_cast<unsigned char>(rest[0]), '"');
                rest.remove_prefix(1);
                continue;
            }
            if (is_unprintable(character->code)) {
                fmt::format_to(std::back_inserter(out_), "\\u{{{:X}}}", character->code);
            } else {
                out_ += rest.substr(0, character->bytes);
            }
            rest.remove_prefix(character->bytes);
        }
        out_ += '"';
        return fits();
    }

    bool write_array(program::TypeId element, const Block* block) {
        const TypeKind kind = program_.types[element].kind;
        out_ += '{';
        for (std::uint32_t i = 0; i < length_of(block); ++i) {
            if (i > 0) out_ += ", ";
            if (is_aggregate(kind)) {
                if (!write(element, slots_at(block, i))) return false;
                continue;
            }
            const Slot slot = load(block, kind, i);
            if (!write(element, &slot)) return false;
        }
        out_ += '}';
        return fits();
    }

    bool write_fields(const std::vector<program::Field>& fields, const Slot* slots) {
        bool first = true;
        for (const program::Field& field : fields) {
            if (!first) out_ += ", ";
            first = false;
            if (!field.name.empty()) out_ += field.name + ": ";
            const bool written =
                field.boxed ? write(program_.types[field.type].element, slots_at(slots->block, 0))
                            : write(field.type, slots);
            if (!written) return false;
            slots += program_.layout(field.type).slots;
        }
        return fits();
    }

    bool write_union(const program::Type& type, const Slot* slots) {
        out_ += type.name + "::";
        if (slots->bits >= type.variants.size()) return fits();
        const program::Variant& variant = type.variants[slots->bits];
        out_ += variant.name;
        if (variant.fields.empty()) return fits();
        std::vector<Slot> payload;
        for (const std::uint32_t slot : variant.slots) payload.push_back(slots[slot]);
        out_ += '(';
        if (!write_fields(variant.fields, payload.data())) return false;
        out_ += ')';
        return fits();
    }

    void write_float(TypeKind kind, std::uint64_t bits) { out_ += float_literal(kind, bits); }

    const program::Program& program_;
    std::size_t bytes_max_;
    std::string& out_;
};

}  // namespace

std::string float_literal(TypeKind kind, std::uint64_t bits) {
    const double value = float_value(kind, bits);
    if (std::isnan(value)) return "nan";  // its sign means nothing
    std::string digits = kind == TypeKind::f32 ? fmt::format("{}", static_cast<float>(value))
                                               : fmt::format("{}", value);
    // "1e-07" and "1e+22" read back without their '+' and zeros too.
    if (const auto e = digits.find('e'); std::isfinite(value) && e != std::string::npos) {
        const auto exponent = digits.begin() + static_cast<std::ptrdiff_t>(e) + 1;
        const auto sign = *exponent == '-' ? exponent + 1 : exponent;
        digits.erase(sign,
                     std::find_if(sign, digits.end(), [](char c) { return c != '+' && c != '0'; }));
    }
    if (std::isfinite(value) && digits.find_first_of(".e") == std::string::npos) digits += ".0";
    return digits;
}

bool append_literal(const program::Program& program, program::TypeId type, const Value& value,
                    bool bare, std::size_t bytes_max, std::string& out) {
    Writer writer(program, bytes_max, out);
    if (!writer.fits()) return false;
    if (bare && program.types[type].kind == TypeKind::string) {
        return writer.write_bare(value.block());
    }
    return writer.write(type, value.slots(program, type));
}

std::string literal(const program::Program& program, program::TypeId type, const Value& value,
                    bool bare) {
    std::string out;
    append_literal(program, type, value, bare, std::numeric_limits<std::size_t>::max(), out);
    return out;
}

}  // namespace reowolf::machine
