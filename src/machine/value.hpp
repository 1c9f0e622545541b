// SPDX-License-Identifier: MIT
// Values as they live in slots, arrays and messages.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "program/program.hpp"

namespace reowolf::machine {

// A string or array: immutable while shared, counted, elements packed behind the header. The empty
// one is null. Arrays of strings or arrays may share their elements, so that a value can be far
// larger when written out than in memory; its size written out is therefore kept with it and
// bounded, and with it the work of comparing, printing and sending it.
//
// The elements of an array of aggregates are as many slots each as the type has; which of them hold
// references says the mask. A single aggregate as a message is a block of one element.
struct Block {
    std::atomic<std::uint32_t> references{1};
    std::uint32_t length = 0;          // elements
    std::uint32_t capacity = 0;        // elements
    std::uint32_t element_bytes = 1;   // 1, 2, 4 or a multiple of 8
    std::uint32_t nesting = 1;         // at least how deep blocks nest in it, and it itself
    bool is_lodged = false;            // in memory that is not its own; see lodging.hpp
    std::uint64_t nested_bytes = 0;    // of all that its references lead to
    std::uint64_t reference_mask = 0;  // of the first 64 slots of an element; see arrays.hpp

    std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }
    const std::byte* data() const { return reinterpret_cast<const std::byte*>(this + 1); }
};

union Slot {
    std::uint64_t bits = 0;
    Block* block;
};

void destroy(Block* block);  // the last reference has gone

// Null is allowed.
inline void retain(Block* block) {
    if (block) block->references.fetch_add(1, std::memory_order_relaxed);
}
inline void release(Block* block) {
    if (!block) return;
    // Who holds the only reference needs no atomic subtraction: nobody can make another.
    if (block->references.load(std::memory_order_acquire) == 1 ||
        block->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        destroy(block);
    }
}

// Of its bytes, what falls to one of those who hold it. So what is passed on to many counts about
// once, and not once for each.
inline std::uint64_t share_of(const Block* block) {
    if (!block) return 0;
    const std::uint64_t own = std::uint64_t{block->capacity} * block->element_bytes;
    return (sizeof(Block) + own + block->nested_bytes) /
           block->references.load(std::memory_order_relaxed);
}

// One message or argument. Owns its reference. Copying is cheap; safe to hand to another thread.
class Value {
  public:
    Value() = default;
    static Value scalar(std::uint64_t bits) {
        Value value;
        value.slot_.bits = bits;
        return value;
    }
    // Takes over the caller's reference.
    static Value adopt(Block* block) {
        Value value;
        value.slot_.block = block;
        value.is_reference_ = true;
        return value;
    }
    static Value bytes(std::span<const std::byte> bytes);  // a string or u8[]
    static Value text(std::string_view text);
    // A value of any type, from its slots: with a count of its references, or with them.
    static Value copy(const program::Program&, program::TypeId, const Slot* slots);
    static Value take(const program::Program&, program::TypeId, Slot* slots);
    Value(const Value& other) : slot_(other.slot_), is_reference_(other.is_reference_) {
        if (is_reference_) retain(slot_.block);
    }
    [[gnu::always_inline]] Value(Value&& other) noexcept
        : slot_(std::exchange(other.slot_, Slot{})),
          is_reference_(std::exchange(other.is_reference_, false)) {}
    Value& operator=(const Value& other) { return *this = Value(other); }
    [[gnu::always_inline]] Value& operator=(Value&& other) noexcept {
        std::swap(slot_, other.slot_);
        std::swap(is_reference_, other.is_reference_);
        return *this;
    }
    // Nearly all are numbers.
    [[gnu::always_inline]] ~Value() {
        if (is_reference_) [[unlikely]] {
            drop();
        }
    }

    // Of one that is no reference.
    void become(std::uint64_t bits) { slot_.bits = bits; }
    bool is_reference() const { return is_reference_; }
    std::uint64_t bits() const { return slot_.bits; }  // of a scalar or port
    // Of a string or array; may be null when empty.
    const Block* block() const { return is_reference_ ? slot_.block : nullptr; }
    Block* hand_over();  // gives the reference away; the value becomes scalar 0
    // Gives a value of any type to its slots, releasing what they held.
    void place(const program::Program&, program::TypeId, Slot* slots) &&;
    // The slots of a value of any type, to be read while the value lives.
    const Slot* slots(const program::Program&, program::TypeId) const;
    std::span<const std::byte> byte_view() const;  // of a string or u8[]

    friend bool operator==(const Value& a, const Value& b);  // structural

  private:
    void drop() { release(slot_.block); }

    Slot slot_{};
    bool is_reference_ = false;
};

// Literal syntax: `{1, 2}`, `"a\n"`, `'c'`, `true`, `P{ n: 1 }`, `Option::Some((1, 2.5))`. With
// `bare`, a string stands without quotes.
std::string literal(const program::Program&, program::TypeId, const Value&, bool bare = false);
// The same, added to `out`; false, with a part of it written, if that would get longer than
// `bytes_max`.
bool append_literal(const program::Program&, program::TypeId, const Value&, bool bare,
                    std::size_t bytes_max, std::string& out);

// The literal of an f32 or f64: the shortest digits that read back, with a point or an exponent.
std::string float_literal(program::TypeKind kind, std::uint64_t bits);

// The wire encoding: little-endian, packed, u32 count before array elements, the number of the
// variant (one byte, or two if there are more than 256) before the fields of a union; an enum is
// its value as u32; a string or u8[] at top level is its bytes and nothing else. Ports are what the
// coder makes of them.
//
// What ports in values are outside of this process. Without one, a value with ports has no bytes.
class PortCoder {
  public:
    virtual ~PortCoder() = default;
    // `type` is the port's.
    virtual void write(program::TypeId type, std::uint64_t port, std::vector<std::byte>& out) = 0;
    // Takes its bytes from the front.
    virtual std::expected<std::uint64_t, std::string> read(program::TypeId type,
                                                           std::span<const std::byte>& rest) = 0;
};

// Within a process: the handles, as u64.
class PortHandles final : public PortCoder {
  public:
    void write(program::TypeId type, std::uint64_t port, std::vector<std::byte>& out) override;
    std::expected<std::uint64_t, std::string> read(program::TypeId type,
                                                   std::span<const std::byte>& rest) override;
};

void encode(const program::Program&, program::TypeId, const Value&, std::vector<std::byte>& out,
            PortCoder* ports = nullptr);
std::expected<Value, std::string> decode(const program::Program&, program::TypeId,
                                         std::span<const std::byte> bytes, const Limits& limits,
                                         PortCoder* ports = nullptr);
// The size that every value of the type has on the wire, or 0 if it varies.
std::size_t fixed_size(const program::Program&, program::TypeId);

}  // namespace reowolf::machine
