// SPDX-License-Identifier: MIT
#include "post/internet.hpp"

#include <array>
#include <chrono>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "post/address.hpp"
#include "post/asio.hpp"
#include "system/descriptor.hpp"

namespace reowolf::post {

namespace {

using asio::ip::tcp;
using asio::ip::udp;
using News = Socket::News;
using Later = Socket::Later;

// What comes is handed on in pieces of at most this; a datagram fits.
constexpr std::size_t piece_bytes_max = 65'536;
constexpr std::chrono::seconds patience_at_end{5};

template <typename Endpoint>
std::string shown(const Endpoint& endpoint) {
    return to_string(
        {.scheme = "", .host = endpoint.address().to_string(), .port = endpoint.port()});
}

std::string trouble(const asio::error_code& error, std::string_view what, std::string_view whom) {
    return error ? fmt::format("cannot {} '{}': {}", what, whom, error.message()) : std::string();
}

// What the two threads share of a socket. All but next(), send() and finish() runs in the thread of
// the sockets.
class Life : public std::enable_shared_from_this<Life> {
  public:
    explicit Life(asio::io_context& context) : context_(context) {}
    virtual ~Life() = default;

    std::optional<News> next(Later later) {
        {
            const std::lock_guard lock(mutex_);
            if (!news_.empty()) {
                News first = news_.front();
                // An end stays.
                if (first.kind != News::Kind::over && first.kind != News::Kind::failed) {
                    news_.pop_front();
                }
                return first;
            }
            waiting_.push_back(std::move(later));
        }
        on_thread([](Life& self) {
            if (!self.is_receiving_ && self.is_open_ && self.wants_news()) {
                self.is_receiving_ = true;
                self.receive();
            }
        });
        return std::nullopt;
    }

    std::expected<bool, std::string> send(std::string bytes, std::string peer, Later later) {
        {
            const std::lock_guard lock(mutex_);
            if (!send_error_.empty()) return std::unexpected(std::exchange(send_error_, {}));
            if (is_sending_) {
                send_waiting_.push_back(std::move(later));
                return false;
            }
            is_sending_ = true;
        }
        outgoing_ = std::move(bytes);
        on_thread([peer = std::move(peer)](Life& self) { self.transmit(peer); });
        return true;
    }

    void finish() {
        on_thread([](Life& self) {
            self.is_finishing_ = true;
            if (!self.sends_now()) self.shut();
        });
    }
    void abandon() {
        on_thread([](Life& self) {
            self.is_abandoned_ = true;
            self.forget_news();
            if (!self.sends_now()) self.close();
        });
    }
    template <typename Action>
    void on_thread(const Action& action) {
        asio::post(context_, [self = shared_from_this(), action] { action(*self); });
    }

    virtual void open(const std::string& address) = 0;

  protected:
    virtual void receive() = 0;
    virtual void transmit(const std::string& peer) = 0;
    virtual void shut() {}
    virtual void close() = 0;

    void tell(News news) {
        std::vector<Later> waiting;
        {
            const std::lock_guard lock(mutex_);
            news_.push_back(std::move(news));
            waiting.swap(waiting_);
        }
        for (const Later& each : waiting) each();
    }
    void opened(std::string peer) {
        is_open_ = true;
        tell({.kind = News::Kind::open, .bytes = {}, .peer = std::move(peer), .socket = {}});
    }
    void fail(std::string why) {
        tell({.kind = News::Kind::failed, .bytes = std::move(why), .peer = {}, .socket = {}});
    }
    void received(std::string bytes, std::string peer) {
        is_receiving_ = false;
        tell({.kind = News::Kind::bytes,
              .bytes = std::move(bytes),
              .peer = std::move(peer),
              .socket = {}});
    }
    void accepted(std::shared_ptr<Socket> socket, std::string peer) {
        is_receiving_ = false;
        tell({.kind = News::Kind::accepted,
              .bytes = {},
              .peer = std::move(peer),
              .socket = std::move(socket)});
    }
    void over() { tell({.kind = News::Kind::over, .bytes = {}, .peer = {}, .socket = {}}); }
    bool is_abandoned() const { return is_abandoned_; }

    // With what went wrong, or nothing.
    void sent(std::string error) {
        std::vector<Later> waiting;
        {
            const std::lock_guard lock(mutex_);
            is_sending_ = false;
            send_error_ = std::move(error);
            waiting.swap(send_waiting_);
        }
        for (const Later& each : waiting) each();
        if (is_abandoned_) return close();
        if (is_finishing_) shut();
    }

    // Named like the others: NOLINTBEGIN(readability-identifier-naming)
    asio::io_context& context_;
    std::string outgoing_;  // while is_sending_
                            // NOLINTEND(readability-identifier-naming)

