// SPDX-License-Identifier: MIT
// How a component enters its sync blocks without asking first: what it will have to go back to is
// kept, and it runs on. What it puts and gets there need no request either, if they are numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "machine/value.hpp"

namespace reowolf::machine {

// What can be seen of a sync block in the program's code.
struct SyncBlock {
    std::uint32_t begin = 0;  // the instruction
    // The slots that matter at its begin and that it may change. Those that hold references come
    // last.
    std::vector<std::uint32_t> changed;
    std::uint32_t changed_references = 0;
    bool asks_fires = false;
};

class Entrance;
class State;

// What has become of a get or put in a sync block, and of who asked for it.
enum class Served : std::uint8_t {
    goes_on,     // it has happened, and the component goes on
    stops,       // the same, but it is to stop here, and nobody runs in its place
    waits,       // the same, but it waits for others, or for its turn
    unanswered,  // there is no message, or no alternative, yet; it waits for one
    gone,        // the state is no longer where it was, or there is none any more
    unserved,    // nothing has been done: it needs a request
};

// Who runs in the place of one that waits.
struct Successor {
    State* state = nullptr;  // null: nobody, for now
    Entrance* entrance = nullptr;
};

// A component, of which whoever serves it knows more.
class Participant {};

// Who serves those that have entered so. While it does, the states are not to be looked at.
// With the last message of a block, and with one that is alone in it, what has happened has with
// all of the block.
class Exchange {
  public:
    virtual Served put(Participant& who, std::uint64_t port, std::uint64_t word) = 0;
    virtual Served put_last(Participant& who, std::uint64_t port, std::uint64_t word) = 0;
    virtual Served put_alone(Participant& who, std::uint64_t port, std::uint64_t word) = 0;
    struct Got {
        Served served = Served::unserved;
        std::uint64_t word = 0;  // what it got
    };
    virtual Got get(Participant& who, std::uint64_t port) = 0;
    virtual Got get_last(Participant& who, std::uint64_t port) = 0;
    virtual Got get_alone(Participant& who, std::uint64_t port) = 0;
    // At the end of a block that nothing has closed.
    virtual Served end(Participant& who) = 0;
    // At the fork at `pc`. What it got is the number of an alternative.
    virtual Got fork(Participant& who, std::uint32_t pc) = 0;
    // When one waits: who runs instead, with what is left of the budget.
    virtual Successor next(std::uint32_t budget) = 0;

  protected:
    ~Exchange() = default;
};

class Entrance {
  public:
    Entrance() = default;
    Entrance(const Entrance&) = delete;
    Entrance& operator=(const Entrance&) = delete;
    ~Entrance() { forget(); }

    // By instruction of the outermost routine: of blocks that are not known yet, null.
    void know(const SyncBlock* const* blocks, Exchange& exchange, Participant& who) {
        blocks_ = blocks;
        exchange_ = &exchange;
        who_ = &who;
    }

    // False: the block at `pc` is not known.
    bool enter(const Slot* frame, std::uint32_t pc) {
        const SyncBlock* const known = blocks_[pc];
        if (!known) return false;
        block_ = known;
        is_new_ = true;
        if (!known->changed.empty()) save(frame);
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
        if (references_ != 0) release_saved();
    }
    // … not: what it changed is as it was.
    void restore(Slot* frame) {
        const Slot* saved = saved_.get();
        const std::vector<std::uint32_t>& changed = block_->changed;
        for (std::size_t i = 0; i < changed.size(); ++i) {
            Slot& slot = frame[changed[i]];
            if (i + references_ >= changed.size()) release(slot.block);
            slot = saved[i];
        }
        references_ = 0;
    }

    Served put(std::uint64_t port, std::uint64_t word) const {
        return exchange_->put(*who_, port, word);
    }
    Served put_last(std::uint64_t port, std::uint64_t word) const {
        return exchange_->put_last(*who_, port, word);
    }
    Served put_alone(std::uint64_t port, std::uint64_t word) const {
        return exchange_->put_alone(*who_, port, word);
    }
    Exchange::Got get(std::uint64_t port) const { return exchange_->get(*who_, port); }
    Exchange::Got get_last(std::uint64_t port) const { return exchange_->get_last(*who_, port); }
    Exchange::Got get_alone(std::uint64_t port) const { return exchange_->get_alone(*who_, port); }
    Served end() const { return exchange_->end(*who_); }
    Exchange::Got fork(std::uint32_t pc) const { return exchange_->fork(*who_, pc); }
    Successor next(std::uint32_t budget) const { return exchange_->next(budget); }
    // What was left of the budget when it began to run, or left its last block since.
    void mark(std::uint32_t budget) { marked_ = budget; }
    std::uint32_t marked() const { return marked_; }

    const SyncBlock& block() const { return *block_; }
    std::uint32_t pc() const { return block_->begin; }

  private:
    [[gnu::noinline]] void release_saved() {
        const Slot* const end = saved_.get() + block_->changed.size();
        for (const Slot* saved = end - references_; saved != end; ++saved) release(saved->block);
        references_ = 0;
    }
    // Few blocks change anything that matters at their begins.
    [[gnu::noinline]] void save(const Slot* frame) {
        const std::vector<std::uint32_t>& changed = block_->changed;
        if (changed.size() > capacity_) {
            saved_ = std::make_unique_for_overwrite<Slot[]>(changed.size());
            capacity_ = static_cast<std::uint32_t>(changed.size());
        }
        references_ = block_->changed_references;
        for (std::size_t i = 0; i < changed.size(); ++i) {
            const Slot& slot = frame[changed[i]];
            if (i + references_ >= changed.size()) retain(slot.block);
            saved_[i] = slot;
        }
    }

    const SyncBlock* const* blocks_ = nullptr;
    const SyncBlock* block_ = nullptr;
    Exchange* exchange_ = nullptr;
    Participant* who_ = nullptr;
    std::uint32_t marked_ = 0;
    bool is_new_ = false;
    std::uint32_t references_ = 0;  // held by what is saved, which is the last of it
    std::uint32_t capacity_ = 0;
    std::unique_ptr<Slot[]> saved_;
};

}  // namespace reowolf::machine
