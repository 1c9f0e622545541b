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
    f32,
    f64,
    character,
    string,
    array,      // argument: its elements
    in_port,    // argument: its messages; none: the older form, whose messages are msg
    out_port,   // the same
    automatic,  // auto
    tuple,      // arguments: its fields
    named,      // arguments: what it was given as such
    invalid,    // has been reported
};

struct Type {
    TypeKind kind = TypeKind::invalid;
    Span span;
    std::vector<Type> arguments;
    std::string name;    // of a named one
    std::string module;  // before '::'; usually empty
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
struct FloatLiteral {
    double value;
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
struct TupleLiteral {
    std::vector<ExpressionPtr> elements;
};
// One step of a::b<T>::c.
struct PathStep {
    Name name;
    std::vector<Type> arguments;
};
// A name with '::' or with type arguments: of a variant, or of another module. With `called`
// followed by arguments.
struct Scoped {
    std::vector<PathStep> path;
    bool called = false;
    std::vector<ExpressionPtr> arguments;
};
struct FieldValue {
    Name name;
    ExpressionPtr value;
};
struct StructLiteral {
    std::vector<PathStep> path;
    std::vector<FieldValue> fields;
};
struct NameUse {
    std::string name;
};
// let P = e; a pattern looks like an expression.
struct Let {
    ExpressionPtr pattern;
    ExpressionPtr value;
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
                 Conditional, FloatLiteral, TupleLiteral, Scoped, StructLiteral, Let>
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
struct Break {
    std::optional<Name> label;
};
struct Continue {
    std::optional<Name> label;
};
struct Goto {
    Name label;
};
struct Labelled {
    Name label;
    StatementPtr statement;
};
struct SelectGet {
    Type type;
    Name name;
    ExpressionPtr value;
};
struct SelectArm {
    std::vector<SelectGet> gets;
    StatementPtr body;
};
struct Select {
    std::vector<SelectArm> arms;
};
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
    std::vector<PathStep> path;  // of the component
    std::vector<ExpressionPtr> arguments;
    std::optional<Name> peer;
};

struct Statement {
    Span span;
    std::variant<Skip, Block, Declaration, Assignment, Evaluation, If, While, For, Break, Continue,
                 Return, Assert, Sync, Fork, Channel, New, Goto, Labelled, Select>
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
    std::vector<Name> type_parameters;
    std::vector<Parameter> parameters;
    std::optional<Type> result;
    Block body;
    Span end;                // of the closing brace
    bool is_native = false;  // a ';' instead of the body
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
    Name address;  // without its quotes, but its place has them
    Name listen;
    Name key;
    Name via;
    std::vector<PeerPort> ports;
};

// link out<T> name -> peer.port; or link in<T> name <- peer.port;
struct Link {
    Type type;
    Name name;
    Name peer;
    Name port;
};

struct Connector {
    Name name;
    std::vector<Peer> peers;
    std::vector<Link> links;
    Block body;
    Span end;
};

struct Structure {
    Name name;
    std::vector<Name> type_parameters;
    std::vector<Parameter> fields;
};

struct EnumVariant {
    Name name;
    ExpressionPtr value;  // may be null
};
struct Enumeration {
    Name name;
    std::vector<EnumVariant> variants;
};

struct UnionVariant {
    Name name;
    std::vector<Type> fields;
};
struct Union {
    Name name;
    std::vector<Name> type_parameters;
    std::vector<UnionVariant> variants;
};

using Definition = std::variant<Routine, Constant, Connector, Structure, Enumeration, Union>;

// import a.b; import a.b as n; import a.b::{X, Y as Z}; import a.b::*;
struct ImportedName {
    Name name;
    Name known_as;
};
struct Import {
    Name module;  // "a.b"
    Name known_as;
    bool everything = false;
    bool names_only = false;
    std::vector<ImportedName> names;
};

struct Module {
    std::uint32_t source = 0;
    std::optional<Name> name;  // "a.b.c", from #module
    std::optional<Name> self;
    std::vector<Import> imports;
    std::vector<Definition> definitions;
    // Names that occur in what was reported and left out. They may have been declared there, so
    // that nothing is to be said about their use.
    std::vector<std::string> excused;
    // Where each '>' stands that closes type parameters or arguments, ascending.
    std::vector<std::uint32_t> closing_angles;
};

}  // namespace reowolf::syntax::tree
