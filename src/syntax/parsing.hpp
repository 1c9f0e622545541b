// SPDX-License-Identifier: MIT
// The parser's state and its rules, for the parse_*.cpp files; others use parser.hpp. A rule that
// fails has reported why, and returns null or nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "syntax/parser.hpp"

namespace reowolf::syntax {

class Parser {
  public:
    Parser(std::string_view text, std::uint32_t source, Tokens tokens,
           diagnostics::Diagnostics& diagnostics, const Limits& limits)
        : text_(text),
          source_(source),
          tokens_(std::move(tokens)),
          diagnostics_(diagnostics),
          limits_(limits) {}

    tree::Module module();
    tree::ExpressionPtr lone_expression();

  private:
    // parse_definition.cpp
    void definition(tree::Module& module);
    void pragma(tree::Module& module);
    void self(tree::Module& module);
    void routine(tree::Module& module, tree::RoutineKind kind);
    void constant(tree::Module& module);
    bool type_parameters(std::vector<tree::Name>& names);
    void structure(tree::Module& module);
    void enumeration(tree::Module& module);
    void union_of(tree::Module& module);
    void import(tree::Module& module);
    std::optional<tree::Name> dotted_name();
    bool parameters(std::vector<tree::Parameter>& parameters);
    bool body(tree::Block& body, Span& end);

    // parse_connector.cpp
    void connector(tree::Module& module);
    bool peer(tree::Connector& connector);
    bool peer_item(tree::Peer& peer);
    bool link(tree::Connector& connector);
    std::string string_here() const;

    // parse_type.cpp
    std::optional<tree::Type> type();
    std::optional<tree::Type> simple_type();
    bool type_argument(tree::Type& of);
    bool type_arguments(std::vector<tree::Type>& list);
    std::optional<tree::Type> tuple_type();
    // The token after what looks like a type at token number `at`, 0 if nothing does.
    std::size_t after_type(std::size_t at) const;
    std::size_t after_type_arguments(std::size_t at) const;
    bool at_declaration() const;
    bool at_type_word() const;  // u8, in, auto, …

    // habits.cpp: true when they have reported something.
    bool foreign_statement();
    bool foreign_operator();
    bool foreign_definition();
    std::size_t after_call() const;

    // parse_statement.cpp
    tree::StatementPtr statement();
    tree::StatementPtr statement_here();
    // The body of a compound statement.
    tree::StatementPtr nested_statement(std::string_view of);
    bool statements(std::vector<tree::StatementPtr>& statements, Span open);
    tree::StatementPtr block();
    tree::StatementPtr declaration();
    tree::StatementPtr channel();
    tree::StatementPtr start();
    tree::StatementPtr conditional();
    tree::StatementPtr loop();
    tree::StatementPtr iteration();
    void skip_head();
    tree::StatementPtr leave();
    tree::StatementPtr fork();
    tree::StatementPtr assertion();
    tree::StatementPtr simple();
    tree::StatementPtr labelled();
    tree::StatementPtr leap();
    tree::StatementPtr select();
    bool select_arm(tree::Select& select);
    tree::ExpressionPtr parenthesised(std::string_view of);

    // parse_expression.cpp
    tree::ExpressionPtr expression();
    tree::ExpressionPtr binary(int least_precedence);
    tree::ExpressionPtr unary();
    tree::ExpressionPtr postfix();
    tree::ExpressionPtr subscript(tree::ExpressionPtr of);
    tree::ExpressionPtr member(tree::ExpressionPtr of);
    tree::ExpressionPtr primary();
    tree::ExpressionPtr name_or_call();
    tree::ExpressionPtr parentheses();
    tree::ExpressionPtr array();
    tree::ExpressionPtr cast();
    tree::ExpressionPtr let();
    bool at_type_arguments() const;
    bool path(std::vector<tree::PathStep>& steps);
    tree::ExpressionPtr structure_literal(Span begin, std::vector<tree::PathStep> path);
    bool expressions(std::vector<tree::ExpressionPtr>& list, TokenKind close);
    template <typename Node>
    tree::ExpressionPtr make(Span span, Node node, std::uint32_t height = 1);

