// SPDX-License-Identifier: MIT
// What rounds cost in one process, with PDL components under the interpreter: the workloads of the
// usual ways to do such things by hand, and curves. Prints a line for each, "WORKLOAD NANOSECONDS",
// the median of several repetitions; bench/compare puts those of others beside them.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <malloc.h>

#include "compiler/compile.hpp"
#include "diagnostics/diagnostics.hpp"
#include "networks.hpp"
#include "nobody.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::bench {
namespace {

// Of the processor: others that use it at the same time do not count. Nobody here ever sleeps.
struct Clock {
    using time_point = double;
    static double now() {
        std::timespec now{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
    }
};

double seconds_since(Clock::time_point begin) {
    return Clock::now() - begin;
}

class Network {
  public:
    explicit Network(const std::string& text) {
        diagnostics::Sources sources;
        diagnostics::Diagnostics diagnostics;
        const std::uint32_t source = sources.add("network", text);
        auto compiled = compiler::compile(sources, source, diagnostics, limits_);
        for (const auto& each : diagnostics.all()) {
            fmt::print(stderr, "{}", diagnostics::render(sources, each));
        }
        if (!compiled) std::exit(2);
        program_ = std::move(*compiled);
        runtime_.emplace(program_, limits_,
                         runtime::Place{.self = 0, .sites = {"here"}, .realtime = {}}, nobody_);
        runtime_->start(*program_.find("main"), {});
    }

    void run_rounds(std::uint64_t count) {
        const std::uint64_t wanted = runtime_->rounds_committed() + count;
        while (runtime_->rounds_committed() < wanted) {
            if (runtime_->step(turns_each)) continue;
            runtime_->report_stuck();
            fmt::print(stderr, "it has come to rest\n");
            std::exit(1);
        }
    }
    std::uint64_t behaviours() const { return runtime_->counters().behaviours; }
    void run_to_rest() {
        while (runtime_->step(turns_each)) {
        }
    }

  private:
    static constexpr std::uint32_t turns_each = 64;

