// SPDX-License-Identifier: MIT
#include "syntax/literal.hpp"

#include <charconv>
#include <limits>
#include <system_error>

#include <fmt/format.h>

#include "diagnostics/source.hpp"

namespace reowolf::syntax {
namespace {

// 36 for what is no digit in any base.
unsigned digit_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A' + 10);
    return 36;
}

void append_utf8(std::string& bytes, std::uint32_t code) {
    const auto byte = [&](std::uint32_t value) { bytes.push_back(static_cast<char>(value)); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0 | code >> 6);
        byte(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        byte(0xE0 | code >> 12);
        byte(0x80 | (code >> 6 & 0x3F));
        byte(0x80 | (code & 0x3F));
    } else {
        byte(0xF0 | code >> 18);
        byte(0x80 | (code >> 12 & 0x3F));
        byte(0x80 | (code >> 6 & 0x3F));
        byte(0x80 | (code & 0x3F));
    }
}

// Reads the escape at text[at], which is a backslash; the offset after it, or nothing.
std::optional<std::size_t> escape(std::string_view text, std::size_t at, TextValue& result) {
    const auto fail = [&](TextFault fault) {
        result.fault = fault;
        result.at = static_cast<std::uint32_t>(at);
        return std::nullopt;
    };
    if (at + 1 >= text.size()) return fail(TextFault::unknown_escape);
    switch (text[at + 1]) {
        case '\\':
            result.bytes += '\\';
            return at + 2;
        case '\'':
            result.bytes += '\'';
            return at + 2;
        case '"':
            result.bytes += '"';
            return at + 2;
        case 'n':
            result.bytes += '\n';
            return at + 2;
        case 'r':
            result.bytes += '\r';
            return at + 2;
        case 't':
            result.bytes += '\t';
            return at + 2;
        case '0':
            result.bytes += '\0';
            return at + 2;
        case 'x': {
            if (at + 3 >= text.size()) return fail(TextFault::bad_code);
            const unsigned high = digit_value(text[at + 2]);
            const unsigned low = digit_value(text[at + 3]);
            if (high > 15 || low > 15) return fail(TextFault::bad_code);
            result.bytes.push_back(static_cast<char>(high * 16 + low));
            return at + 4;
        }
        case 'u': {
            std::size_t next = at + 2;
            if (next >= text.size() || text[next] != '{') return fail(TextFault::bad_code);
            std::uint32_t code = 0;
            std::size_t digits = 0;
            for (++next; next < text.size() && digit_value(text[next]) < 16; ++next, ++digits) {
                code = code * 16 + digit_value(text[next]);
                if (code > 0x10FFFF) return fail(TextFault::bad_code);
            }
            const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
            if (digits == 0 || surrogate || next >= text.size() || text[next] != '}') {
                return fail(TextFault::bad_code);
            }
            append_utf8(result.bytes, code);
            return next + 1;
        }
        default:
            return fail(TextFault::unknown_escape);
    }
}

}  // namespace

IntegerValue integer_value(std::string_view text) {
    unsigned base = 10;
    if (text.size() > 1 && text[0] == '0') {
        const char mark = text[1];
        base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
        if (base != 10) text.remove_prefix(2);
    }
    IntegerValue result;
    bool any = false;
    bool too_large = false;
    for (const char c : text) {
        if (c == '_') continue;
        const unsigned digit = digit_value(c);
        if (digit >= base) return {0, IntegerFault::malformed};
        any = true;
        if (result.value > (std::numeric_limits<std::uint64_t>::max() - digit) / base) {
            too_large = true;
        }
        result.value = result.value * base + digit;
    }
    if (!any) return {0, IntegerFault::malformed};
    if (too_large) return {0, IntegerFault::too_large};
    return result;
}

double float_value(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c != '_') digits += c;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc::result_out_of_range) return value;
    // Too large or too small: the exponent tells.
    return digits.find("e-") == std::string::npos && digits.find("E-") == std::string::npos
               ? std::numeric_limits<double>::infinity()
               : 0.0;
}

TextValue text_value(std::string_view text) {
    TextValue result;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '\\') {
            result.bytes += text[at++];
            continue;
        }
        const auto next = escape(text, at, result);
        if (!next) return result;
        at = *next;
    }
    for (std::size_t at = 0; at < result.bytes.size();) {
        const std::uint32_t length =
            diagnostics::utf8_length(std::string_view(result.bytes).substr(at, 4));
        if (length == 0) {
            result.fault = TextFault::not_utf8;
            return result;
        }
        at += length;
    }
    return result;
}

std::string quoted(std::string_view bytes, char quote) {
    std::string text(1, quote);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == quote || c == '\\') {
            text += '\\';
            text += c;
        } else if (c == '\n') {
            text += "\\n";
        } else if (byte < 0x20 || byte == 0x7F) {
            text += fmt::format("\\x{:02x}", byte);
        } else {
            text += c;
        }
    }
    return text + quote;
}

}  // namespace reowolf::syntax
