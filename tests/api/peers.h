/* SPDX-License-Identifier: MIT */
/* The peers of a connector as threads of one process, and calls that wait for each other. */
#ifndef PEERS_H
#define PEERS_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>

enum { PEERS_MAX = 16, ADDRESS_SIZE = 32, TEXT_SIZE = 8192 };

typedef char address[ADDRESS_SIZE];

/* Ports that nobody uses, at an address of the loopback network that no other process uses. */
void find_addresses(address addresses[], int count);
/* Such an address, for connect() and bind(). */
struct sockaddr_in socket_address(const char* text);

/* `body` as seen by `name`: with `self name;`, and the next address in place of each '$'. To be
 * freed. */
char* describe(const char* name, const char* body, address addresses[]);

/* A call that goes on in a thread of its own. */
struct call {
    pthread_t thread;
    int connector;
    int (*function)(int connector);
    int result;
    int code;             /* errno, if it failed */
    char text[TEXT_SIZE]; /* rw_error(), if it failed */
};
void begin(struct call* call, int (*function)(int connector), int connector);
/* Returns when the call, which waits for something, has begun to wait. */
void await_inside(int connector);
void finish(struct call* call);
/* rw_close(connector, NULL). */
int leave(int connector);

/* The connectors of all the peers of one description, in the order of their names. */
struct peers {
    int count;
    const char* names[PEERS_MAX];
    address addresses[PEERS_MAX];
    int connectors[PEERS_MAX];
    char* texts[PEERS_MAX];
};
/* Configured, as real-time connectors. */
struct peers make_peers(int count, const char* names[], const char* body);
/* The same, each of its own class. */
struct peers make_peers_as(int count, const char* names[], const int classes[], const char* body);
void connect_peers(struct peers* peers);
/* Leaves and frees everything. A connector that was closed already is to be -1. */
void end_peers(struct peers* peers);

#define CONNECTED(names, body) connected(sizeof(names) / sizeof(names)[0], names, body)
struct peers connected(int count, const char* names[], const char* body);
struct peers connected_as(int count, const char* names[], const int classes[], const char* body);

/* All peers synchronise. */
struct round {
    struct call calls[PEERS_MAX];
};
void synchronise(const struct peers* peers, struct round* round);
/* They do, and every one of them gets `result`. */
#define CHECK_ROUND(peers, result) check_round(__FILE__, __LINE__, peers, result)
void check_round(const char* file, int line, const struct peers* peers, int result);
/* They do, and every one of them fails with `code`; the text of the first is returned, and is good
 * until the next call. */
#define FAILED_ROUND(peers, code) failed_round(__FILE__, __LINE__, peers, code)
const char* failed_round(const char* file, int line, const struct peers* peers, int code);

#endif
