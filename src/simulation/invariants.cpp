// SPDX-License-Identifier: MIT
// What must hold of every run of a cluster (docs/semantics.md, "What the runtime promises").
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "simulation/cluster.hpp"

namespace reowolf::simulation {

namespace {

std::string text_of(const wire::AttemptId& attempt) {
    return fmt::format("{}.{}#{}", attempt.component.site, attempt.component.index, attempt.number);
}

std::string text_of(const wire::Decision& decision) {
    std::string text;
    for (const wire::NodeRef& member : decision) {
        text +=
            fmt::format("{}{}:{}", text.empty() ? "" : " ", text_of(member.attempt), member.node);
    }
    return text;
}

// A call is the application's attempt of the same number.
wire::AttemptId attempt_of(std::size_t site, std::size_t call) {
    return {{static_cast<wire::SiteId>(site), 0}, call + 1};
}

}  // namespace

std::optional<std::string> Cluster::check_agreement() const {
    std::map<wire::AttemptId, const Committed*> decided;
    std::set<std::pair<std::size_t, wire::AttemptId>> told;
    for (const Committed& committed : committed_) {
        for (const wire::NodeRef& member : committed.decision) {
            const Committed* const first =
                decided.emplace(member.attempt, &committed).first->second;
            if (first->decision != committed.decision) {
                return fmt::format("{} is in two rounds: {} at site {}, {} at site {}",
                                   text_of(member.attempt), text_of(first->decision), first->site,
                                   text_of(committed.decision), committed.site);
            }
            if (!told.emplace(committed.site, member.attempt).second) {
                return fmt::format("site {} is told twice of {}", committed.site,
                                   text_of(committed.decision));
            }
        }
    }
    return std::nullopt;
}

std::optional<std::string> Cluster::check_calls() const {
    std::map<wire::AttemptId, const Committed*> decided;
    for (const Committed& committed : committed_) {
        for (const wire::NodeRef& member : committed.decision) {
            decided.emplace(member.attempt, &committed);
        }
    }
    for (std::size_t site = 0; site < sites_.size(); ++site) {
        for (std::size_t i = 0; i < sites_[site].calls.size(); ++i) {
            const Call& call = sites_[site].calls[i];
            if (!call.result) continue;
            const auto decision = decided.find(attempt_of(site, i));
            if (call.has_succeeded() && decision == decided.end()) {
                return fmt::format("call {} at site {} succeeds without a round", i, site);
            }
            const bool knows = !call.has_failed_with(connector::Fault::unknown_outcome);
            if (!call.has_succeeded() && knows && decision != decided.end()) {
                return fmt::format("call {} at site {} fails ({}), and site {} commits {}", i, site,
                                   call.result->error().text, decision->second->site,
                                   text_of(decision->second->decision));
            }
        }
    }
    return std::nullopt;
}

std::optional<std::string> Cluster::check_complete() const {
    std::set<std::pair<std::size_t, wire::AttemptId>> told;
    for (const Committed& committed : committed_) {
        for (const wire::NodeRef& member : committed.decision) {
            told.emplace(committed.site, member.attempt);
        }
    }
    for (const Committed& committed : committed_) {
        for (const wire::NodeRef& member : committed.decision) {
            if (!told.contains({member.attempt.owner(), member.attempt})) {
                return fmt::format("site {} is not told of {}", member.attempt.owner(),
                                   text_of(committed.decision));
            }
        }
    }
    return std::nullopt;
}

}  // namespace reowolf::simulation
