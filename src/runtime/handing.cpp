// SPDX-License-Identifier: MIT
// Ports in messages. A behaviour that puts a port away has it no longer, and one that gets it has
// it to hand on; but owned, used and closed it is by whom it was before the block, until the round
// commits.
#include <algorithm>
#include <utility>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using machine::PortHandle;
using wire::NodeId;

const Node::Moved* Node::find_moved(PortHandle port) const {
    const auto found = std::ranges::lower_bound(moved, port, {}, &Moved::port);
    return found == moved.end() || found->port != port ? nullptr : &*found;
}

// `ports` is ascending, without repetition.
void Node::note_moved(const std::vector<PortHandle>& ports, bool here, ChannelIndex through) {
    std::vector<Moved> added;
    for (const PortHandle port : ports) {
        const auto known = std::ranges::lower_bound(moved, port, {}, &Moved::port);
        if (known != moved.end() && known->port == port) {
            *known = {port, here, through};
        } else {
            added.push_back({port, here, through});
        }
    }
    const auto before = static_cast<std::ptrdiff_t>(moved.size());
    moved.insert(moved.end(), added.begin(), added.end());
    std::ranges::inplace_merge(moved, moved.begin() + before, {}, &Moved::port);
}

// False if the behaviour does not have all the ports in the message; it is then discarded.
bool Runtime::put_ports_away(ComponentIndex index, NodeId id, const machine::Request& put) {
    Node& node = attempt(index).nodes[id];
    std::vector<PortHandle> ports;
    shared_.ports.append(put.type, put.value, ports);
    std::ranges::sort(ports);
    const auto has = [&](PortHandle port) {
        const Node::Moved* const moved = node.find_moved(port);
        return moved ? moved->here : own(index, port);
    };
    if (std::ranges::adjacent_find(ports) != ports.end() || !std::ranges::all_of(ports, has)) {
        discard(index, id,
                {.cause = Discard::Cause::error,
                 .text = "attempted to hand over a port that is no longer owned",
                 .where = node.body->position(),
                 .trace = node.body->trace()});
        return false;
    }
    node.note_moved(ports, false, channel_of(put.port));
    return true;
}

void Runtime::receive_ports(Node& taker, ChannelIndex through, const machine::Value& message) {
    std::vector<PortHandle> ports;
    shared_.ports.append(channels_[through].type, message, ports);
    std::ranges::sort(ports);
    taker.note_moved(ports, true, through);
}

// The behaviour of the component has been committed. Its attempt is over: what it used is settled.
// All in the round lose what they put away before anybody gains it.
void Runtime::lose_ports(ComponentIndex index, const std::vector<Node::Moved>& moved) {
    for (const auto& [port, here, through] : moved) {
        Channel::End& end = channels_[channel_of(port)].end(is_out(port));
        if (here || !end.here || end.owner != index) continue;
        take_port(index, port);
        end.leaves = true;
    }
}

void Runtime::gain_ports(ComponentIndex index, const std::vector<Node::Moved>& moved) {
    for (const auto& [port, here, through] : moved) {
        Channel::End& end = channels_[channel_of(port)].end(is_out(port));
        if (!here) continue;
        // What is not given away by its owner here is nobody else's; and what has come back has
        // never left.
        if (end.here && !std::exchange(end.leaves, false)) continue;
        if (!end.here) welcome(port);
        give_port(index, port);
        end.guard = Channel::no_guard;
        end.name = {};
        end.got_from = channels_[through].in.name;
    }
}

}  // namespace reowolf::runtime
