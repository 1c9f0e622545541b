// SPDX-License-Identifier: MIT
// Networks of PDL and native components.
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "told.hpp"

namespace reowolf {
namespace {

using Lines = std::vector<std::string>;

Component count_to(std::uint64_t last, Out<std::uint64_t> to) {
    for (std::uint64_t n = 1; n <= last; ++n) co_await to.put(n);
}

Component collect(std::vector<std::uint64_t>& values, In<std::uint64_t> from) {
    for (;;) values.push_back(co_await from.get());
}

TEST(Components, PassValuesOneByOne) {
    Told told;
    Runtime runtime(Program(), told.options());
    std::vector<std::uint64_t> values;
    auto [out, in] = runtime.channel<std::uint64_t>();
    runtime.start(count_to, 3, out);
    runtime.start(collect, std::ref(values), in);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(values, (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(runtime.rounds(), 3u);
    EXPECT_EQ(runtime.components(), 0u);
    EXPECT_TRUE(told.reports.empty());
}

TEST(Components, StandBetweenComponentsOfPdl) {
    Told told;
    const Program program(R"(
        primitive source(out<s32> to) { for (auto i in 0..4) sync put(to, i - 2); }
        primitive sink(in<s32> from) { while (true) sync print(get(from)); }
    )");
    Runtime runtime(program, told.options());
    auto [out, from] = runtime.channel<std::int32_t>();
    auto [to, in] = runtime.channel<std::int32_t>();
    runtime.start("source", out);
    runtime.start("sink", in);
    runtime.start(
        [](In<std::int32_t> numbers, Out<std::int32_t> doubled) -> Component {
            for (;;) {
                co_await sync([&](Round& r) -> Step<> {
                    const std::int32_t value = co_await r.get(numbers);
                    co_await r.put(doubled, 2 * value);
                });
            }
        },
        from, to);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(told.lines, (Lines{"-4", "-2", "0", "2"}));
    EXPECT_EQ(runtime.rounds(), 4u);
    EXPECT_TRUE(told.reports.empty());
}

struct Point {
    std::int16_t x, y;
};
REOWOLF_FIELDS(Point, x, y)

TEST(Components, ExchangeValuesOfManyTypes) {
    Told told;
    const Program program(R"(
        struct P { s16 x, s16 y }
        union Maybe { None, Some(string) }
        primitive echo(in<P> from, out<(P, Maybe, f32[])> to) {
            sync { P p = get(from); put(to, (p, Maybe::Some("é"), { 0.5, -1.0 })); }
            sync { P p = get(from); put(to, (p, Maybe::None, {})); }
        }
    )");
    using Answer = std::tuple<Point, std::optional<std::string>, std::vector<float>>;
    Runtime runtime(program, told.options());
    auto [ask, asked] = runtime.channel<Point>();
    auto [answer, answered] = runtime.channel<Answer>();
    runtime.start("echo", asked, answer);
    std::vector<Answer> answers;
    runtime.start(
        [&](Out<Point> to, In<Answer> from) -> Component {
            for (const std::int16_t x : {std::int16_t{-3}, std::int16_t{7}}) {
                answers.push_back(co_await sync([&](Round& r) -> Step<Answer> {
                    co_await r.put(to, Point{x, 1});
                    co_return co_await r.get(from);
                }));
            }
        },
        ask, answered);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_EQ(std::get<0>(answers[0]).x, -3);
    EXPECT_EQ(std::get<1>(answers[0]), "é");
    EXPECT_EQ(std::get<2>(answers[0]), (std::vector<float>{0.5f, -1.0f}));
    EXPECT_EQ(std::get<0>(answers[1]).x, 7);
    EXPECT_EQ(std::get<1>(answers[1]), std::nullopt);
    EXPECT_TRUE(std::get<2>(answers[1]).empty());
}

TEST(Components, GetTheirPortsInArrays) {
    Told told;
    const Program program(R"(
        primitive source(u32 n, out<u32> to) { sync put(to, n); }
        composite all(out<u32>[] to) { for (auto i in 0..3) new source(cast<u32>(i), to[i]); }
    )");
    Runtime runtime(program, told.options());
    std::vector<Out<std::uint32_t>> outs;
    std::vector<In<std::uint32_t>> ins;
    for (int i = 0; i < 3; ++i) {
        auto [out, in] = runtime.channel<std::uint32_t>();
        outs.push_back(out);
        ins.push_back(in);
    }
    runtime.start("all", outs);
    std::uint32_t sum = 0;
    runtime.start(
        [&](std::vector<In<std::uint32_t>> from) -> Component {
            for (std::size_t i = 0; i < from.size(); ++i) {
                const auto [value, port] = co_await get_any(from);
                EXPECT_EQ(value, port);
                sum += 1u << value;
            }
        },
        ins);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(sum, 7u);
}

struct Question {
    std::uint32_t number;
    Out<std::string> answer;
};
REOWOLF_FIELDS(Question, number, answer)

TEST(Components, SendPortsThroughPorts) {
    Told told;
    const Program program(R"(
        struct Question { u32 number, out<string> answer }
        primitive answerer(in<Question> questions) {
            Question[] asked = {};
            sync asked = {get(questions)};
            sync put(asked[0].answer, asked[0].number == 7 ? "seven" : "another");
        }
    )");
    Runtime runtime(program, told.options());
    auto [ask, asked] = runtime.channel<Question>();
    auto [answer, answered] = runtime.channel<std::string>();
    auto [give, given] = runtime.channel<In<std::string>>();
    runtime.start("answerer", asked);
    runtime.start(
        [](Out<Question> question, Out<In<std::string>> hand_on, Out<std::string> out,
           In<std::string> in) -> Component {
            co_await question.put({7, out});
            co_await hand_on.put(in);
        },
        ask, give, answer, answered);
    std::string got;
    runtime.start(
        [&](In<In<std::string>> ports) -> Component {
            const In<std::string> port = co_await ports.get();
            got = co_await port.get();
        },
        given);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(got, "seven");
    EXPECT_TRUE(told.reports.empty());
}

TEST(Components, StartOthers) {
    Told told;
    Runtime runtime(Program(), told.options());
    std::vector<std::uint64_t> values;
    runtime.start([&]() -> Component {
        auto [out, in] = runtime.channel<std::uint64_t>();
        runtime.start(count_to, 2, out);
        runtime.start(collect, std::ref(values), in);
        co_return;
    });
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(values, (std::vector<std::uint64_t>{1, 2}));
}

// As in PDL: who makes a channel has both ends, may hand one on and keep the other.
TEST(Components, UseTheChannelsThatTheyMake) {
    Told told;
    const Program program(
        "primitive square(in<u64> a, out<u64> b) "
        "{ while (true) sync { u64 n = get(a); put(b, n * n); } }");
    Runtime runtime(program, told.options());
    std::vector<std::uint64_t> values;
    auto [ask, asked] = runtime.channel<Out<std::uint64_t>>();
    runtime.start(
        [&](Out<Out<std::uint64_t>> other) -> Component {
            auto [give, from] = runtime.channel<std::uint64_t>();
            auto [to, take] = runtime.channel<std::uint64_t>();
            runtime.start("square", from, to);
            for (std::uint64_t n = 1; n <= 3; ++n) {
                values.push_back(co_await sync([&](Round& r) -> Step<std::uint64_t> {
                    co_await r.put(give, n);
                    co_return co_await r.get(take);
                }));
            }
            auto [answer, answered] = runtime.channel<std::uint64_t>();
            co_await other.put(answer);
            values.push_back(co_await answered.get());
            runtime.close(answered);
            EXPECT_THROW(runtime.close(answered), std::invalid_argument);
            EXPECT_THROW(runtime.start(count_to, 1, answer), std::invalid_argument);
        },
        ask);
    runtime.start(
        [](In<Out<std::uint64_t>> from) -> Component {
            const Out<std::uint64_t> answer = co_await from.get();
            co_await answer.put(16);
            EXPECT_FALSE(co_await answer.try_put(17));
        },
        asked);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(values, (std::vector<std::uint64_t>{1, 4, 9, 16}));
    EXPECT_TRUE(told.reports.empty());
}

TEST(Components, AreDestroyedWhereTheyStand) {
    Told told;
    const auto alive = std::make_shared<int>(0);
    {
        Runtime runtime(Program(), told.options());
        auto [out, in] = runtime.channel<std::uint64_t>();
        const auto hold = [](std::shared_ptr<int> held, In<std::uint64_t> from) -> Component {
            const std::shared_ptr<int> also = held;
            co_await from.get();
        };
        runtime.start(hold, alive, in);
        EXPECT_EQ(runtime.run(), Outcome::waiting);
        EXPECT_GT(alive.use_count(), 1);
        runtime.close(out);
        EXPECT_EQ(runtime.run(), Outcome::ended);
        EXPECT_EQ(alive.use_count(), 1);
        auto [other_out, other_in] = runtime.channel<std::uint64_t>();
        runtime.start(hold, alive, other_in);
        runtime.run_ready();
        EXPECT_GT(alive.use_count(), 1);
    }
    EXPECT_EQ(alive.use_count(), 1);
}

// ---- Ending and failing

TEST(Ending, ClosedPortsEndOrFailOrAreNoticed) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [a_out, a_in] = runtime.channel<std::uint64_t>();
    auto [b_out, b_in] = runtime.channel<std::uint64_t>();
    runtime.close(b_in);
    runtime.start_as("writer", count_to, 3, b_out);
    std::vector<std::string> noticed;
    auto [c_out, c_in] = runtime.channel<std::uint64_t>();
    runtime.start(count_to, 1, a_out);
    runtime.start_as(
        "noticing",
        [&](In<std::uint64_t> from, Out<std::uint64_t> to) -> Component {
            while (const auto value = co_await from.try_get()) {
                noticed.push_back(std::to_string(*value));
            }
            noticed.push_back("end");
            if (!co_await to.try_put(1)) noticed.push_back("closed");
        },
        a_in, c_out);
    runtime.close(c_in);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(noticed, (Lines{"1", "end", "closed"}));
    ASSERT_EQ(told.reports.size(), 1u);
    EXPECT_EQ(told.reports[0].component, "writer");
    EXPECT_EQ(told.reports[0].text, "attempted to 'put' on port that is no longer owned");
    EXPECT_TRUE(runtime.has_failed());
}

TEST(Ending, AnExceptionFailsTheComponent) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [out, in] = runtime.channel<std::uint64_t>();
    runtime.start_as(
        "thrower",
        [](Out<std::uint64_t> to) -> Component {
            co_await to.put(1);
            throw std::runtime_error("no more");
        },
        out);
    std::vector<std::uint64_t> values;
    runtime.start(collect, std::ref(values), in);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(values.size(), 1u);
    ASSERT_EQ(told.reports.size(), 1u);
    EXPECT_EQ(told.reports[0].text, "no more");
    EXPECT_EQ(told.reports[0].shown, "ERROR: no more\n +-  in component 'thrower'\n");
    EXPECT_FALSE(told.reports[0].is_stuck);
}

TEST(Ending, AnExceptionInABlockDiscardsThatWay) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [out, in] = runtime.channel<std::uint64_t>();
    runtime.start(count_to, 2, out);
    std::vector<std::uint64_t> ways;
    runtime.start_as(
        "careful",
        [&](In<std::uint64_t> from) -> Component {
            for (int i = 0; i < 2; ++i) {
                ways.push_back(co_await sync([&](Round& r) -> Step<std::uint64_t> {
                    const auto way = co_await r.fork(2);
                    const auto value = co_await r.get(from);
                    if (way == 0 && value == 1) throw std::runtime_error("not this way");
                    co_return 10 * value + way;
                }));
            }
        },
        in);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(ways, (std::vector<std::uint64_t>{11, 20}));
    EXPECT_TRUE(told.reports.empty());

