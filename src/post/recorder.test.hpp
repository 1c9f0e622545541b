// SPDX-License-Identifier: MIT
// For this layer's tests: a handler that remembers what it was told.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "post/transport.hpp"

namespace reowolf::post {

using Bytes = std::vector<std::byte>;

inline Bytes bytes_of(std::string_view text) {
    Bytes bytes;
    for (char c : text) bytes.push_back(static_cast<std::byte>(c));
    return bytes;
}

inline std::string text_of(const Bytes& bytes) {
    std::string text;
    for (std::byte byte : bytes) text.push_back(static_cast<char>(byte));
    return text;
}

class Recorder final : public ConnectionHandler {
  public:
    void on_message(Bytes message) override {
        messages.push_back(std::move(message));
        if (when_message) when_message();
    }
    void on_closed(const Error& why) override {
        ++closed_count;
        closed = why;
        if (when_closed) when_closed();
    }
    void on_drained() override { ++drained_count; }

    bool closed_with(Failure failure) const { return closed && closed->failure == failure; }

    std::vector<Bytes> messages;
    std::optional<Error> closed;
    int closed_count = 0;
    int drained_count = 0;
    std::function<void()> when_message;
    std::function<void()> when_closed;
};

}  // namespace reowolf::post
