// SPDX-License-Identifier: MIT
#include "inspection/inspection.hpp"

#include <system_error>
#include <utility>

#include <unistd.h>

#include "inspection/picture.hpp"
#include "system/process.hpp"

namespace reowolf::inspection {
namespace {

constexpr std::size_t question_bytes_max = 4'096;
constexpr std::int64_t question_ms_max = 1'000;
// Far longer than a slice takes; `reowolf top` waits for longer.
constexpr std::chrono::seconds answer_time_max{2};

Subject of_this_process(Subject subject) {
    subject.process = ::getpid();
    return subject;
}

}  // namespace

bool is_wanted() {
    return system::variable("REOWOLF_INSPECT") == "1";
}

Inspection::Inspection(Subject subject, std::function<void()> wake)
    : subject_(of_this_process(std::move(subject))), wake_(std::move(wake)) {
    const auto folder = system::local_socket_folder();
    if (!folder) return;
    auto listener = system::LocalListener::open(*folder);
    if (!listener) return;
    listener_ = std::move(*listener);
    try {
        stop_.emplace();
        thread_ = std::thread([this] { serve(); });
    } catch (const std::system_error&) {
        listener_.reset();
    }
}

Inspection::~Inspection() {
    if (!thread_.joinable()) return;
    if (subject_.process != ::getpid()) {
        thread_.detach();
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    changed_.notify_all();
    stop_->set();
    thread_.join();
}

void Inspection::serve() {
    while (auto asking = listener_->accept(*stop_)) {
        const auto line = asking->receive_line(question_bytes_max, question_ms_max);
        const auto question = line ? read_question(*line) : std::nullopt;
        if (!question) continue;
        auto answer = answer_to(*question);
        if (!answer) return;
        *answer += '\n';
        asking->send(*answer);
    }
}

std::optional<std::string> Inspection::answer_to(const Question& question) {
    {
        const std::lock_guard lock(mutex_);
        question_ = question;
        answer_.reset();
        is_asked_ = true;
    }
    wake_();
    std::unique_lock lock(mutex_);
    const bool is_settled =
        changed_.wait_for(lock, answer_time_max, [&] { return answer_.has_value() || is_over_; });
    is_asked_ = false;
    if (!is_settled) return silence_as_json(subject_now());
    return std::exchange(answer_, std::nullopt);
}

Subject Inspection::subject_now() const {
    Subject now = subject_;
    now.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    return now;
}

void Inspection::answer(const Make& make) {
    // Of a child of fork() nobody has asked anything; the lock may be its parent's.
    if (subject_.process != ::getpid()) {
        is_asked_ = false;
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        if (!is_asked_) return;
        is_asked_ = false;
        answer_ = make(subject_now(), question_);
    }
    changed_.notify_all();
}

}  // namespace reowolf::inspection
