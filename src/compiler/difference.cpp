// SPDX-License-Identifier: MIT
#include "compiler/difference.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "diagnostics/diagnostics.hpp"
#include "syntax/lexer.hpp"
#include "syntax/token.hpp"

namespace reowolf::compiler {

using syntax::Token;
using syntax::TokenKind;

namespace {

class Words {
  public:
    Words(const Text& of, const Limits& limits) : text_(of.sources.text(of.source)) {
        diagnostics::Diagnostics nothing(limits);
        source_ = of.source;
        const syntax::Tokens tokens = syntax::lex(of.sources, of.source, nothing, limits);
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            // Whose text it is makes no difference.
            const bool is_self = i + 2 < tokens.size() && spelling(tokens[i]) == "self" &&
                                 tokens[i + 1].kind() == TokenKind::name &&
                                 tokens[i + 2].kind() == TokenKind::semicolon;
            if (is_self) {
                i += 2;
            } else if (tokens[i].kind() != TokenKind::pragma) {
                words_.push_back(tokens[i]);
            }
        }
    }
    std::size_t size() const { return words_.size(); }
    std::string_view spelling(std::size_t at) const {
        return words_[at].kind() == TokenKind::word_synchronous ? "sync" : spelling(words_[at]);
    }
    // What may be more in one of two texts that mean the same.
    bool is_punctuation(std::size_t at) const {
        const TokenKind kind = words_[at].kind();
        return kind == TokenKind::open_brace || kind == TokenKind::close_brace ||
               kind == TokenKind::comma || kind == TokenKind::semicolon;
    }
    Span span(std::size_t at) const { return {source_, words_[at].begin, words_[at].end()}; }

  private:
    std::string_view spelling(const Token& token) const {
        return text_.substr(token.begin, token.length);
    }

    std::string_view text_;
    std::uint32_t source_ = 0;
    syntax::Tokens words_;
};

// How many punctuation marks of `longer` are to be passed for the texts to go on alike. 0: none.
std::size_t marks_to_pass(const Words& longer, std::size_t at, const Words& other,
                          std::size_t other_at) {
    constexpr std::size_t marks_max = 4;

    for (std::size_t marks = 1; marks <= marks_max; ++marks) {
        if (at + marks >= longer.size() || !longer.is_punctuation(at + marks - 1)) return 0;
        if (longer.spelling(at + marks) == other.spelling(other_at)) return marks;
    }
    return 0;
}

}  // namespace

std::optional<std::pair<Span, Span>> first_difference(const Text& left, const Text& right,
                                                      const Limits& limits) {
    const Words a(left, limits);
    const Words b(right, limits);
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
        if (a.spelling(i) == b.spelling(j)) {
            ++i;
            ++j;
        } else if (const std::size_t more = marks_to_pass(a, i, b, j); more > 0) {
            i += more;
        } else if (const std::size_t fewer = marks_to_pass(b, j, a, i); fewer > 0) {
            j += fewer;
        } else {
            return std::pair(a.span(i), b.span(j));
        }
    }
    return std::nullopt;
}

}  // namespace reowolf::compiler
