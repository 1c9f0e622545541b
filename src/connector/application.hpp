// SPDX-License-Identifier: MIT
// The application's part in a round, as a body that the runtime explores like any other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "machine/value.hpp"
#include "runtime/body.hpp"

namespace reowolf::connector {

// What the application prepared for one port.
struct Prepared {
    enum class Kind { put, get, opt };
    Kind kind = Kind::put;
    std::size_t port = 0;  // index among the peer's ports
    machine::PortHandle handle = 0;
    program::TypeId type = 0;
    machine::Value value;  // of a put
};

// Puts first, since no put can depend on what this round brings; then the gets; an optional get is
// a fork between getting and not.
class ApplicationBody final : public runtime::Body {
  public:
    explicit ApplicationBody(std::vector<Prepared> prepared);

    struct Received {
        std::size_t port = 0;
        machine::Value value;
    };
    const std::vector<Received>& received() const { return received_; }

    std::unique_ptr<Body> clone() const override {
        return std::make_unique<ApplicationBody>(*this);
    }
    std::optional<machine::Request> run(std::uint32_t& budget) override;
    void got(machine::Value message) override;
    void chose(std::uint32_t index) override;
    void fires(bool) override {}
    void made(machine::PortHandle, machine::PortHandle) override {}
    bool same_state(const Body&) const override { return false; }

  private:
    std::shared_ptr<const std::vector<Prepared>> prepared_;
    std::size_t next_ = 0;
    bool takes_option_ = false;
    std::vector<Received> received_;
};

}  // namespace reowolf::connector
