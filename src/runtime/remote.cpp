// SPDX-License-Identifier: MIT
// Messages from and to other sites.
#include <algorithm>
#include <utility>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

namespace {

// Calls `visit` with every node that the message names and the receiver has to place.
template <class Visit>
void for_each_node(const wire::Body& body, Visit visit) {
    const auto leaf = [&](const wire::AttemptId& attempt, const wire::Leaf& found) {
        visit(wire::NodeRef{attempt, found.node});
        for (const wire::NodeRef& cause : found.depends) visit(cause);
    };
    if (const auto* value = std::get_if<wire::Value>(&body)) {
        visit(value->branch);
        for (const wire::NodeRef& cause : value->depends) visit(cause);
    } else if (const auto* found = std::get_if<wire::LeafFound>(&body)) {
        leaf(found->attempt, found->leaf);
    } else if (const auto* hand = std::get_if<wire::Hand>(&body)) {
        for (const wire::Leaf& each : hand->leaves) leaf(hand->attempt, each);
    }
}

}  // namespace

void Runtime::send(wire::SiteId to, wire::Body body) {
    if (const auto withheld = withheld_.extract(to)) {
        for (const wire::Wait& wait : withheld.mapped()) push(to, wait);
    }
    push(to, std::move(body));
}

void Runtime::push(wire::SiteId to, wire::Body body) {
    if (to == wire::nobody || arbiter_.is_lost(to)) return;  // nobody knows where that is
    wire::Message message{.lineage = {}, .body = std::move(body)};
    for_each_node(message.body, [&](const wire::NodeRef& ref) {
        announcements_.describe(arbiter_.forest(), to, ref, message.lineage);
    });
    gathered_bytes_ += sizeof(outbox_[0]);
    if (const auto* value = std::get_if<wire::Value>(&message.body)) {
        gathered_bytes_ += value->value.size();
    }
    outbox_.emplace_back(to, std::move(message));
}

void Runtime::flush() {
    if (!unused_.empty()) bury();
    send_gathered();
}

void Runtime::send_gathered() {
    // Where an attempt is held may have changed since the message was written.
    const auto update = [&](const wire::AttemptId& attempt, wire::SiteId& holder) {
        if (holder != wire::nobody && owner(attempt)) holder = arbiter_.holder(attempt);
    };
    gathered_bytes_ = 0;
    for (auto& [to, message] : std::exchange(outbox_, {})) {
        if (arbiter_.is_lost(to)) continue;
        if (auto* value = std::get_if<wire::Value>(&message.body)) {
            update(value->branch.attempt, value->holder);
        } else if (auto* wait = std::get_if<wire::Wait>(&message.body)) {
            update(wait->attempt, wait->holder);
        }
        ++sent_[to];
        world_.send(to, std::move(message));
    }
}

// Whoever begins to decide about attempts that touch those here has to know of them.
void Runtime::urge(wire::SiteId from, const wire::Body& body) {
    const auto* value = std::get_if<wire::Value>(&body);
    const auto* wait = std::get_if<wire::Wait>(&body);
    const bool decides =
        (value && value->holder != wire::nobody) || (wait && wait->holder != wire::nobody) ||
        std::holds_alternative<wire::Hand>(body) || std::holds_alternative<wire::Touch>(body);
    if (!decides) return;
    if (const auto withheld = withheld_.extract(from)) {
        for (const wire::Wait& each : withheld.mapped()) push(from, each);
    }
}

std::uint64_t Runtime::sum_of(const std::vector<std::uint64_t>& messages) const {
    std::uint64_t sum = 0;
    for (wire::SiteId site = 0; site < messages.size(); ++site) {
        if (!arbiter_.is_lost(site)) sum += messages[site];
    }
    return sum;
}

void Runtime::receive(wire::SiteId from, const wire::Message& message) {
    leave_step();
    receive_now(from, message);
}

// What it says from now on is not believed: the rest of a frame least of all, as its leaf would
// decide a round of which a value is missing for good.
void Runtime::deviate(wire::SiteId from, const std::string& what) {
    deviated_.insert(from);
    world_.deviation(from, what);
}

