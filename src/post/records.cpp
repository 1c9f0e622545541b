// SPDX-License-Identifier: MIT
#include "post/records.hpp"

#include <algorithm>
#include <utility>

#include "wire/bytes.hpp"

namespace reowolf::post::records {

namespace {

constexpr std::uint8_t flag_slot = 0x03;
constexpr std::uint8_t flag_first = 0x04;
constexpr std::uint8_t flag_last = 0x08;
constexpr std::uint8_t flag_dropped = 0x10;
constexpr std::uint8_t flag_acknowledge = 0x20;
constexpr std::uint8_t flag_properties = 0x40;

constexpr std::uint8_t property_idempotent = 0x01;
constexpr std::uint8_t property_immediate = 0x02;

constexpr std::size_t process_bytes_max = 256;
constexpr std::size_t text_bytes_max = 1'024;

class Encoding {
  public:
    void operator()(const Open& open) {
        kind(Kind::open);
        identity(open.association);
        identity(open.sender);
        writer_.number(open.transient);
        writer_.flag(open.resumes);
        writer_.number(open.received);
        writer_.block(open.process);
    }
    void operator()(const Opened& opened) {
        kind(Kind::opened);
        identity(opened.sender);
        writer_.number(opened.received);
        writer_.block(opened.process);
    }
    void operator()(const Gone& gone) {
        kind(Kind::gone);
        text(gone.why);
    }
    void operator()(const Abort& abort) {
        kind(Kind::abort);
        text(abort.why);
    }
    void operator()(const Acknowledge& acknowledge) {
        kind(Kind::acknowledge);
        writer_.number(acknowledge.received);
    }
    void operator()(const Close& close) {
        kind(Kind::close);
        writer_.number(close.carrier);
    }
    void operator()(const Abandon& abandon) {
        kind(Kind::abandon);
        writer_.number(abandon.carrier);
        text(abandon.why);
    }
    void operator()(const Window& window) {
        kind(Kind::window);
        writer_.number(window.carrier);
        writer_.number(window.bytes);
    }
    void operator()(const Fork& fork) {
        kind(Kind::fork);
        writer_.number(fork.carrier);
    }
    void operator()(const Fragment& fragment) {
        head_ = encode_head(fragment);
        tail_ = fragment.bytes;
    }

    std::vector<std::byte> take() {
        auto bytes = writer_.take();
        bytes.reserve(bytes.size() + head_.size + tail_.size());
        bytes.insert(bytes.end(), head_.span().begin(), head_.span().end());
        bytes.insert(bytes.end(), tail_.begin(), tail_.end());
        return bytes;
    }

  private:
    void kind(Kind kind) { writer_.number(std::to_underlying(kind)); }
    void identity(const Identity& identity) {
        for (const std::byte byte : identity) writer_.number(std::to_integer<std::uint8_t>(byte));
    }
    void text(const std::string& text) { writer_.text(text.substr(0, text_bytes_max)); }

    wire::Writer writer_;
    Head head_;
    std::span<const std::byte> tail_;
};

class Decoding {
  public:
    explicit Decoding(std::span<const std::byte> bytes) : bytes_(bytes), reader_(bytes) {}

    std::expected<Record, std::string> record() {
        if (is_fragment(bytes_)) return fragment();
        const auto first = reader_.number<std::uint8_t>();
        Record record;
        switch (static_cast<Kind>(first)) {
            case Kind::open:
                record = open();
                break;
            case Kind::opened: {
                Opened opened;
                opened.sender = identity();
                opened.received = reader_.number<std::uint64_t>();
                opened.process = process();
                record = std::move(opened);
                break;
            }
            case Kind::gone:
                record = Gone{text()};
                break;
            case Kind::abort:
                record = Abort{text()};
                break;
            case Kind::acknowledge:
                record = Acknowledge{reader_.number<std::uint64_t>()};
                break;
            case Kind::close:
                record = Close{reader_.number<std::uint32_t>()};
                break;
            case Kind::abandon: {
                const auto carrier = reader_.number<std::uint32_t>();
                record = Abandon{carrier, text()};
                break;
            }
            case Kind::window: {
                const auto carrier = reader_.number<std::uint32_t>();
                record = Window{carrier, reader_.number<std::uint64_t>()};
                break;
            }
            case Kind::fork:
                record = Fork{reader_.number<std::uint32_t>()};
                break;
            default:
                return std::unexpected("it sent a record of an unknown kind");
        }
        if (is_wrong_ || !reader_.finished()) return malformed();
        return record;
    }

