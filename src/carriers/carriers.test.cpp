// SPDX-License-Identifier: MIT
// The promises of <reowolf/post.hpp>, with two offices in one process.
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <reowolf/post.hpp>

namespace reowolf::post {

namespace {

using Result = std::expected<Received, Trouble>;

std::string name_of(Event event) {
    switch (event) {
        case Event::sent:
            return "sent";
        case Event::acknowledged:
            return "acknowledged";
        case Event::expired:
            return "expired";
        case Event::dropped:
            return "dropped";
        case Event::in_doubt:
            return "in doubt";
    }
    return "?";
}

// Waits for what happens on the threads of offices.
class Gathered {
  public:
    void add(std::string what) {
        const std::lock_guard lock(mutex_);
        all_.push_back(std::move(what));
        changed_.notify_all();
    }
    bool reaches(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(60),
                                 [&] { return all_.size() >= count; });
    }
    std::vector<std::string> all() {
        const std::lock_guard lock(mutex_);
        return all_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> all_;
};

class Carriers : public testing::Test {
  protected:
    void connect(const Policy& policy = {}) { connect(policy, policy); }
    void connect(const Policy& near_policy, const Policy& far_policy) {
        Configuration at_far(far_office);
        at_far.local = "127.0.0.1:0";
        at_far.policy = far_policy;
        std::promise<Carrier> accepted;
        auto listening =
            at_far.listen([&](Carrier carrier) { accepted.set_value(std::move(carrier)); });
        ASSERT_TRUE(listening) << listening.error().text;
        listener.emplace(std::move(*listening));
        Configuration at_near(near_office);
        at_near.remote = listener->local();
        at_near.policy = near_policy;
        std::promise<std::expected<Carrier, Trouble>> made;
        at_near.initiate([&](auto carrier) { made.set_value(std::move(carrier)); });
        auto carrier = made.get_future().get();
        ASSERT_TRUE(carrier) << carrier.error().text;
        near.emplace(std::move(*carrier));
        far.emplace(accepted.get_future().get());
    }

    static Result receive(Carrier& carrier) {
        std::promise<Result> promise;
        carrier.receive([&](Result result) { promise.set_value(std::move(result)); });
        return promise.get_future().get();
    }
    static std::string text(Carrier& carrier) {
        auto result = receive(carrier);
        return result ? std::string(result->text()) : "trouble: " + result.error().text;
    }

