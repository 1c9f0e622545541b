// SPDX-License-Identifier: MIT
#include "check/checker.hpp"

namespace reowolf::check {
namespace {

enum class Family : std::uint8_t { arithmetic, bits, shift, concatenation, order, equality, logic };

Family family(BinaryOperator op) {
    switch (op) {
        case BinaryOperator::multiply:
        case BinaryOperator::divide:
        case BinaryOperator::remainder:
        case BinaryOperator::add:
        case BinaryOperator::subtract:
            return Family::arithmetic;
        case BinaryOperator::shift_left:
        case BinaryOperator::shift_right:
            return Family::shift;
        case BinaryOperator::bit_and:
        case BinaryOperator::bit_xor:
        case BinaryOperator::bit_or:
            return Family::bits;
        case BinaryOperator::concatenate:
            return Family::concatenation;
        case BinaryOperator::less:
        case BinaryOperator::less_equal:
        case BinaryOperator::greater:
        case BinaryOperator::greater_equal:
            return Family::order;
        case BinaryOperator::equal:
        case BinaryOperator::not_equal:
            return Family::equality;
        case BinaryOperator::logical_and:
        case BinaryOperator::logical_or:
            return Family::logic;
    }
    return Family::arithmetic;
}

bool integral(TermKind kind) {
    return is_integer(kind) || kind == TermKind::integer;
}

}  // namespace

void Checker::cannot_apply(BinaryOperator op, const Operand& left, const Operand& right, Span span,
                           bool differ) {
    if (terms().contains_invalid(left.type) || terms().contains_invalid(right.type)) return;
    const auto joins = [&](const Operand& of) {
        const TermKind kind = terms().kind(of.type);
        return kind == TermKind::string || kind == TermKind::array;
    };
    const std::string left_name = terms().name(left.type);
    const std::string right_name = terms().name(right.type);
    const TermKind kinds[] = {terms().kind(left.type), terms().kind(right.type)};
    const Family of = family(op);
    const bool is_for_floats =
        of == Family::arithmetic || of == Family::order || of == Family::equality;
    const bool is_mixed = is_for_floats && ((is_float(kinds[0]) && kinds[1] == TermKind::integer) ||
                                            (is_float(kinds[1]) && kinds[0] == TermKind::integer));
    Diagnostic& said =
        is_mixed ? report<Code::integer_beside_float>(span, spelling(op), left_name, right_name)
        : op == BinaryOperator::add && joins(left) && joins(right)
            ? report<Code::cannot_add_texts>(span, spelling(op), left_name, right_name)
            : report<Code::cannot_apply>(span, spelling(op), left_name, right_name);
    note_type(said, left);
    note_type(said, right);
    if (differ) note_conflict(said);
}

ExpressionPtr Checker::check(const tree::Binary& of, Span span) {
    const bool allowed = let_allowed_ && of.op == BinaryOperator::logical_and;
    let_allowed_ = allowed;
    ExpressionPtr left = value(*of.left);
    let_allowed_ = allowed;
    ExpressionPtr right = value(*of.right);
    let_allowed_ = false;
    return binary(of.op, std::move(left), std::move(right), span);
}

ExpressionPtr Checker::binary(BinaryOperator op, ExpressionPtr left, ExpressionPtr right,
                              Span span) {
    const Family of = family(op);
    const Term boolean = terms().plain(TermKind::boolean);
    const Term type = left->type;
    const Operand l(*left);
    const Operand r(*right);
    const auto made = [&](Term result) {
        return make(span, result, Binary{op, std::move(left), std::move(right)});
    };
    if (of == Family::logic) {
        if (!terms().unify(l.type, boolean, l.span) || !terms().unify(r.type, boolean, r.span)) {
            cannot_apply(op, l, r, span);
        }
        return made(boolean);
    }
    if (of == Family::shift) {
        const auto check = [this, op, l, r, span] {
            const TermKind a = terms().kind(l.type);
            const TermKind b = terms().kind(r.type);
            if (a == TermKind::variable || b == TermKind::variable) return;
            if (!integral(a) || !integral(b)) cannot_apply(op, l, r, span);
        };
        when_known(l.type, check);
        if (terms().kind(l.type) != TermKind::variable) when_known(r.type, check);
        return made(type);
    }
    const bool compares = of == Family::order || of == Family::equality;
    if (!terms().unify(l.type, r.type, span)) {
        cannot_apply(op, l, r, span, true);
        return made(compares ? boolean : terms().invalid());
    }
    // False if the operator is not for this type, which has been reported then.
    const auto fits = [this, of, op, type, l, r, span] {
        const TermKind kind = terms().kind(type);
        bool fits_kind = kind == TermKind::invalid;
        switch (of) {
            case Family::arithmetic:
                fits_kind |= integral(kind) || is_float(kind);
                break;
            case Family::bits:
                fits_kind |= integral(kind) || kind == TermKind::boolean;
                break;
            case Family::concatenation:
                fits_kind |= kind == TermKind::array || kind == TermKind::string;
                break;
            case Family::order:
                fits_kind |= integral(kind) || is_float(kind) || kind == TermKind::character ||
                             kind == TermKind::string;
                break;
            case Family::equality:
                fits_kind = true;
                if (kind >= TermKind::array) {
                    when_settled(type, [this, op, type, l, r, span] {
                        if (holds_port(type)) cannot_apply(op, l, r, span);
                    });
                }
                break;
            case Family::shift:
            case Family::logic:
                fits_kind = true;
                break;
        }
        if (!fits_kind) cannot_apply(op, l, r, span);
        return fits_kind;
    };
    if (terms().kind(type) == TermKind::variable) {
        when_known(type, [fits] { (void)fits(); });
    } else if (!fits()) {
        return made(compares ? boolean : terms().invalid());
    }
    return made(compares ? boolean : type);
}

ExpressionPtr Checker::check(const tree::Unary& of, Span span) {
    const auto* literal = std::get_if<tree::IntegerLiteral>(&of.of->node);
    if (of.op == UnaryOperator::minus && literal != nullptr) {
        return integer_literal(literal->value, true, span);
    }
    ExpressionPtr inner = value(*of.of);
    const Term type = inner->type;
    const Operand operand(*inner);
    const UnaryOperator op = of.op;
    const auto refuse = [this, op, operand, span] {
        if (terms().contains_invalid(operand.type)) return;
        note_type(report<Code::cannot_apply_unary>(span, spelling(op), terms().name(operand.type)),
                  operand);
    };
    if (op == UnaryOperator::logical_not) {
        if (!terms().unify(type, terms().plain(TermKind::boolean), span)) refuse();
        return make(span, terms().plain(TermKind::boolean), Unary{op, std::move(inner)});
    }
    when_known(type, [this, type, op, refuse] {
        const TermKind kind = terms().kind(type);
        const bool negates = op == UnaryOperator::minus || op == UnaryOperator::plus;
        if (!integral(kind) && !(negates && is_float(kind))) refuse();
    });
    return make(span, type, Unary{op, std::move(inner)});
}

}  // namespace reowolf::check
