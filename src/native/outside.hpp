// SPDX-License-Identifier: MIT
// What native components need from outside of the runtime: time, chance, standard input, sockets.
// Real in a process, simulated in a test. For the thread of the runtime alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "machine/machine.hpp"
#include "native/socket_table.hpp"
#include "post/internet.hpp"
#include "runtime/channel.hpp"

namespace reowolf::native {

class Outside {
  public:
    virtual ~Outside() = default;

    // Since some moment in the past; never runs backwards.
    virtual std::int64_t now_ms() const = 0;
    // Resumes the component at that time. A later call for the same component replaces this one.
    virtual void wake_at(std::int64_t time_ms, runtime::ComponentIndex component) = 0;

    // Another one each time: what a source of random numbers begins with.
    virtual std::uint64_t seed() = 0;

    // Of standard input. Nothing: none is there yet, and the component is resumed when that has
    // changed.
    struct Line {
        enum class Kind { text, end, refused };
        Kind kind = Kind::end;
        std::string text;  // without its end; of `refused`: why
    };
    virtual std::optional<Line> next_line(runtime::ComponentIndex component) = 0;
    // The component does not want a line any more.
    virtual void forget_line(runtime::ComponentIndex component) = 0;

    // Ordinary sockets. Null: there are none here.
    virtual post::Internet* internet() = 0;
    // For a socket that has nothing yet: resumes the component when it has.
    virtual post::Socket::Later later(runtime::ComponentIndex component) = 0;
    // The component does not wait for a socket any more.
    virtual void forget_news(runtime::ComponentIndex component) = 0;
    SocketTable& sockets() { return sockets_; }

    // Whether the other end of the port, which is a component's own, is closed.
    virtual bool is_closed(machine::PortHandle port) const = 0;

  private:
    SocketTable sockets_;
};

}  // namespace reowolf::native
