// SPDX-License-Identifier: MIT
#include "post/names.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include <ares.h>
#include <arpa/nameser.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include "post/asio.hpp"
#include "post/name_answers.hpp"

namespace reowolf::post {

namespace {

// A server that is silent is asked again, and then the next one.
constexpr int server_patience_ms = 1'500;
constexpr int tries_per_server = 2;

// ---- Questions to name servers, on a loop -------------------------------------------------------

// A resolver of c-ares. Its answers come while the loop runs, but for those that it has at once;
// and with ARES_EDESTRUCTION when it dies.
class Resolver {
  public:
    explicit Resolver(RealLoop& loop) : loop_(loop) {}
    ~Resolver() {
        loop_.cancel(alarm_);
        if (channel_) ares_destroy(channel_);
    }
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    // The status of c-ares.
    int open(const std::string& servers) {
        ares_options options{};
        options.timeout = server_patience_ms;
        options.tries = tries_per_server;
        options.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
            static_cast<Resolver*>(self)->watch(socket, readable != 0, writable != 0);
        };
        options.sock_state_cb_data = this;
        const int status = ares_init_options(
            &channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
        if (status != ARES_SUCCESS) {
            channel_ = nullptr;
            return status;
        }
        return servers.empty() ? status : ares_set_servers_ports_csv(channel_, servers.c_str());
    }

    ares_channel channel() const { return channel_; }

    // After questions have been put.
    void set_alarm() {
        loop_.cancel(std::exchange(alarm_, 0));
        timeval wait{};
        if (!ares_timeout(channel_, nullptr, &wait)) return;
        alarm_ = loop_.after(std::int64_t{wait.tv_sec} * 1'000 + wait.tv_usec / 1'000 + 1, [this] {
            alarm_ = 0;
            process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        });
    }

  private:
    struct Watched {
        explicit Watched(asio::io_context& context) : descriptor(context) {}
        // It is c-ares that closes the socket.
        ~Watched() {
            if (descriptor.is_open()) descriptor.release();
        }
        Watched(const Watched&) = delete;
        Watched& operator=(const Watched&) = delete;

        asio::posix::stream_descriptor descriptor;
        bool readable = false;  // what is to be waited for
        bool writable = false;
        bool awaits_reading = false;  // what is being waited for
        bool awaits_writing = false;
    };

    void watch(ares_socket_t socket, bool readable, bool writable) {
        if (!readable && !writable) {
            sockets_.erase(socket);
            return;
        }
        auto& watched = sockets_[socket];
        if (!watched) {
            watched = std::make_shared<Watched>(loop_.context());
            asio::error_code error;
            watched->descriptor.assign(socket, error);
            // Nothing will be heard of it, and the question times out.
            if (error) return;
        }
        watched->readable = readable;
        watched->writable = writable;
        wait(socket, watched);
    }

    void wait(ares_socket_t socket, const std::shared_ptr<Watched>& watched) {
        using Wait = asio::posix::stream_descriptor;
        if (!watched->descriptor.is_open()) return;
        if (watched->readable && !std::exchange(watched->awaits_reading, true)) {
            watched->descriptor.async_wait(Wait::wait_read, ready(socket, watched, true));
        }
        if (watched->writable && !std::exchange(watched->awaits_writing, true)) {
            watched->descriptor.async_wait(Wait::wait_write, ready(socket, watched, false));
        }
    }

    // Who is not watched any more, as all when this dies, is not heard.
    std::function<void(const asio::error_code&)> ready(ares_socket_t socket,
                                                       const std::shared_ptr<Watched>& watched,
                                                       bool for_reading) {
        return [this, socket, weak = std::weak_ptr(watched),
                for_reading](const asio::error_code& error) {
            auto known = weak.lock();
            if (!known || error) return;
            (for_reading ? known->awaits_reading : known->awaits_writing) = false;
            process(for_reading ? socket : ARES_SOCKET_BAD, for_reading ? ARES_SOCKET_BAD : socket);
            const auto still = sockets_.find(socket);
            if (still != sockets_.end() && still->second == known) wait(socket, known);
        };
    }

    void process(ares_socket_t reading, ares_socket_t writing) {
        ares_process_fd(channel_, reading, writing);
        set_alarm();
    }

