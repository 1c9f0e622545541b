// SPDX-License-Identifier: MIT
// Bridges between the components of a runtime and ordinary threads: what one thread puts into an
// inlet comes out of a component's port, one value a round; what components put into the port of an
// outlet a thread can get. Both hold a bounded number of values and make who is ahead wait.
//
//     auto [inlet, orders] = reowolf::make_inlet<Order>(runtime, 16);
//     auto [results, outlet] = reowolf::make_outlet<Result>(runtime, 16);
//     runtime.start("broker", orders, results);
//     std::thread worker([&] {
//         inlet.put(Order{…});
//         while (std::optional<Result> result = outlet.get()) use(*result);
//     });
//     runtime.run();  // as long as components and bridges are left
//
// The methods of Inlet and Outlet may be called from any thread, and by several at once. An inlet
// that is destroyed is closed, after what it holds has been taken; so is an outlet, at once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include <reowolf/runtime.hpp>

namespace reowolf {

namespace embedding {

// When so much time is over; what the clock does not reach is never.
inline std::chrono::steady_clock::time_point after(std::chrono::milliseconds time) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point now = Clock::now();
    const auto left = std::chrono::floor<std::chrono::milliseconds>(Clock::time_point::max() - now);
    if (time >= left) return Clock::time_point::max();
    return time.count() > 0 ? now + time : now;
}

// What is on its way between a thread and a component.
template <class T>
class Queue {
  public:
    Queue(std::size_t capacity, std::shared_ptr<Waker> waker)
        : capacity_(capacity), waker_(std::move(waker)) {
        if (capacity == 0) throw std::invalid_argument("a bridge must have room for a value");
    }

    // ---- For both sides.
    // Whether anybody takes, or brings, anything any more.
    bool is_closed() {
        const std::lock_guard lock(mutex_);
        return closed_;
    }
    void close() {
        unwanted.store(true);
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        changed_.notify_all();
        wake();
    }
    std::atomic<bool> unwanted = false;

    // ---- For threads.
    enum class Patience { none, until, forever };
    using Time = std::chrono::steady_clock::time_point;
    // False: it is closed, or the time was over.
    bool push(T value, Patience patience, Time until = {}) {
        {
            std::unique_lock lock(mutex_);
            wait(lock, patience, until, [&] { return closed_ || values_.size() < capacity_; });
            if (closed_ || values_.size() >= capacity_) return false;
            values_.push_back(std::move(value));
        }
        wake();
        return true;
    }
    std::optional<T> pop(Patience patience, Time until = {}) {
        std::optional<T> value;
        {
            std::unique_lock lock(mutex_);
            wait(lock, patience, until, [&] { return closed_ || !values_.empty(); });
            if (values_.empty()) return std::nullopt;
            value = std::move(values_.front());
            values_.pop_front();
        }
        wake();
        return value;
    }

    // ---- For the component.
    void set_component(std::uint32_t component) {
        const std::lock_guard lock(mutex_);
        component_ = component;
    }
    enum class Ahead { value, nothing, end };
    Ahead look() {
        const std::lock_guard lock(mutex_);
        return !values_.empty() ? Ahead::value : closed_ ? Ahead::end : Ahead::nothing;
    }
    T front() {
        const std::lock_guard lock(mutex_);
        return values_.front();
    }
    void drop_front() {
        {
            const std::lock_guard lock(mutex_);
            if (!values_.empty()) values_.pop_front();
        }
        changed_.notify_all();
    }
    enum class Room { some, none, end };
    Room room() {
        const std::lock_guard lock(mutex_);
        return closed_ ? Room::end : values_.size() < capacity_ ? Room::some : Room::none;
    }
    void add(T value) {
        {
            const std::lock_guard lock(mutex_);
            values_.push_back(std::move(value));
        }
        changed_.notify_all();
    }
    // The component has ended: threads learn it. Of an outlet they can still take what is there.
    void end() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        changed_.notify_all();
    }

  private:
    template <class Condition>
    void wait(std::unique_lock<std::mutex>& lock, Patience patience, Time until,
              Condition condition) {
        if (patience == Patience::forever) changed_.wait(lock, condition);
        if (patience == Patience::until) changed_.wait_until(lock, until, condition);
    }
    void wake() {
        std::optional<std::uint32_t> component;
        {
            const std::lock_guard lock(mutex_);
            component = component_;
        }
        if (component) waker_->wake(*component);
    }

    const std::size_t capacity_;
    const std::shared_ptr<Waker> waker_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<T> values_;
    std::optional<std::uint32_t> component_;
    bool closed_ = false;
};

// However the component comes to its end.
template <class T>
class Ending {
  public:
    explicit Ending(std::shared_ptr<Queue<T>> queue) : queue_(std::move(queue)) {}
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    ~Ending() { queue_->end(); }

