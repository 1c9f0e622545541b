/* SPDX-License-Identifier: MIT */
/* Time limits of rounds. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

static const char* names[] = {"amy", "bob", "cat"};
static const char body[] =
    "connector swap {\n"
    "    peer amy = \"$\" { in<u32> give; out<u32> take; }\n"
    "    peer bob = \"$\" { in<u32> give; out<u32> take; }\n"
    "    peer cat = \"$\" { in<u32> give; out<u32> take; }\n"
    "    new exchange(amy.give, bob.give, cat.give, amy.take, bob.take, cat.take) at bob;\n"
    "}\n"
    "primitive exchange(in<u32> a, in<u32> b, in<u32> c, out<u32> x, out<u32> y, out<u32> z) {\n"
    "    while (true) sync { put(x, get(b)); put(y, get(c)); put(z, get(a)); }\n"
    "}\n";

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void prepare(const struct peers* peers, int peer, uint32_t round, uint32_t* taken) {
    uint32_t value = 10 * round + (uint32_t)peer;
    CHECK(rw_put(peers->connectors[peer], "give", &value, sizeof value) == 0);
    CHECK(rw_get(peers->connectors[peer], "take", taken, sizeof *taken) == 0);
}

static void check_taken(const uint32_t taken[], uint32_t round) {
    for (uint32_t peer = 0; peer < 3; ++peer) CHECK(taken[peer] == 10 * round + (peer + 1) % 3);
}

/* One does not come: who waits learns it, whoever's time limit it was; and then it comes. */
static void one_does_not_come(void) {
    struct peers peers = CONNECTED(names, body);
    for (int missing = 0; missing < 3; ++missing) {
        int limited = (missing + 1) % 3;
        int patient = (missing + 2) % 3;
        uint32_t taken[3] = {100, 100, 100};
        struct call limited_call;
        struct call patient_call;
        for (int peer = 0; peer < 3; ++peer) prepare(&peers, peer, (uint32_t)missing, &taken[peer]);

        double begun = seconds();
        CHECK(rw_timeout(peers.connectors[limited], 300) == 0);
        CHECK(rw_timeout(peers.connectors[patient], -1) == 0);
        begin(&patient_call, rw_sync, peers.connectors[patient]);
        await_inside(peers.connectors[patient]);
        begin(&limited_call, rw_sync, peers.connectors[limited]);
        finish(&limited_call);
        CHECK(limited_call.result == -1 && limited_call.code == ETIMEDOUT);
        CHECK_TEXT(limited_call.text, names[missing]);
        CHECK(seconds() - begun >= 0.299 && seconds() - begun < 5);
        finish(&patient_call);
        CHECK(patient_call.result == -1 && patient_call.code == ETIMEDOUT);
        CHECK_TEXT(patient_call.text, names[missing]);
        CHECK(seconds() - begun < 5);
        CHECK(taken[0] == 100 && taken[1] == 100 && taken[2] == 100);

        CHECK(rw_timeout(peers.connectors[limited], -1) == 0);
        CHECK_ROUND(&peers, 0);
        check_taken(taken, (uint32_t)missing);
    }
    end_peers(&peers);
}

/* Two with the same limit, at the same time. */
static void limits_that_pass_together(void) {
    struct peers peers = CONNECTED(names, body);
    for (uint32_t round = 0; round < 10; ++round) {
        uint32_t taken[3] = {100, 100, 100};
        struct call calls[2];
        for (int peer = 0; peer < 3; ++peer) prepare(&peers, peer, round, &taken[peer]);
        for (int peer = 0; peer < 2; ++peer) {
            CHECK(rw_timeout(peers.connectors[peer], 20) == 0);
            begin(&calls[peer], rw_sync, peers.connectors[peer]);
        }
        for (int peer = 0; peer < 2; ++peer) {
            finish(&calls[peer]);
            CHECK(calls[peer].result == -1 && calls[peer].code == ETIMEDOUT);
            CHECK_TEXT(calls[peer].text, "cat");
            CHECK(rw_timeout(peers.connectors[peer], -1) == 0);
        }
        CHECK_ROUND(&peers, 0);
        check_taken(taken, round);
    }
    end_peers(&peers);
}

