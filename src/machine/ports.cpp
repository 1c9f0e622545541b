// SPDX-License-Identifier: MIT
#include "machine/ports.hpp"

namespace reowolf::machine {

namespace {

bool can_hold_ports(const program::Program& program, program::TypeId type) {
    while (program.types[type].kind == program::TypeKind::array) {
        type = program.types[type].element;
    }
    return program::is_port(program.types[type].kind);
}

// Recurses as deep as the type nests.
void append_elements(const program::Program& program, program::TypeId element, const Block* block,
                     std::vector<std::uint64_t>& ports) {
    if (!block) return;
    if (program::is_port(program.types[element].kind)) {
        const auto* handles = reinterpret_cast<const std::uint64_t*>(block->data());
        ports.insert(ports.end(), handles, handles + block->length);
        return;
    }
    const auto* rows = reinterpret_cast<Block* const*>(block->data());
    for (std::uint32_t i = 0; i < block->length; ++i) {
        append_elements(program, program.types[element].element, rows[i], ports);
    }
}

}  // namespace

void append_ports(const program::Program& program, program::TypeId type, const Value& value,
                  std::vector<std::uint64_t>& ports) {
    if (!can_hold_ports(program, type)) return;
    if (program::is_port(program.types[type].kind)) {
        ports.push_back(value.bits());
    } else {
        append_elements(program, program.types[type].element, value.block(), ports);
    }
}

}  // namespace reowolf::machine
