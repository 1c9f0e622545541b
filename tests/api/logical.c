/* SPDX-License-Identifier: MIT */
/* Logical connectors: offer, poll, await, decide; alone and together with real-time peers. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

static void offer(int connector, const char* port, uint32_t value) {
    CHECK(rw_offer(connector, port, &value, sizeof value) == 0);
}

static void poll_port(int connector, const char* port, uint32_t* room) {
    CHECK(rw_poll(connector, port, room, sizeof *room) == 0);
}

static void put(int connector, const char* port, uint32_t value) {
    CHECK(rw_put(connector, port, &value, sizeof value) == 0);
}

static void get(int connector, const char* port, uint32_t* room) {
    CHECK(rw_get(connector, port, room, sizeof *room) == 0);
}

static const char* pair[] = {"amy", "bob"};
static const char* three[] = {"amy", "bob", "cat"};
static const int logical[] = {RW_LOGICAL, RW_LOGICAL, RW_LOGICAL};

#define AMY connectors[0]
#define BOB connectors[1]
#define CAT connectors[2]

static const char* pass_body =
    "connector direct {\n"
    "    peer amy = \"$\" { in<u32> give; }\n"
    "    peer bob = \"$\" { out<u32> take; }\n"
    "    new pass(amy.give, bob.take);\n"
    "}\n"
    "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";

static const char* merger_body =
    "connector merged {\n"
    "    peer amy = \"$\" { in<u32> give; }\n"
    "    peer bob = \"$\" { in<u32> give; }\n"
    "    peer cat = \"$\" { out<u32> take; }\n"
    "    new merger(amy.give, bob.give, cat.take);\n"
    "}\n"
    "primitive merger(in<u32> a, in<u32> b, out<u32> c) {\n"
    "    while (true) sync { fork put(c, get(a)); or put(c, get(b)); }\n"
    "}\n";

static void two_logical_peers(void) {
    struct peers peers = connected_as(2, pair, logical, pass_body);
    for (uint32_t i = 0; i < 50; ++i) {
        uint32_t taken = 0, decided = 77;
        struct call amy;
        offer(peers.AMY, "give", i + 1000);
        begin(&amy, rw_await, peers.AMY);
        poll_port(peers.BOB, "take", &taken);
        CHECK(rw_await(peers.BOB) == 0);
        finish(&amy);
        CHECK(amy.result == 0);
        CHECK(taken == i + 1000);
        CHECK(rw_decide(peers.BOB, "take", &decided, sizeof decided) == 1);
        CHECK(decided == i + 1000);
        CHECK(rw_decide(peers.AMY, "give", &decided, sizeof decided) == 1);
        CHECK(decided == i + 1000);
        CHECK(rw_length(peers.BOB, "take") == 4);
    }
    end_peers(&peers);
}

/* A merger serves whoever offers; cat takes one at a time, and a third does not wait. */
static void only_as_large_as_needed(void) {
    struct peers peers = connected_as(3, three, logical, merger_body);
    for (uint32_t i = 0; i < 20; ++i) {
        uint32_t taken = 0;
        struct call giver;
        int who = peers.connectors[i % 2];
        offer(who, "give", i);
        begin(&giver, rw_await, who);
        poll_port(peers.CAT, "take", &taken);
        CHECK(rw_await(peers.CAT) == 0);
        finish(&giver);
        CHECK(giver.result == 0);
        CHECK(taken == i);
    }
    end_peers(&peers);
}

/* Of two ports polled one fires; the other's buffer is as it was, and its poll is over. */
static void some_fire(void) {
    struct peers peers = connected_as(
        2, pair, logical,
        "connector two {\n"
        "    peer amy = \"$\" { in<u32> left; in<u32> right; }\n"
        "    peer bob = \"$\" { out<u32> left; out<u32> right; }\n"
        "    new pass(amy.left, bob.left);\n"
        "    new pass(amy.right, bob.right);\n"
        "}\n"
        "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n");
    for (uint32_t i = 0; i < 20; ++i) {
        uint32_t left = 1, right = 2, decided = 3;
        struct call amy;
        const char* fired = i % 2 == 0 ? "left" : "right";
        const char* silent = i % 2 == 0 ? "right" : "left";
        offer(peers.AMY, fired, i + 10);
        begin(&amy, rw_await, peers.AMY);
        poll_port(peers.BOB, "left", &left);
        poll_port(peers.BOB, "right", &right);
        CHECK(rw_await(peers.BOB) == 0);
        finish(&amy);
        CHECK(amy.result == 0);
        CHECK(i % 2 == 0 ? left == i + 10 && right == 2 : left == 1 && right == i + 10);
        CHECK(rw_decide(peers.BOB, silent, &decided, sizeof decided) == 0);
        CHECK(decided == 3);
        CHECK(rw_length(peers.BOB, silent) == 0);
        CHECK(rw_decide(peers.BOB, fired, &decided, sizeof decided) == 1);
        CHECK(decided == i + 10);
    }
    /* Both at once, if both are there. */
    uint32_t left = 0, right = 0;
    struct call bob;
    poll_port(peers.BOB, "left", &left);
    poll_port(peers.BOB, "right", &right);
    offer(peers.AMY, "left", 1);
    offer(peers.AMY, "right", 2);
    begin(&bob, rw_await, peers.BOB);
    CHECK(rw_await(peers.AMY) == 0);
    finish(&bob);
    CHECK(bob.result == 0);
    CHECK(left == 1 || right == 2);
    CHECK((left == 1) == (rw_decide(peers.AMY, "left", NULL, 0) == 1));
    CHECK((right == 2) == (rw_decide(peers.AMY, "right", NULL, 0) == 1));
    CHECK(rw_length(peers.AMY, "left") == (left == 1 ? 4 : 0));
    end_peers(&peers);
}

