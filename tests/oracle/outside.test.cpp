// SPDX-License-Identifier: MIT
// The native components of the standard library, with a simulated time, chance, input and internet.
#include <algorithm>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "compiler/compile.hpp"
#include "native/library.hpp"
#include "post/internet.hpp"
#include "runtime/runtime.hpp"
#include "simulation/cluster.hpp"

namespace reowolf::oracle {
namespace {

using News = post::Socket::News;

// Says what was sent to it; or only what it has to say from the beginning.
class EchoSocket final : public post::Socket {
  public:
    explicit EchoSocket(std::deque<News> news, bool echoes = true)
        : news_(std::move(news)), echoes_(echoes) {}

    std::optional<News> next(Later later) override {
        if (news_.empty()) {
            waiting_.push_back(std::move(later));
            return std::nullopt;
        }
        News first = news_.front();
        if (first.kind != News::Kind::over && first.kind != News::Kind::failed) news_.pop_front();
        return first;
    }
    std::expected<bool, std::string> send(std::string bytes, std::string peer, Later) override {
        if (bytes == "!") return std::unexpected("cannot send");
        if (echoes_) tell({News::Kind::bytes, std::move(bytes), std::move(peer), {}});
        return true;
    }
    void finish() override { tell({News::Kind::over, {}, {}, {}}); }

  private:
    void tell(News news) {
        news_.push_back(std::move(news));
        for (const Later& each : std::exchange(waiting_, {})) each();
    }
    std::deque<News> news_;
    bool echoes_;
    std::vector<Later> waiting_;
};

class SimulatedInternet final : public post::Internet {
  public:
    std::shared_ptr<post::Socket> connect(const std::string& address) override {
        if (address == "nobody:1") return with({News::Kind::failed, "nobody is there", {}, {}});
        return with({News::Kind::open, {}, address, {}});
    }
    // One program connects, and says hello.
    std::shared_ptr<post::Socket> listen(const std::string& address) override {
        const auto socket =
            std::make_shared<EchoSocket>(std::deque<News>{{News::Kind::open, {}, "ann:9", {}},
                                                          {News::Kind::bytes, "hello", "ann:9", {}},
                                                          {News::Kind::over, {}, {}, {}}},
                                         false);
        return std::make_shared<EchoSocket>(std::deque<News>{
            {News::Kind::open, {}, address, {}}, {News::Kind::accepted, {}, "ann:9", socket}});
    }
    std::shared_ptr<post::Socket> bind(const std::string& address) override {
        return with({News::Kind::open, {}, address, {}});
    }

  private:
    static std::shared_ptr<post::Socket> with(News first) {
        return std::make_shared<EchoSocket>(std::deque<News>{std::move(first)});
    }
};

class SimulatedOutside final : public native::Outside {
  public:
    explicit SimulatedOutside(std::uint64_t seed) : random_(seed) {}

    std::int64_t now_ms() const override { return now_ms_; }
    void wake_at(std::int64_t time_ms, runtime::ComponentIndex component) override {
        wakes_[component] = time_ms;
    }
    std::uint64_t seed() override { return random_.next(); }
    std::optional<Line> next_line(runtime::ComponentIndex component) override {
        if (!lines.empty()) {
            Line line{Line::Kind::text, lines.front()};
            lines.pop_front();
            return line;
        }
        if (is_over) return Line{Line::Kind::end, {}};
        wanting.insert(component);
        return std::nullopt;
    }
    void forget_line(runtime::ComponentIndex component) override { wanting.erase(component); }
    post::Internet* internet() override { return &internet_; }
    post::Socket::Later later(runtime::ComponentIndex component) override {
        want_news.insert(component);
        return [this, component] {
            if (want_news.erase(component) > 0) runtime->resume(component);
        };
    }
    void forget_news(runtime::ComponentIndex component) override { want_news.erase(component); }
    bool is_closed(machine::PortHandle port) const override { return runtime->is_closed(port); }

    // To the next time that somebody waits for. False: nobody does.
    bool pass_time() {
        const auto next =
            std::ranges::min_element(wakes_, {}, [](const auto& wake) { return wake.second; });
        if (next == wakes_.end()) return false;
        now_ms_ = std::max(now_ms_, next->second);
        const runtime::ComponentIndex component = next->first;
        wakes_.erase(next);
        runtime->resume(component);
        return true;
    }

