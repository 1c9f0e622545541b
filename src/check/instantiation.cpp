// SPDX-License-Identifier: MIT
#include "check/instantiation.hpp"

#include <algorithm>

#include "check/flow.hpp"

namespace reowolf::check {

using diagnostics::Code;
using diagnostics::NoteCode;

namespace {

struct Edge {
    RoutineId to;
    Span where;
};
using Graph = std::vector<std::vector<Edge>>;

// Collects what is certainly started; false once the first step, or the certainty, is over.
bool certain_starts(const Statement& of, std::vector<Edge>& found);

bool certain_starts(const Block& of, std::vector<Edge>& found) {
    for (const StatementPtr& each : of.statements) {
        if (!certain_starts(*each, found)) return false;
    }
    return true;
}

// A return, break or continue anywhere inside makes uncertain what comes after.
bool leaves(const Statement& of) {
    if (const auto* block = std::get_if<Block>(&of.node)) {
        for (const StatementPtr& each : block->statements) {
            if (leaves(*each)) return true;
        }
        return false;
    }
    if (const auto* choice = std::get_if<If>(&of.node)) {
        return leaves(*choice->yes) || (choice->no && leaves(*choice->no));
    }
    if (const auto* loop = std::get_if<While>(&of.node)) return leaves(*loop->body);
    if (const auto* loop = std::get_if<Range>(&of.node)) return leaves(*loop->body);
    if (const auto* loop = std::get_if<Each>(&of.node)) return leaves(*loop->body);
    return std::holds_alternative<Break>(of.node) || std::holds_alternative<Continue>(of.node) ||
           std::holds_alternative<Return>(of.node) || std::holds_alternative<Sync>(of.node) ||
           std::holds_alternative<Goto>(of.node) || std::holds_alternative<Labelled>(of.node);
}

bool certain_starts(const Statement& of, std::vector<Edge>& found) {
    if (const auto* block = std::get_if<Block>(&of.node)) return certain_starts(*block, found);
    if (const auto* start = std::get_if<Start>(&of.node)) {
        found.push_back({start->routine, of.span});
        return true;
    }
    if (const auto* loop = std::get_if<While>(&of.node)) {
        if (is_true(*loop->condition)) return certain_starts(*loop->body, found) && false;
    }
    if (const auto* choice = std::get_if<If>(&of.node)) {
        if (is_true(*choice->condition)) return certain_starts(*choice->yes, found);
        std::vector<Edge> yes;
        std::vector<Edge> no;
        const bool after_yes = certain_starts(*choice->yes, yes);
        const bool after_no = !choice->no || certain_starts(*choice->no, no);
        // What both ways start.
        for (const Edge& each : yes) {
            const bool both =
                std::ranges::any_of(no, [&](const Edge& other) { return other.to == each.to; });
            if (both) found.push_back(each);
        }
        return after_yes && after_no;
    }
    if (const auto* loop = std::get_if<Range>(&of.node)) {
        const auto* low = std::get_if<Number>(&loop->low->node);
        const auto* high = std::get_if<Number>(&loop->high->node);
        // Numbers below 2^63 have the same order in all types.
        if (low && high &&
            static_cast<std::int64_t>(low->bits) < static_cast<std::int64_t>(high->bits)) {
            if (!certain_starts(*loop->body, found)) return false;
        }
    }
    return !leaves(of);
}

// Depth first, without recursion, as chains may be long. Each cycle is reported where it closes.
template <typename Report>
void find_cycles(const Graph& graph, Report report) {
    enum class Mark : std::uint8_t { fresh, open, done };
    std::vector<Mark> marks(graph.size(), Mark::fresh);
    struct Step {
        RoutineId at;
        std::size_t next = 0;
    };
    for (RoutineId root = 0; root < graph.size(); ++root) {
        if (marks[root] != Mark::fresh) continue;
        std::vector<Step> path{{root}};
        marks[root] = Mark::open;
        while (!path.empty()) {
            Step& step = path.back();
            if (step.next == graph[step.at].size()) {
                marks[step.at] = Mark::done;
                path.pop_back();
                continue;
            }
            const Edge& edge = graph[step.at][step.next++];
            if (marks[edge.to] == Mark::fresh) {
                marks[edge.to] = Mark::open;
                path.push_back({edge.to});
            } else if (marks[edge.to] == Mark::open) {
                std::vector<Edge> cycle;
                std::size_t begin = 0;
                while (path[begin].at != edge.to) ++begin;
                for (std::size_t i = begin; i < path.size(); ++i) {
                    cycle.push_back(graph[path[i].at][path[i].next - 1]);
                }
                report(edge.to, cycle);
            }
        }
    }
}

}  // namespace

void check_instantiation(const Module& module, diagnostics::Diagnostics& diagnostics) {
    Graph graph(module.routines.size());
    for (RoutineId id = 0; id < module.routines.size(); ++id) {
        certain_starts(module.routines[id].body, graph[id]);
    }
    find_cycles(graph, [&](RoutineId id, const std::vector<Edge>& cycle) {
        auto& said = diagnostics.report<Code::endless_instantiation>(cycle.front().where,
                                                                     module.routines[id].name);
        for (std::size_t i = 1; i < cycle.size() && i < 8; ++i) {
            said.note<NoteCode::built_by>(cycle[i].where, module.routines[cycle[i].to].name);
        }
    });
}

}  // namespace reowolf::check