static void nothing_prepared(void) {
    struct peers peers = connected_as(2, pair, logical, pass_body);
    uint32_t value = 7;
    CHECK_ERROR(rw_await(peers.AMY), EDEADLK);
    CHECK_TEXT(rw_error(peers.AMY), "nothing is prepared");
    offer(peers.AMY, "give", 1);
    CHECK(rw_offer(peers.AMY, "give", NULL, 0) == 0);
    CHECK_ERROR(rw_await(peers.AMY), EDEADLK);
    poll_port(peers.BOB, "take", &value);
    CHECK(rw_poll(peers.BOB, "take", NULL, 0) == 0);
    CHECK_ERROR(rw_await(peers.BOB), EDEADLK);
    CHECK(value == 7);
    end_peers(&peers);
}

/* The last offer counts, the last poll too. */
static void replaced(void) {
    struct peers peers = connected_as(2, pair, logical, pass_body);
    uint32_t first = 1, last = 1;
    struct call amy;
    offer(peers.AMY, "give", 5);
    offer(peers.AMY, "give", 6);
    begin(&amy, rw_await, peers.AMY);
    poll_port(peers.BOB, "take", &first);
    poll_port(peers.BOB, "take", &last);
    CHECK(rw_await(peers.BOB) == 0);
    finish(&amy);
    CHECK(amy.result == 0 && first == 1 && last == 6);
    end_peers(&peers);
}

/* A time limit; then what was offered is still offered. */
static void timeout(void) {
    struct peers peers = connected_as(2, pair, logical, pass_body);
    uint32_t taken = 0;
    struct call amy;
    offer(peers.AMY, "give", 9);
    CHECK(rw_timeout(peers.AMY, 50) == 0);
    CHECK_ERROR(rw_await(peers.AMY), ETIMEDOUT);
    CHECK(rw_timeout(peers.AMY, -1) == 0);
    poll_port(peers.BOB, "take", &taken);
    begin(&amy, rw_await, peers.AMY);
    CHECK(rw_await(peers.BOB) == 0);
    finish(&amy);
    CHECK(amy.result == 0 && taken == 9);
    end_peers(&peers);
}

/* Who is missing is named, whatever its class. With a short limit there may be no time to ask. */
static void timeout_names_who_is_missing(void) {
    for (int steps = 0; steps < 2; ++steps) {
        const int classes[] = {steps ? RW_REALTIME : RW_LOGICAL, RW_LOGICAL};
        struct peers peers = connected_as(2, pair, classes, pass_body);
        uint32_t given = 9;
        int named = 0;
        for (long limit = 100; !named && limit < 60000; limit *= 2) {
            CHECK(rw_timeout(peers.AMY, limit) == 0);
            if (steps) {
                CHECK(rw_put(peers.AMY, "give", &given, sizeof given) == 0);
                CHECK_ERROR(rw_sync(peers.AMY), ETIMEDOUT);
            } else {
                offer(peers.AMY, "give", given);
                CHECK_ERROR(rw_await(peers.AMY), ETIMEDOUT);
            }
            named = strstr(rw_error(peers.AMY), "'bob' did not arrive") != NULL;
        }
        CHECK(named);
        end_peers(&peers);
    }
}

/* An optional port of one that steps fires with what a logical peer offers, too. */
static void options_of_who_waits(void) {
    static const char body[] =
        "connector c {\n"
        "    peer amy = \"$\" { in<u32> give; out<u32> take; }\n"
        "    peer bob = \"$\" { out<u32> take; in<u32> give; }\n"
        "    peer cat = \"$\" { }\n"
        "    new pass(amy.give, bob.take);\n"
        "    new pass(bob.give, amy.take);\n"
        "}\n"
        "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";
    const int classes[] = {RW_REALTIME, RW_LOGICAL, RW_REALTIME};
    struct peers peers = connected_as(3, three, classes, body);
    for (uint32_t i = 0; i < 20; ++i) {
        uint32_t amys = 77, bobs = 77;
        struct call amy, bob;
        poll_port(peers.BOB, "take", &bobs);
        offer(peers.BOB, "give", i);
        begin(&bob, rw_await, peers.BOB);
        put(peers.AMY, "give", 100 + i);
        CHECK(rw_opt(peers.AMY, "take", &amys, sizeof amys) == 0);
        /* Until what bob offers is known to be there. */
        CHECK(rw_timeout(peers.AMY, 0) == 0);
        do {
            CHECK_ERROR(rw_sync(peers.AMY), ETIMEDOUT);
        } while (strstr(rw_error(peers.AMY), "'bob' did not arrive"));
        CHECK(rw_timeout(peers.AMY, -1) == 0);
        begin(&amy, rw_sync, peers.AMY);
        CHECK(rw_sync(peers.CAT) == 0);
        finish(&amy);
        finish(&bob);
        CHECK(amy.result == 0 && bob.result == 0);
        CHECK(amys == i && bobs == 100 + i);
    }
    end_peers(&peers);
}

