// SPDX-License-Identifier: MIT
#include "enumerate.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

namespace reowolf::oracle {

namespace {

using Kind = Statement::Kind;

constexpr std::size_t narrow_max = 255;

// One behaviour under way.
struct Behaviour {
    struct Level {
        const Body* body;
        std::size_t next = 0;
        std::uint32_t again = 0;  // how often the body is still to be repeated
    };
    struct Promise {
        Port port;
        bool fires;
    };
    std::vector<Level> levels;
    std::vector<std::uint32_t> variables;
    std::vector<std::optional<Port>> kept;
    std::map<Port, bool> moved;  // put away, or come and still here
    std::vector<Promise> promises;
    std::vector<std::string> lines;
    bool is_complete = false;
};

// The behaviours chosen so far for a set of attempts, and the messages between them.
struct Joint {
    struct Message {
        std::uint32_t value = 0;
        std::optional<Port> port = {};
    };
    struct Queue {
        std::deque<Message> messages;
        std::uint32_t put = 0;
        std::uint32_t got = 0;
    };
    std::map<std::size_t, Behaviour> behaviours;
    std::vector<Queue> queues;
};

enum class Event { went_on, blocked, complete, split, impossible, error };

std::uint32_t value_of(const Behaviour& behaviour, const Operand& operand) {
    return operand.constant + (operand.variable ? behaviour.variables[*operand.variable] : 0);
}

bool holds(std::uint32_t left, Comparison comparison, std::uint32_t right) {
    switch (comparison) {
        case Comparison::equal:
            return left == right;
        case Comparison::unequal:
            return left != right;
        case Comparison::less:
            return left < right;
    }
    return false;
}

Behaviour begin(const System& system, const Positions& positions, std::size_t component) {
    const Position& position = positions.of[component];
    Behaviour behaviour;
    behaviour.levels.push_back({&system.primitives[component].blocks[position.block]});
    behaviour.variables = position.variables;
    behaviour.kept = position.kept;
    return behaviour;
}

// Nothing if the component keeps none.
std::optional<Port> named(const Behaviour& behaviour, const PortName& name) {
    return name.kept ? behaviour.kept[slot_for(name.port.is_out)] : name.port;
}

// Whether the behaviour may use the port: it was the component's when the block began, and has not
// gone or come in it.
bool may_use(const Positions& positions, std::size_t component, const Behaviour& behaviour,
             const std::optional<Port>& port) {
    return port && positions.owners.at(*port) == component && !behaviour.moved.contains(*port);
}

// Whether it may put the port into a message. It then has it no longer.
bool give(const Positions& positions, std::size_t component, Behaviour& behaviour,
          const std::optional<Port>& port) {
    if (!port) return false;
    const auto moved = behaviour.moved.find(*port);
    const bool has =
        moved == behaviour.moved.end() ? positions.owners.at(*port) == component : moved->second;
    behaviour.moved[*port] = false;
    return has;
}

bool fits(const System& system, std::uint32_t value, const Port& port) {
    return system.channels[port.channel].carries != Channel::Carries::narrow || value <= narrow_max;
}

// What a number becomes on its way.
std::uint32_t message_of(const System& system, const Port& port, std::uint32_t value) {
    const bool is_truth = system.channels[port.channel].carries == Channel::Carries::truth;
    return is_truth ? (value != 0 ? 1 : 0) : value;
}

constexpr Port other_end(const Port& port) {
    return {port.channel, !port.is_out};
}

class Enumeration {
  public:
    Enumeration(const System& system, const Positions& positions)
        : system_(system), positions_(positions), unseen_(unseen(system)) {}

    // Only rounds in which exactly these print exactly this.
    void demand(const Lines& lines) { demanded_ = &lines; }

    Search run(std::size_t component) {
        Joint joint;
        joint.queues.resize(system_.channels.size());
        if (!join(joint, component)) return {};
        Search search;
        if (explore(std::move(joint))) {
            search = {Search::Result::found, std::move(found_)};
        } else if (steps_ > steps_max) {
            search.result = Search::Result::too_large;
        }
        return search;
    }

  private:
    static constexpr std::uint64_t steps_max = 400'000;

    bool join(Joint& joint, std::size_t component) const {
        if (joint.behaviours.contains(component)) return true;
        if (!positions_.of[component].open) return false;
        if (demanded_ && component != unseen_ && !demanded_->contains(component)) return false;
        joint.behaviours[component] = begin(system_, positions_, component);
        return true;
    }

