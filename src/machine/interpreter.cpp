// SPDX-License-Identifier: MIT
// The interpreter's loop. Every operation ends by jumping straight to the next one's code, so that
// the processor learns what follows what.
#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include "machine/arithmetic.hpp"
#include "machine/arrays.hpp"
#include "machine/failure.hpp"
#include "machine/few.hpp"
#include "machine/machine.hpp"

// Labels as values are no ISO C++, but g++ and clang have them.
#pragma GCC diagnostic ignored "-Wpedantic"

namespace reowolf::machine {
namespace {

using program::Instruction;
using program::Routine;
using program::TypeKind;

std::uint64_t sign_extended(std::uint32_t number) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(number)));
}

// Numbers of 64 bits that would do with 32 are divided as such: that is several times as fast.
template <TypeKind kind>
std::uint64_t quotient(std::uint64_t left, std::uint64_t right) {
    if (((left | right) >> 32) == 0) {
        return static_cast<std::uint32_t>(left) / static_cast<std::uint32_t>(right);
    }
    return divide(kind, left, right);
}
template <TypeKind kind>
std::uint64_t rest(std::uint64_t left, std::uint64_t right) {
    if (((left | right) >> 32) == 0) {
        return static_cast<std::uint32_t>(left) % static_cast<std::uint32_t>(right);
    }
    return remainder(kind, left, right);
}

template <TypeKind kind>
struct FloatOf {
    using Bits = std::uint64_t;
    using Float = double;
};
template <>
struct FloatOf<TypeKind::f32> {
    using Bits = std::uint32_t;
    using Float = float;
};
template <TypeKind kind>
auto as_float(std::uint64_t bits) {
    using Of = FloatOf<kind>;
    return std::bit_cast<typename Of::Float>(static_cast<typename Of::Bits>(bits));
}
template <typename Float>
std::uint64_t as_bits(Float value) {
    if constexpr (sizeof(Float) == 4) {
        return std::bit_cast<std::uint32_t>(value);
    } else {
        return std::bit_cast<std::uint64_t>(value);
    }
}

// Elements of this kind. The lowest byte of a number comes first.
static_assert(std::endian::native == std::endian::little);
template <TypeKind kind>
std::uint64_t element_at(const Block* block, std::uint64_t index) {
    constexpr std::size_t bytes = width_of(kind).bits / 8;
    std::uint64_t bits = 0;
    std::memcpy(&bits, block->data() + index * bytes, bytes);
    return wrap(kind, bits);
}
template <TypeKind kind>
void set_element(Block* block, std::uint64_t index, std::uint64_t bits) {
    constexpr std::size_t bytes = width_of(kind).bits / 8;
    std::memcpy(block->data() + index * bytes, &bits, bytes);
}

void set_reference(Slot& slot, Block* block) {
    release(std::exchange(slot.block, block));
}

const Instruction* instruction_of(const PreparedRoutine& running, const Operation* at) {
    return running.routine->code.data() + (at - running.code);
}

std::uint32_t rounded(std::int64_t budget) {
    return budget > 0 ? static_cast<std::uint32_t>(budget) : 0;
}

}  // namespace

// NOLINTBEGIN(cppcoreguidelines-macro-usage): an operation for each kind, as operations.def has it.
#define NEXT()                                            \
    do {                                                  \
        ++at;                                             \
        goto* labels[static_cast<std::size_t>(at->code)]; \
    } while (false)
#define JUMP()                                                  \
    do {                                                        \
        const auto distance = static_cast<std::int32_t>(at->a); \
        at += distance;                                         \
        if (distance <= 0) {                                    \
            left += distance - 1;                               \
            if (left <= 0) goto used;                           \
        }                                                       \
        goto* labels[static_cast<std::size_t>(at->code)];       \
    } while (false)
#define JUMP_IF(CONDITION)     \
    do {                       \
        if (CONDITION) JUMP(); \
        NEXT();                \
    } while (false)

// While the Exchange serves them, the state is not where the loop is.
#define GET_WORD(HOW, ONWARD)                                       \
    do {                                                            \
        const Exchange::Got got = entrance->HOW(slots[at->b].bits); \
        served = got.served;                                        \
        if (served <= Served::waits) slots[at->a].bits = got.word;  \
        if (served != Served::goes_on) {                            \
            onward = at + (ONWARD);                                 \
            goto interrupted;                                       \
        }                                                           \
        --left;                                                     \
    } while (false)
