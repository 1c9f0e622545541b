/* SPDX-License-Identifier: MIT */
/* The end of a protocol, and the one after it: the last again, or a new one. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

static void put(int connector, const char* port, uint32_t value) {
    CHECK(rw_put(connector, port, &value, sizeof value) == 0);
}

static void get(int connector, const char* port, uint32_t* room) {
    CHECK(rw_get(connector, port, room, sizeof *room) == 0);
}

static const char* pair[] = {"amy", "bob"};
static const char* three[] = {"amy", "bob", "cat"};

#define AMY connectors[0]
#define BOB connectors[1]
#define CAT connectors[2]

#define PEERS                                  \
    "connector c {\n"                          \
    "    peer amy = \"$\" { in<u32> give; }\n" \
    "    peer bob = \"$\" { out<u32> take; }\n"

static const char* once = PEERS
    "    new pass(amy.give, bob.take);\n"
    "}\n"
    "primitive pass(in<u32> a, out<u32> b) { sync put(b, get(a)); }\n";
static const char* doubled = PEERS
    "    new twice(amy.give, bob.take);\n"
    "}\n"
    "primitive twice(in<u32> a, out<u32> b) { sync put(b, 2 * get(a)); }\n";
static const char* impossible = PEERS
    "    new never(amy.give, bob.take);\n"
    "}\n"
    "primitive never(in<u32> a, out<u32> b) { sync { put(b, get(a)); assert(false); } }\n";
static const char* wider =
    "connector c {\n"
    "    peer amy = \"$\" { in<u32> give; }\n"
    "    peer bob = \"$\" { out<u64> take; }\n"
    "    new widen(amy.give, bob.take);\n"
    "}\n"
    "primitive widen(in<u32> a, out<u64> b) { sync { u64 v = 1; u32 w = get(a); put(b, v); } }\n";
static const char* other_peers =
    "connector c {\n"
    "    peer amy = \"$\" { in<u32> give; }\n"
    "    peer eve = \"$\" { out<u32> take; }\n"
    "    new pass(amy.give, eve.take);\n"
    "}\n"
    "primitive pass(in<u32> a, out<u32> b) { sync put(b, get(a)); }\n";

/* The description as the peer would have it. */
static int configure(struct peers* peers, int peer, const char* body) {
    char* text = describe(peers->names[peer], body, peers->addresses);
    int result = rw_configure(peers->connectors[peer], text);
    int code = errno;
    free(text);
    errno = code;
    return result;
}

static void last_round(struct peers* peers, uint32_t given, uint32_t expected) {
    uint32_t taken = 0;
    put(peers->AMY, "give", given);
    get(peers->BOB, "take", &taken);
    CHECK_ROUND(peers, 1);
    CHECK(taken == expected);
}

/* Without a call of rw_configure the last protocol begins anew, as often as one likes. */
static void implicitly(void) {
    struct peers peers = CONNECTED(pair, once);
    for (uint32_t i = 0; i < 20; ++i) last_round(&peers, i, i);
    end_peers(&peers);
}

/* Where nothing can end, nothing has. */
static void without_components(void) {
    struct peers peers = CONNECTED(pair, PEERS "}\n");
    for (int i = 0; i < 2; ++i) CHECK_ROUND(&peers, 0);
    CHECK_ERROR(configure(&peers, 0, once), EISCONN);
    end_peers(&peers);
}

/* One peer proposes; the others accept what leaves their own ports as they were. */
static void by_one(void) {
    struct peers peers = CONNECTED(pair, once);
    CHECK_ERROR(configure(&peers, 0, doubled), EISCONN);
    for (uint32_t i = 1; i < 6; ++i) {
        last_round(&peers, i, i % 2 == 1 ? i : 2 * i);
        CHECK(configure(&peers, (int)(i % 2), i % 2 == 0 ? once : doubled) == 0);
    }
    end_peers(&peers);
}

