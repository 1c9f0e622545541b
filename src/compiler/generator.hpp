// SPDX-License-Identifier: MIT
// Translates one routine. Expressions have no effect on variables, so that a variable can be read
// in its own slot as late as the instruction that needs it; and only the last instruction of an
// expression writes to where its value goes, so that the value may go to a variable it reads.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "check/typed.hpp"
#include "compiler/frame.hpp"
#include "compiler/pool.hpp"
#include "program/program.hpp"

namespace reowolf::compiler {

using program::Opcode;
using program::TypeKind;

class Generator {
  public:
    // `numbers`: of the module's routines in the program.
    Generator(const check::Module& module, const check::Routine& routine, Pool& pool,
              const std::vector<program::RoutineId>& numbers)
        : module_(module), routine_(routine), pool_(pool), numbers_(numbers) {}

    program::Routine run();

  private:
    // Where a value is. A slot that is owned holds a temporary value, which may be taken.
    struct Operand {
        Slot slot = 0;
        bool owned = false;
        program::TypeId type = 0;
    };
    // A place in the code that jumps lead to, maybe before it is known.
    struct Label {
        std::optional<std::uint32_t> at;
        std::vector<std::uint32_t> uses;
    };
    struct Loop {
        Label* on_break;
        Label* on_continue;
        std::size_t live;  // how many of live_ are outside
    };

    // generator.cpp: instructions
    void emit(Span span, program::Instruction instruction);
    void constant(Span span, Slot to, std::uint64_t bits);
    void jump(Span span, Label& to);
    // An instruction whose field a is where to go on.
    void jump(Span span, program::Instruction instruction, Label& to);
    void bind(Label& label);
    void drop(Span span, Slot slot);
    void drop(Span span, Slot slot, program::TypeId type);
    void move(Span span, Slot to, Slot from);
    // A whole value: a copy, or with its references.
    void move(Span span, Slot to, Slot from, program::TypeId type);
    void take_value(Span span, Slot to, Slot from, program::TypeId type);
    // What is done with it: null if it holds references, and free.
    void release(Span span, Operand operand);
    program::TypeId type(check::Term term) { return pool_.type(term); }
    TypeKind kind(check::Term term) { return pool_[type(term)].kind; }
    bool is_reference(check::Term term) { return program::is_reference(kind(term)); }
    bool is_aggregate(check::Term term) { return program::is_aggregate(kind(term)); }
    // Of a value's slots: which hold references.
    std::vector<bool> pattern(program::TypeId type) const;
    Slot take(program::TypeId type) { return frame_.take_block(pattern(type)); }
    void give_back(Slot slot, program::TypeId type) { frame_.give_back_block(slot, pattern(type)); }
    bool is_local(Slot slot) const { return slot < is_local_.size() && is_local_[slot]; }
    std::uint32_t field_offset(check::Term container, std::uint32_t field);
    // The slot is the local's from now on.
    Slot open_local(check::LocalId local, Slot slot);
    Slot open_local(check::LocalId local);
    program::TypeId local_type(check::LocalId local) { return type(routine_.locals[local].type); }
    // Ends the life of the locals opened since: their references, and their slots.
    void close_locals(Span span, std::size_t live);
    void drop_locals(Span span, std::size_t live);
    void forget_locals(std::size_t live);

