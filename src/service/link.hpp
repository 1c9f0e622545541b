// SPDX-License-Identifier: MIT
// The edge of the tree that leads to another process, as long as one carrier lives.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "post/carrier_connection.hpp"
#include "post/loop.hpp"
#include "service/core.hpp"
#include "service/frames.hpp"
#include "service/provider.hpp"

namespace reowolf::service {

class Edges;
class Link;
struct Joint;

// The providers of one name in one tree of another process.
class RemoteProvider final : public Provider {
  public:
    RemoteProvider(std::shared_ptr<Link> link, const RegFrame::Entry& entry);

    Taken push(Call& call) override;
    std::uint64_t load_ns() const override;
    bool is_idle() const override { return outstanding_.load(std::memory_order_relaxed) == 0; }

    void update(const RegFrame::Entry& entry);
    void on_answer(const Call& call);
    bool is_jammed() const override { return is_jammed_.load(std::memory_order_relaxed); }
    RegFrame::Entry describe() const override;
    ServiceLine line() const override;

  private:
    friend class Link;
    const std::shared_ptr<Link> link_;
    std::atomic<std::uint32_t> outstanding_ = 0;
    std::atomic<std::uint64_t> served_ = 0;
    std::atomic<std::uint64_t> failed_ = 0;
    // As the other side has said lately.
    std::atomic<std::uint32_t> providers_ = 1;
    std::atomic<std::uint32_t> waiting_ = 0;
    std::atomic<std::uint64_t> time_ns_ = 0;
    std::atomic<bool> is_jammed_ = false;
};

// All but send, request, answer and echo happen on the loop.
class Link final : public post::ConnectionHandler, public std::enable_shared_from_this<Link> {
  public:
    // A carrier that has come to a node that listens, or that `joint` has made.
    Link(Edges& edges, NodeRecord& node, Joint* joint,
         std::unique_ptr<post::CarrierConnection> carrier);

    void begin();
    void send(const Frame& frame);
    // A request for the other side. Up if there is no provider.
    Provider::Taken request(Call& call, std::string_view name, NodeId destination,
                            std::shared_ptr<RemoteProvider> provider);
    // One that came from there has been answered.
    void answer(const AckFrame& frame, bool answer_wanted);

    // What is provided here and below, as far as the other side does not know it yet.
    void announce();
    // From any thread: the tree here is up. First it is told what is provided in it, as whoever has
    // waited for this may request it then.
    void echo();
    // Says good-bye.
    void leave(const std::string& reason);
    // The end, whoever has made it.
    void end(Event::Kind kind, const std::string& reason);
    bool has_ended() const { return has_ended_; }
    const NodeRecord* proxy() const { return proxy_; }
    const NodeRecord& node() const { return node_; }
    const Joint* joint() const { return joint_; }
    const std::string& remote() const { return remote_; }
    // Who holds the tree may look.
    const RemoteProviders& providers() const { return providers_; }

    void on_message(std::vector<std::byte> message) override;
    void on_closed(const post::Error& why) override;
    void on_drained() override { queued_bytes_ = 0; }

  private:
    struct Pending {
        Call* call = nullptr;
        std::shared_ptr<RemoteProvider> provider;
    };
    struct Waiting {
        Bytes bytes;
        bool is_urgent = false;
    };
    enum class Stage : std::uint8_t { introducing, open, ended };

    void on_frame(ConfigFrame& frame);
    void on_frame(HelloFrame& frame);
    void on_frame(EchoFrame& frame);
    void on_frame(TickFrame& frame);
    void on_frame(ExitFrame& frame);
    void on_frame(RegFrame& frame);
    void on_frame(ReqFrame& frame);
    void on_frame(AckFrame& frame);
    void on_frame(ListFrame& frame);
    void on_frame(ListingFrame& frame);
    void take_child(const ConfigFrame& frame);
    void enter(const RegFrame::Entry& entry);
    void tick();
    void flush();
    void announce_now();
    void queue(Bytes bytes, bool is_urgent);
    void protest(const char* what);

    Edges& edges_;
    NodeRecord& node_;                                  // that listens, or that has joined
    Joint* const joint_;                                // if it has joined
    std::unique_ptr<post::CarrierConnection> carrier_;  // until the end
    const std::string remote_;
    Stage stage_ = Stage::introducing;
    bool inspects_ = false;
    NodeRecord* proxy_ = nullptr;  // the child at the other side
    RemoteProviders providers_;
    std::map<std::string, RegFrame::Entry> announced_;
    std::uint32_t last_entry_ = 0;
    post::TimerId tick_timer_ = 0;
    std::uint64_t ticks_ = 0;
    std::int64_t heard_ms_ = 0;

    std::atomic<std::size_t> queued_bytes_ = 0;  // given to the carrier
    std::atomic<std::uint32_t> serving_ = 0;     // requests from there
    std::atomic<std::uint64_t> last_request_ = 0;
    std::atomic<bool> has_ended_ = false;
    std::mutex mutex_;  // for what follows
    std::vector<Waiting> outbox_;
    std::size_t outbox_bytes_ = 0;
    std::unordered_map<std::uint64_t, Pending> pending_;
};

// A request that has come from another process.
class RemoteCall final : public Call {
  public:
    RemoteCall(std::weak_ptr<Link> link, ReqFrame frame);

    Place arguments() override { return {}; }
    void write_arguments(Bytes& out) override { out = frame_.parameters; }
    Place result() override { return {}; }
    bool read_result(std::span<const std::byte> bytes) override {
        result_.assign(bytes.begin(), bytes.end());
        return true;
    }
    const std::string& parameter_types() const override { return frame_.parameter_types; }
    const std::string* result_type() const override {
        return frame_.result_type ? &*frame_.result_type : nullptr;
    }
    const ReqFrame& frame() const { return frame_; }

  private:
    void answered() override;

    const std::weak_ptr<Link> link_;
    const ReqFrame frame_;
    Bytes result_;
};

}  // namespace reowolf::service
