// SPDX-License-Identifier: MIT
// What stands between the templates of <reowolf/component.hpp> and the library. Nothing here is for
// programs to use.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <reowolf/export.hpp>

namespace reowolf {

class Round;

namespace runtime {
struct Component;
}

// A value that is no value of its PDL type, such as a string that is not UTF-8, or that does not
// fit into the C++ type.
class BadValue : public std::invalid_argument {
  public:
    using std::invalid_argument::invalid_argument;
};

namespace embedding {

inline constexpr std::uint64_t no_port = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

// Of what a message refers to.
REOWOLF_CPP void retain(std::uint64_t reference) noexcept;
REOWOLF_CPP void release(std::uint64_t reference) noexcept;

// A message as the runtime holds it: a number, or a counted reference to something that does not
// change.
class Message {
  public:
    Message() = default;
    static Message number(std::uint64_t bits) { return Message(bits, false); }
    // Takes over a reference.
    static Message adopt(std::uint64_t reference) { return Message(reference, true); }
    Message(const Message& other) : Message(other.bits_, other.is_reference_) {
        if (is_reference_) retain(bits_);
    }
    Message(Message&& other) noexcept
        : bits_(std::exchange(other.bits_, 0)),
          is_reference_(std::exchange(other.is_reference_, false)) {}
    Message& operator=(const Message& other) { return *this = Message(other); }
    Message& operator=(Message&& other) noexcept {
        const std::uint64_t bits = std::exchange(other.bits_, 0);
        const bool is_reference = std::exchange(other.is_reference_, false);
        if (is_reference_) release(bits_);
        bits_ = bits;
        is_reference_ = is_reference;
        return *this;
    }
    ~Message() {
        if (is_reference_) release(bits_);
    }

    std::uint64_t bits() const { return bits_; }
    bool is_reference() const { return is_reference_; }
    // Gives the reference away.
    std::uint64_t hand_over() {
        is_reference_ = false;
        return std::exchange(bits_, 0);
    }

  private:
    Message(std::uint64_t bits, bool is_reference) : bits_(bits), is_reference_(is_reference) {}

    std::uint64_t bits_ = 0;
    bool is_reference_ = false;
};

struct Act;
struct Alone;
struct Behaviour;
struct Task;

// What has come of a get or put where it was awaited: it has happened; or the component waits in
// its round; or nothing has been done, and the component has to ask.
enum class Meeting : std::uint8_t { happened, waits, none };

// The runtime as its components see it.
class Engine {
  public:
    // Of values that are no numbers: as <reowolf/connector.h> has them. Throws BadValue.
    virtual Message to_message(std::uint64_t port, std::span<const std::byte> bytes) = 0;
    virtual std::vector<std::byte> to_bytes(std::uint64_t port, const Message& message) = 0;
    // Whether the other end is closed.
    virtual bool is_closed(std::uint64_t port) = 0;
    // Milliseconds since the runtime was made.
    virtual std::int64_t now_ms() = 0;
    // What the component that runs now does next is to put, or to get, a number alone: then the
    // task's number.
    virtual Meeting put_number(Task& task, std::uint64_t port, std::uint64_t number) = 0;
    virtual Meeting get_number(Task& task, std::uint64_t port) = 0;
    // The same in its block, which is in place. A put does not wait.
    virtual bool put_number_in_place(Task& task, std::uint64_t port, std::uint64_t number) = 0;
    virtual Meeting get_number_in_place(Task& task, std::uint64_t port) = 0;
    // A number from any one of the ports. What it waits for becomes its act's.
    virtual Meeting get_any_number(Task& task, const std::uint64_t* ports, std::uint32_t count,
                                   std::uint32_t& chosen) = 0;
    // What it does next is this act alone. False: it has to wait, or to ask; see Act::is_entered.
    virtual bool put_at_once(Act& act) = 0;
    virtual bool get_at_once(Act& act) = 0;
    virtual bool get_any_at_once(Act& act) = 0;
    // In the block whose code runs now: what is got is then its answer. False: it has to ask, or
    // waits already, as its `ask` then says.
    virtual bool put_at_once(Behaviour& behaviour, std::uint64_t port, const Message& value) = 0;
    virtual bool get_at_once(Behaviour& behaviour, std::uint64_t port) = 0;
    // The code of the component's block, which is in place, has come to its end. Who goes on.
    virtual std::coroutine_handle<> end_at_once(Task& task) = 0;
    // The component that ran waits. Who goes on.
    virtual std::coroutine_handle<> next() = 0;

