// SPDX-License-Identifier: MIT
#include "calls.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <reowolf/connector.h>

namespace reowolf::fuzz {
namespace {

constexpr std::size_t calls_max = 80;
constexpr long round_ms = 2;  // and then it is given up
constexpr std::size_t buffer_bytes = 64;
constexpr std::size_t buffers = 8;
constexpr std::array peers = {"amy", "bob"};

// Of one peer alone, of two, and of two with a protocol that expires at once.
constexpr std::array bodies = {
    "connector one {{\n"
    "    peer amy = \"{0}\" {{ in<u32> give; out<u32> take; in<string> say; out<string> hear;\n"
    "                        in<out<u32>> lend; out<out<u32>> borrow; in<(u32, string[])> more; "
    "}}\n"
    "    new pass(amy.give, amy.take); new pass(amy.say, amy.hear);\n"
    "    new pass(amy.lend, amy.borrow);\n"
    "}}\n"
    "primitive pass<T>(in<T> a, out<T> b) {{ while (true) sync if (fires(a)) put(b, get(a)); }}\n",
    "connector two {{\n"
    "    peer amy = \"{0}\" {{ in<u32> give; out<string> hear; in<out<u32>> lend; }}\n"
    "    peer bob = \"{1}\" {{ out<u32> take; in<string> say; out<out<u32>> borrow; }}\n"
    "    new pass(amy.give, bob.take); new pass(bob.say, amy.hear); new pass(amy.lend, "
    "bob.borrow);\n"
    "}}\n"
    "primitive pass<T>(in<T> a, out<T> b) {{ while (true) sync if (fires(a)) put(b, get(a)); }}\n",
    "connector once {{\n"
    "    peer amy = \"{0}\" {{ in<u32> give; out<string> hear; }}\n"
    "    peer bob = \"{1}\" {{ out<u32> take; in<string> say; }}\n"
    "    new pass(amy.give, bob.take); new pass(bob.say, amy.hear);\n"
    "}}\n"
    "primitive pass<T>(in<T> a, out<T> b) {{ sync put(b, get(a)); }}\n",
};
constexpr std::size_t expiring = 2;
constexpr std::array names = {"give", "take",    "say",      "hear",    "lend",     "borrow",
                              "more", "lend#1",  "borrow#1", "lend#2",  "borrow#2", "borrow#3",
                              "",     "bob.say", "amy.give", "nothing", "give\xff", "#"};

int free_port() {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    const int probe = socket(AF_INET, SOCK_STREAM, 0);
    bind(probe, reinterpret_cast<sockaddr*>(&place), size);
    getsockname(probe, reinterpret_cast<sockaddr*>(&place), &size);
    close(probe);
    return ntohs(place.sin_port);
}

using Bytes = std::vector<std::byte>;

class Trial {
  public:
    explicit Trial(std::span<const std::uint8_t> choices) : choices_(choices) {
        for (std::string& address : addresses_) address = fmt::format("127.0.0.1:{}", free_port());
        for (auto& room : rooms_) room.fill(canary);
        kind_ = below(bodies.size());
        may_expire_ = kind_ == expiring;
        for (Side& side : sides_) make(side);
        // Most trials begin with peers that are connected.
        if (below(8) != 0) connect_all();
    }
    ~Trial() {
        for (const Side& side : sides_) rw_close(side.number, nullptr);
    }
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;

    void run() {
        for (std::size_t i = 0; i < calls_max && !choices_.empty(); ++i) call();
    }

  private:
    static constexpr std::byte canary{0xA5};

    struct Side {
        int number = -1;
        bool steps = false;
        // What was prepared to go out, by port, in each alternative; what is not known is not here.
        std::vector<std::map<std::string, Bytes>> offered{1};
        // And the buffers that something may come into, with their lengths.
        std::array<std::size_t, buffers> lent{};
    };

    // ---- Choices