    Limits limits_;
    Nobody nobody_;
    program::Program program_;
    std::optional<runtime::Runtime> runtime_;
};

struct Options {
    std::regex only{"."};
    double seconds = 0.2;  // of a repetition
    int repetitions = 5;
};

// Also large blocks outside of the heap.
std::size_t bytes_held() {
    const auto all = mallinfo2();
    return all.uordblks + all.hblkhd;
}

double median(std::vector<double> samples) {
    std::ranges::sort(samples);
    return samples[samples.size() / 2];
}

// Nanoseconds for each of `per_round` parts of a round.
void measure(const Options& options, const std::string& name, const std::string& text,
             double per_round = 1) {
    if (!std::regex_search(name, options.only)) return;
    Network network(text);
    network.run_rounds(1);  // all components are there
    std::uint64_t count = 64;
    double taken = 0;
    for (; taken < options.seconds / 10; count *= 2) {
        const auto begin = Clock::now();
        network.run_rounds(count);
        taken = seconds_since(begin);
    }
    count =
        static_cast<std::uint64_t>(static_cast<double>(count) / 2 * options.seconds / taken) + 1;
    std::vector<double> samples;
    for (int i = 0; i < options.repetitions; ++i) {
        const auto begin = Clock::now();
        network.run_rounds(count);
        samples.push_back(seconds_since(begin) * 1e9 / static_cast<double>(count) / per_round);
    }
    fmt::print("{:<28} {:>12.1f}\n", name, median(samples));
    std::fflush(stdout);
}

void measure_nursery(const Options& options) {
    constexpr std::size_t pairs = 500'000;
    if (!std::regex_search("create-and-end", options.only)) return;
    std::vector<double> samples;
    for (int i = 0; i < 3; ++i) {
        Network network(nursery(pairs));
        const auto begin = Clock::now();
        network.run_to_rest();
        samples.push_back(seconds_since(begin) * 1e9 / static_cast<double>(2 * pairs));
    }
    fmt::print("{:<28} {:>12.1f}\n", "create-and-end", median(samples));
}

// Components that wait, each with a channel: made one after the other, what each of them holds in
// memory, and what it takes to end them all.
void measure_crowd(const Options& options, std::size_t count) {
    if (!std::regex_search(fmt::format("crowd-{}", count), options.only)) return;
    const std::size_t before = bytes_held();
    const auto begin = Clock::now();
    auto network = std::make_unique<Network>(crowd(count));
    network->run_to_rest();
    const double made = seconds_since(begin);
    const std::size_t bytes = bytes_held() - before;
    const auto end = Clock::now();
    network.reset();
    const double each = 1.0 / static_cast<double>(count);
    fmt::print("{:<28} {:>12.1f}\n", fmt::format("crowd-{}-make", count), made * 1e9 * each);
    fmt::print("{:<28} {:>12.1f}\n", fmt::format("crowd-{}-bytes", count),
               static_cast<double>(bytes) * each);
    fmt::print("{:<28} {:>12.1f}\n", fmt::format("crowd-{}-destroy", count),
               seconds_since(end) * 1e9 * each);
}

// What ten million rounds leave behind: the bytes that are held, less those after the first ones.
void measure_memory(const Options& options, const std::string& name, const std::string& text) {
    constexpr std::uint64_t first_rounds = 100'000;
    constexpr std::uint64_t rounds = 10'000'000;

    const std::string label = fmt::format("memory-{}", name);
    if (!std::regex_search(label, options.only)) return;
    Network network(text);
    network.run_rounds(first_rounds);
    const std::size_t before = bytes_held();
    network.run_rounds(rounds);
    const auto grown = static_cast<std::ptrdiff_t>(bytes_held() - before);
    fmt::print("{:<28} {:>12} bytes more\n", label, grown);
    std::fflush(stdout);
}

// How the search for rounds grows: nanoseconds of all that happens until rest, for each part, and
// the behaviours explored for each.
void measure_search(const Options& options, const std::string& name,
                    const std::function<std::string(std::size_t)>& text) {
    for (std::size_t n = 4; n <= 128; n *= 2) {
        const std::string label = fmt::format("search-{}-{}", name, n);
        if (!std::regex_search(label, options.only)) continue;
        Network network(text(n));
        const auto begin = Clock::now();
        network.run_to_rest();
        const double each = 1.0 / static_cast<double>(n);
        fmt::print("{:<28} {:>12.1f} {:>10.1f} behaviours\n", label,
                   seconds_since(begin) * 1e9 * each,
                   static_cast<double>(network.behaviours()) * each);
        std::fflush(stdout);
    }
}

void run(const Options& options) {
    measure(options, "rendezvous-1t", rendezvous());
    for (const std::size_t n : {2, 8, 64}) {
        measure(options, fmt::format("merger-{}", n), merger(n));
        measure(options, fmt::format("replicator-{}", n), replicator(n));
        measure(options, fmt::format("exchange-{}", n), exchange(n));
        measure(options, fmt::format("router-{}", n), router(n));
    }
    measure(options, "alternator", alternator());
    measure(options, "pipeline-8", pipeline(8, false), 1.0 / 9);
    measure(options, "pipeline-8-in-one-round", pipeline(8, true));
    for (std::size_t n = 2; n <= 4096; n *= 2) {
        measure(options, fmt::format("curve-merger-{}", n), merger(n));
        measure(options, fmt::format("curve-replicator-{}", n), replicator(n));
        measure(options, fmt::format("curve-barrier-{}", n), barrier(n));
    }
    measure(options, "idle-0", idle(0));
    measure(options, "idle-10000", idle(10'000));
    measure(options, "idle-100000", idle(100'000));
    for (const std::size_t bytes : {std::size_t{1} << 16, std::size_t{1} << 20}) {
        for (const std::size_t n : {1, 8, 64}) {
            measure(options, fmt::format("array-{}-through-{}", bytes, n), array(bytes, n));
        }
    }
    measure_memory(options, "rendezvous", rendezvous());
    measure_memory(options, "merger-8", merger(8));
    measure_memory(options, "alternator", alternator());
    measure_nursery(options);
    for (const std::size_t n : {1'000, 10'000, 100'000}) measure_crowd(options, n);
    measure_search(options, "row-of-forks", row_of_forks);
    measure_search(options, "row-of-guesses", row_of_guesses);
    measure_search(options, "row-of-sums", row_of_sums);
    measure_search(options, "optional-puts", optional_puts);
    measure_search(options, "philosophers", philosophers);
    for (const std::size_t n : {2, 4, 8, 12}) {
        for (const std::size_t k : {2, 8}) {
            measure(options, fmt::format("puzzle-{}-of-{}", n, k), puzzle(n, k));
        }
    }
}

}  // namespace
}  // namespace reowolf::bench

int main(int count, char** arguments) {
    reowolf::bench::Options options;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view name = arguments[i];
        if (name == "--only") options.only = arguments[i + 1];
        if (name == "--seconds") options.seconds = std::atof(arguments[i + 1]);
        if (name == "--repetitions") options.repetitions = std::atoi(arguments[i + 1]);
    }
    reowolf::bench::run(options);
}
