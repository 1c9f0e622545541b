// SPDX-License-Identifier: MIT
// The lane across sites: a step of applications that all have one behaviour (the shortcut of
// docs/deciding.md), without trees of behaviours. The application's attempt is in the lane like
// those of components (lane.cpp). What its region puts on channels to others that step is kept. A
// get from one of them has to be the last thing in its block that could go wrong; its attempt is
// then at its end, but for that message. When nothing else is missing, the region is published, in
// the words of the general way. When all others have published, and all of it together is a round,
// it commits.
//
// The frames of others are kept as they came. Whenever anything else happens, this site comes into
// the state in which it would be without the lane: what is published is explored, and what was kept
// is received.
#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "machine/in_place.hpp"
#include "machine/lodging.hpp"
#include "runtime/lane.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using machine::PortHandle;
using wire::NodeId;
using wire::NodeRef;
using wire::SiteId;
using Phase = Component::Phase;

namespace {

// Somebody may have published the next step while another one is still busy with this one.
constexpr std::size_t kept_max = 32;
constexpr std::size_t kept_bytes_max = 256u << 20;

// Bytes of values from which on they are sent from where they lie.
constexpr std::size_t sent_in_place_min = 16u << 10;

// More are rare, and are looked through again and again.
constexpr std::size_t actions_in_lane_max = 64;

// Turns of everybody who can run; then the others are told how far it is.
constexpr std::uint64_t patience = 8;

void add_cause(rounds::Depends& depends, const NodeRef& cause, const wire::AttemptId& own) {
    if (cause.attempt == own) return;
    const auto place = std::ranges::lower_bound(depends, cause.attempt, {}, &NodeRef::attempt);
    if (place == depends.end() || place->attempt != cause.attempt) {
        depends.insert(place, cause);
    } else {
        place->node = std::max(place->node, cause.node);
    }
}

// The behaviour is a row of nodes, each of which grew from the one before.
void append_row(const NodeRef& ref, NodeId told, std::vector<wire::Lineage>& out) {
    for (NodeId node = told + 1; node <= ref.node; ++node) {
        out.push_back({ref.attempt, node, node - 1});
    }
}

}  // namespace

// ---- Beginning ---------------------------------------------------------------------------------

bool Runtime::may_step() const {
    return steps_ && lane_ != Lane::closed && !watcher_ && !hands_over_ && arbiter_.may_step();
}

void Runtime::enter_application(std::unique_ptr<Body> body) {
    Component& entering = component(application);
    entering.body = std::move(body);
    const bool may_be_in_lane = may_step() && entering.body->has_one_behaviour();
    const bool passes = may_be_in_lane && entering.passes > 0;
    if (passes) --entering.passes;
    if (may_be_in_lane && !passes && (lane_ != Lane::at_random || turn() % 2 == 0)) {
        entering.goes_back = entering.body->can_go_back();
        enter_lane(entering);
        step_.since = generation_;
        return enqueue(application);
    }
    leave_step();
    begin_attempt(application);
    apply_effects();
}

// Its attempt is in the lane, and the application's in its region.
bool Runtime::is_in_step(ComponentIndex index) const {
    if (!steps_) return false;
    const Component& stepping = component(application);
    const Component& other = component(index);
    return stepping.phase == Phase::in_lane && other.phase == Phase::in_lane && !other.is_single &&
           stepping.lead == other.lead;
}

bool Runtime::may_use_across(ComponentIndex index, PortHandle port) const {
    if (!is_in_step(index)) return false;
    const Component& self = component(index);
    const Channel& channel = channels_[channel_of(port)];
    const Channel::End& end = channel.end(is_out(port));
    const Channel::End& other = channel.end(!is_out(port));
    return channel.generation == generation_of(port) && end.owner == index && end.here &&
           !end.closed && !other.here && !other.closed && !channel.carries_ports && !other.user &&
           self.promises.empty() && (!self.is_native || index == application) &&
           std::ranges::binary_search(place_.realtime, other.site);
}

