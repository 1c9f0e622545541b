// SPDX-License-Identifier: MIT
#include "syntax/formatter.hpp"

namespace reowolf::syntax {

using Kind = Doc::Kind;

// The end of the simple statement that begins at `at`.
std::size_t Formatter::semicolon(std::size_t at) const {
    while (atoms_[at].kind != TokenKind::semicolon) {
        const bool opens = atoms_[at].match > at;
        at = opens ? atoms_[at].match + 1 : at + 1;
    }
    return at;
}

bool Formatter::at_compound(std::size_t at) const {
    switch (atoms_[at].kind) {
        case TokenKind::open_brace:
        case TokenKind::word_if:
        case TokenKind::word_while:
        case TokenKind::word_for:
        case TokenKind::word_sync:
        case TokenKind::word_synchronous:
        case TokenKind::word_fork:
        case TokenKind::word_select:
            return true;
        default:
            return atoms_[at].kind == TokenKind::name && atoms_[at + 1].kind == TokenKind::colon;
    }
}

// What comes after the statement that begins at `at`.
std::size_t Formatter::after_statement(std::size_t at) const {
    switch (atoms_[at].kind) {
        case TokenKind::open_brace:
            return atoms_[at].match + 1;
        case TokenKind::word_if: {
            at = after_statement(atoms_[at + 1].match + 1);
            return atoms_[at].kind == TokenKind::word_else ? after_statement(at + 1) : at;
        }
        case TokenKind::word_while:
        case TokenKind::word_for:
            return after_statement(atoms_[at + 1].match + 1);
        case TokenKind::word_sync:
        case TokenKind::word_synchronous:
            return after_statement(at + 1);
        case TokenKind::word_fork:
            at = after_statement(at + 1);
            while (atoms_[at].kind == TokenKind::word_or) {
                at += atoms_[at + 1].kind == TokenKind::word_fork ? 2u : 1u;
                at = after_statement(at);
            }
            return at;
        case TokenKind::word_select:
            return atoms_[at + 1].match + 1;
        default:
            return at_compound(at) ? after_statement(at + 2) : semicolon(at) + 1;
    }
}

// Of statements and definitions, before the atom `next`.
Doc Formatter::separator(std::size_t next) const {
    const Atom& atom = atoms_[next];
    const bool apart = atom.before.empty() ? atom.blank_before : atom.before.front().blank_before;
    return Doc::of(apart ? Kind::empty_line : Kind::hard_line);
}

Doc Formatter::statement() {
    Doc doc;
    switch (here().kind) {
        case TokenKind::open_brace:
            return block(OneLine::two_statements);
        case TokenKind::word_if:
            return conditional(OneLine::two_statements);
        case TokenKind::word_while:
        case TokenKind::word_for:
            take(doc);
            doc.add(Doc::of(Kind::space));
            brackets(at_, doc);
            at_ = here().match + 1;
            doc.add(nested_statement());
            return doc;
        case TokenKind::word_sync:
        case TokenKind::word_synchronous:
            take(doc);
            doc.add(nested_statement());
            return doc;
        case TokenKind::word_fork:
            return fork();
        case TokenKind::word_select:
            return select();
        default:
            break;
    }
    if (!at_compound(at_)) return simple();
    take(doc);  // a label
    take(doc);
    doc.add(Doc::of(Kind::space));
    doc.add(statement());
    return doc;
}

Doc Formatter::simple() {
    Doc doc;
    const std::size_t end = semicolon(at_);
    doc.add(expression(at_, end));
    at_ = end;
    take(doc);
    return doc;
}

// The body of a statement, after its head.
Doc Formatter::nested_statement(OneLine one_line) {
    Doc doc;
    if (at_compound(at_)) {
        doc.add(Doc::of(Kind::space));
        doc.add(at(TokenKind::open_brace) ? block(one_line) : statement());
        return doc;
    }
    const std::size_t end = semicolon(at_);
    Doc inside = Doc::of(Kind::indent);
    inside.add(Doc::of(Kind::line));
    inside.add(expression(at_, end));
    comments_before(end, inside);
    inside.add(Doc::of_text(atoms_[end].text));
    at_ = end + 1;
    Doc group = Doc::of(Kind::group);
    group.add(std::move(inside));
    doc.add(std::move(group));
    comments_after(end, doc);
    return doc;
}

Doc Formatter::block(OneLine one_line) {
    Doc group = Doc::of(Kind::group);
    const std::size_t close = here().match;
    group.add(open_block(one_line));
    Doc doc;
    doc.add(std::move(group));
    comments_after(close, doc);
    return doc;
}

Doc Formatter::open_block(OneLine one_line) {
    const std::size_t close = here().match;
    Doc doc;
    const bool is_empty = close == at_ + 1 && here().after.empty() && atoms_[close].before.empty();
    const bool has_remark = holds_remark();
    const bool breaks = !is_empty && !has_remark && !fits_one_line(one_line);
    take(doc);
    Doc inside = Doc::of(Kind::indent);
    if (has_remark) inside.add(Doc::of(Kind::line));
    for (bool first = true; at_ < close; first = false) {
        if (!breaks)
            inside.add(Doc::of(Kind::line));
        else
            inside.add(first ? Doc::of(Kind::hard_line) : separator(at_));
        inside.add(statement());
    }
    comments_before(close, inside);
    doc.add(std::move(inside));
    if (!is_empty) doc.add(Doc::of(breaks ? Kind::hard_line : Kind::line));
    doc.add(Doc::of_text(atoms_[close].text));
    at_ = close + 1;
    return doc;
}

// Whether the block that begins here is like "{ /* nothing */ }".
bool Formatter::holds_remark() const {
    const std::size_t close = here().match;
    const std::vector<Comment>& remarks = atoms_[close].before;
    if (close != at_ + 1 || !here().after.empty() || remarks.size() != 1) return false;
    const bool is_apart = remarks[0].own_line && remarks[0].ends_line;
    return !is_apart && !remarks[0].is_line && !remarks[0].text.contains('\n');
}

// Whether the block that begins here is simple enough to stand on one line: two statements that
// declare or assign are easier to read below each other.
bool Formatter::fits_one_line(OneLine one_line) const {
    if (one_line == OneLine::never) return false;
    const int most = one_line == OneLine::one_statement ? 1 : 2;
    const std::size_t close = here().match;
    if (!here().after.empty() || !atoms_[close].before.empty()) return false;
    int count = 0;
    bool assigns = false;
    for (std::size_t at = at_ + 1; at < close;) {
        if (++count > most || at_compound(at)) return false;
        for (const std::size_t end = semicolon(at) + 1; at < end; ++at) {
            if (atoms_[at].has_comments()) return false;
            assigns |= atoms_[at].kind == TokenKind::assign;
        }
    }
    return count < 2 || !assigns;
}

// Of several branches each stands on lines of its own.
Doc Formatter::conditional(OneLine one_line) {
    Doc doc;
    take(doc);
    doc.add(Doc::of(Kind::space));
    brackets(at_, doc);
    at_ = here().match + 1;
    const bool has_else = atoms_[after_statement(at_)].kind == TokenKind::word_else;
    const bool is_block = at(TokenKind::open_brace);
    doc.add(nested_statement(has_else ? OneLine::never : one_line));
    if (!has_else) return doc;
    doc.add(Doc::of(is_block ? Kind::space : Kind::hard_line));
    take(doc);
    if (at(TokenKind::word_if)) {
        doc.add(Doc::of(Kind::space));
        doc.add(conditional(OneLine::never));
    } else {
        doc.add(nested_statement(OneLine::never));
    }
    return doc;
}

// Alternatives that are blocks stand on one line together, or each on lines of its own.
Doc Formatter::fork() {
    bool all_blocks = true;
    bool one_line = true;
    const std::size_t begin = at_;
    for (++at_;;) {
        all_blocks &= at(TokenKind::open_brace);
        one_line &= all_blocks && fits_one_line(OneLine::two_statements);
        at_ = after_statement(at_);
        if (!at(TokenKind::word_or)) break;
        one_line &= here().before.empty();
        at_ += atoms_[at_ + 1].kind == TokenKind::word_fork ? 2u : 1u;
    }
    at_ = begin;
    Doc doc = Doc::of(all_blocks ? Kind::group : Kind::concat);
    take(doc);
    for (;;) {
        const bool is_block = at(TokenKind::open_brace);
        if (all_blocks) {
            doc.add(Doc::of(Kind::space));
            const std::size_t close = here().match;
            doc.add(open_block(one_line ? OneLine::two_statements : OneLine::never));
            comments_after(close, doc);
        } else {
            doc.add(nested_statement());
        }
        if (!at(TokenKind::word_or)) return doc;
        doc.add(Doc::of(is_block ? Kind::space : Kind::hard_line));
        take(doc);
        if (!at(TokenKind::word_fork)) continue;
        doc.add(Doc::of(Kind::space));
        take(doc);
    }
}

Doc Formatter::select() {
    Doc doc;
    take(doc);
    doc.add(Doc::of(Kind::space));
    const std::size_t close = here().match;
    take(doc);
    Doc inside = Doc::of(Kind::indent);
    for (bool first = true; at_ < close; first = false) {
        inside.add(first ? Doc::of(Kind::hard_line) : separator(at_));
        std::size_t arrow = at_;
        while (atoms_[arrow].kind != TokenKind::arrow) {
            arrow = atoms_[arrow].match > arrow ? atoms_[arrow].match + 1 : arrow + 1;
        }
        inside.add(expression(at_, arrow));
        inside.add(Doc::of(Kind::space));
        at_ = arrow;
        take(inside);
        inside.add(nested_statement());
    }
    comments_before(close, inside);
    doc.add(std::move(inside));
    doc.add(Doc::of(Kind::hard_line));
    doc.add(Doc::of_text(atoms_[close].text));
    comments_after(close, doc);
    at_ = close + 1;
    return doc;
}

}  // namespace reowolf::syntax
