/* SPDX-License-Identifier: MIT */
/* Somebody on the way between two peers, who passes on what they say. */
#ifndef MIDDLEMAN_H
#define MIDDLEMAN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "peers.h"

enum { LINES_MAX = 64 };

struct words {
    const char* bytes;
    size_t size;
};

struct middleman {
    address doors[2];  /* where it listens: for amy, for bob */
    address behind[2]; /* and whom it calls */
    int listeners[2];
    int lines[LINES_MAX][2]; /* the caller and the called */
    int called[LINES_MAX];   /* which of the two peers that is */
    int count;
    long bytes_per_ms; /* no more than that goes through; 0: whatever comes */
    /* To be put in, towards amy, when nothing else is on its way; null when it was. */
    _Atomic(const struct words*) said;
    atomic_bool ends;
    pthread_t thread;
};

/* Connectors of amy and bob, configured: of each of the two, `body` wants to know first where it is
 * known to be, and then where it listens. */
void begin_between(struct middleman* man, int cls, const char* body, int connectors[2]);
void connect_between(int connectors[2]);
void end_between(struct middleman* man);

#endif
