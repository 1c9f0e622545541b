/* SPDX-License-Identifier: MIT */
/* Establishing a connector: who comes when, who does not, and who wants something else. */
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

static const char* names[] = {"amy", "bob", "cat"};
static const char pair_body[] =
    "connector direct {\n"
    "    peer amy = \"$\" { in<u32> give; }\n"
    "    peer bob = \"$\" { out<u32> take; }\n"
    "    new pass(amy.give, bob.take);\n"
    "}\n"
    "primitive pass(in<u32> a, out<u32> b) { while (true) sync if (fires(a)) put(b, get(a)); }\n";
static const char three_body[] =
    "connector direct {\n"
    "    peer amy = \"$\" { in<u32> give; }\n"
    "    peer bob = \"$\" { out<u32> take; }\n"
    "    peer cat = \"$\";\n"
    "    new pass(amy.give, bob.take) at cat;\n"
    "}\n"
    "primitive pass(in<u32> a, out<u32> b) { while (true) sync if (fires(a)) put(b, get(a)); }\n";

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Returns when somebody listens there. */
static void await_listening(const char* text) {
    struct sockaddr_in place = socket_address(text);
    for (;;) {
        int probe = socket(AF_INET, SOCK_STREAM, 0);
        int status = connect(probe, (struct sockaddr*)&place, sizeof place);
        close(probe);
        if (status == 0) return;
        sched_yield();
    }
}

static void check_works(const struct peers* peers) {
    uint32_t value = 4711;
    uint32_t taken = 0;
    CHECK(rw_put(peers->connectors[0], "give", &value, sizeof value) == 0);
    CHECK(rw_get(peers->connectors[1], "take", &taken, sizeof taken) == 0);
    CHECK_ROUND(peers, 0);
    CHECK(taken == value);
}

static void any_order(void) {
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t order = 0; order < sizeof orders / sizeof *orders; ++order) {
        struct peers peers = make_peers(3, names, three_body);
        struct call calls[3];
        for (int i = 0; i < 3; ++i) {
            int peer = orders[order][i];
            begin(&calls[i], rw_connect, peers.connectors[peer]);
            if (i < 2) await_listening(peers.addresses[peer]);
        }
        for (int i = 0; i < 3; ++i) {
            finish(&calls[i]);
            if (calls[i].result != 0) {
                check_failed(__FILE__, __LINE__, names[orders[order][i]], calls[i].text);
            }
        }
        check_works(&peers);
        end_peers(&peers);
    }
}

/* With everybody there it takes milliseconds. */
static void quickly(void) {
    double best = 1e9;
    for (int repetition = 0; repetition < 5; ++repetition) {
        struct peers peers = make_peers(3, names, three_body);
        double begun = seconds();
        connect_peers(&peers);
        if (seconds() - begun < best) best = seconds() - begun;
        end_peers(&peers);
    }
    CHECK(best < 1.0);
}

/* Nobody is there, within the limit; then somebody comes, and it works. */
static void nobody_there(void) {
    struct peers peers = make_peers(2, names, pair_body);
    const long limits[] = {300, 0};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; ++i) {
        double begun = seconds();
        CHECK(rw_timeout(peers.connectors[0], limits[i]) == 0);
        int result = rw_connect(peers.connectors[0]);
        CHECK(result == -1 && (errno == ECONNREFUSED || errno == ETIMEDOUT));
        CHECK(seconds() - begun < 5);
        CHECK_TEXT(rw_error(peers.connectors[0]), "bob");
        CHECK_TEXT(rw_error(peers.connectors[0]), peers.addresses[1]);
        CHECK_ERROR(rw_sync(peers.connectors[0]), ENOTCONN);
    }
    CHECK(rw_timeout(peers.connectors[0], 30000) == 0);
    connect_peers(&peers);
    check_works(&peers);
    end_peers(&peers);
}

/* Of three one is missing: the text names it, and not the one who is there. */
static void one_of_three_missing(void) {
    struct peers peers = make_peers(3, names, three_body);
    struct call calls[2];
    for (int i = 0; i < 2; ++i) {
        CHECK(rw_timeout(peers.connectors[i], 500) == 0);
        begin(&calls[i], rw_connect, peers.connectors[i]);
    }
    for (int i = 0; i < 2; ++i) {
        finish(&calls[i]);
        CHECK(calls[i].result == -1);
        CHECK(calls[i].code == ECONNREFUSED || calls[i].code == ETIMEDOUT);
        CHECK_TEXT(calls[i].text, "'cat'");
        CHECK_TEXT(calls[i].text, peers.addresses[2]);
        CHECK(rw_timeout(peers.connectors[i], 30000) == 0);
    }
    connect_peers(&peers);
    check_works(&peers);
    end_peers(&peers);
}

