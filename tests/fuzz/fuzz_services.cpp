// SPDX-License-Identifier: MIT
// libFuzzer: any bytes as a frame of the service network, and as what another process says to one
// that listens, or that has joined it: after the greeting, each message is its length in a byte and
// its bytes. Whatever that is, the network goes on serving.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <reowolf/service.hpp>

#include "base/service_limits.hpp"
#include "post/lasting.hpp"
#include "service/edges.hpp"
#include "service/frames.hpp"
#include "service/simulated.hpp"

namespace {

namespace rs = reowolf::service;
namespace post = reowolf::post;

using Bytes = std::span<const std::byte>;

// There is one way to say a thing.
void try_frame(Bytes bytes) {
    const auto frame = rs::decode(bytes, reowolf::ServiceLimits{});
    if (frame && !std::ranges::equal(rs::encode(*frame), bytes)) std::abort();
}

// The other process.
class Stranger {
  public:
    explicit Stranger(rs::SimulatedWorld& world)
        : limits_(rs::limits_of_edges({}, 1'000)),
          loop_(world.network().loop("stranger")),
          transport_(post::make_lasting_transport(*loop_, limits_,
                                                  world.network().endpoint("stranger"), {},
                                                  [&world] { return world.random().next(); })) {}

    void listen() {
        acceptor_ = *transport_->listen(
            {.scheme = "", .host = "stranger", .port = 1},
            [this](std::unique_ptr<post::Connection> one) { connection_ = std::move(one); });
    }
    void dial() {
        dial_ = transport_->dial({.scheme = "", .host = "victim", .port = 1}, [this](auto result) {
            if (result) connection_ = *std::move(result);
        });
    }
    bool is_connected() const { return connection_ != nullptr; }
    void say(std::vector<std::byte> message) { connection_->send(std::move(message)); }

  private:
    const reowolf::ServiceLimits limits_;
    std::unique_ptr<post::Loop> loop_;
    std::unique_ptr<post::Transport> transport_;
    std::unique_ptr<post::Acceptor> acceptor_;
    std::unique_ptr<post::Dial> dial_;
    std::unique_ptr<post::Connection> connection_;
};

enum : unsigned { as_parent = 1, greets = 2, as_inspector = 4 };

void try_conversation(unsigned how, Bytes rest) {
    using namespace std::chrono_literals;
    rs::SimulatedWorld world(1, {.tick = 200ms, .tick_patience = 1'000ms});
    Stranger stranger(world);
    const auto network = world.process("victim");
    rs::Node root(*network, "victim");
    rs::Node inner(root, "inner");  // has its own, whatever the stranger says that it provides
    inner.provide("add", [](std::int32_t a, std::int32_t b) { return a + b; });
    root.start();
    if ((how & as_parent) != 0) {
        stranger.listen();
        root.join("stranger:1");
    } else {
        root.listen("victim:1");
        stranger.dial();
    }
    if (!world.run_until([&] { return stranger.is_connected(); }, 10'000)) std::abort();
    if ((how & greets) != 0) {
        rs::ConfigFrame config{.root = 5, .name = "stranger"};
        config.role = (how & as_parent) != 0      ? rs::Role::parent
                      : (how & as_inspector) != 0 ? rs::Role::inspector
                                                  : rs::Role::child;
        stranger.say(rs::encode(config));
    }
    while (!rest.empty()) {
        const auto length = static_cast<std::size_t>(rest.front());
        rest = rest.subspan(1);
        const auto message = rest.first(std::min(length, rest.size()));
        rest = rest.subspan(message.size());
        stranger.say({message.begin(), message.end()});
    }
    world.run_for(300);
    if (inner.call<std::int32_t>("add", 1, 2) != 3) std::abort();
}

}  // namespace

// libFuzzer calls it by this name: NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    try_frame(bytes);
    if (size > 0) try_conversation(std::to_integer<unsigned>(bytes.front()), bytes.subspan(1));
    return 0;
}
