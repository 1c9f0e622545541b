// SPDX-License-Identifier: MIT
// What the programs of this benchmark have in common: three services of cost 1 : 2 : 1 in floating
// multiply instructions, and how a measurement is written. One line of output is
//
//     MODEL FMI NS_PER_ITEM
//
// where FMI is the number of multiply instructions of the first service.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace models {

// Multiplies one after the other, each with the result of the one before; the compiler can neither
// leave one out nor do two at once. It is the same code wherever it is called.
[[gnu::noinline]] inline double multiply(double x, std::uint64_t times) {
    for (std::uint64_t i = 0; i < times; ++i) {
        x *= 1.0000000001;
        asm volatile("" : "+x"(x));
    }
    return x;
}

struct Options {
    std::vector<std::uint64_t> multiplies;  // of the first service
    std::uint64_t repetitions = 3;
    double seconds = 0.2;  // of one measurement, about
};

inline Options options(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        if (name == "--fmi") options.multiplies.push_back(std::strtoull(argv[i + 1], nullptr, 10));
        if (name == "--repetitions") options.repetitions = std::strtoull(argv[i + 1], nullptr, 10);
        if (name == "--seconds") options.seconds = std::strtod(argv[i + 1], nullptr);
    }
    if (options.multiplies.empty()) {
        for (std::uint64_t fmi = 65'536; fmi >= 16; fmi /= 4) options.multiplies.push_back(fmi);
    }
    return options;
}

using Clock = std::chrono::steady_clock;

inline double ns_of_one(std::uint64_t items, const std::function<void(std::uint64_t)>& run) {
    const auto begin = Clock::now();
    run(items);
    return std::chrono::duration<double, std::nano>(Clock::now() - begin).count() /
           static_cast<double>(items);
}

// So many items at least: many times as many as are on their way at once, as the time until a
// pipeline is full and after its last item has gone in would else be most of what is measured.
constexpr double items_min = 2'048;

// The best of some runs: on a machine that does other things too, it is the least disturbed one.
inline void measure(const char* model, std::uint64_t fmi, const Options& options,
                    const std::function<void(std::uint64_t)>& run) {
    const double first_ns = ns_of_one(200, run);
    const auto items =
        static_cast<std::uint64_t>(std::clamp(options.seconds * 1e9 / first_ns, items_min, 2e6));
    double best_ns = ns_of_one(items, run);
    for (std::uint64_t i = 1; i < options.repetitions; ++i) {
        best_ns = std::min(best_ns, ns_of_one(items, run));
    }
    std::printf("%s %llu %.1f\n", model, static_cast<unsigned long long>(fmi), best_ns);
    std::fflush(stdout);
}

inline void measure_monotone(std::uint64_t fmi, const Options& options) {
    measure("monotone", fmi, options, [fmi](std::uint64_t items) {
        double sum = 0;
        for (std::uint64_t i = 0; i < items; ++i) {
            sum += multiply(multiply(multiply(1.0, fmi), 2 * fmi), fmi);
        }
        if (!(sum > 0)) std::abort();
    });
}

}  // namespace models
