// SPDX-License-Identifier: MIT
#include "connector/connector.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "inspection/inspection.hpp"
#include "inspection/picture.hpp"
#include "post/driver.hpp"
#include "post/lasting.hpp"
#include "post/loop.hpp"
#include "program/shape.hpp"
#include "system/process.hpp"

namespace reowolf::connector {

namespace {

std::unexpected<Failure> fail(Fault fault, std::string text) {
    return std::unexpected(Failure{fault, std::move(text)});
}

// At its end a loop waits for what is not delivered yet. What members owe each other they have by
// then; it is refusals, and whoever does not take one holds nobody up for long.
Limits limits_of_loop(Limits limits) {
    constexpr std::int64_t parting_patience_ms = 1'000;
    limits.silence_patience_ms = parting_patience_ms;
    return limits;
}

}  // namespace

// ---- Whose thread -------------------------------------------------------------------------------

class Connector::Engine {
  public:
    Engine(std::shared_ptr<const Description> description, Class connector_class,
           const Options& options)
        : description_(std::move(description)),
          on_progress_(options.on_progress),
          asked_as_(options.asked_as),
          class_(connector_class),
          limits_(options.limits),
          loop_(limits_of_loop(limits_)),
          transport_(post::make_lasting_tcp_transport(loop_, limits_)) {
        // With its first timer a loop takes the descriptors that it needs: here, where somebody
        // can be told that there are none.
        loop_.cancel(loop_.after(0, [] {}));
        driver_.emplace(loop_);
    }

    ~Engine() {
        wait<bool>([this](auto done) {
            if (!member_) return done(true);
            member_->leave([done] { done(true); });
        });
        driver_.reset();
    }

    void start_connecting(std::int64_t timeout_ms, std::function<void()> notify) {
        const bool is_watched = expect_end(notify);
        loop_.post([this, timeout_ms, notify = std::move(notify)]() mutable {
            handshake_.emplace(description_, class_, loop_, *transport_, limits_);
            handshake_->set_on_progress(on_progress_);
            handshake_->start(timeout_ms, [this, notify = std::move(notify)](auto established) {
                if (established) {
                    description_ = established->description;
                    member_.emplace(std::move(*established), loop_, limits_, std::random_device{}(),
                                    observer());
                    connected_.emplace();
                    if (asked_as_) let_ask();
                } else {
                    connected_ = std::unexpected(std::move(established.error()));
                }
                settle(notify);
            });
        });
        if (is_watched) driver_->attend();
    }

    Status finish_connecting() {
        wait_until_settled();
        return std::move(connected_);
    }
    // What the views of all together make; once connecting has succeeded.
    const std::shared_ptr<const Description>& description() const { return description_; }

    struct Ended {
        std::expected<Outcome, Failure> outcome;
        // The protocol now, if it is another one than after the round before, its number, and
        // whether it has expired.
        std::shared_ptr<const Description> description;
        std::uint32_t epoch = 0;
        bool may_propose = false;
    };

    void start(std::shared_ptr<const Batches> batches,
               std::shared_ptr<const Description> prepared_for, std::int64_t timeout_ms,
               std::function<void()> notify) {
        const bool is_watched = expect_end(notify);
        begun_ = {std::move(batches), std::move(prepared_for), timeout_ms, std::move(notify)};
        is_interrupted_ = false;
        is_about_to_begin_ = true;
        // Otherwise whoever calls finish() begins it: no thread has to be told.
        if (!is_watched) return;
        loop_.post([this] { begin(); });
        driver_->attend();
    }

    void interrupt() {
        loop_.post([this] {
            if (is_about_to_begin_) {
                is_interrupted_ = true;
            } else if (member_) {
                member_->interrupt();
            }
        });
    }

    Ended finish() {
        if (!is_settled_) {
            driver_->run_until([this] { return is_settled_.load(); }, [this] { begin(); });
        }
        return std::move(ended_);
    }

    bool propose(const std::shared_ptr<const Description>& next) {
        return wait<bool>([this, &next](auto done) { done(member_->propose(next)); });
    }

    std::optional<Failure> loss() {
        return wait<std::optional<Failure>>([this](auto done) { done(member_->loss()); });
    }

