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
#include "system/lines.hpp"
#include "tools/commands.hpp"
#include "tools/reporting.hpp"

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

// What another process calls itself may contain anything; a terminal must not.
std::string printable(const std::string& text) {
    std::string shown = text;
    std::ranges::replace_if(
        shown, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
    return shown;
}

// Columns as wide as what is in them, the last `right` ones flush right.
void print_table(const std::vector<std::vector<std::string>>& rows, std::size_t left) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += i < left ? fmt::format("  {:<{}}", row[i], widths[i])
                             : fmt::format("  {:>{}}", row[i], widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        fmt::print("{}\n", line);
    }
}

// By their place in the tree.
std::map<service::NodeId, std::string> print_nodes(const Listing& listing) {
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
    if (!rows.empty()) print_table(rows, 3);
    if (listing.nodes.size() < listing.nodes_total) {
        fmt::print("  … and {} more\n", listing.nodes_total - listing.nodes.size());
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

void print_services(const Listing& listing, const std::map<service::NodeId, std::string>& paths,
                    const Sample& before, double seconds) {
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
        fmt::print("\n");
        print_table(rows, 5);
    }
    if (listing.services.size() < listing.services_total) {
        fmt::print("  … and {} more\n", listing.services_total - listing.services.size());
    }
}

void print(const Options& options, const Sample& before, const Sample& now, bool clears) {
    const double seconds = std::chrono::duration<double>(now.at - before.at).count();
    const Listing& listing = now.listing;
    if (clears) fmt::print("\x1b[H\x1b[2J");
    fmt::print("{}: {} nodes, {} services, {} workers\n\n", options.address, listing.nodes_total,
               listing.services_total, listing.workers);
    const auto paths = print_nodes(listing);
    print_services(listing, paths, before, seconds);
    std::fflush(stdout);
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
    if (!address) {
        complain(fmt::format("'{}': {}", options.address, address.error()));
        return 2;
    }
    Client client(*address);
    auto before = client.ask(options.lines);
    if (!before) {
        complain(before.error());
        return 1;
    }
    do {
        client.pause(options.interval_ms);
        auto now = client.ask(options.lines);
        if (!now) {
            complain(now.error());
            return 1;
        }
        print(options, *before, *now, options.watch && system::is_terminal(1));
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
    command->add_flag("--watch", options->watch, "again and again, until it is interrupted");
    command
        ->add_option("--interval", options->interval_ms,
                     "milliseconds over which rates are measured (1000)")
        ->check(CLI::Range(1, 2'000));
    command->add_option("--lines", options->lines, "how many nodes and services at most (200)")
        ->check(CLI::Range(1, 10'000));
    command->callback([options, &status] { status = show_services(*options); });
}

}  // namespace reowolf::tools
