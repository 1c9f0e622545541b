// SPDX-License-Identifier: MIT
#include <algorithm>

#include "check/checker.hpp"
#include "check/spelling.hpp"

namespace reowolf::check {

ExpressionPtr Checker::invalid(Span span) {
    return make(span, terms().invalid(), Invalid{});
}

ExpressionPtr Checker::expression(const tree::Expression& of) {
    // 'let' may stand in a condition and to both sides of its '&&'.
    const auto* binary = std::get_if<tree::Binary>(&of.node);
    const bool joins = binary != nullptr && binary->op == BinaryOperator::logical_and;
    if (!joins && !std::holds_alternative<tree::Let>(of.node)) let_allowed_ = false;
    return std::visit([&](const auto& node) { return check(node, of.span); }, of.node);
}

ExpressionPtr Checker::value(const tree::Expression& of) {
    ExpressionPtr found = expression(of);
    if (terms().kind(found->type) == TermKind::nothing) {
        const auto* call = std::get_if<tree::Call>(&of.node);
        report<Code::no_value>(of.span, call != nullptr ? call->callee.text : std::string("this"));
        return invalid(of.span);
    }
    return found;
}

ExpressionPtr Checker::condition(const tree::Expression& of) {
    ExpressionPtr found = value(of);
    expect(*found, terms().plain(TermKind::boolean));
    return found;
}

std::vector<ExpressionPtr> Checker::values(const std::vector<tree::ExpressionPtr>& of) {
    std::vector<ExpressionPtr> list;
    for (const tree::ExpressionPtr& each : of) list.push_back(value(*each));
    return list;
}

ExpressionPtr Checker::check(const tree::Invalid&, Span span) {
    return invalid(span);
}

ExpressionPtr Checker::check(const tree::BooleanLiteral& of, Span span) {
    return make(span, terms().plain(TermKind::boolean), Number{of.value ? 1u : 0u});
}

ExpressionPtr Checker::check(const tree::IntegerLiteral& of, Span span) {
    return integer_literal(of.value, false, span);
}

ExpressionPtr Checker::integer_literal(std::uint64_t magnitude, bool negative, Span span) {
    const Term type = terms().literal(span);
    literals_.push_back({type, magnitude, negative, span});
    return make(span, type, Number{negative ? 0 - magnitude : magnitude});
}

ExpressionPtr Checker::check(const tree::CharacterLiteral& of, Span span) {
    return make(span, terms().plain(TermKind::character), Number{of.value});
}

ExpressionPtr Checker::check(const tree::StringLiteral& of, Span span) {
    return make(span, terms().plain(TermKind::string), Text{of.bytes});
}

ExpressionPtr Checker::check(const tree::ArrayLiteral& of, Span span) {
    const Term element = terms().variable(span, "the type of this array");
    std::vector<ExpressionPtr> elements = values(of.elements);
    for (const ExpressionPtr& each : elements) expect(*each, element);
    return make(span, terms().array(element), Array{std::move(elements)});
}

ExpressionPtr Checker::check(const tree::NameUse& of, Span span) {
    if (std::find(in_own_value_.begin(), in_own_value_.end(), of.name) != in_own_value_.end()) {
        report<Code::used_in_own_value>(span, of.name);
        return invalid(span);
    }
    if (const auto local = find_local(of.name)) {
        return make(span, routine().locals[*local].type, Use{*local});
    }
    if (const auto global = find_symbol(of.name)) {
        if (global->kind == SymbolKind::type) {
            report<Code::type_as_value>(span, of.name, values_of(global->id))
                .note<NoteCode::defined_here>(global->span, of.name);
            return invalid(span);
        }
        const Routine& found = module_.routines[global->id];
        if (found.constant) return make(span, *found.result, Call{global->id, {}});
        const bool function = found.kind == program::RoutineKind::function;
        report<Code::routine_as_value>(span, of.name, kind_name(found.kind),
                                       function ? "; it is called with '(…)'" : "")
            .note<NoteCode::defined_here>(found.span, of.name);
        return invalid(span);
    }
    if (excused(of.name)) return invalid(span);
    if (is_builtin(of.name)) {
        report<Code::routine_as_value>(span, of.name, "function", "; it is called with '(…)'");
        return invalid(span);
    }
    if (peer_here(of.name) != nullptr) {
        report<Code::peer_as_value>(span, of.name);
        return invalid(span);
    }
    constexpr std::string_view nothings[] = {"null", "nil", "nullptr", "NULL", "None", "undefined"};
    if (std::ranges::find(nothings, of.name) != std::end(nothings)) {
        report<Code::no_null>(span, of.name);
    } else {
        const std::string hint = suggest_import(of.name);
        report<Code::unknown_name>(span, of.name, hint.empty() ? suggest_value(of.name) : hint);
    }
    return invalid(span);
}

ExpressionPtr Checker::check(const tree::Member& of, Span span) {
    const auto* name = std::get_if<tree::NameUse>(&of.of->node);
    const Peer* peer = name != nullptr && !find_local(name->name) ? peer_here(name->name) : nullptr;
    if (peer != nullptr) {
        if (const auto port = find_local(peer->name + "." + of.member.text)) {
            return make(span, routine().locals[*port].type, Use{*port});
        }
        std::vector<std::string_view> ports;
        for (const PeerPort& port : peer->ports) ports.push_back(port.name);
        report<Code::unknown_peer_port>(of.member.span, peer->name, of.member.text,
                                        did_you_mean(of.member.text, ports));
        return invalid(span);
    }
    if (name != nullptr && !find_local(name->name)) {
        const auto symbol = find_symbol(name->name);
        if (symbol && symbol->kind == SymbolKind::type) {
            const bool has_variants = module_.types[symbol->id].form != TypeForm::structure;
            Diagnostic& said =
                has_variants
                    ? report<Code::variant_after_point>(span, name->name, of.member.text)
                    : report<Code::type_as_value>(of.of->span, name->name, values_of(symbol->id));
            said.note<NoteCode::defined_here>(symbol->span, name->name);
            return invalid(span);
        }
    }
    ExpressionPtr inner = value(*of.of);
    const TermKind known = terms().kind(inner->type);
    if (of.member.text == "length" && known != TermKind::named) {
        const Term type = length_of(*inner);
        return make(span, type, Length{std::move(inner)});
    }
    const FoundField found = field_of(inner->type, of.member);
    return make(span, found.type, Field{std::move(inner), found.field});
}

Term Checker::length_of(const Expression& of) {
    const Term type = of.type;
    when_known(type, [this, type, span = of.span] {
        const TermKind kind = terms().kind(type);
        if (kind == TermKind::array || kind == TermKind::string || kind == TermKind::invalid)
            return;
        report<Code::no_length>(span, terms().name(type));
    });
    return terms().plain(TermKind::u32);
}

void Checker::expect_integer(const Expression& of) {
    const Term type = of.type;
    when_known(type, [this, type, span = of.span] {
        const TermKind kind = terms().kind(type);
        if (is_integer(kind) || kind == TermKind::integer || kind == TermKind::invalid) return;
        report<Code::index_not_integer>(span, terms().name(type));
    });
}

Term Checker::element_of(Term container, const Expression& of, bool for_loop) {
    const TermKind kind = terms().kind(container);
    if (kind == TermKind::array) return terms().argument(container);
    if (kind == TermKind::string) return terms().plain(TermKind::character);
    const Term element = terms().variable(of.span, "the type of the element");
    when_known(container, [this, container, element, span = of.span, for_loop] {
        const TermKind known = terms().kind(container);
        Term found = terms().invalid();
        if (known == TermKind::array) {
            found = terms().argument(container);
        } else if (known == TermKind::string) {
            found = terms().plain(TermKind::character);
        } else if (known != TermKind::invalid && for_loop) {
            report<Code::no_elements>(span, terms().name(container));
        } else if (known != TermKind::invalid) {
            report<Code::not_indexable>(span, terms().name(container));
        }
        if (!terms().unify(element, found, span) && !terms().contains_invalid(found)) {
            report<Code::type_mismatch>(span, terms().name(element), terms().name(found));
        }
    });
    return element;
}

ExpressionPtr Checker::check(const tree::Index& of, Span span) {
    ExpressionPtr inner = value(*of.of);
    ExpressionPtr index = value(*of.index);
    expect_integer(*index);
    const Term element = element_of(inner->type, *inner, false);
    return make(span, element, Index{std::move(inner), std::move(index)});
}

ExpressionPtr Checker::check(const tree::Slice& of, Span span) {
    ExpressionPtr inner = value(*of.of);
    ExpressionPtr low = of.low ? value(*of.low) : nullptr;
    ExpressionPtr high = of.high ? value(*of.high) : nullptr;
    if (low) expect_integer(*low);
    if (high) expect_integer(*high);
    element_of(inner->type, *inner, false);
    const Term type = inner->type;
    return make(span, type, Slice{std::move(inner), std::move(low), std::move(high)});
}

ExpressionPtr Checker::check(const tree::Cast& of, Span span) {
    ExpressionPtr inner = value(*of.of);
    const Term target = of.target ? type(*of.target, TypePlace::local, "the target of this cast")
                                  : terms().variable(span, "the target of this cast");
    const Term source = inner->type;
    const auto is_number_of_enum = [this](Term from, Term to) {
        const bool is_enum =
            terms().kind(from) == TermKind::named && named(from).form == TypeForm::enumeration;
        const TermKind kind = terms().kind(to);
        return is_enum && (is_integer(kind) || kind == TermKind::integer);
    };
    const auto castable = [this](Term term) {
        const TermKind kind = terms().kind(term);
        return is_integer(kind) || kind == TermKind::integer || kind == TermKind::boolean ||
               kind == TermKind::character || kind == TermKind::invalid || is_float(kind);
    };
    when_known(source, [this, source, target, castable, is_number_of_enum, span] {
        when_known(target, [this, source, target, castable, is_number_of_enum, span] {
            if (castable(source) && castable(target)) return;
            if (is_number_of_enum(source, target)) return;
            if (terms().contains_invalid(source) || terms().contains_invalid(target)) return;
            report<Code::cannot_cast>(span, terms().name(source), terms().name(target));
        });
    });
    return make(span, target, Cast{std::move(inner)});
}

ExpressionPtr Checker::check(const tree::Conditional& of, Span span) {
    ExpressionPtr chosen = condition(*of.condition);
    ExpressionPtr yes = value(*of.yes);
    ExpressionPtr no = value(*of.no);
    const Term type = yes->type;
    if (!terms().unify(no->type, type, no->span) && !terms().contains_invalid(no->type) &&
        !terms().contains_invalid(type)) {
        Diagnostic& said =
            report<Code::type_mismatch>(no->span, terms().name(type), terms().name(no->type));
        note_type(said, *no);
        said.note<NoteCode::other_value>(yes->span, terms().name(type));
        note_conflict(said);
    }
    return make(span, type, Conditional{std::move(chosen), std::move(yes), std::move(no)});
}

}  // namespace reowolf::check
