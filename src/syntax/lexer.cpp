// SPDX-License-Identifier: MIT
#include "syntax/lexer.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "syntax/characters.hpp"
#include "syntax/literal.hpp"

namespace reowolf::syntax {
namespace {

using diagnostics::Code;

struct Spelling {
    std::string_view text;
    TokenKind kind;
};

constexpr Spelling symbols[] = {
#define TOKEN(name, shown)
#define SYMBOL(name, text) {text, TokenKind::name},
#define KEYWORD(name, text)
#include "syntax/tokens.def"
#undef TOKEN
#undef SYMBOL
#undef KEYWORD
};

constexpr Spelling keywords[] = {
#define TOKEN(name, shown)
#define SYMBOL(name, text)
#define KEYWORD(name, text) {text, TokenKind::name},
#include "syntax/tokens.def"
#undef TOKEN
#undef SYMBOL
#undef KEYWORD
};

class Lexer {
  public:
    Lexer(std::string_view text, std::uint32_t source, diagnostics::Diagnostics& diagnostics)
        : text_(text), source_(source), diagnostics_(diagnostics) {
        for (const Spelling& keyword : keywords) words_.emplace(keyword.text, keyword.kind);
        for (const Spelling& each : symbols) {
            symbols_[static_cast<unsigned char>(each.text[0])].push_back(each);
        }
    }