/* The limit passes while the last one comes: whatever becomes of the round, all agree. */
static void limit_that_passes_as_the_last_one_comes(void) {
    struct peers peers = CONNECTED(names, body);
    int succeeded = 0;
    uint32_t taken[3];
    for (uint32_t round = 0; round < 150; ++round) {
        struct round all;
        for (int peer = 0; peer < 3; ++peer) prepare(&peers, peer, round, &taken[peer]);
        memset(taken, 0xFF, sizeof taken);
        for (int peer = 0; peer < 3; ++peer) {
            CHECK(rw_timeout(peers.connectors[peer], peer == 0 ? round % 3 : 30) == 0);
        }
        begin(&all.calls[0], rw_sync, peers.connectors[0]);
        begin(&all.calls[1], rw_sync, peers.connectors[1]);
        bool is_too_late = round % 3 == 0; /* for who tries once */
        if (is_too_late) finish(&all.calls[0]);
        begin(&all.calls[2], rw_sync, peers.connectors[2]);
        for (int peer = is_too_late; peer < 3; ++peer) finish(&all.calls[peer]);
        /* Whose time had passed before another came is not waited for by that one. */
        bool ok = all.calls[0].result == 0;
        for (int peer = 0; peer < 3; ++peer) {
            CHECK((all.calls[peer].result == 0) == ok);
            CHECK(ok || all.calls[peer].code == ETIMEDOUT);
        }
        succeeded += ok;
        if (ok) check_taken(taken, round);
        if (!ok) CHECK(taken[0] == UINT32_MAX && taken[1] == UINT32_MAX && taken[2] == UINT32_MAX);
    }
    CHECK(succeeded <= 100);
    end_peers(&peers);
}

/* 0: tries once, and says at once that nobody is there. */
static void without_waiting(void) {
    struct peers peers = CONNECTED(names, body);
    uint32_t taken[3] = {100, 100, 100};
    for (int peer = 0; peer < 3; ++peer) prepare(&peers, peer, 1, &taken[peer]);
    CHECK(rw_timeout(peers.connectors[0], 0) == 0);
    double begun = seconds();
    for (int again = 0; again < 20; ++again) {
        CHECK_ERROR(rw_sync(peers.connectors[0]), ETIMEDOUT);
        CHECK_TEXT(rw_error(peers.connectors[0]), "bob");
        CHECK_TEXT(rw_error(peers.connectors[0]), "cat");
    }
    CHECK(seconds() - begun < 5);
    CHECK(rw_timeout(peers.connectors[0], -5) == 0);
    CHECK_ROUND(&peers, 0);
    check_taken(taken, 1);
    end_peers(&peers);
}

/* Alone, a round is possible at once or not at all. */
static void without_waiting_alone(void) {
    static const char* alone[] = {"amy"};
    struct peers peers =
        CONNECTED(alone,
                  "connector self_service {\n"
                  "    peer amy = \"$\" { in<u32> give; out<u32> take; }\n"
                  "    new pass(amy.give, amy.take);\n"
                  "}\n"
                  "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n");
    uint32_t value = 5;
    uint32_t taken = 0;
    CHECK(rw_timeout(peers.connectors[0], 0) == 0);
    CHECK(rw_put(peers.connectors[0], "give", &value, sizeof value) == 0);
    CHECK(rw_get(peers.connectors[0], "take", &taken, sizeof taken) == 0);
    CHECK(rw_sync(peers.connectors[0]) == 0);
    CHECK(taken == 5);
    CHECK(rw_timeout(peers.connectors[0], -1) == 0);
    CHECK(rw_put(peers.connectors[0], "give", &value, sizeof value) == 0);
    CHECK_ERROR(rw_sync(peers.connectors[0]), EDEADLK);
    CHECK_TEXT(rw_error(peers.connectors[0]), "pass");
    end_peers(&peers);
}

