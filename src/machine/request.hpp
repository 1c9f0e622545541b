// SPDX-License-Identifier: MIT
// What a behaviour asks the world for. Flat, so that the requests that rounds are made of are
// passed on without an allocation: what is large and rare lies apart.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "machine/state.hpp"
#include "machine/value.hpp"
#include "program/program.hpp"

namespace reowolf::machine {

struct Request {
    enum class Kind : std::uint8_t {
        get,           // the next message, of `type`, at `port`
        put,           // `value`, of `type`, at `port`
        fork,          // to go on as any one of `count` alternatives
        fires,         // whether `port` is used
        sync_begin,    //
        sync_end,      //
        make_channel,  // for messages of `type`
        spawn,         // of `routine`, with arguments(), at `placed_at`
        print,         // text(), a line without its line break
        discarded,     // a false assertion inside a synchronous block
        ended,         // `value`: the result of a function that was run by itself
        budget_used,   //
        exchanged,     // nothing: an Exchange has served it, and it does not run on
        failed,        // text(): a run-time error; the state's position() and trace() say where
    };

    Kind kind = Kind::budget_used;
    // With this it enters a sync block. Of native components; see Entrance for others.
    bool begins = false;
    // Of a get or put in a sync block: nothing comes between it and the end of the block that asks
    // for anything or can fail. So the end need not be waited for; see State::leave_sync.
    bool closes = false;
    std::uint32_t placed_at = 0;  // 0, or 1 + the peer
    union {
        program::TypeId type = 0;
        std::uint32_t count;
        program::RoutineId routine;
    };
    PortHandle port = 0;
    Value value;

    std::string& text() { return details_->text; }
    const std::string& text() const { return details_->text; }
    std::vector<Value>& arguments() { return details_->arguments; }

    Request() = default;
    // Each of its members is written by itself: to clear them all at once takes longer.
    explicit Request(Kind of) : kind(of) {}
    static Request of(Kind kind) { return Request(kind); }
    static Request get(PortHandle port, program::TypeId type, bool closes = false) {
        Request request = of(Kind::get);
        request.closes = closes;
        request.port = port;
        request.type = type;
        return request;
    }
    static Request put(PortHandle port, program::TypeId type, Value value, bool closes = false) {
        Request request = of(Kind::put);
        request.closes = closes;
        request.port = port;
        request.type = type;
        request.value = std::move(value);
        return request;
    }
    static Request fork(std::uint32_t count) {
        Request request = of(Kind::fork);
        request.count = count;
        return request;
    }
    static Request fires(PortHandle port) {
        Request request = of(Kind::fires);
        request.port = port;
        return request;
    }
    static Request make_channel(program::TypeId type) {
        Request request = of(Kind::make_channel);
        request.type = type;
        return request;
    }
    static Request spawn(program::RoutineId routine, std::vector<Value> arguments,
                         std::uint32_t placed_at) {
        Request request = of(Kind::spawn);
        request.routine = routine;
        request.placed_at = placed_at;
        request.details_.reset(new Details{{}, std::move(arguments)});
        return request;
    }
    static Request print(std::string line) { return with_text(Kind::print, std::move(line)); }
    static Request failed(std::string message) {
        return with_text(Kind::failed, std::move(message));
    }
    static Request ended(Value result) {
        Request request = of(Kind::ended);
        request.value = std::move(result);
        return request;
    }

  private:
    struct Details {
        std::string text;
        std::vector<Value> arguments;
    };
    static Request with_text(Kind kind, std::string text) {
        Request request = of(kind);
        request.details_.reset(new Details{std::move(text), {}});
        return request;
    }

    // Apart, so that a request without any is gone with a look.
    struct Drop {
        [[gnu::noinline]] void operator()(Details* details) const { delete details; }
    };
    std::unique_ptr<Details, Drop> details_;
};

}  // namespace reowolf::machine
