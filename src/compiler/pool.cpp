// SPDX-License-Identifier: MIT
#include "compiler/pool.hpp"

#include <cassert>
#include <set>
#include <utility>

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
        case TermKind::f32:
            return TypeKind::f32;
        case TermKind::f64:
            return TypeKind::f64;
        case TermKind::tuple:
            return TypeKind::tuple;
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
        case TermKind::floating:
        case TermKind::nothing:
        case TermKind::named:
            break;
    }
    assert(false && "the checker settles every type");
    return TypeKind::boolean;
}

Pool::Pool(program::Program& program, check::Module& module) : program_(program), module_(module) {
    for (program::TypeId id = 0; id < program.types.size(); ++id) {
        const program::Type& type = program.types[id];
        std::vector<program::TypeId> parts;
        for (const program::Field& field : type.fields) parts.push_back(field.type);
        if (type.kind == TypeKind::array || program::is_port(type.kind)) parts = {type.element};
        const bool is_named = type.kind >= TypeKind::structure;
        if (is_named) parts.clear();
        types_.emplace(Key(type.kind, is_named ? id : 0, std::move(parts)), id);
    }
}

const check::Shape& Pool::shape(check::Term term) {
    std::vector<check::Term> arguments = module_.terms.arguments(term);
    for (check::Term& each : arguments) each = module_.terms.ground(each);
    return module_.types[module_.terms.definition(term)].shapes.at(arguments);
}

program::TypeId Pool::add(Key key, program::Type type) {
    const auto next = static_cast<program::TypeId>(program_.types.size());
    const auto [at, added] = types_.emplace(std::move(key), next);
    if (added) program_.types.push_back(std::move(type));
    return at->second;
}

program::TypeId Pool::type(check::Term term) {
    term = module_.terms.ground(term);
    if (const auto at = known_.find(term); at != known_.end()) return at->second;
    const std::size_t before = program_.types.size();
    const program::TypeId id = intern(term);
    if (program_.types.size() > before) {
        const bool laid_out = program::lay_out(program_, 1u << 16);
        assert(laid_out && "the checker refuses types without end");
        (void)laid_out;
    }
    return id;
}

program::TypeId Pool::intern(check::Term term) {
    check::Terms& terms = module_.terms;
    term = terms.ground(term);
    if (const auto at = known_.find(term); at != known_.end()) return at->second;
    const TermKind kind = terms.kind(term);
    program::Type type;
    std::vector<program::TypeId> parts;
    std::uint32_t number = 0;
    for (const check::Term argument : terms.arguments(term)) parts.push_back(intern(argument));
    if (kind == TermKind::named) {
        const check::NamedType& of = module_.types[terms.definition(term)];
        number = terms.definition(term);
        type.kind = of.form == check::TypeForm::structure     ? TypeKind::structure
                    : of.form == check::TypeForm::enumeration ? TypeKind::enumeration
                                                              : TypeKind::union_of;
        type.name = of.name;
        type.arguments = parts;
    } else {
        type.kind = type_kind(kind);
        if (kind == TermKind::tuple) {
            for (const program::TypeId part : parts) type.fields.push_back({"", part, false});
        } else if (!parts.empty()) {
            type.element = parts[0];
        }
    }
    const std::size_t before = program_.types.size();
    const program::TypeId id = add(Key(type.kind, number, std::move(parts)), std::move(type));
    known_.emplace(term, id);
    // What it contains may lead back to it.
    if (kind == TermKind::named && program_.types.size() > before) fill(id, term);
    return id;
}

void Pool::fill(program::TypeId id, check::Term term) {
    const check::Shape of = shape(term);
    std::vector<program::Field> fields;
    for (std::size_t i = 0; i < of.fields.size(); ++i) {
        fields.push_back({of.names[i], intern(of.fields[i]), false});
    }
    std::vector<program::Variant> variants;
    for (const check::VariantShape& each : of.variants) {
        program::Variant variant{each.name, each.value, {}, {}};
        for (const check::Term field : each.fields) {
            const bool boxed = reaches(field, term);
            variant.fields.push_back(
                {"", intern(boxed ? module_.terms.array(field) : field), boxed});
        }
        variants.push_back(std::move(variant));
    }
    program_.types[id].fields = std::move(fields);
    program_.types[id].variants = std::move(variants);
}

// Whether a value of the one contains a value of the other in place.
bool Pool::reaches(check::Term from, check::Term to) {
    check::Terms& terms = module_.terms;
    std::vector<check::Term> waiting{terms.ground(from)};
    std::set<check::Term> seen;
    while (!waiting.empty()) {
        const check::Term type = waiting.back();
        waiting.pop_back();
        if (type == to) return true;
        if (!seen.insert(type).second) continue;
        const auto add_all = [&](const std::vector<check::Term>& fields) {
            for (const check::Term field : fields) waiting.push_back(terms.ground(field));
        };
        if (terms.kind(type) == TermKind::tuple) add_all(terms.arguments(type));
        if (terms.kind(type) != TermKind::named) continue;
        const check::Shape& of = shape(type);
        add_all(of.fields);
        for (const check::VariantShape& variant : of.variants) add_all(variant.fields);
    }
    return false;
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

std::uint32_t Pool::add_constant(check::RoutineId routine, program::TypeId type) {
    const auto next = static_cast<std::uint32_t>(program_.constants.size());
    program_.constants.push_back({module_.routines[routine].name, type, {}});
    constants_.emplace(routine, next);
    return next;
}

std::uint32_t Pool::add_constant(check::DefinitionId of, std::uint32_t variant,
                                 program::TypeId type) {
    const auto next = static_cast<std::uint32_t>(program_.constants.size());
    const check::NamedType& named = module_.types[of];
    program_.constants.push_back(
        {named.name + "::" + named.shapes.begin()->second.variants[variant].name, type, {}});
    variants_.emplace(std::pair(of, variant), next);
    return next;
}

std::optional<std::uint32_t> Pool::constant(check::DefinitionId of, std::uint32_t variant) const {
    const auto at = variants_.find({of, variant});
    return at == variants_.end() ? std::nullopt : std::optional(at->second);
}

}  // namespace reowolf::compiler
