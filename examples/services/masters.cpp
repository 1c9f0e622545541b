// SPDX-License-Identifier: MIT
// Master, provider and router: two masters, each with an assignment of its own; below them nodes
// that only group others, and nodes that provide. Then one becomes part of the other.
#include <iostream>
#include <string>

#include <reowolf/service.hpp>

namespace rs = reowolf::service;

int main() {
    rs::Network network;
    rs::Node kitchen(network, "kitchen"), cellar(network, "cellar");  // masters
    rs::Node hot(kitchen, "hot"), cold(kitchen, "cold");              // routers
    rs::Node oven(hot, "oven"), fridge(cold, "fridge"), rack(cellar, "rack");
    oven.provide("bread", [] { return std::string("warm bread"); });
    fridge.provide("bread", [] { return std::string("frozen bread"); });
    rack.provide("wine", [] { return std::string("wine"); });
    kitchen.start();
    cellar.start();

    std::cout << "hot: " << hot.call<std::string>("bread")
              << "\ncold: " << cold.call<std::string>("bread") << '\n';
    try {
        std::cout << kitchen.call<std::string>("wine") << '\n';
    } catch (const rs::Error& error) {
        std::cout << error.what() << '\n';
    }
    cellar.move_to(kitchen);
    std::cout << rack.path() << ": " << oven.call<std::string>("wine") << '\n';
}