    // The code of a sync block runs that is not in place.
    bool is_trying = false;

  protected:
    ~Engine() = default;
};

// Memory of coroutine frames that are gone, for the next ones. For one thread, as all of this.
class Frames {
  public:
    Frames() = default;
    Frames(const Frames&) = delete;
    Frames& operator=(const Frames&) = delete;
    ~Frames() {
        while (free_) ::operator delete(std::exchange(free_, free_->next));
    }

    // `frames` may be null: then the memory is not kept for others.
    static void* allocate(Frames* frames, std::size_t size) {
        if (frames) {
            for (Head** at = &frames->free_; *at; at = &(*at)->next) {
                if ((*at)->size < size) continue;
                Head* found = *at;
                *at = found->next;
                --frames->count_;
                return found + 1;
            }
        }
        Head* made = static_cast<Head*>(::operator new(sizeof(Head) + size));
        *made = Head{frames, nullptr, size, 0};
        return made + 1;
    }
    static void release(void* frame) {
        Head* head = static_cast<Head*>(frame) - 1;
        Frames* const frames = head->home;
        if (!frames || frames->count_ == kept_max) return ::operator delete(head);
        head->next = std::exchange(frames->free_, head);
        ++frames->count_;
    }

  private:
    static constexpr int kept_max = 8;
    struct Head {
        Frames* home;
        Head* next;
        std::size_t size;
        std::size_t padding;  // a frame is aligned like what operator new returns
    };
    Head* free_ = nullptr;
    int count_ = 0;
};

// What a sync block asks.
struct Ask {
    // waits: for a message, or at the end of the block for others, without asking.
    enum class Kind : std::uint8_t { nothing, waits, get, put, fork, fires, discard, print };
    Kind kind = Kind::nothing;
    std::uint32_t count = 0;
    // Of a fork each of whose alternatives begins with a get: the ports. Null: that is not known.
    const std::uint64_t* ports = nullptr;
    std::uint64_t port = no_port;
    Message value;
    std::string text;
};

// The code of a sync block. The handles are of what start() gave.
class Block {
  public:
    virtual std::coroutine_handle<> start(Round& round) = 0;
    virtual std::exception_ptr failure(std::coroutine_handle<> run) const = 0;
    // This run is the one that happened.
    virtual void keep_result(std::coroutine_handle<> run) = 0;

  protected:
    ~Block() = default;
};

// What a component awaits.
struct Awaitable {
    Task* task = nullptr;  // whose it is; known when it is awaited
};

// What a component does next, and what came of it. Lies in the component's frame.
struct Act : Awaitable {
    enum class Kind : std::uint8_t { get, put, get_any, block, sleep, outside };

    Kind kind = Kind::outside;
    bool notices_closing = false;  // a closed port is an answer
    bool is_closed = false;        // … which this is
    bool is_late = false;          // its time was over before it happened
    bool is_entered = false;       // it waits in its round already
    std::uint32_t chosen = 0;
    std::uint32_t count = 0;  // of the ports
    std::uint64_t port = no_port;
    const std::uint64_t* ports = nullptr;
    Message value;  // to be put; or what came
    Block* block = nullptr;
    const std::vector<std::byte>* state = nullptr;  // all that the block depends on
    std::int64_t until_ms = never;
    std::int64_t patience_ms = never;  // from when it begins; sets until_ms
    // Set from another thread: it need not happen any more.
    const std::atomic<bool>* is_unwanted = nullptr;