void Runtime::put_across(ComponentIndex index, PortHandle port, machine::Value&& value,
                         bool closes) {
    Component& self = component(index);
    note_use_in_lane(self, port);
    const std::uint64_t bytes = bytes_across(0, value);
    if (size_of(value) > limits_.message_value_bytes_max ||
        step_.put_bytes + bytes > limits_.block_bytes_max) {
        return leave_lane(index, Fall::elsewhere);
    }
    step_.put_bytes += bytes;
    ++self.sent;
    const auto place = static_cast<std::uint32_t>(self.actions.size() - 1);
    step_.puts.push_back({index, channel_of(port), place, std::move(value), {}});
    if (closes) end_in_lane(index, self);
}

void Runtime::get_across(ComponentIndex index, PortHandle port, bool closes) {
    Component& self = component(index);
    const ChannelIndex number = channel_of(port);
    const bool is_offered = std::ranges::any_of(channels_[number].offers,
                                                [](const auto& offers) { return !offers.empty(); });
    if (is_offered || (index != application && !closes)) return leave_lane(index, Fall::elsewhere);
    note_use_in_lane(self, port);
    if (index == application) {
        step_.awaited.push_back({index, number, self.body->get_later()});
    } else {
        step_.awaited.push_back({index, number, 0});
        end_in_lane(index, self);
    }
}

// ---- Publishing --------------------------------------------------------------------------------

// What the region needs yet are messages of others.
void Runtime::publish_step() {
    step_.parts.clear();
    const Component* const own = &component(application);
    const Component* next = own;
    do {
        step_.parts.push_back(next->index);
        next = next->next;
    } while (next != own);
    std::ranges::sort(step_.parts);
    const bool is_certain = std::ranges::all_of(step_.parts, [&](ComponentIndex each) {
        const Component& member = component(each);
        return !member.is_doubtful && member.promises.empty() &&
               (!member.is_native || each == application);
    });
    if (!is_certain || !describe_step() || !copy_step()) {
        step_.said.form = 0;  // who is told what is not described yet
        return leave_lane(application, Fall::elsewhere);
    }
    step_.is_published = true;
    for (const ComponentIndex part : step_.parts) ++component(part).attempts;
    for (const SiteId site : place_.realtime) {
        if (site == place_.self) continue;
        if (const auto withheld = withheld_.extract(site)) {
            for (const wire::Wait& wait : withheld.mapped()) push(site, wait);
        }
    }
    send_gathered();
    for (const SiteId site : place_.realtime) {
        if (site == place_.self) continue;
        sent_[site] += 1 + describe_puts(site);
        world_.send_step(site, step_.said);
    }
    for (wire::Step::Put& put : step_.said.puts) put.keeper.reset();
    try_step();
}

// Whether what is to be described differs from what was described last in numbers and values alone.
bool Runtime::is_step_like_last() const {
    if (step_.said.form == 0 || step_.parts != step_.parts_described ||
        step_.puts.size() != step_.puts_described.size()) {
        return false;
    }
    auto described = step_.actions_described.begin();
    const auto end = step_.actions_described.end();
    for (const ComponentIndex part : step_.parts) {
        for (const Component::Action& action : component(part).actions) {
            if (described == end || *described != Step::Done{part, action.channel, action.puts}) {
                return false;
            }
            ++described;
        }
    }
    const auto is_same = [](const Step::Put& put, const auto& last) {
        return put.by == last.first && put.action == last.second;
    };
    return described == end && std::ranges::equal(step_.puts, step_.puts_described, is_same);
}

void Runtime::note_described() {
    step_.said.form = ++step_.forms;
    step_.parts_described = step_.parts;
    step_.actions_described.clear();
    for (const ComponentIndex part : step_.parts) {
        for (const Component::Action& action : component(part).actions) {
            step_.actions_described.push_back({part, action.channel, action.puts});
        }
    }
    step_.puts_described.clear();
    for (const Step::Put& put : step_.puts) {
        step_.puts_described.emplace_back(put.by, put.action);
    }
}

