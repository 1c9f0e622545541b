// SPDX-License-Identifier: MIT
// Records there and back, and wrong in every way; messages in parts, mixed and put together again.
#include "post/records.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "post/assembly.hpp"
#include "post/recorder.test.hpp"
#include "post/sending.hpp"

namespace reowolf::post {

namespace {

std::vector<Bytes> one_of_each() {
    Identity name{};
    name[3] = std::byte{7};
    const Bytes body = bytes_of("the body");
    records::Fragment part;
    part.carrier = 2;
    part.slot = 3;
    part.is_first = true;
    part.length = 100;
    part.properties = Properties{.niceness = 9, .is_idempotent = true, .is_immediate = false};
    part.bytes = body;
    records::Fragment whole;
    whole.is_first = whole.is_last = whole.wants_acknowledgement = true;
    whole.bytes = body;
    records::Fragment dropped;
    dropped.is_last = dropped.is_dropped = true;
    Bytes messages;
    records::append_message(messages, Payload(bytes_of("small")));
    const records::Bundle bundle{.carrier = 4, .properties = {.niceness = 1}, .messages = messages};
    return {records::encode(records::Open{.association = name,
                                          .sender = name,
                                          .transient = 3,
                                          .resumes = true,
                                          .received = 1u << 20,
                                          .process = body}),
            records::encode(records::Opened{name, 5, body}),
            records::encode(records::Gone{"why"}),
            records::encode(records::Abort{"why"}),
            records::encode(records::Acknowledge{77}),
            records::encode(records::Close{1}),
            records::encode(records::Abandon{1, "why"}),
            records::encode(records::Window{1, 1u << 30}),
            records::encode(records::Fork{3}),
            records::encode(part),
            records::encode(whole),
            records::encode(dropped),
            records::encode(bundle)};
}

TEST(Records, come_back_as_they_were) {
    for (const Bytes& bytes : one_of_each()) {
        const auto record = records::decode(bytes);
        ASSERT_TRUE(record) << record.error();
        EXPECT_EQ(records::encode(*record), bytes);
    }
}

TEST(Records, have_the_documented_layout) {
    EXPECT_EQ(records::encode(records::Window{0x04030201, 5}), (Bytes{std::byte{0x12},
                                                                      std::byte{1},
                                                                      std::byte{2},
                                                                      std::byte{3},
                                                                      std::byte{4},
                                                                      std::byte{5},
                                                                      {},
                                                                      {},
                                                                      {},
                                                                      {},
                                                                      {},
                                                                      {},
                                                                      {}}));
    records::Fragment whole;
    whole.carrier = 2;
    whole.is_first = whole.is_last = true;
    EXPECT_EQ(records::encode(whole), (Bytes{std::byte{0x8C}, std::byte{2}, {}, {}, {}}));
    Bytes messages;
    for (const std::string_view text : {"", "a"}) {
        records::append_message(messages, Payload(bytes_of(text)));
    }
    const records::Bundle bundle{
        .carrier = 2, .properties = {.is_immediate = true}, .messages = messages};
    EXPECT_EQ(records::encode(bundle), (Bytes{std::byte{0x14},
                                              std::byte{2},
                                              {},
                                              {},
                                              {},
                                              {},
                                              {},
                                              std::byte{2},
                                              {},
                                              {},
                                              std::byte{1},
                                              {},
                                              std::byte{'a'}}));
}

TEST(Records, are_refused_when_cut_short_or_too_long) {
    for (Bytes bytes : one_of_each()) {
        // A shorter part of a message is a part of a message.
        const bool is_fragment = (bytes.front() & std::byte{0x80}) != std::byte{0};
        const std::size_t header_bytes = is_fragment ? 5 : bytes.size();
        for (std::size_t size = 0; size < header_bytes; ++size) {
            EXPECT_FALSE(records::decode(std::span(bytes).first(size)));
        }
        if (is_fragment) continue;
        bytes.push_back({});
        EXPECT_FALSE(records::decode(bytes));
    }
}

// What is understood says the same when it is said again, so there is one way to say a thing.
TEST(Records, of_noise_do_no_harm) {
    const std::vector<Bytes> good = one_of_each();
    for (std::uint64_t seed = 1; seed <= 200'000; ++seed) {
        Random random(seed);
        Bytes bytes;
        if (random.chance(80)) {
            bytes = good[random.below(good.size())];
            for (std::uint64_t changes = 1 + random.below(3); changes > 0; --changes) {
                bytes[random.below(bytes.size())] = static_cast<std::byte>(random.next());
            }
            if (random.chance(30)) bytes.resize(random.below(bytes.size() + 4));
        } else {
            bytes.resize(random.below(64));
            for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
        }
        const auto record = records::decode(bytes);
        if (!record) continue;
        ASSERT_EQ(records::encode(*record), bytes) << "seed " << seed;
    }
}

TEST(Parts, of_many_messages_are_put_together_again) {
    std::size_t bundled = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        Random random(seed);
        Sending sending;
        constexpr std::uint32_t carriers = 3;
        std::map<std::uint32_t, Assembly> assemblies;
        std::map<std::uint32_t, std::uint64_t> consumed;
        constexpr std::uint64_t window = 300'000;
        for (std::uint32_t carrier = 0; carrier < carriers; ++carrier) {
            sending.open(carrier, window);
        }
        using Lane = std::pair<std::uint32_t, std::uint16_t>;
        std::map<Lane, std::vector<Bytes>> sent;
        std::map<Lane, std::vector<Bytes>> got;
        std::vector<Large> kept;
        std::size_t passed = 0;
        const auto receive = [&](Bytes bytes) {
            ASSERT_LE(bytes.size(), message_bytes_from_strangers);
            if (!records::is_fragment(bytes)) {
                const auto record = records::decode(bytes);
                ASSERT_TRUE(record) << record.error();
                const auto& bundle = std::get<records::Bundle>(*record);
                consumed[bundle.carrier] += records::charge(bundle.messages.size());
                for (auto messages = bundle.messages; !messages.empty(); ++bundled) {
                    const auto message = records::take_message(messages);
                    got[{bundle.carrier, bundle.properties.niceness}].emplace_back(message.begin(),
                                                                                   message.end());
                }
                return;
            }
            const auto part = records::decode_fragment(bytes);
            ASSERT_TRUE(part);
            consumed[part->carrier] += records::charge(part->bytes.size());
            Assembly& assembly = assemblies[part->carrier];
            // It may come to its place first.
            records::Fragment placed = *part;
            if (random.chance(50)) {
                const auto place = assembly.place(*part, part->bytes.size(), 400'000);
                ASSERT_EQ(place.has_value(), !(part->is_first && part->is_last));
                if (place) {
                    std::ranges::copy(part->bytes, place->bytes.begin());
                    placed.bytes = place->bytes;
                }
            }
            auto whole = random.chance(50) ? assembly.add(placed, 400'000, std::move(bytes))
                                           : assembly.add(placed, 400'000);
            ASSERT_TRUE(whole) << whole.error().text;
            if (!*whole) return;
            auto& all_got = got[{part->carrier, (*whole)->properties.niceness}];
            ASSERT_EQ((*whole)->large.has_value(), !(part->is_first && part->is_last));
            if (!(*whole)->large) {
                all_got.push_back(std::move((*whole)->bytes));
                return;
            }
            Large large = std::move(*(*whole)->large);
            const auto bytes_there = large.bytes();
            ASSERT_LE(bytes_there.size(), 400'000u);
            all_got.emplace_back(bytes_there.begin(), bytes_there.end());
            if (random.chance(30)) {
                Bytes taken = std::move(large).take();
                ASSERT_EQ(taken, all_got.back());
                if (random.chance(50)) assembly.give_back(std::move(taken));
            } else if (random.chance(50)) {
                // Who keeps it may write there, and nobody else does.
                std::ranges::fill(bytes_there, std::byte{0xEE});
                kept.push_back(std::move(large));
            }
            if (random.chance(20)) assembly.align(random.below(100));
        };
        for (int step = 0; step < 400; ++step) {
            if (step < 200 && random.chance(40)) {
                const auto carrier = static_cast<std::uint32_t>(random.below(carriers));
                Outgoing message;
                message.properties.niceness = static_cast<std::uint16_t>(random.below(7));
                Bytes bytes(random.below(random.chance(30) ? 400'000 : 100));
                for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
                sent[{carrier, message.properties.niceness}].push_back(bytes);
                message.payload = Payload(std::move(bytes));
                if (random.chance(50)) {
                    if (const auto record = sending.pass(carrier, message)) {
                        ++passed;
                        receive(record->copy());
                        continue;
                    }
                }
                sending.push(carrier, std::move(message));
            }
            for (std::uint64_t parts = random.below(8); parts > 0; --parts) {
                auto next = sending.next(0);
                if (!next) break;
                receive(next->copy());
            }
            for (const auto& [carrier, charge] : consumed) sending.widen(carrier, charge + window);
        }
        while (auto next = sending.next(0)) {
            receive(next->copy());
            for (const auto& [carrier, charge] : consumed) sending.widen(carrier, charge + window);
        }
        EXPECT_GT(passed, 0u);
        EXPECT_TRUE(got == sent);
        for (const Large& large : kept) {
            const auto bytes = large.bytes();
            EXPECT_EQ(std::ranges::count(bytes, std::byte{0xEE}), std::ssize(bytes));
        }
        EXPECT_TRUE(sending.is_empty());
    }
    EXPECT_GT(bundled, 1u);
}

// Of carriers, in turn, in this order of sending.
TEST(Sending, waits_for_what_is_to_be_sent_before) {
    const auto message = [](std::uint64_t id, std::vector<std::uint64_t> antecedents) {
        Outgoing made;
        made.payload = Payload(Bytes(1, static_cast<std::byte>(id)));
        made.id = id;
        made.antecedents = std::move(antecedents);
        made.cost = id;
        return made;
    };
    Sending sending;
    for (const std::uint32_t carrier : {0u, 1u}) sending.open(carrier, 1'000'000);
    EXPECT_TRUE(sending.push(0, message(5, {9})));
    EXPECT_TRUE(sending.push(1, message(3, {})));
    EXPECT_FALSE(sending.push(1, message(4, {}))) << "it is not the first of its lane";
    EXPECT_FALSE(sending.push(1, message(9, {1}))) << "what has been sent is not waited for";
    EXPECT_FALSE(sending.push(0, message(10, {4}))) << "one of two in a record is waited for";
    std::vector<int> order;
    while (const auto record = sending.next(0)) {
        order.push_back(std::to_integer<int>(record->copy().back()));
    }
    EXPECT_EQ(order, (std::vector{4, 9, 5, 10})) << "3 is in the record that 4 ends";
    EXPECT_FALSE(sending.has_finished()) << "nobody follows them";
    std::map<std::uint32_t, std::size_t> left;
    for (const auto& one : sending.take_left()) left[one.carrier] += one.cost;
    EXPECT_EQ(left, (std::map<std::uint32_t, std::size_t>{{0, 15}, {1, 16}}));
    EXPECT_FALSE(sending.has_left());
}

TEST(Parts, have_no_place_before_they_fit) {
    const Bytes body(10);
    Assembly assembly;
    records::Fragment first;
    first.is_first = true;
    first.length = 1'000'000;
    first.bytes = body;
    records::Fragment next;
    next.bytes = body;
    EXPECT_FALSE(assembly.place(next, 10, 1'000'000)) << "without a beginning";
    EXPECT_FALSE(assembly.place(first, 10, 999'999)) << "too large";
    EXPECT_TRUE(assembly.place(first, 10, 1'000'000));
    ASSERT_TRUE(assembly.add(first, 1'000'000));
    EXPECT_FALSE(assembly.place(first, 10, 1'000'000)) << "twice";
    EXPECT_FALSE(assembly.place(next, 999'991, 1'000'000)) << "more than was announced";
    EXPECT_TRUE(assembly.place(next, 10, 1'000'000));
}

TEST(Parts, lie_where_something_in_them_is_wanted) {
    const Bytes half(1'000);
    for (std::size_t wanted = 0; wanted < 40; ++wanted) {
        Assembly assembly;
        assembly.align(wanted);
        for (const bool is_placed : {false, true}) {
            records::Fragment first;
            first.is_first = true;
            first.length = 2'000;
            first.bytes = half;
            records::Fragment last;
            last.is_last = true;
            last.bytes = half;
            for (records::Fragment part : {first, last}) {
                const auto place = is_placed ? assembly.place(part, 1'000, 2'000) : std::nullopt;
                if (place) part.bytes = place->bytes;
                const auto whole = assembly.add(part, 2'000);
                ASSERT_TRUE(whole);
                ASSERT_EQ(whole->has_value(), part.is_last);
                if (!*whole) continue;
                const auto bytes = (*whole)->large->bytes();
                EXPECT_EQ(bytes.size(), 2'000u);
                const auto there = reinterpret_cast<std::uintptr_t>(bytes.data() + wanted);
                EXPECT_EQ(there % alignof(std::max_align_t), 0u);
                EXPECT_EQ(Bytes(bytes.begin(), bytes.end()), Bytes(2'000));
            }
        }
    }
}

// A place that was given and not used, as the connection broke, is another message's then.
TEST(Parts, that_were_to_come_come_again) {
    Assembly assembly;
    const Bytes one(1'000, std::byte{1});
    const Bytes two(1'000, std::byte{2});
    records::Fragment first;
    first.is_first = true;
    first.length = 3'000;
    const auto never = assembly.place(first, 1'000, 5'000);
    ASSERT_TRUE(never);
    assembly.align(5);
    first.length = 2'000;
    first.bytes = one;
    ASSERT_TRUE(assembly.add(first, 5'000));
    std::ranges::fill(never->bytes, std::byte{9});
    records::Fragment last;
    last.is_last = true;
    last.bytes = two;
    auto whole = assembly.add(last, 5'000);
    ASSERT_TRUE(whole && *whole);
    Bytes expected = one;
    expected.insert(expected.end(), two.begin(), two.end());
    EXPECT_EQ(std::move(*(*whole)->large).take(), expected);
}

TEST(Parts, that_do_not_fit_together_are_refused) {
    const Bytes body(10);
    const auto part = [&](bool is_first, bool is_last, std::uint64_t length, std::size_t bytes) {
        records::Fragment one;
        one.is_first = is_first;
        one.is_last = is_last;
        one.length = length;
        one.bytes = std::span(body).first(bytes);
        return one;
    };
    const auto fails = [&](const std::vector<records::Fragment>& parts, Failure failure) {
        Assembly assembly;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            if (!assembly.add(parts[i], 20)) return false;
        }
        const auto last = assembly.add(parts.back(), 20);
        return !last && last.error().failure == failure;
    };
    EXPECT_TRUE(fails({part(false, true, 0, 5)}, Failure::protocol)) << "without a beginning";
    EXPECT_TRUE(fails({part(true, false, 21, 5)}, Failure::too_large));
    EXPECT_TRUE(fails({part(true, false, 12, 5), part(true, false, 12, 5)}, Failure::protocol));
    EXPECT_TRUE(fails({part(true, false, 12, 5), part(false, true, 0, 5)}, Failure::protocol));
    EXPECT_TRUE(fails({part(true, false, 12, 5), part(false, false, 0, 8)}, Failure::protocol));
    EXPECT_TRUE(fails({part(true, false, 12, 0)}, Failure::protocol)) << "nothing";
    EXPECT_FALSE(fails({part(true, false, 12, 5), part(false, true, 0, 7)}, Failure::protocol));
}

}  // namespace

}  // namespace reowolf::post