    runtime::Runtime* runtime = nullptr;
    std::deque<std::string> lines;
    bool is_over = false;
    std::set<runtime::ComponentIndex> wanting;  // a line
    std::set<runtime::ComponentIndex> want_news;

  private:
    std::int64_t now_ms_ = 0;
    Random random_;
    SimulatedInternet internet_;
    std::map<runtime::ComponentIndex, std::int64_t> wakes_;
};

// A program, and what it prints, each line with the time before it.
class TimedRun final : public runtime::LocalWorld {
  public:
    explicit TimedRun(const std::string& text, std::uint64_t seed = 1) : outside(seed) {
        diagnostics::Sources sources;
        const std::uint32_t source = sources.add("test", text);
        diagnostics::Diagnostics diagnostics;
        auto compiled = compiler::compile(sources, source, diagnostics, Limits{});
        if (!compiled) {
            ADD_FAILURE() << diagnostics::render(sources, diagnostics.all()[0]);
            return;
        }
        program_ = std::move(*compiled);
        runtime_.emplace(program_, Limits{}, runtime::Place{0, {"main"}, {}}, *this);
        outside.runtime = &*runtime_;
        runtime_->start(*program_.find("main"), {});
    }

    // Until nothing happens any more without time.
    void settle() {
        for (int steps = 0; steps < 1'000'000; ++steps) {
            if (!runtime_->step()) return runtime_->report_stuck();
        }
        ADD_FAILURE() << "it never comes to rest";
    }
    // Until nothing happens any more at all, or that much time has passed.
    void run(std::int64_t time_max_ms = 1'000'000) {
        settle();
        while (outside.now_ms() < time_max_ms && outside.pass_time()) settle();
    }
    runtime::Runtime& runtime() { return *runtime_; }

    SimulatedOutside outside;
    std::vector<std::string> lines;
    std::vector<std::string> reports;

  private:
    std::unique_ptr<runtime::Body> make_native(
        const program::Routine& routine, runtime::ComponentIndex component,
        const std::vector<machine::Value>& arguments) override {
        return native::make(program_, routine, component, arguments, outside);
    }
    void print(std::string_view line) override {
        lines.push_back(std::to_string(outside.now_ms()) + " " + std::string(line));
    }
    void report(const runtime::Report& report) override { reports.push_back(report.message); }

