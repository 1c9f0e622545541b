// SPDX-License-Identifier: MIT
// merge_sockets NAME FILE: of the sources amy and bob, the lines of standard input, "TIME TEXT" in
// the order of their times, are merged; of the keepers cat and dan, what they become is printed.
#include <iostream>
#include <limits>
#include <string>

#include "../mesh.h"

namespace {

enum { amy, bob, cat, dan };
constexpr unsigned long long end = std::numeric_limits<unsigned long long>::max();

int give(mesh& mesh) {
    const auto send = [&](const std::string& line) {
        return mesh_send(&mesh, cat, line.c_str()) && mesh_send(&mesh, dan, line.c_str());
    };
    std::string line;
    bool sends = true;
    while (sends && std::getline(std::cin, line)) sends = send(line);
    if (sends && send(std::to_string(end))) return 0;
    std::cout << "over: a keeper is gone\n";
    return 1;
}

int keep(mesh& mesh) {
    char lines[2][MESH_LINE_MAX];
    unsigned long long times[2];
    const auto next = [&](int source) {
        if (!mesh_receive(&mesh, source, lines[source], -1)) return false;
        times[source] = std::stoull(lines[source]);
        return true;
    };
    int taken = bob;
    bool comes = next(amy);
    while (comes && (comes = next(taken))) {
        taken = times[amy] <= times[bob] ? amy : bob;
        if (times[taken] == end) return 0;
        std::cout << lines[taken] << std::endl;
    }
    std::cout << "over: a source is gone\n";
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    mesh mesh;
    mesh_join(&mesh, argv[1], argv[2]);
    return mesh.self == amy || mesh.self == bob ? give(mesh) : keep(mesh);
}