    void say_last(bool said) {
        loop_.post([this, said] { member_->say_last(said); });
    }

    std::optional<std::uint64_t> last_words() {
        return wait<std::optional<std::uint64_t>>(
            [this](auto done) { done(member_->last_words()); });
    }

    bool is_closed(machine::PortHandle port) {
        return wait<bool>([this, port](auto done) { done(member_->is_port_closed(port)); });
    }

    void close(machine::PortHandle port) {
        wait<bool>([this, port](auto done) {
            member_->close_port(port);
            done(true);
        });
    }

  private:
    // The loop always has somebody who runs it, so a question waits for no call.
    void let_ask() {
        inspection::Subject subject{.file = *asked_as_,
                                    .component = description_->name(description_->self),
                                    .connector = description_->program.connector->name};
        inspection_.emplace(std::move(subject), [this] {
            loop_.post([this] {
                inspection_->answer([this](const auto& asked, const auto& question) {
                    return inspection::picture_as_json(asked, {&member_->runtime()},
                                                       member_->description()->sources, question);
                });
            });
        });
    }

    Observer observer() const {
        Observer observer;
        observer.print = [](std::string_view line) {
            fmt::print("{}\n", line);
            std::fflush(stdout);
        };
        observer.progress = on_progress_;
        return observer;
    }

    // Has the loop begin something, and waits until it calls `done` with the result.
    template <class Result, class Begin>
    Result wait(Begin begin) {
        std::optional<Result> result;
        loop_.post([&] { begin([&result](Result found) { result.emplace(std::move(found)); }); });
        driver_->run_until([&] { return result.has_value(); });
        return std::move(*result);
    }

    void begin() {
        if (!is_about_to_begin_.exchange(false)) return;
        member_->sync(std::move(begun_.batches), std::move(begun_.prepared_for), begun_.timeout_ms,
                      [this](auto outcome) {
                          const std::uint32_t last = ended_.epoch;
                          ended_ = {std::move(outcome),
                                    member_->epoch() == last ? nullptr : member_->description(),
                                    member_->epoch(), member_->may_propose()};
                          settle(std::exchange(begun_.notify, nullptr));
                      });
        if (is_interrupted_) member_->interrupt();
    }

    // Of connecting, or a round: one at a time. Whether somebody is to be told of its end.
    bool expect_end(const std::function<void()>& notify) {
        is_settled_ = false;
        return notify != nullptr;
    }
    void settle(const std::function<void()>& notify) {
        is_settled_ = true;
        if (notify) notify();
    }
    void wait_until_settled() {
        if (!is_settled_) driver_->run_until([this] { return is_settled_.load(); });
    }