    program::Program program_;
    std::optional<runtime::Runtime> runtime_;
};

using Lines = std::vector<std::string>;

const std::string with_time = "import std.time::*;\n";

TEST(Time, ATimerTicksAtTheEndOfEachPeriod) {
    TimedRun run(with_time + R"(
composite main() { channel a -> b; new timer(a, 250); new reader(b); }
primitive reader(in<u64> tick) { for (auto i in 0..3) sync print(get(tick)); }
)");
    run.run();
    EXPECT_EQ(run.lines, (Lines{"250 1", "500 2", "750 3"}));
    EXPECT_EQ(run.runtime().components_left(), 0u) << "the timer does not notice that it is alone";
    EXPECT_EQ(run.outside.now_ms(), 750) << "it ends with its reader";
    EXPECT_EQ(run.reports, Lines{});
}

TEST(Time, TicksThatNobodyTakesAreLeftOut) {
    TimedRun run(with_time + R"(
comp main() {
    channel a -> tick; channel s -> setting; channel r -> rung;
    new timer(a, 100); new alarm(setting, r);
    sync put(s, 350);
    sync get(rung);
    for (auto i in 0..3) sync print(get(tick));
}
)");
    run.run();
    EXPECT_EQ(run.lines, (Lines{"350 1", "400 4", "500 5"}));
    EXPECT_EQ(run.reports, Lines{});
}

TEST(Time, AnAlarmCanBeSetAnew) {
    TimedRun run(with_time + R"(
comp main() {
    channel s -> setting; channel r -> rung; channel t -> tick;
    new alarm(setting, r); new timer(t, 30);
    sync put(s, 50);
    sync get(tick);
    sync put(s, 50);
    sync print(get(rung));
    sync { put(s, 0); }
    sync { print(get(rung)); put(s, 5); }
    sync print(get(rung));
}
)");
    run.run();
    EXPECT_EQ(run.lines, (Lines{"80 80", "80 80", "85 85"}));
    EXPECT_EQ(run.reports, Lines{});
    EXPECT_EQ(run.runtime().components_left(), 0u);
}

TEST(Time, ARunningAlarmIsNobodyStuckAndASilentOneIs) {
    TimedRun run(with_time + R"(
composite main() { channel s -> setting; channel r -> rung; new alarm(setting, r); new twice(s, rung); }
primitive twice(out<u64> s, in<u64> rung) {
    sync put(s, 1_000);
    sync get(rung);
    sync get(rung);
}
)");
    run.settle();
    EXPECT_EQ(run.reports, Lines{});
    EXPECT_TRUE(run.runtime().awaits_outside());
    run.run();
    EXPECT_EQ(run.reports, Lines{"'twice' is stuck: no round is possible"});
    EXPECT_FALSE(run.runtime().awaits_outside());
}

TEST(Time, AnAlarmThatNobodyCanHearEnds) {
    TimedRun run(with_time + R"(
composite main() { channel s -> setting; channel r -> rung; new alarm(setting, r); new once(s, rung); }
primitive once(out<u64> s, in<u64> rung) { sync put(s, 1_000_000); }
)");
    run.settle();
    EXPECT_EQ(run.runtime().components_left(), 0u);
    EXPECT_EQ(run.reports, Lines{});
}

TEST(Time, ADelayKeepsOneMessageForItsTime) {
    TimedRun run(with_time + R"(
composite main() { channel a -> b; channel c -> d; new source(a); new delay(b, c, 40); new sink(d); }
primitive source(out<string> o) { for (auto word in {"one", "two"}) sync { put(o, word); print("put", word); } }
primitive sink(in<string> i) { while (true) sync print("got", get(i)); }
)");
    run.run();
    EXPECT_EQ(run.lines, (Lines{"0 put one", "40 got one", "40 put two", "80 got two"}));
    EXPECT_EQ(run.reports, Lines{});
    EXPECT_EQ(run.runtime().components_left(), 0u);
}

TEST(Time, ATimeoutIsSaidOnceUntilAMessagePasses) {
    TimedRun run(with_time + R"(
composite main() {
    channel a -> b; channel c -> d; channel l -> late;
    new source(a); new timeout(b, c, l, 20); new reader(d, late);
}
comp source(out<string> o) {
    channel t -> tick; new timer(t, 50);
    sync put(o, "one");
    sync get(tick);
    sync put(o, "two");
    sync put(o, "three");
}
primitive reader(in<string> i, in<bool> late) {
    while (true) sync select {
        auto word = get(i)    -> print(word);
        auto yes  = get(late) -> print("late");
    }
}
)");
    run.run();
    EXPECT_EQ(run.lines, (Lines{"0 one", "20 late", "50 two", "50 three"}));
    EXPECT_EQ(run.reports, Lines{});
    EXPECT_EQ(run.runtime().components_left(), 0u);
}

// ---- Chance ------------------------------------------------------------------------------------

const std::string numbers = R"(
import std.random;
composite main() {
    channel a -> b; channel c -> d; channel e -> f;
    new random::below(a, 6); new random::unit(c); new random::chance(e, 0.25);
    new reader(b, d, f);
}
primitive reader(in<u64> die, in<f64> unit, in<bool> chance) {
    u32[] faces = {0, 0, 0, 0, 0, 0};
    f64 sum = 0.0;
    u32 times = 0;
    for (auto i in 0..3_000) {
        sync faces[get(die)] += 1;
        sync { auto x = get(unit); assert(x >= 0.0 && x < 1.0); sum += x; }
        bool yes = false;
        sync yes = get(chance);
        if (yes) times += 1;
    }
    for (auto face in faces) assert(face > 400 && face < 600);
    assert(sum > 1_400.0 && sum < 1_600.0);
    assert(times > 650 && times < 850);
    print(faces, sum, times);
}
)";

TEST(Chance, IsEvenAndTheSameFromTheSameSeed) {
    std::vector<Lines> printed;
    for (const std::uint64_t seed : {1, 1, 2}) {
        TimedRun run(numbers, seed);
        run.run();
        EXPECT_EQ(run.reports, Lines{}) << "seed " << seed;
        EXPECT_EQ(run.lines.size(), 1u);
        printed.push_back(run.lines);
    }
    EXPECT_EQ(printed[0], printed[1]);
    EXPECT_NE(printed[0], printed[2]);
}

// ---- Input -------------------------------------------------------------------------------------

const std::string with_input = R"(
import std.io;
composite main() { channel a -> b; new io::stdin(a); new io::stdout(b); }
)";

