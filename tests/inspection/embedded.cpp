// SPDX-License-Identifier: MIT
// A program with a runtime of its own, until it is killed: embedded run|compute|idle
#include <cstdint>
#include <string_view>

#include <unistd.h>

#include <reowolf/runtime.hpp>

namespace {

constexpr std::string_view text = R"(
import std.time::timer;
primitive relay(in<u32> from, out<u32> to) { while (true) sync put(to, get(from)); }
composite hourly(out<u64> tick) { new timer(tick, 3600000); }
primitive busy() { u32 turns = 0; while (true) turns += 1; }
)";

reowolf::Component giver(reowolf::Out<std::uint32_t> to) {
    for (std::uint32_t number = 0; number < 3; ++number) co_await to.put(number);
}

reowolf::Component taker(reowolf::In<std::uint32_t> from, reowolf::In<std::uint64_t> tick) {
    for (int i = 0; i < 3; ++i) co_await from.get();
    co_await tick.get();
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    reowolf::Runtime runtime{reowolf::Program(text)};
    auto [give, from] = runtime.channel<std::uint32_t>();
    auto [to, take] = runtime.channel<std::uint32_t>();
    auto [rings, tick] = runtime.channel<std::uint64_t>();
    runtime.start("hourly", rings);
    runtime.start("relay", from, to);
    runtime.start(giver, give);
    runtime.start(taker, take, tick);
    if (what == "compute") {
        for (int i = 0; i < 4; ++i) runtime.start("busy");
    }
    if (what != "idle") runtime.run();
    for (;;) ::pause();
}
