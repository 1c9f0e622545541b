// SPDX-License-Identifier: MIT
// Pipeline: each stage hands its result to the next one and takes what comes, so that all of them
// work at the same time. The middle one takes twice as long, so there are two of it: a super
// pipeline. Nobody else has to know.
#include <atomic>
#include <iostream>
#include <string>

#include <reowolf/service.hpp>

namespace rs = reowolf::service;

constexpr int lines = 10'000;

double work(double x, int rounds) {
    for (int i = 0; i < rounds; ++i) x *= 1.0000001;
    return x;
}

class Stage : public rs::Node {
  public:
    Stage(rs::Node& parent, const std::string& name, int rounds, std::string next)
        : Node(parent, name), rounds_(rounds), next_(*this, next) {
        provide(name, &Stage::take, {.queue_max = 2 * lines});
    }

  private:
    void take(double x) { next_.post(work(x, rounds_)); }
    int rounds_;
    rs::Function<void(double)> next_;
};

int main() {
    rs::Network network;
    rs::Node master(network, "master");
    std::atomic<int> arrived = 0;
    rs::Node end(master, "end");
    end.provide("done", [&](double) { ++arrived; }, {.queue_max = 2 * lines});
    end.provide("arrived", [&] { return arrived.load(); });
    rs::Object<Stage> last(master, "last", 1'000, "done");
    rs::Object<Stage> middle(master, "middle", 2'000, "last");
    rs::Object<Stage> second_middle(master, "middle", 2'000, "last");
    rs::Object<Stage> first(master, "first", 1'000, "middle");
    master.start();

    for (int i = 0; i < lines; ++i) master.post("first", 1.0);
    while (master.call<int>("arrived") < lines) network.after(std::chrono::milliseconds(1)).get();
    std::cout << arrived << " have passed all stages\n";
}
