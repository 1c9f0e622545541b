// SPDX-License-Identifier: MIT
#include "program/program.hpp"

namespace reowolf::program {

std::uint32_t element_size(TypeKind kind) {
    switch (kind) {
        case TypeKind::boolean:
        case TypeKind::u8:
        case TypeKind::s8:
        case TypeKind::character:
            return 1;
        case TypeKind::u16:
        case TypeKind::s16:
            return 2;
        case TypeKind::u32:
        case TypeKind::s32:
        case TypeKind::f32:
        case TypeKind::enumeration:
            return 4;
        case TypeKind::u64:
        case TypeKind::s64:
        case TypeKind::f64:
        case TypeKind::tuple:
        case TypeKind::structure:
        case TypeKind::union_of:
        case TypeKind::string:
        case TypeKind::array:
        case TypeKind::in_port:
        case TypeKind::out_port:
            return 8;
    }
    return 8;
}

std::uint32_t tag_size(const Type& type) {
    return type.variants.size() > 256 ? 2 : 1;
}

std::string_view keyword(RoutineKind kind) {
    switch (kind) {
        case RoutineKind::function:
            return "func";
        case RoutineKind::primitive:
            return "primitive";
        case RoutineKind::composite:
            return "composite";
        case RoutineKind::component:
            return "comp";
        case RoutineKind::connector:
            return "connector";
    }
    return "";
}

std::string_view name(TypeKind kind) {
    switch (kind) {
        case TypeKind::boolean:
            return "bool";
        case TypeKind::u8:
            return "u8";
        case TypeKind::u16:
            return "u16";
        case TypeKind::u32:
            return "u32";
        case TypeKind::u64:
            return "u64";
        case TypeKind::s8:
            return "s8";
        case TypeKind::s16:
            return "s16";
        case TypeKind::s32:
            return "s32";
        case TypeKind::s64:
            return "s64";
        case TypeKind::f32:
            return "f32";
        case TypeKind::f64:
            return "f64";
        case TypeKind::tuple:
            return "tuple";
        case TypeKind::structure:
            return "struct";
        case TypeKind::enumeration:
            return "enum";
        case TypeKind::union_of:
            return "union";
        case TypeKind::character:
            return "char";
        case TypeKind::string:
            return "string";
        case TypeKind::array:
            return "array";
        case TypeKind::in_port:
            return "in";
        case TypeKind::out_port:
            return "out";
    }
    return "";
}

std::optional<RoutineId> Program::find(std::string_view routine) const {
    for (std::size_t i = 0; i < routines.size(); ++i) {
        if (routines[i].name == routine) return static_cast<RoutineId>(i);
    }
    return std::nullopt;
}

namespace {

// What a tree of types shared between branches would be written out as can be endless.
constexpr std::size_t type_name_bytes_max = 2'000;

void append_type_name(const Program& program, TypeId id, std::size_t depth, std::string& out) {
    // A program that verify() refuses may still be shown.
    if (id >= program.types.size() || depth > program.types.size() ||
        out.size() > type_name_bytes_max) {
        out += '?';
        return;
    }
    const Type& type = program.types[id];
    const auto list = [&](const auto& ids, auto id_of) {
        bool first = true;
        for (const auto& each : ids) {
            if (!first) out += ", ";
            first = false;
            append_type_name(program, id_of(each), depth + 1, out);
        }
    };
    switch (type.kind) {
        case TypeKind::array:
            append_type_name(program, type.element, depth + 1, out);
            out += "[]";
            return;
        case TypeKind::in_port:
        case TypeKind::out_port:
            out += name(type.kind);
            out += '<';
            append_type_name(program, type.element, depth + 1, out);
            out += '>';
            return;
        case TypeKind::tuple:
            out += '(';
            list(type.fields, [](const Field& field) { return field.type; });
            out += ')';
            return;
        case TypeKind::structure:
        case TypeKind::enumeration:
        case TypeKind::union_of:
            out += type.name;
            if (type.arguments.empty()) return;
            out += '<';
            list(type.arguments, [](TypeId argument) { return argument; });
            out += '>';
            return;
        default:
            out += name(type.kind);
    }
}

}  // namespace

std::string Program::type_name(TypeId type) const {
    std::string text;
    append_type_name(*this, type, 0, text);
    return text;
}

}  // namespace reowolf::program
