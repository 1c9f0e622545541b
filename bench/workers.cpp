// SPDX-License-Identifier: MIT
// How components with real work outside of their sync blocks scale with the number of workers.
// Prints a line for each size of the work, and number of workers: microseconds by the clock for a
// step, which is the work and a round, and how many times as fast as with one worker. Others that
// use the machine at the same time count, so run it on one that does nothing else.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <reowolf/runtime.hpp>

namespace reowolf {
namespace {

using Clock = std::chrono::steady_clock;
using u64 = std::uint64_t;

constexpr const char* text = R"(
    func compute(u64 steps) -> u64 {
        u64 sum = 0;
        u64 n = 0;
        while (n < steps) { sum = sum * 31 + n; n += 1; }
        return sum;
    }
    primitive working(out<u64> to, u64 steps) {
        while (true) { u64 value = compute(steps); sync put(to, value); }
    }
    primitive sink(in<u64> from) { u64 sum = 0; while (true) sync sum += get(from); }
    primitive once(out<u64> to, u64 steps) { u64 value = compute(steps); sync put(to, value); }
)";

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

void run_rounds(Runtime& runtime, u64 count) {
    const u64 wanted = runtime.rounds() + count;
    while (runtime.rounds() < wanted) {
        if (!runtime.run_one() && !runtime.wait()) std::exit(1);
    }
}

Runtime::Options with_workers(unsigned workers) {
    Runtime::Options options;
    options.workers = workers;
    return options;
}

// How many turns of the loop take a microsecond.
double turns_each_us() {
    constexpr u64 turns = 20'000'000;
    Runtime runtime(Program(text), with_workers(1));
    auto [out, in] = runtime.channel<u64>();
    runtime.start("once", out, turns);
    runtime.start("sink", in);
    const auto begin = Clock::now();
    run_rounds(runtime, 1);
    return static_cast<double>(turns) / (seconds_since(begin) * 1e6);
}

double us_each_step(unsigned workers, u64 turns, double work_us, int pairs, double seconds) {
    Runtime runtime(Program(text), with_workers(workers));
    for (int i = 0; i < pairs; ++i) {
        auto [out, in] = runtime.channel<u64>();
        runtime.start("working", out, turns);
        runtime.start("sink", in);
    }
    const auto steps = static_cast<u64>(seconds * 1e6 / work_us);
    run_rounds(runtime, steps / 10 + 1);
    const auto begin = Clock::now();
    run_rounds(runtime, steps);
    return seconds_since(begin) * 1e6 / static_cast<double>(steps);
}

double median(std::vector<double> samples) {
    std::ranges::sort(samples);
    return samples[samples.size() / 2];
}

void run(double seconds, int repetitions, int pairs) {
    const double each_us = turns_each_us();
    std::printf(
        "| work, us | workers | us a step | times as fast |\n| ---: | ---: | ---: | ---: |\n");
    for (const double work_us : {1.0, 10.0, 100.0, 1000.0}) {
        const auto turns = static_cast<u64>(work_us * each_us);
        std::vector<double> alone;
        std::vector<double> shared;
        // In turn, so that both have the same share of what others do to the machine.
        for (int i = 0; i < repetitions; ++i) {
            alone.push_back(us_each_step(1, turns, work_us, pairs, seconds));
            shared.push_back(us_each_step(2, turns, work_us, pairs, seconds));
        }
        std::printf("| %.0f | 1 | %.2f | |\n", work_us, median(alone));
        std::printf("| %.0f | 2 | %.2f | %.2f |\n", work_us, median(shared),
                    median(alone) / median(shared));
        std::fflush(stdout);
    }
}

}  // namespace
}  // namespace reowolf

int main(int count, char** arguments) {
    double seconds = 0.2;
    int repetitions = 5;
    int pairs = 16;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view name = arguments[i];
        if (name == "--seconds") seconds = std::atof(arguments[i + 1]);
        if (name == "--repetitions") repetitions = std::atoi(arguments[i + 1]);
        if (name == "--pairs") pairs = std::atoi(arguments[i + 1]);
    }
    reowolf::run(seconds, repetitions, pairs);
}
