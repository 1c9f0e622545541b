// SPDX-License-Identifier: MIT
// The compiled form of a module: what the compiler produces and the machine executes. The two
// know nothing of each other; this header is all that they share. Plain data, immutable once made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.hpp"

namespace reowolf::program {

enum class Opcode : std::uint8_t {
#define OPCODE(name, operands, roles, harm, demands, effect) name,
#include "program/opcodes.def"
#undef OPCODE
};

enum class TypeKind : std::uint8_t {
    boolean,
    u8,
    u16,
    u32,
    u64,
    s8,
    s16,
    s32,
    s64,
    f32,
    f64,
    character,
    string,
    array,
    in_port,
    out_port,
    tuple,
    structure,
    enumeration,
    union_of,
};

using TypeId = std::uint32_t;
using RoutineId = std::uint32_t;

// A field of a tuple, a struct or a variant. One that a union needs to contain itself is boxed: its
// value lies in an array of one element.
struct Field {
    std::string name;  // empty in a tuple and in a variant
    TypeId type = 0;   // as it is stored: of a boxed one, the array
    bool boxed = false;

    friend bool operator==(const Field&, const Field&) = default;
};

struct Variant {
    std::string name;
    std::uint64_t value = 0;    // of an enum
    std::vector<Field> fields;  // of a union
    // Where in the union's slots those of the fields are, one after the other.
    std::vector<std::uint32_t> slots;

    friend bool operator==(const Variant&, const Variant&) = default;
};

// How a value lies in consecutive slots, each of which always holds references or never does.
struct Layout {
    std::uint32_t slots = 1;
    std::vector<std::uint32_t> references;  // ascending

    friend bool operator==(const Layout&, const Layout&) = default;
};

// The values of an enum are numbers up to this one.
inline constexpr std::uint64_t enum_value_max = 0xFFFF'FFFF;

// Types are interned: two equal types of a program have one id.
struct Type {
    TypeKind kind = TypeKind::boolean;
    TypeId element = 0;             // of an array: its elements; of a port: its messages
    std::string name;               // of a struct, enum or union, without its arguments
    std::vector<TypeId> arguments;  // of a generic one
    std::vector<Field> fields;      // of a tuple or struct
    std::vector<Variant> variants;  // of an enum or union
    Layout layout{0, {}};           // of an aggregate; see lay_out()

    friend bool operator==(const Type&, const Type&) = default;
};

constexpr bool is_reference(TypeKind kind) {
    return kind == TypeKind::string || kind == TypeKind::array;
}
// What may take another number of slots than one.
constexpr bool is_aggregate(TypeKind kind) {
    return kind == TypeKind::tuple || kind == TypeKind::structure || kind == TypeKind::union_of;
}
constexpr bool is_float(TypeKind kind) {
    return kind == TypeKind::f32 || kind == TypeKind::f64;
}
constexpr bool is_port(TypeKind kind) {
    return kind == TypeKind::in_port || kind == TypeKind::out_port;
}
constexpr bool is_integer(TypeKind kind) {
    return kind >= TypeKind::u8 && kind <= TypeKind::s64;
}
constexpr bool is_signed(TypeKind kind) {
    return kind >= TypeKind::s8 && kind <= TypeKind::s64;
}
// Bytes of one value of one slot inside an array and on the wire; 8 for references and ports
// (inside arrays).
std::uint32_t element_size(TypeKind kind);
// The bytes before a union's payload on the wire: as many as the number of variants needs.
std::uint32_t tag_size(const Type& type);
std::string_view name(TypeKind kind);  // "bool", "u8", …; without what an array or port is of

struct Instruction {
    Opcode opcode = Opcode::end;
    TypeKind kind = TypeKind::boolean;
    TypeKind kind2 = TypeKind::boolean;
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    std::uint32_t c = 0;
    std::uint32_t d = 0;
    std::uint32_t e = 0;
};

enum class RoutineKind : std::uint8_t { function, primitive, composite, component, connector };
std::string_view keyword(RoutineKind kind);  // "func", "primitive", …

struct Parameter {
    std::string name;
    TypeId type = 0;
};

struct Routine {
    std::string name;
    RoutineKind kind = RoutineKind::function;
    Span span;                              // of its name
    std::vector<Parameter> parameters;      // in the first slots, one after the other
    std::uint32_t parameter_slots = 0;      // how many they take together
    std::optional<TypeId> result;           // functions only
    std::uint32_t frame_slots = 0;          // parameters, locals and temporaries
    std::vector<std::uint32_t> references;  // the slots that hold strings or arrays, ascending
    std::vector<Instruction> code;          // never falls off its end
    std::vector<Span> spans;                // one per instruction: what to underline on failure
    bool may_end = true;                    // false if it can be seen that it never reaches its end
};

// What stands between quotes, and where it does, quotes included.
struct Written {
    std::string text;
    Span span;
};
// A peer of a connector and its ports, in the order of declaration. Directions are the
// connector's: the application puts into an in port.
struct PeerPort {
    std::string name;
    TypeId type = 0;  // an in or out port type
    Span span;
};
struct Peer {
    std::string name;
    Written address;
    Written listen;  // empty: bind what `address` says
    Written key;     // or empty: of its identity
    Written via;     // or empty: the relay to it
    std::vector<PeerPort> ports;
    Span span;
};
// A port that the body has, and that is one with what `peer` calls `port` in its view.
struct Link {
    std::string name;
    TypeId type = 0;  // an in or out port type
    std::uint32_t peer = 0;
    std::string port;
    Span span;
};
struct Connector {
    std::string name;
    Span span;
    std::vector<Peer> peers;
    std::vector<Link> links;
    std::optional<std::uint32_t> self;  // index into peers, from `self NAME;`
    // A routine of kind connector. Its parameters are the ports of all peers, in order, named
    // "peer.port", then those of the links; it computes the structure and never synchronises.
    RoutineId body = 0;
};

// A value that was computed when the text was compiled.
struct Constant {
    std::string name;
    TypeId type = 0;
    std::string bytes;  // as on the wire, see machine/value.hpp
};

struct Program {
    std::vector<Type> types;
    std::vector<std::vector<TypeId>> type_lists;  // for print
    std::vector<std::string> texts;
    std::vector<Constant> constants;
    std::vector<Routine> routines;
    std::optional<Connector> connector;

    std::optional<RoutineId> find(std::string_view routine) const;
    // As in source text: "u32[]", "in<string>".
    std::string type_name(TypeId type) const;
    // The slots of a value; those of an aggregate must have been laid out.
    const Layout& layout(TypeId type) const;
};

// The slots of consecutive values.
Layout layout_of(const Program& program, const std::vector<Field>& fields);
// Gives aggregates their layout: a tuple's and a struct's fields follow each other; a union has a
// slot for the number of the variant, then as many words as any variant needs, then as many
// references. False if some type contains itself otherwise than through an array, or has more than
// `slots_max` slots.
bool lay_out(Program& program, std::uint32_t slots_max);
// Whether a float is inside, so that equal values may have different bits.
bool contains_float(const Program& program, TypeId type);

// The whole program as text, one instruction a line; for --dump=program and the tests.
std::string disassemble(const Program& program);

// What is wrong with a program that a compiler must never produce (a slot out of the frame, a jump
// to nowhere, a type that does not exist), or nothing. Run after every compilation.
std::optional<std::string> verify(const Program& program);

}  // namespace reowolf::program
