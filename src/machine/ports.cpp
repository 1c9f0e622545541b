// SPDX-License-Identifier: MIT
#include "machine/ports.hpp"

#include "machine/arrays.hpp"

namespace reowolf::machine {

using program::TypeId;
using program::TypeKind;

namespace {

// Calls `visit` with the type of each part that values of the type have.
template <class Visit>
void for_each_part(const program::Type& type, Visit visit) {
    if (type.kind == TypeKind::array) visit(type.element);
    for (const program::Field& field : type.fields) visit(field.type);
    for (const program::Variant& variant : type.variants) {
        for (const program::Field& field : variant.fields) visit(field.type);
    }
}

// Recurses as deep as the value nests, which the machine bounds.
class Walk {
  public:
    Walk(const program::Program& program, const PortFinder& finder,
         std::vector<std::uint64_t>& ports)
        : program_(program), finder_(finder), ports_(ports) {}

    void slots(TypeId id, const Slot* slots) {
        if (!finder_.can_hold(id)) return;
        const program::Type& type = program_.types[id];
        switch (type.kind) {
            case TypeKind::array:
                return elements(type.element, slots->block);
            case TypeKind::tuple:
            case TypeKind::structure:
                return fields(type.fields, slots);
            case TypeKind::union_of: {
                const program::Variant& variant = type.variants[slots->bits];
                std::vector<Slot> payload;
                for (const std::uint32_t slot : variant.slots) payload.push_back(slots[slot]);
                return fields(variant.fields, payload.data());
            }
            default:
                ports_.push_back(slots->bits);
        }
    }

  private:
    // One that is boxed lies in an array, and its type is that array's.
    void fields(const std::vector<program::Field>& fields, const Slot* at) {
        for (const program::Field& field : fields) {
            slots(field.type, at);
            at += program_.layout(field.type).slots;
        }
    }

    void elements(TypeId element, const Block* block) {
        const bool is_slots = program::is_aggregate(program_.types[element].kind);
        for (std::uint32_t i = 0; i < length_of(block); ++i) {
            if (is_slots) {
                slots(element, slots_at(block, i));
            } else {
                const Slot one = load(block, program_.types[element].kind, i);
                slots(element, &one);
            }
        }
    }

    const program::Program& program_;
    const PortFinder& finder_;
    std::vector<std::uint64_t>& ports_;
};

}  // namespace

PortFinder::PortFinder(const program::Program& program)
    : program_(&program), can_hold_(program.types.size(), false) {
    std::vector<std::vector<TypeId>> containers(program.types.size());
    std::vector<TypeId> found;
    for (TypeId id = 0; id < program.types.size(); ++id) {
        if (program::is_port(program.types[id].kind)) found.push_back(id);
        for_each_part(program.types[id], [&](TypeId part) { containers[part].push_back(id); });
    }
    while (!found.empty()) {
        const TypeId id = found.back();
        found.pop_back();
        if (can_hold_[id]) continue;
        can_hold_[id] = true;
        found.insert(found.end(), containers[id].begin(), containers[id].end());
    }
}

void PortFinder::append(TypeId type, const Value& value, std::vector<std::uint64_t>& ports) const {
    if (!can_hold(type)) return;
    Walk(*program_, *this, ports).slots(type, value.slots(*program_, type));
}

}  // namespace reowolf::machine