    std::size_t next() {
        if (choices_.empty()) return 0;
        const std::size_t choice = choices_.front();
        choices_ = choices_.subspan(1);
        return choice;
    }
    std::size_t below(std::size_t count) { return next() % count; }
    const char* name() {
        const std::size_t which = below(names.size() + 1);
        return which == names.size() ? nullptr : names[which];
    }
    // One of this direction mostly, if the connector has any.
    const char* name(const Side& side, std::string_view direction) {
        if (below(8) == 0) return name();
        const std::size_t first = below(names.size());
        for (std::size_t i = 0; i < names.size(); ++i) {
            const char* each = names[(first + i) % names.size()];
            if (type_of(side, each).starts_with(direction)) return each;
        }
        return names[first];
    }
    static std::string type_of(const Side& side, const char* port) {
        std::array<char, 80> type{};
        const int length = rw_type(side.number, port, type.data(), type.size());
        return length < 0 ? "" : type.data();
    }
    // A value of the port's type mostly.
    Bytes value_for(const Side& side, const char* port) {
        const std::string type = port ? type_of(side, port) : "";
        Bytes bytes(below(buffer_bytes));
        for (std::byte& byte : bytes) byte = std::byte(next());
        if (below(16) == 0) return bytes;
        const auto ports = type.starts_with("in<out<") ? "in<u32>" : "out<u32>";
        if (type == "in<u32>") bytes.resize(4);
        if (type == "in<(u32, string[])>") bytes.assign(8, std::byte{});
        std::string text(below(20), 'x');
        if (const char* handed = type.ends_with("<u32>>") ? name(side, ports) : nullptr)
            text = handed;
        if (type == "in<string>" || type.ends_with("<u32>>")) {
            bytes.assign(text.size(), std::byte{});
            std::ranges::copy(std::as_bytes(std::span(text)), bytes.begin());
        }
        return bytes;
    }
    // The call of its class mostly.
    bool steps(const Side& side) { return below(16) == 0 ? !side.steps : side.steps; }

    std::string description(std::size_t kind, std::size_t peer) {
        const std::string body =
            fmt::format(fmt::runtime(bodies[kind]), addresses_[0], addresses_[1]);
        return fmt::format("self {};\n{}", peers[peer], body);
    }
    // A valid one mostly.
    std::optional<std::string> any_description() {
        const std::size_t which = below(16);
        if (which == 0) return std::nullopt;
        std::string text = description(below(bodies.size()), below(peers.size()));
        if (which == 1) text.resize(next() * text.size() / 256);
        if (which == 2) text[next() * text.size() / 256] = static_cast<char>(1 + below(255));
        return text;
    }

    // ---- Checks

    [[noreturn]] void fail(const std::string& what) {
        std::string text;
        for (const std::string& line : log_) text += line + "\n";
        fmt::print(stderr, "{}{}\n", text, what);
        std::abort();
    }
    void note(const std::string& line) { log_.push_back(line); }

    // All that can be seen of a connector without changing it.
    std::string seen(const Side& side) {
        std::string text = fmt::format("{} ", rw_chosen(side.number));
        for (const char* port : names) {
            std::array<char, 80> type{};
            const void* data = nullptr;
            std::size_t size = 0;
            text += fmt::format("{} {} ", rw_length(side.number, port),
                                rw_type(side.number, port, type.data(), type.size()));
            text += type.data();
            if (rw_view(side.number, port, &data, &size) == 1) {
                text.append(static_cast<const char*>(data), size);
            }
        }
        return text;
    }

    void expect_buffers_kept(const Side* filled) {
        for (std::size_t i = 0; i < buffers; ++i) {
            const std::size_t may = filled ? filled->lent[i] : 0;
            for (std::size_t at = may; at < buffer_bytes; ++at) {
                if (rooms_[i][at] != canary) fail(fmt::format("buffer {} was written", i));
            }
            if (filled) rooms_[i].fill(canary);
        }
    }

    // A result, and whether it can be one.
    long expect(const std::string& what, long result, long most,
                std::initializer_list<int> reasons) {
        const int code = errno;
        note(result < 0 ? fmt::format("{}: {}", what, strerrorname_np(code))
                        : fmt::format("{}: {}", what, result));
        if (result < -1 || result > most) fail("is no result");
        static constexpr std::array always = {EBADF, EBUSY, EINVAL, ENOMEM, ENOTCONN};
        if (result == -1 && std::ranges::find(always, code) == always.end() &&
            std::ranges::find(reasons, code) == reasons.end()) {
            fail("is no reason");
        }
        return result;
    }

