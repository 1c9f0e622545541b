// SPDX-License-Identifier: MIT
#include <algorithm>

#include "syntax/parsing.hpp"

namespace reowolf::syntax {

using diagnostics::Code;
using tree::TypeKind;

namespace {

std::optional<TypeKind> plain_type(TokenKind kind) {
    switch (kind) {
        case TokenKind::word_bool:
            return TypeKind::boolean;
        case TokenKind::word_u8:
            return TypeKind::u8;
        case TokenKind::word_u16:
            return TypeKind::u16;
        case TokenKind::word_u32:
            return TypeKind::u32;
        case TokenKind::word_u64:
            return TypeKind::u64;
        case TokenKind::word_s8:
            return TypeKind::s8;
        case TokenKind::word_s16:
            return TypeKind::s16;
        case TokenKind::word_s32:
            return TypeKind::s32;
        case TokenKind::word_s64:
            return TypeKind::s64;
        case TokenKind::word_char:
            return TypeKind::character;
        case TokenKind::word_string:
            return TypeKind::string;
        case TokenKind::word_in:
            return TypeKind::in_port;
        case TokenKind::word_out:
            return TypeKind::out_port;
        case TokenKind::word_auto:
            return TypeKind::automatic;
        case TokenKind::word_f32:
            return TypeKind::f32;
        case TokenKind::word_f64:
            return TypeKind::f64;
        default:
            return std::nullopt;
    }
}

}  // namespace

std::optional<tree::Type> Parser::type() {
    auto result = simple_type();
    const Span begin = result ? result->span : here();
    std::uint32_t depth = 0;
    while (result && at(TokenKind::open_bracket)) {
        if (++depth > limits_.nesting_max) {
            report<Code::nesting_too_deep>(here(), limits_.nesting_max);
            stop();
            return std::nullopt;
        }
        take();
        if (!expect(TokenKind::close_bracket, "in an array type")) return std::nullopt;
        tree::Type array;
        array.kind = result->kind == TypeKind::invalid ? TypeKind::invalid : tree::TypeKind::array;
        array.span = since(begin);
        array.arguments.push_back(std::move(*result));
        result = std::move(array);
    }
    return result;
}

std::optional<tree::Type> Parser::simple_type() {
    const Level level(*this);
    if (!level) return std::nullopt;
    tree::Type result;
    result.span = here();
    if (const auto plain = plain_type(kind())) {
        result.kind = *plain;
        take();
        const bool port = *plain == TypeKind::in_port || *plain == TypeKind::out_port;
        if (port && accept(TokenKind::less)) {
            if (!type_argument(result)) return std::nullopt;
            result.span = since(result.span);
        }
        return result;
    }
    if (at(TokenKind::open_paren)) return tuple_type();
    if (!at(TokenKind::name)) {
        report<Code::expected_type>(here(), found());
        return std::nullopt;
    }
    if (text() == "msg" && kind(1) != TokenKind::colon_colon) {
        tree::Type byte;
        byte.kind = TypeKind::u8;
        byte.span = here();
        result.kind = TypeKind::array;
        result.arguments.push_back(std::move(byte));
        take();
        return result;
    }
    result.kind = TypeKind::named;
    result.name = text();
    take();
    if (at(TokenKind::colon_colon) && kind(1) == TokenKind::name) {
        take();
        result.module = std::move(result.name);
        result.name = text();
        take();
    }
    if (at(TokenKind::less)) {
        take();
        if (!type_arguments(result.arguments)) return std::nullopt;
    }
    result.span = since(result.span);
    return result;
}

// After '<', and with what closes it.
bool Parser::type_arguments(std::vector<tree::Type>& list) {
    while (!at(TokenKind::greater) && !at(TokenKind::shift_right)) {
        auto next = type();
        if (!next) return false;
        list.push_back(std::move(*next));
        if (!count_node()) return false;
        if (!accept(TokenKind::comma)) break;
    }
    return expect_close_angle();
}

std::optional<tree::Type> Parser::tuple_type() {
    tree::Type result;
    result.span = here();
    take();
    bool comma = false;
    while (!at(TokenKind::close_paren)) {
        auto field = type();
        if (!field) return std::nullopt;
        result.arguments.push_back(std::move(*field));
        if (!count_node()) return std::nullopt;
        if (!accept(TokenKind::comma)) break;
        comma = true;
    }
    if (!expect(TokenKind::close_paren, "after the tuple's types")) return std::nullopt;
    result.span = since(result.span);
    if (result.arguments.size() == 1 && !comma) return std::move(result.arguments[0]);
    if (result.arguments.size() < 2) {
        report<Code::tuple_size>(result.span);
        return std::nullopt;
    }
    result.kind = TypeKind::tuple;
    return result;
}

bool Parser::type_argument(tree::Type& of) {
    auto argument = type();
    if (!argument || !expect_close_angle()) return false;
    if (argument->kind == TypeKind::invalid) of.kind = TypeKind::invalid;
    of.arguments.push_back(std::move(*argument));
    return true;
}

std::size_t Parser::after_type_arguments(std::size_t at) const {
    // Bounded, as every '<' of an expression starts such a search.
    const std::size_t last = std::min(tokens_.size() - 1, at + limits_.nesting_max);
    std::size_t open = 0;
    for (; at < last; ++at) {
        switch (tokens_[at].kind()) {
            case TokenKind::less:
                ++open;
                break;
            case TokenKind::greater:
                if (--open == 0) return at + 1;
                break;
            case TokenKind::shift_right:
                if (open < 2) return 0;
                open -= 2;
                if (open == 0) return at + 1;
                break;
            case TokenKind::name:
            case TokenKind::comma:
            case TokenKind::colon_colon:
            case TokenKind::open_bracket:
            case TokenKind::close_bracket:
            case TokenKind::open_paren:
            case TokenKind::close_paren:
                break;
            default:
                if (!plain_type(tokens_[at].kind())) return 0;
        }
    }
    return 0;
}

std::size_t Parser::after_type(std::size_t at) const {
    const auto kind_at = [&](std::size_t i) {
        return i < tokens_.size() ? tokens_[i].kind() : TokenKind::end_of_text;
    };
    if (kind_at(at) == TokenKind::open_paren) {
        const std::size_t last = std::min(tokens_.size() - 1, at + limits_.nesting_max);
        std::size_t open = 0;
        bool comma = false;
        for (; at < last; ++at) {
            const TokenKind next = kind_at(at);
            if (next == TokenKind::open_paren) ++open;
            if (next == TokenKind::comma) comma = true;
            if (next == TokenKind::close_paren && --open == 0) break;
        }
        if (open != 0 || !comma || at >= last) return 0;
        ++at;
    } else if (plain_type(kind_at(at)) || kind_at(at) == TokenKind::name) {
        ++at;
        while (kind_at(at) == TokenKind::colon_colon && kind_at(at + 1) == TokenKind::name) at += 2;
        if (kind_at(at) == TokenKind::less) {
            at = after_type_arguments(at);
            if (at == 0) return 0;
        }
    } else {
        return 0;
    }
    while (kind_at(at) == TokenKind::open_bracket && kind_at(at + 1) == TokenKind::close_bracket) {
        at += 2;
    }
    return at;
}

bool Parser::at_type_word() const {
    return plain_type(kind()).has_value();
}

bool Parser::at_declaration() const {
    if (plain_type(kind())) return true;
    if (!at(TokenKind::name) && !at(TokenKind::open_paren)) return false;
    const std::size_t after = after_type(at_);
    return after != 0 && tokens_[std::min(after, tokens_.size() - 1)].kind() == TokenKind::name;
}

}  // namespace reowolf::syntax
