/* SPDX-License-Identifier: MIT */
/* What each function says to arguments that are wrong, and in which order it looks at them. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

static const char* names[] = {"amy", "bob"};
static const char body[] =
    "connector direct {\n"
    "    peer amy = \"$\" { in<u32> give; out<u32> echo; in<string> say; in<bool> flag; }\n"
    "    peer bob = \"$\" { out<u32> take; out<string> hear; out<bool> sign; }\n"
    "    new copy(amy.give, bob.take, amy.echo);\n"
    "    new pass_string(amy.say, bob.hear);\n"
    "    new pass_bool(amy.flag, bob.sign);\n"
    "}\n"
    "primitive copy(in<u32> a, out<u32> x, out<u32> y) {\n"
    "    while (true) sync if (fires(a)) { auto v = get(a); put(x, v); put(y, v); }\n"
    "}\n"
    "primitive pass_string(in<string> a, out<string> b) {\n"
    "    while (true) sync if (fires(a)) put(b, get(a));\n"
    "}\n"
    "primitive pass_bool(in<bool> a, out<bool> b) {\n"
    "    while (true) sync if (fires(a)) put(b, get(a));\n"
    "}\n";

static void unknown_connector(void) {
    const int unknown[] = {-1, INT_MIN, INT_MAX, 0, 7, 1023, 1024};
    uint32_t value = 0;
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; ++i) {
        int c = unknown[i];
        CHECK_ERROR(rw_configure(c, "nonsense"), EBADF);
        CHECK_ERROR(rw_configure(c, NULL), EBADF);
        CHECK_ERROR(rw_connect(c), EBADF);
        CHECK_ERROR(rw_close(c, "give"), EBADF);
        CHECK_ERROR(rw_close(c, NULL), EBADF);
        CHECK_ERROR(rw_timeout(c, 1), EBADF);
        CHECK_ERROR(rw_put(c, "give", &value, sizeof value), EBADF);
        CHECK_ERROR(rw_put(c, NULL, NULL, 0), EBADF);
        CHECK_ERROR(rw_get(c, "echo", &value, sizeof value), EBADF);
        CHECK_ERROR(rw_opt(c, "echo", &value, sizeof value), EBADF);
        CHECK_ERROR(rw_sync(c), EBADF);
        CHECK_ERROR(rw_length(c, "echo"), EBADF);
        CHECK_ERROR(rw_decide(c, "echo", &value, sizeof value), EBADF);
        CHECK(rw_error(c) != NULL);
    }
}

static void unknown_class(void) {
    const int classes[] = {0, -1, 4, INT_MAX, INT_MIN};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; ++i) {
        CHECK_ERROR(rw_connector(classes[i]), EINVAL);
        CHECK_TEXT(rw_error(-1), "class");
    }
    CHECK_ERROR(rw_connect(-1), EBADF);
    CHECK_TEXT(rw_error(-1), "no such connector");
}

/* Every call that needs a state, in a connector that does not have it: that comes before whatever
 * is wrong with the port. */
static void check_not_connected(int c) {
    uint32_t value = 0;
    CHECK_ERROR(rw_sync(c), ENOTCONN);
    CHECK_ERROR(rw_close(c, "give"), ENOTCONN);
    CHECK_ERROR(rw_close(c, "nothing"), ENOTCONN);
    const char* ports[] = {"give", "echo", "take", "nothing", "", NULL};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; ++i) {
        CHECK_ERROR(rw_put(c, ports[i], &value, 1), ENOTCONN);
        CHECK_ERROR(rw_put(c, ports[i], NULL, 0), ENOTCONN);
        CHECK_ERROR(rw_get(c, ports[i], &value, 1), ENOTCONN);
        CHECK_ERROR(rw_get(c, ports[i], NULL, 0), ENOTCONN);
        CHECK_ERROR(rw_opt(c, ports[i], &value, 1), ENOTCONN);
        CHECK_ERROR(rw_length(c, ports[i]), ENOTCONN);
        CHECK_ERROR(rw_decide(c, ports[i], &value, sizeof value), ENOTCONN);
        CHECK_ERROR(rw_decide(c, ports[i], NULL, 1), ENOTCONN);
    }
}

