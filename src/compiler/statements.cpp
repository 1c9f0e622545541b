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
    const Slot slot = take(local_type(of.local));
    into(*of.value, slot);
    open_local(of.local, slot);
}

void Generator::translate(const check::Assign& of, Span span) {
    if (!of.place.steps.empty()) return assign_place(of, span);
    const Slot to = local_slots_[of.place.local];
    if (!of.op) return into(*of.value, to);
    operation_with(span, *of.op, of.place.type, to, to, *of.value);
}

// The elements on the way to the place are moved out of their arrays, so that what they hold is
// unshared and is changed in place, and moved back in.
void Generator::assign_place(const check::Assign& of, Span span) {
    const check::Place& place = of.place;
    const program::TypeId stored = type(place.type);
    std::vector<Operand> indices;
    bool any_index = false;
    for (const check::PlaceStep& each : place.steps) {
        indices.push_back(each.index ? value(*each.index) : Operand{});
        any_index = any_index || each.index != nullptr;
    }
    if (!any_index) {
        Slot to = local_slots_[place.local];
        for (const check::PlaceStep& each : place.steps) {
            to += field_offset(each.container, each.field);
        }
        if (!of.op) return into(*of.value, to);
        return operation_with(span, *of.op, place.type, to, to, *of.value);
    }
    if (const auto direct = direct_place(place)) {
        Slot array = local_slots_[place.local];
        for (std::size_t i = 0; i < direct->first; ++i) {
            array += field_offset(place.steps[i].container, place.steps[i].field);
        }
        return assign_directly(of, span, *direct, array, indices);
    }
    const bool by_index = place.steps.back().index != nullptr;
    // set_index takes what it stores.
    const bool holds_references = !pool_.layout(stored).references.empty();
    const bool is_taken = !of.op && holds_references;
    const Operand right = is_taken ? owned(*of.value) : value(*of.value);

    const auto step = [&](Opcode opcode, std::size_t level, Slot a, Slot b, Slot c) {
        emit(span, {.opcode = opcode,
                    .kind = kind(place.steps[level].index->type),
                    .a = a,
                    .b = b,
                    .c = c,
                    .d = type(place.steps[level].container)});
    };
    struct Moved {
        std::size_t level;
        Slot container;
        Slot element;
        program::TypeId type;
    };
    std::vector<Moved> moved;
    Slot at = local_slots_[place.local];
    for (std::size_t level = 0; level < place.steps.size(); ++level) {
        const check::PlaceStep& each = place.steps[level];
        if (!each.index) {
            at += field_offset(each.container, each.field);
            continue;
        }
        const bool last = level + 1 == place.steps.size();
        if (last && !of.op) break;
        const program::TypeId element = pool_[type(each.container)].element;
        const Slot inner = take(element);
        const bool moves = !pool_.layout(element).references.empty();
        step(moves ? Opcode::take_index : Opcode::index, level, inner, at, indices[level].slot);
        moved.push_back({level, at, inner, element});
        at = inner;
    }
    const std::size_t last = place.steps.size() - 1;
    if (of.op) {
        operation(span, *of.op, place.type, of.value->type, at, at, right.slot);
        release(span, right);
    } else if (by_index) {
        step(Opcode::set_index, last, at, indices[last].slot, right.slot);
        // Taken, if it held references.
        if (right.owned) give_back(right.slot, right.type);
    } else {
        if (right.owned) {
            take_value(span, at, right.slot, stored);
            give_back(right.slot, right.type);
        } else {
            move(span, at, right.slot, stored);
        }
    }
    while (!moved.empty()) {
        const Moved& each = moved.back();
        step(Opcode::set_index, each.level, each.container, indices[each.level].slot, each.element);
        give_back(each.element, each.type);
        moved.pop_back();
    }
    for (std::size_t i = 0; i < indices.size(); ++i) {
        if (place.steps[i].index) release(span, indices[i]);
    }
}

void Generator::translate(const check::Evaluate& of, Span span) {
    const bool nothing = module_.terms.kind(of.expression->type) == check::TermKind::nothing;
    if (nothing) return into(*of.expression, 0);
    release(span, value(*of.expression));
}

void Generator::translate(const check::If& of, Span span) {
    Label no;
    Label unbound;
    Label done;
    const std::size_t outside = live_.size();
    branch_binding(*of.condition, no, unbound);
    const std::size_t live = live_.size();
    statement(*of.yes);
    close_locals(span, live);
    // What the condition has bound ends on both ways.
    drop_locals(span, outside);
    const bool binds = live > outside;
    if (of.no || binds) jump(span, done);
    bind(no);
    drop_locals(span, outside);
    bind(unbound);
    if (of.no) {
        statement(*of.no);
        close_locals(span, live);
    }
    bind(done);
    forget_locals(outside);
}

void Generator::leave_loop(Span span, const Loop& loop, Label& to) {
    drop_locals(span, loop.live);
    jump(span, to);
}

namespace {

bool matches(const check::Expression& condition) {
    if (std::holds_alternative<check::Let>(condition.node)) return true;
    const auto* both = std::get_if<check::Binary>(&condition.node);
    return both != nullptr && both->op == BinaryOperator::logical_and &&
           (matches(*both->left) || matches(*both->right));
}

}  // namespace

// With a condition that binds: tested at the top.
void Generator::translate_matching(const check::While& of, Span span) {
    Label test;
    Label no;
    Label unbound;
    Label done;
    const std::size_t outside = live_.size();
    const bool entered = reachable_;
    bind(test);
    reachable_ = entered;
    branch_binding(*of.condition, no, unbound);
    const std::size_t live = live_.size();
    loops_.push_back({&done, &test, outside});
    statement(*of.body);
    close_locals(span, live);
    drop_locals(span, outside);
    jump(span, test);
    loops_.pop_back();
    bind(no);
    drop_locals(span, outside);
    bind(unbound);
    bind(done);
    forget_locals(outside);
}

