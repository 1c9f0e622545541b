// SPDX-License-Identifier: MIT
// How the two ends of a TCP connection within one host come to have memory in common: whoever
// dialled makes it, and waits at a Unix socket whose name it has told the other side over the
// connection; who comes there, and belongs to the same user, gets the memory. The Unix socket
// stays: with a byte on it, each side wakes the other when that sleeps.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "post/asio.hpp"
#include "post/ring.hpp"
#include "system/shared_memory.hpp"

namespace reowolf::post {

// What who dialled says of itself: the body of the frame "offer".
struct Offer {
    std::string host;  // this run of it
    std::array<std::byte, 16> name{};
    // The ends of the connection, so that nobody in between is passed over: what has another
    // address at its other end goes through a relay.
    std::string dialler;
    std::string dialled;
};
std::vector<std::byte> encode(const Offer& offer);
std::optional<Offer> decode_offer(std::span<const std::byte> bytes);

// A ring in each direction, as one side sees them.
class MemoryLink {
  public:
    static constexpr std::size_t cells = 4'096;  // of each ring
    static constexpr std::size_t bytes = 2 * ring::memory_bytes(cells);
    using Socket = asio::local::stream_protocol::socket;

    // The first ring goes from who dialled to who was dialled.
    MemoryLink(system::SharedMemory memory, Socket doorbell, bool is_dialler);

    void wake_other();

  private:
    system::SharedMemory memory_;

  public:
    RingReader in;
    RingWriter out;
    Socket doorbell;
};

// Destroying either abandons it: `done` will not come.
class Invitation : public std::enable_shared_from_this<Invitation> {
  public:
    explicit Invitation(asio::io_context& context) : acceptor_(context) {}

    // The error says why this host does not allow it.
    std::expected<std::array<std::byte, 16>, std::string> open();
    // `done` comes once, when the other side has come; perhaps never.
    void wait(std::function<void(std::unique_ptr<MemoryLink>)> done);

  private:
    asio::local::stream_protocol::acceptor acceptor_;
    std::optional<system::SharedMemory> memory_;
    std::function<void(std::unique_ptr<MemoryLink>)> done_;
};

class Visit : public std::enable_shared_from_this<Visit> {
  public:
    explicit Visit(asio::io_context& context) : socket_(context) {}

    using Done = std::function<void(std::expected<std::unique_ptr<MemoryLink>, std::string>)>;
    // `done` comes once, not from within this call; perhaps never. An error: it will not come.
    std::expected<void, std::string> begin(const std::array<std::byte, 16>& name, Done done);

  private:
    MemoryLink::Socket socket_;
    Done done_;
};

}  // namespace reowolf::post
