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
struct Channel;
struct Component;
}  // namespace runtime

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
struct Behaviour;
struct Task;

// What has come of a get or put where it was awaited: it has happened; or the component waits in
// its round; or nothing has been done, and the component has to ask.
enum class Meeting : std::uint8_t { happened, waits, none };

// The coroutine that goes on, by its address: where a function's last call has a pointer as its
// result, g++ jumps there, and no registers are kept for afterwards.
using GoesOn = void*;

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
    // What the component that runs now does next is to put, or to get, a number alone, which is the
    // task's then; or to get one from any one of the ports, which stay where they are. Null: it has
    // happened. Otherwise the component waits, or has to ask, and this is who goes on.
    virtual GoesOn put_number(Task& task, std::uint64_t port, std::uint64_t number) = 0;
    virtual GoesOn get_number(Task& task, std::uint64_t port) = 0;
    virtual GoesOn get_any_number(Task& task, const std::uint64_t* ports, std::uint32_t count) = 0;
    // The same in its block, which is in place. A put does not wait. Who waits gives up its turn by
    // next(), when the task has where it goes on.
    virtual bool put_number_in_place(Task& task, std::uint64_t port, std::uint64_t number) = 0;
    virtual Meeting get_number_in_place(Task& task, std::uint64_t port) = 0;
    // What it does next is this act alone. False: it has to wait, or to ask; see Act::is_entered.
    virtual bool put_at_once(Act& act) = 0;
    virtual bool get_at_once(Act& act) = 0;
    virtual bool get_any_at_once(Act& act) = 0;
    // In the block whose code runs now: what is got is then its answer. False: it has to ask, or
    // waits already, as its task then says.
    virtual bool put_at_once(Behaviour& behaviour, std::uint64_t port, const Message& value) = 0;
    virtual bool get_at_once(Behaviour& behaviour, std::uint64_t port) = 0;
    // The code of the component's block, which is in place, has come to its end. Who goes on.
    virtual GoesOn end_at_once(Task& task) = 0;
    // The component that ran waits. Who goes on.
    virtual GoesOn next() = 0;

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
    enum class Kind : std::uint8_t { nothing, get, put, fork, fires, discard, print };
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

// What a component awaits: an act; or a block; or to put or get a number and no more. All but the
// first become acts when more is to be known of them, which is rare.
enum class Doing : std::uint8_t { act, block, put, get, get_any };

// What others need of a component's coroutine to exchange numbers with it.
struct Seat {
    // What goes on with it, in place: it, or the code of its block. Null: only the library does.
    std::coroutine_handle<> resumes;
    std::uint64_t number = 0;  // the last one that it got
    runtime::Component* who = nullptr;
    // What it does; and, if that is no act, whether it waits for it in its round, or has to ask.
    Doing does = Doing::block;
    bool waits = false;
    std::uint32_t chosen = 0;              // of the ports, the one that the number came from
    std::uint64_t given = 0;               // what it puts
    const std::uint64_t* ports = nullptr;  // of get_any
    std::uint32_t count = 0;
    std::coroutine_handle<> component;  // where it stands
    // The port that it put into last, or got from, alone, and what is behind it, so that it need
    // not be looked up each time: channels stay where they are. The key is what the channel has
    // while it may be used so.
    struct Way {
        std::uint64_t port = no_port;
        std::uint64_t key = 0;
        runtime::Channel* channel = nullptr;
    };
    Way out;
    Way in;
};

// A component's coroutine, as the library sees it.
struct Task : Seat {
    explicit Task(Engine& its_engine) : engine(its_engine) {}
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;

    Engine& engine;
    Frames frames;
    Act* act = nullptr;      // what it does, if that is one
    Block* block = nullptr;  // or that is one
    void take_up(Act& its_act) {
        does = Doing::act;
        act = &its_act;
    }
    // Of anything else.
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
    task->take_up(*this);
    task->component = component;
    task->resumes = component;
    if (!is_entered) return std::noop_coroutine();
    return std::coroutine_handle<>::from_address(task->engine.next());
}

inline Act& Task::become_act() {
    Act& become = made.emplace();
    become.task = this;
    if (does == Doing::block) {
        become.kind = Act::Kind::block;
        become.block = block;
    } else {
        become.is_entered = waits;
    }
    if (does == Doing::put) {
        become.kind = Act::Kind::put;
        become.port = out.port;
        become.value = Message::number(given);
    } else if (does == Doing::get) {
        become.kind = Act::Kind::get;
        become.port = in.port;
    } else if (does == Doing::get_any) {
        become.kind = Act::Kind::get_any;
        become.ports = ports;
        become.count = count;
    }
    take_up(become);
    return become;
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

    // It has to ask for that.
    void want(Ask::Kind kind, std::uint64_t port) {
        ask.kind = kind;
        ask.port = port;
        task.waits = false;
    }
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
