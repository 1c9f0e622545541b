/* SPDX-License-Identifier: MIT */
/* Rounds that an event loop waits for; options; and processes that fork. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

static const char* pair[] = {"amy", "bob"};
static const int logical[] = {RW_LOGICAL, RW_LOGICAL};
static const char* body =
    "connector direct {\n"
    "    peer amy = \"$\" { in<u32> give; }\n"
    "    peer bob = \"$\" { out<u32> take; }\n"
    "    new pass(amy.give, bob.take);\n"
    "}\n"
    "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";

#define AMY connectors[0]
#define BOB connectors[1]

static bool is_readable(int descriptor) {
    struct pollfd entry = {.fd = descriptor, .events = POLLIN};
    return poll(&entry, 1, 0) == 1 && entry.revents == POLLIN;
}

static void wait_for(int descriptor) {
    struct pollfd entry = {.fd = descriptor, .events = POLLIN};
    CHECK(poll(&entry, 1, -1) == 1 && entry.revents == POLLIN);
}

/* Two peers in one thread: only so can both be waited for. */
static void one_thread(void) {
    struct peers peers = CONNECTED(pair, body);
    int amy = rw_fd(peers.AMY), bob = rw_fd(peers.BOB);
    CHECK(amy >= 0 && bob >= 0 && amy != bob);
    for (uint32_t i = 0; i < 50; ++i) {
        uint32_t taken = 100;
        CHECK(rw_put(peers.AMY, "give", &i, sizeof i) == 0);
        CHECK(rw_get(peers.BOB, "take", &taken, sizeof taken) == 0);
        CHECK(rw_sync_start(peers.AMY) == 0);
        CHECK(!is_readable(amy));
        CHECK(rw_sync_start(peers.BOB) == 0);
        wait_for(amy);
        wait_for(bob);
        CHECK(taken == 100); /* not before it is finished */
        CHECK(rw_sync_finish(peers.BOB) == 0);
        CHECK(taken == i);
        CHECK(!is_readable(bob));
        CHECK(is_readable(amy));
        CHECK(rw_sync_finish(peers.AMY) == 0);
        CHECK(!is_readable(amy));
        CHECK(rw_fd(peers.AMY) == amy && rw_fd(peers.BOB) == bob);
    }
    end_peers(&peers);
}

static void one_thread_awaits(void) {
    struct peers peers = connected_as(2, pair, logical, body);
    for (uint32_t i = 0; i < 20; ++i) {
        uint32_t taken = 100;
        CHECK(rw_offer(peers.AMY, "give", &i, sizeof i) == 0);
        CHECK(rw_poll(peers.BOB, "take", &taken, sizeof taken) == 0);
        CHECK(rw_await_start(peers.BOB) == 0);
        CHECK(rw_await_start(peers.AMY) == 0);
        wait_for(rw_fd(peers.AMY));
        CHECK(rw_await_finish(peers.AMY) == 0);
        CHECK(rw_await_finish(peers.BOB) == 0); /* waits, if it must */
        CHECK(taken == i);
    }
    end_peers(&peers);
}

/* What is possible while a round is under way, and what is not. */
static void in_between(void) {
    struct peers peers = CONNECTED(pair, body);
    uint32_t value = 5, taken = 0;
    CHECK(rw_put(peers.AMY, "give", &value, sizeof value) == 0);
    CHECK(rw_sync_start(peers.AMY) == 0);
    CHECK_ERROR(rw_put(peers.AMY, "give", &value, sizeof value), EBUSY);
    CHECK_ERROR(rw_put(peers.AMY, NULL, NULL, 0), EBUSY);
    CHECK_ERROR(rw_sync(peers.AMY), EBUSY);
    CHECK_ERROR(rw_sync_start(peers.AMY), EBUSY);
    CHECK_ERROR(rw_or(peers.AMY), EBUSY);
    CHECK_ERROR(rw_close(peers.AMY, "give"), EBUSY);
    CHECK_ERROR(rw_configure(peers.AMY, peers.texts[0]), EBUSY);
    CHECK_ERROR(rw_offer(peers.AMY, "give", &value, sizeof value), EPERM);
    CHECK_ERROR(rw_connect(peers.AMY), EBUSY);
    CHECK_ERROR(rw_connect_start(peers.AMY), EBUSY);
    CHECK_ERROR(rw_connect_finish(peers.AMY), EBUSY);
    CHECK_ERROR(rw_progress(peers.AMY, NULL, NULL), EBUSY);
    CHECK(rw_length(peers.AMY, "give") == 0);
    CHECK(rw_decide(peers.AMY, "give", &value, sizeof value) == 0);
    CHECK_ERROR(rw_chosen(peers.AMY), EINVAL);
    CHECK(rw_timeout(peers.AMY, 1) == 0); /* of the next round */
    CHECK(rw_error(peers.AMY) != NULL);
    CHECK(rw_get(peers.BOB, "take", &taken, sizeof taken) == 0);
    CHECK(rw_sync(peers.BOB) == 0);
    CHECK(rw_sync_finish(peers.AMY) == 0);
    CHECK(taken == 5);
    end_peers(&peers);
}

