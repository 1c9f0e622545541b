// SPDX-License-Identifier: MIT
// The types of a program by their shape (program/shape.hpp): those of C++ have no other names.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "program/program.hpp"

namespace reowolf::embedding {

class Types {
  public:
    Types(program::Program& program, const Limits& limits) : program_(program), limits_(limits) {}

    // The first type of that shape, which is added to the program if there is none. Nothing: that
    // is no shape of a type, or too large.
    std::optional<program::TypeId> find(const std::string& shape);
    // Whether find() has ever added one since this was last asked.
    bool take_news();

  private:
    class Parser;

    program::TypeId add(program::Type type);

    program::Program& program_;
    Limits limits_;
    bool has_news_ = false;
    bool is_read_ = false;  // the program's own ones
    std::map<std::string, program::TypeId> known_;
};

}  // namespace reowolf::embedding
