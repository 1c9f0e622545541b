// SPDX-License-Identifier: MIT
#include "generate.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/random.hpp"

namespace reowolf::oracle {

namespace {

using Kind = Statement::Kind;

// One message of a planned round, or two in a row on its channel.
struct Planned {
    std::size_t channel = 0;
    std::uint32_t count = 1;
    std::optional<PortName> gives = {};
};
using Plan = std::vector<Planned>;

class Generator {
  public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    System run() {
        using Carries = Channel::Carries;
        const std::size_t components = 2 + random_.below(5);
        const std::size_t channels = 1 + random_.below(6);
        const bool with_ports = channels > 1 && random_.chance(40);
        for (std::size_t i = 0; i < channels; ++i) {
            Channel& channel = system_.channels.emplace_back();
            channel.from = random_.below(components);
            channel.to = random_.below(components);
            if (channel.to == channel.from && !random_.chance(15)) {
                channel.to = (channel.from + 1) % components;
            }
            if (with_ports && i > 0 && random_.chance(50)) {
                channel.carries = random_.chance(50) ? Carries::out_port : Carries::in_port;
                channel.wrapping = random_.below(wrappings);
                // From somebody who has one, if there is.
                const Channel& other = system_.channels[random_.below(i)];
                const bool is_out = channel.carries == Carries::out_port;
                channel.from = is_out ? other.from : other.to;
                if (channel.from == channel.to && !random_.chance(15)) {
                    channel.to = (channel.from + 1) % components;
                }
            } else if (random_.chance(with_ports ? 15 : 50)) {
                constexpr Carries shapes[] = {Carries::narrow, Carries::narrow, Carries::boxed,
                                              Carries::optional};
                channel.carries = shapes[random_.below(std::size(shapes))];
            }
            owners_[{i, true}] = {channel.from, false};
            owners_[{i, false}] = {channel.to, false};
        }
        system_.primitives.resize(components);
        const std::size_t levels = with_ports ? 2 + random_.below(2) : (random_.chance(60) ? 2 : 1);
        for (std::size_t level = 0; level < levels; ++level) plan(level == levels - 1);
        for (Primitive& primitive : system_.primitives) {
            if (random_.chance(50)) {
                primitive.loops_from = random_.below(primitive.blocks.size());
            }
        }
        number_labels(system_);
        return std::move(system_);
    }

  private:
    // As far as the first plan of each level is followed.
    struct Owner {
        std::size_t component;
        bool keeps;
        friend bool operator==(const Owner&, const Owner&) = default;
    };
    using Owners = std::map<Port, Owner>;
    static constexpr std::size_t nobody = ~std::size_t{0};

    void plan(bool is_last) {
        std::vector<Plan> plans(1 + random_.below(2));
        std::optional<Owners> next;
        for (Plan& plan : plans) {
            Owners after = owners_;
            std::vector<std::size_t> carriers;
            for (std::size_t i = 1 + random_.below(4); i > 0; --i) {
                const std::size_t channel = some_channel();
                if (system_.channels[channel].carries_ports()) {
                    carriers.push_back(channel);
                } else {
                    plan.push_back({channel, random_.chance(12) ? 2u : 1u});
                }
            }
            for (const std::size_t carrier : carriers) {
                plan.push_back({carrier, 1, hand_over(system_.channels[carrier], after)});
            }
            // It may then be used when it is gone.
            if (random_.chance(10)) std::ranges::rotate(plan, plan.end() - 1);
            if (!next) next = std::move(after);
        }
        for (std::size_t i = 0; i < system_.primitives.size(); ++i) {
            auto& blocks = system_.primitives[i].blocks;
            if (is_last && !blocks.empty() && random_.chance(20)) continue;
            blocks.push_back(block(i, plans));
        }
        owners_ = std::move(*next);
    }

    // Rather one whose ends have moved.
    std::size_t some_channel() {
        const std::size_t any = random_.below(system_.channels.size());
        if (random_.chance(50)) return any;
        for (const auto& [port, owner] : owners_) {
            if (owner.keeps && random_.chance(50)) return port.channel;
        }
        return any;
    }

