// SPDX-License-Identifier: MIT
#include "library.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/random.hpp"

namespace reowolf::oracle {

namespace {

using Kind = Statement::Kind;

// ---- Rules -------------------------------------------------------------------------------------

Statement get(std::size_t channel, std::size_t variable) {
    return {.kind = Kind::get,
            .port = {{channel, false}},
            .variable = variable,
            .operand = {},
            .bodies = {}};
}
Statement put(std::size_t channel, std::size_t variable) {
    return {.kind = Kind::put, .port = {{channel, true}}, .operand = {variable, 0}, .bodies = {}};
}
Statement put_constant(std::size_t channel, std::uint32_t value) {
    return {.kind = Kind::put, .port = {{channel, true}}, .operand = {{}, value}, .bodies = {}};
}
Statement set(std::size_t variable, std::uint32_t value) {
    return {.kind = Kind::assignment, .variable = variable, .operand = {{}, value}, .bodies = {}};
}
Statement copy(std::size_t to, std::size_t from) {
    return {.kind = Kind::assignment, .variable = to, .operand = {from, 0}, .bodies = {}};
}
Statement is(std::size_t variable, std::uint32_t value) {
    return {.kind = Kind::assertion, .variable = variable, .operand = {{}, value}, .bodies = {}};
}
Statement is_not(std::size_t variable, std::uint32_t value) {
    Statement statement = is(variable, value);
    statement.comparison = Comparison::unequal;
    return statement;
}
Statement fork(std::vector<Body> bodies) {
    return {.kind = Kind::fork, .operand = {}, .bodies = std::move(bodies)};
}

// Again and again the same block.
Primitive always(Body block) {
    return {.blocks = {std::move(block)}, .loops_from = 0, .stands_for = {}};
}
Primitive in_turn(std::vector<Body> blocks) {
    return {.blocks = std::move(blocks), .loops_from = 0, .stands_for = {}};
}

using Ports = std::vector<std::string>;

auto plain(std::string name, std::string values = "") {
    return [name = std::move(name), values = std::move(values)](const Ports& ports) {
        return fmt::format("reo::{}({}{})", name, fmt::join(ports, ", "), values);
    };
}
// With arrays of so many ports at the front and at the back.
auto arrays(std::string name, std::size_t front, std::size_t back) {
    return [name = std::move(name), front, back](const Ports& ports) {
        const auto group = [&](std::size_t begin, std::size_t end, bool array) {
            const Ports some(ports.begin() + static_cast<std::ptrdiff_t>(begin),
                             ports.begin() + static_cast<std::ptrdiff_t>(end));
            const std::string list = fmt::format("{}", fmt::join(some, ", "));
            return array ? "{" + list + "}" : list;
        };
        const std::size_t middle = front > 0 ? front : ports.size() - back;
        return fmt::format("reo::{}({}, {})", name, group(0, middle, front > 0),
                           group(middle, ports.size(), back > 0));
    };
}

// In the rules below the variables begin as 0, 1, 2. A variable that says whether something is
// there is variable 0, so that nothing is at first; or it is variable 1, so that something is.

// variable 0: how many are there; 1 and 2: the first and the second of them.
Primitive fifo_of_two(std::size_t i, std::size_t o) {
    return always({fork({{is_not(0, 0), put(o, 1), copy(1, 2),
                          fork({{is(0, 1), set(0, 0)}, {is(0, 2), set(0, 1)}})},
                         {is(0, 0), get(i, 1), set(0, 1)},
                         {is(0, 1), get(i, 2), set(0, 2)}})});
}

Primitive shift_lossy_of_two(std::size_t i, std::size_t o) {
    Primitive rule = fifo_of_two(i, o);
    rule.blocks[0][0].bodies.push_back({is(0, 2), copy(1, 2), get(i, 2)});
    return rule;
}

}  // namespace

std::vector<LibraryComponent> library() {
    return {
        {"sync_channel", 1, 1, plain("sync_channel"), always({get(0, 0), put(1, 0)})},
        {"lossy", 1, 1, plain("lossy"), in_turn({{get(0, 0)}, {fork({{put(1, 0)}, {set(1, 1)}})}})},
        {"fifo1", 1, 1, plain("fifo1"), in_turn({{get(0, 0)}, {put(1, 0)}})},
        {"fifo1_full", 1, 1, plain("fifo1_full", ", 0"), in_turn({{put(1, 0)}, {get(0, 0)}})},
        {"fifo(1)", 1, 1, plain("fifo", ", 1"), in_turn({{get(0, 0)}, {put(1, 0)}})},
        {"fifo(2)", 1, 1, plain("fifo", ", 2"), fifo_of_two(0, 1)},
        {"sync_drain", 2, 0, plain("sync_drain"), always({get(0, 0), get(1, 0)})},
        {"async_drain", 2, 0, plain("async_drain"), always({fork({{get(0, 0)}, {get(1, 0)}})})},
        {"sync_spout", 0, 2, plain("sync_spout", ", 1, 2"),
         always({put_constant(0, 1), put_constant(1, 2)})},
        {"merger", 2, 1, plain("merger"), always({fork({{get(0, 0)}, {get(1, 0)}}), put(2, 0)})},
        {"merger_n", 3, 1, arrays("merger_n", 3, 0),
         always({fork({{get(0, 0)}, {get(1, 0)}, {get(2, 0)}}), put(3, 0)})},
        {"replicator", 1, 2, plain("replicator"), always({get(0, 0), put(1, 0), put(2, 0)})},
        {"replicator_n", 1, 3, arrays("replicator_n", 0, 3),
         always({get(0, 0), put(1, 0), put(2, 0), put(3, 0)})},
        {"router", 1, 2, plain("router"), always({get(0, 0), fork({{put(1, 0)}, {put(2, 0)}})})},
        {"router_n", 1, 3, arrays("router_n", 0, 3),
         always({get(0, 0), fork({{put(1, 0)}, {put(2, 0)}, {put(3, 0)}})})},
        {"sequencer", 3, 1, arrays("sequencer", 3, 0),
         in_turn({{get(0, 0), put(3, 0)}, {get(1, 0), put(3, 0)}, {get(2, 0), put(3, 0)}})},
        {"alternator", 2, 1, plain("alternator"),
         in_turn({{get(0, 0), put(2, 0), get(1, 1)}, {put(2, 1)}})},
        {"barrier_n", 2, 2, arrays("barrier_n", 2, 2),
         always({get(0, 0), put(2, 0), get(1, 1), put(3, 1)})},
        {"valve",
         2,
         1,
         plain("valve"),
         always({fork({{get(1, 1)}, {is(1, 1), get(0, 0), put(2, 0)}})}),
         {1}},
        {"variable", 1, 1, plain("variable"),
         always({fork({{get(0, 1), set(0, 1)}, {is(0, 1), put(1, 1)}})})},
        {"shift_lossy(1)", 1, 1, plain("shift_lossy", ", 1"),
         always({fork({{is(0, 1), put(1, 1), set(0, 0)}, {get(0, 1), set(0, 1)}})})},
        {"shift_lossy(2)", 1, 1, plain("shift_lossy", ", 2"), shift_lossy_of_two(0, 1)},
        {"xor_merge", 2, 1, plain("xor_merge"),
         always({fork({{get(0, 0)}, {get(1, 0)}}), put(2, 0)})},
        // The first comes from either; the second from the other, which variable 1 remembers.
        {"discriminator", 2, 1, arrays("discriminator", 2, 0),
         in_turn({{fork({{get(0, 0), set(1, 0)}, {get(1, 0), set(1, 1)}}), put(2, 0)},
                  {fork({{is(1, 0), get(1, 0)}, {is(1, 1), get(0, 0)}})}})},
    };
}

// ---- Others around it --------------------------------------------------------------------------

namespace {

class Surroundings {
  public:
    Surroundings(const LibraryComponent& component, std::uint64_t seed)
        : component_(component), random_(seed) {}

