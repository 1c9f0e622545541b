/* SPDX-License-Identifier: MIT */
/* Several batches of puts and gets, of which one happens. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

static const char* pair[] = {"amy", "bob"};
/* Two ways from bob to amy, one from amy to bob; none of them needs another. */
static const char* body =
    "connector ways {\n"
    "    peer amy = \"$\" { out<u32> left; out<u32> right; in<u32> back; }\n"
    "    peer bob = \"$\" { in<u32> left; in<u32> right; out<u32> back; }\n"
    "    new pass(bob.left, amy.left);\n"
    "    new pass(bob.right, amy.right);\n"
    "    new pass(amy.back, bob.back);\n"
    "}\n"
    "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";

#define AMY connectors[0]
#define BOB connectors[1]

static void put(int connector, const char* port, uint32_t value) {
    CHECK(rw_put(connector, port, &value, sizeof value) == 0);
}

static void get(int connector, const char* port, uint32_t* room) {
    CHECK(rw_get(connector, port, room, sizeof *room) == 0);
}

/* What happens depends on what bob does. */
static void one_of_three(void) {
    struct peers peers = CONNECTED(pair, body);
    for (int i = 0; i < 30; ++i) {
        uint32_t left = 0, right = 0, both_left = 0, both_right = 0;
        get(peers.AMY, "left", &left);
        CHECK(rw_or(peers.AMY) == 0);
        get(peers.AMY, "right", &right);
        CHECK(rw_or(peers.AMY) == 0);
        get(peers.AMY, "left", &both_left);
        get(peers.AMY, "right", &both_right);
        if (i % 3 != 1) put(peers.BOB, "left", 10);
        if (i % 3 != 0) put(peers.BOB, "right", 20);
        CHECK_ROUND(&peers, 0);
        CHECK(rw_chosen(peers.AMY) == i % 3);
        CHECK(rw_chosen(peers.BOB) == 0);
        CHECK(left == (i % 3 == 0 ? 10 : 0) && right == (i % 3 == 1 ? 20 : 0));
        CHECK(both_left == (i % 3 == 2 ? 10 : 0) && both_right == (i % 3 == 2 ? 20 : 0));
        CHECK(rw_decide(peers.AMY, "left", NULL, 0) == (i % 3 != 1));
        CHECK(rw_decide(peers.AMY, "right", NULL, 0) == (i % 3 != 0));
    }
    end_peers(&peers);
}

/* Of those that are possible an earlier one is preferred. */
static void earlier_rather_than_later(void) {
    struct peers peers = CONNECTED(pair, body);
    int first = 0;
    for (uint32_t i = 0; i < 40; ++i) {
        uint32_t back = 0;
        put(peers.AMY, "back", 1);
        CHECK(rw_or(peers.AMY) == 0);
        put(peers.AMY, "back", 2);
        get(peers.BOB, "back", &back);
        CHECK_ROUND(&peers, 0);
        CHECK(back == 1 + (uint32_t)rw_chosen(peers.AMY));
        first += rw_chosen(peers.AMY) == 0;
    }
    CHECK(first >= 20);
    end_peers(&peers);
}

/* What is taken back or replaced is so in the last batch only; a failure keeps all. */
static void each_for_itself(void) {
    struct peers peers = CONNECTED(pair, body);
    uint32_t back = 0, left = 0;
    put(peers.AMY, "back", 1);
    CHECK(rw_or(peers.AMY) == 0);
    put(peers.AMY, "back", 2);
    CHECK(rw_put(peers.AMY, "back", NULL, 0) == 0);
    get(peers.AMY, "left", &left);
    put(peers.BOB, "right", 5); /* nobody takes it */
    FAILED_ROUND(&peers, EDEADLK);
    CHECK_ERROR(rw_chosen(peers.AMY), EINVAL);
    CHECK(rw_put(peers.BOB, "right", NULL, 0) == 0);
    get(peers.BOB, "back", &back);
    CHECK_ROUND(&peers, 0);
    CHECK(back == 1 && left == 0 && rw_chosen(peers.AMY) == 0);
    /* After the round there is one empty batch again. */
    put(peers.AMY, "back", 3);
    get(peers.BOB, "back", &back);
    CHECK_ROUND(&peers, 0);
    CHECK(back == 3 && rw_chosen(peers.AMY) == 0);
    end_peers(&peers);
}

