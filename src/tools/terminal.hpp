// SPDX-License-Identifier: MIT
// The terminal as a peer: what comes out of an open port is printed as a line `port: value`, and a
// line `port: value` of standard input goes into one.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "runtime/body.hpp"

namespace reowolf::tools {

// Prints every message of its port, as long as there are any. A round may bring any number.
class PortPrinter final : public runtime::Body {
  public:
    PortPrinter(const program::Program& program, std::string name, program::TypeId type,
                machine::PortHandle port);

    std::unique_ptr<Body> clone() const override { return std::make_unique<PortPrinter>(*this); }
    std::optional<machine::Request> run(std::uint32_t& budget) override;
    void got(machine::Value message) override { message_ = std::move(message); }
    void chose(std::uint32_t alternative) override {
        next_ = alternative == 0 ? Next::end : Next::get;
    }
    void fires(bool) override {}
    void made(machine::PortHandle, machine::PortHandle) override {}
    bool same_state(const Body&) const override { return false; }

  private:
    // After 'choose' the round is over for this port, or another message comes.
    enum class Next { begin, get, print, choose, end };
    const program::Program* program_;
    std::string name_;
    program::TypeId type_;
    machine::PortHandle port_;
    Next next_ = Next::begin;
    machine::Value message_;
};

// Puts what it is fed into its port, one message a round, until there is no more to come.
class PortFeeder final : public runtime::Body {
  public:
    struct Supply {
        std::deque<machine::Value> waiting;
        bool is_over = false;
    };

    PortFeeder(std::shared_ptr<Supply> supply, program::TypeId type, machine::PortHandle port)
        : supply_(std::move(supply)), type_(type), port_(port) {}

    std::unique_ptr<Body> clone() const override { return std::make_unique<PortFeeder>(*this); }
    std::optional<machine::Request> run(std::uint32_t& budget) override;
    void got(machine::Value) override {}
    void chose(std::uint32_t) override {}
    void fires(bool) override {}
    void made(machine::PortHandle, machine::PortHandle) override {}
    bool same_state(const Body&) const override { return false; }

  private:
    enum class Next { begin, put, end, passed };
    std::shared_ptr<Supply> supply_;
    program::TypeId type_;
    machine::PortHandle port_;
    Next next_ = Next::begin;
};

}  // namespace reowolf::tools
