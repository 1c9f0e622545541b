// SPDX-License-Identifier: MIT
#include "syntax/parser.hpp"

#include <algorithm>

#include "syntax/parsing.hpp"

namespace reowolf::syntax {

using diagnostics::Code;

TokenKind Parser::kind(std::size_t ahead) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)].kind();
}

std::string_view Parser::text(std::size_t ahead) const {
    const Token& token = tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
    return text_.substr(token.begin, token.length);
}

bool Parser::at_word(std::string_view word, std::size_t ahead) const {
    return kind(ahead) == TokenKind::name && text(ahead) == word;
}

Span Parser::since(Span begin) const {
    const std::uint32_t end = at_ == 0 ? begin.end : tokens_[at_ - 1].end();
    return {source_, begin.begin, std::max(begin.begin, end)};
}

bool Parser::on_new_line() const {
    if (at_ == 0) return true;
    const std::uint32_t begin = tokens_[at_ - 1].end();
    return text_.substr(begin, tokens_[at_].begin - begin).find('\n') != std::string_view::npos;
}

void Parser::take() {
    if (at_ + 1 < tokens_.size()) ++at_;
}

bool Parser::accept(TokenKind wanted) {
    if (!at(wanted)) return false;
    take();
    return true;
}

std::string Parser::found() const {
    const TokenKind token = kind();
    if (token == TokenKind::name) return "'" + std::string(text().substr(0, 80)) + "'";
    return describe(token);
}

// What follows a string that is not closed is in it; nothing else is wrong.
bool Parser::after_open_string() const {
    if (at_ == 0) return false;
    const Token& token = tokens_[at_ - 1];
    return token.kind() == TokenKind::string && (token.length < 2 || text_[token.end() - 1] != '"');
}

bool Parser::expect(TokenKind wanted, std::string_view where) {
    if (accept(wanted)) return true;
    if (after_open_string()) return false;
    const bool assignment = at(TokenKind::assign) ||
                            (kind() >= TokenKind::plus_assign && kind() <= TokenKind::at_assign) ||
                            at(TokenKind::shift_left_assign) || at(TokenKind::shift_right_assign);
    if (assignment) {
        report<Code::assignment_in_expression>(here(), text());
    } else {
        report<Code::expected_token>(here(), describe(wanted), where, found());
    }
    return false;
}

bool Parser::expect_close_angle() {
    if (module_ != nullptr) module_->closing_angles.push_back(here().begin);
    // "in<in<u32>>" closes two lists with one token.
    if (at(TokenKind::shift_right)) {
        Token& token = tokens_[at_];
        token.begin += 1;
        token.length = 1;
        token.kind_bits = static_cast<std::uint8_t>(TokenKind::greater);
        return true;
    }
    return expect(TokenKind::greater, "after the type argument");
}

bool Parser::expect_semicolon(std::string_view after) {
    if (accept(TokenKind::semicolon)) return true;
    const bool goes_on = !on_new_line() && !at(TokenKind::close_brace);
    if (goes_on) return expect(TokenKind::semicolon, after);
    if (after_open_string()) return true;
    const std::uint32_t end = at_ == 0 ? 0 : tokens_[at_ - 1].end();
    report<Code::expected_semicolon>(Span{source_, end, end + 1}, after);
    return !at(TokenKind::end_of_text);
}

std::optional<tree::Name> Parser::expect_name(std::string_view of) {
    if (at(TokenKind::name)) {
        tree::Name name{std::string(text()), here()};
        take();
        return name;
    }
    report<Code::expected_name>(here(), of, found());
    return std::nullopt;
}

bool Parser::is_variable(std::string_view name) const {
    return std::find(names_.begin(), names_.end(), name) != names_.end() ||
           std::binary_search(constants_.begin(), constants_.end(), name);
}

void Parser::stop() {
    stopped_ = true;
    at_ = tokens_.size() - 1;
}

bool Parser::count_node() {
    if (stopped_) return false;
    if (diagnostics_.full()) {
        stop();
        return false;
    }
    if (++nodes_ <= limits_.syntax_nodes_max) return true;
    report<Code::too_many_nodes>(here(), limits_.syntax_nodes_max);
    stop();
    return false;
}

Parser::Level::Level(Parser& parser) : parser_(parser) {
    if (++parser_.depth_ > parser_.limits_.nesting_max) {
        parser_.report<Code::nesting_too_deep>(parser_.here(), parser_.limits_.nesting_max);
        parser_.stop();
    }
    parser_.count_node();
}