enum { MANY = 40 };

/* Two peers joined by so many channels, from amy's port to bob's of the same number. */
static struct peers joined_by_many(const int classes[], const char* component) {
    static char body[20000];
    size_t length = 0;
#define ADD(...) length += (size_t)snprintf(body + length, sizeof body - length, __VA_ARGS__)
    ADD("connector many {\n");
    for (int peer = 0; peer < 2; ++peer) {
        ADD("    peer %s = \"$\" {", pair[peer]);
        for (int i = 0; i < MANY; ++i) ADD(" %s<u32> p%d;", peer == 0 ? "in" : "out", i);
        ADD(" }\n");
    }
    for (int i = 0; i < MANY; ++i) ADD("    new pass(amy.p%d, bob.p%d);\n", i, i);
    ADD("}\n%s", component);
#undef ADD
    return connected_as(2, pair, classes, body);
}

static const char* port_name(int i) {
    static char name[8];
    snprintf(name, sizeof name, "p%d", i);
    return name;
}

/* With many optional ports everything fires that can, or what one of the sides wants. */
static void many_options(void) {
    static const int kinds[][2] = {
        {RW_REALTIME, RW_REALTIME}, {RW_REALTIME, RW_LOGICAL}, {RW_LOGICAL, RW_LOGICAL}};
    for (int kind = 0; kind < 3; ++kind) {
        struct peers peers = joined_by_many(
            kinds[kind],
            "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n");
        const bool amy_steps = kinds[kind][0] == RW_REALTIME;
        const bool bob_steps = kinds[kind][1] == RW_REALTIME;
        for (int round = 0; round < 6; ++round) {
            /* Of an even number everything goes, of an odd one a single one. */
            const int only = round % 2 ? round * 7 % MANY : -1;
            uint32_t taken[MANY];
            struct call amy;
            for (int i = 0; i < MANY; ++i) {
                taken[i] = 77;
                if (!amy_steps) {
                    offer(peers.AMY, port_name(i), (uint32_t)i);
                } else if (only < 0 || i == only) {
                    put(peers.AMY, port_name(i), (uint32_t)i);
                }
                if (bob_steps) {
                    CHECK(rw_opt(peers.BOB, port_name(i), &taken[i], sizeof taken[i]) == 0);
                } else if (only < 0 || i == only) {
                    poll_port(peers.BOB, port_name(i), &taken[i]);
                }
            }
            begin(&amy, amy_steps ? rw_sync : rw_await, peers.AMY);
            CHECK((bob_steps ? rw_sync(peers.BOB) : rw_await(peers.BOB)) == 0);
            finish(&amy);
            CHECK(amy.result == 0);
            int fired = 0;
            for (int i = 0; i < MANY; ++i) {
                const bool went = rw_decide(peers.AMY, port_name(i), NULL, 0) == 1;
                CHECK(went == (taken[i] != 77) && (!went || taken[i] == (uint32_t)i));
                fired += went;
            }
            CHECK(only < 0 ? fired >= 1 && (!amy_steps || fired == MANY)
                           : fired == 1 && taken[only] == (uint32_t)only);
        }
        end_peers(&peers);
    }
}

/* Of eight optional ports so many fire as the component wants, whatever that takes; and that none
 * of the combinations fits is found, too. */
static void options_of_which_some_fit(void) {
    enum { PORTS = 8 };
    static const int wanted[] = {PORTS, 1, PORTS / 2, PORTS + 1};
    for (size_t which = 0; which < sizeof wanted / sizeof *wanted; ++which) {
        char body[4000];
        size_t length = 0;
#define ADD(...) length += (size_t)snprintf(body + length, sizeof body - length, __VA_ARGS__)
        ADD("connector own { peer amy = \"$\" { in<u32> p0");
        for (int i = 1; i < PORTS; ++i) ADD(", p%d", i);
        ADD("; } new some(amy.p0");
        for (int i = 1; i < PORTS; ++i) ADD(", amy.p%d", i);
        ADD("); }\nprimitive some(in<u32> p0");
        for (int i = 1; i < PORTS; ++i) ADD(", in<u32> p%d", i);
        ADD(") { while (true) sync { u32 n = 0;");
        for (int i = 0; i < PORTS; ++i) ADD(" if (fires(p%d)) { get(p%d); n += 1; }", i, i);
        ADD(" assert n == %d; } }\n", wanted[which]);
#undef ADD
        struct peers peers = connected_as(1, pair, logical, body);
        for (int i = 0; i < PORTS; ++i) offer(peers.AMY, port_name(i), 1);
        if (wanted[which] > PORTS) {
            CHECK_ERROR(rw_await(peers.AMY), EDEADLK);
        } else {
            CHECK(rw_await(peers.AMY) == 0);
            int fired = 0;
            for (int i = 0; i < PORTS; ++i) {
                fired += rw_decide(peers.AMY, port_name(i), NULL, 0);
            }
            CHECK(fired == wanted[which]);
        }
        end_peers(&peers);
    }
}