/* Who comes and goes without waiting does not end the patience of others for good. */
static void one_that_tries_again_and_again(void) {
    struct peers peers = CONNECTED(names, body);
    uint32_t taken[3] = {100, 100, 100};
    struct call calls[2];
    for (int peer = 0; peer < 3; ++peer) prepare(&peers, peer, 7, &taken[peer]);
    CHECK(rw_timeout(peers.connectors[0], 10000) == 0);
    for (int peer = 1; peer < 3; ++peer) {
        CHECK(rw_timeout(peers.connectors[peer], 50) == 0);
        while (rw_sync(peers.connectors[peer]) == 0) CHECK(false);
        CHECK(errno == ETIMEDOUT);
        CHECK(rw_timeout(peers.connectors[peer], -1) == 0);
    }
    for (int peer = 1; peer < 3; ++peer) begin(&calls[peer - 1], rw_sync, peers.connectors[peer]);
    CHECK(rw_sync(peers.connectors[0]) == 0);
    for (int i = 0; i < 2; ++i) {
        finish(&calls[i]);
        CHECK(calls[i].result == 0);
    }
    check_taken(taken, 7);
    end_peers(&peers);
}

/* Whoever asks whom: who is missing is named once. */
static void one_name_for_one_peer(void) {
    static const char* pair[] = {"amy", "bob"};
    for (int i = 0; i < 2; ++i) {
        char two[512];
        snprintf(two, sizeof two,
                 "connector one_way {\n"
                 "    peer amy = \"$\" { in<u32> give; }\n"
                 "    peer bob = \"$\" { out<u32> take; }\n"
                 "    new pass(amy.give, bob.take) at %s;\n"
                 "}\n"
                 "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n",
                 pair[i]);
        struct peers peers = CONNECTED(pair, two);
        uint32_t value = 1;
        CHECK(rw_put(peers.connectors[0], "give", &value, sizeof value) == 0);
        for (long limit = 0; limit < 100; limit += 50) {
            CHECK(rw_timeout(peers.connectors[0], limit) == 0);
            CHECK_ERROR(rw_sync(peers.connectors[0]), ETIMEDOUT);
            const char* named = strstr(rw_error(peers.connectors[0]), "'bob' did not arrive");
            CHECK(named && !strstr(named + 1, "'bob' did not arrive"));
        }
        end_peers(&peers);
    }
}

/* Who has come is not missing, wherever the component is, even if it waits for a value; and all who
 * wait are told the same. */
static void who_waits_is_not_missing(void) {
    for (int place = 0; place < 3; ++place) {
        char copied[600];
        snprintf(copied, sizeof copied,
                 "connector copied {\n"
                 "    peer amy = \"$\" { in<u32> give; }\n"
                 "    peer bob = \"$\" { out<u32> take; }\n"
                 "    peer cat = \"$\" { out<u32> take; }\n"
                 "    new copy(amy.give, bob.take, cat.take) at %s;\n"
                 "}\n"
                 "primitive copy(in<u32> a, out<u32> x, out<u32> y) {\n"
                 "    while (true) sync { u32 v = get(a); put(x, v); put(y, v); }\n"
                 "}\n",
                 names[place]);
        struct peers peers = CONNECTED(names, copied);
        uint32_t value = 1, taken;
        struct call waiting;
        CHECK(rw_put(peers.connectors[0], "give", &value, sizeof value) == 0);
        CHECK(rw_get(peers.connectors[2], "take", &taken, sizeof taken) == 0);
        const char* told = NULL;
        for (long limit = 100; !told && limit < 60000; limit *= 2) {
            CHECK(rw_timeout(peers.connectors[0], limit) == 0);
            begin(&waiting, rw_sync, peers.connectors[2]);
            await_inside(peers.connectors[2]);
            CHECK_ERROR(rw_sync(peers.connectors[0]), ETIMEDOUT);
            finish(&waiting);
            CHECK(waiting.result == -1 && waiting.code == ETIMEDOUT);
            const char* all[] = {rw_error(peers.connectors[0]), waiting.text};
            for (int i = 0; i < 2; ++i) CHECK(!strstr(all[i], "'cat' did not arrive"));
            if (!strstr(all[0], "'bob' did not arrive")) continue;
            told = all[0];
            CHECK(strcmp(all[0], all[1]) == 0);
            CHECK_TEXT(told,
                       "'copy' waits for a message at port 'a' from 'amy' in place of what came");
        }
        CHECK(told);
        end_peers(&peers);
    }
}

