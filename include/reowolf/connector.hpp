// SPDX-License-Identifier: MIT
// Connectors for C++: <reowolf/connector.h> with values of C++ types (reowolf/values.hpp), owned
// objects and results. Header only; link with libreowolf.
//
//     reowolf::RealtimeConnector c;
//     c.configure(description);
//     c.connect();
//     std::string taken;
//     for (;;) {
//         c.put("give", "this");       // prepare what goes out …
//         c.get("take", taken);        // … and what comes in
//         if (c.sync()) break;         // all of it happens at all peers, or none of it
//     }
//
// Conventions.
//
// 1. Functions throw Error, with the errno of the C interface and its text. For each that can fail
//    for other reasons than a mistake of the programmer there is a twin, try_…, which returns a
//    Result and throws nothing but std::bad_alloc.
// 2. A call that fails has changed nothing: what was prepared stays prepared. But for EMSGSIZE of
//    sync and await, which comes after the round: an array came that is longer or shorter than the
//    std::array for it. All else that came is there, and nothing is prepared any more.
// 3. A connector is used by one thread at a time; different ones are independent.
// 4. Variables that are given to get, opt and poll must stay until the round has happened or the
//    connector is closed.
#pragma once

#include <cerrno>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <expected>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <reowolf/connector.h>
#include <reowolf/values.hpp>

