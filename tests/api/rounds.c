/* SPDX-License-Identifier: MIT */
/* Protocols between two and three peers, and many of them side by side. */
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

static const char* alone[] = {"amy"};
static const char* pair[] = {"amy", "bob"};
static const char* three[] = {"amy", "bob", "cat"};

#define AMY connectors[0]
#define BOB connectors[1]
#define CAT connectors[2]

static void sync_channel(void) {
    struct peers peers =
        CONNECTED(pair,
                  "connector direct {\n"
                  "    peer amy = \"$\" { in<u32> give; }\n"
                  "    peer bob = \"$\" { out<u32> take; }\n"
                  "    new pass(amy.give, bob.take);\n"
                  "}\n"
                  "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n");
    for (uint32_t i = 0; i < 100; ++i) {
        uint32_t taken = 0;
        put(peers.AMY, "give", i * i);
        get(peers.BOB, "take", &taken);
        CHECK_ROUND(&peers, 0);
        CHECK(taken == i * i);
    }
    end_peers(&peers);
}

/* Three give and three take, all or nothing, wherever the component is. */
static void exchange(void) {
    static const char* places[] = {"amy", "bob", "cat"};
    for (int place = 0; place < 3; ++place) {
        char body[1000] =
            "connector swap {\n"
            "    peer amy = \"$\" { in<u32> give; out<u32> take; }\n"
            "    peer bob = \"$\" { in<u32> give; out<u32> take; }\n"
            "    peer cat = \"$\" { in<u32> give; out<u32> take; }\n"
            "    new exchange(amy.give, bob.give, cat.give, amy.take, bob.take, cat.take) at ";
        strcat(body, places[place]);
        strcat(body,
               ";\n"
               "}\n"
               "primitive exchange(in<u32> a, in<u32> b, in<u32> c,\n"
               "                   out<u32> x, out<u32> y, out<u32> z) {\n"
               "    while (true) sync { put(x, get(b)); put(y, get(c)); put(z, get(a)); }\n"
               "}\n");
        struct peers peers = CONNECTED(three, body);
        for (uint32_t i = 0; i < 20; ++i) {
            uint32_t taken[3] = {0};
            for (uint32_t peer = 0; peer < 3; ++peer) {
                put(peers.connectors[peer], "give", 10 * i + peer);
                get(peers.connectors[peer], "take", &taken[peer]);
            }
            CHECK_ROUND(&peers, 0);
            for (uint32_t peer = 0; peer < 3; ++peer) {
                CHECK(taken[peer] == 10 * i + (peer + 1) % 3);
            }
        }
        /* One who does not give spoils it for all, and then it goes on. */
        for (uint32_t quiet = 0; quiet < 3; ++quiet) {
            uint32_t taken[3] = {0};
            for (uint32_t peer = 0; peer < 3; ++peer) {
                if (peer != quiet) put(peers.connectors[peer], "give", peer);
                get(peers.connectors[peer], "take", &taken[peer]);
            }
            FAILED_ROUND(&peers, EDEADLK);
            CHECK(taken[0] == 0 && taken[1] == 0 && taken[2] == 0);
            put(peers.connectors[quiet], "give", quiet);
            CHECK_ROUND(&peers, 0);
            for (uint32_t peer = 0; peer < 3; ++peer) CHECK(taken[peer] == (peer + 1) % 3);
        }
        end_peers(&peers);
    }
}

static void replicator(void) {
    struct peers peers =
        CONNECTED(three,
                  "connector broadcast {\n"
                  "    peer amy = \"$\" { in<string> say; }\n"
                  "    peer bob = \"$\" { out<string> hear; }\n"
                  "    peer cat = \"$\" { out<string> hear; }\n"
                  "    new replicator(amy.say, bob.hear, cat.hear);\n"
                  "}\n"
                  "primitive replicator(in<string> a, out<string> b, out<string> c) {\n"
                  "    while (true) sync { auto v = get(a); put(b, v); put(c, v); }\n"
                  "}\n");
    for (int i = 0; i < 10; ++i) {
        char bob[8] = "", cat[8] = "";
        CHECK(rw_put(peers.AMY, "say", "hello", 5) == 0);
        CHECK(rw_get(peers.BOB, "hear", bob, sizeof bob) == 0);
        if (i % 2 == 0) { /* both or none */
            FAILED_ROUND(&peers, EDEADLK);
            CHECK(bob[0] == '\0');
        }
        CHECK(rw_get(peers.CAT, "hear", cat, sizeof cat) == 0);
        CHECK_ROUND(&peers, 0);
        CHECK(strcmp(bob, "hello") == 0 && strcmp(cat, "hello") == 0);
    }
    end_peers(&peers);
}

