// SPDX-License-Identifier: MIT
// Two peers of one description, as threads.
#pragma once

#include <future>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <reowolf/connector.hpp>

// The text with a free address in place of each '$'.
inline std::string with_addresses(const std::string& text) {
    std::vector<int> sockets;
    std::string result;
    for (const char each : text) {
        if (each != '$') {
            result += each;
            continue;
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        sockets.push_back(socket(AF_INET, SOCK_STREAM, 0));
        bind(sockets.back(), reinterpret_cast<sockaddr*>(&address), size);
        getsockname(sockets.back(), reinterpret_cast<sockaddr*>(&address), &size);
        result += "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }
    for (const int each : sockets) close(each);
    return result;
}

template <class A, class B>
struct Pair {
    std::string protocol;
    A amy;
    B bob;

    // Both are connected.
    explicit Pair(const std::string& body) : protocol(with_addresses(body)) {
        amy.configure(text_of("amy"));
        bob.configure(text_of("bob"));
        const auto other = std::async(std::launch::async, [this] { amy.connect(); });
        bob.connect();
        other.wait();
    }
    // What a peer is configured with.
    std::string text_of(const std::string& peer) const { return "self " + peer + ";\n" + protocol; }
    // Both wait until something has happened, and it has.
    void await() {
        auto other = std::async(std::launch::async, [this] { return amy.await(); });
        bob.await();
        other.get();
    }
    // A round of both; true: expired.
    bool round() {
        auto other = std::async(std::launch::async, [this] { return amy.sync(); });
        const bool expired = bob.sync();
        return other.get() && expired;
    }
};
