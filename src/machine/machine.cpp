// SPDX-License-Identifier: MIT
// The interpreter: one loop over the instructions of one state.
#include "machine/machine.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
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
Block* gather(const Program& program, program::TypeId element, Slot* slots, std::uint32_t count,
              const Limits& limits) {
    const ElementShape shape = ElementShape::of(program, element);
    Nested nested;
    if (shape.layout) {
        for (std::uint32_t i = 0; i < count; ++i) {
            for (const std::uint32_t slot : shape.layout->references) {
                nested.add(slots[i * shape.layout->slots + slot].block);
            }
        }
    }
    if (nested.bytes + std::uint64_t{count} * shape.bytes > limits.value_bytes_max ||
        nested.nesting >= limits.value_nesting_max) {
        return nullptr;
    }
    Block* block = make_block(shape, count, limits.value_bytes_max);
    if (!block) return nullptr;
    if (!shape.layout) {
        for (std::uint32_t i = 0; i < count; ++i) store(block, i, slots[i]);
        return block;
    }
    block->nested_bytes = nested.bytes;
    block->nesting = nested.nesting + 1;
    std::memcpy(block->data(), slots, std::size_t{count} * shape.bytes);
    for (std::uint32_t i = 0; i < count; ++i) {
        for (const std::uint32_t slot : shape.layout->references) {
            slots[i * shape.layout->slots + slot] = Slot{};
        }
    }
    return block;
}

// Moves references within a block's element out of it, or new ones into it. False if the block
// would become too large or nest too deeply; it is as before then.
bool exchange_element(const program::Layout& layout, Block* block, std::uint64_t index, Slot* with,
                      const Limits& limits) {
    Slot* element = slots_at(block, index);
    Nested removed;
    Nested added;
    for (const std::uint32_t slot : layout.references) {
        removed.add(element[slot].block);
        added.add(with[slot].block);
    }
    if (total_bytes(block) - removed.bytes + added.bytes > limits.value_bytes_max ||
        added.nesting >= limits.value_nesting_max) {
        return false;
    }
    block->nested_bytes += added.bytes - removed.bytes;
    block->nesting = std::max(block->nesting, added.nesting + 1);
    move_slots(layout, with, element);
    return true;
}

// Copies the payload of a union to or from consecutive slots.
void unpack(const Program& program, const program::Variant& variant, const Slot* from, Slot* to) {
    // What is there is released last: it may be all that keeps the other.
    std::size_t next = 0;
    for (const program::Field& field : variant.fields) {
        const program::Layout& layout = program.layout(field.type);
        auto reference = layout.references.begin();
        for (std::uint32_t slot = 0; slot < layout.slots; ++slot, ++next) {
            const Slot value = from[variant.slots[next]];
            if (reference != layout.references.end() && *reference == slot) {
                ++reference;
                retain(value.block);
                set_reference(to[next], value.block);
            } else {
                to[next] = value;
            }
        }
    }
}

// What is done with aggregates is done away from the loop, too; the budget that is left comes back.
[[gnu::noinline]] std::uint32_t move_aggregate(const Program& program, const Instruction& i,
                                               Slot* slots, std::uint32_t left) {
    const program::Layout& layout = program.layout(i.d);
    charge(left, std::uint64_t{layout.slots} * sizeof(Slot));
    switch (i.opcode) {
        case Opcode::copy_value:
            copy_slots(layout, slots + i.b, slots + i.a);
            break;
        case Opcode::take_value:
            move_slots(layout, slots + i.b, slots + i.a);
            break;
        case Opcode::clear_value:
            clear_slots(layout, slots + i.a);
            break;
        case Opcode::variant: {
            const program::Variant& variant = program.types[i.d].variants[i.c];
            clear_slots(layout, slots + i.a);
            slots[i.a].bits = i.c;
            for (std::size_t n = 0; n < variant.slots.size(); ++n) {
                slots[i.a + variant.slots[n]] = std::exchange(slots[i.b + n], Slot{});
            }
            break;
        }
        default:
            unpack(program, program.types[i.d].variants[i.c], slots + i.b, slots + i.a);
            break;
    }
    return left;
}

[[gnu::noinline]] std::uint32_t compare_aggregates(const Program& program, bool has_floats,
                                                   const Instruction& i, Slot* slots,
                                                   std::uint32_t left) {
    const program::Layout& layout = program.layout(i.d);
    Nested nested;
    for (const std::uint32_t slot : layout.references) nested.add(slots[i.b + slot].block);
    charge(left, nested.bytes + std::uint64_t{layout.slots} * sizeof(Slot));
    slots[i.a].bits = has_floats ? equal(program, i.d, slots + i.b, slots + i.c)
                                 : same(layout, slots + i.b, slots + i.c);
    return left;
}

