// SPDX-License-Identifier: MIT
// Ends of channels that go to other sites (docs/deciding.md, "Ports that go to other sites"). With
// the round that hands it over an end is where the last of the round got it, and that site says so
// to all. Who has the other end then begins its open attempt anew, so that what it puts goes to the
// new place.
#include <algorithm>
#include <utility>

#include "runtime/runtime.hpp"
#include "wire/bytes.hpp"

namespace reowolf::runtime {

using machine::PortHandle;
using wire::ChannelId;

// ---- Ports as bytes ----------------------------------------------------------------------------

// A port in a message to another site: the channel's name, which end, how often that has gone to
// another site, where the other end is, how often that has gone, and whether it is closed.
class Runtime::PortRecord final : public machine::PortCoder {
  public:
    PortRecord(Runtime& runtime, wire::SiteId from, const wire::AttemptId& named_by)
        : runtime_(runtime), from_(from), named_by_(named_by) {}

    void write(program::TypeId, std::uint64_t port, std::vector<std::byte>& out) override {
        const ChannelIndex number = channel_of(port);
        Channel& channel = runtime_.channels_[number];
        const Channel::End& end = channel.end(is_out(port));
        const Channel::End& other = channel.end(!is_out(port));
        const ChannelId id = runtime_.name_outside(number);
        wire::Writer bytes;
        bytes.number(id.home);
        bytes.number(id.index);
        bytes.flag(is_out(port));
        bytes.number(end.moves_known());
        bytes.number(other.here ? runtime_.place_.self : other.site);
        bytes.number(other.moves);
        bytes.flag(other.closed);
        const auto made = bytes.take();
        out.insert(out.end(), made.begin(), made.end());
    }

    std::expected<std::uint64_t, std::string> read(program::TypeId type,
                                                   std::span<const std::byte>& rest) override {
        wire::Reader bytes(rest.first(std::min(rest.size(), record_bytes)));
        const ChannelId id{bytes.number<std::uint32_t>(), bytes.number<std::uint32_t>()};
        const bool out = bytes.flag();
        const auto moves = bytes.number<std::uint32_t>();
        const auto other_site = bytes.number<wire::SiteId>();
        const auto other_moves = bytes.number<std::uint32_t>();
        const bool other_closed = bytes.flag();
        if (!bytes.finished()) return std::unexpected("half a port");
        rest = rest.subspan(record_bytes);
        const program::Type& port = runtime_.shared_.program.types[type];
        if (out != (port.kind == program::TypeKind::out_port)) {
            return std::unexpected("the other end of a channel");
        }
        if (other_site != wire::nobody && other_site >= runtime_.place_.sites.size()) {
            return std::unexpected("a port of nobody");
        }
        const ChannelIndex number = runtime_.named_channel(id, port.element);
        Channel& channel = runtime_.channels_[number];
        if (channel.type != port.element) return std::unexpected("a port of another type");
        Channel::End& end = channel.end(out);
        Channel::End& other = channel.end(!out);
        // Also of one that has an end here now: that may leave, before this one comes.
        channel.named_by.add(named_by_);
        if (!channel.is_elsewhere()) {
            end.note_ahead(from_, moves);
        } else if (moves >= end.moves) {
            end.moves = moves;
            end.site = from_;
            end.has_arrived = false;
        }
        if (!other.here && other_moves >= other.moves) {
            other.moves = other_moves;
            other.site = other_site == runtime_.place_.self ? wire::nobody : other_site;
            other.closed |= other_closed;
        }
        return port_of(number, out, channel.generation);
    }

  private:
    static constexpr std::size_t record_bytes = 20;

