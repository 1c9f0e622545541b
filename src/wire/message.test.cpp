// SPDX-License-Identifier: MIT
#include "wire/message.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace reowolf::wire {
namespace {

// Random messages of every kind.
class Author {
  public:
    explicit Author(std::uint64_t seed) : random_(seed) {}

    Message message(std::size_t kind) { return {lineage(), body(kind)}; }

  private:
    std::uint32_t number() { return static_cast<std::uint32_t>(random_.next()); }
    SiteId site() { return static_cast<SiteId>(random_.next()); }
    bool flag() { return random_.chance(50); }
    AttemptId attempt() { return {{site(), number()}, random_.next()}; }
    ChannelId channel() { return {number(), number()}; }
    NodeRef node() { return {attempt(), number()}; }
    Reason reason() { return static_cast<Reason>(random_.below(7)); }
    std::string text() {
        std::string made(random_.below(20), ' ');
        for (char& each : made) each = static_cast<char>(random_.next());
        return made;
    }
    template <class T, class Make>
    std::vector<T> list(Make make) {
        std::vector<T> made;
        for (std::uint64_t i = random_.below(4); i > 0; --i) made.push_back(make());
        return made;
    }
    std::vector<NodeRef> nodes() {
        return list<NodeRef>([this] { return node(); });
    }
    std::vector<SiteId> sites() {
        return list<SiteId>([this] { return site(); });
    }
    Leaf leaf() {
        return {number(), nodes(),
                list<Use>([this] { return Use{{number(), number()}, flag(), number()}; }),
                list<std::uint32_t>([this] { return number(); }), number()};
    }

    std::vector<AttemptId> attempts() {
        return list<AttemptId>([this] { return attempt(); });
    }
    std::vector<Lineage> lineage() {
        return list<Lineage>([this] { return Lineage{attempt(), number(), number()}; });
    }
    Value value() {
        return {node(), channel(), number(), site(), flag(), nodes(), list<std::byte>([this] {
                    return std::byte(random_.next());
                })};
    }
    Part part() {
        return {attempt(), number(), list<NodeId>([this] { return number(); }), nodes(),
                list<Action>([this] { return Action{{number(), number()}, flag()}; })};
    }
    Final final() {
        return {attempt(), random_.next(), list<std::uint64_t>([this] { return random_.next(); }),
                list<Part>([this] { return part(); }),
                list<Copy>([this] { return Copy{site(), lineage(), value()}; })};
    }

    Body body(std::size_t kind) {
        switch (kind) {
            case 0:
                return value();
            case 1:
                return Wait{attempt(), channel(), site(), flag()};
            case 2:
                return Retract{node(), channel(), number()};
            case 3:
                return Closed{channel(), flag(), number()};
            case 4:
                return Touch{attempt(), attempt(), site()};
            case 5:
                return Hand{attempt(), list<Leaf>([this] { return leaf(); }), attempts(), attempt(),
                            flag()};
            case 6:
                return LeafFound{attempt(), leaf()};
            case 7:
                return Held{attempt(), site()};
            case 8:
                return Cancel{attempt(), reason(), text()};
            case 9:
                return Cancelled{attempt(), reason(), text()};
            case 10:
                return Decide{nodes(), flag()};
            case 11:
                return Over{attempt(), nodes()};
            case 12:
                return Lost{site(), text()};
            case 13:
                return Ask{attempt(), sites(), site(), flag()};
            case 14:
                return No{attempt(), sites(), site(), list<Final>([this] { return final(); })};
            case 15:
                return Probe{random_.next(), flag()};
            case 16:
                return Probed{random_.next(), flag(),         random_.next(),
                              random_.next(), random_.next(), random_.next(),
                              random_.next(), random_.next(), text()};
            case 17:
                return Arrived{random_.next()};
            case 18:
                return Impossible{random_.next(), reason(), text()};
            case 19:
                return final();
            case 21:
                return Here{channel(), flag(), number(), flag()};
            case 22:
                return WasLast{random_.next(), random_.next()};
            case 23:
                return Last{random_.next(), flag()};
            default:
                return Release{attempt(), flag(), reason(), text()};
        }
    }

