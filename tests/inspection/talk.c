/* SPDX-License-Identifier: MIT */
/* Peers that have some rounds each and then stay, until they are killed:
 *     talk DESCRIPTION [fork] PEER ROUNDS [PEER ROUNDS]
 * With more rounds than the others a peer waits in the next one; with fewer it is in no call. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <reowolf/connector.h>

enum { PEERS_MAX = 2, TEXT_SIZE = 4096 };

struct peer {
    const char* body;
    const char* name;
    int rounds;
};

static void fail(int connector) {
    fprintf(stderr, "%s\n", rw_error(connector));
    exit(1);
}

static void* take_part(void* argument) {
    const struct peer* self = argument;
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "self %s;\n%s", self->name, self->body);
    int c = rw_connector(RW_REALTIME);
    if (rw_configure(c, text) < 0 || rw_connect(c) < 0) fail(c);
    for (int i = 0; i < self->rounds; ++i) {
        uint32_t number = (uint32_t)i;
        const int prepared = strcmp(self->name, "amy") == 0
                                 ? rw_put(c, "say", &number, sizeof number)
                                 : rw_get(c, "hear", &number, sizeof number);
        if (prepared < 0 || rw_sync(c) < 0) fail(c);
    }
    return NULL;
}

int main(int argc, char** argv) {
    static char body[TEXT_SIZE / 2];
    struct peer peers[PEERS_MAX];
    pthread_t threads[PEERS_MAX];
    int count = 0;
    int at = 2;
    FILE* file = argc > 2 ? fopen(argv[1], "r") : NULL;
    if (!file) return 2;
    body[fread(body, 1, sizeof body - 1, file)] = '\0';
    fclose(file);
    const int forks = strcmp(argv[at], "fork") == 0;
    if (forks) ++at;
    for (; at + 1 < argc && count < PEERS_MAX; at += 2) {
        peers[count] = (struct peer){body, argv[at], atoi(argv[at + 1])};
        pthread_create(&threads[count], NULL, take_part, &peers[count]);
        ++count;
    }
    if (forks) {
        pthread_join(threads[0], NULL);
        const pid_t child = fork();
        if (child > 0) {
            printf("%d\n", (int)child);
            fflush(stdout);
        }
    }
    for (;;) pause();
}
