/* SPDX-License-Identifier: MIT */
/* Dynamic connectors: ports that are made, sent, received and handed on. */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

#define PASS(type) \
    "primitive pass(in<" type "> a, out<" type "> b) { while (true) sync put(b, get(a)); }\n"

static const char* names[] = {"amy", "bob", "cat"};
static const int dynamic[] = {RW_DYNAMIC, RW_DYNAMIC, RW_DYNAMIC};

/* To bob goes what amy sends, and to cat what bob sends. */
#define CHAIN(at)                                                       \
    "connector chain {\n"                                               \
    "    peer amy = \"$\" { in<out<u32>> give; }\n"                     \
    "    peer bob = \"$\" { out<out<u32>> take; in<out<u32>> give; }\n" \
    "    peer cat = \"$\" { out<out<u32>> take; }\n"                    \
    "    new pass(amy.give, bob.take) at " at                           \
    ";\n"                                                               \
    "    new pass(bob.give, cat.take) at " at                           \
    ";\n"                                                               \
    "}\n" PASS("out<u32>")
static const char* chains[] = {CHAIN("amy"), CHAIN("bob"), CHAIN("cat")};

/* They wait together, and nothing fails. */
static void await_both(int one, int other) {
    struct call calls[2];
    rw_timeout(one, 60000);
    rw_timeout(other, 60000);
    begin(&calls[0], rw_await, one);
    begin(&calls[1], rw_await, other);
    for (int i = 0; i < 2; ++i) {
        finish(&calls[i]);
        if (calls[i].result != 0) check_failed(__FILE__, __LINE__, "await", calls[i].text);
    }
}

/* The name that is in the buffer of a port after the round. */
struct name {
    char text[32];
};
static struct name name_at(int connector, const char* port) {
    struct name name = {""};
    CHECK(rw_decide(connector, port, name.text, sizeof name.text - 1) == 1);
    CHECK(rw_length(connector, port) == (long)strlen(name.text));
    return name;
}

/* A new port of `from` goes through its port "give" to `to`. */
static void make(int from, int to, struct name* kept, struct name* got) {
    char buffer[32] = "";
    CHECK(rw_fresh(from, "give") == 0);
    CHECK(rw_poll(to, "take", buffer, sizeof buffer) == 0);
    await_both(from, to);
    *kept = name_at(from, "give");
    *got = name_at(to, "take");
    CHECK(strcmp(buffer, got->text) == 0);
}

static void hand_on(int from, const char* port, int to, struct name* got) {
    char buffer[32] = "";
    CHECK(rw_offer(from, "give", port, strlen(port)) == 0);
    CHECK(rw_poll(to, "take", buffer, sizeof buffer) == 0);
    await_both(from, to);
    *got = name_at(to, "take");
}

static void send_number(int from, const char* out, int to, const char* in, uint32_t number) {
    uint32_t got = 0;
    CHECK(rw_offer(from, out, &number, sizeof number) == 0);
    CHECK(rw_poll(to, in, &got, sizeof got) == 0);
    await_both(from, to);
    CHECK(got == number);
}

static void made_and_used(void) {
    for (size_t at = 0; at < sizeof chains / sizeof *chains; ++at) {
        struct peers peers = connected_as(3, names, dynamic, chains[at]);
        int amy = peers.connectors[0], bob = peers.connectors[1];
        struct name kept, got;
        char type[32];
        make(amy, bob, &kept, &got);
        CHECK(rw_type(amy, kept.text, type, sizeof type) == 8 && !strcmp(type, "out<u32>"));
        CHECK(rw_type(bob, got.text, type, sizeof type) == 7 && !strcmp(type, "in<u32>"));
        for (uint32_t i = 0; i < 20; ++i) send_number(bob, got.text, amy, kept.text, i);
        end_peers(&peers);
    }
}

/* Every one of many new ports is another one. */
static void many(void) {
    struct peers peers = connected_as(3, names, dynamic, chains[1]);
    int amy = peers.connectors[0], bob = peers.connectors[1];
    for (uint32_t i = 0; i < 200; ++i) {
        struct name kept, got;
        make(amy, bob, &kept, &got);
        send_number(bob, got.text, amy, kept.text, i);
        CHECK(rw_close(i % 2 ? amy : bob, i % 2 ? kept.text : got.text) == 0);
        CHECK(rw_length(i % 2 ? amy : bob, i % 2 ? kept.text : got.text) == 4);
    }
    end_peers(&peers);
}

