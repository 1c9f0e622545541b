// SPDX-License-Identifier: MIT
#include "connector/application.hpp"

#include <algorithm>
#include <utility>

namespace reowolf::connector {

using machine::Request;

namespace {

bool is_optional(Prepared::Kind kind) {
    return kind == Prepared::Kind::offer || kind == Prepared::Kind::opt;
}

}  // namespace

void put_in_order(Batches& batches) {
    for (auto& batch : batches) std::ranges::stable_sort(batch, {}, &Prepared::kind);
}

std::optional<Request> ApplicationBody::run(std::uint32_t& budget) {
    if (budget > 0) --budget;
    if (next_ == 0) fired_.reserve((*batches_)[batch_].size());
    const bool is_choice = batches_->size() > 1;
    if (!has_batch_ && is_choice) {
        return Request::fork(static_cast<std::uint32_t>(batches_->size()));
    }
    const std::size_t size = (*batches_)[batch_].size();
    if (must_fire_ && size == 0) return Request::of(Request::Kind::discarded);
    if (next_ == size) return Request::of(Request::Kind::sync_end);
    const Prepared& action = next();
    // The last chance to fire is none to be silent.
    const bool has_to = must_fire_ && fired_.empty() && next_ + 1 == size;
    if (is_optional(action.kind) && !has_to && !std::exchange(takes_option_, false)) {
        return Request::fork(2);
    }
    if (action.kind == Prepared::Kind::get || action.kind == Prepared::Kind::opt) {
        return Request::get(action.handle, action.type);
    }
    fired_.push_back({action.port, false, action.type, action.value, action.is_fresh});
    ++next_;
    return Request::put(action.handle, action.type, action.value);
}

void ApplicationBody::got(machine::Value message) {
    fired_.push_back({next().port, true, next().type, std::move(message), false});
    ++next_;
}

void ApplicationBody::chose(std::uint32_t index) {
    if (!has_batch_ && batches_->size() > 1) {
        has_batch_ = true;
        batch_ = index;
        return;
    }
    takes_option_ = index == 0;
    if (!takes_option_) ++next_;
}

bool ApplicationBody::takes_option() const {
    return next_ < (*batches_)[batch_].size() && next().kind == Prepared::Kind::opt;
}

// Of puts that are optional all may be wanted, or one of them: what lies between is rare.
bool ApplicationBody::leaves_out(std::uint32_t more_than, const IsThere& is_there) const {
    std::uint32_t gets_left_out = 0;
    std::uint32_t puts_left_out = 0;
    std::uint32_t puts = 0;
    auto fired = fired_.begin();
    for (std::size_t i = 0; i < next_; ++i) {
        const Prepared& action = (*batches_)[batch_][i];
        const bool comes_in =
            action.kind == Prepared::Kind::get || action.kind == Prepared::Kind::opt;
        if (fired != fired_.end() && fired->port == action.port && fired->came_in == comes_in) {
            puts += action.kind == Prepared::Kind::offer ? 1 : 0;
            ++fired;
        } else if (action.kind == Prepared::Kind::offer) {
            ++puts_left_out;
        } else {
            gets_left_out += is_there(action.handle) ? 1 : 0;
        }
        const std::uint32_t companions = puts > 0 ? puts - 1 : 0;
        if (gets_left_out + std::min(puts_left_out, companions) > more_than) return true;
    }
    return false;
}

bool ApplicationBody::has_one_behaviour() const {
    if (batches_->size() != 1 || must_fire_) return false;
    return std::ranges::none_of(batches_->front(), [](const Prepared& each) {
        return is_optional(each.kind) || each.is_fresh;
    });
}

std::size_t ApplicationBody::get_later() {
    got({});
    return fired_.size() - 1;
}

void ApplicationBody::got_later(std::size_t place, machine::Value&& message) {
    fired_[place].value = std::move(message);
}

void ApplicationBody::go_back() {
    has_batch_ = false;
    batch_ = 0;
    next_ = 0;
    takes_option_ = false;
    fired_.clear();
}

// Gets follow each other to the end; what they bring changes nothing.
class ApplicationBody::Future final : public runtime::Foresight {
  public:
    Future(std::shared_ptr<const Batches> batches, std::size_t batch, std::size_t next)
        : batches_(std::move(batches)), batch_(batch), next_(next) {}

    void got(std::optional<machine::Value>) override { ++next_; }
    std::optional<machine::Foreseen> next() override {
        const auto& prepared = (*batches_)[batch_];
        if (next_ == prepared.size()) return machine::ForeseenEnd{};
        const Prepared& action = prepared[next_];
        if (action.kind != Prepared::Kind::get) return std::nullopt;
        return machine::ForeseenGet{action.handle, action.type};
    }

  private:
    std::shared_ptr<const Batches> batches_;
    std::size_t batch_;
    std::size_t next_;
};

std::unique_ptr<runtime::Foresight> ApplicationBody::foresee() const {
    return std::make_unique<Future>(batches_, batch_, next_);
}

}  // namespace reowolf::connector
