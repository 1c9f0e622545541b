// SPDX-License-Identifier: MIT
// Each operation of the interpreter, at the corners of each kind, against a computation that shares
// nothing with it: integers in 128 bits, floats as the language computes them.
#include <cmath>
#include <limits>
#include <optional>

#include <gtest/gtest.h>

#include "machine/arrays.hpp"
#include "machine/machine.hpp"
#include "machine/numbers.test.hpp"
#include "program/assembly.hpp"

namespace reowolf::machine {
namespace {

using program::Assembly;
using program::constant;
using program::Instruction;
using program::op;
using program::Opcode;
using program::RoutineId;
using program::TypeKind;

using Result = std::optional<std::uint64_t>;  // none: it fails

constexpr std::int32_t small_numbers[] = {INT32_MIN, -32769, -129, -128, -2,    -1,        0,
                                          1,         2,      3,    10,   127,   128,       255,
                                          256,       32767,  8191, 7,    65536, INT32_MAX, 31};

class Operations : public testing::Test {
  protected:
    Assembly assembly;

    // A function of two words, in slots 0 and 1, whose result is in slot 2.
    RoutineId function(TypeKind first, TypeKind second, TypeKind result,
                       std::vector<Instruction> code) {
        code.push_back(op(Opcode::ret, 2));
        return assembly.function(
            {.slots = 4, .parameters = {assembly.type(first), assembly.type(second)}},
            assembly.type(result), std::move(code));
    }
    // One that says whether an instruction jumps.
    RoutineId jumping(TypeKind first, TypeKind second, Instruction instruction) {
        instruction.a = 3;
        return function(first, second, TypeKind::boolean,
                        {instruction, constant(2, 0), op(Opcode::ret, 2), constant(2, 1)});
    }
    void prepare() {
        ASSERT_EQ(verify(assembly.program), std::nullopt) << disassemble(assembly.program);
        machine.emplace(assembly.program, Limits{});
    }
    Result run(RoutineId routine, std::uint64_t x, std::uint64_t y) {
        State state(assembly.program, routine, {Value::scalar(x), Value::scalar(y)});
        std::uint32_t budget = 100'000;
        const Request request = machine->run(state, budget);
        if (request.kind == Request::Kind::failed) return std::nullopt;
        EXPECT_EQ(request.kind, Request::Kind::ended);
        return request.value.bits();
    }
    // That it computes the same as `expected`, a function of two Wide.
    template <typename Expected>
    void compare(RoutineId routine, TypeKind kind, Expected expected) {
        for (const std::uint64_t x : samples(kind)) {
            for (const std::uint64_t y : samples(kind)) {
                const std::optional<Wide> wide = expected(number(kind, x), number(kind, y));
                const Result wanted = wide ? Result(wrapped(kind, *wide)) : std::nullopt;
                ASSERT_EQ(run(routine, x, y), wanted)
                    << program::name(kind) << ' ' << x << ' ' << y << '\n'
                    << disassemble(assembly.program);
            }
        }
    }

