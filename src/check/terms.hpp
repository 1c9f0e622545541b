// SPDX-License-Identifier: MIT
// Types during inference: terms that may have holes, made equal by unification.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/span.hpp"

namespace reowolf::check {

enum class TermKind : std::uint8_t {
    invalid,   // of what has been reported; equal to everything
    variable,  // any type
    integer,   // of a literal: any integer type
    floating,  // of a literal: f32 or f64
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
    f32,
    f64,
    character,
    string,
    // What follows has arguments.
    array,
    in_port,
    out_port,
    tuple,
    named,  // a struct, enum or union, with its type arguments
};

constexpr bool is_integer(TermKind kind) {
    return kind >= TermKind::u8 && kind <= TermKind::s64;
}
constexpr bool is_open(TermKind kind) {
    return kind == TermKind::variable || kind == TermKind::integer || kind == TermKind::floating;
}
constexpr bool is_float(TermKind kind) {
    return kind == TermKind::f32 || kind == TermKind::f64 || kind == TermKind::floating;
}
constexpr bool is_port(TermKind kind) {
    return kind == TermKind::in_port || kind == TermKind::out_port;
}

using Term = std::uint32_t;
using DefinitionId = std::uint32_t;  // of a struct, enum or union

class Terms {
  public:
    Terms();

    // Of a kind without arguments: always the same term.
    Term plain(TermKind kind) const { return static_cast<Term>(kind); }
    Term invalid() const { return plain(TermKind::invalid); }
    Term array(Term element) { return add(TermKind::array, 0, {element}); }
    Term port(TermKind kind, Term message) { return add(kind, 0, {message}); }
    Term tuple(std::vector<Term> fields) { return add(TermKind::tuple, 0, std::move(fields)); }
    Term named(DefinitionId definition, std::vector<Term> arguments) {
        return add(TermKind::named, definition, std::move(arguments));
    }
    // A new named type, known by that name.
    DefinitionId define(std::string name);
    // `what` is said if nothing settles it: "the type of 'x'".
    Term variable(Span where, std::string what);
    Term literal(Span where, TermKind kind = TermKind::integer);

    // Makes the two equal, because of what stands at `where`. False if they cannot be.
    [[nodiscard]] bool unify(Term a, Term b, Span where);

    TermKind kind(Term term) const { return nodes_[root(term)].kind; }
    Term argument(Term term) const { return nodes_[root(term)].arguments[0]; }
    std::vector<Term> arguments(Term term) const { return nodes_[root(term)].arguments; }
    DefinitionId definition(Term term) const { return nodes_[root(term)].definition; }
    // The one term that stands for all that are equal to this one, as far as it is settled.
    Term ground(Term term);
    // Of a ground term: how deep arguments nest in it.
    std::uint32_t nesting(Term ground) const { return nodes_[ground].nesting; }
    // As in source text; '_' for what is open, "integer" for a literal's.
    std::string name(Term term) const;
    bool contains_invalid(Term term) const;
    bool is_settled(Term term) const;
    // What settled the variable `term`, if it was one and is settled now.
    std::optional<Span> settled_at(Term term) const;

    // What gave the variable or literal `term` its present form, if anything did.
    std::optional<Span> shaped_at(Term term) const;
    // The two inside of what unify() was last asked about that cannot be equal.
    std::pair<Term, Term> conflict() const { return conflict_; }
    // Whether the open variable `term` is inside of the other.
    bool is_inside(Term term, Term other) const { return occurs(root(term), other); }

    // What is open inside is of something that was reported, and need not be settled.
    void give_up(Term term, Span where);

    // Literals that nothing settled become s32.
    void settle_literals();
    struct Unsettled {
        Term term;
        Span where;
        std::string what;
    };
    // The next open variable, until there are none. It must be made equal to something.
    std::optional<Unsettled> next_unsettled();

  private:
    static constexpr Term unknown = ~Term{0};

    struct Node {
        TermKind kind;
        DefinitionId definition = 0;
        std::vector<Term> arguments;
        Term same = 0;  // what it was made equal to, else itself
        Span settled{};
        Term ground = unknown;  // once it is closed, and looked for
        std::uint32_t nesting = 0;
    };
    struct Open {
        Term term;
        Span where;
        std::string what;
    };

    Term root(Term term) const;
    // Whether it is known that nothing in it is open or invalid: then it stays as it is.
    bool is_closed(Term root) const;
    Term add(TermKind kind, DefinitionId definition, std::vector<Term> arguments);
    bool unify(Term a, Term b, Span where, int depth);
    void name(Term term, int depth, std::string& text) const;
    // False if `stop` holds nowhere inside.
    template <typename Stop>
    bool any_inside(Term term, Stop stop) const;
    void bind(Term variable, Term to, Span where);
    bool occurs(Term variable, Term in) const;

    mutable std::vector<Node> nodes_;  // root() shortens the ways it goes
    std::vector<Open> open_;
    std::size_t asked_ = 0;  // so many of them next_unsettled() has seen
    std::pair<Term, Term> conflict_{};
    std::vector<std::string> definitions_;
    // Of those without anything open inside.
    std::map<std::tuple<TermKind, DefinitionId, std::vector<Term>>, Term> grounds_;
};

}  // namespace reowolf::check
