// SPDX-License-Identifier: MIT
// A member's connection to one other peer.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "connector/member.hpp"

namespace reowolf::connector {

class Member::Link final : public post::ConnectionHandler {
  public:
    Link(Member& member, wire::SiteId site, std::unique_ptr<post::Connection> made)
        : connection(std::move(made)), member_(member), site_(site) {}

    void on_message(std::vector<std::byte> bytes) override {
        member_.on_frame(site_, runtime::Frame(std::move(bytes)));
    }
    void on_large(post::Large message) override {
        const auto bytes = message.bytes();
        member_.on_frame(site_, runtime::Frame(bytes, std::move(message.room)));
    }
    void on_closed(const post::Error& why) override {
        const bool deviates =
            why.failure == post::Failure::protocol || why.failure == post::Failure::too_large;
        if (deviates) member_.deviated_.insert(site_);
        member_.on_closed(site_, why.text);
    }

    void on_drained() override { member_.on_drained(site_); }

    std::unique_ptr<post::Connection> connection;
    bool is_open = true;

  private:
    Member& member_;
    wire::SiteId site_;
};

}  // namespace reowolf::connector
