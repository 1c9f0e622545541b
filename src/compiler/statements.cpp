// SPDX-License-Identifier: MIT
#include "compiler/generator.hpp"

namespace reowolf::compiler {

using check::BinaryOperator;

void Generator::statement(const check::Statement& of) {
    std::visit([&](const auto& node) { translate(node, of.span); }, of.node);
}

void Generator::translate(const check::Block& of, Span span) {
    const std::size_t live = live_.size();
    for (const check::StatementPtr& each : of.statements) statement(*each);
    if (of.scoped) close_locals(span, live);
}

void Generator::translate(const check::Declare& of, Span) {
    // A temporary until it has its value, so that it may be built in place.
    const Slot slot = frame_.take(is_reference(routine_.locals[of.local].type));
    into(*of.value, slot);
    open_local(of.local, slot);
}

void Generator::translate(const check::Assign& of, Span span) {
    if (!of.place.indices.empty()) return assign_element(of, span);
    const Slot to = local_slots_[of.place.local];
    if (!of.op) return into(*of.value, to);
    const Operand right = value(*of.value);
    operation(span, *of.op, of.place.type, of.value->type, to, to, right.slot);
    release(span, right);
}

// The arrays on the way to the element are moved out of each other, so that they are unshared and
// are changed in place, and moved back in.
void Generator::assign_element(const check::Assign& of, Span span) {
    const check::Place& place = of.place;
    const bool reference = is_reference(place.type);
    std::vector<Operand> indices;
    for (const check::ExpressionPtr& each : place.indices) indices.push_back(value(*each));
    const bool stored_as_it_is = !of.op;
    Operand right = stored_as_it_is && reference ? owned(*of.value) : value(*of.value);

    const auto step = [&](Opcode opcode, std::size_t level, Slot a, Slot b, Slot c) {
        emit(span, {.opcode = opcode,
                    .kind = kind(place.indices[level]->type),
                    .a = a,
                    .b = b,
                    .c = c,
                    .d = type(place.types[level])});
    };
    std::vector<Slot> containers = {local_slots_[place.local]};
    const std::size_t last = place.indices.size() - 1;
    for (std::size_t level = 0; level < last; ++level) {
        const Slot inner = frame_.take(true);
        step(Opcode::take_index, level, inner, containers.back(), indices[level].slot);
        containers.push_back(inner);
    }
    if (of.op) {
        const Slot element = frame_.take(reference);
        step(reference ? Opcode::take_index : Opcode::index, last, element, containers.back(),
             indices[last].slot);
        operation(span, *of.op, place.type, of.value->type, element, element, right.slot);
        step(Opcode::set_index, last, containers.back(), indices[last].slot, element);
        frame_.give_back(element);
        release(span, right);
    } else {
        step(Opcode::set_index, last, containers.back(), indices[last].slot, right.slot);
        // Taken, if it was a reference.
        if (right.owned) frame_.give_back(right.slot);
    }
    for (std::size_t level = last; level-- > 0;) {
        step(Opcode::set_index, level, containers[level], indices[level].slot,
             containers[level + 1]);
        frame_.give_back(containers[level + 1]);
    }
    for (const Operand& index : indices) release(span, index);
}

void Generator::translate(const check::Evaluate& of, Span span) {
    const bool nothing = module_.terms.kind(of.expression->type) == check::TermKind::nothing;
    if (nothing) return into(*of.expression, 0);
    release(span, value(*of.expression));
}

void Generator::translate(const check::If& of, Span span) {
    Label no;
    Label done;
    branch(*of.condition, no, false);
    const std::size_t live = live_.size();
    statement(*of.yes);
    close_locals(span, live);
    if (of.no) jump(span, done);
    bind(no);
    if (of.no) {
        statement(*of.no);
        close_locals(span, live);
    }
    bind(done);
}

void Generator::leave_loop(Span span, Label& to) {
    for (std::size_t i = live_.size(); i-- > loops_.back().live;) {
        const Slot slot = local_slots_[live_[i]];
        if (frame_.is_reference(slot)) drop(span, slot);
    }
    jump(span, to);
}

void Generator::translate(const check::While& of, Span span) {
    Label body;
    Label test;
    Label done;
    const auto* literal = std::get_if<check::Number>(&of.condition->node);
    const bool endless = literal != nullptr && literal->bits == 1;
    const bool entered = reachable_;
    if (!endless) jump(of.condition->span, test);
    bind(body);
    reachable_ = entered;
    loops_.push_back({&done, endless ? &body : &test, live_.size()});
    statement(*of.body);
    close_locals(span, loops_.back().live);
    loops_.pop_back();
    if (endless) {
        jump(span, body);
    } else {
        bind(test);
        branch(*of.condition, body, true);
    }
    bind(done);
}

Generator::Operand Generator::fixed(const check::Expression& of) {
    const auto* use = std::get_if<check::Use>(&of.node);
    if (use != nullptr && !routine_.locals[use->local].assigned) return value(of);
    return owned(of);
}

void Generator::translate(const check::Range& of, Span span) {
    const check::Local& variable = routine_.locals[of.local];
    const std::size_t outside = live_.size();
    const TypeKind counted = kind(variable.type);
    // The bounds first: they may use what the variable's slot held.
    const Operand low = owned(*of.low);
    const Operand limit = fixed(*of.high);
    const Slot own =
        open_local(of.local, frame_.take(is_reference(routine_.locals[of.local].type)));
    const Slot counter = variable.assigned ? frame_.take(false) : own;
    const Slot one = frame_.take(false);
    const Slot less = frame_.take(false);
    Label body;
    Label next;
    Label test;
    Label done;
    move(of.low->span, counter, low.slot);
    release(span, low);
    constant(span, one, 1);
    const bool entered = reachable_;
    jump(span, test);
    bind(body);
    reachable_ = entered;
    move(span, own, counter);
    loops_.push_back({&done, &next, live_.size()});
    statement(*of.body);
    close_locals(span, loops_.back().live);
    loops_.pop_back();
    bind(next);
    emit(span, {.opcode = Opcode::add, .kind = counted, .a = counter, .b = counter, .c = one});
    bind(test);
    emit(span, {.opcode = Opcode::lt, .kind = counted, .a = less, .b = counter, .c = limit.slot});
    if (reachable_) {
        emit(span, {.opcode = Opcode::jump_if, .a = *body.at, .b = less});
    }
    bind(done);
    release(span, limit);
    frame_.give_back(one);
    frame_.give_back(less);
    if (variable.assigned) frame_.give_back(counter);
    close_locals(span, outside);
}

void Generator::translate(const check::Each& of, Span span) {
    const std::size_t outside = live_.size();
    const Operand all = fixed(*of.of);
    const Slot own =
        open_local(of.local, frame_.take(is_reference(routine_.locals[of.local].type)));
    const Slot counter = frame_.take(false);
    const Slot limit = frame_.take(false);
    const Slot one = frame_.take(false);
    const Slot less = frame_.take(false);
    Label body;
    Label next;
    Label test;
    Label done;
    constant(span, counter, 0);
    constant(span, one, 1);
    emit(span, {.opcode = Opcode::length, .a = limit, .b = all.slot});
    const bool entered = reachable_;
    jump(span, test);
    bind(body);
    reachable_ = entered;
    emit(span, {.opcode = Opcode::index,
                .kind = TypeKind::u32,
                .a = own,
                .b = all.slot,
                .c = counter,
                .d = type(of.of->type)});
    loops_.push_back({&done, &next, live_.size()});
    statement(*of.body);
    close_locals(span, loops_.back().live);
    loops_.pop_back();
    bind(next);
    emit(span,
         {.opcode = Opcode::add, .kind = TypeKind::u32, .a = counter, .b = counter, .c = one});
    bind(test);
    emit(span, {.opcode = Opcode::lt, .kind = TypeKind::u32, .a = less, .b = counter, .c = limit});
    if (reachable_) {
        emit(span, {.opcode = Opcode::jump_if, .a = *body.at, .b = less});
    }
    bind(done);
    for (const Slot slot : {counter, limit, one, less}) frame_.give_back(slot);
    close_locals(span, outside);
    release(span, all);
}

void Generator::translate(const check::Break&, Span span) {
    leave_loop(span, *loops_.back().on_break);
}

void Generator::translate(const check::Continue&, Span span) {
    leave_loop(span, *loops_.back().on_continue);
}

void Generator::translate(const check::Return& of, Span span) {
    if (routine_.kind != program::RoutineKind::function) {
        return emit(span, {.opcode = Opcode::end});
    }
    // The frame is given up with it, so that what it holds need not be dropped, nor copied.
    const Operand result = value(*of.value);
    emit(span, {.opcode = Opcode::ret, .a = result.slot});
    if (result.owned) frame_.give_back(result.slot);
}

void Generator::translate(const check::Assert& of, Span span) {
    const Operand condition = value(*of.condition);
    emit(span, {.opcode = Opcode::assert, .a = condition.slot});
    release(span, condition);
}

void Generator::translate(const check::Sync& of, Span span) {
    const std::size_t live = live_.size();
    emit(span, {.opcode = Opcode::sync_begin});
    statement(*of.body);
    close_locals(span, live);
    emit(span, {.opcode = Opcode::sync_end});
}

void Generator::translate(const check::Fork& of, Span span) {
    const std::size_t live = live_.size();
    if (!reachable_) return;
    std::vector<Label> alternatives(of.alternatives.size());
    Label done;
    emit(span, {.opcode = Opcode::fork, .a = static_cast<std::uint32_t>(of.alternatives.size())});
    for (Label& each : alternatives) {
        reachable_ = true;
        jump(span, each);
    }
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
        bind(alternatives[i]);
        statement(*of.alternatives[i]);
        close_locals(span, live);
        jump(span, done);
    }
    bind(done);
}

void Generator::translate(const check::Channel& of, Span span) {
    const Slot out = open_local(of.out, frame_.take(false));
    const Slot in = open_local(of.in, frame_.take(false));
    emit(span, {.opcode = Opcode::channel, .a = out, .b = in, .d = type(of.message)});
}

void Generator::translate(const check::Start& of, Span span) {
    const Block arguments = block(of.arguments, 0, of.arguments.size());
    emit(span, {.opcode = Opcode::spawn,
                .a = of.routine,
                .b = arguments.references.empty() ? 0 : arguments.first,
                .c = static_cast<std::uint32_t>(of.arguments.size()),
                .d = of.peer ? *of.peer + 1 : 0});
    frame_.give_back_block(arguments.first, arguments.references);
}

}  // namespace reowolf::compiler
