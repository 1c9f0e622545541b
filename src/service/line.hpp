// SPDX-License-Identifier: MIT
// Requests whose order is kept: each is sent when the one before is answered.
#pragma once

#include <memory>
#include <string>

#include "service/core.hpp"

namespace reowolf::service {

class Line : public std::enable_shared_from_this<Line> {
  public:
    Line(NodeRecord& node, std::string name) : node_(node), name_(std::move(name)) {
        pump_.line = this;
        pump_.run = [](Job& job) { static_cast<Pump&>(job).line->send_next(); };
    }

    void add(Call& call);
    // A request that was added has been answered, also if that was before it was sent.
    void on_answer(Call& call);

  private:
    struct Pump : Job {
        Line* line = nullptr;
    };

    void send_next();

    NodeRecord& node_;
    const std::string name_;
    Way way_;  // of who sends; there is one at a time
    Pump pump_;
    tasks::SpinLock lock_;
    CallQueue waiting_;
    const Call* under_way_ = nullptr;
    std::shared_ptr<Line> self_;  // while there is anything to send or under way
};

}  // namespace reowolf::service