    // True: found.
    bool explore(Joint joint) {
        for (bool changed = true; changed;) {
            changed = false;
            bool all_complete = true;
            for (auto entry = joint.behaviours.begin(); entry != joint.behaviours.end(); ++entry) {
                for (;;) {
                    if (++steps_ > steps_max) return false;
                    const Event event = advance(joint, entry->first, entry->second);
                    if (event == Event::impossible || event == Event::error) return false;
                    if (event == Event::split) return split(joint, entry->first);
                    if (event != Event::went_on) break;
                    changed = true;
                }
                all_complete &= entry->second.is_complete;
            }
            if (all_complete && !changed) return finish(joint);
        }
        return false;
    }

    bool split(const Joint& joint, std::size_t component) {
        const auto& level = joint.behaviours.at(component).levels.back();
        const Statement& choice = (*level.body)[level.next];
        for (std::size_t i = 0; i < choice.bodies.size(); ++i) {
            Joint one = joint;
            Behaviour& behaviour = one.behaviours.at(component);
            ++behaviour.levels.back().next;
            behaviour.levels.push_back({&choice.bodies[i]});
            if (choice.kind == Kind::fires) {
                behaviour.promises.push_back({*named(behaviour, choice.port), i == 0});
            }
            if (explore(std::move(one))) return true;
        }
        return false;
    }

    bool finish(const Joint& joint) {
        Round round;
        round.is_silent = true;
        for (const Joint::Queue& queue : joint.queues) {
            if (queue.put != queue.got) return false;
            round.is_silent &= queue.put == 0;
        }
        if (!demanded_ && round.is_silent) return false;
        for (const auto& [component, behaviour] : joint.behaviours) {
            round.after[component] = after(component, behaviour);
            if (component != unseen_) round.lines[component] = behaviour.lines;
            for (const auto& [port, here] : behaviour.moved) {
                if (here) round.handed_over[port] = component;
            }
        }
        if (demanded_ && round.lines != *demanded_) return false;
        found_ = std::move(round);
        return true;
    }

    Position after(std::size_t component, const Behaviour& behaviour) const {
        const Primitive& primitive = system_.primitives[component];
        Position position{true, positions_.of[component].block + 1, behaviour.variables,
                          behaviour.kept};
        if (position.block == primitive.blocks.size()) {
            position.open = primitive.loops_from.has_value();
            position.block = primitive.loops_from.value_or(0);
        }
        return position;
    }

    bool print(std::size_t component, Behaviour& behaviour, std::string line) const {
        if (component == unseen_) return true;
        behaviour.lines.push_back(std::move(line));
        if (!demanded_) return true;
        const auto& wanted = demanded_->at(component);
        const std::size_t at = behaviour.lines.size() - 1;
        return at < wanted.size() && wanted[at] == behaviour.lines[at];
    }

    // One statement of one component.
    Event advance(Joint& joint, std::size_t component, Behaviour& behaviour) const {
        if (behaviour.is_complete) return Event::complete;
        auto& level = behaviour.levels.back();
        if (level.next == level.body->size()) {
            if (level.again > 0) {
                --level.again;
                level.next = 0;
                return Event::went_on;
            }
            if (behaviour.levels.size() > 1) {
                behaviour.levels.pop_back();
                return Event::went_on;
            }
            return complete(joint, component, behaviour);
        }
        const Statement& statement = (*level.body)[level.next];
        switch (statement.kind) {
            case Kind::fork:
            case Kind::select:
                return Event::split;
            case Kind::fires: {
                const auto port = named(behaviour, statement.port);
                return may_use(positions_, component, behaviour, port) ? Event::split
                                                                       : Event::error;
            }
            case Kind::put:
                if (const Event event = put(joint, component, behaviour, statement);
                    event != Event::went_on) {
                    return event;
                }
                break;
            case Kind::get: {
                bool joined = false;
                if (const Event event = get(joint, component, behaviour, statement, joined);
                    event != Event::went_on || joined) {
                    return event;
                }
                break;
            }
            case Kind::repetition:
                ++level.next;
                if (statement.count > 0) {
                    behaviour.levels.push_back({&statement.bodies[0], 0, statement.count - 1});
                }
                return Event::went_on;
            default:
                if (const Event event = advance_alone(component, behaviour, statement);
                    event != Event::went_on) {
                    return event;
                }
        }
        ++behaviour.levels.back().next;
        return Event::went_on;
    }

