// SPDX-License-Identifier: MIT
// What strangers can do to a TCP listener, with plain sockets; and what only real time shows.
#include "post/tcp.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "post/asio.hpp"
#include "post/forwarder.test.hpp"
#include "post/frame.hpp"
#include "post/meeting.hpp"
#include "post/recorder.test.hpp"
#include "system/descriptor.hpp"
#include "system/process.hpp"
#include "system/shared_memory.hpp"

namespace reowolf::post {

namespace {

// A plain, blocking socket.
class Stranger {
  public:
    explicit Stranger(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~Stranger() { ::close(socket_); }
    Stranger(const Stranger&) = delete;
    Stranger& operator=(const Stranger&) = delete;

    bool connected() const { return connected_; }
    std::uint16_t port() const {
        sockaddr_in address{};
        socklen_t bytes = sizeof address;
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &bytes);
        return ntohs(address.sin_port);
    }
    void say(std::string_view text) { ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL); }
    void introduce() {
        auto bytes = preamble();
        ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    void say_header(std::uint32_t length, unsigned type) {
        auto bytes = encode({.length = length, .type = static_cast<FrameType>(type)});
        ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    void say_no_more() { ::shutdown(socket_, SHUT_WR); }
    // Reads what is there; true once the other side has closed.
    bool is_closed() {
        char bytes[4096];
        while (true) {
            ssize_t count = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
            if (count == 0) return true;
            if (count < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
            heard_.append(bytes, static_cast<std::size_t>(count));
        }
    }
    const std::string& heard() const { return heard_; }

  private:
    int socket_;
    bool connected_ = false;
    std::string heard_;
};

class Tcp : public testing::Test {
  protected:
    // Patience that does not matter is long, so that a slow machine is no failure.
    explicit Tcp(Limits limits = {.handshake_patience_ms = 60'000, .silence_patience_ms = 60'000})
        : loop(limits), transport(make_tcp_transport(loop, limits)) {}

    template <typename Condition>
    bool until(Condition condition) {
        std::int64_t patience_until_ms = loop.now_ms() + 60'000;
        while (!condition()) {
            if (loop.now_ms() > patience_until_ms) return false;
            loop.run_one(20);
        }
        return true;
    }

    std::uint16_t listen() {
        auto result = transport->listen({.scheme = "", .host = "127.0.0.1", .port = 0},
                                        [this](std::unique_ptr<Connection> connection) {
                                            far = std::move(connection);
                                            far->set_handler(&far_heard);
                                        });
        EXPECT_TRUE(result);
        acceptor = std::move(*result);
        return acceptor->local().port;
    }

    void dial(std::string host, std::uint16_t port) {
        failure.reset();
        dialling = transport->dial({.scheme = "", .host = std::move(host), .port = port},
                                   [this](auto result) {
                                       if (!result) {
                                           failure = result.error();
                                           return;
                                       }
                                       near = std::move(*result);
                                       near->set_handler(&near_heard);
                                   });
    }

    // The listener still works after what was done to it.
    void expect_service(std::uint16_t port) {
        far.reset();
        far_heard = {};
        dial("127.0.0.1", port);
        ASSERT_TRUE(until([&] { return near && far; }));
        near->send(bytes_of("hello"));
        ASSERT_TRUE(until([&] { return !far_heard.messages.empty(); }));
    }

    RealLoop loop;
    std::unique_ptr<Transport> transport;
    Recorder near_heard;
    Recorder far_heard;
    std::unique_ptr<Acceptor> acceptor;
    std::unique_ptr<Dial> dialling;
    std::unique_ptr<Connection> near;
    std::unique_ptr<Connection> far;
    std::optional<Error> failure;
};

TEST_F(Tcp, resolves_names) {
    std::uint16_t port = listen();
    dial("localhost", port);
    ASSERT_TRUE(until([&] { return near || failure; }));
    EXPECT_TRUE(near) << failure->text;
}

TEST_F(Tcp, tells_an_unknown_name) {
    dial("no-such-host.invalid", 1);
    ASSERT_TRUE(until([&] { return failure.has_value(); }));
    EXPECT_EQ(failure->failure, Failure::unknown_host) << failure->text;
}

TEST_F(Tcp, tells_an_address_of_another_host) {
    auto result = transport->listen({.scheme = "", .host = "192.0.2.1", .port = 0}, [](auto) {});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().failure, Failure::address_not_available) << result.error().text;
}

TEST_F(Tcp, garbage_is_recognised_at_its_first_bytes) {
    std::uint16_t port = listen();
    Stranger browser(port);
    browser.say("RE, this is not it");
    ASSERT_TRUE(until([&] { return browser.is_closed(); }));
    EXPECT_EQ(far, nullptr);
    expect_service(port);
}

TEST_F(Tcp, another_version_is_told) {
    Stranger* other = nullptr;
    std::uint16_t port = listen();
    Stranger newer(port);
    other = &newer;
    newer.say("REOWOLF\x7f");
    ASSERT_TRUE(until([&] { return other->is_closed(); }));
    EXPECT_EQ(far, nullptr);
}

TEST_F(Tcp, a_length_beyond_the_limit_closes) {
    std::uint16_t port = listen();
    Stranger stranger(port);
    stranger.introduce();
    stranger.say_header(0xFFFF'FFFF, 0);
    ASSERT_TRUE(until([&] { return far_heard.closed.has_value(); }));
    EXPECT_TRUE(far_heard.closed_with(Failure::too_large)) << far_heard.closed->text;
    ASSERT_TRUE(until([&] { return stranger.is_closed(); }));
    expect_service(port);
}

TEST_F(Tcp, an_unknown_frame_type_closes) {
    std::uint16_t port = listen();
    Stranger stranger(port);
    stranger.introduce();
    stranger.say_header(0, 77);
    ASSERT_TRUE(until([&] { return far_heard.closed.has_value(); }));
    EXPECT_TRUE(far_heard.closed_with(Failure::protocol)) << far_heard.closed->text;
}

TEST_F(Tcp, half_a_frame_is_no_message) {
    std::uint16_t port = listen();
    Stranger stranger(port);
    stranger.introduce();
    stranger.say_header(5, 0);
    stranger.say("whole");
    stranger.say_header(100, 0);
    stranger.say("not as long");
    stranger.say_no_more();
    ASSERT_TRUE(until([&] { return far_heard.closed.has_value(); }));
    EXPECT_TRUE(far_heard.closed_with(Failure::lost)) << far_heard.closed->text;
    ASSERT_EQ(far_heard.messages.size(), 1u);
    EXPECT_EQ(text_of(far_heard.messages[0]), "whole");
}

TEST_F(Tcp, last_words_are_heard_though_writing_fails) {
    std::uint16_t port = listen();
    std::optional<Stranger> stranger(port);
    stranger->introduce();
    ASSERT_TRUE(until([&] { return far != nullptr; }));
    stranger->say_header(4, 0);
    stranger->say("last");
    stranger->say_header(0, 2);
    stranger.reset();  // without reading: a reset follows whatever is sent to it
    for (int i = 0; i < 100; ++i) far->send(Bytes(100'000));
    ASSERT_TRUE(until([&] { return far_heard.closed.has_value(); }));
    EXPECT_EQ(far_heard.closed_count, 1);
}

// ---- Moving to memory --------------------------------------------------------------------------

std::string frame_of(FrameType type, std::span<const std::byte> body) {
    const auto header = encode({.length = static_cast<std::uint32_t>(body.size()), .type = type});
    std::string text(reinterpret_cast<const char*>(header.data()), header.size());
    text.append(reinterpret_cast<const char*>(body.data()), body.size());
    return text;
}

class Moving : public Tcp {
  protected:
    Offer right_offer(const Stranger& stranger, std::uint16_t port) {
        return {.host = system::boot(),
                .name = {},
                .dialler = "127.0.0.1:" + std::to_string(stranger.port()),
                .dialled = "127.0.0.1:" + std::to_string(port)};
    }
    std::string offered(const Offer& offer) { return frame_of(FrameType::offer, encode(offer)); }
    // What a stranger was told after the preamble, without heartbeats.
    bool was_told(Stranger& stranger, FrameType type, std::string_view text) {
        return until([&] {
            stranger.is_closed();
            const std::string& heard = stranger.heard();
            return heard.size() > preamble_bytes + frame_header_bytes &&
                   heard[preamble_bytes + 4] == static_cast<char>(type) &&
                   heard.find(text) != std::string::npos;
        });
    }
    void expect_deviation() {
        ASSERT_TRUE(until([&] { return far_heard.closed.has_value(); }));
        EXPECT_TRUE(far_heard.closed_with(Failure::protocol)) << far_heard.closed->text;
    }
};

TEST_F(Moving, an_offer_that_cannot_be_taken_is_refused_and_all_goes_on) {
    const std::uint16_t port = listen();
    const auto offer_with = [&](auto change, std::string_view why) {
        Stranger stranger(port);
        Offer offer = right_offer(stranger, port);
        change(offer);
        stranger.introduce();
        stranger.say(offered(offer));
        EXPECT_TRUE(was_told(stranger, FrameType::stays, why)) << why;
        stranger.say_header(5, 0);
        stranger.say("words");
        EXPECT_TRUE(until([&] { return far_heard.messages.size() == 1; }));
        far.reset();
        far_heard = {};
    };
    offer_with([](Offer& offer) { offer.host = "elsewhere"; }, "two hosts");
    offer_with([](Offer& offer) { offer.dialler = "127.0.0.1:1"; }, "relay");
    offer_with([](Offer& offer) { offer.dialled = "127.0.0.2:1"; }, "relay");
    // Nobody waits at a socket of that name.
    offer_with([](Offer& offer) { offer.name[3] = std::byte{9}; }, "refused");
}

TEST_F(Moving, memory_that_could_be_taken_away_is_refused) {
    const std::uint16_t port = listen();
    for (const bool is_small : {false, true}) {
        Stranger stranger(port);
        Offer offer = right_offer(stranger, port);
        RealLoop other_loop;
        asio::local::stream_protocol::acceptor meeting(
            other_loop.context(),
            asio::local::stream_protocol::endpoint(std::string("\0reowolf-", 9) +
                                                   std::string(32, is_small ? '1' : '2')));
        offer.name.fill(is_small ? std::byte{0x11} : std::byte{0x22});
        stranger.introduce();
        stranger.say(offered(offer));
        std::optional<asio::local::stream_protocol::socket> visitor;
        meeting.non_blocking(true);
        ASSERT_TRUE(until([&] {
            asio::error_code error;
            asio::local::stream_protocol::socket socket(other_loop.context());
            meeting.accept(socket, error);
            if (!error) visitor.emplace(std::move(socket));
            return visitor.has_value();
        }));
        auto small = system::SharedMemory::create(4'096);
        ASSERT_TRUE(small);
        const int open_ended = ::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        ASSERT_EQ(::ftruncate(open_ended, MemoryLink::bytes), 0);
        ASSERT_TRUE(system::send_descriptor(visitor->native_handle(),
                                            is_small ? small->descriptor() : open_ended));
        EXPECT_TRUE(was_told(stranger, FrameType::stays, is_small ? "another size" : "shrink"));
        ::close(open_ended);
        far.reset();
    }
}

TEST_F(Moving, an_offer_that_is_malformed_or_comes_twice_or_a_move_without_any_does_no_harm) {
    const std::uint16_t port = listen();
    const Bytes junk(20, std::byte{0xFF});
    Stranger stranger(port);
    stranger.introduce();
    stranger.say(frame_of(FrameType::offer, junk));
    EXPECT_TRUE(was_told(stranger, FrameType::stays, "malformed"));
    stranger.say(frame_of(FrameType::offer, junk));
    expect_deviation();

    far_heard = {};
    Stranger mover(port);
    mover.introduce();
    mover.say_header(0, static_cast<unsigned>(FrameType::moved));
    expect_deviation();

    far_heard = {};
    Stranger talker(port);
    talker.introduce();
    talker.say_header(1'000'000, static_cast<unsigned>(FrameType::offer));
    expect_deviation();
    expect_service(port);
}

TEST_F(Moving, shared_memory_that_is_required_and_not_offered_is_a_failure) {
    acceptor = std::move(*transport->listen({.scheme = "tcp", .host = "127.0.0.1", .port = 0},
                                            [this](auto connection) {
                                                far = std::move(connection);
                                                far->set_handler(&far_heard);
                                            }));
    dialling =
        transport->dial({.scheme = "shm", .host = "127.0.0.1", .port = acceptor->local().port},
                        [this](auto result) {
                            if (!result) failure = result.error();
                        });
    ASSERT_TRUE(until([&] { return failure.has_value(); }));
    EXPECT_EQ(failure->failure, Failure::not_supported);
    EXPECT_NE(failure->text.find("tcp:// is asked for there"), std::string::npos) << failure->text;
}

// Who dials goes on without memory, which is not taken, and learns why.
TEST_F(Moving, memory_that_is_required_where_it_is_dialled_and_cannot_be_had_is_a_failure) {
    acceptor = std::move(*transport->listen({.scheme = "shm", .host = "127.0.0.1", .port = 0},
                                            [](auto) { FAIL() << "it has no memory"; }));
    const std::uint16_t port = acceptor->local().port;
    Forwarder forwarder(loop, port);
    const auto fails_with = [&](const std::string& scheme, std::uint16_t at, const char* why) {
        near_heard = {};
        dialling = transport->dial({.scheme = scheme, .host = "127.0.0.1", .port = at},
                                   [this](auto result) {
                                       near = std::move(*result);
                                       near->set_handler(&near_heard);
                                       near->send(bytes_of("hello"));
                                   });
        ASSERT_TRUE(until([&] { return near_heard.closed.has_value(); }));
        EXPECT_TRUE(near_heard.closed_with(Failure::not_supported)) << near_heard.closed->text;
        EXPECT_NE(near_heard.closed->text.find(why), std::string::npos) << near_heard.closed->text;
    };
    fails_with("tcp", port, "shared memory (shm://) only: none was offered");
    fails_with("", forwarder.port(), "shared memory (shm://) only: there is a relay between them");
    // Whoever says nothing more is not waited for.
    Stranger stranger(port);
    stranger.introduce();
    stranger.say(frame_of(FrameType::offer, Bytes(20)));
    EXPECT_TRUE(was_told(stranger, FrameType::stays, "malformed"));
    stranger.say_no_more();
    EXPECT_TRUE(until([&] { return stranger.is_closed(); }));
}

// A process that is killed in the middle of writing: what it had written is read, and then it is
// lost.
TEST_F(Moving, a_peer_that_is_killed_while_it_fills_the_ring_is_noticed) {
    acceptor = std::move(*transport->listen({.scheme = "shm", .host = "127.0.0.1", .port = 0},
                                            [this](auto connection) {
                                                far = std::move(connection);
                                                far->limit_message_bytes(1u << 20);
                                                far->set_handler(&far_heard);
                                            }));
    const std::uint16_t port = acceptor->local().port;
    const pid_t child = ::fork();
    if (child == 0) {
        RealLoop its_loop;
        auto its_transport = make_tcp_transport(its_loop, Limits{});
        std::unique_ptr<Connection> connection;
        Recorder heard;
        auto its_dial = its_transport->dial({.scheme = "shm", .host = "127.0.0.1", .port = port},
                                            [&](auto result) {
                                                if (!result) ::_exit(1);
                                                connection = std::move(*result);
                                                connection->set_handler(&heard);
                                            });
        while (true) {
            its_loop.run_one(10);
            if (connection && connection->queued_bytes() < (1u << 20)) {
                connection->send(Bytes(70'001, std::byte{7}));
            }
        }
    }
    ASSERT_TRUE(until([&] { return far_heard.messages.size() > 100; }));
    far->set_handler(nullptr);  // so that the ring fills up
    for (int i = 0; i < 20; ++i) loop.run_one(5);
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    far->set_handler(&far_heard);
    ASSERT_TRUE(until([&] { return far_heard.closed.has_value(); }));
    EXPECT_TRUE(far_heard.closed_with(Failure::lost)) << far_heard.closed->text;
    for (const Bytes& message : far_heard.messages) {
        ASSERT_EQ(message, Bytes(70'001, std::byte{7}));
    }
}

TEST_F(Tcp, queues_without_bound_of_the_socket_and_tells_when_drained) {
    std::uint16_t port = listen();
    dial("127.0.0.1", port);
    ASSERT_TRUE(until([&] { return near && far; }));
    far->set_handler(nullptr);
    constexpr std::size_t count = 200;
    for (std::size_t i = 0; i < count; ++i) near->send(Bytes(64 << 10));
    // The socket is full when nothing more leaves within some steps of the loop.
    std::size_t before = 0;
    do {
        before = near->queued_bytes();
        for (int i = 0; i < 10; ++i) loop.run_one(10);
    } while (near->queued_bytes() != before);
    EXPECT_GT(near->queued_bytes(), 0u);
    EXPECT_EQ(near_heard.drained_count, 0);
    far->set_handler(&far_heard);
    ASSERT_TRUE(until([&] { return far_heard.messages.size() == count; }));
    EXPECT_EQ(near_heard.drained_count, 1);
}

TEST_F(Tcp, stop_delivers_what_was_sent_and_closed) {
    RealLoop other_loop;
    auto other = make_tcp_transport(other_loop, Limits{});
    std::uint16_t port = listen();
    constexpr std::size_t bytes = 20u << 20;
    std::thread process([&] {
        std::unique_ptr<Connection> connection;
        auto attempt =
            other->dial({.scheme = "", .host = "127.0.0.1", .port = port}, [&](auto result) {
                connection = std::move(*result);
                connection->send(Bytes(bytes));
                connection->close();
                connection.reset();
                other_loop.stop();
            });
        other_loop.run();
    });
    ASSERT_TRUE(until([&] { return far != nullptr; }));
    far->limit_message_bytes(bytes);
    EXPECT_TRUE(until([&] { return far_heard.closed.has_value(); }));
    process.join();
    ASSERT_EQ(far_heard.messages.size(), 1u);
    EXPECT_TRUE(far_heard.closed_with(Failure::closed)) << far_heard.closed->text;
}

TEST_F(Tcp, running_out_of_descriptors_does_not_end_listening) {
    std::uint16_t port = listen();
    std::vector<std::unique_ptr<Stranger>> strangers;
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    // The next free number is the first that is not given out any more.
    Stranger last(port);
    int next = ::dup(0);
    ::close(next);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(next);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    std::size_t callbacks = 0;
    std::int64_t until_ms = loop.now_ms() + 250;
    while (loop.now_ms() < until_ms) callbacks += loop.run_one(50) ? 1 : 0;
    EXPECT_LT(callbacks, 20u) << "spins";
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    expect_service(port);
}

class ImpatientTcp : public Tcp {
  protected:
    ImpatientTcp()
        : Tcp({.pending_handshakes_max = 3,
               .handshake_patience_ms = 300,
               .silence_patience_ms = 600,
               .heartbeat_ms = 50}) {}
};

TEST_F(ImpatientTcp, who_does_not_introduce_himself_is_closed) {
    std::uint16_t port = listen();
    Stranger mute(port);
    Stranger slow(port);
    slow.say("REOW");
    ASSERT_TRUE(until([&] { return mute.is_closed() && slow.is_closed(); }));
    EXPECT_EQ(far, nullptr);
}

TEST_F(ImpatientTcp, a_dial_to_somebody_mute_times_out) {
    // The system completes connections to a listener whose owner does nothing.
    int mute = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ASSERT_EQ(::bind(mute, reinterpret_cast<sockaddr*>(&address), length), 0);
    ASSERT_EQ(::listen(mute, 5), 0);
    ASSERT_EQ(::getsockname(mute, reinterpret_cast<sockaddr*>(&address), &length), 0);
    dial("127.0.0.1", ntohs(address.sin_port));
    ASSERT_TRUE(until([&] { return failure.has_value(); }));
    EXPECT_EQ(failure->failure, Failure::timed_out) << failure->text;
    ::close(mute);
}

TEST_F(ImpatientTcp, silence_is_noticed_and_heartbeats_are_no_silence) {
    std::uint16_t port = listen();
    Stranger stranger(port);
    stranger.introduce();
    ASSERT_TRUE(until([&] { return far != nullptr; }));
    auto silent = std::move(far);
    dial("127.0.0.1", port);
    ASSERT_TRUE(until([&] { return near && far; }));
    Recorder healthy;
    far->set_handler(&healthy);
    ASSERT_TRUE(until([&] { return far_heard.closed.has_value(); }));
    EXPECT_TRUE(far_heard.closed_with(Failure::timed_out)) << far_heard.closed->text;
    stranger.is_closed();
    // Its heartbeats came regularly all the time.
    EXPECT_GE(stranger.heard().size(), preamble_bytes + 3 * frame_header_bytes);
    EXPECT_FALSE(healthy.closed) << healthy.closed->text;
    EXPECT_FALSE(near_heard.closed);
}

TEST_F(ImpatientTcp, strangers_beyond_the_bound_are_closed_at_once) {
    std::uint16_t port = listen();
    std::vector<std::unique_ptr<Stranger>> flood;
    for (int i = 0; i < 20; ++i) flood.push_back(std::make_unique<Stranger>(port));
    auto closed = [&] {
        return std::ranges::count_if(flood, [](auto& stranger) { return stranger->is_closed(); });
    };
    std::int64_t started_ms = loop.now_ms();
    ASSERT_TRUE(until([&] { return closed() >= 17; }));
    EXPECT_LT(loop.now_ms() - started_ms, 300) << "closed by patience, not by the bound";
    ASSERT_TRUE(until([&] { return closed() == 20; }));
    expect_service(port);
}

TEST_F(ImpatientTcp, close_gives_up_on_who_does_not_read) {
    std::uint16_t port = listen();
    Stranger stranger(port);
    stranger.introduce();
    ASSERT_TRUE(until([&] { return far != nullptr; }));
    for (int i = 0; i < 200; ++i) far->send(Bytes(100'000));
    far->close();
    ASSERT_TRUE(until([&] { return far_heard.closed.has_value(); }));
    EXPECT_TRUE(far_heard.closed_with(Failure::timed_out)) << far_heard.closed->text;
}

}  // namespace

}  // namespace reowolf::post
