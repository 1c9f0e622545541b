// SPDX-License-Identifier: MIT
#include "compiler/pool.hpp"

#include <cassert>

namespace reowolf::compiler {

using check::TermKind;
using program::TypeKind;

program::TypeKind type_kind(TermKind kind) {
    switch (kind) {
        case TermKind::boolean:
            return TypeKind::boolean;
        case TermKind::u8:
            return TypeKind::u8;
        case TermKind::u16:
            return TypeKind::u16;
        case TermKind::u32:
            return TypeKind::u32;
        case TermKind::u64:
            return TypeKind::u64;
        case TermKind::s8:
            return TypeKind::s8;
        case TermKind::s16:
            return TypeKind::s16;
        case TermKind::s32:
            return TypeKind::s32;
        case TermKind::s64:
            return TypeKind::s64;
        case TermKind::character:
            return TypeKind::character;
        case TermKind::string:
            return TypeKind::string;
        case TermKind::array:
            return TypeKind::array;
        case TermKind::in_port:
            return TypeKind::in_port;
        case TermKind::out_port:
            return TypeKind::out_port;
        case TermKind::invalid:
        case TermKind::variable:
        case TermKind::integer:
        case TermKind::nothing:
            break;
    }
    assert(false && "the checker settles every type");
    return TypeKind::boolean;
}

Pool::Pool(program::Program& program) : program_(program) {
    for (program::TypeId id = 0; id < program.types.size(); ++id) {
        types_.emplace(std::pair(program.types[id].kind, program.types[id].element), id);
    }
}

program::TypeId Pool::intern(program::Type type) {
    const auto next = static_cast<program::TypeId>(program_.types.size());
    const auto [at, added] = types_.emplace(std::pair(type.kind, type.element), next);
    if (added) program_.types.push_back(type);
    return at->second;
}

program::TypeId Pool::type(const check::Terms& terms, check::Term term) {
    const TermKind kind = terms.kind(term);
    const program::TypeId element =
        kind >= TermKind::array ? type(terms, terms.argument(term)) : program::TypeId{0};
    return intern({type_kind(kind), element});
}

std::uint32_t Pool::type_list(const std::vector<program::TypeId>& list) {
    const auto next = static_cast<std::uint32_t>(program_.type_lists.size());
    const auto [at, added] = type_lists_.emplace(list, next);
    if (added) program_.type_lists.push_back(list);
    return at->second;
}

std::uint32_t Pool::text(const std::string& bytes) {
    const auto next = static_cast<std::uint32_t>(program_.texts.size());
    const auto [at, added] = texts_.emplace(bytes, next);
    if (added) program_.texts.push_back(bytes);
    return at->second;
}

}  // namespace reowolf::compiler