/* Somebody listens there who never says anything. */
static void a_mute_listener(void) {
    struct peers peers = make_peers(2, names, pair_body);
    struct sockaddr_in place = socket_address(peers.addresses[1]);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    CHECK(bind(listener, (struct sockaddr*)&place, sizeof place) == 0);
    CHECK(listen(listener, 10) == 0);
    CHECK(rw_timeout(peers.connectors[0], 300) == 0);
    double begun = seconds();
    CHECK_ERROR(rw_connect(peers.connectors[0]), ETIMEDOUT);
    CHECK(seconds() - begun < 5);
    CHECK_TEXT(rw_error(peers.connectors[0]), "bob");
    CHECK(rw_timeout(peers.connectors[0], 0) == 0);
    begun = seconds();
    CHECK_ERROR(rw_connect(peers.connectors[0]), ETIMEDOUT);
    CHECK(seconds() - begun < 5);
    CHECK_TEXT(rw_error(peers.connectors[0]), "bob");
    close(listener);
    CHECK(rw_timeout(peers.connectors[0], 30000) == 0);
    connect_peers(&peers);
    check_works(&peers);
    end_peers(&peers);
}

static void own_address_in_use(void) {
    struct peers peers = make_peers(2, names, pair_body);
    struct sockaddr_in place = socket_address(peers.addresses[0]);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    CHECK(bind(listener, (struct sockaddr*)&place, sizeof place) == 0);
    CHECK(listen(listener, 10) == 0);
    double begun = seconds();
    CHECK_ERROR(rw_connect(peers.connectors[0]), EADDRINUSE);
    CHECK(seconds() - begun < 5);
    CHECK_TEXT(rw_error(peers.connectors[0]), peers.addresses[0]);
    close(listener);
    connect_peers(&peers);
    check_works(&peers);
    end_peers(&peers);
}

static void own_address_elsewhere(void) {
    address addresses[2];
    find_addresses(addresses, 2);
    char* text = describe("amy",
                          "connector direct {\n"
                          "    peer amy = \"$\" { listen \"192.0.2.1:7001\"; in<u32> give; }\n"
                          "    peer bob = \"$\" { out<u32> take; }\n"
                          "    new pass(amy.give, bob.take);\n"
                          "}\n"
                          "primitive pass(in<u32> a, out<u32> b) { sync put(b, get(a)); }\n",
                          addresses);
    int c = rw_connector(RW_REALTIME);
    CHECK(rw_configure(c, text) == 0);
    CHECK_ERROR(rw_connect(c), EADDRNOTAVAIL);
    CHECK_TEXT(rw_error(c), "192.0.2.1");
    CHECK(rw_close(c, NULL) == 0);
    free(text);
}

/* Reached at one address, listening at another one. */
static void listens_elsewhere(void) {
    address addresses[2];
    find_addresses(addresses, 2);
    char body[600];
    snprintf(body, sizeof body,
             "connector direct {\n"
             "    peer amy = \"$\" { listen \"0.0.0.0:%s\"; in<u32> give; }\n"
             "    peer bob = \"$\" { out<u32> take; }\n"
             "    new pass(amy.give, bob.take);\n"
             "}\n"
             "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n",
             strchr(addresses[0], ':') + 1);
    struct peers peers = {.count = 2, .names = {"amy", "bob"}};
    for (int i = 0; i < 2; ++i) {
        peers.connectors[i] = rw_connector(RW_REALTIME);
        peers.texts[i] = describe(names[i], body, addresses);
        CHECK(rw_configure(peers.connectors[i], peers.texts[i]) == 0);
    }
    connect_peers(&peers);
    check_works(&peers);
    end_peers(&peers);
}

static bool shares_memory(void) {
    char line[1000];
    bool found = false;
    FILE* maps = fopen("/proc/self/maps", "r");
    CHECK(maps);
    while (fgets(line, sizeof line, maps)) found |= strstr(line, "memfd:reowolf") != NULL;
    fclose(maps);
    return found;
}

