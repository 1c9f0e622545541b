// SPDX-License-Identifier: MIT
// The typed tree: every name resolved, every type known. What the compiler translates without
// asking anything more.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/span.hpp"
#include "check/terms.hpp"
#include "program/program.hpp"
#include "syntax/tree.hpp"

namespace reowolf::check {

using syntax::tree::BinaryOperator;
using syntax::tree::UnaryOperator;

using LocalId = std::uint32_t;    // index into Routine::locals
using RoutineId = std::uint32_t;  // index into Module::routines

// ---- expressions

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct Invalid {};
struct Number {
    std::uint64_t bits;
};  // of an integer, bool or char; sign-extended
struct Text {
    std::string bytes;
};
struct Array {
    std::vector<ExpressionPtr> elements;
};
struct Use {
    LocalId local;
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
struct Length {
    ExpressionPtr of;
};
struct Create {
    ExpressionPtr count;
};
struct Cast {
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
struct Call {
    RoutineId routine;
    std::vector<ExpressionPtr> arguments;
};
struct Get {
    ExpressionPtr port;
};
struct Put {
    ExpressionPtr port;
    ExpressionPtr value;
};
struct Fires {
    ExpressionPtr port;
};
struct Print {
    std::vector<ExpressionPtr> values;
};

struct Expression {
    Span span;
    Term type = 0;
    std::variant<Invalid, Number, Text, Array, Use, Index, Slice, Length, Create, Cast, Unary,
                 Binary, Conditional, Call, Get, Put, Fires, Print>
        node;
};

// ---- statements

struct Statement;
using StatementPtr = std::unique_ptr<Statement>;

struct Block {
    std::vector<StatementPtr> statements;
    bool scoped = true;  // what it declares ends with it; not so for "u32 a = 1, b = 2;"
};
struct Declare {
    LocalId local;
    ExpressionPtr value;
};
// local[i][j] = …; types[k] is the type of what step k indexes.
struct Place {
    LocalId local = 0;
    std::vector<ExpressionPtr> indices;
    std::vector<Term> types;
    Term type = 0;
};
struct Assign {
    Place place;
    std::optional<BinaryOperator> op;
    ExpressionPtr value;
};
struct Evaluate {
    ExpressionPtr expression;
};
struct If {
    ExpressionPtr condition;
    StatementPtr yes;
    StatementPtr no;
};
struct While {
    ExpressionPtr condition;
    StatementPtr body;
};
struct Range {
    LocalId local;
    ExpressionPtr low;
    ExpressionPtr high;
    StatementPtr body;
};
struct Each {
    LocalId local;
    ExpressionPtr of;
    StatementPtr body;
};
struct Break {};
struct Continue {};
struct Return {
    ExpressionPtr value;
};
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
    LocalId out;
    LocalId in;
    Term message;
};
struct Start {
    RoutineId routine = 0;
    std::vector<ExpressionPtr> arguments;
    std::optional<std::uint32_t> peer;  // index into Connector::peers
};

struct Statement {
    Span span;
    std::variant<Block, Declare, Assign, Evaluate, If, While, Range, Each, Break, Continue, Return,
                 Assert, Sync, Fork, Channel, Start>
        node;
};

// ---- definitions

struct Local {
    std::string name;
    Span span;
    Term type = 0;
    bool parameter = false;
    bool assigned = false;  // other than by its declaration
};

struct Routine {
    std::string name;
    Span span;
    program::RoutineKind kind = program::RoutineKind::function;
    bool constant = false;         // a function without parameters that stands for a constant
    std::uint32_t parameters = 0;  // the first so many locals
    std::optional<Term> result;
    Span result_span;
    std::vector<Local> locals;
    Block body;
    Span end;
    bool may_end = true;
};

struct PeerPort {
    std::string name;
    Span span;
    Term type = 0;
};

struct Peer {
    std::string name;
    Span span;
    std::string address;
    std::string listen;
    std::vector<PeerPort> ports;
};

struct Connector {
    std::string name;
    Span span;
    std::vector<Peer> peers;
    std::optional<std::uint32_t> self;
    RoutineId body = 0;
};

struct Module {
    Terms terms;
    std::vector<Routine> routines;
    std::optional<Connector> connector;
};

// As text, for --dump=types.
std::string dump(const Module& module);

}  // namespace reowolf::check