void Runtime::renumber_step() {
    const auto renumber = [&](wire::AttemptId& attempt) {
        attempt.number = component(attempt.component.index).attempts + 1;
    };
    const auto renumber_all = [&](rounds::Depends& depends) {
        for (NodeRef& cause : depends) renumber(cause.attempt);
    };
    wire::Final& leaf = step_.said.leaf;
    renumber(leaf.attempt);
    leaf.step = arbiter_.next_step();
    leaf.floors = arbiter_.floors();
    for (wire::Part& part : leaf.parts) {
        renumber(part.attempt);
        renumber_all(part.depends);
    }
    for (std::size_t i = 0; i < step_.puts.size(); ++i) {
        wire::Step::Put& said = step_.said.puts[i];
        renumber(said.value.branch.attempt);
        renumber_all(said.value.depends);
        for (wire::Lineage& line : said.lineage) renumber(line.attempt);
        describe_value(step_.puts[i], said);
    }
}

// What the general way would say of it. The parts are run together once more, action by action, as
// that makes a node for each message that is got, and knows what led to it.
bool Runtime::describe_step() {
    step_.is_again = is_step_like_last();
    if (step_.is_again) {
        renumber_step();
        return true;
    }
    wire::Step& said = step_.said;
    wire::Final& leaf = said.leaf;
    said.form = 0;
    leaf.attempt = {{place_.self, application}, component(application).attempts + 1};
    leaf.step = arbiter_.next_step();
    leaf.floors = arbiter_.floors();
    leaf.parts.resize(step_.parts.size());
    said.has_leaf = true;
    said.put_count = step_.puts.size();
    if (said.puts.size() < said.put_count) said.puts.resize(said.put_count);
    std::size_t actions = 0;
    for (std::size_t i = 0; i < step_.parts.size(); ++i) {
        const Component& member = component(step_.parts[i]);
        wire::Part& part = leaf.parts[i];
        part.attempt = {{place_.self, step_.parts[i]}, member.attempts + 1};
        part.node = 0;
        part.path.clear();
        part.depends.clear();
        part.actions.clear();
        for (const Component::Action& action : member.actions) {
            part.actions.push_back({channels_[action.channel].id, action.puts});
        }
        actions += member.actions.size();
    }
    if (actions > actions_in_lane_max) return false;
    step_.progress.assign(step_.parts.size(), {});
    step_.given = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (std::size_t i = 0; i < step_.parts.size(); ++i) {
            const auto& its = component(step_.parts[i]).actions;
            while (step_.progress[i].done < its.size() && describe_action(i)) moved = true;
        }
    }
    for (std::size_t i = 0; i < step_.parts.size(); ++i) {
        if (step_.progress[i].done < component(step_.parts[i]).actions.size()) return false;
        wire::Part& part = leaf.parts[i];
        for (NodeId node = 1; node < part.node; ++node) part.path.push_back(node);
    }
    note_described();
    return true;
}

// The bytes of what is put.
void Runtime::describe_value(Step::Put& put, wire::Step::Put& said) {
    const program::TypeId type = channels_[put.channel].type;
    const auto bytes = machine::bytes_in_place(shared_.program, type, put.value);
    if (!bytes) {
        put.bytes.clear();
        machine::encode(shared_.program, type, put.value, put.bytes);
    }
    said.bytes = bytes ? *bytes : std::span<const std::byte>(put.bytes);
    const bool stays = bytes && bytes->size() >= sent_in_place_min;
    said.keeper = stays ? std::make_shared<const machine::Value>(put.value) : nullptr;
}