/* Who names one transport has it, whoever of the two dials first. */
static void one_names_a_transport(void) {
    for (int naming = -1; naming < 2; ++naming) {
        char body[600];
        snprintf(body, sizeof body,
                 "connector direct {\n"
                 "    peer amy = \"%s$\" { in<u32> give; }\n"
                 "    peer bob = \"%s$\" { out<u32> take; }\n"
                 "    new pass(amy.give, bob.take);\n"
                 "}\n"
                 "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n",
                 naming == 0 ? "tcp://" : "", naming == 1 ? "tcp://" : "");
        for (int first = 0; first < 2; ++first) {
            struct peers peers = make_peers(2, names, body);
            struct call call;
            begin(&call, rw_connect, peers.connectors[first]);
            await_inside(peers.connectors[first]);
            CHECK(rw_connect(peers.connectors[1 - first]) == 0);
            finish(&call);
            CHECK(call.result == 0);
            for (int i = 0; i < 10; ++i) check_works(&peers);
            CHECK(shares_memory() == (naming < 0));
            end_peers(&peers);
        }
    }
}

/* The descriptions differ in `theirs`: nobody gets a connector, and all learn what differs. */
static void check_disagreement(const char* theirs, const char* says) {
    struct peers peers = make_peers(2, names, pair_body);
    struct call calls[2];
    char* text = describe("bob", theirs, peers.addresses);
    if (rw_configure(peers.connectors[1], text) != 0) {
        check_failed(__FILE__, __LINE__, says, rw_error(peers.connectors[1]));
    }
    double begun = seconds();
    for (int i = 0; i < 2; ++i) begin(&calls[i], rw_connect, peers.connectors[i]);
    for (int i = 0; i < 2; ++i) {
        finish(&calls[i]);
        CHECK(calls[i].result == -1);
        CHECK_TEXT(calls[i].code == EPROTONOSUPPORT ? "EPROTONOSUPPORT" : calls[i].text,
                   "EPROTONOSUPPORT");
        CHECK_TEXT(calls[i].text, "amy");
        CHECK_TEXT(calls[i].text, "bob");
        CHECK_TEXT(calls[i].text, says);
    }
    CHECK(seconds() - begun < 5);
    /* And when that is repaired they can connect. */
    CHECK(rw_configure(peers.connectors[1], peers.texts[1]) == 0);
    connect_peers(&peers);
    check_works(&peers);
    end_peers(&peers);
    free(text);
}

static void descriptions_that_differ(void) {
    check_disagreement(
        "connector direct {\n"
        "    peer amy = \"$\" { in<u32> give; }\n"
        "    peer bob = \"$\" { out<u32> take; }\n"
        "    new pass(amy.give, bob.take);\n"
        "}\n"
        "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n",
        "fires(a)");
    check_disagreement(
        "connector direct {\n"
        "    peer amy = \"$\" { in<u64> give; }\n"
        "    peer bob = \"$\" { out<u64> take; }\n"
        "    new pass(amy.give, bob.take);\n"
        "}\n"
        "primitive pass(in<u64> a, out<u64> b) { while (true) sync if (fires(a)) put(b, get(a)); "
        "}\n",
        "u64");
    check_disagreement(
        "connector direct {\n"
        "    peer amy = \"$\" { in<u32> gift; }\n"
        "    peer bob = \"$\" { out<u32> take; }\n"
        "    new pass(amy.gift, bob.take);\n"
        "}\n"
        "primitive pass(in<u32> a, out<u32> b) { while (true) sync if (fires(a)) put(b, get(a)); "
        "}\n",
        "gift");
    check_disagreement(
        "connector direct {\n"
        "    peer amy = \"$\" { in<u32> give; }\n"
        "    peer bob = \"$\" { out<u32> take; }\n"
        "    new pass(amy.give, bob.take) at bob;\n"
        "}\n"
        "primitive pass(in<u32> a, out<u32> b) { while (true) sync if (fires(a)) put(b, get(a)); "
        "}\n",
        "at bob");
    check_disagreement(
        "connector direct_too {\n"
        "    peer amy = \"$\" { in<u32> give; }\n"
        "    peer bob = \"$\" { out<u32> take; }\n"
        "    new pass(amy.give, bob.take);\n"
        "}\n"
        "primitive pass(in<u32> a, out<u32> b) { while (true) sync if (fires(a)) put(b, get(a)); "
        "}\n",
        "direct_too");
}

/* Layout, comments and redundant braces are nobody's business. */
static void descriptions_that_mean_the_same(void) {
    struct peers peers = make_peers(2, names, pair_body);
    char* text = describe("bob",
                          "// the same\n"
                          "connector direct { peer amy=\"$\"{in<u32>give;} peer bob=\"$\" {\n"
                          "  out<u32>   take; /* here */ }\n"
                          "\tnew pass(\n\n amy.give,bob.take ) ; }\n"
                          "primitive pass(in<u32> a, out<u32> b) { while (true) {\n"
                          "    sync { if (fires(a)) { put(b, get(a)); } }\n"
                          "} } // end\n",
                          peers.addresses);
    CHECK(rw_configure(peers.connectors[1], text) == 0);
    connect_peers(&peers);
    check_works(&peers);
    end_peers(&peers);
    free(text);
}