    System run() {
        const std::size_t others = 1 + random_.below(3);
        std::vector<std::string> ports;
        for (std::size_t i = 0; i < component_.ins + component_.outs; ++i) {
            const std::size_t other = 1 + random_.below(others);
            const bool goes_in = i < component_.ins;
            system_.channels.push_back(
                {.from = goes_in ? other : 0,
                 .to = goes_in ? 0 : other,
                 .carries = std::ranges::find(component_.booleans, i) != component_.booleans.end()
                                ? Channel::Carries::truth
                                : Channel::Carries::wide});
            ports.push_back(fmt::format("{}{}", goes_in ? 'i' : 'o', i));
        }
        Primitive& itself = system_.primitives.emplace_back(component_.rule);
        itself.stands_for = component_.start(ports);
        for (std::size_t other = 1; other <= others; ++other) {
            Primitive& added = system_.primitives.emplace_back();
            for (std::size_t blocks = 1 + random_.below(3); blocks > 0; --blocks) {
                added.blocks.push_back(block(other));
            }
            if (random_.chance(60)) added.loops_from = random_.below(added.blocks.size());
        }
        number_labels(system_);
        return std::move(system_);
    }

  private:
    Body block(std::size_t other) {
        std::vector<Body> alternatives;
        for (std::size_t i = 1 + random_.below(3); i > 0; --i) {
            alternatives.push_back(alternative(other));
        }
        if (alternatives.size() == 1) return std::move(alternatives.front());
        return {fork(std::move(alternatives))};
    }

    // Uses some of its channels, now and then one twice, and looks at what came.
    Body alternative(std::size_t other) {
        Body body{Statement{}};
        for (std::size_t i = 0; i < system_.channels.size(); ++i) {
            const Channel& channel = system_.channels[i];
            if ((channel.from != other && channel.to != other) || !random_.chance(60)) continue;
            for (std::size_t times = random_.chance(10) ? 2 : 1; times > 0; --times) {
                const std::size_t variable = random_.below(variables_each);
                const auto value = static_cast<std::uint32_t>(random_.below(3));
                if (channel.from == other) {
                    body.push_back(random_.chance(30) ? put(i, variable) : put_constant(i, value));
                    continue;
                }
                body.push_back(get(i, variable));
                if (random_.chance(25)) body.push_back(is_not(variable, value));
            }
        }
        return body;
    }

    const LibraryComponent& component_;
    Random random_;
    System system_;
};

}  // namespace

System around(const LibraryComponent& component, std::uint64_t seed) {
    return Surroundings(component, seed).run();
}

}  // namespace reowolf::oracle
