// SPDX-License-Identifier: MIT
#include "tools/dot.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include <fmt/format.h>

namespace reowolf::tools {

namespace {

using Kind = Network::Node::Kind;

// In an HTML-like label.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

// In quotes.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

class Dot {
  public:
    explicit Dot(const Network& network) : network_(network) {}

    std::string write() {
        number_nodes();
        out_ = "digraph " + quoted(network_.name) + " {\n";
        line("rankdir=LR");
        line("label=" + quoted(network_.name) + " labelloc=t fontsize=16 fontname=\"Helvetica\"");
        line("nodesep=0.35 ranksep=0.7 newrank=true");
        line("node [fontname=\"Helvetica\" fontsize=12]");
        line(
            "edge [fontname=\"Helvetica\" fontsize=10 color=\"#555555\" fontcolor=\"#555555\" "
            "arrowsize=0.7]");
        contents(std::nullopt);
        for (const Network::Channel& channel : network_.channels) edge(channel);
        align_boundary();
        return out_ + "}\n";
    }

  private:
    void line(std::string_view text) {
        out_.append(2 * depth_, ' ');
        out_ += text;
        out_ += '\n';
    }

    // Several components of one name are told apart by number, as in a trace.
    void number_nodes() {
        std::map<std::string_view, std::uint32_t> counts;
        for (const auto& node : network_.nodes) {
            numbers_.push_back(node.kind == Kind::component ? ++counts[node.name] : 0);
        }
        for (std::size_t i = 0; i < numbers_.size(); ++i) {
            if (numbers_[i] == 1 && counts[network_.nodes[i].name] == 1) numbers_[i] = 0;
        }
    }

    // The nodes and groups directly inside.
    void contents(std::optional<std::uint32_t> group) {
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            if (network_.nodes[i].group == group) node(i);
        }
        for (std::uint32_t i = 0; i < network_.groups.size(); ++i) {
            const Network::Group& inner = network_.groups[i];
            if (inner.group != group) continue;
            line(fmt::format("subgraph cluster_{} {{", i));
            ++depth_;
            line("label=" + quoted(inner.name) + " fontsize=12 labeljust=l");
            line(inner.is_peer ? "style=\"rounded,filled\" color=\"#8FA8C8\" fillcolor=\"#EEF3FA\""
                               : "style=\"rounded,dashed\" color=\"#999999\"");
            // A peer without anything is a peer nevertheless.
            const bool is_empty =
                std::ranges::none_of(network_.nodes,
                                     [&](const auto& each) { return each.group == i; }) &&
                std::ranges::none_of(network_.groups,
                                     [&](const auto& each) { return each.group == i; });
            if (is_empty) line(fmt::format("empty_{} [shape=point style=invis]", i));
            contents(i);
            --depth_;
            line("}");
        }
    }

    void node(std::size_t number) {
        const Network::Node& of = network_.nodes[number];
        if (of.kind == Kind::nobody) {
            line(fmt::format("n{} [shape=point width=0.08 color=\"#999999\"]", number));
            return;
        }
        if (of.kind == Kind::port) {
            line(
                fmt::format("n{} [shape=ellipse style=filled fillcolor=\"#FFF3C4\" "
                            "color=\"#C9A227\" label={}]",
                            number, quoted(of.name)));
            return;
        }
        std::string name = "<b>" + escaped(of.name) + "</b>";
        if (numbers_[number] > 0) name += fmt::format(" #{}", numbers_[number]);
        if (!of.values.empty()) {
            name +=
                fmt::format("<br/>({})", escaped(fmt::format("{}", fmt::join(of.values, ", "))));
        }
        const std::size_t rows = std::max(of.in_ports.size(), of.out_ports.size());
        std::string table;
        for (std::size_t row = 0; row < std::max<std::size_t>(rows, 1); ++row) {
            table += "<tr>" + cell(of.in_ports, row, rows, 'i', "left");
            if (row == 0) {
                table += fmt::format("<td rowspan=\"{}\" bgcolor=\"white\">{}</td>",
                                     std::max<std::size_t>(rows, 1), name);
            }
            table += cell(of.out_ports, row, rows, 'o', "right") + "</tr>";
        }
        line(
            fmt::format("n{} [shape=plain label=<<table border=\"0\" cellborder=\"1\" "
                        "cellspacing=\"0\" cellpadding=\"5\" color=\"#333333\">{}</table>>]",
                        number, table));
    }

    // A port; where one side has fewer, its last cell takes the remaining rows.
    static std::string cell(const std::vector<std::string>& ports, std::size_t row,
                            std::size_t rows, char side, std::string_view align) {
        if (row >= ports.size()) return "";
        const std::size_t span = row + 1 == ports.size() ? rows - row : 1;
        return fmt::format(
            "<td port=\"{}{}\" rowspan=\"{}\" align=\"{}\" bgcolor=\"#F4F4F4\">"
            "<font point-size=\"10\">{}</font></td>",
            side, row, span, align, escaped(ports[row]));
    }

    // What comes in stands at the left, what goes out at the right.
    void align_boundary() {
        std::string left;
        std::string right;
        for (const Network::Channel& channel : network_.channels) {
            const auto is_port = [&](const Network::End& end) {
                return network_.nodes[end.node].kind == Kind::port;
            };
            if (is_port(channel.from)) left += fmt::format(" n{};", channel.from.node);
            if (is_port(channel.to)) right += fmt::format(" n{};", channel.to.node);
        }
        if (!left.empty()) line("{ rank=min;" + left + " }");
        if (!right.empty()) line("{ rank=max;" + right + " }");
    }

    static std::string end(const Network::End& of, char side, char compass) {
        if (!of.port) return fmt::format("n{}", of.node);
        return fmt::format("n{}:{}{}:{}", of.node, side, *of.port, compass);
    }

    void edge(const Network::Channel& channel) {
        line(fmt::format("{} -> {} [label={}]", end(channel.from, 'o', 'e'),
                         end(channel.to, 'i', 'w'), quoted(channel.type)));
    }

    const Network& network_;
    std::string out_;
    std::size_t depth_ = 1;
    std::vector<std::uint32_t> numbers_;  // of components that share their name
};

}  // namespace

std::string dot_of(const Network& network) {
    return Dot(network).write();
}

}  // namespace reowolf::tools