void Generator::translate(const check::While& of, Span span) {
    if (matches(*of.condition)) return translate_matching(of, span);
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
    const Slot own = open_local(of.local);
    const Slot counter = variable.assigned ? frame_.take(false) : own;
    Label body;
    Label next;
    Label done;
    move(of.low->span, counter, low.slot);
    release(span, low);
    jump(span, {.opcode = Opcode::jump_le, .kind = counted, .b = limit.slot, .c = counter}, done);
    bind(body);
    move(span, own, counter);
    loops_.push_back({&done, &next, live_.size()});
    statement(*of.body);
    close_locals(span, loops_.back().live);
    loops_.pop_back();
    bind(next);
    jump(span, {.opcode = Opcode::count_up, .kind = counted, .b = counter, .c = limit.slot}, body);
    bind(done);
    release(span, limit);
    if (variable.assigned) frame_.give_back(counter);
    close_locals(span, outside);
}

void Generator::translate(const check::Each& of, Span span) {
    const std::size_t outside = live_.size();
    const Operand all = fixed(*of.of);
    const Slot own = open_local(of.local);
    const Slot counter = frame_.take(false);
    const Slot limit = frame_.take(false);
    Label body;
    Label next;
    Label done;
    constant(span, counter, 0);
    emit(span, {.opcode = Opcode::length, .a = limit, .b = all.slot});
    jump(span, {.opcode = Opcode::jump_le, .kind = TypeKind::u32, .b = limit, .c = counter}, done);
    bind(body);
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
    jump(span, {.opcode = Opcode::count_up, .kind = TypeKind::u32, .b = counter, .c = limit}, body);
    bind(done);
    for (const Slot slot : {counter, limit}) frame_.give_back(slot);
    close_locals(span, outside);
    release(span, all);
}

void Generator::translate(const check::Break& of, Span span) {
    const Loop& loop = loops_[loops_.size() - 1 - of.loop];
    leave_loop(span, loop, *loop.on_break);
}

void Generator::translate(const check::Continue& of, Span span) {
    const Loop& loop = loops_[loops_.size() - 1 - of.loop];
    leave_loop(span, loop, *loop.on_continue);
}

void Generator::translate(const check::Goto& of, Span span) {
    if (!reachable_) return;
    Landing& landing = landings_[of.label];
    if (landing.label.at) {
        drop_locals(span, landing.live);
        return jump(span, landing.label);
    }
    landing.waiting.push_back({{}, live_});
    jump(span, landing.waiting.back().drops);
}

void Generator::translate(const check::Labelled& of, Span span) {
    Landing& landing = landings_[of.label];
    landing.live = live_.size();
    jump(span, landing.label);
    for (Waiting& each : landing.waiting) {
        bind(each.drops);
        for (std::size_t i = each.live.size(); i-- > landing.live;) {
            drop(span, local_slots_[each.live[i]], local_type(each.live[i]));
        }
        jump(span, landing.label);
    }
    bind(landing.label);
    // A jump may come back here from further on.
    reachable_ = true;
}

void Generator::translate(const check::Select& of, Span span) {
    if (!reachable_) return;
    const std::size_t live = live_.size();
    std::vector<Label> alternatives(of.arms.size());
    Label done;
    emit(span, {.opcode = Opcode::fork, .a = static_cast<std::uint32_t>(of.arms.size())});
    // Where a jump of the table stands is where its alternative begins, for those who trace.
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
        reachable_ = true;
        jump(of.arms[i].ports.empty() ? span : of.arms[i].ports[0]->span, alternatives[i]);
    }
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
        const check::Select::Arm& arm = of.arms[i];
        bind(alternatives[i]);
        for (std::size_t n = 0; n < arm.ports.size(); ++n) {
            const Operand port = value(*arm.ports[n]);
            const Slot to = take(local_type(arm.locals[n]));
            emit(arm.ports[n]->span,
                 {.opcode = Opcode::get, .a = to, .b = port.slot, .d = local_type(arm.locals[n])});
            release(span, port);
            open_local(arm.locals[n], to);
        }
        statement(*arm.body);
        close_locals(span, live);
        jump(span, done);
    }
    bind(done);
}

void Generator::translate(const check::Return& of, Span span) {
    if (routine_.kind != program::RoutineKind::function) {
        return emit(span, {.opcode = Opcode::end});
    }
    // The frame is given up with it, so that what it holds need not be dropped, nor copied.
    const Operand result = value(*of.value);
    emit(span, {.opcode = Opcode::ret, .a = result.slot});
    if (result.owned) give_back(result.slot, result.type);
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
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
        reachable_ = true;
        jump(of.alternatives[i]->span, alternatives[i]);
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
    const Slot out = open_local(of.out);
    const Slot in = open_local(of.in);
    const auto name = [&](check::LocalId local) { return pool_.text(routine_.locals[local].name); };
    emit(span, {.opcode = Opcode::channel,
                .a = out,
                .b = in,
                .c = name(of.out),
                .d = type(of.message),
                .e = name(of.in)});
}

void Generator::translate(const check::Start& of, Span span) {
    const Block arguments = block(of.arguments, 0, of.arguments.size());
    emit(span, {.opcode = Opcode::spawn,
                .a = numbers_[of.routine],
                .b = arguments.references.empty() ? 0 : arguments.first,
                .c = static_cast<std::uint32_t>(of.arguments.size()),
                .d = of.peer ? *of.peer + 1 : 0});
    frame_.give_back_block(arguments.first, arguments.references);
}

}  // namespace reowolf::compiler