    // ---- Calls

    void make(Side& side) {
        static constexpr std::array classes = {RW_REALTIME, RW_LOGICAL, RW_DYNAMIC, RW_DYNAMIC};
        const int cls = classes[below(classes.size())];
        side = {};
        side.number = rw_connector(cls);
        side.steps = cls == RW_REALTIME;
        note(fmt::format("connector {} of class {}", side.number, cls));
        if (side.number < 0) fail("no connector");
        rw_timeout(side.number, round_ms);
    }

    void connect_all() {
        for (std::size_t i = 0; i < peers.size(); ++i) {
            rw_configure(sides_[i].number, description(kind_, i).c_str());
            rw_set(sides_[i].number, RW_CONNECT_TIMEOUT_MS, 5000);
        }
        // With one peer there is nobody to wait for, and the other one's text is wrong.
        for (const Side& side : sides_) rw_connect_start(side.number);
        for (const Side& side : sides_) rw_connect_finish(side.number);
        for (const Side& side : sides_) rw_timeout(side.number, round_ms);
    }

    void give(Side& side) {
        const bool puts = steps(side);
        const char* port = name(side, "in<");
        Bytes bytes = value_for(side, port);
        const bool erases = below(8) == 0;
        // More than there is: that is noticed before anything is read.
        const std::size_t size = below(16) == 0 ? SIZE_MAX : bytes.size();
        bytes.resize(std::max<std::size_t>(bytes.size(), 1));
        const long result = expect(
            fmt::format("{} {} '{}' {}{}", puts ? "put" : "offer", side.number,
                        port ? port : "NULL", size, erases ? " NULL" : ""),
            (puts ? rw_put : rw_offer)(side.number, port, erases ? nullptr : bytes.data(), size), 0,
            {EPERM, ENOENT, EACCES, EMSGSIZE, EPIPE});
        if (result < 0) return;
        auto& offered = side.offered.back();
        offered.erase(port);
        if (!erases) bytes.resize(size);
        if (!erases) offered[port] = bytes;
    }

    void take(Side& side) {
        static constexpr std::array calls = {std::pair("get", &rw_get), std::pair("opt", &rw_opt),
                                             std::pair("poll", &rw_poll)};
        const auto [what, function] = calls[steps(side) ? below(2) : 2];
        const char* port = name(side, "out<");
        const std::size_t buffer = below(buffers + 1);
        const bool is_number = port && type_of(side, port).ends_with("t<u32>");
        const std::size_t size = is_number && below(16) != 0 ? 4 : below(buffer_bytes + 1);
        const bool erases = buffer == buffers;
        const long result =
            expect(fmt::format("{} {} '{}' {} into {}", what, side.number, port ? port : "NULL",
                               size, buffer),
                   function(side.number, port, erases ? nullptr : rooms_[buffer].data(), size), 0,
                   {EPERM, ENOENT, EACCES, EMSGSIZE, EPIPE});
        if (result == 0 && !erases) side.lent[buffer] = std::max(side.lent[buffer], size);
    }

    // The round has happened: what went out is what was prepared.
    void settle(Side& side, long result) {
        if (result < 0) return expect_buffers_kept(nullptr);
        const long chosen = rw_chosen(side.number);
        if (chosen < 0 || static_cast<std::size_t>(chosen) >= side.offered.size()) {
            fail(fmt::format("alternative {} was chosen", chosen));
        }
        for (const auto& [port, bytes] : side.offered[static_cast<std::size_t>(chosen)]) {
            const void* data = nullptr;
            std::size_t size = 0;
            if (rw_view(side.number, port.c_str(), &data, &size) != 1) continue;
            if (!std::ranges::equal(std::span(static_cast<const std::byte*>(data), size), bytes)) {
                fail(fmt::format("something else went out through '{}'", port));
            }
        }
        expect_buffers_kept(&side);
        side.lent = {};
        side.offered.assign(1, {});
    }

