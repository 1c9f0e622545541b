// SPDX-License-Identifier: MIT
// Structs, enums and unions: their definitions, and what they are with certain type arguments.
#include <algorithm>

#include "check/checker.hpp"
#include "check/spelling.hpp"

namespace reowolf::check {

DefinitionId Checker::name_type(const tree::Name& name, TypeForm form,
                                const std::vector<tree::Name>& parameters) {
    const DefinitionId id = terms().define(name.text);
    define(name, {SymbolKind::type, id, name.span});
    module_.types.push_back(
        {name.text, name.span, form, static_cast<std::uint32_t>(parameters.size()), {}});
    type_sources_.push_back({nullptr, nullptr, nullptr, here_.module});
    std::unordered_map<std::string_view, Span> names;
    for (const tree::Name& parameter : parameters) {
        const auto [same, added] = names.emplace(parameter.text, parameter.span);
        if (added) continue;
        report<Code::repeated_parameter>(parameter.span, parameter.text)
            .note<NoteCode::first_here>(same->second);
    }
    return id;
}

void Checker::check_count(const tree::Name& name, std::size_t variants) {
    if (variants == 0) report<Code::no_variants>(name.span, name.text);
    if (variants > limits_.variants_max) {
        report<Code::too_many_variants>(name.span, name.text, variants, limits_.variants_max);
    }
}

void Checker::name_structure(const tree::Structure& of) {
    name_type(of.name, TypeForm::structure, of.type_parameters);
    type_sources_.back().structure = &of;
    std::unordered_map<std::string_view, Span> names;
    for (const tree::Parameter& field : of.fields) {
        const auto [same, added] = names.emplace(field.name.text, field.name.span);
        if (added) continue;
        report<Code::repeated_field>(field.name.span, of.name.text, field.name.text)
            .note<NoteCode::first_here>(same->second);
    }
}

void Checker::name_enumeration(const tree::Enumeration& of) {
    name_type(of.name, TypeForm::enumeration, {});
    type_sources_.back().enumeration = &of;
}

void Checker::name_union(const tree::Union& of) {
    name_type(of.name, TypeForm::union_of, of.type_parameters);
    type_sources_.back().union_of = &of;
    std::unordered_map<std::string_view, Span> names;
    for (const tree::UnionVariant& variant : of.variants) {
        const auto [same, added] = names.emplace(variant.name.text, variant.name.span);
        if (added) continue;
        report<Code::repeated_variant>(variant.name.span, of.name.text, variant.name.text)
            .note<NoteCode::first_here>(same->second);
    }
    check_count(of.name, of.variants.size());
}

void Checker::check_type_definitions() {
    // Values first: other types may use the variants.
    for (DefinitionId id = 0; id < module_.types.size(); ++id) {
        here_ = {type_sources_[id].module, {}};
        if (type_sources_[id].enumeration) {
            check_enumeration(*type_sources_[id].enumeration, module_.types[id]);
        }
    }
    for (DefinitionId id = 0; id < module_.types.size(); ++id) {
        const std::uint32_t parameters = module_.types[id].parameters;
        const Span span = module_.types[id].span;
        const Term of = terms().named(id, std::vector<Term>(parameters, terms().invalid()));
        (void)shape(of);
        if (parameters == 0) require(of, span);
    }
}

void Checker::check_enumeration(const tree::Enumeration& of, NamedType& type) {
    Shape shape;
    std::unordered_map<std::string_view, Span> names;
    std::map<std::uint64_t, Span> values;
    // The next variant without a value has what this one computes, and `next` more.
    std::optional<RoutineId> computed_by;
    std::uint64_t next = 0;
    for (const tree::EnumVariant& variant : of.variants) {
        const auto [same, added] = names.emplace(variant.name.text, variant.name.span);
        if (!added) {
            report<Code::repeated_variant>(variant.name.span, of.name.text, variant.name.text)
                .note<NoteCode::first_here>(same->second);
            continue;
        }
        const Span where = variant.value ? variant.value->span : variant.name.span;
        if (variant.value) {
            const auto* literal = std::get_if<tree::IntegerLiteral>(&variant.value->node);
            computed_by.reset();
            next = literal ? literal->value : 0;
            if (!literal) computed_by = compute_variant(of.name, variant);
        }
        if (!computed_by && next > program::enum_value_max) {
            report<Code::literal_does_not_fit>(where, std::to_string(next), of.name.text, "0",
                                               program::enum_value_max);
            next = 0;
        }
        // Those that are computed are compared when they are known.
        const auto [earlier, is_new] =
            computed_by ? std::pair(values.end(), true) : values.emplace(next, where);
        if (!is_new) {
            report<Code::repeated_variant_value>(where, of.name.text, next)
                .note<NoteCode::first_here>(earlier->second);
        }
        shape.variants.push_back({variant.name.text, next, {}, computed_by, where});
        ++next;
    }
    check_count(of.name, of.variants.size());
    type.shapes.emplace(std::vector<Term>{}, std::move(shape));
}

// A function without parameters, as for a constant.
RoutineId Checker::compute_variant(const tree::Name& type, const tree::EnumVariant& of) {
    Routine routine;
    routine.name = type.text + "::" + of.name.text;
    routine.span = of.value->span;
    routine.end = of.value->span;
    routine.constant = true;
    routine.variant = true;
    module_.routines.push_back(std::move(routine));
    RoutineSource source;
    source.variant = &of;
    source.surroundings = here_;
    routine_sources_.push_back(std::move(source));
    return static_cast<RoutineId>(module_.routines.size() - 1);
}

void Checker::check_variant_value(RoutineId id, const tree::EnumVariant& of) {
    begin_routine(id);
    ExpressionPtr computed = value(*of.value);
    if (terms().kind(computed->type) == TermKind::integer) {
        expect(*computed, terms().plain(TermKind::u32));
    }
    routine().result = computed->type;
    routine().result_span = computed->span;
    when_known(computed->type, [this, type = computed->type, span = computed->span] {
        const TermKind kind = terms().kind(type);
        if (is_integer(kind) || kind == TermKind::invalid) return;
        report<Code::variant_not_integer>(span, terms().name(type));
    });
    auto statement = std::make_unique<Statement>();
    statement->span = of.value->span;
    statement->node = Return{std::move(computed)};
    routine().body.statements.push_back(std::move(statement));
    end_routine();
}

std::optional<Term> Checker::applied(DefinitionId definition,
                                     const std::vector<tree::Type>& arguments, Span span,
                                     TypePlace place, std::string_view open_as) {
    const std::uint32_t wanted = module_.types[definition].parameters;
    std::vector<Term> terms_of;
    if (arguments.empty() && wanted > 0 && place == TypePlace::local) {
        for (std::uint32_t i = 0; i < wanted; ++i) {
            const std::string what =
                open_as.empty() ? "the type arguments of '" + module_.types[definition].name + "'"
                                : std::string(open_as);
            terms_of.push_back(terms().variable(span, what));
        }
        return terms().named(definition, std::move(terms_of));
    }
    for (const tree::Type& each : arguments) terms_of.push_back(type(each, place, open_as));
    if (arguments.size() != wanted) {
        const NamedType& found = module_.types[definition];
        report<Code::type_argument_count>(span, found.name, wanted, wanted == 1 ? "" : "s",
                                          arguments.size())
            .note<NoteCode::defined_here>(found.span, found.name);
        return std::nullopt;
    }
    return terms().named(definition, std::move(terms_of));
}

const Shape& Checker::shape(Term term) {
    const DefinitionId id = terms().definition(term);
    NamedType& type_of = module_.types[id];
    const Term ground = terms().ground(term);
    const bool settled = terms().is_settled(ground);
    std::vector<Term> arguments = terms().arguments(ground);
    if (settled) {
        for (Term& each : arguments) each = terms().ground(each);
        const auto known = type_of.shapes.find(arguments);
        if (known != type_of.shapes.end()) return known->second;
    } else if (const auto known = open_shapes_.find(ground); known != open_shapes_.end()) {
        return known->second;
    }
    const TypeSource& source = type_sources_[id];
    Surroundings around{source.module, {}};
    const auto parameters = [&](const std::vector<tree::Name>& names) {
        for (std::size_t i = 0; i < names.size() && i < arguments.size(); ++i) {
            around.types.emplace(names[i].text, arguments[i]);
        }
    };
    if (source.structure) parameters(source.structure->type_parameters);
    if (source.union_of) parameters(source.union_of->type_parameters);
    std::swap(here_, around);
    Shape made;
    if (source.structure) {
        for (const tree::Parameter& field : source.structure->fields) {
            made.names.push_back(field.name.text);
            made.fields.push_back(type(field.type, TypePlace::field, ""));
        }
    } else if (source.union_of) {
        for (const tree::UnionVariant& variant : source.union_of->variants) {
            VariantShape next{variant.name.text, 0, {}};
            for (const tree::Type& field : variant.fields) {
                next.fields.push_back(type(field, TypePlace::field, ""));
            }
            made.variants.push_back(std::move(next));
        }
    }
    std::swap(here_, around);
    if (settled) {
        return module_.types[id]
            .shapes.emplace(std::move(arguments), std::move(made))
            .first->second;
    }
    return open_shapes_.emplace(ground, std::move(made)).first->second;
}

}  // namespace reowolf::check
