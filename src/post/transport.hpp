// SPDX-License-Identifier: MIT
// What every transport does: carry whole messages between two processes, in order and without
// loss or repetition for as long as the connection lives. A message that was not delivered when
// it died is lost; who needs more keeps copies and dials again.
//
// Everything here happens on the loop the transport was made for. A callback never comes from
// within a call into this layer, so callers need not fear re-entry, and any object may be
// destroyed at any moment, also inside its own callback; no callback comes after that.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "post/address.hpp"
#include "post/rooms.hpp"

namespace reowolf::post {

enum class Failure {
    refused,                // the host is there, but nobody listens
    unreachable,            // no way to the host
    unknown_host,           // the name has no address
    timed_out,              // no answer, or no sign of life, within the patience
    address_in_use,         // listen: somebody else has the port
    address_not_available,  // listen: not an address of this host
    not_permitted,          // the operating system forbids it
    not_supported,          // this transport cannot do that
    closed,                 // orderly: close() here or there, everything sent before has arrived
    lost,                   // the connection broke, or was aborted; messages may be missing
    protocol,               // the other side does not speak this protocol, or another version
    too_large,              // a message exceeds the limit
    resources,              // out of descriptors or memory
    other,
};

// "refused", "timed out", ...
std::string_view to_string(Failure failure);

struct Error {
    Failure failure = Failure::other;
    std::string text;  // for people: what was tried, with whom, what happened
};

// The largest incoming message of a new connection, until limit_message_bytes() is called.
inline constexpr std::size_t message_bytes_from_strangers = 64u << 10;

// A message on its way out: a few bytes of its own, if any, and then pieces of bytes that it may
// share with others, and that nobody changes any more. Copies share them too. A small message is
// bytes of its own, which need no memory elsewhere.
class Payload {
  public:
    // So much can be put before what there is.
    static constexpr std::size_t head_bytes_max = 16;
    static constexpr std::size_t small_bytes_max = 31;
    static constexpr std::size_t own_bytes_max = head_bytes_max + small_bytes_max;

    struct Piece {
        std::shared_ptr<const void> keeper;  // of the bytes
        std::span<const std::byte> bytes;
    };

    Payload() = default;
    explicit Payload(std::vector<std::byte> bytes) {
        if (bytes.size() <= small_bytes_max) {
            append_own(bytes);
        } else {
            add(std::move(bytes));
        }
    }
    explicit Payload(Piece piece) { add(std::move(piece)); }
    // The head, and `length` bytes of another one that has none.
    Payload(std::span<const std::byte> head, const Payload& of, std::size_t begin,
            std::size_t length) {
        append_own(head);
        const std::size_t skipped_own = std::min<std::size_t>(begin, of.own_length_);
        const std::size_t taken_own = std::min(length, of.own_length_ - skipped_own);
        append_own(of.own().subspan(skipped_own, taken_own));
        begin -= skipped_own;
        length -= taken_own;
        of.for_each([&](const Piece& piece) {
            const std::size_t skipped = std::min(begin, piece.bytes.size());
            const std::size_t taken = std::min(length, piece.bytes.size() - skipped);
            if (taken > 0) add({piece.keeper, piece.bytes.subspan(skipped, taken)});
            begin -= skipped;
            length -= taken;
        });
    }

    void add(std::vector<std::byte> bytes) {
        auto kept = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
        const std::span<const std::byte> all = *kept;
        add({std::move(kept), all});
    }
    // Copied, once, to what the payload and its copies share.
    static Piece copy_of(std::span<const std::byte> bytes) {
        auto [piece, room] = room_of(bytes.size());
        if (!bytes.empty()) std::memcpy(room.data(), bytes.data(), bytes.size());
        return std::move(piece);
    }
    // One whose bytes are to be written before anybody else has it.
    static std::pair<Piece, std::span<std::byte>> room_of(std::size_t bytes) {
        auto kept = std::make_shared_for_overwrite<std::byte[]>(bytes);
        const std::span<std::byte> room(kept.get(), bytes);
        return {Piece{std::move(kept), room}, room};
    }
    void add(Piece piece) {
        length_ += piece.bytes.size();
        if (first_.bytes.empty()) {
            first_ = std::move(piece);
        } else {
            more_.push_back(std::move(piece));
        }
    }

    // Of one that has none.
    void set_head(std::span<const std::byte> head) {
        const auto small = own_;
        const std::size_t small_length = std::exchange(own_length_, std::uint8_t{0});
        append_own(head);
        append_own(std::span(small).first(small_length));
    }
    // The bytes of its own, and each of the pieces behind them.
    std::span<const std::byte> own() const { return std::span(own_).first(own_length_); }
    template <class Visit>
    void for_each(Visit visit) const {
        if (!first_.bytes.empty()) visit(first_);
        for (const Piece& piece : more_) visit(piece);
    }
    std::size_t size() const { return own_length_ + length_; }
    std::vector<std::byte> copy() const {
        std::vector<std::byte> all;
        all.reserve(size());
        all.insert(all.end(), own().begin(), own().end());
        for_each([&](const Piece& piece) {
            all.insert(all.end(), piece.bytes.begin(), piece.bytes.end());
        });
        return all;
    }

  private:
    void append_own(std::span<const std::byte> bytes) {
        std::ranges::copy(bytes, own_.begin() + static_cast<std::ptrdiff_t>(own_length_));
        own_length_ = static_cast<std::uint8_t>(own_length_ + bytes.size());
    }

    Piece first_;  // nearly always the only one
    std::vector<Piece> more_;
    std::size_t length_ = 0;  // of the pieces
    std::uint8_t own_length_ = 0;
    std::array<std::byte, own_bytes_max> own_{};
};

// Where a message that arrives is to go, but for the first bytes of it.
struct Placement {
    static constexpr std::size_t head_bytes_max = Payload::head_bytes_max;

