/* SPDX-License-Identifier: MIT */
/* Dynamic connectors whose peers are processes: ports go from one to the other, and stay usable
 * when one of those that had them is killed. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

/* To bob goes what amy sends, and to cat what bob sends. */
static const char chain[] =
    "connector chain {\n"
    "    peer amy = \"$\" { in<out<u32>> give; }\n"
    "    peer bob = \"$\" { out<out<u32>> take; in<out<u32>> give; }\n"
    "    peer cat = \"$\" { out<out<u32>> take; }\n"
    "    new pass(amy.give, bob.take) at amy;\n"
    "    new pass(bob.give, cat.take) at cat;\n"
    "}\n"
    "primitive pass(in<out<u32>> a, out<out<u32>> b) { while (true) sync put(b, get(a)); }\n";

enum { AMY, BOB, CAT, PEERS, NUMBERS = 50, TURNS = 12 };
static const char* names[] = {"amy", "bob", "cat"};

typedef void part(int connector);
static pid_t children[PEERS]; /* those that were started before */

/* A process that is this peer, once all are there. */
static pid_t start(int who, part* run, const char* body, address addresses[], int cls) {
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child > 0) return child;
    char* text = describe(names[who], body, addresses);
    int c = rw_connector(cls);
    if (rw_configure(c, text) < 0 || rw_timeout(c, 30000) < 0 || rw_connect(c) < 0) {
        check_failed(__FILE__, __LINE__, names[who], rw_error(c));
    }
    run(c);
    CHECK(rw_close(c, NULL) == 0);
    free(text);
    exit(0);
}

static void play(part* const parts[PEERS], const char* body, int cls, int killed) {
    address addresses[PEERS];
    find_addresses(addresses, PEERS);
    for (int i = 0; i < PEERS; ++i) {
        if (parts[i]) children[i] = start(i, parts[i], body, addresses, cls);
    }
    for (int i = 0; i < PEERS; ++i) {
        int status = 0;
        if (!parts[i]) continue;
        CHECK(waitpid(children[i], &status, 0) == children[i]);
        if (i == killed) {
            CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        } else if (status != 0) {
            check_failed(__FILE__, __LINE__, "all is well with", names[i]);
        }
    }
}

static void await(int connector) {
    if (rw_await(connector) != 0) check_failed(__FILE__, __LINE__, "await", rw_error(connector));
}

struct name {
    char text[32];
};

static struct name kept_of_fresh(int connector) {
    struct name kept = {""};
    CHECK(rw_fresh(connector, "give") == 0);
    await(connector);
    CHECK(rw_decide(connector, "give", kept.text, sizeof kept.text - 1) == 1);
    return kept;
}

static struct name taken(int connector) {
    struct name got = {""};
    CHECK(rw_poll(connector, "take", got.text, sizeof got.text - 1) == 0);
    await(connector);
    return got;
}

static void hand_on(int connector, struct name port) {
    CHECK(rw_offer(connector, "give", port.text, strlen(port.text)) == 0);
    await(connector);
}

static void send_all(int connector, struct name out) {
    for (uint32_t i = 0; i < NUMBERS; ++i) {
        CHECK(rw_offer(connector, out.text, &i, sizeof i) == 0);
        await(connector);
    }
}

static void get_all(int connector, struct name in) {
    for (uint32_t i = 0; i < NUMBERS; ++i) {
        uint32_t number = NUMBERS;
        CHECK(rw_poll(connector, in.text, &number, sizeof number) == 0);
        await(connector);
        CHECK(number == i);
    }
}

static void makes_and_gets(int c) {
    get_all(c, kept_of_fresh(c));
}
static void hands_on(int c) {
    hand_on(c, taken(c));
}
static void takes_and_sends(int c) {
    send_all(c, taken(c));
}

static void handed_on(void) {
    static part* const parts[] = {makes_and_gets, hands_on, takes_and_sends};
    play(parts, chain, RW_DYNAMIC, PEERS);
}

static void hands_on_and_waits(int c) {
    hands_on(c);
    (void)taken(c);
}
static void takes_and_kills(int c) {
    struct name port = taken(c);
    send_all(c, port);
    CHECK(kill(children[BOB], SIGKILL) == 0);
    send_all(c, port);
}
static void makes_and_gets_twice(int c) {
    struct name kept = kept_of_fresh(c);
    get_all(c, kept);
    get_all(c, kept);
}