    Office near_office;
    Office far_office;
    std::optional<Listener> listener;
    std::optional<Carrier> near;
    std::optional<Carrier> far;
};

TEST_F(Carriers, carry_messages_both_ways) {
    connect();
    ASSERT_TRUE(near->send("hello"));
    ASSERT_TRUE(near->send(""));
    ASSERT_TRUE(far->send("yourself"));
    EXPECT_EQ(text(*far), "hello");
    EXPECT_EQ(text(*far), "");
    EXPECT_EQ(text(*near), "yourself");
    const Path path = near->path();
    EXPECT_TRUE(path.is_up);
    EXPECT_EQ(path.transients, 1u);
    EXPECT_EQ(path.remote, listener->local());
    EXPECT_EQ(path.choice, listener->local() + ", address 1 of 1");
    EXPECT_EQ(far->path().choice, "") << "it was chosen, and had no choice";
}

TEST_F(Carriers, deliver_what_was_sent_before_they_are_closed) {
    connect();
    ASSERT_TRUE(near->send("last"));
    near->close();
    near.reset();
    EXPECT_EQ(text(*far), "last");
    const auto end = receive(*far);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().cause, Cause::closed) << end.error().text;
}

// More than the windows let through, and nobody reads it.
TEST_F(Carriers, close_on_both_sides_with_much_to_be_sent) {
    connect();
    Gathered fates;
    constexpr std::size_t each = 2'000;
    for (std::size_t i = 0; i < each; ++i) {
        for (Carrier* const side : {&*near, &*far}) {
            Message message(std::string(1'000, 'x'));
            message.on_event = [&](Event event) {
                if (event != Event::sent) fates.add(name_of(event));
            };
            ASSERT_TRUE(side->send(std::move(message)));
        }
    }
    near->close();
    far->close();
    for (Carrier* const side : {&*near, &*far}) {
        const auto end = receive(*side);
        ASSERT_FALSE(end);
        EXPECT_EQ(end.error().cause, Cause::closed) << end.error().text;
    }
    ASSERT_TRUE(fates.reaches(2 * each)) << fates.all().size();
    for (const std::string& fate : fates.all()) {
        ASSERT_TRUE(fate == "acknowledged" || fate == "dropped") << fate;
    }
    EXPECT_EQ(fates.all().size(), 2 * each);
}

// Who does not read has closed, and takes what comes.
TEST_F(Carriers, deliver_to_a_side_that_has_closed) {
    connect();
    constexpr std::size_t messages = 3'000;
    for (std::size_t i = 0; i < messages; ++i) {
        ASSERT_TRUE(near->send(std::string(1'000, 'x')));
        ASSERT_TRUE(far->send(std::string(1'000, 'x')));
    }
    far->close();
    for (std::size_t i = 0; i < messages; ++i) ASSERT_TRUE(receive(*near)) << i;
    const auto end = receive(*near);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().cause, Cause::closed) << end.error().text;
    EXPECT_FALSE(receive(*far));
}

TEST_F(Carriers, what_is_told_of_a_message_is_true_when_they_are_closed_and_destroyed) {
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{60} << 20}) {
        connect();
        Gathered events;
        Message message{std::vector<std::byte>(bytes)};
        message.on_event = [&](Event event) { events.add(name_of(event)); };
        ASSERT_TRUE(near->send(std::move(message)));
        near->close();
        near.reset();
        const auto result = receive(*far);
        ASSERT_TRUE(result) << result.error().text;
        EXPECT_EQ(result->bytes.size(), bytes);
        ASSERT_TRUE(events.reaches(2));
        EXPECT_EQ(events.all(), (std::vector<std::string>{"sent", "acknowledged"}));
        far.reset();
    }
}

// One end of each message is told, whatever is done to the carrier or the office.
TEST_F(Carriers, what_is_told_of_a_message_is_true_when_they_are_destroyed) {
    for (int trial = 0; trial < 20; ++trial) {
        connect();
        Gathered ends;
        constexpr std::size_t messages = 2'000;
        for (std::size_t i = 0; i < messages; ++i) {
            Message message(std::string(1'000, 'x'));
            message.on_event = [&, i](Event event) {
                if (event != Event::sent) ends.add(name_of(event) + " " + std::to_string(i));
            };
            ASSERT_TRUE(near->send(std::move(message)));
        }
        ASSERT_TRUE(receive(*far));
        (trial % 2 == 0 ? near : far).reset();
        ASSERT_TRUE(ends.reaches(messages)) << ends.all().size();
        std::size_t received = 1;
        if (far) {
            while (receive(*far)) ++received;
            const auto all = ends.all();
            EXPECT_EQ(all.size(), messages);
            for (const std::string& end : all) {
                const std::size_t number = std::stoul(end.substr(end.rfind(' ')));
                const bool is_received = number < received;
                EXPECT_FALSE(end.starts_with("acknowledged") && !is_received) << end;
                EXPECT_FALSE(end.starts_with("dropped") && is_received) << end;
            }
        }
        near.reset();
        far.reset();
    }
}

TEST_F(Carriers, what_becomes_of_a_message_is_told_when_the_office_ends) {
    for (const bool closes : {false, true}) {
        auto office = std::make_unique<Office>();
        std::promise<Carrier> accepted;
        Configuration at_far(far_office);
        at_far.local = "127.0.0.1:0";
        const auto listening =
            at_far.listen([&](Carrier carrier) { accepted.set_value(std::move(carrier)); });
        ASSERT_TRUE(listening);
        Configuration configuration(*office);
        configuration.remote = listening->local();
        std::promise<std::expected<Carrier, Trouble>> made;
        configuration.initiate([&](auto carrier) { made.set_value(std::move(carrier)); });
        std::optional<Carrier> carrier(*made.get_future().get());
        Carrier other = accepted.get_future().get();
        Gathered ends;
        constexpr std::size_t messages = 3'000;
        for (std::size_t i = 0; i < messages; ++i) {
            Message message(std::string(1'000, 'x'));
            message.on_event = [&](Event event) {
                if (event != Event::sent) ends.add(name_of(event));
            };
            ASSERT_TRUE(carrier->send(std::move(message)));
        }
        if (closes) {
            carrier->close();
            other.close();
        }
        carrier.reset();
        office.reset();
        EXPECT_EQ(ends.all().size(), messages);
    }
}

TEST_F(Carriers, end_at_once_when_they_are_destroyed) {
    connect();
    near.reset();
    const auto end = receive(*far);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().cause, Cause::lost) << end.error().text;
}

TEST_F(Carriers, tell_what_becomes_of_a_message) {
    connect();
    Gathered events;
    Message message("watched");
    message.on_event = [&](Event event) {
        events.add(event == Event::sent           ? "sent"
                   : event == Event::acknowledged ? "acknowledged"
                                                  : "?");
    };
    ASSERT_TRUE(near->send(std::move(message)));
    ASSERT_TRUE(events.reaches(2));
    EXPECT_EQ(events.all(), (std::vector<std::string>{"sent", "acknowledged"}));
    EXPECT_EQ(text(*far), "watched");
}

TEST_F(Carriers, keep_the_order_of_each_thread) {
    connect();
    constexpr int threads = 4;
    constexpr int messages_each = 2'000;
    std::vector<std::jthread> senders;
    for (int thread = 0; thread < threads; ++thread) {
        senders.emplace_back([&, thread] {
            for (int i = 0; i < messages_each; ++i) {
                EXPECT_TRUE(near->send(std::to_string(i * threads + thread)));
            }
        });
    }
    std::vector<int> next(threads, 0);
    for (int left = threads * messages_each; left > 0; --left) {
        const int number = std::stoi(text(*far));
        ASSERT_EQ(number / threads, next[number % threads]++);
    }
    senders.clear();
    while (near->queued_bytes() > 0) std::this_thread::yield();
}

// One request follows the other without a pause, on the office's thread.
TEST_F(Carriers, give_one_message_after_the_other_to_who_asks_again) {
    connect();
    Gathered heard;
    std::function<void(Result)> hear = [&](Result result) {
        const bool goes_on = result.has_value();
        if (goes_on) far->receive(hear);
        heard.add(goes_on ? std::string(result->text()) : "the end");
    };
    far->receive(hear);
    std::vector<std::string> sent;
    for (int i = 0; i < 1'000; ++i) {
        sent.push_back(std::to_string(i));
        ASSERT_TRUE(near->send(sent.back()));
    }
    near->close();
    sent.emplace_back("the end");
    ASSERT_TRUE(heard.reaches(sent.size()));
    EXPECT_EQ(heard.all(), sent);
}

// The first one still gets the message.
TEST_F(Carriers, refuse_a_second_request_for_the_next_message) {
    connect();
    std::promise<std::string> first;
    std::promise<Cause> second;
    near->receive([&](const Result& received) {
        first.set_value(received ? std::string(received->text()) : "none");
    });
    near->receive([&](const Result& received) {
        second.set_value(received ? Cause::closed : received.error().cause);
    });
    EXPECT_EQ(second.get_future().get(), Cause::not_supported);
    ASSERT_TRUE(far->send("next"));
    EXPECT_EQ(first.get_future().get(), "next");
}

TEST_F(Carriers, drop_what_is_sent_after_they_were_closed) {
    connect();
    Gathered events;
    near->close();
    Message late("late");
    late.on_event = [&](Event event) { events.add(event == Event::dropped ? "dropped" : "?"); };
    ASSERT_TRUE(near->send(std::move(late)));
    ASSERT_TRUE(events.reaches(1));
    EXPECT_EQ(events.all(), std::vector<std::string>{"dropped"});
    EXPECT_EQ(near->queued_bytes(), 0u);
}

// Nor is it taken for something that was sent before, as both wait for the office's thread.
TEST_F(Carriers, drop_what_is_sent_after_they_were_closed_in_the_same_breath) {
    connect();
    Gathered events;
    std::promise<void> may_go_on;
    // So that nothing happens in between.
    near->when_writable([goes_on = may_go_on.get_future().share()] { goes_on.wait(); });
    const auto follow = [&](const std::string& text) {
        Message message(text);
        message.on_event = [&, text](Event event) {
            if (event != Event::sent) events.add(text + ": " + name_of(event));
        };
        return message;
    };
    ASSERT_TRUE(near->send(follow("in time")));
    near->close();
    ASSERT_TRUE(near->send(follow("late")));
    may_go_on.set_value();
    EXPECT_EQ(text(*far), "in time");
    const auto end = receive(*far);
    ASSERT_FALSE(end) << end->text();
    EXPECT_EQ(end.error().cause, Cause::closed) << end.error().text;
    ASSERT_TRUE(events.reaches(2));
    EXPECT_EQ(events.all(), (std::vector<std::string>{"late: dropped", "in time: acknowledged"}));
}

// What another thread has sent waits for the office's thread, which may close before.
TEST_F(Carriers, deliver_what_was_sent_elsewhere_before_they_are_closed_on_the_office_thread) {
    connect();
    near->when_writable([&] {
        std::jthread([&] { EXPECT_TRUE(near->send("last")); }).join();
        near->close();
    });
    EXPECT_EQ(text(*far), "last");
    const auto end = receive(*far);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().cause, Cause::closed) << end.error().text;
}

TEST_F(Carriers, drop_what_is_sent_after_the_other_side_has_closed) {
    connect();
    Gathered events;
    far->close();
    ASSERT_FALSE(receive(*near));
    Message late("late");
    late.on_event = [&](Event event) { events.add(name_of(event)); };
    ASSERT_TRUE(near->send(std::move(late)));
    ASSERT_TRUE(events.reaches(1));
    EXPECT_EQ(events.all().front(), "dropped");
    EXPECT_EQ(near->queued_bytes(), 0u);
}

// The other side does not read; what waits behind its window can be overtaken, or expire.
TEST_F(Carriers, urgent_messages_pass_and_others_expire) {
    Policy policy;
    policy.queue_bytes_max = std::size_t{64} << 20;
    connect(policy);
    constexpr std::size_t large = std::size_t{8} << 20;
    Message first{std::vector<std::byte>(large)};
    first.niceness = 10;
    const auto first_id = near->send(std::move(first));
    ASSERT_TRUE(first_id);
    Gathered events;
    Message mortal("too late");
    mortal.niceness = 10;
    mortal.lifetime = std::chrono::milliseconds(1);
    mortal.on_event = [&](Event event) { events.add(event == Event::expired ? "expired" : "?"); };
    ASSERT_TRUE(near->send(std::move(mortal)));
    ASSERT_TRUE(events.reaches(1));
    EXPECT_EQ(events.all().front(), "expired");

    Message after("after the large one");
    after.antecedents = {*first_id};
    ASSERT_TRUE(near->send(std::move(after)));
    Message urgent("urgent");
    urgent.niceness = 1;
    urgent.is_idempotent = true;
    ASSERT_TRUE(near->send(std::move(urgent)));
    const auto got = receive(*far);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->text(), "urgent");
    EXPECT_EQ(got->niceness, 1);
    EXPECT_TRUE(got->is_idempotent);
    const auto got_large = receive(*far);
    ASSERT_TRUE(got_large);
    EXPECT_EQ(got_large->bytes.size(), large);
    EXPECT_EQ(text(*far), "after the large one");
}

TEST_F(Carriers, the_longest_lifetime_does_not_end) {
    connect();
    for (const auto lifetime : {std::chrono::milliseconds::max(),
                                std::chrono::milliseconds::max() - std::chrono::hours(1),
                                std::chrono::milliseconds(std::int64_t{1} << 60)}) {
        Message message("for ever");
        message.lifetime = lifetime;
        ASSERT_TRUE(near->send(std::move(message)));
        EXPECT_EQ(text(*far), "for ever");
    }
    Gathered events;
    Message message("never");
    message.lifetime = std::chrono::milliseconds::min();
    message.on_event = [&](Event event) { events.add(name_of(event)); };
    ASSERT_TRUE(near->send(std::move(message)));
    ASSERT_TRUE(events.reaches(1));
    EXPECT_EQ(events.all().front(), "expired");
}

TEST_F(Carriers, a_sender_is_told_when_the_queue_is_full) {
    Policy policy;
    policy.queue_bytes_max = 100'000;
    connect(policy);
    std::size_t sent = 0;
    std::expected<MessageId, Trouble> result{0};
    while ((result = near->send(Message(std::vector<std::byte>(50'000))))) ++sent;
    EXPECT_EQ(result.error().cause, Cause::full);
    // The other side's window, and the queue, and no more.
    EXPECT_LE(sent * 50'000, 2'000'000u);
    EXPECT_LE(near->queued_bytes(), policy.queue_bytes_max);
    std::promise<void> writable;
    near->when_writable([&] { writable.set_value(); });
    for (std::size_t i = 0; i < sent; ++i) ASSERT_TRUE(receive(*far));
    writable.get_future().get();
    EXPECT_TRUE(near->send("again"));
    EXPECT_EQ(text(*far), "again");
}

TEST_F(Carriers, what_is_urgent_passes_what_is_too_large_for_the_queue) {
    Policy policy;
    policy.queue_bytes_max = 100'000;
    connect(policy);
    Message large(std::vector<std::byte>(5'000'000));
    large.niceness = 100;
    ASSERT_TRUE(near->send(std::move(large)));
    Message lazy("lazy");
    lazy.niceness = 100;
    EXPECT_EQ(near->send(std::move(lazy)).error().cause, Cause::full);
    Message urgent("urgent");
    urgent.niceness = 0;
    ASSERT_TRUE(near->send(std::move(urgent)));
    EXPECT_EQ(text(*far), "urgent");
    // As many of those may wait as at other times.
    Message more(std::vector<std::byte>(100'001));
    more.niceness = 0;
    EXPECT_EQ(near->send(std::move(more)).error().cause, Cause::full);
    EXPECT_EQ(receive(*far)->bytes.size(), 5'000'000u);
}

// They have no bytes, but have to be kept.
TEST_F(Carriers, a_queue_of_empty_messages_is_full_at_some_time) {
    Policy policy;
    policy.queue_bytes_max = 100'000;
    connect(policy);
    constexpr std::size_t many = 1'000'000;
    std::size_t sent = 0;
    std::expected<MessageId, Trouble> result{0};
    while (sent < many && (result = near->send(""))) ++sent;
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().cause, Cause::full);
    EXPECT_LE(near->queued_bytes(), policy.queue_bytes_max);
    std::promise<void> writable;
    near->when_writable([&] { writable.set_value(); });
    for (std::size_t i = 0; i < sent; ++i) ASSERT_TRUE(receive(*far));
    writable.get_future().get();
    while (near->queued_bytes() > 0) std::this_thread::yield();
}

TEST_F(Carriers, antecedents_count_as_what_they_take) {
    Policy policy;
    policy.queue_bytes_max = 3'000'000;
    connect(policy);
    // More than the other side's window.
    ASSERT_TRUE(near->send(Message(std::vector<std::byte>(2'000'000))));
    Message message("after many");
    message.antecedents.resize(200'000);
    const auto result = near->send(std::move(message));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().cause, Cause::full);
}

TEST_F(Carriers, fork_where_that_is_accepted) {
    connect();
    std::promise<Carrier> forked;
    far->accept_forks([&](Carrier carrier) { forked.set_value(std::move(carrier)); });
    // Its acceptance is known when this is answered.
    ASSERT_TRUE(far->send("ready"));
    EXPECT_EQ(text(*near), "ready");
    auto beside = near->fork();
    ASSERT_TRUE(beside) << beside.error().text;
    ASSERT_TRUE(near->send("on the first"));
    ASSERT_TRUE(beside->send("on the second"));
    Carrier other = forked.get_future().get();
    EXPECT_EQ(text(other), "on the second");
    EXPECT_EQ(text(*far), "on the first");
    ASSERT_TRUE(other.send("back"));
    EXPECT_EQ(text(*beside), "back");
    // The other way nobody has said that.
    auto refused = far->fork();
    ASSERT_TRUE(refused);
    const auto end = receive(*refused);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().cause, Cause::lost) << end.error().text;
    ASSERT_TRUE(near->send("still there"));
    EXPECT_EQ(text(*far), "still there");
}

TEST_F(Carriers, a_message_above_the_limit_is_not_taken) {
    Policy policy;
    policy.message_bytes_max = 1'000;
    connect(policy);
    EXPECT_TRUE(near->send(Message(std::vector<std::byte>(1'000))));
    const auto result = near->send(Message(std::vector<std::byte>(1'001)));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().cause, Cause::too_large);
}

// Neither is it acknowledged then, nor does anything pass the gap.
TEST_F(Carriers, a_message_above_the_limit_of_the_other_side_ends_both) {
    for (const bool is_awaited : {false, true}) {
        Policy small;
        small.message_bytes_max = 1'000;
        connect({}, small);
        Gathered events;
        std::promise<Result> promise;
        if (is_awaited) {
            far->receive([&](Result result) { promise.set_value(std::move(result)); });
        }
        for (int i = 0; i < 6; ++i) {
            Message message(i == 2 ? std::string(2'000, 'x') : std::to_string(i));
            message.on_event = [&, i](Event event) {
                if (event != Event::sent) events.add(std::to_string(i) + " " + name_of(event));
            };
            ASSERT_TRUE(near->send(std::move(message)));
        }
        const auto first = is_awaited ? promise.get_future().get() : receive(*far);
        ASSERT_TRUE(first) << first.error().text;
        EXPECT_EQ(first->text(), "0");
        EXPECT_EQ(text(*far), "1");
        for (int again = 0; again < 2; ++again) {
            const auto end = receive(*far);
            ASSERT_FALSE(end) << end->text();
            EXPECT_EQ(end.error().cause, Cause::too_large) << end.error().text;
        }
        const auto end = receive(*near);
        ASSERT_FALSE(end);
        EXPECT_EQ(end.error().cause, Cause::lost) << end.error().text;
        EXPECT_NE(end.error().text.find("a message of 2000 bytes"), std::string::npos)
            << end.error().text;
        for (const std::string& event : events.all()) {
            if (!event.ends_with(" acknowledged")) continue;
            EXPECT_TRUE(event.starts_with("0 ") || event.starts_with("1 ")) << event;
        }
        near.reset();
        far.reset();
    }
}

TEST_F(Carriers, errors_come_where_the_carrier_would) {
    connect();
    Configuration configuration(near_office);
    const auto fails_with = [&](Cause cause) {
        std::promise<std::expected<Carrier, Trouble>> made;
        configuration.initiate([&](auto carrier) { made.set_value(std::move(carrier)); });
        const auto carrier = made.get_future().get();
        EXPECT_TRUE(!carrier && carrier.error().cause == cause)
            << configuration.remote << ": " << (carrier ? "" : carrier.error().text);
    };
    configuration.remote = "nowhere";
    fails_with(Cause::bad_address);
    configuration.remote = listener->local();
    configuration.policy.prohibited_transports = {"tcp", "shm"};
    fails_with(Cause::not_supported);
    // The address says otherwise than the policy.
    configuration.policy.prohibited_transports = {"tcp"};
    configuration.remote = "tcp://" + listener->local();
    fails_with(Cause::not_supported);
}

Task echo(Carrier carrier) {
    while (auto message = co_await carrier.receive()) EXPECT_TRUE(carrier.send(message->text()));
}

TEST_F(Carriers, use_the_transports_that_both_policies_leave) {
    const auto initiate = [&](const std::string& address, const Policy& policy) {
        Configuration configuration(near_office);
        configuration.remote = address;
        configuration.policy = policy;
        std::promise<std::expected<Carrier, Trouble>> made;
        configuration.initiate([&](auto carrier) { made.set_value(std::move(carrier)); });
        return made.get_future().get();
    };
    Configuration at_far(far_office);
    at_far.local = "127.0.0.1:0";
    at_far.policy.prohibited_transports = {"shm"};
    auto listening = at_far.listen([](Carrier carrier) { echo(std::move(carrier)); });
    ASSERT_TRUE(listening) << listening.error().text;
    EXPECT_EQ(listening->local().find("tcp://127.0.0.1:"), 0u) << listening->local();
    const std::string address = listening->local().substr(std::string("tcp://").size());
    EXPECT_TRUE(initiate(address, {}));
    Policy memory_only;
    memory_only.required_transports = {"shm"};
    const auto refused = initiate(address, memory_only);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cause, Cause::not_supported) << refused.error().text;

    at_far.policy.prohibited_transports = {"tcp"};
    auto in_memory = at_far.listen([](Carrier carrier) { echo(std::move(carrier)); });
    ASSERT_TRUE(in_memory) << in_memory.error().text;
    auto carrier = initiate(in_memory->local(), {});
    ASSERT_TRUE(carrier) << carrier.error().text;
    EXPECT_TRUE(carrier->send("through memory"));
    EXPECT_EQ(text(*carrier), "through memory");
    Policy stream_only;
    stream_only.required_transports = {"tcp"};
    const std::string there = in_memory->local().substr(std::string("shm://").size());
    for (const auto& [remote, policy] :
         {std::pair("tcp://" + there, Policy{}), std::pair(there, stream_only)}) {
        const auto not_there = initiate(remote, policy);
        ASSERT_FALSE(not_there);
        EXPECT_EQ(not_there.error().cause, Cause::not_supported) << not_there.error().text;
        EXPECT_NE(not_there.error().text.find("shared memory (shm://) only"), std::string::npos)
            << not_there.error().text;
    }
}

Task converse(const Configuration& configuration, Gathered& heard) {
    auto carrier = co_await configuration.initiate();
    if (!carrier) co_return heard.add(carrier.error().text);
    for (const char* word : {"one", "two", "three"}) {
        EXPECT_TRUE(carrier->send(word));
        auto answer = co_await carrier->receive();
        heard.add(answer ? std::string(answer->text()) : answer.error().text);
    }
    co_await carrier->when_writable();
    carrier->close();
    heard.add("done");
}

TEST(CarriersOfCoroutines, read_like_a_conversation) {
    Gathered heard;
    Office office;
    Configuration at_far(office);
    at_far.local = "127.0.0.1:0";
    auto listener = at_far.listen([](Carrier carrier) { echo(std::move(carrier)); });
    ASSERT_TRUE(listener);
    Configuration configuration(office);
    configuration.remote = listener->local();
    converse(configuration, heard);
    ASSERT_TRUE(heard.reaches(4));
    EXPECT_EQ(heard.all(), (std::vector<std::string>{"one", "two", "three", "done"}));
}

// Who waits when the office ends is told.
TEST(CarriersOfCoroutines, end_with_the_office) {
    Gathered heard;
    std::optional<Listener> listener;
    std::optional<Carrier> accepted;
    Office other;
    {
        Office office;
        std::promise<void> is_accepted;
        Configuration at_other(other);
        at_other.local = "127.0.0.1:0";
        auto listening = at_other.listen([&](Carrier carrier) {
            accepted.emplace(std::move(carrier));
            is_accepted.set_value();
        });
        ASSERT_TRUE(listening);
        listener.emplace(std::move(*listening));
        Configuration configuration(office);
        configuration.remote = listener->local();
        converse(configuration, heard);
        is_accepted.get_future().get();
    }
    ASSERT_TRUE(heard.reaches(1));
}

}  // namespace

}  // namespace reowolf::post