/* Of more combinations than there may be behaviours not all are tried, and that is said. */
static void options_without_number(void) {
    char body[6000];
    size_t length = 0;
#define ADD(...) length += (size_t)snprintf(body + length, sizeof body - length, __VA_ARGS__)
    ADD("connector own {\n    peer amy = \"$\" {");
    for (int i = 0; i < MANY; ++i) ADD(" in<u32> p%d;", i);
    ADD(" }\n");
    for (int i = 0; i < MANY; ++i) ADD("    new never(amy.p%d);\n", i);
    ADD("}\nprimitive never(in<u32> a) { while (true) sync { get(a); assert false; } }\n");
#undef ADD
    struct peers peers = connected_as(1, pair, logical, body);
    for (int i = 0; i < MANY; ++i) offer(peers.AMY, port_name(i), 1);
    CHECK_ERROR(rw_await(peers.AMY), EDEADLK);
    CHECK_TEXT(rw_error(peers.AMY),
               "not all combinations of the optional ports of 'amy' were tried");
    end_peers(&peers);
}

/* A time limit of 0: what those who wait allow happens; nobody else is waited for. */
static void tries_once(void) {
    struct peers peers = connected_as(2, pair, logical, pass_body);
    for (int waiting = 0; waiting < 2; ++waiting) {
        uint32_t taken = 0;
        struct call other;
        int tries = peers.connectors[1 - waiting];
        offer(peers.AMY, "give", 3);
        poll_port(peers.BOB, "take", &taken);
        CHECK(rw_timeout(tries, 0) == 0);
        CHECK_ERROR(rw_await(tries), ETIMEDOUT);
        begin(&other, rw_await, peers.connectors[waiting]);
        await_inside(peers.connectors[waiting]);
        int result;
        while ((result = rw_await(tries)) < 0 && errno == ETIMEDOUT) continue;
        CHECK(result == 0);
        finish(&other);
        CHECK(other.result == 0 && taken == 3);
        CHECK(rw_timeout(tries, -1) == 0);
    }
    end_peers(&peers);
}

/* Everybody waits, and nothing fits: everybody hears of it, and can try again. */
static void impossible(void) {
    struct peers peers = connected_as(
        3, three, logical,
        "connector choose {\n"
        "    peer amy = \"$\" { in<u32> give; }\n"
        "    peer bob = \"$\" { out<u32> take; }\n"
        "    peer cat = \"$\" { out<u32> take; }\n"
        "    new small(amy.give, bob.take, cat.take);\n"
        "}\n"
        "primitive small(in<u32> a, out<u32> b, out<u32> c) {\n"
        "    while (true) sync { u32 v = get(a); assert v < 100; put(b, v); put(c, v); }\n"
        "}\n");
    struct call calls[3];
    for (int turn = 0; turn < 3; ++turn) {
        uint32_t bob = 0, cat = 0;
        offer(peers.AMY, "give", turn == 1 ? 100 : 99);
        poll_port(peers.BOB, "take", &bob);
        poll_port(peers.CAT, "take", &cat);
        for (int i = 0; i < 3; ++i) begin(&calls[i], rw_await, peers.connectors[i]);
        for (int i = 0; i < 3; ++i) finish(&calls[i]);
        for (int i = 0; i < 3; ++i) {
            CHECK(calls[i].result == (turn == 1 ? -1 : 0));
            if (turn == 1) CHECK(calls[i].code == EDEADLK);
            if (turn == 1) CHECK_TEXT(calls[i].text, "the assertion is false");
        }
        CHECK(bob == (turn == 1 ? 0 : 99) && cat == bob);
    }
    end_peers(&peers);
}

/* Whoever has not arrived may still help: nobody concludes that it is impossible. */
static void absent_may_help(void) {
    struct peers peers = connected_as(3, three, logical, merger_body);
    uint32_t taken = 0;
    struct call amy, cat;
    offer(peers.AMY, "give", 100);
    begin(&amy, rw_await, peers.AMY);
    CHECK(rw_timeout(peers.CAT, 200) == 0);
    /* cat does nothing; then it comes. */
    CHECK_ERROR(rw_await(peers.CAT), EDEADLK);
    poll_port(peers.CAT, "take", &taken);
    begin(&cat, rw_await, peers.CAT);
    finish(&cat);
    finish(&amy);
    CHECK(amy.result == 0 && cat.result == 0 && taken == 100);
    end_peers(&peers);
}

/* amy and bob step together; cat is a logical peer. */
static const int mixed[] = {RW_REALTIME, RW_REALTIME, RW_LOGICAL};
static const int mixed_first[] = {RW_LOGICAL, RW_REALTIME, RW_REALTIME};

static const char* optional_body =
    "connector steps {\n"
    "    peer amy = \"$\" { in<u32> give; }\n"
    "    peer bob = \"$\" { out<u32> take; }\n"
    "    peer cat = \"$\" { out<u32> copy; }\n"
    "    new tee(amy.give, bob.take, cat.copy);\n"
    "}\n"
    "primitive tee(in<u32> a, out<u32> b, out<u32> c) {\n"
    "    while (true) sync { u32 v = get(a); put(b, v); fork put(c, v); or skip; }\n"
    "}\n";

