// SPDX-License-Identifier: MIT
// swap NAME DESCRIPTION FILE TAKEN: as examples/swap/swap.c, once, in C++.
#include <fstream>
#include <iostream>
#include <iterator>

#include <reowolf/connector.hpp>

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const auto whole = [](const char* path) {
        std::ifstream file(path, std::ios::binary);
        return std::string(std::istreambuf_iterator(file), {});
    };
    try {
        reowolf::RealtimeConnector c;
        c.configure(std::string("self ") + argv[1] + ";\n" + whole(argv[2]));
        c.connect();
        const std::string data = whole(argv[3]);
        c.put("give", std::as_bytes(std::span(data)));
        c.get<reowolf::Bytes>("take");
        c.sync();
        const auto taken = c.view("take").value();
        std::ofstream(argv[4], std::ios::binary)
            .write(reinterpret_cast<const char*>(taken.data()),
                   static_cast<std::streamsize>(taken.size()));
    } catch (const reowolf::Error& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
