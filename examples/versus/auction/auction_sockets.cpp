// SPDX-License-Identifier: MIT
// auction_sockets NAME FILE BID: one sealed bid of each of the three; the highest one wins.
#include <iostream>
#include <string>

#include "../mesh.h"

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    mesh mesh;
    mesh_join(&mesh, argv[1], argv[2]);
    mesh_send_all(&mesh, argv[3]);
    std::string winner = "nobody";
    unsigned long highest = 0;
    for (int i = 0; i < mesh.count; ++i) {
        char line[MESH_LINE_MAX];
        if (i != mesh.self && !mesh_receive(&mesh, i, line, 3000)) {
            std::cout << "over: " << mesh.peers[i].name << " makes no bid\n";
            return 1;
        }
        const unsigned long bid = std::stoul(i == mesh.self ? argv[3] : line);
        if (bid > highest) {
            highest = bid;
            winner = mesh.peers[i].name;
        }
    }
    std::cout << winner << " wins\n";
}