/* An empty batch: to do nothing is an alternative too, but one for when nothing else is possible.
 */
static void or_nothing(void) {
    struct peers peers = CONNECTED(pair, body);
    for (int i = 0; i < 10; ++i) {
        uint32_t left = 0;
        get(peers.AMY, "left", &left);
        CHECK(rw_or(peers.AMY) == 0);
        if (i % 2 == 0) put(peers.BOB, "left", 4);
        CHECK_ROUND(&peers, 0);
        CHECK(rw_chosen(peers.AMY) == i % 2);
        CHECK(left == (i % 2 == 0 ? 4 : 0));
    }
    end_peers(&peers);
}

/* The other peer waits already, and would be as content with nothing. */
static void something_rather_than_nothing(void) {
    static const char* const places[] = {"amy", "bob"};
    for (int place = 0; place < 2; ++place) {
        char text[TEXT_SIZE];
        snprintf(text, sizeof text,
                 "connector one {\n"
                 "    peer amy = \"$\" { in<u32> give; }\n"
                 "    peer bob = \"$\" { out<u32> take; }\n"
                 "    new if_any(amy.give, bob.take) at %s;\n"
                 "}\n"
                 "primitive if_any(in<u32> a, out<u32> b) {\n"
                 "    while (true) sync if (fires(a)) put(b, get(a));\n"
                 "}\n",
                 places[place]);
        struct peers peers = CONNECTED(pair, text);
        for (uint32_t i = 1; i <= 20; ++i) {
            uint32_t taken = 0;
            struct call bob;
            CHECK(rw_opt(peers.BOB, "take", &taken, sizeof taken) == 0);
            begin(&bob, rw_sync, peers.BOB);
            await_inside(peers.BOB);
            put(peers.AMY, "give", i);
            CHECK(rw_or(peers.AMY) == 0);
            CHECK(rw_sync(peers.AMY) == 0);
            finish(&bob);
            CHECK(bob.result == 0);
            CHECK(rw_chosen(peers.AMY) == 0);
            CHECK(taken == i);
        }
        end_peers(&peers);
    }
}

static void of_logical_peers(void) {
    static const int logical[] = {RW_LOGICAL, RW_LOGICAL};
    struct peers peers = connected_as(2, pair, logical, body);
    for (int i = 0; i < 10; ++i) {
        uint32_t left = 0, right = 0, value = 6;
        struct call bob;
        CHECK(rw_offer(peers.BOB, i % 2 == 0 ? "left" : "right", &value, sizeof value) == 0);
        begin(&bob, rw_await, peers.BOB);
        CHECK(rw_poll(peers.AMY, "left", &left, sizeof left) == 0);
        CHECK(rw_or(peers.AMY) == 0);
        CHECK(rw_poll(peers.AMY, "right", &right, sizeof right) == 0);
        CHECK(rw_await(peers.AMY) == 0);
        finish(&bob);
        CHECK(bob.result == 0);
        CHECK(rw_chosen(peers.AMY) == i % 2);
        CHECK(left == (i % 2 == 0 ? 6 : 0) && right == (i % 2 == 0 ? 0 : 6));
    }
    end_peers(&peers);
}

static void refused(void) {
    int c = rw_connector(RW_REALTIME);
    CHECK_ERROR(rw_or(c), ENOTCONN);
    CHECK_ERROR(rw_chosen(c), ENOTCONN);
    CHECK(rw_close(c, NULL) == 0);
    CHECK_ERROR(rw_or(c), EBADF);
    CHECK_ERROR(rw_chosen(c), EBADF);
    struct peers peers = CONNECTED(pair, body);
    CHECK_ERROR(rw_chosen(peers.AMY), EINVAL);
    for (int i = 1; i < 1024; ++i) CHECK(rw_or(peers.AMY) == 0);
    CHECK_ERROR(rw_or(peers.AMY), EMFILE);
    CHECK_ROUND(&peers, 0); /* nothing, in one of 1,024 ways */
    CHECK(rw_chosen(peers.AMY) >= 0 && rw_chosen(peers.AMY) < 1024);
    end_peers(&peers);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(one_of_three), CASE(earlier_rather_than_later),     CASE(each_for_itself),
        CASE(or_nothing),   CASE(something_rather_than_nothing), CASE(of_logical_peers),
        CASE(refused),
    };
    return RUN_CASES(argc, argv, cases);
}
