// SPDX-License-Identifier: MIT
#include "compiler/constants.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "compiler/components.hpp"
#include "machine/machine.hpp"

namespace reowolf::compiler {
namespace {

using diagnostics::Code;
using diagnostics::NoteCode;
using machine::Value;
using program::Instruction;
using program::Opcode;
using program::RoutineId;

// So many steps pass before what a constant holds in memory is counted again.
constexpr std::uint32_t steps_between_counts = 100'000;
// So many calls are shown on the way to where a constant goes wrong.
constexpr std::size_t calls_shown_max = 8;

class Constants {
  public:
    Constants(Generated& of, diagnostics::Diagnostics& diagnostics, const Limits& limits)
        : program_(of.program),
          origins_(of.origins),
          enums_(of.enums),
          diagnostics_(diagnostics),
          limits_(limits),
          machine_limits_(limits),
          steps_left_(limits.constants_steps_max) {
        machine_limits_.value_bytes_max =
            std::min(limits.value_bytes_max, limits.constants_bytes_max);
        constants_of_.resize(program_.routines.size());
        failed_.resize(program_.routines.size());
        for (std::uint32_t number = 0; number < origins_.size(); ++number) {
            constants_of_[origins_[number].routine].push_back(number);
        }
    }

    bool run() {
        if (origins_.empty()) return true;
        machine::Machine machine(program_, machine_limits_);
        machine_ = &machine;
        const auto needs = what_each_needs();
        // What others need comes first.
        for (const std::vector<RoutineId>& group : components_of(needs)) {
            if (is_cycle(group, needs)) {
                report_cycle(group);
            } else if (needs_failed(group, needs)) {
                // Why has been said.
                for (const RoutineId each : group) failed_[each] = true;
            } else if (!constants_of_[group[0]].empty()) {
                failed_[group[0]] = !compute(group[0]);
            }
        }
        for (const auto& [type, spans] : enums_) compare_variants(type, spans);
        write_scalars();
        return !any_failed_;
    }

  private:
    // For each routine those that it calls, and those that compute constants which it uses.
    std::vector<std::vector<RoutineId>> what_each_needs() const {
        std::vector<std::vector<RoutineId>> needs(program_.routines.size());
        for (RoutineId id = 0; id < needs.size(); ++id) {
            for (const Instruction& each : program_.routines[id].code) {
                if (each.opcode == Opcode::call) needs[id].push_back(each.a);
                if (each.opcode == Opcode::load) needs[id].push_back(origins_[each.b].routine);
            }
        }
        return needs;
    }

    bool needs_failed(const std::vector<RoutineId>& group,
                      const std::vector<std::vector<RoutineId>>& needs) const {
        return std::ranges::any_of(group, [&](RoutineId id) {
            return std::ranges::any_of(needs[id], [&](RoutineId each) { return failed_[each]; });
        });
    }

    // Functions may be recursive, constants not.
    bool is_cycle(const std::vector<RoutineId>& group,
                  const std::vector<std::vector<RoutineId>>& needs) const {
        const bool any_constant = std::ranges::any_of(
            group, [&](RoutineId each) { return !constants_of_[each].empty(); });
        if (!any_constant) return false;
        return group.size() > 1 ||
               std::ranges::find(needs[group[0]], group[0]) != needs[group[0]].end();
    }

    void report_cycle(std::vector<RoutineId> group) {
        for (const RoutineId each : group) failed_[each] = true;
        any_failed_ = true;
        std::erase_if(group, [&](RoutineId each) { return constants_of_[each].empty(); });
        std::ranges::sort(group, {}, [&](RoutineId each) {
            const Span span = program_.routines[each].span;
            return std::pair(span.source, span.begin);
        });
        const program::Routine& first = program_.routines[group[0]];
        auto& said = diagnostics_.report<Code::constant_cycle>(first.span, first.name);
        for (std::size_t i = 1; i < group.size() && i <= calls_shown_max; ++i) {
            const program::Routine& other = program_.routines[group[i]];
            said.note<NoteCode::needed_here>(other.span, first.name, other.name);
        }
    }

    bool compute(RoutineId id) {
        machine::State state(program_, id, {});
        std::uint32_t own_steps = limits_.constant_steps_max;
        for (;;) {
            // That there are none left has been said.
            if (steps_left_ == 0) return false;
            const std::uint32_t slice = std::min({steps_left_, own_steps, steps_between_counts});
            std::uint32_t left = slice;
            machine::Request request = machine_->run(state, left);
            steps_left_ -= slice - left;
            own_steps -= slice - left;
            if (request.kind == machine::Request::Kind::ended) {
                return keep(id, request.value);
            }
            if (request.kind == machine::Request::Kind::failed) {
                return fail<Code::constant_fails>(id, state, request.text());
            }
            if (own_steps == 0) {
                return fail<Code::constant_too_long>(id, state, limits_.constant_steps_max, "");
            }
            if (steps_left_ == 0) {
                return fail<Code::constant_too_long>(id, state, limits_.constants_steps_max,
                                                     " for all constants together");
            }
            if (state.bytes() > limits_.constant_memory_max) {
                return fail<Code::constant_too_large>(id, state, limits_.constant_memory_max,
                                                      "while it is computed");
            }
        }
    }