    bool await_ready() const { return false; }
    inline std::coroutine_handle<> await_suspend(std::coroutine_handle<> component);
};

// What others need of a component's coroutine to exchange numbers with it.
struct Seat {
    // What goes on with it, in place: it, or the code of its block. Null: only the library does.
    std::coroutine_handle<> resumes;
    std::uint64_t number = 0;  // the last one that it got
    runtime::Component* who = nullptr;
};

// A component's coroutine, as the library sees it.
struct Task : Seat {
    explicit Task(Engine& its_engine) : engine(its_engine) {}
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;

    Engine& engine;
    Frames frames;
    std::coroutine_handle<> component;  // where it stands
    // What it does: an act; or else something that is alone; or else a block. These two become acts
    // when more is to be known of them, which is rare.
    Act* act = nullptr;
    const Alone* alone = nullptr;
    Block* block = nullptr;
    inline Act& become_act();
    // Of a block that is run in place, without anybody being asked: its code, until it has
    // happened and the component has its result; its behaviour; and the round as it sees it.
    std::coroutine_handle<> code;
    Behaviour* behaviour = nullptr;
    Round* round = nullptr;
    std::exception_ptr failure;
    std::uint32_t index = 0;
    std::optional<Act> made;  // what became an act last
};

inline std::coroutine_handle<> Act::await_suspend(std::coroutine_handle<> component) {
    task->act = this;
    task->component = component;
    task->resumes = component;
    return is_entered ? task->engine.next() : std::noop_coroutine();
}

// An act that is to get or put a number and no more. Most never are more than this.
struct Alone : Awaitable {
    Alone(bool is_put, std::uint64_t its_port, std::uint64_t its_number)
        : puts(is_put), port(its_port), number(its_number) {}

    // One that waits is where it always waits, and goes on there.
    std::coroutine_handle<> await_suspend(std::coroutine_handle<>) {
        task->act = nullptr;
        task->alone = this;
        return meeting == Meeting::waits ? task->engine.next() : std::noop_coroutine();
    }

    bool puts;
    Meeting meeting = Meeting::none;
    std::uint64_t port;
    std::uint64_t number;  // to be put
};

inline Act& Task::become_act() {
    act = &made.emplace();
    act->task = this;
    if (alone) {
        act->kind = alone->puts ? Act::Kind::put : Act::Kind::get;
        act->is_entered = alone->meeting == Meeting::waits;
        act->port = alone->port;
        act->value = Message::number(alone->number);
    } else {
        act->kind = Act::Kind::block;
        act->block = block;
    }
    return *act;
}

// One way through a sync block, under way.
struct Behaviour {
    explicit Behaviour(Task& its_task);
    Behaviour(const Behaviour&) = delete;
    Behaviour& operator=(const Behaviour&) = delete;

    Engine& engine;
    Task& task;
    bool is_only = false;      // there is no other behaviour of its attempt
    bool is_in_place = false;  // … and it is Task::behaviour
    std::coroutine_handle<> asker;
    Ask ask;
    Message answer;            // of one in place that got a number, the task has it
    std::uint32_t number = 0;  // an answer too: which way, or whether
};

inline Behaviour::Behaviour(Task& its_task) : engine(its_task.engine), task(its_task) {}

// Wakes a component that waits for something outside. From any thread, and also when the runtime is
// gone.
class Waker {
  public:
    virtual ~Waker() = default;
    virtual void wake(std::uint32_t component) = 0;
};

// A coroutine that is not running yet, and all that it refers to.
class Start {
  public:
    virtual ~Start() = default;
    // Once.
    virtual std::coroutine_handle<> begin(Task& task) = 0;
};

}  // namespace embedding
}  // namespace reowolf