    std::optional<Machine> machine;
};

std::optional<Wide> some(Wide value) {
    return value;
}

TEST_F(Operations, ArithmeticOfEachKind) {
    struct Case {
        Opcode opcode;
        std::optional<Wide> (*expected)(Wide, Wide);
    };
    const Case cases[] = {
        {Opcode::add, [](Wide x, Wide y) { return some(x + y); }},
        {Opcode::sub, [](Wide x, Wide y) { return some(x - y); }},
        {Opcode::div, [](Wide x, Wide y) { return y == 0 ? std::nullopt : some(x / y); }},
        {Opcode::rem, [](Wide x, Wide y) { return y == 0 ? std::nullopt : some(x % y); }},
        {Opcode::lt, [](Wide x, Wide y) { return some(x < y); }},
        {Opcode::le, [](Wide x, Wide y) { return some(x <= y); }},
        {Opcode::eq, [](Wide x, Wide y) { return some(x == y); }},
        {Opcode::ne, [](Wide x, Wide y) { return some(x != y); }},
        {Opcode::neg, [](Wide x, Wide) { return some(-x); }},
        {Opcode::bit_not, [](Wide x, Wide) { return some(-x - 1); }},
        {Opcode::bit_and, [](Wide x, Wide y) { return some(x & y); }},
        {Opcode::bit_or, [](Wide x, Wide y) { return some(x | y); }},
        {Opcode::bit_xor, [](Wide x, Wide y) { return some(x ^ y); }},
    };
    std::vector<RoutineId> routines;
    for (const TypeKind kind : integer_kinds) {
        for (const Case& each : cases) {
            routines.push_back(function(kind, kind, kind, {op(each.opcode, kind, 2, 0, 1)}));
        }
    }
    prepare();
    std::size_t next = 0;
    for (const TypeKind kind : integer_kinds) {
        for (const Case& each : cases) compare(routines[next++], kind, each.expected);
    }
}

TEST_F(Operations, ProductsOfEachKind) {
    std::vector<RoutineId> routines;
    for (const TypeKind kind : integer_kinds) {
        routines.push_back(function(kind, kind, kind, {op(Opcode::mul, kind, 2, 0, 1)}));
    }
    prepare();
    for (std::size_t i = 0; i < routines.size(); ++i) {
        // In unsigned 128 bits nothing overflows either.
        __extension__ using Unsigned = unsigned __int128;
        compare(routines[i], integer_kinds[i], [](Wide x, Wide y) {
            const auto product = static_cast<Unsigned>(x) * static_cast<Unsigned>(y);
            return some(static_cast<Wide>(product));
        });
    }
}

TEST_F(Operations, ShiftsOfEachKind) {
    for (const TypeKind kind : integer_kinds) {
        function(kind, TypeKind::s32, kind, {op(Opcode::shl, kind, TypeKind::s32, 2, 0, 1)});
        function(kind, TypeKind::s32, kind, {op(Opcode::shr, kind, TypeKind::s32, 2, 0, 1)});
        for (std::uint32_t count = 0; count < width_of(kind).bits; ++count) {
            function(kind, kind, kind, {op(Opcode::shl_number, kind, 2, 0, count)});
            function(kind, kind, kind, {op(Opcode::shr_number, kind, 2, 0, count)});
        }
    }
    prepare();
    RoutineId routine = 0;
    for (const TypeKind kind : integer_kinds) {
        const RoutineId left = routine++;
        const RoutineId right = routine++;
        for (std::int32_t count = 0; count < width_of(kind).bits; ++count) {
            const RoutineId left_number = routine++;
            const RoutineId right_number = routine++;
            for (const std::uint64_t x : samples(kind)) {
                const std::uint64_t up = wrapped(kind, number(kind, x) * (Wide{1} << count));
                const std::uint64_t down = wrapped(kind, number(kind, x) >> count);
                const auto y = static_cast<std::uint64_t>(count);
                ASSERT_EQ(run(left, x, y), Result(up));
                ASSERT_EQ(run(right, x, y), Result(down));
                ASSERT_EQ(run(left_number, x, 0), Result(up));
                ASSERT_EQ(run(right_number, x, 0), Result(down));
            }
        }
        for (const std::int64_t count : {std::int64_t{-1}, std::int64_t{width_of(kind).bits}}) {
            EXPECT_EQ(run(left, 1, static_cast<std::uint64_t>(count)), std::nullopt);
            EXPECT_EQ(run(right, 1, static_cast<std::uint64_t>(count)), std::nullopt);
        }
    }
}

TEST_F(Operations, NumbersInTheInstruction) {
    struct Case {
        Opcode opcode;
        Wide (*expected)(Wide, Wide);
        bool (*fits)(TypeKind, Wide);
    };
    const auto any = [](TypeKind, Wide) { return true; };
    const auto positive = [](TypeKind, Wide n) { return n > 0; };
    const Case cases[] = {
        {Opcode::add_number, [](Wide x, Wide n) { return x + n; }, any},
        {Opcode::mul_number, [](Wide x, Wide n) { return x * n; }, any},
        {Opcode::div_number, [](Wide x, Wide n) { return x / n; }, positive},
        {Opcode::rem_number, [](Wide x, Wide n) { return x % n; }, positive},
        {Opcode::and_number, [](Wide x, Wide n) { return x & n; },
         [](TypeKind kind, Wide n) { return n >= smallest(kind) && n <= largest(kind); }},
    };
    for (const TypeKind kind : integer_kinds) {
        for (const Case& each : cases) {
            for (const std::int32_t n : small_numbers) {
                if (!each.fits(kind, n)) continue;
                function(kind, kind, kind,
                         {op(each.opcode, kind, 2, 0, static_cast<std::uint32_t>(n))});
            }
        }
    }
    prepare();
    RoutineId routine = 0;
    for (const TypeKind kind : integer_kinds) {
        for (const Case& each : cases) {
            for (const std::int32_t n : small_numbers) {
                if (!each.fits(kind, n)) continue;
                for (const std::uint64_t x : samples(kind)) {
                    ASSERT_EQ(run(routine, x, 0),
                              Result(wrapped(kind, each.expected(number(kind, x), n))))
                        << program::name(kind) << ' ' << x << ' ' << n;
                }
                ++routine;
            }
        }
    }
}

TEST_F(Operations, JumpsThatCompare) {
    struct Case {
        Opcode opcode;
        bool (*expected)(Wide, Wide);
        bool by_number;
    };
    const Case cases[] = {
        {Opcode::jump_eq, [](Wide x, Wide y) { return x == y; }, false},
        {Opcode::jump_ne, [](Wide x, Wide y) { return x != y; }, false},
        {Opcode::jump_lt, [](Wide x, Wide y) { return x < y; }, false},
        {Opcode::jump_le, [](Wide x, Wide y) { return x <= y; }, false},
        {Opcode::jump_eq_number, [](Wide x, Wide y) { return x == y; }, true},
        {Opcode::jump_ne_number, [](Wide x, Wide y) { return x != y; }, true},
        {Opcode::jump_lt_number, [](Wide x, Wide y) { return x < y; }, true},
        {Opcode::jump_ge_number, [](Wide x, Wide y) { return x >= y; }, true},
    };
    const auto each_routine = [&](auto visit) {
        for (const TypeKind kind : integer_kinds) {
            for (const Case& each : cases) {
                if (!each.by_number) {
                    visit(kind, each, 0);
                    continue;
                }
                for (const std::int32_t n : small_numbers) {
                    if (n >= 0 || width_of(kind).is_signed) visit(kind, each, n);
                }
            }
        }
    };
    each_routine([&](TypeKind kind, const Case& each, std::int32_t n) {
        const auto c = each.by_number ? static_cast<std::uint32_t>(n) : 1;
        jumping(kind, kind, op(each.opcode, kind, 0, 0, c));
    });
    prepare();
    RoutineId routine = 0;
    each_routine([&](TypeKind kind, const Case& each, std::int32_t n) {
        for (const std::uint64_t x : samples(kind)) {
            if (each.by_number) {
                ASSERT_EQ(run(routine, x, 0), Result(each.expected(number(kind, x), n)));
                continue;
            }
            for (const std::uint64_t y : samples(kind)) {
                ASSERT_EQ(run(routine, x, y),
                          Result(each.expected(number(kind, x), number(kind, y))));
            }
        }
        ++routine;
    });
}

TEST_F(Operations, CountingUpWraps) {
    for (const TypeKind kind : integer_kinds) {
        jumping(kind, kind, op(Opcode::count_up, kind, 0, 0, 1));
        // What it counted to.
        function(kind, kind, kind, {op(Opcode::count_up, kind, 1, 0, 1), op(Opcode::move, 2, 0)});
    }
    prepare();
    RoutineId routine = 0;
    for (const TypeKind kind : integer_kinds) {
        for (const std::uint64_t x : samples(kind)) {
            const std::uint64_t next = wrapped(kind, number(kind, x) + 1);
            for (const std::uint64_t y : samples(kind)) {
                ASSERT_EQ(run(routine, x, y), Result(number(kind, next) < number(kind, y)));
                ASSERT_EQ(run(routine + 1, x, y), Result(next));
            }
        }
        routine += 2;
    }
}

TEST_F(Operations, CastsBetweenAllKinds) {
    constexpr TypeKind kinds[] = {
        TypeKind::u8,  TypeKind::u16, TypeKind::u32, TypeKind::u64,     TypeKind::s8,
        TypeKind::s16, TypeKind::s32, TypeKind::s64, TypeKind::boolean, TypeKind::character};
    for (const TypeKind from : kinds) {
        for (const TypeKind to : kinds) {
            function(from, from, to, {op(Opcode::cast, to, from, 2, 0)});
        }
    }
    prepare();
    RoutineId routine = 0;
    for (const TypeKind from : kinds) {
        for (const TypeKind to : kinds) {
            for (const std::uint64_t x : samples(from)) {
                const Wide value = number(from, x);
                if (from == TypeKind::boolean && value > 1) continue;
                const Wide greatest = to == TypeKind::boolean ? 1 : largest(to);
                const bool fits = value >= smallest(to) && value <= greatest;
                ASSERT_EQ(run(routine, x, 0), fits ? Result(x) : std::nullopt)
                    << program::name(from) << " to " << program::name(to) << ' ' << x;
            }
            ++routine;
        }
    }
}

template <typename Float>
std::vector<Float> float_samples() {
    using Limit = std::numeric_limits<Float>;
    return {Float{0},           -Float{0},         Float{1},
            Float{-1},          Float(0.1),        Limit::max(),
            Limit::lowest(),    Limit::min(),      Limit::denorm_min(),
            Limit::epsilon(),   Limit::infinity(), -Limit::infinity(),
            Limit::quiet_NaN(), Float(1e10),       Float(-3.75)};
}

template <typename Float>
std::uint64_t bits_of(Float value) {
    if constexpr (sizeof(Float) == 4) {
        return std::bit_cast<std::uint32_t>(value);
    } else {
        return std::bit_cast<std::uint64_t>(value);
    }
}

template <typename Float>
class FloatOperations : public Operations {
  protected:
    static constexpr TypeKind kind = sizeof(Float) == 4 ? TypeKind::f32 : TypeKind::f64;
};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(FloatOperations, Floats);

TYPED_TEST(FloatOperations, ArithmeticAndComparisons) {
    using Float = TypeParam;
    constexpr TypeKind of = TestFixture::kind;
    struct Case {
        Opcode opcode;
        Float (*expected)(Float, Float);
    };
    const Case arithmetic[] = {
        {Opcode::float_add, [](Float x, Float y) { return x + y; }},
        {Opcode::float_sub, [](Float x, Float y) { return x - y; }},
        {Opcode::float_mul, [](Float x, Float y) { return x * y; }},
        {Opcode::float_div, [](Float x, Float y) { return x / y; }},
        {Opcode::float_rem, [](Float x, Float y) { return std::fmod(x, y); }},
        {Opcode::float_neg, [](Float x, Float) { return -x; }},
    };
    struct Comparison {
        Opcode value;
        Opcode jump;
        bool (*expected)(Float, Float);
    };
    const Comparison comparisons[] = {
        {Opcode::float_eq, Opcode::jump_float_eq, [](Float x, Float y) { return x == y; }},
        {Opcode::float_lt, Opcode::jump_float_lt, [](Float x, Float y) { return x < y; }},
        {Opcode::float_le, Opcode::jump_float_le, [](Float x, Float y) { return x <= y; }},
    };
    for (const Case& each : arithmetic) {
        this->function(of, of, of, {op(each.opcode, of, 2, 0, 1)});
    }
    for (const Comparison& each : comparisons) {
        this->function(of, of, TypeKind::boolean, {op(each.value, of, 2, 0, 1)});
        for (const std::uint32_t wanted : {0u, 1u}) {
            this->jumping(of, of, op(each.jump, of, 0, 0, 1, wanted));
        }
    }
    this->prepare();
    for (const Float x : float_samples<Float>()) {
        for (const Float y : float_samples<Float>()) {
            RoutineId routine = 0;
            for (const Case& each : arithmetic) {
                const Result got = this->run(routine++, bits_of(x), bits_of(y));
                const Float wanted = each.expected(x, y);
                ASSERT_TRUE(got);
                if (std::isnan(wanted)) {
                    ASSERT_TRUE(std::isnan(float_value(of, *got)));
                } else {
                    ASSERT_EQ(*got, bits_of(wanted)) << x << ' ' << y;
                }
            }
            for (const Comparison& each : comparisons) {
                const bool wanted = each.expected(x, y);
                ASSERT_EQ(this->run(routine++, bits_of(x), bits_of(y)), Result(wanted));
                ASSERT_EQ(this->run(routine++, bits_of(x), bits_of(y)), Result(!wanted));
                ASSERT_EQ(this->run(routine++, bits_of(x), bits_of(y)), Result(wanted));
            }
        }
    }
}

TEST_F(Operations, IntegersBecomeFloats) {
    for (const TypeKind kind : integer_kinds) {
        function(kind, kind, TypeKind::f64, {op(Opcode::float_cast, TypeKind::f64, kind, 2, 0)});
    }
    prepare();
    RoutineId routine = 0;
    for (const TypeKind kind : integer_kinds) {
        for (const std::uint64_t x : samples(kind)) {
            ASSERT_EQ(run(routine, x, 0), Result(bits_of(static_cast<double>(number(kind, x)))));
        }
        ++routine;
    }
}

// ---- arrays

class Elements : public Operations {
  protected:
    using Numbers = std::vector<std::uint64_t>;