static void handed_on(void) {
    for (size_t at = 0; at < sizeof chains / sizeof *chains; ++at) {
        struct peers peers = connected_as(3, names, dynamic, chains[at]);
        int amy = peers.connectors[0], bob = peers.connectors[1], cat = peers.connectors[2];
        struct name kept, bobs, cats;
        for (int i = 0; i < 5; ++i) {
            make(amy, bob, &kept, &bobs);
            if (i % 2) send_number(bob, bobs.text, amy, kept.text, 1);
            hand_on(bob, bobs.text, cat, &cats);
            CHECK_ERROR(rw_length(bob, bobs.text), ENOENT); /* it is not bob's any more */
            for (uint32_t value = 0; value < 5; ++value) {
                send_number(cat, cats.text, amy, kept.text, value);
            }
        }
        end_peers(&peers);
    }
}

/* Who waits at the other end meanwhile gets what comes from the new place. */
static void handed_on_while_waited_for(void) {
    struct peers peers = connected_as(3, names, dynamic, chains[1]);
    int amy = peers.connectors[0], bob = peers.connectors[1], cat = peers.connectors[2];
    struct name kept, bobs, cats;
    make(amy, bob, &kept, &bobs);
    uint32_t got = 0, number = 77;
    struct call waits;
    CHECK(rw_poll(amy, kept.text, &got, sizeof got) == 0);
    begin(&waits, rw_await, amy);
    await_inside(amy);
    hand_on(bob, bobs.text, cat, &cats);
    CHECK(rw_offer(cat, cats.text, &number, sizeof number) == 0);
    CHECK(rw_await(cat) == 0);
    finish(&waits);
    if (waits.result != 0) check_failed(__FILE__, __LINE__, "await", waits.text);
    CHECK(got == 77);
    end_peers(&peers);
}

/* Declared ports are ports like others. */
static void declared_ports_are_handed_over(void) {
    static const char body[] =
        "connector c {\n"
        "    peer amy = \"$\" { in<in<u32>> give; out<u32> numbers; }\n"
        "    peer bob = \"$\" { out<in<u32>> take; in<in<u32>> back; }\n"
        "    peer cat = \"$\" { in<u32> count; out<in<u32>> take; }\n"
        "    new pass(amy.give, bob.take);\n"
        "    new pass(bob.back, cat.take);\n"
        "    new numbers(cat.count, amy.numbers) at bob;\n"
        "}\n"
        "primitive numbers(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n" PASS(
            "in<u32>");
    struct peers peers = connected_as(3, names, dynamic, body);
    int amy = peers.connectors[0], bob = peers.connectors[1], cat = peers.connectors[2];
    struct name bobs;
    send_number(cat, "count", amy, "numbers", 1);
    hand_on(amy, "numbers", bob, &bobs);
    CHECK_ERROR(rw_length(amy, "numbers"), EACCES);
    for (uint32_t i = 2; i < 6; ++i) send_number(cat, "count", bob, bobs.text, i);
    end_peers(&peers);
}

static void ports_inside_of_other_values(void) {
    static const char body[] =
        "struct Order { u32 amount, out<string>[] replies }\n"
        "connector c {\n"
        "    peer amy = \"$\" { in<Order> give; in<out<string>> more; out<out<string>> mine; }\n"
        "    peer bob = \"$\" { out<Order> take; }\n"
        "    new pass(amy.give, bob.take) at bob;\n"
        "    new turn(amy.more, amy.mine) at bob;\n"
        "}\n"
        "primitive turn(in<out<string>> a, out<out<string>> b) { while (true) sync put(b, get(a)); "
        "}\n" PASS("Order");
    struct peers peers = connected_as(2, names, dynamic, body);
    int amy = peers.connectors[0], bob = peers.connectors[1];
    /* A port that amy sends to herself is hers: then she has both ends. */
    struct name kept, sent;
    char buffer[32] = "";
    CHECK(rw_fresh(amy, "more") == 0);
    CHECK(rw_poll(amy, "mine", buffer, sizeof buffer) == 0);
    CHECK(rw_await(amy) == 0);
    kept = name_at(amy, "more");
    sent = name_at(amy, "mine");
    unsigned char order[64] = {3, 0, 0, 0, 1, 0, 0, 0, (unsigned char)strlen(sent.text), 0, 0, 0};
    memcpy(order + 12, sent.text, strlen(sent.text));
    unsigned char taken[64] = {0};
    CHECK(rw_offer(amy, "give", order, 12 + strlen(sent.text)) == 0);
    CHECK(rw_poll(bob, "take", taken, sizeof taken) == 0);
    await_both(amy, bob);
    CHECK(taken[0] == 3 && taken[4] == 1 && taken[8] > 0);
    struct name bobs = {""};
    memcpy(bobs.text, taken + 12, taken[8]);
    char reply[16] = "";
    CHECK(rw_offer(bob, bobs.text, "done", 4) == 0);
    CHECK(rw_poll(amy, kept.text, reply, sizeof reply) == 0);
    await_both(amy, bob);
    CHECK(strcmp(reply, "done") == 0);
    end_peers(&peers);
}