TEST(Input, LinesComeWhenTheyAreThere) {
    TimedRun run(with_input);
    run.settle();
    EXPECT_EQ(run.reports, Lines{});
    ASSERT_EQ(run.outside.wanting.size(), 1u);
    run.outside.lines = {"one", "", "w\xFFrong"};
    run.runtime().resume(*run.outside.wanting.begin());
    run.settle();
    EXPECT_EQ(run.lines, (Lines{"0 one", "0 ", "0 w\xEF\xBF\xBDrong"}));
    run.outside.is_over = true;
    run.runtime().resume(*run.outside.wanting.begin());
    run.settle();
    EXPECT_EQ(run.runtime().components_left(), 0u);
    EXPECT_EQ(run.reports, Lines{});
}

TEST(Input, NobodyWaitsForALineThatNobodyWants) {
    TimedRun run(R"(
import std.io;
composite main() { channel a -> b; new io::stdin(a); new once(b); }
primitive once(in<string> i) { sync print(get(i)); }
)");
    run.outside.lines = {"one"};
    run.settle();
    EXPECT_EQ(run.lines, (Lines{"0 one"}));
    EXPECT_EQ(run.outside.wanting.size(), 0u);
    EXPECT_EQ(run.runtime().components_left(), 0u);
}

// ---- In a connector ----------------------------------------------------------------------------

std::vector<std::string> texts(const std::string& rest) {
    std::vector<std::string> both;
    for (const std::string self : {"amy", "bob"}) {
        both.push_back("self " + self + ";\n" + rest);
    }
    return both;
}

const std::string delayed = R"(
import std.time;
connector delayed {
    peer amy = "amy:7000" { in<u64> give; }
    peer bob = "bob:7000" { out<u64> take; }
    new time::delay(amy.give, bob.take, 5_000) at bob;
}
)";

