// SPDX-License-Identifier: MIT
#include "service/line.hpp"

#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace reowolf::service {

Line::Line(NodeRecord& node, std::string name)
    : core_(*node.core), node_(node), name_(std::move(name)) {
    pump_.line = this;
    pump_.run = [](Job& job) { static_cast<Pump&>(job).line->send_next(); };
}

std::shared_ptr<Line> Line::make(NodeRecord& node, std::string name) {
    std::shared_ptr<Line> line(new Line(node, std::move(name)));
    node.core->enter(node, *line);
    return line;
}

Line::~Line() {
    core_.erase(*this);
}

void Line::add(Call& call) {
    {
        const std::scoped_lock lock(lock_);
        if (CallAccess::line(call) == nullptr) return;  // its time is over already
        call.retain();
        waiting_.push(call);
        if (self_) return;
        self_ = shared_from_this();
    }
    core_.scheduler().start(pump_);
}

void Line::on_answer(Call& call) {
    std::shared_ptr<Line> self;  // may be the last who holds it
    {
        const std::scoped_lock lock(lock_);
        CallAccess::line(call) = nullptr;
        if (under_way_ != &call) return;
        under_way_ = nullptr;
        if (is_sending_) return;  // who sends goes on
        if (waiting_.empty()) {
            self = std::move(self_);
            return;
        }
    }
    core_.scheduler().start(pump_);
}

void Line::send_next() {
    std::shared_ptr<Line> self;  // may be the last who holds it
    for (bool goes_on = true; goes_on;) {
        Call* call = nullptr;
        {
            const std::scoped_lock lock(lock_);
            while ((call = waiting_.pop()) != nullptr && CallAccess::line(*call) == nullptr) {
                call->release();  // its time is over
            }
            under_way_ = call;
            is_sending_ = call != nullptr;
            if (call == nullptr) self = std::move(self_);
        }
        if (call == nullptr) return;
        core_.send(*call, node_, name_, &way_);
        call->release();
        const std::scoped_lock lock(lock_);
        is_sending_ = false;
        goes_on = under_way_ == nullptr;
    }
}

void Line::close() {
    CallQueue rest;
    for (bool is_sending = true; is_sending;) {
        {
            const std::scoped_lock lock(lock_);
            is_sending = is_sending_;
            if (!is_sending) std::swap(rest, waiting_);
        }
        // It takes as long as finding the way of a request.
        if (is_sending) std::this_thread::yield();
    }
    while (Call* call = rest.pop()) {
        call->fail(Code::left, fmt::format("the node that requests '{}' has left", name_));
        call->release();
    }
}

void Core::enter(NodeRecord& node, Line& line) {
    const std::scoped_lock lock(tree_mutex_);
    line.next_ = std::exchange(node.lines, &line);
    if (line.next_ != nullptr) line.next_->previous_ = &line;
    line.is_listed_ = true;
}

void Core::erase(Line& line) {
    const std::scoped_lock lock(tree_mutex_);
    if (!std::exchange(line.is_listed_, false)) return;
    (line.previous_ != nullptr ? line.previous_->next_ : line.node_.lines) = line.next_;
    if (line.next_ != nullptr) line.next_->previous_ = line.previous_;
}

void Core::close_lines(NodeRecord& node) {
    std::vector<std::shared_ptr<Line>> lines;
    {
        const std::scoped_lock lock(tree_mutex_);
        for (Line* line = node.lines; line != nullptr; line = line->next_) {
            line->is_listed_ = false;
            if (auto held = line->weak_from_this().lock()) lines.push_back(std::move(held));
        }
        node.lines = nullptr;
    }
    for (const auto& line : lines) line->close();
    // Those that have had their job end here, without holding the tree.
    const std::scoped_lock lock(tree_mutex_);
    lines.swap(closed_lines_);
    for (auto& line : lines) {
        if (line.use_count() > 1) closed_lines_.push_back(std::move(line));
    }
}

void Core::drop_lines() {
    for (const auto& line : closed_lines_) line->self_.reset();
    closed_lines_.clear();
}

}  // namespace reowolf::service