/* Components hand ports to components elsewhere. */
static void between_components(void) {
    static const char body[] =
        "connector c {\n"
        "    peer amy = \"$\" { in<u32> ask; out<u32> hear; }\n"
        "    peer bob = \"$\" { out<u32> seen; }\n"
        "    channel requests -> served;\n"
        "    new client(amy.ask, requests, amy.hear) at amy;\n"
        "    new server(served, bob.seen) at bob;\n"
        "}\n"
        "struct Request { u32 number, out<u32> reply }\n"
        "comp client(in<u32> ask, out<Request> requests, out<u32> hear) {\n"
        "    while (true) {\n"
        "        channel<u32> reply -> answer;\n"
        "        sync put(requests, Request{ number: get(ask), reply: reply });\n"
        "        sync put(hear, get(answer));\n"
        "    }\n"
        "}\n"
        "primitive server(in<Request> served, out<u32> seen) {\n"
        "    while (true) {\n"
        "        out<u32>[] replies = {};\n"
        "        u32 number = 0;\n"
        "        sync {\n"
        "            auto request = get(served);\n"
        "            number = request.number;\n"
        "            replies = {request.reply};\n"
        "            put(seen, number);\n"
        "        }\n"
        "        sync put(replies[0], 2 * number);\n"
        "    }\n"
        "}\n";
    static const int classes[] = {RW_LOGICAL, RW_LOGICAL};
    struct peers peers = connected_as(2, names, classes, body);
    int amy = peers.connectors[0], bob = peers.connectors[1];
    for (uint32_t i = 0; i < 20; ++i) {
        uint32_t twice = 0;
        send_number(amy, "ask", bob, "seen", i);
        CHECK(rw_poll(amy, "hear", &twice, sizeof twice) == 0);
        CHECK(rw_await(amy) == 0);
        CHECK(twice == 2 * i);
    }
    end_peers(&peers);
}

/* What came with the last round of a protocol is there, whatever it came through. */
static void the_last_round(void) {
    static const char body[] =
        "connector c { peer amy = \"$\" { in<out<string>> give; } new once(amy.give); }\n"
        "primitive once(in<out<string>> a) {\n"
        "    out<string>[] ports = {};\n"
        "    sync ports = {get(a)};\n"
        "    sync put(ports[0], \"hello\");\n"
        "}\n";
    struct peers peers = connected_as(1, names, dynamic, body);
    int amy = peers.connectors[0];
    for (int protocol = 0; protocol < 3; ++protocol) {
        struct name kept;
        char heard[8] = "", whole[8] = "";
        const void* seen = NULL;
        size_t size = 0;
        CHECK(rw_fresh(amy, "give") == 0 && rw_await(amy) == 0);
        kept = name_at(amy, "give");
        CHECK(rw_poll(amy, kept.text, heard, 4) == 0 && rw_await(amy) == 1);
        CHECK(strcmp(heard, "hell") == 0);
        CHECK(rw_length(amy, kept.text) == 5 && rw_decide(amy, kept.text, whole, 8) == 1);
        CHECK(rw_view(amy, kept.text, &seen, &size) == 1 && size == 5);
        CHECK(strcmp(whole, "hello") == 0);
        CHECK_ERROR(rw_poll(amy, kept.text, heard, 4), ENOENT);
    }
    end_peers(&peers);
}

