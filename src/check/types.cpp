// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "check/checker.hpp"
#include "check/spelling.hpp"

namespace reowolf::check {
namespace {

constexpr std::string_view type_names[] = {"bool",   "u8",  "u16", "u32", "u64", "s8",
                                           "s16",    "s32", "s64", "f32", "f64", "char",
                                           "string", "msg", "in",  "out", "auto"};

// What other languages call them.
std::string suggest_type(std::string_view name) {
    constexpr std::pair<std::string_view, std::string_view> elsewhere[] = {
        {"int", "s32"},    {"long", "s64"},   {"short", "s16"},    {"unsigned", "u32"},
        {"uint", "u32"},   {"byte", "u8"},    {"boolean", "bool"}, {"String", "string"},
        {"str", "string"}, {"i8", "s8"},      {"i16", "s16"},      {"i32", "s32"},
        {"i64", "s64"},    {"int8", "s8"},    {"int16", "s16"},    {"int32", "s32"},
        {"int64", "s64"},  {"uint8", "u8"},   {"uint16", "u16"},   {"uint32", "u32"},
        {"uint64", "u64"}, {"size_t", "u32"}, {"usize", "u32"},    {"var", "auto"},
        {"float", "f32"},  {"double", "f64"},
    };
    for (const auto& [theirs, ours] : elsewhere) {
        if (name == theirs) return "; did you mean '" + std::string(ours) + "'?";
    }
    return did_you_mean(name, {std::begin(type_names), std::end(type_names)});
}

std::string_view place_name(int place) {
    constexpr std::string_view names[] = {"variable", "parameter", "result",
                                          "constant", "port",      "field"};
    return names[place];
}

// The largest value, and how far below zero the smallest is.
std::pair<std::uint64_t, std::uint64_t> range(TermKind kind) {
    const int index = static_cast<int>(kind) - static_cast<int>(TermKind::u8);
    const bool is_signed = kind >= TermKind::s8;
    const int bits = 8 << (is_signed ? index - 4 : index);
    const std::uint64_t half = std::uint64_t{1} << (bits - 1);
    if (is_signed) return {half - 1, half};
    return {half - 1 + half, 0};
}

}  // namespace

Term Checker::type(const tree::Type& of, TypePlace place, std::string_view open_as) {
    using Kind = tree::TypeKind;
    switch (of.kind) {
        case Kind::boolean:
            return terms().plain(TermKind::boolean);
        case Kind::u8:
            return terms().plain(TermKind::u8);
        case Kind::u16:
            return terms().plain(TermKind::u16);
        case Kind::u32:
            return terms().plain(TermKind::u32);
        case Kind::u64:
            return terms().plain(TermKind::u64);
        case Kind::s8:
            return terms().plain(TermKind::s8);
        case Kind::s16:
            return terms().plain(TermKind::s16);
        case Kind::s32:
            return terms().plain(TermKind::s32);
        case Kind::s64:
            return terms().plain(TermKind::s64);
        case Kind::f32:
            return terms().plain(TermKind::f32);
        case Kind::f64:
            return terms().plain(TermKind::f64);
        case Kind::tuple: {
            std::vector<Term> fields;
            for (const tree::Type& each : of.arguments)
                fields.push_back(type(each, place, open_as));
            return terms().tuple(std::move(fields));
        }
        case Kind::character:
            return terms().plain(TermKind::character);
        case Kind::string:
            return terms().plain(TermKind::string);
        case Kind::array:
            return terms().array(type(of.arguments[0], place, open_as));
        case Kind::in_port:
        case Kind::out_port: {
            const TermKind kind = of.kind == Kind::in_port ? TermKind::in_port : TermKind::out_port;
            const Term message = of.arguments.empty() ? terms().array(terms().plain(TermKind::u8))
                                                      : type(of.arguments[0], place, open_as);
            return terms().port(kind, message);
        }
        case Kind::automatic:
            if (place == TypePlace::local) return terms().variable(of.span, std::string(open_as));
            report<Code::auto_not_here>(of.span, place_name(static_cast<int>(place)));
            return terms().invalid();
        case Kind::named: {
            const tree::Name name{of.name, of.span};
            if (of.module.empty()) {
                return named_type(name, of.arguments, of.span, place, open_as)
                    .value_or(terms().invalid());
            }
            const auto module = find_module({of.module, of.span});
            if (!module) return terms().invalid();
            const auto symbol = names_[*module].own.find(of.name);
            if (symbol == names_[*module].own.end() || symbol->second.kind != SymbolKind::type) {
                if (!names_[*module].excused.contains(of.name)) {
                    report<Code::not_in_module>(of.span, of.module, of.name, "");
                }
                return terms().invalid();
            }
            return applied(symbol->second.id, of.arguments, of.span, place, open_as)
                .value_or(terms().invalid());
        }
        case Kind::invalid:
            return terms().invalid();
    }
    return terms().invalid();
}

std::optional<Term> Checker::named_type(const tree::Name& name,
                                        const std::vector<tree::Type>& arguments, Span span,
                                        TypePlace place, std::string_view open_as) {
    if (const auto parameter = here_.types.find(name.text); parameter != here_.types.end()) {
        if (arguments.empty()) return parameter->second;
        report<Code::type_argument_count>(span, name.text, 0, "s", arguments.size());
        return std::nullopt;
    }
    const auto symbol = find_symbol(name.text);
    if (symbol && symbol->kind == SymbolKind::type) {
        return applied(symbol->id, arguments, span, place, open_as);
    }
    if (symbol) {
        report<Code::not_a_type>(name.span, name.text)
            .note<NoteCode::defined_here>(symbol->span, name.text);
        return std::nullopt;
    }
    if (excused(name.text)) return std::nullopt;
    std::string hint = suggest_import(name.text);
    if (hint.empty()) {
        std::vector<std::string_view> known;
        for (const auto& [each, found] : names_[here_.module].symbols) {
            if (found.kind == SymbolKind::type) known.push_back(each);
        }
        for (const auto& [each, term] : here_.types) known.push_back(each);
        std::sort(known.begin(), known.end());
        hint = did_you_mean(name.text, known);
    }
    if (hint.empty()) hint = suggest_type(name.text);
    if (hint.empty() && place != TypePlace::local && name.text.size() == 1 && name.text[0] >= 'A' &&
        name.text[0] <= 'Z') {
        hint = "; a type parameter is declared behind the name, as in 'f<" + name.text + ">'";
    }
    report<Code::unknown_type>(name.span, name.text, hint);
    return std::nullopt;
}

Operand::Operand(const Expression& of) : type(of.type), span(of.span) {
    if (const auto* use = std::get_if<Use>(&of.node)) local = use->local;
}

void Checker::note_type(Diagnostic& to, const Operand& of) {
    if (!of.local || terms().contains_invalid(of.type)) return;
    const Local& local = routine().locals[*of.local];
    to.note<NoteCode::has_type>(local.span, local.name, terms().name(of.type));
    if (const auto where = terms().settled_at(local.type); where && *where != local.span) {
        to.note<NoteCode::type_settled>(*where, local.name, terms().name(of.type));
    }
}

// Where what cannot be equal got its type, if that is elsewhere.
void Checker::note_conflict(Diagnostic& to) {
    const auto [one, other] = terms().conflict();
    for (const Term side : {one, other}) {
        const auto where = terms().shaped_at(side);
        if (!where || terms().contains_invalid(side)) continue;
        const bool here = where->source == to.span.source && where->begin >= to.span.begin &&
                          where->end <= to.span.end;
        const bool said = std::ranges::any_of(
            to.notes, [&](const diagnostics::Note& note) { return note.span == *where; });
        if (!here && !said) to.note<NoteCode::type_from>(*where, terms().name(side));
    }
}

void Checker::note_could_settle(Diagnostic& to, const Terms::Unsettled& open) {
    for (const Local& local : routine().locals) {
        if (!terms().is_inside(open.term, local.type)) continue;
        const bool said = local.span.begin >= open.where.begin && local.span.end <= open.where.end;
        const bool named = open.what.find('\'' + local.name + '\'') != std::string::npos;
        if (!said && !named) to.note<NoteCode::could_settle>(local.span, local.name);
        return;
    }
}

void Checker::mismatch(const Expression& found, Term wanted) {
    if (terms().contains_invalid(found.type) || terms().contains_invalid(wanted)) return;
    const TermKind wants = terms().kind(wanted);
    const bool is_for_float = (wants == TermKind::f32 || wants == TermKind::f64) &&
                              terms().kind(found.type) == TermKind::integer;
    Diagnostic& said = is_for_float
                           ? report<Code::integer_for_float>(found.span, terms().name(wanted))
                           : report<Code::type_mismatch>(found.span, terms().name(wanted),
                                                         terms().name(found.type));
    note_type(said, found);
    note_conflict(said);
}

bool Checker::expect(const Expression& found, Term wanted) {
    if (terms().unify(found.type, wanted, found.span)) return true;
    mismatch(found, wanted);
    return false;
}

void Checker::when_known(Term term, std::function<void()> then) {
    if (terms().kind(term) != TermKind::variable) return then();
    pending_.push_back({term, std::move(then)});
}

void Checker::when_settled(Term term, std::function<void()> then) {
    if (terms().is_settled(term)) return then();
    when_settled_.push_back(std::move(then));
}

void Checker::retry_pending() {
    for (bool progress = true; progress;) {
        progress = false;
        // What runs may add to the list.
        std::vector<Pending> waiting = std::exchange(pending_, {});
        for (Pending& each : waiting) {
            if (terms().kind(each.term) == TermKind::variable) {
                pending_.push_back(std::move(each));
            } else {
                progress = true;
                each.then();
            }
        }
    }
}

void Checker::settle() {
    retry_pending();
    terms().settle_literals();
    retry_pending();
    for (const auto& [term, where] : std::exchange(given_to_unknown_, {})) {
        terms().give_up(term, where);
    }
    retry_pending();
    while (const auto open = terms().next_unsettled()) {
        if (!diagnostics_.full())
            note_could_settle(report<Code::cannot_infer>(open->where, open->what), *open);
        (void)terms().unify(open->term, terms().invalid(), open->where);
    }
    retry_pending();
    for (const auto& then : std::exchange(when_settled_, {})) then();
    for (const Literal& each : std::exchange(literals_, {})) {
        check_literal_fits(each.type, each.magnitude, each.negative, each.span);
    }
    for (const FloatLiteral& each : std::exchange(float_literals_, {})) {
        const double largest = terms().kind(each.type) == TermKind::f32
                                   ? double{std::numeric_limits<float>::max()}
                                   : std::numeric_limits<double>::max();
        if (each.value > largest) {
            report<Code::float_does_not_fit>(each.span, terms().name(each.type));
        }
    }
}

void Checker::check_literal_fits(Term type, std::uint64_t magnitude, bool negative, Span span) {
    const TermKind kind = terms().kind(type);
    if (!is_integer(kind)) return;
    const auto [largest, below_zero] = range(kind);
    if (magnitude <= (negative ? below_zero : largest)) return;
    const std::string smallest = (below_zero > 0 ? "-" : "") + std::to_string(below_zero);
    report<Code::literal_does_not_fit>(span, (negative ? "-" : "") + std::to_string(magnitude),
                                       terms().name(type), smallest, largest);
}

}  // namespace reowolf::check
