// SPDX-License-Identifier: MIT
// reowolf services: the nodes, services, queues and rates of a running program.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "post/address.hpp"
#include "post/lasting.hpp"
#include "service/edges.hpp"
#include "service/inspector.hpp"
#include "system/screen.hpp"
#include "tools/commands.hpp"
#include "tools/reporting.hpp"
#include "tools/table.hpp"

namespace reowolf::tools {
namespace {

using service::Listing;
using service::NodeLine;
using service::ServiceLine;

struct Options {
    std::string address;
    std::uint32_t interval_ms = 1'000;
    std::uint32_t lines = 200;
    bool watch = false;
};

struct Sample {
    Listing listing;
    std::chrono::steady_clock::time_point at;
};

using Key = std::pair<service::NodeId, std::string>;

Key key_of(const ServiceLine& line) {
    return {line.node, line.name + ' ' + line.types + ' ' + line.version};
}

std::string duration(std::uint64_t ns) {
    if (ns == 0) return "-";
    if (ns < 1'000) return fmt::format("{} ns", ns);
    const double value = static_cast<double>(ns);
    if (ns < 1'000'000) return fmt::format("{:.1f} us", value / 1e3);
    if (ns < 1'000'000'000) return fmt::format("{:.1f} ms", value / 1e6);
    return fmt::format("{:.1f} s", value / 1e9);
}

using Picture = std::vector<std::string>;

void add_table(Picture& picture, const std::vector<std::vector<std::string>>& rows,
               std::string_view sides) {
    for (std::string& line : table(rows, sides)) picture.push_back(std::move(line));
}

// By their place in the tree.
std::map<service::NodeId, std::string> add_nodes(Picture& picture, const Listing& listing) {
    std::map<service::NodeId, std::string> paths;
    std::map<service::NodeId, std::size_t> depths;
    std::vector<std::vector<std::string>> rows;
    for (const NodeLine& node : listing.nodes) {
        const auto parent = paths.find(node.parent);
        const std::string name = printable(node.name);
        const std::size_t depth = parent == paths.end() ? 0 : depths[node.parent] + 1;
        paths[node.id] = parent == paths.end() ? name : parent->second + '/' + name;
        depths[node.id] = depth;
        rows.push_back({std::string(2 * depth, ' ') + name, node.up ? "" : "not started",
                        node.remote.empty() ? "" : "process at " + printable(node.remote)});
    }
    if (!rows.empty()) add_table(picture, rows, "<<<");
    if (listing.nodes.size() < listing.nodes_total) {
        picture.push_back(
            fmt::format("  … and {} more", listing.nodes_total - listing.nodes.size()));
    }
    return paths;
}

std::string state_of(const ServiceLine& line) {
    std::string state;
    const auto add = [&](bool is_so, const char* word) {
        if (is_so) state += (state.empty() ? "" : ", ") + std::string(word);
    };
    add(line.jammed, "jammed");
    add(line.leaving, "leaving");
    add(line.reentrant, "re-entrant");
    add(line.thread, "thread");
    return state;
}

void add_services(Picture& picture, const Listing& listing,
                  const std::map<service::NodeId, std::string>& paths, const Sample& before,
                  double seconds) {
    std::map<Key, std::uint64_t> served_before;
    for (const ServiceLine& line : before.listing.services) {
        served_before[key_of(line)] = line.served;
    }
    std::vector<std::vector<std::string>> rows = {{"service", "node", "types", "version", "",
                                                   "waiting", "running", "per s", "served",
                                                   "failed", "time"}};
    for (const ServiceLine& line : listing.services) {
        const auto known = served_before.find(key_of(line));
        const bool has_rate = known != served_before.end() && known->second <= line.served;
        const double rate =
            has_rate ? static_cast<double>(line.served - known->second) / seconds : 0;
        const auto path = paths.find(line.node);
        rows.push_back({printable(line.name), path != paths.end() ? path->second : "",
                        printable(line.types), printable(line.version), state_of(line),
                        fmt::format("{}", line.waiting), fmt::format("{}", line.running),
                        has_rate ? fmt::format("{:.0f}", rate) : "-",
                        fmt::format("{}", line.served), fmt::format("{}", line.failed),
                        duration(line.time_ns)});
    }
    if (rows.size() > 1) {
        picture.emplace_back();
        add_table(picture, rows, "<<<<<>>>>>>");
    }
    if (listing.services.size() < listing.services_total) {
        picture.push_back(
            fmt::format("  … and {} more", listing.services_total - listing.services.size()));
    }
}

Picture picture_of(const Options& options, const Sample& before, const Sample& now) {
    const double seconds = std::chrono::duration<double>(now.at - before.at).count();
    const Listing& listing = now.listing;
    Picture picture = {fmt::format("{}: {} nodes, {} services, {} workers", options.address,
                                   listing.nodes_total, listing.services_total, listing.workers),
                       ""};
    const auto paths = add_nodes(picture, listing);
    add_services(picture, listing, paths, before, seconds);
    return picture;
}

class Client {
  public:
    explicit Client(post::Address address)
        : transport_(post::make_lasting_tcp_transport(
              loop_,
              service::limits_of_edges(limits_, service::NetworkOptions{}.tick_patience.count()))),
          inspector_(loop_, *transport_, limits_),
          address_(std::move(address)) {}

    std::expected<Sample, std::string> ask(std::uint32_t lines) {
        std::optional<std::expected<Listing, std::string>> answer;
        inspector_.ask(address_, lines, [&](auto result) { answer = std::move(result); });
        while (!answer) loop_.run_one(1'000);
        if (!*answer) return std::unexpected(answer->error());
        return Sample{.listing = **std::move(answer), .at = std::chrono::steady_clock::now()};
    }
    void pause(std::uint32_t ms) {
        bool is_over = false;
        loop_.after(ms, [&] { is_over = true; });
        while (!is_over) loop_.run_one(1'000);
    }

  private:
    const ServiceLimits limits_;
    post::RealLoop loop_;
    std::unique_ptr<post::Transport> transport_;
    service::Inspector inspector_;
    post::Address address_;
};

int show_services(const Options& options) {
    const auto address = post::parse_address(options.address);
    if (!address || address->by_name) {
        complain(fmt::format("'{}': {}", options.address,
                             address ? "the port is missing" : address.error()));
        return 2;
    }
    Client client(*address);
    auto before = client.ask(options.lines);
    if (!before) {
        complain(before.error());
        return 1;
    }
    std::optional<system::Screen> screen;
    if (options.watch && system::Screen::is_possible()) screen.emplace();
    do {
        if (!screen) {
            client.pause(options.interval_ms);
        } else if (screen->wait(options.interval_ms) == system::Screen::Key::leave) {
            return 0;
        }
        auto now = client.ask(options.lines);
        if (!now) {
            screen.reset();
            complain(now.error());
            return 1;
        }
        const Picture picture = picture_of(options, *before, *now);
        if (screen) {
            screen->show(picture);
        } else {
            for (const std::string& line : picture) fmt::print("{}\n", line);
            std::fflush(stdout);
        }
        before = std::move(now);
    } while (options.watch);
    return 0;
}

}  // namespace

void add_services(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("services", "show the nodes and services of a running program");
    command->add_option("ADDRESS", options->address, "where a node of its network listens")
        ->required();
    command->add_flag("--watch", options->watch,
                      "again and again, until it is interrupted; 'q' leaves");
    command
        ->add_option("--interval", options->interval_ms,
                     "milliseconds over which rates are measured (1000)")
        ->check(CLI::Range(1, 2'000));
    command->add_option("--lines", options->lines, "how many nodes and services at most (200)")
        ->check(CLI::Range(1, 10'000));
    command->callback([options, &status] { status = show_services(*options); });
}

}  // namespace reowolf::tools
