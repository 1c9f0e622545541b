// SPDX-License-Identifier: MIT
// How a component enters its sync blocks without asking first: what it will have to go back to is
// kept, and it runs on to the first thing that it wants of others.
#pragma once

#include <cstdint>
#include <vector>

#include "machine/value.hpp"

namespace reowolf::machine {

// What can be seen of a sync block in the program's code.
struct SyncBlock {
    // The slots that matter at its begin and that it may change.
    std::vector<std::uint32_t> words;
    std::vector<std::uint32_t> references;
    bool asks_fires = false;
};

class Entrance {
  public:
    Entrance() = default;
    Entrance(const Entrance&) = delete;
    Entrance& operator=(const Entrance&) = delete;
    ~Entrance() { forget(); }

    // By instruction of the outermost routine: of blocks that are not known yet, null.
    void know(const SyncBlock* const* blocks) { blocks_ = blocks; }

    // False: the block at `pc` is not known.
    bool enter(const Slot* frame, std::uint32_t pc) {
        const SyncBlock* const known = blocks_[pc];
        if (!known) return false;
        block_ = known;
        pc_ = pc;
        is_new_ = true;
        for (const std::uint32_t slot : known->words) saved_.push_back(frame[slot]);
        for (const std::uint32_t slot : known->references) {
            retain(frame[slot].block);
            saved_.push_back(frame[slot]);
        }
        return true;
    }
    // Whether it has entered since this was last asked.
    bool take_news() {
        const bool was_new = is_new_;
        is_new_ = false;
        return was_new;
    }
    bool is_new() const { return is_new_; }

    // The block has happened, or
    void forget() {
        if (saved_.empty()) return;
        for (std::size_t i = block_->words.size(); i < saved_.size(); ++i) release(saved_[i].block);
        saved_.clear();
    }
    // … not: what it changed is as it was.
    void restore(Slot* frame) {
        auto saved = saved_.begin();
        for (const std::uint32_t slot : block_->words) frame[slot] = *saved++;
        for (const std::uint32_t slot : block_->references) {
            release(frame[slot].block);
            frame[slot] = *saved++;
        }
        saved_.clear();
    }

    const SyncBlock& block() const { return *block_; }
    std::uint32_t pc() const { return pc_; }

  private:
    const SyncBlock* const* blocks_ = nullptr;
    const SyncBlock* block_ = nullptr;
    std::uint32_t pc_ = 0;
    bool is_new_ = false;
    std::vector<Slot> saved_;
};

}  // namespace reowolf::machine
