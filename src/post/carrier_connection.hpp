// SPDX-License-Identifier: MIT
// One carrier of an association, held by whoever sends and receives on it.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "post/association.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

class CarrierConnection final : public Connection {
  public:
    CarrierConnection(std::shared_ptr<Association> association, std::uint32_t carrier)
        : association_(std::move(association)), carrier_(carrier) {}
    ~CarrierConnection() override { association_->abandon(carrier_); }
    CarrierConnection(const CarrierConnection&) = delete;
    CarrierConnection& operator=(const CarrierConnection&) = delete;

    void set_handler(ConnectionHandler* handler) override {
        association_->set_handler(carrier_, handler);
    }
    void send(Payload message) override {
        Outgoing outgoing;
        outgoing.payload = std::move(message);
        association_->send(carrier_, std::move(outgoing));
    }
    bool take_back_last() override { return association_->take_back_last(carrier_); }
    void close() override { association_->close(carrier_); }
    void abort() override { association_->abort(carrier_); }
    void limit_message_bytes(std::size_t bytes_max) override {
        association_->limit_message_bytes(carrier_, bytes_max);
    }
    void give_back(std::vector<std::byte> bytes) override {
        association_->give_back(carrier_, std::move(bytes));
    }
    void align(std::size_t bytes) override { association_->align(carrier_, bytes); }
    std::size_t queued_bytes() const override { return association_->queued_bytes(carrier_); }
    std::uint64_t acknowledged() const override { return association_->acknowledged(); }
    bool is_handed_over() const override { return association_->is_handed_over(); }
    std::optional<Arriving> arriving() const override { return association_->arriving(carrier_); }
    void set_return_address(const Address& address) override {
        association_->set_return_address(address);
    }
    std::string remote() const override { return association_->remote(); }
    std::string choice() const override { return association_->choice(); }

    // ---- More than other connections can.
    void set_handler(CarrierHandler* handler) { association_->set_handler(carrier_, handler); }
    // See Association.
    bool send(Outgoing&& message) { return association_->send(carrier_, std::move(message)); }
    // While paused, messages wait, and hold the other side back when they are many.
    void pause(bool pauses) { association_->pause(carrier_, pauses); }

    std::expected<std::unique_ptr<CarrierConnection>, Error> fork() {
        auto carrier = association_->open_carrier();
        if (!carrier) return std::unexpected(std::move(carrier.error()));
        return std::make_unique<CarrierConnection>(association_, *carrier);
    }
    // Those that the other side forks from now on, from any carrier of the association.
    void accept_forks(std::function<void(std::unique_ptr<CarrierConnection>)> accept) {
        association_->set_on_carrier([weak = std::weak_ptr(association_),
                                      accept = std::move(accept)](std::uint32_t carrier) {
            if (auto association = weak.lock()) {
                accept(std::make_unique<CarrierConnection>(std::move(association), carrier));
            }
        });
    }
    bool is_up() const { return !association_->has_ended() && !association_->broken_since_ms(); }
    std::uint32_t transients() const { return association_->transients(); }

  private:
    std::shared_ptr<Association> association_;
    std::uint32_t carrier_;
};

}  // namespace reowolf::post
