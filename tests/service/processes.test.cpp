// SPDX-License-Identifier: MIT
// Networks that are connected over TCP, as those of different processes are.
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <reowolf/service.hpp>

#include "gate.hpp"

namespace rs = reowolf::service;
using namespace std::chrono_literals;

namespace {

struct Picture {
    std::uint32_t width = 0, height = 0;
    std::vector<std::uint8_t> bytes;
};
REOWOLF_FIELDS(Picture, width, height, bytes)

struct Process {
    explicit Process(const std::string& name) : network({.workers = 2}), root(network, name) {}
    rs::Network network;
    rs::Object<rs::Node> root;
};

TEST(OverTcp, RequestsGoBothWays) {
    Process master("master"), left("left"), right("right");
    const std::string address = master.root.listen("127.0.0.1:0");
    master.root.start();
    left.root.provide("where", [] { return std::string("left"); });
    left.root.provide("turn", [](Picture picture) {
        std::swap(picture.width, picture.height);
        return picture;
    });
    right.root.provide("where", [] { return std::string("right"); });
    left.root.join(address);
    right.root.join(address);
    ASSERT_TRUE(master.root.wait_for("where", 2));
    int lefts = 0;
    std::vector<rs::Answer<std::string>> answers;
    for (int i = 0; i < 1'000; ++i) answers.push_back(master.root.request<std::string>("where"));
    for (auto& each : answers) lefts += each.get() == "left" ? 1 : 0;
    EXPECT_GT(lefts, 0);
    EXPECT_LT(lefts, 1'000);
    const Picture turned =
        right.root.call<Picture>("turn", Picture{2, 3, std::vector<std::uint8_t>(6)});
    EXPECT_EQ(turned.width, 3u);
    EXPECT_EQ(turned.bytes.size(), 6u);
    const rs::Listing listing = master.network.listing();
    EXPECT_EQ(listing.nodes_total, 3u);
    EXPECT_EQ(listing.services_total, 3u);
}

TEST(OverTcp, ManyRequestsFromManyThreads) {
    Process master("master"), left("left");
    const std::string address = master.root.listen("127.0.0.1:0");
    master.root.start();
    left.root.provide("double", [](std::uint64_t x) { return 2 * x; }, {.reentrant = true});
    left.root.join(address);
    ASSERT_TRUE(master.root.wait_for("double"));
    std::vector<std::thread> threads;
    std::atomic<std::uint64_t> right_ones = 0;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&] {
            rs::Function<std::uint64_t(std::uint64_t)> twice(master.root, "double");
            std::deque<rs::Answer<std::uint64_t>> answers;
            for (std::uint64_t i = 0; i < 3'000; ++i) answers.push_back(twice.request(i));
            for (std::uint64_t i = 0; i < 3'000; ++i) right_ones += answers[i].get() == 2 * i;
        });
    }
    for (auto& each : threads) each.join();
    EXPECT_EQ(right_ones, 9'000u);
}

TEST(OverTcp, WhoGoesFailsWhatWaitsForIt) {
    Process master("master");
    const std::string address = master.root.listen("127.0.0.1:0");
    master.root.start();
    Gate begun, gate;
    std::optional<rs::Answer<void>> answer;
    {
        Process left("left");
        left.root.provide("wait",
                          [&] {
                              begun.open();
                              gate.wait();
                          },
                          {.thread = true});
        left.root.join(address);
        ASSERT_TRUE(master.root.wait_for("wait"));
        answer = master.root.request<void>("wait");
        ASSERT_TRUE(begun.wait());
        left.root.part();
        try {
            answer->get();
            ADD_FAILURE();
        } catch (const rs::Error& error) {
            EXPECT_EQ(error.code(), rs::Code::lost);
        }
        left.root.join(address);
        ASSERT_TRUE(master.root.wait_for("wait"));
        gate.open();
    }
    EXPECT_THROW(master.root.call<void>("wait"), rs::Error);
}

// What runs in a process of its own: see AKilledProcess.
TEST(OverTcp, DISABLED_Victim) {
    Process victim("victim");
    victim.root.provide("wait", [&]() -> rs::Task<> { co_await victim.network.after(24h); },
                        {.reentrant = true});
    victim.root.provide("one", [] { return 1; });
    victim.root.join(std::getenv("REOWOLF_TEST_MASTER"));
    victim.network.run();
}

class Victim {
  public:
    explicit Victim(const std::string& address) {
        ::setenv("REOWOLF_TEST_MASTER", address.c_str(), 1);
        std::string program = "/proc/self/exe", all = "--gtest_also_run_disabled_tests",
                    filter = "--gtest_filter=*DISABLED_Victim";
        char* const arguments[] = {program.data(), all.data(), filter.data(), nullptr};
        EXPECT_EQ(::posix_spawn(&id_, program.c_str(), nullptr, nullptr, arguments, environ), 0);
    }
    ~Victim() { kill(); }
    Victim(const Victim&) = delete;
    Victim& operator=(const Victim&) = delete;

    void kill() {
        if (id_ == 0) return;
        EXPECT_EQ(::kill(id_, SIGKILL), 0);
        EXPECT_EQ(::waitpid(id_, nullptr, 0), id_);
        id_ = 0;
    }

  private:
    pid_t id_ = 0;
};

// That it has ended is seen; nothing else would tell before the patience is over. What comes in its
// place is there by itself.
TEST(OverTcp, AKilledProcessFailsWhatWaitsForIt) {
    rs::Network network({.workers = 2, .tick_patience = 24h});
    rs::Node master(network, "master");
    const std::string address = master.listen("127.0.0.1:0");
    master.start();
    for (int i = 0; i < 2; ++i) {
        Victim victim(address);
        ASSERT_TRUE(master.wait_for("wait", 1, 60s));
        EXPECT_EQ(master.call<int>("one"), 1);
        std::vector<rs::Answer<void>> answers;
        for (int k = 0; k < 100; ++k) {
            answers.push_back(master.request<void>(rs::Options{.timeout = 12h}, "wait"));
        }
        EXPECT_EQ(master.call<int>("one"), 1);
        victim.kill();
        for (auto& each : answers) {
            try {
                each.get();
                ADD_FAILURE();
            } catch (const rs::Error& error) {
                EXPECT_EQ(error.code(), rs::Code::lost);
                EXPECT_THAT(error.reason(), testing::HasSubstr("has ended"));
            }
        }
        EXPECT_THROW(master.call<int>("one"), rs::Error);
    }
}

// A stranger that sends what is no frame is sent away, and nobody else notices.
TEST(OverTcp, Strangers) {
    Process master("master"), left("left");
    const std::string address = master.root.listen("127.0.0.1:0");
    master.root.start();
    left.root.provide("one", [] { return 1; });
    left.root.join(address);
    ASSERT_TRUE(master.root.wait_for("one"));
    const auto port = static_cast<std::uint16_t>(std::stoul(address.substr(address.find(':') + 1)));
    const std::vector<std::string> greetings = {
        "GET / HTTP/1.0\r\n\r\n",
        std::string("REOWOLF\x04") + std::string("\x03\0\0\0\0abc", 8),
        std::string("REOWOLF\x04") + std::string("\x01\0\0\0\0\x02", 6),
        std::string("REOWOLF\x04") + std::string("\xff\xff\xff\x7f\0", 5),
    };
    for (const std::string& greeting : greetings) {
        const int stranger = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in there{};
        there.sin_family = AF_INET;
        there.sin_port = htons(port);
        there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(::connect(stranger, reinterpret_cast<sockaddr*>(&there), sizeof there), 0);
        ASSERT_GT(::send(stranger, greeting.data(), greeting.size(), MSG_NOSIGNAL), 0);
        char byte = 0;
        // Until it is sent away.
        while (::recv(stranger, &byte, 1, 0) > 0) {
        }
        ::close(stranger);
        EXPECT_EQ(master.root.call<int>("one"), 1);
    }
}

std::string said_by(const std::string& command) {
    std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    std::string said;
    for (int c = 0; (c = std::fgetc(pipe)) != EOF;) said += static_cast<char>(c);
    ::pclose(pipe);
    return said;
}

TEST(OverTcp, TheCommandShowsNodesAndServices) {
    using testing::ContainsRegex;
    Process master("master"), left("left");
    const std::string address = master.root.listen("127.0.0.1:0");
    rs::Node router(master.root, "router"), leaf(router, "leaf");
    leaf.provide("double", [](int x) { return 2 * x; }, {.reentrant = true, .version = "2.1"});
    master.root.start();
    left.root.provide("name\x1b", [] { return std::string("left"); });
    left.root.join(address);
    ASSERT_TRUE(master.root.wait_for("name\x1b"));
    for (int i = 0; i < 25; ++i) master.root.call<int>("double", i);
    const std::string said = said_by(REOWOLF_COMMAND " services --interval 10 " + address);
    EXPECT_THAT(said, ContainsRegex(address + ": 4 nodes, 2 services, 2 workers\n"));
    EXPECT_THAT(said, ContainsRegex("\n    router\n      leaf\n"));
    EXPECT_THAT(said, ContainsRegex("\n    left +process at 127.0.0.1:[0-9]+\n"));
    EXPECT_THAT(said,
                ContainsRegex("  double +master/router/leaf  \\(s32\\) -> s32 +2.1 +re-entrant"
                              " +0 +0 +0 +25 +0 +[0-9]+"));
    EXPECT_THAT(said, ContainsRegex("  name\\? +master/left"));
    EXPECT_THAT(said_by(REOWOLF_COMMAND " services nonsense"), ContainsRegex("nonsense"));
    EXPECT_THAT(said_by(REOWOLF_COMMAND " services 127.0.0.1:1"), ContainsRegex("refused"));
}

}  // namespace
