// SPDX-License-Identifier: MIT
// Programs put together by hand, for tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "program/program.hpp"

namespace reowolf::program {

class Assembly {
  public:
    Program program;

    TypeId type(TypeKind kind, TypeId element = 0) {
        Type wanted;
        wanted.kind = kind;
        wanted.element = element;
        const auto found = std::find(program.types.begin(), program.types.end(), wanted);
        if (found != program.types.end()) {
            return static_cast<TypeId>(found - program.types.begin());
        }
        program.types.push_back(wanted);
        return static_cast<TypeId>(program.types.size() - 1);
    }
    // Aggregates: their types exist already, and lay_out() must be called at the end.
    TypeId tuple(const std::vector<TypeId>& of) {
        Type wanted;
        wanted.kind = TypeKind::tuple;
        for (const TypeId each : of) wanted.fields.push_back({"", each, false});
        return add(std::move(wanted));
    }
    TypeId add(Type wanted) {
        program.types.push_back(std::move(wanted));
        lay_out(program, 1'000);
        return static_cast<TypeId>(program.types.size() - 1);
    }
    TypeId array_of(TypeId element) { return type(TypeKind::array, element); }
    TypeId array_of(TypeKind element) { return array_of(type(element)); }

    std::uint32_t text(std::string text) {
        program.texts.push_back(std::move(text));
        return static_cast<std::uint32_t>(program.texts.size() - 1);
    }
    std::uint32_t list(std::vector<TypeId> types) {
        program.type_lists.push_back(std::move(types));
        return static_cast<std::uint32_t>(program.type_lists.size() - 1);
    }

    struct Frame {
        std::uint32_t slots = 0;
        std::vector<std::uint32_t> references = {};
        std::vector<TypeId> parameters = {};
    };
    RoutineId component(Frame frame, std::vector<Instruction> code) {
        return add(RoutineKind::component, std::move(frame), std::nullopt, std::move(code));
    }
    RoutineId function(Frame frame, TypeId result, std::vector<Instruction> code) {
        return add(RoutineKind::function, std::move(frame), result, std::move(code));
    }

  private:
    RoutineId add(RoutineKind kind, Frame frame, std::optional<TypeId> result,
                  std::vector<Instruction> code) {
        Routine routine;
        routine.name = "r" + std::to_string(program.routines.size());
        routine.kind = kind;
        for (const TypeId parameter : frame.parameters) {
            routine.parameters.push_back(
                {"p" + std::to_string(routine.parameters.size()), parameter});
            if (parameter < program.types.size()) {
                routine.parameter_slots += program.layout(parameter).slots;
            }
        }
        routine.result = result;
        routine.frame_slots = frame.slots;
        routine.references = std::move(frame.references);
        for (std::uint32_t i = 0; i < code.size(); ++i) routine.spans.push_back({0, i, i + 1});
        routine.code = std::move(code);
        program.routines.push_back(std::move(routine));
        return static_cast<RoutineId>(program.routines.size() - 1);
    }
};

// An instruction without kinds, and with them.
inline Instruction op(Opcode opcode, std::uint32_t a = 0, std::uint32_t b = 0, std::uint32_t c = 0,
                      std::uint32_t d = 0) {
    return {.opcode = opcode, .a = a, .b = b, .c = c, .d = d};
}
inline Instruction op(Opcode opcode, TypeKind kind, std::uint32_t a = 0, std::uint32_t b = 0,
                      std::uint32_t c = 0, std::uint32_t d = 0) {
    return {.opcode = opcode, .kind = kind, .kind2 = kind, .a = a, .b = b, .c = c, .d = d};
}
inline Instruction op(Opcode opcode, TypeKind kind, TypeKind kind2, std::uint32_t a = 0,
                      std::uint32_t b = 0, std::uint32_t c = 0, std::uint32_t d = 0) {
    return {.opcode = opcode, .kind = kind, .kind2 = kind2, .a = a, .b = b, .c = c, .d = d};
}
inline Instruction constant(std::uint32_t slot, std::uint64_t bits) {
    return op(Opcode::constant, slot, 0, static_cast<std::uint32_t>(bits),
              static_cast<std::uint32_t>(bits >> 32));
}

}  // namespace reowolf::program