    template <Code code, typename... Arguments>
    bool fail(RoutineId id, const machine::State& state, const Arguments&... arguments) {
        any_failed_ = true;
        const program::Routine& routine = program_.routines[id];
        explain(state, diagnostics_.report<code>(routine.span, routine.name, arguments...));
        return false;
    }

    void explain(const machine::State& state, diagnostics::Diagnostic& said) const {
        const auto trace = state.trace();
        said.note<NoteCode::fails_here>(state.position());
        for (std::size_t i = 1; i < trace.size() && i <= calls_shown_max; ++i) {
            said.note<NoteCode::called_here>(trace[i].position,
                                             program_.routines[trace[i - 1].routine].name);
        }
    }

    // Under all numbers that come from it.
    bool keep(RoutineId id, const Value& computed) {
        bool kept = true;
        for (const std::uint32_t number : constants_of_[id]) {
            program::Constant& constant = program_.constants[number];
            if (origins_[number].variant) {
                kept = keep_variant(number, computed.bits()) && kept;
                continue;
            }
            std::vector<std::byte> bytes;
            machine::encode(program_, constant.type, computed, bytes);
            bytes_kept_ += bytes.size();
            if (bytes_kept_ > limits_.constants_bytes_max) {
                any_failed_ = true;
                diagnostics_.report<Code::constant_too_large>(
                    program_.routines[id].span, constant.name, limits_.constants_bytes_max,
                    "for all constants together");
                return false;
            }
            constant.bytes.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            machine_->define(number, computed);
        }
        return kept;
    }

    bool keep_variant(std::uint32_t number, std::uint64_t computed) {
        const ConstantOrigin& origin = origins_[number];
        const program::Constant& constant = program_.constants[number];
        const program::Routine& routine = program_.routines[origin.routine];
        const bool is_negative = program::is_signed(program_.types[*routine.result].kind) &&
                                 static_cast<std::int64_t>(computed) < 0;
        const std::uint64_t value = computed + origin.offset;
        if (is_negative || computed > program::enum_value_max || value > program::enum_value_max) {
            any_failed_ = true;
            const std::string shown = is_negative
                                          ? std::to_string(static_cast<std::int64_t>(computed))
                                          : std::to_string(value);
            diagnostics_.report<Code::literal_does_not_fit>(
                enums_.at(constant.type)[*origin.variant], shown,
                program_.types[constant.type].name, "0", program::enum_value_max);
            return false;
        }
        program_.types[constant.type].variants[*origin.variant].value = value;
        const Value kept = Value::scalar(value);
        std::vector<std::byte> bytes;
        machine::encode(program_, constant.type, kept, bytes);
        program_.constants[number].bytes.assign(reinterpret_cast<const char*>(bytes.data()),
                                                bytes.size());
        machine_->define(number, kept);
        return true;
    }

    // Those without a computed one among them have been compared.
    void compare_variants(program::TypeId type, const std::vector<Span>& spans) {
        std::vector<bool> computed(spans.size());
        for (std::uint32_t number = 0; number < origins_.size(); ++number) {
            if (program_.constants[number].type != type || !origins_[number].variant) continue;
            if (failed_[origins_[number].routine]) return;
            computed[*origins_[number].variant] = true;
        }
        std::map<std::uint64_t, std::size_t> first;
        for (std::size_t i = 0; i < spans.size(); ++i) {
            const std::uint64_t value = program_.types[type].variants[i].value;
            const auto [earlier, is_new] = first.emplace(value, i);
            if (is_new || (!computed[i] && !computed[earlier->second])) continue;
            any_failed_ = true;
            diagnostics_
                .report<Code::repeated_variant_value>(spans[i], program_.types[type].name, value)
                .note<NoteCode::first_here>(spans[earlier->second]);
        }
    }

    // A number is cheaper to write than to load.
    void write_scalars() {
        for (program::Routine& routine : program_.routines) {
            for (Instruction& each : routine.code) {
                if (each.opcode != Opcode::load) continue;
                const program::TypeKind kind = program_.types[each.d].kind;
                if (program::is_reference(kind) || program::is_aggregate(kind)) continue;
                const std::uint64_t bits = machine_->constant(each.b).bits();
                each = {.opcode = Opcode::constant,
                        .a = each.a,
                        .c = static_cast<std::uint32_t>(bits),
                        .d = static_cast<std::uint32_t>(bits >> 32)};
            }
        }
    }

    program::Program& program_;
    const std::vector<ConstantOrigin>& origins_;
    const std::map<program::TypeId, std::vector<Span>>& enums_;
    diagnostics::Diagnostics& diagnostics_;
    const Limits& limits_;
    Limits machine_limits_;
    machine::Machine* machine_ = nullptr;
    std::uint32_t steps_left_;
    std::size_t bytes_kept_ = 0;
    std::vector<std::vector<std::uint32_t>> constants_of_;  // by routine
    std::vector<bool> failed_;                              // by routine
    bool any_failed_ = false;
};

}  // namespace

bool compute_constants(Generated& of, diagnostics::Diagnostics& diagnostics, const Limits& limits) {
    return Constants(of, diagnostics, limits).run();
}

}  // namespace reowolf::compiler
