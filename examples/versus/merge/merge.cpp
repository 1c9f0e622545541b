// SPDX-License-Identifier: MIT
// merge NAME FILE: of the sources amy and bob, the lines of standard input, "TIME TEXT" in the
// order of their times, are merged; of the keepers cat and dan, what they become is printed.
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>

#include <reowolf/connector.hpp>

namespace {

struct Event {
    std::uint64_t time = 0;
    std::string text;
};
REOWOLF_FIELDS(Event, time, text)

constexpr std::uint64_t end = std::numeric_limits<std::uint64_t>::max();

void give(reowolf::RealtimeConnector& c) {
    bool is_taken = true;
    for (Event next; next.time < end || !is_taken;) {
        if (is_taken && !(std::getline(std::cin >> next.time >> std::ws, next.text)))
            next.time = end;
        c.put("next", next);
        c.get("is_taken", is_taken);
        c.sync();
    }
}

void keep(reowolf::RealtimeConnector& c) {
    for (;;) {
        Event event;
        c.get("keep", event);
        c.sync();
        if (event.time == end) return;
        std::cout << event.time << ' ' << event.text << std::endl;
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const std::string name = argv[1];
    std::ifstream file(argv[2]);
    reowolf::RealtimeConnector c;
    try {
        c.configure("self " + name + ";\n" + std::string(std::istreambuf_iterator(file), {}));
        c.connect();
        if (name == "amy" || name == "bob") {
            give(c);
        } else {
            keep(c);
        }
    } catch (const reowolf::Error& error) {
        const bool is_known = error.code() != std::errc::connection_aborted;
        std::cout << (is_known ? "over: " : "unknown: ") << error.what() << '\n';
        return 1;
    }
}