static void who_handed_it_on_is_killed(void) {
    static part* const parts[] = {makes_and_gets_twice, hands_on_and_waits, takes_and_kills};
    play(parts, chain, RW_DYNAMIC, BOB);
}

static void sends_one_and_is_killed(int c) {
    uint32_t number = 0;
    struct name port = taken(c);
    CHECK(rw_offer(c, port.text, &number, sizeof number) == 0);
    await(c);
    raise(SIGKILL);
}
static void gets_one_and_is_told(int c) {
    uint32_t number = 1;
    struct name kept = kept_of_fresh(c);
    CHECK(rw_poll(c, kept.text, &number, sizeof number) == 0);
    await(c);
    CHECK(number == 0);
    CHECK(rw_poll(c, kept.text, &number, sizeof number) == 0);
    CHECK_ERROR(rw_await(c), EPIPE);
    CHECK_TEXT(rw_error(c), "'bob'");
}
static void does_nothing(int c) {
    (void)c;
}

static void who_has_it_is_killed(void) {
    static part* const parts[] = {gets_one_and_is_told, sends_one_and_is_killed, does_nothing};
    play(parts, chain, RW_DYNAMIC, BOB);
}

/* Whatever it was about when it was killed: cat has the port, or it is nobody's; and nobody waits
 * for ever. */
static int bobs_turn;
static void is_killed_at_some_time(int c) {
    struct name port = taken(c);
    CHECK(rw_offer(c, "give", port.text, strlen(port.text)) == 0);
    CHECK(rw_await_start(c) == 0);
    for (int i = 0; i < 200 * bobs_turn; ++i) CHECK(rw_length(c, "give") >= 0);
    raise(SIGKILL);
}
static int is_broken_off(int result) {
    return result == -1 && (errno == EPIPE || errno == ECONNABORTED);
}
static void sends_if_it_can(int c) {
    uint32_t number = 5;
    char port[32] = "";
    CHECK(rw_poll(c, "take", port, sizeof port - 1) == 0);
    int result = rw_await(c);
    if (is_broken_off(result)) return;
    CHECK(result == 0);
    CHECK(rw_offer(c, port, &number, sizeof number) == 0);
    result = rw_await(c);
    CHECK(result == 0 || is_broken_off(result));
}
static void gets_if_it_comes(int c) {
    uint32_t number = 0;
    struct name kept = kept_of_fresh(c);
    CHECK(rw_poll(c, kept.text, &number, sizeof number) == 0);
    int result = rw_await(c);
    if (result != 0 && !is_broken_off(result)) {
        check_failed(__FILE__, __LINE__, strerrorname_np(errno), rw_error(c));
    }
    CHECK(number == (result == 0 ? 5 : 0));
}

static void killed_while_handing_on(void) {
    static part* const parts[] = {gets_if_it_comes, is_killed_at_some_time, sends_if_it_can};
    for (bobs_turn = 0; bobs_turn < TURNS; ++bobs_turn) play(parts, chain, RW_DYNAMIC, BOB);
}

/* A round that would need somebody who was killed is not an impossible one. */
static void offers_to_the_dead(int c) {
    uint32_t number = 0;
    CHECK(rw_offer(c, "give", &number, sizeof number) == 0);
    await(c);
    for (int i = 0; i < 2; ++i) {
        CHECK(rw_offer(c, "give", &number, sizeof number) == 0);
        CHECK_ERROR(rw_await(c), EPIPE);
        CHECK_TEXT(rw_error(c), "peer 'bob' is gone");
    }
}
static void takes_one_and_is_killed(int c) {
    uint32_t number = 1;
    CHECK(rw_poll(c, "take", &number, sizeof number) == 0);
    await(c);
    raise(SIGKILL);
}

static void killed_is_not_unsatisfiable(void) {
    static const char body[] =
        "connector two {\n"
        "    peer amy = \"$\" { in<u32> give; }\n"
        "    peer bob = \"$\" { out<u32> take; }\n"
        "    new pass(amy.give, bob.take) at amy;\n"
        "}\n"
        "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";
    static part* const parts[] = {offers_to_the_dead, takes_one_and_is_killed, NULL};
    play(parts, body, RW_LOGICAL, BOB);
}