    Random random_;
};

constexpr std::size_t kinds = std::variant_size_v<Body>;

TEST(Message, EveryKindComesBackAsItWas) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        for (std::size_t kind = 0; kind < kinds; ++kind) {
            const Message message = Author(seed).message(kind);
            ASSERT_EQ(message.body.index(), kind)
                << "a kind of message that this test does not know";
            const auto bytes = encode(message);
            const auto back = decode(bytes);
            ASSERT_TRUE(back) << "seed " << seed << ", kind " << kind << ": " << back.error();
            // The encoding leaves nothing out: equal bytes are equal messages.
            ASSERT_EQ(back->size(), 1u);
            EXPECT_EQ(back->front().body.index(), kind);
            EXPECT_EQ(encode(*back), bytes) << "seed " << seed << ", kind " << kind;
        }
    }
}

TEST(Message, FieldsAreWhereTheyWere) {
    const Value sent{.branch = {{{3, 7}, 11}, 13},
                     .channel = {17, 18},
                     .index = 19,
                     .holder = 23,
                     .news = false,
                     .depends = {{{{29, 31}, 37}, 41}},
                     .value = {std::byte{43}}};
    const auto back = decode(encode(Message{{{{{1, 2}, 3}, 4, 5}}, sent}));
    ASSERT_TRUE(back);
    ASSERT_EQ(back->size(), 1u);
    const Message& message = back->front();
    ASSERT_EQ(message.lineage.size(), 1u);
    EXPECT_EQ(message.lineage[0].attempt, (AttemptId{{1, 2}, 3}));
    EXPECT_EQ(message.lineage[0].node, 4u);
    EXPECT_EQ(message.lineage[0].parent, 5u);
    const auto& value = std::get<Value>(message.body);
    EXPECT_EQ(value.branch, sent.branch);
    EXPECT_EQ(value.channel, (ChannelId{17, 18}));
    EXPECT_EQ(value.index, 19u);
    EXPECT_EQ(value.holder, 23u);
    EXPECT_FALSE(value.news);
    EXPECT_EQ(value.depends, sent.depends);
    EXPECT_EQ(value.value, sent.value);
}

TEST(Message, AFrameCarriesSeveral) {
    std::vector<Message> messages;
    for (std::size_t kind = 0; kind < kinds; ++kind) messages.push_back(Author(7).message(kind));
    const auto bytes = encode(messages);
    const auto back = decode(bytes);
    ASSERT_TRUE(back);
    ASSERT_EQ(back->size(), kinds);
    EXPECT_EQ(encode(*back), bytes);
}

TEST(Message, AFrameNamesItsProtocol) {
    const std::vector<Message> messages{Author(3).message(0), Author(4).message(1)};
    const std::uint64_t protocol = protocol_number("\1\2\3\4\5\6\7\10 and what follows");
    EXPECT_EQ(protocol, 0x0807'0605'0403'0201u);
    auto bytes = encode_frame(protocol, messages);
    const auto back = decode_frame(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->protocol, protocol);
    EXPECT_EQ(encode(back->messages), encode(messages));
    for (std::size_t size = 0; size < 10; ++size) {
        EXPECT_FALSE(decode_frame(std::span(bytes).first(size)));
    }
    bytes[0] = std::byte{0};
    EXPECT_FALSE(decode_frame(bytes));
}

TEST(Message, WhatIsCutShortOrTooLongIsRefused) {
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        auto bytes = encode(Author(kind + 1).message(kind));
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            EXPECT_FALSE(decode(std::span(bytes).first(size))) << "kind " << kind << ", " << size;
        }
        bytes.push_back(std::byte{0});
        EXPECT_FALSE(decode(bytes)) << "kind " << kind;
    }
}

TEST(Message, AnUnknownKindIsRefused) {
    const std::vector<std::byte> bytes{std::byte{kinds}, {}, {}, {}, {}};
    EXPECT_FALSE(decode(bytes));
}

// Nothing to see but that it comes back, within its memory: the sanitizers look on.
TEST(Message, RandomBytesDoNoHarm) {
    Random random(20'261);
    int accepted = 0;
    for (int i = 0; i < 100'000; ++i) {
        std::vector<std::byte> bytes(random.below(80));
        for (std::byte& each : bytes) {
            each = random.chance(70) ? std::byte(random.below(3)) : std::byte(random.next());
        }
        if (!bytes.empty()) bytes[0] = std::byte(random.below(kinds + 1));
        const auto message = decode(bytes);
        if (!message) continue;
        ++accepted;
        EXPECT_EQ(encode(*message), bytes);
    }
    EXPECT_GT(accepted, 0);
}

TEST(Message, ChangedBytesDoNoHarm) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Random random(seed);
        for (std::size_t kind = 0; kind < kinds; ++kind) {
            auto bytes = encode(Author(seed).message(kind));
            for (int changes = 0; changes < 3; ++changes) {
                bytes[random.below(bytes.size())] = std::byte(random.next());
            }
            const auto message = decode(bytes);
            if (!message) continue;
            EXPECT_EQ(encode(*message), bytes) << "seed " << seed;
        }
    }
}

