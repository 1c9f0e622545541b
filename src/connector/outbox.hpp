// SPDX-License-Identifier: MIT
// What a member has to say to one other peer and has not handed to the connection yet. It is held
// back while the connection has enough to do: what is there only waits, also after nobody wants it
// any more, while a value that waits here is dropped when the attempt that put it is over, or takes
// it back. So somebody who tries again and again costs no more than one attempt does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "post/transport.hpp"
#include "wire/message.hpp"

namespace reowolf::connector {

class Outbox {
  public:
    // What the connection has to do at most, beside one large message.
    static constexpr std::size_t queued_bytes_max = 256u << 10;
    // Values together in one frame have at most so many bytes.
    static constexpr std::size_t frame_value_bytes_max = 256u << 10;

    void add(wire::Message message);
    bool is_empty() const { return messages_.empty(); }
    void clear();
    // Hands over what there is, in frames, in its order, as long as the connection has room; or
    // `all` of it.
    void send(post::Connection& connection, std::uint64_t protocol, bool all);
    // Something else was handed to the connection. Not while something is held back.
    void note_other() { large_.reset(); }

  private:
    void drop_dead(post::Connection& connection);
    static std::size_t count_of_next(const wire::Message* first, std::size_t messages);

    std::vector<wire::Message> messages_;
    bool is_held_ = false;  // some of them, since send()
    // The last that was handed over, if that is a large value, without its bytes.
    std::optional<wire::Message> large_;
    bool has_dead_ = false;  // perhaps
};

}  // namespace reowolf::connector
