// SPDX-License-Identifier: MIT
// How one side opens a connection of an association: it dials, says which association it is, and
// waits for the answer. And what all associations of one place have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/limits.hpp"
#include "post/loop.hpp"
#include "post/records.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

class Association;

// What is known of the operating system's processes. None: nothing, or not of this one.
struct Processes {
    std::vector<std::byte> own;  // what others may be told
    std::function<std::optional<bool>(std::span<const std::byte> process)> is_alive =
        [](std::span<const std::byte>) { return std::nullopt; };
};

struct AssociationTable {
    AssociationTable(Loop& the_loop, const Limits& the_limits)
        : loop(the_loop), limits(the_limits) {}

    Loop& loop;
    Limits limits;
    std::shared_ptr<Transport> transport;  // for connections
    Processes processes;
    Identity self{};
    std::map<Identity, std::shared_ptr<Association>> associations;
};

class Greeting final : private ConnectionHandler {
  public:
    struct Greeted {
        std::unique_ptr<Connection> connection;
        records::Opened opened;
    };
    // Failure::lost with `is_gone`: the other side does not know the association.
    using Done = std::function<void(std::expected<Greeted, Error>, bool is_gone)>;

    // `done` comes once, and not from within this call; it may destroy the greeting. After
    // `patience_ms` it is timed out.
    Greeting(AssociationTable& table, const Address& remote, records::Open open,
             std::int64_t patience_ms, Done done);
    ~Greeting() override;
    Greeting(const Greeting&) = delete;
    Greeting& operator=(const Greeting&) = delete;

  private:
    void on_message(std::vector<std::byte> bytes) override;
    void on_closed(const Error& why) override;
    void finish(std::expected<Greeted, Error> result, bool is_gone = false);

    Loop& loop_;
    records::Open open_;
    Done done_;
    std::unique_ptr<Dial> dial_;
    std::unique_ptr<Connection> connection_;
    TimerId alarm_ = 0;
};

}  // namespace reowolf::post