    Event put(Joint& joint, std::size_t component, Behaviour& behaviour,
              const Statement& statement) const {
        const auto port = named(behaviour, statement.port);
        if (!may_use(positions_, component, behaviour, port)) return Event::error;
        Joint::Message message;
        if (statement.gives) {
            message.port = named(behaviour, *statement.gives);
            if (!give(positions_, component, behaviour, message.port)) return Event::error;
        } else {
            message.value = message_of(system_, *port, value_of(behaviour, statement.operand));
            if (!fits(system_, message.value, *port)) return Event::error;
        }
        if (!join(joint, positions_.owners.at(other_end(*port)))) return Event::impossible;
        Joint::Queue& queue = joint.queues[port->channel];
        queue.messages.push_back(message);
        ++queue.put;
        return Event::went_on;
    }

    // `joined`: nothing else has happened yet than that the other end takes part.
    Event get(Joint& joint, std::size_t component, Behaviour& behaviour, const Statement& statement,
              bool& joined) const {
        const auto port = named(behaviour, statement.port);
        if (!may_use(positions_, component, behaviour, port)) return Event::error;
        const std::size_t from = positions_.owners.at(other_end(*port));
        if (!joint.behaviours.contains(from)) {
            joined = true;
            return join(joint, from) ? Event::went_on : Event::impossible;
        }
        Joint::Queue& queue = joint.queues[port->channel];
        if (queue.messages.empty()) return Event::blocked;
        const Joint::Message message = queue.messages.front();
        queue.messages.pop_front();
        ++queue.got;
        if (message.port) {
            behaviour.kept[slot_for(message.port->is_out)] = message.port;
            behaviour.moved[*message.port] = true;
        } else {
            behaviour.variables[statement.variable] = message.value;
        }
        return Event::went_on;
    }

    // Statements that concern nobody else.
    Event advance_alone(std::size_t component, Behaviour& behaviour,
                        const Statement& statement) const {
        const std::uint32_t operand = value_of(behaviour, statement.operand);
        std::uint32_t& variable = behaviour.variables[statement.variable];
        if (statement.kind == Kind::assertion) {
            return holds(variable, statement.comparison, operand) ? Event::went_on
                                                                  : Event::impossible;
        }
        if (statement.kind == Kind::division) {
            if (operand == 0) return Event::error;
            variable += 6 / operand;
            return Event::went_on;
        }
        if (statement.kind == Kind::assignment) {
            variable = operand;
            return Event::went_on;
        }
        const bool printed = print(component, behaviour, label_line(component, statement.label));
        return printed ? Event::went_on : Event::impossible;
    }

    Event complete(Joint& joint, std::size_t component, Behaviour& behaviour) const {
        for (const Behaviour::Promise& promise : behaviour.promises) {
            const Joint::Queue& queue = joint.queues[promise.port.channel];
            const bool used = (promise.port.is_out ? queue.put : queue.got) > 0;
            if (used != promise.fires) return Event::impossible;
        }
        const std::string line =
            end_line(component, positions_.of[component].block, behaviour.variables);
        if (!print(component, behaviour, line)) return Event::impossible;
        behaviour.is_complete = true;
        return Event::complete;
    }

    const System& system_;
    const Positions& positions_;
    std::optional<std::size_t> unseen_;
    const Lines* demanded_ = nullptr;
    std::uint64_t steps_ = 0;
    Round found_;
};

// What the ways through a block lead to as far as they can be followed without any message.
struct Prospects {
    bool is_alive = false;
    bool is_silent = false;
    bool error = false;
    bool perhaps_error = false;
    bool end_of_file = false;
};

class Outlook {
  public:
    Outlook(const System& system, const Positions& positions, std::size_t component)
        : system_(system), positions_(positions), component_(component) {}

    Prospects run() {
        follow(begin(system_, positions_, component_), {}, false);
        return prospects_;
    }

  private:
    using Uses = std::set<Port>;

    static bool keeps_promises(const Behaviour& behaviour, const Uses& uses, bool at_end) {
        return std::ranges::all_of(behaviour.promises, [&](const Behaviour::Promise& promise) {
            const bool used = uses.contains(promise.port);
            return promise.fires ? used || !at_end : !used;
        });
    }

    bool has(const Behaviour& behaviour, const std::optional<Port>& port) const {
        return may_use(positions_, component_, behaviour, port);
    }

    void fail() { prospects_.error = true; }
    void give_up(bool has_put_in_vain) { prospects_.perhaps_error |= has_put_in_vain; }

