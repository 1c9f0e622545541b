// SPDX-License-Identifier: MIT
// Services of all kinds are requested in all ways, and every way to fail is told.
#include <chrono>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <reowolf/service.hpp>

#include "gate.hpp"

namespace rs = reowolf::service;
using namespace std::chrono_literals;
using testing::HasSubstr;

namespace {

enum class Colour : std::uint8_t { red, green };
struct Point {
    double x = 0, y = 0;
    std::string name;
};
REOWOLF_FIELDS(Point, x, y, name)

template <class F>
rs::Code code_of(F&& failing, std::string* text = nullptr) {
    try {
        failing();
    } catch (const rs::Error& error) {
        if (text != nullptr) *text = error.what();
        return error.code();
    }
    return rs::Code::none;
}

class Calculator : public rs::Node {
  public:
    explicit Calculator(rs::Node& parent) : Node(parent, "calculator") {
        provide("add", &Calculator::add);
        provide("count", &Calculator::count);
        provide("mean", &Calculator::mean, {.reentrant = true});
    }

  private:
    int add(int a, int b) { return a + b; }
    std::uint64_t count() const { return count_; }
    rs::Task<double> mean(std::vector<double> values) {
        const double sum = co_await request<double>("sum", values);
        co_return sum / static_cast<double>(values.size());
    }
    std::uint64_t count_ = 7;
};

class Requests : public testing::TestWithParam<std::uint32_t> {
  protected:
    Requests() {
        calculator_.provide("sum", [](const std::vector<double>& values) {
            double sum = 0;
            for (const double each : values) sum += each;
            return sum;
        });
        master_.start();
    }