static void what_is_refused(void) {
    struct peers peers = make_peers_as(3, names, dynamic, chains[0]);
    int amy = peers.connectors[0], bob = peers.connectors[1], cat = peers.connectors[2];
    CHECK_ERROR(rw_fresh(amy, "give"), ENOTCONN);
    connect_peers(&peers);
    uint32_t number = 1;
    struct name kept, got;
    CHECK_ERROR(rw_fresh(amy, NULL), EINVAL);
    CHECK_ERROR(rw_fresh(amy, "none"), ENOENT);
    CHECK_ERROR(rw_fresh(amy, "take"), EACCES);
    CHECK_ERROR(rw_fresh(bob, "take"), EPERM);
    CHECK_ERROR(rw_offer(amy, "give", "none", 4), EINVAL);
    CHECK_ERROR(rw_offer(amy, "give", "give", 4), EINVAL); /* of another type */
    CHECK_ERROR(rw_sync(amy), EPERM);
    make(amy, bob, &kept, &got);
    CHECK_ERROR(rw_fresh(bob, got.text), EPERM);                              /* one for numbers */
    CHECK_ERROR(rw_offer(amy, "give", kept.text, strlen(kept.text)), EINVAL); /* the other end */
    CHECK_ERROR(rw_offer(bob, got.text, &number, 2), EMSGSIZE);
    CHECK_ERROR(rw_poll(bob, got.text, &number, sizeof number), EPERM);

    /* Not within the time limit: it is as if nothing had been. */
    rw_timeout(amy, 50);
    CHECK(rw_fresh(amy, "give") == 0);
    CHECK_ERROR(rw_await(amy), ETIMEDOUT);
    CHECK(rw_decide(amy, "give", NULL, 0) == 1); /* of the last round */
    char buffer[32] = "";
    rw_timeout(amy, -1);
    CHECK(rw_poll(bob, "take", buffer, sizeof buffer) == 0);
    await_both(amy, bob); /* what was prepared has stayed so */
    kept = name_at(amy, "give");
    got = name_at(bob, "take");
    send_number(bob, got.text, amy, kept.text, 9);

    /* Offering something else, or nothing, replaces the offer. */
    CHECK(rw_fresh(amy, "give") == 0 && rw_offer(amy, "give", NULL, 0) == 0);
    CHECK_ERROR(rw_await(amy), EDEADLK);

    /* A closed end is closed for the other, wherever that is. */
    struct name cats;
    hand_on(bob, got.text, cat, &cats);
    send_number(cat, cats.text, amy, kept.text, 9);
    CHECK(rw_close(amy, kept.text) == 0);
    CHECK_ERROR(rw_offer(amy, kept.text, &number, sizeof number), EPERM);
    CHECK_ERROR(rw_poll(amy, kept.text, &number, sizeof number), EPIPE);
    CHECK_TEXT(rw_error(amy), "closed");
    CHECK(rw_close(amy, kept.text) == 0); /* as often as one likes */
    CHECK(rw_decide(amy, kept.text, &number, sizeof number) == 1 && number == 9);
    CHECK(rw_offer(cat, cats.text, &number, sizeof number) == 0);
    CHECK_ERROR(rw_await(cat), EDEADLK);
    end_peers(&peers);
}

/* Of the ports that were closed the last ones are known; a name is never used again. */
static void many_that_are_closed(void) {
    enum { KEPT = 1024 };
    struct peers peers = connected_as(3, names, dynamic, chains[0]);
    int amy = peers.connectors[0], bob = peers.connectors[1];
    static struct name kept[KEPT + 1];
    struct name got;
    uint32_t number = 1;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; ++i) {
        CHECK_ERROR(rw_poll(amy, kept[0].text, &number, sizeof number), i == 0 ? ENOENT : EPIPE);
        make(amy, bob, &kept[i], &got);
        CHECK(rw_close(amy, kept[i].text) == 0 && rw_close(bob, got.text) == 0);
    }
    CHECK_ERROR(rw_poll(amy, kept[0].text, &number, sizeof number), ENOENT);
    CHECK_ERROR(rw_poll(amy, kept[1].text, &number, sizeof number), EPIPE);
    CHECK_ERROR(rw_poll(amy, kept[KEPT].text, &number, sizeof number), EPIPE);
    end_peers(&peers);
}

/* A port that has gone on to somebody else does not end with who had it. */
static void who_handed_it_on_may_go(void) {
    struct peers peers = connected_as(3, names, dynamic, chains[0]);
    int amy = peers.connectors[0], bob = peers.connectors[1], cat = peers.connectors[2];
    struct name kept, bobs, cats;
    make(amy, bob, &kept, &bobs);
    hand_on(bob, bobs.text, cat, &cats);
    send_number(cat, cats.text, amy, kept.text, 1);
    CHECK(rw_close(bob, NULL) == 0);
    peers.connectors[1] = -1;
    for (uint32_t i = 0; i < 5; ++i) send_number(cat, cats.text, amy, kept.text, i);
    end_peers(&peers);
}

