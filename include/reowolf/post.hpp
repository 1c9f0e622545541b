// SPDX-License-Identifier: MIT
// Messages between processes, without connectors: whole messages with properties, on carriers that
// outlive the connections they use. docs/post.md has a guide.
//
//     reowolf::post::Office office;
//     reowolf::post::Configuration to_bob(office);
//     to_bob.remote = "127.0.0.1:7000";
//     to_bob.initiate([](std::expected<reowolf::post::Carrier, reowolf::post::Trouble> carrier) {
//         carrier->send("hello");
//         carrier->close();
//     });
//
// Every operation is asynchronous. It may be called from any thread, and completes on the thread of
// the office, one completion at a time, through a callback or `co_await`. Callbacks should be
// short. Programs that use this link reowolf-cpp (CMake: reowolf::cpp).
#pragma once

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <reowolf/export.hpp>

namespace reowolf::post {

/// Why something could not be done, or is over.
enum class Cause {
    closed,         ///< in order: the other side has closed, and everything before has arrived
    lost,           ///< the other side ended it, or its process has ended or was started anew
    refused,        ///< the host is there, but nobody listens
    unreachable,    ///< no way there, for as long as the patience lasts
    timed_out,      ///< no answer in time
    too_large,      ///< a message exceeds a limit
    full,           ///< the queue has no room now; see Carrier::when_writable
    not_supported,  ///< nothing here can do that
    resources,      ///< out of memory, descriptors, or a limit
    bad_address,    ///< no address, or not one of this host, or in use
    deviated,       ///< the other side does not speak the protocol
};

/// What happened, and a sentence about it for people.
struct Trouble {
    Cause cause = Cause::lost;
    std::string text;
};

/// What becomes of a message that was sent: sent and then acknowledged or in_doubt, or else expired
/// or dropped.
enum class Event {
    sent,          ///< it is under way
    acknowledged,  ///< the other side has it, and receives it unless it closes or ends the carrier
    expired,       ///< its lifetime ended before it was under way; it is not delivered
    dropped,       ///< the carrier ended before it was under way; it is not delivered
    in_doubt,      ///< the carrier ended when it was under way: it may have arrived or not
};

/// What it takes to keep a message that waits to be sent, beside its bytes.
inline constexpr std::size_t queued_message_bytes = 256;

/// Names a message of an office. 0 is none.
using MessageId = std::uint64_t;

/// A message to be sent: whole, or not at all.
struct Message {
    Message() = default;
    /// Takes the bytes.
    explicit Message(std::vector<std::byte> content) : bytes(std::move(content)) {}
    /// Copies the text.
    explicit Message(std::string_view text) {
        const auto content = std::as_bytes(std::span(text));
        bytes.assign(content.begin(), content.end());
    }

    std::vector<std::byte> bytes;
    /// Once so much time has passed since send() and it is not under way, it is dropped.
    std::optional<std::chrono::milliseconds> lifetime;
    /// 0 is the most urgent. Of a carrier, messages of the same niceness keep their order; more
    /// urgent ones pass others, also while a large one is under way.
    std::uint16_t niceness = 0;
    /// It is sent after these, of carriers of the same association. What has expired is not waited
    /// for.
    std::vector<MessageId> antecedents;
    /// It does no harm if it comes twice. The receiver is told.
    bool is_idempotent = false;
    /// It shall not wait to fill a packet. The receiver is told; nothing waits at present.
    bool is_immediate = false;
    /// Told of what becomes of it, also when the carrier is gone, until the office is. May be
    /// empty.
    std::function<void(Event)> on_event;
};

/// A message that has come.
struct Received {
    std::vector<std::byte> bytes;
    std::uint16_t niceness = 0;
    bool is_idempotent = false;
    bool is_immediate = false;

    /// Its bytes as text; valid as long as this is.
    std::string_view text() const {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
};

/// What is known of the way that messages take at present.
struct Path {
    std::string remote;            ///< the other side's address
    bool is_up = false;            ///< there is a connection
    std::uint32_t transients = 0;  ///< how many connections there have been, this one counted
    /// Which of the remote's addresses it is, and what became of those tried before it, as in
    /// `10.0.0.7:7001, address 2 of 2; [fd00::7]:7001: refused`. Empty where the other side
    /// initiated.
    std::string choice;
};

/// `co_await` gives a T, on the thread of the office.
template <class T>
class Awaitable {
  public:
    using Begin = std::move_only_function<void(std::function<void(T)>)>;
    explicit Awaitable(Begin begin) : begin_(std::move(begin)) {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
        // Not from within this object, which may be gone before the call returns.
        Begin begin = std::move(begin_);
        begin([this, waiting](T result) {
            result_.emplace(std::move(result));
            waiting.resume();
        });
    }
    T await_resume() { return std::move(*result_); }