/* bob is stopped, as by a debugger, when amy leaves: she does not wait until he goes on. If nothing
 * was on its way to him he hears of it when he does; if much was that he does not take, she gives
 * up after the time after which one who is silent is lost. */
enum { LARGE = 8 << 20 };
static int is_over[2];
static void goes_on_until_left(int c) {
    static unsigned char room[LARGE];
    int result;
    do {
        CHECK(rw_get(c, "take", room, LARGE) == 0);
        result = rw_sync(c);
    } while (result == 0);
    CHECK(errno == EPIPE || errno == ECONNABORTED);
    CHECK_TEXT(rw_error(c), "amy");
    CHECK(write(is_over[1], "", 1) == 1);
}

static void leaving_who_is_stopped(void) {
    static const char body[] =
        "connector two {\n"
        "    peer amy = \"$\" { in<u8[]> give; }\n"
        "    peer bob = \"$\" { out<u8[]> take; }\n"
        "    new pass(amy.give, bob.take) at amy;\n"
        "}\n"
        "primitive pass(in<u8[]> a, out<u8[]> b) { while (true) sync put(b, get(a)); }\n";
    static unsigned char value[LARGE];
    for (int is_sending = 0; is_sending < 2; ++is_sending) {
        address addresses[2];
        find_addresses(addresses, 2);
        CHECK(pipe(is_over) == 0);
        pid_t child = start(BOB, goes_on_until_left, body, addresses, RW_REALTIME);
        char* text = describe("amy", body, addresses);
        int c = rw_connector(RW_REALTIME);
        CHECK(rw_configure(c, text) == 0 && rw_set(c, RW_SILENCE_MS, 1000) == 0);
        CHECK(rw_connect(c) == 0);
        for (int round = 0; round < 3; ++round) {
            CHECK(rw_put(c, "give", "some", 4) == 0 && rw_sync(c) == 0);
        }
        int status = 0;
        CHECK(kill(child, SIGSTOP) == 0);
        CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
        if (is_sending) {
            CHECK(rw_put(c, "give", value, LARGE) == 0 && rw_sync_start(c) == 0);
        }
        CHECK(rw_close(c, NULL) == 0);
        /* And he is still stopped. */
        char byte;
        CHECK(kill(child, is_sending ? SIGKILL : SIGCONT) == 0);
        if (!is_sending) CHECK(read(is_over[0], &byte, 1) == 1);
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(is_sending ? WIFSIGNALED(status) : status == 0);
        free(text);
    }
}

/* Who does nothing any more is lost, though its process is there. */
static void stopped_for_good(void) {
    static const char body[] =
        "connector two {\n"
        "    peer amy = \"$\" { in<u8[]> give; }\n"
        "    peer bob = \"$\" { out<u8[]> take; }\n"
        "    new pass(amy.give, bob.take) at amy;\n"
        "}\n"
        "primitive pass(in<u8[]> a, out<u8[]> b) { while (true) sync put(b, get(a)); }\n";
    address addresses[2];
    int status = 0;
    find_addresses(addresses, 2);
    CHECK(pipe(is_over) == 0);
    pid_t child = start(BOB, goes_on_until_left, body, addresses, RW_REALTIME);
    char* text = describe("amy", body, addresses);
    int c = rw_connector(RW_REALTIME);
    CHECK(rw_configure(c, text) == 0 && rw_set(c, RW_SILENCE_MS, 200) == 0);
    CHECK(rw_connect(c) == 0);
    CHECK(rw_put(c, "give", "some", 4) == 0 && rw_sync(c) == 0);
    CHECK(kill(child, SIGSTOP) == 0);
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    /* It may have had its part in one more. */
    int result = 0;
    while (result == 0) {
        CHECK(rw_put(c, "give", "some", 4) == 0);
        result = rw_sync(c);
    }
    CHECK(result == -1 && (errno == EPIPE || errno == ECONNABORTED));
    CHECK_TEXT(rw_error(c), "bob");
    CHECK(kill(child, SIGKILL) == 0);
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    CHECK(rw_close(c, NULL) == 0);
    free(text);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(handed_on),
        CASE(who_handed_it_on_is_killed),
        CASE(who_has_it_is_killed),
        CASE(killed_while_handing_on),
        CASE(killed_is_not_unsatisfiable),
        CASE(leaving_who_is_stopped),
        CASE(stopped_for_good),
    };
    return RUN_CASES(argc, argv, cases);
}
