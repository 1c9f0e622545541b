// SPDX-License-Identifier: MIT
// Distribution: the same request is served in this process or in another one. Here the other one is
// this program again; with another address it may be on another host.
#include <iostream>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <reowolf/service.hpp>

namespace rs = reowolf::service;

std::string greeting(std::string_view name) {
    return "hello " + std::string(name);
}

// Until the parent's process closes the pipe.
int elsewhere(int commands) {
    char address[64] = {};
    if (::read(commands, address, sizeof address - 1) <= 0) return 1;
    rs::Network network;
    rs::Node root(network, "elsewhere");
    root.provide("greeting", greeting);
    root.join(address);
    char byte = 0;
    while (::read(commands, &byte, 1) > 0) {
    }
    return 0;
}

int main() {
    int commands[2];
    if (::pipe(commands) != 0) return 1;
    const pid_t other = ::fork();
    if (other == 0) {
        ::close(commands[1]);
        return elsewhere(commands[0]);
    }
    rs::Network network;
    rs::Node master(network, "master");
    const std::string address = master.listen("127.0.0.1:0");
    master.start();
    if (::write(commands[1], address.data(), address.size()) < 0) return 1;

    if (!master.wait_for("greeting")) return 1;
    std::cout << "from another process: " << master.call<std::string>("greeting", "world") << '\n';

    master.provide("greeting", greeting);  // nearer
    ::close(commands[1]);
    ::waitpid(other, nullptr, 0);
    std::cout << "from here, as it is gone: " << master.call<std::string>("greeting", "again")
              << '\n';
}