/* What the last round has brought is there until the next one has succeeded. */
static void results_stay(void) {
    struct peers peers = CONNECTED(pair, once);
    uint32_t taken = 0;
    uint64_t wide = 0;
    last_round(&peers, 3, 3);
    CHECK(configure(&peers, 0, wider) == 0);
    CHECK(configure(&peers, 1, wider) == 0);
    for (int turn = 0; turn < 2; ++turn) {
        CHECK(rw_chosen(peers.AMY) == 0);
        CHECK(rw_length(peers.AMY, "give") == 4);
        CHECK(rw_decide(peers.AMY, "give", &taken, sizeof taken) == 1 && taken == 3);
        CHECK(rw_chosen(peers.BOB) == 0);
        CHECK(rw_length(peers.BOB, "take") == 4);
        CHECK_ERROR(rw_decide(peers.BOB, "take", &wide, sizeof wide), EMSGSIZE);
        taken = 0;
        CHECK(rw_decide(peers.BOB, "take", &taken, sizeof taken) == 1 && taken == 3);
        CHECK(rw_get(peers.BOB, "take", &wide, sizeof wide) == 0);
        if (turn == 0) FAILED_ROUND(&peers, EDEADLK);
    }
    put(peers.AMY, "give", 4);
    CHECK_ROUND(&peers, 1);
    CHECK(wide == 1 && rw_length(peers.BOB, "take") == 8);
    CHECK(rw_decide(peers.BOB, "take", &wide, sizeof wide) == 1);
    end_peers(&peers);
}

static void by_both(void) {
    struct peers peers = CONNECTED(pair, once);
    last_round(&peers, 3, 3);
    CHECK(configure(&peers, 0, doubled) == 0);
    CHECK(configure(&peers, 1, once) == 0);
    CHECK(configure(&peers, 1, doubled) == 0); /* the last one counts */
    last_round(&peers, 3, 6);
    end_peers(&peers);
}

/* Two that do not fit: nothing happens, and what was prepared stays prepared. */
static void no_agreement(void) {
    struct peers peers = CONNECTED(pair, once);
    uint32_t taken = 77;
    last_round(&peers, 3, 3);
    CHECK(configure(&peers, 0, doubled) == 0);
    CHECK(configure(&peers, 1, once) == 0);
    put(peers.AMY, "give", 5);
    get(peers.BOB, "take", &taken);
    for (int i = 0; i < 2; ++i) {
        CHECK_TEXT(FAILED_ROUND(&peers, EPROTONOSUPPORT),
                   "the descriptions of 'amy' and 'bob' differ");
        CHECK(taken == 77);
    }
    CHECK(configure(&peers, 1, doubled) == 0);
    get(peers.BOB, "take", &taken);
    CHECK_ROUND(&peers, 1);
    CHECK(taken == 10);
    end_peers(&peers);
}

#define THREE                                   \
    "connector c {\n"                           \
    "    peer amy = \"$\" { in<u32> give; }\n"  \
    "    peer bob = \"$\" { out<u32> take; }\n" \
    "    peer cat = \"$\" { in<u32> give; }\n"  \
    "    new pass(amy.give, bob.take);\n"       \
    "}\n"

/* Who has said nothing is not told to have said what another one did. */
static void those_who_disagree_are_named(void) {
    struct peers peers =
        CONNECTED(three, THREE "primitive pass(in<u32> a, out<u32> b) { sync put(b, get(a)); }\n");
    uint32_t taken = 0;
    put(peers.AMY, "give", 3);
    get(peers.BOB, "take", &taken);
    CHECK_ROUND(&peers, 1);
    CHECK(configure(&peers, 1,
                    THREE
                    "primitive pass(in<u32> a, out<u32> b) { sync put(b, 2 * get(a)); }\n") == 0);
    CHECK(configure(&peers, 2,
                    THREE
                    "primitive pass(in<u32> a, out<u32> b) { sync put(b, 3 * get(a)); }\n") == 0);
    put(peers.AMY, "give", 5);
    get(peers.BOB, "take", &taken);
    const char* text = FAILED_ROUND(&peers, EPROTONOSUPPORT);
    CHECK_TEXT(text, "the descriptions of 'bob' and 'cat' differ: 'bob' has");
    CHECK_TEXT(text, "description of 'bob':8");
    CHECK(strstr(text, "'amy'") == NULL);
    end_peers(&peers);
}

