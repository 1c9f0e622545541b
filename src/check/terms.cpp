// SPDX-License-Identifier: MIT
#include "check/terms.hpp"

#include <algorithm>
#include <set>

namespace reowolf::check {

namespace {

// A type that nests without measure counts as one that would contain itself.
constexpr int nesting_max = 300;
// What would be longer is cut.
constexpr std::size_t name_bytes_max = 500;

}  // namespace

Terms::Terms() {
    for (int kind = 0; kind <= static_cast<int>(TermKind::string); ++kind) {
        add(static_cast<TermKind>(kind), 0, {});
    }
}

Term Terms::add(TermKind kind, DefinitionId definition, std::vector<Term> arguments) {
    const Term term = static_cast<Term>(nodes_.size());
    nodes_.push_back({kind, definition, std::move(arguments), term, {}, unknown});
    return term;
}

DefinitionId Terms::define(std::string name) {
    definitions_.push_back(std::move(name));
    return static_cast<DefinitionId>(definitions_.size() - 1);
}

Term Terms::variable(Span where, std::string what) {
    const Term term = add(TermKind::variable, 0, {});
    open_.push_back({term, where, std::move(what)});
    return term;
}

Term Terms::literal(Span where, TermKind kind) {
    const Term term = add(kind, 0, {});
    open_.push_back({term, where, {}});
    return term;
}

Term Terms::root(Term term) const {
    Term last = term;  // whose `same` is the root
    while (nodes_[nodes_[last].same].same != nodes_[last].same) last = nodes_[last].same;
    const Term root = nodes_[last].same;
    // What settled the last one settled all on the way.
    const Span settled = nodes_[last].settled;
    while (nodes_[term].same != root) {
        const Term next = nodes_[term].same;
        nodes_[term].same = root;
        nodes_[term].settled = settled;
        term = next;
    }
    return root;
}

template <typename Stop>
bool Terms::any_inside(Term term, Stop stop) const {
    // Each once: types share their parts. What is closed has nothing inside that is asked for.
    std::vector<Term> waiting{root(term)};
    std::set<Term> seen;
    while (!waiting.empty()) {
        const Term next = waiting.back();
        waiting.pop_back();
        if (stop(next)) return true;
        if (nodes_[next].arguments.empty() || is_closed(next)) continue;
        if (!seen.insert(next).second) continue;
        for (const Term argument : nodes_[next].arguments) waiting.push_back(root(argument));
    }
    return false;
}

bool Terms::occurs(Term variable, Term in) const {
    return any_inside(in, [&](Term term) { return term == variable; });
}

void Terms::bind(Term variable, Term to, Span where) {
    nodes_[variable].same = to;
    nodes_[variable].settled = where;
}

bool Terms::unify(Term a, Term b, Span where) {
    return unify(a, b, where, 0);
}

bool Terms::unify(Term a, Term b, Span where, int depth) {
    // Unless the two have parts, and then these say better what is wrong.
    conflict_ = {a, b};
    a = root(a);
    b = root(b);
    if (a == b || (is_closed(a) && is_closed(b) && ground(a) == ground(b))) return true;
    const TermKind of_a = nodes_[a].kind;
    const TermKind of_b = nodes_[b].kind;
    if (of_a == TermKind::invalid || of_b == TermKind::invalid) {
        // What was reported once settles everything that hangs on it.
        if (is_open(of_a)) bind(a, b, where);
        if (is_open(of_b)) bind(b, a, where);
        return true;
    }
    if (of_a == TermKind::nothing || of_b == TermKind::nothing) return false;
    if (of_a == TermKind::variable) {
        if (occurs(a, b)) return false;
        bind(a, b, where);
        return true;
    }
    if (of_b == TermKind::variable) {
        if (occurs(b, a)) return false;
        bind(b, a, where);
        return true;
    }
    const auto takes = [](TermKind literal, TermKind other) {
        if (literal == TermKind::integer) return other == literal || is_integer(other);
        return literal == TermKind::floating && is_float(other);
    };
    if (takes(of_a, of_b)) {
        bind(a, b, where);
        return true;
    }
    if (takes(of_b, of_a)) {
        bind(b, a, where);
        return true;
    }
    if (of_a != of_b || of_a < TermKind::array || depth > nesting_max) return false;
    if (nodes_[a].definition != nodes_[b].definition ||
        nodes_[a].arguments.size() != nodes_[b].arguments.size()) {
        return false;
    }
    for (std::size_t i = 0; i < nodes_[a].arguments.size(); ++i) {
        if (!unify(nodes_[a].arguments[i], nodes_[b].arguments[i], where, depth + 1)) return false;
    }
    // Never to be compared again. What was written out stays, rather than what was inferred.
    if (root(a) != a || root(b) != b) return true;
    const bool inferred = std::ranges::any_of(
        nodes_[a].arguments, [&](Term each) { return is_open(nodes_[each].kind); });
    if (inferred) {
        nodes_[a].same = b;
    } else {
        nodes_[b].same = a;
    }
    return true;
}

bool Terms::is_closed(Term term) const {
    const TermKind kind = nodes_[term].kind;
    if (kind >= TermKind::array) return nodes_[term].ground != unknown;
    return kind != TermKind::invalid && !is_open(kind);
}

Term Terms::ground(Term term) {
    term = root(term);
    // Parts first, without recursion; those done are found in grounds_.
    std::map<Term, Term> done;
    const auto known = [&](Term of) {
        if (nodes_[of].kind < TermKind::array) return of;
        if (nodes_[of].ground != unknown) return nodes_[of].ground;
        const auto found = done.find(of);
        return found != done.end() ? found->second : unknown;
    };
    std::vector<std::pair<Term, bool>> waiting{{term, false}};
    while (!waiting.empty()) {
        const auto [next, entered] = waiting.back();
        waiting.pop_back();
        if (known(next) != unknown) continue;
        if (!entered) {
            waiting.emplace_back(next, true);
            for (const Term argument : nodes_[next].arguments) {
                waiting.emplace_back(root(argument), false);
            }
            continue;
        }
        std::vector<Term> arguments;
        for (const Term argument : nodes_[next].arguments) {
            arguments.push_back(known(root(argument)));
        }
        const auto [at, added] = grounds_.try_emplace(
            std::tuple(nodes_[next].kind, nodes_[next].definition, arguments), next);
        if (added && nodes_[next].arguments != arguments) {
            at->second = add(nodes_[next].kind, nodes_[next].definition, arguments);
        }
        Node& made = nodes_[at->second];
        if (added) {
            std::uint32_t nesting = 0;
            for (const Term each : arguments) nesting = std::max(nesting, nodes_[each].nesting);
            made.nesting = nesting + 1;
        }
        if (std::ranges::all_of(arguments, [&](Term each) { return is_closed(each); })) {
            made.ground = at->second;
            nodes_[next].ground = at->second;
        }
        done.emplace(next, at->second);
    }
    return known(term);
}

void Terms::name(Term term, int depth, std::string& text) const {
    constexpr const char* names[] = {"?",   "_",   "integer", "float", "nothing", "bool",
                                     "u8",  "u16", "u32",     "u64",   "s8",      "s16",
                                     "s32", "s64", "f32",     "f64",   "char",    "string"};
    const Node& node = nodes_[root(term)];
    if (text.size() > name_bytes_max || depth > nesting_max) {
        if (!text.ends_with("…")) text += "…";
        return;
    }
    const auto list = [&] {
        for (std::size_t i = 0; i < node.arguments.size(); ++i) {
            if (i > 0) text += ", ";
            name(node.arguments[i], depth + 1, text);
        }
    };
    switch (node.kind) {
        case TermKind::array:
            name(node.arguments[0], depth + 1, text);
            text += "[]";
            return;
        case TermKind::in_port:
        case TermKind::out_port:
            text += node.kind == TermKind::in_port ? "in<" : "out<";
            list();
            text += '>';
            return;
        case TermKind::tuple:
            text += '(';
            list();
            text += ')';
            return;
        case TermKind::named:
            text += definitions_[node.definition];
            if (node.arguments.empty()) return;
            text += '<';
            list();
            text += '>';
            return;
        default:
            text += names[static_cast<std::size_t>(node.kind)];
    }
}

std::string Terms::name(Term term) const {
    std::string text;
    name(term, 0, text);
    return text;
}

bool Terms::contains_invalid(Term term) const {
    return any_inside(term, [&](Term inside) { return nodes_[inside].kind == TermKind::invalid; });
}

void Terms::give_up(Term term, Span where) {
    std::vector<Term> open;
    any_inside(term, [&](Term inside) {
        if (nodes_[inside].kind == TermKind::variable) open.push_back(inside);
        return false;
    });
    for (const Term each : open) {
        if (root(each) == each) bind(each, invalid(), where);
    }
}

bool Terms::is_settled(Term term) const {
    return !any_inside(term, [&](Term inside) { return is_open(nodes_[inside].kind); });
}

std::optional<Span> Terms::settled_at(Term term) const {
    std::optional<Span> where;
    while (nodes_[term].same != term && is_open(nodes_[term].kind)) {
        where = nodes_[term].settled;
        term = nodes_[term].same;
    }
    return is_open(nodes_[term].kind) ? std::nullopt : where;
}

std::optional<Span> Terms::shaped_at(Term term) const {
    std::optional<Span> where;
    while (nodes_[term].same != term && is_open(nodes_[term].kind)) {
        where = nodes_[term].settled;
        term = nodes_[term].same;
    }
    return nodes_[term].kind == TermKind::variable ? std::nullopt : where;
}

void Terms::settle_literals() {
    for (const Open& open : open_) {
        const Term term = root(open.term);
        const TermKind kind = nodes_[term].kind;
        if (kind == TermKind::integer) bind(term, plain(TermKind::s32), open.where);
        if (kind == TermKind::floating) bind(term, plain(TermKind::f64), open.where);
    }
}

std::optional<Terms::Unsettled> Terms::next_unsettled() {
    for (; asked_ < open_.size(); ++asked_) {
        const Open& open = open_[asked_];
        const Term term = root(open.term);
        if (nodes_[term].kind == TermKind::variable) return Unsettled{term, open.where, open.what};
    }
    open_.clear();
    asked_ = 0;
    return std::nullopt;
}

}  // namespace reowolf::check