    rs::Network network_{{.workers = GetParam()}};
    rs::Node master_{network_, "master"};
    rs::Object<Calculator> calculator_{master_};
    rs::Node user_{master_, "user"};
};

TEST_P(Requests, FromAnyNode) {
    EXPECT_EQ(user_.call<int>("add", 1, 2), 3);
    EXPECT_EQ(master_.call<int>("add", 1, 2), 3);
    EXPECT_EQ(calculator_.call<int>("add", 1, 2), 3);
    EXPECT_EQ(user_.call<std::uint64_t>("count"), 7u);
}

TEST_P(Requests, ACoroutineAwaitsOthers) {
    EXPECT_EQ(user_.call<double>("mean", std::vector{1.0, 2.0, 6.0}), 3.0);
}

TEST_P(Requests, ManyAnswersMayBeAwaited) {
    std::vector<rs::Answer<int>> answers;
    for (int i = 0; i < 1'000; ++i) answers.push_back(user_.request<int>("add", i, i));
    for (int i = 0; i < 1'000; ++i) EXPECT_EQ(answers[std::size_t(i)].get(), 2 * i);
}

TEST_P(Requests, AFunctionKeepsTheWay) {
    rs::Function<int(int, int)> add(user_, "add");
    auto copy = add;
    for (int i = 0; i < 1'000; ++i) EXPECT_EQ(add(i, 1) + copy(i, 2), 2 * i + 3);
}

TEST_P(Requests, SpawnedCoroutinesRequest) {
    const auto task = [](rs::Node& node) -> rs::Task<int> {
        int sum = 0;
        rs::Function<int(int, int)> add(node, "add");
        for (int i = 0; i < 100; ++i) sum = co_await add.request(sum, i);
        co_return sum;
    };
    EXPECT_EQ(network_.spawn(task(user_)).get(), 4950);
}

TEST_P(Requests, SpawnedCoroutinesThrow) {
    const auto task = [](rs::Node& node) -> rs::Task<int> {
        co_return co_await node.request<int>("nobody");
    };
    EXPECT_EQ(code_of([&] { network_.spawn(task(user_)).get(); }), rs::Code::unknown_service);
}

TEST_P(Requests, APauseOccupiesNoWorker) {
    const auto task = [](rs::Network& network) -> rs::Task<> {
        for (int i = 0; i < 3; ++i) co_await network.after(1ms);
    };
    std::vector<rs::Answer<void>> pauses;
    for (int i = 0; i < 100; ++i) pauses.push_back(network_.spawn(task(network_)));
    for (auto& each : pauses) each.get();
}

TEST_P(Requests, ValuesOfAllKinds) {
    calculator_.provide("scalars", [](bool a, char b, std::int8_t c, std::uint64_t d, float e,
                                      Colour f) { return std::tuple(f, e, d, c, b, a); });
    EXPECT_EQ((user_.call<std::tuple<Colour, float, std::uint64_t, std::int8_t, char, bool>>(
                  "scalars", true, 'x', std::int8_t{-3}, ~std::uint64_t{0}, 1.5f, Colour::green)),
              std::tuple(Colour::green, 1.5f, ~std::uint64_t{0}, std::int8_t{-3}, 'x', true));
    calculator_.provide("move", [](Point point, std::optional<double> by) {
        point.x += by.value_or(1);
        return point;
    });
    EXPECT_EQ(user_.call<Point>("move", Point{1, 2, "p"}, std::optional(2.5)).x, 3.5);
    EXPECT_EQ(user_.call<Point>("move", Point{1, 2, "p"}, std::optional<double>()).name, "p");
    calculator_.provide("texts",
                        [](std::string_view a, const std::string& b, std::span<const int> c) {
                            return std::string(a) + b + std::to_string(c.size());
                        });
    const std::vector<int> three(3);
    EXPECT_EQ(user_.call<std::string>("texts", "a", std::string_view("b"), std::span(three)),
              "ab3");
    using Either = std::variant<std::monostate, std::vector<int>, std::string>;
    calculator_.provide("either", [](Either either) { return either; });
    EXPECT_EQ(user_.call<Either>("either", Either("x")), Either("x"));
}

// Neither way is anything copied, or written to bytes.
TEST_P(Requests, ArgumentsAndResultsAreMoved) {
    const void* seen = nullptr;
    calculator_.provide("same", [&](std::vector<int> values) {
        seen = values.data();
        return values;
    });
    std::vector<int> values(1'000);
    const void* before = values.data();
    values = user_.call<std::vector<int>>("same", std::move(values));
    EXPECT_EQ(seen, before);
    EXPECT_EQ(values.data(), before);
}

// The shape counts, not the type: here the arguments go through bytes.
TEST_P(Requests, OtherTypesOfTheSameShape) {
    calculator_.provide("length", [](Point p) { return p.x * p.x + p.y * p.y; });
    EXPECT_EQ((user_.call<double>("length", std::tuple(3.0, 4.0, std::string()))), 25);
    calculator_.provide("point", [] { return Point{1, 2, "p"}; });
    EXPECT_EQ((user_.call<std::tuple<double, double, std::string>>("point")),
              std::tuple(1, 2, "p"));
}

TEST_P(Requests, TheContextTellsOfTheRequest) {
    calculator_.provide("who", [](const rs::Context& context, int x) {
        return std::tuple(context.requester(), context.priority(), context.expired(), x);
    });
    EXPECT_EQ((user_.call<std::tuple<rs::NodeId, std::uint8_t, bool, int>>(
                  rs::Options{.priority = 3}, "who", 5)),
              std::tuple(user_.id(), 3, false, 5));
    calculator_.provide("hops", [](const rs::Context& context) -> rs::Task<std::uint32_t> {
        co_return context.hops_left();
    });
    EXPECT_EQ(user_.call<std::uint32_t>(rs::Options{.hops = 10}, "hops"), 8u);
}

TEST_P(Requests, PostsWantNoAnswer) {
    Gate done;
    calculator_.provide("note", [&](int x) -> int {
        if (x == 3) done.open();
        return x;
    });
    for (int i = 0; i < 4; ++i) user_.post("note", i);
    EXPECT_TRUE(done.wait());
}

TEST_P(Requests, UnknownService) {
    std::string text;
    EXPECT_EQ(code_of([&] { user_.call<int>("multiply", 1, 2); }, &text),
              rs::Code::unknown_service);
    EXPECT_THAT(text, HasSubstr("nobody provides 'multiply' on the way from 'master/user'"));
}

TEST_P(Requests, WrongTypes) {
    std::string text;
    EXPECT_EQ(code_of([&] { user_.call<int>("add", 1, 2.0); }, &text), rs::Code::wrong_types);
    EXPECT_THAT(text,
                HasSubstr("'add' is (s32, s32) -> s32, but is requested as (s32, f64) -> s32"));
    EXPECT_EQ(code_of([&] { user_.call<double>("add", 1, 2); }), rs::Code::wrong_types);
    EXPECT_EQ(code_of([&] { user_.call<int>("add", 1); }), rs::Code::wrong_types);
    EXPECT_EQ(code_of([&] { user_.call<void>("add", 1, 2); }), rs::Code::wrong_types);
}

TEST_P(Requests, AProviderThatThrows) {
    calculator_.provide("fail", [](int x) -> int {
        if (x > 0) throw std::runtime_error("no wish to");
        throw 42;
    });
    calculator_.provide("fail later", [this]() -> rs::Task<int> {
        co_await network_.after(1us);
        throw std::runtime_error("after a while");
    });
    std::string text;
    EXPECT_EQ(code_of([&] { user_.call<int>("fail", 1); }, &text), rs::Code::thrown);
    EXPECT_EQ(text, "thrown by the service: no wish to");
    EXPECT_EQ(code_of([&] { user_.call<int>("fail", 0); }), rs::Code::thrown);
    EXPECT_EQ(code_of([&] { user_.call<int>("fail later"); }, &text), rs::Code::thrown);
    EXPECT_THAT(text, HasSubstr("after a while"));
    EXPECT_EQ(user_.call<int>("add", 1, 2), 3);
}

TEST_P(Requests, Timeouts) {
    Gate gate;
    calculator_.provide("slow", [&] { gate.wait(); }, {.thread = true});
    EXPECT_EQ(code_of([&] { user_.call<void>(rs::Options{.timeout = 5ms}, "slow"); }),
              rs::Code::timed_out);
    // It waits behind the first one, and is not begun when its time is over.
    auto second = user_.request<void>(rs::Options{.timeout = 5ms}, "slow");
    EXPECT_EQ(code_of([&] { second.get(); }), rs::Code::timed_out);
    gate.open();
    EXPECT_EQ(code_of([&] { user_.call<void>("slow"); }), rs::Code::none);
}

TEST_P(Requests, HopsExhausted) {
    EXPECT_EQ(user_.call<int>(rs::Options{.hops = 2}, "add", 1, 2), 3);
    EXPECT_EQ(code_of([&] { user_.call<int>(rs::Options{.hops = 1}, "add", 1, 2); }),
              rs::Code::hops_exhausted);
}

TEST_P(Requests, Overload) {
    Gate begun;
    Gate gate;
    calculator_.provide("slow",
                        [&] {
                            begun.open();
                            gate.wait();
                        },
                        {.thread = true, .queue_max = 2});
    std::vector<rs::Answer<void>> answers;
    answers.push_back(user_.request<void>("slow"));
    EXPECT_TRUE(begun.wait());
    for (int i = 0; i < 3; ++i) answers.push_back(user_.request<void>("slow"));
    EXPECT_EQ(code_of([&] { answers.back().get(); }), rs::Code::overloaded);
    answers.pop_back();
    gate.open();
    for (auto& answer : answers) answer.get();
}

TEST_P(Requests, AFailedPostIsAnEvent) {
    rs::Network network({.workers = GetParam()});
    std::string told;
    Gate gate;
    network.on_event([&](const rs::Event& event) {
        told = event.text;
        gate.open();
    });
    rs::Node master(network, "master");
    master.start();
    master.post("nothing", 1);
    EXPECT_TRUE(gate.wait());
    EXPECT_THAT(told, HasSubstr("unknown service: nobody provides 'nothing'"));
}

TEST_P(Requests, NotStarted) {
    rs::Node other(network_, "other");
    EXPECT_EQ(code_of([&] { other.call<int>("add", 1, 2); }), rs::Code::not_started);
}

TEST_P(Requests, ServicesThatBlockLendTheirWorker) {
    // Each waits for the next one in the way of ordinary functions.
    constexpr int depth = 30;
    for (int i = 0; i < depth; ++i) {
        calculator_.provide("step " + std::to_string(i), [this, i]() -> int {
            return i == 0 ? 1 : 1 + user_.call<int>("step " + std::to_string(i - 1));
        });
    }
    EXPECT_EQ(user_.call<int>("step 29"), depth);
}

TEST_P(Requests, OneAtATimeOrInParallel) {
    // Whoever is re-entrant meets the other one; who is not, never does.
    std::atomic<int> inside = 0, most = 0;
    const auto serve = [&] {
        const int now = ++inside;
        int seen = most;
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        std::this_thread::yield();
        --inside;
    };
    calculator_.provide("alone", serve);
    std::vector<rs::Answer<void>> answers;
    for (int i = 0; i < 300; ++i) answers.push_back(user_.request<void>("alone"));
    for (auto& each : answers) each.get();
    EXPECT_EQ(most, 1);

    Gate both;
    std::atomic<int> came = 0;
    calculator_.provide("together",
                        [&] {
                            if (++came == 2) both.open();
                            both.wait();
                        },
                        {.reentrant = true, .thread = true});
    auto one = user_.request<void>("together");
    auto two = user_.request<void>("together");
    one.get();
    two.get();
}

TEST_P(Requests, ACoroutineThatWaitsIsStillOneAtATime) {
    std::atomic<int> inside = 0;
    std::atomic<bool> met = false;
    calculator_.provide("alone", [&]() -> rs::Task<> {
        if (++inside > 1) met = true;
        co_await network_.after(10us);
        --inside;
    });
    std::vector<rs::Answer<void>> answers;
    for (int i = 0; i < 200; ++i) answers.push_back(user_.request<void>("alone"));
    for (auto& each : answers) each.get();
    EXPECT_FALSE(met);
}

TEST_P(Requests, TheMoreUrgentOnesComeFirst) {
    Gate begun, gate;
    std::vector<int> order;
    calculator_.provide("critical",
                        [&](int x) {
                            if (x == 0) {
                                begun.open();
                                gate.wait();
                            }
                            order.push_back(x);
                        },
                        {.thread = true});
    std::vector<rs::Answer<void>> answers;
    answers.push_back(user_.request<void>("critical", 0));
    begun.wait();
    for (const int x : {1, 2, 3, 4, 5, 6}) {
        const auto priority = static_cast<std::uint8_t>(x % 3);
        answers.push_back(user_.request<void>(rs::Options{.priority = priority}, "critical", x));
    }
    gate.open();
    for (auto& each : answers) each.get();
    EXPECT_EQ(order, (std::vector{0, 2, 5, 1, 4, 3, 6}));
}

TEST_P(Requests, AnAbandonedAnswerIsNotMissed) {
    Gate gate;
    calculator_.provide("slow",
                        [&]() -> int {
                            gate.wait();
                            return 1;
                        },
                        {.thread = true});
    {
        auto dropped = user_.request<int>("slow");
    }
    gate.open();
    EXPECT_EQ(user_.call<int>("slow"), 1);
}

INSTANTIATE_TEST_SUITE_P(Workers, Requests, testing::Values(1u, 2u, 4u));

}  // namespace
