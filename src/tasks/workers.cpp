// SPDX-License-Identifier: MIT
#include "tasks/workers.hpp"

#include <algorithm>
#include <system_error>

#include "system/futex.hpp"

namespace reowolf::tasks {

namespace {

// About one wake-up of a thread on another core.
constexpr std::int64_t wake_up_ns = 30'000;
// A thread that waits for a signal looks for so long before it sleeps.
constexpr std::int64_t patience_ns = 20'000;
constexpr std::uint32_t stolen_at_once_max = 16;
constexpr unsigned looks_between_clocks = 64;

// Which worker this thread is, if it is one.
struct Place {
    const Scheduler* scheduler = nullptr;
    void* slot = nullptr;
};
thread_local Place place;

}  // namespace

Workers::Workers(unsigned count, std::uint32_t threads_max)
    : threads_max_(threads_max),
      slots_(count != 0 ? count : std::max(1u, std::thread::hardware_concurrency())),
      timers_(parallelism(), [this](Job& job) { start(job); }, [this] { return watch(); }) {
    unsigned number = 0;
    for (Slot& slot : slots_) slot.number = number++;
    const std::scoped_lock lock(threads_mutex_);
    for (Slot& slot : slots_) threads_.emplace_back([this, &slot] { work(&slot); });
}

Workers::~Workers() {
    std::vector<std::thread> threads;
    {
        const std::scoped_lock lock(threads_mutex_);
        stopping_ = true;
        threads.swap(threads_);
        for (Spare* spare : spares_) {
            spare->bell = 1;
            system::futex_wake(spare->bell);
        }
    }
    for (Slot& slot : slots_) wake(slot);
    for (std::thread& thread : threads) thread.join();
}

void Workers::start(Job& job) {
    if (place.scheduler == this && place.slot != nullptr) {
        Slot& own = *static_cast<Slot*>(place.slot);
        push(own, job);
        // Its turn comes when what runs now is over, which may be long from now.
        if (own.is_at_something_dear.load(std::memory_order_relaxed)) share(own);
        return;
    }
    Slot& slot = *next_slot();
    push(slot, job);
    wake(slot);
}

// For a job from outside: somebody who looks for work, or else who is busy already, so that what
// belongs together stays together; but with nothing that takes long. If it is too much for one,
// others will be woken.
Workers::Slot* Workers::next_slot() {
    const auto rank = [](const Slot& slot) {
        if (slot.state.load(std::memory_order_relaxed) == Slot::asleep) return 1;
        return slot.is_at_something_dear.load(std::memory_order_relaxed) ? 0 : 2;
    };
    Slot* best = &slots_.front();
    for (Slot& slot : slots_) {
        const std::uint32_t state = slot.state.load(std::memory_order_relaxed);
        if (state == Slot::looking) return &slot;
        if (rank(slot) > rank(*best)) best = &slot;
    }
    return best;
}

void Workers::push(Slot& slot, Job& job) {
    job.next = nullptr;
    const std::scoped_lock lock(slot.lock);
    if (slot.last != nullptr)
        slot.last->next = &job;
    else
        slot.first = &job;
    slot.last = &job;
    // Before the look at its state, as whoever falls asleep looks at the length after that.
    slot.length.fetch_add(1);
}

Job* Workers::pop(Slot& slot) {
    if (slot.length.load(std::memory_order_relaxed) == 0) return nullptr;
    const std::scoped_lock lock(slot.lock);
    Job* job = slot.first;
    if (job == nullptr) return nullptr;
    slot.first = job->next;
    if (slot.first == nullptr) slot.last = nullptr;
    slot.length.fetch_sub(1, std::memory_order_relaxed);
    return job;
}

void Workers::set(Timer& timer, std::int64_t due_ns) {
    const bool is_worker = place.scheduler == this && place.slot != nullptr;
    timers_.set(timer, due_ns, is_worker ? static_cast<Slot*>(place.slot)->number : 0);
}

void Workers::set(Signal& signal) {
    if (signal.word_.exchange(Signal::set) == Signal::awaited) system::futex_wake(signal.word_);
}

bool Workers::wait(Signal& signal, std::int64_t due_ns) {
    if (signal.is_set()) return true;
    if (place.scheduler != this || place.slot == nullptr) return await(signal, due_ns);
    lend(*static_cast<Slot*>(place.slot));
    place.slot = nullptr;  // this thread gets another one when it has nothing to do any more
    return await(signal, due_ns);
}

bool Workers::await(Signal& signal, std::int64_t due_ns) {
    const std::int64_t begin_ns = Timers::now_ns();
    std::int64_t now_ns = begin_ns;
    while (now_ns - begin_ns < patience_ns && now_ns < due_ns) {
        for (unsigned i = 0; i < looks_between_clocks; ++i) {
            if (signal.is_set()) return true;
            pause();
        }
        now_ns = Timers::now_ns();
    }
    std::uint32_t unset = Signal::unset;
    signal.word_.compare_exchange_strong(unset, Signal::awaited);
    while (!signal.is_set()) {
        now_ns = Timers::now_ns();
        if (now_ns >= due_ns) return false;
        system::futex_wait(signal.word_, Signal::awaited,
                           due_ns == never_ns ? -1 : due_ns - now_ns);
    }
    return true;
}

// Another thread becomes this worker, for as long as the present one waits.
void Workers::lend(Slot& slot) {
    const std::scoped_lock lock(threads_mutex_);
    if (!spares_.empty()) {
        Spare* spare = spares_.back();
        spares_.pop_back();
        spare->slot = &slot;
        spare->bell = 1;
        system::futex_wake(spare->bell);
        return;
    }
    if (threads_.size() >= threads_max_) {
        throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
                                "too many threads of workers wait");
    }
    threads_.emplace_back([this, &slot] { work(&slot); });
}

