/* SPDX-License-Identifier: MIT */
/* Connecting and leaving again and again: no descriptor and no thread stays behind. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

static const char* names[] = {"amy", "bob"};

static int count_entries(const char* path) {
    DIR* directory = opendir(path);
    int count = 0;
    CHECK(directory);
    while (readdir(directory)) ++count;
    closedir(directory);
    return count;
}

static void cycle(void) {
    struct peers peers = CONNECTED(names,
                                   "connector direct {\n"
                                   "    peer amy = \"$\" { in<u32> give; }\n"
                                   "    peer bob = \"$\" { out<u32> take; }\n"
                                   "    new pass(amy.give, bob.take);\n"
                                   "}\n"
                                   "primitive pass(in<u32> a, out<u32> b) {\n"
                                   "    while (true) sync put(b, get(a));\n"
                                   "}\n");
    uint32_t value = 1;
    uint32_t taken = 0;
    CHECK(rw_put(peers.connectors[0], "give", &value, sizeof value) == 0);
    FAILED_ROUND(&peers, EDEADLK);
    CHECK(rw_get(peers.connectors[1], "take", &taken, sizeof taken) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(taken == 1);
    end_peers(&peers);
    /* And one that does not come about. */
    peers = make_peers(2, names,
                       "connector alone {\n"
                       "    peer amy = \"$\";\n"
                       "    peer bob = \"$\";\n"
                       "}\n");
    CHECK(rw_timeout(peers.connectors[0], 0) == 0);
    CHECK(rw_connect(peers.connectors[0]) == -1);
    end_peers(&peers);
}

static void fifty_cycles(void) {
    for (int i = 0; i < 5; ++i) cycle();
    const int descriptors = count_entries("/proc/self/fd");
    const int threads = count_entries("/proc/self/task");
    for (int i = 0; i < 50; ++i) cycle();
    CHECK(count_entries("/proc/self/fd") == descriptors);
    CHECK(count_entries("/proc/self/task") == threads);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {CASE(fifty_cycles)};
    return RUN_CASES(argc, argv, cases);
}