    std::expected<Fragment, std::string> fragment() {
        const auto first = reader_.number<std::uint8_t>();
        Fragment fragment;
        std::size_t header_bytes = 1 + sizeof fragment.carrier;
        fragment.slot = first & flag_slot;
        fragment.is_first = (first & flag_first) != 0;
        fragment.is_last = (first & flag_last) != 0;
        fragment.is_dropped = (first & flag_dropped) != 0;
        fragment.wants_acknowledgement = (first & flag_acknowledge) != 0;
        fragment.carrier = reader_.number<std::uint32_t>();
        if ((first & flag_properties) != 0) {
            if (!fragment.is_first) return malformed();
            Properties& properties = fragment.properties.emplace();
            properties.niceness = reader_.number<std::uint16_t>();
            const auto flags = reader_.number<std::uint8_t>();
            if ((flags & ~(property_idempotent | property_immediate)) != 0) return malformed();
            properties.is_idempotent = (flags & property_idempotent) != 0;
            properties.is_immediate = (flags & property_immediate) != 0;
            header_bytes += sizeof properties.niceness + sizeof flags;
        }
        if (fragment.is_first && !fragment.is_last) {
            fragment.length = reader_.number<std::uint64_t>();
            header_bytes += sizeof fragment.length;
        }
        if (reader_.failed()) return malformed();
        fragment.bytes = bytes_.subspan(header_bytes);
        if (fragment.bytes.size() > fragment_bytes_max) return malformed();
        const bool drops = fragment.is_last && !fragment.is_first && fragment.bytes.empty();
        if (fragment.is_dropped && !drops) return malformed();
        return fragment;
    }

  private:
    static std::unexpected<std::string> malformed() {
        return std::unexpected(std::string("it sent a malformed record"));
    }

    Open open() {
        Open open;
        open.association = identity();
        open.sender = identity();
        open.transient = reader_.number<std::uint32_t>();
        open.resumes = reader_.flag();
        open.received = reader_.number<std::uint64_t>();
        open.process = process();
        return open;
    }

    Identity identity() {
        Identity identity{};
        for (std::byte& byte : identity) byte = std::byte{reader_.number<std::uint8_t>()};
        return identity;
    }
    std::vector<std::byte> process() {
        const auto block = reader_.block();
        if (block.size() > process_bytes_max) is_wrong_ = true;
        return {block.begin(), block.end()};
    }
    std::string text() {
        std::string text = reader_.text();
        if (text.size() > text_bytes_max) is_wrong_ = true;
        return text;
    }

    std::span<const std::byte> bytes_;
    wire::Reader reader_;
    bool is_wrong_ = false;
};

}  // namespace

Head encode_head(const Fragment& fragment) {
    Head head;
    const auto number = [&](std::unsigned_integral auto value) {
        for (std::size_t i = 0; i < sizeof value; ++i) {
            head.bytes[head.size++] = static_cast<std::byte>(value >> (8 * i));
        }
    };
    std::uint8_t first = std::to_underlying(Kind::fragment) | fragment.slot;
    if (fragment.is_first) first |= flag_first;
    if (fragment.is_last) first |= flag_last;
    if (fragment.is_dropped) first |= flag_dropped;
    if (fragment.wants_acknowledgement) first |= flag_acknowledge;
    if (fragment.properties) first |= flag_properties;
    number(first);
    number(fragment.carrier);
    if (const auto& properties = fragment.properties) {
        number(properties->niceness);
        number(static_cast<std::uint8_t>((properties->is_idempotent ? property_idempotent : 0) |
                                         (properties->is_immediate ? property_immediate : 0)));
    }
    if (fragment.is_first && !fragment.is_last) number(fragment.length);
    return head;
}

std::vector<std::byte> encode(const Record& record) {
    Encoding encoding;
    std::visit(encoding, record);
    return encoding.take();
}

std::expected<Record, std::string> decode(std::span<const std::byte> bytes) {
    return Decoding(bytes).record();
}

std::expected<Fragment, std::string> decode_fragment(std::span<const std::byte> bytes) {
    return Decoding(bytes).fragment();
}

}  // namespace reowolf::post::records