#define PUT_WORD(HOW, ONWARD)                                         \
    do {                                                              \
        served = entrance->HOW(slots[at->a].bits, slots[at->b].bits); \
        if (served != Served::goes_on) {                              \
            onward = at + (ONWARD);                                   \
            goto interrupted;                                         \
        }                                                             \
        --left;                                                       \
    } while (false)
// What closed it has been exchanged, and the block has happened.
#define AFTER_BLOCK()                                     \
    do {                                                  \
        at += at->extra;                                  \
        entrance->mark(rounded(left));                    \
        if (left <= 0) goto used;                         \
        goto* labels[static_cast<std::size_t>(at->code)]; \
    } while (false)

// Goes on in the caller, whose slots these are.
#define RETURN()                                                   \
    do {                                                           \
        state->slots_.shrink(state->top_.base);                    \
        slots = callers_slots;                                     \
        copy_call(state->top_, caller);                            \
        state->callers_.pop_back();                                \
        at = routines_[state->top_.routine].code + state->top_.pc; \
        NEXT();                                                    \
    } while (false)

// What an operation does, for each kind: x and Y are its operands, N is the number in Y's place.
#define OF_KIND(NAME, KIND, ...)                                    \
    NAME##_##KIND : {                                               \
        constexpr TypeKind kind = TypeKind::KIND;                   \
        [[maybe_unused]] const std::uint64_t x = slots[at->b].bits; \
        __VA_ARGS__                                                 \
    }
#define EACH_INTEGER(NAME, ...)     \
    OF_KIND(NAME, u8, __VA_ARGS__)  \
    OF_KIND(NAME, u16, __VA_ARGS__) \
    OF_KIND(NAME, u32, __VA_ARGS__) \
    OF_KIND(NAME, u64, __VA_ARGS__) \
    OF_KIND(NAME, s8, __VA_ARGS__)  \
    OF_KIND(NAME, s16, __VA_ARGS__) \
    OF_KIND(NAME, s32, __VA_ARGS__) \
    OF_KIND(NAME, s64, __VA_ARGS__)
#define EACH_FLOAT(NAME, ...)       \
    OF_KIND(NAME, f32, __VA_ARGS__) \
    OF_KIND(NAME, f64, __VA_ARGS__)
#define SET(EXPRESSION)               \
    slots[at->a].bits = (EXPRESSION); \
    NEXT();
#define Y slots[at->c].bits
#define N sign_extended(at->c)

