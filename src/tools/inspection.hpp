// SPDX-License-Identifier: MIT
// A running program lets those look who ask: `reowolf top`. Asking is left to a thread that sleeps
// until somebody does; the answer is made by the thread that runs the program, between two slices.
//
// The socket has the process's number as its name (system/local_socket.hpp). Who connects sends a
// question, one line, and gets an answer, one line; both are objects of JSON.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "system/event.hpp"
#include "system/local_socket.hpp"

namespace reowolf::tools {

// Which components to tell of, and whether of the last events too.
struct Question {
    std::size_t first = 0;
    std::size_t lines = 0;
    bool wants_events = false;
};

std::string as_json(const Question& question);
std::optional<Question> read_question(const std::string& json);

class Inspection {
  public:
    // `wake` is called from another thread when somebody asks. Where there is no place for a
    // socket, nobody can ask, and that is all.
    explicit Inspection(std::function<void()> wake);
    ~Inspection();
    Inspection(const Inspection&) = delete;
    Inspection& operator=(const Inspection&) = delete;

    // Somebody waits for an answer.
    bool is_asked() const { return is_asked_.load(std::memory_order_relaxed); }
    void answer(const std::function<std::string(const Question&)>& make);

  private:
    void serve();
    // Nothing: the program ends.
    std::optional<std::string> answer_to(const Question& question);

    std::function<void()> wake_;
    std::unique_ptr<system::LocalListener> listener_;
    system::Event stop_;
    std::atomic<bool> is_asked_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    Question question_;
    std::optional<std::string> answer_;
    bool is_over_ = false;
    std::thread thread_;
};

}  // namespace reowolf::tools
