// SPDX-License-Identifier: MIT
// What native components need from outside, at a peer of a connector: the time of its loop.
// Standard input is the application's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/random.hpp"
#include "native/outside.hpp"
#include "post/loop.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::connector {

class LoopOutside final : public native::Outside {
  public:
    LoopOutside(post::Loop& loop, std::uint64_t seed);
    ~LoopOutside() override;
    LoopOutside(const LoopOutside&) = delete;
    LoopOutside& operator=(const LoopOutside&) = delete;
    // Before anything runs. `on_woken` is called when a component has been resumed.
    void attach(runtime::Runtime& runtime, std::function<void()> on_woken);

    std::int64_t now_ms() const override { return loop_.now_ms() - started_ms_; }
    void wake_at(std::int64_t time_ms, runtime::ComponentIndex component) override;
    std::uint64_t seed() override { return random_.next(); }
    std::optional<Line> next_line(runtime::ComponentIndex component) override;
    void forget_line(runtime::ComponentIndex) override {}
    post::Internet* internet() override;
    post::Socket::Later later(runtime::ComponentIndex component) override;
    void forget_news(runtime::ComponentIndex component) override { want_news_.erase(component); }
    bool is_closed(machine::PortHandle port) const override { return runtime_->is_closed(port); }

  private:
    post::Loop& loop_;
    std::int64_t started_ms_;
    Random random_;
    runtime::Runtime* runtime_ = nullptr;
    std::function<void()> on_woken_;
    std::map<runtime::ComponentIndex, post::TimerId> timers_;
    std::set<runtime::ComponentIndex> want_news_;
    std::shared_ptr<LoopOutside*> self_;        // of what sockets call later
    std::unique_ptr<post::Internet> internet_;  // once it is asked for
};

}  // namespace reowolf::connector