    RealLoop& loop_;
    ares_channel channel_ = nullptr;
    TimerId alarm_ = 0;
    std::map<ares_socket_t, std::shared_ptr<Watched>> sockets_;
};

// ---- One name -----------------------------------------------------------------------------------

class NameLookup final : public Lookup {
  public:
    NameLookup(RealLoop& loop, const Limits& limits, const Address& name, Random random,
               std::function<void(Places)> done)
        : loop_(loop),
          limits_(limits),
          name_(name),
          random_(random),
          done_(std::move(done)),
          resolver_(loop) {}
    ~NameLookup() override {
        is_over_ = true;
        loop_.cancel(deadline_);
    }
    NameLookup(const NameLookup&) = delete;
    NameLookup& operator=(const NameLookup&) = delete;

    void start(const std::string& servers) {
        deadline_ = loop_.after(limits_.handshake_patience_ms, [this] {
            finish(std::unexpected(
                error(Failure::timed_out, fmt::format("the name servers did not answer in {} ms",
                                                      limits_.handshake_patience_ms))));
        });
        if (const int status = resolver_.open(servers); status != ARES_SUCCESS) {
            const std::string which =
                servers.empty() ? "the system's" : fmt::format("\"{}\"", servers);
            return finish(std::unexpected(error(
                Failure::other, fmt::format("name servers {}: {}", which, ares_strerror(status)))));
        }
        record_ = fmt::format("_reowolf._tcp.{}", name_.host);
        ask(ns_t_srv, &NameLookup::on_services);
        ask(ns_t_txt, &NameLookup::on_texts);
        resolver_.set_alarm();
    }

  private:
    using OnAnswer = void (NameLookup::*)(int status, std::span<const std::byte> answer);
    struct Question {
        NameLookup& of;
        OnAnswer on_answer;
    };
    // The host of a place, whose numbers are being asked for.
    struct Host {
        NameLookup& of;
        Address address;
        bool is_known = false;
        std::vector<Address> numbers;
    };

    void ask(int type, OnAnswer on_answer) {
        // c-ares calls back exactly once for each question, at the latest when it dies.
        auto question = std::make_unique<Question>(*this, on_answer);
        ares_search(
            resolver_.channel(), record_.c_str(), ns_c_in, type,
            [](void* context, int status, int, unsigned char* bytes, int size) {
                const std::unique_ptr<Question> asked(static_cast<Question*>(context));
                if (asked->of.is_over_) return;
                const auto* const begin = reinterpret_cast<const std::byte*>(bytes);
                (asked->of.*asked->on_answer)(
                    status, bytes ? std::span(begin, static_cast<std::size_t>(size))
                                  : std::span<const std::byte>());
            },
            question.release());
    }

    void on_services(int status, std::span<const std::byte> answer) {
        services_ = status == ARES_SUCCESS
                        ? in_order(services_in(answer),
                                   [this](std::uint64_t bound) { return random_.below(bound); })
                        : std::vector<Address>();
        services_status_ = status;
        choose();
    }

    void on_texts(int status, std::span<const std::byte> answer) {
        texts_ = status == ARES_SUCCESS ? texts_in(answer) : Texts();
        choose();
    }

    // Both answers are there: services count first.
    void choose() {
        if (!services_ || !texts_) return;
        std::vector<Address> places = services_->empty() ? texts_->addresses : *services_;
        std::erase_if(places, [&](const Address& each) {
            return !each.scheme.empty() && !name_.scheme.empty() && each.scheme != name_.scheme;
        });
        if (places.size() > limits_.places_of_name_max) places.resize(limits_.places_of_name_max);
        if (places.empty()) return finish(std::unexpected(nothing()));
        // All are there before the first answer, which may come at once.
        for (Address& each : places) {
            if (each.scheme.empty()) each.scheme = name_.scheme;
            hosts_.push_back({*this, std::move(each), false, {}});
        }
        for (Host& each : hosts_) resolve(each);
        resolver_.set_alarm();
    }

    void resolve(Host& host) {
        ares_addrinfo_hints hints{};
        hints.ai_flags = ARES_AI_NUMERICSERV;
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        // The host lives as long as this, which outlives its questions.
        ares_getaddrinfo(
            resolver_.channel(), host.address.host.c_str(), nullptr, &hints,
            [](void* context, int status, int, ares_addrinfo* result) {
                const std::unique_ptr<ares_addrinfo, void (*)(ares_addrinfo*)> owned(
                    result, ares_freeaddrinfo);
                auto& asked = *static_cast<Host*>(context);
                if (!asked.of.is_over_) asked.of.on_numbers(asked, status, result);
            },
            &host);
    }

