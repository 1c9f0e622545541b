// SPDX-License-Identifier: MIT
// auction NAME FILE BID: one sealed bid of each of the three; the highest one wins.
#include <fstream>
#include <iostream>
#include <iterator>

#include <reowolf/connector.hpp>

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    std::ifstream file(argv[2]);
    reowolf::RealtimeConnector c;
    try {
        c.configure("self " + std::string(argv[1]) + ";\n" +
                    std::string(std::istreambuf_iterator(file), {}));
        c.connect();
        c.timeout(std::chrono::seconds(3));
        std::string winner;
        c.put("bid", static_cast<std::uint32_t>(std::stoul(argv[3])));
        c.get("result", winner);
        c.sync();
        std::cout << winner << " wins\n";
    } catch (const reowolf::Error& error) {
        const bool is_known = error.code() != std::errc::connection_aborted;
        std::cout << (is_known ? "over: " : "unknown: ") << error.what() << '\n';
        return 1;
    }
}