/* Nobody is waited for, and nobody is missing: what is impossible is said to be so, to all. */
static void impossible_at_once(void) {
    static const char one[] =
        "connector own {\n"
        "    peer amy = \"$\" { in<u32> give; out<u32> take; }\n"
        "    new pass(amy.give, amy.take);\n"
        "}\n"
        "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";
    uint32_t value = 1;
    struct peers alone = make_peers(1, names, one);
    connect_peers(&alone);
    CHECK(rw_put(alone.connectors[0], "give", &value, sizeof value) == 0);
    CHECK(rw_timeout(alone.connectors[0], 0) == 0);
    CHECK_ERROR(rw_sync(alone.connectors[0]), EDEADLK);
    end_peers(&alone);

    static const char* pair[] = {"amy", "bob"};
    static const char two[] =
        "connector one_way {\n"
        "    peer amy = \"$\" { in<u32> give; }\n"
        "    peer bob = \"$\" { out<u32> take; }\n"
        "    new pass(amy.give, bob.take);\n"
        "}\n"
        "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";
    struct peers peers = CONNECTED(pair, two);
    CHECK(rw_put(peers.connectors[0], "give", &value, sizeof value) == 0);
    CHECK(rw_timeout(peers.connectors[0], 0) == 0);
    struct call waiting;
    do {
        begin(&waiting, rw_sync, peers.connectors[1]);
        await_inside(peers.connectors[1]);
        CHECK(rw_sync(peers.connectors[0]) == -1);
        CHECK(errno == EDEADLK || strstr(rw_error(peers.connectors[0]), "'bob' did not arrive"));
        finish(&waiting);
    } while (waiting.code == ETIMEDOUT);
    CHECK(waiting.result == -1 && waiting.code == EDEADLK);
    end_peers(&peers);
}

/* The longest time limit does not pass. */
static void a_limit_far_off(void) {
    struct peers peers = make_peers(3, names, body);
    struct call waiting;
    uint32_t taken[3];
    for (int i = 0; i < 3; ++i) CHECK(rw_timeout(peers.connectors[i], LONG_MAX) == 0);
    connect_peers(&peers);
    for (int i = 0; i < 3; ++i) prepare(&peers, i, 1, &taken[i]);
    begin(&waiting, rw_sync, peers.connectors[0]);
    await_inside(peers.connectors[0]);
    struct call others[2];
    for (int i = 0; i < 2; ++i) begin(&others[i], rw_sync, peers.connectors[i + 1]);
    for (int i = 0; i < 2; ++i) finish(&others[i]);
    finish(&waiting);
    CHECK(waiting.result == 0 && others[0].result == 0 && others[1].result == 0);
    check_taken(taken, 1);
    end_peers(&peers);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(one_does_not_come),
        CASE(limits_that_pass_together),
        CASE(limit_that_passes_as_the_last_one_comes),
        CASE(without_waiting),
        CASE(without_waiting_alone),
        CASE(one_that_tries_again_and_again),
        CASE(one_name_for_one_peer),
        CASE(who_waits_is_not_missing),
        CASE(impossible_at_once),
        CASE(a_limit_far_off),
    };
    return RUN_CASES(argc, argv, cases);
}