    runtime.start_as("careless", []() -> Component {
        co_await sync([](Round& r) -> Step<> {
            co_await r.fork(2);
            throw std::runtime_error("never");
        });
    });
    EXPECT_EQ(runtime.run(), Outcome::ended);
    ASSERT_EQ(told.reports.size(), 1u);
    EXPECT_EQ(told.reports[0].text, "never");
    EXPECT_EQ(told.reports[0].component, "careless");
}

TEST(Ending, ErrorsAreShownAsByTheCommand) {
    Told told;
    const auto program = Program::compile(
        "primitive lost(u32 step) {\n"
        "    sync { fork print(1 / step); or assert(step > 0); }\n"
        "}\n",
        "lost.pdl");
    ASSERT_TRUE(program);
    Runtime runtime(*program, told.options());
    runtime.start("lost", std::uint32_t{0});
    EXPECT_EQ(runtime.run(), Outcome::ended);
    ASSERT_EQ(told.reports.size(), 1u);
    EXPECT_EQ(told.reports[0].shown,
              "ERROR: division by zero\n"
              " +-  at lost.pdl:2:23\n"
              " |      sync { fork print(1 / step); or assert(step > 0); }\n"
              " |                        ~~~~~~~~\n"
              " +-  note: another behaviour of 'lost' was discarded: the assertion is false at "
              "lost.pdl:2:37\n"
              " +-  Stack trace:\n"
              " | component lost:2\n");
}

TEST(Ending, StuckComponentsAreReported) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [a_out, a_in] = runtime.channel<std::uint64_t>();
    auto [b_out, b_in] = runtime.channel<std::uint64_t>();
    const auto pass = [](In<std::uint64_t> from, Out<std::uint64_t> to) -> Component {
        const auto value = co_await from.get();
        co_await to.put(value);
    };
    runtime.start_as("left", pass, a_in, b_out);
    runtime.start_as("right", pass, b_in, a_out);
    EXPECT_EQ(runtime.run(), Outcome::stuck);
    ASSERT_EQ(told.reports.size(), 2u);
    EXPECT_TRUE(told.reports[0].is_stuck);
    EXPECT_EQ(told.reports[0].text, "'left' is stuck: no round is possible");
    EXPECT_NE(runtime.explain().find("'left' waits for a message"), std::string::npos);
}

