// SPDX-License-Identifier: MIT
// goto: a label is visible in the whole body of its definition, but a jump may not enter a block,
// pass a declaration, or cross the edge of a sync block.
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "check/checker.hpp"

namespace reowolf::check {
namespace {

class Jumps {
  public:
    struct Jump {
        LabelId label;
        Span span;
        std::vector<const Block*> blocks;
        std::size_t at;  // in the innermost block that the label is in, found later
        std::vector<std::size_t> places;
        const Sync* sync;
    };
    struct Target {
        std::vector<const Block*> blocks;
        std::size_t at = 0;
        const Sync* sync = nullptr;
    };

    std::vector<Jump> jumps;
    std::map<LabelId, Target> targets;

    void block(const Block& of) {
        blocks_.push_back(&of);
        places_.push_back(0);
        for (std::size_t i = 0; i < of.statements.size(); ++i) {
            places_.back() = i;
            statement(*of.statements[i]);
        }
        places_.pop_back();
        blocks_.pop_back();
    }

  private:
    void statement(const Statement& of) {
        if (const auto* node = std::get_if<Block>(&of.node)) {
            if (node->scoped) return block(*node);
            // Several statements in the block around.
            for (const auto& each : node->statements) statement(*each);
        }
        if (const auto* node = std::get_if<If>(&of.node)) {
            alone(*node->yes);
            if (node->no) alone(*node->no);
        }
        if (const auto* node = std::get_if<While>(&of.node)) alone(*node->body);
        if (const auto* node = std::get_if<Range>(&of.node)) alone(*node->body);
        if (const auto* node = std::get_if<Each>(&of.node)) alone(*node->body);
        if (const auto* node = std::get_if<Sync>(&of.node)) {
            const Sync* outer = std::exchange(sync_, node);
            alone(*node->body);
            sync_ = outer;
        }
        if (const auto* node = std::get_if<Fork>(&of.node)) {
            for (const auto& each : node->alternatives) alone(*each);
        }
        if (const auto* node = std::get_if<Select>(&of.node)) {
            for (const auto& arm : node->arms) alone(*arm.body);
        }
        if (const auto* node = std::get_if<Goto>(&of.node)) {
            jumps.push_back({node->label, of.span, blocks_, 0, places_, sync_});
        }
        if (const auto* node = std::get_if<Labelled>(&of.node)) {
            targets[node->label] = {blocks_, places_.back(), sync_};
        }
    }
    // The body of a statement is a block of its own, also without braces.
    void alone(const Statement& of) {
        if (const auto* node = std::get_if<Block>(&of.node)) return block(*node);
        blocks_.push_back(nullptr);
        places_.push_back(0);
        statement(of);
        places_.pop_back();
        blocks_.pop_back();
    }

    std::vector<const Block*> blocks_;
    std::vector<std::size_t> places_;
    const Sync* sync_ = nullptr;
};

bool declares(const Statement& of) {
    if (const auto* block = std::get_if<Block>(&of.node); block && !block->scoped) {
        return std::any_of(block->statements.begin(), block->statements.end(),
                           [](const StatementPtr& each) { return declares(*each); });
    }
    return std::holds_alternative<Declare>(of.node) || std::holds_alternative<Channel>(of.node);
}

}  // namespace

void Checker::collect_labels(const tree::Statement& of) {
    const auto inside = [&](const tree::StatementPtr& each) {
        if (each) collect_labels(*each);
    };
    if (const auto* node = std::get_if<tree::Block>(&of.node)) {
        for (const auto& each : node->statements) inside(each);
    }
    if (const auto* node = std::get_if<tree::If>(&of.node)) {
        inside(node->yes);
        inside(node->no);
    }
    if (const auto* node = std::get_if<tree::While>(&of.node)) inside(node->body);
    if (const auto* node = std::get_if<tree::For>(&of.node)) inside(node->body);
    if (const auto* node = std::get_if<tree::Sync>(&of.node)) inside(node->body);
    if (const auto* node = std::get_if<tree::Fork>(&of.node)) {
        for (const auto& each : node->alternatives) inside(each);
    }
    if (const auto* node = std::get_if<tree::Select>(&of.node)) {
        for (const auto& arm : node->arms) inside(arm.body);
    }
    const auto* node = std::get_if<tree::Labelled>(&of.node);
    if (!node) return;
    const auto number = static_cast<LabelId>(labels_.size());
    const auto [same, added] =
        labels_.emplace(node->label.text, std::pair(number, node->label.span));
    if (!added) {
        report<Code::repeated_label>(node->label.span, node->label.text)
            .note<NoteCode::first_here>(same->second.second);
    }
    inside(node->statement);
}

void Checker::check_jumps() {
    Jumps jumps;
    jumps.block(routine().body);
    for (const Jumps::Jump& jump : jumps.jumps) {
        const auto target = jumps.targets.find(jump.label);
        if (target == jumps.targets.end()) continue;
        const Jumps::Target& to = target->second;
        if (jump.sync != to.sync) {
            report<Code::jump_across_sync>(jump.span);
            continue;
        }
        const std::size_t depth = to.blocks.size();
        const bool inside = depth <= jump.blocks.size() &&
                            std::equal(to.blocks.begin(), to.blocks.end(), jump.blocks.begin()) &&
                            to.blocks.back() != nullptr;
        if (!inside) {
            report<Code::jump_into_block>(jump.span);
            continue;
        }
        const Block& block = *to.blocks.back();
        for (std::size_t i = jump.places[depth - 1]; i < to.at; ++i) {
            if (!declares(*block.statements[i])) continue;
            report<Code::jump_over_declaration>(jump.span).note<NoteCode::declaration_here>(
                block.statements[i]->span);
            break;
        }
    }
}

}  // namespace reowolf::check
