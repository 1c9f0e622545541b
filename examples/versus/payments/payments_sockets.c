/* SPDX-License-Identifier: MIT */
/* payments_sockets NAME FILE AMOUNT: pays the amount to the next of the three, and is paid by the
 * one before; or nobody pays.
 *
 * First everybody promises its payment to whom it is for. Who has been promised its money confirms
 * that to both others. Who has both their confirmations knows that all have been promised theirs,
 * and pays. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../mesh.h"

enum { PATIENCE_MS = 3000 };

static int give_up(const char* why) {
    printf("over: %s\n", why);
    return 1;
}

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    struct mesh mesh;
    char line[MESH_LINE_MAX];
    mesh_join(&mesh, argv[1], argv[2]);
    int payee = (mesh.self + 1) % mesh.count, payer = (mesh.self + mesh.count - 1) % mesh.count;

    snprintf(line, sizeof line, "pay %lu", strtoul(argv[3], NULL, 10));
    if (!mesh_send(&mesh, payee, line)) return give_up("the payee is gone");
    unsigned long paid;
    if (!mesh_receive(&mesh, payer, line, PATIENCE_MS)) return give_up("the payer does not pay");
    if (sscanf(line, "pay %lu", &paid) != 1) return give_up("the payer says something else");

    mesh_send_all(&mesh, "confirmed");
    for (int i = 0; i < mesh.count; ++i) {
        if (i == mesh.self) continue;
        if (!mesh_receive(&mesh, i, line, PATIENCE_MS)) return give_up("somebody does not confirm");
        if (strcmp(line, "confirmed") != 0) return give_up("somebody says something else");
    }
    printf("paid %s, was paid %lu\n", argv[3], paid);
}
