// SPDX-License-Identifier: MIT
// let P = e. A pattern is parsed as an expression, and read here for what it means.
#include <algorithm>

#include "check/checker.hpp"

namespace reowolf::check {

ExpressionPtr Checker::let_condition(const tree::Expression& of) {
    const auto* binary = std::get_if<tree::Binary>(&of.node);
    if (std::holds_alternative<tree::Let>(of.node) ||
        (binary && binary->op == BinaryOperator::logical_and)) {
        let_allowed_ = true;
    }
    return condition(of);
}

ExpressionPtr Checker::check(const tree::Let& of, Span span) {
    const Term boolean = terms().plain(TermKind::boolean);
    if (!std::exchange(let_allowed_, false)) {
        report<Code::let_not_here>(span);
    }
    ExpressionPtr matched = value(*of.value);
    pattern_names_.clear();
    auto found = pattern(*of.pattern, matched->type);
    pattern_names_.clear();
    return make(span, boolean, Let{std::move(found), std::move(matched)});
}

std::unique_ptr<Pattern> Checker::pattern(const tree::Expression& of, Term type) {
    auto made = std::make_unique<Pattern>();
    match(of, type, *made);
    return made;
}

void Checker::match(const tree::Expression& of, Term type, Pattern& to) {
    to.span = of.span;
    to.type = type;
    if (const auto* name = std::get_if<tree::NameUse>(&of.node)) {
        if (name->name == "_") return;
        const auto bound = [&](const tree::Name& each) { return each.text == name->name; };
        const auto twice = std::find_if(pattern_names_.begin(), pattern_names_.end(), bound);
        if (twice != pattern_names_.end()) {
            report<Code::repeated_name>(of.span, name->name)
                .note<NoteCode::first_here>(twice->span);
            return;
        }
        const auto global = find_symbol(name->name);
        const bool constant =
            global && global->kind == SymbolKind::routine && module_.routines[global->id].constant;
        if (!find_local(name->name) && !constant) {
            to.kind = Pattern::Kind::bind;
            pattern_names_.push_back({name->name, of.span});
            to.local = declare(pattern_names_.back(), type);
            return;
        }
    }
    if (const auto* tuple = std::get_if<tree::TupleLiteral>(&of.node)) {
        to.kind = Pattern::Kind::fields;
        std::vector<Term> fields;
        for (const auto& each : tuple->elements) {
            fields.push_back(terms().variable(each->span, "the type of this pattern"));
        }
        const Term whole = terms().tuple(fields);
        if (!terms().unify(whole, type, of.span)) {
            mismatch(*make(of.span, type, Invalid{}), whole);
            for (const Term each : fields) (void)terms().unify(each, terms().invalid(), of.span);
        }
        for (std::size_t i = 0; i < fields.size(); ++i) {
            to.numbers.push_back(static_cast<std::uint32_t>(i));
            match(*tuple->elements[i], fields[i], to.inside.emplace_back());
        }
        return;
    }
    if (const auto* array = std::get_if<tree::ArrayLiteral>(&of.node)) {
        to.kind = Pattern::Kind::array;
        const Term element = terms().variable(of.span, "the type of this pattern");
        const Term whole = terms().array(element);
        if (!terms().unify(whole, type, of.span)) {
            mismatch(*make(of.span, type, Invalid{}), whole);
            (void)terms().unify(element, terms().invalid(), of.span);
        }
        for (const auto& each : array->elements) match(*each, element, to.inside.emplace_back());
        return;
    }
    if (const auto* scoped = std::get_if<tree::Scoped>(&of.node)) {
        return match_variant(*scoped, type, to);
    }
    if (const auto* structure = std::get_if<tree::StructLiteral>(&of.node)) {
        return match_structure(*structure, type, to);
    }
    const auto* unary = std::get_if<tree::Unary>(&of.node);
    const auto literal = [](const tree::Expression& each) {
        return std::holds_alternative<tree::IntegerLiteral>(each.node) ||
               std::holds_alternative<tree::FloatLiteral>(each.node);
    };
    const bool is_value = literal(of) || std::holds_alternative<tree::NameUse>(of.node) ||
                          std::holds_alternative<tree::BooleanLiteral>(of.node) ||
                          std::holds_alternative<tree::CharacterLiteral>(of.node) ||
                          std::holds_alternative<tree::StringLiteral>(of.node) ||
                          (unary && unary->op == UnaryOperator::minus && literal(*unary->of));
    if (!is_value) {
        if (!std::holds_alternative<tree::Invalid>(of.node)) report<Code::not_a_pattern>(of.span);
        return;
    }
    to.kind = Pattern::Kind::equal;
    to.value = value(of);
    expect(*to.value, type);
}

void Checker::match_variant(const tree::Scoped& of, Term type, Pattern& to) {
    std::optional<Term> found;
    if (of.path.size() >= 2 && of.path.size() <= 3) {
        found = path_type(of.path, of.path.size() - 1, to.span);
    }
    const auto give_up = [&] {
        for (const auto& each : of.arguments) {
            match(*each, terms().invalid(), to.inside.emplace_back());
        }
    };
    if (!found || terms().kind(*found) != TermKind::named) {
        if (of.path.size() < 2 || of.path.size() > 3) report<Code::not_a_pattern>(to.span);
        return give_up();
    }
    if (!terms().unify(type, *found, to.span)) {
        mismatch(*make(to.span, *found, Invalid{}), type);
        return give_up();
    }
    const tree::Name& name = of.path.back().name;
    const NamedType& named_type_of = named(*found);
    if (named_type_of.form == TypeForm::structure) {
        report<Code::no_variants_here>(name.span, named_type_of.name)
            .note<NoteCode::defined_here>(named_type_of.span, named_type_of.name);
        return give_up();
    }
    const auto number = find_variant(*found, name);
    if (!number) return give_up();
    const VariantShape variant = shape(*found).variants[*number];
    if (of.arguments.size() != variant.fields.size()) {
        report<Code::argument_count>(to.span, named_type_of.name + "::" + name.text,
                                     variant.fields.size(), variant.fields.size() == 1 ? "" : "s",
                                     of.arguments.size())
            .note<NoteCode::defined_here>(named_type_of.span, named_type_of.name);
        return give_up();
    }
    if (named_type_of.form == TypeForm::enumeration) {
        to.kind = Pattern::Kind::equal;
        to.value = make(to.span, *found, EnumValue{*number});
        return;
    }
    to.kind = Pattern::Kind::variant;
    to.variant = *number;
    for (std::size_t i = 0; i < variant.fields.size(); ++i) {
        match(*of.arguments[i], variant.fields[i], to.inside.emplace_back());
    }
}

void Checker::match_structure(const tree::StructLiteral& of, Term type, Pattern& to) {
    std::optional<Term> found;
    if (of.path.size() <= 2) found = path_type(of.path, of.path.size(), to.span);
    const auto give_up = [&] {
        for (const tree::FieldValue& each : of.fields) {
            match(*each.value, terms().invalid(), to.inside.emplace_back());
        }
    };
    if (!found || terms().kind(*found) == TermKind::invalid) return give_up();
    if (terms().kind(*found) != TermKind::named || named(*found).form != TypeForm::structure) {
        report<Code::not_a_struct>(to.span, terms().name(*found));
        for (const Term each : terms().arguments(*found)) {
            (void)terms().unify(each, terms().invalid(), to.span);
        }
        return give_up();
    }
    if (!terms().unify(type, *found, to.span)) {
        mismatch(*make(to.span, *found, Invalid{}), type);
        return give_up();
    }
    to.kind = Pattern::Kind::fields;
    // Those not named match anything.
    for (const tree::FieldValue& each : of.fields) {
        const auto field = find_field(*found, each.name);
        to.numbers.push_back(field ? field->first : 0);
        match(*each.value, field ? field->second : terms().invalid(), to.inside.emplace_back());
    }
}

}  // namespace reowolf::check
