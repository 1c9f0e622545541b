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
            return 4;
        case TypeKind::u64:
        case TypeKind::s64:
        case TypeKind::string:
        case TypeKind::array:
        case TypeKind::in_port:
        case TypeKind::out_port:
            return 8;
    }
    return 8;
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

std::string Program::type_name(TypeId type) const {
    std::string before;
    std::string after;  // reversed
    for (std::size_t depth = 0; depth <= types.size(); ++depth) {
        if (type >= types.size()) break;  // a program that verify() refuses may still be shown
        const Type& shown = types[type];
        if (shown.kind == TypeKind::array) {
            after += "][";
        } else {
            before += name(shown.kind);
            if (!is_port(shown.kind)) return before + std::string(after.rbegin(), after.rend());
            before += '<';
            after += '>';
        }
        type = shown.element;
    }
    return before + '?' + std::string(after.rbegin(), after.rend());
}

}  // namespace reowolf::program