  private:
    bool wants_news() {
        const std::lock_guard lock(mutex_);
        return news_.empty() && !waiting_.empty();
    }
    // Connections that nobody has taken are closed.
    void forget_news() {
        std::deque<News> forgotten;
        const std::lock_guard lock(mutex_);
        forgotten.swap(news_);
    }
    bool sends_now() {
        const std::lock_guard lock(mutex_);
        return is_sending_;
    }

    std::mutex mutex_;  // of what follows
    std::deque<News> news_;
    std::vector<Later> waiting_;
    std::vector<Later> send_waiting_;
    std::string send_error_;
    bool is_sending_ = false;

    bool is_open_ = false;  // from here on, of the thread of the sockets
    bool is_receiving_ = false;
    bool is_finishing_ = false;
    bool is_abandoned_ = false;
};

class Handle final : public Socket {
  public:
    explicit Handle(std::shared_ptr<Life> life) : life_(std::move(life)) {}
    ~Handle() override { life_->abandon(); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    std::optional<News> next(Later later) override { return life_->next(std::move(later)); }
    std::expected<bool, std::string> send(std::string bytes, std::string peer,
                                          Later later) override {
        return life_->send(std::move(bytes), std::move(peer), std::move(later));
    }
    void finish() override { life_->finish(); }

  private:
    std::shared_ptr<Life> life_;
};

// The address and what the resolver makes of it; `on_found` is not called if something is wrong.
template <typename Resolver, typename OnFound, typename OnFailed>
void resolve(Resolver& resolver, const std::string& address, const OnFound& on_found,
             const OnFailed& on_failed) {
    const auto parsed = parse_address(address);
    if (!parsed) return on_failed(parsed.error());
    if (!parsed->scheme.empty() || parsed->by_name) {
        return on_failed("an address here is 'host:port'");
    }
    resolver.async_resolve(parsed->host, std::to_string(parsed->port),
                           [on_found, on_failed](const asio::error_code& error, const auto& found) {
                               if (error) return on_failed(error.message());
                               on_found(found);
                           });
}

class Stream final : public Life {
  public:
    explicit Stream(asio::io_context& context)
        : Life(context), socket_(context), resolver_(context) {}
    Stream(asio::io_context& context, tcp::socket socket)
        : Life(context), socket_(std::move(socket)), resolver_(context) {}

    std::shared_ptr<Stream> self() { return std::static_pointer_cast<Stream>(shared_from_this()); }

    void open(const std::string& address) override {
        const auto failed = [self = self(), address](const std::string& why) {
            self->fail(fmt::format("cannot connect to '{}': {}", address, why));
        };
        resolve(
            resolver_, address,
            [self = self(), failed](const tcp::resolver::results_type& found) {
                if (self->is_abandoned()) return;
                asio::async_connect(
                    self->socket_, found,
                    [self, failed](const asio::error_code& error, const tcp::endpoint& peer) {
                        if (error) return failed(error.message());
                        self->begin(peer);
                    });
            },
            failed);
    }

    void begin(const tcp::endpoint& peer) {
        if (is_abandoned()) return close();
        system::close_on_exec(socket_.native_handle());
        peer_ = shown(peer);
        opened(peer_);
    }

  private:
    void receive() override {
        socket_.async_read_some(
            asio::buffer(buffer_), [self = self()](const asio::error_code& error, std::size_t n) {
                if (error == asio::error::eof) return self->over();
                if (error) return self->fail(trouble(error, "receive from", self->peer_));
                self->received(std::string(self->buffer_.data(), n), self->peer_);
            });
    }
    void transmit(const std::string&) override {
        asio::async_write(socket_, asio::buffer(outgoing_),
                          [self = self()](const asio::error_code& error, std::size_t) {
                              self->sent(trouble(error, "send to", self->peer_));
                          });
    }
    void shut() override {
        asio::error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
    }
    void close() override {
        shut();
        resolver_.cancel();
        asio::error_code ignored;
        socket_.close(ignored);
    }

    tcp::socket socket_;
    tcp::resolver resolver_;
    std::string peer_;
    std::array<char, piece_bytes_max> buffer_;
};

class Listener final : public Life {
  public:
    explicit Listener(asio::io_context& context)
        : Life(context), acceptor_(context), resolver_(context) {}

    void open(const std::string& address) override {
        const auto self = std::static_pointer_cast<Listener>(shared_from_this());
        const auto failed = [self, address](const std::string& why) {
            self->fail(fmt::format("cannot listen at '{}': {}", address, why));
        };
        resolve(
            resolver_, address,
            [self, failed](const tcp::resolver::results_type& found) {
                if (self->is_abandoned()) return;
                const tcp::endpoint endpoint = found.begin()->endpoint();
                asio::error_code error;
                tcp::acceptor& acceptor = self->acceptor_;
                acceptor.open(endpoint.protocol(), error);
                if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
                if (!error) acceptor.bind(endpoint, error);
                if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
                if (error) return failed(error.message());
                system::close_on_exec(acceptor.native_handle());
                self->opened(shown(acceptor.local_endpoint(error)));
            },
            failed);
    }

