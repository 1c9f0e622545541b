// SPDX-License-Identifier: MIT
// What a runtime needs from outside, and what it tells.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "machine/value.hpp"
#include "program/program.hpp"
#include "runtime/body.hpp"
#include "runtime/channel.hpp"
#include "wire/message.hpp"

namespace reowolf::runtime {

// Something that the user has to know: an error of a component, or that it is stuck for ever.
struct Report {
    std::string message;
    Span where;
    std::vector<TraceLine> trace;
    struct Note {
        std::string text;
        Span where;
    };
    std::vector<Note> notes;
    bool is_stuck = false;  // no error
};

// What a runtime needs from outside. Called from within its functions.
class World {
  public:
    virtual ~World() = default;
    // The body of a component that is no PDL. Null: there is none of that name here.
    virtual std::unique_ptr<Body> make_native(const program::Routine&, ComponentIndex,
                                              const std::vector<machine::Value>& /*arguments*/) {
        return nullptr;
    }
    virtual void print(std::string_view line) = 0;
    virtual void report(const Report& report) = 0;
    virtual void send(wire::SiteId to, wire::Message&& message) = 0;
    // The leaf, and of what is put that which goes there.
    virtual void send_step(wire::SiteId to, const wire::Step& step) {
        for (std::size_t i = 0; i < step.put_count; ++i) {
            const wire::Step::Put& put = step.puts[i];
            if (put.to != to) continue;
            wire::Value value = put.value;
            value.value.assign(put.bytes.begin(), put.bytes.end());
            send(to, {put.lineage, std::move(value)});
        }
        send(to, {{}, step.leaf});
    }
    // Of what was handed to receive_step() and is not needed any more.
    // Taken over: NOLINTNEXTLINE(performance-unnecessary-value-param)
    virtual void give_back(wire::SiteId /*from*/, std::vector<std::byte>) {}
    // In large frames that come from there, something that is so many bytes behind the beginning
    // is wanted at an address for which any object is aligned.
    virtual void align(wire::SiteId /*from*/, std::size_t /*bytes*/) {}
    // A round with attempts of this site is decided; what its behaviours printed comes next. Empty:
    // one among components of this site, without records.
    virtual void committed(const wire::Decision& decision) = 0;
    // Asked once. Whether it is to be told of those without records at all.
    virtual bool follows_rounds() const { return true; }
    // Ends of channels at sites that are lost may have gone to others before. lose_ends() is to be
    // called when everybody who is left has answered a question that is asked from now on.
    virtual void seek_ends() {}
    // The peer sent what no correct peer sends.
    virtual void deviation(wire::SiteId from, const std::string& what) = 0;
    // The application's attempt fails, or may commit to a behaviour that uses no port, as nothing
    // else can be. This is the last time that explain() has what became of its others.
    virtual void application_gives_up(bool /*is_silent*/) {}
    // The attempt that enter_application() began is over.
    virtual void application_committed(std::unique_ptr<Body> body) = 0;
    virtual void application_failed(wire::Reason reason, const std::string& text) = 0;
    virtual void application_in_doubt(const std::string& text) = 0;
};

// Of components that are joined to no other site and to no application: there is only what they
// print and report.
class LocalWorld : public World {
  public:
    void send(wire::SiteId, wire::Message&&) override {}
    void committed(const wire::Decision&) override {}
    bool follows_rounds() const override { return false; }
    void deviation(wire::SiteId, const std::string&) override {}
    void application_committed(std::unique_ptr<Body>) override {}
    void application_failed(wire::Reason, const std::string&) override {}
    void application_in_doubt(const std::string&) override {}
};

struct Place {
    wire::SiteId self = 0;
    std::vector<std::string> sites;      // the peers' names
    std::vector<wire::SiteId> realtime;  // whose applications step together, ascending
};

}  // namespace reowolf::runtime