/* One of three has something else: all three are told. */
static void one_of_three_differs(void) {
    for (int different = 0; different < 3; ++different) {
        struct peers peers = make_peers(3, names, three_body);
        struct call calls[3];
        char* text = describe(names[different],
                              "connector direct {\n"
                              "    peer amy = \"$\" { in<u32> give; }\n"
                              "    peer bob = \"$\" { out<u32> take; }\n"
                              "    peer cat = \"$\";\n"
                              "    new pass(amy.give, bob.take) at cat;\n"
                              "}\n"
                              "primitive pass(in<u32> a, out<u32> b) { sync put(b, get(a)); }\n",
                              peers.addresses);
        CHECK(rw_configure(peers.connectors[different], text) == 0);
        for (int i = 0; i < 3; ++i) begin(&calls[i], rw_connect, peers.connectors[i]);
        for (int i = 0; i < 3; ++i) {
            finish(&calls[i]);
            if (calls[i].result != -1 || calls[i].code != EPROTONOSUPPORT) {
                check_failed(__FILE__, __LINE__, "EPROTONOSUPPORT", calls[i].text);
            }
            CHECK_TEXT(calls[i].text, names[different]);
        }
        end_peers(&peers);
        free(text);
    }
}

/* Both take themselves for the same peer. */
static void two_of_one_name(void) {
    struct peers peers = make_peers(2, names, pair_body);
    CHECK(rw_configure(peers.connectors[1], peers.texts[0]) == 0);
    struct call calls[2];
    for (int i = 0; i < 2; ++i) {
        CHECK(rw_timeout(peers.connectors[i], 500) == 0);
        begin(&calls[i], rw_connect, peers.connectors[i]);
    }
    int in_use = 0;
    for (int i = 0; i < 2; ++i) {
        finish(&calls[i]);
        CHECK(calls[i].result == -1);
        in_use += calls[i].code == EADDRINUSE;
    }
    CHECK(in_use == 1); /* one has the address, and waits for bob in vain */
    end_peers(&peers);
}

/* After all have left they can meet again at the same addresses. */
static void again_at_the_same_addresses(void) {
    struct peers peers = make_peers(3, names, three_body);
    for (int repetition = 0; repetition < 10; ++repetition) {
        connect_peers(&peers);
        check_works(&peers);
        for (int i = 0; i < 3; ++i) {
            CHECK(rw_close(peers.connectors[i], NULL) == 0);
            CHECK((peers.connectors[i] = rw_connector(RW_REALTIME)) >= 0);
            CHECK(rw_configure(peers.connectors[i], peers.texts[i]) == 0);
        }
    }
    end_peers(&peers);
}

#ifndef __SANITIZE_ADDRESS__ /* which needs descriptors itself */
/* Without descriptors nothing can be established; with them again it can. */
static void no_descriptors_left(void) {
    struct peers peers = make_peers(2, names, pair_body);
    struct rlimit before;
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    for (rlim_t count = 3; count < 9; ++count) {
        const struct rlimit few = {.rlim_cur = count, .rlim_max = before.rlim_max};
        CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
        CHECK(rw_timeout(peers.connectors[0], 100) == 0);
        int result = rw_connect(peers.connectors[0]);
        int code = errno;
        CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
        CHECK(result == -1);
        CHECK(code == EMFILE || code == ECONNREFUSED);
        CHECK(count > 3 || code == EMFILE);
        if (code == EMFILE) CHECK_TEXT(rw_error(peers.connectors[0]), "Too many open files");
    }
    CHECK(rw_timeout(peers.connectors[0], 30000) == 0);
    connect_peers(&peers);
    check_works(&peers);
    end_peers(&peers);
}
#endif

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(any_order),
        CASE(quickly),
        CASE(nobody_there),
        CASE(one_of_three_missing),
        CASE(a_mute_listener),
        CASE(own_address_in_use),
        CASE(own_address_elsewhere),
        CASE(listens_elsewhere),
        CASE(one_names_a_transport),
        CASE(descriptions_that_differ),
        CASE(descriptions_that_mean_the_same),
        CASE(one_of_three_differs),
        CASE(two_of_one_name),
        CASE(again_at_the_same_addresses),
#ifndef __SANITIZE_ADDRESS__
        CASE(no_descriptors_left),
#endif
    };
    return RUN_CASES(argc, argv, cases);
}
