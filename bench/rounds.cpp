// SPDX-License-Identifier: MIT
// What a round costs in one process, without network, thread or clock: PDL components on one
// runtime. The time is that of one round.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <benchmark/benchmark.h>

#include "compiler/compile.hpp"
#include "diagnostics/diagnostics.hpp"
#include "runtime/runtime.hpp"

namespace reowolf {
namespace {

constexpr std::string_view components = R"(
    primitive source(out<u64> to) {
        u64 n = 0;
        while (true) { sync put(to, n); n += 1; }
    }
    primitive sink(in<u64> from) { while (true) sync get(from); }
    primitive relay(in<u64> from, out<u64> to) { while (true) sync put(to, get(from)); }
    primitive peer(out<u64> give, in<u64> take) {
        u64 n = 0;
        while (true) { sync { put(give, n); get(take); } n += 1; }
    }
    primitive exchange(in<u64> a, in<u64> b, in<u64> c, out<u64> x, out<u64> y, out<u64> z) {
        while (true) sync { put(x, get(b)); put(y, get(c)); put(z, get(a)); }
    }
    primitive merger(in<u64>[] from, out<u64> to) {
        while (true) sync {
            fork    put(to, get(from[0]));
            or      put(to, get(from[1]));
            or      put(to, get(from[2]));
            or      put(to, get(from[3]));
            or      put(to, get(from[4]));
            or      put(to, get(from[5]));
            or      put(to, get(from[6]));
            or      put(to, get(from[7]));
        }
    }

    composite rendezvous() {
        channel a -> b;
        new source(a);
        new sink(b);
    }
    composite exchange_of_3() {
        channel a -> a_in; channel b -> b_in; channel c -> c_in;
        channel x_out -> x; channel y_out -> y; channel z_out -> z;
        new peer(a, x);
        new peer(b, y);
        new peer(c, z);
        new exchange(a_in, b_in, c_in, x_out, y_out, z_out);
    }
    composite pipeline_of_8() {
        channel first -> from;
        new source(first);
        auto last = from;
        for (auto i in 0..8) {
            channel to -> next;
            new relay(last, to);
            last = next;
        }
        new sink(last);
    }
    composite merger_of_8() {
        in<u64>[] merged = {};
        for (auto i in 0..8) {
            channel to -> from;
            new source(to);
            merged @= {from};
        }
        channel to -> from;
        new merger(merged, to);
        new sink(from);
    }
)";

class Nobody final : public runtime::World {
  public:
    void print(std::string_view) override {}
    void report(const runtime::Report& report) override {
        std::fprintf(stderr, "%s\n", report.message.c_str());
        std::exit(1);
    }
    void send(wire::SiteId, const wire::Message&) override {}
    void committed(const wire::Decision&) override {}
    void deviation(wire::SiteId, const std::string&) override {}
    void application_committed(std::unique_ptr<runtime::Body>) override {}
    void application_failed(wire::Reason, const std::string&) override {}
    void application_in_doubt(const std::string&) override {}
};

std::optional<program::Program> compile() {
    diagnostics::Sources sources;
    diagnostics::Diagnostics diagnostics;
    const std::uint32_t source = sources.add("rounds", std::string(components));
    auto program = compiler::compile(sources, source, diagnostics, Limits{});
    for (const auto& each : diagnostics.all()) {
        std::fputs(diagnostics::render(sources, each).c_str(), stderr);
    }
    return program;
}

void rounds(benchmark::State& state, std::string_view network) {
    const auto program = compile();
    const auto routine = program ? program->find(network) : std::nullopt;
    if (!routine) return state.SkipWithError("the network does not compile");
    Nobody nobody;
    runtime::Runtime runtime(*program, {}, {.self = 0, .sites = {"here"}, .realtime = {}}, nobody);
    runtime.start(*routine, {});
    std::uint64_t wanted = runtime.rounds_committed();
    for (auto _ : state) {
        ++wanted;
        while (runtime.rounds_committed() < wanted) {
            if (!runtime.step()) return state.SkipWithError("the network is stuck");
        }
    }
}

BENCHMARK_CAPTURE(rounds, rendezvous, "rendezvous");
BENCHMARK_CAPTURE(rounds, exchange_of_3, "exchange_of_3");
BENCHMARK_CAPTURE(rounds, pipeline_of_8, "pipeline_of_8");
BENCHMARK_CAPTURE(rounds, merger_of_8, "merger_of_8");

}  // namespace
}  // namespace reowolf

BENCHMARK_MAIN();
