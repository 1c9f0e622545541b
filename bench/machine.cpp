// SPDX-License-Identifier: MIT
// The machine beside other interpreters: the same programs (bench/programs) in PDL, Lua and
// Python, in one run. Processor time, the least of some runs; all must come to the same result.
#include "machine/machine.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/compile.hpp"
#include "diagnostics/diagnostics.hpp"

namespace reowolf {
namespace {

struct Measured {
    std::int64_t result = 0;
    double seconds = 0;
};

struct Peer {
    const char* name;
    const char* command;  // before the program's file
    const char* measure;
    const char* extension;
};
constexpr std::array peers = {
    Peer{"lua5.4", "lua5.4", "measure.lua", ".lua"},
    Peer{"luajit -joff", "luajit -joff", "measure.lua", ".lua"},
    Peer{"python3", "python3", "measure.py", ".py"},
};

double processor_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::optional<program::Program> compile(const std::string& name, std::string text) {
    diagnostics::Sources sources;
    diagnostics::Diagnostics diagnostics;
    const std::uint32_t source = sources.add(name, std::move(text));
    auto program = compiler::compile(sources, source, diagnostics, Limits{});
    for (const auto& each : diagnostics.all()) {
        std::cerr << diagnostics::render(sources, each);
    }
    return program;
}

std::optional<Measured> measure(const std::filesystem::path& file, int times) {
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    const auto program = compile(file.string(), text.str());
    const auto routine = program ? program->find("run") : std::nullopt;
    if (!routine) return std::nullopt;
    const machine::Machine machine(*program, Limits{});
    Measured best{.result = 0, .seconds = std::numeric_limits<double>::max()};
    for (int i = 0; i < times; ++i) {
        const double before = processor_seconds();
        machine::State state(*program, *routine, {});
        for (;;) {
            std::uint32_t budget = 1'000'000;
            const machine::Request request = machine.run(state, budget);
            if (request.kind == machine::Request::Kind::budget_used) continue;
            if (request.kind != machine::Request::Kind::ended) {
                std::cerr << file << ": "
                          << (request.kind == machine::Request::Kind::failed ? request.text()
                                                                             : "asks the world")
                          << '\n';
                return std::nullopt;
            }
            best.result = static_cast<std::int64_t>(request.value.bits());
            break;
        }
        best.seconds = std::min(best.seconds, processor_seconds() - before);
    }
    return best;
}

std::optional<Measured> measure(const Peer& peer, std::filesystem::path file, int times) {
    file.replace_extension(peer.extension);
    const std::filesystem::path measure = file.parent_path() / peer.measure;
    const std::string command = std::string(peer.command) + " '" + measure.string() + "' '" +
                                file.string() + "' " + std::to_string(times);
    FILE* output = popen(command.c_str(), "r");
    if (!output) return std::nullopt;
    std::array<char, 256> line{};
    const bool read = std::fgets(line.data(), line.size(), output) != nullptr;
    if (pclose(output) != 0 || !read) return std::nullopt;
    Measured measured;
    std::istringstream words(line.data());
    if (!(words >> measured.result >> measured.seconds)) return std::nullopt;
    return measured;
}

// What the machine adds to a rendezvous: a component that begins a round, puts, and ends it; one
// that gets; and a behaviour that is copied at a fork.
constexpr std::string_view talkers = R"(
    primitive giver(out<u64> to) { u64 n = 0; while (true) { sync put(to, n); n += 1; } }
    primitive taker(in<u64> from) { u64 sum = 0; while (true) sync sum += get(from); }
)";

double nanoseconds_of_a_round(const program::Program& program, const machine::Machine& machine,
                              std::string_view name) {
    constexpr int rounds = 2'000'000;
    machine::State state(program, *program.find(name), {machine::Value::scalar(1)});
    const double before = processor_seconds();
    for (int ended = 0; ended < rounds;) {
        std::uint32_t budget = 1'000;
        const machine::Request request = machine.run(state, budget);
        if (request.kind == machine::Request::Kind::get) state.got(machine::Value::scalar(1));
        if (request.kind == machine::Request::Kind::sync_end) ++ended;
    }
    return (processor_seconds() - before) * 1e9 / rounds;
}

double nanoseconds_of_a_copy(const program::Program& program) {
    constexpr int copies = 2'000'000;
    machine::State state(program, *program.find("giver"), {machine::Value::scalar(1)});
    const double before = processor_seconds();
    for (int i = 0; i < copies; ++i) {
        machine::State copy = state;
        state = std::move(copy);
    }
    return (processor_seconds() - before) * 1e9 / copies;
}

void show_requests() {
    const auto program = compile("talkers", std::string(talkers));
    if (!program) return;
    const machine::Machine machine(*program, Limits{});
    std::printf("\nbegin, put, end: %.1f ns    begin, get, end: %.1f ns    ",
                nanoseconds_of_a_round(*program, machine, "giver"),
                nanoseconds_of_a_round(*program, machine, "taker"));
    std::printf("a state copied and moved: %.1f ns\n", nanoseconds_of_a_copy(*program));
}

int run(int times, bool with_peers, const std::vector<std::string>& wanted) {
    const std::filesystem::path folder = REOWOLF_BENCH_PROGRAMS;
    std::printf("%-12s %9s", "", "machine");
    if (with_peers) {
        for (const Peer& peer : peers) std::printf("  %20s", peer.name);
    }
    std::printf("\n");
    bool good = true;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".pdl") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const std::filesystem::path& file : files) {
        const std::string name = file.stem().string();
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) {
            continue;
        }
        const auto own = measure(file, times);
        if (!own) {
            std::printf("%-12s does not run\n", name.c_str());
            good = false;
            continue;
        }
        std::printf("%-12s %6.1f ms", name.c_str(), own->seconds * 1e3);
        for (const Peer& peer : peers) {
            if (!with_peers) break;
            std::fflush(stdout);
            const auto other = measure(peer, file, times);
            if (!other) {
                std::printf("  %20s", "-");
                continue;
            }
            std::printf("  %8.1f ms (%5.2fx)", other->seconds * 1e3, other->seconds / own->seconds);
            if (other->result != own->result) {
                std::printf(" another result: %lld, not %lld",
                            static_cast<long long>(other->result),
                            static_cast<long long>(own->result));
                good = false;
            }
        }
        std::printf("\n");
    }
    if (with_peers) std::printf("(2.00x: takes twice as long as the machine)\n");
    if (wanted.empty()) show_requests();
    return good ? 0 : 1;
}

}  // namespace
}  // namespace reowolf

// bench_machine [--alone] [--times N] [PROGRAM...]
int main(int count, char** arguments) {
    int times = 3;
    bool with_peers = true;
    std::vector<std::string> wanted;
    for (int i = 1; i < count; ++i) {
        const std::string argument = arguments[i];
        if (argument == "--alone") {
            with_peers = false;
        } else if (argument == "--times" && i + 1 < count) {
            times = std::max(1, std::atoi(arguments[++i]));
        } else {
            wanted.push_back(argument);
        }
    }
    return reowolf::run(times, with_peers, wanted);
}
