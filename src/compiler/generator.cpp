// SPDX-License-Identifier: MIT
#include "compiler/generator.hpp"

#include "compiler/generate.hpp"

namespace reowolf::compiler {

void Generator::emit(Span span, program::Instruction instruction) {
    if (!reachable_) return;
    result_.code.push_back(instruction);
    result_.spans.push_back(span);
    switch (instruction.opcode) {
        case Opcode::jump:
        case Opcode::ret:
        case Opcode::end:
            reachable_ = false;
            break;
        default:
            break;
    }
}

void Generator::constant(Span span, Slot to, std::uint64_t bits) {
    emit(span, {.opcode = Opcode::constant,
                .a = to,
                .c = static_cast<std::uint32_t>(bits),
                .d = static_cast<std::uint32_t>(bits >> 32)});
}

void Generator::jump(Span span, Label& to) {
    if (!reachable_) return;
    if (!to.at) to.uses.push_back(static_cast<std::uint32_t>(result_.code.size()));
    emit(span, {.opcode = Opcode::jump, .a = to.at.value_or(0)});
}

void Generator::bind(Label& label) {
    const auto here = static_cast<std::uint32_t>(result_.code.size());
    label.at = here;
    for (const std::uint32_t use : label.uses) result_.code[use].a = here;
    if (!label.uses.empty()) reachable_ = true;
}

void Generator::drop(Span span, Slot slot) {
    emit(span, {.opcode = Opcode::drop_ref, .a = slot});
}

void Generator::move(Span span, Slot to, Slot from) {
    if (to == from) return;
    emit(span,
         {.opcode = frame_.is_reference(to) ? Opcode::copy_ref : Opcode::move, .a = to, .b = from});
}

void Generator::release(Span span, Operand operand) {
    if (!operand.owned) return;
    if (frame_.is_reference(operand.slot)) drop(span, operand.slot);
    frame_.give_back(operand.slot);
}

Slot Generator::open_local(check::LocalId local, Slot slot) {
    local_slots_[local] = slot;
    if (is_local_.size() <= slot) is_local_.resize(slot + 1);
    is_local_[slot] = true;
    live_.push_back(local);
    return slot;
}

void Generator::close_locals(Span span, std::size_t live) {
    while (live_.size() > live) {
        const Slot slot = local_slots_[live_.back()];
        if (frame_.is_reference(slot)) drop(span, slot);
        is_local_[slot] = false;
        frame_.give_back(slot);
        live_.pop_back();
    }
}

program::Routine Generator::run() {
    result_.name = routine_.name;
    result_.kind = routine_.kind;
    result_.span = routine_.span;
    result_.may_end = routine_.may_end;
    if (routine_.result) result_.result = type(*routine_.result);
    local_slots_.resize(routine_.locals.size());
    for (check::LocalId local = 0; local < routine_.parameters; ++local) {
        const check::Local& parameter = routine_.locals[local];
        result_.parameters.push_back({parameter.name, type(parameter.type)});
        open_local(local, frame_.take(is_reference(parameter.type)));
    }
    for (const check::StatementPtr& each : routine_.body.statements) statement(*each);
    if (routine_.kind != program::RoutineKind::function) {
        emit(routine_.end, {.opcode = Opcode::end});
    }
    result_.frame_slots = frame_.size();
    result_.references = frame_.references();
    return std::move(result_);
}

program::Program generate(const check::Module& module, std::vector<program::Type> types) {
    program::Program program;
    program.types = std::move(types);
    Pool pool(program);
    for (const check::Routine& routine : module.routines) {
        program.routines.push_back(Generator(module, routine, pool).run());
    }
    if (module.connector) {
        const check::Connector& of = *module.connector;
        program::Connector connector;
        connector.name = of.name;
        connector.span = of.span;
        connector.self = of.self;
        connector.body = of.body;
        for (const check::Peer& peer : of.peers) {
            program::Peer made{peer.name, peer.address, peer.listen, {}, peer.span};
            for (const check::PeerPort& port : peer.ports) {
                made.ports.push_back({port.name, pool.type(module.terms, port.type), port.span});
            }
            connector.peers.push_back(std::move(made));
        }
        program.connector = std::move(connector);
    }
    return program;
}

}  // namespace reowolf::compiler