    Tokens run() {
        if (!well_formed()) return finish();
        if (text_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
        while (at_ < text_.size() && !diagnostics_.full()) next();
        return finish();
    }

  private:
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    Span span(std::size_t begin, std::size_t end) const {
        return {source_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }
    void add(TokenKind kind, std::size_t begin) {
        Token token;
        token.begin = static_cast<std::uint32_t>(begin);
        const std::size_t length = at_ - begin;
        if (length > Token::length_max) {
            diagnostics_.report<Code::source_too_large>(span(begin, begin + 1), length,
                                                        Token::length_max);
        }
        token.length = static_cast<std::uint32_t>(length) & Token::length_max;
        token.kind_bits = static_cast<std::uint8_t>(kind);
        tokens_.push_back(token);
    }
    Tokens finish() {
        at_ = text_.size();
        add(TokenKind::end_of_text, at_);
        return std::move(tokens_);
    }

    bool well_formed() {
        for (std::size_t at = 0; at < text_.size();) {
            const std::uint32_t length = diagnostics::utf8_length(text_.substr(at, 4));
            if (length == 0) {
                diagnostics_.report<Code::not_utf8>(span(at, at + 1),
                                                    static_cast<unsigned char>(text_[at]));
                return false;
            }
            at += length;
        }
        return true;
    }

    void next() {
        const char c = peek();
        if (is_blank(c)) {
            ++at_;
        } else if (c == '/' && peek(1) == '/') {
            const std::size_t begin = at_;
            while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            refuse_null(begin);
        } else if (c == '/' && peek(1) == '*') {
            block_comment();
        } else if (is_letter(c) || is_foreign(c)) {
            word();
        } else if (is_digit(c)) {
            number();
        } else if (c == '"' || c == '\'') {
            text(c);
        } else if (c == '#') {
            pragma();
        } else if (!symbol()) {
            unexpected();
        }
    }

    // Where other bytes may stand, this one may not: whoever reads the text up to it reads another.
    void refuse_null(std::size_t begin) {
        const std::size_t at = text_.substr(0, at_).find('\0', begin);
        if (at != std::string_view::npos) {
            diagnostics_.report<Code::unexpected_byte>(span(at, at + 1), 0);
        }
    }

    void block_comment() {
        const std::size_t begin = at_;
        std::size_t depth = 0;
        while (at_ < text_.size()) {
            if (peek() == '/' && peek(1) == '*') {
                ++depth;
                at_ += 2;
            } else if (peek() == '*' && peek(1) == '/') {
                at_ += 2;
                if (--depth == 0) return refuse_null(begin);
            } else {
                ++at_;
            }
        }
        diagnostics_.report<Code::unterminated_comment>(span(begin, begin + 2));
    }

    // A name with letters that names have not is reported, and is a name.
    void word() {
        const std::size_t begin = at_;
        std::size_t odd = 0;
        for (; is_letter(peek()) || is_digit(peek()) || is_foreign(peek()); ++at_) {
            if (odd == 0 && is_foreign(peek())) odd = at_;
        }
        if (is_foreign(text_[begin])) odd = begin;
        if (odd != 0 || is_foreign(text_[begin])) {
            const auto length = diagnostics::utf8_length(text_.substr(odd, 4));
            foreign(span(odd, odd + length), text_.substr(odd, length));
        }
        const auto keyword = words_.find(text_.substr(begin, at_ - begin));
        add(keyword == words_.end() ? TokenKind::name : keyword->second, begin);
    }

    void number() {
        const std::size_t begin = at_;
        const auto digits = [&] {
            while (is_letter(peek()) || is_digit(peek())) ++at_;
        };
        const bool has_base = peek() == '0' && is_letter(peek(1)) && peek(1) != '_';
        if (has_base) {
            digits();
        } else {
            while (is_digit(peek()) || peek() == '_') ++at_;
            bool floating = false;
            // Not in "0..n", nor in "t.0.length".
            if (peek() == '.' && is_digit(peek(1))) {
                floating = true;
                ++at_;
                while (is_digit(peek()) || peek() == '_') ++at_;
            }
            if (peek() == 'e' || peek() == 'E') {
                const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
                if (is_digit(peek(1 + sign))) {
                    floating = true;
                    at_ += 1 + sign;
                    while (is_digit(peek())) ++at_;
                }
            }
            if (floating && !is_letter(peek())) {
                add(TokenKind::floating, begin);
                return;
            }
            digits();
        }
        const IntegerValue value = integer_value(text_.substr(begin, at_ - begin));
        const std::string_view shown = text_.substr(begin, std::min<std::size_t>(at_ - begin, 40));
        switch (value.fault) {
            case IntegerFault::none:
                break;
            case IntegerFault::malformed:
                diagnostics_.report<Code::malformed_number>(span(begin, at_), shown);
                zero(begin);
                return;
            case IntegerFault::too_large:
                diagnostics_.report<Code::number_too_large>(span(begin, at_));
                zero(begin);
                return;
        }
        add(TokenKind::integer, begin);
    }

    // Stands in for a faulty literal, so that the parser finds an expression there.
    void zero(std::size_t begin) {
        tokens_.push_back({});
        tokens_.back().begin = static_cast<std::uint32_t>(begin);
        tokens_.back().length = 1;
        tokens_.back().kind_bits = static_cast<std::uint8_t>(TokenKind::integer);
    }

    void text(char quote) {
        const std::size_t begin = at_++;
        const bool is_string = quote == '"';
        while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
            at_ += text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n' ? 2u : 1u;
        }
        if (peek() != quote || at_ >= text_.size()) {
            at_ = std::min(at_, text_.size());
            diagnostics_.report<Code::unterminated_text>(span(begin, begin + 1),
                                                         is_string ? "string" : "character");
            if (is_string) add(TokenKind::string, begin);
            return;
        }
        ++at_;
        refuse_null(begin);
        const TextValue value = text_value(text_.substr(begin + 1, at_ - begin - 2));
        const std::size_t fault = begin + 1 + value.at;
        switch (value.fault) {
            case TextFault::none:
                break;
            case TextFault::unknown_escape:
                diagnostics_.report<Code::unknown_escape>(
                    span(fault, fault + 1 + diagnostics::utf8_length(text_.substr(fault + 1, 4))));
                break;
            case TextFault::bad_code:
                diagnostics_.report<Code::malformed_escape>(span(fault, end_of_escape(fault)));
                break;
            case TextFault::not_utf8:
                if (is_string) diagnostics_.report<Code::string_not_utf8>(span(begin, at_));
                break;
        }
        const bool escape_fault =
            value.fault == TextFault::unknown_escape || value.fault == TextFault::bad_code;
        if (!is_string && !escape_fault && value.bytes.size() != 1) {
            diagnostics_.report<Code::character_size>(span(begin, at_), value.bytes.size());
        }
        add(is_string ? TokenKind::string : TokenKind::character, begin);
    }

    // Of "\xN" or "\u{N}", or what should be that, in the literal that ends here.
    std::size_t end_of_escape(std::size_t begin) const {
        constexpr std::size_t name_bytes = 2, digits_max = 2;

        const std::size_t digits = begin + name_bytes;
        const std::size_t quote = at_ - 1;
        if (text_[digits] == '{') {
            const std::size_t brace = text_.find('}', digits);
            return brace < quote ? brace + 1 : quote;
        }
        const std::size_t end = text_.find_first_not_of("0123456789abcdefABCDEF", digits);
        return std::min({end, quote, digits + digits_max});
    }

    // The rest of its line, without comments.
    void pragma() {
        const std::size_t begin = at_;
        std::size_t end = at_ + 1;
        for (++at_; at_ < text_.size() && peek() != '\n'; ++at_) {
            if (peek() == '/' && (peek(1) == '/' || peek(1) == '*')) break;
            if (!is_blank(peek())) end = at_ + 1;
        }
        at_ = end;
        refuse_null(begin);
        add(TokenKind::pragma, begin);
    }

    bool symbol() {
        for (const Spelling& spelling : symbols_[static_cast<unsigned char>(text_[at_])]) {
            if (text_.substr(at_).starts_with(spelling.text)) {
                const std::size_t begin = at_;
                at_ += spelling.text.size();
                add(spelling.kind, begin);
                return true;
            }
        }
        return false;
    }

    // A character that no token has.
    void foreign(Span where, std::string_view character) {
        constexpr std::string_view quotes[] = {"“", "”", "„", "‘", "’", "«", "»"};
        if (std::ranges::find(quotes, character) != std::end(quotes)) {
            diagnostics_.report<Code::curly_quote>(where, character);
        } else {
            diagnostics_.report<Code::unexpected_character>(where, character);
        }
    }

    // Reports a run of them once.
    void unexpected() {
        const std::size_t begin = at_;
        const auto length = diagnostics::utf8_length(text_.substr(at_, 4));
        const auto byte = static_cast<unsigned char>(text_[at_]);
        if (length == 1 && (byte < 0x20 || byte == 0x7F)) {
            diagnostics_.report<Code::unexpected_byte>(span(begin, begin + 1), byte);
        } else {
            foreign(span(begin, begin + length), text_.substr(begin, length));
        }
        const auto odd = [](char c) {
            const auto value = static_cast<unsigned char>(c);
            return value >= 0x7F || (value < 0x20 && !is_blank(c));
        };
        do ++at_;
        while (at_ < text_.size() && odd(text_[at_]));
    }

    std::string_view text_;
    std::uint32_t source_;
    diagnostics::Diagnostics& diagnostics_;
    std::unordered_map<std::string_view, TokenKind> words_;
    std::array<std::vector<Spelling>, 256> symbols_;  // by their first byte, longer ones first
    std::size_t at_ = 0;
    Tokens tokens_;
};

}  // namespace

Tokens lex(const diagnostics::Sources& sources, std::uint32_t source,
           diagnostics::Diagnostics& diagnostics, const Limits& limits) {
    const std::string_view text = sources.text(source);
    // Positions have 32 bits.
    const std::size_t most = std::min<std::size_t>(limits.source_bytes_max, ~std::uint32_t{0} - 1);
    if (text.size() > most) {
        diagnostics.report<Code::source_too_large>(Span{source, 0, 0}, text.size(), most);
        return {Token{}};
    }
    return Lexer(text, source, diagnostics).run();
}

std::string dump(const diagnostics::Sources& sources, std::uint32_t source, const Tokens& tokens) {
    std::string text;
    for (const Token& token : tokens) {
        const auto at = sources.position(source, token.begin);
        text += fmt::format("{}:{} {} {}\n", at.line, at.column, name_of(token.kind()),
                            sources.text(source).substr(token.begin, token.length));
    }
    return text;
}

}  // namespace reowolf::syntax
