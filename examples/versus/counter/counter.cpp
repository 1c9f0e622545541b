// SPDX-License-Identifier: MIT
// counter NAME FILE NUMBER…: adds the numbers to what all share, and prints each value it has.
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>

#include <reowolf/connector.hpp>

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    std::ifstream file(argv[2]);
    std::span<char*> numbers(argv + 3, argv + argc);
    reowolf::LogicalConnector c;
    try {
        c.configure("self " + std::string(argv[1]) + ";\n" +
                    std::string(std::istreambuf_iterator(file), {}));
        c.connect();
        for (std::int64_t value = 0;;) {
            if (numbers.empty()) {
                c.close("add");
            } else {
                c.offer("add", static_cast<std::int64_t>(std::stoll(numbers.front())));
            }
            c.poll("value", value);
            c.await();
            std::cout << value << std::endl;
            if (!numbers.empty() && c.fired("add")) numbers = numbers.subspan(1);
        }
    } catch (const reowolf::Error& error) {
        if (error.code() == std::errc::resource_deadlock_would_occur) {
            std::cout << "over: all have added theirs\n";
            return 0;
        }
        const bool is_known = error.code() != std::errc::connection_aborted;
        std::cout << (is_known ? "over: " : "unknown: ") << error.what() << '\n';
        return error.code() == std::errc::broken_pipe ? 0 : 1;
    }
}