    // expressions.cpp
    Operand value(const check::Expression& of);
    Operand owned(const check::Expression& of);
    void into(const check::Expression& of, Slot to);
    void branch(const check::Expression& of, Label& to, bool when);
    // A condition that may bind: on at `no`, or at `unbound`, if it does not hold.
    void branch_binding(const check::Expression& of, Label& no, Label& unbound);
    void branch_slot(Span span, Slot decides, Label& to, bool when);
    // specialising.cpp: what has an instruction of its own. Those that return a bool do nothing
    // and return false where it does not fit.
    std::optional<std::int32_t> small_number(const check::Expression& of);
    bool branch_comparing(const check::Binary& of, Span span, Label& to, bool when);
    void branch_floats(const check::Binary& of, Span span, Label& to, bool when);
    bool operation_with_number(Span span, check::BinaryOperator op, TypeKind of, Slot to, Slot left,
                               std::int32_t right);
    void operation_with(Span span, check::BinaryOperator op, check::Term left_type, Slot to,
                        Slot left, const check::Expression& right);
    bool put_part_into(const check::Field& of, const check::Expression& whole, Slot to);
    bool put_nested_into(const check::Index& of, const check::Expression& whole, Slot to);
    bool cannot_fail(const check::Expression& of);
    bool is_word(program::TypeId type) const;
    // What a place is that one instruction can read or write.
    struct DirectPlace {
        Opcode read = Opcode::index;
        Opcode write = Opcode::set_index;
        std::size_t first = 0;   // the step with the (outer) index
        std::uint32_t last = 0;  // the slot within the element, if its field; else the inner step
    };
    std::optional<DirectPlace> direct_place(const check::Place& place);
    void assign_directly(const check::Assign& of, Span span, DirectPlace direct, Slot array,
                         const std::vector<Operand>& indices);
    // What lies in a variable, without a copy.
    std::optional<Operand> view(const check::Expression& of);
    struct Block {
        Slot first = 0;
        std::vector<bool> references;
    };
    // Values in consecutive slots.
    Block block(const std::vector<check::ExpressionPtr>& of, std::size_t begin, std::size_t end);
    void put_into(const check::Invalid& of, const check::Expression& whole, Slot to);
    void put_into(const check::Number& of, const check::Expression& whole, Slot to);
    void put_into(const check::EnumValue& of, const check::Expression& whole, Slot to);
    void load(const check::Expression& whole, std::uint32_t number, Slot to);
    void put_into(const check::Text& of, const check::Expression& whole, Slot to);
    void put_into(const check::Array& of, const check::Expression& whole, Slot to);
    void put_into(const check::Use& of, const check::Expression& whole, Slot to);
    void put_into(const check::Index& of, const check::Expression& whole, Slot to);
    void put_into(const check::Slice& of, const check::Expression& whole, Slot to);
    void put_into(const check::Length& of, const check::Expression& whole, Slot to);
    void put_into(const check::Create& of, const check::Expression& whole, Slot to);
    void put_into(const check::Cast& of, const check::Expression& whole, Slot to);
    void put_into(const check::Unary& of, const check::Expression& whole, Slot to);
    void put_into(const check::Binary& of, const check::Expression& whole, Slot to);
    void put_into(const check::Conditional& of, const check::Expression& whole, Slot to);
    void put_into(const check::Call& of, const check::Expression& whole, Slot to);
    void put_into(const check::Get& of, const check::Expression& whole, Slot to);
    void put_into(const check::Put& of, const check::Expression& whole, Slot to);
    void put_into(const check::Fires& of, const check::Expression& whole, Slot to);
    void put_into(const check::Print& of, const check::Expression& whole, Slot to);
    void put_into(const check::Float& of, const check::Expression& whole, Slot to);
    void put_into(const check::Field& of, const check::Expression& whole, Slot to);
    // aggregates.cpp
    void put_into(const check::Tuple& of, const check::Expression& whole, Slot to);
    void put_into(const check::Construct& of, const check::Expression& whole, Slot to);
    void construct_variant(const check::Construct& of, const check::Expression& whole, Slot to);
    static bool lies_together(std::span<const Slot> places);
    // patterns.cpp
    void put_into(const check::Let& of, const check::Expression& whole, Slot to);
    // Where the value is another: on at `otherwise`, or at `unbound` if nothing has been bound yet.
    void match(const check::Let& of, Span span, Label& otherwise, Label& unbound);
    void match(const check::Pattern& of, Slot slot, Label& otherwise, Label& unbound);
    void match_variant(const check::Pattern& of, Slot slot, Label& otherwise, Label& unbound);
    void match_array(const check::Pattern& of, Slot slot, Label& otherwise, Label& unbound);
    // The same for what has to be fetched from inside of something.
    void match_within(const check::Pattern& of, program::TypeId type, Label& otherwise,
                      const std::function<void(Slot)>& fetch);
    void open_bound(const check::Pattern& of);
    void equality(Span span, bool equal, program::TypeId type, Slot to, Slot left, Slot right);
    void logical(const check::Expression& whole, Slot to);
    void concatenate(const check::Binary& of, const check::Expression& whole, Slot to);
    // to = left op right, all given as slots.
    void operation(Span span, check::BinaryOperator op, check::Term left_type,
                   check::Term right_type, Slot to, Slot left, Slot right);

    // statements.cpp
    void statement(const check::Statement& of);
    void translate(const check::Block& of, Span span);
    void translate(const check::Declare& of, Span span);
    void translate(const check::Assign& of, Span span);
    void translate(const check::Evaluate& of, Span span);
    void translate(const check::If& of, Span span);
    void translate(const check::While& of, Span span);
    void translate(const check::Range& of, Span span);
    void translate(const check::Each& of, Span span);
    void translate(const check::Break& of, Span span);
    void translate(const check::Continue& of, Span span);
    void translate(const check::Return& of, Span span);
    void translate(const check::Assert& of, Span span);
    void translate(const check::Sync& of, Span span);
    void translate(const check::Fork& of, Span span);
    void translate(const check::Channel& of, Span span);
    void translate(const check::Start& of, Span span);
    void translate(const check::Goto& of, Span span);
    void translate(const check::Labelled& of, Span span);
    void translate(const check::Select& of, Span span);
    void translate_matching(const check::While& of, Span span);
    void assign_place(const check::Assign& of, Span span);
    void leave_loop(Span span, const Loop& loop, Label& to);
    // A value that the body of a loop cannot change.
    Operand fixed(const check::Expression& of);

    const check::Module& module_;
    const check::Routine& routine_;
    Pool& pool_;
    const std::vector<program::RoutineId>& numbers_;
    program::Routine result_;
    Frame frame_;
    std::vector<Slot> local_slots_;
    std::vector<bool> is_local_;        // by slot
    std::vector<check::LocalId> live_;  // that have a slot now, in order
    std::vector<Loop> loops_;
    // A jump to a label that comes later ends the life of locals that only the label knows of.
    struct Waiting {
        Label drops;
        std::vector<check::LocalId> live;
    };
    struct Landing {
        Label label;
        std::size_t live = 0;
        std::vector<Waiting> waiting;
    };
    std::vector<Landing> landings_;  // by label
    bool reachable_ = true;          // what is not is left out
};

}  // namespace reowolf::compiler
