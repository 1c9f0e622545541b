// SPDX-License-Identifier: MIT
// The evaluation of protocol programming: the models monotone, sequence, pipeline and super
// pipeline over the work of a service. Also the time of a synchronous request, and of each node of
// a large tree.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>

#include <reowolf/service.hpp>

#include "models.hpp"

namespace rs = reowolf::service;

namespace {

// So many items are on their way at once.
constexpr std::uint64_t window = 256;

// A toy service, which returns what it has computed, or hands it on.
class Toy : public rs::Node {
  public:
    Toy(rs::Node& parent, const std::string& name, std::uint64_t fmi, const std::string& next)
        : Node(parent, name), fmi_(fmi), next_(*this, next) {
        provide(name, [this](double x) { return models::multiply(x, fmi_); });
        provide(name + " and on", [this](double x) { next_.post(models::multiply(x, fmi_)); });
    }

  private:
    std::uint64_t fmi_;
    rs::Function<void(double)> next_;
};

// Each item through the three services, by synchronous requests.
rs::Task<> in_sequence(rs::Node& node, std::uint64_t items) {
    rs::Function<double(double)> a(node, "A"), b(node, "B"), c(node, "C");
    for (std::uint64_t i = 0; i < items; ++i) {
        const double x = co_await a.request(1.0);
        const double y = co_await b.request(x);
        co_await c.request(y);
    }
}

// From one to the next; the last one lets the next item in.
class Source : public rs::Node {
  public:
    explicit Source(rs::Node& parent) : Node(parent, "source"), first_(*this, "A and on") {
        // The first items come back while the last ones of the window are still being sent, so
        // that the two services have nothing in common.
        provide("begin", [first = first_](std::uint64_t items) mutable {
            for (; items > 0; --items) first.post(1.0);
        });
        provide("end", [this](double) { on_end(); });
    }
    // Waits until so many have arrived.
    void run(std::uint64_t items) {
        const std::uint64_t begin = std::min(items, window);
        left_ = items - begin;
        missing_ = items;
        call<void>("begin", begin);
        for (std::uint64_t missing = items; missing > 0; missing = missing_) missing_.wait(missing);
    }

  private:
    void on_end() {
        if (left_ > 0) {
            --left_;
            first_.post(1.0);
        }
        if (missing_.fetch_sub(1) == 1) missing_.notify_one();
    }

    rs::Function<void(double)> first_;
    std::uint64_t left_ = 0;
    std::atomic<std::uint64_t> missing_ = 0;
};

void measure_in(std::uint64_t fmi, const models::Options& options) {
    rs::Network network({.workers = 2});
    rs::Node master(network, "master");
    rs::Object<Source> source(master);
    rs::Object<Toy> c(master, "C", fmi, "end");
    rs::Object<Toy> b(master, "B", 2 * fmi, "C and on");
    rs::Object<Toy> a(master, "A", fmi, "B and on");
    master.start();
    models::measure("sequence", fmi, options,
                    [&](std::uint64_t items) { network.spawn(in_sequence(master, items)).get(); });
    models::measure("pipeline", fmi, options, [&](std::uint64_t items) { source.run(items); });
    rs::Object<Toy> second_b(master, "B", 2 * fmi, "C and on");
    models::measure("super_pipeline", fmi, options,
                    [&](std::uint64_t items) { source.run(items); });
}

rs::Task<> request_nothing(rs::Node& node, std::uint64_t items) {
    rs::Function<int(int)> same(node, "same");
    for (std::uint64_t i = 0; i < items; ++i) co_await same.request(1);
}

void measure_request(const models::Options& options) {
    rs::Network network({.workers = 1});
    rs::Node master(network, "master"), user(master, "user"), provider(master, "provider");
    provider.provide("same", [](int x) { return x; });
    master.start();
    models::measure("request", 0, options, [&](std::uint64_t items) {
        network.spawn(request_nothing(user, items)).get();
    });
}

// How long it takes to make a tree and to have it up, for each node: a chain, one in which each
// node has ten children, and one in which a single node has them all.
void measure_trees(const models::Options& options) {
    constexpr std::uint64_t nodes_count = 100'000;
    rs::Network network({.workers = 1});
    const auto measure_tree = [&](const char* shape, std::uint64_t fan_out) {
        double made_ns = 0, up_ns = 0;
        for (std::uint64_t i = 0; i < options.repetitions; ++i) {
            std::deque<rs::Node> nodes;
            const double making_ns = models::ns_of_one(nodes_count, [&](std::uint64_t count) {
                nodes.emplace_back(network, "master");
                while (nodes.size() < count) {
                    nodes.emplace_back(nodes[(nodes.size() - 1) / fan_out], "node");
                }
            });
            const double starting_ns =
                models::ns_of_one(nodes_count, [&](std::uint64_t) { nodes[0].start(); });
            made_ns = i == 0 ? making_ns : std::min(made_ns, making_ns);
            up_ns = i == 0 ? starting_ns : std::min(up_ns, starting_ns);
            while (!nodes.empty()) nodes.pop_back();
        }
        std::printf("%s_made 0 %.1f\n%s_up 0 %.1f\n", shape, made_ns, shape, up_ns);
    };
    measure_tree("chain", 1);
    measure_tree("tens", 10);
    measure_tree("star", nodes_count);
}

}  // namespace

int main(int argc, char** argv) {
    const models::Options options = models::options(argc, argv);
    measure_request(options);
    measure_trees(options);
    for (const std::uint64_t fmi : options.multiplies) {
        models::measure_monotone(fmi, options);
        measure_in(fmi, options);
    }
}
