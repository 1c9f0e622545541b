// SPDX-License-Identifier: MIT
#include "tools/network.hpp"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "connector/structure.hpp"
#include "machine/ports.hpp"

namespace reowolf::tools {

namespace {

using machine::PortHandle;
using machine::Request;
using machine::Value;

// More than this no picture can show.
constexpr std::size_t nodes_max = 2'000;
constexpr std::uint32_t instructions_max = 20'000'000;
constexpr std::uint32_t depth_max = 100;

std::string shown(const program::Program& program, program::TypeId type, const Value& value) {
    constexpr std::size_t bytes_max = 24;
    std::string text;
    if (machine::append_literal(program, type, value, false, bytes_max, text)) return text;
    return "…";
}

class Builder {
  public:
    Builder(const program::Program& program, const Limits& limits)
        : program_(program), machine_(program, limits) {}

    std::expected<Network, NetworkError> component(program::RoutineId id,
                                                   std::vector<Value> arguments) {
        const program::Routine& routine = program_.routines[id];
        network_.name = routine.name;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const program::TypeId type = routine.parameters[i].type;
            if (!program::is_port(program_.types[type].kind)) continue;
            arguments[i] = Value::scalar(boundary(routine.parameters[i].name, type, {}));
        }
        // The component itself has no frame around it: it is the picture.
        build(id, std::move(arguments), std::nullopt, std::nullopt, 0);
        return finish();
    }

    std::expected<Network, NetworkError> connector(const Limits& limits) {
        const auto structure = connector::elaborate(program_, connector::plan_of(program_), limits);
        if (!structure) {
            return std::unexpected(
                NetworkError{structure.error().message, structure.error().where});
        }
        const program::Connector& of = *program_.connector;
        network_.name = of.name;
        std::vector<Value> arguments;
        for (const program::Peer& peer : of.peers) {
            const auto group = static_cast<std::uint32_t>(network_.groups.size());
            network_.groups.push_back({peer.name, true, std::nullopt});
            for (const program::PeerPort& port : peer.ports) {
                arguments.push_back(Value::scalar(boundary(port.name, port.type, group)));
            }
        }
        // What the peers at the other ends have there is not known.
        for (const program::Link& link : of.links) {
            arguments.push_back(Value::scalar(boundary(link.port, link.type, link.peer)));
        }
        for (const auto& each : structure->components) sites_.push_back(each.site);
        build(of.body, std::move(arguments), std::nullopt, std::nullopt, 0);
        return finish();
    }

  private:
    struct Ends {
        program::TypeId type = 0;
        std::optional<Network::End> out;
        std::optional<Network::End> in;
    };

    // A port of the component that is drawn, or of a peer's application. The handle is that of the
    // end inside.
    PortHandle boundary(const std::string& name, program::TypeId type,
                        std::optional<std::uint32_t> group) {
        const auto node = static_cast<std::uint32_t>(network_.nodes.size());
        network_.nodes.push_back({Network::Node::Kind::port, name, {}, {}, {}, group});
        Ends& ends = channels_.emplace_back();
        ends.type = program_.types[type].element;
        const bool comes_in = program_.types[type].kind == program::TypeKind::in_port;
        (comes_in ? ends.out : ends.in) = Network::End{node, std::nullopt};
        return (channels_.size() - 1) * 2 + (comes_in ? 1 : 0);
    }

    // Runs a component: what it starts is added. If it comes to synchronise, so is itself.
    void build(program::RoutineId id, std::vector<Value> arguments,
               std::optional<std::uint32_t> around, std::optional<std::uint32_t> frame,
               std::uint32_t depth) {
        const program::Routine& routine = program_.routines[id];
        if (depth > depth_max) return fail("the composites nest too deeply", routine.span);
        const std::vector<Value> given = arguments;
        std::set<PortHandle> own = ports_of(routine, given);
        machine::State state(program_, id, std::move(arguments));
        std::uint32_t started = 0;
        while (!error_) {
            Request request = machine_.run(state, budget_);
            switch (request.kind) {
                case Request::Kind::make_channel:
                    channels_.emplace_back().type = request.type;
                    state.made((channels_.size() - 1) * 2, (channels_.size() - 1) * 2 + 1);
                    own.insert({(channels_.size() - 1) * 2, (channels_.size() - 1) * 2 + 1});
                    break;
                case Request::Kind::spawn:
                    for (const PortHandle each :
                         ports_of(program_.routines[request.routine], request.arguments())) {
                        own.erase(each);
                    }
                    start(request, depth, started++, frame ? frame : around, state.position());
                    break;
                case Request::Kind::print:
                    break;
                case Request::Kind::failed:
                    return fail(request.text(), state.position());
                case Request::Kind::budget_used:
                    return fail("the structure takes too long to compute", routine.span);
                case Request::Kind::ended:
                    // What it kept is closed.
                    return;
                default:
                    // It begins to synchronise. Without parts it needs no frame around them.
                    if (started == 0 && frame && *frame + 1 == network_.groups.size()) {
                        network_.groups.pop_back();
                        frame.reset();
                    }
                    return add_node(routine, given, own, frame ? frame : around);
            }
        }
    }

