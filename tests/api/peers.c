/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <reowolf/connector.h>

#include "check.h"

/* Every process has an address of its own, where it counts the ports up: connections go out from
 * 127.0.0.1, and other tests listen elsewhere, so all of them are free. Who listens at every
 * address of the machine meets the others' ports, too: processes that run at one time begin at
 * different ones, all below those that the system gives to connections. */
static uint32_t own_loopback(void) {
    return UINT32_C(127) << 24 | UINT32_C(64) << 16 | ((uint32_t)getpid() & 0x3FFFFF);
}

static uint16_t next_port(void) {
    enum { FIRST = 10000, EACH = 100, BLOCKS = 200 };
    static _Atomic uint16_t used;
    return (uint16_t)(FIRST + getpid() % BLOCKS * EACH + used++);
}

void find_addresses(address addresses[], int count) {
    const struct in_addr own = {.s_addr = htonl(own_loopback())};
    CHECK(count <= PEERS_MAX);
    for (int i = 0; i < count; ++i) {
        snprintf(addresses[i], ADDRESS_SIZE, "%s:%d", inet_ntoa(own), next_port());
    }
}

struct sockaddr_in socket_address(const char* text) {
    struct sockaddr_in place = {.sin_family = AF_INET};
    address host;
    snprintf(host, sizeof host, "%s", text);
    char* colon = strchr(host, ':');
    CHECK(colon);
    *colon = '\0';
    place.sin_port = htons((uint16_t)atoi(colon + 1));
    CHECK(inet_pton(AF_INET, host, &place.sin_addr) == 1);
    return place;
}

char* describe(const char* name, const char* body, address addresses[]) {
    size_t room = strlen(body) + (size_t)(PEERS_MAX + 2) * ADDRESS_SIZE;
    char* text = malloc(room);
    CHECK(text);
    size_t length = (size_t)snprintf(text, room, "self %s;\n", name);
    for (int next = 0; *body; ++body) {
        if (*body == '$') {
            length += (size_t)snprintf(text + length, room - length, "%s", addresses[next++]);
        } else {
            text[length++] = *body;
        }
    }
    text[length] = '\0';
    return text;
}

static void* run(void* argument) {
    struct call* call = argument;
    do {
        call->result = call->function(call->connector);
        call->code = errno;
        /* Somebody may look whether this call has begun, just when it begins. */
    } while (call->result < 0 && call->code == EBUSY);
    if (call->result < 0) {
        snprintf(call->text, sizeof call->text, "%s", rw_error(call->connector));
    }
    return NULL;
}

void begin(struct call* call, int (*function)(int connector), int connector) {
    *call = (struct call){.connector = connector, .function = function};
    CHECK(pthread_create(&call->thread, NULL, run, call) == 0);
}

void await_inside(int connector) {
    while (rw_length(connector, NULL) == -1 && errno != EBUSY) sched_yield();
}

void finish(struct call* call) {
    CHECK(pthread_join(call->thread, NULL) == 0);
}

int leave(int connector) {
    return rw_close(connector, NULL);
}

struct peers make_peers(int count, const char* names[], const char* body) {
    int classes[PEERS_MAX];
    CHECK(count <= PEERS_MAX);
    for (int i = 0; i < count; ++i) classes[i] = RW_REALTIME;
    return make_peers_as(count, names, classes, body);
}

struct peers make_peers_as(int count, const char* names[], const int classes[], const char* body) {
    struct peers peers = {.count = count};
    find_addresses(peers.addresses, count);
    for (int i = 0; i < count; ++i) {
        peers.names[i] = names[i];
        peers.connectors[i] = rw_connector(classes[i]);
        CHECK(peers.connectors[i] >= 0);
        peers.texts[i] = describe(names[i], body, peers.addresses);
        if (rw_configure(peers.connectors[i], peers.texts[i]) != 0) {
            check_failed(__FILE__, __LINE__, names[i], rw_error(peers.connectors[i]));
        }
    }
    return peers;
}

void connect_peers(struct peers* peers) {
    struct round round;
    for (int i = 0; i < peers->count; ++i) {
        begin(&round.calls[i], rw_connect, peers->connectors[i]);
    }
    for (int i = 0; i < peers->count; ++i) {
        finish(&round.calls[i]);
        if (round.calls[i].result != 0) {
            check_failed(__FILE__, __LINE__, peers->names[i], round.calls[i].text);
        }
    }
}

void end_peers(struct peers* peers) {
    for (int i = 0; i < peers->count; ++i) {
        if (peers->connectors[i] >= 0) CHECK(rw_close(peers->connectors[i], NULL) == 0);
        free(peers->texts[i]);
    }
}

struct peers connected(int count, const char* names[], const char* body) {
    struct peers peers = make_peers(count, names, body);
    connect_peers(&peers);
    return peers;
}

struct peers connected_as(int count, const char* names[], const int classes[], const char* body) {
    struct peers peers = make_peers_as(count, names, classes, body);
    connect_peers(&peers);
    return peers;
}

void synchronise(const struct peers* peers, struct round* round) {
    for (int i = 0; i < peers->count; ++i) {
        begin(&round->calls[i], rw_sync, peers->connectors[i]);
    }
    for (int i = 0; i < peers->count; ++i) finish(&round->calls[i]);
}

static void explain(const char* file, int line, const struct peers* peers,
                    const struct round* round, int peer, const char* expected) {
    char what[200];
    char found[TEXT_SIZE + 200];
    const struct call* call = &round->calls[peer];
    snprintf(what, sizeof what, "the round of '%s' should %s", peers->names[peer], expected);
    snprintf(found, sizeof found, "%d, %s: %s", call->result,
             call->result < 0 ? strerrorname_np(call->code) : "no error", call->text);
    check_failed(file, line, what, found);
}

void check_round(const char* file, int line, const struct peers* peers, int result) {
    struct round round;
    synchronise(peers, &round);
    for (int i = 0; i < peers->count; ++i) {
        if (round.calls[i].result == result) continue;
        explain(file, line, peers, &round, i, result == 0 ? "return 0" : "return 1");
    }
}

const char* failed_round(const char* file, int line, const struct peers* peers, int code) {
    static struct round round;
    char expected[100];
    synchronise(peers, &round);
    snprintf(expected, sizeof expected, "fail with %s", strerrorname_np(code));
    for (int i = 0; i < peers->count; ++i) {
        if (round.calls[i].result == -1 && round.calls[i].code == code) continue;
        explain(file, line, peers, &round, i, expected);
    }
    return round.calls[0].text;
}
