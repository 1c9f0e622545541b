// SPDX-License-Identifier: MIT
// The checker's state, for the files of this folder; others use check.hpp. A rule that fails has
// reported why, and returns something invalid that is equal to everything, so that each mistake
// is reported once.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
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
    Checker(const Modules& modules, diagnostics::Diagnostics& diagnostics, const Limits& limits)
        : modules_(modules), diagnostics_(diagnostics), limits_(limits) {
        names_.resize(modules.trees.size());
    }

    std::optional<Module> run();
    std::optional<Module> literal(const tree::Expression& of, const program::Program& program,
                                  program::TypeId type);

  private:
    enum class TypePlace : std::uint8_t { local, parameter, result, constant, port, field };

    // What a name of a module stands for.
    enum class SymbolKind : std::uint8_t { routine, type };
    struct Symbol {
        SymbolKind kind = SymbolKind::routine;
        std::uint32_t id = 0;  // a RoutineId or a DefinitionId
        Span span{};
    };
    // Where a name is looked up: the module, and the types that its type parameters stand for.
    struct Surroundings {
        std::uint32_t module = 0;
        std::unordered_map<std::string, Term> types;
    };

    // definitions.cpp
    // Their names.
    std::vector<Span> definitions_with_errors() const;
    void collect();
    template <typename Of>
    void each_definition(void (Checker::*visit)(const Of&));
    void name_routine(const tree::Routine& of);
    void name_constant(const tree::Constant& of);
    void name_connector(const tree::Connector& of);
    void add_question(const tree::Expression& of);
    void collect_routine(const tree::Routine& of, Routine& routine);
    void collect_constant(const tree::Constant& of, Routine& routine);
    void collect_connector(const tree::Connector& of, RoutineId id);
    void collect_peer(const tree::Peer& of, Connector& connector, Routine& body);
    void collect_link(const tree::Link& of, Connector& connector, Routine& body);
    void define(const tree::Name& name, Symbol symbol);
    void check_routine(RoutineId id);

    // modules.cpp
    void import_names();
    void import_names(const tree::Import& of);
    void import_everything(const tree::Import& of,
                           std::unordered_map<std::string, const tree::Import*>& origins);
    std::optional<Symbol> find_symbol(const std::string& name);
    // The module that a qualifier names, or nothing, which is reported.
    std::optional<std::uint32_t> find_module(const tree::Name& qualifier);
    // "; did you forget 'import a.b;'?"
    std::string suggest_import(const std::string& name) const;

    // named.cpp
    void name_structure(const tree::Structure& of);
    void name_enumeration(const tree::Enumeration& of);
    void name_union(const tree::Union& of);
    void check_count(const tree::Name& name, std::size_t variants);
    DefinitionId name_type(const tree::Name& name, TypeForm form,
                           const std::vector<tree::Name>& parameters);
    void check_type_definitions();
    void check_enumeration(const tree::Enumeration& of, NamedType& type);
    RoutineId compute_variant(const tree::Name& type, const tree::EnumVariant& of);
    void check_variant_value(RoutineId routine, const tree::EnumVariant& of);
    // A named type of that name, with arguments given or to be found.
    std::optional<Term> named_type(const tree::Name& name, const std::vector<tree::Type>& arguments,
                                   Span span, TypePlace place, std::string_view open_as);
    std::optional<Term> applied(DefinitionId definition, const std::vector<tree::Type>& arguments,
                                Span span, TypePlace place, std::string_view open_as);
    const Shape& shape(Term named);
    const NamedType& named(Term term) { return module_.types[terms().definition(term)]; }

    // measuring.cpp: whether a type has values, and of what size
    struct Measure {
        std::uint32_t words = 0;
        std::uint32_t references = 0;
    };
    bool require(Term type, Span span);
    std::optional<Measure> measure(Term type, Span span, std::uint32_t depth);
    std::optional<Measure> measure_union(Term type, Span span, std::uint32_t depth);
    bool has_values(Term type, std::vector<Term>& around);
    void report_endless(Term type, const std::vector<Term>& around, Span span);
    std::optional<Span> field_with(Term type, Term inside);
    bool reaches(Term from, Term to);
    // Whether a value of the type, which is settled, can have a port in it.
    bool holds_port(Term type);
    // Whether a value of the type can have that port in it, as far as one knows. Both have the form
    // that they will keep.
    bool may_hold(Term type, Term port);
    template <typename Is>
    bool any_part(Term from, bool in_arrays, Is is);

    // aggregates.cpp
    ExpressionPtr check(const tree::FloatLiteral& of, Span span);
    ExpressionPtr check(const tree::TupleLiteral& of, Span span);
    ExpressionPtr check(const tree::Scoped& of, Span span);
    ExpressionPtr check(const tree::StructLiteral& of, Span span);
    ExpressionPtr variant(Term type, const tree::Name& name, bool called,
                          const std::vector<tree::ExpressionPtr>& arguments, Span span);
    std::optional<Term> path_type(const std::vector<tree::PathStep>& path, std::size_t steps,
                                  Span span);
    std::optional<std::uint32_t> find_variant(Term type, const tree::Name& name);
    // The number of the field, and its type.
    std::optional<std::pair<std::uint32_t, Term>> find_field(Term type, const tree::Name& name);
    struct FoundField {
        Later<std::uint32_t> field;
        Term type;
    };
    FoundField field_of(Term container, const tree::Name& name);

    // patterns.cpp
    ExpressionPtr check(const tree::Let& of, Span span);
    std::unique_ptr<Pattern> pattern(const tree::Expression& of, Term type);
    void match(const tree::Expression& of, Term type, Pattern& to);
    void match_variant(const tree::Scoped& of, Term type, Pattern& to);
    void match_structure(const tree::StructLiteral& of, Term type, Pattern& to);
    // Where 'let' may stand.
    ExpressionPtr let_condition(const tree::Expression& of);

    // generics.cpp
    struct Signature {
        std::string name;
        Span span;
        struct Parameter {
            std::string name;
            Span span;
            Term type;
        };
        std::vector<Parameter> parameters;
        std::optional<Term> result;
        std::vector<Term> type_arguments;
    };
    std::optional<Signature> signature(RoutineId routine, const std::vector<tree::Type>& given,
                                       Span span);
    Later<RoutineId> target(RoutineId routine, const Signature& of, Span span);
    void make_instances();
    std::optional<RoutineId> instance(RoutineId generic, std::vector<Term> arguments, Span span);
    ExpressionPtr call(RoutineId routine, const std::vector<tree::Type>& types,
                       const std::vector<tree::ExpressionPtr>& arguments, Span span);

    // definitions.cpp
    void check_body(RoutineId routine, const tree::Block& body);
    void check_constant(RoutineId routine, const tree::Constant& of);
    void check_question(RoutineId routine, const tree::Expression& of);
    void begin_routine(RoutineId routine);
    void end_routine();

    // types.cpp
    Term type(const tree::Type& of, TypePlace place, std::string_view open_as);
    // literals.cpp
    void adopt_types(const program::Program& program);
    Term program_type(const program::Program& program, program::TypeId of);
    ExpressionPtr literal_of(const tree::Expression& of, Term type);
    ExpressionPtr literal_structure(const tree::StructLiteral& of, Term type, Span span);
    ExpressionPtr literal_variant(const tree::Scoped& of, Term type, Span span);

    // types.cpp, on
    void mismatch(const Expression& found, Term wanted);
    bool expect(const Expression& found, Term wanted);
    // "'x' has type 'u8', declared", and from where that was inferred.
    void note_type(Diagnostic& to, const Operand& of);
    void note_conflict(Diagnostic& to);
    void note_could_settle(Diagnostic& to, const Terms::Unsettled& open);
    void when_known(Term term, std::function<void()> then);
    // The same for all of the term: what is inside of it too.
    void when_settled(Term term, std::function<void()> then);
    // As far as possible now; at the end of a routine, all.
    void retry_pending();
    void settle();
    void check_literal_fits(Term type, std::uint64_t magnitude, bool negative, Span span);

    // names.cpp
    class Scope;
    std::optional<LocalId> find_local(std::string_view name) const;
    LocalId declare(const tree::Name& name, Term type);
    LocalId add_local(std::string name, Span span, Term type);
    bool excused(const std::string& name) const;
    // "; its values are written …"
    std::string values_of(DefinitionId type) const;
    std::string suggest_value(std::string_view name) const;
    std::string suggest_routine(std::string_view name, bool function) const;
    // The routine of that name, if it is what is wanted.
    std::optional<RoutineId> callee(const std::vector<tree::PathStep>& path, bool start);
    std::optional<RoutineId> callee(const tree::Name& name, std::optional<Symbol> symbol,
                                    bool start);
    std::optional<std::uint32_t> find_peer(const tree::Name& name);
    // The peer of that name, in the body of the connector.
    const Peer* peer_here(const std::string& name) const;

    // expressions.cpp
    ExpressionPtr expression(const tree::Expression& of);
    ExpressionPtr value(const tree::Expression& of);  // an expression that has one
    ExpressionPtr condition(const tree::Expression& of);
    std::vector<ExpressionPtr> values(const std::vector<tree::ExpressionPtr>& of);
    // Of what was given to something that is not known, what is open need not be settled.
    void give_up(const std::vector<ExpressionPtr>& given);
    void give_up(const std::vector<Term>& types, Span span);
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
    // `differ`: they were found to be of two types.
    void cannot_apply(BinaryOperator op, const Operand& left, const Operand& right, Span span,
                      bool differ = false);

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
    void arguments(const Signature& of, const std::vector<ExpressionPtr>& given, Span span);
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
    StatementPtr check_statement(const tree::Goto& of, Span span);
    StatementPtr check_statement(const tree::Labelled& of, Span span);
    StatementPtr check_statement(const tree::Select& of, Span span);
    StatementPtr loop_exit(std::string_view word, const std::optional<tree::Name>& label, Span span,
                           bool continues);
    // A loop's body, inside as many loops more.
    StatementPtr loop_body(const tree::Statement& of);
    // jumps.cpp
    void collect_labels(const tree::Statement& of);
    void check_jumps();

    Routine& routine() { return module_.routines[routine_]; }
    Terms& terms() { return module_.terms; }
    template <Code code, typename... Arguments>
    Diagnostic& report(Span where, const Arguments&... arguments) {
        Diagnostic& said = diagnostics_.report<code>(where, arguments...);
        if (const auto at = used_at(); at && said.notes.empty()) {
            said.note<NoteCode::instantiated_here>(*at, module_.routines[routine_].name);
        }
        return said;
    }
    // Where the instance that is being checked was asked for.
    std::optional<Span> used_at() const {
        return in_body_ ? routine_sources_[routine_].used_at : std::nullopt;
    }
    template <typename Node>
    ExpressionPtr make(Span span, Term type, Node node) {
        auto made = std::make_unique<Expression>();
        made->span = span;
        made->type = type;
        made->node = std::move(node);
        return made;
    }

    const Modules modules_;
    diagnostics::Diagnostics& diagnostics_;
    const Limits limits_;
    Module module_;

    struct ModuleNames {
        std::unordered_map<std::string, Symbol> own;
        std::unordered_map<std::string, Symbol> symbols;  // with those imported
        std::unordered_map<std::string, std::uint32_t> modules;
        std::unordered_set<std::string> excused;
        // What two modules brought with everything else: by which imports.
        std::unordered_map<std::string, std::pair<const tree::Import*, const tree::Import*>>
            ambiguous;
        bool incomplete = false;  // an import has failed
    };
    std::vector<ModuleNames> names_;
    std::unordered_map<std::string, std::uint32_t> peers_;  // of the connector
    Surroundings here_;

    // What is behind the routines and the types, by number.
    struct RoutineSource {
        const tree::Routine* routine = nullptr;
        const tree::Constant* constant = nullptr;
        const tree::Connector* connector = nullptr;
        const tree::Expression* question = nullptr;
        const tree::EnumVariant* variant = nullptr;
        Surroundings surroundings;
        std::optional<Span> used_at;  // of an instance
    };
    std::vector<RoutineSource> routine_sources_;
    struct TypeSource {
        const tree::Structure* structure = nullptr;
        const tree::Enumeration* enumeration = nullptr;
        const tree::Union* union_of = nullptr;
        std::uint32_t module = 0;
    };
    std::vector<TypeSource> type_sources_;
    std::map<Term, Shape> open_shapes_;  // of types with something open inside
    std::map<Term, Measure> measures_;
    std::unordered_set<Term> with_values_;
    std::map<std::pair<Term, Term>, bool> may_hold_;
    std::unordered_set<Term> endless_;  // reported
    bool too_large_ = false;            // that some type is has been reported
    std::map<std::pair<RoutineId, std::vector<Term>>, RoutineId> instances_;
    bool too_many_instances_ = false;

    // Of the routine being checked:
    RoutineId routine_ = 0;
    bool in_body_ = false;
    std::vector<std::unordered_map<std::string, LocalId>> scopes_;
    std::vector<std::string> in_own_value_;  // the variables whose initial value is being read
    std::optional<Span> sync_;
    std::vector<std::string> loops_;        // around here, by their labels
    std::size_t loops_outside_ = 0;         // so many of them around the sync block
    std::optional<tree::Name> next_label_;  // of the loop that begins here
    std::unordered_map<std::string, std::pair<LabelId, Span>> labels_;
    bool let_allowed_ = false;
    std::vector<tree::Name> pattern_names_;  // bound by the pattern being read
    struct PendingCall {
        Later<RoutineId> target;
        RoutineId generic;
        std::vector<Term> arguments;
        Span span;
    };
    std::vector<PendingCall> calls_;
    struct Pending {
        Term term;
        std::function<void()> then;
    };
    std::vector<Pending> pending_;
    std::vector<std::pair<Term, Span>> given_to_unknown_;
    std::vector<std::function<void()>> when_settled_;
    struct Literal {
        Term type;
        std::uint64_t magnitude;
        bool negative;
        Span span;
    };
    std::vector<Literal> literals_;
    struct FloatLiteral {
        Term type;
        double value;
        Span span;
    };
    std::vector<FloatLiteral> float_literals_;
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
