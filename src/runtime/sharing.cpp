// SPDX-License-Identifier: MIT
// Components that compute for long are run by workers, so that others need not wait for them. What
// they need of the world is served here, like anybody's.
#include <utility>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using wire::NodeId;

// Outside of its sync blocks, or in the lane, when so many instructions have been run.
void Runtime::send_off(ComponentIndex index, std::uint64_t instructions) {
    Component& leaving = component(index);
    leaving.is_away = true;
    static_cast<ProgramBody&>(*leaving.body).leave(index, std::nullopt, instructions);
}

// A behaviour in the general way.
void Runtime::send_off_behaviour(ComponentIndex index, NodeId id) {
    Node& leaving = attempt(index).nodes[id];
    leaving.is_away = true;
    ++attempt(index).away;
    static_cast<ProgramBody&>(*leaving.body).leave(index, id, 0);
}

void Runtime::welcome_back() {
    while (Errand* const errand = shared_.workers->take_returned()) {
        const ComponentIndex index = errand->component;
        Component& back = component(index);
        std::uint64_t instructions = 0;
        if (errand->behaviour) {
            Attempt& exploring = *back.attempt;
            Node& node = exploring.nodes[*errand->behaviour];
            node.is_away = false;
            --exploring.away;
            exploring.enqueue(*errand->behaviour);
            node.postponed = std::make_unique<machine::Request>(
                static_cast<ProgramBody&>(*node.body).come_back(instructions));
        } else {
            back.brought = std::make_unique<machine::Request>(
                static_cast<ProgramBody&>(*back.body).come_back(instructions));
            const bool was_between =
                back.phase == Component::Phase::running && !back.entrance.is_new();
            if (was_between) note_length(back, instructions);
        }
        enqueue(index);
    }
}

// So that it can go back to where its block begins.
void Runtime::take_back(Component& away) {
    static_cast<ProgramBody&>(*away.body).take_back();
    away.is_away = false;
    away.brought.reset();
}

// Between two sync blocks. Who was long is taken to be so again.
void Runtime::note_length(Component& computed, std::uint64_t instructions) {
    computed.is_long = instructions >= limits_.instructions_before_workers;
}

// It has stopped with so much left. How many instructions that were since it began or left its last
// block, which are between blocks in the latter case, or if it began there.
std::uint32_t Runtime::end_stretch(Component& ran, std::uint32_t budget) {
    const std::uint32_t marked = ran.entrance.marked();
    if (began_between_ || marked != began_with_) note_length(ran, marked - budget);
    return marked - budget;
}

}  // namespace reowolf::runtime
