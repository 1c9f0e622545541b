// SPDX-License-Identifier: MIT
// What a Carrier stands for. Lives on the office's thread, but for what says otherwise.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <reowolf/post.hpp>

#include "carriers/office.hpp"
#include "post/carrier_connection.hpp"

namespace reowolf::post {

class Carrier::State final : public CarrierHandler, public std::enable_shared_from_this<State> {
  public:
    State(std::shared_ptr<Office::Core> office, std::unique_ptr<CarrierConnection> connection,
          const Policy& policy);
    ~State() override = default;
    // To be called once, when somebody shares it.
    void begin();

    // From any thread.
    std::expected<MessageId, Trouble> send(Message&& message);
    void close();
    std::size_t queued_bytes() const { return queued_bytes_; }
    Office::Core& office() { return *office_; }

    void when_writable(std::function<void()> done);
    void receive(OnReceived done);
    std::expected<Carrier, Trouble> fork();
    void accept_forks(std::function<void(Carrier)> accept);
    // The Carrier is gone.
    void release();
    // Nothing is to be learnt any more.
    void give_up();
    void end(Trouble why);
    Path path() const;

    void on_incoming(Incoming message) override;
    void on_closed(const Error& why) override;
    void on_fate(std::uint64_t id, Sending::Fate fate) override;
    void on_left(std::size_t cost) override { unqueue(cost); }

  private:
    struct Pending {
        MessageId id = 0;
        bool is_late = false;  // the carrier had been closed
        Message message;
    };
    // One whose sender is told what becomes of it.
    struct Followed {
        std::size_t cost = 0;  // as long as it waits
        std::function<void(Event)> on_event;
    };

    void queue_outbox();
    void queue_all(std::vector<Pending> pending);
    void queue(Pending&& pending);
    void take_off(std::size_t cost);
    // The same; tells who waits for room.
    void unqueue(std::size_t cost);
    void read_if_wanted();
    void let_go_when_told();

    std::shared_ptr<Office::Core> office_;
    std::unique_ptr<CarrierConnection> connection_;
    Policy policy_;
    std::optional<Trouble> end_;
    OnReceived receiving_;
    std::function<void()> writable_;
    bool is_released_ = false;
    bool is_receiving_ = false;  // its receiver is being called
    std::map<MessageId, Followed> followed_;

    std::atomic<std::size_t> queued_bytes_ = 0;
    // Of these: a message that has more of them than may wait, the only one there can be.
    std::atomic<std::size_t> oversized_ = 0;
    std::atomic<std::uint16_t> oversized_niceness_ = 0;
    // From other threads, for the office's. A later message has a greater id, and is late if an
    // earlier one was.
    std::mutex outbox_mutex_;
    std::vector<Pending> outbox_;
    bool is_closed_ = false;
};

}  // namespace reowolf::post