/* The same while connecting is. */
static void in_between_connecting(void) {
    struct peers peers = make_peers(2, pair, body);
    uint32_t value = 5;
    CHECK(rw_connect_start(peers.AMY) == 0);
    CHECK_ERROR(rw_connect(peers.AMY), EBUSY);
    CHECK_ERROR(rw_connect_start(peers.AMY), EBUSY);
    CHECK_ERROR(rw_configure(peers.AMY, peers.texts[0]), EBUSY);
    CHECK_ERROR(rw_progress(peers.AMY, NULL, NULL), EBUSY);
    CHECK_ERROR(rw_put(peers.AMY, "give", &value, sizeof value), EBUSY);
    CHECK_ERROR(rw_sync(peers.AMY), EBUSY);
    CHECK_ERROR(rw_sync_start(peers.AMY), EBUSY);
    CHECK_ERROR(rw_sync_finish(peers.AMY), EBUSY);
    CHECK_ERROR(rw_or(peers.AMY), EBUSY);
    CHECK_ERROR(rw_close(peers.AMY, "give"), EBUSY);
    CHECK_ERROR(rw_type(peers.AMY, "give", NULL, 0), EBUSY);
    CHECK_ERROR(rw_offer(peers.AMY, "give", &value, sizeof value), EPERM);
    CHECK(rw_connect(peers.BOB) == 0);
    CHECK(rw_connect_finish(peers.AMY) == 0);
    CHECK_ERROR(rw_connect_finish(peers.AMY), EINVAL);
    CHECK_ERROR(rw_connect(peers.AMY), EISCONN);
    CHECK_ERROR(rw_progress(peers.AMY, NULL, NULL), EISCONN);
    end_peers(&peers);
}

static void not_begun(void) {
    struct peers peers = CONNECTED(pair, body);
    int c = rw_connector(RW_REALTIME);
    CHECK_ERROR(rw_sync_start(c), ENOTCONN);
    CHECK_ERROR(rw_sync_finish(c), ENOTCONN);
    CHECK(rw_fd(c) >= 0);
    CHECK(!is_readable(rw_fd(c)));
    CHECK(rw_close(c, NULL) == 0);
    CHECK_ERROR(rw_fd(c), EBADF);
    CHECK_ERROR(rw_sync_finish(peers.AMY), EINVAL);
    CHECK_TEXT(rw_error(peers.AMY), "no round has been started");
    end_peers(&peers);
}

/* A round that fails is over too, and what was prepared stays prepared. */
static void failing(void) {
    struct peers peers = CONNECTED(pair, body);
    uint32_t value = 5, taken = 0;
    CHECK(rw_put(peers.AMY, "give", &value, sizeof value) == 0);
    CHECK(rw_timeout(peers.AMY, 20) == 0);
    CHECK(rw_sync_start(peers.AMY) == 0);
    wait_for(rw_fd(peers.AMY));
    CHECK_ERROR(rw_sync_finish(peers.AMY), ETIMEDOUT);
    CHECK(!is_readable(rw_fd(peers.AMY)));
    CHECK(rw_timeout(peers.AMY, -1) == 0);
    CHECK(rw_sync_start(peers.AMY) == 0);
    CHECK(rw_get(peers.BOB, "take", &taken, sizeof taken) == 0);
    CHECK(rw_sync(peers.BOB) == 0);
    CHECK(rw_sync_finish(peers.AMY) == 0 && taken == 5);
    end_peers(&peers);
}

/* A round that is given up, so that more can be prepared for it. */
static void interrupted(void) {
    struct peers peers = connected_as(2, pair, logical, body);
    uint32_t value = 5, taken = 0;
    CHECK(rw_interrupt(peers.AMY) == 0); /* there is none */
    CHECK(rw_poll(peers.BOB, "take", &taken, sizeof taken) == 0);
    CHECK(rw_await_start(peers.BOB) == 0);
    CHECK(rw_interrupt(peers.BOB) == 0);
    wait_for(rw_fd(peers.BOB));
    CHECK_ERROR(rw_await_finish(peers.BOB), ETIMEDOUT);
    CHECK_TEXT(rw_error(peers.BOB), "it was interrupted at 'bob'; 'amy' did not");
    CHECK(!strstr(rw_error(peers.BOB), "time limit"));
    CHECK(rw_interrupt(peers.BOB) == 0);
    CHECK(rw_await_start(peers.BOB) == 0); /* what was prepared still is */
    CHECK(rw_offer(peers.AMY, "give", &value, sizeof value) == 0);
    CHECK(rw_await(peers.AMY) == 0);
    wait_for(rw_fd(peers.BOB));
    CHECK(rw_interrupt(peers.BOB) == 0); /* too late */
    CHECK(rw_await_finish(peers.BOB) == 0 && taken == 5);
    CHECK_ERROR(rw_interrupt(-1), EBADF);
    end_peers(&peers);
}