// The registers of the loop (`at`, `slots`, `left`) are plain locals; what is rare is done
// elsewhere, so that they stay in registers.
Request Machine::run(State& first, std::uint32_t& budget, Entrance* entrance) const {
    using Phase = State::Phase;
    State* state = &first;
    const auto copy_call = [](State::Call& to, const State::Call& from) -> State::Call& {
        to.routine = from.routine;
        to.pc = from.pc;
        to.base = from.base;
        to.result_slot = from.result_slot;
        return to;
    };
    static const void* const labels[] = {
// A label has no parentheses.
#define OPERATION(name) &&name,  // NOLINT(bugprone-macro-parentheses)
#include "machine/operations.def"
#undef OPERATION
    };
    std::int64_t left = budget;
    Slot* slots = nullptr;
    const Operation* at = nullptr;
    const Operation* onward = nullptr;  // where it goes on when what it asked for has happened
    Served served = Served::unserved;

    assert(state->phase_ == Phase::running || state->phase_ == Phase::passing);
enter:
    if (state->onward_) {
        slots = state->slots_.data();
        at = std::exchange(state->onward_, nullptr);
        goto* labels[static_cast<std::size_t>(at->code)];
    }
    slots = state->slots_.data() + state->top_.base;
    at = routines_[state->top_.routine].code + state->top_.pc;
    if (state->phase_ == Phase::passing) ++at;
    if (state->slots_.size() > frame_slots_max_) {
        leave(*state, instruction_of(routines_[state->top_.routine], at), Phase::finished);
        return Request::failed(explain_frames_overflow(limits_));
    }
    if (left <= 0) goto used;
    goto* labels[static_cast<std::size_t>(at->code)];

move:
    slots[at->a].bits = slots[at->b].bits;
    NEXT();
move_words:
    std::memmove(slots + at->a, slots + at->b, at->c * sizeof(Slot));
    charge(left, at->c * sizeof(Slot));
    NEXT();
clear_words:
    std::fill_n(slots + at->a, at->c, Slot{});
    charge(left, at->c * sizeof(Slot));
    NEXT();
copy_few:
    copy_few({at->c, at->extra}, slots + at->b, slots + at->a);
    charge(left, at->c * sizeof(Slot));
    NEXT();
take_few:
    take_few({at->c, at->extra}, slots + at->b, slots + at->a);
    charge(left, at->c * sizeof(Slot));
    NEXT();
clear_few:
    clear_few({at->c, at->extra}, slots + at->a);
    charge(left, at->c * sizeof(Slot));
    NEXT();
copy_ref:
    retain(slots[at->b].block);
    set_reference(slots[at->a], slots[at->b].block);
    NEXT();
take_ref: {
    Block* taken = std::exchange(slots[at->b].block, nullptr);
    set_reference(slots[at->a], taken);
    NEXT();
}
drop_ref:
    set_reference(slots[at->a], nullptr);
    NEXT();
constant:
    SET(at->b | (static_cast<std::uint64_t>(at->c) << 32))

    EACH_INTEGER(add, SET(wrap(kind, x + Y)))
    EACH_INTEGER(sub, SET(wrap(kind, x - Y)))
    EACH_INTEGER(mul, SET(wrap(kind, x * Y)))
    EACH_INTEGER(div, {
        if (Y == 0) goto fail;
        SET(quotient<kind>(x, Y))
    })
    EACH_INTEGER(rem, {
        if (Y == 0) goto fail;
        SET(rest<kind>(x, Y))
    })
    // A negative count is beyond every width.
    EACH_INTEGER(shl, {
        if (Y >= width_of(kind).bits) goto fail;
        SET(shift_left(kind, x, Y))
    })
    EACH_INTEGER(shr, {
        if (Y >= width_of(kind).bits) goto fail;
        SET(shift_right(kind, x, Y))
    })
    EACH_INTEGER(neg, SET(wrap(kind, 0 - x)))
    EACH_INTEGER(bit_not, SET(wrap(kind, ~x)))
    // Operands that are extended alike give results that are extended so.
bit_and:
    SET(slots[at->b].bits & Y)
bit_or:
    SET(slots[at->b].bits | Y)
bit_xor:
    SET(slots[at->b].bits ^ Y)
logical_not:
    SET(slots[at->b].bits == 0)
    EACH_INTEGER(add_number, SET(wrap(kind, x + N)))
    EACH_INTEGER(mul_number, SET(wrap(kind, x * N)))
    EACH_INTEGER(div_number, SET(quotient<kind>(x, N)))
    EACH_INTEGER(rem_number, SET(rest<kind>(x, N)))
    EACH_INTEGER(shl_number, SET(shift_left(kind, x, at->c)))
    EACH_INTEGER(shr_number, SET(shift_right(kind, x, at->c)))
and_number:
    SET(slots[at->b].bits & N)
eq:
    SET(slots[at->b].bits == Y)
ne:
    SET(slots[at->b].bits != Y)
    EACH_INTEGER(lt, SET(less(kind, x, Y)))
    EACH_INTEGER(le, SET(!less(kind, Y, x)))

    EACH_FLOAT(float_add, SET(as_bits(as_float<kind>(x) + as_float<kind>(Y))))
    EACH_FLOAT(float_sub, SET(as_bits(as_float<kind>(x) - as_float<kind>(Y))))
    EACH_FLOAT(float_mul, SET(as_bits(as_float<kind>(x) * as_float<kind>(Y))))
    EACH_FLOAT(float_div, SET(as_bits(as_float<kind>(x) / as_float<kind>(Y))))
    // The sign alone changes, also that of 0 and of a nan.
    EACH_FLOAT(float_neg, SET(x ^ (std::uint64_t{1} << (width_of(kind).bits - 1))))
    EACH_FLOAT(float_eq, SET(as_float<kind>(x) == as_float<kind>(Y)))
    EACH_FLOAT(float_lt, SET(as_float<kind>(x) < as_float<kind>(Y)))
    EACH_FLOAT(float_le, SET(as_float<kind>(x) <= as_float<kind>(Y)))
signed_to_f64:
    SET(as_bits(static_cast<double>(static_cast<std::int64_t>(slots[at->b].bits))))
    EACH_INTEGER(cast_same, {
        if (wrap(kind, x) != x) goto fail;
        SET(x)
    })
cast: {
    const std::uint64_t x = slots[at->b].bits;
    if (!fits(static_cast<TypeKind>(at->extra & 0xFF), static_cast<TypeKind>(at->extra >> 8), x)) {
        goto fail;
    }
    SET(x)
}

jump:
    at += at->a;
    goto* labels[static_cast<std::size_t>(at->code)];
jump_back:
    left -= at->c;
    at += static_cast<std::int32_t>(at->a);
    if (left <= 0) goto used;
    goto* labels[static_cast<std::size_t>(at->code)];
jump_if:
    JUMP_IF(slots[at->b].bits != 0);
jump_unless:
    JUMP_IF(slots[at->b].bits == 0);
jump_eq:
    JUMP_IF(slots[at->b].bits == Y);
jump_ne:
    JUMP_IF(slots[at->b].bits != Y);
    EACH_INTEGER(jump_lt, JUMP_IF(less(kind, x, Y));)
    EACH_INTEGER(jump_le, JUMP_IF(!less(kind, Y, x));)
jump_eq_number:
    JUMP_IF(slots[at->b].bits == N);
jump_ne_number:
    JUMP_IF(slots[at->b].bits != N);
    EACH_INTEGER(jump_lt_number, JUMP_IF(less(kind, x, N));)
    EACH_INTEGER(jump_ge_number, JUMP_IF(!less(kind, x, N));)
    EACH_FLOAT(jump_float_eq,
               JUMP_IF((as_float<kind>(x) == as_float<kind>(Y)) == (at->extra != 0));)
    EACH_FLOAT(jump_float_lt, JUMP_IF((as_float<kind>(x) < as_float<kind>(Y)) == (at->extra != 0));)
    EACH_FLOAT(jump_float_le,
               JUMP_IF((as_float<kind>(x) <= as_float<kind>(Y)) == (at->extra != 0));)
    EACH_INTEGER(count_up, {
        const std::uint64_t next = wrap(kind, x + 1);
        slots[at->b].bits = next;
        JUMP_IF(less(kind, next, Y));
    })

    EACH_INTEGER(index, {
        const Block* block = slots[at->b].block;
        const std::uint64_t number = Y;
        if (number >= length_of(block)) goto fail;
        SET(element_at<kind>(block, number))
    })
index_ref: {
    const Block* block = slots[at->b].block;
    const std::uint64_t number = Y;
    if (number >= length_of(block)) goto fail;
    Block* element = slots_at(block, number)->block;
    retain(element);
    set_reference(slots[at->a], element);
    NEXT();
}
    EACH_INTEGER(set_index, {
        Block* block = slots[at->a].block;
        if (x >= length_of(block)) goto fail;
        if (!is_unique(block)) goto elsewhere;
        set_element<kind>(block, x, Y);
        NEXT();
    })
index_part: {
    const Block* block = slots[at->b].block;
    const std::uint64_t number = Y;
    if (number >= length_of(block)) goto fail;
    SET(slots_at(block, number)[at->extra].bits)
}
set_index_part: {
    Block* block = slots[at->a].block;
    const std::uint64_t number = slots[at->b].bits;
    if (number >= length_of(block)) goto fail;
    if (!is_unique(block)) goto elsewhere;
    slots_at(block, number)[at->extra].bits = Y;
    NEXT();
}
    EACH_INTEGER(index_nested, {
        const Block* outer = slots[at->b].block;
        const std::uint64_t number = Y;
        if (number >= length_of(outer)) goto fail;
        const Block* inner = slots_at(outer, number)->block;
        const std::uint64_t inner_number = slots[at->extra].bits;
        if (inner_number >= length_of(inner)) goto fail;
        SET(element_at<kind>(inner, inner_number))
    })
    EACH_INTEGER(set_index_nested, {
        const Block* outer = slots[at->a].block;
        if (x >= length_of(outer)) goto fail;
        Block* inner = slots_at(outer, x)->block;
        const std::uint64_t inner_number = slots[at->extra].bits;
        if (inner_number >= length_of(inner)) goto fail;
        if (!is_unique(outer) || !is_unique(inner)) goto elsewhere;
        set_element<kind>(inner, inner_number, Y);
        NEXT();
    })
box_few:
    if (!box_few({at->c, at->extra}, slots + at->b, slots[at->a], limits_)) goto fail;
    charge(left, at->c * sizeof(Slot));
    NEXT();
unbox_few:
    if (!unbox_few({at->c, at->extra}, slots[at->b], slots + at->a)) goto fail;
    charge(left, at->c * sizeof(Slot));
    NEXT();
take_unbox_few:
    if (!take_unbox_few({at->c, at->extra}, slots[at->b], slots + at->a)) goto fail;
    charge(left, at->c * sizeof(Slot));
    NEXT();
length:
    SET(length_of(slots[at->b].block))

call: {
    const PreparedRoutine& callee = routines_[at->a];
    State::Call& caller = state->top_;
    const std::uint32_t at_caller = static_cast<std::uint32_t>(at - routines_[caller.routine].code);
    const std::uint32_t base = state->slots_.size();
    if (state->callers_.size() >= limits_.call_depth_max || callee.frame_slots > frame_slots_max_ ||
        base > frame_slots_max_ - callee.frame_slots) {
        goto fail;
    }
    left -= 1 + callee.frame_slots / 64;
    slots = state->slots_.push(callee.frame_slots);
    Slot* arguments = state->slots_.data() + caller.base + at->b;
    const std::uint32_t count = callee.parameter_slots;
    for (std::uint32_t slot = 0; slot < count; ++slot) slots[slot] = arguments[slot];
    for (std::uint32_t slot = count; slot < callee.frame_slots; ++slot) slots[slot] = Slot{};
    for (std::uint32_t n = 0; n < callee.parameter_references; ++n) {
        arguments[callee.routine->references[n]] = Slot{};
    }
    // Field by field: to read whole what was just written in parts takes the processor long.
    copy_call(state->callers_.emplace_back(), caller).pc = at_caller;
    caller.routine = at->a;
    caller.pc = 0;
    caller.base = base;
    caller.result_slot = at->c;
    at = callee.code;
    if (left <= 0) goto used;
    goto* labels[static_cast<std::size_t>(at->code)];
}
ret_word: {
    if (state->callers_.empty()) goto ret;
    left -= at - routines_[state->top_.routine].code;
    const State::Call& caller = state->callers_.back();
    Slot* callers_slots = state->slots_.data() + caller.base;
    callers_slots[state->top_.result_slot] = slots[at->a];
    RETURN();
}
ret_few: {
    if (state->callers_.empty()) goto ret;
    const PreparedRoutine& callee = routines_[state->top_.routine];
    left -= at - callee.code;
    charge(left, at->c * sizeof(Slot));
    const State::Call& caller = state->callers_.back();
    Slot* callers_slots = state->slots_.data() + caller.base;
    take_few({at->c, at->extra}, slots + at->a, callers_slots + state->top_.result_slot);
    for (const std::uint32_t slot : callee.routine->references) release(slots[slot].block);
    RETURN();
}
ret: {
    const Routine& callee = *routines_[state->top_.routine].routine;
    if (state->callers_.empty()) {
        budget = rounded(left - 1);
        leave(*state, instruction_of(routines_[state->top_.routine], at), Phase::finished);
        return Request::ended(Value::take(*program_, *callee.result, slots + at->a));
    }
    left -= at - routines_[state->top_.routine].code;
    const State::Call& caller = state->callers_.back();
    Slot* callers_slots = state->slots_.data() + caller.base;
    Slot* result = callers_slots + state->top_.result_slot;
    const TypeKind given = program_->types[*callee.result].kind;
    if (is_aggregate(given)) {
        const program::Layout& layout = program_->types[*callee.result].layout;
        charge(left, std::uint64_t{layout.slots} * sizeof(Slot));
        move_slots(layout, slots + at->a, result);
    } else if (is_reference(given)) {
        set_reference(*result, std::exchange(slots[at->a].block, nullptr));
    } else {
        *result = slots[at->a];
    }
    for (const std::uint32_t slot : callee.references) release(slots[slot].block);
    RETURN();
}

    // The messages that most are need no look at the instruction, and in the lane no request.
get_word:
    if (!entrance || !state->in_sync_) goto request;
    GET_WORD(get, 1);
    if (left > 0) NEXT();
    ++at;
    goto used;
put_word:
    if (!entrance || !state->in_sync_) goto request;
    PUT_WORD(put, 1);
    if (left > 0) NEXT();
    ++at;
    goto used;
sync_get_last:
    if (!entrance || !entrance->enter(slots, at->a)) goto request;
    state->in_sync_ = true;
    ++at;
    GET_WORD(get_alone, at->extra);
    AFTER_BLOCK();
get_last:
    if (!entrance || !state->in_sync_) goto request;
    GET_WORD(get_last, at->extra);
    AFTER_BLOCK();
sync_put_last:
    if (!entrance || !entrance->enter(slots, at->a)) goto request;
    state->in_sync_ = true;
    ++at;
    PUT_WORD(put_alone, at->extra);
    AFTER_BLOCK();
put_last:
    if (!entrance || !state->in_sync_) goto request;
    PUT_WORD(put_last, at->extra);
    AFTER_BLOCK();
fork: {
    if (!entrance || !state->in_sync_) goto request;
    const Exchange::Got chosen = entrance->fork(at->c);
    served = chosen.served;
    if (served == Served::goes_on) {
        --left;
        at += 1 + chosen.word;
        if (left <= 0) goto used;
        goto* labels[static_cast<std::size_t>(at->code)];
    }
    if (served != Served::unanswered) goto interrupted;
    --left;
    state->top_.pc = at->c;
    state->phase_ = Phase::waiting;
    goto succeeded;
}
interrupted:
    if (served == Served::unserved) goto request;
    --left;
    if (served == Served::gone) goto exchanged;
    state->top_.pc = at->c;  // the last operand is the number of the instruction
    state->onward_ = onward;
    state->phase_ = Phase::passing;
    if (served == Served::unanswered) {
        state->phase_ = Phase::waiting;
        state->word_slot_ = at->a;
    }
succeeded:
    if (served != Served::stops && left > 0) {
        const Successor next = entrance->next(rounded(left));
        if (next.state) {
            state = next.state;
            entrance = next.entrance;
            goto enter;
        }
    }
exchanged:
    budget = rounded(left);
    return Request::of(Request::Kind::exchanged);
assert:
    if (slots[at->a].bits != 0) NEXT();
    if (!state->in_sync_) goto fail;
    goto request;
sync_begin:
    if (!entrance || !entrance->enter(slots, at->a)) goto request;
    state->in_sync_ = true;
    NEXT();
sync_end:
    if (!state->in_sync_) NEXT();  // it has happened before
    if (!entrance) goto request;
    served = entrance->end();
    onward = at + 1;
    if (served != Served::goes_on) goto interrupted;
    --left;
    AFTER_BLOCK();
request:
    --left;
    {
        // A reference to what is a register elsewhere would take it out of there.
        std::int64_t remaining = left;
        Request asked = ask(*state, instruction_of(routines_[state->top_.routine], at),
                            at->extra != 0, remaining);
        budget = rounded(remaining);
        return asked;
    }
elsewhere: {
    std::int64_t remaining = left;
    const bool done =
        bulk_.perform(*instruction_of(routines_[state->top_.routine], at), slots, remaining);
    left = remaining;
    if (!done) goto fail;
    if (left > 0) NEXT();
    ++at;
}

used:
    budget = 0;
    leave(*state, instruction_of(routines_[state->top_.routine], at), Phase::running);
    return Request::of(Request::Kind::budget_used);
fail:
    budget = rounded(left);
    return failed(*state, instruction_of(routines_[state->top_.routine], at));
}
// NOLINTEND(cppcoreguidelines-macro-usage)

}  // namespace reowolf::machine
