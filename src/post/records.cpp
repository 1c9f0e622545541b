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

// Before each message of a bundle.
constexpr std::size_t length_bytes = sizeof(std::uint16_t);

std::size_t length_at(std::span<const std::byte> message) {
    return std::to_integer<std::size_t>(message[0]) | std::to_integer<std::size_t>(message[1]) << 8;
}

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
    void operator()(const Bundle& bundle) {
        head_ = encode_head(bundle);
        tail_ = bundle.messages;
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
            case Kind::bundle:
                return bundle();
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
            fragment.properties = properties();
            header_bytes += properties_bytes;
        }
        if (fragment.is_first && !fragment.is_last) {
            fragment.length = reader_.number<std::uint64_t>();
            header_bytes += sizeof fragment.length;
        }
        if (is_wrong_ || reader_.failed()) return malformed();
        fragment.bytes = bytes_.subspan(header_bytes);
        if (fragment.bytes.size() > fragment_bytes_max) return malformed();
        const bool drops = fragment.is_last && !fragment.is_first && fragment.bytes.empty();
        if (fragment.is_dropped && !drops) return malformed();
        return fragment;
    }

  private:
    static constexpr std::size_t properties_bytes = sizeof(std::uint16_t) + sizeof(std::uint8_t);

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

    std::expected<Bundle, std::string> bundle() {
        Bundle bundle;
        bundle.carrier = reader_.number<std::uint32_t>();
        bundle.properties = properties();
        const std::size_t header_bytes = 1 + sizeof bundle.carrier + properties_bytes;
        if (is_wrong_ || reader_.failed()) return malformed();
        bundle.messages = bytes_.subspan(header_bytes);
        if (bundle.messages.empty() || bundle.messages.size() > fragment_bytes_max) {
            return malformed();
        }
        for (auto left = bundle.messages; !left.empty(); take_message(left)) {
            if (left.size() < length_bytes || left.size() - length_bytes < length_at(left)) {
                return malformed();
            }
        }
        return bundle;
    }

    Properties properties() {
        Properties properties;
        properties.niceness = reader_.number<std::uint16_t>();
        const auto flags = reader_.number<std::uint8_t>();
        if ((flags & ~(property_idempotent | property_immediate)) != 0) is_wrong_ = true;
        properties.is_idempotent = (flags & property_idempotent) != 0;
        properties.is_immediate = (flags & property_immediate) != 0;
        return properties;
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

namespace {

void append(Head& head, std::unsigned_integral auto number) {
    for (std::size_t i = 0; i < sizeof number; ++i) {
        head.bytes[head.size++] = static_cast<std::byte>(number >> (8 * i));
    }
}

void append(Head& head, const Properties& properties) {
    append(head, properties.niceness);
    append(head, static_cast<std::uint8_t>((properties.is_idempotent ? property_idempotent : 0) |
                                           (properties.is_immediate ? property_immediate : 0)));
}

}  // namespace

Head encode_head(const Fragment& fragment) {
    Head head;
    std::uint8_t first = std::to_underlying(Kind::fragment) | fragment.slot;
    if (fragment.is_first) first |= flag_first;
    if (fragment.is_last) first |= flag_last;
    if (fragment.is_dropped) first |= flag_dropped;
    if (fragment.wants_acknowledgement) first |= flag_acknowledge;
    if (fragment.properties) first |= flag_properties;
    append(head, first);
    append(head, fragment.carrier);
    if (fragment.properties) append(head, *fragment.properties);
    if (fragment.is_first && !fragment.is_last) append(head, fragment.length);
    return head;
}

Head encode_head(const Bundle& bundle) {
    Head head;
    append(head, std::to_underlying(Kind::bundle));
    append(head, bundle.carrier);
    append(head, bundle.properties);
    return head;
}

void append_message(std::vector<std::byte>& messages, const Payload& message) {
    const std::size_t size = message.size();
    messages.push_back(static_cast<std::byte>(size));
    messages.push_back(static_cast<std::byte>(size >> 8));
    const auto append = [&](std::span<const std::byte> bytes) {
        messages.insert(messages.end(), bytes.begin(), bytes.end());
    };
    append(message.own());
    message.for_each([&](const Payload::Piece& piece) { append(piece.bytes); });
}

std::span<const std::byte> take_message(std::span<const std::byte>& messages) {
    const auto message = messages.subspan(length_bytes, length_at(messages));
    messages = messages.subspan(length_bytes + message.size());
    return message;
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
