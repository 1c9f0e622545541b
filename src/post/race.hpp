// SPDX-License-Identifier: MIT
// The addresses of somebody are raced (RFC 8305): the next one is tried when an earlier one has
// failed or has not answered for a while, and the first that introduces itself wins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "post/address.hpp"
#include "post/asio.hpp"
#include "post/loop.hpp"
#include "post/tcp_stream.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

// Where to try, and what of that may be memory.
struct Place {
    asio::ip::tcp::endpoint endpoint;
    TcpStream::Memory memory;
};

// One of each family in turn, beginning with that of the first, so that a family that leads
// nowhere costs one delay; within a family the order stays.
std::vector<Place> alternating(const std::vector<Place>& places);

// Destroying it abandons it: `done` will not come, which otherwise comes once, within the patience,
// and not from within the constructor.
class Race {
  public:
    struct Won {
        std::shared_ptr<TcpStream> stream;
        std::string why;  // which of the places it is, and what became of those before it
    };
    using Done = std::function<void(std::expected<Won, Error>)>;

    // `name`: whose places they are, for people.
    Race(RealLoop& loop, const Limits& limits, std::string name, std::vector<Place> places,
         std::int64_t patience_ms, Done done);
    ~Race();
    Race(const Race&) = delete;
    Race& operator=(const Race&) = delete;

  private:
    struct Attempt;

    void begin_next();
    void connect(const std::shared_ptr<Attempt>& attempt);
    void introduce(const std::shared_ptr<Attempt>& attempt);
    void fail(const std::shared_ptr<Attempt>& attempt, Error error);
    Error error_at(const asio::error_code& error) const;
    void win(const std::shared_ptr<Attempt>& attempt);
    void lose();
    void finish(std::expected<Won, Error> result);
    void stop();

    RealLoop& loop_;
    Limits limits_;
    std::string name_;
    std::vector<Place> places_;
    Done done_;
    std::vector<std::shared_ptr<Attempt>> attempts_;  // begun, in that order
    std::size_t under_way_ = 0;
    std::int64_t deadline_ms_;
    TimerId next_ = 0;
    TimerId end_ = 0;
};

}  // namespace reowolf::post
