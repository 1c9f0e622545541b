// SPDX-License-Identifier: MIT
#include "connector/application.hpp"

#include <algorithm>
#include <utility>

namespace reowolf::connector {

ApplicationBody::ApplicationBody(std::vector<Prepared> prepared) {
    std::ranges::sort(prepared, {}, &Prepared::kind);
    prepared_ = std::make_shared<const std::vector<Prepared>>(std::move(prepared));
}

std::optional<machine::Request> ApplicationBody::run(std::uint32_t& budget) {
    if (budget > 0) --budget;
    if (next_ == prepared_->size()) return machine::Request::of(machine::Request::Kind::sync_end);
    const Prepared& action = (*prepared_)[next_];
    switch (action.kind) {
        case Prepared::Kind::put:
            ++next_;
            return machine::Request::put(action.handle, action.type, action.value);
        case Prepared::Kind::get:
            return machine::Request::get(action.handle, action.type);
        case Prepared::Kind::opt:
            if (std::exchange(takes_option_, false)) {
                return machine::Request::get(action.handle, action.type);
            }
            return machine::Request::fork(2);
    }
    return std::nullopt;
}

void ApplicationBody::got(machine::Value message) {
    received_.push_back({(*prepared_)[next_].port, std::move(message)});
    ++next_;
}

void ApplicationBody::chose(std::uint32_t index) {
    takes_option_ = index == 0;
    if (!takes_option_) ++next_;
}

}  // namespace reowolf::connector
