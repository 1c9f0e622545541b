// SPDX-License-Identifier: MIT
// The typed tree: every name resolved, every type known. What the compiler translates without
// asking anything more.
#pragma once

#include <cstdint>
#include <map>
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

// Known at the end of a routine at the latest, when inference has settled its type.
template <typename Known>
class Later {
  public:
    explicit(false) Later(Known known) : known_(std::make_shared<Known>(known)) {}
    // It stands for what it may be: NOLINTNEXTLINE(google-explicit-constructor)
    explicit(false) operator Known() const { return *known_; }
    void settle(Known known) const { *known_ = known; }

  private:
    std::shared_ptr<Known> known_;
};

struct Invalid {};
struct Float {
    double value;
};  // f32 or f64, as its type says
struct Tuple {
    std::vector<ExpressionPtr> elements;
};
// A struct, its fields in the order in which they were written; or a variant of a union.
struct Construct {
    std::optional<std::uint32_t> variant;
    std::vector<std::uint32_t> fields;
    std::vector<ExpressionPtr> values;
};
struct Field {
    ExpressionPtr of;
    Later<std::uint32_t> field;
};
// let pattern = value
struct Pattern;
struct Let {
    std::unique_ptr<Pattern> pattern;
    ExpressionPtr value;
};
struct Number {
    std::uint64_t bits;
};  // of an integer, bool or char; sign-extended
struct EnumValue {
    std::uint32_t variant;
};  // of the enum that its type is
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
    Later<RoutineId> routine;
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
                 Binary, Conditional, Call, Get, Put, Fires, Print, Float, Tuple, Construct, Field,
                 Let, EnumValue>
        node;
};

// What matches is of the type `type`.
struct Pattern {
    enum class Kind : std::uint8_t { anything, bind, equal, fields, variant, array };

    Span span;
    Term type = 0;
    Kind kind = Kind::anything;
    LocalId local = 0;                   // bind
    ExpressionPtr value;                 // equal
    std::uint32_t variant = 0;           // of a union
    std::vector<std::uint32_t> numbers;  // of the fields, in a tuple or struct
    std::vector<Pattern> inside;
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
// local.a[i].b = …
struct PlaceStep {
    ExpressionPtr index;  // or null, and then a field
    Later<std::uint32_t> field = 0;
    Term container = 0;  // the type of what is indexed, or has the field
};
struct Place {
    LocalId local = 0;
    std::vector<PlaceStep> steps;
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
// Of the loop so many levels further out, counted within the routine.
struct Break {
    std::uint32_t loop = 0;
};
struct Continue {
    std::uint32_t loop = 0;
};
using LabelId = std::uint32_t;  // of the routine
struct Goto {
    LabelId label = 0;
};
struct Labelled {
    LabelId label = 0;
};
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
struct Select {
    struct Arm {
        std::vector<LocalId> locals;
        std::vector<ExpressionPtr> ports;
        StatementPtr body;
    };
    std::vector<Arm> arms;
};
struct Channel {
    LocalId out;
    LocalId in;
    Term message;
};
struct Start {
    Later<RoutineId> routine = 0;
    std::vector<ExpressionPtr> arguments;
    std::optional<std::uint32_t> peer;  // index into Connector::peers
};

struct Statement {
    Span span;
    std::variant<Block, Declare, Assign, Evaluate, If, While, Range, Each, Break, Continue, Return,
                 Assert, Sync, Fork, Channel, Start, Goto, Labelled, Select>
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
    bool generic = false;   // stands for its instances, and is not compiled
    bool constant = false;  // a function without parameters that stands for a constant
    bool variant = false;   // one that computes the value of an enum's variant
    // Of a component without a body, which the runtime knows: its full name, "std.time.timer". It
    // is its name in the program; no other name there has a dot in it.
    std::string native;
    std::uint32_t parameters = 0;  // the first so many locals
    std::optional<Term> result;
    Span result_span;
    std::vector<Local> locals;
    std::uint32_t labels = 0;
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
    program::Written address;
    program::Written listen;
    program::Written key;
    program::Written via;
    std::vector<PeerPort> ports;
};

// A port of the connector that is one with a port of the same connector as a peer describes it.
struct Link {
    PeerPort own;
    std::uint32_t peer = 0;
    std::string port;
};

struct Connector {
    std::string name;
    Span span;
    std::vector<Peer> peers;
    std::vector<Link> links;
    std::optional<std::uint32_t> self;
    RoutineId body = 0;
};

// ---- types

enum class TypeForm : std::uint8_t { structure, enumeration, union_of };

struct VariantShape {
    std::string name;
    std::uint64_t value = 0;   // of an enum
    std::vector<Term> fields;  // of a union
    // Of an enum: what computes a number to which `value` is added.
    std::optional<RoutineId> computed_by{};
    Span span{};  // of an enum's: where its value comes from
};
// A struct, enum or union with certain type arguments.
struct Shape {
    std::vector<std::string> names;  // of a struct's fields
    std::vector<Term> fields;
    std::vector<VariantShape> variants;
};
struct NamedType {
    std::string name;
    Span span;
    TypeForm form = TypeForm::structure;
    std::uint32_t parameters = 0;
    std::map<std::vector<Term>, Shape> shapes;  // by the arguments, which are ground
};

struct Module {
    Terms terms;
    std::vector<NamedType> types;
    std::vector<Routine> routines;
    std::optional<Connector> connector;
};

// As text, for --dump=types.
std::string dump(const Module& module);

}  // namespace reowolf::check
