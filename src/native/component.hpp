// SPDX-License-Identifier: MIT
// What native components have in common: most requests need no answer.
#pragma once

#include <cassert>

#include "base/span.hpp"
#include "native/outside.hpp"
#include "runtime/body.hpp"

namespace reowolf::native {

// Whose body it is.
struct Self {
    Outside& outside;
    runtime::ComponentIndex component;
    Span declared;
};

struct Port {
    machine::PortHandle handle = 0;
    program::TypeId type = 0;  // of its messages
};

class Component : public runtime::Body {
  public:
    explicit Component(const Self& self) : self_(self) {}

    void got(machine::Value) override { assert(false); }
    void chose(std::uint32_t) override { assert(false); }
    void fires(bool) override { assert(false); }
    void made(machine::PortHandle, machine::PortHandle) override { assert(false); }
    // None is ever silent, so nobody asks.
    bool same_state(const runtime::Body&) const override { return false; }
    Span position() const override { return self_.declared; }

  protected:
    Outside& outside() const { return self_.outside; }
    runtime::ComponentIndex index() const { return self_.component; }

  private:
    Self self_;
};

}  // namespace reowolf::native