  private:
    void receive() override {
        const auto self = std::static_pointer_cast<Listener>(shared_from_this());
        acceptor_.async_accept([self](const asio::error_code& error, tcp::socket socket) {
            if (error) return self->fail(fmt::format("cannot accept: {}", error.message()));
            asio::error_code gone;
            const tcp::endpoint peer = socket.remote_endpoint(gone);
            const auto made = std::make_shared<Stream>(self->context_, std::move(socket));
            made->begin(peer);
            self->accepted(std::make_shared<Handle>(made), shown(peer));
        });
    }
    // Nobody sends through it.
    void transmit(const std::string&) override { sent({}); }
    void close() override {
        resolver_.cancel();
        asio::error_code ignored;
        acceptor_.close(ignored);
    }

    tcp::acceptor acceptor_;
    tcp::resolver resolver_;
};

class Datagrams final : public Life {
  public:
    explicit Datagrams(asio::io_context& context)
        : Life(context), socket_(context), resolver_(context) {}

    std::shared_ptr<Datagrams> self() {
        return std::static_pointer_cast<Datagrams>(shared_from_this());
    }

    void open(const std::string& address) override {
        const auto failed = [self = self(), address](const std::string& why) {
            self->fail(fmt::format("cannot use '{}': {}", address, why));
        };
        resolve(
            resolver_, address,
            [self = self(), failed](const udp::resolver::results_type& found) {
                if (self->is_abandoned()) return;
                const udp::endpoint endpoint = found.begin()->endpoint();
                asio::error_code error;
                self->socket_.open(endpoint.protocol(), error);
                if (!error) self->socket_.bind(endpoint, error);
                if (error) return failed(error.message());
                system::close_on_exec(self->socket_.native_handle());
                self->opened(shown(self->socket_.local_endpoint(error)));
            },
            failed);
    }

  private:
    void receive() override {
        socket_.async_receive_from(
            asio::buffer(buffer_), from_,
            [self = self()](const asio::error_code& error, std::size_t n) {
                // That an earlier datagram did not arrive is no news.
                if (error == asio::error::connection_refused) return self->receive();
                if (error) {
                    return self->fail(fmt::format("cannot receive: {}", error.message()));
                }
                self->received(std::string(self->buffer_.data(), n), shown(self->from_));
            });
    }
    void transmit(const std::string& peer) override {
        resolve(
            resolver_, peer,
            [self = self(), peer](const udp::resolver::results_type& found) {
                self->socket_.async_send_to(
                    asio::buffer(self->outgoing_), found.begin()->endpoint(),
                    [self, peer](const asio::error_code& error, std::size_t) {
                        self->sent(trouble(error, "send to", peer));
                    });
            },
            [self = self(), peer](const std::string& why) {
                self->sent(fmt::format("cannot send to '{}': {}", peer, why));
            });
    }
    void close() override {
        resolver_.cancel();
        asio::error_code ignored;
        socket_.close(ignored);
    }

    udp::socket socket_;
    udp::resolver resolver_;
    udp::endpoint from_;
    std::array<char, piece_bytes_max> buffer_;
};

}  // namespace

struct RealInternet::State {
    asio::io_context context;
    asio::executor_work_guard<asio::io_context::executor_type> work =
        asio::make_work_guard(context);
    std::thread thread;

    template <typename Kind>
    std::shared_ptr<Socket> make(const std::string& address) {
        if (!thread.joinable()) {
            thread = std::thread([this] {
                context.run();
                // What is on its way.
                context.restart();
                context.run_for(patience_at_end);
            });
        }
        const auto life = std::make_shared<Kind>(context);
        life->on_thread([address](Life& self) { self.open(address); });
        return std::make_shared<Handle>(life);
    }
};

RealInternet::RealInternet() : state_(std::make_unique<State>()) {}

RealInternet::~RealInternet() {
    state_->work.reset();
    state_->context.stop();
    if (state_->thread.joinable()) state_->thread.join();
}

std::shared_ptr<Socket> RealInternet::connect(const std::string& address) {
    return state_->make<Stream>(address);
}
std::shared_ptr<Socket> RealInternet::listen(const std::string& address) {
    return state_->make<Listener>(address);
}
std::shared_ptr<Socket> RealInternet::bind(const std::string& address) {
    return state_->make<Datagrams>(address);
}

}  // namespace reowolf::post