/* A thread that waits in a call cannot be cancelled in it; it goes when the call is over. */
static int result_of_cancelled = -1;
static void* sync_and_go(void* connector) {
    do { /* again, if it was refused because somebody looked whether it had begun */
        result_of_cancelled = rw_sync(*(int*)connector);
    } while (result_of_cancelled < 0 && errno == EBUSY);
    pthread_testcancel();
    return NULL;
}

static void cancelled(void) {
    struct peers peers = CONNECTED(pair, body);
    uint32_t value = 5, taken = 0;
    pthread_t thread;
    void* end = NULL;
    CHECK(rw_put(peers.AMY, "give", &value, sizeof value) == 0);
    CHECK(pthread_create(&thread, NULL, sync_and_go, &peers.AMY) == 0);
    await_inside(peers.AMY);
    CHECK(pthread_cancel(thread) == 0);
    CHECK(rw_get(peers.BOB, "take", &taken, sizeof taken) == 0);
    CHECK(rw_sync(peers.BOB) == 0 && taken == 5);
    CHECK(pthread_join(thread, &end) == 0 && end == PTHREAD_CANCELED);
    CHECK(result_of_cancelled == 0);
    CHECK_ROUND(&peers, 0);
    end_peers(&peers);
}

/* Leaving waits for those who need what is on its way, and is no place to go either. */
static void* leave_and_go(void* connector) {
    pthread_cancel(pthread_self());
    CHECK(rw_close(*(int*)connector, NULL) == 0);
    *(int*)connector = -1;
    pthread_testcancel();
    return NULL;
}

static void cancelled_while_leaving(void) {
    struct peers peers = CONNECTED(pair, body);
    pthread_t thread;
    void* end = NULL;
    CHECK(pthread_create(&thread, NULL, leave_and_go, &peers.AMY) == 0);
    CHECK(pthread_join(thread, &end) == 0 && end == PTHREAD_CANCELED);
    CHECK(peers.AMY == -1);
    CHECK_ERROR(rw_sync(peers.BOB), EPIPE);
    end_peers(&peers);
}

/* Leaving ends a round that was begun. */
static void abandoned(void) {
    struct peers peers = CONNECTED(pair, body);
    uint32_t value = 5;
    CHECK(rw_put(peers.AMY, "give", &value, sizeof value) == 0);
    CHECK(rw_sync_start(peers.AMY) == 0);
    CHECK(rw_close(peers.AMY, NULL) == 0);
    peers.AMY = -1;
    CHECK_ERROR(rw_sync(peers.BOB), EPIPE);
    end_peers(&peers);
}

static void options(void) {
    struct peers peers = make_peers(2, pair, body);
    uint32_t value = 1;
    CHECK_ERROR(rw_set(-1, RW_SILENCE_MS, 1000), EBADF);
    CHECK_ERROR(rw_set(peers.AMY, 0, 1), EINVAL);
    CHECK_ERROR(rw_set(peers.AMY, 1000, 1), EINVAL);
    CHECK_ERROR(rw_set(peers.AMY, RW_SILENCE_MS, 0), EINVAL);
    CHECK_ERROR(rw_set(peers.AMY, RW_SILENCE_MS, LONG_MAX), EINVAL);
    CHECK_ERROR(rw_set(peers.AMY, RW_MESSAGE_BYTES_MAX, 0), EINVAL);
    CHECK_ERROR(rw_set(peers.AMY, RW_MESSAGE_BYTES_MAX, LONG_MAX), EINVAL);
    CHECK_ERROR(rw_set(peers.AMY, RW_BEHAVIOURS_MAX, -1), EINVAL);
    CHECK(rw_set(peers.AMY, RW_SILENCE_MS, 2000) == 0);
    CHECK(rw_set(peers.AMY, RW_MESSAGE_BYTES_MAX, 100) == 0);
    CHECK(rw_set(peers.AMY, RW_BEHAVIOURS_MAX, 100) == 0);
    CHECK(rw_set(peers.AMY, RW_CONNECT_TIMEOUT_MS, 10) == 0);
    int code = 0;
    if (rw_connect(peers.AMY) < 0) code = errno;
    CHECK(code == ECONNREFUSED || code == ETIMEDOUT);
    CHECK(rw_set(peers.AMY, RW_CONNECT_TIMEOUT_MS, -1) == 0);
    connect_peers(&peers);
    CHECK_ERROR(rw_set(peers.AMY, RW_SILENCE_MS, 2000), EISCONN);
    CHECK_ERROR(rw_set(peers.AMY, RW_MESSAGE_BYTES_MAX, 200), EISCONN);
    CHECK(rw_set(peers.AMY, RW_ROUND_TIMEOUT_MS, 10) == 0);
    CHECK(rw_put(peers.AMY, "give", &value, sizeof value) == 0);
    CHECK_ERROR(rw_sync(peers.AMY), ETIMEDOUT);
    end_peers(&peers);
}