[[gnu::noinline]] std::uint64_t compute_float(Opcode opcode, TypeKind kind, std::uint64_t left,
                                              std::uint64_t right) {
    const double a = float_value(kind, left);
    const double b = float_value(kind, right);
    switch (opcode) {
        case Opcode::float_add:
            return float_bits(kind, a + b);
        case Opcode::float_sub:
            return float_bits(kind, a - b);
        case Opcode::float_mul:
            return float_bits(kind, a * b);
        case Opcode::float_div:
            return float_bits(kind, a / b);
        case Opcode::float_rem:
            return float_bits(kind, std::fmod(a, b));
        case Opcode::float_eq:
            return a == b;
        case Opcode::float_lt:
            return a < b;
        default:
            return a <= b;
    }
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
    for (program::TypeId type = 0; type < program.types.size(); ++type) {
        has_floats_.push_back(program::contains_float(program, type));
    }
}

bool Machine::print_line(const Slot* slots, const Instruction& instruction,
                         std::string& line) const {
    const std::vector<program::TypeId>& types = program_->type_lists[instruction.d];
    std::uint32_t slot = instruction.b;
    for (std::uint32_t i = 0; i < instruction.c; ++i) {
        if (i > 0) line += ' ';
        const Value value = Value::copy(*program_, types[i], slots + slot);
        slot += program_->layout(types[i]).slots;
        if (!append_literal(*program_, types[i], value, true, limits_.value_bytes_max, line)) {
            return false;
        }
    }
    return true;
}

// The instructions that end a step, away from the loop that they would only slow down.
Request Machine::ask(State& state, const Instruction* at, std::uint32_t& budget) const {
    using Kind = Request::Kind;
    using Phase = State::Phase;
    const Program& program = *program_;
    const Instruction& i = *at;
    Slot* slots = state.slots_.data() + state.top_.base;
    leave(state, at, Phase::passing);
    switch (i.opcode) {
        case Opcode::get:
            state.phase_ = Phase::waiting;
            return Request::get(slots[i.b].bits, i.d);
        case Opcode::put:
            return Request::put(slots[i.a].bits, i.d, Value::copy(program, i.d, slots + i.b));
        case Opcode::fork:
            state.phase_ = Phase::waiting;
            return Request::fork(i.a);
        case Opcode::fires:
            state.phase_ = Phase::waiting;
            return Request::fires(slots[i.b].bits);
        case Opcode::sync_begin:
            state.in_sync_ = true;
            return Request::of(Kind::sync_begin);
        case Opcode::sync_end:
            state.in_sync_ = false;
            return Request::of(Kind::sync_end);
        case Opcode::assert:
            state.phase_ = Phase::finished;
            return Request::of(Kind::discarded);
        case Opcode::channel:
            state.phase_ = Phase::waiting;
            return Request::make_channel(i.d);
        case Opcode::spawn: {
            const Routine& started = program.routines[i.a];
            std::vector<Value> arguments;
            arguments.reserve(i.c);
            std::uint32_t slot = i.b;
            for (std::uint32_t n = 0; n < i.c; ++n) {
                const program::TypeId type = started.parameters[n].type;
                arguments.push_back(Value::take(program, type, slots + slot));
                slot += program.layout(type).slots;
            }
            return Request::spawn(i.a, std::move(arguments), i.d);
        }
        case Opcode::print: {
            std::string line;
            if (!print_line(slots, i, line)) return failed(state, at);
            charge(budget, line.size());
            return Request::print(std::move(line));
        }
        case Opcode::end:
            state.phase_ = Phase::finished;
            return Request::ended({});
        default:
            break;
    }
    assert(false && "no request");
    return failed(state, at);
}

void Machine::leave(State& state, const Instruction* at, State::Phase phase) {
    State::Call& call = state.top_;
    call.pc = static_cast<std::uint32_t>(at - state.program_->routines[call.routine].code.data());
    state.phase_ = phase;
}

Request Machine::failed(State& state, const Instruction* at) const {
    const Slot* slots = state.slots_.data() + state.top_.base;
    leave(state, at, State::Phase::finished);
    return Request::failed(explain_failure(*program_, limits_, *at, slots, state.depth()));
}

