// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "syntax/characters.hpp"
#include "syntax/parsing.hpp"

namespace reowolf::syntax {

using diagnostics::Code;
using diagnostics::NoteCode;

void Parser::definition(tree::Module& module) {
    switch (kind()) {
        case TokenKind::word_func:
            return routine(module, tree::RoutineKind::function);
        case TokenKind::word_primitive:
            return routine(module, tree::RoutineKind::primitive);
        case TokenKind::word_composite:
            return routine(module, tree::RoutineKind::composite);
        case TokenKind::word_comp:
            return routine(module, tree::RoutineKind::component);
        case TokenKind::word_const:
            return constant(module);
        case TokenKind::word_connector:
            return connector(module);
        case TokenKind::word_struct:
            return structure(module);
        case TokenKind::word_enum:
            return enumeration(module);
        case TokenKind::word_union:
            return union_of(module);
        case TokenKind::word_import:
            return import(module);
        case TokenKind::pragma:
            return pragma(module);
        case TokenKind::close_brace:
            report<Code::unmatched_brace>(here());
            return take();
        case TokenKind::semicolon:
            return take();
        default:
            break;
    }
    if (at_word("self") && kind(1) == TokenKind::name) return self(module);
    const std::size_t before = at_;
    if (!foreign_definition()) {
        report<Code::expected_definition>(here(), found());
        take_balanced();
        recover_definition();
    }
    excuse_names(before);
}

void Parser::pragma(tree::Module& module) {
    const Span where = here();
    std::string_view line = text().substr(1);
    take();
    const auto strip = [](std::string_view& of) {
        while (!of.empty() && (of[0] == ' ' || of[0] == '\t')) of.remove_prefix(1);
    };
    std::size_t begin = where.begin;
    while (begin > 0 && (text_[begin - 1] == ' ' || text_[begin - 1] == '\t')) --begin;
    const bool begins_line =
        begin == 0 || text_[begin - 1] == '\n' || text_.substr(0, begin) == byte_order_mark;
    if (!begins_line) report<Code::pragma_not_alone>(where);
    if (!module.definitions.empty() || module.self) report<Code::pragma_late>(where);
    const std::string_view word = line.substr(0, line.find_first_of(" \t"));
    line.remove_prefix(word.size());
    strip(line);
    std::optional<Span>& earlier = word == "version" ? version_ : module_pragma_;
    if (word != "version" && word != "module") {
        report<Code::unknown_pragma>(where, word);
        return;
    }
    if (earlier) {
        report<Code::repeated_pragma>(where, word).note<NoteCode::first_here>(*earlier);
        return;
    }
    earlier = where;
    if (word == "version") {
        constexpr std::array<std::string_view, 4> known = {"100", "110", "120", "200"};
        if (std::find(known.begin(), known.end(), line) == known.end()) {
            report<Code::unknown_version>(where, line);
        }
        return;
    }
    bool word_begins = true;
    for (const char c : line) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        const bool fits = letter || (word_begins ? false : (c >= '0' && c <= '9') || c == '.');
        if (!fits) {
            report<Code::malformed_module_name>(where, line);
            return;
        }
        word_begins = c == '.';
    }
    if (word_begins) {
        report<Code::malformed_module_name>(where, line);
        return;
    }
    module.name = tree::Name{std::string(line), where};
}

void Parser::self(tree::Module& module) {
    take();
    const auto name = expect_name("of a peer");
    if (!name) return recover_definition();
    if (module.self) {
        report<Code::repeated_self>(name->span).note<NoteCode::first_here>(module.self->span);
    } else {
        module.self = name;
    }
    if (!expect_semicolon("after 'self'")) recover_definition();
}

void Parser::routine(tree::Module& module, tree::RoutineKind kind_of_routine) {
    tree::Routine routine;
    routine.kind = kind_of_routine;
    const std::string keyword(text());
    take();
    auto name = expect_name("after '" + keyword + "'");
    if (!name) {
        take_balanced();
        return recover_definition();
    }
    routine.name = *name;
    const auto give_up = [&] {
        module.excused.push_back(name->text);
        recover_definition();
    };
    const Names names(*this);
    if (!type_parameters(routine.type_parameters)) return give_up();
    if (!parameters(routine.parameters)) return give_up();
    if (at(TokenKind::arrow)) {
        const Span arrow = here();
        take();
        auto result = type();
        if (!result) return give_up();
        if (kind_of_routine == tree::RoutineKind::function) {
            routine.result = std::move(result);
        } else {
            report<Code::component_with_result>(since(arrow), keyword);
        }
    } else if (kind_of_routine == tree::RoutineKind::function) {
        report<Code::function_without_result>(routine.name.span, routine.name.text);
        routine.result = tree::Type{};
    }
    if (kind_of_routine == tree::RoutineKind::primitive && at(TokenKind::semicolon)) {
        routine.is_native = true;
        routine.end = here();
        take();
        module.definitions.emplace_back(std::move(routine));
        return;
    }
    const bool closed = body(routine.body, routine.end);
    module.definitions.emplace_back(std::move(routine));
    if (!closed) recover_definition();
}

bool Parser::parameters(std::vector<tree::Parameter>& parameters) {
    if (!expect(TokenKind::open_paren, "before the parameters")) return false;
    while (!at(TokenKind::close_paren)) {
        auto of = type();
        if (!of) return false;
        auto name = expect_name("of a parameter, as in 'u32 n'");
        if (!name) return false;
        know(name->text);
        parameters.push_back({std::move(*of), std::move(*name)});
        if (!accept(TokenKind::comma)) break;
    }
    return expect(TokenKind::close_paren, "after the parameters");
}

bool Parser::body(tree::Block& body, Span& end) {
    const Span open = here();
    if (!expect(TokenKind::open_brace, "before the body")) return false;
    const bool closed = statements(body.statements, open);
    end = at_ > 0 ? span(tokens_[at_ - 1]) : open;
    return closed;
}

void Parser::constant(tree::Module& module) {
    take();
    auto of = type();
    if (!of) return recover_definition();
    auto name = expect_name("of a constant");
    if (!name) return recover_definition();
    tree::ExpressionPtr value;
    if (expect(TokenKind::assign, "after the name of a constant")) value = expression();
    if (value) {
        module.definitions.emplace_back(
            tree::Constant{std::move(*of), std::move(*name), std::move(value)});
    } else {
        module.excused.push_back(name->text);
        return recover_definition();
    }
    if (!expect_semicolon("after a constant")) recover_definition();
}

}  // namespace reowolf::syntax
