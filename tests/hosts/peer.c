/* SPDX-License-Identifier: MIT */
/* peer NAME DESCRIPTION BYTES TIMEOUT_MS ROUNDS: exchanges values of so many bytes with the others,
 * and says on standard output what became of each round:
 *
 *     round N ok FROM               what came was FROM's, of this very round, and whole
 *     round N mixture               it was not
 *     round N failed ERRNO text     nothing happened
 *     round N unknown text          it is not known whether it happened
 *
 * Time limits that pass are tried again, with what is prepared already. After ROUNDS rounds it
 * waits for the end of standard input before it leaves. SIGUSR1 puts its wall clock an hour ahead,
 * SIGUSR2 an hour back; "clock SECONDS" says where it is then. Environment: CONNECT_TIMEOUT_MS. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <reowolf/connector.h>

#include "die_at_send.h"
#include "jump_clock.h"

static const char* names[] = {"amy", "bob", "cat", "dan", "eve", "fay", "gus", "hal"};

/* In a signal handler: no stdio. */
static void jump(int signal) {
    const int before = errno;
    jump_clock(signal == SIGUSR1 ? 3600 : -3600);
    char text[32] = "clock ";
    char digits[20];
    size_t count = 0;
    for (time_t now = time(NULL); now > 0; now /= 10) digits[count++] = (char)('0' + now % 10);
    size_t length = strlen(text);
    while (count > 0) text[length++] = digits[--count];
    text[length++] = '\n';
    if (write(STDOUT_FILENO, text, length) < 0) abort();
    errno = before;
}

static void fill(unsigned char* value, size_t size, uint32_t round, uint32_t peer) {
    memcpy(value, &round, sizeof round);
    memcpy(value + sizeof round, &peer, sizeof peer);
    for (size_t i = 8; i < size; ++i)
        value[i] = (unsigned char)(31 * round + 7 * peer + i + i / 256);
}

/* Whose value it is; NULL if it is nobody's. */
static const char* whose(const unsigned char* value, unsigned char* expected, size_t size,
                         uint32_t round) {
    uint32_t peer;
    memcpy(&peer, value + sizeof round, sizeof peer);
    if (peer >= sizeof names / sizeof *names) return NULL;
    fill(expected, size, round, peer);
    return memcmp(value, expected, size) == 0 ? names[peer] : NULL;
}

static char* read_file(const char* path) {
    enum { LARGEST = 1 << 16 };
    char* text = calloc(1, LARGEST + 1);
    FILE* file = fopen(path, "r");
    if (!text || !file || fread(text, 1, LARGEST, file) == 0) return NULL;
    fclose(file);
    return text;
}

/* False: there will be no further round. */
static int play(int connector, uint32_t round, unsigned char* value, unsigned char* room,
                size_t size, uint32_t self) {
    fill(value, size, round, self);
    memset(room, 0, size);
    if (rw_put(connector, "give", value, size) != 0 || rw_get(connector, "take", room, size) != 0) {
        printf("round %u cannot be prepared: %s\n", round, rw_error(connector));
        return 0;
    }
    while (rw_sync(connector) != 0) {
        const char* error = strerrorname_np(errno);
        const int again = errno == ETIMEDOUT;
        char text[1000];
        snprintf(text, sizeof text, "%s", rw_error(connector));
        for (char* c = text; *c; ++c) *c = *c == '\n' ? ' ' : *c;
        if (errno == ECONNABORTED) {
            printf("round %u unknown %s\n", round, text);
        } else {
            printf("round %u failed %s %s\n", round, error, text);
        }
        fflush(stdout);
        if (!again) return 0;
    }
    const char* from =
        rw_length(connector, "take") == (long)size ? whose(room, value, size, round) : NULL;
    if (from) {
        printf("round %u ok %s\n", round, from);
    } else {
        printf("round %u mixture\n", round);
    }
    fflush(stdout);
    return from != NULL;
}

int main(int argc, char** argv) {
    if (argc != 6) {
        fputs("usage: peer NAME DESCRIPTION BYTES TIMEOUT_MS ROUNDS\n", stderr);
        return 2;
    }
    uint32_t self = 0;
    while (strcmp(names[self], argv[1]) != 0) ++self;
    const size_t size = strtoul(argv[3], NULL, 10);
    const unsigned long rounds = strtoul(argv[5], NULL, 10);
    char* description = read_file(argv[2]);
    unsigned char* value = malloc(size);
    unsigned char* room = malloc(size);
    const struct sigaction jumping = {.sa_handler = jump, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &jumping, NULL);
    sigaction(SIGUSR2, &jumping, NULL);
    const int connector = rw_connector(RW_REALTIME);
    const char* connect_timeout = getenv("CONNECT_TIMEOUT_MS");
    if (connect_timeout)
        rw_set(connector, RW_CONNECT_TIMEOUT_MS, strtol(connect_timeout, NULL, 10));
    puts("begun");
    fflush(stdout);
    if (!description || !value || !room || size < 8 || rw_configure(connector, description) != 0 ||
        rw_connect(connector) != 0) {
        printf("not connected: %s\n", rw_error(connector));
        return 1;
    }
    puts("connected");
    fflush(stdout);
    rw_timeout(connector, strtol(argv[4], NULL, 10));

    uint32_t round = 1;
    while (round <= rounds && play(connector, round, value, room, size, self)) {
        /* Not before: now all are connected. */
        if (round == 1 && getenv("DIE_AT_SEND")) die_at_send(atoi(getenv("DIE_AT_SEND")));
        ++round;
    }
    puts("end");
    fflush(stdout);
    while (getchar() != EOF) continue;
    rw_close(connector, NULL);
    free(description);
    free(value);
    free(room);
    return 0;
}
