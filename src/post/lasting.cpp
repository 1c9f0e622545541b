// SPDX-License-Identifier: MIT
#include "post/lasting.hpp"

#include <algorithm>
#include <deque>
#include <random>
#include <utility>

#include "post/association.hpp"
#include "post/carrier_connection.hpp"
#include "post/tcp.hpp"
#include "system/process.hpp"

namespace reowolf::post {

namespace {

// Where others dial: learns of each connection whether it is a new association's or an old one's.
class Reception final : public std::enable_shared_from_this<Reception> {
  public:
    Reception(std::shared_ptr<AssociationTable> table, Transport::OnAccept on_accept)
        : table_(std::move(table)), on_accept_(std::move(on_accept)) {}
    ~Reception() {
        for (const auto& arrival : arrivals_) table_->loop.cancel(arrival->alarm);
    }
    Reception(const Reception&) = delete;
    Reception& operator=(const Reception&) = delete;

    std::expected<Address, Error> listen(const Address& local) {
        auto acceptor = table_->transport->listen(
            local, [weak = weak_from_this()](std::unique_ptr<Connection> connection) {
                if (const auto self = weak.lock()) self->receive(std::move(connection));
            });
        if (!acceptor) return std::unexpected(std::move(acceptor.error()));
        acceptor_ = std::move(*acceptor);
        return acceptor_->local();
    }

    // Known associations may still get connections.
    void refuse_strangers() { on_accept_ = nullptr; }

  private:
    struct Arrival final : public ConnectionHandler {
        explicit Arrival(Reception& reception) : where(reception) {}
        void on_message(std::vector<std::byte> bytes) override { where.on_message(*this, bytes); }
        void on_closed(const Error&) override { where.forget(*this); }

        Reception& where;
        std::unique_ptr<Connection> connection;
        TimerId alarm = 0;
    };

    void receive(std::unique_ptr<Connection> connection) {
        // Of too many, the one that has been silent longest goes.
        if (arrivals_.size() >= table_->limits.pending_handshakes_max) forget(*arrivals_.front());
        auto& arrival = *arrivals_.emplace_back(std::make_unique<Arrival>(*this));
        arrival.connection = std::move(connection);
        arrival.connection->set_handler(&arrival);
        arrival.alarm = table_->loop.after(table_->limits.handshake_patience_ms,
                                           [this, &arrival] { forget(arrival); });
    }

    void on_message(Arrival& arrival, const std::vector<std::byte>& bytes) {
        const auto self = shared_from_this();
        const auto record = records::decode(bytes);
        const auto* const open = record ? std::get_if<records::Open>(&*record) : nullptr;
        std::unique_ptr<Connection> connection = std::move(arrival.connection);
        forget(arrival);
        if (!open) return;
        const auto known = table_->associations.find(open->association);
        if (known != table_->associations.end()) {
            // Not by a copy of what was said before.
            const std::shared_ptr<Association> association = known->second;
            if (open->resumes) association->resume(connection, *open);
            return;
        }
        if (open->resumes || !on_accept_) {
            connection->send(records::encode(records::Gone{
                open->resumes ? "it was restarted, or has given up waiting" : "nobody listens"}));
            return connection->close();
        }
        if (open->transient != 1 || open->received != 0) return;
        auto association = std::make_shared<Association>(
            table_, open->association, Association::Role::responder, open->sender, open->process);
        table_->associations.emplace(open->association, association);
        association->keep(self);
        association->begin(std::move(connection));
        const auto on_accept = on_accept_;
        on_accept(std::make_unique<CarrierConnection>(std::move(association), 0));
    }

    void forget(Arrival& arrival) {
        table_->loop.cancel(arrival.alarm);
        std::erase_if(arrivals_, [&](const auto& each) { return each.get() == &arrival; });
    }

