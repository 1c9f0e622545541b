/* SPDX-License-Identifier: MIT */
/* chat_sockets NAME FILE: says the lines of standard input, and prints what everybody says, until
 * all have left at the end of their input. */
#include <stdio.h>

#include "../mesh.h"

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    struct mesh mesh;
    char line[MESH_LINE_MAX];
    bool talks = true;
    mesh_join(&mesh, argv[1], argv[2]);
    while (talks || mesh_left(&mesh) > 0) {
        int who = mesh_next(&mesh, talks, line);
        if (who >= 0) {
            printf("%s: %s\n", mesh.peers[who].name, line);
        } else {
            printf("%s has left\n", mesh.peers[-1 - who].name);
        }
        fflush(stdout);
        if (who == mesh.self) mesh_send_all(&mesh, line);
        if (who == -1 - mesh.self) {
            talks = false;
            mesh_end(&mesh);
        }
    }
}
