// SPDX-License-Identifier: MIT
// Services updated while running: a hundred versions of one service, one after the other, while
// others request it without a pause. No request is lost, and none is answered twice.
#include <atomic>
#include <iostream>
#include <string>
#include <vector>

#include <reowolf/service.hpp>

namespace rs = reowolf::service;

// The version never goes back for anybody.
rs::Task<int> reader(rs::Node& node, const std::atomic<bool>& stops) {
    rs::Function<int()> version(node, "version");
    int answers = 0;
    for (int last = 0; !stops; ++answers) {
        const int now = co_await version.request();
        if (now < last) co_return -1;
        last = now;
    }
    co_return answers;
}

int main() {
    rs::Network network;
    rs::Node master(network, "master"), user(master, "user");
    master.provide("version", [] { return 0; }, {.version = "0"});
    master.start();

    std::atomic<bool> stops = false;
    std::vector<rs::Answer<int>> readers;
    for (int i = 0; i < 4; ++i) readers.push_back(network.spawn(reader(user, stops)));
    for (int version = 1; version <= 100; ++version) {
        master.provide("version", [version] { return version; },
                       {.version = std::to_string(version)});
        user.call<int>("version");
    }
    stops = true;
    bool is_right = true;
    for (auto& each : readers) is_right &= each.get() >= 0;
    std::cout << "version " << master.call<int>("version")
              << ", every answer in order: " << (is_right ? "yes" : "no") << '\n';
}
