// SPDX-License-Identifier: MIT
// std.internet: what of it is no PDL.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "native/component.hpp"
#include "post/internet.hpp"

namespace reowolf::native {

// Puts the number of each socket that can be used: its own when it is open, or those that it
// accepts, with the addresses of those who connected.
class Opening final : public Component {
  public:
    Opening(const Self& self, Port number, std::optional<Port> peer,
            std::shared_ptr<post::Socket> socket)
        : Component(self), number_(number), peer_(peer), socket_(std::move(socket)) {}

    std::unique_ptr<Body> clone() const override { return std::make_unique<Opening>(*this); }
    std::optional<machine::Request> run(std::uint32_t& budget) override;

  private:
    enum class Next { fetch, put_number, put_peer, end };
    Port number_;
    std::optional<Port> peer_;  // of one that accepts
    std::shared_ptr<post::Socket> socket_;
    std::uint64_t made_ = 0;
    std::string from_;
    Next next_ = Next::fetch;
};

// Puts what comes, a piece or a datagram a round, and ends when nothing more can.
class Receiving final : public Component {
  public:
    // `datagrams` is the program, if the messages are of std.internet.Datagram.
    Receiving(const Self& self, Port to, const program::Program* datagrams, std::uint64_t socket)
        : Component(self), to_(to), datagrams_(datagrams), number_(socket) {}

    std::unique_ptr<Body> clone() const override { return std::make_unique<Receiving>(*this); }
    std::optional<machine::Request> run(std::uint32_t& budget) override;

  private:
    enum class Next { fetch, put, end };
    machine::Value message() const;
    Port to_;
    const program::Program* datagrams_;
    std::uint64_t number_;
    std::shared_ptr<post::Socket> socket_;
    post::Socket::News came_;
    Next next_ = Next::fetch;
};

// Sends what it gets, when the round has happened. When nothing more can come, the other side is
// told.
class Sending final : public Component {
  public:
    Sending(const Self& self, Port from, const program::Program* datagrams, std::uint64_t socket)
        : Component(self), from_(from), datagrams_(datagrams), number_(socket) {}

    std::unique_ptr<Body> clone() const override { return std::make_unique<Sending>(*this); }
    std::optional<machine::Request> run(std::uint32_t& budget) override;
    void got(machine::Value message) override;

  private:
    // Shared by the behaviours of one component: gone when it has ended.
    struct Half {
        explicit Half(std::shared_ptr<post::Socket> of) : socket(std::move(of)) {}
        ~Half() { socket->finish(); }
        Half(const Half&) = delete;
        Half& operator=(const Half&) = delete;
        std::shared_ptr<post::Socket> socket;
    };
    enum class Next { send, get, end };
    Port from_;
    const program::Program* datagrams_;
    std::uint64_t number_;
    std::shared_ptr<Half> half_;
    std::optional<std::string> message_;
    std::string to_;  // of a datagram
    Next next_ = Next::send;
};

}  // namespace reowolf::native
