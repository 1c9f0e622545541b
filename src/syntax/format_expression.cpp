// SPDX-License-Identifier: MIT
// Expressions, types and everything else that has no braces with statements in it.
#include <algorithm>

#include "syntax/formatter.hpp"

namespace reowolf::syntax {

namespace {

using Kind = Doc::Kind;

// Of what stands between two operands; the lowest is taken apart first. 0: binds them more tightly
// than any operator, or is none.
int level_of(TokenKind kind) {
    switch (kind) {
        case TokenKind::comma:
            return 1;
        case TokenKind::assign:
        case TokenKind::plus_assign:
        case TokenKind::minus_assign:
        case TokenKind::star_assign:
        case TokenKind::slash_assign:
        case TokenKind::percent_assign:
        case TokenKind::and_assign:
        case TokenKind::or_assign:
        case TokenKind::xor_assign:
        case TokenKind::at_assign:
        case TokenKind::shift_left_assign:
        case TokenKind::shift_right_assign:
            return 2;
        case TokenKind::dot_dot:
            return 3;
        case TokenKind::question:
            return 4;
        case TokenKind::or_or:
            return 5;
        case TokenKind::and_and:
            return 6;
        case TokenKind::equal:
        case TokenKind::not_equal:
            return 7;
        case TokenKind::less:
        case TokenKind::less_equal:
        case TokenKind::greater:
        case TokenKind::greater_equal:
            return 8;
        case TokenKind::at_sign:
            return 9;
        case TokenKind::bar:
            return 10;
        case TokenKind::caret:
            return 11;
        case TokenKind::ampersand:
            return 12;
        case TokenKind::shift_left:
        case TokenKind::shift_right:
            return 13;
        case TokenKind::plus:
        case TokenKind::minus:
            return 14;
        case TokenKind::star:
        case TokenKind::slash:
        case TokenKind::percent:
            return 15;
        default:
            return 0;
    }
}

constexpr int assigning_level = 2;
constexpr int range_level = 3;
constexpr int conditional_level = 4;

bool opens(const Atom& atom) {
    return atom.kind == TokenKind::open_paren || atom.kind == TokenKind::open_bracket ||
           atom.kind == TokenKind::open_brace || atom.opens_types;
}

}  // namespace

// Whether an operand ends here, so that what follows can be an operator between two.
bool Formatter::is_operand_end(std::size_t at) const {
    const Atom& atom = atoms_[at];
    switch (atom.kind) {
        case TokenKind::name:
        case TokenKind::integer:
        case TokenKind::floating:
        case TokenKind::character:
        case TokenKind::string:
        case TokenKind::word_true:
        case TokenKind::word_false:
        case TokenKind::close_paren:
        case TokenKind::close_bracket:
        case TokenKind::close_brace:
            return true;
        default:
            return atom.closes_types;
    }
}

Doc Formatter::expression(std::size_t begin, std::size_t end) const {
    std::vector<std::size_t> lowest;
    int level = 100;
    // In 'let P = e && f' the '=' belongs to the first part only.
    bool has_let = false;
    for (std::size_t i = begin; i < end; ++i) {
        if (opens(atoms_[i])) {
            i = atoms_[i].match;
            continue;
        }
        if (atoms_[i].kind == TokenKind::word_let) has_let = true;
        int found = level_of(atoms_[i].kind);
        if (found == 0 || atoms_[i].closes_types || i == begin) continue;
        if (found != range_level && found != 1 && !is_operand_end(i - 1)) continue;
        if (found == assigning_level && has_let) continue;
        if (found < level) {
            level = found;
            lowest.clear();
        }
        if (found == level) lowest.push_back(i);
    }
    if (lowest.empty()) return chain(begin, end);
    if (level == 1) return list(begin, end, lowest);
    if (level == conditional_level) return conditional_expression(begin, lowest.front(), end);
    if (level == assigning_level || level == range_level) {
        Doc doc;
        doc.add(expression(begin, lowest.front()));
        if (level == assigning_level) doc.add(Doc::of(Kind::space));
        emit(lowest.front(), doc);
        if (level == assigning_level) doc.add(Doc::of(Kind::space));
        doc.add(expression(lowest.front() + 1, end));
        return doc;
    }
    return split(begin, end, lowest);
}

// Operands of one level, with line breaks before the operators.
Doc Formatter::split(std::size_t begin, std::size_t end,
                     const std::vector<std::size_t>& operators) const {
    Doc doc;
    comments_before(begin, doc);
    Doc rest = Doc::of(Kind::indent);
    for (std::size_t i = 0; i < operators.size(); ++i) {
        rest.add(Doc::of(Kind::line));
        emit(operators[i], rest);
        rest.add(Doc::of(Kind::space));
        const std::size_t next = i + 1 < operators.size() ? operators[i + 1] : end;
        rest.add(expression(operators[i] + 1, next));
    }
    Doc group = Doc::of(Kind::group);
    group.add(expression(begin, operators.front()));
    group.add(std::move(rest));
    doc.add(std::move(group));
    return doc;
}

// u32 a = 1, b = 2
Doc Formatter::list(std::size_t begin, std::size_t end,
                    const std::vector<std::size_t>& commas) const {
    Doc doc;
    comments_before(begin, doc);
    Doc rest = Doc::of(Kind::indent);
    for (std::size_t i = 0; i < commas.size(); ++i) {
        emit(commas[i], rest);
        const std::size_t next = i + 1 < commas.size() ? commas[i + 1] : end;
        if (commas[i] + 1 == next) break;
        rest.add(Doc::of(Kind::line));
        rest.add(expression(commas[i] + 1, next));
    }
    Doc group = Doc::of(Kind::group);
    group.add(expression(begin, commas.front()));
    group.add(std::move(rest));
    doc.add(std::move(group));
    return doc;
}

Doc Formatter::conditional_expression(std::size_t begin, std::size_t question,
                                      std::size_t end) const {
    std::size_t colon = question + 1;
    for (std::size_t open = 0; colon < end; ++colon) {
        if (opens(atoms_[colon])) colon = atoms_[colon].match;
        if (atoms_[colon].kind == TokenKind::question) ++open;
        if (atoms_[colon].kind == TokenKind::colon && open-- == 0) break;
    }
    Doc doc;
    comments_before(begin, doc);
    Doc rest = Doc::of(Kind::indent);
    rest.add(Doc::of(Kind::line));
    emit(question, rest);
    rest.add(Doc::of(Kind::space));
    rest.add(expression(question + 1, colon));
    rest.add(Doc::of(Kind::line));
    emit(colon, rest);
    rest.add(Doc::of(Kind::space));
    rest.add(expression(colon + 1, end));
    Doc group = Doc::of(Kind::group);
    group.add(expression(begin, question));
    group.add(std::move(rest));
    doc.add(std::move(group));
    return doc;
}

// What has no operator between its parts: names, literals, calls, types; words before them.
Doc Formatter::chain(std::size_t begin, std::size_t end) const {
    Doc doc;
    for (std::size_t i = begin; i < end; ++i) {
        if (i > begin && needs_space(i - 1, i)) doc.add(Doc::of(Kind::space));
        const bool separates = atoms_[i].kind == TokenKind::assign ||
                               atoms_[i].kind == TokenKind::arrow ||
                               atoms_[i].kind == TokenKind::back_arrow;
        if (separates || (atoms_[i].kind == TokenKind::word_in && i > begin && i + 1 < end &&
                          !atoms_[i + 1].opens_types)) {
            // What follows has operators of its own: let P = a + b, for (auto i in a..b)
            emit(i, doc);
            doc.add(Doc::of(Kind::space));
            if (i + 1 < end) doc.add(expression(i + 1, end));
            return doc;
        }
        if (opens(atoms_[i])) {
            brackets(i, doc);
            i = atoms_[i].match;
        } else {
            emit(i, doc);
        }
    }
    return doc;
}

bool Formatter::needs_space(std::size_t left, std::size_t right) const {
    const Atom& before = atoms_[left];
    const Atom& after = atoms_[right];
    switch (after.kind) {
        case TokenKind::comma:
        case TokenKind::semicolon:
        case TokenKind::dot:
            // "a.0.1" would be something else.
            return before.kind == TokenKind::integer;
        case TokenKind::dot_dot:
        case TokenKind::colon_colon:
        case TokenKind::colon:
        case TokenKind::plus_plus:
        case TokenKind::minus_minus:
        case TokenKind::close_paren:
        case TokenKind::close_bracket:
        case TokenKind::close_brace:
            return false;
        case TokenKind::open_bracket:
            return false;
        default:
            break;
    }
    if (after.opens_types || after.closes_types) return false;
    switch (before.kind) {
        case TokenKind::dot:
        case TokenKind::dot_dot:
        case TokenKind::colon_colon:
        case TokenKind::exclamation:
        case TokenKind::tilde:
        case TokenKind::open_paren:
        case TokenKind::open_bracket:
        case TokenKind::open_brace:
            return false;
        case TokenKind::plus:
        case TokenKind::minus:
            // Of one operand; "- -x" would be something else without the space.
            return after.kind == before.kind;
        default:
            break;
    }
    if (before.opens_types) return false;
    if (after.kind == TokenKind::open_paren) {
        const bool calls = before.kind == TokenKind::name || before.closes_types ||
                           before.kind == TokenKind::word_cast ||
                           before.kind == TokenKind::word_assert;
        return !calls;
    }
    if (after.kind == TokenKind::open_brace) {
        // A struct literal; but 'import a.b::{X}'.
        return before.kind != TokenKind::name && !before.closes_types;
    }
    return true;
}

void Formatter::brackets(std::size_t open, Doc& to) const {
    const std::size_t close = atoms_[open].match;
    const bool structure =
        atoms_[open].kind == TokenKind::open_brace && open > 0 &&
        (atoms_[open - 1].kind == TokenKind::name || atoms_[open - 1].closes_types);
    comments_before(open, to);
    Doc group = Doc::of(Kind::group);
    group.add(Doc::of_text(atoms_[open].text));
    comments_after(open, group);
    const bool is_index = atoms_[open].kind == TokenKind::open_bracket;
    if (close == open + 1) {
        comments_before(close, group);
    } else if (is_index || atoms_[open].opens_types) {
        // Colons of the older slices stand without spaces, and a bound may be left out.
        std::size_t colon = close;
        std::size_t questions = 0;
        for (std::size_t i = open + 1; i < close && is_index; ++i) {
            if (opens(atoms_[i])) i = atoms_[i].match;
            if (atoms_[i].kind == TokenKind::question) ++questions;
            if (atoms_[i].kind == TokenKind::colon && questions-- == 0) {
                colon = i;
                break;
            }
        }
        if (colon > open + 1) group.add(expression(open + 1, colon));
        if (colon < close) {
            emit(colon, group);
            if (colon + 1 < close) group.add(expression(colon + 1, close));
        }
        comments_before(close, group);
    } else {
        // A single argument that is a bracket itself shares its lines.
        const bool literal_inside = atoms_[open + 1].kind == TokenKind::open_brace &&
                                    atoms_[open + 1].match + 1 == close &&
                                    atoms_[open].kind == TokenKind::open_paren;
        if (literal_inside) {
            brackets(open + 1, group);
            comments_before(close, group);
        } else {
            const bool fill = atoms_[open].kind == TokenKind::open_brace && !structure;
            Doc inside = Doc::of(Kind::indent);
            inside.add(Doc::of(structure ? Kind::line : Kind::soft_line));
            inside.add(items(open, fill));
            comments_before(close, inside);
            group.add(std::move(inside));
            group.add(Doc::of(structure ? Kind::line : Kind::soft_line));
        }
    }
    group.add(Doc::of_text(atoms_[close].text));
    to.add(std::move(group));
    comments_after(close, to);
}

// What stands between brackets, with its commas. Of many short ones there are several on a line.
Doc Formatter::items(std::size_t open, bool fill) const {
    const std::size_t close = atoms_[open].match;
    bool short_ones = fill;
    Doc all = Doc::of(Kind::group);
    for (std::size_t begin = open + 1; begin < close;) {
        std::size_t end = begin;
        while (end < close && atoms_[end].kind != TokenKind::comma) {
            if (opens(atoms_[end])) {
                end = atoms_[end].match;
                short_ones = false;
            }
            ++end;
        }
        const bool field = end - begin > 2 && atoms_[open].kind == TokenKind::open_brace &&
                           atoms_[begin].kind == TokenKind::name &&
                           atoms_[begin + 1].kind == TokenKind::colon;
        if (field) {
            emit(begin, all);
            emit(begin + 1, all);
            all.add(Doc::of(Kind::space));
        }
        all.add(expression(field ? begin + 2 : begin, end));
        if (end < close) {
            emit(end, all);
            if (end + 1 < close) all.add(Doc::of(Kind::line));
        }
        begin = end + 1;
    }
    if (short_ones) {
        for (Doc& part : all.parts) {
            if (part.kind == Kind::line) part.kind = Kind::fill_line;
        }
    }
    return all;
}

// Each time they are asked for after the first they are there already, outside of a group.
void Formatter::comments_before(std::size_t at, Doc& to) const {
    if (placed_[at]) return;
    placed_[at] = true;
    for (const Comment& comment : atoms_[at].before) {
        Doc doc = Doc::of(comment.is_line ? Kind::line_comment : Kind::block_comment);
        doc.comment = comment;
        doc.breaks = comment.is_line || (comment.own_line && comment.ends_line) ||
                     comment.text.contains('\n');
        to.add(std::move(doc));
    }
    const bool apart =
        atoms_[at].blank_before && !atoms_[at].before.empty() && atoms_[at].before.back().own_line;
    if (apart) to.add(Doc::of(Kind::empty_line));
}

void Formatter::comments_after(std::size_t at, Doc& to) const {
    for (const Comment& comment : atoms_[at].after) {
        Doc doc = Doc::of(comment.is_line ? Kind::line_comment : Kind::block_comment);
        doc.comment = comment;
        doc.breaks = comment.is_line || comment.text.contains('\n');
        to.add(std::move(doc));
    }
}

void Formatter::emit(std::size_t at, Doc& to) const {
    comments_before(at, to);
    to.add(Doc::of_text(atoms_[at].text));
    comments_after(at, to);
}

}  // namespace reowolf::syntax