    // parser.cpp: tokens
    TokenKind kind(std::size_t ahead = 0) const;
    bool at(TokenKind wanted) const { return kind() == wanted; }
    bool at_word(std::string_view word, std::size_t ahead = 0) const;
    std::string_view text(std::size_t ahead = 0) const;
    Span here() const { return span(tokens_[at_]); }
    Span span(const Token& token) const { return {source_, token.begin, token.end()}; }
    // From there to the last token taken.
    Span since(Span begin) const;
    bool on_new_line() const;
    void take();
    bool accept(TokenKind wanted);
    // Takes the token, or reports that `where` it is missing.
    bool after_open_string() const;
    bool expect(TokenKind wanted, std::string_view where);
    bool expect_close_angle();
    bool expect_semicolon(std::string_view after);
    std::optional<tree::Name> expect_name(std::string_view of);
    std::string found() const;

    // parser.cpp: going on after an error
    template <diagnostics::Code code, typename... Arguments>
    diagnostics::Diagnostic& report(Span where, const Arguments&... arguments);
    void recover_statement();
    // Of the names from token number `begin` on nothing needs to be said any more.
    void excuse_names(std::size_t begin);
    void recover_definition();
    // Takes one token, or everything up to the bracket that closes it.
    void take_balanced();
    void stop();
    bool at_definition() const;
    // A word that only a statement begins with.
    bool at_statement_word() const;
    // Counts a node and a level of nesting for as long as it lives; false: stop here.
    class Level;
    bool count_node();

    std::string_view text_;
    std::uint32_t source_;
    Tokens tokens_;
    diagnostics::Diagnostics& diagnostics_;
    Limits limits_;
    std::size_t at_ = 0;
    std::uint32_t depth_ = 0;
    std::uint32_t nodes_ = 0;
    bool stopped_ = false;
    // Where an x++ may stand: the first token of the statement being read.
    std::size_t statement_begin_ = 0;
    // The variables that can be seen here, so that "a < b" compares and "f<b>(c)" calls.
    class Names;
    void know(const std::string& name) { names_.push_back(name); }
    bool is_variable(std::string_view name) const;
    std::vector<std::string> names_;
    std::vector<std::string> constants_;  // of the whole module
    std::optional<Span> version_;         // of the pragmas seen
    std::optional<Span> module_pragma_;
    tree::Module* module_ = nullptr;  // whose list of excused names grows
    diagnostics::Diagnostic ignored_{};
};

class Parser::Level {
  public:
    explicit Level(Parser& parser);
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    explicit operator bool() const { return !parser_.stopped_; }

  private:
    Parser& parser_;
};

// Forgets the variables declared during its life.
class Parser::Names {
  public:
    explicit Names(Parser& parser) : parser_(parser), count_(parser.names_.size()) {}
    ~Names() { parser_.names_.resize(count_); }
    Names(const Names&) = delete;
    Names& operator=(const Names&) = delete;

  private:
    Parser& parser_;
    std::size_t count_;
};

template <diagnostics::Code code, typename... Arguments>
diagnostics::Diagnostic& Parser::report(Span where, const Arguments&... arguments) {
    if (stopped_) {
        ignored_.notes.clear();
        return ignored_;
    }
    return diagnostics_.report<code>(where, arguments...);
}

template <typename Node>
tree::ExpressionPtr Parser::make(Span span, Node node, std::uint32_t height) {
    if (!count_node()) return nullptr;
    // Operators of one level nest to the left without any brackets.
    if (height > 4 * limits_.nesting_max) {
        report<diagnostics::Code::nesting_too_deep>(span, 4 * limits_.nesting_max);
        stop();
        return nullptr;
    }
    auto made = std::make_unique<tree::Expression>();
    made->span = span;
    made->height = height;
    made->node = std::move(node);
    return made;
}

}  // namespace reowolf::syntax
