// SPDX-License-Identifier: MIT
// A service of small pictures over any number of processes.
//
//     thumbnails draw FOLDER COUNT               makes some pictures
//     thumbnails make ADDRESS SIDE FILE…         FILE.small.png of each, by whoever joins ADDRESS
//     thumbnails work ADDRESS NAME               joins, and makes small pictures until it is killed
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <unistd.h>

#include <reowolf/service.hpp>

#include "pictures.hpp"

namespace rs = reowolf::service;
using Png = std::vector<std::uint8_t>;

namespace {

Png read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path + " cannot be read");
    return Png(std::istreambuf_iterator<char>(file), {});
}

void write_file(const std::string& path, const Png& bytes) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) throw std::runtime_error(path + " cannot be written");
}

// The service: a picture, and how large the thumbnail may be. Says who has made it.
class Studio : public rs::Node {
  public:
    Studio(rs::Network& network, const std::string& name) : Node(network, name) {
        provide("thumbnail", &Studio::thumbnail, {.reentrant = true});
    }

  private:
    std::pair<std::string, Png> thumbnail(const Png& picture, std::uint32_t side) {
        return {name(), to_png(reduced(from_png(picture), side))};
    }
};

int work(const std::string& address, const std::string& name) {
    rs::Network network;
    rs::Object<Studio> studio(network, name);
    studio.join(address);  // now or when it is there, and again when it comes back
    network.run();
    return 0;
}

int make(const std::string& address, std::uint32_t side, const std::vector<std::string>& files) {
    rs::Network network;
    network.on_event(
        [](const rs::Event& event) { std::cerr << event.node << ": " << event.text << '\n'; });
    rs::Node master(network, "master");
    std::cerr << "listening at " << master.listen(address) << '\n';
    master.start();
    if (!master.wait_for("thumbnail", 2, std::chrono::seconds(30))) {
        std::cerr << "no two studios have come\n";
        return 1;
    }

    // All at once: the network finds who makes which, and tells if somebody is lost on the way.
    rs::Function<std::pair<std::string, Png>(Png, std::uint32_t)> thumbnail(
        master, "thumbnail", {.timeout = std::chrono::seconds(60)});
    std::deque<std::pair<std::string, rs::Answer<std::pair<std::string, Png>>>> waiting;
    for (const std::string& file : files) {
        waiting.emplace_back(file, thumbnail.request(read_file(file), side));
    }
    std::map<std::string, int> made;
    int failed = 0;
    while (!waiting.empty()) {
        auto& [file, answer] = waiting.front();
        try {
            const auto [studio, small] = answer.get();
            write_file(file + ".small.png", small);
            ++made[studio];
        } catch (const rs::Error& error) {
            if (error.code() == rs::Code::lost) {  // somebody else does it
                waiting.emplace_back(file, thumbnail.request(read_file(file), side));
            } else {
                std::cout << file << ": " << error.what() << '\n';
                ++failed;
            }
        }
        waiting.pop_front();
    }
    for (const auto& [studio, count] : made) std::cout << studio << " has made " << count << '\n';
    return failed == 0 ? 0 : 1;
}

int draw(const std::filesystem::path& folder, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string name = "picture" + std::to_string(i) + ".png";
        write_file((folder / name).string(), to_png(drawn(256, i)));
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    try {
        if (words.size() == 3 && words[0] == "work") return work(words[1], words[2]);
        if (words.size() == 3 && words[0] == "draw") {
            return draw(words[1], static_cast<std::uint32_t>(std::stoul(words[2])));
        }
        if (words.size() >= 4 && words[0] == "make") {
            return make(words[1], static_cast<std::uint32_t>(std::stoul(words[2])),
                        {words.begin() + 3, words.end()});
        }
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    std::cerr << "usage: thumbnails draw FOLDER COUNT | make ADDRESS SIDE FILE... | "
                 "work ADDRESS NAME\n";
    return 2;
}
