// SPDX-License-Identifier: MIT
// Requests whose order is kept: each is sent when the one before is answered.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "service/core.hpp"

namespace reowolf::service {

// One for each Function that keeps the order. Lives on after that until all is answered, but ends
// with its node.
class Line : public std::enable_shared_from_this<Line> {
  public:
    static std::shared_ptr<Line> make(NodeRecord& node, std::string name);
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    // First announced, then prepared, which sets its time, and then added: its time may be over at
    // once.
    void announce(Call& call) { CallAccess::line(call) = this; }
    void add(Call& call);
    // A request that was announced has been answered, also if that was before it was sent.
    void on_answer(Call& call);

  private:
    friend class Core;
    struct Pump : Job {
        Line* line = nullptr;
    };

    Line(NodeRecord& node, std::string name);
    void send_next();
    // The node goes: what has not been sent will not be.
    void close();

    Core& core_;
    NodeRecord& node_;
    const std::string name_;
    Way way_;  // of who sends; there is one at a time
    Pump pump_;
    // The node's, for who holds the tree.
    Line* next_ = nullptr;
    Line* previous_ = nullptr;
    bool is_listed_ = false;

    tasks::SpinLock lock_;  // for what follows
    CallQueue waiting_;
    const Call* under_way_ = nullptr;
    bool is_sending_ = false;
    std::shared_ptr<Line> self_;  // while there is anything to send or under way
};

}  // namespace reowolf::service
