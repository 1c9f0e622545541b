// SPDX-License-Identifier: MIT
// The same trials without libFuzzer, so that every build makes some. FUZZ_SEED repeats one.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "compiler/compile.hpp"
#include "fuzz/program_text.hpp"
#include "fuzz/trial.hpp"

namespace reowolf::fuzz {
namespace {

std::uint64_t first_seed() {
    const char* asked = std::getenv("FUZZ_SEED");
    return asked != nullptr ? std::strtoull(asked, nullptr, 10) : 1;
}

TEST(MadePrograms, CompileMostlyAndRun) {
    int compiled = 0;
    constexpr int count = 300;
    for (int i = 0; i < count; ++i) {
        const std::uint64_t seed = first_seed() + static_cast<std::uint64_t>(i);
        SCOPED_TRACE(seed);
        Random random(seed);
        const std::string text = make_program(random);
        try_text(text);
        diagnostics::Sources sources;
        diagnostics::Diagnostics diagnostics;
        const auto source = sources.add("text", text);
        if (compiler::compile(sources, source, diagnostics, {})) ++compiled;
    }
    // A maker of nonsense would try nothing but the parser.
    EXPECT_GT(compiled, count / 4);
}

TEST(MadePrograms, AreRefusedInPeaceWhenChanged) {
    for (int i = 0; i < 600; ++i) {
        const std::uint64_t seed = first_seed() + static_cast<std::uint64_t>(i);
        SCOPED_TRACE(seed);
        Random random(seed);
        std::string text = make_program(random);
        for (int changes = 0; changes < 3; ++changes) {
            text = change_program(text, random);
            try_text(text);
        }
    }
}

// What broke the compiler once.
TEST(Corpus, IsTriedInPeace) {
    int tried = 0;
    for (const auto& entry : std::filesystem::directory_iterator(CORPUS)) {
        SCOPED_TRACE(entry.path());
        std::ifstream file(entry.path(), std::ios::binary);
        try_text(std::string(std::istreambuf_iterator<char>(file), {}));
        ++tried;
    }
    EXPECT_GT(tried, 0);
}

}  // namespace
}  // namespace reowolf::fuzz
