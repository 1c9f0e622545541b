// SPDX-License-Identifier: MIT
#include "program/merging.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "program/operands.hpp"

namespace reowolf::program {

namespace {

// Types may come from a stranger, who can make them costly to compare. What has not been found to
// be the same by then stays apart, which is only less tidy.
constexpr std::size_t comparisons_max = 4'000'000;

// A union may contain itself: what is being compared already is taken to be the same.
class Comparison {
  public:
    Comparison(const Program& left, const Program& right) : left_(left), right_(right) {}

    std::size_t count() const { return compared_.size(); }

    bool same(TypeId a, TypeId b) {
        if (!compared_.emplace(a, b).second) return true;
        const Type& left = left_.types[a];
        const Type& right = right_.types[b];
        if (left.kind != right.kind || left.name != right.name) return false;
        const bool has_element = left.kind == TypeKind::array || is_port(left.kind);
        if (has_element && !same(left.element, right.element)) return false;
        return std::ranges::equal(left.arguments, right.arguments,
                                  [this](TypeId one, TypeId other) { return same(one, other); }) &&
               same(left.fields, right.fields) &&
               std::ranges::equal(left.variants, right.variants,
                                  [this](const Variant& one, const Variant& other) {
                                      return one.name == other.name && one.value == other.value &&
                                             same(one.fields, other.fields);
                                  });
    }

  private:
    bool same(const std::vector<Field>& left, const std::vector<Field>& right) {
        return std::ranges::equal(left, right, [this](const Field& one, const Field& other) {
            return one.name == other.name && one.boxed == other.boxed && same(one.type, other.type);
        });
    }

    const Program& left_;
    const Program& right_;
    std::set<std::pair<TypeId, TypeId>> compared_;
};

class Addition {
  public:
    Addition(Program& to, const Program& other, std::uint32_t first_source)
        : to_(to),
          other_(other),
          first_source_(first_source),
          first_list_(size_of(to.type_lists)),
          first_text_(size_of(to.texts)),
          first_constant_(size_of(to.constants)) {
        added_.first_routine = size_of(to.routines);
    }

    Added run() {
        add_types();
        for (std::vector<TypeId> list : other_.type_lists) {
            for (TypeId& each : list) each = added_.types[each];
            to_.type_lists.push_back(std::move(list));
        }
        to_.texts.insert(to_.texts.end(), other_.texts.begin(), other_.texts.end());
        for (Constant constant : other_.constants) {
            constant.type = added_.types[constant.type];
            to_.constants.push_back(std::move(constant));
        }
        for (const Routine& routine : other_.routines) to_.routines.push_back(moved(routine));
        return std::move(added_);
    }

  private:
    template <class List>
    static std::uint32_t size_of(const List& list) {
        return static_cast<std::uint32_t>(list.size());
    }

    void add_types() {
        std::multimap<std::string, TypeId> by_name;
        for (TypeId id = 0; id < to_.types.size(); ++id) by_name.emplace(to_.type_name(id), id);
        auto next = size_of(to_.types);
        std::vector<TypeId> fresh;
        std::size_t compared = 0;
        for (TypeId id = 0; id < other_.types.size(); ++id) {
            const auto [begin, end] = by_name.equal_range(other_.type_name(id));
            const auto found = std::find_if(begin, end, [&](const auto& entry) {
                if (compared > comparisons_max) return false;
                Comparison comparison(to_, other_);
                const bool is_same = comparison.same(entry.second, id);
                compared += comparison.count();
                return is_same;
            });
            if (found == end) fresh.push_back(id);
            added_.types.push_back(found == end ? next++ : found->second);
        }
        for (const TypeId id : fresh) to_.types.push_back(moved(other_.types[id]));
    }

    Type moved(Type type) const {
        const bool has_element = type.kind == TypeKind::array || is_port(type.kind);
        if (has_element) type.element = added_.types[type.element];
        for (TypeId& argument : type.arguments) argument = added_.types[argument];
        for (Field& field : type.fields) field.type = added_.types[field.type];
        for (Variant& variant : type.variants) {
            for (Field& field : variant.fields) field.type = added_.types[field.type];
        }
        return type;
    }

    // An empty one is no place.
    Span moved(Span span) const {
        if (span == Span{}) return span;
        span.source += first_source_;
        return span;
    }

    Routine moved(Routine routine) const {
        routine.span = moved(routine.span);
        for (Parameter& parameter : routine.parameters) {
            parameter.type = added_.types[parameter.type];
        }
        if (routine.result) routine.result = added_.types[*routine.result];
        for (Span& span : routine.spans) span = moved(span);
        for (Instruction& instruction : routine.code) move(instruction);
        return routine;
    }

    void move(Instruction& instruction) const {
        for (const Operand& operand : shape(instruction.opcode).operands()) {
            std::uint32_t& field = field_of(instruction, operand.field);
            switch (operand.sort) {
                case Sort::type:
                    field = added_.types[field];
                    break;
                case Sort::list:
                    field += first_list_;
                    break;
                case Sort::text:
                    field += first_text_;
                    break;
                case Sort::constant:
                    field += first_constant_;
                    break;
                case Sort::routine:
                    field += added_.first_routine;
                    break;
                default:
                    break;
            }
        }
    }

    static std::uint32_t& field_of(Instruction& instruction, char name) {
        switch (name) {
            case 'a':
                return instruction.a;
            case 'b':
                return instruction.b;
            case 'c':
                return instruction.c;
            case 'd':
                return instruction.d;
            default:
                return instruction.e;
        }
    }

    Program& to_;
    const Program& other_;
    std::uint32_t first_source_;
    std::uint32_t first_list_;
    std::uint32_t first_text_;
    std::uint32_t first_constant_;
    Added added_;
};

}  // namespace

bool same_type(const Program& left, TypeId a, const Program& right, TypeId b) {
    return Comparison(left, right).same(a, b);
}

Added add(Program& to, const Program& other, std::uint32_t first_source) {
    return Addition(to, other, first_source).run();
}

}  // namespace reowolf::program
