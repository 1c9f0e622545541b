// SPDX-License-Identifier: MIT
// counter_sockets NAME FILE NUMBER…: adds the numbers to what all share, and prints each value it
// has.
//
// The first peer of the file keeps the value: the others send it what is to be added, and it sends
// them each new value.
#include <iostream>
#include <string>

#include "../mesh.h"

namespace {

constexpr int keeper = 0;

void keep(mesh& mesh, int argc, char** argv) {
    long long value = 0;
    const auto add = [&](const char* number) {
        value += std::stoll(number);
        std::cout << value << std::endl;
        mesh_send_all(&mesh, std::to_string(value).c_str());
    };
    for (int i = 3; i < argc; ++i) add(argv[i]);
    char line[MESH_LINE_MAX];
    while (mesh_left(&mesh) > 0) {
        if (mesh_next(&mesh, false, line) >= 0) add(line);
    }
    mesh_send_all(&mesh, "end");
    std::cout << "over: all have added theirs\n";
}

void follow(mesh& mesh, int argc, char** argv) {
    for (int i = 3; i < argc; ++i) mesh_send(&mesh, keeper, argv[i]);
    mesh_end(&mesh);
    char line[MESH_LINE_MAX];
    while (mesh_receive(&mesh, keeper, line, -1)) {
        if (line == std::string("end")) {
            std::cout << "over: all have added theirs\n";
            return;
        }
        std::cout << line << std::endl;
    }
    std::cout << "over: the keeper is gone\n";
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    mesh mesh;
    mesh_join(&mesh, argv[1], argv[2]);
    if (mesh.self == keeper) {
        keep(mesh, argc, argv);
    } else {
        follow(mesh, argc, argv);
    }
}
