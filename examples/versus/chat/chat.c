/* SPDX-License-Identifier: MIT */
/* chat NAME FILE: says the lines of standard input, and prints what everybody says, until the input
 * of all has ended. */
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "../join.h"

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    struct pollfd input = {.fd = 0, .events = POLLIN};
    char said[1000], heard[10000] = "";
    bool has_ended = false;
    int c = join(RW_REALTIME, argv[1], argv[2]);
    setvbuf(stdin, NULL, _IONBF, 0);
    while (strcmp(heard, ".") != 0) {
        fputs(heard, stdout);
        fflush(stdout);
        said[0] = '\0';
        if (!has_ended && poll(&input, 1, 0) == 1) has_ended = !fgets(said, sizeof said, stdin);
        said[strcspn(said, "\n")] = '\0';
        if (has_ended) strcpy(said, ".");
        rw_put(c, "say", said, strlen(said));
        rw_get(c, "hear", heard, sizeof heard - 1);
        if (rw_sync(c) < 0) return leave(c);
        heard[rw_length(c, "hear")] = '\0';
    }
    rw_close(c, NULL);
}
