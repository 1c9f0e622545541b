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
    double tokens = std::numeric_limits<double>::max();  // seconds
    double program = std::numeric_limits<double>::max();
    std::size_t lines = 0;
    std::size_t bytes = 0;
    std::size_t instructions = 0;
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

Measured measure(std::size_t lines, int times) {
    Measured measured;
    const std::string text = text_of(lines);
    measured.lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    measured.bytes = text.size();
    for (int i = 0; i < times; ++i) {
        diagnostics::Sources sources;
        diagnostics::Diagnostics diagnostics;
        const std::uint32_t source = sources.add("generated.pdl", text);
        double before = processor_seconds();
        const auto tokens = syntax::lex(sources, source, diagnostics, wide_limits());
        measured.tokens = std::min(measured.tokens, processor_seconds() - before);
        before = processor_seconds();
        const auto program = compiler::compile(sources, source, diagnostics, wide_limits());
        measured.program = std::min(measured.program, processor_seconds() - before);
        for (const auto& each : diagnostics.all()) {
            std::cerr << diagnostics::render(sources, each);
            break;
        }
        measured.good = program.has_value();
        if (!program) break;
        measured.instructions = 0;
        for (const auto& routine : program->routines) measured.instructions += routine.code.size();
    }
    return measured;
}

void show(std::size_t lines) {
    std::fflush(stdout);
    // A process of its own, so that its memory is its own.
    const pid_t child = fork();
    if (child == 0) {
        const Measured measured = measure(lines, lines > 200'000 ? 1 : 3);
        if (!measured.good) std::_Exit(1);
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        const auto count = static_cast<double>(measured.lines);
        std::printf("%9zu %8.1f %12.0f %14.0f %10.1f %9.0f %12zu\n", measured.lines,
                    static_cast<double>(measured.bytes) / 1e6, count / measured.tokens,
                    count / measured.program, measured.program * 1e3,
                    static_cast<double>(usage.ru_maxrss) * 1024 / count, measured.instructions);
        std::fflush(stdout);
        std::_Exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) std::printf("%9zu does not compile\n", lines);
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
