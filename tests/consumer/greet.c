/* SPDX-License-Identifier: MIT */
/* Two peers in one process: greet PORT PORT says what the one has heard from the other. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reowolf/connector.h>

static char protocol[1024];

static int join_as(const char* self) {
    char description[1100];
    snprintf(description, sizeof description, "self %s;\n%s", self, protocol);
    int c = rw_connector(RW_REALTIME);
    if (rw_configure(c, description) < 0 || rw_connect(c) < 0) {
        fprintf(stderr, "%s: %s\n", self, rw_error(c));
        exit(1);
    }
    return c;
}

static void* amy(void* nothing) {
    int c = join_as("amy");
    rw_put(c, "say", "hello from the installed library", 32);
    rw_sync(c);
    rw_close(c, NULL);
    return nothing;
}

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    snprintf(protocol, sizeof protocol,
             "connector greeting {\n"
             "    peer amy = \"127.0.0.1:%s\" { in<string> say; }\n"
             "    peer bob = \"127.0.0.1:%s\" { out<string> hear; }\n"
             "    new pass(amy.say, bob.hear);\n"
             "}\n"
             "primitive pass(in<string> from, out<string> to) { while (true) sync put(to, "
             "get(from)); }\n",
             argv[1], argv[2]);
    pthread_t thread;
    if (pthread_create(&thread, NULL, amy, NULL) != 0) return 1;
    int c = join_as("bob");
    char heard[64] = "";
    rw_get(c, "hear", heard, sizeof heard - 1);
    int status = rw_sync(c);
    puts(heard);
    rw_close(c, NULL);
    pthread_join(thread, NULL);
    return status < 0;
}
