// SPDX-License-Identifier: MIT
#include "system/process.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

namespace reowolf::system {

namespace {

constexpr std::size_t boot_bytes = 36;

// A run of a kernel, and the part of its processes that can be seen from here.
struct Host {
    std::array<char, 40> boot{};  // a text of 36
    std::uint64_t processes = 0;
};

struct Process {
    Host host;
    std::uint64_t number = 0;
    std::uint64_t started = 0;  // numbers are used again
};
static_assert(sizeof(Process) == 64, "there is no padding, so that names can be compared");

bool has_ended(char state) {
    return state == 'Z' || state == 'X';
}

bool read_host(Host& host) {
    std::ifstream boot("/proc/sys/kernel/random/boot_id");
    struct stat space{};
    if (!boot.read(host.boot.data(), boot_bytes) || ::stat("/proc/self/ns/pid", &space) != 0) {
        return false;
    }
    host.processes = space.st_ino;
    return true;
}

struct Status {
    char state = 0;
    std::uint64_t started = 0;
};

std::optional<Status> status_of(std::uint64_t number) {
    std::ifstream file(fmt::format("/proc/{}/stat", number));
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    // The name, which may have anything in it, is in parentheses; the state is the field after it.
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    constexpr int fields_to_start = 20;
    std::size_t at = name_end + 2;
    Status status{.state = at < line.size() ? line[at] : '\0'};
    for (int field = 1; field < fields_to_start && at != std::string::npos; ++field) {
        at = line.find(' ', at);
        if (at != std::string::npos) ++at;
    }
    if (at == std::string::npos) return std::nullopt;
    std::from_chars(line.data() + at, line.data() + line.size(), status.started);
    return status;
}

}  // namespace

std::string boot() {
    Host host;
    return read_host(host) ? std::string(host.boot.data(), boot_bytes) : std::string();
}

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value ? value : "";
}

std::string program_name() {
    return program_invocation_short_name;
}

unsigned usable_cores() {
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<unsigned>(CPU_COUNT(&set));
}

std::vector<std::byte> this_process() {
    Process process;
    const auto number = static_cast<std::uint64_t>(::getpid());
    const auto status = status_of(number);
    if (!status || !read_host(process.host)) return {};
    process.number = number;
    process.started = status->started;
    std::vector<std::byte> name(sizeof process);
    std::memcpy(name.data(), &process, sizeof process);
    return name;
}

std::optional<bool> is_alive(std::span<const std::byte> name) {
    Process process;
    Host here;
    if (name.size() != sizeof process || !read_host(here)) return std::nullopt;
    std::memcpy(&process, name.data(), sizeof process);
    if (process.host.boot != here.boot || process.host.processes != here.processes) {
        return std::nullopt;
    }
    if (const auto status = status_of(process.number)) {
        return !has_ended(status->state) && status->started == process.started;
    }
    const auto number = static_cast<pid_t>(process.number);
    if (number > 0 && ::kill(number, 0) != 0 && errno == ESRCH) return false;
    return std::nullopt;
}

bool is_running(std::uint64_t number) {
    if (const auto status = status_of(number)) return !has_ended(status->state);
    // Where /proc is not there.
    const auto process = static_cast<pid_t>(number);
    return process > 0 && (::kill(process, 0) == 0 || errno != ESRCH);
}

}  // namespace reowolf::system
