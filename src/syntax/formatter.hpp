// SPDX-License-Identifier: MIT
// The layout of each construct, for the format_*.cpp files; others use format.hpp. The text is
// known to parse, so that what a token begins can be told without checking what follows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "syntax/atoms.hpp"
#include "syntax/layout.hpp"

namespace reowolf::syntax {

class Formatter {
  public:
    explicit Formatter(const std::vector<Atom>& atoms) : atoms_(atoms), placed_(atoms.size()) {}
    Doc module();

  private:
    // Of a body: how many statements may stand on one line with its braces.
    enum class OneLine : std::uint8_t { never, one_statement, two_statements };

    // format.cpp
    Doc definition();
    Doc head();
    Doc fields();
    bool has_body() const;
    Doc connector_body();
    Doc peer();

    // format_statement.cpp
    Doc statement();
    Doc nested_statement(OneLine one_line = OneLine::two_statements);
    Doc block(OneLine one_line);
    // Without a group of its own: its line breaks belong to the group around it.
    Doc open_block(OneLine one_line);
    bool holds_remark() const;
    bool fits_one_line(OneLine one_line) const;
    Doc conditional(OneLine one_line);
    Doc fork();
    Doc select();
    Doc simple();  // up to its semicolon
    bool at_compound(std::size_t at) const;
    std::size_t semicolon(std::size_t at) const;
    std::size_t after_statement(std::size_t at) const;
    Doc separator(std::size_t next) const;  // of statements, before the atom `next`

    // format_expression.cpp: atoms [begin, end)
    Doc expression(std::size_t begin, std::size_t end) const;
    Doc split(std::size_t begin, std::size_t end, const std::vector<std::size_t>& operators) const;
    Doc list(std::size_t begin, std::size_t end, const std::vector<std::size_t>& commas) const;
    Doc conditional_expression(std::size_t begin, std::size_t question, std::size_t end) const;
    Doc chain(std::size_t begin, std::size_t end) const;
    void brackets(std::size_t open, Doc& to) const;
    Doc items(std::size_t open, bool fill) const;
    bool is_operand_end(std::size_t at) const;
    bool needs_space(std::size_t left, std::size_t right) const;

    // An atom with its comments.
    void emit(std::size_t at, Doc& to) const;
    void comments_before(std::size_t at, Doc& to) const;
    void comments_after(std::size_t at, Doc& to) const;

    const Atom& here() const { return atoms_[at_]; }
    bool at(TokenKind kind) const { return here().kind == kind; }
    void take(Doc& to) { emit(at_++, to); }

    const std::vector<Atom>& atoms_;
    mutable std::vector<bool> placed_;  // the comments before each atom
    std::size_t at_ = 0;
    bool is_large_ = false;  // the definition stands on several lines, whatever it fits on
};

}  // namespace reowolf::syntax
