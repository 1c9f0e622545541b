// SPDX-License-Identifier: MIT
#include "syntax/atoms.hpp"

#include <algorithm>
#include <cassert>

#include "syntax/characters.hpp"

namespace reowolf::syntax {

namespace {

std::string_view without_blanks_at_end(std::string_view text) {
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// The end of the comment that begins at `at`.
std::size_t after_comment(std::string_view text, std::size_t at) {
    if (text[at + 1] == '/') return std::min(text.find('\n', at), text.size());
    std::size_t depth = 0;
    while (at < text.size()) {
        if (text.substr(at, 2) == "/*") {
            ++depth;
            at += 2;
        } else if (text.substr(at, 2) == "*/") {
            at += 2;
            if (--depth == 0) return at;
        } else {
            ++at;
        }
    }
    return at;
}

bool is_open(const Atom& atom) {
    return atom.kind == TokenKind::open_paren || atom.kind == TokenKind::open_bracket ||
           atom.kind == TokenKind::open_brace || atom.opens_types;
}

bool is_close(const Atom& atom) {
    return atom.kind == TokenKind::close_paren || atom.kind == TokenKind::close_bracket ||
           atom.kind == TokenKind::close_brace || atom.closes_types;
}

// What stands between two tokens. Comments at the end of the first one's line are its own, the
// others those of the second one.
class Gap {
  public:
    Gap(std::string_view text, std::size_t begin, std::size_t end)
        : text_(text), at_(begin), end_(end) {}

    void read(Atom* first, Atom& second) {
        std::vector<Comment> comments;
        std::size_t lines = skip_blanks();
        if (first == nullptr) ++lines;  // the text begins with a line
        while (at_ < end_) {
            Comment comment;
            const std::size_t begin = at_;
            at_ = after_comment(text_, at_);
            comment.text = without_blanks_at_end(text_.substr(begin, at_ - begin));
            comment.is_line = comment.text[1] == '/';
            comment.own_line = lines > 0;
            comment.blank_before = lines > 1;
            if (comment.own_line) comment.column = column(begin);
            lines = skip_blanks();
            comment.ends_line = lines > 0 || second.kind == TokenKind::end_of_text;
            comments.push_back(comment);
        }
        second.blank_before = lines > 1;
        // Those up to the first that has a line of its own, if the last of them ends the line, or
        // what follows is only a bracket, which may get a line of its own, or a semicolon, which
        // may have had one.
        std::size_t own = 0;
        while (own < comments.size() && !comments[own].own_line) ++own;
        const bool is_mark = is_close(second) || second.kind == TokenKind::semicolon;
        if (own > 0 && !comments[own - 1].ends_line && !is_mark) own = 0;
        // After an opening bracket they are about what is inside.
        const bool has_line = std::ranges::any_of(comments, &Comment::is_line);
        if (first != nullptr && is_open(*first) && !has_line) own = 0;
        const auto split = comments.begin() + static_cast<std::ptrdiff_t>(own);
        if (first != nullptr) first->after.assign(comments.begin(), split);
        second.before.assign(split, comments.end());
    }

  private:
    // The number of line breaks passed.
    std::size_t skip_blanks() {
        std::size_t lines = 0;
        for (; at_ < end_ && is_blank(text_[at_]); ++at_) lines += text_[at_] == '\n' ? 1 : 0;
        return lines;
    }
    // 0 also if a tab makes it uncertain.
    std::uint32_t column(std::size_t at) const {
        std::uint32_t columns = 0;
        while (at > 0 && text_[at - 1] == ' ') {
            --at;
            ++columns;
        }
        return at == 0 || text_[at - 1] == '\n' ? columns : 0;
    }

    std::string_view text_;
    std::size_t at_;
    std::size_t end_;
};

// Backwards: between the brackets of a list of types every '<' opens such a list.
void find_type_brackets(std::vector<Atom>& atoms) {
    std::size_t open = 0;
    for (std::size_t i = atoms.size(); i-- > 0;) {
        if (atoms[i].closes_types) {
            ++open;
        } else if (open > 0 && atoms[i].kind == TokenKind::less) {
            atoms[i].opens_types = true;
            --open;
        }
    }
}

void match_brackets(std::vector<Atom>& atoms) {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < atoms.size(); ++i) {
        if (is_open(atoms[i])) {
            open.push_back(i);
        } else if (is_close(atoms[i])) {
            assert(!open.empty());
            atoms[i].match = open.back();
            atoms[open.back()].match = i;
            open.pop_back();
        }
    }
    assert(open.empty());
}

}  // namespace

std::vector<Atom> atoms_of(std::string_view text, const Tokens& tokens,
                           const std::vector<std::uint32_t>& closing_angles) {
    std::vector<Atom> atoms;
    atoms.reserve(tokens.size());
    std::size_t end = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    auto angle = closing_angles.begin();
    for (const Token& token : tokens) {
        while (angle != closing_angles.end() && *angle < token.begin) ++angle;
        const bool closes = angle != closing_angles.end() && *angle == token.begin;
        // "in<in<u32>>" closes two lists with one token.
        const bool closes_two = closes && token.kind() == TokenKind::shift_right;
        Atom next;
        next.kind = closes ? TokenKind::greater : token.kind();
        next.text = text.substr(token.begin, closes_two ? 1 : token.length);
        next.closes_types = closes;
        if (token.kind() == TokenKind::end_of_text) next.text = {};
        const std::size_t begin =
            token.kind() == TokenKind::end_of_text ? text.size() : token.begin;
        Gap(text, end, begin).read(atoms.empty() ? nullptr : &atoms.back(), next);
        atoms.push_back(std::move(next));
        if (closes_two) {
            Atom second;
            second.kind = TokenKind::greater;
            second.text = text.substr(token.begin + 1, 1);
            second.closes_types = true;
            atoms.push_back(std::move(second));
        }
        end = token.end();
    }
    find_type_brackets(atoms);
    match_brackets(atoms);
    return atoms;
}

}  // namespace reowolf::syntax
