// SPDX-License-Identifier: MIT
// Transparent load balancing: two providers of one name, one ten times as quick. Requests go where
// they will be done first, by the length of the queues and by what was measured.
#include <atomic>
#include <chrono>
#include <deque>
#include <iostream>

#include <reowolf/service.hpp>

namespace rs = reowolf::service;
using namespace std::chrono_literals;

int main() {
    rs::Network network;
    rs::Node master(network, "master");
    rs::Node tortoise(master, "tortoise"), hare(master, "hare");
    std::atomic<int> by_tortoise = 0, by_hare = 0;
    tortoise.provide("run", [&]() -> rs::Task<> {
        co_await network.after(10ms);
        ++by_tortoise;
    });
    hare.provide("run", [&]() -> rs::Task<> {
        co_await network.after(1ms);
        ++by_hare;
    });
    master.start();

    rs::Function<void()> run(master, "run");
    std::deque<rs::Answer<void>> runs;
    for (int i = 0; i < 300; ++i) {
        runs.push_back(run.request());
        if (runs.size() < 8) continue;
        runs.front().get();
        runs.pop_front();
    }
    for (auto& each : runs) each.get();
    std::cout << "runs: " << by_tortoise + by_hare
              << "\nthe hare has run more often: " << (by_hare > 2 * by_tortoise ? "yes" : "no")
              << "\nthe tortoise has run too: " << (by_tortoise > 0 ? "yes" : "no") << '\n';
}
