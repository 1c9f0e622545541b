// SPDX-License-Identifier: MIT
// Two processes over TCP, through something that breaks their connections in the middle of
// requests: nobody notices.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <reowolf/service.hpp>

#include "post/address.hpp"
#include "post/forwarder.test.hpp"
#include "post/loop.hpp"

namespace reowolf::service {
namespace {

using namespace std::chrono_literals;

// Has a thread of its own, and is as if it were another process.
class Relay {
  public:
    explicit Relay(std::uint16_t target)
        : forwarder_(loop_, target), thread_([this] { loop_.run(); }) {}
    ~Relay() {
        loop_.stop();
        thread_.join();
    }
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    std::uint16_t port() const { return forwarder_.port(); }
    void cut() {
        loop_.post([this] {
            forwarder_.cut();
            connections_ = forwarder_.accepted();
        });
    }
    // Nobody listens for a while.
    void restart() {
        loop_.post([this] {
            if (std::exchange(is_down_, true)) return;
            forwarder_.stop();
            connections_ = forwarder_.accepted();
            loop_.after(30, [this] {
                is_down_ = false;
                forwarder_.start();
            });
        });
    }
    // That it has cut.
    std::size_t connections() const { return connections_; }

  private:
    post::RealLoop loop_;
    post::Forwarder forwarder_;
    bool is_down_ = false;
    std::atomic<std::size_t> connections_ = 0;
    std::thread thread_;
};

class CutConnections : public testing::Test {
  protected:
    CutConnections() {
        const std::string address = master.listen("127.0.0.1:0");
        relay.emplace(post::parse_address(address)->port);
        for (Network* each : {&network, &other}) {
            each->on_event([this](const Event& event) {
                if (event.kind == Event::Kind::lost) lost = true;
            });
        }
        master.provide("double", [this](std::uint64_t x) {
            ++served;
            return 2 * x;
        });
        child.provide("triple", [this](std::uint64_t x) {
            ++served;
            return 3 * x;
        });
        master.start();
        child.join(fmt::format("127.0.0.1:{}", relay->port()));
        EXPECT_TRUE(master.wait_for("triple"));
    }

    // Thousands of requests both ways; each time some hundred have been answered, `disturb`.
    template <class Disturb>
    void request_while(Disturb disturb) {
        constexpr std::uint64_t count = 8'000, disturbed_each = 400;
        constexpr std::size_t window = 500;
        std::deque<Answer<std::uint64_t>> doubles, triples;
        std::uint64_t answered = 0;
        const auto check_first = [&] {
            EXPECT_EQ(doubles.front().get(), 2 * answered);
            EXPECT_EQ(triples.front().get(), 3 * answered);
            doubles.pop_front();
            triples.pop_front();
            if (++answered % disturbed_each == 0) disturb();
        };
        const Options patient{.timeout = 10min};
        Function<std::uint64_t(std::uint64_t)> twice(child, "double", patient);
        Function<std::uint64_t(std::uint64_t)> thrice(master, "triple", patient);
        for (std::uint64_t i = 0; i < count; ++i) {
            if (doubles.size() == window) check_first();
            doubles.push_back(twice.request(i));
            triples.push_back(thrice.request(i));
        }
        while (!doubles.empty()) check_first();
        EXPECT_EQ(served, 2 * count);
        EXPECT_FALSE(lost);
    }

    std::atomic<std::uint64_t> served = 0;
    std::atomic<bool> lost = false;
    std::optional<Relay> relay;  // goes last, or the others would wait for it
    Network network{{.workers = 2, .tick_patience = 10min}};
    Network other{{.workers = 2, .tick_patience = 10min}};
    Node master{network, "master"};
    Object<Node> child{other, "child"};
};

TEST_F(CutConnections, AreNotNoticed) {
    request_while([&] { relay->cut(); });
    EXPECT_GT(relay->connections(), 1u);
}

TEST_F(CutConnections, AreNotNoticedWhenNobodyIsThereForAWhile) {
    request_while([&] { relay->restart(); });
    EXPECT_GT(relay->connections(), 1u);
}

}  // namespace
}  // namespace reowolf::service
