// SPDX-License-Identifier: MIT
// Definitions, and the whole.
#include "syntax/format.hpp"

#include <cassert>

#include "syntax/formatter.hpp"
#include "syntax/lexer.hpp"
#include "syntax/parser.hpp"

namespace reowolf::syntax {

using Kind = Doc::Kind;

Doc Formatter::module() {
    Doc doc;
    bool after_large = false;
    while (!at(TokenKind::end_of_text)) {
        if (at(TokenKind::semicolon)) {  // after a definition, as in C
            take(doc);
            continue;
        }
        const std::size_t begin = at_;
        is_large_ = false;
        Doc next = definition();
        if (begin > 0) {
            const bool apart = after_large || is_large_;
            doc.add(apart ? Doc::of(Kind::empty_line) : separator(begin));
        }
        doc.add(std::move(next));
        after_large = is_large_;
    }
    if (!here().before.empty()) doc.add(separator(at_));
    comments_before(at_, doc);
    return doc;
}

Doc Formatter::definition() {
    Doc doc;
    switch (here().kind) {
        case TokenKind::pragma:
            take(doc);
            return doc;
        case TokenKind::word_func:
        case TokenKind::word_primitive:
        case TokenKind::word_composite:
        case TokenKind::word_comp:
            if (!has_body()) return simple();
            doc.add(head());
            is_large_ = here().match > at_ + 1 && !fits_one_line(OneLine::one_statement);
            doc.add(block(OneLine::one_statement));
            return doc;
        case TokenKind::word_connector:
            doc.add(head());
            doc.add(connector_body());
            is_large_ = true;
            return doc;
        case TokenKind::word_struct:
        case TokenKind::word_enum:
        case TokenKind::word_union:
            doc.add(head());
            doc.add(fields());
            return doc;
        default:
            return simple();
    }
}

// A native component of the standard library has a ';' instead.
bool Formatter::has_body() const {
    std::size_t end = at_;
    while (atoms_[end].kind != TokenKind::open_brace && atoms_[end].kind != TokenKind::semicolon) {
        end = atoms_[end].match > end ? atoms_[end].match + 1 : end + 1;
    }
    return atoms_[end].kind == TokenKind::open_brace;
}

// What stands before the braces, with the space between.
Doc Formatter::head() {
    std::size_t end = at_;
    while (atoms_[end].kind != TokenKind::open_brace) {
        end = atoms_[end].match > end ? atoms_[end].match + 1 : end + 1;
    }
    Doc doc;
    doc.add(expression(at_, end));
    doc.add(Doc::of(Kind::space));
    at_ = end;
    return doc;
}

// Of a struct, enum or union: on one line, or on one each. Who writes a comma after the last one,
// or leaves a line empty, wants the latter.
Doc Formatter::fields() {
    const std::size_t open = at_;
    const std::size_t close = here().match;
    is_large_ = atoms_[close - 1].kind == TokenKind::comma;
    for (std::size_t i = open + 2; i < close; ++i) {
        is_large_ |= atoms_[i].blank_before && atoms_[i - 1].kind == TokenKind::comma;
    }
    Doc group = Doc::of(Kind::group);
    comments_before(open, group);
    group.add(Doc::of_text(atoms_[open].text));
    comments_after(open, group);
    Doc inside = Doc::of(Kind::indent);
    for (std::size_t begin = open + 1; begin < close;) {
        std::size_t end = begin;
        while (end < close && atoms_[end].kind != TokenKind::comma) {
            end = atoms_[end].match > end ? atoms_[end].match + 1 : end + 1;
        }
        if (is_large_)
            inside.add(begin == open + 1 ? Doc::of(Kind::hard_line) : separator(begin));
        else
            inside.add(Doc::of(Kind::line));
        inside.add(expression(begin, end));
        if (end < close) emit(end, inside);
        begin = end + 1;
    }
    comments_before(close, inside);
    const bool is_empty = inside.parts.empty();
    group.add(std::move(inside));
    if (!is_empty) group.add(Doc::of(Kind::line));
    group.add(Doc::of_text(atoms_[close].text));
    Doc doc;
    doc.add(std::move(group));
    comments_after(close, doc);
    at_ = close + 1;
    return doc;
}

Doc Formatter::connector_body() {
    const std::size_t close = here().match;
    Doc doc;
    take(doc);
    Doc inside = Doc::of(Kind::indent);
    for (bool first = true; at_ < close; first = false) {
        inside.add(first ? Doc::of(Kind::hard_line) : separator(at_));
        const bool is_peer = here().text == "peer" && atoms_[at_ + 1].kind == TokenKind::name;
        inside.add(is_peer ? peer() : statement());
    }
    comments_before(close, inside);
    const bool is_empty = inside.parts.empty();
    doc.add(std::move(inside));
    if (!is_empty) doc.add(Doc::of(Kind::hard_line));
    doc.add(Doc::of_text(atoms_[close].text));
    comments_after(close, doc);
    at_ = close + 1;
    return doc;
}

Doc Formatter::peer() {
    std::size_t end = at_;
    while (atoms_[end].kind != TokenKind::open_brace && atoms_[end].kind != TokenKind::semicolon) {
        ++end;
    }
    if (atoms_[end].kind == TokenKind::semicolon) return simple();
    Doc doc;
    doc.add(head());
    doc.add(block(OneLine::two_statements));
    if (at(TokenKind::semicolon)) take(doc);
    return doc;
}

namespace {

// Ours if it fails: no text may ever lose anything here.
[[maybe_unused]] bool same(const std::vector<Atom>& a, const std::vector<Atom>& b) {
    std::vector<std::string_view> left;
    std::vector<std::string_view> right;
    const auto collect = [](const std::vector<Atom>& atoms, std::vector<std::string_view>& to) {
        for (const Atom& atom : atoms) {
            for (const Comment& comment : atom.before) to.push_back(comment.text.substr(0, 2));
            to.push_back(atom.text);
            for (const Comment& comment : atom.after) to.push_back(comment.text.substr(0, 2));
        }
    };
    collect(a, left);
    collect(b, right);
    return left == right;
}

}  // namespace

std::optional<std::string> format(const diagnostics::Sources& sources, std::uint32_t source,
                                  diagnostics::Diagnostics& diagnostics, const Limits& limits) {
    const Tokens tokens = lex(sources, source, diagnostics, limits);
    const tree::Module module = parse(sources, source, tokens, diagnostics, limits);
    if (diagnostics.has_errors()) return std::nullopt;
    const auto atoms = atoms_of(sources.text(source), tokens, module.closing_angles);
    std::string text = print(Formatter(atoms).module());

    diagnostics::Sources again;
    diagnostics::Diagnostics nothing(limits);
    Limits larger = limits;  // the indentation may be more than it was
    larger.source_bytes_max = text.size();
    const std::uint32_t formatted = again.add(sources.name(source), text);
    const Tokens same_tokens = lex(again, formatted, nothing, larger);
    const tree::Module same_module = parse(again, formatted, same_tokens, nothing, larger);
    assert(!nothing.has_errors());
    assert(same(atoms, atoms_of(again.text(formatted), same_tokens, same_module.closing_angles)));
    return text;
}

}  // namespace reowolf::syntax