// False: its message has not been put yet.
bool Runtime::describe_action(std::size_t i) {
    Step::Progress& progress = step_.progress[i];
    wire::Part& part = step_.said.leaf.parts[i];
    const auto& actions = component(step_.parts[i]).actions;
    const Component::Action& action = actions[progress.done];
    const Channel& channel = channels_[action.channel];
    if (action.puts && channel.between_sites()) {
        const auto put = std::ranges::find_if(step_.puts, [&](const Step::Put& each) {
            return each.by == step_.parts[i] && each.action == progress.done;
        });
        wire::Step::Put& said = step_.said.puts[static_cast<std::size_t>(put - step_.puts.begin())];
        said.to = channel.other_site();
        wire::Value& value = said.value;
        value.branch = {part.attempt, part.node};
        value.channel = channel.id;
        value.index = static_cast<std::uint32_t>(
            std::ranges::count(actions.begin(), actions.begin() + progress.done, action));
        value.holder = wire::nobody;
        value.news = true;
        value.depends = part.depends;
        describe_value(*put, said);
    } else if (action.puts) {
        if (step_.gifts.size() == step_.given) step_.gifts.emplace_back();
        Step::Gift& gift = step_.gifts[step_.given++];
        gift.channel = action.channel;
        gift.is_taken = false;
        gift.branch = {part.attempt, part.node};
        gift.depends = part.depends;
    } else if (channel.between_sites()) {
        progress.is_known = false;
    } else {
        const auto end = step_.gifts.begin() + static_cast<std::ptrdiff_t>(step_.given);
        const auto gift = std::find_if(step_.gifts.begin(), end, [&](const Step::Gift& each) {
            return each.channel == action.channel && !each.is_taken;
        });
        if (gift == end) return false;
        gift->is_taken = true;
        if (progress.is_known) {
            ++part.node;
            add_cause(part.depends, gift->branch, part.attempt);
            for (const NodeRef& cause : gift->depends) add_cause(part.depends, cause, part.attempt);
        }
    }
    ++progress.done;
    return true;
}

// Each node is told to the site before it is named the first time. How many puts go there.
std::size_t Runtime::describe_puts(SiteId to) {
    if (step_.is_again) {
        const auto puts = std::span(step_.said.puts).first(step_.said.put_count);
        return static_cast<std::size_t>(std::ranges::count(puts, to, &wire::Step::Put::to));
    }
    std::size_t count = 0;
    for (Step::Progress& progress : step_.progress) progress.told = 0;
    const auto tell = [&](const NodeRef& ref, std::vector<wire::Lineage>& out) {
        const auto part = std::ranges::lower_bound(step_.parts, ref.attempt.component.index);
        NodeId& told = step_.progress[static_cast<std::size_t>(part - step_.parts.begin())].told;
        append_row(ref, told, out);
        told = std::max(told, ref.node);
    };
    for (std::size_t i = 0; i < step_.said.put_count; ++i) {
        wire::Step::Put& put = step_.said.puts[i];
        if (put.to != to) continue;
        put.lineage.clear();
        tell(put.value.branch, put.lineage);
        for (const NodeRef& cause : put.value.depends) tell(cause, put.lineage);
        ++count;
    }
    return count;
}

// See copy_value().
bool Runtime::copy_step() {
    if (place_.realtime.size() < 3) return true;
    std::size_t bytes = 0;
    std::size_t count = 0;
    auto& copies = step_.said.leaf.copies;
    for (const wire::Part& part : step_.said.leaf.parts) {
        for (std::size_t i = 0; i < step_.said.put_count; ++i) {
            const wire::Step::Put& put = step_.said.puts[i];
            if (put.value.branch.attempt != part.attempt) continue;
            bytes += put.bytes.size();
            if (bytes > copied_bytes_max) return false;
            wire::Copy& copy = count < copies.size() ? copies[count] : copies.emplace_back();
            ++count;
            copy.to = put.to;
            copy.value = put.value;
            copy.value.holder = place_.self;
            copy.value.value.assign(put.bytes.begin(), put.bytes.end());
            copy.lineage.clear();
            append_row(put.value.branch, 0, copy.lineage);
            for (const NodeRef& cause : put.value.depends) append_row(cause, 0, copy.lineage);
        }
    }
    copies.resize(count);
    return true;
}

// ---- What others publish -----------------------------------------------------------------------

bool Runtime::receive_step(SiteId from, std::uint64_t protocol, Frame& frame) {
    if (!may_step() || !std::ranges::binary_search(place_.realtime, from)) return false;
    if (kept_.size() >= kept_max || kept_bytes_ + frame.size() > kept_bytes_max) return false;
    if (step_.heard.size() <= from) step_.heard.resize(std::size_t{from} + 1);
    std::unique_ptr<Kept> kept = take_spare(step_.heard[from].number);
    if (!read_step(from, protocol, frame.bytes(), kept->step)) {
        spare_.push_back(std::move(kept));
        return false;
    }
    kept->from = from;
    kept->frame = std::exchange(frame, {});
    kept_bytes_ += kept->frame.size();
    kept_.push_back(std::move(kept));
    try_step();
    return true;
}

