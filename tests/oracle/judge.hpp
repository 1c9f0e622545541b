// SPDX-License-Identifier: MIT
// Follows a run round by round and says what in it is against the promises of docs/semantics.md.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "enumerate.hpp"
#include "protocol.hpp"

namespace reowolf::oracle {

class Judge {
  public:
    explicit Judge(const System& system);

    // A round was committed in which the components printed these lines. `all_waited`: every
    // component that had not ended was waiting when it was decided. What is wrong, or nothing.
    std::optional<std::string> on_round(const Lines& lines, bool all_waited);

    // The run has come to rest, and these have failed: needed only where failing is a matter of
    // order. What is wrong, or nothing. Then left() and failed() are what they must be.
    std::optional<std::string> on_rest(const std::set<std::size_t>& reported);

    std::size_t left() const;
    const std::set<std::size_t>& failed() const { return failed_; }
    std::uint64_t rounds() const { return rounds_; }
    std::uint64_t silent_rounds() const { return silent_rounds_; }
    std::uint64_t ports_handed_over() const { return handed_over_; }
    // Some search was given up: this run says nothing.
    bool is_too_large() const { return is_too_large_; }

  private:
    bool has_come_back(std::size_t component) const;
    bool close_one(const std::set<std::size_t>& reported, bool only_as_reported);

    const System& system_;
    Positions positions_;
    // Where each component stood before its last rounds, as far back as all of them were silent.
    std::vector<std::vector<Position>> silences_;
    std::set<std::size_t> failed_;
    std::uint64_t rounds_ = 0;
    std::uint64_t silent_rounds_ = 0;
    std::uint64_t handed_over_ = 0;
    std::uint64_t repetitions_ = 0;  // of silent rounds, in a row
    bool is_too_large_ = false;
};

}  // namespace reowolf::oracle
