// SPDX-License-Identifier: MIT
// Somebody who speaks the frames, but not as a node does.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "post/lasting.hpp"
#include "service/edges.hpp"
#include "service/frames.hpp"
#include "service/simulated.hpp"

namespace reowolf::service {
namespace {

using namespace std::chrono_literals;

// Joins as a child, and keeps what it gets.
class Stranger final : public post::ConnectionHandler {
  public:
    explicit Stranger(SimulatedWorld& world)
        : loop_(world.network().loop("stranger")),
          transport_(post::make_lasting_transport(*loop_, limits_,
                                                  world.network().endpoint("stranger"), {},
                                                  [&world] { return world.random().next(); })),
          dial_(transport_->dial({.scheme = "", .host = "master", .port = 1}, [this](auto result) {
              ASSERT_TRUE(result);
              connection_ = *std::move(result);
              connection_->set_handler(this);
          })) {
        EXPECT_TRUE(world.run_until([this] { return connection_ != nullptr; }));
    }

    void send(const Frame& frame) { connection_->send(encode(frame)); }
    template <class F>
    const F* got() const {
        for (const Frame& each : frames_) {
            if (const auto* frame = std::get_if<F>(&each)) return frame;
        }
        return nullptr;
    }
    bool is_sent_away() const { return got<ExitFrame>() != nullptr || connection_ == nullptr; }

    void on_message(std::vector<std::byte> message) override {
        auto frame = decode(message, limits_);
        ASSERT_TRUE(frame);
        frames_.push_back(*std::move(frame));
    }
    void on_closed(const post::Error&) override { connection_.reset(); }

  private:
    const ServiceLimits limits_ = limits_of_edges({}, 3'000);
    std::unique_ptr<post::Loop> loop_;
    std::unique_ptr<post::Transport> transport_;
    std::vector<Frame> frames_;
    std::unique_ptr<post::Connection> connection_;
    std::unique_ptr<post::Dial> dial_;
};

class Strangers : public testing::Test {
  protected:
    Strangers() {
        master_.provide("one", [] { return 1; });
        master_.listen("master:1");
        master_.start();
    }

    SimulatedWorld world_{1};
    std::unique_ptr<Network> network_ = world_.process("master");
    Node master_{*network_, "master"};
};

const ConfigFrame child = {.role = Role::child, .root = 77, .name = "stranger"};
const RegFrame provides = {{{.number = 1,
                             .is_provided = true,
                             .origin = 77,
                             .name = "length",
                             .parameter_types = "(string)",
                             .result_type = "s32",
                             .version = "1",
                             .providers = 1}}};

TEST_F(Strangers, WhatIsNoValueOfTheTypesIsMalformed) {
    Stranger stranger(world_);
    stranger.send(child);
    stranger.send(provides);
    stranger.send(EchoFrame{});
    ASSERT_TRUE(master_.wait_for("length"));
    auto answer = master_.request<int>("length", "text");
    ASSERT_TRUE(world_.run_until([&] { return stranger.got<ReqFrame>() != nullptr; }));
    const ReqFrame& request = *stranger.got<ReqFrame>();
    EXPECT_EQ(request.destination, 77u);
    EXPECT_EQ(request.creator, master_.id());
    stranger.send(AckFrame{.number = request.number, .text = {}, .result = Bytes(3)});
    // A second answer to the same request is nobody's.
    stranger.send(AckFrame{.number = request.number, .text = {}, .result = Bytes(4)});
    try {
        answer.get();
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::malformed);
    }
    world_.run_for(1'000);
    EXPECT_FALSE(stranger.is_sent_away());
}

TEST_F(Strangers, ParametersThatAreNoValuesAreMalformed) {
    master_.provide("length",
                    [](const std::string& text) { return static_cast<int>(text.size()); });
    Stranger stranger(world_);
    stranger.send(child);
    stranger.send(ReqFrame{.number = 5,
                           .creator = 77,
                           .hops_left = 9,
                           .route = {77},
                           .name = "length",
                           .parameter_types = type_of<std::tuple<std::string>>(),
                           .result_type = type_of<int>(),
                           .parameters = Bytes(3)});
    ASSERT_TRUE(world_.run_until([&] { return stranger.got<AckFrame>() != nullptr; }));
    EXPECT_EQ(stranger.got<AckFrame>()->number, 5u);
    EXPECT_EQ(stranger.got<AckFrame>()->code, Code::malformed);
}

// What somebody may not say ends the connection, and nobody else notices.
TEST_F(Strangers, WhoSaysWhatIsNotHisToSayIsSentAway) {
    const ConfigFrame looks = {.role = Role::inspector, .root = 0, .name = {}};
    ReqFrame without_route;
    without_route.number = 1;
    without_route.name = "one";
    const std::vector<std::vector<Frame>> talks = {
        {EchoFrame{}},
        {ConfigFrame{.magic = 1, .name = {}}},
        {ConfigFrame{.version = 9, .name = {}}},
        {ConfigFrame{.role = Role::parent, .name = {}}},
        {ConfigFrame{.role = Role::child, .root = 0, .name = {}}},
        {child, child},
        {child, HelloFrame{}},
        {child, ListFrame{}},
        {child, ListingFrame{}},
        {child, without_route},
        {looks, provides},
        {looks, EchoFrame{}},
        {looks, without_route},
    };
    for (const auto& talk : talks) {
        Stranger stranger(world_);
        for (const Frame& each : talk) stranger.send(each);
        EXPECT_TRUE(world_.run_until([&] { return stranger.is_sent_away(); }, 10'000))
            << "talk " << &talk - talks.data();
        EXPECT_EQ(master_.call<int>("one"), 1);
    }
    EXPECT_EQ(network_->listing().nodes_total, 1u);
}

}  // namespace
}  // namespace reowolf::service
