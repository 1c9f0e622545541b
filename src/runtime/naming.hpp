// SPDX-License-Identifier: MIT
// How components of one name are told apart: `worker#1`, `worker#2`, as they are made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace reowolf::runtime {

// A component for as long as the runtime lives, also when its number is another one's by then.
struct alignas(8) Who {
    std::uint32_t name = 0;      // see Naming
    std::uint32_t instance = 0;  // of those with that name, from 1; 0: nobody

    friend bool operator==(const Who&, const Who&) = default;
};

// Names must last as long as this does.
class Naming {
  public:
    // One more of that name.
    Who make(std::string_view name) {
        // Many of one name are often made in a row.
        if (all_.empty() || all_[last_].name.data() != name.data()) {
            const auto [found, is_new] =
                numbers_.try_emplace(name, static_cast<std::uint32_t>(all_.size()));
            if (is_new) all_.push_back({name, 0});
            last_ = found->second;
        }
        return {last_, ++all_[last_].made};
    }

    // With its number if there ever was more than one. A name of several words describes what
    // stands for itself, like "the terminal".
    std::string label(Who who) const {
        const Namesakes& of = all_.at(who.name);
        std::string text(of.name);
        if (of.made > 1 && !of.name.contains(' ')) text += '#' + std::to_string(who.instance);
        return text;
    }

  private:
    struct Namesakes {
        std::string_view name;
        std::uint32_t made = 0;
    };
    std::vector<Namesakes> all_;
    std::unordered_map<std::string_view, std::uint32_t> numbers_;
    std::uint32_t last_ = 0;
};

}  // namespace reowolf::runtime
