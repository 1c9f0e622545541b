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
    Elaboration(const program::Program& program, const Limits& limits)
        : program_(program), connector_(*program.connector), limits_(limits) {}

    std::expected<Structure, StructureError> run() {
        if (!connector_.links.empty()) {
            return std::unexpected(
                StructureError{"'link' is not supported yet", connector_.links[0].span});
        }
        declare_ports();
        std::vector<Value> arguments;
        for (const auto& ports : structure_.ports) {
            for (const Structure::Port& port : ports) {
                // The connector's side of the port is the end that the application does not have.
                arguments.push_back(Value::scalar(handle(port.channel, port.puts)));
            }
        }
        machine::State state(program_, connector_.body, std::move(arguments));
        const machine::Machine machine(program_, limits_);
        std::uint32_t budget = instructions_max;
        for (;;) {
            auto request = machine.run(state, budget);
            if (request.kind == machine::Request::Kind::ended) return finish();
            if (auto problem = serve(request, state)) {
                return std::unexpected(StructureError{std::move(*problem), state.position()});
            }
        }
    }

  private:
    void declare_ports() {
        for (wire::SiteId site = 0; site < connector_.peers.size(); ++site) {
            auto& ports = structure_.ports.emplace_back();
            for (const program::PeerPort& port : connector_.peers[site].ports) {
                const program::Type& type = program_.types[port.type];
                const bool puts = type.kind == program::TypeKind::in_port;
                const auto channel = static_cast<std::uint32_t>(structure_.channels.size());
                ports.push_back({port.name, type.element, puts, channel});
                auto& made = structure_.channels.emplace_back();
                made.type = type.element;
                (puts ? made.out : made.in) = {Structure::End::Kind::application, site, 0};
            }
        }
    }

    std::expected<Structure, StructureError> finish() {
        for (std::size_t i = 0; i < structure_.channels.size(); ++i) {
            const Structure::Channel& channel = structure_.channels[i];
            const bool is_link = channel.out.kind == Structure::End::Kind::component &&
                                 channel.in.kind == Structure::End::Kind::component &&
                                 channel.out.site != channel.in.site;
            if (!is_link || !ports_.can_hold(channel.type)) continue;
            return std::unexpected(StructureError{
                fmt::format("this channel carries ports from peer '{}' to peer '{}', which is not "
                            "supported yet; both of its ends must be placed at one peer",
                            connector_.peers[channel.out.site].name,
                            connector_.peers[channel.in.site].name),
                made_at_[i]});
        }
        return std::move(structure_);
    }

    // The problem, if there is one.
    std::optional<std::string> serve(machine::Request& request, machine::State& state) {
        using Kind = machine::Request::Kind;
        switch (request.kind) {
            case Kind::make_channel: {
                if (structure_.channels.size() >= limits_.components_max) {
                    return "too many channels";
                }
                const std::size_t channel = structure_.channels.size();
                structure_.channels.emplace_back().type = request.type;
                made_at_.resize(channel + 1);
                made_at_[channel] = state.position();
                state.made(handle(channel, false), handle(channel, true));
                return std::nullopt;
            }
            case Kind::spawn:
                return start(request);
            case Kind::failed:
                return std::move(request.text());
            case Kind::budget_used:
                return "the structure of the connector takes too long to compute";
            default:
                return "a connector can only make channels and start components";
        }
    }

    std::optional<std::string> start(machine::Request& spawn) {
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
        wire::SiteId site = 0;
        if (spawn.placed_at > 0) {
            site = static_cast<wire::SiteId>(spawn.placed_at - 1);
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
    const program::Connector& connector_;
    const Limits& limits_;
    machine::PortFinder ports_{program_};
    Structure structure_;
    std::vector<Span> made_at_;  // the channels that the body makes
};

}  // namespace

std::expected<Structure, StructureError> elaborate(const program::Program& program,
                                                   const Limits& limits) {
    return Elaboration(program, limits).run();
}

}  // namespace reowolf::connector