// The registers of the loop (`at`, `slots`, `code`, `left`) are plain locals; what is rare is
// done elsewhere, so that they stay in registers.
Request Machine::run(State& state, std::uint32_t& budget) const {
    using Phase = State::Phase;
    const Program& program = *program_;
    assert(state.phase_ == Phase::running || state.phase_ == Phase::passing);

    std::uint32_t left = budget;
    Slot* slots = state.slots_.data() + state.top_.base;
    const Instruction* code = program.routines[state.top_.routine].code.data();
    const Instruction* at = code + state.top_.pc;
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
        leave(state, at, Phase::finished);
        return Request::failed(explain_frames_overflow(limits_));
    }

    for (;;) {
        if (left == 0) {
            budget = 0;
            leave(state, at, Phase::running);
            return Request::of(Request::Kind::budget_used);
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
            case Opcode::copy_value:
            case Opcode::take_value:
            case Opcode::clear_value:
            case Opcode::variant:
            case Opcode::payload:
                left = move_aggregate(program, i, slots, left);
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
            case Opcode::same_value:
                left = compare_aggregates(program, has_floats_[i.d], i, slots, left);
                break;

            case Opcode::float_add:
            case Opcode::float_sub:
            case Opcode::float_mul:
            case Opcode::float_div:
            case Opcode::float_rem:
            case Opcode::float_eq:
            case Opcode::float_lt:
            case Opcode::float_le:
                slots[i.a].bits = compute_float(i.opcode, i.kind, slots[i.b].bits, slots[i.c].bits);
                break;
            case Opcode::float_neg:
                // The sign alone changes, also that of 0 and of a nan.
                slots[i.a].bits =
                    slots[i.b].bits ^ (std::uint64_t{1} << (width_of(i.kind).bits - 1));
                break;
            case Opcode::float_cast: {
                std::uint64_t converted = 0;
                if (!convert_float(i.kind, i.kind2, slots[i.b].bits, converted)) {
                    return fail(at, left);
                }
                slots[i.a].bits = converted;
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
                    made = gather(program, program.types[i.d].element, slots + i.b, i.c, limits_);
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
                if (block->element_bytes > sizeof(Slot)) {
                    charge(left, block->element_bytes);
                    // The slots that are overwritten may hold all that keeps the block.
                    Block* kept = slots[i.b].block;
                    retain(kept);
                    copy_slots(program.layout(program.types[i.d].element), slots_at(block, index),
                               slots + i.a);
                    release(kept);
                    break;
                }
                const Slot element = load(block, element_kind(program, i.d), index);
                if (block->reference_mask != 0) {
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
                if (!is_unique(block)) {
                    charge(left, std::uint64_t{block->length} * block->element_bytes);
                }
                if (!make_unique(block)) return fail(at, left);
                if (!holds_references(block)) {
                    const TypeKind kind = element_kind(program, i.d);
                    if (is_aggregate(kind)) {
                        std::memcpy(slots + i.a, slots_at(block, index), block->element_bytes);
                    } else {
                        slots[i.a] = load(block, kind, index);
                    }
                    break;
                }
                const program::Layout& layout = program.layout(program.types[i.d].element);
                Slot* element = slots_at(block, index);
                Nested nested;
                for (const std::uint32_t slot : layout.references) nested.add(element[slot].block);
                block->nested_bytes -= nested.bytes;
                move_slots(layout, element, slots + i.a);
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
                if (!holds_references(block)) {
                    if (block->element_bytes <= sizeof(Slot)) {
                        store(block, index, slots[i.c]);
                    } else {
                        charge(left, block->element_bytes);
                        std::memcpy(slots_at(block, index), slots + i.c, block->element_bytes);
                    }
                    break;
                }
                charge(left, block->element_bytes);
                if (!exchange_element(program.layout(program.types[i.d].element), block, index,
                                      slots + i.c, limits_)) {
                    return fail(at, left);
                }
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
                const std::uint32_t base = state.slots_.size();
                if (state.depth() > limits_.call_depth_max ||
                    frames_overflow(std::uint64_t{base} + callee.frame_slots)) {
                    return fail(at, left);
                }
                State::Call& caller = state.top_;
                caller.pc = static_cast<std::uint32_t>(at - code);
                charge(left, callee.frame_slots);
                state.slots_.grow(callee.frame_slots);
                Slot* arguments = state.slots_.data() + caller.base + i.b;
                slots = state.slots_.data() + base;
                const std::uint32_t count = callee.parameter_slots;
                std::copy_n(arguments, count, slots);
                for (const std::uint32_t slot : callee.references) {
                    if (slot >= count) break;
                    arguments[slot] = Slot{};
                }
                state.callers_.push_back(caller);
                state.top_ = {i.a, 0, base, i.c};
                code = callee.code.data();
                at = code;
                continue;
            }
            case Opcode::ret: {
                const Routine& callee = program.routines[state.top_.routine];
                if (state.callers_.empty()) {
                    budget = left;
                    leave(state, at, Phase::finished);
                    return Request::ended(Value::take(program, *callee.result, slots + i.a));
                }
                const State::Call& caller = state.callers_.back();
                Slot* callers_slots = state.slots_.data() + caller.base;
                Slot* result = callers_slots + state.top_.result_slot;
                const TypeKind given = program.types[*callee.result].kind;
                if (is_aggregate(given)) {
                    const program::Layout& layout = program.types[*callee.result].layout;
                    charge(left, std::uint64_t{layout.slots} * sizeof(Slot));
                    move_slots(layout, slots + i.a, result);
                } else if (is_reference(given)) {
                    set_reference(*result, std::exchange(slots[i.a].block, nullptr));
                } else {
                    *result = slots[i.a];
                }
                for (const std::uint32_t slot : callee.references) release(slots[slot].block);
                state.slots_.shrink(state.top_.base);
                state.top_ = caller;
                state.callers_.pop_back();
                slots = callers_slots;
                code = program.routines[state.top_.routine].code.data();
                at = code + state.top_.pc;
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