void Runtime::receive_now(wire::SiteId from, const wire::Message& message) {
    if (arbiter_.is_lost(from) || deviated_.contains(from)) return;
    ++received_[from];
    urge(from, message.body);
    for (const wire::Lineage& line : message.lineage) {
        if (!arbiter_.is_over(line.attempt)) {
            arbiter_.forest().grow(line.attempt, line.node, line.parent);
        }
    }
    arbiter_.receive(from, message.body);
    apply_effects();
    std::visit([&](const auto& body) { receive(from, body); }, message.body);
    apply_effects();
}

template <class Other>
void Runtime::receive(wire::SiteId, const Other&) {}  // the arbiter's business

// Who does not know yet that an end has moved may speak of it to where it was.
std::optional<ChannelIndex> Runtime::link(wire::SiteId from, const wire::ChannelId& id) {
    const auto known = named_.find(id);
    if (known != named_.end()) {
        const Channel& channel = channels_[known->second];
        if (channel.between_sites() && !channel.is_elsewhere() && channel.other_site() == from) {
            return known->second;
        }
    }
    if (hands_over_) return std::nullopt;
    deviate(from, "a message on a channel that it does not share with this peer");
    return std::nullopt;
}

void Runtime::receive(wire::SiteId from, const wire::Value& message) {
    const auto number = link(from, message.channel);
    if (!number) return;
    Channel& channel = channels_[*number];
    if (!channel.in.here && hands_over_) return;  // said before the ends were where they are
    if (!channel.in.here || message.branch.attempt.owner() != from) {
        return deviate(from, "a value on a channel whose other end it does not have");
    }
    // What led to it may be over, so that nothing can come of it.
    const auto is_current = [&](const wire::NodeRef& ref) {
        return (is_restoring_ || !arbiter_.is_over(ref.attempt)) && arbiter_.forest().knows(ref);
    };
    if (!is_current(message.branch) || !std::ranges::all_of(message.depends, is_current)) return;
    if (channel.in.closed) return;
    if (message.index > channel.offers.size()) {
        return deviate(from, "a value before the one that it follows");
    }

    const auto known = [&](const Offer& offer) { return offer.branch == message.branch; };
    if (message.index < channel.offers.size() &&
        std::ranges::any_of(channel.offers[message.index], known)) {
        return;
    }
    note_try(message.branch.attempt);
    for (const wire::NodeRef& cause : message.depends) note_try(cause.attempt);
    auto value = value_from(from, message.branch.attempt, channel.type, message.value);
    if (!value) return deviate(from, "a value of another type: " + value.error());
    if (!may_offer(message.branch.attempt, bytes_across(message.depends.size(), *value))) {
        return deviate(from, "more in one sync block than one may hold");
    }
    channel.out.user = message.branch.attempt;
    channel.out.holder = message.holder;
    Offer made{.branch = message.branch,
               .causes = message.depends,
               .value = std::move(*value),
               .takers = {}};
    made.causes.push_back(message.branch);
    std::ranges::sort(made.causes);
    offer(*number, message.index, std::move(made), message.news);
    meet(*number);
}

void Runtime::receive(wire::SiteId from, const wire::Wait& message) {
    const auto number = link(from, message.channel);
    if (!number || arbiter_.is_over(message.attempt)) return;
    Channel& channel = channels_[*number];
    if (message.attempt.owner() != from) {
        return deviate(from, "a wait of an attempt that it does not have");
    }
    note_try(message.attempt);
    const bool out_here = channel.out.here;
    channel.end(!out_here).user = message.attempt;
    channel.end(!out_here).holder = message.holder;
    if (message.news) note_change(*number, out_here);
    meet(*number);
}

void Runtime::receive(wire::SiteId from, const wire::Retract& message) {
    const auto number = link(from, message.channel);
    if (!number || !channels_[*number].in.here) return;
    // Not only this one, but all that it put behind it.
    std::vector<Offer::Taker> victims;
    const auto& offers = channels_[*number].offers;
    for (std::uint32_t index = message.index; index < offers.size(); ++index) {
        const std::size_t before = offers[index].size();
        retract({&message.branch, 1}, *number, index, victims);
        if (offers[index].size() == before) break;
    }
    drop_all(std::move(victims));
}

