// SPDX-License-Identifier: MIT
// For tests: something between two ends of a TCP connection that passes bytes on, until it is told
// to break.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "post/asio.hpp"
#include "post/loop.hpp"

namespace reowolf::post {

class Forwarder {
  public:
    using tcp = asio::ip::tcp;

    Forwarder(RealLoop& loop, std::uint16_t target)
        : loop_(loop),
          target_(asio::ip::address_v4::loopback(), target),
          acceptor_(loop.context()) {
        start();
        port_ = acceptor_.local_endpoint().port();
    }
    ~Forwarder() { stop(); }
    Forwarder(const Forwarder&) = delete;
    Forwarder& operator=(const Forwarder&) = delete;

    std::uint16_t port() const { return port_; }

    // All connections break.
    void cut() {
        for (const auto& weak : std::exchange(pairs_, {})) {
            if (const auto pair = weak.lock()) pair->close();
        }
    }
    // As if its process ended, and began again.
    void stop() {
        asio::error_code ignored;
        acceptor_.close(ignored);
        cut();
    }
    void start() {
        acceptor_.open(tcp::v4());
        acceptor_.set_option(tcp::acceptor::reuse_address(true));
        acceptor_.bind({asio::ip::address_v4::loopback(), port_});
        acceptor_.listen();
        accept();
    }
    // Bytes are kept back, and nobody is told.
    void hold(bool holds) {
        holds_ = holds;
        if (holds) return;
        for (const auto& weak : pairs_) {
            if (const auto pair = weak.lock()) pair->resume();
        }
    }
    std::size_t accepted() const { return accepted_; }

  private:
    struct Pair : std::enable_shared_from_this<Pair> {
        Pair(Forwarder& forwarder, tcp::socket from)
            : where(forwarder), ends{std::move(from), tcp::socket(forwarder.loop_.context())} {}

        void begin() {
            ends[1].async_connect(where.target_, [self = shared_from_this()](auto error) {
                if (error) return self->close();
                for (std::size_t side = 0; side < 2; ++side) self->pass(side);
            });
        }
        void pass(std::size_t side) {
            if (where.holds_) {
                waits[side] = true;
                return;
            }
            ends[side].async_read_some(
                asio::buffer(bytes[side]),
                [self = shared_from_this(), side](auto error, std::size_t count) {
                    if (error) return self->close();
                    asio::async_write(self->ends[1 - side], asio::buffer(self->bytes[side], count),
                                      [self, side](auto write_error, std::size_t) {
                                          if (write_error) return self->close();
                                          self->pass(side);
                                      });
                });
        }
        void resume() {
            for (std::size_t side = 0; side < 2; ++side) {
                if (std::exchange(waits[side], false)) pass(side);
            }
        }
        void close() {
            asio::error_code ignored;
            for (auto& end : ends) end.close(ignored);
        }

        Forwarder& where;
        std::array<tcp::socket, 2> ends;
        std::array<std::array<char, 16'384>, 2> bytes{};
        std::array<bool, 2> waits{};
    };

    void accept() {
        acceptor_.async_accept([this](auto error, tcp::socket socket) {
            if (error) return;
            ++accepted_;
            auto pair = std::make_shared<Pair>(*this, std::move(socket));
            pairs_.push_back(pair);
            pair->begin();
            accept();
        });
    }

    RealLoop& loop_;
    tcp::endpoint target_;
    tcp::acceptor acceptor_;
    std::uint16_t port_ = 0;
    bool holds_ = false;
    std::size_t accepted_ = 0;
    std::vector<std::weak_ptr<Pair>> pairs_;
};

}  // namespace reowolf::post
