/* SPDX-License-Identifier: MIT */
/* A peer that sends what no correct peer sends. Here somebody on the way between two peers puts it
 * in. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reowolf/connector.h>

#include "check.h"
#include "middleman.h"
#include "peers.h"

/* Both are reached only over somebody who listens at the addresses that the other one knows. */
static const char body[] =
    "connector direct {\n"
    "    peer amy = \"$\" { in<u32> give; listen \"$\"; }\n"
    "    peer bob = \"$\" { out<u32> take; listen \"$\"; }\n"
    "    new pass(amy.give, bob.take);\n"
    "}\n"
    "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";

static const struct words lies[] = {
#define SAID(text) {text, sizeof(text) - 1}
    SAID("\5\0\0\0\0\1\2\3\4\5"),     /* half a message */
    SAID("\1\0\0\0\0\x7f"),           /* an unknown one */
    SAID("\1\0\0\0\0\xfe"),           /* an unknown one outside of rounds */
    SAID("\0\0\0\0\x63"),             /* an unknown frame */
    SAID("\xff\xff\xff\xff\0abcdef"), /* too long a one */
};
enum { LIES = sizeof lies / sizeof *lies };

/* What differs between the classes. */
static const struct manner {
    int cls;
    int (*give)(int, const char*, const void*, size_t);
    int (*take)(int, const char*, void*, size_t);
    int (*step)(int);
} stepping = {RW_REALTIME, rw_put, rw_get, rw_sync},
  waiting = {RW_LOGICAL, rw_offer, rw_poll, rw_await};

static void lied_to(const struct manner* manner) {
    for (int lie = 0; lie < LIES; ++lie) {
        struct middleman man = {.said = NULL};
        int connectors[2];
        struct call calls[2];
        uint32_t value = 1, taken = 0;
        begin_between(&man, manner->cls, body, connectors);
        connect_between(connectors);
        /* A good round first. */
        for (int round = 0; round < 2; ++round) {
            CHECK(manner->give(connectors[0], "give", &value, sizeof value) == 0);
            /* With a choice, amy promises nothing yet: so nothing is in doubt. */
            CHECK(rw_or(connectors[0]) == 0);
            begin(&calls[0], manner->step, connectors[0]);
            if (round == 0) {
                CHECK(manner->take(connectors[1], "take", &taken, sizeof taken) == 0);
                CHECK(manner->step(connectors[1]) == 0 && taken == 1);
                finish(&calls[0]);
                CHECK(calls[0].result == 0);
            }
        }
        await_inside(connectors[0]);
        atomic_store(&man.said, &lies[lie]);
        finish(&calls[0]);
        CHECK(calls[0].result == -1);
        if (calls[0].code != EPROTO) {
            check_failed(__FILE__, __LINE__, strerrorname_np(calls[0].code), calls[0].text);
        }
        CHECK_TEXT(calls[0].text, "'bob'");
        /* Again: it is the same. To bob amy is lost, perhaps only after it had promised its part.
         */
        CHECK_ERROR(manner->step(connectors[0]), EPROTO);
        CHECK(manner->take(connectors[1], "take", &taken, sizeof taken) == 0);
        CHECK(manner->step(connectors[1]) == -1 && (errno == EPIPE || errno == ECONNABORTED));
        CHECK_ERROR(manner->step(connectors[1]), EPIPE);
        CHECK(rw_close(connectors[0], NULL) == 0 && rw_close(connectors[1], NULL) == 0);
        end_between(&man);
    }
}

static void lied_to_in_sync(void) {
    lied_to(&stepping);
}
static void lied_to_in_await(void) {
    lied_to(&waiting);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {CASE(lied_to_in_sync), CASE(lied_to_in_await)};
    return RUN_CASES(argc, argv, cases);
}
