// SPDX-License-Identifier: MIT
// The types, type lists, texts and constants of a program, each stored once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "check/typed.hpp"
#include "program/program.hpp"

namespace reowolf::compiler {

class Pool {
  public:
    // The types that the program has already are those of the module, by number.
    Pool(program::Program& program, check::Module& module);

    program::TypeId type(check::Term term);
    const program::Layout& layout(program::TypeId type) const { return program_.layout(type); }
    const program::Type& operator[](program::TypeId type) const { return program_.types[type]; }
    bool contains_float(program::TypeId type) const {
        return program::contains_float(program_, type);
    }
    std::uint32_t type_list(const std::vector<program::TypeId>& list);
    std::uint32_t text(const std::string& bytes);
    // A constant's number, given once.
    std::uint32_t add_constant(check::RoutineId routine, program::TypeId type);
    std::uint32_t add_constant(check::DefinitionId of, std::uint32_t variant, program::TypeId type);
    std::uint32_t constant(check::RoutineId routine) const { return constants_.at(routine); }
    // Nothing for one whose value is known.
    std::optional<std::uint32_t> constant(check::DefinitionId of, std::uint32_t variant) const;

  private:
    // Of kinds and parts, or of a named type's number and arguments.
    using Key = std::tuple<program::TypeKind, std::uint32_t, std::vector<program::TypeId>>;

    program::TypeId intern(check::Term term);
    program::TypeId add(Key key, program::Type type);
    void fill(program::TypeId id, check::Term term);
    bool reaches(check::Term from, check::Term to);
    const check::Shape& shape(check::Term term);

    program::Program& program_;
    check::Module& module_;
    std::map<Key, program::TypeId> types_;
    std::unordered_map<check::Term, program::TypeId> known_;
    std::map<std::vector<program::TypeId>, std::uint32_t> type_lists_;
    std::unordered_map<std::string, std::uint32_t> texts_;
    std::unordered_map<check::RoutineId, std::uint32_t> constants_;
    std::map<std::pair<check::DefinitionId, std::uint32_t>, std::uint32_t> variants_;
};

// Of a settled term that is not named.
program::TypeKind type_kind(check::TermKind kind);

}  // namespace reowolf::compiler
