// SPDX-License-Identifier: MIT
// How parts of a program that nothing connects scale with the number of workers: pairs that do
// nothing but rounds, and pairs in which one works for a while before each. Prints a line for each:
// nanoseconds by the clock for a round, and how many times as fast as with one worker. Others that
// use the machine at the same time count, so run it on one that does nothing else.
#include "workers/islands.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <semaphore>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "diagnostics/diagnostics.hpp"
#include "nobody.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::bench {
namespace {

using Clock = std::chrono::steady_clock;

program::Program compiled(std::uint64_t turns, std::uint64_t rounds, unsigned pairs) {
    diagnostics::Sources sources;
    diagnostics::Diagnostics diagnostics;
    const std::string text = fmt::format(
        R"(
        func compute(u64 steps) -> u64 {{
            u64 sum = 0;
            for (u64 n in 0..steps) {{ sum = sum * 31 + n; }}
            return sum;
        }}
        primitive working(out<u64> to) {{
            for (u64 _ in 0..{1}) {{ u64 value = compute({0}); sync put(to, value); }}
        }}
        primitive sink(in<u64> from) {{ for (u64 _ in 0..{1}) sync get(from); }}
        composite pair() {{ channel to -> from; new working(to); new sink(from); }}
        composite main() {{ for (u32 _ in 0..{2}) new pair(); }})",
        turns, rounds, pairs);
    auto program = compiler::compile(sources, sources.add("islands", text), diagnostics, Limits{});
    if (!program) std::exit(2);
    return std::move(*program);
}

// Nanoseconds for each round.
double run(unsigned workers, std::uint64_t turns, std::uint64_t rounds, unsigned pairs) {
    const program::Program program = compiled(turns, rounds, pairs);
    const runtime::Place place{.self = 0, .sites = {"here"}, .realtime = {}};
    Nobody nobody;
    runtime::Runtime maker(program, Limits{}, place, nobody);
    maker.hold_back();
    maker.start(*program.find("main"), {});
    while (maker.step()) {
    }
    std::binary_semaphore all_rest(0);
    workers::Islands islands(workers - 1, [] { return 0; }, [&] { all_rest.release(); });
    islands.settle(maker, maker.release(0, std::size_t{4} * workers), [&] {
        return std::make_unique<runtime::Runtime>(program, Limits{}, place, nobody);
    });
    const auto begin = Clock::now();
    do {
        while (islands.go_on()) {
        }
        if (islands.are_busy()) all_rest.acquire();
    } while (islands.are_busy());
    const std::chrono::duration<double, std::nano> taken = Clock::now() - begin;
    return taken.count() / static_cast<double>(rounds * pairs);
}

double median(std::vector<double> samples) {
    std::ranges::sort(samples);
    return samples[samples.size() / 2];
}

void compare(double seconds, int repetitions, unsigned pairs) {
    fmt::print(
        "| turns of work | workers | ns a round | times as fast |\n"
        "| ---: | ---: | ---: | ---: |\n");
    for (const std::uint64_t turns : {0, 10, 100, 1'000}) {
        const auto each = run(1, turns, 10'000, pairs);
        const auto rounds = static_cast<std::uint64_t>(seconds * 1e9 / each / pairs) + 1;
        std::vector<double> alone;
        std::vector<double> shared;
        // In turn, so that both have the same share of what others do to the machine.
        for (int i = 0; i < repetitions; ++i) {
            alone.push_back(run(1, turns, rounds, pairs));
            shared.push_back(run(2, turns, rounds, pairs));
        }
        fmt::print("| {} | 1 | {:.0f} | |\n", turns, median(alone));
        fmt::print("| {} | 2 | {:.0f} | {:.2f} |\n", turns, median(shared),
                   median(alone) / median(shared));
        std::fflush(stdout);
    }
}

}  // namespace
}  // namespace reowolf::bench

int main(int count, char** arguments) {
    double seconds = 0.2;
    int repetitions = 5;
    unsigned pairs = 16;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view name = arguments[i];
        if (name == "--seconds") seconds = std::atof(arguments[i + 1]);
        if (name == "--repetitions") repetitions = std::atoi(arguments[i + 1]);
        if (name == "--pairs") pairs = static_cast<unsigned>(std::atoi(arguments[i + 1]));
    }
    reowolf::bench::compare(seconds, repetitions, std::max(pairs, 1u));
}
