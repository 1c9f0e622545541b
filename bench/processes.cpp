// SPDX-License-Identifier: MIT
// Two processes over TCP on this host: rounds of a connector in which both give and take, beside
// round trips of the same number of bytes over a plain blocking socket, in turn, so that both see
// the same machine.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <reowolf/connector.h>

namespace {

constexpr std::uint64_t rounds_warm_up = 200;
constexpr double seconds_measured = 0.5;
constexpr int turns = 5;
constexpr std::uint64_t last_of_all = ~std::uint64_t{0};

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::exit(1);
}

// Calls `round` with numbers until the time is up, then with `last_of_all`; rounds per second.
template <class Round>
double rate_of(Round round) {
    using Clock = std::chrono::steady_clock;
    for (std::uint64_t i = 0; i < rounds_warm_up; ++i) round(i);
    const auto begin = Clock::now();
    std::chrono::duration<double> passed{};
    std::uint64_t count = 0;
    while (passed.count() < seconds_measured) {
        round(count++);
        passed = Clock::now() - begin;
    }
    round(last_of_all);
    return static_cast<double>(count) / passed.count();
}

// A port that nobody uses now.
std::uint16_t free_port() {
    const int probe = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(probe, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        give_up("no port");
    }
    close(probe);
    return ntohs(address.sin_port);
}

std::string description(const char* self, std::uint16_t amy, std::uint16_t bob, const char* at) {
    return std::string("self ") + self + ";\n" +
           "connector swap {\n"
           "    peer amy = \"127.0.0.1:" +
           std::to_string(amy) +
           "\" { in<u64> give; out<u64> take; }\n"
           "    peer bob = \"127.0.0.1:" +
           std::to_string(bob) +
           "\" { in<u64> give; out<u64> take; }\n"
           "    new exchange(amy.give, bob.give, amy.take, bob.take) at " +
           at +
           ";\n"
           "}\n"
           "primitive exchange(in<u64> a, in<u64> b, out<u64> x, out<u64> y) {\n"
           "    while (true) sync { put(y, get(a)); put(x, get(b)); }\n"
           "}\n";
}

int connected(const std::string& text) {
    const int connector = rw_connector(RW_REALTIME);
    if (rw_configure(connector, text.c_str()) != 0 || rw_connect(connector) != 0) {
        give_up(rw_error(connector));
    }
    return connector;
}

std::uint64_t swap(int connector, std::uint64_t given) {
    std::uint64_t taken = 0;
    if (rw_put(connector, "give", &given, sizeof given) != 0 ||
        rw_get(connector, "take", &taken, sizeof taken) != 0 || rw_sync(connector) != 0) {
        give_up(rw_error(connector));
    }
    return taken;
}

double connector_rate(const char* at) {
    const std::uint16_t amy = free_port();
    const std::uint16_t bob = free_port();
    const pid_t child = fork();
    if (child == 0) {
        const int connector = connected(description("bob", amy, bob, at));
        while (swap(connector, 0) != last_of_all) {
        }
        rw_close(connector, nullptr);
        std::_Exit(0);
    }
    const int connector = connected(description("amy", amy, bob, at));
    const double rate = rate_of([&](std::uint64_t number) { swap(connector, number); });
    rw_close(connector, nullptr);
    waitpid(child, nullptr, 0);
    return rate;
}

void transfer(int socket, std::uint64_t& value, bool sends) {
    auto* at = reinterpret_cast<char*>(&value);
    std::size_t left = sizeof value;
    while (left > 0) {
        const ssize_t moved = sends ? write(socket, at, left) : read(socket, at, left);
        if (moved <= 0) give_up("the socket is closed");
        at += moved;
        left -= static_cast<std::size_t>(moved);
    }
}

double socket_rate() {
    const int acceptor = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(acceptor, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(acceptor, 1) != 0 ||
        getsockname(acceptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        give_up("cannot listen");
    }
    const int yes = 1;
    const pid_t child = fork();
    if (child == 0) {
        const int peer = accept(acceptor, nullptr, nullptr);
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        std::uint64_t value = 0;
        while (value != last_of_all) {
            transfer(peer, value, false);
            transfer(peer, value, true);
        }
        std::_Exit(0);
    }
    const int peer = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(peer, reinterpret_cast<sockaddr*>(&address), size) != 0) give_up("cannot connect");
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const double rate = rate_of([&](std::uint64_t number) {
        transfer(peer, number, true);
        transfer(peer, number, false);
    });
    close(peer);
    close(acceptor);
    waitpid(child, nullptr, 0);
    return rate;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

}  // namespace

int main() {
    std::vector<double> sockets;
    std::vector<double> here;
    std::vector<double> there;
    for (int turn = 0; turn < turns; ++turn) {
        sockets.push_back(socket_rate());
        here.push_back(connector_rate("amy"));
        there.push_back(connector_rate("bob"));
    }
    const double socket = median(sockets);
    std::printf("two processes over TCP, 8 bytes each way\n");
    std::printf("  plain socket                   %9.0f round trips a second\n", socket);
    for (const auto& [rates, text] : {std::pair(&here, "here "), std::pair(&there, "there")}) {
        const double rate = median(*rates);
        std::printf(
            "  connector, component %s     %9.0f rounds a second; one takes %.2f round trips\n",
            text, rate, socket / rate);
    }
    return 0;
}
