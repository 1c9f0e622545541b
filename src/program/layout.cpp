// SPDX-License-Identifier: MIT
#include <algorithm>
#include <unordered_set>

#include "program/program.hpp"

namespace reowolf::program {
namespace {

class LayingOut {
  public:
    LayingOut(Program& program, std::uint32_t slots_max)
        : program_(program), slots_max_(slots_max) {}

    // Types are added at the end, one after the other: what is new begins after the last one that
    // has its layout.
    bool run() {
        auto first = static_cast<TypeId>(program_.types.size());
        while (first > 0 && !is_laid_out(program_.types[first - 1])) --first;
        for (TypeId id = first; id < program_.types.size(); ++id) {
            if (!visit(id)) return false;
        }
        return true;
    }

  private:
    static bool is_laid_out(const Type& type) {
        return is_aggregate(type.kind) && type.layout.slots != 0;
    }

    // The recursion is as deep as aggregates lie in each other.
    bool visit(TypeId id) {
        if (id >= program_.types.size()) return false;
        const Type& type = program_.types[id];
        if (!is_aggregate(type.kind) || is_laid_out(type)) return true;
        if (open_.size() > slots_max_ || !open_.insert(id).second) return false;
        const bool fits = visit_fields(id) && lay_out(program_.types[id]);
        open_.erase(id);
        return fits;
    }
    bool visit_fields(TypeId id) {
        const auto all = [&](const std::vector<Field>& fields) {
            return std::all_of(fields.begin(), fields.end(),
                               [&](const Field& field) { return visit(field.type); });
        };
        const Type& type = program_.types[id];
        return all(type.fields) &&
               std::all_of(type.variants.begin(), type.variants.end(),
                           [&](const Variant& variant) { return all(variant.fields); });
    }
    bool lay_out(Type& type) const {
        if (type.kind != TypeKind::union_of) {
            type.layout = layout_of(program_, type.fields);
            // Every value has a place; this one is always 0.
            type.layout.slots = std::max(type.layout.slots, 1u);
            return type.layout.slots <= slots_max_;
        }
        std::uint32_t words = 0;
        std::uint32_t references = 0;
        for (const Variant& variant : type.variants) {
            const Layout payload = layout_of(program_, variant.fields);
            if (payload.slots > slots_max_) return false;
            const auto held = static_cast<std::uint32_t>(payload.references.size());
            words = std::max(words, payload.slots - held);
            references = std::max(references, held);
        }
        type.layout.slots = 1 + words + references;
        type.layout.references.clear();
        for (std::uint32_t i = 0; i < references; ++i) {
            type.layout.references.push_back(1 + words + i);
        }
        for (Variant& variant : type.variants) {
            const Layout payload = layout_of(program_, variant.fields);
            variant.slots.clear();
            std::uint32_t word = 1;
            std::uint32_t reference = 1 + words;
            for (std::uint32_t i = 0; i < payload.slots; ++i) {
                const bool held =
                    std::binary_search(payload.references.begin(), payload.references.end(), i);
                variant.slots.push_back(held ? reference++ : word++);
            }
        }
        return type.layout.slots <= slots_max_;
    }

    Program& program_;
    std::uint32_t slots_max_;
    std::unordered_set<TypeId> open_;  // those that contain the one that is laid out
};

const Layout one_word{1, {}};
const Layout one_reference{1, {0}};

}  // namespace

const Layout& Program::layout(TypeId type) const {
    const Type& of = types[type];
    if (is_aggregate(of.kind)) return of.layout;
    return is_reference(of.kind) ? one_reference : one_word;
}

Layout layout_of(const Program& program, const std::vector<Field>& fields) {
    Layout whole{0, {}};
    for (const Field& field : fields) {
        const Layout& part = program.layout(field.type);
        for (const std::uint32_t slot : part.references) {
            whole.references.push_back(whole.slots + slot);
        }
        whole.slots += part.slots;
    }
    return whole;
}

bool lay_out(Program& program, std::uint32_t slots_max) {
    return LayingOut(program, slots_max).run();
}

bool contains_float(const Program& program, TypeId type) {
    std::vector<bool> seen(program.types.size(), false);
    std::vector<TypeId> waiting{type};
    while (!waiting.empty()) {
        const TypeId id = waiting.back();
        waiting.pop_back();
        if (seen[id]) continue;
        seen[id] = true;
        const Type& of = program.types[id];
        if (is_float(of.kind)) return true;
        if (of.kind == TypeKind::array) waiting.push_back(of.element);
        for (const Field& field : of.fields) waiting.push_back(field.type);
        for (const Variant& variant : of.variants) {
            for (const Field& field : variant.fields) waiting.push_back(field.type);
        }
    }
    return false;
}

}  // namespace reowolf::program
