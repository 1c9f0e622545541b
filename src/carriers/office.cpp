// SPDX-License-Identifier: MIT
#include "carriers/office.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "carriers/state.hpp"

namespace reowolf::post {

namespace {

Cause cause_of(Failure failure) {
    switch (failure) {
        case Failure::refused:
            return Cause::refused;
        case Failure::unreachable:
            return Cause::unreachable;
        case Failure::timed_out:
            return Cause::timed_out;
        case Failure::unknown_host:
        case Failure::address_in_use:
        case Failure::address_not_available:
        case Failure::not_permitted:
            return Cause::bad_address;
        case Failure::not_supported:
            return Cause::not_supported;
        case Failure::closed:
            return Cause::closed;
        case Failure::protocol:
            return Cause::deviated;
        case Failure::too_large:
            return Cause::too_large;
        case Failure::resources:
            return Cause::resources;
        case Failure::lost:
        case Failure::other:
            break;
    }
    return Cause::lost;
}

// Callbacks that still come when an office has ended.
constexpr int last_words_max = 10'000;

// What the address says, or else what the policy leaves: both transports, or one of them.
std::expected<std::string, Trouble> scheme_of(const Policy& policy, const Address& address) {
    const auto is_in = [](const std::vector<std::string>& list, const std::string& transport) {
        return std::ranges::find(list, transport) != list.end();
    };
    const auto is_allowed = [&](const std::string& transport) {
        return (policy.required_transports.empty() ||
                is_in(policy.required_transports, transport)) &&
               !is_in(policy.prohibited_transports, transport);
    };
    if (!address.scheme.empty()) {
        if (is_allowed(address.scheme)) return address.scheme;
        return std::unexpected(
            Trouble{Cause::not_supported,
                    fmt::format("the policy does not allow the transport \"{}\"", address.scheme)});
    }
    const bool allows_tcp = is_allowed("tcp");
    const bool allows_memory = is_allowed("shm");
    if (allows_tcp && allows_memory) return "";
    if (allows_tcp) return "tcp";
    if (allows_memory) return "shm";
    return std::unexpected(
        Trouble{Cause::not_supported, "the policy allows neither of the transports tcp and shm"});
}

std::expected<Address, Trouble> address_of(const std::string& text, const Policy& policy) {
    auto address = parse_address(text);
    if (!address) {
        return std::unexpected(Trouble{Cause::bad_address, std::move(address.error())});
    }
    auto scheme = scheme_of(policy, *address);
    if (!scheme) return std::unexpected(std::move(scheme.error()));
    address->scheme = *std::move(scheme);
    return *std::move(address);
}

std::shared_ptr<Carrier::State> take(const std::shared_ptr<Office::Core>& office,
                                     std::unique_ptr<Connection> connection, const Policy& policy) {
    // All that a lasting transport makes are of this kind.
    std::unique_ptr<CarrierConnection> carrier(
        static_cast<CarrierConnection*>(connection.release()));
    auto state = std::make_shared<Carrier::State>(office, std::move(carrier), policy);
    state->begin();
    return state;
}

}  // namespace

Trouble trouble_of(const Error& error) {
    return {cause_of(error.failure), error.text};
}

// ---- The office --------------------------------------------------------------------------------

Office::Core::Core(const Limits& limits)
    : limits_(limits),
      loop_(limits),
      transport_(make_lasting_tcp_transport(loop_, limits)),
      thread_([this] { loop_.run(); }) {}

void Office::Core::run(std::function<void()> action) {
    if (is_here()) return action();
    loop_.post(std::move(action));
}

void Office::Core::add(const std::shared_ptr<Carrier::State>& carrier) {
    carriers_.emplace(carrier.get(), carrier);
}

void Office::Core::end() {
    ask([this] {
        for (auto& [number, initiation] : std::exchange(initiations_, {})) {
            initiation.done(std::unexpected(Trouble{Cause::closed, "the office has closed"}));
        }
        for (const auto& [key, weak] : std::map(carriers_)) {
            if (const auto carrier = weak.lock()) {
                carrier->end({Cause::closed, "the office has closed"});
            }
        }
        return true;
    });
    loop_.stop();
    thread_.join();
    has_ended_ = true;
    // What they do about it when they are told.
    for (int left = last_words_max; left > 0 && loop_.run_one(0); --left) continue;
    for (const auto& carrier : std::exchange(untold_, {})) carrier->give_up();
    for (const auto& [key, weak] : std::map(carriers_)) {
        if (const auto carrier = weak.lock()) carrier->give_up();
    }
    transport_.reset();
}

void Office::Core::initiate(const Address& remote, const Policy& policy, OnInitiated done) {
    const std::uint64_t number = ++last_dial_;
    Initiation& initiation = initiations_[number];
    initiation.done = std::move(done);
    initiation.dial = transport_->dial(remote, [this, number, policy](auto connection) {
        // Its end is the end of this function too: not yet.
        Initiation over = std::move(initiations_.extract(number).mapped());
        if (connection) {
            over.done(Carrier(take(shared_from_this(), std::move(*connection), policy)));
        } else {
            over.done(std::unexpected(trouble_of(connection.error())));
        }
        loop_.post([dial = std::shared_ptr(std::move(over.dial))] {});
    });
}

Office::Office() : core_(std::make_shared<Core>()) {}

Office::~Office() {
    core_->end();
}

// ---- Configurations ----------------------------------------------------------------------------

void Configuration::initiate(OnInitiated done) const {
    core_->run([office = core_, remote = remote, policy = policy, done = std::move(done)] {
        auto address = address_of(remote, policy);
        if (!address) {
            return office->loop().post(
                [done, trouble = std::move(address.error())] { done(std::unexpected(trouble)); });
        }
        office->initiate(*address, policy, done);
    });
}

Awaitable<std::expected<Carrier, Trouble>> Configuration::initiate() const {
    return Awaitable<std::expected<Carrier, Trouble>>(
        [self = *this](auto done) { self.initiate(std::move(done)); });
}

class Listener::State {
  public:
    State(std::shared_ptr<Office::Core> office, std::unique_ptr<Acceptor> acceptor)
        : office_(std::move(office)),
          acceptor_(std::move(acceptor)),
          local_(to_string(acceptor_->local())) {}
    ~State() {
        office_->run([acceptor = std::shared_ptr(std::move(acceptor_))] {});
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    const std::string& local() const { return local_; }

  private:
    std::shared_ptr<Office::Core> office_;
    std::unique_ptr<Acceptor> acceptor_;
    std::string local_;
};

std::expected<Listener, Trouble> Configuration::listen(std::function<void(Carrier)> accept) const {
    auto address = address_of(local, policy);
    if (!address) return std::unexpected(std::move(address.error()));
    const std::weak_ptr<Office::Core> weak = core_;
    auto acceptor = core_->ask([&] {
        return core_->transport().listen(
            *address, [weak, policy = policy, accept = std::move(accept)](auto connection) {
                const auto office = weak.lock();
                if (office) accept(Carrier(take(office, std::move(connection), policy)));
            });
    });
    if (!acceptor) return std::unexpected(trouble_of(acceptor.error()));
    return Listener(std::make_shared<Listener::State>(core_, std::move(*acceptor)));
}

const std::string& Listener::local() const {
    return state_->local();
}

}  // namespace reowolf::post
