// SPDX-License-Identifier: MIT
#include "service/provider.hpp"

#include <algorithm>
#include <bit>
#include <mutex>
#include <thread>
#include <utility>

#include "service/core.hpp"
#include "system/futex.hpp"

namespace reowolf::service {

namespace {

// A batch ends after so many requests or so much time, to let others run.
constexpr unsigned batch_max = 64;
constexpr std::int64_t batch_ns = 50'000;
// What takes less is not measured each time: looking at the clock would be a good part of it.
constexpr std::uint64_t short_ns = 2'000;
constexpr std::uint64_t measured_each = 8;
// Until the first one is measured.
constexpr std::uint32_t unknown_ns = 1'000'000;

thread_local const NodeRecord* node_served = nullptr;

}  // namespace

LocalProvider::LocalProvider(Core& core, std::unique_ptr<Handler> handler, const Provide& how)
    : core_(core),
      handler_(std::move(handler)),
      queue_max_(how.queue_max != 0 ? how.queue_max : core.limits().service_queue_max) {
    parameter_types = handler_->parameter_types();
    result_type = handler_->result_type();
    version = how.version;
    reentrant = how.reentrant;
    thread = how.thread && core.scheduler().has_threads();
    const std::uint32_t at_once = !reentrant ? 1
                                  : thread   ? std::max(1u, how.threads_max)
                                             : core.scheduler().parallelism();
    runners_ = std::vector<Runner>(at_once);
    for (Runner& runner : runners_) {
        runner.provider = this;
        runner.expected_ns = unknown_ns;
        runner.run = [](Job& job) {
            auto& self = static_cast<Runner&>(job);
            if (self.provider->run_batch(self)) self.provider->launch(self);
        };
    }
}

Provider::Taken LocalProvider::push(Call& call) {
    Runner* runner = nullptr;
    CallAccess::provider(call) = this;
    {
        const std::scoped_lock lock(lock_);
        if (is_closed_) return Taken::closed;
        const std::uint32_t waiting = waiting_.load(std::memory_order_relaxed);
        if (waiting >= queue_max_) return Taken::full;
        lines_[call.priority].push(call);
        lines_with_calls_ |= 1u << call.priority;
        waiting_.store(waiting + 1, std::memory_order_relaxed);
        // Another one, unless one of those that are awake is going to take it at once.
        const std::uint32_t taken = waiting + running_.load(std::memory_order_relaxed);
        if (active_ == 0 || taken >= active_) runner = wake_runner();
    }
    if (runner != nullptr) {
        core_.begin_ticking();
        launch(*runner);
    }
    return Taken::yes;
}

LocalProvider::Runner* LocalProvider::wake_runner() {
    if (active_ == runners_.size()) return nullptr;
    for (Runner& runner : runners_) {
        if (runner.is_active) continue;
        runner.is_active = true;
        ++active_;
        set_expectation(runner);
        return &runner;
    }
    return nullptr;
}

void LocalProvider::launch(Runner& runner) {
    if (!thread) return core_.scheduler().start(runner);
    if (!std::exchange(runner.has_thread, true)) {
        runner.bell = 1;
        std::thread([self = self(), &runner] { self->run_thread(runner); }).detach();
        return;
    }
    runner.bell = 1;
    system::futex_wake(runner.bell);
}

void LocalProvider::run_thread(Runner& runner) {
    while (!drained_.is_set()) {
        while (runner.bell.exchange(0) == 0) system::futex_wait(runner.bell, 0);
        while (!drained_.is_set() && run_batch(runner)) {
        }
    }
}

std::uint64_t LocalProvider::load_ns() const {
    const std::uint64_t time_ns =
        std::max<std::uint64_t>(time_ns_.load(std::memory_order_relaxed), 1);
    const std::uint64_t load = (work_before() + std::uint64_t{1}) * time_ns;
    return is_jammed() ? jammed_load_ns : load;
}

// True: there is more to do.
bool LocalProvider::run_batch(Runner& runner) {
    std::int64_t began_ns = 0;
    for (unsigned i = 0; i < batch_max; ++i) {
        Call* call = take(runner);
        if (call == nullptr) return false;
        if (!serve(*call)) return false;
        if (time_ns_.load(std::memory_order_relaxed) < short_ns) continue;
        const std::int64_t now_ns = core_.scheduler().now_ns();
        if (began_ns == 0) began_ns = now_ns;
        if (now_ns - began_ns > batch_ns) break;
    }
    set_expectation(runner);
    return true;
}

// Of the next batch. What is not known yet may take long.
void LocalProvider::set_expectation(Runner& runner) const {
    const std::uint64_t peak_ns = peak_ns_.load(std::memory_order_relaxed);
    const std::uint64_t time_ns = time_ns_.load(std::memory_order_relaxed);
    const std::uint64_t all_ns =
        std::min<std::uint64_t>(waiting_.load(std::memory_order_relaxed) * time_ns, batch_ns);
    runner.expected_ns = static_cast<std::uint32_t>(
        time_ns == 0 ? unknown_ns : std::min<std::uint64_t>(std::max(peak_ns, all_ns), unknown_ns));
}

// The next request. Nothing: there is none, and the runner has gone to rest.
Call* LocalProvider::take(Runner& runner) {
    bool is_over = false;
    {
        const std::scoped_lock lock(lock_);
        if (lines_with_calls_ != 0) {
            const auto line = static_cast<unsigned>(std::bit_width(lines_with_calls_) - 1);
            Call* call = lines_[line].pop();
            if (lines_[line].empty()) lines_with_calls_ &= ~(1u << line);
            waiting_.store(waiting_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
            running_.fetch_add(1, std::memory_order_relaxed);
            return call;
        }
        runner.is_active = false;
        --active_;
        is_over = is_idle_and_closed();
    }
    if (is_over) drain();
    return nullptr;
}

// False: a coroutine goes on, and the runner waits for it.
bool LocalProvider::serve(Call& call) {
    if (!call.answer_has_begun() && call.is_expired()) {
        call.fail(Code::timed_out, "its time was over before it was its turn");
    }
    if (call.answer_has_begun()) {
        end(call);
        return true;
    }
    begin(call);
    const NodeRecord* outer = std::exchange(node_served, node);
    const bool is_done = handler_->serve(call);
    node_served = outer;
    if (!is_done && !CallAccess::is_second(call)) return reentrant;
    end(call);
    return true;
}

void LocalProvider::begin(Call& call) {
    call.address = node_id;
    const bool measured = time_ns_.load(std::memory_order_relaxed) >= short_ns ||
                          served_.load(std::memory_order_relaxed) % measured_each == 0;
    CallAccess::begun_ns(call) = measured ? core_.scheduler().now_ns() : 0;
}

// The call may be gone after this, and so may the provider if it is drained.
void LocalProvider::end(Call& call) {
    if (const std::int64_t begun_ns = CallAccess::begun_ns(call); begun_ns != 0) {
        measure(core_.scheduler().now_ns() - begun_ns);
    }
    if (call.is_answered() && call.code() != Code::none) {
        failed_.fetch_add(1, std::memory_order_relaxed);
    }
    served_.fetch_add(1, std::memory_order_relaxed);
    running_.fetch_sub(1, std::memory_order_relaxed);
    call.release();
}

void LocalProvider::on_end_of_service(Call& call) {
    if (!CallAccess::is_second(call)) return;  // who started it has not returned yet
    Runner* runner = nullptr;
    bool is_over = false;
    // While it runs, nobody can drain.
    const std::shared_ptr<Provider> held = shared_from_this();
    end(call);
    {
        const std::scoped_lock lock(lock_);
        if (!reentrant) runner = &runners_.front();  // is active, and has waited for this
        is_over = runner == nullptr && is_idle_and_closed();
    }
    if (runner != nullptr) launch(*runner);
    if (is_over) drain();
}

void LocalProvider::measure(std::int64_t time_ns) {
    const auto time = static_cast<std::uint64_t>(std::max<std::int64_t>(time_ns, 1));
    const std::uint64_t known = time_ns_.load(std::memory_order_relaxed);
    time_ns_.store(known == 0 ? time : known - known / 8 + time / 8, std::memory_order_relaxed);
    const std::uint64_t peak = peak_ns_.load(std::memory_order_relaxed);
    peak_ns_.store(std::max(time, peak - peak / 16), std::memory_order_relaxed);
}

bool LocalProvider::is_idle_and_closed() const {
    return is_closed_ && active_ == 0 && lines_with_calls_ == 0 &&
           running_.load(std::memory_order_relaxed) == 0 && self_ != nullptr;
}

void LocalProvider::close() {
    bool is_over = false;
    {
        const std::scoped_lock lock(lock_);
        if (is_closed_) return;
        is_closed_ = true;
        self_ = self();
        is_over = is_idle_and_closed();
    }
    if (is_over) drain();
}

// What the service uses is not used any more after this.
void LocalProvider::drain() {
    std::shared_ptr<LocalProvider> held;
    {
        // Of two who find that it is over, one does it.
        const std::scoped_lock lock(lock_);
        held = std::move(self_);
    }
    if (!held) return;
    handler_.reset();
    core_.scheduler().set(drained_);
    for (Runner& runner : runners_) {
        if (!runner.has_thread) continue;
        runner.bell = 1;
        system::futex_wake(runner.bell);
    }
}

void LocalProvider::wait_until_drained() {
    core_.scheduler().wait(drained_, tasks::never_ns);
}

bool LocalProvider::tick(std::uint32_t patience_ticks) {
    const std::uint64_t served = served_.load(std::memory_order_relaxed);
    const bool works = running_.load(std::memory_order_relaxed) > 0;
    const bool is_stuck = works && served == std::exchange(served_at_tick_, served);
    ticks_without_progress_ = is_stuck ? ticks_without_progress_ + 1 : 0;
    const bool jammed = ticks_without_progress_ >= patience_ticks;
    is_jammed_.store(jammed, std::memory_order_relaxed);
    return works || waiting_.load(std::memory_order_relaxed) > 0;
}

RegFrame::Entry LocalProvider::describe() const {
    return {.number = 0,
            .is_provided = true,
            .origin = 0,
            .name = name->text,
            .parameter_types = parameter_types,
            .result_type = result_type,
            .version = version,
            .providers = 1,
            .waiting = work_before(),
            .time_ns = time_ns_.load(std::memory_order_relaxed),
            .is_jammed = is_jammed()};
}

ServiceLine LocalProvider::line() const {
    ServiceLine line;
    line.name = name->text;
    line.types = parameter_types + " -> " + result_type;
    line.version = version;
    line.reentrant = reentrant;
    line.thread = thread;
    line.jammed = is_jammed();
    line.waiting = waiting_.load(std::memory_order_relaxed);
    line.running = running_.load(std::memory_order_relaxed);
    line.served = served_.load(std::memory_order_relaxed);
    line.failed = failed_.load(std::memory_order_relaxed);
    line.time_ns = time_ns_.load(std::memory_order_relaxed);
    const std::scoped_lock lock(lock_);
    line.leaving = is_closed_;
    return line;
}

bool LocalProvider::is_serving(const NodeRecord& node) {
    return node_served == &node;
}

}  // namespace reowolf::service
