// SPDX-License-Identifier: MIT
#include "syntax/parsing.hpp"

namespace reowolf::syntax {

using diagnostics::Code;
using diagnostics::NoteCode;
using tree::BinaryOperator;
using tree::StatementPtr;

namespace {

template <typename Node>
StatementPtr statement_of(Span span, Node node) {
    auto statement = std::make_unique<tree::Statement>();
    statement->span = span;
    statement->node = std::move(node);
    return statement;
}

// The operator of a compound assignment; `assign` for '=', nothing for what assigns not.
struct Assigning {
    bool assigns = false;
    std::optional<BinaryOperator> op;
};

Assigning assigning(TokenKind kind) {
    switch (kind) {
        case TokenKind::assign:
            return {true, std::nullopt};
        case TokenKind::plus_assign:
            return {true, BinaryOperator::add};
        case TokenKind::minus_assign:
            return {true, BinaryOperator::subtract};
        case TokenKind::star_assign:
            return {true, BinaryOperator::multiply};
        case TokenKind::slash_assign:
            return {true, BinaryOperator::divide};
        case TokenKind::percent_assign:
            return {true, BinaryOperator::remainder};
        case TokenKind::shift_left_assign:
            return {true, BinaryOperator::shift_left};
        case TokenKind::shift_right_assign:
            return {true, BinaryOperator::shift_right};
        case TokenKind::and_assign:
            return {true, BinaryOperator::bit_and};
        case TokenKind::xor_assign:
            return {true, BinaryOperator::bit_xor};
        case TokenKind::or_assign:
            return {true, BinaryOperator::bit_or};
        case TokenKind::at_assign:
            return {true, BinaryOperator::concatenate};
        default:
            return {};
    }
}

}  // namespace

bool Parser::statements(std::vector<StatementPtr>& list, Span open) {
    while (!at(TokenKind::close_brace)) {
        if (at(TokenKind::end_of_text) || at_definition()) {
            report<Code::missing_brace>(here(), found()).note<NoteCode::opened_here>(open);
            return false;
        }
        const std::size_t before = at_;
        if (auto next = statement()) {
            list.push_back(std::move(next));
        } else {
            recover_statement();
            if (at_ == before) take();
            excuse_names(before);
        }
    }
    take();
    return true;
}

StatementPtr Parser::statement() {
    const Level level(*this);
    if (!level) return nullptr;
    statement_begin_ = at_;
    return statement_here();
}

StatementPtr Parser::statement_here() {
    const Span begin = here();
    switch (kind()) {
        case TokenKind::semicolon:
            take();
            return statement_of(begin, tree::Skip{});
        case TokenKind::word_skip:
            take();
            if (!expect_semicolon("after 'skip'")) return nullptr;
            return statement_of(begin, tree::Skip{});
        case TokenKind::open_brace:
            return block();
        case TokenKind::word_if:
            return conditional();
        case TokenKind::word_while:
            return loop();
        case TokenKind::word_for:
            return iteration();
        case TokenKind::word_break:
        case TokenKind::word_continue:
        case TokenKind::word_return:
            return leave();
        case TokenKind::word_assert:
            return assertion();
        case TokenKind::word_sync:
        case TokenKind::word_synchronous: {
            take();
            auto body = nested_statement("after 'sync'");
            if (!body) return nullptr;
            return statement_of(begin, tree::Sync{std::move(body)});
        }
        case TokenKind::word_fork:
            return fork();
        case TokenKind::word_channel:
            return channel();
        case TokenKind::word_new:
            return start();
        case TokenKind::word_select:
            return select();
        case TokenKind::word_goto:
            return leap();
        case TokenKind::word_or:
            report<Code::or_without_fork>(here());
            return nullptr;
        case TokenKind::word_else:
            report<Code::else_without_if>(here());
            return nullptr;
        case TokenKind::word_const:
            report<Code::constant_in_body>(here());
            return nullptr;
        case TokenKind::word_let:
            report<Code::let_declares>(here());
            return nullptr;
        default:
            break;
    }
    if (foreign_statement()) return nullptr;
    if (at(TokenKind::name) && kind(1) == TokenKind::colon) return labelled();
    if (at_declaration()) return declaration();
    return simple();
}

StatementPtr Parser::nested_statement(std::string_view of) {
    if (at(TokenKind::close_brace) || at(TokenKind::end_of_text)) {
        report<Code::expected_statement>(here(), of, found());
        return nullptr;
    }
    return statement();
}

StatementPtr Parser::block() {
    const Span open = here();
    const Names names(*this);
    take();
    tree::Block block;
    if (!statements(block.statements, open) && stopped_) return nullptr;
    return statement_of(since(open), std::move(block));
}

StatementPtr Parser::declaration() {
    const Span begin = here();
    tree::Declaration declaration;
    auto of = type();
    if (!of) return nullptr;
    declaration.type = std::move(*of);
    do {
        auto name = expect_name("of a variable");
        if (!name) return nullptr;
        know(name->text);
        if (!at(TokenKind::assign)) {
            if (at(TokenKind::semicolon) || at(TokenKind::comma)) {
                report<Code::variable_without_value>(name->span, name->text);
                declaration.variables.push_back({std::move(*name), nullptr});
                continue;
            }
            if (at(TokenKind::open_bracket)) {
                report<Code::array_after_name>(here(), name->text);
            } else {
                expect(TokenKind::assign, "after the name of a variable");
            }
            module_->excused.push_back(name->text);
            return nullptr;
        }
        take();
        auto value = expression();
        declaration.variables.push_back({std::move(*name), std::move(value)});
        if (!declaration.variables.back().value) {
            // The variable is known, whatever it is.
            recover_statement();
            return statement_of(begin, std::move(declaration));
        }
    } while (accept(TokenKind::comma));
    const Span where = since(begin);
    if (!expect_semicolon("after the declaration")) recover_statement();
    return statement_of(where, std::move(declaration));
}

StatementPtr Parser::channel() {
    const Span begin = here();
    take();
    tree::Channel channel;
    if (accept(TokenKind::less)) {
        auto of = type();
        if (!of || !expect_close_angle()) return nullptr;
        channel.message = std::move(of);
    }
    auto out = expect_name("of the channel's output end");
    if (!out || !expect(TokenKind::arrow, "between the ends of a channel")) return nullptr;
    auto in = expect_name("of the channel's input end");
    if (!in) return nullptr;
    know(out->text);
    know(in->text);
    channel.out = std::move(*out);
    channel.in = std::move(*in);
    const Span where = since(begin);
    if (!expect_semicolon("after the channel")) recover_statement();
    return statement_of(where, std::move(channel));
}

StatementPtr Parser::start() {
    const Span begin = here();
    take();
    tree::New start;
    if (!at(TokenKind::name)) {
        expect_name("of a component");
        return nullptr;
    }
    if (!path(start.path)) return nullptr;
    if (!expect(TokenKind::open_paren, "after the name of the component") ||
        !expressions(start.arguments, TokenKind::close_paren)) {
        return nullptr;
    }
    if (at_word("at")) {
        take();
        start.peer = expect_name("of a peer");
        if (!start.peer) return nullptr;
    }
    const Span where = since(begin);
    if (!expect_semicolon("after 'new'")) recover_statement();
    return statement_of(where, std::move(start));
}

tree::ExpressionPtr Parser::parenthesised(std::string_view of) {
    if (!expect(TokenKind::open_paren, of)) return nullptr;
    auto condition = expression();
    if (condition && at(TokenKind::word_or)) {
        report<Code::foreign_operator>(here(), "or", "'||'");
        return nullptr;
    }
    if (!condition || !expect(TokenKind::close_paren, "after the condition")) return nullptr;
    return condition;
}

StatementPtr Parser::conditional() {
    const Span begin = here();
    take();
    const Names names(*this);
    tree::If node;
    node.condition = parenthesised("after 'if'");
    if (!node.condition) return nullptr;
    const Span head = since(begin);
    node.yes = nested_statement("after the condition");
    if (!node.yes) return nullptr;
    if (accept(TokenKind::word_else)) {
        node.no = nested_statement("after 'else'");
        if (!node.no) return nullptr;
    }
    return statement_of(head, std::move(node));
}

StatementPtr Parser::loop() {
    const Span begin = here();
    take();
    const Names names(*this);
    tree::While node;
    node.condition = parenthesised("after 'while'");
    if (!node.condition) return nullptr;
    const Span head = since(begin);
    node.body = nested_statement("after the condition");
    if (!node.body) return nullptr;
    return statement_of(head, std::move(node));
}

// The semicolons of a loop as C has it end no statement.
void Parser::skip_head() {
    while (!at(TokenKind::close_paren) && !at(TokenKind::open_brace) &&
           !at(TokenKind::close_brace) && !at(TokenKind::end_of_text) && !at_definition()) {
        take_balanced();
    }
    accept(TokenKind::close_paren);
}

StatementPtr Parser::iteration() {
    const Span begin = here();
    take();
    const Names names(*this);
    tree::For node;
    if (!expect(TokenKind::open_paren, "after 'for'")) return nullptr;
    auto of = type();
    if (!of) return nullptr;
    node.type = std::move(*of);
    auto name = expect_name("of the loop's variable, as in 'for (auto i in 0..n)'");
    if (!name) return nullptr;
    node.name = std::move(*name);
    know(node.name.text);
    if (!at(TokenKind::word_in)) {
        report<Code::expected_in>(here(), node.name.text, found());
        skip_head();
        return nullptr;
    }
    take();
    node.low = expression();
    if (!node.low) return nullptr;
    if (accept(TokenKind::dot_dot)) {
        node.high = expression();
        if (!node.high) return nullptr;
    }
    if (!expect(TokenKind::close_paren, "after what the loop runs over")) return nullptr;
    const Span head = since(begin);
    node.body = nested_statement("after 'for (…)'");
    if (!node.body) return nullptr;
    return statement_of(head, std::move(node));
}

StatementPtr Parser::leave() {
    const Span begin = here();
    const TokenKind word = kind();
    const std::string after = "after '" + std::string(text()) + "'";
    take();
    if (word == TokenKind::word_return) {
        tree::Return node;
        if (!at(TokenKind::semicolon) && !at(TokenKind::close_brace)) {
            node.value = expression();
            if (!node.value) return nullptr;
        }
        const Span where = since(begin);
        if (!expect_semicolon(after)) recover_statement();
        return statement_of(where, std::move(node));
    }
    std::optional<tree::Name> label;
    if (at(TokenKind::name)) label = expect_name("of a label");
    const Span where = since(begin);
    if (!expect_semicolon(after)) recover_statement();
    if (word == TokenKind::word_break) return statement_of(where, tree::Break{std::move(label)});
    return statement_of(where, tree::Continue{std::move(label)});
}

// "fork a or fork b or c" is "fork a or b or c".
StatementPtr Parser::fork() {
    const Span begin = here();
    take();
    tree::Fork node;
    do {
        if (!node.alternatives.empty()) accept(TokenKind::word_fork);
        auto alternative = nested_statement("as an alternative of 'fork'");
        if (!alternative) return nullptr;
        node.alternatives.push_back(std::move(alternative));
    } while (accept(TokenKind::word_or));
    return statement_of(begin, std::move(node));
}

StatementPtr Parser::assertion() {
    const Span begin = here();
    take();
    tree::Assert node;
    node.condition = expression();
    if (!node.condition) return nullptr;
    const Span where = since(begin);
    if (!expect_semicolon("after the assertion")) recover_statement();
    return statement_of(where, std::move(node));
}

StatementPtr Parser::simple() {
    const Span begin = here();
    auto left = expression();
    if (!left) return nullptr;
    if (at(TokenKind::plus_plus) || at(TokenKind::minus_minus)) {
        const auto op = at(TokenKind::plus_plus) ? BinaryOperator::add : BinaryOperator::subtract;
        const Span where = here();
        take();
        auto one = make(where, tree::IntegerLiteral{1});
        if (!one) return nullptr;
        tree::Assignment node{std::move(left), op, std::move(one)};
        const Span whole = since(begin);
        if (!expect_semicolon("after the statement")) recover_statement();
        return statement_of(whole, std::move(node));
    }
    const Assigning assignment = assigning(kind());
    if (assignment.assigns) {
        take();
        auto value = expression();
        if (!value) return nullptr;
        const Span where = since(begin);
        tree::Assignment node{std::move(left), assignment.op, std::move(value)};
        if (!expect_semicolon("after the assignment")) recover_statement();
        return statement_of(where, std::move(node));
    }
    const Span where = since(begin);
    if (!expect_semicolon("after the statement")) {
        recover_statement();
        return nullptr;
    }
    return statement_of(where, tree::Evaluation{std::move(left)});
}

StatementPtr Parser::labelled() {
    const Span begin = here();
    tree::Labelled node;
    node.label = {std::string(text()), begin};
    take();
    take();
    node.statement = nested_statement("after a label");
    if (!node.statement) return nullptr;
    return statement_of(begin, std::move(node));
}

StatementPtr Parser::leap() {
    const Span begin = here();
    take();
    auto label = expect_name("of a label");
    if (!label) return nullptr;
    const Span where = since(begin);
    if (!expect_semicolon("after 'goto'")) recover_statement();
    return statement_of(where, tree::Goto{std::move(*label)});
}

StatementPtr Parser::select() {
    const Span begin = here();
    take();
    tree::Select node;
    if (!expect(TokenKind::open_brace, "before the arms of 'select'")) return nullptr;
    while (!at(TokenKind::close_brace)) {
        const Names names(*this);
        const std::size_t before = at_;
        if (select_arm(node)) continue;
        // The rest of it is passed over.
        while (!at(TokenKind::close_brace) && !at(TokenKind::end_of_text) && !at_definition()) {
            take_balanced();
        }
        accept(TokenKind::close_brace);
        excuse_names(before);
        return stopped_ ? nullptr : statement_of(begin, tree::Skip{});
    }
    take();
    if (node.arms.empty()) {
        report<Code::select_without_arms>(begin);
        return nullptr;
    }
    return statement_of(begin, std::move(node));
}

bool Parser::select_arm(tree::Select& select) {
    tree::SelectArm arm;
    do {
        if (!arm.gets.empty() && at(TokenKind::arrow)) break;
        if (!at_type_word() && after_type(at_) == 0) {
            report<Code::select_arm>(here(), found());
            return false;
        }
        if (at(TokenKind::name) && kind(1) == TokenKind::open_paren) {
            report<Code::select_arm>(here(), "'" + std::string(text()) + "(…)'");
            return false;
        }
        auto of = type();
        if (!of) return false;
        auto name = expect_name("of a variable");
        if (!name || !expect(TokenKind::assign, "after the name of a variable")) return false;
        know(name->text);
        auto value = expression();
        if (!value) return false;
        arm.gets.push_back({std::move(*of), std::move(*name), std::move(value)});
    } while (accept(TokenKind::comma));
    constexpr std::string_view before_body = "before what an arm of 'select' does";
    if (at(TokenKind::assign) && kind(1) == TokenKind::greater) {
        const Span both{source_, here().begin, tokens_[at_ + 1].end()};
        report<Code::expected_token>(both, describe(TokenKind::arrow), before_body, "'=>'");
        return false;
    }
    if (!expect(TokenKind::arrow, before_body)) return false;
    arm.body = nested_statement("after '->'");
    if (!arm.body) return false;
    select.arms.push_back(std::move(arm));
    return true;
}

}  // namespace reowolf::syntax