/* To the real-time peers a logical peer that is not awaiting is silent. */
static void step_without_the_logical_peer(void) {
    struct peers peers = connected_as(3, three, mixed, optional_body);
    uint32_t copy = 0;
    struct call calls[3];
    for (uint32_t i = 1; i <= 10; ++i) {
        uint32_t taken = 0;
        put(peers.AMY, "give", i);
        get(peers.BOB, "take", &taken);
        begin(&calls[0], rw_sync, peers.AMY);
        begin(&calls[1], rw_sync, peers.BOB);
        finish(&calls[0]);
        finish(&calls[1]);
        CHECK(calls[0].result == 0 && calls[1].result == 0 && taken == i);
    }
    /* When it awaits, it is in one of the next steps. */
    poll_port(peers.CAT, "copy", &copy);
    begin(&calls[2], rw_await, peers.CAT);
    await_inside(peers.CAT);
    uint32_t last = 10;
    while (rw_length(peers.CAT, "copy") == -1) {
        uint32_t taken = 0;
        CHECK(errno == EBUSY);
        put(peers.AMY, "give", ++last);
        get(peers.BOB, "take", &taken);
        begin(&calls[0], rw_sync, peers.AMY);
        begin(&calls[1], rw_sync, peers.BOB);
        finish(&calls[0]);
        finish(&calls[1]);
        CHECK(calls[0].result == 0 && calls[1].result == 0 && taken == last);
        CHECK(last < 1000);
    }
    finish(&calls[2]);
    CHECK(calls[2].result == 0 && copy > 10 && copy <= last);
    end_peers(&peers);
}

/* If they can only step together with it, they wait for it, until their time limit. */
static void step_with_the_logical_peer(void) {
    for (int first = 0; first < 2; ++first) {
        /* The logical peer is the last or the first one of the description. */
        const char* body = first
                               ? "connector all {\n"
                                 "    peer amy = \"$\" { out<u32> copy; }\n"
                                 "    peer bob = \"$\" { in<u32> give; }\n"
                                 "    peer cat = \"$\" { out<u32> take; }\n"
                                 "    new tee(bob.give, cat.take, amy.copy);\n"
                                 "}\n"
                                 "primitive tee(in<u32> a, out<u32> b, out<u32> c) {\n"
                                 "    while (true) sync { u32 v = get(a); put(b, v); put(c, v); }\n"
                                 "}\n"
                               : "connector all {\n"
                                 "    peer amy = \"$\" { in<u32> give; }\n"
                                 "    peer bob = \"$\" { out<u32> take; }\n"
                                 "    peer cat = \"$\" { out<u32> copy; }\n"
                                 "    new tee(amy.give, bob.take, cat.copy);\n"
                                 "}\n"
                                 "primitive tee(in<u32> a, out<u32> b, out<u32> c) {\n"
                                 "    while (true) sync { u32 v = get(a); put(b, v); put(c, v); }\n"
                                 "}\n";
        struct peers peers = connected_as(3, three, first ? mixed_first : mixed, body);
        int giver = peers.connectors[first], taker = peers.connectors[first + 1];
        int watcher = peers.connectors[first ? 0 : 2];
        uint32_t taken = 0, copy = 0;
        struct call calls[3];
        put(giver, "give", 5);
        get(taker, "take", &taken);
        CHECK(rw_timeout(giver, 300) == 0);
        begin(&calls[0], rw_sync, giver);
        begin(&calls[1], rw_sync, taker);
        finish(&calls[0]);
        finish(&calls[1]);
        CHECK(calls[0].result == -1 && calls[0].code == ETIMEDOUT);
        CHECK(calls[1].result == -1 && calls[1].code == ETIMEDOUT);
        CHECK(rw_timeout(giver, -1) == 0);
        for (uint32_t i = 0; i < 10; ++i) {
            put(giver, "give", i);
            get(taker, "take", &taken);
            poll_port(watcher, "copy", &copy);
            begin(&calls[0], rw_sync, giver);
            begin(&calls[1], rw_sync, taker);
            begin(&calls[2], rw_await, watcher);
            for (int j = 0; j < 3; ++j) finish(&calls[j]);
            for (int j = 0; j < 3; ++j) CHECK(calls[j].result == 0);
            CHECK(taken == i && copy == i);
        }
        /* Everybody is there, and it is impossible. */
        put(giver, "give", 1);
        poll_port(watcher, "copy", &copy);
        begin(&calls[0], rw_sync, giver);
        begin(&calls[1], rw_sync, taker);
        begin(&calls[2], rw_await, watcher);
        for (int j = 0; j < 3; ++j) finish(&calls[j]);
        for (int j = 0; j < 3; ++j) CHECK(calls[j].result == -1 && calls[j].code == EDEADLK);
        end_peers(&peers);
    }
}