// ---- Mistakes

TEST(Mistakes, AreToldAtOnce) {
    Told told;
    const Program program(

        "primitive sink(in<u32> from) { sync get(from); } func f() -> u32 { return 1; }");
    Runtime runtime(program, told.options());
    auto [out, in] = runtime.channel<std::uint32_t>();
    auto [wide, narrow] = runtime.channel<std::uint64_t>();
    EXPECT_THROW(runtime.start("nobody", in), std::invalid_argument);
    EXPECT_THROW(runtime.start("f"), std::invalid_argument);
    EXPECT_THROW(runtime.start("sink"), std::invalid_argument);
    EXPECT_THROW(runtime.start("sink", out), std::invalid_argument);
    EXPECT_THROW(runtime.start("sink", narrow), std::invalid_argument);
    EXPECT_THROW(runtime.start("sink", In<std::uint32_t>()), std::invalid_argument);
    runtime.start("sink", in);
    EXPECT_THROW(runtime.start("sink", in), std::invalid_argument);
    EXPECT_THROW(runtime.close(in), std::invalid_argument);
    EXPECT_TRUE(program.has("sink"));
    EXPECT_FALSE(program.has("f"));
    EXPECT_THROW(Program("primitive p( {"), std::invalid_argument);
    const auto compiled = Program::compile("primitive p() { u32 x = true; }", "mine.pdl");
    ASSERT_FALSE(compiled);
    EXPECT_EQ(compiled.error()[0].file, "mine.pdl");
    EXPECT_EQ(compiled.error()[0].line, 1u);
    EXPECT_TRUE(compiled.error()[0].is_error);
}