/* Who has other ports in the new protocol has to configure itself. */
static void other_ports(void) {
    struct peers peers = CONNECTED(pair, once);
    uint32_t taken = 77;
    uint64_t wide = 0;
    last_round(&peers, 3, 3);
    CHECK(configure(&peers, 0, wider) == 0);
    put(peers.AMY, "give", 5);
    get(peers.BOB, "take", &taken);
    CHECK_TEXT(
        FAILED_ROUND(&peers, EPROTONOSUPPORT),
        "port 'take' of 'bob' is out<u64>, and not out<u32>, in the new protocol, which 'amy' "
        "has configured; 'bob' has not configured itself");
    CHECK(taken == 77);
    CHECK(configure(&peers, 1, wider) == 0);
    CHECK_ERROR(rw_get(peers.BOB, "take", &taken, sizeof taken), EMSGSIZE);
    CHECK(rw_get(peers.BOB, "take", &wide, sizeof wide) == 0);
    CHECK_ROUND(&peers, 1);
    CHECK(wide == 1);
    end_peers(&peers);
}

static void refused(void) {
    struct peers peers = CONNECTED(pair, once);
    last_round(&peers, 1, 1);
    CHECK_ERROR(rw_configure(peers.AMY, "nonsense"), EINVAL);
    CHECK_ERROR(rw_configure(peers.AMY, peers.texts[1]), EINVAL); /* bob's */
    CHECK_TEXT(rw_error(peers.AMY), "this peer is 'amy'");
    CHECK(configure(&peers, 0, other_peers) == 0);
    put(peers.AMY, "give", 1);
    CHECK_TEXT(FAILED_ROUND(&peers, EPROTONOSUPPORT), "the same peers");
    CHECK(configure(&peers, 0, once) == 0);
    last_round(&peers, 2, 2);
    end_peers(&peers);
}

/* Nobody goes on without the others, and a time limit holds for this too. */
static void alone(void) {
    for (int who = 0; who < 2; ++who) {
        struct peers peers = CONNECTED(pair, once);
        int one = peers.connectors[who];
        last_round(&peers, 1, 1);
        CHECK(rw_timeout(one, 50) == 0);
        for (int i = 0; i < 3; ++i) CHECK_ERROR(rw_sync(one), ETIMEDOUT);
        CHECK_TEXT(rw_error(one), who == 0 ? "'bob' did not arrive" : "'amy' did not arrive");
        CHECK(rw_timeout(one, 0) == 0);
        CHECK_ERROR(rw_sync(one), ETIMEDOUT);
        CHECK(rw_timeout(one, -1) == 0);
        CHECK(configure(&peers, who, doubled) == 0);
        last_round(&peers, 2, 4);
        end_peers(&peers);
    }
}

