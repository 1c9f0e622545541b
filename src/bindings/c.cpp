// SPDX-License-Identifier: MIT
// The C interface: conversion of arguments, errors and handles. What a call means is in
// connector/connector.hpp.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <reowolf/connector.h>

#include "connector/connector.hpp"
#include "connector/description.hpp"

namespace {

using reowolf::connector::Class;
using reowolf::connector::Connector;
using reowolf::connector::Failure;
using reowolf::connector::Fault;

// As many as a process may have files by default, roughly; each takes a thread while connected.
constexpr std::size_t connectors_max = 1024;

struct Handle {
    explicit Handle(Class connector_class) : connector(connector_class) {}

    struct Buffer {
        std::byte* bytes;
        std::size_t size;
    };

    std::atomic<bool> is_in_call = false;
    Connector connector;
    std::map<std::string, Buffer, std::less<>> buffers;  // of gets and opts, by port
    std::string error;
};

// The one table that POSIX-like handles need.
struct Table {
    std::mutex mutex;
    std::vector<std::shared_ptr<Handle>> handles;
};
Table& table() {
    static Table one;
    return one;
}

std::shared_ptr<Handle> find(int conn) {
    const std::scoped_lock lock(table().mutex);
    const auto& handles = table().handles;
    if (conn < 0 || static_cast<std::size_t>(conn) >= handles.size()) return nullptr;
    return handles[static_cast<std::size_t>(conn)];
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

int failed(int code) {
    errno = code;
    return -1;
}

int failed(Handle& handle, Failure failure) {
    handle.error = std::move(failure.text);
    return failed(errno_of(failure.fault));
}

// Nothing may be thrown across the C interface.
template <class Result, class Action>
Result guarded(Result error, Action action) {
    try {
        return action();
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
    } catch (const std::system_error&) {
        errno = EMFILE;  // no thread, or no descriptor, could be had
    }
    return error;
}

// Runs `action` on the connector, which no other call may use meanwhile.
template <class Action>
auto with(int conn, Action action) -> decltype(action(std::declval<Handle&>())) {
    return guarded(decltype(action(std::declval<Handle&>())){-1}, [&] {
        using Result = decltype(action(std::declval<Handle&>()));
        const std::shared_ptr<Handle> handle = find(conn);
        if (!handle) return static_cast<Result>(failed(EBADF));
        if (handle->is_in_call.exchange(true)) return static_cast<Result>(failed(EBUSY));
        struct Release {
            std::atomic<bool>& flag;
            ~Release() { flag = false; }
        } release{handle->is_in_call};
        return action(*handle);
    });
}

template <class Status>
int result(Handle& handle, Status status) {
    return status ? 0 : failed(handle, std::move(status.error()));
}

// A port without a name. The state comes before the name.
int no_name(Handle& handle) {
    if (const auto right = handle.connector.expect_connected(); !right) {
        return failed(handle, right.error());
    }
    return failed(handle, {Fault::bad_argument, "the name of the port is NULL"});
}

int receive_into(int conn, const char* port_sz, void* buf, std::size_t len, bool optional) {
    return with(conn, [&](Handle& handle) {
        if (const auto right = handle.connector.expect_class(Class::realtime); !right) {
            return failed(handle, right.error());
        }
        if (!port_sz) return no_name(handle);
        const std::optional<std::size_t> room = buf ? std::optional(len) : std::nullopt;
        auto status =
            optional ? handle.connector.opt(port_sz, room) : handle.connector.get(port_sz, room);
        if (!status) return failed(handle, std::move(status.error()));
        if (buf) {
            handle.buffers[port_sz] = {static_cast<std::byte*>(buf), len};
        } else {
            handle.buffers.erase(port_sz);
        }
        return 0;
    });
}

}  // namespace

extern "C" {

int rw_connector(int cls) {
    return guarded(-1, [&] {
        if (cls != RW_REALTIME) return failed(EINVAL);
        auto handle = std::make_shared<Handle>(Class::realtime);
        const std::scoped_lock lock(table().mutex);
        auto& handles = table().handles;
        auto place = std::ranges::find(handles, nullptr);
        if (place == handles.end()) {
            if (handles.size() >= connectors_max) return failed(EMFILE);
            place = handles.insert(handles.end(), nullptr);
        }
        *place = std::move(handle);
        return static_cast<int>(place - handles.begin());
    });
}

int rw_configure(int conn, const char* desc_sz) {
    return with(conn, [&](Handle& handle) {
        if (!desc_sz && !handle.connector.expect_connected()) {
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
        if (out && len > 0) {
            const std::size_t written = std::min(text.size(), len - 1);
            std::memcpy(out, text.data(), written);
            out[written] = '\0';
        }
        return text.size();
    });
}

int rw_connect(int conn) {
    return with(conn, [](Handle& handle) { return result(handle, handle.connector.connect()); });
}

int rw_timeout(int conn, long ms) {
    return with(conn, [&](Handle& handle) {
        handle.connector.set_timeout(ms);
        return 0;
    });
}

int rw_close(int conn, const char* port_sz) {
    std::shared_ptr<Handle> last;  // destroyed when nobody can find it any more
    return with(conn, [&](Handle& handle) {
        if (port_sz) return result(handle, handle.connector.close(port_sz));
        const std::scoped_lock lock(table().mutex);
        last = std::exchange(table().handles[static_cast<std::size_t>(conn)], nullptr);
        return 0;
    });
}

int rw_put(int conn, const char* port_sz, const void* buf, size_t len) {
    return with(conn, [&](Handle& handle) {
        if (const auto right = handle.connector.expect_class(Class::realtime); !right) {
            return failed(handle, right.error());
        }
        if (!port_sz) return no_name(handle);
        const std::optional<std::span<const std::byte>> bytes =
            buf ? std::optional(std::span(static_cast<const std::byte*>(buf), len)) : std::nullopt;
        return result(handle, handle.connector.put(port_sz, bytes));
    });
}

int rw_get(int conn, const char* port_sz, void* buf, size_t len) {
    return receive_into(conn, port_sz, buf, len, false);
}

int rw_opt(int conn, const char* port_sz, void* buf, size_t len) {
    return receive_into(conn, port_sz, buf, len, true);
}

int rw_sync(int conn) {
    return with(conn, [](Handle& handle) {
        if (const auto right = handle.connector.expect_class(Class::realtime); !right) {
            return failed(handle, right.error());
        }
        const auto expired = handle.connector.sync();
        if (!expired) return failed(handle, expired.error());
        for (const auto& [port, bytes] : handle.connector.received()) {
            const auto buffer = handle.buffers.find(port);
            if (buffer == handle.buffers.end() || bytes.empty()) continue;
            std::memcpy(buffer->second.bytes, bytes.data(),
                        std::min(bytes.size(), buffer->second.size));
        }
        handle.buffers.clear();
        return *expired ? 1 : 0;
    });
}

long rw_length(int conn, const char* port_sz) {
    return with(conn, [&](Handle& handle) -> long {
        if (!port_sz) return no_name(handle);
        const auto value = handle.connector.decide(port_sz);
        if (!value) return failed(handle, value.error());
        return *value ? static_cast<long>((*value)->size()) : 0;
    });
}

int rw_decide(int conn, const char* port_sz, void* buf, size_t len) {
    return with(conn, [&](Handle& handle) {
        if (!port_sz) return no_name(handle);
        const auto value = handle.connector.decide(port_sz);
        if (!value) return failed(handle, value.error());
        if (!buf && len > 0) return failed(handle, {Fault::bad_argument, "the buffer is NULL"});
        if (!*value) return 0;
        const std::size_t size = std::min((*value)->size(), len);
        if (size > 0) std::memcpy(buf, (*value)->data(), size);
        return 1;
    });
}

const char* rw_error(int conn) {
    const std::shared_ptr<Handle> handle = find(conn);
    return handle ? handle->error.c_str() : "no such connector";
}

}  // extern "C"