    void start(Request& request, std::uint32_t depth, std::uint32_t number,
               std::optional<std::uint32_t> around, Span where) {
        const program::Routine& routine = program_.routines[request.routine];
        if (depth == 0 && number < sites_.size()) around = sites_[number];
        if (network_.nodes.size() + network_.groups.size() >= nodes_max) {
            return fail(
                fmt::format("more than {} components are too many for a picture", nodes_max),
                where);
        }
        std::vector<Value> arguments = std::move(request.arguments());
        if (routine.kind == program::RoutineKind::primitive) {
            return add_node(routine, arguments, ports_of(routine, arguments), around);
        }
        const auto frame = static_cast<std::uint32_t>(network_.groups.size());
        network_.groups.push_back({label(routine, arguments), false, around});
        build(request.routine, std::move(arguments), around, frame, depth + 1);
    }

    std::set<PortHandle> ports_of(const program::Routine& routine,
                                  const std::vector<Value>& arguments) const {
        std::vector<PortHandle> handles;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            ports_.append(routine.parameters[i].type, arguments[i], handles);
        }
        return {handles.begin(), handles.end()};
    }

    // `own` are the ports that it has kept of those it was given, and its ends of channels that it
    // has made itself, which have no names.
    void add_node(const program::Routine& routine, const std::vector<Value>& arguments,
                  std::set<PortHandle> own, std::optional<std::uint32_t> group) {
        const auto number = static_cast<std::uint32_t>(network_.nodes.size());
        Network::Node node;
        node.name = routine.name;
        node.group = group;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const program::Parameter& parameter = routine.parameters[i];
            std::vector<PortHandle> handles;
            ports_.append(parameter.type, arguments[i], handles);
            const bool single = program::is_port(program_.types[parameter.type].kind);
            if (!ports_.can_hold(parameter.type)) {
                node.values.push_back(shown(program_, parameter.type, arguments[i]));
            }
            for (std::size_t each = 0; each < handles.size(); ++each) {
                if (own.erase(handles[each]) == 0) continue;
                const bool gets = handles[each] % 2 == 1;
                auto& ports = gets ? node.in_ports : node.out_ports;
                Ends& ends = channels_[handles[each] / 2];
                (gets ? ends.in : ends.out) =
                    Network::End{number, static_cast<std::uint32_t>(ports.size())};
                ports.push_back(single ? parameter.name
                                       : fmt::format("{}[{}]", parameter.name, each));
            }
        }
        for (const PortHandle each : own) {
            Ends& ends = channels_[each / 2];
            auto& ports = each % 2 == 1 ? node.in_ports : node.out_ports;
            (each % 2 == 1 ? ends.in : ends.out) =
                Network::End{number, static_cast<std::uint32_t>(ports.size())};
            ports.emplace_back("·");
        }
        network_.nodes.push_back(std::move(node));
    }

    std::string label(const program::Routine& routine, const std::vector<Value>& arguments) const {
        std::string values;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const program::TypeId type = routine.parameters[i].type;
            if (ports_.can_hold(type)) continue;
            values += (values.empty() ? "" : ", ") + shown(program_, type, arguments[i]);
        }
        return values.empty() ? routine.name : fmt::format("{}({})", routine.name, values);
    }

    void fail(std::string message, Span where) {
        if (!error_) error_ = NetworkError{std::move(message), where};
    }

    // The ends that nobody has taken become points; a channel without any owner is none.
    std::expected<Network, NetworkError> finish() {
        if (error_) return std::unexpected(std::move(*error_));
        for (Ends& ends : channels_) {
            if (!ends.out && !ends.in) continue;
            for (std::optional<Network::End>* end : {&ends.out, &ends.in}) {
                if (*end) continue;
                const Network::End& other = end == &ends.out ? *ends.in : *ends.out;
                Network::Node nobody;
                nobody.kind = Network::Node::Kind::nobody;
                nobody.group = network_.nodes[other.node].group;
                *end = Network::End{static_cast<std::uint32_t>(network_.nodes.size()), {}};
                network_.nodes.push_back(std::move(nobody));
            }
            network_.channels.push_back({program_.type_name(ends.type), *ends.out, *ends.in});
        }
        return std::move(network_);
    }

    const program::Program& program_;
    const machine::Machine machine_;
    const machine::PortFinder ports_{program_};
    Network network_;
    std::vector<Ends> channels_;        // by handle / 2
    std::vector<std::uint32_t> sites_;  // of the components that a connector starts, in order
    std::uint32_t budget_ = instructions_max;
    std::optional<NetworkError> error_;
};

}  // namespace

std::expected<Network, NetworkError> network_of(const program::Program& program,
                                                program::RoutineId component,
                                                std::vector<machine::Value> arguments,
                                                const Limits& limits) {
    return Builder(program, limits).component(component, std::move(arguments));
}

std::expected<Network, NetworkError> network_of(const program::Program& program,
                                                const Limits& limits) {
    return Builder(program, limits).connector(limits);
}

}  // namespace reowolf::tools
