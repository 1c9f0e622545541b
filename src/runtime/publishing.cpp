// SPDX-License-Identifier: MIT
// The shortcut of docs/deciding.md at one site: whether the application's attempt, and those that
// are in every round with it here, have exactly one behaviour, whatever they receive.
#include <algorithm>
#include <map>
#include <utility>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using machine::PortHandle;
using wire::NodeId;

namespace {

// How many components may run before the application's way is looked for again, while somebody is
// busy who may have nothing to do with it.
constexpr std::uint64_t slices_between_looks = 16;

}  // namespace

// ---- What will happen here ----------------------------------------------------------------------

// Runs all behaviours concerned ahead, as far as it does not depend on what others send.
class Runtime::Prospect {
  public:
    enum class Verdict { certain, uncertain, later };

    explicit Prospect(Runtime& runtime) : runtime_(runtime) {}

    Verdict look() {
        add(application);
        for (bool moved = true; moved && verdict_ == Verdict::certain;) {
            moved = false;
            for (std::size_t i = 0; i < parts.size() && verdict_ == Verdict::certain; ++i) {
                moved |= advance(i);
            }
        }
        if (verdict_ != Verdict::certain) return verdict_;
        const bool ended = std::ranges::all_of(parts, [](const auto& part) { return part->ended; });
        std::size_t actions = 0;
        for (const auto& part : parts) actions += part->actions.size();
        if (!ended || parts.size() > rounds::parts_max || actions > rounds::actions_max ||
            !is_balanced()) {
            return Verdict::uncertain;
        }
        return Verdict::certain;
    }

    struct Part {
        ComponentIndex index = 0;
        NodeId tip = 0;  // where its behaviour is
        std::unique_ptr<Foresight> future;
        bool ended = false;
        ChannelIndex waits_on = 0;
        bool waits = false;
        std::vector<NodeId> path;  // from below the root on
        std::vector<Node::Count> counts;
        std::vector<wire::Action> actions;
        std::vector<Attempt::Early> early;
        std::uint64_t held = 0;  // of the attempt, with these
    };
    std::vector<std::unique_ptr<Part>> parts;

  private:
    void give_up(Verdict why) { verdict_ = why; }

    void add(ComponentIndex index) {
        if (std::ranges::any_of(parts, [&](const auto& part) { return part->index == index; })) {
            return;
        }
        const Component& component = runtime_.component(index);
        using Phase = Component::Phase;
        if (!component.attempt) {
            const bool comes =
                component.phase == Phase::running ||
                (component.phase == Phase::in_lane && (component.queued || component.is_away));
            return give_up(comes ? Verdict::later : Verdict::uncertain);
        }
        if (!component.attempt->is_settled() || (component.queued && index != application)) {
            return give_up(Verdict::later);
        }
        if (runtime_.arbiter_.holder(component.attempt->id) != runtime_.place_.self) {
            return give_up(Verdict::uncertain);
        }
        auto part = std::make_unique<Part>();
        part->index = index;
        if (!follow(*component.attempt, *part)) return give_up(Verdict::uncertain);
        part->held = component.attempt->held;
        const Node& tip = component.attempt->nodes[part->tip];
        part->counts = tip.counts;
        part->ended = tip.phase == Node::Phase::complete;
        if (!part->ended) {
            part->future = tip.body->foresee();
            if (!part->future) return give_up(Verdict::uncertain);
            part->waits = true;
            part->waits_on = tip.waits_on;
        }
        Part& added = *parts.emplace_back(std::move(part));
        for (const Node::Count& count : std::vector(added.counts)) use(added, count.channel);
        if (added.waits) use(added, added.waits_on);
    }

    // The one way from the root on, if there is no other.
    bool follow(const Attempt& attempt, Part& part) const {
        for (NodeId id = 0;;) {
            const Node& node = attempt.nodes[id];
            for (const Node::Put& put : node.puts) {
                part.actions.push_back({runtime_.channels_[put.channel].id, true});
            }
            std::optional<NodeId> only;
            for (const NodeId child : node.children) {
                if (attempt.nodes[child].phase == Node::Phase::dropped) continue;
                if (only) return false;
                only = child;
            }
            part.tip = id;
            if (id != 0) part.path.push_back(id);
            if (node.phase == Node::Phase::complete) return true;
            if (node.phase != Node::Phase::waiting) return false;
            if (!only) return true;
            part.actions.push_back({runtime_.channels_[node.waits_on].id, false});
            id = *only;
        }
    }

