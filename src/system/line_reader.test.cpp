// SPDX-License-Identifier: MIT
#include "system/line_reader.hpp"

#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace reowolf::system {
namespace {

class Pipe {
  public:
    Pipe() { EXPECT_EQ(pipe(ends_), 0); }
    ~Pipe() {
        ::close(ends_[0]);
        close();
    }
    void write(std::string_view text) {
        EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    void close() {
        if (ends_[1] >= 0) ::close(ends_[1]);
        ends_[1] = -1;
    }
    int reading_end() const { return ends_[0]; }

  private:
    int ends_[2] = {-1, -1};
};

std::vector<std::string> all(LineReader& reader) {
    std::vector<std::string> lines;
    while (auto line = reader.take()) lines.push_back(std::move(*line));
    return lines;
}

using Lines = std::vector<std::string>;

TEST(LineReader, ALineIsThereWhenItsEndIs) {
    Pipe pipe;
    LineReader reader(pipe.reading_end(), 100);
    EXPECT_EQ(all(reader), Lines{});
    pipe.write("on");
    reader.wait(-1);
    EXPECT_EQ(all(reader), Lines{});
    pipe.write("e\n\ntwo\r\nthr");
    reader.wait(-1);
    EXPECT_EQ(all(reader), (Lines{"one", "", "two"}));
    EXPECT_FALSE(reader.is_at_end());
    pipe.close();
    reader.wait(-1);
    EXPECT_EQ(all(reader), Lines{"thr"});
    EXPECT_TRUE(reader.is_at_end());
}

TEST(LineReader, NothingFollowsTheLastEndOfLine) {
    Pipe pipe;
    LineReader reader(pipe.reading_end(), 100);
    pipe.write("one\n");
    pipe.close();
    reader.wait(-1);
    EXPECT_FALSE(reader.is_at_end());
    EXPECT_EQ(all(reader), Lines{"one"});
    reader.wait(-1);
    EXPECT_EQ(all(reader), Lines{});
    EXPECT_TRUE(reader.is_at_end());
}

TEST(LineReader, ALongLineComesInPieces) {
    Pipe pipe;
    LineReader reader(pipe.reading_end(), 3);
    pipe.write("abcdefgh\nabc\nab");
    reader.wait(-1);
    EXPECT_EQ(all(reader), (Lines{"abc", "def", "gh", "abc"}));
    pipe.write("cd");
    reader.wait(-1);
    EXPECT_EQ(all(reader), Lines{"abc"});
}

TEST(LineReader, WaitsNoLongerThanOneWants) {
    Pipe pipe;
    LineReader reader(pipe.reading_end(), 100);
    reader.wait(0);
    reader.wait(1);
    EXPECT_EQ(all(reader), Lines{});
    EXPECT_FALSE(reader.is_at_end());
}

}  // namespace
}  // namespace reowolf::system