    std::shared_ptr<const Description> description_;
    OnProgress on_progress_;
    std::optional<std::string> asked_as_;
    Class class_;
    Limits limits_;
    post::RealLoop loop_;
    std::unique_ptr<post::Transport> transport_;
    // The handshake stays: it listens, and turns away who comes later.
    std::optional<Handshake> handshake_;
    std::optional<Member> member_;
    // Results, to be taken once they are there.
    std::atomic<bool> is_settled_ = false;
    Status connected_;
    struct Begun {
        std::shared_ptr<const Batches> batches;
        std::shared_ptr<const Description> prepared_for;
        std::int64_t timeout_ms = 0;
        std::function<void()> notify;
    };
    Begun begun_;  // the round
    std::atomic<bool> is_about_to_begin_ = false;
    std::atomic<bool> is_interrupted_ = false;  // before it began
    Ended ended_;
    // Asks as long as the loop is there, and what it asks for runs only as long as that has a
    // driver.
    std::optional<inspection::Inspection> inspection_;
    std::optional<post::Driver> driver_;
};

// ---- Establishing ------------------------------------------------------------------------------

Connector::Connector(Class connector_class, const Limits& limits)
    : class_(connector_class), options_{.limits = limits, .on_progress = {}, .asked_as = {}} {
    if (inspection::is_wanted()) options_.asked_as = system::program_name();
}

Connector::~Connector() = default;

Status Connector::configure(std::string_view text, std::string source_name) {
    if (const auto right = expect_at_rest(); !right) return right;
    if (engine_ && !may_propose_) {
        return fail(Fault::already_connected,
                    "the connector is connected, and its protocol has not expired");
    }
    auto description = describe(text, options_.limits, {}, std::move(source_name));
    if (!description) return fail(Fault::bad_description, std::move(description.error()));
    if (engine_) {
        const std::string& self = description_->name(description_->self);
        if ((*description)->name((*description)->self) != self) {
            return fail(Fault::bad_argument,
                        fmt::format("this peer is '{}', and stays that", self));
        }
        if (!engine_->propose(*description)) {
            return fail(Fault::already_connected,
                        "the other peers have agreed on a new protocol already");
        }
        settle_late();  // while the types are known
    }
    description_ = std::move(*description);
    begin_protocol();
    return {};
}

Status Connector::connect() {
    if (auto started = start_connecting(); !started) return started;
    return finish_connecting();
}

Status Connector::start_connecting(std::function<void()> notify) {
    if (const auto right = expect_at_rest(); !right) return right;
    if (!description_) return fail(Fault::not_connected, "the connector is not configured");
    if (engine_) return fail(Fault::already_connected, "the connector is connected already");
    // Who has been connected before, in a composition, has its own view again.
    if (!description_->views.empty()) {
        auto own = describe(description_->view->text, options_.limits,
                            description_->name(description_->self));
        if (!own) return fail(Fault::bad_description, std::move(own.error()));
        description_ = std::move(*own);
    }
    connecting_ = std::make_unique<Engine>(description_, class_, options_);
    connecting_->start_connecting(options_.connect_timeout_ms, std::move(notify));
    return {};
}

Status Connector::finish_connecting() {
    if (is_started_) return under_way();
    if (!connecting_) return fail(Fault::bad_argument, "no connecting has been started");
    std::unique_ptr<Engine> engine = std::move(connecting_);
    auto connected = engine->finish_connecting();
    if (!connected) return connected;
    engine_ = std::move(engine);
    description_ = engine_->description();
    may_propose_ = false;
    epoch_ = 0;
    begin_protocol();
    fired_.clear();
    chosen_.reset();
    return {};
}

// ---- Checks ------------------------------------------------------------------------------------

Status Connector::wrong_class(bool expected) {
    return fail(Fault::not_allowed, expected ? "this call is for real-time connectors"
                                             : "this call is for logical and dynamic connectors");
}

Status Connector::not_connected() {
    return fail(Fault::not_connected, "the connector is not connected");
}

Status Connector::under_way() const {
    return fail(Fault::busy, connecting_ ? "connecting is under way; it is to be finished first"
                                         : "a round is under way; it is to be finished first");
}

Status Connector::expect_room(std::string_view name, std::size_t room) const {
    if (const Fired* const fired = in_last_round(name)) {
        return expect_room(name, fired->bytes_always, room);
    }
    const auto index = find(name);
    if (!index) return std::unexpected(index.error());
    return expect_room(name, port(*index).bytes_always, room);
}

Status Connector::expect_room(std::string_view name, std::size_t bytes_always, std::size_t room) {
    if (bytes_always == 0 || bytes_always == room) return {};
    return fail(Fault::bad_size, fmt::format("a value of port '{}' has {} bytes, the buffer {}",
                                             name, bytes_always, room));
}

// Few are found faster one after the other.
std::optional<std::size_t> Connector::known(std::string_view name) const {
    constexpr std::size_t few = 8;
    if (declared_.size() <= few) {
        for (std::size_t index = 0; index < declared_.size(); ++index) {
            if (declared_[index].name == name) return index;
        }
        if (made_.empty()) return std::nullopt;
    }
    const auto found = names_.find(name);
    return found == names_.end() ? std::nullopt : std::optional(found->second);
}

std::expected<std::size_t, Failure> Connector::find(std::string_view name) const {
    if (const auto right = expect_connected(); !right) return std::unexpected(right.error());
    const auto& all = description_->structure.ports;
    if (const auto index = known(name)) {
        if (!port(*index).away) return *index;
        return fail(Fault::not_your_port, fmt::format("port '{}' was handed over", name));
    }
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

// Of the own ports one of this direction that is not closed, while no round is under way.
std::expected<std::size_t, Failure> Connector::find(std::string_view name, bool puts) const {
    if (const auto right = expect_connected(); !right) return std::unexpected(right.error());
    if (const auto right = expect_at_rest(); !right) return std::unexpected(right.error());
    const auto index = find(name);
    if (!index) return index;
    if (port(*index).puts != puts) {
        return fail(Fault::not_allowed, puts ? fmt::format("port '{}' is one to get from", name)
                                             : fmt::format("port '{}' is one to put into", name));
    }
    if (port(*index).closed) {
        return fail(Fault::peer_gone, fmt::format("port '{}' is closed", name));
    }
    return index;
}

// ---- Preparing ---------------------------------------------------------------------------------

// To be changed. What a round that failed had may still be in use.
Batches& Connector::batches() {
    if (batches_.use_count() > 1) batches_ = std::make_shared<Batches>(*batches_);
    return *batches_;
}

void Connector::prepare(std::size_t index, Prepared prepared) {
    const Port& target = port(index);
    prepared.port = index;
    prepared.handle = target.handle;
    prepared.type = target.type;
    take_back(index);
    auto& batch = batches().back();
    const auto rank = [](const Prepared& one) { return std::pair(one.kind, one.port); };
    batch.insert(std::ranges::upper_bound(batch, rank(prepared), {}, rank), std::move(prepared));
}

void Connector::prepare_nothing() {
    if (batches_.use_count() > 1) {
        batches_ = std::make_shared<Batches>(1);
        return;
    }
    batches_->resize(1);
    batches_->front().clear();
}

void Connector::take_back(std::size_t index) {
    std::erase_if(batches().back(), [&](const Prepared& one) { return one.port == index; });
}

Status Connector::prepare_out(std::string_view name, Prepared::Kind kind,
                              std::optional<std::span<const std::byte>> bytes) {
    const auto index = find(name, true);
    if (!index) return std::unexpected(index.error());
    if (!bytes) {
        take_back(*index);
        return {};
    }
    if (auto right = expect_may_carry(*index); !right) return right;
    auto value = read_value(*index, *bytes);
    if (!value) {
        value.error().text = fmt::format("port '{}': {}", name, value.error().text);
        return std::unexpected(std::move(value.error()));
    }
    prepare(*index, {.kind = kind, .value = std::move(*value), .room = {}});
    return {};
}

Status Connector::prepare_in(std::string_view name, Prepared::Kind kind, std::optional<Room> room) {
    const auto index = find(name, false);
    if (!index) return std::unexpected(index.error());
    if (!room) {
        take_back(*index);
        return {};
    }
    if (auto right = expect_may_carry(*index); !right) return right;
    if (auto right = expect_room(name, port(*index).bytes_always, room->size); !right) return right;
    if (room->bytes && room->size > PTRDIFF_MAX) {
        return fail(Fault::bad_size,
                    fmt::format("port '{}': no buffer has {} bytes", name, room->size));
    }
    prepare(*index, {.kind = kind, .value = {}, .room = *room});
    return {};
}

Status Connector::put(std::string_view name, std::optional<std::span<const std::byte>> bytes) {
    if (const auto right = expect_steps(true); !right) return right;
    return prepare_out(name, Prepared::Kind::put, bytes);
}

Status Connector::offer(std::string_view name, std::optional<std::span<const std::byte>> bytes) {
    if (const auto right = expect_steps(false); !right) return right;
    return prepare_out(name, Prepared::Kind::offer, bytes);
}

Status Connector::get(std::string_view name, std::optional<Room> room) {
    if (const auto right = expect_steps(true); !right) return right;
    return prepare_in(name, Prepared::Kind::get, room);
}

Status Connector::opt(std::string_view name, std::optional<Room> room) {
    if (const auto right = expect_steps(true); !right) return right;
    return prepare_in(name, Prepared::Kind::opt, room);
}

Status Connector::poll(std::string_view name, std::optional<Room> room) {
    if (const auto right = expect_steps(false); !right) return right;
    return prepare_in(name, Prepared::Kind::opt, room);
}

Status Connector::begin_alternative() {
    if (const auto right = expect_connected(); !right) return right;
    if (const auto right = expect_at_rest(); !right) return right;
    if (batches_->size() >= options_.limits.alternatives_max) {
        return fail(Fault::resources,
                    fmt::format("more than {} alternatives", options_.limits.alternatives_max));
    }
    batches().emplace_back();
    return {};
}

// ---- Rounds ------------------------------------------------------------------------------------

Status Connector::start(std::function<void()> notify) {
    if (const auto right = expect_connected(); !right) return right;
    if (const auto right = expect_at_rest(); !right) return right;
    engine_->start(batches_, description_, options_.sync_timeout_ms, std::move(notify));
    is_started_ = true;
    return {};
}

// The peers have agreed on it. What is prepared stays so, for ports that are in it too.
void Connector::adopt(std::shared_ptr<const Description> next) {
    settle_late();  // while the types are known
    auto translated = translate(*batches_, *description_, *next, options_.limits);
    description_ = std::move(next);
    begin_protocol();
    if (translated) batches_ = std::make_shared<Batches>(std::move(*translated));
}

std::optional<Failure> Connector::loss() const {
    return engine_ && !is_started_ ? engine_->loss() : std::nullopt;
}

void Connector::say_last(bool said) {
    if (engine_) engine_->say_last(said);
}

std::optional<std::uint64_t> Connector::last_words() {
    return engine_ && !is_started_ ? engine_->last_words() : std::nullopt;
}

void Connector::interrupt() {
    if (engine_ && is_started_) engine_->interrupt();
}

std::expected<bool, Failure> Connector::finish() {
    if (const auto right = expect_connected(); !right) return std::unexpected(right.error());
    if (!is_started_) return fail(Fault::bad_argument, "no round has been started");
    auto ended = engine_->finish();
    is_started_ = false;
    may_propose_ = ended.may_propose;
    if (std::exchange(epoch_, ended.epoch) != ended.epoch) adopt(std::move(ended.description));
    auto& outcome = ended.outcome;
    if (!outcome) return std::unexpected(std::move(outcome.error()));
    settle_ports(*outcome);
    chosen_ = outcome->batch;
    prepare_nothing();
    if (outcome->is_expired) begin_protocol();
    return outcome->is_expired;
}

Status Connector::close(std::string_view name) {
    if (const auto right = expect_connected(); !right) return right;
    if (const auto right = expect_at_rest(); !right) return right;
    const auto index = find(name);
    if (!index) return std::unexpected(index.error());
    if (port(*index).closed) return {};
    engine_->close(port(*index).handle);
    remove_port(*index, false);
    const auto is_open = [](const Port& one) { return !one.closed && !one.away; };
    const bool is_left =
        std::ranges::any_of(declared_, is_open) ||
        std::ranges::any_of(made_, [&](const auto& entry) { return is_open(entry.second); });
    if (!is_left) engine_.reset();
    return {};
}

bool Connector::is_closed(std::string_view name) const {
    const auto index = find(name);
    return !index || port(*index).closed || engine_->is_closed(port(*index).handle);
}

std::expected<std::string, Failure> Connector::type(std::string_view name) const {
    const auto index = find(name);
    if (!index) return std::unexpected(index.error());
    const Port& found = port(*index);
    return fmt::format("{}<{}>", found.puts ? "in" : "out",
                       program::shape(description_->program, found.type));
}

// Null: it did not fire.
const Connector::Fired* Connector::in_last_round(std::string_view name) const {
    const auto found = std::ranges::find(fired_, name, &Fired::port);
    return found == fired_.end() ? nullptr : &*found;
}

std::expected<std::optional<std::span<const std::byte>>, Failure> Connector::decide(
    std::string_view name) {
    const auto index = find(name);
    const Fired* const fired = in_last_round(name);
    // Ports may have ended with the protocol; what its last round brought through them is there.
    if (!index && !(fired && may_propose_)) return std::unexpected(index.error());
    settle_late();
    return fired ? std::optional(fired->bytes) : std::nullopt;
}

}  // namespace reowolf::connector
