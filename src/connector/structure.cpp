// SPDX-License-Identifier: MIT
#include "connector/structure.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "machine/machine.hpp"
#include "machine/ports.hpp"
#include "native/library.hpp"

namespace reowolf::connector {

namespace {

using machine::PortHandle;
using machine::Value;

// A description may come from a stranger; its structure must be computed in bounded time.
constexpr std::uint32_t instructions_max = 20'000'000;

constexpr PortHandle handle(std::size_t channel, bool in) {
    return channel * 2 + (in ? 1 : 0);
}

class Elaboration {
  public:
    Elaboration(const program::Program& program, const Plan& plan, const Limits& limits)
        : program_(program), plan_(plan), limits_(limits) {}

    std::expected<Structure, StructureError> run() {
        declare_ports();
        for (const program::TypeId type : plan_.links) {
            structure_.channels.emplace_back().type = type;
        }
        for (const Plan::Body& body : plan_.bodies) {
            if (auto error = run(body)) return std::unexpected(std::move(*error));
        }
        return std::move(structure_);
    }

  private:
    void declare_ports() {
        structure_.ports = plan_.ports;
        for (wire::SiteId site = 0; site < plan_.ports.size(); ++site) {
            for (const Structure::Port& port : plan_.ports[site]) {
                auto& made = structure_.channels.emplace_back();
                made.type = port.type;
                (port.puts ? made.out : made.in) = {Structure::End::Kind::application, site, 0};
            }
        }
    }

    std::optional<StructureError> run(const Plan::Body& body) {
        std::vector<Value> arguments;
        for (const PortHandle port : body.arguments) arguments.push_back(Value::scalar(port));
        machine::State state(program_, body.routine, std::move(arguments));
        const machine::Machine machine(program_, limits_);
        for (;;) {
            auto request = machine.run(state, budget_);
            if (request.kind == machine::Request::Kind::ended) return std::nullopt;
            if (auto problem = serve(body, request, state)) {
                return StructureError{std::move(*problem), state.position()};
            }
        }
    }

    // The problem, if there is one.
    std::optional<std::string> serve(const Plan::Body& body, machine::Request& request,
                                     machine::State& state) {
        using Kind = machine::Request::Kind;
        switch (request.kind) {
            case Kind::make_channel: {
                if (structure_.channels.size() >= limits_.components_max) {
                    return "too many channels";
                }
                const std::size_t channel = structure_.channels.size();
                structure_.channels.emplace_back().type = request.type;
                state.made(handle(channel, false), handle(channel, true));
                return std::nullopt;
            }
            case Kind::spawn:
                return start(body, request);
            case Kind::failed:
                return std::move(request.text());
            case Kind::budget_used:
                return "the structure of the connector takes too long to compute";
            default:
                return "a connector can only make channels and start components";
        }
    }

    std::optional<std::string> start(const Plan::Body& body, machine::Request& spawn) {
        std::vector<Value>& arguments = spawn.arguments();
        if (structure_.components.size() >= limits_.components_max) return "too many components";
        const auto index = static_cast<std::uint32_t>(structure_.components.size());
        const program::Routine& routine = program_.routines[spawn.routine];
        if (native::reads_input(routine)) return std::string(native::no_input_in_connectors);
        std::map<wire::SiteId, int> ports_of_peers;
        std::vector<PortHandle> handles;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            ports_.append(routine.parameters[i].type, arguments[i], handles);
        }
        for (const PortHandle port : handles) {
            Structure::Channel& channel = structure_.channels[port / 2];
            Structure::End& end = port % 2 == 1 ? channel.in : channel.out;
            const Structure::End& other = port % 2 == 1 ? channel.out : channel.in;
            if (end.kind != Structure::End::Kind::nobody) {
                return "attempted to hand over a port that is no longer owned";
            }
            end = {Structure::End::Kind::component, 0, index};
            if (other.kind == Structure::End::Kind::application) ++ports_of_peers[other.site];
        }
        wire::SiteId site = body.home;
        if (spawn.placed_at > 0) {
            site = body.peers[spawn.placed_at - 1];
        } else if (!ports_of_peers.empty()) {
            site = std::ranges::max_element(ports_of_peers, {}, [](const auto& entry) {
                       return entry.second;
                   })->first;  // the first of several, that is the peer declared first
        }
        structure_.components.push_back({spawn.routine, site, std::move(arguments)});
        for (const PortHandle port : handles) {
            Structure::Channel& channel = structure_.channels[port / 2];
            (port % 2 == 1 ? channel.in : channel.out).site = site;
        }
        return std::nullopt;
    }

    const program::Program& program_;
    const Plan& plan_;
    const Limits& limits_;
    machine::PortFinder ports_{program_};
    Structure structure_;
    std::uint32_t budget_ = instructions_max;
};

}  // namespace

PortHandle end_inside(const program::Program& program, program::TypeId port,
                      std::uint32_t channel) {
    return handle(channel, program.types[port].kind == program::TypeKind::in_port);
}

std::vector<Structure::Port> ports_of(const program::Program& program, const program::Peer& peer,
                                      std::uint32_t first_channel) {
    std::vector<Structure::Port> ports;
    for (const program::PeerPort& port : peer.ports) {
        const program::Type& type = program.types[port.type];
        ports.push_back({port.name, type.element, type.kind == program::TypeKind::in_port,
                         first_channel + static_cast<std::uint32_t>(ports.size())});
    }
    return ports;
}

Plan plan_of(const program::Program& program) {
    const program::Connector& connector = *program.connector;
    Plan plan;
    Plan::Body body{.routine = connector.body, .peers = {}, .arguments = {}};
    // Others do not have a local view, as far as is known.
    if (!connector.links.empty()) body.home = static_cast<wire::SiteId>(connector.self.value_or(0));
    std::uint32_t channel = 0;
    for (const program::Peer& peer : connector.peers) {
        body.peers.push_back(static_cast<wire::SiteId>(body.peers.size()));
        plan.ports.push_back(ports_of(program, peer, channel));
        for (const program::PeerPort& port : peer.ports) {
            body.arguments.push_back(end_inside(program, port.type, channel++));
        }
    }
    for (const program::Link& link : connector.links) {
        plan.links.push_back(program.types[link.type].element);
        body.arguments.push_back(end_inside(program, link.type, channel++));
    }
    plan.bodies.push_back(std::move(body));
    return plan;
}

std::expected<Structure, StructureError> elaborate(const program::Program& program,
                                                   const Plan& plan, const Limits& limits) {
    return Elaboration(program, plan, limits).run();
}

}  // namespace reowolf::connector
