// SPDX-License-Identifier: MIT
// The checker's state, for the files of this folder; others use check.hpp. A rule that fails has
// reported why, and returns something invalid that is equal to everything, so that each mistake
// is reported once.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "check/check.hpp"
#include "check/terms.hpp"
#include "check/typed.hpp"
#include "diagnostics/diagnostics.hpp"
#include "syntax/tree.hpp"

namespace reowolf::check {

namespace tree = syntax::tree;
using diagnostics::Code;
using diagnostics::Diagnostic;
using diagnostics::NoteCode;

std::string_view kind_name(program::RoutineKind kind);  // "function", "primitive", …
bool is_builtin(std::string_view name);

// What a report about an operand needs, also when the operand is gone.
struct Operand {
    explicit(false) Operand(const Expression& of);

    Term type;
    Span span;
    std::optional<LocalId> local;  // if it is the use of one
};

class Checker {
  public:
    Checker(const tree::Module& tree, diagnostics::Diagnostics& diagnostics)
        : tree_(tree), diagnostics_(diagnostics) {}

    std::optional<Module> run();
    std::optional<Module> literal(const tree::Expression& of, const program::Program& program,
                                  program::TypeId type);

  private:
    // definitions.cpp
    void collect();
    void collect_routine(const tree::Routine& of);
    void collect_constant(const tree::Constant& of);
    void collect_connector(const tree::Connector& of);
    void collect_peer(const tree::Peer& of, Connector& connector, Routine& body);
    bool define(const tree::Name& name, RoutineId routine);
    void check_body(RoutineId routine, const tree::Block& body);
    void check_constant(RoutineId routine, const tree::Constant& of);
    void begin_routine(RoutineId routine);
    void end_routine();

    // types.cpp
    enum class TypePlace : std::uint8_t { local, parameter, result, constant, port };
    Term type(const tree::Type& of, TypePlace place, std::string_view open_as);
    Term program_type(const program::Program& program, program::TypeId of);
    void mismatch(const Expression& found, Term wanted);
    bool expect(const Expression& found, Term wanted);
    // "'x' has type 'u8', declared", and from where that was inferred.
    void note_type(Diagnostic& to, const Operand& of);
    void when_known(Term term, std::function<void()> then);
    // As far as possible now; at the end of a routine, all.
    void retry_pending();
    void settle();
    void check_literal_fits(Term type, std::uint64_t magnitude, bool negative, Span span);
    void refuse_ports_in_messages(const Local& local);

    // names.cpp
    class Scope;
    std::optional<LocalId> find_local(std::string_view name) const;
    LocalId declare(const tree::Name& name, Term type);
    LocalId add_local(std::string name, Span span, Term type);
    bool excused(const std::string& name) const;
    std::string suggest_value(std::string_view name) const;
    std::string suggest_routine(std::string_view name, bool function) const;
    // The routine of that name, if it is what is wanted.
    std::optional<RoutineId> callee(const tree::Name& name, bool start);
    std::optional<std::uint32_t> find_peer(const tree::Name& name);
    // The peer of that name, in the body of the connector.
    const Peer* peer_here(const std::string& name) const;

    // expressions.cpp
    ExpressionPtr expression(const tree::Expression& of);
    ExpressionPtr value(const tree::Expression& of);  // an expression that has one
    ExpressionPtr condition(const tree::Expression& of);
    std::vector<ExpressionPtr> values(const std::vector<tree::ExpressionPtr>& of);
    ExpressionPtr check(const tree::Invalid& of, Span span);
    ExpressionPtr check(const tree::BooleanLiteral& of, Span span);
    ExpressionPtr check(const tree::IntegerLiteral& of, Span span);
    ExpressionPtr check(const tree::CharacterLiteral& of, Span span);
    ExpressionPtr check(const tree::StringLiteral& of, Span span);
    ExpressionPtr check(const tree::ArrayLiteral& of, Span span);
    ExpressionPtr check(const tree::NameUse& of, Span span);
    ExpressionPtr check(const tree::Member& of, Span span);
    ExpressionPtr check(const tree::Index& of, Span span);
    ExpressionPtr check(const tree::Slice& of, Span span);
    ExpressionPtr check(const tree::Call& of, Span span);
    ExpressionPtr check(const tree::Cast& of, Span span);
    ExpressionPtr check(const tree::Unary& of, Span span);
    ExpressionPtr check(const tree::Binary& of, Span span);
    ExpressionPtr check(const tree::Conditional& of, Span span);
    ExpressionPtr integer_literal(std::uint64_t magnitude, bool negative, Span span);
    ExpressionPtr invalid(Span span);
    Term element_of(Term container, const Expression& of, bool for_loop);
    void expect_integer(const Expression& of);
    Term length_of(const Expression& of);

