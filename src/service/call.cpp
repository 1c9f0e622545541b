// SPDX-License-Identifier: MIT
// ACK: a request gets its answer, once, and whoever waits for it goes on.
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "service/access.hpp"
#include "service/core.hpp"
#include "service/line.hpp"

namespace reowolf::service {

std::string_view to_string(Code code) {
    switch (code) {
        case Code::none:
            return "no error";
        case Code::unknown_service:
            return "unknown service";
        case Code::wrong_types:
            return "wrong types";
        case Code::timed_out:
            return "timed out";
        case Code::thrown:
            return "thrown by the service";
        case Code::hops_exhausted:
            return "hops exhausted";
        case Code::loop:
            return "loop";
        case Code::lost:
            return "lost";
        case Code::overloaded:
            return "overloaded";
        case Code::left:
            return "left the network";
        case Code::malformed:
            return "malformed";
        case Code::not_started:
            return "not started";
        case Code::refused:
            return "refused";
    }
    return "unknown error";
}

Error::Error(Code code, const std::string& reason)
    : std::runtime_error(fmt::format("{}: {}", to_string(code), reason)), code_(code) {}

Handler::~Handler() = default;

Call::Call() = default;
Call::~Call() = default;

void Call::end_answer() {
    finish();
}

void Call::end_failure(Code code, std::string text) {
    code_ = code;
    text_ = std::move(text);
    if (!answer_wanted) {
        core_->tell({.kind = Event::Kind::undelivered,
                     .node = {},
                     .text = fmt::format("{}: {}", to_string(code), text_)});
    }
    finish();
}

void Call::fail(Code code, std::string text) {
    if (begin_answer()) end_failure(code, std::move(text));
}

void Call::finish() {
    const bool timer_is_over = has_timer_ && core_->scheduler().cancel(timer_);
    Line* line = line_;
    tasks::Scheduler& scheduler = core_->scheduler();
    answered();
    void* waiting = waiting_.exchange(this, std::memory_order_acq_rel);
    // Who waits may go on from here, but this call is still held by who answers it.
    if (waiting == &resumption_) {
        scheduler.start(resumption_);
    } else if (waiting != nullptr) {
        scheduler.set(*static_cast<tasks::Signal*>(waiting));
    }
    if (line != nullptr) line->on_answer(*this);
    if (timer_is_over) release();
}

void Call::end_service() {
    provider_->on_end_of_service(*this);
}

bool Call::resume_when_answered(std::coroutine_handle<> waiting) {
    resumption_.waiting = waiting;
    resumption_.run = [](Job& job) { static_cast<Resumption&>(job).waiting.resume(); };
    void* nobody = nullptr;
    return waiting_.compare_exchange_strong(nobody, &resumption_, std::memory_order_acq_rel);
}

void Call::wait() {
    if (is_answered()) return;
    tasks::Signal signal;
    void* nobody = nullptr;
    if (!waiting_.compare_exchange_strong(nobody, &signal, std::memory_order_acq_rel)) return;
    bool is_set = false;
    try {
        is_set = core_->scheduler().wait(signal, tasks::never_ns);
    } catch (...) {
        // There is no thread to work in the meantime: it is waited without.
        fail(Code::overloaded, "too many services wait for answers");
    }
    // Nothing can happen any more: only in a simulation.
    if (!is_set) fail(Code::timed_out, "nobody is left who could answer");
    while (!signal.is_set()) std::this_thread::yield();
}

void Call::throw_failure() const {
    throw Error(code_, text_);
}

bool Call::is_expired() const {
    return answer_has_begun() || (deadline_ns_ != 0 && core_->scheduler().now_ns() >= deadline_ns_);
}

}  // namespace reowolf::service