/* Connecting that has begun is too late for what is set before. */
static void options_while_connecting(void) {
    struct peers peers = make_peers(2, pair, body);
    CHECK(rw_connect_start(peers.AMY) == 0);
    CHECK_ERROR(rw_set(peers.AMY, RW_SILENCE_MS, 2000), EISCONN);
    CHECK_TEXT(rw_error(peers.AMY), "before connecting");
    CHECK_ERROR(rw_set(peers.AMY, RW_MESSAGE_BYTES_MAX, 200), EISCONN);
    CHECK_ERROR(rw_set(peers.AMY, RW_BEHAVIOURS_MAX, 200), EISCONN);
    CHECK(rw_set(peers.AMY, RW_ROUND_TIMEOUT_MS, -1) == 0);
    CHECK(rw_connect(peers.BOB) == 0);
    CHECK(rw_connect_finish(peers.AMY) == 0);
    end_peers(&peers);
}

static void small_messages(void) {
    static const char* texts =
        "connector direct {\n"
        "    peer amy = \"$\" { in<string> give; }\n"
        "    peer bob = \"$\" { out<string> take; }\n"
        "    new pass(amy.give, bob.take);\n"
        "}\n"
        "primitive pass(in<string> a, out<string> b) { while (true) sync put(b, get(a)); }\n";
    struct peers peers = make_peers(2, pair, texts);
    CHECK(rw_set(peers.AMY, RW_MESSAGE_BYTES_MAX, 5) == 0);
    CHECK(rw_set(peers.BOB, RW_MESSAGE_BYTES_MAX, 3) == 0); /* of what bob puts */
    connect_peers(&peers);
    char longer[8] = "";
    CHECK(rw_put(peers.AMY, "give", "12345", 5) == 0);
    CHECK_ERROR(rw_put(peers.AMY, "give", "123456", 6), EMSGSIZE);
    CHECK(rw_get(peers.BOB, "take", longer, sizeof longer) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(rw_length(peers.BOB, "take") == 5);
    end_peers(&peers);
}

/* What the parent's threads held is nobody's in the child: the leak sanitizer asks here. */
static int is_child = 0;
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) {
    return is_child;
}

/* A child has nothing of its parent's connectors, and can have its own. */
static void forked(void) {
    struct peers peers = CONNECTED(pair, body);
    uint32_t value = 7, taken = 0;
    pid_t child = fork();
    if (child == 0) {
        is_child = 1;
        CHECK_ERROR(rw_put(peers.AMY, "give", &value, sizeof value), EBADF);
        CHECK_ERROR(rw_close(peers.AMY, NULL), EBADF);
        struct peers own = CONNECTED(pair, body);
        CHECK(rw_put(own.AMY, "give", &value, sizeof value) == 0);
        CHECK(rw_get(own.BOB, "take", &taken, sizeof taken) == 0);
        CHECK_ROUND(&own, 0);
        CHECK(taken == 7);
        end_peers(&own);
        exit(0); /* with all that this runs */
    }
    CHECK(child > 0);
    CHECK(rw_put(peers.AMY, "give", &value, sizeof value) == 0);
    CHECK(rw_get(peers.BOB, "take", &taken, sizeof taken) == 0);
    CHECK_ROUND(&peers, 0);
    int status = 1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(rw_put(peers.AMY, "give", &value, sizeof value) == 0);
    CHECK(rw_get(peers.BOB, "take", &taken, sizeof taken) == 0);
    CHECK_ROUND(&peers, 0);
    end_peers(&peers);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(one_thread),
        CASE(one_thread_awaits),
        CASE(in_between),
        CASE(in_between_connecting),
        CASE(not_begun),
        CASE(failing),
        CASE(abandoned),
        CASE(interrupted),
        CASE(options),
        CASE(small_messages),
        CASE(forked),
        CASE(cancelled),
        CASE(cancelled_while_leaving),
        CASE(options_while_connecting),
    };
    return RUN_CASES(argc, argv, cases);
}