    std::shared_ptr<AssociationTable> table_;
    Transport::OnAccept on_accept_;
    std::unique_ptr<Acceptor> acceptor_;
    std::deque<std::unique_ptr<Arrival>> arrivals_;
};

class LastingAcceptor final : public Acceptor {
  public:
    LastingAcceptor(std::shared_ptr<Reception> reception, Address local)
        : reception_(std::move(reception)), local_(std::move(local)) {}
    ~LastingAcceptor() override { reception_->refuse_strangers(); }
    LastingAcceptor(const LastingAcceptor&) = delete;
    LastingAcceptor& operator=(const LastingAcceptor&) = delete;
    Address local() const override { return local_; }

  private:
    std::shared_ptr<Reception> reception_;
    Address local_;
};

class LastingDial final : public Dial {
  public:
    std::unique_ptr<Greeting> greeting;
};

class LastingTransport final : public Transport {
  public:
    LastingTransport(std::shared_ptr<AssociationTable> table,
                     std::function<std::uint64_t()> entropy)
        : table_(std::move(table)), entropy_(std::move(entropy)) {
        table_->self = name();
    }
    // What nobody holds was closing.
    ~LastingTransport() override {
        for (const auto& [id, association] : std::exchange(table_->associations, {})) {
            if (!association->is_held()) association->drop();
        }
    }
    LastingTransport(const LastingTransport&) = delete;
    LastingTransport& operator=(const LastingTransport&) = delete;

    std::expected<std::unique_ptr<Acceptor>, Error> listen(const Address& local,
                                                           OnAccept on_accept) override {
        auto reception = std::make_shared<Reception>(table_, std::move(on_accept));
        auto real = reception->listen(local);
        if (!real) return std::unexpected(std::move(real.error()));
        return std::make_unique<LastingAcceptor>(std::move(reception), *std::move(real));
    }

    std::unique_ptr<Dial> dial(const Address& remote, OnDialled done) override {
        auto dial = std::make_unique<LastingDial>();
        const Identity id = name();
        dial->greeting = std::make_unique<Greeting>(
            *table_, remote,
            records::Open{.association = id, .transient = 1, .resumes = false, .process = {}},
            2 * table_->limits.handshake_patience_ms,
            [table = table_, id, remote, done = std::move(done)](
                std::expected<Greeting::Greeted, Error> result, bool) {
                if (!result) return done(std::unexpected(std::move(result.error())));
                auto association = std::make_shared<Association>(
                    table, id, Association::Role::initiator, result->opened.sender,
                    std::move(result->opened.process));
                table->associations.emplace(id, association);
                association->set_return_address(remote);
                association->begin(std::move(result->connection));
                done(std::make_unique<CarrierConnection>(std::move(association), 0));
            });
        return dial;
    }

  private:
    Identity name() {
        Identity name{};
        for (std::byte& byte : name) byte = static_cast<std::byte>(entropy_());
        return name;
    }

    std::shared_ptr<AssociationTable> table_;
    std::function<std::uint64_t()> entropy_;
};

}  // namespace

std::unique_ptr<Transport> make_lasting_transport(Loop& loop, const Limits& limits,
                                                  std::unique_ptr<Transport> inner,
                                                  Processes processes,
                                                  std::function<std::uint64_t()> entropy) {
    auto table = std::make_shared<AssociationTable>(loop, limits);
    table->transport = std::move(inner);
    table->processes = std::move(processes);
    return std::make_unique<LastingTransport>(std::move(table), std::move(entropy));
}

std::unique_ptr<Transport> make_lasting_tcp_transport(RealLoop& loop, const Limits& limits) {
    auto device = std::make_shared<std::random_device>();
    return make_lasting_transport(
        loop, limits,
        make_tcp_transport(loop, limits, system::variable("REOWOLF_NAME_SERVERS"),
                           Random((*device)())),
        {.own = system::this_process(), .is_alive = system::is_alive},
        [device] { return (*device)(); });
}

}  // namespace reowolf::post
