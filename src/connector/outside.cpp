// SPDX-License-Identifier: MIT
#include "connector/outside.hpp"

#include <algorithm>
#include <utility>

#include "native/library.hpp"

namespace reowolf::connector {

LoopOutside::LoopOutside(post::Loop& loop, std::uint64_t seed)
    : loop_(loop),
      started_ms_(loop.now_ms()),
      random_(seed),
      self_(std::make_shared<LoopOutside*>(this)) {}

LoopOutside::~LoopOutside() {
    for (const auto& [component, timer] : timers_) loop_.cancel(timer);
    sockets().clear();
}

void LoopOutside::attach(runtime::Runtime& runtime, std::function<void()> on_woken) {
    runtime_ = &runtime;
    on_woken_ = std::move(on_woken);
}

void LoopOutside::wake_at(std::int64_t time_ms, runtime::ComponentIndex component) {
    post::TimerId& timer = timers_[component];
    loop_.cancel(timer);
    timer = loop_.after(std::max<std::int64_t>(0, time_ms - now_ms()), [this, component] {
        timers_.erase(component);
        runtime_->resume(component);
        on_woken_();
    });
}

post::Internet* LoopOutside::internet() {
    if (!internet_) internet_ = loop_.make_internet();
    return internet_.get();
}

post::Socket::Later LoopOutside::later(runtime::ComponentIndex component) {
    want_news_.insert(component);
    return [&loop = loop_, self = std::weak_ptr(self_), component] {
        loop.post([self, component] {
            const auto alive = self.lock();
            if (!alive || (*alive)->want_news_.erase(component) == 0) return;
            (*alive)->runtime_->resume(component);
            (*alive)->on_woken_();
        });
    };
}

std::optional<native::Outside::Line> LoopOutside::next_line(runtime::ComponentIndex) {
    return Line{Line::Kind::refused, std::string(native::no_input_in_connectors)};
}

}  // namespace reowolf::connector
