// SPDX-License-Identifier: MIT
#include "wire/handshake.hpp"

#include "wire/bytes.hpp"

namespace reowolf::wire {

namespace {

void put(Writer& out, const Hello& hello) {
    out.number(hello.version);
    out.text(hello.connector);
    out.number(hello.sender);
    out.number(hello.receiver);
    out.number(hello.connector_class);
    out.text(hello.hash);
    out.text(hello.text);
}
void put(Writer& out, const Refuse& refuse) {
    out.text(refuse.text);
    out.flag(refuse.is_final);
}
template <class Empty>
void put(Writer&, const Empty&) {}

void take(Reader& in, Hello& hello) {
    hello.version = in.number<std::uint16_t>();
    hello.connector = in.text();
    hello.sender = in.number<SiteId>();
    hello.receiver = in.number<SiteId>();
    hello.connector_class = in.number<std::uint8_t>();
    hello.hash = in.text();
    hello.text = in.text();
}
void take(Reader& in, Refuse& refuse) {
    refuse.text = in.text();
    refuse.is_final = in.flag();
}
template <class Empty>
void take(Reader&, Empty&) {}

template <std::size_t Index = 0>
bool take_kind(Reader& in, std::size_t kind, Handshake& message) {
    if constexpr (Index < std::variant_size_v<Handshake>) {
        if (kind != Index) return take_kind<Index + 1>(in, kind, message);
        take(in, message.emplace<Index>());
        return true;
    } else {
        return false;
    }
}

}  // namespace

std::vector<std::byte> encode(const Handshake& message) {
    Writer out;
    out.number(static_cast<std::uint8_t>(first_handshake_kind + message.index()));
    std::visit([&](const auto& body) { put(out, body); }, message);
    return out.take();
}

bool is_handshake(std::span<const std::byte> bytes) {
    return !bytes.empty() && static_cast<std::uint8_t>(bytes[0]) >= first_handshake_kind;
}

std::expected<Handshake, std::string> decode_handshake(std::span<const std::byte> bytes) {
    if (!is_handshake(bytes)) return std::unexpected("not a handshake");
    Reader in(bytes);
    Handshake message;
    const std::size_t kind = in.number<std::uint8_t>() - first_handshake_kind;
    if (!take_kind(in, kind, message)) return std::unexpected("unknown kind of handshake");
    if (!in.finished()) return std::unexpected("malformed handshake");
    return message;
}

}  // namespace reowolf::wire
