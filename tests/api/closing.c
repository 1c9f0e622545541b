/* SPDX-License-Identifier: MIT */
/* Closing ports, and leaving. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <reowolf/connector.h>

#include "check.h"
#include "middleman.h"
#include "peers.h"

static const char* pair[] = {"amy", "bob"};
static const char* three[] = {"amy", "bob", "cat"};
static const char swap[] =
    "connector swap {\n"
    "    peer amy = \"$\" { in<u32> give; out<u32> take; }\n"
    "    peer bob = \"$\" { in<u32> give; out<u32> take; }\n"
    "    new exchange(amy.give, bob.give, amy.take, bob.take);\n"
    "}\n"
    "primitive exchange(in<u32> a, in<u32> b, out<u32> x, out<u32> y) {\n"
    "    while (true) sync { put(x, get(b)); put(y, get(a)); }\n"
    "}\n";
static const char swap_of_three[] =
    "connector swap {\n"
    "    peer amy = \"$\" { in<u32> give; out<u32> take; }\n"
    "    peer bob = \"$\" { in<u32> give; out<u32> take; }\n"
    "    peer cat = \"$\" { in<u32> give; out<u32> take; }\n"
    "    new exchange(amy.give, bob.give, cat.give, amy.take, bob.take, cat.take);\n"
    "}\n"
    "primitive exchange(in<u32> a, in<u32> b, in<u32> c, out<u32> x, out<u32> y, out<u32> z) {\n"
    "    while (true) sync { put(x, get(b)); put(y, get(c)); put(z, get(a)); }\n"
    "}\n";
/* Either of two may give, and both ways stay independent. */
static const char merged[] =
    "connector merged {\n"
    "    peer amy = \"$\" { in<u32> give; in<u32> other; }\n"
    "    peer bob = \"$\" { out<u32> take; out<u32> more; }\n"
    "    new merger(amy.give, amy.other, bob.take);\n"
    "    new merger_of_none(bob.more);\n"
    "}\n"
    "primitive merger(in<u32> a, in<u32> b, out<u32> c) {\n"
    "    while (true) sync { fork put(c, get(a)); or put(c, get(b)); or skip; }\n"
    "}\n"
    "primitive merger_of_none(out<u32> a) { while (true) sync if (fires(a)) put(a, 1); }\n";

static void put(int connector, const char* port, uint32_t value) {
    CHECK(rw_put(connector, port, &value, sizeof value) == 0);
}

