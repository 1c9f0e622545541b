// SPDX-License-Identifier: MIT
#include "check/terms.hpp"

namespace reowolf::check {

Terms::Terms() {
    for (int kind = 0; kind <= static_cast<int>(TermKind::string); ++kind) {
        add(static_cast<TermKind>(kind), 0);
    }
}

Term Terms::add(TermKind kind, Term argument) {
    const Term term = static_cast<Term>(nodes_.size());
    nodes_.push_back({kind, argument, term, {}});
    return term;
}

Term Terms::variable(Span where, std::string what) {
    const Term term = add(TermKind::variable, 0);
    open_.push_back({term, where, std::move(what)});
    return term;
}

Term Terms::literal(Span where) {
    const Term term = add(TermKind::integer, 0);
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

// A type that nests without measure counts as one that would contain itself.
constexpr int nesting_max = 1'000;

bool Terms::occurs(Term variable, Term in) const {
    for (int depth = 0;; ++depth) {
        in = root(in);
        if (depth > nesting_max) return true;
        if (in == variable) return true;
        if (nodes_[in].kind < TermKind::array) return false;
        in = nodes_[in].argument;
    }
}

void Terms::bind(Term variable, Term to, Span where) {
    nodes_[variable].same = to;
    nodes_[variable].settled = where;
}

bool Terms::unify(Term a, Term b, Span where) {
    for (;;) {
        a = root(a);
        b = root(b);
        if (a == b) return true;
        const TermKind of_a = nodes_[a].kind;
        const TermKind of_b = nodes_[b].kind;
        if (of_a == TermKind::invalid || of_b == TermKind::invalid) {
            // What was reported once settles everything that hangs on it.
            if (is_open(of_a)) bind(a, b, where);
            if (is_open(of_b)) bind(b, a, where);
            return true;
        }
        if (of_a == TermKind::nothing || of_b == TermKind::nothing) return false;
        // Plain terms have one node each, but variables that were bound have many roots' worth.
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
        if (of_a == TermKind::integer && (of_b == TermKind::integer || is_integer(of_b))) {
            bind(a, b, where);
            return true;
        }
        if (of_b == TermKind::integer && is_integer(of_a)) {
            bind(b, a, where);
            return true;
        }
        if (of_a != of_b || of_a < TermKind::array) return false;
        a = nodes_[a].argument;
        b = nodes_[b].argument;
    }
}

std::string Terms::name(Term term) const {
    constexpr const char* names[] = {"?",   "_",   "integer", "nothing", "bool",
                                     "u8",  "u16", "u32",     "u64",     "s8",
                                     "s16", "s32", "s64",     "char",    "string"};
    term = root(term);
    const Node& node = nodes_[term];
    switch (node.kind) {
        case TermKind::array:
            return name(node.argument) + "[]";
        case TermKind::in_port:
            return "in<" + name(node.argument) + ">";
        case TermKind::out_port:
            return "out<" + name(node.argument) + ">";
        default:
            return names[static_cast<std::size_t>(node.kind)];
    }
}

bool Terms::contains_port(Term term) const {
    for (;; term = argument(term)) {
        if (is_port(kind(term))) return true;
        if (kind(term) != TermKind::array) return false;
    }
}

bool Terms::contains_invalid(Term term) const {
    while (kind(term) >= TermKind::array) term = argument(term);
    return kind(term) == TermKind::invalid;
}

bool Terms::is_settled(Term term) const {
    while (kind(term) >= TermKind::array) term = argument(term);
    return !is_open(kind(term));
}

std::optional<Span> Terms::settled_at(Term term) const {
    std::optional<Span> where;
    while (nodes_[term].same != term) {
        where = nodes_[term].settled;
        term = nodes_[term].same;
    }
    return is_open(nodes_[term].kind) ? std::nullopt : where;
}

void Terms::settle_literals() {
    for (const Open& open : open_) {
        const Term term = root(open.term);
        if (nodes_[term].kind == TermKind::integer) bind(term, plain(TermKind::s32), open.where);
    }
}

std::vector<Terms::Unsettled> Terms::take_unsettled() {
    std::vector<Unsettled> unsettled;
    for (const Open& open : open_) {
        const Term term = root(open.term);
        if (nodes_[term].kind != TermKind::variable) continue;
        unsettled.push_back({term, open.where, open.what});
        bind(term, invalid(), open.where);
    }
    open_.clear();
    return unsettled;
}

}  // namespace reowolf::check