    void round(Side& side, bool begins, bool ends) {
        struct Way {
            const char* name;
            int (*whole)(int);
            int (*start)(int);
            int (*finish)(int);
        };
        static constexpr std::array<Way, 2> ways = {{
            {"sync", rw_sync, rw_sync_start, rw_sync_finish},
            {"await", rw_await, rw_await_start, rw_await_finish},
        }};
        const Way& way = ways[steps(side) ? 0 : 1];
        static constexpr std::initializer_list<int> reasons = {
            EPERM, ETIMEDOUT, EDEADLK, EPROTO, EPIPE, ECONNABORTED, EPROTONOSUPPORT, EMFILE};
        const std::string what = fmt::format("{}{}{} {}", way.name, begins && !ends ? "_start" : "",
                                             ends && !begins ? "_finish" : "", side.number);
        if (begins && !ends) {
            expect(what, way.start(side.number), 0, {EPERM, EMFILE});
        } else {
            settle(side, expect(what, (begins ? way.whole : way.finish)(side.number), 1, reasons));
        }
    }

    void decide(Side& side) {
        const char* port = name();
        const std::size_t size = below(2) == 0 ? 4 : below(buffer_bytes + 1);
        std::array<std::byte, buffer_bytes> room;
        room.fill(canary);
        const bool is_null = below(4) == 0;
        const long result =
            expect(fmt::format("decide {} '{}' {}", side.number, port ? port : "NULL", size),
                   rw_decide(side.number, port, is_null ? nullptr : room.data(), size), 1,
                   {ENOENT, EACCES, EMSGSIZE});
        const std::size_t may = result == 1 ? size : 0;
        if (std::any_of(room.begin() + static_cast<std::ptrdiff_t>(may), room.end(),
                        [](std::byte byte) { return byte != canary; })) {
            fail("more was written than there is room for");
        }
    }

    void look(Side& side) {
        std::array<char, 40> text{};
        const void* data = nullptr;
        std::size_t size = 0;
        const char* port = name();
        const std::string what = fmt::format("look at {} '{}'", side.number, port ? port : "NULL");
        expect(what, rw_length(side.number, port), LONG_MAX, {ENOENT, EACCES});
        expect(what, rw_view(side.number, port, below(8) == 0 ? nullptr : &data, &size), 1,
               {ENOENT, EACCES});
        expect(what, rw_type(side.number, port, text.data(), below(text.size())), INT_MAX,
               {ENOENT, EACCES});
        if (text.back() != '\0' || std::strlen(rw_error(side.number)) > (1 << 20)) fail("no text");
        expect(what, rw_chosen(side.number), INT_MAX, {});
        expect(what, rw_fd(side.number), INT_MAX, {EMFILE});
    }

