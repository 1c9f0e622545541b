// SPDX-License-Identifier: MIT
// std.io.stdin
#pragma once

#include <string>
#include <string_view>

#include "native/component.hpp"

namespace reowolf::native {

// Puts the lines of standard input, one a round, and ends with them.
class InputLines final : public Component {
  public:
    InputLines(const Self& self, Port to) : Component(self), to_(to) {}

    std::unique_ptr<Body> clone() const override { return std::make_unique<InputLines>(*this); }
    std::optional<machine::Request> run(std::uint32_t& budget) override;

  private:
    enum class Next { fetch, put, end };
    Port to_;
    machine::Value line_;
    Next next_ = Next::fetch;
};

// Each byte that is not part of a character becomes U+FFFD.
std::string as_utf8(std::string_view bytes);

}  // namespace reowolf::native
