// SPDX-License-Identifier: MIT
// The workload message-8-tcp of bench_machines with ZeroMQ: messages of 8 bytes one way over TCP
// between two processes, as many as it takes, with an answer to so many of them. Prints
// "WORKLOAD NANOSECONDS", the median of several repetitions.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t messages_each = 100'000;

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
    std::_Exit(1);
}

void receive_all(void* socket) {
    std::uint64_t received = 0;
    char text[8];
    for (;;) {
        const int bytes = zmq_recv(socket, text, sizeof text, 0);
        if (bytes < 0) give_up("zmq_recv");
        if (bytes == 0) return;
        if (++received % messages_each == 0) zmq_send(socket, "all", 3, 0);
    }
}

double send_all(void* socket, double seconds) {
    const std::string text(8, 'x');
    std::uint64_t sent = 0;
    double passed = 0;
    const auto begin = Clock::now();
    while (passed < seconds) {
        for (std::uint64_t i = 0; i < messages_each; ++i) {
            if (zmq_send(socket, text.data(), text.size(), 0) < 0) give_up("zmq_send");
        }
        char answer[3];
        if (zmq_recv(socket, answer, sizeof answer, 0) < 0) give_up("zmq_recv");
        sent += messages_each;
        passed = std::chrono::duration<double>(Clock::now() - begin).count();
    }
    zmq_send(socket, "", 0, 0);
    return passed / static_cast<double>(sent) * 1e9;
}

// The receiver says where it listens.
double message_ns(double seconds) {
    int ends[2];
    if (pipe(ends) != 0) give_up("pipe");
    const pid_t child = fork();
    void* const context = zmq_ctx_new();
    void* const socket = zmq_socket(context, ZMQ_PAIR);
    char where[64] = {};
    double each = 0;
    if (child == 0) {
        std::size_t size = sizeof where;
        if (zmq_bind(socket, "tcp://127.0.0.1:*") != 0 ||
            zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, where, &size) != 0 ||
            write(ends[1], where, sizeof where) != sizeof where) {
            give_up("zmq_bind");
        }
        receive_all(socket);
    } else {
        if (read(ends[0], where, sizeof where) != sizeof where || zmq_connect(socket, where) != 0) {
            give_up("zmq_connect");
        }
        each = send_all(socket, seconds);
    }
    zmq_close(socket);
    zmq_ctx_term(context);
    if (child == 0) std::_Exit(0);
    close(ends[0]);
    close(ends[1]);
    waitpid(child, nullptr, 0);
    return each;
}

}  // namespace

int main(int count, char** arguments) {
    double seconds = 0.2;
    int repetitions = 3;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view name = arguments[i];
        if (name == "--seconds") seconds = std::atof(arguments[i + 1]);
        if (name == "--repetitions") repetitions = std::max(1, std::atoi(arguments[i + 1]));
    }
    std::vector<double> times;
    for (int i = 0; i < repetitions; ++i) times.push_back(message_ns(seconds));
    std::ranges::sort(times);
    std::printf("message-8-tcp %.0f\n", times[times.size() / 2]);
    return 0;
}
