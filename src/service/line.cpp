// SPDX-License-Identifier: MIT
#include "service/line.hpp"

#include <mutex>
#include <utility>

namespace reowolf::service {

void Line::add(Call& call) {
    call.retain();
    CallAccess::line(call) = this;
    {
        const std::scoped_lock lock(lock_);
        waiting_.push(call);
        if (self_) return;
        self_ = shared_from_this();
    }
    node_.core->scheduler().start(pump_);
}

void Line::on_answer(Call& call) {
    {
        const std::scoped_lock lock(lock_);
        CallAccess::line(call) = nullptr;
        if (under_way_ != &call) return;
        under_way_ = nullptr;
    }
    node_.core->scheduler().start(pump_);
}

void Line::send_next() {
    std::shared_ptr<Line> self;  // may be the last who holds it
    Call* call = nullptr;
    {
        const std::scoped_lock lock(lock_);
        while ((call = waiting_.pop()) != nullptr && CallAccess::line(*call) == nullptr) {
            call->release();  // its time is over
        }
        under_way_ = call;
        if (call == nullptr) self = std::move(self_);
    }
    if (call == nullptr) return;
    node_.core->send(*call, node_, name_, &way_);
    call->release();
}

}  // namespace reowolf::service
