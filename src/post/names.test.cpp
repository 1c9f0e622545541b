// SPDX-License-Identifier: MIT
// What name servers say, and what they may do to those who ask them: lie, babble, be silent.
#include "post/names.hpp"

#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "post/asio.hpp"
#include "post/name_answers.hpp"
#include "post/recorder.test.hpp"

namespace reowolf::post {

namespace {

using asio::ip::tcp;
using asio::ip::udp;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint16_t type_a = 1;
constexpr std::uint16_t type_txt = 16;
constexpr std::uint16_t type_srv = 33;
constexpr std::size_t header_bytes = 12;

std::string number(std::uint16_t value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
}

std::string labels(std::string_view name) {
    std::string bytes;
    while (!name.empty()) {
        const std::size_t dot = std::min(name.find('.'), name.size());
        bytes.push_back(static_cast<char>(dot));
        bytes += name.substr(0, dot);
        name.remove_prefix(std::min(dot + 1, name.size()));
    }
    bytes.push_back('\0');
    return bytes;
}

// Of the name that was asked for.
std::string record(std::uint16_t type, const std::string& data) {
    return "\xC0\x0C" + number(type) + number(1) + number(0) + number(60) +
           number(static_cast<std::uint16_t>(data.size())) + data;
}

std::string service(std::uint16_t priority, std::uint16_t weight, std::uint16_t port,
                    std::string_view host) {
    return record(type_srv, number(priority) + number(weight) + number(port) + labels(host));
}

std::string text(const std::string& words) {
    return record(type_txt, static_cast<char>(words.size()) + words);
}

struct Question {
    std::string bytes;
    std::string name;
    std::uint16_t type = 0;
};

std::string answer(const Question& question, const std::vector<std::string>& records,
                   std::uint16_t flags = 0x8180) {
    std::string bytes = question.bytes.substr(0, 2) + number(flags) + number(1) +
                        number(static_cast<std::uint16_t>(records.size())) + number(0) + number(0) +
                        question.bytes.substr(header_bytes);
    for (const std::string& each : records) bytes += each;
    return bytes;
}

Question parse(std::string bytes) {
    Question question{std::move(bytes), {}, 0};
    std::size_t at = header_bytes;
    while (at < question.bytes.size() && question.bytes[at] != 0) {
        const auto length = static_cast<std::size_t>(question.bytes[at]);
        question.name += (question.name.empty() ? "" : ".") + question.bytes.substr(at + 1, length);
        at += length + 1;
    }
    question.type = static_cast<std::uint8_t>(question.bytes[at + 2]);
    return question;
}

std::span<const std::byte> as_bytes(const std::string& answered) {
    return std::as_bytes(std::span(answered));
}

Question question_for(std::uint16_t type) {
    return parse(std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", header_bytes) +
                 labels("_reowolf._tcp.amy.test") + number(type) + number(1));
}

class Names : public testing::Test {
  protected:
    explicit Names(std::int64_t patience_ms = 60'000)
        : limits{.handshake_patience_ms = patience_ms},
          loop(limits),
          socket(loop.context(), udp::endpoint(asio::ip::address_v4::loopback(), 0)),
          port(socket.local_endpoint().port()) {
        receive();
    }

    // What the server does with a question; nothing: it is silent.
    std::function<std::optional<std::string>(const Question&)> reply;

    void receive() {
        socket.async_receive_from(
            asio::buffer(buffer), sender, [this](const asio::error_code& error, std::size_t size) {
                if (error) return;
                const Question question = parse(std::string(buffer, size));
                asked.push_back(question.name);
                if (const auto bytes = reply ? reply(question) : std::nullopt) {
                    asio::error_code ignored;
                    socket.send_to(asio::buffer(*bytes), sender, 0, ignored);
                }
                receive();
            });
    }

    void start(std::string_view name) {
        lookup = look_up(loop, limits, "127.0.0.1:" + std::to_string(port), *parse_address(name),
                         Random(seed), [this](Places places) {
                             lookup.reset();
                             found = std::move(places);
                         });
    }

    Places look(std::string_view name) {
        start(name);
        const std::int64_t patience_until_ms = loop.now_ms() + 120'000;
        while (!found && loop.now_ms() < patience_until_ms) loop.run_one(20);
        if (!found) return std::unexpected(Error{.failure = Failure::other, .text = "it hangs"});
        return *std::exchange(found, std::nullopt);
    }

    static std::vector<std::string> texts(const Places& places) {
        std::vector<std::string> texts;
        if (!places) return {places.error().text};
        for (const Address& each : *places) texts.push_back(to_string(each));
        return texts;
    }

    std::uint64_t seed = 1;  // of the lots that are drawn
    Limits limits;
    RealLoop loop;
    udp::socket socket;
    udp::endpoint sender;
    char buffer[4'096];
    std::uint16_t port;
    std::vector<std::string> asked;
    std::unique_ptr<Lookup> lookup;
    std::optional<Places> found;
};

class ImpatientNames : public Names {
  protected:
    ImpatientNames() : Names(300) {}
};

TEST_F(Names, services_are_tried_by_priority_and_their_hosts_resolved) {
    reply = [](const Question& question) {
        if (question.type == type_srv) {
            return answer(question, {service(20, 0, 7002, "second.test"),
                                     service(10, 5, 7001, "first.test")});
        }
        if (question.type == type_txt) return answer(question, {text("at=127.9.9.9:9")});
        if (question.type != type_a) return answer(question, {});
        const char last = question.name == "first.test" ? '\1' : '\2';
        return answer(question, {record(type_a, std::string("\x7F\0\0", 3) + last)});
    };
    EXPECT_THAT(texts(look("amy.test")), ElementsAre("127.0.0.1:7001", "127.0.0.2:7002"));
    EXPECT_THAT(texts(look("tcp://amy.test")),
                ElementsAre("tcp://127.0.0.1:7001", "tcp://127.0.0.2:7002"));
    EXPECT_THAT(asked, testing::Contains("_reowolf._tcp.amy.test"));
}

TEST_F(Names, lots_among_places_of_one_priority_are_drawn_from_the_seed) {
    reply = [](const Question& question) {
        if (question.type == type_srv) {
            return answer(question, {service(10, 5, 7001, "first.test"),
                                     service(10, 5, 7002, "second.test")});
        }
        if (question.type != type_a) return answer(question, {});
        return answer(question, {record(type_a, std::string("\x7F\0\0\1", 4))});
    };
    std::set<std::vector<std::string>> orders;
    for (seed = 1; seed <= 20; ++seed) {
        const auto order = texts(look("amy.test"));
        EXPECT_EQ(order, texts(look("amy.test"))) << "seed " << seed;
        orders.insert(order);
    }
    EXPECT_EQ(orders.size(), 2u);
}

TEST_F(Names, without_services_text_records_count) {
    reply = [](const Question& question) {
        if (question.type != type_txt) return answer(question, {});
        return answer(question, {text("v=spf1 -all"), text("at=127.0.0.3:7003"),
                                 text("at=shm://[::1]:7004"), text("at=another.name"),
                                 text("at=127.0.0.1:0"), text("at=a b:1"), text("at=")});
    };
    EXPECT_THAT(texts(look("amy.test")), ElementsAre("127.0.0.3:7003", "shm://[::1]:7004"));
    // The description's transport is required.
    EXPECT_THAT(texts(look("tcp://amy.test")), ElementsAre("tcp://127.0.0.3:7003"));
}

TEST_F(Names, whose_record_is_wrong_say_what_is) {
    reply = [](const Question& question) {
        if (question.type != type_txt) return answer(question, {});
        return answer(question, {text("at=127.0.0.1:70000\x1b"), text("at=another.name")});
    };
    const Places places = look("amy.test");
    ASSERT_FALSE(places);
    EXPECT_THAT(places.error().text,
                HasSubstr("the record _reowolf._tcp.amy.test has \"at=127.0.0.1:70000?\": "));
    reply = [](const Question& question) {
        if (question.type != type_txt) return answer(question, {});
        return answer(question, {text("at=another.name")});
    };
    EXPECT_THAT(look("amy.test").error().text,
                HasSubstr("has \"at=another.name\": a host and a port are wanted"));
}

TEST_F(Names, that_nobody_knows_say_so) {
    reply = [](const Question& question) { return answer(question, {}, 0x8183); };
    const Places places = look("amy.test");
    ASSERT_FALSE(places);
    EXPECT_EQ(places.error().failure, Failure::unknown_host);
    EXPECT_THAT(places.error().text, HasSubstr("_reowolf._tcp.amy.test"));
}

TEST_F(Names, a_service_whose_host_has_no_address_is_said_with_its_host) {
    reply = [](const Question& question) {
        return answer(question, question.type == type_srv
                                    ? std::vector{service(0, 0, 7001, "nowhere.test")}
                                    : std::vector<std::string>());
    };
    const Places places = look("amy.test");
    ASSERT_FALSE(places);
    EXPECT_EQ(places.error().failure, Failure::unknown_host);
    EXPECT_THAT(places.error().text, HasSubstr("nowhere.test"));
}

TEST_F(Names, many_places_are_cut_off) {
    reply = [](const Question& question) {
        if (question.type != type_txt) return answer(question, {});
        return answer(question, std::vector(17, text("at=127.0.0.1:1")));
    };
    const Places places = look("amy.test");
    ASSERT_TRUE(places) << places.error().text;
    EXPECT_EQ(places->size(), limits.places_of_name_max);
}

TEST_F(Names, servers_that_are_none_are_an_error) {
    lookup = look_up(loop, limits, "no server", *parse_address("amy.test"), Random(seed),
                     [this](Places places) { found = std::move(places); });
    while (!found) loop.run_one(20);
    ASSERT_FALSE(*found);
    EXPECT_THAT(found->error().text, HasSubstr("no server"));
}

TEST_F(Names, are_not_asked_for_any_more_by_who_has_gone) {
    start("amy.test");
    while (asked.empty()) loop.run_one(20);
    lookup.reset();
    bool is_over = false;
    loop.after(50, [&] { is_over = true; });
    while (!is_over) loop.run_one(20);
    EXPECT_FALSE(found);
}

TEST_F(ImpatientNames, servers_that_are_silent_are_given_up) {
    const Places places = look("amy.test");
    ASSERT_FALSE(places);
    EXPECT_EQ(places.error().failure, Failure::timed_out) << places.error().text;
}

TEST_F(ImpatientNames, servers_that_want_to_say_more_over_tcp_and_do_not_are_given_up) {
    tcp::acceptor mute(loop.context(), tcp::endpoint(asio::ip::address_v4::loopback(), port));
    reply = [](const Question& question) { return answer(question, {}, 0x8380); };
    const Places places = look("amy.test");
    ASSERT_FALSE(places);
    EXPECT_EQ(places.error().failure, Failure::timed_out) << places.error().text;
}

TEST_F(ImpatientNames, answers_to_other_questions_are_none) {
    reply = [](const Question& question) {
        std::string bytes = answer(question, {text("at=127.0.0.1:7001")});
        bytes[0] = static_cast<char>(~bytes[0]);
        return bytes;
    };
    EXPECT_FALSE(look("amy.test"));
}

TEST_F(ImpatientNames, names_that_lead_in_a_circle_end) {
    reply = [](const Question& question) {
        // The host is where its own name begins.
        const auto at = static_cast<std::uint16_t>(question.bytes.size() + 18);
        return answer(question, {record(type_srv, number(0) + number(0) + number(7001) +
                                                      number(0xC000 | at))});
    };
    EXPECT_FALSE(look("amy.test"));
}

TEST_F(ImpatientNames, babble_is_no_answer) {
    Random random(7);
    reply = [&](const Question& question) {
        std::string bytes = answer(question, {service(1, 1, 7001, "first.test")});
        for (std::size_t i = 2; i < bytes.size(); ++i) {
            if (random.chance(30)) bytes[i] = static_cast<char>(random.next());
        }
        return bytes;
    };
    for (int i = 0; i < 5; ++i) look("amy.test");
}

TEST(NameAnswers, may_be_anything) {
    const std::string services = answer(
        question_for(type_srv), {service(1, 2, 7001, "first.test"), service(1, 0, 2, "b.test")});
    const std::string words =
        answer(question_for(type_txt), {text("at=127.0.0.1:7001"), text("at=[::1]:2")});
    EXPECT_EQ(services_in(as_bytes(services)).size(), 2u);
    EXPECT_EQ(texts_in(as_bytes(words)).addresses.size(), 2u);
    Random random(11);
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = random.chance(50) ? services : words;
        if (random.chance(30)) bytes.resize(random.below(bytes.size() + 1));
        for (std::uint64_t left = random.below(6); left > 0 && !bytes.empty(); --left) {
            bytes[random.below(bytes.size())] = static_cast<char>(random.next());
        }
        for (const Service& each : services_in(as_bytes(bytes))) {
            EXPECT_NE(each.address.port, 0);
            EXPECT_FALSE(each.address.host.empty());
        }
        for (const Address& each : texts_in(as_bytes(bytes)).addresses) EXPECT_NE(each.port, 0);
    }
    EXPECT_THAT(services_in({}), IsEmpty());
    EXPECT_THAT(texts_in({}).addresses, IsEmpty());
}

TEST(NameAnswers, services_without_a_port_or_a_host_are_none) {
    EXPECT_THAT(services_in(as_bytes(answer(question_for(type_srv), {service(0, 0, 0, "a.test"),
                                                                     service(0, 0, 7001, "")}))),
                IsEmpty());
}

TEST(NameAnswers, equal_services_are_drawn_by_their_weight) {
    const auto place = [](std::uint16_t priority, std::uint16_t weight, std::uint16_t port) {
        return Service{priority, weight, {.scheme = "", .host = "h", .port = port}};
    };
    Random random(3);
    int often = 0;
    int rarely = 0;
    for (int i = 0; i < 1'000; ++i) {
        const auto addresses =
            in_order({place(9, 100, 9), place(1, 30, 1), place(1, 10, 2), place(1, 0, 3)},
                     [&](std::uint64_t n) { return random.below(n); });
        ASSERT_EQ(addresses.size(), 4u);
        EXPECT_EQ(addresses.back().port, 9);
        if (addresses.front().port == 1) ++often;
        if (addresses.front().port == 2) ++rarely;
    }
    EXPECT_GT(often, 2 * rarely);
    EXPECT_GT(rarely, 100);
}

}  // namespace

}  // namespace reowolf::post
