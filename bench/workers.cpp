// SPDX-License-Identifier: MIT
// How components with real work outside of their sync blocks scale with the number of workers:
// pairs that nothing connects; and pairs that have to do with the program, so that only computing
// can be shared. Prints a line for each size of the work, and number of workers: microseconds by
// the clock for a step, which is the work and a round, and how many times as fast as with one
// worker. Others that use the machine at the same time count, so run it on one that does nothing
// else.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>
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
    primitive working(out<u64> to, u64 steps, u64 rounds) {
        u64 n = 0;
        while (n < rounds) { u64 value = compute(steps); sync put(to, value); n += 1; }
    }
    primitive sink(in<u64> from, u64 rounds) {
        u64 sum = 0;
        u64 n = 0;
        while (n < rounds) { sync sum += get(from); n += 1; }
    }
    primitive bound_sink(in<u64> from, u64 rounds, in<u64> unused) {
        u64 sum = 0;
        u64 n = 0;
        while (n < rounds) { sync sum += get(from); n += 1; }
    }
)";

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

Runtime::Options with_workers(unsigned workers) {
    Runtime::Options options;
    options.workers = workers;
    return options;
}

enum class Kind { apart, bound };

// Until all is done: microseconds a step.
double us_each_step(Kind kind, unsigned workers, u64 turns, u64 rounds, int pairs) {
    Runtime runtime(Program(text), with_workers(workers));
    for (int i = 0; i < pairs; ++i) {
        auto [out, in] = runtime.channel<u64>();
        runtime.start("working", out, turns, rounds);
        if (kind == Kind::apart) {
            runtime.start("sink", in, rounds);
        } else {
            runtime.start("bound_sink", in, rounds, runtime.channel<u64>().in);
        }
    }
    const auto begin = Clock::now();
    if (runtime.run() != Outcome::ended) std::exit(1);
    return seconds_since(begin) * 1e6 / static_cast<double>(rounds * static_cast<u64>(pairs));
}

// How many turns of the loop take a microsecond.
double turns_each_us() {
    constexpr u64 turns = 20'000'000;
    return static_cast<double>(turns) / us_each_step(Kind::apart, 1, turns, 1, 1);
}

double median(std::vector<double> samples) {
    std::ranges::sort(samples);
    return samples[samples.size() / 2];
}

void run(double seconds, int repetitions, int pairs) {
    const double each_us = turns_each_us();
    std::printf(
        "| pairs | work, us | workers | us a step | times as fast |\n"
        "| --- | ---: | ---: | ---: | ---: |\n");
    for (const auto& [kind, name] : {std::pair(Kind::apart, "apart"), {Kind::bound, "bound"}}) {
        for (const double work_us : {1.0, 10.0, 100.0, 1000.0}) {
            const auto turns = static_cast<u64>(work_us * each_us);
            const auto rounds = static_cast<u64>(seconds * 1e6 / work_us / pairs) + 1;
            std::vector<double> alone;
            std::vector<double> shared;
            // In turn, so that both have the same share of what others do to the machine.
            for (int i = 0; i < repetitions; ++i) {
                alone.push_back(us_each_step(kind, 1, turns, rounds, pairs));
                shared.push_back(us_each_step(kind, 2, turns, rounds, pairs));
            }
            std::printf("| %s | %.0f | 1 | %.2f | |\n", name, work_us, median(alone));
            std::printf("| %s | %.0f | 2 | %.2f | %.2f |\n", name, work_us, median(shared),
                        median(alone) / median(shared));
            std::fflush(stdout);
        }
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