// Rather one that had a step of this form: then the next one is only renumbered.
std::unique_ptr<Kept> Runtime::take_spare(std::uint64_t form) {
    if (spare_.empty()) return std::make_unique<Kept>();
    auto place =
        std::ranges::find(spare_, form, [](const auto& spare) { return spare->step.form; });
    if (place == spare_.end()) place = std::prev(spare_.end());
    std::unique_ptr<Kept> kept = std::move(*place);
    spare_.erase(place);
    return kept;
}

bool Runtime::read_step(SiteId from, std::uint64_t protocol, std::span<const std::byte> bytes,
                        wire::Step& step) {
    Step::Heard& heard = step_.heard[from];
    const bool is_like_last = wire::is_like(bytes, heard.form);
    if (is_like_last && step.form == heard.number) {
        wire::decode_again(bytes, heard.form, step);
    } else {
        if (!is_like_last) heard.number = ++step_.forms;
        step.form = 0;
        if (!wire::decode_step(bytes, protocol, step, heard.form)) return false;
        step.form = heard.number;
    }
    return is_proper(from, step);
}

// What a peer may say in this step or, if it is ahead of somebody, in the next one.
bool Runtime::is_proper(SiteId from, const wire::Step& step) const {
    for (std::size_t i = 0; i < step.put_count; ++i) {
        const wire::Value& value = step.puts[i].value;
        const auto known = named_.find(value.channel);
        if (known == named_.end() || value.holder != wire::nobody) return false;
        const Channel& channel = channels_[known->second];
        if (!channel.in.here || channel.out.here || channel.out.site != from || channel.in.closed ||
            channel.out.closed || value.branch.attempt.owner() != from) {
            return false;
        }
    }
    if (!step.has_leaf) return true;
    const std::uint64_t next = arbiter_.next_step();
    return step.leaf.attempt.owner() == from && arbiter_.is_proper(step.leaf) &&
           (step.leaf.step == next || step.leaf.step == next + 1);
}

// The first leaf that was kept of each; false: one is missing.
bool Runtime::gather_leaves() {
    step_.leaves.clear();
    step_.leaves_of.clear();
    step_.leaf_forms.clear();
    const auto add = [&](wire::Step& step) {
        step_.leaves.push_back(&step.leaf);
        step_.leaves_of.push_back(&step);
        step_.leaf_forms.push_back(step.form);
    };
    for (const SiteId site : place_.realtime) {
        if (site == place_.self) {
            add(step_.said);
            continue;
        }
        const auto kept = std::ranges::find_if(
            kept_, [&](const auto& each) { return each->from == site && each->step.has_leaf; });
        if (kept == kept_.end()) return false;
        add((*kept)->step);
    }
    return true;
}

// Rule 12.
void Runtime::try_step() {
    if (!step_.is_published || !gather_leaves()) return;
    if (!arbiter_.agree(step_.leaves) || !is_step_a_round() || !find_values()) {
        leave_step();
        return;
    }
    step_.round_forms = step_.leaf_forms;
    commit_step();
}

bool Runtime::is_step_a_round() const {
    return step_.leaf_forms == step_.round_forms ? rounds::has_causes(step_.leaves)
                                                 : rounds::is_round(step_.leaves);
}

// A message of the channel, by its place in the behaviour that puts it.
Runtime::Found Runtime::find_put(const Channel& channel, std::uint32_t index) const {
    for (const auto& kept : kept_) {
        if (kept->from != channel.out.site) continue;
        for (std::size_t i = 0; i < kept->step.put_count; ++i) {
            const wire::Step::Put& put = kept->step.puts[i];
            if (put.value.channel == channel.id && put.value.index == index) {
                return {kept.get(), &put};
            }
        }
        if (kept->step.has_leaf) break;
    }
    return {};
}

