// SPDX-License-Identifier: MIT
// Every message between two sites of a connector, with its fields in the order in which they
// travel. Numbers are little-endian; lists and blocks have a u32 count in front. The rules that
// the messages belong to are those of docs/deciding.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/bytes.hpp"
#include "wire/ids.hpp"

namespace reowolf::wire {

inline constexpr std::uint16_t protocol_version = 7;

enum class Reason : std::uint8_t {
    timed_out,      // somebody's time limit passed
    unsatisfiable,  // everybody arrived, everything is explored, nothing fits
    peer_lost,      // a peer that it needs closed or died; nothing is in doubt
    left,           // a peer closed the connector
    deviated,       // a peer sent what the protocol does not allow
    moved,          // the other end of a channel is at another site now; to be tried again
    expired,        // every component has ended; to be tried again in the next protocol
};

// ---- Names of nodes -------------------------------------------------------------------------

// `node` of `attempt` grew from `parent`. Sent once to each site, before the first message that
// names the node, so that the site can tell which nodes lie on one branch.
struct Lineage {
    AttemptId attempt;
    NodeId node = 0;
    NodeId parent = 0;
};

// ---- Exploring ------------------------------------------------------------------------------

// Behaviour `branch` puts `value` as number `index` on a channel between sites. `depends` are
// the nodes of other attempts that led to it, of several of one attempt one. The attempt's
// authority is, as far as its owner knows, with `holder`. No `news`: the attempt repeats one that
// ended in silence, so it is no reason for others to look again.
struct Value {
    NodeRef branch;
    ChannelId channel;
    std::uint32_t index = 0;
    SiteId holder = 0;
    bool news = true;
    std::vector<NodeRef> depends;
    std::vector<std::byte> value;
};
// Some behaviour of the attempt waits for a message of the channel.
struct Wait {
    AttemptId attempt;
    ChannelId channel;
    SiteId holder = 0;
    bool news = true;
};
// The behaviours of this node are gone, and what it put on the channel from this number on.
struct Retract {
    NodeRef branch;
    ChannelId channel;
    std::uint32_t index = 0;
};
// An end of the channel is closed for good.
struct Closed {
    ChannelId channel;
    bool is_out = false;
    std::uint32_t moves = 0;  // as far as the sender knows, see Here
};

// ---- Deciding -------------------------------------------------------------------------------

// To the holder of `attempt`: it touches `other`, which is held at `other_holder`.
struct Touch {
    AttemptId attempt;
    AttemptId other;
    SiteId other_holder = 0;
};
// The authority over `attempt`, with all that is known of it, moves to the receiver, because it
// touches `reason`.
struct Hand {
    AttemptId attempt;
    std::vector<Leaf> leaves;
    std::vector<AttemptId> touches;
    AttemptId reason;
    bool single = false;  // an application's with one behaviour, which could have been published
};
struct LeafFound {
    AttemptId attempt;
    Leaf leaf;
};
// To the owner: the attempt is held at `holder` now, so that leaves and cancels can go straight.
struct Held {
    AttemptId attempt;
    SiteId holder = 0;
};
struct Cancel {
    AttemptId attempt;
    Reason reason = Reason::timed_out;
    std::string text;
};
struct Cancelled {
    AttemptId attempt;
    Reason reason = Reason::timed_out;
    std::string text;
};
struct Decide {
    Decision decision;
    bool publish_next = false;  // all applications in it had one behaviour
};
// The attempt is over. With a decision if it was in one, which says all that Decide says.
struct Over {
    AttemptId attempt;
    Decision decision;
};

// ---- The shortcut ---------------------------------------------------------------------------

// A component puts on a channel, or gets.
struct Action {
    ChannelId channel;
    bool puts = false;

