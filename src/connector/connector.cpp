// SPDX-License-Identifier: MIT
#include "connector/connector.hpp"

#include <algorithm>
#include <cstdio>
#include <future>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "post/loop.hpp"
#include "post/tcp.hpp"

namespace reowolf::connector {

namespace {

constexpr std::int64_t connect_timeout_default_ms = 30'000;
constexpr std::int64_t sync_timeout_default_ms = -1;

std::unexpected<Failure> fail(Fault fault, std::string text) {
    return std::unexpected(Failure{fault, std::move(text)});
}

}  // namespace

// ---- The thread --------------------------------------------------------------------------------

class Connector::Engine {
  public:
    Engine(std::shared_ptr<const Description> description, Class connector_class,
           const Limits& limits)
        : description_(std::move(description)),
          class_(connector_class),
          limits_(limits),
          loop_(limits),
          transport_(post::make_tcp_transport(loop_, limits)) {
        // With its first timer a loop takes the descriptors that it needs: here, where somebody
        // can be told that there are none.
        loop_.cancel(loop_.after(0, [] {}));
        thread_ = std::thread([this] { loop_.run(); });
    }

    ~Engine() {
        wait<bool>([this](auto done) {
            if (!member_) return done(true);
            member_->leave([done] { done(true); });
        });
        loop_.stop();
        thread_.join();
    }

    Status connect(std::int64_t timeout_ms) {
        return wait<Status>([this, timeout_ms](auto done) {
            handshake_.emplace(*description_, static_cast<std::uint8_t>(class_), loop_, *transport_,
                               limits_);
            handshake_->start(timeout_ms, [this, done](auto established) {
                if (!established) return done(std::unexpected(std::move(established.error())));
                member_.emplace(description_, std::move(*established), loop_, limits_,
                                Observer{.print = [](std::string_view line) {
                                    fmt::print("{}\n", line);
                                    std::fflush(stdout);
                                }});
                done({});
            });
        });
    }

    std::expected<Outcome, Failure> sync(std::vector<Prepared> prepared, std::int64_t timeout_ms) {
        return wait<std::expected<Outcome, Failure>>([this, timeout_ms, &prepared](auto done) {
            member_->sync(std::move(prepared), timeout_ms, done);
        });
    }

    void close(machine::PortHandle port) {
        wait<bool>([this, port](auto done) {
            member_->close_port(port);
            done(true);
        });
    }

  private:
    // Has the loop begin something, and waits until it calls `done` with the result.
    template <class Result, class Begin>
    Result wait(Begin begin) {
        std::promise<Result> promise;
        loop_.post(
            [&] { begin([&promise](Result result) { promise.set_value(std::move(result)); }); });
        return promise.get_future().get();
    }