    void set(Side& side) {
        static constexpr std::array values = {0L, 1L, 20L, 100L, 65'536L, LONG_MAX};
        const int option = static_cast<int>(below(7));
        long value = values[below(values.size())];
        // Whoever asks to wait for ever may.
        if (option == RW_CONNECT_TIMEOUT_MS || option == RW_ROUND_TIMEOUT_MS) value %= round_ms + 1;
        expect(fmt::format("set {} {} {}", side.number, option, value),
               rw_set(side.number, option, value), 0, {EISCONN});
    }

    void configure(Side& side) {
        const auto text = any_description();
        const long result =
            expect(fmt::format("configure {} {}", side.number, text ? *text : "NULL"),
                   rw_configure(side.number, text ? text->c_str() : nullptr), 0, {EISCONN});
        if (result < 0) return;
        may_expire_ |= text->contains("connector once");
        forget(side);
    }
    static void forget(Side& side) {
        side.offered.assign(1, {});
        side.lent = {};
    }

    void check_description() {
        const auto text = any_description();
        std::array<char, 40> said;
        said.fill('x');
        const std::size_t room = below(said.size());
        const std::size_t size = rw_checkdesc(text ? text->c_str() : nullptr, said.data(), room);
        if (room > 0 && std::strlen(said.data()) != std::min(size, room - 1)) fail("cut badly");
        if (said.back() != 'x') fail("more was written than there is room for");
    }

    void connect(Side& side, std::size_t how) {
        static constexpr std::initializer_list<int> reasons = {
            EISCONN,      EADDRINUSE, EADDRNOTAVAIL,   ECONNREFUSED,
            EHOSTUNREACH, ETIMEDOUT,  EPROTONOSUPPORT, EMFILE};
        static constexpr std::array calls = {std::pair("connect", &rw_connect),
                                             std::pair("connect_start", &rw_connect_start),
                                             std::pair("connect_finish", &rw_connect_finish)};
        const auto [what, function] = calls[how];
        const long result =
            expect(fmt::format("{} {}", what, side.number), function(side.number), 0, reasons);
        // Only then it is known which ports there are.
        if (result == 0 && how != 1) forget(side);
    }

    void close_port(Side& side) {
        const char* port = name();
        if (!port) return;
        expect(fmt::format("close {} '{}'", side.number, port), rw_close(side.number, port), 0,
               {ENOENT, EACCES});
        for (auto& offered : side.offered) offered.erase(port);
    }

    void make_port(Side& side) {
        const char* port = name(side, below(2) == 0 ? "in<out<" : "in<");
        const long result = expect(fmt::format("fresh {} '{}'", side.number, port ? port : "NULL"),
                                   rw_fresh(side.number, port), 0, {EPERM, ENOENT, EACCES, EPIPE});
        // The name of what stays will be seen, and not what went out.
        if (result == 0) side.offered.back().erase(port);
    }

    void alternative(Side& side) {
        if (expect(fmt::format("or {}", side.number), rw_or(side.number), 0, {EMFILE}) == 0) {
            side.offered.emplace_back();
        }
    }

    void call_no_connector() {
        static constexpr std::array numbers = {-1, 77, 1023, 1024, INT_MAX, INT_MIN};
        Side nobody;
        nobody.number = numbers[below(numbers.size())];
        const std::size_t before = log_.size();
        call(nobody);  // or nothing, if it would have been a call without a name
        for (std::size_t i = before; i < log_.size(); ++i) {
            if (log_[i].find(": E") != std::string::npos && !log_[i].ends_with(": EBADF")) {
                fail("there is no such connector");
            }
        }
    }

    void call() {
        const std::size_t which = next();
        if (which == 0) return call_no_connector();
        if (which == 1) return check_description();
        // All of them wait for each other.
        if (which > 230) {
            may_change_ = may_expire_;
            for (Side& each : sides_) round(each, true, false);
            for (Side& each : sides_) round(each, false, true);
            return;
        }
        Side& side = sides_[which % sides_.size()];
        if (which < 4) {
            expect(fmt::format("leave {}", side.number), rw_close(side.number, nullptr), 0, {});
            return make(side);
        }
        const std::string before = seen(side);
        const std::size_t calls_before = log_.size();
        call(side);
        const bool has_failed =
            log_.size() == calls_before + 1 && log_.back().find(": E") != std::string::npos;
        if (has_failed && !may_change_ && seen(side) != before) {
            fail("it has failed, and changed something");
        }
    }

    void call(Side& side) {
        may_change_ = false;
        switch (below(24)) {
            case 0:
                return configure(side);
            case 1:
                may_change_ = true;  // while it goes on, other calls are refused
                return connect(side, below(3));
            case 2:
                return close_port(side);
            case 3:
                return set(side);
            case 4:
                return decide(side);
            case 5:
                return look(side);
            case 6:
                return alternative(side);
            case 7:
            case 8:
                return make_port(side);
            case 9:
                expect(fmt::format("interrupt {}", side.number), rw_interrupt(side.number), 0, {});
                return;
            case 10:
            case 11:
                return round(side, true, false);
            case 12:
            case 13:
                may_change_ = may_expire_;  // and then it is agreed on another protocol
                return round(side, false, true);
            case 14:
                may_change_ = may_expire_;
                return round(side, true, true);
            case 15:
            case 16:
            case 17:
            case 18:
                return give(side);
            default:
                return take(side);
        }
    }

    std::span<const std::uint8_t> choices_;
    std::array<std::string, peers.size()> addresses_;
    std::size_t kind_ = 0;
    std::array<Side, peers.size()> sides_;
    std::array<std::array<std::byte, buffer_bytes>, buffers> rooms_{};
    std::vector<std::string> log_;
    bool may_change_ = false;  // although it fails
    bool may_expire_ = false;
};

}  // namespace

void try_calls(std::span<const std::uint8_t> choices) {
    Trial trial(choices);
    trial.run();
}

}  // namespace reowolf::fuzz
