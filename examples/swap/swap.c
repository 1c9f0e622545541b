/* SPDX-License-Identifier: MIT */
/* swap NAME DESCRIPTION FILE TAKEN: gives FILE in a round of the connector, and writes what it
 * takes to TAKEN. Says on standard output how it goes; after a failure, swaps again at a line of
 * input. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reowolf/connector.h>

enum { LARGEST = 64 << 20 };

/* Reads a whole file of at most LARGEST bytes; the byte behind it is free. */
static char* read_file(const char* path, size_t* size) {
    FILE* file = fopen(path, "rb");
    char* data = malloc(LARGEST + 2);
    if (!file || !data) return NULL;
    *size = fread(data, 1, LARGEST + 1, file);
    fclose(file);
    return data;
}

static int say(const char* what, int connector) {
    printf("%s: %s: %s\n", what, strerror(errno), connector < 0 ? "" : rw_error(connector));
    return 1;
}

/* One swap over a new connector. 0 if it happened. */
static int swap(const char* description, const char* path, const char* taken_path) {
    static char taken[LARGEST];
    int connector = rw_connector(RW_REALTIME);
    if (connector < 0 || rw_configure(connector, description) < 0) return say("invalid", connector);
    if (rw_connect(connector) < 0) {
        int status = say("not connected", connector);
        rw_close(connector, NULL);
        return status;
    }
    puts("connected");

    size_t size;
    char* data = read_file(path, &size);
    int status = 0;
    puts("giving");
    if (!data || rw_put(connector, "give", data, size) < 0 ||
        rw_get(connector, "take", taken, sizeof taken) < 0 || rw_sync(connector) < 0) {
        status = say("no swap", connector);
    } else {
        FILE* out = fopen(taken_path, "wb");
        size_t length = (size_t)rw_length(connector, "take");
        if (!out || fwrite(taken, 1, length, out) != length || fclose(out) != 0) status = 1;
        printf("swapped: gave %zu bytes, took %zu\n", size, length);
    }
    free(data);
    rw_close(connector, NULL);
    return status;
}

int main(int argc, char** argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    size_t size;
    char* text = argc == 5 ? read_file(argv[2], &size) : NULL;
    if (!text) {
        fputs("usage: swap NAME DESCRIPTION FILE TAKEN\n", stderr);
        return 2;
    }
    char* description = malloc(size + 100);
    text[size] = '\0';
    snprintf(description, size + 100, "self %.80s;\n%s", argv[1], text);

    int status;
    while ((status = swap(description, argv[3], argv[4])) != 0 && getchar() != EOF) {
    }
    free(text);
    free(description);
    return status;
}
