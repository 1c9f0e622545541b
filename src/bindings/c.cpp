// SPDX-License-Identifier: MIT
// The C interface: conversion of arguments, errors and handles. What a call means is in
// connector/connector.hpp.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <pthread.h>

#include <reowolf/connector.h>

#include "connector/connector.hpp"
#include "connector/description.hpp"
#include "system/event.hpp"

namespace {

using reowolf::connector::Class;
using reowolf::connector::Connector;
using reowolf::connector::Failure;
using reowolf::connector::Fault;
using reowolf::connector::Room;
using reowolf::connector::Status;

// As many as a process may have files by default, roughly; each takes a thread while connected.
constexpr std::size_t connectors_max = 1024;

struct Handle {
    explicit Handle(Class connector_class) : connector(connector_class) {}

    int number = -1;                                 // once it has one
    std::atomic<std::thread::id> reporting;          // which thread reports progress, if one does
    std::optional<reowolf::system::Event> finished;  // made when somebody may wait for it
    Connector connector;                             // before the event, which its thread sets
    std::string error;
};

// The one table that POSIX-like handles need. What is at a place belongs to whoever has set
// `is_in_call` there; a call costs no lock.
struct Table {
    struct Place {
        std::atomic<bool> is_in_call = false;
        std::atomic<Handle*> handle = nullptr;
        std::atomic<std::uint64_t> uses = 0;  // how often it was filled
    };

    Table();
    ~Table() {
        for (Place& place : places) delete place.handle.load();
    }
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;

