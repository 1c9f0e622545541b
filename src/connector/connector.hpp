// SPDX-License-Identifier: MIT
// A connector as an application holds it: calls block, a thread of its own does the work. For one
// thread at a time; a second one is told so.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "connector/class.hpp"
#include "connector/description.hpp"
#include "connector/failure.hpp"
#include "connector/member.hpp"
#include "connector/progress.hpp"

namespace reowolf::connector {

using Status = std::expected<void, Failure>;

// What an application may set. Limits take effect with connect().
struct Options {
    std::int64_t connect_timeout_ms = 30'000;  // negative: for ever; 0: tries once
    std::int64_t sync_timeout_ms = -1;         // the same, of sync and await
    Limits limits;
    OnProgress on_progress;  // of connecting, and of the rounds that follow
    // What `reowolf top` calls the program, which can be asked from connect() on; nothing: it
    // cannot.
    std::optional<std::string> asked_as;
};

class Connector {
  public:
    explicit Connector(Class connector_class, const Limits& limits = {});
    ~Connector();
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;

    // While connected: a proposal for the protocol after the one that has expired. `source_name`:
    // what messages call the text, here and at other peers.
    Status configure(std::string_view description, std::string source_name = "description");
    Options& options() { return options_; }
    Status connect();
    // The same in two steps. `notify` is called, in another thread, when the second will not wait
    // any more.
    Status start_connecting(std::function<void()> notify = {});
    Status finish_connecting();
    bool is_connecting() const { return connecting_ != nullptr; }
    bool is_connected() const { return engine_ != nullptr; }

    // ---- Preparing. The bytes are copied. None: takes back what is prepared for the port.
    Status put(std::string_view port, std::optional<std::span<const std::byte>> bytes);
    Status offer(std::string_view port, std::optional<std::span<const std::byte>> bytes);
    // `room`: where the value is to go, see Fired. None: as above.
    Status get(std::string_view port, std::optional<Room> room);
    Status opt(std::string_view port, std::optional<Room> room);
    Status poll(std::string_view port, std::optional<Room> room);
    // A new port, the other end of which this application keeps; see rw_fresh.
    Status fresh(std::string_view port);
    // What is prepared from here on is an alternative to what was before.
    Status begin_alternative();

    // ---- Rounds: sync of real-time connectors, await of the others.
    // Begins one. `notify` is called, in another thread, when finish() will not wait any more.
    Status start(std::function<void()> notify = {});
    bool is_started() const { return is_started_; }
    // The round that was started is over, as at its time limit, unless it can be decided.
    void interrupt();
    // True: the protocol has expired.
    std::expected<bool, Failure> finish();

    Status close(std::string_view port);
    // Whether nothing can go through the port any more, as one of its ends is closed.
    bool is_closed(std::string_view port) const;
    // For those who would wait for ever; see Member.
    void say_last(bool said);
    std::optional<std::uint64_t> last_words();
    // That a peer is gone without having left, if one is; between rounds.
    std::optional<Failure> loss() const;

    // ---- The last round: what went out and came in, as the application's bytes.
    struct Fired {
        std::string port;
        bool came_in = false;
        std::span<const std::byte> bytes;  // of the value, or as they were encoded
        Room room;                         // if it came in: as it was prepared
        std::size_t bytes_always = 0;      // as of its port
        machine::Value value;
        std::vector<std::byte> encoded;
        // Of the message, whose bytes nobody has asked for yet: it went out.
        std::optional<program::TypeId> later;
    };
    // Of those that went out without `bytes`, see decide().
    const std::vector<Fired>& fired() const { return fired_; }
    // None: the port did not fire in the last round.
    std::expected<std::optional<std::span<const std::byte>>, Failure> decide(std::string_view port);
    // Direction and shape of a port; see rw_type.
    std::expected<std::string, Failure> type(std::string_view port) const;
    // Which of the alternatives happened, from 0. None: there was no round yet.
    std::optional<std::size_t> chosen() const { return chosen_; }