namespace reowolf {

// What has gone wrong: an errno of the table in docs/api.md, and the library's explanation.
struct Failure {
    std::error_code code;
    std::string text;
};
template <class T>
using Result = std::expected<T, Failure>;

class Error : public std::system_error {
  public:
    explicit Error(const Failure& failure) : std::system_error(failure.code, failure.text) {}
};

template <class T>
T value_or_throw(Result<T> result) {
    if (!result) throw Error(result.error());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// What the three classes of connectors have in common.
class Connector {
  public:
    static constexpr std::chrono::milliseconds forever{-1};

    Connector(Connector&& other) noexcept
        : conn_(std::exchange(other.conn_, -1)),
          awaited_(std::move(other.awaited_)),
          alternative_(std::exchange(other.alternative_, 0)),
          is_begun_(std::exchange(other.is_begun_, false)),
          types_(std::move(other.types_)),
          expected_(std::move(other.expected_)),
          progress_(std::move(other.progress_)) {}
    Connector& operator=(Connector&& other) noexcept {
        std::swap(conn_, other.conn_);
        std::swap(awaited_, other.awaited_);
        std::swap(alternative_, other.alternative_);
        std::swap(is_begun_, other.is_begun_);
        std::swap(types_, other.types_);
        std::swap(expected_, other.expected_);
        std::swap(progress_, other.progress_);
        return *this;
    }
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;
    // Leaves the connector: what others need to finish the last round is delivered first.
    ~Connector() { close(); }

    // The diagnostic of a description, with line and column; empty if it is valid.
    static std::string check(const std::string& description) {
        if (description.contains('\0')) return zero_byte;
        std::string text(rw_checkdesc(description.c_str(), nullptr, 0) + 1, '\0');
        rw_checkdesc(description.c_str(), text.data(), text.size());
        text.pop_back();
        return text;
    }

    // The protocol, and which of its peers this is. EINVAL: it does not compile, or has a zero
    // byte; EISCONN.
    void configure(const std::string& description) { value_or_throw(try_configure(description)); }
    Result<void> try_configure(const std::string& description) {
        types_.clear();
        const bool is_whole = !description.contains('\0');
        Result<void> result = done(rw_configure(conn_, is_whole ? description.c_str() : nullptr));
        if (result) forget_all();
        if (!is_whole && result.error().code == std::errc::invalid_argument) {
            result.error().text = zero_byte;
        }
        return result;
    }

    // Waits until all peers are there, 30 s if timeout() does not say otherwise. Then checks the
    // ports that in() and out() have made before: EINVAL, ENOENT, EACCES or EPERM for one that is
    // not as it was said to be, and the connector is connected all the same.
    void connect() { value_or_throw(try_connect()); }
    Result<void> try_connect() { return connected(rw_connect(conn_)); }
    // The same for event loops, as the start and finish of rounds.
    Result<void> try_connect_start() { return begun(rw_connect_start); }
    Result<void> try_connect_finish() {
        is_begun_ = false;
        return connected(rw_connect_finish(conn_));
    }

    // Of connect, sync and await. Zero: what is not possible at once fails. While a peer cannot be
    // reached, it can take longer to know what has become of a round; see rw_timeout.
    void timeout(std::chrono::milliseconds limit) {
        value_or_throw(done(rw_timeout(conn_, static_cast<long>(limit.count()))));
    }

    // What takes long: see rw_progress. `report` must not throw. Before connecting; none: nothing
    // is reported any more.
    void on_progress(std::function<void(const rw_event&)> report) {
        using Report = std::function<void(const rw_event&)>;
        const auto call = [](const rw_event* event, void* context) noexcept {
            (*static_cast<const Report*>(context))(*event);
        };
        auto kept = report ? std::make_unique<Report>(std::move(report)) : nullptr;
        value_or_throw(done(kept ? rw_progress(conn_, call, kept.get())
                                 : rw_progress(conn_, nullptr, nullptr)));
        progress_ = std::move(kept);
    }

    // The port stays silent from now on.
    void close(const std::string& port) { value_or_throw(try_close(port)); }
    Result<void> try_close(const std::string& port) { return done(rw_close(conn_, c_name(port))); }
    // Leaves the connector; it can be used for nothing afterwards. Never throws. Nothing happens
    // while another thread is in a call, or in what on_progress() was given: the call that is under
    // way needs the connector, and what it was told of.
    void close() noexcept {
        if (conn_ >= 0 && rw_close(conn_, nullptr) != 0 && errno == EBUSY) return;
        conn_ = -1;
        is_begun_ = false;
        forget_all();
    }

    // What is prepared from here on is an alternative to what was prepared before: one of them
    // happens. That is an earlier one rather than a later one, as a rule and not always; see rw_or.
    void or_else() {
        value_or_throw(done(rw_or(conn_)));
        ++alternative_;
    }
    // Which alternative happened in the last round, counted from 0.
    int chosen() const {
        const int chosen = rw_chosen(conn_);
        value_or_throw(done(chosen));
        return chosen;
    }

    // What came in through the port in the last round; nothing if it did not fire. EMSGSIZE: an
    // array of another size than T has; it can still be had as a std::vector.
    template <Gettable T>
    std::optional<T> decide(const std::string& port) {
        expect_type(port, Codec<T>::type());
        const std::optional<std::span<const std::byte>> bytes = view(port);
        if (!bytes) return std::nullopt;
        std::expected<T, std::string> value = value_from<T>(*bytes);
        if (!value) throw Error(misfit(port, value.error()));
        return *std::move(value);
    }
    // The same as bytes, in place: good until the next call that changes the connector.
    std::optional<std::span<const std::byte>> view(const std::string& port) {
        const void* data = nullptr;
        std::size_t size = 0;
        const int fired = rw_view(conn_, c_name(port), &data, &size);
        value_or_throw(done(fired));
        if (fired == 0) return std::nullopt;
        return std::span(static_cast<const std::byte*>(data), size);
    }
    bool fired(const std::string& port) { return view(port).has_value(); }

    // Direction and shape of a port of this peer, as rw_type writes them: "in<u32>".
    std::string type(const std::string& port) {
        const int length = rw_type(conn_, c_name(port), nullptr, 0);
        value_or_throw(done(length));
        std::string text(static_cast<std::size_t>(length) + 1, '\0');
        rw_type(conn_, c_name(port), text.data(), text.size());
        text.pop_back();
        return text;
    }
    // Fails with EINVAL if the port's values have another shape than `shape`.
    void expect_type(const std::string& port, const std::string& shape) {
        value_or_throw(carries(port, shape));
    }

    // For event loops: gives up a round that was begun, as its time limit would. Finishing it fails
    // with ETIMEDOUT then, unless it can be decided now or has been.
    void interrupt() { value_or_throw(done(rw_interrupt(conn_))); }

    // For event loops: polls readable when a round that was begun is over. Owned by the connector.
    int descriptor() const {
        const int descriptor = rw_fd(conn_);
        value_or_throw(done(descriptor));
        return descriptor;
    }

    // The connector's number in the C interface; still owned by this object.
    int number() const { return conn_; }

  protected:
    // Keeps what came in, or says why it cannot.
    using Store = std::function<std::expected<void, std::string>(std::span<const std::byte>)>;
    // A value that is to come in: where it goes, and a buffer for the C interface, which keeps it
    // until the round has happened, for each alternative one of its own.
    struct Awaited {
        std::string port;
        std::size_t alternative = 0;
        Bytes room;
        Store store;
    };

    explicit Connector(int cls) : conn_(rw_connector(cls)) {
        if (conn_ < 0) {
            const std::error_code code(errno, std::generic_category());
            throw Error({code, rw_error(-1)});
        }
    }

    Result<void> done(int status) const {
        if (status >= 0) return {};
        const std::error_code code(errno, std::generic_category());
        return std::unexpected(Failure{code, rw_error(conn_)});
    }
    Result<void> begun(int (*start)(int)) {
        if (is_begun_) return {};
        Result<void> result = done(start(conn_));
        is_begun_ = result.has_value();
        return result;
    }
    Result<void> connected(int status) {
        Result<void> result = done(status);
        std::vector<Expected> expected;
        if (result) expected = std::exchange(expected_, {});
        for (const Expected& each : expected) {
            if (result) result = fits(each.port, each.direction, each.shape);
        }
        return result;
    }
    // After a round: 1 means expired.
    Result<bool> finished(int status) {
        if (const Result<void> right = done(status); !right) return std::unexpected(right.error());
        const std::vector<Awaited> awaited = std::exchange(awaited_, {});
        alternative_ = 0;
        if (status == 1) types_.clear();
        const int chosen = rw_chosen(conn_);
        Result<bool> result = status == 1;
        for (const Awaited& each : awaited) {
            const void* data = nullptr;
            std::size_t size = 0;
            if (std::cmp_not_equal(each.alternative, chosen)) continue;
            if (rw_view(conn_, c_name(each.port), &data, &size) != 1) continue;
            const auto stored = each.store(std::span(static_cast<const std::byte*>(data), size));
            if (!stored && result) result = std::unexpected(misfit(each.port, stored.error()));
        }
        return result;
    }
    static Failure misfit(const std::string& port, const std::string& why) {
        return {
            std::make_error_code(std::errc::message_size),
            "the round has happened, but what came at port '" + port + "' does not fit: " + why};
    }

    // What opt and poll take into a variable: into a std::optional<T> a T, which may come or not.
    template <class T>
    struct GottenBy {
        using Type = T;
    };
    template <class T>
    struct GottenBy<std::optional<T>> {
        using Type = T;
    };
    template <class T>
    using Gotten = typename GottenBy<T>::Type;

    // A port that in() or out() makes: checked now, or as soon as the connector is connected.
    void expect(const std::string& port, const std::string& direction, const std::string& shape) {
        if (rw_type(conn_, c_name(port), nullptr, 0) < 0 && errno == ENOTCONN) {
            expected_.push_back({port, direction, shape});
        } else {
            value_or_throw(fits(port, direction, shape));
        }
    }
    Result<void> carries(const std::string& port, const std::string& shape) {
        for (const auto& [name, known] : types_) {
            if (name == port && known == shape) return {};
        }
        Result<void> right = fits(port, "", shape);
        if (right) types_.emplace_back(port, shape);
        return right;
    }
    // Whether a value of that shape can be given or taken with the call of the C interface. What
    // that has against the port comes before the type: it is asked with a size that nothing has.
    void expect_type(auto call, const std::string& port, const std::string& shape) {
        const Result<void> right = carries(port, shape);
        if (right) return;
        std::byte nothing{};
        const Result<void> first =
            done(call(conn_, c_name(port), &nothing, std::numeric_limits<std::size_t>::max()));
        const bool is_of_type = first || first.error().code == std::errc::message_size;
        throw Error(is_of_type ? right.error() : first.error());
    }
    // For the C interface. A name with a zero byte is no port's, and must not be taken for what
    // stands before that.
    static const char* c_name(const std::string& port) {
        return port.contains('\0') ? "(a name with a zero byte)" : port.c_str();
    }
    static constexpr const char* zero_byte = "the description has a zero byte";

    // Whether the port is as it is said to be. Any direction is right if `direction` is empty.
    Result<void> fits(const std::string& port, const std::string& direction,
                      const std::string& shape) {
        const int length = rw_type(conn_, c_name(port), nullptr, 0);
        if (const Result<void> right = done(length); !right) return right;
        const std::string whole = type(port);
        const std::size_t begin = whole.find('<') + 1;
        const std::string known = whole.substr(begin, whole.size() - begin - 1);
        if (!whole.starts_with(direction)) {
            return failure(std::errc::operation_not_permitted,
                           "port '" + port + "' is '" + whole + "'");
        }
        if (known == shape) return {};
        return failure(std::errc::invalid_argument,
                       "port '" + port + "' carries " + known + ", not " + shape);
    }
    static std::unexpected<Failure> failure(std::errc code, std::string text) {
        return std::unexpected(Failure{std::make_error_code(code), std::move(text)});
    }
    template <Puttable T>
    void give(int (*call)(int, const char*, const void*, std::size_t), const std::string& port,
              const T& value) {
        expect_type(call, port, Codec<T>::type());
        const Bytes bytes = to_bytes(value);
        static constexpr std::byte nothing{};
        value_or_throw(
            done(call(conn_, c_name(port), bytes.empty() ? &nothing : bytes.data(), bytes.size())));
        forget(port);  // a new port, if one was offered
    }
    template <Gettable T>
    void take(int (*call)(int, const char*, void*, std::size_t), const std::string& port,
              Store store) {
        expect_type(call, port, Codec<T>::type());
        // The C interface wants room for a value of fixed size; others are fetched afterwards.
        Awaited awaited{port, alternative_, to_bytes(T{}), std::move(store)};
        const std::size_t size = awaited.room.size();
        if (size == 0) awaited.room.resize(1);
        value_or_throw(done(call(conn_, c_name(port), awaited.room.data(), size)));
        forget(port);
        awaited_.push_back(std::move(awaited));
    }
    // What stores a value of a port that carries T.
    template <Gettable T, class Variable>
    static auto into(Variable& variable) {
        return [&variable](std::span<const std::byte> bytes) -> std::expected<void, std::string> {
            std::expected<T, std::string> value = value_from<T>(bytes);
            if (!value) return std::unexpected(std::move(value.error()));
            variable = *std::move(value);
            return {};
        };
    }
    // For whom it is enough that it came, or who asks decide() for it.
    static std::expected<void, std::string> nowhere(std::span<const std::byte>) { return {}; }
    void erase(int status, const std::string& port) {
        value_or_throw(done(status));
        forget(port);
    }
    void forget(const std::string& port) {
        std::erase_if(awaited_, [&](const Awaited& each) {
            return each.port == port && each.alternative == alternative_;
        });
    }
    void forget_all() {
        awaited_.clear();
        alternative_ = 0;
    }

    int conn_;
    std::vector<Awaited> awaited_;
    std::size_t alternative_ = 0;  // that which is prepared now
    bool is_begun_ = false;

  private:
    struct Expected {
        std::string port, direction, shape;
    };
    std::vector<std::pair<std::string, std::string>> types_;  // checked before
    std::vector<Expected> expected_;                          // to be checked
    std::unique_ptr<std::function<void(const rw_event&)>> progress_;
};

// A port of this peer whose name, direction and type are checked once: when it is made, or when the
// connector is connected if that is later. Must not outlive its connector, which stays where it is
// meanwhile, nor a new protocol of it.
template <class Owner, Puttable T>
class InPort {
  public:
    InPort(Owner& owner, std::string name) : owner_(&owner), name_(std::move(name)) {}

    // What the connector's function of that name does.
    void put(const T& value) const { owner_->put(name_, value); }
    void offer(const T& value) const { owner_->offer(name_, value); }
    void fresh(auto& kept) const { owner_->fresh(name_, kept); }
    const std::string& name() const { return name_; }

  private:
    Owner* owner_;
    std::string name_;
};
template <class Owner, Gettable T>
class OutPort {
  public:
    OutPort(Owner& owner, std::string name) : owner_(&owner), name_(std::move(name)) {}

    void get(T& variable) const { owner_->get(name_, variable); }
    void get() const { owner_->template get<T>(name_); }
    void opt(T& variable) const { owner_->opt(name_, variable); }
    void opt() const { owner_->template opt<T>(name_); }
    void poll(T& variable) const { owner_->poll(name_, variable); }
    void poll() const { owner_->template poll<T>(name_); }
    // What came in the last round, if anything did.
    std::optional<T> value() const { return owner_->template decide<T>(name_); }
    const std::string& name() const { return name_; }

  private:
    Owner* owner_;
    std::string name_;
};

// All real-time peers of a connector step together.
class RealtimeConnector : public Connector {
  public:
    RealtimeConnector() : Connector(RW_REALTIME) {}

    // Prepares a value to go out at the next sync: copied, the last one counts. ENOTCONN, ENOENT,
    // EACCES, EPERM, EINVAL (not the port's type, or no UTF-8), EPIPE (closed here).
    template <Puttable T>
    void put(const std::string& port, const T& value) {
        give(rw_put, port, value);
    }
    // Takes that back.
    void unput(const std::string& port) {
        value_or_throw(done(rw_put(conn_, c_name(port), nullptr, 0)));
    }

    // Prepares for a value that must come in at the next sync: into the variable, or to be had from
    // decide() afterwards. Fails as put does.
    template <class T>
    void get(const std::string& port, T& variable) {
        take<T>(rw_get, port, into<T>(variable));
    }
    template <Gettable T>
    void get(const std::string& port) {
        take<T>(rw_get, port, nowhere);
    }
    // The same for a value that may come or not; the variable is left as it is if it does not. A
    // std::optional<T> takes a T.
    template <class T>
    void opt(const std::string& port, T& variable) {
        take<Gotten<T>>(rw_opt, port, into<Gotten<T>>(variable));
    }
    template <Gettable T>
    void opt(const std::string& port) {
        take<T>(rw_opt, port, nowhere);
    }
    // Takes back what get and opt have prepared.
    void unget(const std::string& port) { erase(rw_get(conn_, c_name(port), nullptr, 0), port); }

    // One round. True: with it the protocol has expired. Fails with ETIMEDOUT, EDEADLK, EPROTO,
    // EPIPE, ECONNABORTED, EPROTONOSUPPORT; see <reowolf/connector.h>. And with EMSGSIZE after a
    // round that brought an array for a std::array of another size, which is left as it was.
    bool sync() { return value_or_throw(try_sync()); }
    Result<bool> try_sync() { return finished(rw_sync(conn_)); }

    // For event loops: begins a round, unless one is under way; descriptor() polls readable when it
    // is over; finish returns what sync would. <reowolf/asio.hpp> makes a coroutine of it.
    Result<void> try_sync_start() { return begun(rw_sync_start); }
    Result<bool> try_sync_finish() {
        is_begun_ = false;
        return finished(rw_sync_finish(conn_));
    }

    // A port that the application puts into, or gets from. ENOENT, EACCES, EINVAL (not that type),
    // EPERM (the other direction); before connecting nothing is checked, and connect() does it.
    template <Puttable T>
    InPort<RealtimeConnector, T> in(const std::string& port) {
        expect(port, "in<", Codec<T>::type());
        return {*this, port};
    }
    template <Gettable T>
    OutPort<RealtimeConnector, T> out(const std::string& port) {
        expect(port, "out<", Codec<T>::type());
        return {*this, port};
    }
};

// Of what is offered and polled, what can happen first happens.
class LogicalConnector : public Connector {
  public:
    LogicalConnector() : LogicalConnector(RW_LOGICAL) {}

    // Prepares a value that may go out at the next await. As RealtimeConnector::put.
    template <Puttable T>
    void offer(const std::string& port, const T& value) {
        give(rw_offer, port, value);
    }
    void unoffer(const std::string& port) {
        erase(rw_offer(conn_, c_name(port), nullptr, 0), port);
    }
    // Prepares for a value that may come in at the next await. As RealtimeConnector::opt.
    template <class T>
    void poll(const std::string& port, T& variable) {
        take<Gotten<T>>(rw_poll, port, into<Gotten<T>>(variable));
    }
    template <Gettable T>
    void poll(const std::string& port) {
        take<T>(rw_poll, port, nowhere);
    }
    void unpoll(const std::string& port) { erase(rw_poll(conn_, c_name(port), nullptr, 0), port); }

    // Waits until at least one of the ports has fired. Returns and fails as sync does.
    bool await() { return value_or_throw(try_await()); }
    Result<bool> try_await() { return finished(rw_await(conn_)); }

    Result<void> try_await_start() { return begun(rw_await_start); }
    Result<bool> try_await_finish() {
        is_begun_ = false;
        return finished(rw_await_finish(conn_));
    }

    template <Puttable T>
    InPort<LogicalConnector, T> in(const std::string& port) {
        expect(port, "in<", Codec<T>::type());
        return {*this, port};
    }
    template <Gettable T>
    OutPort<LogicalConnector, T> out(const std::string& port) {
        expect(port, "out<", Codec<T>::type());
        return {*this, port};
    }

  protected:
    explicit LogicalConnector(int cls) : Connector(cls) {}
};

// A logical connector whose ports can carry ports: PutPort<T> and GetPort<T>, alone or inside of
// other values. One that is offered is handed over, and no port of this peer any more, as soon as
// it has gone out; one that comes in is this peer's until it is closed or handed on, or the
// protocol has expired.
class DynamicConnector : public LogicalConnector {
  public:
    DynamicConnector() : LogicalConnector(RW_DYNAMIC) {}

    // Offers one end of a new channel at the next await, through a port that carries PutPort<T> if
    // `kept` is a GetPort<T>, and the reverse. If that happens, `kept`, which may be a
    // std::optional, names the end that stays here. Replaces what was offered, and is replaced by
    // it. Fails as offer does.
    template <class Variable>
    void fresh(const std::string& port, Variable& kept) {
        using Kept = Gotten<Variable>;
        expect_type(rw_offer, port, Codec<typename OtherEndOf<Kept>::Type>::type());
        value_or_throw(done(rw_fresh(conn_, c_name(port))));
        forget(port);
        awaited_.push_back({port, alternative_, {}, into<Kept>(kept)});
    }

    // With ports that came in, or were kept, as with those of the description.
    using LogicalConnector::offer;
    template <class T>
    void offer(const PutPort<T>& port, const std::type_identity_t<T>& value) {
        offer(port.name, value);
    }
    using LogicalConnector::poll;
    template <class T, class Variable>
    void poll(const GetPort<T>& port, Variable& variable) {
        static_assert(std::same_as<T, Gotten<Variable>>, "the port carries another type");
        poll(port.name, variable);
    }
    using LogicalConnector::decide;
    template <class T>
    std::optional<T> decide(const GetPort<T>& port) {
        return decide<T>(port.name);
    }
    using LogicalConnector::close;
    void close(const NamesPort auto& port) { close(port.name); }

    template <Puttable T>
    InPort<DynamicConnector, T> in(const std::string& port) {
        expect(port, "in<", Codec<T>::type());
        return {*this, port};
    }
    template <Puttable T>
    InPort<DynamicConnector, T> in(const PutPort<T>& port) {
        return in<T>(port.name);
    }
    template <Gettable T>
    OutPort<DynamicConnector, T> out(const std::string& port) {
        expect(port, "out<", Codec<T>::type());
        return {*this, port};
    }
    template <Gettable T>
    OutPort<DynamicConnector, T> out(const GetPort<T>& port) {
        return out<T>(port.name);
    }
};

}  // namespace reowolf
