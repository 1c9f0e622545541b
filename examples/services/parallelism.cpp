// SPDX-License-Identifier: MIT
// Parallelism: a service that may be executed by several workers at once is, if there is enough to
// do. Whoever requests it does not see how many there are.
#include <iostream>
#include <vector>

#include <reowolf/service.hpp>

namespace rs = reowolf::service;

int primes_between(int begin, int end) {
    int count = 0;
    for (int n = begin; n < end; ++n) {
        bool is_prime = n > 1;
        for (int divisor = 2; is_prime && divisor * divisor <= n; ++divisor) {
            is_prime = n % divisor != 0;
        }
        count += is_prime ? 1 : 0;
    }
    return count;
}

int main() {
    rs::Network network;  // a worker for each processor
    rs::Node master(network, "master");
    master.provide("primes", primes_between, {.reentrant = true});
    master.start();

    std::vector<rs::Answer<int>> parts;
    for (int begin = 0; begin < 1'000'000; begin += 10'000) {
        parts.push_back(master.request<int>("primes", begin, begin + 10'000));
    }
    int count = 0;
    for (auto& part : parts) count += part.get();
    std::cout << count << " primes below a million\n";
}