static void states(void) {
    struct peers peers = {0};
    int c = rw_connector(RW_REALTIME);
    CHECK(c >= 0);
    CHECK_ERROR(rw_connect(c), ENOTCONN);
    CHECK_TEXT(rw_error(c), "not configured");
    check_not_connected(c);
    CHECK(rw_close(c, NULL) == 0);

    peers = make_peers(2, names, body);
    c = peers.connectors[0];
    check_not_connected(c);
    CHECK(rw_configure(c, peers.texts[0]) == 0); /* again, before it is connected */

    connect_peers(&peers);
    CHECK_ERROR(rw_connect(c), EISCONN);
    CHECK_ERROR(rw_configure(c, peers.texts[0]), EISCONN);
    CHECK_ERROR(rw_configure(c, "nonsense"), EISCONN);
    CHECK_ERROR(rw_configure(c, NULL), EISCONN);
    CHECK_ROUND(&peers, 0);

    /* When all ports are closed, so is the connector. */
    CHECK(rw_close(c, "give") == 0);
    CHECK(rw_close(c, "echo") == 0);
    CHECK(rw_close(c, "say") == 0);
    CHECK(rw_close(c, "flag") == 0);
    check_not_connected(c);
    end_peers(&peers);
}

/* Name before owner before direction before size. */
static void order_of_port_checks(void) {
    struct peers peers = CONNECTED(names, body);
    uint64_t value = 0;
    int c = peers.connectors[0];

    CHECK_ERROR(rw_put(c, NULL, &value, 1), EINVAL);
    CHECK_ERROR(rw_get(c, NULL, &value, 1), EINVAL);
    CHECK_ERROR(rw_opt(c, NULL, &value, 1), EINVAL);
    CHECK_ERROR(rw_length(c, NULL), EINVAL);
    CHECK_ERROR(rw_decide(c, NULL, &value, 1), EINVAL);
    CHECK_ERROR(rw_decide(c, "echo", NULL, 4), EINVAL);

    const char* missing[] = {"nothing", "", "amy", "GIVE", "give ", "amy.nothing", "bob.give"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; ++i) {
        CHECK_ERROR(rw_put(c, missing[i], &value, 1), ENOENT);
        CHECK_ERROR(rw_put(c, missing[i], NULL, 0), ENOENT);
        CHECK_ERROR(rw_get(c, missing[i], &value, 1), ENOENT);
        CHECK_ERROR(rw_opt(c, missing[i], &value, 1), ENOENT);
        CHECK_ERROR(rw_close(c, missing[i]), ENOENT);
        CHECK_ERROR(rw_length(c, missing[i]), ENOENT);
        CHECK_ERROR(rw_decide(c, missing[i], &value, sizeof value), ENOENT);
    }

    /* `take` is one to get from: that it is another peer's comes first, in every call. */
    const char* foreign[] = {"take", "bob.take", "hear", "bob.hear"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; ++i) {
        CHECK_ERROR(rw_put(c, foreign[i], &value, 1), EACCES);
        CHECK_ERROR(rw_get(c, foreign[i], &value, 1), EACCES);
        CHECK_ERROR(rw_opt(c, foreign[i], NULL, 0), EACCES);
        CHECK_ERROR(rw_close(c, foreign[i]), EACCES);
        CHECK_ERROR(rw_length(c, foreign[i]), EACCES);
        CHECK_ERROR(rw_decide(c, foreign[i], &value, 4), EACCES);
    }
    CHECK_TEXT(rw_error(c), "bob");

    CHECK_ERROR(rw_put(c, "echo", &value, 1), EPERM);
    CHECK_ERROR(rw_put(c, "echo", NULL, 0), EPERM);
    CHECK_ERROR(rw_get(c, "give", &value, 1), EPERM);
    CHECK_ERROR(rw_opt(c, "give", NULL, 0), EPERM);

    const size_t sizes[] = {0, 1, 3, 5, 8, (size_t)-1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        CHECK_ERROR(rw_put(c, "give", &value, sizes[i]), EMSGSIZE);
        CHECK_ERROR(rw_get(c, "echo", &value, sizes[i]), EMSGSIZE);
        CHECK_ERROR(rw_opt(c, "echo", &value, sizes[i]), EMSGSIZE);
    }
    CHECK_TEXT(rw_error(c), "echo");
    CHECK_ERROR(rw_put(c, "say", &value, (size_t)-1), EMSGSIZE);
    CHECK_ERROR(rw_get(peers.connectors[1], "hear", &value, (size_t)-1), EMSGSIZE);

    /* None of all this has prepared anything: with it the round would not be possible. */
    CHECK_ROUND(&peers, 0);
    CHECK(rw_length(c, "echo") == 0);
    CHECK(rw_length(peers.connectors[1], "take") == 0);
    end_peers(&peers);
}

