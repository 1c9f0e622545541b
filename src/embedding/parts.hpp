// SPDX-License-Identifier: MIT
// The parts of an embedded program that nothing connects to others, to what the program holds or to
// the outside: workers run them side by side, while the program's own thread runs the runtime.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "embedding/notices.hpp"
#include "embedding/outside.hpp"
#include "runtime/runtime.hpp"
#include "workers/islands.hpp"

namespace reowolf::embedding {

class Parts {
  public:
    // `mainland` has all else.
    Parts(runtime::Runtime& mainland, Outside& outside);

    // From now on what is started is held back, until part().
    void hold_back() { mainland_.hold_back(); }
    bool are_held_back() const { return mainland_.is_holding_back(); }
    // There will be no parts.
    void give_up() { mainland_.release(never, 1); }
    // Once. As many workers, this thread among them. `make` makes a runtime that tells `notices()`.
    void part(unsigned workers, const std::function<std::unique_ptr<runtime::Runtime>()>& make);
    Notices& notices() { return notices_; }

    bool are_there() const { return islands_.has_value(); }
    // Runs some of what there is, also of the mainland. False: there is nothing to run here, now.
    bool go_on() { return islands_->go_on(); }
    // Somebody runs some of it, or could.
    bool are_busy() const { return islands_ && islands_->are_busy(); }

    // Others run parts only as long as there is one of these.
    class Going {
      public:
        explicit Going(Parts& parts) : parts_(parts) { parts_.let_go(); }
        Going(const Going&) = delete;
        Going& operator=(const Going&) = delete;
        ~Going() { parts_.hold_still(); }

      private:
        Parts& parts_;
    };
    // While there is one of these, though they are going, nobody does. Not while this thread runs
    // a part.
    class Stillness {
      public:
        explicit Stillness(Parts& parts) : parts_(parts), were_going_(parts.are_going_) {
            parts_.hold_still();
        }
        Stillness(const Stillness&) = delete;
        Stillness& operator=(const Stillness&) = delete;
        ~Stillness() {
            if (were_going_) parts_.let_go();
        }

      private:
        Parts& parts_;
        bool were_going_;
    };
    template <class Visit>
    void for_each(Visit visit) {
        if (!islands_) return;
        const Stillness still(*this);
        for (const auto& island : islands_->all()) visit(*island);
    }

  private:
    static constexpr std::size_t never = ~std::size_t{0};

    void let_go();
    void hold_still();

    runtime::Runtime& mainland_;
    Outside& outside_;
    Notices notices_;
    bool are_going_ = false;
    std::optional<workers::Islands> islands_;
};

}  // namespace reowolf::embedding
