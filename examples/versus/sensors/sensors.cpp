// SPDX-License-Identifier: MIT
// sensors NAME FILE: the numbers of standard input are the readings of this sensor, one a step;
// prints what all agree on in each step.
#include <fstream>
#include <iostream>
#include <iterator>

#include <reowolf/connector.hpp>

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    std::ifstream file(argv[2]);
    reowolf::RealtimeConnector c;
    try {
        c.configure("self " + std::string(argv[1]) + ";\n" +
                    std::string(std::istreambuf_iterator(file), {}));
        c.connect();
        const auto read = c.in<double>("read");
        const auto agreed = c.out<double>("agreed");
        double reading = 0;
        for (int step = 1; std::cin >> reading; ++step) {
            read.put(reading);
            agreed.get();
            c.sync();
            std::cout << "step " << step << ": " << agreed.value().value() << std::endl;
        }
    } catch (const reowolf::Error& error) {
        const bool is_known = error.code() != std::errc::connection_aborted;
        std::cout << (is_known ? "over: " : "unknown: ") << error.what() << '\n';
        return 1;
    }
}
