// SPDX-License-Identifier: MIT
// What a component runs: PDL on the machine, or native code that behaves like it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/span.hpp"
#include "machine/comparison.hpp"
#include "machine/forecast.hpp"
#include "machine/machine.hpp"
#include "machine/ports.hpp"
#include "runtime/errand.hpp"

namespace reowolf::embedding {
struct Seat;
}

namespace reowolf::runtime {

struct TraceLine {
    std::string kind;  // the keyword of its routine
    std::string name;
    Span where;
};

// What a behaviour that waits for a message will do, whatever the message is. First got() is
// called; after it and after everything but a get, next().
class Foresight {
  public:
    virtual ~Foresight() = default;
    virtual void got(std::optional<machine::Value> message) = 0;  // none: not known
    virtual std::optional<machine::Foreseen> next() = 0;          // none: not certain
};

// Where one behaviour of a component stands. Copying it is how a behaviour splits.
class Body {
  public:
    virtual ~Body() = default;
    virtual std::unique_ptr<Body> clone() const = 0;

    // Runs to the next request. Nothing: it waits for something outside; see Runtime::resume.
    virtual std::optional<machine::Request> run(std::uint32_t& budget) = 0;
    // Of a coroutine that was not run by run(), but by another one that waits, in whose turn it had
    // its own: as if run() had.
    virtual std::optional<machine::Request> has_run() { return std::nullopt; }
    // Of a coroutine: by which others can exchange numbers with it, and go on with it, without
    // asking the body. Lasts as long as the body does.
    virtual embedding::Seat* seat() { return nullptr; }
    // Whether something outside can still let it go on, also while it is in a sync block: time, or
    // input. Asked of the body that its sync block, if it is in one, begins with.
    virtual bool awaits_outside() const { return false; }

    // The answers; see machine::State.
    virtual void got(machine::Value message) = 0;
    // Of one that has chosen among ports by Runtime::get_any_at_once().
    virtual void got_from(std::uint32_t chosen, machine::Value message) {
        chose(chosen);
        got(std::move(message));
    }
    virtual void chose(std::uint32_t index) = 0;
    virtual void fires(bool yes) = 0;
    virtual void made(machine::PortHandle out, machine::PortHandle in) = 0;
    // Before that: what the ends are called. They live as long as the program.
    virtual std::pair<std::string_view, std::string_view> channel_names() const { return {}; }

    // Of one that waits for a message. Null: nothing is certain.
    virtual std::unique_ptr<Foresight> foresee() const { return nullptr; }

    // Before its sync block: whether it has one behaviour there, whatever it gets. Then a message
    // may be told to it later than it goes on; by the place that it names.
    virtual bool has_one_behaviour() const { return false; }
    virtual std::size_t get_later() { return 0; }
    virtual void got_later(std::size_t /*place*/, machine::Value&& /*message*/) {}

    // Whether it goes back to where its sync block begins when told so: then it need not be copied
    // there. Only while it has not been copied since.
    virtual bool can_go_back() const { return false; }
    virtual void go_back() {}

    // Of the user's making: its errors and that it is stuck are reported, like those of PDL. Others
    // end quietly.
    virtual bool reports() const { return false; }
    // Of the body that its sync block begins with: that a port of the block is closed does not end
    // it. It is told so, and is outside of the block then.
    virtual bool notices_closing() const { return false; }
    virtual void notice_closing() {}

    // Whether both would go on alike. Asked of two bodies of one component.
    virtual bool same_state(const Body& other) const = 0;
    // Whether the get that it waits in is one that its owner would rather have than not.
    virtual bool takes_option() const { return false; }
    // Whether it has left out more than so much of what it would rather have had: gets of which
    // `is_there` says so, of the port; and puts that have companions.
    using IsThere = std::function<bool(machine::PortHandle)>;
    virtual bool leaves_out(std::uint32_t /*more_than*/, const IsThere& /*is_there*/) const {
        return false;
    }
    // Of a native component whose last request is a fork each of whose alternatives begins with a
    // get: the ports, by alternative. Empty if they cannot be told beforehand.
    virtual std::span<const machine::PortHandle> ports_to_choose() const { return {}; }
    // About what it holds in memory for this behaviour. Not while its code is away.
    virtual std::uint64_t bytes() const { return 0; }
    virtual Span position() const { return {}; }
    virtual std::vector<TraceLine> trace() const { return {}; }
};

// PDL.
class ProgramBody final : public Body {
  public:
    struct Shared {
        const program::Program& program;
        machine::Machine machine;
        machine::StateComparison comparison;
        machine::PortFinder ports;
        Limits limits;
        Workers* workers = nullptr;  // if there are any
        std::size_t away = 0;        // bodies
    };

    ProgramBody(Shared& shared, machine::State state)
        : shared_(&shared), state_(std::move(state)) {}
    ProgramBody(const ProgramBody& other)
        : Body(other), shared_(other.shared_), state_(other.state_) {}
    ProgramBody& operator=(const ProgramBody&) = delete;
    ~ProgramBody() override { take_back(); }

    // Its code, of which so many instructions have been run, is given to the workers. Until it is
    // back, it can be asked nothing but where it is, which is then where it left.
    void leave(ComponentIndex component, std::optional<wire::NodeId> behaviour,
               std::uint64_t instructions);
    bool is_away() const { return errand_ != nullptr; }
    // It has returned. What it needs, and how many instructions were run.
    machine::Request come_back(std::uint64_t& instructions);
    // Wherever it is; what it needs is lost.
    void take_back();

    std::unique_ptr<Body> clone() const override { return std::make_unique<ProgramBody>(*this); }
    std::optional<machine::Request> run(std::uint32_t& budget) override {
        return shared_->machine.run(state_, budget);
    }
    void got(machine::Value message) override { state_.got(std::move(message)); }
    void chose(std::uint32_t index) override { state_.chose(index); }
    void fires(bool yes) override { state_.fires(yes); }
    void made(machine::PortHandle out, machine::PortHandle in) override { state_.made(out, in); }
    std::pair<std::string_view, std::string_view> channel_names() const override {
        return state_.channel_names();
    }
    std::unique_ptr<Foresight> foresee() const override;
    bool reports() const override { return true; }
    bool same_state(const Body& other) const override;
    std::uint64_t bytes() const override { return sizeof(*this) + state_.bytes(); }
    machine::State& state() { return state_; }
    const machine::State& state() const { return state_; }
    Span position() const override { return errand_ ? errand_->left_at : state_.position(); }
    std::vector<TraceLine> trace() const override;

  private:
    Shared* shared_;
    machine::State state_;
    std::unique_ptr<Errand> errand_;  // if it is away
};

}  // namespace reowolf::runtime