/* A failed call leaves what was prepared before. */
static void failed_put_keeps_the_last_one(void) {
    struct peers peers = CONNECTED(names, body);
    uint32_t value = 41;
    uint32_t taken = 0;
    uint32_t echo = 0;
    CHECK(rw_put(peers.connectors[0], "give", &value, sizeof value) == 0);
    CHECK_ERROR(rw_put(peers.connectors[0], "give", &value, 1), EMSGSIZE);
    CHECK(rw_get(peers.connectors[0], "echo", &echo, sizeof echo) == 0);
    CHECK_ERROR(rw_opt(peers.connectors[0], "echo", &value, 1), EMSGSIZE);
    CHECK(rw_get(peers.connectors[1], "take", &taken, sizeof taken) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(taken == 41 && echo == 41 && value == 41);
    end_peers(&peers);
}

static void values_that_are_none(void) {
    struct peers peers = CONNECTED(names, body);
    int c = peers.connectors[0];
    unsigned char flag = 2;
    CHECK_ERROR(rw_put(c, "flag", &flag, 1), EINVAL);
    CHECK_TEXT(rw_error(c), "flag");
    flag = 255;
    CHECK_ERROR(rw_put(c, "flag", &flag, 1), EINVAL);

    const char* texts[] = {"\xff",    "a\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                           "\xe2\x82"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        CHECK_ERROR(rw_put(c, "say", texts[i], strlen(texts[i])), EINVAL);
    }
    CHECK_TEXT(rw_error(c), "say");
    CHECK_ROUND(&peers, 0);
    end_peers(&peers);
}

static void a_second_thread(void) {
    struct peers peers = CONNECTED(names, body);
    struct call waiting;
    uint32_t value = 1;
    int c = peers.connectors[0];
    begin(&waiting, rw_sync, c);
    await_inside(c);
    CHECK_ERROR(rw_configure(c, peers.texts[0]), EBUSY);
    CHECK_ERROR(rw_connect(c), EBUSY);
    CHECK_ERROR(rw_close(c, "give"), EBUSY);
    CHECK_ERROR(rw_close(c, NULL), EBUSY);
    CHECK_ERROR(rw_timeout(c, 1), EBUSY);
    CHECK_ERROR(rw_put(c, "give", &value, sizeof value), EBUSY);
    CHECK_ERROR(rw_put(c, NULL, NULL, 0), EBUSY);
    CHECK_ERROR(rw_get(c, "echo", &value, sizeof value), EBUSY);
    CHECK_ERROR(rw_opt(c, "echo", &value, sizeof value), EBUSY);
    CHECK_ERROR(rw_sync(c), EBUSY);
    CHECK_ERROR(rw_length(c, "echo"), EBUSY);
    CHECK_ERROR(rw_decide(c, "echo", &value, sizeof value), EBUSY);
    CHECK_TEXT(rw_error(c), "another thread");
    /* Other connectors are not concerned, and the round is not either. */
    CHECK(*rw_error(peers.connectors[1]) == '\0');
    CHECK(rw_sync(peers.connectors[1]) == 0);
    finish(&waiting);
    CHECK(waiting.result == 0);
    CHECK_ERROR(rw_put(c, "nothing", &value, sizeof value), ENOENT);
    CHECK_TEXT(rw_error(c), "nothing");
    CHECK_ROUND(&peers, 0);
    end_peers(&peers);
}

static void numbers_are_used_again(void) {
    int first = rw_connector(RW_REALTIME);
    int second = rw_connector(RW_REALTIME);
    CHECK(first >= 0 && second >= 0 && first != second);
    CHECK_ERROR(rw_configure(first, "nonsense"), EINVAL);
    CHECK(*rw_error(first) != '\0');
    CHECK(rw_close(first, NULL) == 0);
    CHECK_ERROR(rw_close(first, NULL), EBADF);
    CHECK_ERROR(rw_connect(first), EBADF);
    CHECK(rw_connector(RW_REALTIME) == first);
    CHECK(*rw_error(first) == '\0'); /* nothing is left of the one before */
    CHECK_ERROR(rw_connect(first), ENOTCONN);
    CHECK(rw_close(first, NULL) == 0);
    CHECK(rw_close(second, NULL) == 0);
}

static void too_many_connectors(void) {
    static int all[1 << 16];
    int count = 0;
    while ((all[count] = rw_connector(RW_REALTIME)) >= 0) CHECK(++count < 1 << 16);
    CHECK(errno == EMFILE);
    CHECK_TEXT(rw_error(-1), "as many connectors");
    CHECK(count >= 256);
    CHECK(rw_close(all[count / 2], NULL) == 0);
    all[count / 2] = rw_connector(RW_REALTIME);
    CHECK(all[count / 2] >= 0);
    CHECK_ERROR(rw_connector(RW_REALTIME), EMFILE);
    for (int i = 0; i < count; ++i) CHECK(rw_close(all[i], NULL) == 0);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(unknown_connector),
        CASE(unknown_class),
        CASE(states),
        CASE(order_of_port_checks),
        CASE(failed_put_keeps_the_last_one),
        CASE(values_that_are_none),
        CASE(a_second_thread),
        CASE(numbers_are_used_again),
        CASE(too_many_connectors),
    };
    return RUN_CASES(argc, argv, cases);
}
