// SPDX-License-Identifier: MIT
#include <algorithm>

#include "syntax/literal.hpp"
#include "syntax/parsing.hpp"

namespace reowolf::syntax {

using diagnostics::Code;
using tree::BinaryOperator;
using tree::ExpressionPtr;
using tree::UnaryOperator;

namespace {

struct Operator {
    BinaryOperator op;
    int precedence;
};

std::optional<Operator> operator_at(TokenKind kind) {
    switch (kind) {
        case TokenKind::or_or:
            return Operator{BinaryOperator::logical_or, 1};
        case TokenKind::and_and:
            return Operator{BinaryOperator::logical_and, 2};
        case TokenKind::equal:
            return Operator{BinaryOperator::equal, 3};
        case TokenKind::not_equal:
            return Operator{BinaryOperator::not_equal, 3};
        case TokenKind::less:
            return Operator{BinaryOperator::less, 4};
        case TokenKind::less_equal:
            return Operator{BinaryOperator::less_equal, 4};
        case TokenKind::greater:
            return Operator{BinaryOperator::greater, 4};
        case TokenKind::greater_equal:
            return Operator{BinaryOperator::greater_equal, 4};
        case TokenKind::at_sign:
            return Operator{BinaryOperator::concatenate, 5};
        case TokenKind::bar:
            return Operator{BinaryOperator::bit_or, 6};
        case TokenKind::caret:
            return Operator{BinaryOperator::bit_xor, 7};
        case TokenKind::ampersand:
            return Operator{BinaryOperator::bit_and, 8};
        case TokenKind::shift_left:
            return Operator{BinaryOperator::shift_left, 9};
        case TokenKind::shift_right:
            return Operator{BinaryOperator::shift_right, 9};
        case TokenKind::plus:
            return Operator{BinaryOperator::add, 10};
        case TokenKind::minus:
            return Operator{BinaryOperator::subtract, 10};
        case TokenKind::star:
            return Operator{BinaryOperator::multiply, 11};
        case TokenKind::slash:
            return Operator{BinaryOperator::divide, 11};
        case TokenKind::percent:
            return Operator{BinaryOperator::remainder, 11};
        default:
            return std::nullopt;
    }
}

// Of a string that is not closed, which was reported, at least not more than there is.
std::string_view between_quotes(std::string_view literal) {
    return literal.size() < 2 ? std::string_view{} : literal.substr(1, literal.size() - 2);
}

std::uint32_t above(std::initializer_list<const ExpressionPtr*> below) {
    std::uint32_t height = 0;
    for (const ExpressionPtr* each : below) {
        if (*each) height = std::max(height, (*each)->height);
    }
    return height + 1;
}

std::uint32_t above(const std::vector<ExpressionPtr>& below) {
    std::uint32_t height = 0;
    for (const ExpressionPtr& each : below) height = std::max(height, each->height);
    return height + 1;
}

}  // namespace

ExpressionPtr Parser::expression() {
    const Level level(*this);
    if (!level) return nullptr;
    const Span begin = here();
    ExpressionPtr condition = binary(1);
    if (!condition || !accept(TokenKind::question)) return condition;
    ExpressionPtr yes = expression();
    if (!yes || !expect(TokenKind::colon, "between the values of '?'")) return nullptr;
    ExpressionPtr no = expression();
    if (!no) return nullptr;
    const std::uint32_t height = above({&condition, &yes, &no});
    return make(since(begin),
                tree::Conditional{std::move(condition), std::move(yes), std::move(no)}, height);
}

ExpressionPtr Parser::binary(int least_precedence) {
    const Span begin = here();
    ExpressionPtr left = unary();
    while (left) {
        if (foreign_operator()) return nullptr;
        const auto next = operator_at(kind());
        if (!next || next->precedence < least_precedence) break;
        take();
        ExpressionPtr right = binary(next->precedence + 1);
        if (!right) return nullptr;
        const std::uint32_t height = above({&left, &right});
        left =
            make(since(begin), tree::Binary{next->op, std::move(left), std::move(right)}, height);
    }
    return left;
}

ExpressionPtr Parser::unary() {
    UnaryOperator op{};
    switch (kind()) {
        case TokenKind::exclamation:
            op = UnaryOperator::logical_not;
            break;
        case TokenKind::tilde:
            op = UnaryOperator::bit_not;
            break;
        case TokenKind::plus:
            op = UnaryOperator::plus;
            break;
        case TokenKind::minus:
            op = UnaryOperator::minus;
            break;
        case TokenKind::plus_plus:
        case TokenKind::minus_minus:
            report<Code::increment_in_expression>(here(), text());
            return nullptr;
        default:
            return postfix();
    }
    const Level level(*this);
    if (!level) return nullptr;
    const Span begin = here();
    take();
    ExpressionPtr of = unary();
    if (!of) return nullptr;
    const std::uint32_t height = of->height + 1;
    return make(since(begin), tree::Unary{op, std::move(of)}, height);
}

ExpressionPtr Parser::postfix() {
    const std::size_t begin = at_;
    ExpressionPtr result = primary();
    while (result) {
        if (at(TokenKind::open_bracket)) {
            result = subscript(std::move(result));
        } else if (at(TokenKind::dot)) {
            result = member(std::move(result));
        } else if (at(TokenKind::open_paren)) {
            if (std::holds_alternative<tree::Member>(result->node)) {
                report<Code::no_methods>(result->span);
            } else {
                report<Code::not_callable>(result->span);
            }
            return nullptr;
        } else {
            break;
        }
    }
    if (at(TokenKind::plus_plus) || at(TokenKind::minus_minus)) {
        if (begin != statement_begin_ ||
            (kind(1) != TokenKind::semicolon && !stopped_ && operator_at(kind(1)))) {
            report<Code::increment_in_expression>(here(), text());
            return nullptr;
        }
    }
    return result;
}

ExpressionPtr Parser::subscript(ExpressionPtr of) {
    const Span begin = of->span;
    take();
    ExpressionPtr low;
    if (!at(TokenKind::dot_dot) && !at(TokenKind::colon)) {
        low = expression();
        if (!low) return nullptr;
    }
    if (accept(TokenKind::dot_dot) || accept(TokenKind::colon)) {
        ExpressionPtr high;
        if (!at(TokenKind::close_bracket)) {
            high = expression();
            if (!high) return nullptr;
        }
        if (!expect(TokenKind::close_bracket, "after the bounds of a slice")) return nullptr;
        const std::uint32_t height = above({&of, &low, &high});
        return make(since(begin), tree::Slice{std::move(of), std::move(low), std::move(high)},
                    height);
    }
    if (!expect(TokenKind::close_bracket, "after the index")) return nullptr;
    const std::uint32_t height = above({&of, &low});
    return make(since(begin), tree::Index{std::move(of), std::move(low)}, height);
}

ExpressionPtr Parser::member(ExpressionPtr of) {
    const Span begin = of->span;
    take();
    if (at(TokenKind::integer) || at(TokenKind::floating)) {
        // "t.0.1" has what looks like a number with a point.
        std::string_view digits = text();
        const Span where = here();
        take();
        while (of) {
            const std::size_t point = digits.find('.');
            const std::uint32_t height = of->height + 1;
            of = make(since(begin),
                      tree::Member{std::move(of), {std::string(digits.substr(0, point)), where}},
                      height);
            if (point == std::string_view::npos) break;
            digits.remove_prefix(point + 1);
        }
        return of;
    }
    auto name = expect_name("after '.'");
    if (!name) return nullptr;
    const std::uint32_t height = of->height + 1;
    return make(since(begin), tree::Member{std::move(of), std::move(*name)}, height);
}

ExpressionPtr Parser::primary() {
    const Span where = here();
    const std::string_view spelled = text();
    switch (kind()) {
        case TokenKind::word_true:
            take();
            return make(where, tree::BooleanLiteral{true});
        case TokenKind::word_false:
            take();
            return make(where, tree::BooleanLiteral{false});
        case TokenKind::integer:
            take();
            return make(where, tree::IntegerLiteral{integer_value(spelled).value});
        case TokenKind::floating:
            take();
            return make(where, tree::FloatLiteral{float_value(spelled)});
        case TokenKind::character: {
            take();
            const TextValue value = text_value(between_quotes(spelled));
            const char byte = value.bytes.empty() ? '\0' : value.bytes[0];
            return make(where, tree::CharacterLiteral{static_cast<std::uint8_t>(byte)});
        }
        case TokenKind::string:
            take();
            return make(where, tree::StringLiteral{text_value(between_quotes(spelled)).bytes});
        case TokenKind::open_brace:
            return array();
        case TokenKind::open_paren:
            return parentheses();
        case TokenKind::word_cast:
            return cast();
        case TokenKind::word_let:
            return let();
        case TokenKind::name:
            return name_or_call();
        default:
            break;
    }
    if (at(TokenKind::open_bracket)) {
        report<Code::array_in_brackets>(here());
    } else if (at(TokenKind::word_if)) {
        report<Code::if_in_expression>(here());
    } else if (at(TokenKind::word_new)) {
        report<Code::new_in_expression>(here());
    } else if (at_type_word()) {
        report<Code::type_in_expression>(here(), text());
    } else {
        report<Code::expected_expression>(here(), found());
    }
    return nullptr;
}

ExpressionPtr Parser::name_or_call() {
    const Span where = here();
    tree::Name name{std::string(text()), where};
    // A character in it that no name has was reported.
    const auto is_foreign = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
    if (std::ranges::any_of(name.text, is_foreign)) {
        take();
        return make(where, tree::Invalid{});
    }
    if (name.text == "not" && (kind(1) == TokenKind::name || kind(1) == TokenKind::word_true ||
                               kind(1) == TokenKind::word_false)) {
        report<Code::foreign_operator>(where, "not", "'!'");
        return nullptr;
    }
    const bool scoped = kind(1) == TokenKind::colon_colon || at_type_arguments();
    const bool braces = kind(1) == TokenKind::open_brace &&
                        (kind(2) == TokenKind::close_brace ||
                         (kind(2) == TokenKind::name &&
                          (kind(3) == TokenKind::colon || kind(3) == TokenKind::assign)));
    if (scoped || braces) {
        tree::Scoped node;
        if (!path(node.path)) return nullptr;
        if (at(TokenKind::open_brace) &&
            (kind(1) == TokenKind::close_brace ||
             (kind(1) == TokenKind::name &&
              (kind(2) == TokenKind::colon || kind(2) == TokenKind::assign)))) {
            return structure_literal(where, std::move(node.path));
        }
        node.called = accept(TokenKind::open_paren);
        if (node.called && !expressions(node.arguments, TokenKind::close_paren)) return nullptr;
        const std::uint32_t height = above(node.arguments);
        return make(since(where), std::move(node), height);
    }
    take();
    if (!accept(TokenKind::open_paren)) {
        return make(where, tree::NameUse{std::move(name.text)});
    }
    tree::Call call{std::move(name), {}};
    if (!expressions(call.arguments, TokenKind::close_paren)) return nullptr;
    const std::uint32_t height = above(call.arguments);
    return make(since(where), std::move(call), height);
}

// Whether the name here is followed by type arguments. "f(a < b, c > (d))" has comparisons if 'a'
// is a variable.
bool Parser::at_type_arguments() const {
    if (kind(1) != TokenKind::less || is_variable(text())) return false;
    const std::size_t after = after_type_arguments(at_ + 1);
    if (after == 0) return false;
    const TokenKind next = tokens_[after].kind();
    return next == TokenKind::open_paren || next == TokenKind::colon_colon ||
           next == TokenKind::open_brace;
}

bool Parser::path(std::vector<tree::PathStep>& steps) {
    for (;;) {
        const bool with_arguments = at(TokenKind::name) && at_type_arguments();
        auto name = expect_name("after '::'");
        if (!name) return false;
        steps.push_back({std::move(*name), {}});
        if (with_arguments) {
            take();
            if (!type_arguments(steps.back().arguments)) return false;
        }
        if (!count_node()) return false;
        if (!accept(TokenKind::colon_colon)) return true;
    }
}

ExpressionPtr Parser::structure_literal(Span begin, std::vector<tree::PathStep> path) {
    take();
    tree::StructLiteral node{std::move(path), {}};
    std::uint32_t height = 0;
    while (!at(TokenKind::close_brace)) {
        auto name = expect_name("of a field");
        if (!name) return nullptr;
        constexpr std::string_view after_name = "after the name of a field";
        if (at(TokenKind::assign)) {
            if (node.fields.empty()) {
                report<Code::expected_token>(here(), describe(TokenKind::colon), after_name,
                                             found());
            }
            take();
        } else if (!expect(TokenKind::colon, after_name)) {
            return nullptr;
        }
        ExpressionPtr value = expression();
        if (!value) return nullptr;
        height = std::max(height, value->height);
        node.fields.push_back({std::move(*name), std::move(value)});
        if (!accept(TokenKind::comma)) break;
    }
    if (!expect(TokenKind::close_brace, "after the fields")) return nullptr;
    return make(since(begin), std::move(node), height + 1);
}

bool Parser::expressions(std::vector<ExpressionPtr>& list, TokenKind close) {
    while (!at(close)) {
        ExpressionPtr next = expression();
        if (!next) return false;
        list.push_back(std::move(next));
        if (!accept(TokenKind::comma)) break;
    }
    return expect(close, "at the end of the list");
}

ExpressionPtr Parser::parentheses() {
    const Span begin = here();
    take();
    if (at(TokenKind::close_paren)) {
        take();
        report<Code::expected_expression>(since(begin), "'()'");
        return nullptr;
    }
    ExpressionPtr inner = expression();
    if (!inner) return nullptr;
    if (at(TokenKind::comma)) {
        tree::TupleLiteral tuple;
        tuple.elements.push_back(std::move(inner));
        while (accept(TokenKind::comma) && !at(TokenKind::close_paren)) {
            ExpressionPtr next = expression();
            if (!next) return nullptr;
            tuple.elements.push_back(std::move(next));
        }
        if (!expect(TokenKind::close_paren, "after the tuple")) return nullptr;
        if (tuple.elements.size() < 2) {
            report<Code::tuple_size>(since(begin));
            return nullptr;
        }
        const std::uint32_t height = above(tuple.elements);
        return make(since(begin), std::move(tuple), height);
    }
    if (!expect(TokenKind::close_paren, "after the expression")) return nullptr;
    inner->span = since(begin);
    return inner;
}

ExpressionPtr Parser::array() {
    const Span begin = here();
    take();
    tree::ArrayLiteral literal;
    if (!expressions(literal.elements, TokenKind::close_brace)) return nullptr;
    const std::uint32_t height = above(literal.elements);
    return make(since(begin), std::move(literal), height);
}

ExpressionPtr Parser::cast() {
    const Span begin = here();
    take();
    tree::Cast node;
    if (accept(TokenKind::less)) {
        auto target = type();
        if (!target || !expect_close_angle()) return nullptr;
        node.target = std::move(target);
    }
    if (!expect(TokenKind::open_paren, "after 'cast'")) return nullptr;
    node.of = expression();
    if (!node.of) return nullptr;
    accept(TokenKind::comma);
    if (!expect(TokenKind::close_paren, "after what is cast")) return nullptr;
    const std::uint32_t height = node.of->height + 1;
    return make(since(begin), std::move(node), height);
}

ExpressionPtr Parser::let() {
    const Level level(*this);
    if (!level) return nullptr;
    const Span begin = here();
    take();
    const std::size_t first = at_;
    ExpressionPtr pattern = unary();
    if (!pattern) return nullptr;
    const std::size_t end = at_;
    if (!expect(TokenKind::assign, "after the pattern of 'let'")) return nullptr;
    // '&&' and '||' join it with other conditions.
    ExpressionPtr value = binary(3);
    if (!value) return nullptr;
    for (std::size_t i = first; i < end; ++i) {
        if (tokens_[i].kind() == TokenKind::name) {
            know(std::string(text_.substr(tokens_[i].begin, tokens_[i].length)));
        }
    }
    const std::uint32_t height = above({&pattern, &value});
    return make(since(begin), tree::Let{std::move(pattern), std::move(value)}, height);
}

}  // namespace reowolf::syntax