/* When it has left, they are told so, and not that nothing fits. */
static void step_that_needs_who_left(void) {
    for (int where = 0; where < 2; ++where) {
        char body[400];
        snprintf(body, sizeof body,
                 "connector all {\n"
                 "    peer amy = \"$\" { in<u32> give; }\n"
                 "    peer bob = \"$\" { out<u32> take; }\n"
                 "    peer cat = \"$\" { out<u32> copy; }\n"
                 "    new tee(amy.give, bob.take, cat.copy) at %s;\n"
                 "}\n"
                 "primitive tee(in<u32> a, out<u32> b, out<u32> c) {\n"
                 "    while (true) sync { u32 v = get(a); put(b, v); put(c, v); }\n"
                 "}\n",
                 three[where]);
        struct peers peers = connected_as(3, three, mixed, body);
        uint32_t taken = 0;
        CHECK(rw_close(peers.CAT, NULL) == 0);
        peers.CAT = -1;
        for (int again = 0; again < 2; ++again) {
            struct call calls[2];
            put(peers.AMY, "give", 5);
            get(peers.BOB, "take", &taken);
            for (int i = 0; i < 2; ++i) begin(&calls[i], rw_sync, peers.connectors[i]);
            for (int i = 0; i < 2; ++i) {
                finish(&calls[i]);
                CHECK(calls[i].result == -1 && calls[i].code == EPIPE);
                CHECK_TEXT(calls[i].text, "'cat' is gone: it has left the connector");
            }
        }
        CHECK(taken == 0);
        end_peers(&peers);
    }
}

/* A buffer between them: the logical peer takes what it wants, when it wants. */
static void polling_a_buffer(void) {
    static const int classes[] = {RW_REALTIME, RW_LOGICAL};
    struct peers peers =
        connected_as(2, pair, classes,
                     "connector buffered {\n"
                     "    peer amy = \"$\" { in<u32> give; }\n"
                     "    peer bob = \"$\" { out<u32> take; }\n"
                     "    new fifo(amy.give, bob.take);\n"
                     "}\n"
                     "primitive fifo(in<u32> a, out<u32> b) {\n"
                     "    while (true) { u32 v = 0; sync v = get(a); sync put(b, v); }\n"
                     "}\n");
    for (uint32_t i = 0; i < 20; ++i) {
        uint32_t taken = 0;
        put(peers.AMY, "give", i);
        CHECK(rw_sync(peers.AMY) == 0);
        poll_port(peers.BOB, "take", &taken);
        CHECK(rw_await(peers.BOB) == 0);
        CHECK(taken == i);
    }
    end_peers(&peers);
}

/* A peer that leaves: those who need it hear of it, the others go on. */
static void leaving(void) {
    struct peers peers = connected_as(3, three, logical, merger_body);
    uint32_t taken = 0;
    struct call bob;
    CHECK(rw_close(peers.AMY, NULL) == 0);
    peers.AMY = -1;
    /* The merger of the leaving peer's site is gone with it. */
    poll_port(peers.CAT, "take", &taken);
    CHECK_ERROR(rw_await(peers.CAT), EPIPE);
    offer(peers.BOB, "give", 1);
    begin(&bob, rw_await, peers.BOB);
    finish(&bob);
    CHECK(bob.result == -1 && bob.code == EPIPE);
    CHECK_TEXT(bob.text, "'amy' is gone");
    end_peers(&peers);
}

/* Through whom amy could have had to do with cat is gone: cat need not come for amy to be told. */
static void only_who_is_left_could_help(void) {
    struct peers peers = connected_as(
        3, three, logical,
        "connector row {\n"
        "    peer amy = \"$\" { in<u32> give; }\n"
        "    peer bob = \"$\" { out<u32> take; in<u32> give; }\n"
        "    peer cat = \"$\" { out<u32> take; }\n"
        "    new pass(amy.give, bob.take);\n"
        "    new pass(bob.give, cat.take);\n"
        "}\n"
        "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n");
    CHECK(rw_close(peers.BOB, NULL) == 0);
    peers.BOB = -1;
    offer(peers.AMY, "give", 1);
    CHECK_ERROR(rw_await(peers.AMY), EPIPE);
    CHECK_TEXT(rw_error(peers.AMY), "peer 'bob' is gone");
    end_peers(&peers);
}

static void others_go_on(void) {
    struct peers peers =
        connected_as(3, three, logical,
                     "connector merged {\n"
                     "    peer amy = \"$\" { in<u32> give; }\n"
                     "    peer bob = \"$\" { in<u32> give; }\n"
                     "    peer cat = \"$\" { out<u32> take; }\n"
                     "    new merger(amy.give, bob.give, cat.take) at cat;\n"
                     "}\n"
                     "primitive merger(in<u32> a, in<u32> b, out<u32> c) {\n"
                     "    while (true) sync { fork put(c, get(a)); or put(c, get(b)); }\n"
                     "}\n");
    CHECK(rw_close(peers.AMY, NULL) == 0);
    peers.AMY = -1;
    for (uint32_t i = 0; i < 10; ++i) {
        uint32_t taken = 0;
        struct call bob;
        offer(peers.BOB, "give", i);
        begin(&bob, rw_await, peers.BOB);
        poll_port(peers.CAT, "take", &taken);
        CHECK(rw_await(peers.CAT) == 0);
        finish(&bob);
        CHECK(bob.result == 0 && taken == i);
    }
    end_peers(&peers);
}