    void on_numbers(Host& host, int status, const ares_addrinfo* result) {
        host.is_known = true;
        if (status == ARES_SUCCESS && result) {
            for (const auto* node = result->nodes; node; node = node->ai_next) {
                const auto number = number_of(node->ai_addr, node->ai_addrlen);
                if (!number || host.numbers.size() == limits_.places_of_name_max) continue;
                host.numbers.push_back(host.address);
                host.numbers.back().host = *number;
            }
        } else {
            hosts_error_ = fmt::format("{}: {}", host.address.host, ares_strerror(status));
            hosts_status_ = status;
        }
        if (!std::ranges::all_of(hosts_, &Host::is_known)) return;
        std::vector<Address> places;
        for (const Host& each : hosts_) {
            places.insert(places.end(), each.numbers.begin(), each.numbers.end());
        }
        if (places.size() > limits_.places_of_name_max) places.resize(limits_.places_of_name_max);
        if (!places.empty()) return finish(std::move(places));
        finish(std::unexpected(
            error(failure_of_status(hosts_status_),
                  hosts_error_.empty() ? "its host has no address" : hosts_error_)));
    }

    static std::optional<std::string> number_of(const sockaddr* address, std::size_t size) {
        if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
            sockaddr_in v4;
            std::memcpy(&v4, address, sizeof v4);
            return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr)).to_string();
        }
        if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
            sockaddr_in6 v6;
            std::memcpy(&v6, address, sizeof v6);
            asio::ip::address_v6::bytes_type bytes;
            std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
            return asio::ip::address_v6(bytes, v6.sin6_scope_id).to_string();
        }
        return std::nullopt;
    }

    static Failure failure_of_status(int status) {
        switch (status) {
            case ARES_ETIMEOUT:
                return Failure::timed_out;
            case ARES_ECONNREFUSED:
                return Failure::unreachable;
            case ARES_ENOMEM:
                return Failure::resources;
            default:
                return Failure::unknown_host;
        }
    }

    Error nothing() const {
        if (texts_ && !texts_->wrong.empty()) {
            return error(Failure::unknown_host,
                         fmt::format("the record {} has {}", record_, texts_->wrong));
        }
        return error(failure_of_status(services_status_),
                     services_status_ == ARES_SUCCESS || services_status_ == ARES_ENODATA
                         ? fmt::format("no record {} says where it is", record_)
                         : fmt::format("{}: {}", record_, ares_strerror(services_status_)));
    }

    Error error(Failure failure, std::string_view text) const {
        return {.failure = failure, .text = fmt::format("{}: {}", to_string(name_), text)};
    }

    // Not at once: the resolver may be in the middle of something, and whoever is called may end
    // it.
    void finish(Places places) {
        is_over_ = true;
        loop_.cancel(std::exchange(deadline_, 0));
        loop_.post([weak = std::weak_ptr(alive_), this, places = std::move(places)]() mutable {
            if (weak.expired()) return;
            std::exchange(done_, nullptr)(std::move(places));
        });
    }

    RealLoop& loop_;
    Limits limits_;
    Address name_;
    Random random_;
    std::function<void(Places)> done_;
    std::string record_;
    std::optional<std::vector<Address>> services_;  // none: not answered yet
    std::optional<Texts> texts_;
    int services_status_ = ARES_SUCCESS;
    std::deque<Host> hosts_;
    std::string hosts_error_;
    int hosts_status_ = ARES_SUCCESS;
    TimerId deadline_ = 0;
    bool is_over_ = false;
    std::shared_ptr<int> alive_ = std::make_shared<int>();
    Resolver resolver_;  // dies first: it still answers, to nobody
};

}  // namespace

std::unique_ptr<Lookup> look_up(RealLoop& loop, const Limits& limits, const std::string& servers,
                                const Address& name, Random random,
                                std::function<void(Places)> done) {
    auto lookup = std::make_unique<NameLookup>(loop, limits, name, random, std::move(done));
    lookup->start(servers);
    return lookup;
}

Places look_up_now(const Limits& limits, const std::string& servers, const Address& name,
                   Random random) {
    RealLoop loop(limits);
    std::optional<Places> found;
    const auto lookup = look_up(loop, limits, servers, name, random,
                                [&](Places places) { found = std::move(places); });
    while (!found) loop.run_one(limits.handshake_patience_ms);
    return *std::move(found);
}

}  // namespace reowolf::post