TEST(Mistakes, APortThatCannotBeGivenHasAName) {
    Told told;
    const Program program(
        "primitive two(in<u32> left, in<u32>[] right) { sync get(left); for (auto p in right) "
        "sync get(p); }");
    Runtime runtime(program, told.options());
    using Ports = std::vector<In<std::uint32_t>>;
    const auto native = [](In<std::uint32_t> from, In<std::uint32_t> other) -> Component {
        co_await from.get();
        co_await other.get();
    };
    const auto said = [](const auto& start) -> std::string {
        try {
            start();
        } catch (const std::invalid_argument& mistake) {
            return mistake.what();
        }
        return {};
    };
    auto [a_out, a] = runtime.channel<std::uint32_t>();
    auto [b_out, b] = runtime.channel<std::uint32_t>();
    auto [c_out, c] = runtime.channel<std::uint32_t>();
    EXPECT_EQ(said([&] { runtime.start("two", a, Ports{b, a}); }),
              "'two' gets the same port twice: as 'left' and as 'right'");
    EXPECT_EQ(said([&] { runtime.start_as("mine", native, a, a); }),
              "'mine' gets the same port twice: as its port 1 and as its port 2");
    EXPECT_EQ(said([&] { runtime.start("two", a, Ports{b, In<std::uint32_t>()}); }),
              "'two' gets a port that is not there to give, as 'right': its channel is gone, or it "
              "never was a port");
    runtime.start("two", a, Ports{});
    EXPECT_EQ(said([&] { runtime.start_as("mine", native, b, a); }),
              "'mine' gets a port that is not there to give, as its port 2: it belongs to 'two'");
    runtime.close(b);
    EXPECT_EQ(said([&] { runtime.start_as("mine", native, b, c); }),
              "'mine' gets a port that is not there to give, as its port 1: it is closed");
}

