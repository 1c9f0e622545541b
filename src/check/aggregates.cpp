// SPDX-License-Identifier: MIT
// Tuples, structs, enums and unions in expressions.
#include <algorithm>
#include <charconv>

#include "check/checker.hpp"
#include "check/spelling.hpp"

namespace reowolf::check {

ExpressionPtr Checker::check(const tree::FloatLiteral& of, Span span) {
    const Term type = terms().literal(span, TermKind::floating);
    float_literals_.push_back({type, of.value, span});
    return make(span, type, Float{of.value});
}

ExpressionPtr Checker::check(const tree::TupleLiteral& of, Span span) {
    std::vector<ExpressionPtr> elements = values(of.elements);
    std::vector<Term> types;
    for (const ExpressionPtr& each : elements) types.push_back(each->type);
    return make(span, terms().tuple(std::move(types)), Tuple{std::move(elements)});
}

// The type that the first `steps` of a path name: "T", "T<u32>", "m::T".
std::optional<Term> Checker::path_type(const std::vector<tree::PathStep>& path, std::size_t steps,
                                       Span span) {
    if (steps == 1) {
        return named_type(path[0].name, path[0].arguments, span, TypePlace::local, "");
    }
    const auto module = find_module(path[0].name);
    if (!module) return std::nullopt;
    const tree::Name& name = path[1].name;
    const auto symbol = names_[*module].own.find(name.text);
    if (symbol == names_[*module].own.end() || symbol->second.kind != SymbolKind::type) {
        if (!names_[*module].excused.contains(name.text)) {
            report<Code::not_in_module>(name.span, path[0].name.text, name.text, "");
        }
        return std::nullopt;
    }
    return applied(symbol->second.id, path[1].arguments, span, TypePlace::local, "");
}

std::optional<std::uint32_t> Checker::find_variant(Term type, const tree::Name& name) {
    const Shape& of = shape(type);
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < of.variants.size(); ++i) {
        if (of.variants[i].name == name.text) return static_cast<std::uint32_t>(i);
        names.push_back(of.variants[i].name);
    }
    report<Code::unknown_variant>(name.span, named(type).name, name.text,
                                  did_you_mean(name.text, names))
        .note<NoteCode::defined_here>(named(type).span, named(type).name);
    return std::nullopt;
}

ExpressionPtr Checker::variant(Term type, const tree::Name& name, bool called,
                               const std::vector<tree::ExpressionPtr>& arguments, Span span) {
    std::vector<ExpressionPtr> given = values(arguments);
    const NamedType& of = named(type);
    if (of.form == TypeForm::structure) {
        report<Code::no_variants_here>(name.span, of.name)
            .note<NoteCode::defined_here>(of.span, of.name);
        return invalid(span);
    }
    const auto number = find_variant(type, name);
    if (!number) return invalid(span);
    const VariantShape found = shape(type).variants[*number];
    if (of.form == TypeForm::enumeration) {
        if (called) {
            report<Code::argument_count>(span, of.name + "::" + name.text, 0, "s", given.size())
                .note<NoteCode::defined_here>(of.span, of.name);
        }
        return make(span, type, EnumValue{*number});
    }
    if (given.size() != found.fields.size()) {
        report<Code::argument_count>(span, of.name + "::" + name.text, found.fields.size(),
                                     found.fields.size() == 1 ? "" : "s", given.size())
            .note<NoteCode::defined_here>(of.span, of.name);
        give_up(std::vector{type}, span);
        return make(span, type, Invalid{});
    }
    Construct made{number, {}, {}};
    for (std::size_t i = 0; i < given.size(); ++i) {
        expect(*given[i], found.fields[i]);
        made.fields.push_back(static_cast<std::uint32_t>(i));
    }
    made.values = std::move(given);
    return make(span, type, std::move(made));
}

ExpressionPtr Checker::check(const tree::Scoped& of, Span span) {
    const std::vector<tree::PathStep>& path = of.path;
    const auto give_up = [&] {
        for (const auto& each : of.arguments) value(*each);
        return invalid(span);
    };
    if (path.size() == 1) {
        // "f<u32>(x)"
        if (!of.called) {
            report<Code::type_as_value>(span, path[0].name.text, "");
            return invalid(span);
        }
        if (is_builtin(path[0].name.text)) {
            report<Code::type_argument_count>(span, path[0].name.text, 0, "s",
                                              path[0].arguments.size());
            return give_up();
        }
        const auto routine = callee(path, false);
        if (!routine) return give_up();
        return call(*routine, path[0].arguments, of.arguments, span);
    }
    const auto symbol = find_symbol(path[0].name.text);
    const bool of_type =
        (symbol && symbol->kind == SymbolKind::type) || here_.types.contains(path[0].name.text);
    if (path.size() == 3 || of_type) {
        const std::size_t steps = of_type ? 1 : 2;
        if (path.size() != steps + 1 || !path.back().arguments.empty()) {
            report<Code::malformed_path>(span);
            return give_up();
        }
        const auto type = path_type(path, steps, span);
        if (!type || terms().kind(*type) == TermKind::invalid) return give_up();
        if (terms().kind(*type) != TermKind::named) {
            report<Code::no_variants_here>(path.back().name.span, terms().name(*type));
            return give_up();
        }
        return variant(*type, path.back().name, of.called, of.arguments, span);
    }
    if (path.size() > 3) {
        report<Code::malformed_path>(span);
        return give_up();
    }
    if (names_[here_.module].excused.contains(path[0].name.text)) return give_up();
    const auto routine = callee(path, false);
    if (!routine) return give_up();
    if (of.called) return call(*routine, path[1].arguments, of.arguments, span);
    const Routine& found = module_.routines[*routine];
    if (found.constant) return make(span, *found.result, Call{*routine, {}});
    report<Code::routine_as_value>(span, path[1].name.text, kind_name(found.kind),
                                   "; it is called with '(…)'")
        .note<NoteCode::defined_here>(found.span, path[1].name.text);
    return invalid(span);
}

