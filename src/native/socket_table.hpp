// SPDX-License-Identifier: MIT
// The sockets of std.internet that have been made and not been taken yet, by the numbers that PDL
// has for them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "post/internet.hpp"

namespace reowolf::native {

class SocketTable {
  public:
    std::uint64_t add(std::shared_ptr<post::Socket> socket) {
        sockets_.emplace(next_, Entry{std::move(socket), 2});
        return next_++;
    }
    // Once for receiving and once for sending; then the two own it. Null: there is none.
    std::shared_ptr<post::Socket> take(std::uint64_t number) {
        const auto found = sockets_.find(number);
        if (found == sockets_.end()) return nullptr;
        auto socket = found->second.socket;
        if (--found->second.left == 0) sockets_.erase(found);
        return socket;
    }
    // Before that is gone which made them.
    void clear() { sockets_.clear(); }

  private:
    struct Entry {
        std::shared_ptr<post::Socket> socket;
        int left;
    };
    std::map<std::uint64_t, Entry> sockets_;
    std::uint64_t next_ = 1;
};

}  // namespace reowolf::native
