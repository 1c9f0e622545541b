// SPDX-License-Identifier: MIT
#include "tools/inspection.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace reowolf::tools {
namespace {

constexpr std::size_t question_bytes_max = 4'096;
constexpr std::int64_t question_ms_max = 1'000;
constexpr std::size_t lines_max = 10'000;

}  // namespace

std::string as_json(const Question& question) {
    return nlohmann::json{
        {"first", question.first}, {"lines", question.lines}, {"events", question.wants_events}}
        .dump();
}

std::optional<Question> read_question(const std::string& json) {
    const auto read = nlohmann::json::parse(json, nullptr, false);
    if (!read.is_object()) return std::nullopt;
    const auto number = [&](const char* name) {
        const auto found = read.find(name);
        const bool is_one = found != read.end() && found->is_number_unsigned();
        return is_one ? found->get<std::size_t>() : 0;
    };
    const auto events = read.find("events");
    return Question{
        .first = number("first"),
        .lines = std::min(number("lines"), lines_max),
        .wants_events = events != read.end() && events->is_boolean() && events->get<bool>()};
}

Inspection::Inspection(std::function<void()> wake) : wake_(std::move(wake)) {
    const auto folder = system::local_socket_folder();
    if (!folder) return;
    auto listener = system::LocalListener::open(*folder + '/' + std::to_string(::getpid()));
    if (!listener) return;
    listener_ = std::move(*listener);
    thread_ = std::thread([this] { serve(); });
}

Inspection::~Inspection() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    changed_.notify_all();
    stop_.set();
    thread_.join();
}

void Inspection::serve() {
    while (auto asking = listener_->accept(stop_)) {
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
    std::unique_lock lock(mutex_);
    question_ = question;
    answer_.reset();
    is_asked_ = true;
    wake_();
    changed_.wait(lock, [&] { return answer_.has_value() || is_over_; });
    return std::exchange(answer_, std::nullopt);
}

void Inspection::answer(const std::function<std::string(const Question&)>& make) {
    {
        const std::lock_guard lock(mutex_);
        is_asked_ = false;
        answer_ = make(question_);
    }
    changed_.notify_all();
}

}  // namespace reowolf::tools
