// SPDX-License-Identifier: MIT
#include "post/tcp.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "post/asio.hpp"
#include "post/names.hpp"
#include "post/race.hpp"
#include "post/tcp_stream.hpp"
#include "system/descriptor.hpp"

namespace reowolf::post {

namespace {

using asio::ip::tcp;

// After accept() failed, for want of descriptors as a rule, the listener rests this long.
constexpr std::int64_t accept_rest_ms = 100;

class TcpConnection final : public Connection {
  public:
    explicit TcpConnection(std::shared_ptr<TcpStream> stream, std::string choice = {})
        : stream_(std::move(stream)), choice_(std::move(choice)) {}
    ~TcpConnection() override { stream_->abandon(); }
    TcpConnection(const TcpConnection&) = delete;
    TcpConnection& operator=(const TcpConnection&) = delete;

    void set_handler(ConnectionHandler* handler) override { stream_->set_handler(handler); }
    void send(Payload message) override { stream_->send(std::move(message)); }
    void close() override { stream_->close(); }
    void abort() override { stream_->abort(); }
    void limit_message_bytes(std::size_t bytes_max) override {
        stream_->limit_message_bytes(bytes_max);
    }
    void give_back(std::vector<std::byte> bytes) override { stream_->give_back(std::move(bytes)); }
    std::size_t queued_bytes() const override { return stream_->queued_bytes(); }
    bool is_handed_over() const override { return stream_->is_handed_over(); }
    std::string remote() const override { return stream_->remote(); }
    std::string choice() const override { return choice_; }

  private:
    std::shared_ptr<TcpStream> stream_;
    std::string choice_;
};

TcpStream::Memory memory_for(const Address& address) {
    if (address.scheme == "shm") return TcpStream::Memory::required;
    return address.scheme == "tcp" ? TcpStream::Memory::forbidden : TcpStream::Memory::allowed;
}

// A number needs no resolver, which may be slow and runs a thread of its own.
std::vector<Place> as_number(const Address& address) {
    asio::error_code error;
    auto number = asio::ip::make_address(address.host, error);
    if (error) return {};
    return {{tcp::endpoint(number, address.port), memory_for(address)}};
}

std::vector<Place> as_numbers(const std::vector<Address>& addresses) {
    std::vector<Place> places;
    for (const Address& each : addresses) {
        for (Place& place : as_number(each)) places.push_back(std::move(place));
    }
    return places;
}

std::optional<Error> check_scheme(const Address& address) {
    const std::string& scheme = address.scheme;
    if (scheme.empty() || scheme == "tcp" || scheme == "shm") return std::nullopt;
    return Error{.failure = Failure::not_supported,
                 .text = fmt::format("the transport \"{}\" is not supported yet", address.scheme)};
}

Error error_at(const Address& address, const asio::error_code& error) {
    return {.failure = failure_of(error),
            .text = fmt::format("{}: {}", to_string(address), error.message())};
}

// Listening ----------------------------------------------------------------------------------

class Listening : public std::enable_shared_from_this<Listening> {
  public:
    Listening(RealLoop& loop, const Limits& limits, TcpStream::Memory memory,
              Transport::OnAccept on_accept)
        : loop_(loop),
          limits_(limits),
          memory_(memory),
          on_accept_(std::move(on_accept)),
          acceptor_(loop.context()) {}

    asio::error_code open(const tcp::endpoint& endpoint) {
        asio::error_code error;
        asio::error_code ignored;
        acceptor_.close(ignored);
        acceptor_.open(endpoint.protocol(), error);
        if (error) return error;
        system::close_on_exec(acceptor_.native_handle());
        acceptor_.set_option(tcp::acceptor::reuse_address(true), ignored);
        if (endpoint.address() == asio::ip::address_v6::any()) {
            acceptor_.set_option(asio::ip::v6_only(false), ignored);
        }
        acceptor_.non_blocking(true, ignored);
        acceptor_.bind(endpoint, error);
        if (error) return error;
        acceptor_.listen(asio::socket_base::max_listen_connections, error);
        return error;
    }

    std::uint16_t port() const {
        asio::error_code ignored;
        return acceptor_.local_endpoint(ignored).port();
    }

    void accept() {
        acceptor_.async_accept(
            [self = shared_from_this()](const asio::error_code& error, tcp::socket socket) {
                self->on_accept(error, std::move(socket));
            });
    }

    void stop() {
        open_ = false;
        loop_.cancel(std::exchange(rest_, 0));
        asio::error_code ignored;
        acceptor_.close(ignored);
        for (const auto& stream : std::exchange(strangers_, {})) stream->abandon();
    }

