/* SPDX-License-Identifier: MIT */
/* What all connector versions in C and C++ begin and end with. */
#ifndef JOIN_H
#define JOIN_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <reowolf/connector.h>

/* Says why there are no more rounds; the program's status. */
static inline int leave(int c) {
    int why = errno;
    int have_others_ended = why == EPIPE || why == EDEADLK;
    printf("%s: %s\n", why == ECONNABORTED ? "unknown" : "over", rw_error(c));
    rw_close(c, NULL);
    return have_others_ended ? 0 : 1;
}

/* A connected connector: the protocol of the file, seen by the peer `self`. */
static inline int join(int cls, const char* self, const char* path) {
    char text[8000];
    int length = snprintf(text, sizeof text, "self %s;\n", self);
    FILE* file = fopen(path, "r");
    if (file) length += (int)fread(text + length, 1, sizeof text - (size_t)length - 1, file);
    text[length] = '\0';
    if (file) fclose(file);
    int c = rw_connector(cls);
    if (rw_configure(c, text) < 0 || rw_connect(c) < 0) exit(leave(c));
    return c;
}

#endif
