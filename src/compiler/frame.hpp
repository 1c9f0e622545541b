// SPDX-License-Identifier: MIT
// Gives out the slots of a frame. A slot holds references or it does not, for as long as the
// frame exists; slots that were given back are used again. One that holds references must be null
// when it is given back.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace reowolf::compiler {

using Slot = std::uint32_t;

class Frame {
  public:
    Slot take(bool reference) { return take_block({reference}); }
    // Consecutive ones; each is given back by itself or all by give_back_block.
    Slot take_block(const std::vector<bool>& references) {
        auto& free = free_[references];
        if (!free.empty() && !references.empty()) {
            const Slot first = free.back();
            free.pop_back();
            return first;
        }
        const Slot first = static_cast<Slot>(references_.size());
        references_.insert(references_.end(), references.begin(), references.end());
        return first;
    }
    void give_back(Slot slot) { free_[{references_[slot]}].push_back(slot); }
    void give_back_block(Slot first, const std::vector<bool>& references) {
        if (!references.empty()) free_[references].push_back(first);
    }

    bool is_reference(Slot slot) const { return references_[slot]; }
    std::uint32_t size() const { return static_cast<std::uint32_t>(references_.size()); }
    std::vector<Slot> references() const {
        std::vector<Slot> slots;
        for (Slot slot = 0; slot < size(); ++slot) {
            if (references_[slot]) slots.push_back(slot);
        }
        return slots;
    }

  private:
    std::vector<bool> references_;
    std::map<std::vector<bool>, std::vector<Slot>> free_;
};

}  // namespace reowolf::compiler