  private:
    void on_accept(const asio::error_code& error, tcp::socket socket) {
        if (!open_) return;
        if (error) {
            rest_ = loop_.after(accept_rest_ms, [weak = weak_from_this()] {
                if (auto self = weak.lock()) self->accept();
            });
            return;
        }
        // Of too many, the one that has been silent longest goes: a crowd that says nothing shuts
        // nobody out.
        if (strangers_.size() >= limits_.pending_handshakes_max) {
            strangers_.front()->abandon();
            strangers_.pop_front();
        }
        introduce(std::move(socket));
        accept();
    }

    void introduce(tcp::socket socket) {
        auto stream = std::make_shared<TcpStream>(loop_, limits_, std::move(socket),
                                                  TcpStream::Side::dialled, memory_);
        strangers_.push_back(stream);
        std::weak_ptr<TcpStream> weak_stream = stream;
        stream->introduce(limits_.handshake_patience_ms, [weak = weak_from_this(), weak_stream](
                                                             const std::optional<Error>& error) {
            auto self = weak.lock();
            auto known = weak_stream.lock();
            if (!self || !known) return;
            std::erase(self->strangers_, known);
            if (!error && self->open_) {
                self->on_accept_(std::make_unique<TcpConnection>(known));
            }
        });
    }

    RealLoop& loop_;
    Limits limits_;
    TcpStream::Memory memory_;
    Transport::OnAccept on_accept_;
    tcp::acceptor acceptor_;
    bool open_ = true;
    TimerId rest_ = 0;
    std::deque<std::shared_ptr<TcpStream>> strangers_;  // have not introduced themselves yet
};

class TcpAcceptor final : public Acceptor {
  public:
    TcpAcceptor(std::shared_ptr<Listening> listening, Address local)
        : listening_(std::move(listening)), local_(std::move(local)) {}
    ~TcpAcceptor() override { listening_->stop(); }
    TcpAcceptor(const TcpAcceptor&) = delete;
    TcpAcceptor& operator=(const TcpAcceptor&) = delete;
    Address local() const override { return local_; }

  private:
    std::shared_ptr<Listening> listening_;
    Address local_;
};

// Dialling -----------------------------------------------------------------------------------

class Dialling : public std::enable_shared_from_this<Dialling> {
  public:
    Dialling(RealLoop& loop, const Limits& limits, std::string name_servers, Random random,
             Address remote, Transport::OnDialled done)
        : loop_(loop),
          limits_(limits),
          name_servers_(std::move(name_servers)),
          random_(random),
          remote_(std::move(remote)),
          done_(std::move(done)),
          resolver_(loop.context()) {}

    void start() {
        deadline_ms_ = loop_.now_ms() + limits_.handshake_patience_ms;
        if (auto error = check_scheme(remote_)) return fail(*std::move(error));
        if (remote_.by_name) return look_up_name();
        if (auto places = as_number(remote_); !places.empty()) return race(std::move(places));
        alarm_ =
            loop_.after(limits_.handshake_patience_ms, guarded([](Dialling& d) {
                            d.resolver_.cancel();
                            d.fail({.failure = Failure::timed_out,
                                    .text = fmt::format("{}: the name was not resolved in {} ms",
                                                        to_string(d.remote_),
                                                        d.limits_.handshake_patience_ms)});
                        }));
        // The resolver's thread may not start, which it can only throw.
        try {
            resolve();
        } catch (const std::system_error& error) {
            fail({.failure = Failure::resources,
                  .text = fmt::format("{}: {}", to_string(remote_), error.what())});
        }
    }

    void abandon() {
        done_ = nullptr;
        stop();
    }

  private:
    // Callbacks do not keep the attempt alive: its Dial does.
    template <typename Action>
    std::function<void()> guarded(Action action) {
        return [weak = weak_from_this(), action] {
            auto self = weak.lock();
            if (self && self->done_) action(*self);
        };
    }

    void look_up_name() {
        // Its callback does not come without it.
        lookup_ = look_up(loop_, limits_, name_servers_, remote_, random_, [this](Places places) {
            if (!places) return fail(std::move(places.error()));
            race(as_numbers(*places));
        });
    }

    void resolve() {
        resolver_.async_resolve(
            remote_.host, std::to_string(remote_.port), tcp::resolver::numeric_service,
            [weak = weak_from_this()](const asio::error_code& error,
                                      const tcp::resolver::results_type& results) {
                auto self = weak.lock();
                if (!self || !self->done_) return;
                self->loop_.cancel(std::exchange(self->alarm_, 0));
                if (error) return self->fail(error_at(self->remote_, error));
                std::vector<Place> places;
                for (const auto& entry : results) {
                    places.push_back({entry.endpoint(), memory_for(self->remote_)});
                }
                self->race(alternating(places));
            });
    }

