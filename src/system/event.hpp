// SPDX-License-Identifier: MIT
// A flag that a program can wait for together with its other descriptors.
#pragma once

namespace reowolf::system {

class Event {
  public:
    // Throws std::system_error if the system has none left.
    Event();
    ~Event();
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    // Polls readable while the flag is set.
    int descriptor() const { return descriptor_; }
    // Both from any thread.
    void set() const;
    void clear() const;

  private:
    int descriptor_;
};

}  // namespace reowolf::system
