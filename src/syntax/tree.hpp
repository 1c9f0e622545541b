// SPDX-License-Identifier: MIT
// The syntax tree: what was written, before anybody asks what it means.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/span.hpp"

namespace reowolf::syntax::tree {

struct Name {
    std::string text;
    Span span;
};

// ---- types

enum class TypeKind : std::uint8_t {
    boolean,
    u8,
    u16,
    u32,
    u64,
    s8,
    s16,
    s32,
    s64,
    character,
    string,
    array,      // argument: its elements
    in_port,    // argument: its messages; none: the older form, whose messages are msg
    out_port,   // the same
    automatic,  // auto
    named,
    invalid,  // has been reported
};

struct Type {
    TypeKind kind = TypeKind::invalid;
    Span span;
    std::vector<Type> arguments;
    std::string name;  // of a named one
};

// ---- expressions

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

enum class UnaryOperator : std::uint8_t { logical_not, bit_not, plus, minus };
enum class BinaryOperator : std::uint8_t {
    multiply,
    divide,
    remainder,
    add,
    subtract,
    shift_left,
    shift_right,
    bit_and,
    bit_xor,
    bit_or,
    concatenate,
    less,
    less_equal,
    greater,
    greater_equal,
    equal,
    not_equal,
    logical_and,
    logical_or,
};
std::string_view spelling(UnaryOperator of);
std::string_view spelling(BinaryOperator of);

struct BooleanLiteral {
    bool value;
};
struct IntegerLiteral {
    std::uint64_t value;
};
struct CharacterLiteral {
    std::uint8_t value;
};
struct StringLiteral {
    std::string bytes;
};
struct ArrayLiteral {
    std::vector<ExpressionPtr> elements;
};
struct NameUse {
    std::string name;
};
struct Member {
    ExpressionPtr of;
    Name member;
};
struct Index {
    ExpressionPtr of;
    ExpressionPtr index;
};
struct Slice {
    ExpressionPtr of;
    ExpressionPtr low;
    ExpressionPtr high;
};  // bounds may be null
struct Call {
    Name callee;
    std::vector<ExpressionPtr> arguments;
};
struct Cast {
    std::optional<Type> target;
    ExpressionPtr of;
};
struct Unary {
    UnaryOperator op;
    ExpressionPtr of;
};
struct Binary {
    BinaryOperator op;
    ExpressionPtr left;
    ExpressionPtr right;
};
struct Conditional {
    ExpressionPtr condition;
    ExpressionPtr yes;
    ExpressionPtr no;
};
struct Invalid {};  // has been reported

struct Expression {
    Span span;
    std::uint32_t height = 1;  // of the tree below; the parser keeps it within limits
    std::variant<Invalid, BooleanLiteral, IntegerLiteral, CharacterLiteral, StringLiteral,
                 ArrayLiteral, NameUse, Member, Index, Slice, Call, Cast, Unary, Binary,
                 Conditional>
        node;
};

// ---- statements

struct Statement;
using StatementPtr = std::unique_ptr<Statement>;

struct Skip {};
struct Block {
    std::vector<StatementPtr> statements;
};
struct Variable {
    Name name;
    ExpressionPtr value;
};
struct Declaration {
    Type type;
    std::vector<Variable> variables;
};
// `op` is the operator of a compound assignment. x++ is x += 1.
struct Assignment {
    ExpressionPtr place;
    std::optional<BinaryOperator> op;
    ExpressionPtr value;
};
struct Evaluation {
    ExpressionPtr expression;
};
struct If {
    ExpressionPtr condition;
    StatementPtr yes;
    StatementPtr no;
};  // no may be null
struct While {
    ExpressionPtr condition;
    StatementPtr body;
};
// With `high` over low..high, without over the elements of `low`.
struct For {
    Type type;
    Name name;
    ExpressionPtr low;
    ExpressionPtr high;
    StatementPtr body;
};
struct Break {};
struct Continue {};
struct Return {
    ExpressionPtr value;
};  // may be null
struct Assert {
    ExpressionPtr condition;
};
struct Sync {
    StatementPtr body;
};
struct Fork {
    std::vector<StatementPtr> alternatives;
};
struct Channel {
    std::optional<Type> message;
    Name out;
    Name in;
};
struct New {
    Name component;
    std::vector<ExpressionPtr> arguments;
    std::optional<Name> peer;
};

struct Statement {
    Span span;
    std::variant<Skip, Block, Declaration, Assignment, Evaluation, If, While, For, Break, Continue,
                 Return, Assert, Sync, Fork, Channel, New>
        node;
};

// ---- definitions

struct Parameter {
    Type type;
    Name name;
};

enum class RoutineKind : std::uint8_t { function, primitive, composite, component };

struct Routine {
    RoutineKind kind = RoutineKind::function;
    Name name;
    std::vector<Parameter> parameters;
    std::optional<Type> result;
    Block body;
    Span end;  // of the closing brace
};

struct Constant {
    Type type;
    Name name;
    ExpressionPtr value;
};

struct PeerPort {
    Type type;
    Name name;
};

struct Peer {
    Name name;
    std::string address;
    std::string listen;
    std::vector<PeerPort> ports;
};

struct Connector {
    Name name;
    std::vector<Peer> peers;
    Block body;
    Span end;
};

using Definition = std::variant<Routine, Constant, Connector>;

struct Module {
    std::uint32_t source = 0;
    std::optional<Name> name;  // "a.b.c", from #module
    std::optional<Name> self;
    bool imports = false;  // names may come from elsewhere
    std::vector<Definition> definitions;
    // Names that occur in what was reported and left out. They may have been declared there, so
    // that nothing is to be said about their use.
    std::vector<std::string> excused;
};

}  // namespace reowolf::syntax::tree