    // A port that can be put into the channel, which then is with whoever gets it.
    PortName hand_over(const Channel& channel, Owners& owners) {
        const bool is_out = channel.carries == Channel::Carries::out_port;
        std::vector<Port> candidates;
        for (const auto& [port, owner] : owners) {
            if (port.is_out != is_out || owner.component != channel.from) continue;
            if (system_.channels[port.channel].carries != Channel::Carries::wide) continue;
            candidates.push_back(port);
        }
        if (candidates.empty()) return {{0, is_out}, true};
        const Port port = candidates[random_.below(candidates.size())];
        const bool kept = owners[port].keeps;
        for (auto& [other, owner] : owners) {
            if (other.is_out == is_out && owner == Owner{channel.to, true})
                owner.component = nobody;
        }
        owners[port] = {channel.to, true};
        return {port, kept};
    }

    Body block(std::size_t component, const std::vector<Plan>& plans) {
        std::vector<Body> alternatives;
        for (const Plan& plan : plans) {
            Body body = project(component, plan);
            const bool wanted = body.size() > 1 || random_.chance(50);
            if (wanted || alternatives.empty()) alternatives.push_back(std::move(body));
        }
        if (random_.chance(25)) alternatives.push_back(noise(component));
        if (random_.chance(12)) alternatives.push_back({Statement{}});
        if (random_.chance(15)) {
            Body& body = alternatives[random_.below(alternatives.size())];
            Body changed = body;
            mutate(component, changed);
            nest(body, std::move(changed));
        }
        if (random_.chance(25)) {
            mutate(component, alternatives[random_.below(alternatives.size())]);
        }
        if (alternatives.size() == 1) return std::move(alternatives.front());
        return {choice(component, std::move(alternatives))};
    }

    // The component's part in the plan, in the plan's order.
    Body project(std::size_t component, const Plan& plan) {
        Body body{Statement{}};
        for (const Planned& planned : plan) {
            for (const bool is_out : {true, false}) {
                const auto& [owner, keeps] = owners_.at({planned.channel, is_out});
                if (owner != component) continue;
                const PortName name{{planned.channel, is_out}, keeps};
                add(body, is_out ? put(name, planned.gives) : get(name), planned.count);
            }
        }
        if (random_.chance(4)) {
            body.push_back({.kind = Kind::division,
                            .variable = variable(),
                            .operand = {variable(), 0},
                            .bodies = {}});
        }
        return body;
    }

    void add(Body& body, const Statement& action, std::uint32_t count) {
        if (count > 1 && random_.chance(50)) {
            body.push_back(
                {.kind = Kind::repetition, .operand = {}, .count = count, .bodies = {{action}}});
        } else {
            body.insert(body.end(), count, action);
        }
        if (action.kind == Kind::get && random_.chance(20)) body.push_back(assertion());
    }

    Body noise(std::size_t component) {
        Body body{Statement{}};
        for (std::size_t i = random_.below(3); i > 0; --i) {
            const std::size_t channel = random_.below(system_.channels.size());
            const Channel& used = system_.channels[channel];
            if (used.from == component) {
                const bool is_out = used.carries == Channel::Carries::out_port;
                body.push_back(put({{channel, true}}, PortName{{0, is_out}, true}));
            }
            if (used.to == component) body.push_back(get({{channel, false}}));
        }
        if (random_.chance(30)) body.push_back(assertion());
        return body;
    }

    Statement choice(std::size_t component, std::vector<Body> alternatives) {
        Statement statement{.kind = Kind::fork, .operand = {}, .bodies = std::move(alternatives)};
        if (random_.chance(70) && std::ranges::all_of(statement.bodies, begins_with_get)) {
            statement.kind = Kind::select;
            // The label comes after what is awaited.
            for (Body& body : statement.bodies) std::swap(body[0], body[1]);
            return statement;
        }
        if (statement.bodies.size() != 2 || !random_.chance(35)) return statement;
        for (std::size_t i = 0; i < system_.channels.size(); ++i) {
            const Channel& channel = system_.channels[i];
            if (channel.from != component && channel.to != component) continue;
            if (!random_.chance(60)) continue;
            statement.kind = Kind::fires;
            statement.port = {{i, channel.from == component}};
        }
        return statement;
    }

    static bool begins_with_get(const Body& body) {
        return body.size() > 1 && body[1].kind == Kind::get;
    }

    // From some point on, either go on as before or as `other` does.
    void nest(Body& body, Body other) {
        const std::size_t at = random_.below(body.size() + 1);
        Body rest{Statement{}};
        rest.insert(rest.end(), body.begin() + static_cast<std::ptrdiff_t>(at), body.end());
        body.resize(at);
        Body tail{Statement{}};
        const std::size_t skip = std::min(at, other.size());
        tail.insert(tail.end(), other.begin() + static_cast<std::ptrdiff_t>(skip), other.end());
        std::vector<Body> both{std::move(rest), std::move(tail)};
        if (random_.chance(50)) std::swap(both[0], both[1]);
        body.push_back({.kind = Kind::fork, .operand = {}, .bodies = std::move(both)});
    }