static void single_ports(void) {
    struct peers peers = CONNECTED(pair, merged);
    uint32_t value = 1;
    uint32_t taken = 0;
    put(peers.connectors[0], "give", 1); /* goes with its port */
    CHECK(rw_close(peers.connectors[0], "give") == 0);
    CHECK(rw_close(peers.connectors[0], "give") == 0); /* closed is closed */
    CHECK_ERROR(rw_put(peers.connectors[0], "give", &value, sizeof value), EPIPE);
    CHECK_TEXT(rw_error(peers.connectors[0]), "give");
    CHECK_ROUND(&peers, 0);

    /* The other way is open. */
    for (uint32_t i = 0; i < 5; ++i) {
        put(peers.connectors[0], "other", i);
        CHECK(rw_get(peers.connectors[1], "take", &taken, sizeof taken) == 0);
        CHECK_ROUND(&peers, 0);
        CHECK(taken == i);
    }

    CHECK(rw_close(peers.connectors[1], "more") == 0);
    CHECK_ERROR(rw_get(peers.connectors[1], "more", &taken, sizeof taken), EPIPE);
    CHECK_ERROR(rw_opt(peers.connectors[1], "more", &taken, sizeof taken), EPIPE);
    CHECK(rw_length(peers.connectors[1], "more") == 0);
    put(peers.connectors[0], "other", 9);
    CHECK(rw_get(peers.connectors[1], "take", &taken, sizeof taken) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(taken == 9);
    end_peers(&peers);
}

/* Who needs a port that another has closed learns that no behaviour can come. */
static void a_port_that_others_need(void) {
    struct peers peers = CONNECTED(pair, merged);
    uint32_t taken = 7;
    CHECK(rw_close(peers.connectors[0], "give") == 0);
    CHECK(rw_get(peers.connectors[1], "take", &taken, sizeof taken) == 0);
    FAILED_ROUND(&peers, EDEADLK); /* amy might have put into the other one */
    CHECK(taken == 7);
    put(peers.connectors[0], "other", 8);
    CHECK_ROUND(&peers, 0);
    CHECK(taken == 8);
    end_peers(&peers);
}

/* Of several ports it is named which one leads to nobody. */
static void ports_that_lead_to_nobody(void) {
    struct peers peers = CONNECTED(pair,
                                   "connector loose {\n"
                                   "    peer amy = \"$\" { in<u32> give; in<u32> other; }\n"
                                   "    peer bob = \"$\" { out<u32> take; out<u32> more; }\n"
                                   "    new pass(amy.give, bob.take);\n"
                                   "}\n"
                                   "primitive pass(in<u32> a, out<u32> b) {\n"
                                   "    while (true) sync if (fires(a)) put(b, get(a));\n"
                                   "}\n");
    uint32_t value = 1;
    put(peers.connectors[0], "other", value);
    CHECK_TEXT(FAILED_ROUND(&peers, EDEADLK), "the other end of port 'other' is closed");
    CHECK(rw_put(peers.connectors[0], "other", NULL, 0) == 0);
    CHECK(rw_get(peers.connectors[1], "more", &value, sizeof value) == 0);
    CHECK_TEXT(FAILED_ROUND(&peers, EDEADLK), "the other end of port 'more' is closed");
    end_peers(&peers);
}

/* It is said at whom it was. */
static void a_port_that_was_closed_elsewhere(void) {
    struct peers peers = CONNECTED(pair,
                                   "connector leads {\n"
                                   "    peer amy = \"$\" { in<u32> give; in<u32> other; }\n"
                                   "    peer bob = \"$\" { out<u32> take; }\n"
                                   "    new once(amy.give) at bob;\n"
                                   "    new pass(amy.other, bob.take);\n"
                                   "}\n"
                                   "primitive once(in<u32> a) { sync get(a); }\n"
                                   "primitive pass(in<u32> a, out<u32> b) {\n"
                                   "    while (true) sync if (fires(a)) put(b, get(a));\n"
                                   "}\n");
    put(peers.connectors[0], "give", 1);
    CHECK_ROUND(&peers, 0);
    put(peers.connectors[0], "give", 2);
    CHECK_TEXT(FAILED_ROUND(&peers, EDEADLK), "the other end of port 'give', at 'bob', is closed");
    end_peers(&peers);
}

/* What needed the port ends, and closes its own; who needs those learns it, and that for good. */
static void a_port_that_everything_needs(void) {
    struct peers peers = CONNECTED(pair,
                                   "connector direct {\n"
                                   "    peer amy = \"$\" { in<u32> give; in<u32> spare; }\n"
                                   "    peer bob = \"$\" { out<u32> take; out<u32> rest; }\n"
                                   "    new pass(amy.give, bob.take);\n"
                                   "    new pass(amy.spare, bob.rest) at bob;\n"
                                   "}\n"
                                   "primitive pass(in<u32> a, out<u32> b) { while (true) sync if "
                                   "(fires(a)) put(b, get(a)); }\n");
    uint32_t taken = 7;
    uint32_t rest = 7;
    CHECK(rw_close(peers.connectors[0], "give") == 0);
    for (int again = 0; again < 2; ++again) {
        struct round round;
        CHECK(rw_get(peers.connectors[1], "take", &taken, sizeof taken) == 0);
        synchronise(&peers, &round);
        for (int i = 0; i < 2; ++i) {
            CHECK(round.calls[i].result == -1);
            CHECK(round.calls[i].code == EDEADLK || round.calls[i].code == EPIPE);
        }
        CHECK(taken == 7);
        CHECK(rw_get(peers.connectors[1], "take", NULL, 0) == 0);
        /* The rest of the connector is as it was. */
        put(peers.connectors[0], "spare", 8);
        CHECK(rw_get(peers.connectors[1], "rest", &rest, sizeof rest) == 0);
        CHECK_ROUND(&peers, 0);
        CHECK(rest == 8);
    }
    end_peers(&peers);
}

static void all_ports(void) {
    struct peers peers = CONNECTED(pair, merged);
    uint32_t value = 1;
    struct call waiting;
    CHECK(rw_close(peers.connectors[0], "give") == 0);
    CHECK(rw_close(peers.connectors[0], "other") == 0);
    CHECK_ERROR(rw_sync(peers.connectors[0]), ENOTCONN);
    CHECK_ERROR(rw_put(peers.connectors[0], "give", &value, sizeof value), ENOTCONN);
    begin(&waiting, rw_sync, peers.connectors[1]);
    finish(&waiting);
    CHECK(waiting.result == -1 && waiting.code == EPIPE);
    CHECK_TEXT(waiting.text, "amy");
    CHECK(rw_close(peers.connectors[0], NULL) == 0); /* only now its number is free */
    CHECK(rw_connector(RW_REALTIME) == peers.connectors[0]);
    end_peers(&peers);
}

/* One leaves while the others wait: nothing is in doubt, and they are told who it was. */
static void leaving_while_others_wait(void) {
    for (int repetition = 0; repetition < 12; ++repetition) {
        struct peers peers = CONNECTED(three, swap_of_three);
        int leaver = repetition % 3;
        uint32_t taken[3] = {100, 100, 100};
        struct call waiting[2];
        for (int peer = 0; peer < 3; ++peer) {
            put(peers.connectors[peer], "give", (uint32_t)peer);
            CHECK(rw_get(peers.connectors[peer], "take", &taken[peer], sizeof taken[peer]) == 0);
        }
        if (repetition >= 6) { /* not before the first round */
            CHECK_ROUND(&peers, 0);
            for (int peer = 0; peer < 3; ++peer) {
                put(peers.connectors[peer], "give", (uint32_t)peer);
                taken[peer] = 100;
                CHECK(rw_get(peers.connectors[peer], "take", &taken[peer], 4) == 0);
            }
        }
        for (int i = 0; i < 2; ++i) {
            begin(&waiting[i], rw_sync, peers.connectors[(leaver + 1 + i) % 3]);
            if (repetition % 2) await_inside(peers.connectors[(leaver + 1 + i) % 3]);
        }
        CHECK(rw_close(peers.connectors[leaver], NULL) == 0);
        peers.connectors[leaver] = -1;
        for (int i = 0; i < 2; ++i) {
            finish(&waiting[i]);
            CHECK(waiting[i].result == -1);
            CHECK(waiting[i].code == EPIPE);
            CHECK_TEXT(waiting[i].text, three[leaver]);
            CHECK_TEXT(waiting[i].text, "left");
        }
        CHECK(taken[0] == 100 && taken[1] == 100 && taken[2] == 100);
        /* It stays so, also for who comes later, and for who never was in a call. */
        for (int i = 0; i < 2; ++i) {
            CHECK_ERROR(rw_sync(peers.connectors[(leaver + 1 + i) % 3]), EPIPE);
        }
        end_peers(&peers);
    }
}

static void* one_round(void* argument) {
    int connector = *(int*)argument;
    uint32_t value = 1000 + (uint32_t)connector;
    uint32_t taken = 0;
    CHECK(rw_connect(connector) == 0);
    CHECK(rw_put(connector, "give", &value, sizeof value) == 0);
    CHECK(rw_get(connector, "take", &taken, sizeof taken) == 0);
    int result = rw_sync(connector);
    if (result != 0) check_failed(__FILE__, __LINE__, "the round", rw_error(connector));
    CHECK(taken >= 1000 && taken != value);
    CHECK(rw_close(connector, NULL) == 0);
    return NULL;
}

/* Who leaves first does not spoil the round for the other. */
static void leaving_after_a_round(void) {
    for (int repetition = 0; repetition < 200; ++repetition) {
        int count = 2 + repetition % 2;
        struct peers peers = make_peers(count, three, count == 2 ? swap : swap_of_three);
        pthread_t threads[3];
        for (int i = 0; i < count; ++i) {
            CHECK(pthread_create(&threads[i], NULL, one_round, &peers.connectors[i]) == 0);
        }
        for (int i = 0; i < count; ++i) {
            CHECK(pthread_join(threads[i], NULL) == 0);
            CHECK_ERROR(rw_sync(peers.connectors[i]), EBADF);
            peers.connectors[i] = -1;
        }
        end_peers(&peers);
    }
}

/* What is on its way when somebody leaves arrives, if it takes longer than a peer may be silent. */
static void leaving_over_a_slow_line(void) {
    enum { BYTES = 24000000, SILENCE_MS = 1500, BYTES_PER_MS = 8000 };
    static const char body[] =
        "connector direct {\n"
        "    peer amy = \"tcp://$\" { in<u8[]> give; listen \"$\"; }\n"
        "    peer bob = \"tcp://$\" { out<u8[]> take; listen \"$\"; }\n"
        "    new pass(amy.give, bob.take) at amy;\n"
        "}\n"
        "primitive pass(in<u8[]> a, out<u8[]> b) { while (true) sync put(b, get(a)); }\n";
    struct middleman man = {.bytes_per_ms = BYTES_PER_MS};
    int connectors[2];
    struct call bobs;
    unsigned char* value = calloc(2, BYTES);
    CHECK(value != NULL);
    value[BYTES - 1] = 7;
    begin_between(&man, RW_REALTIME, body, connectors);
    for (int i = 0; i < 2; ++i) CHECK(rw_set(connectors[i], RW_SILENCE_MS, SILENCE_MS) == 0);
    connect_between(connectors);
    CHECK(rw_put(connectors[0], "give", value, BYTES) == 0);
    CHECK(rw_get(connectors[1], "take", value + BYTES, BYTES) == 0);
    begin(&bobs, rw_sync, connectors[1]);
    CHECK(rw_sync(connectors[0]) == 0);
    CHECK(rw_close(connectors[0], NULL) == 0);
    finish(&bobs);
    if (bobs.result != 0) check_failed(__FILE__, __LINE__, "bob's sync", bobs.text);
    CHECK(value[2 * BYTES - 1] == 7);
    CHECK(rw_close(connectors[1], NULL) == 0);
    end_between(&man);
    free(value);
}

static void leaving_at_once(void) {
    int c = rw_connector(RW_REALTIME);
    CHECK(rw_close(c, NULL) == 0); /* not configured */
    struct peers peers = make_peers(2, pair, swap);
    end_peers(&peers); /* configured */
    for (int repetition = 0; repetition < 20; ++repetition) {
        struct call calls[2];
        peers = CONNECTED(pair, swap);
        for (int i = 0; i < 2; ++i) begin(&calls[i], leave, peers.connectors[i]);
        for (int i = 0; i < 2; ++i) {
            finish(&calls[i]);
            CHECK(calls[i].result == 0);
            peers.connectors[i] = -1;
        }
        end_peers(&peers);
    }
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(single_ports),
        CASE(a_port_that_others_need),
        CASE(ports_that_lead_to_nobody),
        CASE(a_port_that_was_closed_elsewhere),
        CASE(a_port_that_everything_needs),
        CASE(all_ports),
        CASE(leaving_while_others_wait),
        CASE(leaving_after_a_round),
        CASE(leaving_over_a_slow_line),
        CASE(leaving_at_once),
    };
    return RUN_CASES(argc, argv, cases);
}
