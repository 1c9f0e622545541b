// SPDX-License-Identifier: MIT
// Types during inference: terms that may have holes, made equal by unification.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/span.hpp"

namespace reowolf::check {

enum class TermKind : std::uint8_t {
    invalid,   // of what has been reported; equal to everything
    variable,  // any type
    integer,   // of a literal: any integer type
    nothing,   // of what has no value, as put(…)
    boolean,
    u8,
    u16,
    u32,
    u64,
    s8,
    s16,
    s32,
    s64,
    character,
    string,
    array,
    in_port,
    out_port,
};

constexpr bool is_integer(TermKind kind) {
    return kind >= TermKind::u8 && kind <= TermKind::s64;
}
constexpr bool is_open(TermKind kind) {
    return kind == TermKind::variable || kind == TermKind::integer;
}
constexpr bool is_port(TermKind kind) {
    return kind == TermKind::in_port || kind == TermKind::out_port;
}

using Term = std::uint32_t;

class Terms {
  public:
    Terms();

    // Of a kind without arguments: always the same term.
    Term plain(TermKind kind) const { return static_cast<Term>(kind); }
    Term invalid() const { return plain(TermKind::invalid); }
    Term array(Term element) { return compound(TermKind::array, element); }
    Term port(TermKind kind, Term message) { return compound(kind, message); }
    // `what` is said if nothing settles it: "the type of 'x'".
    Term variable(Span where, std::string what);
    Term literal(Span where);

    // Makes the two equal, because of what stands at `where`. False if they cannot be.
    [[nodiscard]] bool unify(Term a, Term b, Span where);

    TermKind kind(Term term) const { return nodes_[root(term)].kind; }
    Term argument(Term term) const { return nodes_[root(term)].argument; }
    // As in source text; '_' for what is open, "integer" for a literal's.
    std::string name(Term term) const;
    bool contains_port(Term term) const;
    bool contains_invalid(Term term) const;
    bool is_settled(Term term) const;
    // What settled the variable `term`, if it was one and is settled now.
    std::optional<Span> settled_at(Term term) const;

    // Literals that nothing settled become s32.
    void settle_literals();
    struct Unsettled {
        Term term;
        Span where;
        std::string what;
    };
    // Each open variable once, which is invalid from then on.
    std::vector<Unsettled> take_unsettled();

  private:
    struct Node {
        TermKind kind;
        Term argument = 0;
        Term same = 0;  // of a variable that was bound: what to; else itself
        Span settled{};
    };
    struct Open {
        Term term;
        Span where;
        std::string what;
    };

    Term root(Term term) const;
    Term add(TermKind kind, Term argument);
    Term compound(TermKind kind, Term argument) { return add(kind, argument); }
    void bind(Term variable, Term to, Span where);
    bool occurs(Term variable, Term in) const;

    mutable std::vector<Node> nodes_;  // root() shortens the ways it goes
    std::vector<Open> open_;
};

}  // namespace reowolf::check
