/* SPDX-License-Identifier: MIT */
/* What all socket versions in C and C++ are built on: a TCP connection between each two of some
 * peers, and lines of text. */
#ifndef MESH_H
#define MESH_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MESH_PEERS_MAX = 8, MESH_LINE_MAX = 1024 };

struct mesh {
    int count, self;
    struct mesh_peer {
        char name[32], host[64], port[8];
        int fd;                    /* this peer's: standard input */
        bool has_ended;            /* nothing comes from it any more */
        char bytes[MESH_LINE_MAX]; /* come and not yet taken */
        size_t filled;
    } peers[MESH_PEERS_MAX];
};

/* Connects with all peers of the file, whose lines are "name host port". Ends the program if that
 * does not succeed. */
void mesh_join(struct mesh* mesh, const char* self, const char* path);

/* Sends a line to a peer, or to all others. False: that one, or one of them, is gone. */
bool mesh_send(struct mesh* mesh, int to, const char* line);
bool mesh_send_all(struct mesh* mesh, const char* line);

/* The next line of that peer, without its end. False: it has ended, or nothing has come for so many
 * milliseconds (-1: waits for ever). */
bool mesh_receive(struct mesh* mesh, int from, char line[MESH_LINE_MAX], int timeout_ms);

/* The next line of anybody, this peer's standard input included if `input` is true. Returns whose,
 * or -1 - the number of one that has ended since. */
int mesh_next(struct mesh* mesh, bool input, char line[MESH_LINE_MAX]);

/* Sends nothing more: for the others this peer has ended when they have read the rest. */
void mesh_end(struct mesh* mesh);

/* How many others have not ended. */
int mesh_left(const struct mesh* mesh);

#ifdef __cplusplus
}
#endif

#endif
