// SPDX-License-Identifier: MIT
// A running program lets those look who ask: `reowolf top`. Asking is left to a thread that sleeps
// until somebody does; the answer is made by the thread that runs the program, between two slices.
//
// The socket has the process's number as its name (system/local_socket.hpp). Who connects sends a
// question, one line, and gets an answer, one line; both are objects of JSON.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "inspection/question.hpp"
#include "system/event.hpp"
#include "system/local_socket.hpp"

namespace reowolf::inspection {

// Whether this process is to be asked though it is no command of reowolf's: REOWOLF_INSPECT=1 in
// its environment. A library opens no sockets and threads that nobody wants.
bool is_wanted();

class Inspection {
  public:
    // Its process and its age are added to the subject here. `wake` is called from another thread
    // when somebody asks. Where there is no place for a socket, or for a thread, nobody can ask,
    // and that is all.
    Inspection(Subject subject, std::function<void()> wake);
    // In a child of fork() the parent goes on answering.
    ~Inspection();
    Inspection(const Inspection&) = delete;
    Inspection& operator=(const Inspection&) = delete;

    // Somebody waits for an answer. Who waits too long is told that there is none.
    bool is_asked() const { return is_asked_.load(std::memory_order_relaxed); }
    // Nothing if nobody asks any more.
    using Make = std::function<std::string(Subject, const Question&)>;
    void answer(const Make& make);

  private:
    void serve();
    // Nothing: the program ends.
    std::optional<std::string> answer_to(const Question& question);
    Subject subject_now() const;

    const Subject subject_;
    const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::function<void()> wake_;
    std::unique_ptr<system::LocalListener> listener_;
    std::optional<system::Event> stop_;
    std::atomic<bool> is_asked_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    Question question_;
    std::optional<std::string> answer_;
    bool is_over_ = false;
    std::thread thread_;
};

}  // namespace reowolf::inspection
