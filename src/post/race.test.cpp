// SPDX-License-Identifier: MIT
#include "post/race.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "post/tcp.hpp"

namespace reowolf::post {

namespace {

using asio::ip::tcp;

Place place(const char* address, std::uint16_t port) {
    return {tcp::endpoint(asio::ip::make_address(address), port), TcpStream::Memory::forbidden};
}

// Takes connections and says nothing.
class Mute {
  public:
    explicit Mute(RealLoop& loop)
        : acceptor_(loop.context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          socket_(loop.context()) {
        acceptor_.async_accept(socket_, [this](const asio::error_code& error) {
            if (!error) read();
        });
    }
    Place at() const { return place("127.0.0.1", acceptor_.local_endpoint().port()); }
    bool has_been_left() const { return has_been_left_; }

  private:
    void read() {
        socket_.async_read_some(asio::buffer(bytes_), [this](const asio::error_code& error, auto) {
            if (!error) return read();
            has_been_left_ = true;
        });
    }

    tcp::acceptor acceptor_;
    tcp::socket socket_;
    std::array<char, 256> bytes_{};
    bool has_been_left_ = false;
};

// The patience is so long that a test that waits for it fails.
class Races : public testing::Test {
  protected:
    Races() : transport_(make_tcp_transport(loop_, limits_)) {}

    template <typename Condition>
    bool until(Condition condition) {
        const std::int64_t by_ms = loop_.now_ms() + 60'000;
        while (!condition()) {
            if (loop_.now_ms() > by_ms) return false;
            loop_.run_one(20);
        }
        return true;
    }

    Place listen() {
        auto acceptor = transport_->listen({.scheme = "tcp", .host = "127.0.0.1", .port = 0},
                                           [this](std::unique_ptr<Connection> accepted) {
                                               accepted_.push_back(std::move(accepted));
                                           });
        EXPECT_TRUE(acceptor);
        acceptor_ = std::move(*acceptor);
        return place("127.0.0.1", acceptor_->local().port);
    }

    // Where nobody listens.
    Place deserted() {
        tcp::acceptor gone(loop_.context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        return place("127.0.0.1", gone.local_endpoint().port());
    }

    void race(std::vector<Place> places) {
        race_.emplace(loop_, limits_, "bob", std::move(places), limits_.handshake_patience_ms,
                      [this](std::expected<Race::Won, Error> result) {
                          race_.reset();  // as whoever dialled may do
                          result_ = std::move(result);
                      });
        EXPECT_FALSE(result_) << "not from within the constructor";
        ASSERT_TRUE(until([&] { return result_.has_value(); }));
    }

    std::string name(const Place& of) const { return to_string(of.endpoint); }

    Limits limits_{.handshake_patience_ms = 3'600'000, .silence_patience_ms = 3'600'000};
    RealLoop loop_{limits_};
    std::unique_ptr<Transport> transport_;
    std::unique_ptr<Acceptor> acceptor_;
    std::vector<std::unique_ptr<Connection>> accepted_;
    std::optional<Race> race_;
    std::optional<std::expected<Race::Won, Error>> result_;
};

}  // namespace

TEST(Alternating, families_take_turns_beginning_with_the_first) {
    const std::vector<Place> places = {place("::1", 1), place("::1", 2), place("::1", 3),
                                       place("127.0.0.1", 4)};
    std::vector<std::uint16_t> ports;
    for (const Place& each : alternating(places)) ports.push_back(each.endpoint.port());
    EXPECT_EQ(ports, (std::vector<std::uint16_t>{1, 4, 2, 3}));
    EXPECT_TRUE(alternating({}).empty());
}

TEST_F(Races, an_address_that_says_nothing_holds_nobody_up_and_is_left) {
    Mute mute(loop_);
    const Place good = listen();
    race({mute.at(), good});
    ASSERT_TRUE(*result_) << result_->error().text;
    EXPECT_EQ((*result_)->why, name(good) + ", address 2 of 2; " + name(mute.at()) + ": slower");
    EXPECT_TRUE(until([&] { return mute.has_been_left(); }));
}

TEST_F(Races, after_one_that_is_refused_the_next_is_tried) {
    const Place nobody = deserted();
    const Place good = listen();
    race({nobody, good});
    ASSERT_TRUE(*result_) << result_->error().text;
    EXPECT_EQ((*result_)->why, name(good) + ", address 2 of 2; " + name(nobody) + ": refused");
}

TEST_F(Races, the_first_that_answers_wins_and_no_other_is_tried) {
    const Place good = listen();
    race({good, deserted()});
    ASSERT_TRUE(*result_) << result_->error().text;
    EXPECT_EQ((*result_)->why, name(good) + ", address 1 of 2");
}

TEST_F(Races, where_all_refuse_so_it_is_said) {
    race({deserted(), deserted()});
    ASSERT_FALSE(*result_);
    EXPECT_EQ(result_->error().failure, Failure::refused);
    EXPECT_TRUE(result_->error().text.starts_with("bob: ")) << result_->error().text;
}

TEST_F(Races, beside_one_that_refuses_who_is_silent_is_not_waited_for_to_the_end) {
    Mute mute(loop_);
    race({mute.at(), deserted()});
    ASSERT_FALSE(*result_);
    EXPECT_EQ(result_->error().failure, Failure::refused) << result_->error().text;
}

TEST_F(Races, without_addresses_there_is_none) {
    race({});
    ASSERT_FALSE(*result_);
    EXPECT_EQ(result_->error().failure, Failure::unknown_host);
}

TEST_F(Races, who_is_abandoned_says_nothing_and_leaves) {
    Mute mute(loop_);
    bool is_done = false;
    std::optional<Race> race(std::in_place, loop_, limits_, "bob", std::vector{mute.at()},
                             limits_.handshake_patience_ms, [&](auto) { is_done = true; });
    for (int i = 0; i < 10; ++i) loop_.run_one(1);
    race.reset();
    EXPECT_TRUE(until([&] { return mute.has_been_left(); }));
    EXPECT_FALSE(is_done);
}

}  // namespace reowolf::post