// What amy gives can be taken five seconds later, and until then the round is not impossible.
TEST(Connectors, WaitForATimeThatComes) {
    simulation::Cluster cluster(texts(delayed), 1, {.min_ms = 1, .max_ms = 3});
    ASSERT_TRUE(cluster.connect_all()) << cluster.problem().value_or("");
    const auto both = [&](std::vector<connector::Prepared> amys,
                          std::vector<connector::Prepared> bobs) {
        cluster.sync(0, std::move(amys), -1);
        cluster.sync(1, std::move(bobs), -1);
        return cluster.run_until([&] { return !cluster.is_syncing(0) && !cluster.is_syncing(1); },
                                 60'000);
    };
    ASSERT_TRUE(both({cluster.put(0, "give", 7)}, {}));
    ASSERT_TRUE(cluster.calls(0).back().has_succeeded());
    const std::int64_t given_ms = cluster.now_ms();
    ASSERT_TRUE(both({}, {cluster.get(1, "take")}));
    ASSERT_TRUE(cluster.calls(1).back().has_succeeded());
    EXPECT_EQ(cluster.received(1, "take"), 7u);
    EXPECT_GE(cluster.now_ms() - given_ms, 4'900);
    EXPECT_LT(cluster.now_ms() - given_ms, 6'000);
    // Now nothing can come any more.
    ASSERT_TRUE(both({}, {cluster.get(1, "take")}));
    EXPECT_TRUE(cluster.calls(1).back().has_failed_with(connector::Fault::unsatisfiable));
}

TEST(Connectors, HaveNoStandardInput) {
    simulation::Cluster cluster(texts(R"(
import std.io;
connector reading {
    peer amy = "amy:7000" { out<string> take; }
    peer bob = "bob:7000";
    new io::stdin(amy.take);
}
)"),
                                1, {.min_ms = 1, .max_ms = 3});
    ASSERT_TRUE(cluster.problem());
    EXPECT_NE(cluster.problem()->find(native::no_input_in_connectors), std::string::npos)
        << *cluster.problem();
}

const std::string with_internet = "import std.internet::*;\n";

TEST(Internet, AClientSendsWhenTheRoundHasHappenedAndPutsWhatComes) {
    TimedRun run(with_internet + R"(
primitive says(out<msg> to) { sync put(to, bytes("ab")); sync { put(to, bytes("c")); } }
primitive hears(in<msg> from) { while (true) sync print(get(from)); }
composite main() {
    channel a -> b; channel c -> d;
    new tcp_client(b, c, "echo:7");
    new says(a); new hears(d);
}
)");
    run.run();
    EXPECT_EQ(run.lines, (Lines{"0 {97, 98}", "0 {99}"}));
    EXPECT_EQ(run.reports, Lines{});
    EXPECT_EQ(run.runtime().components_left(), 0u) << "the end of one side ends the other";
    EXPECT_TRUE(run.outside.want_news.empty());
}

TEST(Internet, WhatARoundDoesNotDecideIsNotSent) {
    TimedRun run(with_internet + R"(
primitive says(out<msg> to) {
    sync { fork { put(to, bytes("no")); assert(false); } or put(to, bytes("yes")); }
}
primitive hears(in<msg> from) { while (true) sync print(get(from)); }
composite main() {
    channel a -> b; channel c -> d;
    new tcp_client(b, c, "echo:7");
    new says(a); new hears(d);
}
)");
    run.run();
    EXPECT_EQ(run.lines, Lines{"0 {121, 101, 115}"});
}

TEST(Internet, AListenerGivesConnections) {
    TimedRun run(with_internet + R"(
comp serve(in<Connection> accepted) {
    Connection[] one = {};
    sync { one = {get(accepted)}; print("from", one[0].peer); }
    while (true) sync print(get(one[0].received));
}
composite main() { channel a -> b; new tcp_listener(a, "here:1"); new serve(b); }
)");
    run.run();
    EXPECT_EQ(run.lines, (Lines{"0 from ann:9", "0 {104, 101, 108, 108, 111}"}));
    EXPECT_EQ(run.reports, Lines{});
}

TEST(Internet, DatagramsHaveAddresses) {
    TimedRun run(with_internet + R"(
comp main() {
    channel a -> b; channel c -> d;
    new udp(b, c, "here:1");
    sync put(a, Datagram{ address: "there:2", bytes: {1} });
    sync print(get(d));
}
)");
    run.run();
    EXPECT_EQ(run.lines, Lines{"0 Datagram{ address: \"there:2\", bytes: {1} }"});
    EXPECT_EQ(run.reports, Lines{});
}

TEST(Internet, WhatGoesWrongIsARunTimeError) {
    TimedRun nobody(with_internet + R"(
primitive hears(in<msg> from) { while (true) sync get(from); }
composite main() {
    channel a -> b; channel c -> d;
    new tcp_client(b, c, "nobody:1");
    new hears(d);
}
)");
    nobody.run();
    EXPECT_EQ(nobody.reports, Lines{"nobody is there"});
    EXPECT_EQ(nobody.runtime().components_left(), 0u);
    TimedRun lost(with_internet + R"(
primitive says(out<msg> to) { sync put(to, bytes("!")); }
primitive hears(in<msg> from) { while (true) sync get(from); }
composite main() {
    channel a -> b; channel c -> d;
    new tcp_client(b, c, "echo:7");
    new says(a); new hears(d);
}
)");
    lost.run();
    EXPECT_EQ(lost.reports, Lines{"cannot send"});
    TimedRun forged(with_internet +
                    "comp main() { channel a -> b; new receiving(a, 77); sync get(b); }");
    forged.run();
    EXPECT_EQ(forged.reports, Lines{"there is no socket 77, or it is in use"});
}

}  // namespace
}  // namespace reowolf::oracle
