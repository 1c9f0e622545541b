// SPDX-License-Identifier: MIT
#include "wire/handshake.hpp"

#include "wire/bytes.hpp"

namespace reowolf::wire {

namespace {

void put(Writer& out, const Hello& hello) {
    out.number(hello.version);
    out.text(hello.sender);
    out.text(hello.receiver);
    out.number(hello.connector_class);
    out.text(hello.hash);
    out.text(hello.text);
}
void put(Writer& out, const Ready& ready) {
    out.text(ready.identity);
}
void put(Writer& out, const Refuse& refuse) {
    out.text(refuse.text);
    out.flag(refuse.is_final);
}
void put(Writer& out, const Propose& propose) {
    out.number(propose.epoch);
    out.number(propose.number);
    out.text(propose.hash);
    out.text(propose.text);
}
void put(Writer& out, const Query& query) {
    out.number(query.epoch);
}
void put(Writer& out, const Agreed& agreed) {
    out.number(agreed.epoch);
    out.text(agreed.identity);
    out.number(static_cast<std::uint32_t>(agreed.texts.size()));
    for (const std::string& text : agreed.texts) out.text(text);
}
void put(Writer& out, const Disagreed& disagreed) {
    out.number(disagreed.epoch);
    out.number(disagreed.number);
    out.text(disagreed.why);
}
void put(Writer& out, const Withdraw& withdraw) {
    out.number(withdraw.epoch);
    out.number(withdraw.number);
}
void put(Writer& out, const Withdrawn& withdrawn) {
    out.number(withdrawn.epoch);
    out.number(withdrawn.number);
    out.text(withdrawn.why);
}
void put(Writer& out, const Epoch& epoch) {
    out.number(epoch.epoch);
}
template <class Empty>
void put(Writer&, const Empty&) {}

void take(Reader& in, Hello& hello) {
    hello.version = in.number<std::uint16_t>();
    hello.sender = in.text();
    hello.receiver = in.text();
    hello.connector_class = in.number<std::uint8_t>();
    hello.hash = in.text();
    hello.text = in.text();
}
void take(Reader& in, Ready& ready) {
    ready.identity = in.text();
}
void take(Reader& in, Refuse& refuse) {
    refuse.text = in.text();
    refuse.is_final = in.flag();
}
void take(Reader& in, Propose& propose) {
    propose.epoch = in.number<std::uint32_t>();
    propose.number = in.number<std::uint64_t>();
    propose.hash = in.text();
    propose.text = in.text();
}
void take(Reader& in, Query& query) {
    query.epoch = in.number<std::uint32_t>();
}
void take(Reader& in, Agreed& agreed) {
    agreed.epoch = in.number<std::uint32_t>();
    agreed.identity = in.text();
    const auto count = in.count(sizeof(std::uint32_t));
    for (std::uint32_t i = 0; i < count; ++i) agreed.texts.push_back(in.text());
}
void take(Reader& in, Disagreed& disagreed) {
    disagreed.epoch = in.number<std::uint32_t>();
    disagreed.number = in.number<std::uint64_t>();
    disagreed.why = in.text();
}
void take(Reader& in, Withdraw& withdraw) {
    withdraw.epoch = in.number<std::uint32_t>();
    withdraw.number = in.number<std::uint64_t>();
}
void take(Reader& in, Withdrawn& withdrawn) {
    withdrawn.epoch = in.number<std::uint32_t>();
    withdrawn.number = in.number<std::uint64_t>();
    withdrawn.why = in.text();
}
void take(Reader& in, Epoch& epoch) {
    epoch.epoch = in.number<std::uint32_t>();
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