void Parser::take_balanced() {
    std::size_t open = 0;
    do {
        switch (kind()) {
            case TokenKind::open_brace:
            case TokenKind::open_paren:
            case TokenKind::open_bracket:
                ++open;
                break;
            case TokenKind::close_brace:
            case TokenKind::close_paren:
            case TokenKind::close_bracket:
                if (open > 0) --open;
                break;
            case TokenKind::end_of_text:
                return;
            default:
                if (at_definition()) return;
        }
        take();
    } while (open > 0);
}

void Parser::excuse_names(std::size_t begin) {
    constexpr std::size_t most = 1'000;
    for (; begin < at_ && module_->excused.size() < most; ++begin) {
        const Token& token = tokens_[begin];
        if (token.kind() == TokenKind::name) {
            module_->excused.emplace_back(text_.substr(token.begin, token.length));
        }
    }
}

void Parser::recover_statement() {
    while (!at(TokenKind::end_of_text) && !at_definition()) {
        if (at(TokenKind::close_brace)) return;
        if (accept(TokenKind::semicolon)) return;
        const bool is_block = at(TokenKind::open_brace);
        take_balanced();
        // The block of a statement whose head was wrong ends it.
        if (is_block && !at(TokenKind::semicolon) && !at(TokenKind::word_else) &&
            !at(TokenKind::word_or) && (on_new_line() || at_statement_word())) {
            return;
        }
    }
}

bool Parser::at_statement_word() const {
    switch (kind()) {
        case TokenKind::word_if:
        case TokenKind::word_while:
        case TokenKind::word_for:
        case TokenKind::word_return:
        case TokenKind::word_break:
        case TokenKind::word_continue:
        case TokenKind::word_goto:
        case TokenKind::word_assert:
        case TokenKind::word_sync:
        case TokenKind::word_synchronous:
        case TokenKind::word_fork:
        case TokenKind::word_select:
        case TokenKind::word_channel:
        case TokenKind::word_new:
        case TokenKind::word_skip:
            return true;
        default:
            return false;
    }
}

bool Parser::at_definition() const {
    switch (kind()) {
        case TokenKind::word_primitive:
        case TokenKind::word_composite:
        case TokenKind::word_comp:
        case TokenKind::word_connector:
        case TokenKind::word_func:
        case TokenKind::word_struct:
        case TokenKind::word_enum:
        case TokenKind::word_union:
            return kind(1) == TokenKind::name;
        case TokenKind::word_import:
            return true;
        default:
            return false;
    }
}

void Parser::recover_definition() {
    while (!at(TokenKind::end_of_text) && !at_definition()) {
        if (at(TokenKind::word_const)) return;
        if (at_word("self") && kind(1) == TokenKind::name && on_new_line()) return;
        // The body of a definition whose head was wrong ends it.
        const bool is_body = at(TokenKind::open_brace);
        take_balanced();
        if (is_body && on_new_line()) return;
    }
}

tree::Module Parser::module() {
    tree::Module module;
    module.source = source_;
    module_ = &module;
    bool in_constant = false;
    for (std::size_t i = 0; i + 1 < tokens_.size(); ++i) {
        const TokenKind token = tokens_[i].kind();
        in_constant =
            token == TokenKind::word_const || (in_constant && token != TokenKind::semicolon);
        if (in_constant && token == TokenKind::name && tokens_[i + 1].kind() == TokenKind::assign) {
            constants_.emplace_back(text_.substr(tokens_[i].begin, tokens_[i].length));
            in_constant = false;
        }
    }
    std::sort(constants_.begin(), constants_.end());
    while (!at(TokenKind::end_of_text)) {
        const std::size_t before = at_;
        definition(module);
        if (at_ == before) take();
        if (diagnostics_.full()) stop();
    }
    return module;
}

tree::ExpressionPtr Parser::lone_expression() {
    tree::Module module;
    module_ = &module;
    tree::ExpressionPtr result = expression();
    if (result && !at(TokenKind::end_of_text)) {
        report<Code::expected_token>(here(), describe(TokenKind::end_of_text),
                                     "after the expression", found());
        return nullptr;
    }
    return result;
}

tree::Module parse(const diagnostics::Sources& sources, std::uint32_t source, Tokens tokens,
                   diagnostics::Diagnostics& diagnostics, const Limits& limits) {
    return Parser(sources.text(source), source, std::move(tokens), diagnostics, limits).module();
}

tree::ExpressionPtr parse_expression(const diagnostics::Sources& sources, std::uint32_t source,
                                     Tokens tokens, diagnostics::Diagnostics& diagnostics,
                                     const Limits& limits) {
    return Parser(sources.text(source), source, std::move(tokens), diagnostics, limits)
        .lone_expression();
}

}  // namespace reowolf::syntax
