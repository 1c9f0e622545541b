// SPDX-License-Identifier: MIT
// The types, type lists and texts of a program, each stored once.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "check/terms.hpp"
#include "program/program.hpp"

namespace reowolf::compiler {

class Pool {
  public:
    explicit Pool(program::Program& program);

    program::TypeId type(const check::Terms& terms, check::Term term);
    std::uint32_t type_list(const std::vector<program::TypeId>& list);
    std::uint32_t text(const std::string& bytes);

  private:
    program::TypeId intern(program::Type type);

    program::Program& program_;
    std::map<std::pair<program::TypeKind, program::TypeId>, program::TypeId> types_;
    std::map<std::vector<program::TypeId>, std::uint32_t> type_lists_;
    std::unordered_map<std::string, std::uint32_t> texts_;
};

// Of a settled term.
program::TypeKind type_kind(check::TermKind kind);

}  // namespace reowolf::compiler
