// SPDX-License-Identifier: MIT
#include "machine/utf8.hpp"

#include <cstring>

namespace reowolf::machine {

std::optional<Utf8Character> first_character(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
    };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80) return Utf8Character{lead, 1};

    std::uint32_t bytes = 0;
    std::uint32_t smallest = 0;
    std::uint32_t code = 0;
    if (lead >= 0xC2 && lead < 0xE0) {
        bytes = 2, smallest = 0x80, code = lead & 0x1F;
    } else if (lead >= 0xE0 && lead < 0xF0) {
        bytes = 3, smallest = 0x800, code = lead & 0x0F;
    } else if (lead >= 0xF0 && lead < 0xF5) {
        bytes = 4, smallest = 0x10000, code = lead & 0x07;
    } else {
        return std::nullopt;
    }
    if (text.size() < bytes) return std::nullopt;
    for (std::uint32_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
        code = (code << 6) | (byte(i) & 0x3F);
    }
    if (code < smallest || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        return std::nullopt;
    }
    return Utf8Character{code, bytes};
}

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
    constexpr std::uint64_t high_bits = 0x8080808080808080u;
    std::size_t at = 0;
    while (at < text.size()) {
        // Most text is ASCII: eight bytes at once.
        while (text.size() - at >= 8) {
            std::uint64_t eight = 0;
            std::memcpy(&eight, text.data() + at, 8);
            if ((eight & high_bits) != 0) break;
            at += 8;
        }
        if (at == text.size()) break;
        const auto character = first_character(text.substr(at));
        if (!character) return at;
        at += character->bytes;
    }
    return std::nullopt;
}

}  // namespace reowolf::machine