// ---- Steps that are like the one before
// -----------------------------------------------------------

constexpr std::uint64_t some_protocol = 0x1234;
constexpr std::size_t kind_of_value = 0;
constexpr std::size_t kind_of_final = 19;

std::vector<std::byte> frame_of_step(std::uint64_t seed) {
    std::vector<Message> messages;
    for (std::uint64_t i = 0; i < seed % 4; ++i) {
        messages.push_back(Author(seed * 10 + i).message(kind_of_value));
    }
    messages.push_back({{}, Author(seed).message(kind_of_final).body});
    return encode_frame(some_protocol, messages);
}

std::vector<const Step::Put*> puts_of(const Step& step) {
    std::vector<const Step::Put*> puts;
    for (std::size_t i = 0; i < step.put_count; ++i) puts.push_back(&step.puts[i]);
    return puts;
}

std::vector<std::byte> written(const Step& step, Form& form) {
    Writer out;
    std::vector<std::size_t> gaps;
    encode_frame(some_protocol, puts_of(step), &step.leaf, out, gaps, form);
    return {out.written().begin(), out.written().end()};
}

// Where they may be different.
std::vector<bool> differing(const Form& form) {
    std::vector<bool> may(form.frame.size());
    for (const std::uint32_t number : form.numbers) std::fill_n(may.begin() + number, 8, true);
    for (const auto& value : form.values) std::fill_n(may.begin() + value.begin, value.size, true);
    return may;
}

TEST(Steps, LikeTheOneBeforeAreWrittenAndReadTheSame) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const auto first = frame_of_step(seed);
        Step step;
        Form read;
        ASSERT_TRUE(decode_step(first, some_protocol, step, read));
        Form form;
        ASSERT_EQ(written(step, form), first);
        ASSERT_EQ(form.frame.empty(), first.size() > Form::frame_bytes_max);
        ASSERT_EQ(read.frame, form.frame);
        if (form.frame.empty()) continue;
        const auto may_differ = differing(form);
        ASSERT_EQ(differing(read), may_differ);

        auto next = first;
        for (std::size_t i = 0; i < next.size(); ++i) {
            if (may_differ[i]) next[i] = static_cast<std::byte>(random.next());
        }
        Step fresh;
        Form of_fresh;
        ASSERT_TRUE(decode_step(next, some_protocol, fresh, of_fresh));
        std::vector<std::byte> again(form.frame.size());
        ASSERT_TRUE(encode_again(form, puts_of(fresh), &fresh.leaf, again));
        EXPECT_EQ(again, next);
        ASSERT_TRUE(is_like(next, read));
        decode_again(next, read, step);
        Form ignored;
        EXPECT_EQ(written(step, ignored), next);
    }
}

TEST(Steps, UnlikeTheOneBeforeAreNotTakenForIt) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE(seed);
        const auto first = frame_of_step(seed);
        Step step;
        Form form;
        ASSERT_TRUE(decode_step(first, some_protocol, step, form));
        if (form.frame.empty()) continue;
        const auto may_differ = differing(form);
        for (std::size_t i = 0; i < first.size(); ++i) {
            auto other = first;
            other[i] ^= std::byte{1};
            EXPECT_EQ(is_like(other, form), may_differ[i]) << "byte " << i;
        }
        auto longer = first;
        longer.push_back({});
        EXPECT_FALSE(is_like(longer, form));
        EXPECT_FALSE(is_like(std::span(first).first(first.size() - 1), form));
        EXPECT_FALSE(is_like(first, Form{}));
        if (step.put_count == 0 || step.puts[0].bytes.empty()) continue;
        // A value of another size has no place.
        ASSERT_TRUE(decode_step(first, some_protocol, step, form));
        step.puts[0].bytes = step.puts[0].bytes.subspan(1);
        std::vector<std::byte> room(first.size());
        EXPECT_FALSE(encode_again(form, puts_of(step), &step.leaf, room));
    }
}

}  // namespace
}  // namespace reowolf::wire