/* Which calls are for which class; in the order of the checks. */
static void classes(void) {
    static const int both[] = {RW_REALTIME, RW_LOGICAL};
    uint32_t value = 0;
    int c = rw_connector(RW_LOGICAL);
    CHECK(c >= 0);
    CHECK_ERROR(rw_put(c, NULL, &value, 1), EPERM);
    CHECK_ERROR(rw_get(c, NULL, &value, 1), EPERM);
    CHECK_ERROR(rw_opt(c, NULL, &value, 1), EPERM);
    CHECK_ERROR(rw_sync(c), EPERM);
    CHECK_ERROR(rw_sync_start(c), EPERM);
    CHECK_ERROR(rw_sync_finish(c), EPERM);
    CHECK_ERROR(rw_fresh(c, NULL), EPERM);
    CHECK_ERROR(rw_offer(c, NULL, &value, 1), ENOTCONN);
    CHECK_ERROR(rw_poll(c, NULL, &value, 1), ENOTCONN);
    CHECK_ERROR(rw_await(c), ENOTCONN);
    CHECK_ERROR(rw_decide(c, "take", &value, sizeof value), ENOTCONN);
    CHECK(rw_close(c, NULL) == 0);
    CHECK_ERROR(rw_offer(c, "give", &value, sizeof value), EBADF);
    CHECK_ERROR(rw_fresh(c, "give"), EBADF);

    struct peers peers = connected_as(2, pair, both, pass_body);
    CHECK_ERROR(rw_offer(peers.AMY, "give", &value, sizeof value), EPERM);
    CHECK_ERROR(rw_poll(peers.AMY, "give", &value, sizeof value), EPERM);
    CHECK_ERROR(rw_await(peers.AMY), EPERM);
    CHECK_ERROR(rw_await_start(peers.AMY), EPERM);
    CHECK_ERROR(rw_await_finish(peers.AMY), EPERM);
    CHECK_ERROR(rw_fresh(peers.AMY, "give"), EPERM);
    CHECK_ERROR(rw_poll(peers.BOB, NULL, &value, sizeof value), EINVAL);
    CHECK_ERROR(rw_poll(peers.BOB, "nonsense", &value, 1), ENOENT);
    CHECK_ERROR(rw_offer(peers.BOB, "give", &value, 1), EACCES);
    CHECK_ERROR(rw_offer(peers.BOB, "take", &value, 1), EPERM);
    CHECK_ERROR(rw_poll(peers.BOB, "take", &value, 1), EMSGSIZE);
    CHECK_ERROR(rw_poll(peers.BOB, "take", &value, 5), EMSGSIZE);
    CHECK_ERROR(rw_decide(peers.BOB, "take", &value, 5), EMSGSIZE);
    CHECK(rw_decide(peers.BOB, "take", &value, sizeof value) == 0);
    CHECK(rw_decide(peers.AMY, "give", &value, sizeof value) == 0);
    CHECK(rw_close(peers.BOB, "take") == 0);
    end_peers(&peers);
}

/* amy, who could have helped, has left in order: those who are left do not say that nothing fits,
 * as they would if she had come. */
static void impossible_without_who_left(void) {
    struct peers peers =
        connected_as(3, three, logical,
                     "connector either {\n"
                     "    peer amy = \"$\" { in<u32> give; }\n"
                     "    peer bob = \"$\" { in<u32> give; }\n"
                     "    peer cat = \"$\" { out<u32> take; }\n"
                     "    new one_or_two(amy.give, bob.give, cat.take) at cat;\n"
                     "}\n"
                     "primitive one_or_two(in<u32> a, in<u32> b, out<u32> c) {\n"
                     "    while (true) sync fork put(c, get(a)); or put(c, get(b) + get(b));\n"
                     "}\n");
    uint32_t taken = 0;
    struct call calls[3];
    offer(peers.BOB, "give", 1);
    poll_port(peers.CAT, "take", &taken);
    /* She is there, and offers nothing. */
    begin(&calls[0], rw_await, peers.AMY);
    finish(&calls[0]);
    CHECK(calls[0].code == EDEADLK);
    CHECK(rw_close(peers.AMY, NULL) == 0);
    peers.AMY = -1;
    for (int again = 0; again < 2; ++again) {
        for (int i = 1; i < 3; ++i) begin(&calls[i], rw_await, peers.connectors[i]);
        for (int i = 1; i < 3; ++i) {
            finish(&calls[i]);
            CHECK(calls[i].result == -1 && calls[i].code == EPIPE);
            CHECK_TEXT(calls[i].text, "'amy' is gone: it has left the connector");
        }
    }
    CHECK(taken == 0);
    end_peers(&peers);
}

/* Of cat, who has left, only a component had a part in it. */
static void impossible_without_a_component_of_who_left(void) {
    struct peers peers = connected_as(
        3, three, logical,
        "connector detour {\n"
        "    peer amy = \"$\" { in<u32> say; out<u32> hear; }\n"
        "    peer bob = \"$\" { out<u32> seen; }\n"
        "    peer cat = \"$\" { in<u32> unused; }\n"
        "    channel b1 -> b2;\n"
        "    new both(amy.say, b1, bob.seen) at bob;\n"
        "    new back(b2, amy.hear) at cat;\n"
        "}\n"
        "primitive both(in<u32> a, out<u32> b, out<u32> c) {\n"
        "    while (true) sync { auto x = get(a); put(b, x); put(c, x); }\n"
        "}\n"
        "primitive back(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n");
    uint32_t heard = 0, seen = 0;
    struct call calls[2];
    CHECK(rw_close(peers.CAT, NULL) == 0);
    peers.CAT = -1;
    offer(peers.AMY, "say", 1);
    poll_port(peers.AMY, "hear", &heard);
    poll_port(peers.BOB, "seen", &seen);
    for (int i = 0; i < 2; ++i) begin(&calls[i], rw_await, peers.connectors[i]);
    for (int i = 0; i < 2; ++i) {
        finish(&calls[i]);
        CHECK(calls[i].result == -1 && calls[i].code == EPIPE);
        CHECK_TEXT(calls[i].text, "'cat' is gone: it has left the connector");
    }
    end_peers(&peers);
}

