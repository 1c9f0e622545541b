// SPDX-License-Identifier: MIT
// A connector as an application holds it: calls block, a thread of its own does the work. For one
// thread at a time; a second one is told so.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "connector/description.hpp"
#include "connector/failure.hpp"
#include "connector/member.hpp"

namespace reowolf::connector {

enum class Class : std::uint8_t { realtime, logical, dynamic };

using Status = std::expected<void, Failure>;

class Connector {
  public:
    explicit Connector(Class connector_class, const Limits& limits = {});
    ~Connector();
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;

    Status configure(std::string_view description);
    // Milliseconds; negative: for ever; 0: tries once. For connect, and for sync.
    void set_timeout(std::int64_t timeout_ms);
    Status connect();

    // The bytes are copied. None: nothing is put.
    Status put(std::string_view port, std::optional<std::span<const std::byte>> bytes);
    // `room`: the size of the buffer that the value is to go to, after sync. None: nothing is got.
    Status get(std::string_view port, std::optional<std::size_t> room);
    Status opt(std::string_view port, std::optional<std::size_t> room);
    // True: the protocol has expired.
    std::expected<bool, Failure> sync();
    Status close(std::string_view port);

    // Of the last round, by port: what was received, as the application's bytes.
    struct Received {
        std::string port;
        std::vector<std::byte> bytes;
    };
    const std::vector<Received>& received() const { return received_; }
    // None: the port did not fire in the last round.
    std::expected<std::optional<std::span<const std::byte>>, Failure> decide(
        std::string_view port) const;

    // The class that the call is for is the connector's.
    Status expect_class(Class expected) const;
    Status expect_connected() const;

  private:
    // Whose thread runs the connector's loop.
    class Engine;

    std::expected<std::size_t, Failure> find(std::string_view port) const;
    Status prepare(std::string_view port, Prepared::Kind kind, std::optional<machine::Value> value,
                   std::optional<std::size_t> room, bool erases);
    const Structure::Port& port(std::size_t index) const;

    Class class_;
    Limits limits_;
    std::shared_ptr<const Description> description_;
    std::unique_ptr<Engine> engine_;
    std::optional<std::int64_t> timeout_ms_;
    bool is_expired_ = false;
    std::map<std::size_t, Prepared> prepared_;  // by port
    std::vector<bool> closed_;                  // by port
    std::vector<Received> received_;
};

// Turns the application's bytes into a value of the type, and back: see design of buffers in
// include/reowolf/connector.h.
std::expected<machine::Value, Failure> value_of(const program::Program& program,
                                                program::TypeId type,
                                                std::span<const std::byte> bytes,
                                                const Limits& limits);
std::vector<std::byte> bytes_of(const program::Program& program, program::TypeId type,
                                const machine::Value& value);

}  // namespace reowolf::connector
