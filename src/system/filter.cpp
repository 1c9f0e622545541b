// SPDX-License-Identifier: MIT
#include "system/filter.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace reowolf::system {

namespace {

struct CloseFile {
    void operator()(std::FILE* file) const { (void)std::fclose(file); }
};

// Reads to the end; false if that fails.
bool read_all(int descriptor, std::string& to) {
    std::array<char, 65'536> buffer;
    for (;;) {
        const ssize_t length = read(descriptor, buffer.data(), buffer.size());
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) return length == 0;
        to.append(buffer.data(), static_cast<std::size_t>(length));
    }
}

}  // namespace

std::expected<std::string, std::string> filter(const std::vector<std::string>& command,
                                               std::string_view input) {
    const auto failed = [&](int error) {
        return std::unexpected(command.front() + ": " + std::strerror(error));
    };
    // The input lies in a file without a name, so that nobody waits for the other to read.
    const std::unique_ptr<std::FILE, CloseFile> file(std::tmpfile());
    if (!file) return failed(errno);
    if (std::fwrite(input.data(), 1, input.size(), file.get()) != input.size() ||
        std::fseek(file.get(), 0, SEEK_SET) != 0) {
        return failed(errno);
    }
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return failed(errno);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(file.get()), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::vector<std::string> words = command;
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = 0;
    const int error =
        posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    std::string output;
    const bool complete = error == 0 && read_all(ends[0], output);
    close(ends[0]);
    if (error != 0) return failed(error);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!complete || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return std::unexpected(command.front() + " has failed");
    }
    return output;
}

}  // namespace reowolf::system
