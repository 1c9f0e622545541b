// SPDX-License-Identifier: MIT
// Where callbacks come from: one thread, one thing at a time, and the time. Everything in this
// layer runs on a loop, so nothing in it needs a lock. Callbacks should be short: while one runs,
// no heartbeat is sent.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/limits.hpp"
#include "post/internet.hpp"

namespace asio {
class io_context;
}

namespace reowolf::post {

// Never 0, so that 0 can mean "no timer".
using TimerId = std::uint64_t;

class Loop;

// Something that a loop runs soon, again and again: unlike a callback that is posted it needs no
// memory.
class Turn {
  public:
    explicit Turn(Loop& loop) : loop_(loop) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

  protected:
    ~Turn();
    // From the loop, once, as if it were posted. On the loop, as all else here.
    void come_soon();
    bool comes_soon() const { return comes_soon_; }

  private:
    friend class Loop;
    friend class RealLoop;
    virtual void on_turn() = 0;
    void begin() {
        comes_soon_ = false;
        timer_ = 0;
        on_turn();
    }

    Loop& loop_;
    bool comes_soon_ = false;
    TimerId timer_ = 0;
};

class Loop {
  public:
    virtual ~Loop() = default;

    // Since some moment in the past; never runs backwards.
    virtual std::int64_t now_ms() const = 0;

    // Runs `action` once, not before `delay_ms` have passed, and never from within this call. What
    // is longer than delay_max_ms, some thirty years, is that.
    static constexpr std::int64_t delay_max_ms = 1'000'000'000'000;
    virtual TimerId after(std::int64_t delay_ms, std::function<void()> action) = 0;

    // The action will not run. A timer that has run, or 0, is no error.
    virtual void cancel(TimerId timer) = 0;

    // Runs `action` soon, after everything that the same thread has posted before. May be called
    // from any thread; all else in this layer only on the loop: in a callback, or while nobody
    // runs it.
    virtual void post(std::function<void()> action) = 0;

    // See Turn.
    virtual void add(Turn& turn) {
        turn.timer_ = after(0, [&turn] { turn.begin(); });
    }
    virtual void remove(Turn& turn) { cancel(turn.timer_); }

    // While more deliveries have begun than ended, a loop that is to stop waits a while.
    virtual void delivery_begun() {}
    virtual void delivery_ended() {}

    // Ordinary sockets, where there are any. What calls back does so from another thread.
    virtual std::unique_ptr<Internet> make_internet() { return nullptr; }
};

inline void Turn::come_soon() {
    if (comes_soon_) return;
    comes_soon_ = true;
    loop_.add(*this);
}

inline Turn::~Turn() {
    if (comes_soon_) loop_.remove(*this);
}

// Something that a loop asks for news while it is awake, as asking is cheaper than being told. All
// of it is called on the loop.
class Watched {
  public:
    virtual ~Watched() = default;
    virtual bool has_news() const = 0;
    // Does something about them; may end the watching.
    virtual void on_news() = 0;
    // Only the system knows of its news. It is to ask for them, and do something about them, while
    // a caller spins; otherwise the system tells the loop. True: there were some.
    virtual bool asks_system() const { return false; }
    virtual bool look() { return false; }
    // From now on the loop does not ask: news wake it by other means.
    virtual void before_sleep() = 0;
    virtual void after_sleep() = 0;
};

// Real time and real sockets. What was made on a loop must die before the loop does.
class RealLoop final : public Loop {
  public:
    explicit RealLoop(const Limits& limits = {});
    ~RealLoop() override;
    RealLoop(const RealLoop&) = delete;
    RealLoop& operator=(const RealLoop&) = delete;

    // Runs callbacks in the calling thread until stop(). May be called again after it returned.
    void run();

    // Makes run() return, as soon as what connections had accepted for sending is delivered; at
    // the latest after silence_patience_ms, so that a process may exit right after. Callbacks still
    // come meanwhile. May be called from any thread. Before run(), the next run() only delivers.
    void stop();

    // Instead of run(): runs one callback or two and waits for them no longer than `wait_ms`.
    // False: none came. `spins`: the caller has nothing else to do, so before it sleeps, it may
    // look for some microseconds whether there are news for what is watched, or for a socket. If
    // there is one core only, it gives that to others meanwhile.
    bool run_one(std::int64_t wait_ms, bool spins = false);

    // A callback at once, by whoever may run the loop.
    void run_now(const std::function<void()>& action);

    void watch(Watched& watched);
    void unwatch(Watched& watched);

    std::int64_t now_ms() const override;
    TimerId after(std::int64_t delay_ms, std::function<void()> action) override;
    void cancel(TimerId timer) override;
    void post(std::function<void()> action) override;
    void add(Turn& turn) override;
    void remove(Turn& turn) override;
    std::unique_ptr<Internet> make_internet() override;

    void delivery_begun() override;
    void delivery_ended() override;

    // For transports.
    asio::io_context& context();

  private:
    struct State;
    bool run_next(std::int64_t wait_ms, bool spins);
    bool wait(std::int64_t wait_ms, bool spins);
    bool spin();
    bool tell_news();
    bool look_at_sockets();
    std::unique_ptr<State> state_;
};

}  // namespace reowolf::post