void Runtime::receive(wire::SiteId from, const wire::Closed& message) {
    if (!hands_over_ && !link(from, message.channel)) return;
    const auto known = named_.find(message.channel);
    if (known == named_.end()) return;
    const ChannelIndex number = known->second;
    Channel& channel = channels_[number];
    Channel::End& closed = channel.end(message.is_out);
    if (closed.here || message.moves < closed.moves)
        return;  // of an end that is somebody else's now
    closed.closed = true;
    note_ends(number);
    closed.moves = message.moves;
    closed.gone_to = wire::nobody;
    if (is_needless(channel)) return forget_channel(number);
    if (channel.is_elsewhere()) return;
    const bool out_here = channel.out.here;
    if (channel.end(out_here).closed) return forget_channel(number);
    const auto& open = component(channel.end(out_here).owner).attempt;
    if (open && is_promised(open->id)) return;  // until it is not any more
    discard_users_of(number, out_here);
}

void Runtime::receive(wire::SiteId, const wire::Over& message) {
    forget_offers_of(message.attempt);
}

void Runtime::forget_offers_of(const wire::AttemptId& attempt) {
    std::vector<Offer::Taker> victims;
    for (const auto& [name, number] : named_) {
        Channel& channel = channels_[number];
        for (const bool is_out : {true, false}) {
            Channel::End& end = channel.end(is_out);
            if (!end.here && end.user == attempt) end.user.reset();
        }
        for (auto& offers : channel.offers) {
            std::erase_if(offers, [&](const Offer& offer) {
                if (offer.branch.attempt != attempt) return false;
                lose_takers(offer, victims);
                return true;
            });
        }
        // There may have been millions.
        while (!channel.offers.empty() && channel.offers.back().empty()) channel.offers.pop_back();
        if (channel.offers.empty()) channel.offers.shrink_to_fit();
    }
    offered_.erase(attempt);
    arbiter_.forest().forget(attempt);
    drop_all(std::move(victims));
    forget_named_by(attempt);
}

void Runtime::depart(wire::SiteId site) {
    leave_step();
    arbiter_.depart(site);
    apply_effects();
}

void Runtime::lose(wire::SiteId site, const std::string& why) {
    leave_step();
    arbiter_.lose(site, why);
    std::erase_if(offered_, [&](const auto& entry) { return entry.first.owner() == site; });
    apply_effects();
    if (!hands_over_) return lose_ends();
    lose_ends_on_the_way_to(site);
    apply_effects();
    world_.seek_ends();
}

std::vector<ChannelIndex> Runtime::named_channels() const {
    std::vector<ChannelIndex> all;
    for (const auto& [name, number] : named_) all.push_back(number);
    return all;
}

void Runtime::lose_ends_on_the_way_to(wire::SiteId site) {
    for (const ChannelIndex number : named_channels()) {
        Channel& channel = channels_[number];
        for (const bool is_out : {true, false}) {
            if (!channel.end(is_out).here && channel.end(is_out).gone_to == site) {
                lose_on_the_way(number, is_out);
            }
        }
        if (!channel.is_elsewhere()) continue;
        channel.named_by.erase_if(
            [&](const wire::AttemptId& attempt) { return attempt.owner() == site; });
        if (is_needless(channel) && named_.contains(channel.id)) forget_channel(number);
    }
}

void Runtime::lose_ends() {
    for (const ChannelIndex number : named_channels()) {
        Channel& channel = channels_[number];
        if (!channel.between_sites() || channel.is_elsewhere()) continue;
        if (!arbiter_.is_lost(channel.other_site())) continue;
        const bool out_here = channel.out.here;
        channel.end(!out_here).closed = true;
        note_ends(number);
        if (channel.end(out_here).closed) {
            forget_channel(number);
            continue;
        }
        const ComponentIndex index = channel.end(out_here).owner;
        // An attempt whose authority is elsewhere may have been decided, with this channel in it.
        // It stays as it is until that is known, and starts anew if it was not.
        const auto& open = component(index).attempt;
        if (open && (arbiter_.holder(open->id) != place_.self || is_promised(open->id))) continue;
        discard_users_of(number, out_here);
        std::vector<Offer::Taker> victims;
        for (auto& offers : std::exchange(channel.offers, {})) {
            for (const Offer& offer : offers) {
                lose_takers(offer, victims);
            }
        }
        drop_all(std::move(victims));
    }
    apply_effects();
}

}  // namespace reowolf::runtime