ExpressionPtr Checker::check(const tree::StructLiteral& of, Span span) {
    Term type = terms().invalid();
    if (of.path.size() > 2) {
        report<Code::malformed_path>(span);
    } else if (const auto found_type = path_type(of.path, of.path.size(), span)) {
        type = *found_type;
    }
    const bool fits =
        terms().kind(type) == TermKind::named && named(type).form == TypeForm::structure;
    if (!fits) {
        if (terms().kind(type) != TermKind::invalid) {
            report<Code::not_a_struct>(span, terms().name(type));
        }
        for (const tree::FieldValue& each : of.fields) value(*each.value);
        return make(span, type, Invalid{});
    }
    const Shape found = shape(type);
    std::vector<std::optional<Span>> seen(found.fields.size());
    Construct made;
    for (const tree::FieldValue& each : of.fields) {
        ExpressionPtr given = value(*each.value);
        const auto field = find_field(type, each.name);
        if (!field) continue;
        if (seen[field->first]) {
            report<Code::repeated_field_value>(each.name.span, each.name.text)
                .note<NoteCode::first_here>(*seen[field->first]);
            continue;
        }
        seen[field->first] = each.name.span;
        expect(*given, field->second);
        made.fields.push_back(field->first);
        made.values.push_back(std::move(given));
    }
    std::string missing;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        if (seen[i]) continue;
        missing += (missing.empty() ? "'" : ", '") + found.names[i] + "'";
    }
    if (!missing.empty()) {
        report<Code::missing_fields>(span, named(type).name, missing)
            .note<NoteCode::defined_here>(named(type).span, named(type).name);
    }
    return make(span, type, std::move(made));
}

std::optional<std::pair<std::uint32_t, Term>> Checker::find_field(Term type,
                                                                  const tree::Name& name) {
    const TermKind kind = terms().kind(type);
    std::vector<std::string_view> names;
    std::string hint;
    if (kind == TermKind::tuple) {
        const std::vector<Term> fields = terms().arguments(type);
        std::uint32_t number = 0;
        const char* end = name.text.data() + name.text.size();
        const auto [at, error] = std::from_chars(name.text.data(), end, number);
        if (error == std::errc{} && at == end && number < fields.size()) {
            return std::pair(number, fields[number]);
        }
        hint = "; its fields are '.0' to '." + std::to_string(fields.size() - 1) + "'";
    } else if (kind == TermKind::named) {
        const Shape& of = shape(type);
        for (std::size_t i = 0; i < of.fields.size(); ++i) {
            if (of.names[i] == name.text) {
                return std::pair(static_cast<std::uint32_t>(i), of.fields[i]);
            }
            names.push_back(of.names[i]);
        }
        hint = did_you_mean(name.text, names);
        if (named(type).form == TypeForm::union_of) {
            hint = "; what is in a union is found with 'let'";
        }
    }
    if (terms().contains_invalid(type)) return std::nullopt;
    if (kind == TermKind::tuple || kind == TermKind::named) {
        report<Code::unknown_field>(name.span, terms().name(type), name.text, hint);
    } else {
        report<Code::unknown_member>(name.span, terms().name(type), name.text);
    }
    return std::nullopt;
}

Checker::FoundField Checker::field_of(Term container, const tree::Name& name) {
    if (terms().kind(container) != TermKind::variable) {
        const auto field = find_field(container, name);
        if (!field) return {0u, terms().invalid()};
        return {field->first, field->second};
    }
    FoundField found{0u, terms().variable(name.span, "the type of this field")};
    when_known(container, [this, container, name, found] {
        const auto field = find_field(container, name);
        const Term type = field ? field->second : terms().invalid();
        if (field) found.field.settle(field->first);
        if (!terms().unify(found.type, type, name.span)) {
            report<Code::type_mismatch>(name.span, terms().name(found.type), terms().name(type));
        }
    });
    return found;
}

}  // namespace reowolf::check
