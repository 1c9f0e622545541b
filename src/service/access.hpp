// SPDX-License-Identifier: MIT
// What this layer keeps in a call, which programs have no business with.
#pragma once

#include <reowolf/service/call.hpp>

namespace reowolf::service {

struct CallAccess {
    static auto& timer(Call& call) { return call.timer_; }
    static bool& has_timer(Call& call) { return call.has_timer_; }
    static Call*& next(Call& call) { return call.next_; }
    static Core*& core(Call& call) { return call.core_; }
    static LocalProvider*& provider(Call& call) { return call.provider_; }
    static Line*& line(Call& call) { return call.line_; }
    // 0: any tree, or one of these.
    static constexpr NodeId this_tree = 1;
    static NodeId& wanted_tree(Call& call) { return call.wanted_tree_; }
    static NodeId wanted_tree(const Call& call) { return call.wanted_tree_; }
    static std::int64_t& deadline_ns(Call& call) { return call.deadline_ns_; }
    static std::int64_t& begun_ns(Call& call) { return call.begun_ns_; }
    static const std::string& text(const Call& call) { return call.text_; }
    // True for the second who says so: of the coroutine that has ended, and of who started it.
    static bool is_second(Call& call) { return call.served_.exchange(1) != 0; }
};

// A queue of calls, linked through themselves.
class CallQueue {
  public:
    bool empty() const { return first_ == nullptr; }
    void push(Call& call) {
        CallAccess::next(call) = nullptr;
        (first_ == nullptr ? first_ : CallAccess::next(*last_)) = &call;
        last_ = &call;
    }
    Call* pop() {
        Call* call = first_;
        if (call != nullptr) first_ = CallAccess::next(*call);
        return call;
    }

  private:
    Call* first_ = nullptr;
    Call* last_ = nullptr;
};

}  // namespace reowolf::service
