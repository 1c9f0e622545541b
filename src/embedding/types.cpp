// SPDX-License-Identifier: MIT
#include "embedding/types.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "program/shape.hpp"

namespace reowolf::embedding {

using program::Field;
using program::Type;
using program::TypeId;
using program::TypeKind;

// Reads shapes, which C++ headers write, so that they nest no deeper than those.
class Types::Parser {
  public:
    Parser(Types& types, std::string_view shape) : types_(types), rest_(shape) {}

    std::optional<TypeId> whole() {
        const auto type = parse();
        return rest_.empty() ? type : std::nullopt;
    }

  private:
    std::optional<TypeId> parse() {
        std::optional<TypeId> type = parse_base();
        while (type && eat("[]")) {
            type = types_.add(made(TypeKind::array, *type));
        }
        return type;
    }

    std::optional<TypeId> parse_base() {
        if (eat("in<")) return port(TypeKind::in_port);
        if (eat("out<")) return port(TypeKind::out_port);
        if (eat("(")) {
            auto fields = parse_fields();
            if (!fields) return std::nullopt;
            Type tuple = made(TypeKind::tuple);
            tuple.fields = std::move(*fields);
            return types_.add(std::move(tuple));
        }
        if (eat("{")) return parse_union();
        // An enum that no text declares is its number.
        if (eat("enum")) return types_.add(made(TypeKind::u32));
        for (int kind = 0; kind <= static_cast<int>(TypeKind::string); ++kind) {
            const auto scalar = static_cast<TypeKind>(kind);
            if (eat(program::name(scalar))) return types_.add(made(scalar));
        }
        return std::nullopt;
    }

    std::optional<TypeId> port(TypeKind kind) {
        const auto element = parse();
        if (!element || !eat(">")) return std::nullopt;
        return types_.add(made(kind, *element));
    }

    static Type made(TypeKind kind, TypeId element = 0) {
        Type type;
        type.kind = kind;
        type.element = element;
        return type;
    }

    // Up to the closing parenthesis.
    std::optional<std::vector<Field>> parse_fields() {
        std::vector<Field> fields;
        while (!eat(")")) {
            if (!fields.empty() && !eat(", ")) return std::nullopt;
            const auto type = parse();
            if (!type) return std::nullopt;
            fields.push_back({.name = {}, .type = *type});
        }
        return fields;
    }

    std::optional<TypeId> parse_union() {
        Type type = made(TypeKind::union_of);
        type.name = "union";
        do {
            if (!eat("(")) return std::nullopt;
            auto fields = parse_fields();
            if (!fields) return std::nullopt;
            type.variants.push_back({.name = fmt::format("V{}", type.variants.size()),
                                     .fields = std::move(*fields),
                                     .slots = {}});
        } while (eat(" | "));
        if (!eat("}")) return std::nullopt;
        return types_.add(std::move(type));
    }

    bool eat(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }

    Types& types_;
    std::string_view rest_;
};

std::optional<TypeId> Types::find(const std::string& shape) {
    if (!std::exchange(is_read_, true)) {
        for (TypeId id = 0; id < program_.types.size(); ++id) {
            known_.try_emplace(program::shape(program_, id), id);
        }
    }
    const auto known = known_.find(shape);
    if (known != known_.end()) return known->second;
    const std::size_t before = program_.types.size();
    const auto type = Parser(*this, shape).whole();
    if (!type || !program::lay_out(program_, limits_.type_slots_max)) {
        program_.types.resize(before);
        return std::nullopt;
    }
    for (auto id = static_cast<TypeId>(before); id < program_.types.size(); ++id) {
        known_.try_emplace(program::shape(program_, id), id);
    }
    known_.try_emplace(shape, *type);
    return type;
}

// A part of the type that is looked for may be there already.
TypeId Types::add(Type type) {
    program_.types.push_back(std::move(type));
    const auto added = static_cast<TypeId>(program_.types.size() - 1);
    const auto known = known_.find(program::shape(program_, added));
    if (known != known_.end()) {
        program_.types.pop_back();
        return known->second;
    }
    has_news_ = true;
    return added;
}

bool Types::take_news() {
    return std::exchange(has_news_, false);
}

}  // namespace reowolf::embedding