    // Who is at the other end of a channel that is used has a part in it.
    void use(const Part& part, ChannelIndex number) {
        const Channel& channel = runtime_.channels_[number];
        // Channels whose ends may move are not for promises.
        if (channel.out.closed || channel.in.closed || runtime_.hands_over_) {
            return give_up(Verdict::uncertain);
        }
        if (channel.between_sites()) {
            const auto& realtime = runtime_.place_.realtime;
            if (!std::ranges::binary_search(realtime, channel.other_site())) {
                give_up(Verdict::uncertain);
            }
            return;
        }
        for (const Channel::End* end : {&channel.out, &channel.in}) {
            if (end->owner != part.index) add(end->owner);
        }
    }

    static std::uint32_t& count(Part& part, ChannelIndex channel, bool puts) {
        for (Node::Count& entry : part.counts) {
            if (entry.channel == channel && entry.puts == puts) return entry.count;
        }
        return part.counts.emplace_back(channel, puts, 0u).count;
    }

    // True: something has happened.
    bool advance(std::size_t index) {
        Part& part = *parts[index];
        bool moved = false;
        while (!part.ended && verdict_ == Verdict::certain) {
            if (part.waits) {
                if (!receive(part)) return moved;
                part.waits = false;
            }
            moved = true;
            auto next = part.future->next();
            if (!next || part.actions.size() > rounds::actions_max) {
                give_up(Verdict::uncertain);
            } else if (auto* put = std::get_if<machine::ForeseenPut>(&*next)) {
                send(part, *put);
            } else if (const auto* get = std::get_if<machine::ForeseenGet>(&*next)) {
                if (!runtime_.own(part.index, get->port)) give_up(Verdict::uncertain);
                part.waits = true;
                part.waits_on = channel_of(get->port);
                use(part, part.waits_on);
            } else {
                part.ended = true;
            }
        }
        return moved;
    }

    bool receive(Part& part) {
        const Channel& channel = runtime_.channels_[part.waits_on];
        std::uint32_t& number = count(part, part.waits_on, false);
        std::optional<machine::Value> value;
        if (!channel.between_sites()) {
            const auto made = made_.find({part.waits_on, number});
            if (made != made_.end()) {
                value = made->second;
            } else if (number < channel.offers.size() && channel.offers[number].size() == 1) {
                value = channel.offers[number].front().value;
            } else {
                return false;
            }
        }
        ++number;
        part.actions.push_back({channel.id, false});
        part.future->got(std::move(value));
        return true;
    }

    void send(Part& part, machine::ForeseenPut& put) {
        const ChannelIndex channel = channel_of(put.port);
        if (!runtime_.own(part.index, put.port)) return give_up(Verdict::uncertain);
        use(part, channel);
        const std::uint32_t number = count(part, channel, true)++;
        part.actions.push_back({runtime_.channels_[channel].id, true});
        if (!runtime_.channels_[channel].between_sites()) {
            made_[{channel, number}] = std::move(put.value);
        } else if (put.value && may_hold(part, *put.value)) {
            part.early.push_back({channel, number, std::move(*put.value)});
        } else {
            give_up(Verdict::uncertain);  // the others could not have it in time
        }
    }

    bool may_hold(Part& part, const machine::Value& value) const {
        const Attempt& attempt = *runtime_.component(part.index).attempt;
        part.held += bytes_across(attempt.nodes[part.tip].depends.size(), value);
        return size_of(value) <= runtime_.limits_.message_value_bytes_max &&
               part.held <= runtime_.limits_.block_bytes_max;
    }

    // On each channel inside this site as many values are put as got.
    bool is_balanced() const {
        std::map<ChannelIndex, std::int64_t> balance;
        for (const auto& part : parts) {
            for (const Node::Count& count : part->counts) {
                if (runtime_.channels_[count.channel].between_sites()) continue;
                balance[count.channel] +=
                    count.puts ? std::int64_t{count.count} : -std::int64_t{count.count};
            }
        }
        return std::ranges::all_of(balance, [](const auto& entry) { return entry.second == 0; });
    }

    Runtime& runtime_;
    Verdict verdict_ = Verdict::certain;
    // What will be put on channels inside this site.
    std::map<std::pair<ChannelIndex, std::uint32_t>, std::optional<machine::Value>> made_;
};

// ---- The two ways -------------------------------------------------------------------------------

void Runtime::choose_way() {
    const auto& own = component(application).attempt;
    if (!own || !arbiter_.is_undecided(own->id) || !own->is_settled()) return;
    if (!queue_.empty() && slices_ % slices_between_looks != 0) return;
    const wire::AttemptId id = own->id;
    bool single = false;
    if (arbiter_.may_publish()) {
        Prospect prospect(*this);
        const auto verdict = prospect.look();
        if (verdict == Prospect::Verdict::later && !queue_.empty()) return;
        single = verdict == Prospect::Verdict::certain;
        if (single && arbiter_.is_publishing_expected()) {
            publish(prospect);
            return apply_effects();
        }
    }
    arbiter_.arrive(id, single);
    arbiter_.decide(id, false);
    apply_effects();
}