/* Whose time limit passes: nobody that steps with it is left waiting; what they do next fits. */
static void one_gives_up(void) {
    static const char* once_for_all =
        "connector c {\n"
        "    peer amy = \"$\" { in<u32> give; }\n"
        "    peer bob = \"$\" { out<u32> take; }\n"
        "    peer cat = \"$\" { out<u32> take; }\n"
        "    new copy(amy.give, bob.take, cat.take);\n"
        "}\n"
        "primitive copy(in<u32> a, out<u32> x, out<u32> y) {\n"
        "    sync { u32 v = get(a); put(x, v); put(y, v); }\n"
        "}\n";
    struct peers peers = CONNECTED(three, once_for_all);
    for (int missing = 0; missing < 3; ++missing) {
        const int limited = (missing + 1) % 3, patient = (missing + 2) % 3;
        uint32_t bob = 0, cat = 0;
        struct call waiting;
        char named[40];
        put(peers.AMY, "give", 5);
        get(peers.BOB, "take", &bob);
        get(peers.CAT, "take", &cat);
        CHECK_ROUND(&peers, 1);
        CHECK(bob == 5 && cat == 5);
        snprintf(named, sizeof named, "'%s' did not arrive", three[missing]);
        CHECK(rw_timeout(peers.connectors[limited], 50) == 0);
        begin(&waiting, rw_sync, peers.connectors[patient]);
        await_inside(peers.connectors[patient]);
        do {
            CHECK_ERROR(rw_sync(peers.connectors[limited]), ETIMEDOUT);
            CHECK_TEXT(rw_error(peers.connectors[limited]), named);
            /* Unless the other's call had not begun when the limit passed. */
        } while (rw_length(peers.connectors[patient], NULL) == -1 && errno == EBUSY);
        finish(&waiting);
        CHECK(waiting.result == -1 && waiting.code == ETIMEDOUT);
        CHECK_TEXT(waiting.text, named);
        CHECK(!strstr(waiting.text, three[limited]) || strstr(waiting.text, "waits no longer"));
        CHECK(rw_timeout(peers.connectors[limited], -1) == 0);
    }
    end_peers(&peers);
}

/* The new protocol knows nothing of the old one: what its components remembered is gone, and a
 * closed port is open. */
static void independent(void) {
    struct peers peers = CONNECTED(pair, PEERS
                                   "    new count(amy.give, bob.take);\n"
                                   "}\n"
                                   "primitive count(in<u32> a, out<u32> b) {\n"
                                   "    u32 n = 0;\n"
                                   "    while (n < 3) {\n"
                                   "        sync put(b, 10 * get(a) + n);\n"
                                   "        n += 1;\n"
                                   "    }\n"
                                   "}\n");
    for (uint32_t i = 0; i < 9; ++i) {
        uint32_t taken = 0;
        put(peers.AMY, "give", i);
        get(peers.BOB, "take", &taken);
        CHECK_ROUND(&peers, i % 3 == 2);
        CHECK(taken == 10 * i + i % 3);
    }
    end_peers(&peers);
}

static void closed_is_open_again(void) {
    static const char* body =
        "connector c {\n"
        "    peer amy = \"$\" { in<u32> give; in<u32> more; }\n"
        "    peer bob = \"$\" { out<u32> take; }\n"
        "    new either(amy.give, amy.more, bob.take);\n"
        "}\n"
        "primitive either(in<u32> a, in<u32> m, out<u32> b) {\n"
        "    sync { fork put(b, get(a)); or put(b, get(m)); }\n"
        "}\n";
    struct peers peers = CONNECTED(pair, body);
    for (uint32_t i = 0; i < 5; ++i) {
        uint32_t taken = 0;
        const char* closed = i % 2 == 0 ? "give" : "more";
        const char* open = i % 2 == 0 ? "more" : "give";
        CHECK(rw_close(peers.AMY, closed) == 0);
        CHECK_ERROR(rw_put(peers.AMY, closed, &i, sizeof i), EPIPE);
        put(peers.AMY, open, i);
        get(peers.BOB, "take", &taken);
        CHECK_ROUND(&peers, 1);
        CHECK(taken == i);
        /* The next protocol begins with the next round. */
        put(peers.AMY, closed, i + 100);
        get(peers.BOB, "take", &taken);
        CHECK_ROUND(&peers, 1);
        CHECK(taken == i + 100);
    }
    end_peers(&peers);
}

static void peer_gone(void) {
    struct peers peers = CONNECTED(pair, once);
    struct call amy;
    last_round(&peers, 1, 1);
    begin(&amy, rw_sync, peers.AMY);
    await_inside(peers.AMY);
    CHECK(rw_close(peers.BOB, NULL) == 0);
    peers.BOB = -1;
    finish(&amy);
    CHECK(amy.result == -1 && amy.code == EPIPE);
    CHECK_TEXT(amy.text, "'bob' is gone");
    CHECK_ERROR(rw_sync(peers.AMY), EPIPE);
    end_peers(&peers);
}

