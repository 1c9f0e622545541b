// SPDX-License-Identifier: MIT
// What is written out of habit from other languages is told what it is called here.
#include <algorithm>
#include <utility>

#include "syntax/parsing.hpp"

namespace reowolf::syntax {

using diagnostics::Code;

namespace {

struct Habit {
    std::string_view theirs, ours;
};

// What is written here instead; empty if the word is no such habit.
template <std::size_t Count>
std::string_view ours(const Habit (&habits)[Count], std::string_view theirs) {
    const auto found = std::ranges::find(habits, theirs, &Habit::theirs);
    return found == std::end(habits) ? std::string_view{} : found->ours;
}

constexpr std::string_view telling_apart =
    "values are told apart with 'if', those of a union with 'if (let …)'";

constexpr Habit statement_habits[] = {
    {"elif", "it is written 'else if'"},
    {"elsif", "it is written 'else if'"},
    {"elseif", "it is written 'else if'"},
    {"switch", telling_apart},
    {"match", telling_apart},
    {"case", telling_apart},
    {"when", telling_apart},
    {"foreach", "it is written 'for (auto x in array)'"},
    {"loop", "it is written 'while (true)'"},
    {"do", "a loop is written 'while (…)'"},
    {"until", "a loop is written 'while (…)'"},
    {"unless", "it is written 'if (!…)'"},
    {"try", "what goes wrong at run time ends the component"},
};

constexpr Habit operator_habits[] = {
    {"and", "'&&'"},
    {"as", "'cast<T>(…)'"},
    {"is", "'==', or 'let' for a pattern"},
    {"mod", "'%'"},
};

}  // namespace

bool Parser::foreign_statement() {
    const std::string_view word = at(TokenKind::name) ? text() : std::string_view{};
    const std::string_view instead = ours(statement_habits, word);
    if (instead.empty()) return false;
    if (kind(1) == TokenKind::open_paren) {
        // "match(x);" calls a function of that name.
        const TokenKind next = tokens_[after_call()].kind();
        if (next != TokenKind::open_brace && next != TokenKind::name) return false;
    } else if (kind(1) != TokenKind::open_brace &&
               (kind(1) != TokenKind::name || kind(2) != TokenKind::open_brace)) {
        return false;
    }
    report<Code::foreign_word>(here(), word, instead);
    take();
    // What it is about is passed over, so that what it does is the next thing.
    if (!at(TokenKind::open_brace)) take_balanced();
    return true;
}

// The token behind the parentheses that follow the name here.
std::size_t Parser::after_call() const {
    std::size_t at = at_ + 1;
    for (std::size_t open = 0; at + 1 < tokens_.size(); ++at) {
        if (tokens_[at].kind() == TokenKind::open_paren) ++open;
        if (tokens_[at].kind() == TokenKind::close_paren && --open == 0) return at + 1;
    }
    return tokens_.size() - 1;
}

bool Parser::foreign_operator() {
    if (!at(TokenKind::name)) return false;
    const std::string_view instead = ours(operator_habits, text());
    if (instead.empty()) return false;
    report<Code::foreign_operator>(here(), text(), instead);
    return true;
}

bool Parser::foreign_definition() {
    const std::size_t name = after_type(at_);
    if (name == 0 || tokens_[name].kind() != TokenKind::name) return false;
    const TokenKind next = tokens_[std::min(name + 1, tokens_.size() - 1)].kind();
    if (next == TokenKind::open_paren) {
        report<Code::function_without_word>(here());
        while (!at(TokenKind::open_brace) && !at(TokenKind::semicolon) &&
               !at(TokenKind::end_of_text) && !at_definition()) {
            take_balanced();
        }
        take_balanced();
    } else if (next == TokenKind::assign || next == TokenKind::semicolon) {
        report<Code::global_variable>(here());
        while (!at(TokenKind::end_of_text) && !at_definition() && !accept(TokenKind::semicolon)) {
            take_balanced();
        }
    } else {
        return false;
    }
    return true;
}

}  // namespace reowolf::syntax