    Runtime& runtime_;
    wire::SiteId from_;
    wire::AttemptId named_by_;
};

std::vector<std::byte> Runtime::bytes_for(program::TypeId type, const machine::Value& value) {
    PortRecord ports(*this, place_.self, {});
    std::vector<std::byte> bytes;
    machine::encode(shared_.program, type, value, bytes, &ports);
    return bytes;
}

std::expected<machine::Value, std::string> Runtime::value_from(wire::SiteId from,
                                                               const wire::AttemptId& attempt,
                                                               program::TypeId type,
                                                               std::span<const std::byte> bytes) {
    PortRecord ports(*this, from, attempt);
    return machine::decode(shared_.program, type, bytes, limits_, &ports);
}

// ---- Names -------------------------------------------------------------------------------------

ChannelId Runtime::name_outside(ChannelIndex number) {
    Channel& channel = channels_[number];
    if (channel.between_sites()) return channel.id;
    if (!channel.exported) {
        channel.exported = channel.id.home == place_.self
                               ? ChannelId{ChannelId::exported | place_.self, exported_++}
                               : channel.id;
        named_[*channel.exported] = number;
    }
    return *channel.exported;
}

ChannelIndex Runtime::named_channel(const ChannelId& id, program::TypeId type) {
    if (const auto known = named_.find(id); known != named_.end()) return known->second;
    const Ends ends = make_channel(type);
    const ChannelIndex number = channel_of(ends.out);
    Channel& channel = channels_[number];
    channel.id = id;
    channel.exported = id;
    for (const bool out : {true, false}) {
        channel.end(out).here = false;
        channel.end(out).site = wire::nobody;
    }
    note_ends(number);
    named_[id] = number;
    return number;
}

void Runtime::forget_channel(ChannelIndex number) {
    Channel& channel = channels_[number];
    if (channel.exported) named_.erase(*channel.exported);
    // Those of the description keep their numbers.
    if (number >= described_channels_) unused_.push_back(number);
}

// Channels of which this site has no end are kept only as long as a message may still bring one.
void Runtime::forget_named_by(const wire::AttemptId& attempt) {
    if (!hands_over_) return;
    std::vector<ChannelIndex> gone;
    for (const auto& [id, number] : named_) {
        Channel& channel = channels_[number];
        if (channel.named_by.empty()) continue;
        channel.named_by.erase_if([&](const wire::AttemptId& each) { return each == attempt; });
        if (is_needless(channel)) gone.push_back(number);
    }
    for (const ChannelIndex number : gone) forget_channel(number);
}

bool Runtime::is_needless(const Channel& channel) const {
    return channel.is_elsewhere() && channel.named_by.empty() &&
           channel.out.gone_to == wire::nobody && channel.in.gone_to == wire::nobody;
}

// ---- Leaving and arriving ----------------------------------------------------------------------

// After the round: what nobody here has got has left.
void Runtime::send_away(const std::vector<Node::Moved>& moved) {
    for (const auto& [port, here, through] : moved) {
        const ChannelIndex number = channel_of(port);
        Channel& channel = channels_[number];
        Channel::End& end = channel.end(is_out(port));
        const Channel::End& other = channel.end(!is_out(port));
        const wire::SiteId next = channels_[through].other_site();
        // Who has passed it on here, to somebody here, has no more to do with it.
        if (here || !channels_[through].between_sites() || (end.here && !end.leaves)) continue;
        const bool was_here = end.here;
        if (was_here) {
            channel.id = name_outside(number);
            end.here = false;
            end.leaves = false;
            end.user.reset();
            end.closed = false;
            note_ends(number);
            end.has_arrived = false;
            end.site = wire::nobody;
            channel.offers.clear();
            if (other.here && !other.closed) begin_anew(number, !is_out(port));
        }
        if (end.has_arrived) continue;
        end.gone_to = next;
        if (was_here && end.ahead_moves > end.moves) {
            arrive_elsewhere(number, is_out(port), end.ahead_site, end.ahead_moves, true);
        } else if (arbiter_.is_lost(next)) {
            lose_on_the_way(number, is_out(port));
        }
    }
}

// An end has come here from another site.
void Runtime::welcome(PortHandle port) {
    const ChannelIndex number = channel_of(port);
    Channel& channel = channels_[number];
    Channel::End& end = channel.end(is_out(port));
    Channel::End& other = channel.end(!is_out(port));
    end.here = true;
    end.closed = false;
    end.gone_to = wire::nobody;
    end.user.reset();
    end.moves = end.moves_known() + 1;
    end.ahead_moves = 0;
    note_ends(number);
    for (wire::SiteId site = 0; site < place_.sites.size(); ++site) {
        if (site == place_.self) continue;
        send(site, wire::Here{channel.id, is_out(port), end.moves, true});
    }
    if (other.here && !other.closed) begin_anew(number, !is_out(port));
    if (!other.here && arbiter_.is_lost(other.site)) world_.seek_ends();
}

// What the owner's open attempt has said about the channel has gone to another place.
void Runtime::begin_anew(ChannelIndex number, bool is_out) {
    Channel& channel = channels_[number];
    const Channel::End& end = channel.end(is_out);
    draw_from_lane(number, is_out);
    channel.offers.clear();
    const auto& open = component(end.owner).attempt;
    if (!open || end.user != open->id) return;
    arbiter_.cancel(open->id, wire::Reason::moved, {});
}

void Runtime::receive(wire::SiteId from, const wire::Here& message) {
    const auto known = named_.find(message.channel);
    if (known == named_.end()) return;
    arrive_elsewhere(known->second, message.is_out, from, message.moves, message.asks);
    apply_effects();
}

void Runtime::arrive_elsewhere(ChannelIndex number, bool is_out, wire::SiteId site,
                               std::uint32_t moves, bool asks) {
    Channel& channel = channels_[number];
    Channel::End& end = channel.end(is_out);
    const Channel::End& other = channel.end(!is_out);
    if (end.here) {
        // Here the round that has handed it over is not committed yet.
        end.note_ahead(site, moves);
        return;
    }
    if (moves < end.moves || (moves == end.moves && end.site == site && !asks)) return;
    const bool is_new = moves > end.moves || end.site != site;
    if (moves > end.moves) end.closed = false;
    note_ends(number);
    end.moves = moves;
    if (is_new && other.here && !other.closed) begin_anew(number, !is_out);
    end.site = site;
    end.gone_to = wire::nobody;
    end.has_arrived = true;
    end.user.reset();
    if (other.here && other.closed) {
        send(site, wire::Closed{channel.id, !is_out, other.moves});
    } else if (other.here && asks) {
        send(site, wire::Here{channel.id, !is_out, other.moves, false});
    }
    if (is_needless(channel)) forget_channel(number);
}

bool Runtime::has_ends_on_the_way() const {
    return std::ranges::any_of(named_, [this](const auto& entry) {
        const Channel& channel = channels_[entry.second];
        return channel.out.gone_to != wire::nobody || channel.in.gone_to != wire::nobody;
    });
}

// Nobody else will say what became of it.
void Runtime::lose_on_the_way(ChannelIndex number, bool is_out) {
    Channel& channel = channels_[number];
    Channel::End& end = channel.end(is_out);
    end.gone_to = wire::nobody;
    end.moves = end.moves_known() + 1;
    end.closed = true;
    note_ends(number);
    for (wire::SiteId site = 0; site < place_.sites.size(); ++site) {
        if (site == place_.self) continue;
        send(site, wire::Closed{channel.id, is_out, end.moves});
    }
    if (channel.end(!is_out).here && !channel.end(!is_out).closed) {
        discard_users_of(number, !is_out);
    } else if (is_needless(channel)) {
        forget_channel(number);
    }
}

}  // namespace reowolf::runtime