/* What amy gives is what bob takes and cat copies. */
static void round_of_two_copies(struct peers* peers, uint32_t value, int expected) {
    uint32_t taken = 0, copy = 0;
    put(peers->AMY, "give", value);
    get(peers->BOB, "take", &taken);
    get(peers->CAT, "copy", &copy);
    CHECK_ROUND(peers, expected);
    CHECK(taken == value && copy == value);
}

/* A component at each of three peers; the last round is the one after which none is left. */
static void last_component(void) {
    struct peers peers = CONNECTED(
        three,
        "connector c {\n"
        "    peer amy = \"$\" { in<u32> give; }\n"
        "    peer bob = \"$\" { out<u32> take; }\n"
        "    peer cat = \"$\" { out<u32> copy; }\n"
        "    channel x -> y;\n"
        "    new tee(amy.give, bob.take, x) at amy;\n"
        "    new pass(y, cat.copy) at cat;\n"
        "}\n"
        "primitive tee(in<u32> a, out<u32> b, out<u32> c) {\n"
        "    for (auto i in 0..3) sync { u32 v = get(a); put(b, v); put(c, v); }\n"
        "}\n"
        "primitive pass(in<u32> a, out<u32> b) { for (auto i in 0..10) sync put(b, get(a)); }\n");
    for (uint32_t i = 0; i < 9; ++i) {
        round_of_two_copies(&peers, i, i % 3 == 2);
    }
    end_peers(&peers);
}

static void offer(int connector, const char* port, uint32_t value) {
    CHECK(rw_offer(connector, port, &value, sizeof value) == 0);
}

static void poll_port(int connector, const char* port, uint32_t* room) {
    CHECK(rw_poll(connector, port, room, sizeof *room) == 0);
}

static void in_await(void) {
    static const int classes[] = {RW_LOGICAL, RW_LOGICAL};
    struct peers peers = connected_as(2, pair, classes, once);
    for (uint32_t i = 1; i < 10; ++i) {
        uint32_t taken = 0;
        struct call amy;
        offer(peers.AMY, "give", i);
        poll_port(peers.BOB, "take", &taken);
        begin(&amy, rw_await, peers.AMY);
        CHECK(rw_await(peers.BOB) == 1);
        finish(&amy);
        CHECK(amy.result == 1);
        CHECK(taken == (i % 2 == 1 ? i : 2 * i));
        CHECK(configure(&peers, i % 3 == 0, i % 2 == 0 ? once : doubled) == 0);
    }
    end_peers(&peers);
}

static void in_await_no_agreement(void) {
    static const int classes[] = {RW_LOGICAL, RW_LOGICAL};
    struct peers peers = connected_as(2, pair, classes, once);
    for (int turn = 0; turn < 3; ++turn) {
        uint32_t taken = 0;
        struct call amy;
        int expected = turn == 1 ? -1 : 1;
        offer(peers.AMY, "give", 5);
        poll_port(peers.BOB, "take", &taken);
        begin(&amy, rw_await, peers.AMY);
        int bob = rw_await(peers.BOB);
        CHECK(bob == expected && (bob == 1 || errno == EPROTONOSUPPORT));
        finish(&amy);
        CHECK(amy.result == expected && (amy.result == 1 || amy.code == EPROTONOSUPPORT));
        CHECK(taken == (turn == 0 ? 5 : turn == 1 ? 0 : 10));
        CHECK(configure(&peers, 0, doubled) == 0);
        CHECK(configure(&peers, 1, turn == 0 ? once : doubled) == 0);
    }
    end_peers(&peers);
}

/* Real-time peers go on to the next protocol without waiting for a logical one outside of a call;
 * that finds itself in it. */