void Runtime::publish(Prospect& prospect) {
    wire::Final leaf;
    leaf.attempt = attempt(application).id;
    std::ranges::sort(prospect.parts, {}, [](const auto& part) { return part->index; });
    std::size_t copied_bytes = 0;
    for (auto& part : prospect.parts) {
        Attempt& published = attempt(part->index);
        NodeId node = part->tip;
        rounds::Depends depends = published.nodes[node].depends;
        if (!part->early.empty()) {
            // A node of its own: if it comes to nothing, nothing of it may be taken for the real.
            node = static_cast<NodeId>(published.nodes.size());
            Node& foreseen = published.nodes.emplace_back();
            foreseen.parent = part->tip;
            foreseen.phase = Node::Phase::foreseen;
            foreseen.depends = published.nodes[part->tip].depends;
            foreseen.news = published.nodes[part->tip].news;
            published.nodes[part->tip].children.push_back(node);
            arbiter_.forest().grow(published.id, node, part->tip);
            published.foreseen = node;
            published.early = std::move(part->early);
            for (const Attempt::Early& early : published.early) {
                foreseen.puts.push_back({early.channel, early.index, {}, false});
                Offer made{.branch = {published.id, node},
                           .causes = foreseen.depends,
                           .value = early.value,
                           .takers = {}};
                made.causes.push_back(made.branch);
                std::ranges::sort(made.causes);
                offer(early.channel, early.index, std::move(made), foreseen.news);
            }
        }
        copied_bytes += published.copied_bytes;
        leaf.copies.insert(leaf.copies.end(), published.copies.begin(), published.copies.end());
        std::erase(part->path, node);
        leaf.parts.push_back({published.id, node, std::move(part->path), std::move(depends),
                              std::move(part->actions)});
    }
    if (copied_bytes > copied_bytes_max) {
        for (const wire::Part& part : leaf.parts) withdraw(part.attempt.component.index);
        arbiter_.arrive(leaf.attempt);
        return arbiter_.decide(leaf.attempt, false);
    }
    leave_unsaid(leaf);
    arbiter_.publish(std::move(leaf));
}

// Where all decide together, nobody needs to know who waits for what.
void Runtime::leave_unsaid(const wire::Final& leaf) {
    const auto is_part = [&](const wire::AttemptId& one) {
        return std::ranges::find(leaf.parts, one, &wire::Part::attempt) != leaf.parts.end();
    };
    std::erase_if(outbox_, [&](auto& entry) {
        if (auto* value = std::get_if<wire::Value>(&entry.second.body)) {
            if (is_part(value->branch.attempt)) value->holder = wire::nobody;
        } else if (const auto* wait = std::get_if<wire::Wait>(&entry.second.body)) {
            if (!is_part(wait->attempt)) return false;
            unsaid_.emplace_back(entry.first, *wait);
            return true;
        }
        return false;
    });
    for (auto& [site, waits] : withheld_) {
        std::erase_if(waits, [&](const wire::Wait& wait) {
            if (!is_part(wait.attempt)) return false;
            unsaid_.emplace_back(site, wait);
            return true;
        });
    }
}

// It is part of a round that all decide together, or was decided by all and is being computed.
bool Runtime::is_promised(const wire::AttemptId& id) const {
    if (arbiter_.is_published(id)) return true;
    if (!published_round_) return false;
    return std::ranges::find(published_round_->decision, id, &wire::NodeRef::attempt) !=
           published_round_->decision.end();
}

bool Runtime::was_sent_early(ComponentIndex index, ChannelIndex channel,
                             std::uint32_t number) const {
    return std::ranges::any_of(component(index).attempt->early, [&](const Attempt::Early& early) {
        return early.channel == channel && early.index == number;
    });
}

// Where more than two step together, one may have a value that another one was to get when whoever
// put it is lost.
void Runtime::copy_value(const wire::Value& value, wire::SiteId to) {
    const auto index = owner(value.branch.attempt);
    const auto& realtime = place_.realtime;
    if (!index || realtime.size() < 3 || realtime.size() > rounds::publishing_sites_max) return;
    Attempt& putting = attempt(*index);
    putting.copied_bytes += value.value.size();
    if (putting.copied_bytes > copied_bytes_max) return putting.copies.clear();
    wire::Copy copy{.to = to, .lineage = {}, .value = value};
    const auto describe = [&](const wire::NodeRef& ref) {
        rounds::Announcements().describe(arbiter_.forest(), to, ref, copy.lineage);
    };
    describe(value.branch);
    for (const wire::NodeRef& cause : value.depends) describe(cause);
    putting.copies.push_back(std::move(copy));
}