// One of each frame, and only if it is most of it, as all of that is kept with it.
bool Runtime::may_lodge(const Found& found, const Channel& channel) {
    const Frame& frame = found.kept->frame;
    const auto bytes = found.put->bytes;
    if (!frame.keeper() || bytes.size() < frame.size() / 2) return false;
    const auto before = static_cast<std::size_t>(bytes.data() - frame.bytes().data());
    if (!machine::may_lodge_at(reinterpret_cast<std::uintptr_t>(bytes.data()))) {
        world_.align(found.kept->from, before);
        return false;
    }
    return before >= machine::lodging_bytes &&
           std::ranges::find(step_.lodgers, found.kept, &Step::Lodger::kept) ==
               step_.lodgers.end() &&
           machine::is_in_place(shared_.program, channel.type, bytes, limits_);
}

bool Runtime::find_values() {
    step_.values.clear();
    step_.lodgers.clear();
    for (std::size_t i = 0; i < step_.awaited.size(); ++i) {
        const Channel& channel = channels_[step_.awaited[i].channel];
        const auto before = std::span(step_.awaited).first(i);
        const auto index = static_cast<std::uint32_t>(
            std::ranges::count(before, step_.awaited[i].channel, &Step::Awaited::channel));
        const Found found = find_put(channel, index);
        const wire::Step::Put* const put = found.put;
        if (!put) return false;
        const auto leaf = std::ranges::find_if(step_.leaves, [&](const wire::Final* each) {
            return each->attempt.owner() == channel.out.site;
        });
        const auto part =
            std::ranges::find((*leaf)->parts, put->value.branch.attempt, &wire::Part::attempt);
        if (part == (*leaf)->parts.end()) return false;
        const NodeId node = put->value.branch.node;
        if (node != 0 && node != part->node &&
            std::ranges::find(part->path, node) == part->path.end()) {
            return false;
        }
        if (may_lodge(found, channel)) {
            step_.lodgers.push_back({step_.values.size(), found.kept, put->bytes});
            step_.values.emplace_back();
            continue;
        }
        auto value = machine::decode(shared_.program, channel.type, put->bytes, limits_);
        if (!value) return false;
        step_.values.push_back(std::move(*value));
    }
    return true;
}

// Not before it is certain that nobody reads the frames again: a part of them is written over.
void Runtime::lodge_values() {
    for (const Step::Lodger& lodger : step_.lodgers) {
        const Frame& frame = lodger.kept->frame;
        const auto before = static_cast<std::size_t>(lodger.bytes.data() - frame.bytes().data());
        step_.values[lodger.place] =
            machine::lodge(frame.lent().subspan(before, lodger.bytes.size()), frame.keeper());
    }
}

void Runtime::commit_step() {
    lodge_values();
    step_.decision.clear();
    for (const wire::Final* leaf : step_.leaves) {
        for (const wire::Part& part : leaf->parts) {
            step_.decision.push_back({part.attempt, part.node});
        }
    }
    if (!std::ranges::is_sorted(step_.decision)) std::ranges::sort(step_.decision);
    arbiter_.commit_step(step_.leaves_of, step_.decision);
    world_.committed(step_.decision);
    ++counters_.rounds_in_lane;
    counters_.sizes.add(step_.parts.size());
    recorder_.note_round(step_.parts.size(),
                         [&](std::size_t i) { return component(step_.parts[i]).who; });
    for (std::size_t i = 0; i < step_.awaited.size(); ++i) {
        const Step::Awaited& awaited = step_.awaited[i];
        Body& body = *component(awaited.by).body;
        if (awaited.by == application) {
            body.got_later(awaited.place, std::move(step_.values[i]));
        } else {
            body.got(std::move(step_.values[i]));
        }
    }
    forget_kept_of_step();
    for (const ComponentIndex part : step_.parts) {
        Component& member = component(part);
        for (const std::string& line : member.printed) world_.print(line);
        member.printed.clear();
        member.has_printed = false;
        note_round(member);
        leave_block(member);
        member.was_published = true;
        if (part != application) enqueue(part);
    }
    step_.end();
    component(application).phase = Phase::idle;
    world_.application_committed(std::move(component(application).body));
}