/* Of two who step one has nothing left that it could do: both fail, whoever comes first, and
 * wherever the component was. */
static void step_fails_as_a_whole_without_who_left(void) {
    static const int classes[] = {RW_REALTIME, RW_REALTIME, RW_LOGICAL};
    static const char* const places[] = {"amy", "bob", "cat"};
    for (int run = 0; run < 6; ++run) {
        char text[TEXT_SIZE];
        snprintf(text, sizeof text,
                 "connector c {\n"
                 "    peer amy = \"$\" { in<u32> x; }\n"
                 "    peer bob = \"$\" { out<u32> y; }\n"
                 "    peer cat = \"$\" { out<u32> z; }\n"
                 "    new either(amy.x, bob.y, cat.z) at %s;\n"
                 "}\n"
                 "primitive either(in<u32> a, out<u32> b, out<u32> c) {\n"
                 "    while (true) sync { u32 v = get(a); fork put(b, v); or put(c, v); }\n"
                 "}\n",
                 places[run / 2]);
        struct peers peers = connected_as(3, three, classes, text);
        const int first = run % 2;
        uint32_t taken = 0;
        struct call calls[2];
        CHECK(rw_close(peers.CAT, NULL) == 0);
        peers.CAT = -1;
        /* She puts nothing: it would be possible if the component were there, and she did. */
        if (run / 2 == 2) put(peers.AMY, "x", 7);
        get(peers.BOB, "y", &taken);
        begin(&calls[first], rw_sync, peers.connectors[first]);
        await_inside(peers.connectors[first]);
        begin(&calls[1 - first], rw_sync, peers.connectors[1 - first]);
        for (int i = 0; i < 2; ++i) {
            finish(&calls[i]);
            CHECK(calls[i].result == -1 && calls[i].code == EPIPE);
            CHECK_TEXT(calls[i].text, "'cat' is gone: it has left the connector");
        }
        end_peers(&peers);
    }
}

/* What would rather do nothing asks those who are far away before. */
static void silence_is_patient_wherever_it_is(void) {
    static const int classes[] = {RW_REALTIME, RW_LOGICAL};
    static const char* const places[] = {"amy", "bob"};
    for (int place = 0; place < 2; ++place) {
        char text[TEXT_SIZE];
        snprintf(text, sizeof text,
                 "connector leaky {\n"
                 "    peer amy = \"$\" { in<u32> give; }\n"
                 "    peer bob = \"$\" { out<u32> take; }\n"
                 "    new leak(amy.give, bob.take) at %s;\n"
                 "}\n"
                 "primitive leak(in<u32> a, out<u32> b) {\n"
                 "    while (true) {\n"
                 "        u32 kept = 0;\n"
                 "        sync kept = get(a);\n"
                 "        sync { fork put(b, kept); or skip; }\n"
                 "    }\n"
                 "}\n",
                 places[place]);
        struct peers peers = connected_as(2, pair, classes, text);
        /* He has begun the call when she puts, but where the machine is busy not always to wait. */
        enum { ROUNDS = 20, LOST_MAX = 3 };
        int lost = 0;
        CHECK(rw_timeout(peers.BOB, 3000) == 0);
        for (uint32_t i = 1; i <= ROUNDS && lost <= LOST_MAX; ++i) {
            uint32_t taken = 0;
            struct call bob;
            poll_port(peers.BOB, "take", &taken);
            begin(&bob, rw_await, peers.BOB);
            await_inside(peers.BOB);
            put(peers.AMY, "give", i);
            CHECK(rw_sync(peers.AMY) == 0);
            finish(&bob);
            CHECK(bob.result == 0 ? taken == i : bob.code == ETIMEDOUT);
            lost += bob.result != 0;
        }
        CHECK(lost <= LOST_MAX);
        end_peers(&peers);
    }
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(two_logical_peers),
        CASE(only_as_large_as_needed),
        CASE(some_fire),
        CASE(nothing_prepared),
        CASE(replaced),
        CASE(timeout),
        CASE(timeout_names_who_is_missing),
        CASE(options_of_who_waits),
        CASE(many_options),
        CASE(options_of_which_some_fit),
        CASE(options_without_number),
        CASE(tries_once),
        CASE(impossible),
        CASE(absent_may_help),
        CASE(step_without_the_logical_peer),
        CASE(step_with_the_logical_peer),
        CASE(step_that_needs_who_left),
        CASE(polling_a_buffer),
        CASE(impossible_without_who_left),
        CASE(impossible_without_a_component_of_who_left),
        CASE(silence_is_patient_wherever_it_is),
        CASE(step_fails_as_a_whole_without_who_left),
        CASE(leaving),
        CASE(only_who_is_left_could_help),
        CASE(others_go_on),
        CASE(classes),
    };
    return RUN_CASES(argc, argv, cases);
}