// ---- What comes of it ---------------------------------------------------------------------------

// The complete behaviour that was published, if everything in it is computed.
std::optional<NodeId> Runtime::completed(ComponentIndex index, NodeId published,
                                         const wire::Decision& decision) const {
    const auto& nodes = component(index).attempt->nodes;
    if (published >= nodes.size()) return std::nullopt;
    NodeId tip = published;
    if (nodes[tip].phase == Node::Phase::foreseen) tip = nodes[tip].parent;
    const auto chosen = [&](const wire::NodeRef& cause) {
        return std::ranges::find(decision, cause.attempt, &wire::NodeRef::attempt) !=
               decision.end();
    };
    for (NodeId id = tip; id < nodes.size(); ++id) {
        if (nodes[id].phase != Node::Phase::complete) continue;
        NodeId above = id;
        while (above > tip) above = nodes[above].parent;
        if (above == tip && std::ranges::all_of(nodes[id].depends, chosen)) return id;
    }
    return std::nullopt;
}

void Runtime::commit_published() {
    std::vector<Chosen> chosen;
    for (const wire::NodeRef& member : published_round_->decision) {
        const auto index = owner(member.attempt);
        if (!index) continue;
        const auto node = completed(*index, member.node, published_round_->decision);
        if (!node) return;
        chosen.push_back({*index, *node});
    }
    const rounds::Commit round = std::move(*published_round_);
    published_round_.reset();
    std::erase_if(unsaid_, [&](const auto& entry) {
        return std::ranges::find(round.decision, entry.second.attempt, &wire::NodeRef::attempt) !=
               round.decision.end();
    });
    commit_round(round, chosen);
    // Of those at other sites nothing more will be said.
    for (const wire::NodeRef& member : round.decision) {
        if (member.attempt.owner() != place_.self) forget_offers_of(member.attempt);
    }
    apply_effects();
}

// The attempt goes the general way after all: now others have to know what they were not told, and
// what was foreseen has to happen.
void Runtime::withdraw(ComponentIndex index) {
    Attempt& home = attempt(index);
    const wire::AttemptId id = home.id;
    const auto early = std::exchange(home.early, {});
    if (const auto foreseen = std::exchange(home.foreseen, std::nullopt)) drop(index, *foreseen);
    for (NodeId node = 0; node < home.nodes.size(); ++node) {
        Node& real = home.nodes[node];
        if (real.phase == Node::Phase::dropped || real.phase == Node::Phase::discarded) continue;
        for (Node::Put& put : real.puts) {
            if (!std::exchange(put.foreseen, false)) continue;
            const auto sent = std::ranges::find_if(early, [&](const Attempt::Early& one) {
                return one.channel == put.channel && one.index == put.index;
            });
            if (sent == early.end()) continue;
            Offer made{
                .branch = {id, node}, .causes = real.depends, .value = sent->value, .takers = {}};
            made.causes.push_back(made.branch);
            std::ranges::sort(made.causes);
            offer(put.channel, put.index, std::move(made), real.news);
        }
    }
    std::vector<std::pair<wire::SiteId, wire::Wait>> said;
    std::erase_if(unsaid_, [&](const auto& entry) {
        if (entry.second.attempt != id) return false;
        said.push_back(entry);
        return true;
    });
    for (auto& [site, wait] : said) send(site, wait);
    // Those who got something from it have taken it for published.
    for (const auto& [name, number] : named_) {
        const Channel& channel = channels_[number];
        if (!channel.between_sites() || !channel.out.here || channel.out.user != id) continue;
        send(channel.other_site(), wire::Wait{id, channel.id, arbiter_.holder(id), false});
    }
}

void Runtime::apply(rounds::Withdraw& effect) {
    for (const wire::AttemptId& id : effect.attempts) {
        const auto index = owner(id);
        if (!index) continue;
        withdraw(*index);
        // Of ports that were closed meanwhile.
        for (const PortHandle port : std::vector(component(*index).ports)) {
            const Channel& channel = channels_[channel_of(port)];
            const bool at_out = is_out(port);
            if (channel.end(!at_out).closed && arbiter_.holder(id) == place_.self) {
                discard_users_of(channel_of(port), at_out);
            }
        }
        enqueue(*index);
    }
}

void Runtime::apply(rounds::Restore& effect) {
    for (const wire::Lineage& line : effect.copy.lineage) {
        arbiter_.forest().grow(line.attempt, line.node, line.parent);
    }
    is_restoring_ = true;
    receive(effect.from, effect.copy.value);
    is_restoring_ = false;
}

}  // namespace reowolf::runtime