    void mutate(std::size_t component, Body& body) {
        const std::size_t at = random_.below(body.size() + 1);
        const auto place = body.begin() + static_cast<std::ptrdiff_t>(at);
        if (random_.chance(40) && at < body.size() && place->kind != Kind::label) {
            body.erase(place);
        } else if (random_.chance(50)) {
            body.insert(place, assertion());
        } else {
            Body more = noise(component);
            if (more.size() > 1) body.insert(place, more[1]);
        }
    }

    Statement put(const PortName& port, const std::optional<PortName>& gives) {
        Operand operand{std::nullopt, static_cast<std::uint32_t>(random_.below(4))};
        if (random_.chance(40))
            operand = {variable(), static_cast<std::uint32_t>(random_.below(2))};
        if (random_.chance(3)) operand.constant = 254;
        Statement statement{.kind = Kind::put, .port = port, .operand = operand, .bodies = {}};
        const bool carries_ports =
            !port.kept && system_.channels[port.port.channel].carries_ports();
        if (carries_ports) statement.gives = gives;
        return statement;
    }

    Statement get(const PortName& port) {
        return {
            .kind = Kind::get, .port = port, .variable = variable(), .operand = {}, .bodies = {}};
    }

    Statement assertion() {
        Statement statement{
            .kind = Kind::assertion, .variable = variable(), .operand = {}, .bodies = {}};
        statement.operand.constant = static_cast<std::uint32_t>(random_.below(4));
        if (random_.chance(40)) statement.operand.variable = variable();
        switch (random_.below(3)) {
            case 0:
                statement.comparison = Comparison::equal;
                break;
            case 1:
                statement.comparison = Comparison::unequal;
                break;
            default:
                statement.comparison = Comparison::less;
                statement.operand.constant += 3;
        }
        return statement;
    }

    std::size_t variable() { return random_.below(variables_each); }

    Random random_;
    System system_;
    Owners owners_;
};

// Every system that is a little smaller.
class Reductions {
  public:
    explicit Reductions(const System& system) : system_(system) {}

    std::vector<System> run() {
        for (std::size_t i = 0; i < system_.primitives.size(); ++i) {
            const auto keep = [&](auto change) {
                System smaller = system_;
                change(smaller.primitives[i]);
                result_.push_back(std::move(smaller));
            };
            const Primitive& primitive = system_.primitives[i];
            if (primitive.blocks.empty()) continue;
            keep([](Primitive& one) { one = {}; });
            if (primitive.loops_from) keep([](Primitive& one) { one.loops_from.reset(); });
            if (primitive.blocks.size() > 1 && primitive.loops_from.value_or(0) == 0) {
                keep([](Primitive& one) { one.blocks.pop_back(); });
            }
            for (std::size_t block = 0; block < primitive.blocks.size(); ++block) {
                within(primitive.blocks[block], [&](const Body& changed) {
                    keep([&](Primitive& one) { one.blocks[block] = changed; });
                });
            }
        }
        return std::move(result_);
    }

  private:
    // Calls `keep` with everything that the body can become by one change in it.
    void within(const Body& body, const std::function<void(const Body&)>& keep) {
        for (std::size_t i = 0; i < body.size(); ++i) {
            Body without = body;
            without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
            if (body[i].kind != Kind::label) keep(without);
            for (std::size_t inner = 0; inner < body[i].bodies.size(); ++inner) {
                Body only = without;
                const Body& chosen = body[i].bodies[inner];
                only.insert(only.begin() + static_cast<std::ptrdiff_t>(i), chosen.begin(),
                            chosen.end());
                keep(only);
                within(body[i].bodies[inner], [&](const Body& changed) {
                    Body deeper = body;
                    deeper[i].bodies[inner] = changed;
                    keep(deeper);
                });
            }
        }
    }

    const System& system_;
    std::vector<System> result_;
};

}  // namespace

System generate(std::uint64_t seed) {
    return Generator(seed).run();
}

System shrink(System system, const std::function<bool(const System&)>& fails) {
    constexpr int attempts_max = 3'000;
    int attempts = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (const System& smaller : Reductions(system).run()) {
            if (++attempts > attempts_max) return system;
            if (!fails(smaller)) continue;
            system = smaller;
            changed = true;
            break;
        }
    }
    return system;
}

}  // namespace reowolf::oracle