    // `has_put_in_vain`: on a port that is closed.
    void follow(Behaviour behaviour, Uses uses, bool has_put_in_vain) {
        for (;;) {
            if (!keeps_promises(behaviour, uses, false)) return give_up(has_put_in_vain);
            auto& level = behaviour.levels.back();
            if (level.next == level.body->size()) {
                if (level.again > 0) {
                    --level.again;
                    level.next = 0;
                } else if (behaviour.levels.size() > 1) {
                    behaviour.levels.pop_back();
                } else {
                    if (!keeps_promises(behaviour, uses, true)) return give_up(has_put_in_vain);
                    if (has_put_in_vain) return fail();
                    (uses.empty() ? prospects_.is_silent : prospects_.is_alive) = true;
                    return;
                }
                continue;
            }
            const Statement& statement = (*level.body)[level.next];
            ++level.next;
            switch (statement.kind) {
                case Kind::fork:
                case Kind::select:
                case Kind::fires: {
                    const auto port = named(behaviour, statement.port);
                    if (statement.kind == Kind::fires && !has(behaviour, port)) return fail();
                    for (std::size_t i = 0; i < statement.bodies.size(); ++i) {
                        Behaviour one = behaviour;
                        one.levels.push_back({&statement.bodies[i]});
                        if (statement.kind == Kind::fires) one.promises.push_back({*port, i == 0});
                        follow(std::move(one), uses, has_put_in_vain);
                    }
                    return;
                }
                case Kind::put: {
                    const auto port = named(behaviour, statement.port);
                    if (!statement.gives && port &&
                        !fits(system_, value_of(behaviour, statement.operand), *port)) {
                        return fail();
                    }
                    // To name a port that it does not have is an error before anything is put.
                    const auto given =
                        statement.gives ? named(behaviour, *statement.gives) : std::nullopt;
                    if (!has(behaviour, port) || (statement.gives && !given)) return fail();
                    uses.insert(*port);
                    if (!keeps_promises(behaviour, uses, false)) return give_up(has_put_in_vain);
                    if (given && !give(positions_, component_, behaviour, given)) return fail();
                    has_put_in_vain |= !positions_.is_open(other_end(*port));
                    break;
                }
                case Kind::get: {
                    const auto port = named(behaviour, statement.port);
                    if (!has(behaviour, port)) return fail();
                    uses.insert(*port);
                    if (!keeps_promises(behaviour, uses, false)) return give_up(has_put_in_vain);
                    const bool open = positions_.is_open(other_end(*port));
                    if (open && has_put_in_vain) return fail();
                    (open ? prospects_.is_alive : prospects_.end_of_file) = true;
                    return give_up(has_put_in_vain);
                }
                case Kind::assertion:
                    if (!holds(behaviour.variables[statement.variable], statement.comparison,
                               value_of(behaviour, statement.operand))) {
                        return give_up(has_put_in_vain);
                    }
                    break;
                case Kind::division: {
                    const std::uint32_t operand = value_of(behaviour, statement.operand);
                    if (operand == 0) return fail();
                    behaviour.variables[statement.variable] += 6 / operand;
                    break;
                }
                case Kind::repetition:
                    if (statement.count > 0) {
                        behaviour.levels.push_back({&statement.bodies[0], 0, statement.count - 1});
                    }
                    break;
                case Kind::assignment:
                    behaviour.variables[statement.variable] =
                        value_of(behaviour, statement.operand);
                    break;
                case Kind::label:
                    break;
            }
        }
    }

    const System& system_;
    const Positions& positions_;
    std::size_t component_;
    Prospects prospects_;
};

}  // namespace

Positions beginning(const System& system) {
    Positions positions;
    for (std::size_t i = 0; i < system.channels.size(); ++i) {
        positions.owners[{i, true}] = system.channels[i].from;
        positions.owners[{i, false}] = system.channels[i].to;
    }
    for (const Primitive& primitive : system.primitives) {
        Position& position = positions.of.emplace_back();
        position.open = !primitive.blocks.empty();
        for (std::uint32_t i = 0; i < variables_each; ++i) position.variables.push_back(i);
    }
    return positions;
}

Search find_round(const System& system, const Positions& positions, std::size_t component) {
    return Enumeration(system, positions).run(component);
}

Search find_round(const System& system, const Positions& positions, const Lines& lines) {
    Enumeration enumeration(system, positions);
    enumeration.demand(lines);
    // Where nobody prints it is the one that never does.
    return enumeration.run(lines.empty() ? unseen(system).value() : lines.begin()->first);
}

bool may_be_silent(const System& system, const Positions& positions, std::size_t component) {
    return positions.of[component].open && Outlook(system, positions, component).run().is_silent;
}

Fate fate(const System& system, const Positions& positions, std::size_t component,
          bool has_failed) {
    const Prospects prospects = Outlook(system, positions, component).run();
    if (prospects.is_alive) return Fate::alive;
    if (prospects.error || (prospects.perhaps_error && has_failed)) return Fate::fails;
    return prospects.end_of_file ? Fate::ends : Fate::stuck;
}

}  // namespace reowolf::oracle