    static Value array_of(TypeKind kind, const Numbers& numbers) {
        Block* block = make_block(kind, numbers.size(), 1'000'000);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            Slot slot;
            slot.bits = numbers[i];
            store(block, i, slot);
        }
        return Value::adopt(block);
    }
    Result run(RoutineId routine, const Value& array, std::uint64_t index, std::uint64_t inner,
               std::uint64_t value) {
        State state(assembly.program, routine,
                    {array, Value::scalar(index), Value::scalar(inner), Value::scalar(value)});
        std::uint32_t budget = 100'000;
        const Request request = machine->run(state, budget);
        if (request.kind == Request::Kind::failed) return std::nullopt;
        return request.value.bits();
    }
    // A function of an array in slot 0, two indices in 1 and 2, and a value in 3; its result is in
    // slot 4.
    RoutineId function(program::TypeId array, TypeKind element, std::vector<Instruction> code) {
        const program::TypeId index = assembly.type(TypeKind::s64);
        const program::TypeId result = assembly.type(element);
        code.push_back(op(Opcode::ret, 4));
        return assembly.function(
            {.slots = 5, .references = {0}, .parameters = {array, index, index, result}}, result,
            std::move(code));
    }
    static Instruction with(Instruction instruction, std::uint32_t e) {
        instruction.e = e;
        return instruction;
    }
};

constexpr auto s64 = TypeKind::s64;

TEST_F(Elements, OfEachKind) {
    for (const TypeKind kind : integer_kinds) {
        const program::TypeId array = assembly.array_of(kind);
        function(array, kind, {op(Opcode::index, s64, 4, 0, 1, array)});
        function(
            array, kind,
            {op(Opcode::set_index, s64, 0, 1, 3, array), op(Opcode::index, s64, 4, 0, 1, array)});
    }
    prepare();
    RoutineId routine = 0;
    for (const TypeKind kind : integer_kinds) {
        const Numbers numbers = samples(kind);
        const Value array = array_of(kind, numbers);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            ASSERT_EQ(run(routine, array, i, 0, 0), Result(numbers[i]));
            const std::uint64_t other = numbers[numbers.size() - 1 - i];
            ASSERT_EQ(run(routine + 1, array, i, 0, other), Result(other));
            // What is shared stays as it is.
            ASSERT_EQ(array, array_of(kind, numbers));
        }
        for (const std::uint64_t index : {std::uint64_t{numbers.size()}, ~std::uint64_t{0}}) {
            EXPECT_EQ(run(routine, array, index, 0, 0), std::nullopt);
            EXPECT_EQ(run(routine + 1, array, index, 0, 0), std::nullopt);
        }
        EXPECT_EQ(run(routine, Value::adopt(nullptr), 0, 0, 0), std::nullopt);
        EXPECT_EQ(run(routine + 1, Value::adopt(nullptr), 0, 0, 0), std::nullopt);
        routine += 2;
    }
}

