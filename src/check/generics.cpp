// SPDX-License-Identifier: MIT
// Generic routines: what a use asks for, and the instances that are checked and compiled for it.
#include "check/checker.hpp"

namespace reowolf::check {

std::optional<Checker::Signature> Checker::signature(RoutineId id,
                                                     const std::vector<tree::Type>& given,
                                                     Span span) {
    const Routine& found = module_.routines[id];
    Signature made;
    made.name = found.name;
    made.span = found.span;
    const RoutineSource& source = routine_sources_[id];
    const std::size_t wanted =
        source.routine && found.generic ? source.routine->type_parameters.size() : 0;
    if (!given.empty() && given.size() != wanted) {
        report<Code::type_argument_count>(span, found.name, wanted, wanted == 1 ? "" : "s",
                                          given.size())
            .note<NoteCode::defined_here>(found.span, found.name);
        return std::nullopt;
    }
    if (wanted == 0) {
        for (LocalId local = 0; local < found.parameters; ++local) {
            const Local& parameter = found.locals[local];
            made.parameters.push_back({parameter.name, parameter.span, parameter.type});
        }
        made.result = found.result;
        return made;
    }
    Surroundings around{source.surroundings.module, {}};
    for (std::size_t i = 0; i < wanted; ++i) {
        const std::string& name = source.routine->type_parameters[i].text;
        const std::string what = "type argument '" + name + "' of '" + found.name + "'";
        const Term argument =
            given.empty() ? terms().variable(span, what) : type(given[i], TypePlace::local, what);
        made.type_arguments.push_back(argument);
        around.types.emplace(name, argument);
    }
    std::swap(here_, around);
    for (const tree::Parameter& parameter : source.routine->parameters) {
        made.parameters.push_back({parameter.name.text, parameter.name.span,
                                   type(parameter.type, TypePlace::parameter, "")});
    }
    if (source.routine->result) {
        made.result = type(*source.routine->result, TypePlace::result, "");
    }
    std::swap(here_, around);
    return made;
}

Later<RoutineId> Checker::target(RoutineId id, const Signature& of, Span span) {
    const Later<RoutineId> made = id;
    if (!of.type_arguments.empty()) calls_.push_back({made, id, of.type_arguments, span});
    return made;
}

ExpressionPtr Checker::call(RoutineId id, const std::vector<tree::Type>& types,
                            const std::vector<tree::ExpressionPtr>& arguments_of, Span span) {
    std::vector<ExpressionPtr> given = values(arguments_of);
    const auto called = signature(id, types, span);
    if (!called) return invalid(span);
    arguments(*called, given, span);
    return make(span, called->result.value_or(terms().invalid()),
                Call{target(id, *called, span), std::move(given)});
}

// At the end of a routine, when the type arguments of what it uses are settled.
void Checker::make_instances() {
    for (const PendingCall& each : std::exchange(calls_, {})) {
        if (const auto made = instance(each.generic, each.arguments, each.span)) {
            each.target.settle(*made);
        }
    }
}

std::optional<RoutineId> Checker::instance(RoutineId generic, std::vector<Term> arguments,
                                           Span span) {
    for (Term& each : arguments) {
        if (terms().contains_invalid(each)) return std::nullopt;
        each = terms().ground(each);
        if (!require(each, span)) return std::nullopt;
    }
    const auto key = std::pair(generic, arguments);
    if (const auto known = instances_.find(key); known != instances_.end()) return known->second;
    if (instances_.size() >= limits_.instances_max) {
        if (!std::exchange(too_many_instances_, true)) {
            report<Code::too_many_instances>(span, limits_.instances_max);
        }
        return std::nullopt;
    }
    const RoutineId id = static_cast<RoutineId>(module_.routines.size());
    instances_.emplace(key, id);
    const tree::Routine& of = *routine_sources_[generic].routine;
    RoutineSource source = routine_sources_[generic];
    source.used_at = span;
    source.surroundings.types.clear();
    Routine made;
    made.name = of.name.text + '<';
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (i > 0) made.name += ", ";
        made.name += terms().name(arguments[i]);
        source.surroundings.types.emplace(of.type_parameters[i].text, arguments[i]);
    }
    made.name += '>';
    made.span = of.name.span;
    made.kind = module_.routines[generic].kind;
    made.native = module_.routines[generic].native;
    made.end = of.end;
    const Surroundings before = std::exchange(here_, source.surroundings);
    routine_sources_.push_back(std::move(source));
    collect_routine(of, made);
    here_ = before;
    module_.routines.push_back(std::move(made));
    return id;
}

}  // namespace reowolf::check