    std::shared_ptr<const Description> description_;
    Class class_;
    Limits limits_;
    post::RealLoop loop_;
    std::unique_ptr<post::Transport> transport_;
    // The handshake stays: it listens, and turns away who comes later.
    std::optional<Handshake> handshake_;
    std::optional<Member> member_;
    std::thread thread_;
};

// ---- Calls -------------------------------------------------------------------------------------

Connector::Connector(Class connector_class, const Limits& limits)
    : class_(connector_class), limits_(limits) {}

Connector::~Connector() = default;

Status Connector::configure(std::string_view text) {
    if (engine_) {
        return fail(Fault::already_connected,
                    "the connector is connected; renegotiation is not supported yet");
    }
    auto description = describe(text, limits_);
    if (!description) return fail(Fault::bad_description, std::move(description.error()));
    description_ = std::move(*description);
    return {};
}

void Connector::set_timeout(std::int64_t timeout_ms) {
    timeout_ms_ = timeout_ms;
}

Status Connector::connect() {
    if (!description_) return fail(Fault::not_connected, "the connector is not configured");
    if (engine_) return fail(Fault::already_connected, "the connector is connected already");
    auto engine = std::make_unique<Engine>(description_, class_, limits_);
    auto connected = engine->connect(timeout_ms_.value_or(connect_timeout_default_ms));
    if (!connected) return connected;
    engine_ = std::move(engine);
    is_expired_ = false;
    prepared_.clear();
    closed_.assign(description_->structure.ports[description_->self].size(), false);
    received_.clear();
    return {};
}

Status Connector::expect_class(Class expected) const {
    if (class_ == expected) return {};
    return fail(Fault::not_allowed, "this call is for connectors of another class");
}

Status Connector::expect_connected() const {
    if (engine_) return {};
    return fail(Fault::not_connected, "the connector is not connected");
}

const Structure::Port& Connector::port(std::size_t index) const {
    return description_->structure.ports[description_->self][index];
}

std::expected<std::size_t, Failure> Connector::find(std::string_view name) const {
    if (const auto right = expect_connected(); !right) return std::unexpected(right.error());
    const auto& all = description_->structure.ports;
    const auto& own = all[description_->self];
    const auto found = std::ranges::find(own, name, &Structure::Port::name);
    if (found != own.end()) return static_cast<std::size_t>(found - own.begin());
    const std::string& self = description_->name(description_->self);
    for (wire::SiteId site = 0; site < all.size(); ++site) {
        for (const Structure::Port& other : all[site]) {
            const std::string& owner = description_->name(site);
            if (other.name != name && fmt::format("{}.{}", owner, other.name) != name) continue;
            if (site == description_->self) continue;
            return fail(Fault::not_your_port,
                        fmt::format("port '{}' is '{}''s; this is '{}'", other.name, owner, self));
        }
    }
    return fail(Fault::no_such_port, fmt::format("'{}' has no port '{}'", self, name));
}

Status Connector::prepare(std::string_view name, Prepared::Kind kind,
                          std::optional<machine::Value> value, std::optional<std::size_t> room,
                          bool erases) {
    const auto index = find(name);
    if (!index) return std::unexpected(index.error());
    const Structure::Port& target = port(*index);
    if (closed_[*index]) {
        return fail(Fault::peer_gone, fmt::format("port '{}' is closed", name));
    }
    if (erases) {
        prepared_.erase(*index);
        return {};
    }
    if (room) {
        const std::size_t size = machine::fixed_size(description_->program, target.type);
        if (size != 0 && size != *room) {
            return fail(
                Fault::bad_size,
                fmt::format("a value of port '{}' has {} bytes, the buffer {}", name, size, *room));
        }
    }
    prepared_[*index] = {.kind = kind,
                         .port = *index,
                         .handle = machine::PortHandle{target.channel} * 2 + (target.puts ? 0 : 1),
                         .type = target.type,
                         .value = std::move(value).value_or(machine::Value())};
    return {};
}

Status Connector::put(std::string_view name, std::optional<std::span<const std::byte>> bytes) {
    const auto index = find(name);
    if (!index) return std::unexpected(index.error());
    const Structure::Port& target = port(*index);
    if (!target.puts) {
        return fail(Fault::not_allowed,
                    fmt::format("port '{}' is one to get from, not to put into", name));
    }
    if (!bytes || closed_[*index]) {
        return prepare(name, Prepared::Kind::put, std::nullopt, std::nullopt, !bytes);
    }
    auto value = value_of(description_->program, target.type, *bytes, limits_);
    if (!value) {
        value.error().text = fmt::format("port '{}': {}", name, value.error().text);
        return std::unexpected(std::move(value.error()));
    }
    return prepare(name, Prepared::Kind::put, std::move(*value), std::nullopt, false);
}

Status Connector::get(std::string_view name, std::optional<std::size_t> room) {
    const auto index = find(name);
    if (!index) return std::unexpected(index.error());
    if (port(*index).puts) {
        return fail(Fault::not_allowed,
                    fmt::format("port '{}' is one to put into, not to get from", name));
    }
    return prepare(name, Prepared::Kind::get, std::nullopt, room, !room);
}

Status Connector::opt(std::string_view name, std::optional<std::size_t> room) {
    if (Status status = get(name, room); !status || !room) return status;
    prepared_[*find(name)].kind = Prepared::Kind::opt;
    return {};
}

std::expected<bool, Failure> Connector::sync() {
    if (const auto right = expect_connected(); !right) return std::unexpected(right.error());
    if (is_expired_) {
        return fail(Fault::disagreement,
                    "the protocol has expired; renegotiation is not supported yet");
    }
    std::vector<Prepared> prepared;
    for (const auto& [index, each] : prepared_) prepared.push_back(each);
    auto outcome =
        engine_->sync(std::move(prepared), timeout_ms_.value_or(sync_timeout_default_ms));
    if (!outcome) return std::unexpected(std::move(outcome.error()));
    prepared_.clear();
    received_.clear();
    for (const ApplicationBody::Received& one : outcome->received) {
        const Structure::Port& from = port(one.port);
        received_.push_back({from.name, bytes_of(description_->program, from.type, one.value)});
    }
    is_expired_ = outcome->is_expired;
    return is_expired_;
}

Status Connector::close(std::string_view name) {
    const auto index = find(name);
    if (!index) return std::unexpected(index.error());
    if (closed_[*index]) return {};
    const Structure::Port& target = port(*index);
    engine_->close(machine::PortHandle{target.channel} * 2 + (target.puts ? 0 : 1));
    prepared_.erase(*index);
    closed_[*index] = true;
    if (std::ranges::find(closed_, false) == closed_.end()) engine_.reset();
    return {};
}

std::expected<std::optional<std::span<const std::byte>>, Failure> Connector::decide(
    std::string_view name) const {
    const auto index = find(name);
    if (!index) return std::unexpected(index.error());
    const auto found = std::ranges::find(received_, name, &Received::port);
    if (found == received_.end()) return std::nullopt;
    return found->bytes;
}

}  // namespace reowolf::connector