static void past_a_logical_peer(void) {
    static const int classes[] = {RW_REALTIME, RW_REALTIME, RW_LOGICAL};
    struct peers peers =
        connected_as(3, three, classes,
                     "connector c {\n"
                     "    peer amy = \"$\" { in<u32> give; }\n"
                     "    peer bob = \"$\" { out<u32> take; }\n"
                     "    peer cat = \"$\" { out<u32> copy; }\n"
                     "    new tee(amy.give, bob.take, cat.copy);\n"
                     "}\n"
                     "primitive tee(in<u32> a, out<u32> b, out<u32> c) {\n"
                     "    sync { u32 v = get(a); put(b, v); fork put(c, v); or skip; }\n"
                     "}\n");
    uint32_t copy = 0, last = 0;
    struct call calls[3];
    for (uint32_t i = 1; i < 5; ++i) {
        uint32_t taken = 0;
        put(peers.AMY, "give", i);
        get(peers.BOB, "take", &taken);
        begin(&calls[0], rw_sync, peers.AMY);
        begin(&calls[1], rw_sync, peers.BOB);
        finish(&calls[0]);
        finish(&calls[1]);
        CHECK(calls[0].result == 1 && calls[1].result == 1 && taken == i);
    }
    poll_port(peers.CAT, "copy", &copy);
    begin(&calls[2], rw_await, peers.CAT);
    await_inside(peers.CAT);
    while (rw_length(peers.CAT, "copy") == -1) {
        uint32_t taken = 0;
        CHECK(errno == EBUSY);
        put(peers.AMY, "give", ++last + 10);
        get(peers.BOB, "take", &taken);
        begin(&calls[0], rw_sync, peers.AMY);
        begin(&calls[1], rw_sync, peers.BOB);
        finish(&calls[0]);
        finish(&calls[1]);
        CHECK(calls[0].result == 1 && calls[1].result == 1 && taken == last + 10);
        CHECK(last < 1000);
    }
    finish(&calls[2]);
    CHECK(calls[2].result == 1 && copy > 10 && copy <= last + 10);
    end_peers(&peers);
}

/* The others leave, and with them the only component: whom that leaves alone is told, and does not
 * begin the protocol anew for ever. */
static void left_alone(void) {
    static const int classes[] = {RW_REALTIME, RW_LOGICAL};
    struct peers peers = connected_as(2, pair, classes, once);
    struct call call;
    uint32_t taken = 0;
    CHECK(rw_poll(peers.BOB, "take", &taken, sizeof taken) == 0);
    begin(&call, rw_await, peers.BOB);
    await_inside(peers.BOB);
    CHECK(rw_close(peers.AMY, NULL) == 0);
    peers.AMY = -1;
    finish(&call);
    CHECK(call.result == -1 && call.code == EPIPE);
    CHECK_ERROR(rw_await(peers.BOB), EPIPE);
    end_peers(&peers);
}

/* Components that would go on for ever end when what they need has ended, wherever they are. */
static void end_with_others(void) {
    static const char* bodies[] = {
        "    new once(amy.give, x) at amy;\n    new ever(y, bob.take) at amy;\n}\n",
        "    new once(amy.give, x) at amy;\n    new ever(y, bob.take) at bob;\n}\n",
        "    new once(amy.give, x) at bob;\n    new ever(y, bob.take) at amy;\n}\n",
    };
    for (int i = 0; i < 3; ++i) {
        char body[1024];
        snprintf(body, sizeof body, "%s    channel x -> y;\n%s%s", PEERS, bodies[i],
                 "primitive once(in<u32> a, out<u32> b) { sync put(b, get(a)); }\n"
                 "primitive ever(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n");
        struct peers peers = CONNECTED(pair, body);
        for (uint32_t value = 0; value < 5; ++value) last_round(&peers, value, value);
        end_peers(&peers);
    }
}

