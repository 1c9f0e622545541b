// SPDX-License-Identifier: MIT
// What an attempt may hold in memory as long as it is not decided. Nothing that a behaviour puts or
// prints can go anywhere before, so that one that never comes to the end of its block would take
// all memory there is.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using machine::PortHandle;
using wire::NodeId;

// ---- In the general way ------------------------------------------------------------------------

// So much more for what the behaviour puts or prints. If not, it is discarded: others, which do not
// do that, may still be in a round.
bool Runtime::may_hold(ComponentIndex index, NodeId id, std::uint64_t bytes) {
    Attempt& exploring = attempt(index);
    Node& node = exploring.nodes[id];
    if (exploring.held + bytes > limits_.block_bytes_max) {
        discard(index, id,
                {.cause = Discard::Cause::error,
                 .text = "out of memory: " + what_is_too_much(),
                 .where = node.body->position(),
                 .trace = node.body->trace()});
        return false;
    }
    exploring.held += bytes;
    node.held += bytes;
    return true;
}

// It stands still. What it has made meanwhile nobody has counted.
void Runtime::note_body(ComponentIndex index, NodeId id) {
    Attempt& exploring = attempt(index);
    Node& node = exploring.nodes[id];
    if (!node.body || node.is_away) return;
    exploring.held -= node.body_bytes;
    node.body_bytes = node.body->bytes();
    exploring.held += node.body_bytes;
}

void Runtime::drop_body(Attempt& exploring, Node& node) {
    exploring.held -= std::exchange(node.body_bytes, 0);
    node.body.reset();
}

void Runtime::note_size(ComponentIndex index, const Node& grown) {
    Attempt& exploring = attempt(index);
    exploring.held += sizeof(Node) + grown.depends.size() * sizeof(wire::NodeRef) +
                      grown.counts.size() * sizeof(Node::Count) +
                      grown.path.size() * sizeof(grown.path[0]);
    if (exploring.live > limits_.live_behaviours_max || exploring.held > limits_.block_bytes_max) {
        component(index).is_overloaded = true;
    }
}

// ---- Of other sites ----------------------------------------------------------------------------

// So much more is held here for what an attempt of another site puts. Who keeps to the protocol
// counts the same, and has come to its own bound before. In the lane it does not count what led to
// the values; that is less than a large value.
bool Runtime::may_offer(const wire::AttemptId& attempt, std::uint64_t bytes) {
    std::uint64_t& offered = offered_[attempt];
    offered += bytes;
    return offered <= limits_.block_bytes_max + limits_.message_value_bytes_max;
}

void Runtime::note_gone(const Offer& offer) {
    const auto offered = offered_.find(offer.branch.attempt);
    if (offered == offered_.end()) return;
    const std::uint64_t bytes = bytes_across(offer.causes.size() - 1, offer.value);
    offered->second -= std::min(offered->second, bytes);
}

// What is held for a message to another site: where it is put until it is sent, and where it has
// come to until its attempt is over.
std::uint64_t bytes_across(std::size_t causes, const machine::Value& value) {
    return offer_bytes + causes * sizeof(wire::NodeRef) + sizeof(machine::Block) + size_of(value);
}

std::string Runtime::what_is_too_much() const {
    return fmt::format("more than {} bytes for one sync block", limits_.block_bytes_max);
}

// ---- In the lane -------------------------------------------------------------------------------

// Not whether the attempt has too much is decided here, but whether the general way has to, which
// counts all of it.
bool Runtime::measure_room(const Component& self, const machine::Value& value) {
    std::uint64_t bytes = machine::share_of(value.block());
    for (const PortHandle port : self.ports) {
        if (is_out(port)) bytes += channels_[channel_of(port)].pending.bytes();
    }
    // Whoever cannot leave the lane where it is asks once more from where it can.
    if (bytes > limits_.block_bytes_max) return false;
    for (const PortHandle port : self.ports) {
        if (is_out(port)) channels_[channel_of(port)].pending.note_measured();
    }
    return true;
}

}  // namespace reowolf::runtime