    // operators.cpp
    ExpressionPtr binary(BinaryOperator op, ExpressionPtr left, ExpressionPtr right, Span span);
    void cannot_apply(BinaryOperator op, const Operand& left, const Operand& right, Span span);

    // calls.cpp
    ExpressionPtr builtin(const tree::Call& of, Span span);
    ExpressionPtr get(const tree::Call& of, Span span);
    ExpressionPtr put(const tree::Call& of, Span span);
    ExpressionPtr fires(const tree::Call& of, Span span);
    ExpressionPtr length(const tree::Call& of, Span span);
    ExpressionPtr create(const tree::Call& of, Span span);
    ExpressionPtr print(const tree::Call& of, Span span);
    bool takes(const tree::Call& of, std::size_t arguments, Span span);
    // The message type of the port.
    Term port_message(const Expression& port, TermKind kind);
    void arguments(const Routine& of, const std::vector<ExpressionPtr>& given, Span span);
    bool only_in(std::initializer_list<program::RoutineKind> kinds, std::string_view what,
                 Span span);
    bool only_inside_sync(std::string_view what, Span span);
    bool only_outside_sync(std::string_view what, Span span);

    // statements.cpp
    StatementPtr statement(const tree::Statement& of);
    // In a scope of its own.
    StatementPtr nested(const tree::Statement& of);
    void statements(const tree::Block& of, Block& to);
    StatementPtr check_statement(const tree::Skip& of, Span span);
    StatementPtr check_statement(const tree::Block& of, Span span);
    StatementPtr check_statement(const tree::Declaration& of, Span span);
    StatementPtr check_statement(const tree::Assignment& of, Span span);
    StatementPtr check_statement(const tree::Evaluation& of, Span span);
    StatementPtr check_statement(const tree::If& of, Span span);
    StatementPtr check_statement(const tree::While& of, Span span);
    StatementPtr check_statement(const tree::For& of, Span span);
    StatementPtr check_statement(const tree::Break& of, Span span);
    StatementPtr check_statement(const tree::Continue& of, Span span);
    StatementPtr check_statement(const tree::Return& of, Span span);
    StatementPtr check_statement(const tree::Assert& of, Span span);
    StatementPtr check_statement(const tree::Sync& of, Span span);
    StatementPtr check_statement(const tree::Fork& of, Span span);
    StatementPtr check_statement(const tree::Channel& of, Span span);
    StatementPtr check_statement(const tree::New& of, Span span);
    std::optional<Place> place(const tree::Expression& of);
    StatementPtr loop_exit(std::string_view word, Span span, bool continues);

    Routine& routine() { return module_.routines[routine_]; }
    Terms& terms() { return module_.terms; }
    template <Code code, typename... Arguments>
    Diagnostic& report(Span where, const Arguments&... arguments) {
        return diagnostics_.report<code>(where, arguments...);
    }
    template <typename Node>
    ExpressionPtr make(Span span, Term type, Node node) {
        auto made = std::make_unique<Expression>();
        made->span = span;
        made->type = type;
        made->node = std::move(node);
        return made;
    }

    const tree::Module& tree_;
    diagnostics::Diagnostics& diagnostics_;
    Module module_;

    struct Global {
        RoutineId routine;
        Span span;
    };
    std::unordered_map<std::string, Global> globals_;
    std::unordered_map<std::string, std::uint32_t> peers_;  // of the connector
    std::unordered_set<std::string> excused_;

    // Of the routine being checked:
    RoutineId routine_ = 0;
    std::vector<std::unordered_map<std::string, LocalId>> scopes_;
    std::vector<std::string> in_own_value_;  // the variables whose initial value is being read
    std::optional<Span> sync_;
    std::uint32_t loops_ = 0;          // around here, inside the sync block if there is one
    std::uint32_t loops_outside_ = 0;  // around the sync block
    struct Pending {
        Term term;
        std::function<void()> then;
    };
    std::vector<Pending> pending_;
    struct Literal {
        Term type;
        std::uint64_t magnitude;
        bool negative;
        Span span;
    };
    std::vector<Literal> literals_;
};

// Opens a block's scope for as long as it lives.
class Checker::Scope {
  public:
    explicit Scope(Checker& checker) : checker_(checker) { checker_.scopes_.emplace_back(); }
    ~Scope() { checker_.scopes_.pop_back(); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

  private:
    Checker& checker_;
};

}  // namespace reowolf::check
