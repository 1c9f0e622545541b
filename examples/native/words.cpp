// SPDX-License-Identifier: MIT
// Counts the words of standard input: a thread reads the lines, three workers in C++ count, and a
// protocol in PDL (words.pdl, whose path is the argument) deals the lines out and adds up.
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <reowolf/bridge.hpp>
#include <reowolf/runtime.hpp>

namespace {

using reowolf::In;
using reowolf::Out;

reowolf::Component worker(In<std::string> lines, Out<std::uint64_t> count) {
    std::uint64_t words = 0;
    while (const auto line = co_await lines.try_get()) {
        std::istringstream text(*line);
        for (std::string word; text >> word;) ++words;
    }
    co_await count.put(words);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: words FILE.pdl <TEXT\n";
        return 2;
    }
    std::ifstream file(argv[1]);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto program = reowolf::Program::compile(text, argv[1]);
    if (!program) {
        for (const reowolf::Diagnostic& each : program.error()) std::cerr << each.shown;
        return 2;
    }

    reowolf::Runtime runtime(*program);
    auto [inlet, lines] = reowolf::make_inlet<std::string>(runtime, 64);
    auto [total, outlet] = reowolf::make_outlet<std::uint64_t>(runtime, 1);
    std::vector<Out<std::string>> to_workers;
    std::vector<In<std::uint64_t>> counts;
    for (int i = 0; i < 3; ++i) {
        auto [give, take] = runtime.channel<std::string>();
        auto [counted, count] = runtime.channel<std::uint64_t>();
        runtime.start_as("worker " + std::to_string(i), worker, take, counted);
        to_workers.push_back(give);
        counts.push_back(count);
    }
    runtime.start("deal", lines, to_workers);
    runtime.start("collect", counts, total);

    std::thread reader([inlet = std::move(inlet)]() mutable {
        for (std::string line; std::getline(std::cin, line) && inlet.put(line);) {
        }
    });
    const reowolf::Outcome outcome = runtime.run();
    reader.join();
    if (const auto words = outlet.try_get()) std::cout << *words << " words\n";
    return outcome == reowolf::Outcome::ended && !runtime.has_failed() ? 0 : 1;
}
