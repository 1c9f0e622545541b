// SPDX-License-Identifier: MIT
#include "compiler/generator.hpp"

#include <algorithm>

#include "compiler/generate.hpp"
#include "compiler/last_use.hpp"

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

void Generator::jump(Span span, program::Instruction instruction, Label& to) {
    if (!reachable_) return;
    if (!to.at) to.uses.push_back(static_cast<std::uint32_t>(result_.code.size()));
    instruction.a = to.at.value_or(0);
    emit(span, instruction);
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

void Generator::drop(Span span, Slot slot, program::TypeId of) {
    if (pool_.layout(of).references.empty()) return;
    if (!program::is_aggregate(pool_[of].kind)) return drop(span, slot);
    emit(span, {.opcode = Opcode::clear_value, .a = slot, .d = of});
}

void Generator::move(Span span, Slot to, Slot from, program::TypeId of) {
    if (!program::is_aggregate(pool_[of].kind)) return move(span, to, from);
    if (to != from) emit(span, {.opcode = Opcode::copy_value, .a = to, .b = from, .d = of});
}

void Generator::take_value(Span span, Slot to, Slot from, program::TypeId of) {
    const TypeKind kind_of = pool_[of].kind;
    if (program::is_aggregate(kind_of)) {
        emit(span, {.opcode = Opcode::take_value, .a = to, .b = from, .d = of});
    } else {
        emit(span, {.opcode = program::is_reference(kind_of) ? Opcode::take_ref : Opcode::move,
                    .a = to,
                    .b = from});
    }
}

void Generator::release(Span span, Operand operand) {
    if (!operand.owned) return;
    drop(span, operand.slot, operand.type);
    give_back(operand.slot, operand.type);
}

std::vector<bool> Generator::pattern(program::TypeId of) const {
    const program::Layout& layout = pool_.layout(of);
    std::vector<bool> references(layout.slots, false);
    for (const std::uint32_t slot : layout.references) references[slot] = true;
    return references;
}

std::uint32_t Generator::field_offset(check::Term container, std::uint32_t field) {
    const program::Type& of = pool_[type(container)];
    std::uint32_t offset = 0;
    for (std::uint32_t i = 0; i < field; ++i) offset += pool_.layout(of.fields[i].type).slots;
    return offset;
}

Slot Generator::open_local(check::LocalId local) {
    return open_local(local, take(local_type(local)));
}

Slot Generator::open_local(check::LocalId local, Slot slot) {
    local_slots_[local] = slot;
    const std::uint32_t slots = pool_.layout(local_type(local)).slots;
    if (is_local_.size() < slot + slots) is_local_.resize(slot + slots);
    for (std::uint32_t i = 0; i < slots; ++i) is_local_[slot + i] = true;
    live_.push_back(local);
    return slot;
}

void Generator::close_locals(Span span, std::size_t live) {
    drop_locals(span, live);
    forget_locals(live);
}

void Generator::drop_locals(Span span, std::size_t live) {
    for (std::size_t i = live_.size(); i-- > live;) {
        drop(span, local_slots_[live_[i]], local_type(live_[i]));
    }
}

void Generator::forget_locals(std::size_t live) {
    while (live_.size() > live) {
        const Slot slot = local_slots_[live_.back()];
        const program::TypeId of = local_type(live_.back());
        for (std::uint32_t i = 0; i < pool_.layout(of).slots; ++i) is_local_[slot + i] = false;
        give_back(slot, of);
        live_.pop_back();
    }
}

program::Routine Generator::run() {
    result_.name = routine_.native.empty() ? routine_.name : routine_.native;
    result_.kind = routine_.kind;
    result_.span = routine_.span;
    result_.may_end = routine_.may_end;
    if (routine_.result) result_.result = type(*routine_.result);
    local_slots_.resize(routine_.locals.size());
    landings_.resize(routine_.labels);
    for (check::LocalId local = 0; local < routine_.parameters; ++local) {
        const check::Local& parameter = routine_.locals[local];
        result_.parameters.push_back({parameter.name, type(parameter.type)});
        open_local(local);
    }
    result_.parameter_slots = frame_.size();
    for (const check::StatementPtr& each : routine_.body.statements) statement(*each);
    if (routine_.kind != program::RoutineKind::function) {
        emit(routine_.end, {.opcode = Opcode::end});
    }
    result_.frame_slots = frame_.size();
    result_.references = frame_.references();
    return std::move(result_);
}

namespace {

// Numbers all constants, so that every routine can use every one.
void add_constants(check::Module& module, const std::vector<program::RoutineId>& numbers,
                   Pool& pool, Generated& to) {
    for (check::RoutineId id = 0; id < module.routines.size(); ++id) {
        const check::Routine& routine = module.routines[id];
        if (!routine.constant || routine.variant) continue;
        pool.add_constant(id, pool.type(*routine.result));
        to.origins.push_back({numbers[id], std::nullopt, 0});
    }
    for (check::DefinitionId id = 0; id < module.types.size(); ++id) {
        if (module.types[id].form != check::TypeForm::enumeration) continue;
        const auto& variants = module.types[id].shapes.begin()->second.variants;
        const bool computed = std::ranges::any_of(
            variants, [](const check::VariantShape& each) { return each.computed_by.has_value(); });
        if (!computed) continue;
        const program::TypeId type = pool.type(module.terms.named(id, {}));
        for (std::uint32_t number = 0; number < variants.size(); ++number) {
            const check::VariantShape& variant = variants[number];
            to.enums[type].push_back(variant.span);
            if (!variant.computed_by) continue;
            pool.add_constant(id, number, type);
            to.origins.push_back({numbers[*variant.computed_by], number, variant.value});
        }
    }
}

}  // namespace

Generated generate(check::Module module, std::vector<program::Type> types) {
    Generated made;
    program::Program& program = made.program;
    program.types = std::move(types);
    Pool pool(program, module);
    std::vector<program::RoutineId> numbers;
    program::RoutineId next = 0;
    for (const check::Routine& routine : module.routines) {
        numbers.push_back(routine.generic ? 0 : next++);
    }
    add_constants(module, numbers, pool, made);
    for (const check::Routine& routine : module.routines) {
        if (routine.generic) continue;
        program.routines.push_back(Generator(module, routine, pool, numbers).run());
    }
    // Calls need to know the routines that they call.
    for (program::Routine& routine : program.routines) move_last_uses(program, routine);
    if (module.connector) {
        const check::Connector& of = *module.connector;
        program::Connector connector;
        connector.name = of.name;
        connector.span = of.span;
        connector.self = of.self;
        connector.body = numbers[of.body];
        for (const check::Peer& peer : of.peers) {
            program::Peer site{peer.name, peer.address, peer.listen, peer.key,
                               peer.via,  {},           peer.span};
            for (const check::PeerPort& port : peer.ports) {
                site.ports.push_back({port.name, pool.type(port.type), port.span});
            }
            connector.peers.push_back(std::move(site));
        }
        for (const check::Link& link : of.links) {
            connector.links.push_back(
                {link.own.name, pool.type(link.own.type), link.peer, link.port, link.own.span});
        }
        program.connector = std::move(connector);
    }
    return made;
}

}  // namespace reowolf::compiler
