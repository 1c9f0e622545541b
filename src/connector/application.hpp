// SPDX-License-Identifier: MIT
// The application's part in a round, as a body that the runtime explores like any other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "machine/value.hpp"
#include "runtime/body.hpp"

namespace reowolf::connector {

// Where the application wants what it gets. Nobody looks at it before the round is over.
struct Room {
    std::byte* bytes = nullptr;
    std::size_t size = 0;
};

// What the application prepared for one port.
struct Prepared {
    enum class Kind { put, offer, get, opt };
    Kind kind = Kind::put;
    std::size_t port = 0;  // index among the peer's ports
    machine::PortHandle handle = 0;
    program::TypeId type = 0;
    machine::Value value;   // of a put or an offer
    bool is_fresh = false;  // it is a port that is made when the round begins
    Room room;              // of a get or an opt
};

// What the application prepared for a round: of the batches one happens, and of that everything
// that is not optional.
using Batches = std::vector<std::vector<Prepared>>;

// The order in which a behaviour uses the ports of a batch: puts first, since no put can depend on
// what this round brings; then the gets.
void put_in_order(Batches& batches);

// A port that may fire or not is a fork between the two.
class ApplicationBody final : public runtime::Body {
  public:
    // The batches are in order. `must_fire`: at least one port fires in every behaviour. Then
    // batches without any are left out; one at least must remain.
    ApplicationBody(std::shared_ptr<const Batches> batches, bool must_fire)
        : batches_(std::move(batches)), must_fire_(must_fire) {}

    // A port that fired, with what went out or came in.
    struct Fired {
        std::size_t port = 0;
        bool came_in = false;
        program::TypeId type = 0;
        machine::Value value;
        bool is_fresh = false;
    };
    std::vector<Fired> take_fired() { return std::move(fired_); }
    std::size_t batch() const { return batch_; }

    std::unique_ptr<Body> clone() const override {
        return std::make_unique<ApplicationBody>(*this);
    }
    std::optional<machine::Request> run(std::uint32_t& budget) override;
    void got(machine::Value message) override;
    void chose(std::uint32_t index) override;
    void fires(bool) override {}
    void made(machine::PortHandle, machine::PortHandle) override {}
    std::unique_ptr<runtime::Foresight> foresee() const override;
    bool has_one_behaviour() const override;
    std::size_t get_later() override;
    void got_later(std::size_t place, machine::Value&& message) override;
    bool can_go_back() const override { return true; }
    void go_back() override;
    bool same_state(const Body&) const override { return false; }
    bool takes_option() const override;
    bool leaves_out(std::uint32_t more_than, const IsThere& is_there) const override;

  private:
    class Future;

    const Prepared& next() const { return (*batches_)[batch_][next_]; }

    std::shared_ptr<const Batches> batches_;
    bool must_fire_ = false;
    bool has_batch_ = false;
    std::size_t batch_ = 0;
    std::size_t next_ = 0;
    bool takes_option_ = false;
    std::vector<Fired> fired_;
};

}  // namespace reowolf::connector