// Of each site all up to its leaf.
void Runtime::forget_kept_of_step() {
    for (const SiteId site : place_.realtime) {
        bool is_of_step = site != place_.self;
        for (auto& kept : kept_) {
            if (!is_of_step || kept->from != site) continue;
            received_[site] += kept->step.put_count + (kept->step.has_leaf ? 1 : 0);
            is_of_step = !kept->step.has_leaf;
            kept_bytes_ -= kept->frame.size();
            world_.give_back(site, std::exchange(kept->frame, {}).take_own());
            spare_.push_back(std::move(kept));
        }
        std::erase(kept_, nullptr);
    }
}

// ---- Leaving -----------------------------------------------------------------------------------

bool Runtime::leave_step() {
    const bool is_stepping = component(application).phase == Phase::in_lane;
    if (!is_stepping && kept_.empty()) return false;
    if (is_stepping) leave_lane(application, Fall::elsewhere);
    receive_kept();
    apply_effects();
    return true;
}

// As if it came now.
void Runtime::receive_kept() {
    must_receive_kept_ = false;
    kept_bytes_ = 0;
    for (auto& kept : std::exchange(kept_, {})) {
        const auto frame = wire::decode_frame(kept->frame.bytes());
        for (const wire::Message& message : frame->messages) receive_now(kept->from, message);
        kept->frame = {};
        spare_.push_back(std::move(kept));
    }
}

// Its application waits for others here.
bool Runtime::is_step_open() const {
    return component(application).phase == Phase::in_lane && !step_.is_published;
}

// If those who can run have had several turns, or there are none, the region waits for somebody
// who may not come.
void Runtime::leave_step_if_stuck() {
    if (!is_step_open()) return;
    if (!queue_.empty() && generation_ - step_.since < patience) return;
    leave_lane(application, Fall::elsewhere);
    apply_effects();
}

bool Runtime::has_said(SiteId to, const wire::Value& value) const {
    const auto end = step_.said.puts.begin() + static_cast<std::ptrdiff_t>(step_.said.put_count);
    return std::any_of(step_.said.puts.begin(), end, [&](const wire::Step::Put& put) {
        return put.to == to && put.value.branch == value.branch &&
               put.value.channel == value.channel && put.value.index == value.index &&
               put.value.depends == value.depends && std::ranges::equal(put.bytes, value.value);
    });
}

// What is published is explored now. The behaviours are the same, so they come to the same nodes,
// and have to say what was said already.
void Runtime::explore_published() {
    const std::vector<ComponentIndex> parts = step_.parts;
    wire::Final leaf = step_.said.leaf;
    for (const ComponentIndex part : parts) {
        Component& member = component(part);
        go_back_to_begin(member);
        member.sent = 0;
        member.waits = Component::Wait::nothing;
        --member.attempts;
    }
    step_.is_published = false;
    const std::size_t said = outbox_.size();
    Workers* const workers = std::exchange(shared_.workers, nullptr);
    for (const ComponentIndex part : parts) begin_attempt(part);
    // What was said already is not to be sent, so nobody has to stand still for it.
    const std::uint64_t gathered = gathered_bytes_;
    for (bool moved = true; moved;) {
        moved = false;
        for (const ComponentIndex part : parts) {
            while (attempt(part).ready > 0) {
                gathered_bytes_ = 0;
                std::uint32_t budget = limits_.instructions_per_slice;
                explore(part, attempt(part).dequeue(), budget);
                moved = true;
            }
        }
    }
    gathered_bytes_ = gathered;
    shared_.workers = workers;
    leave_unsaid(leaf);
    const auto first = outbox_.begin() + static_cast<std::ptrdiff_t>(said);
    assert(std::all_of(first, outbox_.end(), [&](const auto& entry) {
        const auto* value = std::get_if<wire::Value>(&entry.second.body);
        return !value || has_said(entry.first, *value);
    }));
    outbox_.erase(std::remove_if(first, outbox_.end(),
                                 [](const auto& entry) {
                                     return std::holds_alternative<wire::Value>(entry.second.body);
                                 }),
                  outbox_.end());
    step_.end();
    arbiter_.restore(std::move(leaf));
    must_receive_kept_ = true;
}

}  // namespace reowolf::runtime