    friend auto operator<=>(const Action&, const Action&) = default;
};
// An attempt that has exactly one behaviour, whatever it receives, and what it does in it.
struct Part {
    AttemptId attempt;
    NodeId node = 0;               // what a decision calls the behaviour
    std::vector<NodeId> path;      // the nodes above, without the root
    std::vector<NodeRef> depends;  // of other attempts, what led to it so far
    std::vector<Action> actions;   // in their order
};
// A value that was sent to another site, in case that the sender does not live to deliver it.
struct Copy {
    SiteId to = 0;
    std::vector<Lineage> lineage;
    Value value;
};
// To all sites that step together: the application's attempt, and those that are in every round
// with it at its site, are published: all these sites together decide them. All values that they
// put on channels to other sites were sent before.
struct Final {
    AttemptId attempt;                  // of the application
    std::uint64_t step = 0;             // the rounds of the applications are numbered
    std::vector<std::uint64_t> floors;  // of each site that steps, ascending: the highest number of
                                        // its application's attempts that is over for the sender
    std::vector<Part> parts;            // sorted by attempt
    std::vector<Copy> copies;           // if more than two step together
};
// To the owner of a published attempt: it is not decided by all together; its owner holds it again.
// `cancels`: it shall be over; otherwise the sender's own attempt has alternatives.
struct Release {
    AttemptId attempt;
    bool cancels = false;
    Reason reason = Reason::timed_out;
    std::string text;
};

// ---- Losses ---------------------------------------------------------------------------------

// The sender can no longer reach `site`; it is cut off from the connector.
struct Lost {
    SiteId site = 0;
    std::string why;
};
// What became of `attempt`, whose authority may have been with a site in `lost`?
struct Ask {
    AttemptId attempt;
    std::vector<SiteId> lost;
    SiteId asked = 0;
    bool published = false;
};
// As far as site `asked` and those it passed the question on to know: nothing.
struct No {
    AttemptId attempt;
    std::vector<SiteId> lost;
    SiteId asked = 0;
    std::vector<Final> finals;  // if the attempt was published: all that are known
};

// ---- Quiet ----------------------------------------------------------------------------------

// Is anything left to do at your site? (Two equal and balanced answers of everybody in a row say
// that nothing is left to do anywhere, and nothing is under way.)
struct Probe {
    std::uint64_t number = 0;
    bool before_silence = false;  // the sender would be silent; others who would be, too, are quiet
};
struct Probed {
    std::uint64_t number = 0;
    bool quiet = false;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t waiting = 0;  // the number of its application's open attempt, or 0
    std::uint64_t alive = 0;    // components placed there that have not ended
    std::uint64_t ended = 0;    // and that have
    // 0: its application may still prepare something else. Otherwise it will not, until a round
    // takes what it has: one more than the number of the attempt of its last round.
    std::uint64_t last_word = 0;
    std::string explanation;
};
// The sender's application, one that does not step with others, is in its attempt `number`, and
// has nothing left to do.
struct Arrived {
    std::uint64_t number = 0;
};
// Attempt `number` of the receiver's application can be in no round, with everybody's explanation.
struct Impossible {
    std::uint64_t number = 0;
    Reason reason = Reason::unsatisfiable;
    std::string text;
};

// ---- The last round -------------------------------------------------------------------------

// Was the round in which attempt `number` of your application was the protocol's last? The sender's
// was `own` in it.
struct WasLast {
    std::uint64_t number = 0;
    std::uint64_t own = 0;
};
// The answer, about the round of attempt `number` of the receiver's application.
struct Last {
    std::uint64_t number = 0;
    bool is_last = false;
};

// ---- Ports in messages ----------------------------------------------------------------------

// An end of the channel is at the sender's site now. To all when it has come there; `asks`: who has
// the other end is to answer with where that is.
struct Here {
    ChannelId channel;
    bool is_out = false;
    std::uint32_t moves = 0;  // how often that end has gone to another site
    bool asks = false;
};

using Body = std::variant<Value, Wait, Retract, Closed, Touch, Hand, LeafFound, Held, Cancel,
                          Cancelled, Decide, Over, Lost, Ask, No, Probe, Probed, Arrived,
                          Impossible, Final, Release, Here, WasLast, Last>;

// What a site publishes in a step (docs/deciding.md, the shortcut), or a part of it: the values
// that it puts, and then its Final. On its way it is made of ordinary messages. It can be read into
// again and again.
struct Step {
    struct Put {
        SiteId to = 0;  // does not travel
        std::vector<Lineage> lineage;
        Value value;
        std::span<const std::byte> bytes;    // of the value, which itself has none
        std::shared_ptr<const void> keeper;  // of these, if they are sent from where they are
    };
    std::vector<Put> puts;  // of which so many count
    std::size_t put_count = 0;
    bool has_leaf = false;
    Final leaf;
    // Those of one sender with the same number differ from each other only in what Form is about.
    // 0: there is no other.
    std::uint64_t form = 0;
};

// What differs between steps that are alike: numbers of attempts and steps, and values of the same
// size. Where these lie in a frame; so the next one is written, or read, without what is between.
struct Form {
    struct Place {
        std::uint32_t begin = 0;
        std::uint32_t size = 0;
    };
    static constexpr std::size_t frame_bytes_max = 1u << 10;  // larger ones have none

    std::vector<std::byte> frame;        // one of them; empty: there is none
    std::vector<std::uint32_t> numbers;  // of 8 bytes
    std::vector<Place> values;
    std::vector<std::byte> mask;  // 0xFF where all of them are the same; when read
};

struct Message {
    std::vector<Lineage> lineage;
    Body body;
};

// Several go one after the other.
std::vector<std::byte> encode(const Message& message);
std::vector<std::byte> encode(std::span<const Message> messages);
// Strangers' bytes: fails with what is wrong, allocates no more than the bytes justify.
std::expected<std::vector<Message>, std::string> decode(std::span<const std::byte> bytes);

// A frame is what travels at once: it names the protocol, for anybody on the way, and has one
// message or several.
struct Frame {
    std::uint64_t protocol = 0;  // the first bytes of its identity
    std::vector<Message> messages;
};
inline constexpr std::uint8_t frame_kind = 0xE0;
std::uint64_t protocol_number(std::string_view identity);
std::vector<std::byte> encode_frame(std::uint64_t protocol, std::span<const Message> messages);
std::expected<Frame, std::string> decode_frame(std::span<const std::byte> bytes);

// Into memory that is used again and again. Null: the leaf comes in a later frame. Without the
// bytes that have a keeper: they go, in their order, to these places of what is written.
void encode_frame(std::uint64_t protocol, std::span<const Step::Put* const> puts, const Final* leaf,
                  Writer& out, std::vector<std::size_t>& gaps, Form& form);
// The same for a step like the one that the form is of, to as many bytes as that frame had. False:
// a value has another size.
bool encode_again(const Form& form, std::span<const Step::Put* const> puts, const Final* leaf,
                  std::span<std::byte> frame);
// False: it is anything else, or malformed. What `step` then holds is of no use.
bool decode_step(std::span<const std::byte> bytes, std::uint64_t protocol, Step& step, Form& form);
// Whether it is a frame like the one that the form is of.
bool is_like(std::span<const std::byte> bytes, const Form& form);
// For such a frame, if `step` was read from another one of them.
void decode_again(std::span<const std::byte> bytes, const Form& form, Step& step);

}  // namespace reowolf::wire
