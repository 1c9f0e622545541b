// SPDX-License-Identifier: MIT
// What rounds cost among components in C++, as a user writes them. Prints a line for each workload,
// "WORKLOAD NANOSECONDS" of processor time, the median of several repetitions; bench/compare puts
// those of others beside them.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <reowolf/runtime.hpp>

namespace reowolf {
namespace {

using u64 = std::uint64_t;

double now() {
    std::timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "wrong: %s\n", what);
    std::exit(1);
}

u64 triangle(u64 n) {
    return n * (n - 1) / 2;
}

Component source(u64 count, u64 first, u64 step, Out<u64> to) {
    for (u64 n = 0; n < count; ++n) co_await to.put(first + n * step);
}
Component sink(u64& sum, In<u64> from) {
    for (;;) sum += co_await from.get();
}

void run(Runtime& runtime) {
    require(runtime.run() == Outcome::ended, "not all have ended");
    require(!runtime.has_failed(), "some have failed");
}

void rendezvous(u64 count) {
    Runtime runtime;
    u64 sum = 0;
    auto [out, in] = runtime.channel<u64>();
    runtime.start(source, count, 0, 1, out);
    runtime.start(sink, std::ref(sum), in);
    run(runtime);
    require(sum == triangle(count), "the sum");
}

// One consumer gets from any of n producers.
void merger(std::size_t n, u64 count) {
    Runtime runtime;
    u64 sum = 0;
    std::vector<In<u64>> ins;
    for (std::size_t i = 0; i < n; ++i) {
        auto [out, in] = runtime.channel<u64>();
        runtime.start(source, count / n, 0, 1, out);
        ins.push_back(in);
    }
    const auto select = [&](u64 values, std::vector<In<u64>> from) -> Component {
        for (u64 i = 0; i < values; ++i) sum += (co_await get_any(from)).value;
    };
    runtime.start(select, count / n * n, ins);
    run(runtime);
    require(sum == n * triangle(count / n), "the sum");
}

void replicator(std::size_t n, u64 count) {
    Runtime runtime;
    std::vector<u64> sums(n);
    std::vector<Out<u64>> outs;
    for (std::size_t i = 0; i < n; ++i) {
        auto [out, in] = runtime.channel<u64>();
        runtime.start(sink, std::ref(sums[i]), in);
        outs.push_back(out);
    }
    const auto replicate = [](u64 values, std::vector<Out<u64>> to) -> Component {
        for (u64 i = 0; i < values; ++i) {
            co_await sync([&](Round& r) -> Step<> {
                for (const Out<u64> each : to) co_await r.put(each, i);
            });
        }
    };
    runtime.start(replicate, count, outs);
    run(runtime);
    for (const u64 sum : sums) require(sum == triangle(count), "a sum");
}

void exchange(std::size_t n, u64 count) {
    Runtime runtime;
    std::vector<Out<u64>> outs;
    std::vector<In<u64>> ins;
    std::vector<u64> last(n);
    for (std::size_t i = 0; i < n; ++i) {
        auto [out, in] = runtime.channel<u64>();
        outs.push_back(out);
        ins.push_back(in);
    }
    const auto party = [&](std::size_t number, In<u64> take, Out<u64> give) -> Component {
        u64 value = number;
        for (u64 i = 0; i < count; ++i) {
            value = co_await sync([&](Round& r) -> Step<u64> {
                co_await r.put(give, value + 1);
                co_return co_await r.get(take);
            });
        }
        last[number] = value;
    };
    for (std::size_t i = 0; i < n; ++i) runtime.start(party, i, ins[i], outs[(i + 1) % n]);
    run(runtime);
    for (std::size_t i = 0; i < n; ++i) {
        require(last[i] == count + (i + n - count % n) % n, "a value of the ring");
    }
}

void alternator(u64 count) {
    Runtime runtime;
    u64 seen = 0;
    auto [a_out, a_in] = runtime.channel<u64>();
    auto [b_out, b_in] = runtime.channel<u64>();
    runtime.start(source, count / 2, 0, 2, a_out);
    runtime.start(source, count / 2, 1, 2, b_out);
    const auto alternate = [&](In<u64> a, In<u64> b) -> Component {
        for (;;) {
            require(co_await a.get() == seen++, "the order");
            require(co_await b.get() == seen++, "the order");
        }
    };
    runtime.start(alternate, a_in, b_in);
    run(runtime);
    require(seen >= count / 2 * 2, "the number");
}

void pipeline(std::size_t n, u64 count) {
    Runtime runtime;
    u64 sum = 0;
    auto [first, from] = runtime.channel<u64>();
    runtime.start(source, count, 0, 1, first);
    In<u64> last = from;
    for (std::size_t i = 0; i < n; ++i) {
        auto [out, in] = runtime.channel<u64>();
        runtime.start(
            [](In<u64> take, Out<u64> give) -> Component {
                for (;;) {
                    const u64 value = co_await take.get();
                    co_await give.put(value + 1);
                }
            },
            last, out);
        last = in;
    }
    runtime.start(sink, std::ref(sum), last);
    run(runtime);
    require(sum == triangle(count) + n * count, "the sum");
}

// A merger of its own between the producers and the consumer, in one round.
void merger_between(std::size_t n, u64 count) {
    Runtime runtime;
    u64 sum = 0;
    std::vector<In<u64>> ins;
    for (std::size_t i = 0; i < n; ++i) {
        auto [out, in] = runtime.channel<u64>();
        runtime.start(source, count / n, 0, 1, out);
        ins.push_back(in);
    }
    auto [to, merged] = runtime.channel<u64>();
    const auto merge = [](u64 values, std::vector<In<u64>> from, Out<u64> out) -> Component {
        for (u64 i = 0; i < values; ++i) {
            co_await sync([&](Round& r) -> Step<> {
                const auto [value, port] = co_await r.get_any(from);
                co_await r.put(out, value);
            });
        }
    };
    runtime.start(merge, count / n * n, ins, to);
    runtime.start(sink, std::ref(sum), merged);
    run(runtime);
    require(sum == n * triangle(count / n), "the sum");
}

struct Options {
    std::regex only{"."};
    double seconds = 0.2;  // of a repetition
    int repetitions = 5;
    u64 rounds = 0;  // if it is to be so many, once: for counting instructions
};

void measure(const Options& options, const std::string& name,
             const std::function<void(u64)>& workload) {
    if (!std::regex_search(name, options.only)) return;
    if (options.rounds > 0) return workload(options.rounds);
    u64 count = 1024;
    double taken = 0;
    for (; taken < options.seconds / 10; count *= 2) {
        const double begin = now();
        workload(count);
        taken = now() - begin;
    }
    count = static_cast<u64>(static_cast<double>(count) / 2 * options.seconds / taken) + 128;
    std::vector<double> samples;
    for (int i = 0; i < options.repetitions; ++i) {
        const double begin = now();
        workload(count);
        samples.push_back((now() - begin) * 1e9 / static_cast<double>(count));
    }
    std::ranges::sort(samples);
    std::printf("%-28s %12.1f\n", name.c_str(), samples[samples.size() / 2]);
    std::fflush(stdout);
}

void run_all(const Options& options) {
    measure(options, "rendezvous-1t", rendezvous);
    for (const std::size_t n : {2, 8, 64}) {
        const std::string size = std::to_string(n);
        measure(options, "merger-" + size, [=](u64 count) { merger(n, count); });
        measure(options, "merger-between-" + size, [=](u64 count) { merger_between(n, count); });
        measure(options, "replicator-" + size, [=](u64 count) { replicator(n, count); });
        measure(options, "exchange-" + size, [=](u64 count) { exchange(n, count); });
    }
    measure(options, "alternator", alternator);
    measure(options, "pipeline-8", [](u64 count) { pipeline(8, count); });
}

}  // namespace
}  // namespace reowolf

int main(int count, char** arguments) {
    reowolf::Options options;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view name = arguments[i];
        if (name == "--only") options.only = arguments[i + 1];
        if (name == "--seconds") options.seconds = std::atof(arguments[i + 1]);
        if (name == "--rounds") options.rounds = std::strtoull(arguments[i + 1], nullptr, 10);
        if (name == "--repetitions") options.repetitions = std::atoi(arguments[i + 1]);
    }
    reowolf::run_all(options);
}
