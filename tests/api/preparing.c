/* SPDX-License-Identifier: MIT */
/* What put, get and opt prepare for the next round, and for how long. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

static const char* names[] = {"amy", "bob"};
/* Each peer may give something to the other in a round. */
static const char body[] =
    "connector both_ways {\n"
    "    peer amy = \"$\" { in<u32> give; out<u32> take; }\n"
    "    peer bob = \"$\" { in<u32> give; out<u32> take; }\n"
    "    new pass(amy.give, bob.take);\n"
    "    new pass(bob.give, amy.take);\n"
    "}\n"
    "primitive pass(in<u32> a, out<u32> b) { while (true) sync if (fires(a)) put(b, get(a)); }\n";

static void put(int connector, uint32_t value) {
    CHECK(rw_put(connector, "give", &value, sizeof value) == 0);
    value = 0xDEAD; /* it was copied */
}

static void the_last_put_wins(void) {
    struct peers peers = CONNECTED(names, body);
    uint32_t buffer = 1;
    uint32_t taken = 0;
    CHECK(rw_put(peers.connectors[0], "give", &buffer, sizeof buffer) == 0);
    buffer = 2;
    CHECK(rw_put(peers.connectors[0], "give", &buffer, sizeof buffer) == 0);
    CHECK(buffer == 2);
    buffer = 3; /* the same buffer, used for something else before the round */
    CHECK(rw_get(peers.connectors[1], "take", &taken, sizeof taken) == 0);
    CHECK(taken == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(taken == 2 && buffer == 3);
    end_peers(&peers);
}

static void null_takes_it_back(void) {
    struct peers peers = CONNECTED(names, body);
    uint32_t first = 0;
    CHECK(rw_put(peers.connectors[0], "give", NULL, 0) == 0); /* nothing to take back */
    CHECK(rw_get(peers.connectors[0], "take", NULL, 17) == 0);
    CHECK(rw_opt(peers.connectors[0], "take", NULL, 0) == 0);
    put(peers.connectors[0], 1);
    CHECK(rw_put(peers.connectors[0], "give", NULL, 0) == 0);
    CHECK(rw_get(peers.connectors[1], "take", &first, sizeof first) == 0);
    CHECK(rw_get(peers.connectors[1], "take", NULL, 0) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(first == 0 && rw_length(peers.connectors[1], "take") == 0);

    put(peers.connectors[0], 2);
    CHECK(rw_put(peers.connectors[0], "give", NULL, sizeof first) == 0);
    CHECK(rw_opt(peers.connectors[1], "take", &first, sizeof first) == 0);
    CHECK(rw_opt(peers.connectors[1], "take", NULL, 0) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(first == 0 && rw_length(peers.connectors[1], "take") == 0);
    end_peers(&peers);
}

static void get_and_opt_replace_each_other(void) {
    struct peers peers = CONNECTED(names, body);
    int bob = peers.connectors[1];
    uint32_t first = 7;
    uint32_t second = 7;
    uint32_t third = 7;

    /* A get would need a value to come. */
    CHECK(rw_get(bob, "take", &first, sizeof first) == 0);
    CHECK(rw_opt(bob, "take", &second, sizeof second) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(first == 7 && second == 7);

    put(peers.connectors[0], 8);
    CHECK(rw_opt(bob, "take", &first, sizeof first) == 0);
    CHECK(rw_get(bob, "take", &second, sizeof second) == 0);
    CHECK(rw_get(bob, "take", &third, sizeof third) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(first == 7 && second == 7 && third == 8);

    CHECK(rw_opt(bob, "take", &first, sizeof first) == 0);
    CHECK(rw_get(bob, "take", &second, sizeof second) == 0);
    FAILED_ROUND(&peers, EDEADLK); /* now it is a get */
    CHECK(rw_get(bob, "take", NULL, 0) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(first == 7 && second == 7 && third == 8);
    end_peers(&peers);
}

/* An optional get takes what comes, and leaves the buffer alone when nothing does. */
static void opt_fires_or_not(void) {
    struct peers peers = CONNECTED(names, body);
    int bob = peers.connectors[1];
    for (uint32_t round = 1; round <= 6; ++round) {
        uint32_t taken = 1000;
        uint32_t decided = 2000;
        if (round % 2 == 0) put(peers.connectors[0], round);
        CHECK(rw_opt(bob, "take", &taken, sizeof taken) == 0);
        CHECK(taken == 1000);
        CHECK_ROUND(&peers, 0);
        CHECK(taken == (round % 2 == 0 ? round : 1000));
        CHECK(rw_decide(bob, "take", &decided, sizeof decided) == (round % 2 == 0));
        CHECK(decided == (round % 2 == 0 ? round : 2000));
        CHECK(rw_length(bob, "take") == (round % 2 == 0 ? 4 : 0));
    }
    end_peers(&peers);
}

/* Whatever fails, what was prepared is there for the next attempt, and no buffer is touched. */
static void kept_after_a_failure(void) {
    struct peers peers = CONNECTED(names, body);
    uint32_t amy_takes = 100;
    uint32_t bob_takes = 100;
    put(peers.connectors[0], 1);
    CHECK(rw_get(peers.connectors[0], "take", &amy_takes, sizeof amy_takes) == 0);
    CHECK(rw_get(peers.connectors[1], "take", &bob_takes, sizeof bob_takes) == 0);
    for (int attempt = 0; attempt < 3; ++attempt) FAILED_ROUND(&peers, EDEADLK);
    CHECK(amy_takes == 100 && bob_takes == 100);
    CHECK(rw_decide(peers.connectors[1], "take", &bob_takes, sizeof bob_takes) == 0);

    CHECK(rw_timeout(peers.connectors[0], 0) == 0);
    CHECK_ERROR(rw_sync(peers.connectors[0]), ETIMEDOUT);
    CHECK(rw_timeout(peers.connectors[0], -1) == 0);
    CHECK(amy_takes == 100);

    put(peers.connectors[1], 2); /* what was missing */
    CHECK_ROUND(&peers, 0);
    CHECK(amy_takes == 2 && bob_takes == 1);

    /* And after the success nothing is prepared any more. */
    amy_takes = bob_takes = 100;
    CHECK_ROUND(&peers, 0);
    CHECK(amy_takes == 100 && bob_takes == 100);
    CHECK(rw_length(peers.connectors[0], "take") == 0);
    CHECK(rw_decide(peers.connectors[0], "take", &amy_takes, sizeof amy_takes) == 0);
    end_peers(&peers);
}

/* The results of the last round stay until the next one succeeds. */
static void results_of_the_last_round(void) {
    struct peers peers = CONNECTED(names, body);
    int bob = peers.connectors[1];
    uint32_t taken = 0;
    uint32_t decided = 0;
    CHECK(rw_length(bob, "take") == 0); /* no round yet */
    CHECK(rw_decide(bob, "take", &decided, sizeof decided) == 0);
    put(peers.connectors[0], 11);
    CHECK(rw_get(bob, "take", &taken, sizeof taken) == 0);
    CHECK_ROUND(&peers, 0);
    put(peers.connectors[0], 12);
    FAILED_ROUND(&peers, EDEADLK);
    for (int again = 0; again < 2; ++again) {
        CHECK(rw_decide(bob, "take", &decided, sizeof decided) == 1 && decided == 11);
        CHECK(rw_length(bob, "take") == 4);
    }
    CHECK(rw_put(peers.connectors[0], "give", NULL, 0) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(rw_decide(bob, "take", &decided, sizeof decided) == 0 && decided == 11);
    end_peers(&peers);
}

static void one_buffer_for_two_ports(void) {
    static const char two[] =
        "connector two {\n"
        "    peer amy = \"$\" { in<u32> left; in<u32> right; }\n"
        "    peer bob = \"$\" { out<u32> left; out<u32> right; }\n"
        "    new pass(amy.left, bob.left);\n"
        "    new pass(amy.right, bob.right);\n"
        "}\n"
        "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";
    struct peers peers = CONNECTED(names, two);
    uint32_t left = 1;
    uint32_t right = 2;
    uint32_t taken = 0;
    CHECK(rw_put(peers.connectors[0], "left", &left, sizeof left) == 0);
    CHECK(rw_put(peers.connectors[0], "right", &right, sizeof right) == 0);
    CHECK(rw_get(peers.connectors[1], "left", &taken, sizeof taken) == 0);
    CHECK(rw_get(peers.connectors[1], "right", &taken, sizeof taken) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(taken == 1 || taken == 2);
    end_peers(&peers);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(the_last_put_wins),
        CASE(null_takes_it_back),
        CASE(get_and_opt_replace_each_other),
        CASE(opt_fires_or_not),
        CASE(kept_after_a_failure),
        CASE(results_of_the_last_round),
        CASE(one_buffer_for_two_ports),
    };
    return RUN_CASES(argc, argv, cases);
}