TEST_F(Elements, OfArraysInArrays) {
    for (const TypeKind kind : integer_kinds) {
        const program::TypeId array = assembly.array_of(assembly.array_of(kind));
        const Instruction read = with(op(Opcode::index_nested, s64, s64, 4, 0, 1, array), 2);
        const Instruction write = with(op(Opcode::set_index_nested, s64, s64, 0, 1, 3, array), 2);
        function(array, kind, {read});
        function(array, kind, {write, read});
        function(array, kind, {write, write, read});
    }
    prepare();
    RoutineId routine = 0;
    for (const TypeKind kind : integer_kinds) {
        const Numbers numbers = samples(kind);
        const Value inner = array_of(kind, numbers);
        const auto outer = [&] {
            Block* block = make_block(TypeKind::array, 3, 1'000'000);
            for (const std::uint32_t i : {0u, 2u}) {
                slots_at(block, i)->block = Value(inner).hand_over();
            }
            slots_at(block, 1)->block = nullptr;
            return Value::adopt(block);
        };
        const Value array = outer();
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const std::uint64_t other = numbers[numbers.size() - 1 - i];
            ASSERT_EQ(run(routine, array, 2, i, 0), Result(numbers[i]));
            ASSERT_EQ(run(routine + 1, array, 2, i, other), Result(other));
            ASSERT_EQ(run(routine + 2, array, 0, i, other), Result(other));
            ASSERT_EQ(array, outer());
        }
        for (RoutineId each = routine; each < routine + 3; ++each) {
            EXPECT_EQ(run(each, array, 3, 0, 0), std::nullopt);
            EXPECT_EQ(run(each, array, ~std::uint64_t{0}, 0, 0), std::nullopt);
            EXPECT_EQ(run(each, array, 1, 0, 0), std::nullopt);  // an empty one
            EXPECT_EQ(run(each, array, 2, numbers.size(), 0), std::nullopt);
            EXPECT_EQ(run(each, Value::adopt(nullptr), 0, 0, 0), std::nullopt);
        }
        routine += 3;
    }
}