/* What such a component has still to give comes first. */
static void end_after_others(void) {
    struct peers peers =
        CONNECTED(pair, PEERS
                  "    channel x -> y;\n"
                  "    new once(amy.give, x) at amy;\n"
                  "    new keep(y, bob.take) at bob;\n"
                  "}\n"
                  "primitive once(in<u32> a, out<u32> b) { sync put(b, get(a)); }\n"
                  "primitive keep(in<u32> a, out<u32> b) {\n"
                  "    while (true) { u32 kept = 0; sync kept = get(a); sync put(b, kept); }\n"
                  "}\n");
    for (uint32_t i = 0; i < 5; ++i) {
        uint32_t taken = 0;
        put(peers.AMY, "give", i);
        CHECK_ROUND(&peers, 0);
        get(peers.BOB, "take", &taken);
        CHECK_ROUND(&peers, 1);
        CHECK(taken == i);
    }
    end_peers(&peers);
}

/* A source that nobody listens to any more has failed, and that is an end too. */
static void end_of_a_source(void) {
    struct peers peers = CONNECTED(
        pair, PEERS
        "    channel x -> y;\n"
        "    new count(x) at bob;\n"
        "    new two(amy.give, y, bob.take) at amy;\n"
        "}\n"
        "primitive count(out<u32> a) { u32 n = 0; while (true) { sync put(a, n); n += 1; } }\n"
        "primitive two(in<u32> a, in<u32> n, out<u32> b) {\n"
        "    for (auto i in 0..2) sync put(b, get(a) + get(n));\n"
        "}\n");
    for (uint32_t i = 0; i < 6; ++i) {
        uint32_t taken = 0;
        put(peers.AMY, "give", 10 * i);
        get(peers.BOB, "take", &taken);
        CHECK_ROUND(&peers, i % 2);
        CHECK(taken == 10 * i + i % 2);
    }
    end_peers(&peers);
}

/* The only component needs a port that one of the peers closes; the next round is the last, for
 * those too that have nothing to do with it. */
static void end_by_closing(void) {
    struct peers peers =
        CONNECTED(three,
                  "connector c {\n"
                  "    peer amy = \"$\" { in<u32> give; in<u32> spare; in<u32> rest; }\n"
                  "    peer bob = \"$\" { out<u32> take; }\n"
                  "    peer cat = \"$\" { out<u32> copy; }\n"
                  "    new tee(amy.give, bob.take, cat.copy) at bob;\n"
                  "}\n"
                  "primitive tee(in<u32> a, out<u32> b, out<u32> c) {\n"
                  "    while (true) sync { u32 v = get(a); put(b, v); put(c, v); }\n"
                  "}\n");
    for (uint32_t i = 0; i < 5; ++i) {
        round_of_two_copies(&peers, i, 0);
        CHECK(rw_close(peers.AMY, "spare") == 0);
        CHECK_ROUND(&peers, 0); /* that one nobody needs */
        CHECK(rw_close(peers.AMY, "give") == 0);
        CHECK_ROUND(&peers, 1);
    }
    end_peers(&peers);
}

/* A component that has ended before anybody could use it. */
static void ended_at_once(void) {
    struct peers peers = CONNECTED(pair, PEERS
                                   "    new nothing(amy.give, bob.take);\n"
                                   "}\n"
                                   "primitive nothing(in<u32> a, out<u32> b) {}\n");
    uint32_t value = 1;
    for (int i = 0; i < 3; ++i) CHECK_ROUND(&peers, 1);
    put(peers.AMY, "give", value);
    for (int i = 0; i < 3; ++i) FAILED_ROUND(&peers, EDEADLK);
    CHECK(rw_put(peers.AMY, "give", NULL, 0) == 0);
    CHECK_ROUND(&peers, 1);
    get(peers.BOB, "take", &value);
    FAILED_ROUND(&peers, EDEADLK);
    end_peers(&peers);
}

/* What somebody does who has returned from a round is no part of it, though it ends the components:
 * nobody is told that the round was the last. */
static const char* three_rounds =
    "connector c {\n"
    "    peer amy = \"$\" { in<u32> give; in<u32> spare; }\n"
    "    peer bob = \"$\" { out<u32> take; }\n"
    "    peer cat = \"$\" { out<u32> copy; }\n"
    "    new tee(amy.give, bob.take, cat.copy) at bob;\n"
    "}\n"
    "primitive tee(in<u32> a, out<u32> b, out<u32> c) {\n"
    "    for (auto i in 0..3) sync { u32 v = get(a); put(b, v); put(c, v); }\n"
    "}\n";

