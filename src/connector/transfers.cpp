// SPDX-License-Identifier: MIT
// What an application is told of large values that are on their way.
#include <algorithm>

#include "connector/link.hpp"
#include "connector/member.hpp"

namespace reowolf::connector {

namespace {

constexpr std::int64_t look_delay_ms = 100;
// What is smaller is soon there.
constexpr std::uint64_t large_bytes = 1u << 20;

}  // namespace

void Member::watch_transfers() {
    for (wire::SiteId site = 0; site < links_.size(); ++site) {
        if (!links_[site] || !links_[site]->is_open) continue;
        const std::uint64_t queued = links_[site]->connection->queued_bytes();
        const auto known = transfers_.find({Progress::Kind::sending, site});
        const std::uint64_t total = std::max(queued, known == transfers_.end() ? 0 : known->second);
        report_transfer(Progress::Kind::sending, site, total - queued, total);
        if (const auto arriving = links_[site]->connection->arriving()) {
            report_transfer(Progress::Kind::receiving, site, arriving->bytes,
                            arriving->bytes_whole);
        } else if (const auto last = transfers_.find({Progress::Kind::receiving, site});
                   last != transfers_.end()) {
            report_transfer(Progress::Kind::receiving, site, last->second, last->second);
        }
    }
    watching_ = loop_.after(look_delay_ms, [this] { watch_transfers(); });
}

void Member::report_transfer(Progress::Kind kind, wire::SiteId site, std::uint64_t done,
                             std::uint64_t total) {
    if (total < large_bytes) return;
    if (done < total) {
        transfers_[{kind, site}] = total;
    } else {
        transfers_.erase({kind, site});
    }
    observer_.progress(
        {.kind = kind, .peer = description_->name(site), .done = done, .total = total, .text = {}});
}

}  // namespace reowolf::connector