  private:
    Begin begin_;
    std::optional<T> result_;
};

/// What a coroutine returns that nobody waits for. An exception that leaves it ends the program.
struct Task {
    struct promise_type {  // NOLINT(readability-identifier-naming): the language's name
        Task get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    };
};

/// Has a thread on which everything happens. Must outlive what was made with it, but for what is
/// destroyed in its callbacks.
class REOWOLF_CPP Office {
  public:
    Office();
    /// First delivers what was closed, for ten seconds at most. Whoever waits for something gets
    /// Cause::closed. Not to be called on its own thread.
    ~Office();
    Office(const Office&) = delete;
    Office& operator=(const Office&) = delete;

    class REOWOLF_INNER Core;

  private:
    friend class Configuration;
    std::shared_ptr<Core> core_;
};

/// A sequence of messages each way, in order, with one other process; bound to no connection. When
/// the one it uses breaks, another is made, and nothing is lost and nothing comes twice, as long as
/// both processes live and a path comes back within a minute. Destroying it without close() ends it
/// at once.
class REOWOLF_CPP Carrier {
  public:
    using OnReceived = std::function<void(std::expected<Received, Trouble>)>;
    class REOWOLF_INNER State;

    explicit Carrier(std::shared_ptr<State> state) : state_(std::move(state)) {}
    ~Carrier();
    Carrier(Carrier&& other) noexcept = default;
    Carrier& operator=(Carrier&& other) noexcept;

    /// Queues the message, never blocks. Cause::full: nothing was taken, as more than
    /// Policy::queue_bytes_max would wait. A carrier that has ended takes and drops it.
    std::expected<MessageId, Trouble> send(Message message);
    std::expected<MessageId, Trouble> send(std::string_view text) { return send(Message(text)); }

    /// Once, when at most half of the queue's room is used, or the carrier has ended.
    void when_writable(std::function<void()> done);
    Awaitable<std::monostate> when_writable();

    /// The next message, or why none comes any more; one request at a time, another one is told
    /// Cause::not_supported. While there is none, what comes waits, and then the other side does:
    /// up to a mebibyte is on its way.
    void receive(OnReceived done);
    Awaitable<std::expected<Received, Trouble>> receive();

    /// Another carrier beside this one, of the same association. The other side gets it by
    /// accept_forks().
    std::expected<Carrier, Trouble> fork();
    /// Carriers that the other side forks from any of this association. Without, it cannot.
    void accept_forks(std::function<void(Carrier)> accept);

    /// No more messages will be sent or received; those that were sent are delivered, also when the
    /// carrier is destroyed meanwhile, unless the other side closes too. What is sent from now on
    /// is dropped.
    void close();

    /// What messages that are not under way yet count; see Policy::queue_bytes_max.
    std::size_t queued_bytes() const;
    /// Asks the office, and waits for its answer.
    Path path() const;

  private:
    std::shared_ptr<State> state_;
};

/// Accepts carriers until it is destroyed; those that it has accepted live on.
class REOWOLF_CPP Listener {
  public:
    class REOWOLF_INNER State;
    explicit Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}

    /// Where, as `host:port`, with the real port where 0 was asked for, and with the transport in
    /// front, as in `tcp://`, if only one is allowed.
    const std::string& local() const;

  private:
    std::shared_ptr<State> state_;
};

/// What is wanted of transports, and how much may be used.
struct Policy {
    /// `tcp`, and `shm`: memory that both processes see, within one host. If both are allowed, a
    /// connection begins as the one and becomes the other where it can. Empty: both. If the two
    /// sides have none in common, initiate() gives Cause::not_supported.
    std::vector<std::string> required_transports;
    std::vector<std::string> prohibited_transports;
    /// The largest message that is accepted, and that may be sent. A larger one from the other side
    /// ends all carriers of the association: receive() gives what came before, and then
    /// Cause::too_large; there it is Cause::lost, and the message is not acknowledged.
    std::size_t message_bytes_max = std::size_t{64} << 20;
    /// Messages that wait to be sent on a carrier: their bytes, 8 for each antecedent, and
    /// queued_message_bytes for each message. One message may always wait, and if it is larger than
    /// this, those that are more urgent as if it were not there.
    std::size_t queue_bytes_max = std::size_t{4} << 20;
};

/// What is known before anything is opened. Later changes concern what is opened later.
class REOWOLF_CPP Configuration {
  public:
    using OnInitiated = std::function<void(std::expected<Carrier, Trouble>)>;

    /// The office must outlive it.
    explicit Configuration(Office& office) : core_(office.core_) {}

    std::string remote;  ///< `host:port`, `[v6]:port`, with or without `tcp://`; resolved when used
    std::string local;   ///< the same, to listen at; port 0: any
    Policy policy;

    /// Opens a carrier to the remote.
    void initiate(OnInitiated done) const;
    Awaitable<std::expected<Carrier, Trouble>> initiate() const;

    /// Accepts carriers at the local address. Waits for the office.
    std::expected<Listener, Trouble> listen(std::function<void(Carrier)> accept) const;

  private:
    std::shared_ptr<Office::Core> core_;
};

}  // namespace reowolf::post