static int sync_and_leave(int connector) {
    int result = rw_sync(connector);
    CHECK(rw_close(connector, NULL) == 0);
    return result;
}
static int sync_and_close(int connector) {
    int result = rw_sync(connector);
    CHECK(rw_close(connector, "give") == 0);
    return result;
}

static void ended_after_the_round(int (*end)(int connector), int next_result) {
    for (int repetition = 0; repetition < 100; ++repetition) {
        struct peers peers = CONNECTED(three, three_rounds);
        struct call calls[3];
        uint32_t value = 1, taken[2];
        CHECK(rw_put(peers.AMY, "give", &value, sizeof value) == 0);
        CHECK(rw_get(peers.BOB, "take", &taken[0], sizeof *taken) == 0);
        CHECK(rw_get(peers.CAT, "copy", &taken[1], sizeof *taken) == 0);
        begin(&calls[0], end, peers.AMY);
        for (int i = 1; i < 3; ++i) begin(&calls[i], rw_sync, peers.connectors[i]);
        for (int i = 0; i < 3; ++i) {
            finish(&calls[i]);
            if (calls[i].result != 0) check_failed(__FILE__, __LINE__, three[i], calls[i].text);
        }
        if (next_result >= 0) {
            CHECK_ROUND(&peers, next_result);
        } else {
            peers.AMY = -1;
            for (int i = 1; i < 3; ++i) begin(&calls[i], rw_sync, peers.connectors[i]);
            for (int i = 1; i < 3; ++i) {
                finish(&calls[i]);
                CHECK(calls[i].result == -1 && calls[i].code == EPIPE);
            }
        }
        end_peers(&peers);
    }
}
static void left_after_the_round(void) {
    ended_after_the_round(sync_and_leave, -1);
}
static void closed_after_the_round(void) {
    ended_after_the_round(sync_and_close, 1); /* the next one is the last */
}

/* A protocol that turns out to be of no use is replaced as if it had not been agreed on. */
static void replaced(void) {
    struct peers peers = CONNECTED(pair, once);
    last_round(&peers, 1, 1);
    CHECK(configure(&peers, 0, impossible) == 0);
    put(peers.AMY, "give", 1);
    FAILED_ROUND(&peers, EDEADLK);
    FAILED_ROUND(&peers, EDEADLK);
    CHECK(configure(&peers, 0, doubled) == 0);
    last_round(&peers, 2, 4);
    put(peers.AMY, "give", 1);
    FAILED_ROUND(&peers, EDEADLK); /* nobody takes it */
    CHECK(configure(&peers, 1, once) == 0);
    last_round(&peers, 3, 3);
    end_peers(&peers);

    struct peers first = CONNECTED(pair, impossible);
    put(first.AMY, "give", 1);
    FAILED_ROUND(&first, EDEADLK);
    CHECK(rw_put(first.AMY, "give", NULL, 0) == 0);
    CHECK_ERROR(configure(&first, 0, once), EISCONN);
    end_peers(&first);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(implicitly),
        CASE(without_components),
        CASE(by_one),
        CASE(by_both),
        CASE(results_stay),
        CASE(no_agreement),
        CASE(those_who_disagree_are_named),
        CASE(other_ports),
        CASE(refused),
        CASE(alone),
        CASE(one_gives_up),
        CASE(independent),
        CASE(closed_is_open_again),
        CASE(peer_gone),
        CASE(last_component),
        CASE(in_await),
        CASE(in_await_no_agreement),
        CASE(past_a_logical_peer),
        CASE(left_alone),
        CASE(end_with_others),
        CASE(end_after_others),
        CASE(end_of_a_source),
        CASE(end_by_closing),
        CASE(ended_at_once),
        CASE(left_after_the_round),
        CASE(closed_after_the_round),
        CASE(replaced),
    };
    return RUN_CASES(argc, argv, cases);
}
