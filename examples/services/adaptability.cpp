// SPDX-License-Identifier: MIT
// Adaptability: the network is looked at and changed while it works. A governor adds providers as
// long as too much is waiting, and lets them go when they have nothing to do.
#include <chrono>
#include <iostream>
#include <list>
#include <vector>

#include <reowolf/service.hpp>

namespace rs = reowolf::service;
using namespace std::chrono_literals;

class Clerk : public rs::Node {
  public:
    explicit Clerk(rs::Node& parent) : Node(parent, "clerk") {
        provide("form", [this](int number) -> rs::Task<int> {
            co_await network().after(1ms);  // looks it up somewhere
            co_return number;
        });
    }
};

int main() {
    rs::Network network;
    rs::Node master(network, "master");
    rs::Node office(master, "office");
    std::list<rs::Object<Clerk>> clerks;
    clerks.emplace_back(office);
    master.start();

    std::vector<rs::Answer<int>> forms;
    for (int i = 0; i < 2'000; ++i) forms.push_back(master.request<int>("form", i));
    std::size_t most = 1;
    for (bool is_over = false; !is_over; network.after(2ms).get()) {
        std::uint32_t waiting = 0;
        for (const auto& service : network.listing().services) waiting += service.waiting;
        if (waiting > 20 && clerks.size() < 20) {
            // Those who wait stay where they are; a new clerk gets what comes from now on.
            clerks.emplace_back(office);
            for (int i = 0; i < 50; ++i) forms.push_back(master.request<int>("form", i));
        }
        if (waiting == 0 && clerks.size() > 1) clerks.pop_back();
        most = std::max(most, clerks.size());
        is_over = waiting == 0 && clerks.size() == 1;
    }
    long sum = 0;
    for (auto& form : forms) sum += form.get() >= 0 ? 1 : 0;
    std::cout << "all forms are done: " << (sum == static_cast<long>(forms.size()) ? "yes" : "no")
              << "\nclerks were added: " << (most > 1 ? "yes" : "no")
              << "\nclerks that are left: " << clerks.size() << '\n';
}