    std::size_t head_bytes = 0;
    std::span<std::byte> bytes;    // as many as there are behind those
    std::shared_ptr<void> keeper;  // of their memory, as they may still come when nobody wants them
};

// A message that was put together of parts, where that was done.
struct Large {
    Room room;
    std::size_t begin = 0;
    std::size_t length = 0;

    std::span<std::byte> bytes() const { return std::span(*room).subspan(begin, length); }
    std::vector<std::byte> take() && {
        std::vector<std::byte> all = std::move(*room);
        all.resize(begin + length);
        all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(begin));
        return all;
    }
};

class ConnectionHandler {
  public:
    virtual ~ConnectionHandler() = default;
    virtual void on_message(std::vector<std::byte> message) = 0;
    // Of a large message of which Placement::head_bytes_max bytes have arrived, and perhaps more:
    // where it is to go. Once it is there, on_placed() comes in place of on_message(), with
    // nothing in between; or nothing comes, when the connection has ended.
    virtual std::optional<Placement> place(std::span<const std::byte> /*begin*/,
                                           std::size_t /*size*/) {
        return std::nullopt;
    }
    virtual void on_placed(std::span<const std::byte> head, std::span<const std::byte> bytes) {
        std::vector<std::byte> message(head.begin(), head.end());
        message.insert(message.end(), bytes.begin(), bytes.end());
        on_message(std::move(message));
    }
    // In place of on_message(), of a message that is so large that it came in parts. Its memory is
    // the handler's, which may write there, and is used again once nobody keeps it.
    virtual void on_large(Large message) { on_message(std::move(message).take()); }
    // Once, and last. After close() or abort() here it comes too.
    virtual void on_closed(const Error& why) = 0;
    // Everything sent has left this process' queue.
    virtual void on_drained() {}
};

class Connection {
  public:
    // Without close() before, what is still queued is lost. With it, delivery goes on.
    virtual ~Connection() = default;

    // Messages are read, and events reported, only while there is a handler: set one soon, as
    // silence is not noticed without. Setting none holds the other side back.
    virtual void set_handler(ConnectionHandler* handler) = 0;

    // Queues the message; never blocks. Ignored after close(), abort() or the end.
    virtual void send(Payload message) = 0;
    void send(std::vector<std::byte> message) { send(Payload(std::move(message))); }
    // The last message that was sent, if it has not left this process' queue as a whole: the other
    // side will not get it. False: it may.
    [[nodiscard]] virtual bool take_back_last() { return false; }

    // Delivers what is queued, as long as that makes progress within the silence patience, and
    // then closes: the other side gets all messages and then Failure::closed. What still comes
    // from there is dropped.
    virtual void close() = 0;

    // Closes at once; what is queued or on its way may be lost.
    virtual void abort() = 0;

    // The largest incoming message accepted from now on; a larger one ends the connection. Called
    // within on_message it holds for the very next message.
    virtual void limit_message_bytes(std::size_t bytes_max) = 0;

    // The memory of a message that came here, and is not needed any more: for the next one.
    // Taken over: NOLINTNEXTLINE(performance-unnecessary-value-param)
    virtual void give_back(std::vector<std::byte>) {}

    // Of messages that will come in parts: what is so many bytes behind the beginning of one is
    // wanted at an address for which any object is aligned.
    virtual void align(std::size_t /*bytes*/) {}

    // Bytes of messages that are still in this process.
    virtual std::size_t queued_bytes() const = 0;

    // Grows when the other side says that it has got something.
    virtual std::uint64_t acknowledged() const { return 0; }

    // Whether all that was sent is where this process need not care any more: its end would lose
    // nothing of it.
    virtual bool is_handed_over() const { return queued_bytes() == 0; }

    // Of the message that is arriving: what is here of it, and its size. Nothing: none is.
    struct Arriving {
        std::uint64_t bytes = 0;
        std::uint64_t bytes_whole = 0;
    };
    virtual std::optional<Arriving> arriving() const { return std::nullopt; }

    // Where the other side listens: a connection that outlives what it is made of is renewed from
    // here too, if it was accepted.
    virtual void set_return_address(const Address&) {}

    // The other side, for people.
    virtual std::string remote() const = 0;
    // Which of its addresses this is, and what became of those that were tried before, for people.
    // Empty: there was no choice.
    virtual std::string choice() const { return {}; }
};

// Listens as long as it lives. Connections it has handed over live on.
class Acceptor {
  public:
    virtual ~Acceptor() = default;
    // With the real port where 0 was asked for.
    virtual Address local() const = 0;
};

// An attempt to connect. Destroying it abandons the attempt: its callback will not come. Once
// the callback has come it is of no use any more.
class Dial {
  public:
    virtual ~Dial() = default;
};

class Transport {
  public:
    // The Acceptors, Dials and Connections it made may outlive it.
    virtual ~Transport() = default;

    using OnAccept = std::function<void(std::unique_ptr<Connection>)>;
    virtual std::expected<std::unique_ptr<Acceptor>, Error> listen(const Address& local,
                                                                   OnAccept on_accept) = 0;

    // Resolves the name, races its addresses, and reports the first connection on which the other
    // side has shown that it speaks the protocol, or the failure of the last one; within
    // handshake_patience_ms, exactly once, and never before dial() has returned.
    using OnDialled = std::function<void(std::expected<std::unique_ptr<Connection>, Error>)>;
    [[nodiscard]] virtual std::unique_ptr<Dial> dial(const Address& remote, OnDialled done) = 0;
};

}  // namespace reowolf::post
