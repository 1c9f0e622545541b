// SPDX-License-Identifier: MIT
// sensors_sockets NAME FILE: the numbers of standard input are the readings of this sensor, one a
// step; prints what all agree on in each step.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "../mesh.h"

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    mesh mesh;
    mesh_join(&mesh, argv[1], argv[2]);
    double reading = 0;
    for (int step = 1; std::cin >> reading; ++step) {
        mesh_send_all(&mesh, std::to_string(reading).c_str());
        std::vector<double> readings{reading};
        for (int i = 0; i < mesh.count; ++i) {
            char line[MESH_LINE_MAX];
            if (i != mesh.self && mesh_receive(&mesh, i, line, -1))
                readings.push_back(std::stod(line));
        }
        // Without one of the three, the lower one of the other two.
        std::ranges::sort(readings);
        if (readings.size() < 2) break;
        std::cout << "step " << step << ": " << readings[(readings.size() - 1) / 2] << std::endl;
    }
}
