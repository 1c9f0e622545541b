// SPDX-License-Identifier: MIT
// Looks at a network of another process.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include <reowolf/service.hpp>

#include "base/service_limits.hpp"
#include "post/loop.hpp"
#include "post/transport.hpp"

namespace reowolf::service {

// One connection to a node that listens. All of it happens on the loop.
class Inspector final : public post::ConnectionHandler {
  public:
    using Done = std::function<void(std::expected<Listing, std::string>)>;

    Inspector(post::Loop& loop, post::Transport& transport, const ServiceLimits& limits);
    ~Inspector() override;
    Inspector(const Inspector&) = delete;
    Inspector& operator=(const Inspector&) = delete;

    // Connects, if it is not, and asks. One question at a time. Once the other side is gone, each
    // ends with the reason.
    void ask(const post::Address& address, std::uint32_t lines_max, Done done);
    // The node's path there, once it has answered.
    const std::string& name() const { return name_; }

    void on_message(std::vector<std::byte> message) override;
    void on_closed(const post::Error& why) override;

  private:
    void send_question();
    void on_end(const std::string& why);
    void finish(std::expected<Listing, std::string> result);

    post::Loop& loop_;
    post::Transport& transport_;
    const ServiceLimits limits_;
    std::unique_ptr<post::Dial> dial_;
    std::unique_ptr<post::Connection> connection_;
    std::uint32_t lines_max_ = 0;
    Done done_;
    post::TimerId alarm_ = 0;
    std::string name_;
    std::string end_;  // why the other side is gone
};

}  // namespace reowolf::service
