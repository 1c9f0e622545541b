// SPDX-License-Identifier: MIT
// The same with the C++ Actor Framework: actors instead of nodes, messages instead of requests. The
// second B is an actor of its own, and A deals items out to the two in turn.
#include <cstdint>
#include <vector>

#include <caf/all.hpp>

#include "models.hpp"

namespace {

constexpr std::uint64_t window = 256;

caf::behavior answering(caf::event_based_actor*, std::uint64_t fmi) {
    return {[fmi](double x) { return models::multiply(x, fmi); }};
}

struct StageState {
    std::size_t turn = 0;
};
caf::behavior stage(caf::stateful_actor<StageState>* self, std::uint64_t fmi,
                    const std::vector<caf::actor>& next) {
    return {[=](double x) {
        const double y = models::multiply(x, fmi);
        self->send(next[self->state.turn++ % next.size()], y);
    }};
}

struct SourceState {
    std::uint64_t left = 0;
    std::uint64_t missing = 0;
    caf::actor first;
    caf::actor report;
};
// Told how many, whom to send to, and whom to tell; then of each that has arrived.
caf::behavior source(caf::stateful_actor<SourceState>* self) {
    const auto send_one = [self] {
        --self->state.left;
        self->send(self->state.first, 1.0);
    };
    return {[=](std::uint64_t items, const caf::actor& first, const caf::actor& report) {
                self->state = {items, items, first, report};
                for (std::uint64_t i = std::min(items, window); i > 0; --i) send_one();
            },
            [=](double) {
                if (self->state.left > 0) send_one();
                if (--self->state.missing == 0) self->send(self->state.report, std::uint64_t{1});
            }};
}

struct SequenceState {
    std::uint64_t left = 0;
};
caf::behavior sequence(caf::stateful_actor<SequenceState>* self, const caf::actor& a,
                       const caf::actor& b, const caf::actor& c) {
    return {[=](std::uint64_t items, const caf::actor& report) {
                self->state.left = items;
                self->send(self, report);
            },
            [=](const caf::actor& report) {
                self->request(a, caf::infinite, 1.0).then([=](double x) {
                    self->request(b, caf::infinite, x).then([=](double y) {
                        self->request(c, caf::infinite, y).then([=](double) {
                            if (--self->state.left > 0)
                                self->send(self, report);
                            else
                                self->send(report, std::uint64_t{1});
                        });
                    });
                });
            }};
}

struct PingState {
    std::uint64_t left = 0;
};
caf::behavior ping(caf::stateful_actor<PingState>* self, const caf::actor& to) {
    return {[=](std::uint64_t items, const caf::actor& report) {
                self->state.left = items;
                self->send(self, report);
            },
            [=](const caf::actor& report) {
                self->request(to, caf::infinite, 1).then([=](int) {
                    if (--self->state.left > 0)
                        self->send(self, report);
                    else
                        self->send(report, std::uint64_t{1});
                });
            }};
}
caf::behavior same(caf::event_based_actor*) {
    return {[](int x) { return x; }};
}

void measure_in(caf::actor_system& system, std::uint64_t fmi, const models::Options& options) {
    caf::scoped_actor self(system);
    const auto me = caf::actor_cast<caf::actor>(self);
    const auto wait = [&] { self->receive([](std::uint64_t) {}); };
    {
        const auto a = system.spawn(answering, fmi), b = system.spawn(answering, 2 * fmi),
                   c = system.spawn(answering, fmi);
        const auto all = system.spawn(sequence, a, b, c);
        models::measure("sequence", fmi, options, [&](std::uint64_t items) {
            self->send(all, items, me);
            wait();
        });
        for (const auto& each : {a, b, c, all}) self->send_exit(each, caf::exit_reason::kill);
    }
    for (const std::size_t middles : {std::size_t{1}, std::size_t{2}}) {
        const auto end = system.spawn(source);
        const auto c = system.spawn(stage, fmi, std::vector<caf::actor>{end});
        std::vector<caf::actor> bs;
        for (std::size_t i = 0; i < middles; ++i) {
            bs.push_back(system.spawn(stage, 2 * fmi, std::vector<caf::actor>{c}));
        }
        const auto a = system.spawn(stage, fmi, bs);
        models::measure(middles == 1 ? "pipeline" : "super_pipeline", fmi, options,
                        [&](std::uint64_t items) {
                            self->send(end, items, a, me);
                            wait();
                        });
        bs.insert(bs.end(), {end, a, c});
        for (const auto& each : bs) self->send_exit(each, caf::exit_reason::kill);
    }
}

void measure_request(caf::actor_system& system, const models::Options& options) {
    caf::scoped_actor self(system);
    const auto me = caf::actor_cast<caf::actor>(self);
    const auto to = system.spawn(same);
    const auto from = system.spawn(ping, to);
    models::measure("request", 0, options, [&](std::uint64_t items) {
        self->send(from, items, me);
        self->receive([](std::uint64_t) {});
    });
    for (const auto& each : {to, from}) self->send_exit(each, caf::exit_reason::kill);
}

}  // namespace

int main(int argc, char** argv) {
    const models::Options options = models::options(argc, argv);
    {
        caf::actor_system_config config;
        config.set("scheduler.max-threads", std::size_t{1});
        caf::actor_system system(config);
        measure_request(system, options);
    }
    caf::actor_system_config config;
    config.set("scheduler.max-threads", std::size_t{2});
    caf::actor_system system(config);
    for (const std::uint64_t fmi : options.multiplies) measure_in(system, fmi, options);
}