    std::mutex mutex;  // for whoever fills a place or empties it
    std::array<Place, connectors_max> places;
    // What a child of fork() has of its parent: no threads that work for it, so that it can be
    // neither used nor destroyed.
    std::vector<Handle*>* inherited = nullptr;
};

Table& table() {
    static Table one;
    return one;
}

Table::Table() {
    const auto before = [] { table().mutex.lock(); };
    const auto in_parent = [] { table().mutex.unlock(); };
    const auto in_child = [] {
        auto*& all = table().inherited;
        if (!all) all = new std::vector<Handle*>;
        for (Place& place : table().places) {
            if (Handle* const handle = place.handle.exchange(nullptr)) all->push_back(handle);
            place.is_in_call = false;
        }
        table().mutex.unlock();
    };
    if (const int error = pthread_atfork(before, in_parent, in_child); error != 0) {
        throw std::system_error(error, std::generic_category(), "pthread_atfork");
    }
}

// Null: there cannot be any of that number.
Table::Place* place_of(int conn) {
    if (conn < 0 || static_cast<std::size_t>(conn) >= connectors_max) return nullptr;
    return &table().places[static_cast<std::size_t>(conn)];
}

// What a call had to say that could not touch a connector: to be had by the thread that made it.
struct Refusal {
    int conn = -1;
    std::uint64_t use = 0;  // of its place
    const char* text = nullptr;
};
thread_local Refusal last_refusal;

std::uint64_t use_of(const Table::Place* place) {
    return place ? place->uses.load() : 0;
}

int refused(int conn, int code, const char* text) {
    last_refusal = {conn, use_of(place_of(conn)), text};
    errno = code;
    return -1;
}

int errno_of(Fault fault) {
    switch (fault) {
        case Fault::bad_argument:
        case Fault::bad_description:
            return EINVAL;
        case Fault::no_such_port:
            return ENOENT;
        case Fault::not_your_port:
            return EACCES;
        case Fault::not_allowed:
            return EPERM;
        case Fault::bad_size:
            return EMSGSIZE;
        case Fault::not_connected:
            return ENOTCONN;
        case Fault::already_connected:
            return EISCONN;
        case Fault::address_in_use:
            return EADDRINUSE;
        case Fault::address_not_available:
            return EADDRNOTAVAIL;
        case Fault::unreachable:
            return EHOSTUNREACH;
        case Fault::refused:
            return ECONNREFUSED;
        case Fault::disagreement:
            return EPROTONOSUPPORT;
        case Fault::timed_out:
            return ETIMEDOUT;
        case Fault::unsatisfiable:
            return EDEADLK;
        case Fault::deviated:
            return EPROTO;
        case Fault::peer_gone:
        case Fault::peer_left:
            return EPIPE;
        case Fault::unknown_outcome:
            return ECONNABORTED;
        case Fault::busy:
            return EBUSY;
        case Fault::resources:
            return EMFILE;
    }
    return EINVAL;
}

using Report = void (*)(const struct rw_event* event, void* context);

int what_of(reowolf::connector::Progress::Kind kind) {
    using Kind = reowolf::connector::Progress::Kind;
    switch (kind) {
        case Kind::listening:
            return RW_LISTENING;
        case Kind::connecting:
            return RW_CONNECTING;
        case Kind::sending:
            return RW_SENDING;
        case Kind::receiving:
            return RW_RECEIVING;
    }
    return 0;
}

void report_progress(Handle& handle, Report report, void* context,
                     const reowolf::connector::Progress& progress) {
    const std::string peer(progress.peer);
    const std::string text(progress.text);
    const rw_event event{what_of(progress.kind), peer.c_str(), text.c_str(), progress.done,
                         progress.total};
    handle.reporting = std::this_thread::get_id();
    report(&event, context);
    handle.reporting = std::thread::id();
}

int failed(Handle& handle, int code, std::string text) {
    handle.error = std::move(text);
    if (last_refusal.conn == handle.number) last_refusal = {};
    errno = code;
    return -1;
}

int failed(Handle& handle, Failure failure) {
    return failed(handle, errno_of(failure.fault), std::move(failure.text));
}

// A thread that is cancelled within a call would leave the connector in it for ever: it goes when
// the call has returned.
class Uncancelled {
  public:
    Uncancelled() { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
    ~Uncancelled() { pthread_setcancelstate(before_, nullptr); }
    Uncancelled(const Uncancelled&) = delete;
    Uncancelled& operator=(const Uncancelled&) = delete;

  private:
    int before_ = PTHREAD_CANCEL_ENABLE;
};

constexpr const char* no_connector = "no such connector";
constexpr const char* no_memory = "out of memory";  // short enough for a string to need none
constexpr const char* no_resources = "no thread, or no descriptor, can be had";

// Nothing may be thrown across the C interface, nor may a thread end within it.
template <class Result, class Action>
Result guarded(Result error, Action action) {
    const Uncancelled thread;
    try {
        return action();
    } catch (const std::bad_alloc&) {
        refused(-1, ENOMEM, no_memory);
    } catch (const std::system_error&) {
        refused(-1, EMFILE, no_resources);
    }
    return error;
}

// Runs `action` on the connector, which no other call may use meanwhile.
template <class Action>
auto with(int conn, Action action) -> decltype(action(std::declval<Handle&>())) {
    return guarded(decltype(action(std::declval<Handle&>())){-1}, [&] {
        using Result = decltype(action(std::declval<Handle&>()));
        Table::Place* const place = place_of(conn);
        const auto refuse = [conn](int code, const char* text) {
            return static_cast<Result>(refused(conn, code, text));
        };
        if (!place || !place->handle.load()) return refuse(EBADF, no_connector);
        if (place->is_in_call.exchange(true)) {
            return refuse(EBUSY, "another thread is in a call for this connector");
        }
        struct Release {
            std::atomic<bool>& flag;
            ~Release() { flag.store(false, std::memory_order_release); }
        } release{place->is_in_call};
        Handle* const handle = place->handle.load();
        if (!handle) return refuse(EBADF, no_connector);
        if (handle->reporting == std::this_thread::get_id()) {
            return refuse(EBUSY, "the connector waits for the end of its report");
        }
        try {
            return action(*handle);
        } catch (const std::bad_alloc&) {
            return static_cast<Result>(failed(*handle, ENOMEM, no_memory));
        } catch (const std::system_error& error) {
            return static_cast<Result>(
                failed(*handle, EMFILE, fmt::format("{}: {}", no_resources, error.what())));
        }
    });
}

template <class Status>
int result(Handle& handle, Status status) {
    return status ? 0 : failed(handle, std::move(status.error()));
}

// What comes before the name of a port, in the order of the checks; then that there is a name.
Status can_use(Handle& handle, const char* port_sz) {
    if (auto right = handle.connector.expect_connected(); !right) return right;
    if (!port_sz) {
        return std::unexpected(Failure{Fault::bad_argument, "the name of the port is NULL"});
    }
    return {};
}

Status can_prepare(Handle& handle, bool steps, const char* port_sz) {
    if (auto right = handle.connector.expect_steps(steps); !right) return right;
    if (auto right = handle.connector.expect_connected(); !right) return right;
    if (auto right = handle.connector.expect_at_rest(); !right) return right;
    return can_use(handle, port_sz);
}

using Bytes = std::optional<std::span<const std::byte>>;

int send_from(int conn, const char* port_sz, const void* buf, std::size_t len, bool steps) {
    return with(conn, [&](Handle& handle) {
        if (auto right = can_prepare(handle, steps, port_sz); !right) {
            return failed(handle, std::move(right.error()));
        }
        const Bytes bytes =
            buf ? Bytes(std::span(static_cast<const std::byte*>(buf), len)) : std::nullopt;
        return result(handle, steps ? handle.connector.put(port_sz, bytes)
                                    : handle.connector.offer(port_sz, bytes));
    });
}

using Receive = Status (Connector::*)(std::string_view, std::optional<Room>);

int receive_into(int conn, const char* port_sz, void* buf, std::size_t len, bool steps,
                 Receive receive) {
    return with(conn, [&](Handle& handle) {
        if (auto right = can_prepare(handle, steps, port_sz); !right) {
            return failed(handle, std::move(right.error()));
        }
        const auto room =
            buf ? std::optional(Room{static_cast<std::byte*>(buf), len}) : std::nullopt;
        return result(handle, (handle.connector.*receive)(port_sz, room));
    });
}

// The value goes where it was to go; what does not fit is left out.
void fill(const Handle& handle) {
    for (const auto& fired : handle.connector.fired()) {
        if (!fired.room.bytes || fired.bytes.empty()) continue;
        std::memcpy(fired.room.bytes, fired.bytes.data(),
                    std::min(fired.bytes.size(), fired.room.size));
    }
}

int start_round(Handle& handle, bool steps) {
    if (auto right = handle.connector.expect_steps(steps); !right) {
        return failed(handle, std::move(right.error()));
    }
    if (auto right = handle.connector.expect_connected(); !right) {
        return failed(handle, std::move(right.error()));
    }
    if (!handle.finished) handle.finished.emplace();
    if (auto right = handle.connector.expect_at_rest(); !right) {
        return failed(handle, std::move(right.error()));
    }
    handle.finished->clear();
    return result(handle, handle.connector.start([&event = *handle.finished] { event.set(); }));
}

int finish_round(Handle& handle, bool steps) {
    if (auto right = handle.connector.expect_steps(steps); !right) {
        return failed(handle, std::move(right.error()));
    }
    auto expired = handle.connector.finish();
    if (!handle.connector.is_started() && handle.finished) handle.finished->clear();
    if (!expired) return failed(handle, std::move(expired.error()));
    fill(handle);
    return *expired ? 1 : 0;
}

int whole_round(int conn, bool steps) {
    return with(conn, [&](Handle& handle) {
        if (auto right = handle.connector.expect_steps(steps); !right) {
            return failed(handle, std::move(right.error()));
        }
        if (auto right = handle.connector.start(); !right) {
            return failed(handle, std::move(right.error()));
        }
        return finish_round(handle, steps);
    });
}

// As snprintf does.
void write_text(std::string_view text, char* out, std::size_t size) {
    if (!out || size == 0) return;
    const std::size_t written = std::min(text.size(), size - 1);
    std::memcpy(out, text.data(), written);
    out[written] = '\0';
}

std::optional<Class> class_of(int cls) {
    switch (cls) {
        case RW_REALTIME:
            return Class::realtime;
        case RW_LOGICAL:
            return Class::logical;
        case RW_DYNAMIC:
            return Class::dynamic;
        default:
            return std::nullopt;
    }
}

// The whole numbers that an option may have.
struct Range {
    long least = 0;
    long most = 0;
};

Status expect_before_connecting(const Handle& handle) {
    if (!handle.connector.is_connected() && !handle.connector.is_connecting()) return {};
    return std::unexpected(Failure{Fault::already_connected, "it is set before connecting"});
}

Status set_limit(Handle& handle, std::int64_t value, Range range, auto set) {
    if (auto right = expect_before_connecting(handle); !right) return right;
    if (value < range.least || value > range.most) {
        return std::unexpected(Failure{
            Fault::bad_argument,
            fmt::format("the option may have values from {} to {}", range.least, range.most)});
    }
    set(handle.connector.options().limits, value);
    return {};
}

Status set_option(Handle& handle, int option, long value) {
    constexpr long day_ms = 24L * 60 * 60 * 1000;
    constexpr long heartbeats_in_patience = 10;
    constexpr long silences_in_loss = 6;
    const reowolf::Limits normal;
    reowolf::connector::Options& options = handle.connector.options();
    switch (option) {
        case RW_CONNECT_TIMEOUT_MS:
            options.connect_timeout_ms = value;
            return {};
        case RW_ROUND_TIMEOUT_MS:
            options.sync_timeout_ms = value;
            return {};
        case RW_SILENCE_MS:
            return set_limit(handle, value, {100, day_ms}, [](reowolf::Limits& limits, long ms) {
                limits.silence_patience_ms = ms;
                limits.heartbeat_ms = ms / heartbeats_in_patience;
                limits.association_patience_ms = silences_in_loss * ms;
                limits.redial_patience_ms = std::min(limits.redial_patience_ms, ms);
            });
        case RW_MESSAGE_BYTES_MAX:
            return set_limit(handle, value, {1, static_cast<long>(normal.message_value_bytes_max)},
                             [](reowolf::Limits& limits, long bytes) {
                                 limits.message_value_bytes_max = static_cast<std::size_t>(bytes);
                             });
        case RW_BEHAVIOURS_MAX:
            return set_limit(handle, value, {1, 1L << 24}, [](reowolf::Limits& limits, long count) {
                limits.live_behaviours_max = static_cast<std::uint32_t>(count);
            });
        default:
            return std::unexpected(
                Failure{Fault::bad_argument, fmt::format("no option has number {}", option)});
    }
}

}  // namespace

extern "C" {

int rw_connector(int cls) {
    return guarded(-1, [&] {
        const auto connector_class = class_of(cls);
        if (!connector_class) return refused(-1, EINVAL, "no class of connectors has this number");
        auto handle = std::make_unique<Handle>(*connector_class);
        const std::scoped_lock lock(table().mutex);
        auto& places = table().places;
        const auto place = std::ranges::find_if(places, [](const Table::Place& each) {
            return !each.handle.load() && !each.is_in_call.load();
        });
        if (place == places.end()) {
            return refused(-1, EMFILE, "the process has as many connectors as it can have");
        }
        handle->number = static_cast<int>(place - places.begin());
        ++place->uses;
        const int number = handle->number;
        place->handle = handle.release();
        return number;
    });
}

int rw_configure(int conn, const char* desc_sz) {
    return with(conn, [&](Handle& handle) {
        if (!desc_sz && !handle.connector.is_connected()) {
            return failed(handle, {Fault::bad_argument, "the description is NULL"});
        }
        return result(handle, handle.connector.configure(desc_sz ? desc_sz : ""));
    });
}

size_t rw_checkdesc(const char* desc_sz, char* out, size_t len) {
    return guarded(std::size_t{0}, [&] {
        std::string text = "the description is NULL";
        if (desc_sz) {
            auto description = reowolf::connector::describe(desc_sz, {});
            text = description ? "" : std::move(description.error());
        }
        write_text(text, out, len);
        return text.size();
    });
}

int rw_connect(int conn) {
    return with(conn, [](Handle& handle) { return result(handle, handle.connector.connect()); });
}

int rw_connect_start(int conn) {
    return with(conn, [](Handle& handle) {
        if (!handle.finished) handle.finished.emplace();
        const bool is_at_rest = handle.connector.expect_at_rest().has_value();
        if (is_at_rest) handle.finished->clear();
        return result(handle, handle.connector.start_connecting(
                                  [&event = *handle.finished] { event.set(); }));
    });
}

int rw_connect_finish(int conn) {
    return with(conn, [](Handle& handle) {
        const bool is_connecting = handle.connector.is_connecting();
        auto status = handle.connector.finish_connecting();
        if (is_connecting) handle.finished->clear();
        return result(handle, std::move(status));
    });
}

int rw_timeout(int conn, long ms) {
    return with(conn, [&](Handle& handle) {
        handle.connector.options().connect_timeout_ms = ms;
        handle.connector.options().sync_timeout_ms = ms;
        return 0;
    });
}

int rw_progress(int conn, void (*report)(const struct rw_event* event, void* context),
                void* context) {
    return with(conn, [&](Handle& handle) {
        if (auto right = handle.connector.expect_at_rest(); !right) {
            return failed(handle, std::move(right.error()));
        }
        if (auto right = expect_before_connecting(handle); !right) {
            return failed(handle, std::move(right.error()));
        }
        handle.connector.options().on_progress = nullptr;
        if (report) {
            handle.connector.options().on_progress =
                [&handle, report, context](const reowolf::connector::Progress& progress) {
                    report_progress(handle, report, context, progress);
                };
        }
        return 0;
    });
}

int rw_set(int conn, int option, long value) {
    return with(conn,
                [&](Handle& handle) { return result(handle, set_option(handle, option, value)); });
}

int rw_close(int conn, const char* port_sz) {
    const Uncancelled thread;
    std::unique_ptr<Handle> last;  // destroyed when nobody can find it any more
    return with(conn, [&](Handle& handle) {
        if (port_sz) return result(handle, handle.connector.close(port_sz));
        const std::scoped_lock lock(table().mutex);
        last.reset(place_of(conn)->handle.exchange(nullptr));
        return 0;
    });
}

int rw_put(int conn, const char* port_sz, const void* buf, size_t len) {
    return send_from(conn, port_sz, buf, len, true);
}

int rw_get(int conn, const char* port_sz, void* buf, size_t len) {
    return receive_into(conn, port_sz, buf, len, true, &Connector::get);
}

int rw_opt(int conn, const char* port_sz, void* buf, size_t len) {
    return receive_into(conn, port_sz, buf, len, true, &Connector::opt);
}

int rw_offer(int conn, const char* port_sz, const void* buf, size_t len) {
    return send_from(conn, port_sz, buf, len, false);
}

int rw_poll(int conn, const char* port_sz, void* buf, size_t len) {
    return receive_into(conn, port_sz, buf, len, false, &Connector::poll);
}

int rw_fresh(int conn, const char* port_sz) {
    return with(conn, [&](Handle& handle) {
        if (auto right = handle.connector.expect_dynamic(); !right) {
            return failed(handle, std::move(right.error()));
        }
        if (auto right = can_prepare(handle, false, port_sz); !right) {
            return failed(handle, std::move(right.error()));
        }
        return result(handle, handle.connector.fresh(port_sz));
    });
}

int rw_or(int conn) {
    return with(
        conn, [](Handle& handle) { return result(handle, handle.connector.begin_alternative()); });
}

int rw_sync(int conn) {
    return whole_round(conn, true);
}

int rw_await(int conn) {
    return whole_round(conn, false);
}

int rw_sync_start(int conn) {
    return with(conn, [](Handle& handle) { return start_round(handle, true); });
}

int rw_await_start(int conn) {
    return with(conn, [](Handle& handle) { return start_round(handle, false); });
}

int rw_sync_finish(int conn) {
    return with(conn, [](Handle& handle) { return finish_round(handle, true); });
}

int rw_await_finish(int conn) {
    return with(conn, [](Handle& handle) { return finish_round(handle, false); });
}

int rw_interrupt(int conn) {
    return with(conn, [](Handle& handle) {
        handle.connector.interrupt();
        return 0;
    });
}

int rw_fd(int conn) {
    return with(conn, [](Handle& handle) {
        if (!handle.finished) handle.finished.emplace();
        return handle.finished->descriptor();
    });
}

int rw_chosen(int conn) {
    return with(conn, [](Handle& handle) {
        if (auto right = handle.connector.expect_connected(); !right) {
            return failed(handle, std::move(right.error()));
        }
        const auto chosen = handle.connector.chosen();
        if (!chosen) return failed(handle, {Fault::bad_argument, "there was no round yet"});
        return static_cast<int>(*chosen);
    });
}

long rw_length(int conn, const char* port_sz) {
    return with(conn, [&](Handle& handle) -> long {
        if (auto right = can_use(handle, port_sz); !right) {
            return failed(handle, std::move(right.error()));
        }
        const auto value = handle.connector.decide(port_sz);
        if (!value) return failed(handle, value.error());
        return *value ? static_cast<long>((*value)->size()) : 0;
    });
}

int rw_decide(int conn, const char* port_sz, void* buf, size_t len) {
    return with(conn, [&](Handle& handle) {
        if (auto right = can_use(handle, port_sz); !right) {
            return failed(handle, std::move(right.error()));
        }
        const auto value = handle.connector.decide(port_sz);
        if (!value) return failed(handle, value.error());
        if (!buf && len > 0) return failed(handle, {Fault::bad_argument, "the buffer is NULL"});
        if (buf) {
            if (auto right = handle.connector.expect_room(port_sz, len); !right) {
                return failed(handle, std::move(right.error()));
            }
        }
        if (!*value) return 0;
        const std::size_t size = std::min((*value)->size(), len);
        if (size > 0) std::memcpy(buf, (*value)->data(), size);
        return 1;
    });
}

int rw_view(int conn, const char* port_sz, const void** data, size_t* len) {
    return with(conn, [&](Handle& handle) {
        if (auto right = can_use(handle, port_sz); !right) {
            return failed(handle, std::move(right.error()));
        }
        const auto value = handle.connector.decide(port_sz);
        if (!value) return failed(handle, value.error());
        if (!data || !len) return failed(handle, {Fault::bad_argument, "a pointer is NULL"});
        if (!*value) return 0;
        *data = (*value)->data();
        *len = (*value)->size();
        return 1;
    });
}

int rw_type(int conn, const char* port_sz, char* out, size_t len) {
    return with(conn, [&](Handle& handle) {
        if (auto right = can_use(handle, port_sz); !right) {
            return failed(handle, std::move(right.error()));
        }
        const auto type = handle.connector.type(port_sz);
        if (!type) return failed(handle, type.error());
        write_text(*type, out, len);
        return static_cast<int>(type->size());
    });
}

const char* rw_error(int conn) {
    Table::Place* const place = place_of(conn);
    const Refusal& refusal = last_refusal;
    if (refusal.text && refusal.conn == conn && refusal.use == use_of(place)) return refusal.text;
    if (!place) return no_connector;
    const std::scoped_lock lock(table().mutex);
    const Handle* const handle = place->handle.load();
    return handle ? handle->error.c_str() : no_connector;
}

}  // extern "C"