    void race(std::vector<Place> places) {
        // Its callback does not come without it.
        race_.emplace(loop_, limits_, to_string(remote_), std::move(places),
                      std::max<std::int64_t>(deadline_ms_ - loop_.now_ms(), 1),
                      [this](std::expected<Race::Won, Error> result) {
                          if (!result) return finish(std::unexpected(std::move(result.error())));
                          finish(std::make_unique<TcpConnection>(std::move(result->stream),
                                                                 std::move(result->why)));
                      });
    }

    void fail(Error error) {
        failure_ = std::move(error);
        loop_.post(guarded([](Dialling& d) { d.finish(std::unexpected(std::move(d.failure_))); }));
    }

    void finish(std::expected<std::unique_ptr<Connection>, Error> result) {
        auto done = std::exchange(done_, nullptr);
        stop();
        done(std::move(result));
    }

    void stop() {
        loop_.cancel(std::exchange(alarm_, 0));
        resolver_.cancel();
        lookup_.reset();
        race_.reset();
    }

    RealLoop& loop_;
    Limits limits_;
    std::string name_servers_;
    Random random_;
    Address remote_;
    Transport::OnDialled done_;  // empty: over, or abandoned
    tcp::resolver resolver_;
    std::unique_ptr<Lookup> lookup_;
    std::optional<Race> race_;
    Error failure_;
    std::int64_t deadline_ms_ = 0;
    TimerId alarm_ = 0;
};

class TcpDial final : public Dial {
  public:
    explicit TcpDial(std::shared_ptr<Dialling> dialling) : dialling_(std::move(dialling)) {}
    ~TcpDial() override { dialling_->abandon(); }
    TcpDial(const TcpDial&) = delete;
    TcpDial& operator=(const TcpDial&) = delete;

  private:
    std::shared_ptr<Dialling> dialling_;
};

// The transport ------------------------------------------------------------------------------

class TcpTransport final : public Transport {
  public:
    TcpTransport(RealLoop& loop, const Limits& limits, std::string name_servers, Random random)
        : loop_(loop), limits_(limits), name_servers_(std::move(name_servers)), random_(random) {}

    std::expected<std::unique_ptr<Acceptor>, Error> listen(const Address& local,
                                                           OnAccept on_accept) override {
        if (auto error = check_scheme(local)) return std::unexpected(*std::move(error));
        std::vector<Place> candidates = as_number(local);
        asio::error_code error = asio::error::host_not_found;
        if (local.by_name) {
            const Places places =
                look_up_now(limits_, name_servers_, local, Random(random_.next()));
            if (!places) return std::unexpected(places.error());
            candidates = as_numbers(*places);
        } else if (candidates.empty()) {
            tcp::resolver resolver(loop_.context());
            auto results = resolver.resolve(local.host, std::to_string(local.port),
                                            tcp::resolver::numeric_service, error);
            for (const auto& entry : results) {
                candidates.push_back({entry.endpoint(), memory_for(local)});
            }
            if (error && local.port == 0) candidates = where_records_say(local);
        }
        auto listening =
            std::make_shared<Listening>(loop_, limits_, memory_for(local), std::move(on_accept));
        for (const auto& candidate : candidates) {
            error = listening->open(candidate.endpoint);
            if (error) continue;
            listening->accept();
            Address real = local;
            if (local.by_name) real.host = candidate.endpoint.address().to_string();
            real.by_name = false;
            real.port = listening->port();
            return std::make_unique<TcpAcceptor>(std::move(listening), std::move(real));
        }
        return std::unexpected(error_at(local, error));
    }

    std::unique_ptr<Dial> dial(const Address& remote, OnDialled done) override {
        auto dialling = std::make_shared<Dialling>(loop_, limits_, name_servers_,
                                                   Random(random_.next()), remote, std::move(done));
        dialling->start();
        return std::make_unique<TcpDial>(std::move(dialling));
    }

  private:
    // A name of no host may be one with records, of which the ports do not count here.
    std::vector<Place> where_records_say(Address name) {
        name.by_name = true;
        const Places places = look_up_now(limits_, name_servers_, name, Random(random_.next()));
        if (!places) return {};
        std::vector<Place> found = as_numbers(*places);
        for (Place& each : found) each.endpoint.port(0);
        return found;
    }

    RealLoop& loop_;
    Limits limits_;
    std::string name_servers_;
    Random random_;
};

}  // namespace

std::unique_ptr<Transport> make_tcp_transport(RealLoop& loop, const Limits& limits) {
    return make_tcp_transport(loop, limits, {}, Random(1));
}

std::unique_ptr<Transport> make_tcp_transport(RealLoop& loop, const Limits& limits,
                                              std::string name_servers, Random random) {
    return std::make_unique<TcpTransport>(loop, limits, std::move(name_servers), random);
}

}  // namespace reowolf::post