/* All three classes in one connector: who steps, who waits, and who makes ports. */
static void all_classes_together(void) {
    static const char body[] =
        "connector c {\n"
        "    peer amy = \"$\" { in<u32> tick; }\n"
        "    peer bob = \"$\" { out<u32> seen; in<out<u32>> give; }\n"
        "    peer cat = \"$\" { out<out<u32>> take; }\n"
        "    new tap(amy.tick, bob.seen);\n"
        "    new pass(bob.give, cat.take);\n"
        "}\n"
        "primitive tap(in<u32> a, out<u32> b) { while (true) sync if (fires(a)) put(b, get(a)); "
        "}\n" PASS("out<u32>");
    const int classes[] = {RW_REALTIME, RW_DYNAMIC, RW_DYNAMIC};
    struct peers peers = connected_as(3, names, classes, body);
    int amy = peers.connectors[0], bob = peers.connectors[1], cat = peers.connectors[2];
    struct name kept, got;
    for (uint32_t i = 1; i < 6; ++i) {
        struct call step;
        uint32_t seen = 0;
        CHECK(rw_put(amy, "tick", &i, sizeof i) == 0);
        begin(&step, rw_sync, amy);
        CHECK(rw_poll(bob, "seen", &seen, sizeof seen) == 0);
        CHECK(rw_await(bob) == 0);
        finish(&step);
        CHECK(step.result == 0 && seen == i);
        CHECK(rw_sync(amy) == 0); /* nothing is prepared, and the others are silent */
        make(bob, cat, &kept, &got);
        send_number(cat, got.text, bob, kept.text, 3);
    }
    end_peers(&peers);

    /* Only dynamic connectors have ports for ports. */
    const int others[] = {RW_REALTIME, RW_LOGICAL, RW_LOGICAL};
    peers = connected_as(3, names, others, chains[0]);
    char buffer[8];
    CHECK_ERROR(rw_put(peers.connectors[0], "give", "x", 1), EPERM);
    CHECK_ERROR(rw_poll(peers.connectors[1], "take", buffer, sizeof buffer), EPERM);
    CHECK_ERROR(rw_fresh(peers.connectors[1], "give"), EPERM);
    end_peers(&peers);
}

/* Nothing is kept of a channel of which both ends are closed, also if one was known to be when the
 * other was closed. Names are remembered, as many as that. */
static void closed_ones_leave_nothing(void) {
    enum { TURNS = 1100, LOOKS = 200, BYTES_KEPT_MAX = 250000 };
    struct peers peers = connected_as(3, names, dynamic, chains[0]);
    int amy = peers.connectors[0], bob = peers.connectors[1];
    struct name kept, bobs;
    size_t before = SIZE_MAX, after = SIZE_MAX; /* buffers come and go: the least of some turns */
    for (int i = 0; i < 2 * TURNS; ++i) {
        uint32_t number = 0;
        size_t used = mallinfo2().uordblks;
        if (i >= TURNS - LOOKS && i < TURNS && used < before) before = used;
        if (i >= 2 * TURNS - LOOKS && used < after) after = used;
        make(amy, bob, &kept, &bobs);
        CHECK(rw_close(bob, bobs.text) == 0);
        CHECK(rw_poll(amy, kept.text, &number, sizeof number) == 0);
        CHECK_ERROR(rw_await(amy), EDEADLK);
        CHECK(rw_close(amy, kept.text) == 0);
    }
    if (after > before + BYTES_KEPT_MAX) {
        char found[40];
        snprintf(found, sizeof found, "%zu bytes more", after - before);
        check_failed(__FILE__, __LINE__, "closed channels leave nothing", found);
    }
    end_peers(&peers);
}

int main(int argc, char** argv) {
    const struct test_case cases[] = {
        CASE(made_and_used),
        CASE(many),
        CASE(handed_on),
        CASE(handed_on_while_waited_for),
        CASE(declared_ports_are_handed_over),
        CASE(ports_inside_of_other_values),
        CASE(between_components),
        CASE(the_last_round),
        CASE(what_is_refused),
        CASE(many_that_are_closed),
        CASE(closed_ones_leave_nothing),
        CASE(who_handed_it_on_may_go),
        CASE(all_classes_together),
    };
    return RUN_CASES(argc, argv, cases);
}