void Workers::work(Slot* slot) {
    while (slot != nullptr) {
        place = {.scheduler = this, .slot = slot};
        run_all(*slot);
        if (stopping_) return;
        // What it ran has waited, and the slot is somebody else's now.
        Spare spare;
        {
            const std::scoped_lock lock(threads_mutex_);
            if (stopping_) return;
            spares_.push_back(&spare);
        }
        while (spare.bell == 0) system::futex_wait(spare.bell, 0);
        slot = spare.slot;
    }
}

// Until the slot is lent to another thread, or there is no more to do for ever.
void Workers::run_all(Slot& slot) {
    while (place.slot == &slot && !stopping_.load(std::memory_order_relaxed)) {
        if (Job* job = pop(slot)) {
            run(slot, *job);
            continue;
        }
        slot.shares.store(false, std::memory_order_relaxed);
        slot.busy_since_ns = 0;
        if (!steal(slot) && !look(slot)) sleep(slot);
    }
}

void Workers::run(Slot& slot, Job& job) {
    timers_.begin_watching();
    share_if_worthwhile(slot, job);
    slot.begun.store(slot.begun.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    const bool is_dear = job.expected_ns >= wake_up_ns;
    if (is_dear) slot.is_at_something_dear.store(true, std::memory_order_relaxed);
    job.run(job);
    if (is_dear) slot.is_at_something_dear.store(false, std::memory_order_relaxed);
}

void Workers::share_if_worthwhile(Slot& slot, const Job& job) {
    if (slot.length.load(std::memory_order_relaxed) == 0) {
        slot.busy_since_ns = 0;
        return;
    }
    if (slot.shares.load(std::memory_order_relaxed)) {
        if (asleep_.load(std::memory_order_relaxed) == 0) return;
    } else if (asleep_.load(std::memory_order_relaxed) == 0 &&
               looking_.load(std::memory_order_relaxed) == 0) {
        return;
    }
    if (job.expected_ns < wake_up_ns) {
        const std::int64_t now = Timers::now_ns();
        if (slot.busy_since_ns == 0) slot.busy_since_ns = now;
        if (now - slot.busy_since_ns < wake_up_ns) return;
        slot.busy_since_ns = now;
    }
    share(slot);
}

void Workers::share(Slot& slot) {
    slot.shares.store(true, std::memory_order_release);
    if (looking_.load() == 0 && asleep_.load(std::memory_order_relaxed) > 0) wake_one();
}

bool Workers::steal(Slot& thief) {
    for (std::size_t i = 1; i < slots_.size(); ++i) {
        Slot& victim = slots_[(thief.number + i) % slots_.size()];
        if (!victim.shares.load(std::memory_order_acquire)) continue;
        const std::uint32_t length = victim.length.load(std::memory_order_relaxed);
        if (length == 0) continue;
        Job* first = nullptr;
        Job* last = nullptr;
        std::uint32_t count = 0;
        {
            const std::scoped_lock lock(victim.lock);
            first = victim.first;
            if (first == nullptr) continue;
            const std::uint32_t wanted = std::min((length + 1) / 2, stolen_at_once_max);
            last = first;
            for (count = 1; count < wanted && last->next != nullptr; ++count) last = last->next;
            victim.first = last->next;
            if (victim.first == nullptr) victim.last = nullptr;
            victim.length.fetch_sub(count, std::memory_order_relaxed);
        }
        last->next = nullptr;
        stolen_.fetch_add(count, std::memory_order_relaxed);
        const std::scoped_lock lock(thief.lock);
        if (thief.last != nullptr)
            thief.last->next = first;
        else
            thief.first = first;
        thief.last = last;
        thief.length.fetch_add(count);
        return true;
    }
    return false;
}

// Looks for work for about one wake-up. True: there is some.
bool Workers::look(Slot& slot) {
    slot.state = Slot::looking;
    looking_.fetch_add(1);
    const std::int64_t begin_ns = Timers::now_ns();
    bool found = false;
    while (!found && Timers::now_ns() - begin_ns < wake_up_ns && !stopping_) {
        for (unsigned i = 0; !found && i < looks_between_clocks; ++i) {
            found = slot.length.load(std::memory_order_relaxed) > 0 || steal(slot);
            pause();
        }
    }
    looking_.fetch_sub(1);
    slot.state = Slot::running;
    return found;
}

void Workers::sleep(Slot& slot) {
    asleep_.fetch_add(1);
    slot.state = Slot::asleep;
    // Whoever gives work from now on wakes.
    if (slot.length.load() > 0 || stopping_ || steal(slot)) {
        wake(slot);
        return;
    }
    while (slot.state.load() == Slot::asleep) system::futex_wait(slot.state, Slot::asleep);
}

// Whether it slept.
bool Workers::wake(Slot& slot) {
    std::uint32_t asleep = Slot::asleep;
    if (slot.state.load() != asleep) return false;
    if (!slot.state.compare_exchange_strong(asleep, Slot::running)) return false;
    asleep_.fetch_sub(1);
    system::futex_wake(slot.state);
    return true;
}

void Workers::wake_one() {
    for (Slot& slot : slots_) {
        if (wake(slot)) return;
    }
}

// Whoever has work waiting and has begun nothing since the last time is stuck in something that
// takes long.
bool Workers::watch() {
    bool is_active = false;
    for (Slot& slot : slots_) {
        const std::uint64_t begun = slot.begun.load(std::memory_order_relaxed);
        const bool has_begun = begun != slot.begun_when_watched;
        slot.begun_when_watched = begun;
        const bool has_work = slot.length.load(std::memory_order_relaxed) > 0;
        is_active |= has_begun || has_work || slot.state.load() != Slot::asleep;
        if (has_begun || !has_work) continue;
        slot.shares.store(true, std::memory_order_release);
        wake_one();
    }
    return is_active;
}

}  // namespace reowolf::tasks