TEST_F(Elements, PartsOfAggregates) {
    const program::TypeId word = assembly.type(s64);
    const program::TypeId text = assembly.type(TypeKind::string);
    const program::TypeId tuple = assembly.tuple({word, text, word});
    const program::TypeId array = assembly.array_of(tuple);
    const Instruction read = with(op(Opcode::index_part, s64, 4, 0, 1, array), 2);
    const Instruction write = with(op(Opcode::set_index_part, s64, 0, 1, 3, array), 2);
    const RoutineId reads = function(array, s64, {read});
    const RoutineId writes = function(array, s64, {write, write, read});
    const RoutineId not_a_word =
        function(array, s64, {with(op(Opcode::index_part, s64, 4, 0, 1, array), 1)});
    EXPECT_NE(verify(assembly.program), std::nullopt);
    assembly.program.routines.resize(not_a_word);
    prepare();
    const Value shared = Value::text("shared");
    const auto make = [&] {
        const ElementShape shape = ElementShape::of(assembly.program, tuple);
        Block* block = make_block(shape, 2, 1'000'000);
        for (std::uint64_t i = 0; i < 2; ++i) {
            Slot* slots = slots_at(block, i);
            slots[0].bits = 10 * i;
            slots[1].block = Value(shared).hand_over();
            slots[2].bits = 10 * i + 2;
        }
        return Value::adopt(block);
    };
    const Value of = make();
    EXPECT_EQ(run(reads, of, 1, 0, 0), Result(12));
    EXPECT_EQ(run(writes, of, 1, 0, 99), Result(99));
    EXPECT_EQ(of, make());
    for (const RoutineId each : {reads, writes}) {
        EXPECT_EQ(run(each, of, 2, 0, 0), std::nullopt);
        EXPECT_EQ(run(each, Value::adopt(nullptr), 0, 0, 0), std::nullopt);
    }
    EXPECT_EQ(shared.block()->references.load(), 3u);
}

// ---- the budget

TEST_F(Operations, LoopsCostTheirLengthEachTime) {
    // Counts slot 0 up to slot 1, adding to slot 2.
    const RoutineId loop = function(
        s64, s64, s64, {op(Opcode::add, s64, 2, 2, 0), op(Opcode::count_up, s64, 0, 0, 1)});
    prepare();
    const auto cost = [&](std::uint64_t times) {
        State state(assembly.program, loop, {Value::scalar(0), Value::scalar(times)});
        std::uint32_t budget = 1'000'000;
        EXPECT_EQ(machine->run(state, budget).kind, Request::Kind::ended);
        return 1'000'000 - budget;
    };
    EXPECT_EQ(cost(2) - cost(1), 2u);
    EXPECT_EQ(cost(1001) - cost(1), 2000u);
}

}  // namespace
}  // namespace reowolf::machine
