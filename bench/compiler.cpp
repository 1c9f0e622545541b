// SPDX-License-Identifier: MIT
// How fast the compiler is, and whether its time and memory grow in proportion: texts of realistic
// code, made here, of more and more lines. Processor time of one core; to tokens, to a checked and
// compiled program.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/compile.hpp"
#include "diagnostics/diagnostics.hpp"
#include "program/program.hpp"
#include "syntax/lexer.hpp"

namespace reowolf {
namespace {

// Definitions of every kind, which use each other. Each of these is 50 lines.
constexpr std::string_view chapter = R"(
// What chapter {0} is about: samples that are kept, summed up and passed on.
struct Sample{0} {{
    u32 id,
    s64 value,
    f64 weight,
    string label
}}
union Verdict{0} {{ Nothing, Number(s64), Pair(s64, s64) }}
enum Mood{0} {{ Calm, Busy = {1}, Late }}
const u32 LIMIT{0} = 16 + {1};

func larger{0}<T>(T a, T b) -> T {{
    if (a < b) return b;
    return a;
}}

func judged{0}(Sample{0} sample, s64[] past) -> Verdict{0} {{
    auto sum = sample.value;
    for (auto each in past) {{
        if (each % 2 == 0) sum += each * 3;
        else sum -= each >> 1;
    }}
    auto top = larger{0}(sum, cast<s64>(sample.id + LIMIT{0}));
    if (sample.label == "none" || top < 0) return Verdict{0}::Nothing;
    if (sample.weight * 2.0 > 1.5) return Verdict{0}::Pair(sum, top);
    return Verdict{0}::Number(top);
}}

primitive worker{0}(in<u32> asks, out<s64> answers, u32 seed) {{
    s64[] past = {{}};
    u32 round = 0;
    while (round < LIMIT{0}) {{
        sync {{
            auto asked = get(asks);
            auto sample = Sample{0}{{ id: asked, value: cast(asked * seed), weight: 0.5, label: "x" }};
            if (let Verdict{0}::Number(n) = judged{0}(sample, past)) put(answers, n);
            else put(answers, -1);
            past @= {{ cast<s64>(asked) }};
        }}
        round += 1;
    }}
}}

composite team{0}(in<u32> asks, out<s64> answers) {{
    channel between -> further;
    new worker{0}(asks, between, {1});
    new relay{0}(further, answers);
}}
primitive relay{0}(in<s64> from, out<s64> to) {{ while (true) sync put(to, get(from)); }}
)";

std::string text_of(std::size_t lines) {
    std::string text;
    const auto lines_of_chapter =
        static_cast<std::size_t>(std::count(chapter.begin(), chapter.end(), '\n'));
    const std::size_t chapters = std::max<std::size_t>(1, lines / lines_of_chapter);
    for (std::size_t i = 0; i < chapters; ++i) {
        fmt::format_to(std::back_inserter(text), fmt::runtime(chapter), i, i % 100 + 1);
    }
    return text;
}

double processor_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Measured {
    double tokens = 0;  // seconds
    double program = 0;
    std::size_t lines = 0;
    std::size_t bytes = 0;
    std::size_t instructions = 0;
    long resident_kilobytes = 0;
    bool good = false;
};

// Limits are values: those that protect from strangers do not bind who compiles a file of one's
// own.
Limits wide_limits() {
    Limits limits;
    limits.source_bytes_max = std::numeric_limits<std::int32_t>::max();
    limits.syntax_nodes_max = std::numeric_limits<std::uint32_t>::max();
    limits.instances_max = std::numeric_limits<std::uint32_t>::max();
    return limits;
}

Measured measure(std::size_t lines) {
    Measured measured;
    const std::string text = text_of(lines);
    measured.lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    measured.bytes = text.size();
    diagnostics::Sources sources;
    diagnostics::Diagnostics diagnostics;
    const std::uint32_t source = sources.add("generated.pdl", text);
    double before = processor_seconds();
    {
        const auto tokens = syntax::lex(sources, source, diagnostics, wide_limits());
        measured.tokens = processor_seconds() - before;
    }
    before = processor_seconds();
    const auto program = compiler::compile(sources, source, diagnostics, wide_limits());
    measured.program = processor_seconds() - before;
    for (const auto& each : diagnostics.all()) {
        std::cerr << diagnostics::render(sources, each);
        break;
    }
    measured.good = program.has_value();
    if (!program) return measured;
    for (const auto& routine : program->routines) measured.instructions += routine.code.size();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    measured.resident_kilobytes = usage.ru_maxrss;
    return measured;
}

// In a process of its own, as a compiler is started: memory that an earlier run has touched already
// would make what fits into it seem faster than what does not.
Measured measure_apart(std::size_t lines) {
    Measured measured;
    int ends[2];
    if (pipe(ends) != 0) return measured;
    const pid_t child = fork();
    if (child == 0) {
        measured = measure(lines);
        const bool written = write(ends[1], &measured, sizeof measured) == sizeof measured;
        std::_Exit(written ? 0 : 1);
    }
    close(ends[1]);
    const bool is_read = read(ends[0], &measured, sizeof measured) == sizeof measured;
    close(ends[0]);
    waitpid(child, nullptr, 0);
    measured.good = measured.good && is_read;
    return measured;
}

void show(std::size_t lines) {
    constexpr int times = 3;
    Measured least = measure_apart(lines);
    for (int i = 1; i < times && least.good; ++i) {
        const Measured again = measure_apart(lines);
        least.tokens = std::min(least.tokens, again.tokens);
        least.program = std::min(least.program, again.program);
    }
    if (!least.good) {
        std::printf("%9zu does not compile\n", lines);
        return;
    }
    const auto count = static_cast<double>(least.lines);
    std::printf("%9zu %8.1f %12.0f %14.0f %10.1f %9.0f %12zu\n", least.lines,
                static_cast<double>(least.bytes) / 1e6, count / least.tokens, count / least.program,
                least.program * 1e3, static_cast<double>(least.resident_kilobytes) * 1024 / count,
                least.instructions);
    std::fflush(stdout);
}

}  // namespace
}  // namespace reowolf

// bench_compiler [LINES...]
int main(int count, char** arguments) {
    std::printf("%9s %8s %12s %14s %10s %9s %12s\n", "lines", "MB", "to tokens/s", "to program/s",
                "ms", "bytes/line", "instructions");
    if (count == 1) {
        for (const std::size_t lines : {1'000, 10'000, 100'000, 300'000, 1'000'000})
            reowolf::show(lines);
    }
    for (int i = 1; i < count; ++i) reowolf::show(std::strtoul(arguments[i], nullptr, 10));
    return 0;
}
