// SPDX-License-Identifier: MIT
// The interpreter: one loop over the instructions of one state.
#include "machine/machine.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "machine/arithmetic.hpp"
#include "machine/arrays.hpp"
#include "machine/failure.hpp"

namespace reowolf::machine {
namespace {

using program::Instruction;
using program::Opcode;
using program::Program;
using program::Routine;
using program::Type;
using program::TypeKind;

// An instruction that moves data is charged as one more for each of these.
constexpr std::uint64_t bytes_per_instruction = 64;

void charge(std::uint32_t& budget, std::uint64_t bytes) {
    const std::uint64_t cost = bytes / bytes_per_instruction;
    budget = cost < budget ? budget - static_cast<std::uint32_t>(cost) : 0;
}

void set_reference(Slot& slot, Block* block) {
    release(std::exchange(slot.block, block));
}

Value copy_value(TypeKind kind, Slot slot) {
    if (!is_reference(kind)) return Value::scalar(slot.bits);
    retain(slot.block);
    return Value::adopt(slot.block);
}

Value take_value(TypeKind kind, Slot& slot) {
    if (!is_reference(kind)) return Value::scalar(slot.bits);
    return Value::adopt(std::exchange(slot.block, nullptr));
}

// Of the elements of a string or array.
TypeKind element_kind(const Program& program, program::TypeId id) {
    const Type& type = program.types[id];
    return type.kind == TypeKind::string ? TypeKind::character : program.types[type.element].kind;
}

bool text_before(const Block* left, const Block* right) {
    const std::uint32_t shared = std::min(length_of(left), length_of(right));
    if (shared > 0) {
        const int order = std::memcmp(left->data(), right->data(), shared);
        if (order != 0) return order < 0;
    }
    return length_of(left) < length_of(right);
}

// Takes the elements from the slots, or leaves all as it is and returns null.
Block* gather(TypeKind element, Slot* slots, std::uint32_t count, std::size_t bytes_max) {
    std::uint64_t nested = 0;
    if (is_reference(element)) {
        for (std::uint32_t i = 0; i < count; ++i) nested += total_bytes(slots[i].block);
    }
    if (nested + std::uint64_t{count} * program::element_size(element) > bytes_max) return nullptr;
    Block* block = make_block(element, count, bytes_max);
    if (!block) return nullptr;
    block->nested_bytes = nested;
    for (std::uint32_t i = 0; i < count; ++i) store(block, i, slots[i]);
    if (is_reference(element)) std::fill_n(slots, count, Slot{});
    return block;
}

// Bytes that append() moves.
std::uint64_t append_cost(const Block* left, const Block* right, bool in_place) {
    const std::uint64_t added = std::uint64_t{right->length} * right->element_bytes;
    const bool has_room = left->capacity - left->length >= right->length;
    if (in_place && has_room && is_unique(left)) return added;
    return added + std::uint64_t{left->length} * left->element_bytes;
}

}  // namespace

Machine::Machine(const Program& program, const Limits& limits)
    : program_(&program), limits_(limits) {
    texts_.reserve(program.texts.size());
    for (const std::string& text : program.texts) texts_.push_back(Value::text(text));
}

bool Machine::print_line(const Slot* slots, const Instruction& instruction,
                         std::string& line) const {
    const std::vector<program::TypeId>& types = program_->type_lists[instruction.d];
    for (std::uint32_t i = 0; i < instruction.c; ++i) {
        if (i > 0) line += ' ';
        const Value value = copy_value(program_->types[types[i]].kind, slots[instruction.b + i]);
        if (!append_literal(*program_, types[i], value, true, limits_.value_bytes_max, line)) {
            return false;
        }
    }
    return true;
}

// The instructions that end a step, away from the loop that they would only slow down.
Request Machine::ask(State& state, const Instruction* at, std::uint32_t& budget) const {
    using Phase = State::Phase;
    const Program& program = *program_;
    const Instruction& i = *at;
    Slot* slots = state.slots_.data() + state.calls_.back().base;
    switch (i.opcode) {
        case Opcode::get:
            return leave(state, at, Phase::waiting, Get{slots[i.b].bits, i.d});
        case Opcode::put:
            return leave(
                state, at, Phase::passing,
                Put{slots[i.a].bits, i.d, copy_value(program.types[i.d].kind, slots[i.b])});
        case Opcode::fork:
            return leave(state, at, Phase::waiting, Fork{i.a});
        case Opcode::fires:
            return leave(state, at, Phase::waiting, Fires{slots[i.b].bits});
        case Opcode::sync_begin:
            state.in_sync_ = true;
            return leave(state, at, Phase::passing, SyncBegin{});
        case Opcode::sync_end:
            state.in_sync_ = false;
            return leave(state, at, Phase::passing, SyncEnd{});
        case Opcode::assert:
            return leave(state, at, Phase::finished, Discarded{});
        case Opcode::channel:
            return leave(state, at, Phase::waiting, MakeChannel{i.d});
        case Opcode::spawn: {
            const Routine& started = program.routines[i.a];
            std::vector<Value> arguments;
            arguments.reserve(i.c);
            for (std::uint32_t n = 0; n < i.c; ++n) {
                const TypeKind kind = program.types[started.parameters[n].type].kind;
                arguments.push_back(take_value(kind, slots[i.b + n]));
            }
            return leave(state, at, Phase::passing, Spawn{i.a, std::move(arguments), i.d});
        }
        case Opcode::print: {
            std::string line;
            if (!print_line(slots, i, line)) return failed(state, at);
            charge(budget, line.size());
            return leave(state, at, Phase::passing, Print{std::move(line)});
        }
        case Opcode::end:
            return leave(state, at, Phase::finished, Ended{.result = {}});
        default:
            break;
    }
    assert(false && "no request");
    return failed(state, at);
}

Request Machine::leave(State& state, const Instruction* at, State::Phase phase, Request request) {
    State::Call& call = state.calls_.back();
    call.pc = static_cast<std::uint32_t>(at - state.program_->routines[call.routine].code.data());
    state.phase_ = phase;
    return request;
}

Request Machine::failed(State& state, const Instruction* at) const {
    const Slot* slots = state.slots_.data() + state.calls_.back().base;
    std::string message = explain_failure(*program_, limits_, *at, slots, state.calls_.size());
    return leave(state, at, State::Phase::finished, Failed{std::move(message)});
}

// The registers of the loop (`at`, `slots`, `code`, `left`) are plain locals; what is rare is
// done elsewhere, so that they stay in registers.
Request Machine::run(State& state, std::uint32_t& budget) const {
    using Phase = State::Phase;
    const Program& program = *program_;
    assert(state.phase_ == Phase::running || state.phase_ == Phase::passing);

    std::uint32_t left = budget;
    Slot* slots = state.slots_.data() + state.calls_.back().base;
    const Instruction* code = program.routines[state.calls_.back().routine].code.data();
    const Instruction* at = code + state.calls_.back().pc;
    if (state.phase_ == Phase::passing) ++at;

    const auto frames_overflow = [this](std::uint64_t slot_count) {
        return slot_count * sizeof(Slot) > limits_.frame_bytes_max;
    };
    // Where the loop is left, its registers are written back.
    const auto fail = [&](const Instruction* from, std::uint32_t remaining) {
        budget = remaining;
        return failed(state, from);
    };

    if (frames_overflow(state.slots_.size())) {
        return leave(state, at, Phase::finished, Failed{explain_frames_overflow(limits_)});
    }

    for (;;) {
        if (left == 0) {
            budget = 0;
            return leave(state, at, Phase::running, BudgetUsed{});
        }
        --left;
        const Instruction& i = *at;
        switch (i.opcode) {
            case Opcode::move:
                slots[i.a].bits = slots[i.b].bits;
                break;
            case Opcode::copy_ref:
                retain(slots[i.b].block);
                set_reference(slots[i.a], slots[i.b].block);
                break;
            case Opcode::take_ref: {
                Block* taken = std::exchange(slots[i.b].block, nullptr);
                set_reference(slots[i.a], taken);
                break;
            }
            case Opcode::drop_ref:
                set_reference(slots[i.a], nullptr);
                break;
            case Opcode::constant:
                slots[i.a].bits = i.c | (static_cast<std::uint64_t>(i.d) << 32);
                break;
            case Opcode::text:
                set_reference(slots[i.a], Value(texts_[i.b]).hand_over());
                break;

            case Opcode::add:
                slots[i.a].bits = wrap(i.kind, slots[i.b].bits + slots[i.c].bits);
                break;
            case Opcode::sub:
                slots[i.a].bits = wrap(i.kind, slots[i.b].bits - slots[i.c].bits);
                break;
            case Opcode::mul:
                slots[i.a].bits = wrap(i.kind, slots[i.b].bits * slots[i.c].bits);
                break;
            case Opcode::div:
                if (slots[i.c].bits == 0) return fail(at, left);
                slots[i.a].bits = divide(i.kind, slots[i.b].bits, slots[i.c].bits);
                break;
            case Opcode::rem:
                if (slots[i.c].bits == 0) return fail(at, left);
                slots[i.a].bits = remainder(i.kind, slots[i.b].bits, slots[i.c].bits);
                break;
            // Operands that are extended alike give results that are extended so.
            case Opcode::bit_and:
                slots[i.a].bits = slots[i.b].bits & slots[i.c].bits;
                break;
            case Opcode::bit_or:
                slots[i.a].bits = slots[i.b].bits | slots[i.c].bits;
                break;
            case Opcode::bit_xor:
                slots[i.a].bits = slots[i.b].bits ^ slots[i.c].bits;
                break;
            case Opcode::shl:
            case Opcode::shr: {
                // A negative count is beyond every width.
                const std::uint64_t count = slots[i.c].bits;
                if (count >= width_of(i.kind).bits) return fail(at, left);
                slots[i.a].bits = i.opcode == Opcode::shl
                                      ? shift_left(i.kind, slots[i.b].bits, count)
                                      : shift_right(i.kind, slots[i.b].bits, count);
                break;
            }
            case Opcode::neg:
                slots[i.a].bits = wrap(i.kind, 0 - slots[i.b].bits);
                break;
            case Opcode::bit_not:
                slots[i.a].bits = wrap(i.kind, ~slots[i.b].bits);
                break;
            case Opcode::logical_not:
                slots[i.a].bits = slots[i.b].bits == 0;
                break;
            case Opcode::eq:
                slots[i.a].bits = slots[i.b].bits == slots[i.c].bits;
                break;
            case Opcode::ne:
                slots[i.a].bits = slots[i.b].bits != slots[i.c].bits;
                break;
            case Opcode::lt:
                slots[i.a].bits = less(i.kind, slots[i.b].bits, slots[i.c].bits);
                break;
            case Opcode::le:
                slots[i.a].bits = !less(i.kind, slots[i.c].bits, slots[i.b].bits);
                break;
            case Opcode::same:
            case Opcode::differ: {
                const Block* one = slots[i.b].block;
                const Block* other = slots[i.c].block;
                charge(left, std::min(total_bytes(one), total_bytes(other)));
                slots[i.a].bits = same(one, other) == (i.opcode == Opcode::same);
                break;
            }
            case Opcode::before: {
                const Block* one = slots[i.b].block;
                const Block* other = slots[i.c].block;
                charge(left, std::min(length_of(one), length_of(other)));
                slots[i.a].bits = text_before(one, other);
                break;
            }
            case Opcode::cast:
                if (!fits(i.kind, i.kind2, slots[i.b].bits)) {
                    return fail(at, left);
                }
                slots[i.a].bits = slots[i.b].bits;
                break;

            case Opcode::jump:
                at = code + i.a;
                continue;
            case Opcode::jump_if:
                if (slots[i.b].bits != 0) {
                    at = code + i.a;
                    continue;
                }
                break;
            case Opcode::jump_unless:
                if (slots[i.b].bits == 0) {
                    at = code + i.a;
                    continue;
                }
                break;

            case Opcode::array: {
                Block* made = nullptr;
                if (i.c > 0) {
                    made = gather(element_kind(program, i.d), slots + i.b, i.c,
                                  limits_.value_bytes_max);
                    if (!made) return fail(at, left);
                    charge(left, std::uint64_t{i.c} * made->element_bytes);
                }
                set_reference(slots[i.a], made);
                break;
            }
            case Opcode::zeros: {
                const std::uint64_t count = slots[i.b].bits;
                if (is_negative(i.kind, count)) return fail(at, left);
                Block* made = nullptr;
                if (count > 0) {
                    made = make_block(element_kind(program, i.d), count, limits_.value_bytes_max);
                    if (!made) return fail(at, left);
                    std::memset(made->data(), 0, count);
                    charge(left, count);
                }
                set_reference(slots[i.a], made);
                break;
            }
            case Opcode::index: {
                const Block* block = slots[i.b].block;
                const std::uint64_t index = slots[i.c].bits;
                if (index >= length_of(block)) {
                    return fail(at, left);
                }
                const Slot element = load(block, element_kind(program, i.d), index);
                if (block->elements_are_references) {
                    retain(element.block);
                    set_reference(slots[i.a], element.block);
                } else {
                    slots[i.a] = element;
                }
                break;
            }
            case Opcode::take_index: {
                Block*& block = slots[i.b].block;
                const std::uint64_t index = slots[i.c].bits;
                if (index >= length_of(block)) {
                    return fail(at, left);
                }
                if (!is_unique(block)) charge(left, std::uint64_t{block->length} * 8);
                if (!make_unique(block)) return fail(at, left);
                const Slot element = load(block, TypeKind::array, index);
                store(block, index, Slot{});
                block->nested_bytes -= total_bytes(element.block);
                set_reference(slots[i.a], element.block);
                break;
            }
            case Opcode::set_index: {
                Block*& block = slots[i.a].block;
                const std::uint64_t index = slots[i.b].bits;
                if (index >= length_of(block)) {
                    return fail(at, left);
                }
                if (!is_unique(block)) {
                    charge(left, std::uint64_t{block->length} * block->element_bytes);
                    if (!make_unique(block)) return fail(at, left);
                }
                if (!block->elements_are_references) {
                    store(block, index, slots[i.c]);
                    break;
                }
                const Slot old = load(block, TypeKind::array, index);
                const std::uint64_t removed = total_bytes(old.block);
                const std::uint64_t added = total_bytes(slots[i.c].block);
                if (total_bytes(block) - removed + added > limits_.value_bytes_max) {
                    return fail(at, left);
                }
                block->nested_bytes += added - removed;
                store(block, index, std::exchange(slots[i.c], Slot{}));
                release(old.block);
                break;
            }
            case Opcode::slice: {
                Block* block = slots[i.b].block;
                const std::uint64_t low = slots[i.c].bits;
                const std::uint64_t high = slots[i.c + 1].bits;
                if (slice_fails(program, i, block, low, high)) return fail(at, left);
                Block* part = nullptr;
                if (low < high) {
                    part = slice(block, low, high);
                    if (!part) return fail(at, left);
                    if (part != block) charge(left, (high - low) * part->element_bytes);
                }
                set_reference(slots[i.a], part);
                break;
            }
            case Opcode::concat: {
                Block* left_side = slots[i.b].block;
                Block* right_side = slots[i.c].block;
                // Where one side is empty, the other is the result, shared.
                if (length_of(left_side) == 0 || length_of(right_side) == 0) {
                    Block* other = length_of(left_side) == 0 ? right_side : left_side;
                    retain(other);
                    set_reference(slots[i.a], other);
                    break;
                }
                charge(left, append_cost(left_side, right_side, i.a == i.b));
                if (i.a == i.b) {
                    if (!append(slots[i.a].block, right_side, limits_.value_bytes_max)) {
                        return fail(at, left);
                    }
                    break;
                }
                retain(left_side);
                if (!append(left_side, right_side, limits_.value_bytes_max)) {
                    release(left_side);
                    return fail(at, left);
                }
                set_reference(slots[i.a], left_side);
                break;
            }
            case Opcode::length:
                slots[i.a].bits = length_of(slots[i.b].block);
                break;

            case Opcode::call: {
                const Routine& callee = program.routines[i.a];
                const std::size_t base = state.slots_.size();
                if (state.calls_.size() > limits_.call_depth_max ||
                    frames_overflow(std::uint64_t{base} + callee.frame_slots)) {
                    return fail(at, left);
                }
                const std::size_t caller_base = state.calls_.back().base;
                state.calls_.back().pc = static_cast<std::uint32_t>(at - code);
                charge(left, callee.frame_slots);
                state.slots_.resize(base + callee.frame_slots);
                Slot* arguments = state.slots_.data() + caller_base + i.b;
                slots = state.slots_.data() + base;
                const auto count = static_cast<std::uint32_t>(callee.parameters.size());
                std::copy_n(arguments, count, slots);
                for (const std::uint32_t slot : callee.references) {
                    if (slot >= count) break;
                    arguments[slot] = Slot{};
                }
                state.calls_.push_back({i.a, 0, static_cast<std::uint32_t>(base), i.c});
                code = callee.code.data();
                at = code;
                continue;
            }
            case Opcode::ret: {
                if (state.calls_.size() == 1) {
                    budget = left;
                    const Routine& outermost = program.routines[state.calls_.back().routine];
                    const TypeKind kind = program.types[*outermost.result].kind;
                    return leave(state, at, Phase::finished, Ended{take_value(kind, slots[i.a])});
                }
                const State::Call& ended = state.calls_.back();
                const Routine& callee = program.routines[ended.routine];
                const bool gives_reference = is_reference(program.types[*callee.result].kind);
                const Slot result = slots[i.a];
                if (gives_reference) slots[i.a] = Slot{};
                for (const std::uint32_t slot : callee.references) release(slots[slot].block);
                const std::uint32_t result_slot = ended.result_slot;
                state.slots_.resize(ended.base);
                state.calls_.pop_back();
                const State::Call& caller = state.calls_.back();
                slots = state.slots_.data() + caller.base;
                code = program.routines[caller.routine].code.data();
                at = code + caller.pc;
                if (gives_reference) {
                    set_reference(slots[result_slot], result.block);
                } else {
                    slots[result_slot] = result;
                }
                break;
            }

            case Opcode::assert:
                if (slots[i.a].bits != 0) break;
                if (!state.in_sync_) return fail(at, left);
                [[fallthrough]];
            default: {
                budget = left;
                return ask(state, at, budget);
            }
        }
        ++at;
    }
}

}  // namespace reowolf::machine
