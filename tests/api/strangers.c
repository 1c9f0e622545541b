/* SPDX-License-Identifier: MIT */
/* Whoever comes to a peer's port and is not a peer: nothing else notices. */
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

static const char* names[] = {"amy", "bob", "cat"};
static const char body[] =
    "connector direct {\n"
    "    peer amy = \"$\" { in<u32> give; }\n"
    "    peer bob = \"$\" { out<u32> take; }\n"
    "    peer cat = \"$\";\n"
    "    new pass(amy.give, bob.take) at cat;\n"
    "}\n"
    "primitive pass(in<u32> a, out<u32> b) { while (true) sync if (fires(a)) put(b, get(a)); }\n";

#define PREAMBLE "REOWOLF\4"
static const struct {
    const char* bytes;
    size_t size;
} said[] = {
#define SAID(text) {text, sizeof(text) - 1}
    SAID(""),
    SAID("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    SAID("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    SAID("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
    SAID("REO"),
    SAID("REOWOLF\377"),                        /* another version */
    SAID(PREAMBLE),                             /* and nothing more */
    SAID(PREAMBLE "\5\0"),                      /* half a header */
    SAID(PREAMBLE "\5\0\0\0\0ab"),              /* half a frame */
    SAID(PREAMBLE "\xff\xff\xff\xff\0abc"),     /* a huge frame */
    SAID(PREAMBLE "\0\0\0\4\0abc"),             /* a large one */
    SAID(PREAMBLE "\0\0\0\0\x63"),              /* an unknown type */
    SAID(PREAMBLE "\3\0\0\0\1abc"),             /* a heartbeat with a body */
    SAID(PREAMBLE "\0\0\0\0\0"),                /* an empty message */
    SAID(PREAMBLE "\0\0\0\0\2"),                /* an orderly end */
    SAID(PREAMBLE "\4\0\0\0\0\xf0\0\0\0"),      /* half a greeting */
    SAID(PREAMBLE "\1\0\0\0\0\xf1"),            /* consent that nobody asked for */
    SAID(PREAMBLE "\6\0\0\0\0\xf2\1\0\0\0x"),   /* a refusal, malformed */
    SAID(PREAMBLE "\7\0\0\0\0\xf2\1\0\0\0x\1"), /* a refusal, final */
    SAID(PREAMBLE "\1\0\0\0\0\xf3"),            /* ready, they say */
    SAID(PREAMBLE "\1\0\0\0\0\xf4"),            /* farewells */
    SAID(PREAMBLE "\1\0\0\0\0\xf5"),
    SAID(PREAMBLE "\1\0\0\0\0\xff"),
    SAID(PREAMBLE "\4\0\0\0\0\0\0\0\0"), /* messages of rounds */
    SAID(PREAMBLE "\5\0\0\0\0\1\2\3\4\5"),
};
enum { SAYINGS = sizeof said / sizeof *said, CROWD = 200 };

/* A connection to the address. */
static int call_on(const char* text) {
    struct sockaddr_in place = socket_address(text);
    for (;;) { /* until somebody listens */
        int stranger = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(stranger >= 0);
        if (connect(stranger, (struct sockaddr*)&place, sizeof place) == 0) return stranger;
        CHECK(errno == ECONNREFUSED);
        close(stranger);
    }
}

/* Somebody for everything that can be said, some of whom hang up at once. The others stay, and are
 * returned. */
static void come(const char* text, int strangers[SAYINGS]) {
    for (int i = 0; i < SAYINGS; ++i) {
        close(call_on(text));
        int brief = call_on(text);
        (void)!send(brief, said[i].bytes, said[i].size, MSG_NOSIGNAL);
        close(brief);
        strangers[i] = call_on(text);
        (void)!send(strangers[i], said[i].bytes, said[i].size, MSG_NOSIGNAL);
    }
}

static void go(int strangers[], int count) {
    for (int i = 0; i < count; ++i) close(strangers[i]);
}

static void check_works(const struct peers* peers) {
    for (uint32_t value = 1; value < 20; ++value) {
        uint32_t taken = 0;
        CHECK(rw_put(peers->connectors[0], "give", &value, sizeof value) == 0);
        CHECK(rw_get(peers->connectors[1], "take", &taken, sizeof taken) == 0);
        CHECK_ROUND(peers, 0);
        CHECK(taken == value);
    }
}

static void finish_connecting(const struct peers* peers, struct call calls[]) {
    for (int i = 0; i < peers->count; ++i) {
        finish(&calls[i]);
        if (calls[i].result != 0) check_failed(__FILE__, __LINE__, names[i], calls[i].text);
    }
}

/* While two wait for the third one. */
static void before_all_are_there(void) {
    struct peers peers = make_peers(3, names, body);
    struct call calls[3];
    int strangers[2][SAYINGS];
    for (int i = 0; i < 2; ++i) begin(&calls[i], rw_connect, peers.connectors[i]);
    for (int i = 0; i < 2; ++i) come(peers.addresses[i], strangers[i]);
    begin(&calls[2], rw_connect, peers.connectors[2]);
    finish_connecting(&peers, calls);
    check_works(&peers);
    for (int i = 0; i < 2; ++i) go(strangers[i], SAYINGS);
    check_works(&peers);
    end_peers(&peers);
}

static void while_connected(void) {
    struct peers peers = CONNECTED(names, body);
    int strangers[3][SAYINGS];
    for (int i = 0; i < 3; ++i) {
        come(peers.addresses[i], strangers[i]);
        check_works(&peers);
    }
    for (int i = 0; i < 3; ++i) {
        go(strangers[i], SAYINGS);
        check_works(&peers);
    }
    end_peers(&peers);
}

/* In the middle of a round that waits for somebody. */
static void during_a_round(void) {
    struct peers peers = CONNECTED(names, body);
    struct call calls[2];
    int strangers[2][SAYINGS];
    for (int i = 0; i < 2; ++i) begin(&calls[i], rw_sync, peers.connectors[i]);
    for (int i = 0; i < 2; ++i) await_inside(peers.connectors[i]);
    for (int i = 0; i < 2; ++i) come(peers.addresses[i], strangers[i]);
    CHECK(rw_sync(peers.connectors[2]) == 0);
    for (int i = 0; i < 2; ++i) {
        finish(&calls[i]);
        CHECK(calls[i].result == 0);
        go(strangers[i], SAYINGS);
    }
    check_works(&peers);
    end_peers(&peers);
}

/* More than a peer will listen to, who say nothing at all, or no more than who they are. */
static void crowd(const char* greeting) {
    struct peers peers = make_peers(3, names, body);
    struct call calls[3];
    static int strangers[2][CROWD];
    for (int i = 0; i < 2; ++i) begin(&calls[i], rw_connect, peers.connectors[i]);
    for (int i = 0; i < 2; ++i) {
        for (int j = 0; j < CROWD; ++j) {
            strangers[i][j] = call_on(peers.addresses[i]);
            (void)!send(strangers[i][j], greeting, strlen(greeting), MSG_NOSIGNAL);
        }
    }
    begin(&calls[2], rw_connect, peers.connectors[2]);
    finish_connecting(&peers, calls);
    check_works(&peers);
    for (int i = 0; i < 2; ++i) go(strangers[i], CROWD);
    end_peers(&peers);
}

static void a_mute_crowd(void) {
    crowd("");
}

static void a_crowd_that_speaks_the_language(void) {
    crowd(PREAMBLE);
}

/* The crowd is at the door before another peer could come. */
static void a_crowd_at_every_door(void) {
    struct peers peers = make_peers(2, names,
                                    "connector direct {\n"
                                    "    peer amy = \"$\" { in<u32> give; }\n"
                                    "    peer bob = \"$\" { out<u32> take; }\n"
                                    "    new pass(amy.give, bob.take);\n"
                                    "}\n"
                                    "primitive pass(in<u32> a, out<u32> b) {\n"
                                    "    while (true) sync if (fires(a)) put(b, get(a));\n"
                                    "}\n");
    static int strangers[CROWD];
    struct call calls[2];
    begin(&calls[0], rw_connect, peers.connectors[0]);
    for (int i = 0; i < CROWD; ++i) strangers[i] = call_on(peers.addresses[0]);
    begin(&calls[1], rw_connect, peers.connectors[1]);
    finish_connecting(&peers, calls);
    check_works(&peers);
    go(strangers, CROWD);
    end_peers(&peers);
}

/* Bob cannot be reached where he says, and has to get through the crowd at amy's door. That must
 * not take as long as the patience with the crowd, which could come again and again. */
static void crowd_at_the_only_door(const char* greeting) {
    static int strangers[CROWD];
    address elsewhere;
    char text[600];
    struct call calls[2];
    find_addresses(&elsewhere, 1);
    snprintf(text, sizeof text,
             "connector direct {\n"
             "    peer amy = \"$\" { in<u32> give; }\n"
             "    peer bob = \"$\" { listen \"%s\"; out<u32> take; }\n"
             "    new pass(amy.give, bob.take);\n"
             "}\n"
             "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n",
             elsewhere);
    struct peers peers = make_peers(2, names, text);
    for (int i = 0; i < 2; ++i) CHECK(rw_timeout(peers.connectors[i], 5000) == 0);
    begin(&calls[0], rw_connect, peers.connectors[0]);
    for (int i = 0; i < CROWD; ++i) {
        strangers[i] = call_on(peers.addresses[0]);
        (void)!send(strangers[i], greeting, strlen(greeting), MSG_NOSIGNAL);
    }
    begin(&calls[1], rw_connect, peers.connectors[1]);
    finish_connecting(&peers, calls);
    check_works(&peers);
    go(strangers, CROWD);
    end_peers(&peers);
}

static void a_mute_crowd_at_the_only_door(void) {
    crowd_at_the_only_door("");
}

static void a_crowd_at_the_only_door_that_speaks_the_language(void) {
    crowd_at_the_only_door(PREAMBLE);
}

/* Garbage does not stay connected: it is shown the door at once, whatever peers are doing. */
static void garbage_is_turned_away(void) {
    struct peers peers = CONNECTED(names, body);
    int stranger = call_on(peers.addresses[0]);
    CHECK(send(stranger, "nonsense", 8, MSG_NOSIGNAL) == 8);
    char answer[100];
    ssize_t got;
    do {
        got = recv(stranger, answer, sizeof answer, 0);
    } while (got > 0);
    CHECK(got == 0 || errno == ECONNRESET);
    close(stranger);
    check_works(&peers);
    end_peers(&peers);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(before_all_are_there),
        CASE(while_connected),
        CASE(during_a_round),
        CASE(a_mute_crowd),
        CASE(a_crowd_that_speaks_the_language),
        CASE(a_crowd_at_every_door),
        CASE(a_mute_crowd_at_the_only_door),
        CASE(a_crowd_at_the_only_door_that_speaks_the_language),
        CASE(garbage_is_turned_away),
    };
    return RUN_CASES(argc, argv, cases);
}