// A block may be run several times, in place or not; it is told so each time.
TEST(Mistakes, BuildingInABlock) {
    Told told;
    Runtime runtime(Program("primitive nothing() {}"), told.options());
    auto [out, in] = runtime.channel<std::uint64_t>();
    auto [spare, left] = runtime.channel<std::uint64_t>();
    int refused = 0;
    const auto build = [&] {
        EXPECT_THROW(runtime.channel<int>(), std::invalid_argument);
        EXPECT_THROW(runtime.start("nothing"), std::invalid_argument);
        EXPECT_THROW(runtime.start([]() -> Component { co_return; }), std::invalid_argument);
        EXPECT_THROW(runtime.close(left), std::invalid_argument);
        ++refused;
    };
    runtime.start_as(
        "builder",
        [&](Out<std::uint64_t> to) -> Component {
            co_await sync([&](Round& r) -> Step<> {
                build();
                co_await r.put(to, 1);
                build();
            });
            runtime.start("nothing");
            co_await sync([&](Round& r) -> Step<> {
                const auto way = co_await r.fork(3);
                build();
                co_await r.require(way == 2);
                co_await r.put(to, 2);
                build();
            });
            runtime.start("nothing");
            co_await sync([&](Round& r) -> Step<> {
                runtime.start("nothing");
                co_await r.put(to, 3);
            });
        },
        out);
    EXPECT_EQ(runtime.sync([&](Round& r) -> Step<std::uint64_t> {
        build();
        co_return co_await r.get(in);
    }),
              1u);
    std::vector<std::uint64_t> values;
    runtime.start(collect, std::ref(values), in);
    EXPECT_NE(runtime.run(), Outcome::stuck);
    EXPECT_GE(refused, 7);
    EXPECT_EQ(values, (std::vector<std::uint64_t>{2}));
    ASSERT_EQ(told.reports.size(), 1u);
    EXPECT_EQ(told.reports[0].component, "builder");
    EXPECT_NE(told.reports[0].text.find("in a sync block"), std::string::npos);
}

TEST(Mistakes, APortOfSomebodyElse) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [out, in] = runtime.channel<std::uint64_t>();
    std::vector<std::uint64_t> values;
    runtime.start(collect, std::ref(values), in);
    runtime.start_as("thief", [port = out]() -> Component { co_await port.put(1); });
    runtime.start_as("dreamer", []() -> Component { co_await Out<std::uint64_t>().put(1); });
    runtime.close(out);
    runtime.run();
    ASSERT_EQ(told.reports.size(), 2u);
    EXPECT_EQ(told.reports[0].component, "thief");
    EXPECT_EQ(told.reports[1].text, "attempted to use a port that does not exist");
    EXPECT_TRUE(values.empty());
}

// What they would go back to goes with them. Sanitizers see when it does not.
TEST(Components, AreDestroyedInTheMiddleOfTheirBlocks) {
    Told told;
    {
        const Program program(R"(
            primitive waits(in<u8[]> first, in<u8[]> second) {
                u64 n = 0;
                u8[] kept = {1};
                sync { n = n + 1; kept = get(first); kept = kept @ get(second); }
                print(n, kept.length);
            })");
        Runtime runtime(program, told.options());
        auto [first_out, first_in] = runtime.channel<std::vector<std::uint8_t>>();
        auto [second_out, second_in] = runtime.channel<std::vector<std::uint8_t>>();
        runtime.start("waits", first_in, second_in);
        runtime.start(
            [](Out<std::vector<std::uint8_t>> to) -> Component {
                const std::vector<std::uint8_t> few{1, 2};
                co_await to.put(few);
            },
            first_out);
        while (runtime.run_one()) {
        }
        EXPECT_EQ(runtime.components(), 2u);
    }
    EXPECT_TRUE(told.reports.empty());
}

}  // namespace
}  // namespace reowolf
