/* SPDX-License-Identifier: MIT */
/* Programs with the names of the interface's first draft. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reowolf/draft_names.h>

#include "check.h"
#include "peers.h"

static const char body[] =
    "connector swap {\n"
    "    peer amy = \"$\" { in<string> give; out<string> take; }\n"
    "    peer bob = \"$\" { in<string> give; out<string> take; }\n"
    "    new exchange(amy.give, bob.give, amy.take, bob.take);\n"
    "}\n"
    "primitive exchange(in<string> a, in<string> b, out<string> x, out<string> y) {\n"
    "    while (true) sync { fork { put(y, get(a)); fork put(x, get(b)); or skip; }\n"
    "                        or put(x, get(b)); }\n"
    "}\n";

struct peer {
    char* description;
    int class;
    const char* gives;
    char took[8];
};

/* What a typical program does: create, configure, connect, main loop. */
static void* run(void* argument) {
    struct peer* peer = argument;
    char text[100], decided[8] = "";
    int connector = connector(peer->class);
    CHECK(connector >= 0);
    CHECK(checkdesc(peer->description, text, sizeof text) == 0);
    CHECK(configure(connector, peer->description) == 0);
    CHECK(connect(connector) == 0);
    if (peer->class == T_REALTIME) {
        CHECK(put(connector, "give", peer->gives, strlen(peer->gives)) == 0);
        CHECK(get(connector, "take", peer->took, sizeof peer->took) == 0);
        CHECK(opt(connector, "take", peer->took, sizeof peer->took) == 0);
        CHECK(get(connector, "take", peer->took, sizeof peer->took) == 0);
        CHECK(sync(connector) == 0);
    } else {
        while (peer->took[0] == '\0') {
            CHECK(offer(connector, "give", peer->gives, strlen(peer->gives)) == 0);
            CHECK(poll(connector, "take", peer->took, sizeof peer->took) == 0);
            CHECK(await(connector) == 0);
        }
    }
    CHECK(decide(connector, "take", decided, sizeof decided) == 1);
    CHECK(strcmp(decided, peer->took) == 0);
    CHECK(close(connector, NULL) == 0);
    CHECK_ERROR(close(connector, NULL), EBADF);
    return NULL;
}

static void swap(int class_of_amy, int class_of_bob) {
    address addresses[2];
    pthread_t thread;
    find_addresses(addresses, 2);
    struct peer amy = {describe("amy", body, addresses), class_of_amy, "tea", ""};
    struct peer bob = {describe("bob", body, addresses), class_of_bob, "milk", ""};
    CHECK(pthread_create(&thread, NULL, run, &bob) == 0);
    run(&amy);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(strcmp(amy.took, "milk") == 0);
    CHECK(strcmp(bob.took, "tea") == 0);
    free(amy.description);
    free(bob.description);
}

static void realtime(void) {
    swap(T_REALTIME, T_REALTIME);
}

/* The library's own functions of these names are still there. */
static void beside_the_c_library(void) {
    int descriptors[2];
    CHECK(pipe(descriptors) == 0);
    struct pollfd readable = {.fd = descriptors[0], .events = POLLIN};
    CHECK((poll)(&readable, 1, 0) == 0);
    CHECK((close)(descriptors[0]) == 0 && (close)(descriptors[1]) == 0);
    CHECK_ERROR((connect)(-1, NULL, 0), EBADF);
    CHECK_ERROR(connect(-1), EBADF);
}

static void constants(void) {
    const int all[] = {T_REALTIME, T_LOGICAL, T_DYNAMIC};
    CHECK(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    int first = connector(T_REALTIME), second = connector(T_LOGICAL);
    CHECK(first >= 0 && second >= 0 && first != second);
    CHECK(close(first, NULL) == 0 && close(second, NULL) == 0);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(realtime),
        CASE(beside_the_c_library),
        CASE(constants),
    };
    return RUN_CASES(argc, argv, cases);
}