  private:
    std::shared_ptr<Queue<T>> queue_;
};

template <class T>
Component fill(std::shared_ptr<Queue<T>> queue, Out<T> to) {
    using Ahead = typename Queue<T>::Ahead;
    const Ending<T> ending(queue);
    queue->set_component(co_await this_component());
    for (;;) {
        Ahead ahead = queue->look();
        for (; ahead == Ahead::nothing; ahead = queue->look()) {
            if (co_await is_closed(to)) co_return;
            co_await outside();
        }
        if (ahead == Ahead::end) co_return;
        if (!co_await to.try_put(queue->front())) co_return;
        queue->drop_front();
    }
}

template <class T>
Component drain(std::shared_ptr<Queue<T>> queue, In<T> from) {
    using Room = typename Queue<T>::Room;
    const Ending<T> ending(queue);
    queue->set_component(co_await this_component());
    for (;;) {
        Room room = queue->room();
        for (; room == Room::none; room = queue->room()) {
            if (co_await is_closed(from)) co_return;
            co_await outside();
        }
        if (room == Room::end) co_return;
        auto get = from.try_get();
        get.is_unwanted = &queue->unwanted;
        std::optional<T> value = co_await get;
        if (!value) co_return;
        queue->add(std::move(*value));
    }
}

}  // namespace embedding

// Where a thread puts values into the components' world.
template <class T>
class Inlet {
  public:
    explicit Inlet(std::shared_ptr<embedding::Queue<T>> queue) : queue_(std::move(queue)) {}
    Inlet(Inlet&&) noexcept = default;
    Inlet& operator=(Inlet&& other) noexcept {
        if (this != &other) close();
        queue_ = std::move(other.queue_);
        return *this;
    }
    ~Inlet() { close(); }

    // Waits for room. False: nobody takes anything any more, and the value is lost.
    bool put(T value) { return queue_->push(std::move(value), Queue::Patience::forever); }
    // False: also if there is no room now, or none within the time.
    bool try_put(T value) { return queue_->push(std::move(value), Queue::Patience::none); }
    bool put_within(std::chrono::milliseconds time, T value) {
        return queue_->push(std::move(value), Queue::Patience::until, embedding::after(time));
    }
    // Nothing more comes: when what is in it has been taken, its port is closed.
    void close() {
        if (queue_) queue_->close();
    }
    bool is_closed() const { return queue_->is_closed(); }

  private:
    using Queue = embedding::Queue<T>;
    std::shared_ptr<Queue> queue_;
};

// Where a thread gets the values of components.
template <class T>
class Outlet {
  public:
    explicit Outlet(std::shared_ptr<embedding::Queue<T>> queue) : queue_(std::move(queue)) {}
    Outlet(Outlet&&) noexcept = default;
    Outlet& operator=(Outlet&& other) noexcept {
        if (this != &other) close();
        queue_ = std::move(other.queue_);
        return *this;
    }
    ~Outlet() { close(); }

    // Waits for a value. Nothing: none will ever come.
    std::optional<T> get() { return queue_->pop(Queue::Patience::forever); }
    // Nothing: also if there is none now, or none within the time.
    std::optional<T> try_get() { return queue_->pop(Queue::Patience::none); }
    std::optional<T> get_within(std::chrono::milliseconds time) {
        return queue_->pop(Queue::Patience::until, embedding::after(time));
    }
    // Nothing more is wanted: its port is closed.
    void close() {
        if (queue_) queue_->close();
    }
    bool is_closed() const { return queue_->is_closed(); }

  private:
    using Queue = embedding::Queue<T>;
    std::shared_ptr<Queue> queue_;
};

template <class T>
struct InletAndPort {
    Inlet<T> inlet;
    In<T> port;  // where its values come out
};
template <class T>
struct PortAndOutlet {
    Out<T> port;  // where its values are put
    Outlet<T> outlet;
};

// `capacity` is how many values it holds, at least 1. In the thread of the runtime.
template <class T>
InletAndPort<T> make_inlet(Runtime& runtime, std::size_t capacity) {
    auto queue = std::make_shared<embedding::Queue<T>>(capacity, runtime.waker());
    const auto [out, in] = runtime.channel<T>();
    runtime.start_as("inlet", embedding::fill<T>, queue, out);
    return {Inlet<T>(std::move(queue)), in};
}
template <class T>
PortAndOutlet<T> make_outlet(Runtime& runtime, std::size_t capacity) {
    auto queue = std::make_shared<embedding::Queue<T>>(capacity, runtime.waker());
    const auto [out, in] = runtime.channel<T>();
    runtime.start_as("outlet", embedding::drain<T>, queue, in);
    return {out, Outlet<T>(std::move(queue))};
}

}  // namespace reowolf
