// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "check/checker.hpp"
#include "check/spelling.hpp"

namespace reowolf::check {

using program::RoutineKind;

namespace {

template <typename Node>
StatementPtr statement_of(Span span, Node node) {
    auto made = std::make_unique<Statement>();
    made->span = span;
    made->node = std::move(node);
    return made;
}

}  // namespace

void Checker::statements(const tree::Block& of, Block& to) {
    for (const tree::StatementPtr& each : of.statements) {
        if (diagnostics_.full()) return;
        if (auto made = statement(*each)) to.statements.push_back(std::move(made));
    }
}

StatementPtr Checker::statement(const tree::Statement& of) {
    return std::visit([&](const auto& node) { return check_statement(node, of.span); }, of.node);
}

StatementPtr Checker::nested(const tree::Statement& of) {
    const Scope scope(*this);
    StatementPtr made = statement(of);
    return made ? std::move(made) : statement_of(of.span, Block{});
}

StatementPtr Checker::check_statement(const tree::Skip&, Span) {
    return nullptr;
}

StatementPtr Checker::check_statement(const tree::Block& of, Span span) {
    const Scope scope(*this);
    Block block;
    statements(of, block);
    return statement_of(span, std::move(block));
}

StatementPtr Checker::check_statement(const tree::Declaration& of, Span span) {
    // Several variables of one declaration are several declarations in the same scope.
    Block several;
    several.scoped = false;
    for (const tree::Variable& variable : of.variables) {
        const Term declared =
            type(of.type, TypePlace::local, "the type of '" + variable.name.text + "'");
        ExpressionPtr initial;
        if (variable.value) {
            in_own_value_.push_back(variable.name.text);
            initial = value(*variable.value);
            in_own_value_.pop_back();
            expect(*initial, declared);
        } else {
            initial = invalid(variable.name.span);
            (void)terms().unify(declared, terms().invalid(), variable.name.span);
        }
        const LocalId local = declare(variable.name, declared);
        several.statements.push_back(statement_of(span, Declare{local, std::move(initial)}));
    }
    if (several.statements.size() == 1) return std::move(several.statements[0]);
    return statement_of(span, std::move(several));
}

std::optional<Place> Checker::place(const tree::Expression& of) {
    std::vector<const tree::Expression*> steps;
    const tree::Expression* base = &of;
    for (;;) {
        if (const auto* index = std::get_if<tree::Index>(&base->node)) {
            steps.push_back(base);
            base = index->of.get();
        } else if (const auto* member = std::get_if<tree::Member>(&base->node)) {
            const auto* name = std::get_if<tree::NameUse>(&member->of->node);
            if (name && !find_local(name->name) && peer_here(name->name)) {
                report<Code::cannot_assign>(of.span);
                return std::nullopt;
            }
            steps.push_back(base);
            base = member->of.get();
        } else {
            break;
        }
    }
    std::reverse(steps.begin(), steps.end());
    const auto* name = std::get_if<tree::NameUse>(&base->node);
    if (name == nullptr) {
        if (!std::holds_alternative<tree::Invalid>(base->node)) {
            report<Code::cannot_assign>(of.span);
        }
        return std::nullopt;
    }
    const auto local = find_local(name->name);
    if (!local) {
        const auto global = find_symbol(name->name);
        if (global && global->kind == SymbolKind::routine &&
            module_.routines[global->id].constant) {
            report<Code::constant_assigned>(base->span, name->name)
                .note<NoteCode::defined_here>(global->span, name->name);
        } else {
            (void)value(*base);
        }
        return std::nullopt;
    }
    Local& variable = routine().locals[*local];
    if (variable.name.find('.') != std::string::npos) {
        report<Code::cannot_assign>(of.span);
        return std::nullopt;
    }
    variable.assigned = true;
    Place result;
    result.local = *local;
    result.type = variable.type;
    for (const tree::Expression* each : steps) {
        PlaceStep step;
        step.container = result.type;
        if (const auto* member = std::get_if<tree::Member>(&each->node)) {
            const TermKind kind = terms().kind(result.type);
            if (member->member.text == "length" && kind != TermKind::named &&
                kind != TermKind::variable) {
                report<Code::cannot_assign>(of.span);
                return std::nullopt;
            }
            const FoundField found = field_of(result.type, member->member);
            step.field = found.field;
            result.type = found.type;
            result.steps.push_back(std::move(step));
            continue;
        }
        const auto& index = std::get<tree::Index>(each->node);
        step.index = value(*index.index);
        expect_integer(*step.index);
        const auto at = make(index.of->span, step.container, Invalid{});
        when_known(step.container, [this, container = step.container, where = of.span] {
            if (terms().kind(container) == TermKind::string) {
                report<Code::string_element_assigned>(where);
            }
        });
        result.type = element_of(step.container, *at, false);
        result.steps.push_back(std::move(step));
    }
    return result;
}

StatementPtr Checker::check_statement(const tree::Assignment& of, Span span) {
    auto to = place(*of.place);
    ExpressionPtr right = value(*of.value);
    if (!to) return nullptr;
    if (!of.op) {
        if (!terms().unify(right->type, to->type, right->span)) {
            const Local& local = routine().locals[to->local];
            if (!terms().contains_invalid(right->type) && !terms().contains_invalid(to->type)) {
                Diagnostic& said = report<Code::type_mismatch>(right->span, terms().name(to->type),
                                                               terms().name(right->type));
                note_type(said, *right);
                said.note<NoteCode::has_type>(local.span, local.name, terms().name(local.type));
                note_conflict(said);
            }
        }
        return statement_of(span, Assign{std::move(*to), std::nullopt, std::move(right)});
    }
    // As an expression, for its rules; then taken apart again.
    auto left = to->steps.empty() ? make(of.place->span, to->type, Use{to->local})
                                  : make(of.place->span, to->type, Invalid{});
    ExpressionPtr whole = binary(*of.op, std::move(left), std::move(right), span);
    ExpressionPtr operand = std::move(std::get<Binary>(whole->node).right);
    return statement_of(span, Assign{std::move(*to), of.op, std::move(operand)});
}

StatementPtr Checker::check_statement(const tree::Evaluation& of, Span span) {
    ExpressionPtr found = expression(*of.expression);
    // Also "f<u32>(x)" and "module::f(x)".
    const bool call = std::holds_alternative<tree::Call>(of.expression->node) ||
                      std::holds_alternative<Call>(found->node);
    const bool wrong =
        std::holds_alternative<Invalid>(found->node) || terms().contains_invalid(found->type);
    if (!call && !wrong) {
        report<Code::value_unused>(of.expression->span);
    }
    return statement_of(span, Evaluate{std::move(found)});
}

StatementPtr Checker::check_statement(const tree::If& of, Span span) {
    If node;
    {
        // What a pattern binds is known in the condition and the first branch.
        const Scope scope(*this);
        node.condition = let_condition(*of.condition);
        node.yes = nested(*of.yes);
    }
    if (of.no) node.no = nested(*of.no);
    return statement_of(span, std::move(node));
}

StatementPtr Checker::check_statement(const tree::While& of, Span span) {
    While node;
    const auto label = std::exchange(next_label_, std::nullopt);
    const Scope scope(*this);
    node.condition = let_condition(*of.condition);
    next_label_ = label;
    node.body = loop_body(*of.body);
    return statement_of(span, std::move(node));
}

StatementPtr Checker::check_statement(const tree::For& of, Span span) {
    const auto label = std::exchange(next_label_, std::nullopt);
    const Term declared = type(of.type, TypePlace::local, "the type of '" + of.name.text + "'");
    ExpressionPtr low = value(*of.low);
    ExpressionPtr high = of.high ? value(*of.high) : nullptr;
    const Term element = high ? low->type : element_of(low->type, *low, true);
    if (high) {
        expect_integer(*low);
        expect(*high, low->type);
    }
    const Scope scope(*this);
    if (!terms().unify(declared, element, of.name.span) && !terms().contains_invalid(element) &&
        !terms().contains_invalid(declared)) {
        report<Code::type_mismatch>(low->span, terms().name(declared), terms().name(element));
    }
    const LocalId local = declare(of.name, declared);
    next_label_ = label;
    StatementPtr body = loop_body(*of.body);
    if (!high) return statement_of(span, Each{local, std::move(low), std::move(body)});
    return statement_of(span, Range{local, std::move(low), std::move(high), std::move(body)});
}

StatementPtr Checker::loop_body(const tree::Statement& of) {
    const auto label = std::exchange(next_label_, std::nullopt);
    loops_.push_back(label ? label->text : std::string());
    StatementPtr body = nested(of);
    loops_.pop_back();
    return body;
}

StatementPtr Checker::loop_exit(std::string_view word, const std::optional<tree::Name>& label,
                                Span span, bool continues) {
    const std::size_t inside = loops_.size() - loops_outside_;
    std::size_t loop = 0;
    if (label) {
        while (loop < loops_.size() && loops_[loops_.size() - 1 - loop] != label->text) ++loop;
        if (loop == loops_.size()) {
            report<Code::no_such_loop>(label->span, label->text);
            return nullptr;
        }
    }
    if (loop < inside) {
        const auto number = static_cast<std::uint32_t>(loop);
        if (continues) return statement_of(span, Continue{number});
        return statement_of(span, Break{number});
    }
    if (sync_ && !loops_.empty()) {
        report<Code::leaves_sync>(span, word).note<NoteCode::sync_begins_here>(*sync_);
    } else {
        report<Code::outside_loop>(span, word);
    }
    return nullptr;
}

StatementPtr Checker::check_statement(const tree::Break& of, Span span) {
    return loop_exit("break", of.label, span, false);
}

StatementPtr Checker::check_statement(const tree::Continue& of, Span span) {
    return loop_exit("continue", of.label, span, true);
}

StatementPtr Checker::check_statement(const tree::Labelled& of, Span span) {
    const auto label = labels_.find(of.label.text);
    Block both;
    both.scoped = false;
    if (label != labels_.end()) {
        both.statements.push_back(statement_of(of.label.span, Labelled{label->second.first}));
    }
    const bool loop = std::holds_alternative<tree::While>(of.statement->node) ||
                      std::holds_alternative<tree::For>(of.statement->node);
    next_label_ = loop ? std::optional(of.label) : std::nullopt;
    if (auto inner = statement(*of.statement)) both.statements.push_back(std::move(inner));
    next_label_.reset();
    return statement_of(span, std::move(both));
}

StatementPtr Checker::check_statement(const tree::Goto& of, Span span) {
    const auto label = labels_.find(of.label.text);
    if (label != labels_.end()) return statement_of(span, Goto{label->second.first});
    std::vector<std::string_view> names;
    for (const auto& [name, found] : labels_) names.push_back(name);
    std::sort(names.begin(), names.end());
    report<Code::unknown_label>(of.label.span, of.label.text, did_you_mean(of.label.text, names));
    return nullptr;
}

StatementPtr Checker::check_statement(const tree::Select& of, Span span) {
    only_inside_sync("select", span);
    Select node;
    for (const tree::SelectArm& arm : of.arms) {
        const Scope scope(*this);
        Select::Arm made;
        std::vector<std::pair<const tree::SelectGet*, Term>> gets;
        for (const tree::SelectGet& get : arm.gets) {
            const auto* call = std::get_if<tree::Call>(&get.value->node);
            if (!call || call->callee.text != "get" || call->arguments.size() != 1) {
                report<Code::select_without_get>(get.value->span);
                (void)value(*get.value);
                gets.emplace_back(&get, terms().invalid());
                continue;
            }
            ExpressionPtr port = value(*call->arguments[0]);
            const Term message = port_message(*port, TermKind::in_port);
            made.ports.push_back(std::move(port));
            gets.emplace_back(&get, message);
        }
        for (const auto& [get, message] : gets) {
            const Term declared =
                type(get->type, TypePlace::local, "the type of '" + get->name.text + "'");
            if (!terms().unify(declared, message, get->value->span)) {
                mismatch(*make(get->value->span, message, Invalid{}), declared);
            }
            made.locals.push_back(declare(get->name, declared));
        }
        made.body = nested(*arm.body);
        node.arms.push_back(std::move(made));
    }
    return statement_of(span, std::move(node));
}

StatementPtr Checker::check_statement(const tree::Return& of, Span span) {
    ExpressionPtr result = of.value ? value(*of.value) : nullptr;
    if (sync_) {
        report<Code::leaves_sync>(span, "return").note<NoteCode::sync_begins_here>(*sync_);
    }
    if (routine().kind != RoutineKind::function) {
        if (result) {
            report<Code::return_value_in_component>(result->span, kind_name(routine().kind));
        }
        return statement_of(span, Return{});
    }
    const Term wanted = *routine().result;
    if (!result) {
        report<Code::return_value_missing>(span, terms().name(wanted));
        return statement_of(span, Return{invalid(span)});
    }
    if (!terms().unify(result->type, wanted, result->span) &&
        !terms().contains_invalid(result->type) && !terms().contains_invalid(wanted)) {
        Diagnostic& said = report<Code::type_mismatch>(result->span, terms().name(wanted),
                                                       terms().name(result->type));
        note_type(said, *result);
        said.note<NoteCode::result_here>(routine().result_span, routine().name,
                                         terms().name(wanted));
    }
    return statement_of(span, Return{std::move(result)});
}

StatementPtr Checker::check_statement(const tree::Assert& of, Span span) {
    return statement_of(span, Assert{condition(*of.condition)});
}

StatementPtr Checker::check_statement(const tree::Sync& of, Span span) {
    only_in({RoutineKind::primitive, RoutineKind::component}, "sync", span);
    if (sync_) {
        report<Code::sync_in_sync>(span).note<NoteCode::sync_begins_here>(*sync_);
        return nested(*of.body);
    }
    sync_ = span;
    loops_outside_ = loops_.size();
    StatementPtr body = nested(*of.body);
    loops_outside_ = 0;
    sync_.reset();
    return statement_of(span, Sync{std::move(body)});
}

StatementPtr Checker::check_statement(const tree::Fork& of, Span span) {
    only_inside_sync("fork", span);
    Fork node;
    for (const tree::StatementPtr& each : of.alternatives) {
        node.alternatives.push_back(nested(*each));
    }
    return statement_of(span, std::move(node));
}

StatementPtr Checker::check_statement(const tree::Channel& of, Span span) {
    const bool possible = only_outside_sync("channel", span);
    const std::string open_as =
        "the type of the messages of channel '" + of.out.text + " -> " + of.in.text + "'";
    const Term message = of.message ? type(*of.message, TypePlace::local, open_as)
                         : possible ? terms().variable(span, open_as)
                                    : terms().invalid();
    const LocalId out = declare(of.out, terms().port(TermKind::out_port, message));
    const LocalId in = declare(of.in, terms().port(TermKind::in_port, message));
    return statement_of(span, Channel{out, in, message});
}

StatementPtr Checker::check_statement(const tree::New& of, Span span) {
    only_outside_sync("new", span);
    const auto started = callee(of.path, true);
    Start node;
    node.arguments = values(of.arguments);
    if (of.peer) {
        if (routine().kind != RoutineKind::connector) {
            report<Code::placed_outside_connector>(of.peer->span);
        } else if (module_.connector) {
            node.peer = find_peer(*of.peer);
        }
    }
    if (!started) {
        give_up(node.arguments);
        return nullptr;
    }
    if (module_.routines[*started].constant) {
        report<Code::variable_called>(span, module_.routines[*started].name);
        return nullptr;
    }
    const auto called = signature(*started, of.path.back().arguments, span);
    if (!called) return nullptr;
    arguments(*called, node.arguments, span);
    node.routine = target(*started, *called, span);
    return statement_of(span, std::move(node));
}

}  // namespace reowolf::check
