// SPDX-License-Identifier: MIT
// Concurrency: many conversations go on at the same time, on one worker, and none of the code
// knows.
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include <reowolf/service.hpp>

namespace rs = reowolf::service;
using namespace std::chrono_literals;

// Has one till. Customers wait for each other without a lock in sight.
class Bank : public rs::Node {
  public:
    explicit Bank(rs::Node& parent) : Node(parent, "bank") {
        provide("deposit", &Bank::deposit);
        provide("balance", &Bank::balance);
    }

  private:
    void deposit(int amount) { balance_ += amount; }
    int balance() { return balance_; }
    int balance_ = 0;
};

rs::Task<> customer(rs::Network& network, rs::Node& node, int amount) {
    for (int i = 0; i < 10; ++i) {
        co_await network.after(1ms);  // thinks, and occupies nobody meanwhile
        co_await node.request<void>("deposit", amount);
    }
}

int main() {
    rs::Network network({.workers = 1});
    rs::Node master(network, "master");
    rs::Object<Bank> bank(master);
    master.start();

    std::vector<rs::Answer<void>> customers;
    for (int i = 0; i < 1'000; ++i)
        customers.push_back(network.spawn(customer(network, master, 1)));
    for (auto& each : customers) each.get();
    std::cout << "1000 customers have deposited " << master.call<int>("balance") << '\n';
}