    // ---- Whether a call is possible at all; in the order in which that is checked.
    // A call that is for connectors that step, or for those that do not.
    Status expect_steps(bool expected) const {
        return steps(class_) == expected ? Status{} : wrong_class(expected);
    }
    Status expect_dynamic() const;
    Status expect_connected() const {
        if (connecting_) return under_way();
        return engine_ ? Status{} : not_connected();
    }
    // Neither connecting nor a round is under way.
    Status expect_at_rest() const { return connecting_ || is_started_ ? under_way() : Status{}; }
    // A buffer of this size can take the values of the port.
    Status expect_room(std::string_view port, std::size_t size) const;

  private:
    // Whose thread runs the connector's loop.
    class Engine;

    static Status wrong_class(bool expected);
    static Status not_connected();
    Status under_way() const;
    std::optional<std::size_t> known(std::string_view port) const;
    std::expected<std::size_t, Failure> find(std::string_view port) const;
    std::expected<std::size_t, Failure> find(std::string_view port, bool puts) const;
    const Fired* in_last_round(std::string_view port) const;
    Status prepare_out(std::string_view port, Prepared::Kind kind,
                       std::optional<std::span<const std::byte>> bytes);
    Status prepare_in(std::string_view port, Prepared::Kind kind, std::optional<Room> room);
    void prepare(std::size_t index, Prepared prepared);
    void take_back(std::size_t index);
    void prepare_nothing();
    Batches& batches();
    // A port of this application's: declared, or one that has come to it or that it has made.
    struct Port {
        std::string name;
        program::TypeId type = 0;  // of its messages
        bool puts = false;
        machine::PortHandle handle = 0;
        std::size_t bytes_always = 0;  // that every message has; 0: they differ
        bool closed = false;
        bool away = false;  // declared, and handed over
    };
    class NamedPorts;
    const Port& port(std::size_t index) const {
        return index < declared_.size() ? declared_[index] : made_.at(index);
    }
    Port& port(std::size_t index) {
        return index < declared_.size() ? declared_[index] : made_.at(index);
    }
    std::string add_port(machine::PortHandle handle, program::TypeId type,
                         std::string_view came_through);
    void remove_port(std::size_t index, bool is_away);
    void forget_port(std::size_t index);
    std::expected<machine::Value, Failure> read_value(std::size_t index,
                                                      std::span<const std::byte> bytes);
    Status expect_may_carry(std::size_t index) const;
    static Status expect_room(std::string_view port, std::size_t bytes_always, std::size_t size);
    void settle_ports(const Outcome& outcome);
    Room room_of(std::size_t alternative, std::size_t port) const;
    void settle_late();
    void settle_bytes(Fired& fired, program::TypeId type, const machine::Value& value);
    bool carries_ports(program::TypeId type) const;
    void begin_protocol();
    void adopt(std::shared_ptr<const Description> next);

    Class class_;
    Options options_;
    std::shared_ptr<const Description> description_;
    std::unique_ptr<Engine> connecting_;  // until it is known whether that succeeds
    std::unique_ptr<Engine> engine_;
    bool is_started_ = false;
    bool may_propose_ = false;
    std::uint32_t epoch_ = 0;  // number of the protocol
    // Shared with the round under way; see batches().
    std::shared_ptr<Batches> batches_ = std::make_shared<Batches>(1);
    // Ports, by index: those that are declared, and behind them those that were made.
    std::vector<Port> declared_;
    std::map<std::size_t, Port> made_;
    std::deque<std::size_t> closed_;  // of the made ones: the last, to be told from others
    std::map<std::string, std::size_t, std::less<>> names_;
    std::map<machine::PortHandle, std::size_t> handles_;
    std::size_t ports_made_ = 0;  // ever
    std::vector<bool> carrying_;  // by type: whether its values may have ports in them
    std::vector<Fired> fired_;
    std::optional<std::size_t> chosen_;
};

// Turns the application's bytes into a value of the type, and back: see design of buffers in
// include/reowolf/connector.h.
std::expected<machine::Value, Failure> value_of(const program::Program& program,
                                                program::TypeId type,
                                                std::span<const std::byte> bytes,
                                                const Limits& limits, machine::PortCoder& ports);
void write_bytes(const program::Program& program, program::TypeId type, const machine::Value& value,
                 machine::PortCoder& ports, std::vector<std::byte>& bytes);

}  // namespace reowolf::connector