/* Which alternative is taken depends on who puts. */
static void merger(void) {
    struct peers peers =
        CONNECTED(three,
                  "connector merged {\n"
                  "    peer amy = \"$\" { in<u32> give; }\n"
                  "    peer bob = \"$\" { in<u32> give; }\n"
                  "    peer cat = \"$\" { out<u32> take; }\n"
                  "    new merger(amy.give, bob.give, cat.take) at bob;\n"
                  "}\n"
                  "primitive merger(in<u32> a, in<u32> b, out<u32> c) {\n"
                  "    while (true) sync { fork put(c, get(a)); or put(c, get(b)); or skip; }\n"
                  "}\n");
    for (uint32_t i = 0; i < 30; ++i) {
        uint32_t taken = 0;
        put(peers.connectors[i % 3 % 2], "give", i);
        get(peers.CAT, "take", &taken);
        CHECK_ROUND(&peers, 0);
        CHECK(taken == i);
    }
    uint32_t taken = 77;
    CHECK_ROUND(&peers, 0); /* nobody */
    put(peers.AMY, "give", 1);
    put(peers.BOB, "give", 2);
    get(peers.CAT, "take", &taken);
    FAILED_ROUND(&peers, EDEADLK); /* both at once is no way to merge */
    CHECK(taken == 77);
    CHECK(rw_put(peers.AMY, "give", NULL, 0) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(taken == 2);
    end_peers(&peers);
}

/* As many optional ports fire as can. */
static void optional_ports_fire_if_they_can(void) {
    struct peers peers =
        CONNECTED(three,
                  "connector offers {\n"
                  "    peer amy = \"$\" { in<u32> give; }\n"
                  "    peer bob = \"$\" { out<u32> take; }\n"
                  "    peer cat = \"$\" { out<u32> take; }\n"
                  "    new any(amy.give, bob.take, cat.take);\n"
                  "}\n"
                  "primitive any(in<u32> a, out<u32> b, out<u32> c) {\n"
                  "    while (true) sync {\n"
                  "        auto v = get(a);\n"
                  "        fork skip; or put(b, v); or put(c, v); or { put(b, v); put(c, v); }\n"
                  "    }\n"
                  "}\n");
    for (uint32_t i = 0; i < 10; ++i) {
        uint32_t bob = 0, cat = 0;
        put(peers.AMY, "give", i + 1);
        if (i % 2 == 0) CHECK(rw_opt(peers.BOB, "take", &bob, sizeof bob) == 0);
        if (i % 3 == 0) CHECK(rw_opt(peers.CAT, "take", &cat, sizeof cat) == 0);
        CHECK_ROUND(&peers, 0);
        CHECK(rw_decide(peers.BOB, "take", &bob, sizeof bob) == (bob != 0));
        CHECK(bob == 0 || (bob == i + 1 && i % 2 == 0));
        CHECK(cat == 0 || (cat == i + 1 && i % 3 == 0));
    }
    end_peers(&peers);
}

/* The round in which more of them fire is preferred to what stands first. */
static void more_optional_ports_are_preferred(void) {
    struct peers peers = CONNECTED(alone,
                                   "connector preferring {\n"
                                   "    peer amy = \"$\" { out<u32> one; out<u32> other; }\n"
                                   "    new some(amy.one, amy.other);\n"
                                   "}\n"
                                   "primitive some(out<u32> one, out<u32> other) {\n"
                                   "    while (true) sync {\n"
                                   "        fork put(one, 1); or { put(one, 1); put(other, 2); }\n"
                                   "    }\n"
                                   "}\n");
    for (int i = 0; i < 100; ++i) {
        uint32_t one = 0, other = 0;
        CHECK(rw_opt(peers.AMY, "one", &one, sizeof one) == 0);
        CHECK(rw_opt(peers.AMY, "other", &other, sizeof other) == 0);
        CHECK_ROUND(&peers, 0);
        CHECK(one == 1 && other == 2);
    }
    end_peers(&peers);
}

/* The protocol looks at the value before it agrees. */
static void values_that_are_refused(void) {
    struct peers peers =
        CONNECTED(pair,
                  "connector evens {\n"
                  "    peer amy = \"$\" { in<u32> give; }\n"
                  "    peer bob = \"$\" { out<u32> take; }\n"
                  "    new even(amy.give, bob.take) at bob;\n"
                  "}\n"
                  "primitive even(in<u32> a, out<u32> b) {\n"
                  "    while (true) sync { auto v = get(a); assert(v % 2 == 0); put(b, v); }\n"
                  "}\n");
    for (uint32_t i = 1; i < 8; i += 2) {
        uint32_t taken = 100;
        put(peers.AMY, "give", i);
        get(peers.BOB, "take", &taken);
        const char* text = FAILED_ROUND(&peers, EDEADLK);
        CHECK_TEXT(text, "even");
        CHECK_TEXT(text, "assert");
        CHECK(taken == 100);
        put(peers.AMY, "give", i + 1);
        CHECK_ROUND(&peers, 0);
        CHECK(taken == i + 1);
    }
    end_peers(&peers);
}

/* A value that leads a component into a run-time error makes the round impossible; the component
 * lives, wherever it is. */
static void values_that_lead_into_an_error(void) {
    static const char* places[] = {" at amy;\n", " at bob;\n"};
    for (int place = 0; place < 2; ++place) {
        char body[1000] =
            "connector division {\n"
            "    peer amy = \"$\" { in<u32> give; }\n"
            "    peer bob = \"$\" { out<u32> take; }\n"
            "    new divide(amy.give, bob.take)";
        strcat(body, places[place]);
        strcat(body,
               "}\n"
               "primitive divide(in<u32> a, out<u32> b) {\n"
               "    u32 rounds = 0;\n"
               "    while (true) { sync put(b, 1000 / get(a) + rounds); rounds += 1; }\n"
               "}\n");
        struct peers peers = CONNECTED(pair, body);
        for (uint32_t i = 0; i < 5; ++i) {
            uint32_t taken = 100000;
            put(peers.AMY, "give", 0);
            get(peers.BOB, "take", &taken);
            const char* text = FAILED_ROUND(&peers, EDEADLK);
            CHECK_TEXT(text, "division by zero");
            CHECK_TEXT(text, "divide");
            CHECK(taken == 100000);
            put(peers.AMY, "give", 10);
            CHECK_ROUND(&peers, 0);
            CHECK(taken == 100 + i); /* the state it had */
        }
        end_peers(&peers);
    }
}

/* Peers that prepare nothing wait for each other all the same. */
static void barrier(void) {
    struct peers peers =
        CONNECTED(three,
                  "connector barrier {\n"
                  "    peer amy = \"$\" { in<u32> give; }\n"
                  "    peer bob = \"$\" { out<u32> take; }\n"
                  "    peer cat = \"$\";\n"
                  "    new pass(amy.give, bob.take) at cat;\n"
                  "}\n"
                  "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n");
    for (int late = 0; late < 3; ++late) {
        struct call early[2];
        begin(&early[0], rw_sync, peers.connectors[(late + 1) % 3]);
        begin(&early[1], rw_sync, peers.connectors[(late + 2) % 3]);
        await_inside(peers.connectors[(late + 1) % 3]);
        await_inside(peers.connectors[(late + 2) % 3]);
        CHECK(rw_sync(peers.connectors[late]) == 0);
        finish(&early[0]);
        finish(&early[1]);
        CHECK(early[0].result == 0 && early[1].result == 0);
    }
    end_peers(&peers);
}

/* What the protocol keeps comes out in a later round. */
static void buffer(void) {
    struct peers peers =
        CONNECTED(pair,
                  "connector buffered {\n"
                  "    peer amy = \"$\" { in<u32> give; }\n"
                  "    peer bob = \"$\" { out<u32> take; }\n"
                  "    new fifo1(amy.give, bob.take);\n"
                  "}\n"
                  "primitive fifo1(in<u32> a, out<u32> b) {\n"
                  "    while (true) { u32 kept = 0; sync kept = get(a); sync put(b, kept); }\n"
                  "}\n");
    for (uint32_t i = 0; i < 10; ++i) {
        uint32_t taken = 0;
        put(peers.AMY, "give", i + 1);
        CHECK_ROUND(&peers, 0);
        put(peers.AMY, "give", 99);
        FAILED_ROUND(&peers, EDEADLK); /* it is full */
        CHECK(rw_put(peers.AMY, "give", NULL, 0) == 0);
        get(peers.BOB, "take", &taken);
        CHECK_ROUND(&peers, 0);
        CHECK(taken == i + 1);
        get(peers.BOB, "take", &taken);
        FAILED_ROUND(&peers, EDEADLK); /* it is empty */
        CHECK(rw_get(peers.BOB, "take", NULL, 0) == 0);
    }
    end_peers(&peers);
}

/* From one buffer to the next a message moves by itself, in between the rounds of the peers. */
static void chain_of_buffers(void) {
    struct peers peers =
        CONNECTED(pair,
                  "connector chain {\n"
                  "    peer amy = \"$\" { in<u32> give; }\n"
                  "    peer bob = \"$\" { out<u32> take; }\n"
                  "    channel a -> b;\n"
                  "    channel c -> d;\n"
                  "    new fifo1(amy.give, a) at amy;\n"
                  "    new fifo1(b, c) at bob;\n"
                  "    new fifo1(d, bob.take) at amy;\n"
                  "}\n"
                  "primitive fifo1(in<u32> a, out<u32> b) {\n"
                  "    while (true) { u32 kept = 0; sync kept = get(a); sync put(b, kept); }\n"
                  "}\n");
    uint32_t taken = 0;
    for (uint32_t i = 0; i < 3; ++i) { /* three fit */
        put(peers.AMY, "give", i);
        CHECK_ROUND(&peers, 0);
    }
    put(peers.AMY, "give", 3);
    FAILED_ROUND(&peers, EDEADLK);
    CHECK(rw_put(peers.AMY, "give", NULL, 0) == 0);
    for (uint32_t i = 0; i < 3; ++i) {
        get(peers.BOB, "take", &taken);
        CHECK_ROUND(&peers, 0);
        CHECK(taken == i);
    }
    get(peers.BOB, "take", &taken);
    FAILED_ROUND(&peers, EDEADLK);
    end_peers(&peers);
}

/* What the peers prepared does not go together, in different ways. */
static void inconsistent(void) {
    struct peers peers =
        CONNECTED(pair,
                  "connector direct {\n"
                  "    peer amy = \"$\" { in<u32> give; }\n"
                  "    peer bob = \"$\" { out<u32> take; }\n"
                  "    new pass(amy.give, bob.take);\n"
                  "}\n"
                  "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n");
    uint32_t taken = 5;
    put(peers.AMY, "give", 1);
    const char* text = FAILED_ROUND(&peers, EDEADLK);
    CHECK_TEXT(text, "bob"); /* who has not prepared anything */
    CHECK(rw_put(peers.AMY, "give", NULL, 0) == 0);
    get(peers.BOB, "take", &taken);
    text = FAILED_ROUND(&peers, EDEADLK);
    CHECK_TEXT(text, "amy");
    CHECK(taken == 5);
    put(peers.AMY, "give", 1);
    CHECK_ROUND(&peers, 0);
    CHECK(taken == 1);
    end_peers(&peers);
}

/* The last round of a protocol that ends returns 1, at everybody. */
static void expiry(void) {
    for (int place = 0; place < 2; ++place) {
        char body[1000] =
            "connector three_times {\n"
            "    peer amy = \"$\" { in<u32> give; }\n"
            "    peer bob = \"$\" { out<u32> take; }\n"
            "    peer cat = \"$\";\n"
            "    new pass(amy.give, bob.take)";
        strcat(body, place == 0 ? ";\n" : " at cat;\n");
        strcat(body,
               "}\n"
               "primitive pass(in<u32> a, out<u32> b) { for (auto i in 0..3) sync put(b, get(a)); "
               "}\n");
        struct peers peers = CONNECTED(three, body);
        for (uint32_t i = 0; i < 3; ++i) {
            uint32_t taken = 100;
            put(peers.AMY, "give", i);
            FAILED_ROUND(&peers, EDEADLK); /* no round, and so not counted */
            get(peers.BOB, "take", &taken);
            CHECK_ROUND(&peers, i == 2);
            CHECK(taken == i);
        }
        end_peers(&peers);
    }
}

/* A protocol that has expired has done its work; the same connector can have another one. */
static void again_after_expiry(void) {
    static const char body[] =
        "connector once {\n"
        "    peer amy = \"$\" { in<u32> give; }\n"
        "    peer bob = \"$\" { out<u32> take; }\n"
        "    new pass(amy.give, bob.take);\n"
        "}\n"
        "primitive pass(in<u32> a, out<u32> b) { sync put(b, get(a)); }\n";
    struct peers peers = make_peers(2, pair, body);
    for (uint32_t i = 0; i < 3; ++i) {
        uint32_t taken = 100;
        connect_peers(&peers);
        CHECK(rw_length(peers.BOB, "take") == 0);
        put(peers.AMY, "give", i);
        get(peers.BOB, "take", &taken);
        CHECK_ROUND(&peers, 1);
        CHECK(taken == i);
        CHECK(rw_close(peers.AMY, "give") == 0);
        CHECK(rw_close(peers.BOB, "take") == 0);
        CHECK_ERROR(rw_sync(peers.AMY), ENOTCONN);
    }
    end_peers(&peers);
}

enum { PAIRS = 8, ROUNDS = 50 };

static void* play(void* argument) {
    int connector = *(int*)argument;
    CHECK(rw_connect(connector) == 0);
    for (uint32_t i = 0; i < ROUNDS; ++i) {
        uint32_t taken = 0;
        put(connector, "give", 1000 * (uint32_t)connector + i);
        get(connector, "take", &taken);
        CHECK(rw_sync(connector) == 0);
        /* Even numbers and the odd ones after them are pairs. */
        CHECK(taken == 1000 * ((uint32_t)connector ^ 1) + i);
    }
    CHECK(rw_close(connector, NULL) == 0);
    return NULL;
}

/* Sixteen connectors in one process, in eight pairs that know nothing of each other. */
static void pairs_of_threads(void) {
    struct peers peers[PAIRS];
    pthread_t threads[PAIRS][2];
    for (int i = 0; i < PAIRS; ++i) {
        peers[i] = make_peers(2, pair,
                              "connector swap {\n"
                              "    peer amy = \"$\" { in<u32> give; out<u32> take; }\n"
                              "    peer bob = \"$\" { in<u32> give; out<u32> take; }\n"
                              "    new exchange(amy.give, bob.give, amy.take, bob.take);\n"
                              "}\n"
                              "primitive exchange(in<u32> a, in<u32> b, out<u32> x, out<u32> y) {\n"
                              "    while (true) sync { put(x, get(b)); put(y, get(a)); }\n"
                              "}\n");
        CHECK(peers[i].AMY % 2 == 0 && peers[i].BOB == peers[i].AMY + 1);
    }
    for (int i = 0; i < PAIRS; ++i) {
        for (int side = 0; side < 2; ++side) {
            CHECK(pthread_create(&threads[i][side], NULL, play, &peers[i].connectors[side]) == 0);
        }
    }
    for (int i = 0; i < PAIRS; ++i) {
        for (int side = 0; side < 2; ++side) {
            CHECK(pthread_join(threads[i][side], NULL) == 0);
            free(peers[i].texts[side]);
        }
    }
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(sync_channel),
        CASE(exchange),
        CASE(replicator),
        CASE(merger),
        CASE(optional_ports_fire_if_they_can),
        CASE(more_optional_ports_are_preferred),
        CASE(values_that_are_refused),
        CASE(values_that_lead_into_an_error),
        CASE(barrier),
        CASE(buffer),
        CASE(chain_of_buffers),
        CASE(inconsistent),
        CASE(expiry),
        CASE(again_after_expiry),
        CASE(pairs_of_threads),
    };
    return RUN_CASES(argc, argv, cases);
}
