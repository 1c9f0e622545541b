// SPDX-License-Identifier: MIT
#include "wire/message.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

namespace reowolf::wire {
namespace {

// Without values.
constexpr std::size_t frame_bytes_usual = 512;

// Each message lists its fields once, in `fields`; Put and Take walk that list in either direction.

class Put {
  public:
    explicit Put(Writer& out, Form* form = nullptr) : out_(out), form_(form) {}

    void operator()(const bool& value) { out_.flag(value); }
    template <std::unsigned_integral T>
    void operator()(const T& value) {
        if constexpr (std::same_as<T, std::uint64_t>) {
            if (form_) form_->numbers.push_back(static_cast<std::uint32_t>(out_.written().size()));
        }
        out_.number(value);
    }
    void block(std::span<const std::byte> bytes) {
        if (form_) {
            const std::size_t begin = out_.written().size() + sizeof(std::uint32_t);
            form_->values.push_back(
                {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(bytes.size())});
        }
        out_.block(bytes);
    }
    void operator()(const Reason& value) { out_.number(std::to_underlying(value)); }
    void operator()(const std::string& value) { out_.text(value); }
    void operator()(const std::vector<std::byte>& value) { block(value); }
    template <class T>
    void operator()(const std::vector<T>& list) {
        out_.number(static_cast<std::uint32_t>(list.size()));
        for (const T& element : list) (*this)(element);
    }
    template <class T>
    void operator()(const T& composite) {
        fields(*this, composite);
    }

  private:
    Writer& out_;
    Form* form_;
};

class Take {
  public:
    // `form`: of the frame that ends where the reader does.
    explicit Take(Reader& in, Form* form = nullptr, std::size_t frame_bytes = 0)
        : in_(in), form_(form), frame_bytes_(frame_bytes) {}

    void operator()(bool& value) { value = in_.flag(); }
    template <std::unsigned_integral T>
    void operator()(T& value) {
        if constexpr (std::same_as<T, std::uint64_t>) {
            if (form_) form_->numbers.push_back(place());
        }
        value = in_.number<T>();
    }
    std::span<const std::byte> block() {
        const auto bytes = in_.block();
        if (form_) {
            const auto size = static_cast<std::uint32_t>(bytes.size());
            form_->values.push_back({place() - size, size});
        }
        return bytes;
    }
    void operator()(Reason& value) {
        const auto number = in_.number<std::uint8_t>();
        if (number > std::to_underlying(Reason::expired)) bad_ = true;
        value = static_cast<Reason>(number);
    }
    void operator()(std::string& value) { value = in_.text(); }
    void operator()(std::vector<std::byte>& value) {
        const auto bytes = block();
        value.assign(bytes.begin(), bytes.end());
    }
    // What is in the list is written over, so that its memory is used again.
    template <class T>
    void operator()(std::vector<T>& list) {
        const auto count = in_.count(2);  // no element is smaller than a site number
        std::uint32_t i = 0;
        for (; i < count && !in_.failed(); ++i) {
            (*this)(i < list.size() ? list[i] : list.emplace_back());
        }
        if (i < list.size()) list.erase(list.begin() + i, list.end());
    }
    template <class T>
    void operator()(T& composite) {
        fields(*this, composite);
    }
    bool bad() const { return bad_; }

  private:
    std::uint32_t place() const {
        return static_cast<std::uint32_t>(frame_bytes_ - in_.rest().size());
    }

    Reader& in_;
    Form* form_;
    std::size_t frame_bytes_;
    bool bad_ = false;
};

// Goes to what a Form has places for, in the order in which it travels.
template <class Number, class Value>
class Differing {
  public:
    Differing(Number number, Value value) : number_(number), value_(value) {}

    template <class T>
    void operator()(T& field) {
        using Field = std::remove_const_t<T>;
        if constexpr (std::same_as<Field, std::uint64_t>) {
            number_(field);
        } else if constexpr (!std::is_integral_v<Field>) {
            fields(*this, field);
        }
    }
    template <class T>
    void operator()(std::vector<T>& list) {
        each(list);
    }
    template <class T>
    void operator()(const std::vector<T>& list) {
        each(list);
    }
    void operator()(std::vector<std::byte>& value) { value_(value); }
    void operator()(const std::vector<std::byte>& value) { value_(value); }

  private:
    template <class List>
    void each(List& list) {
        using Element = typename List::value_type;
        if constexpr (!std::is_integral_v<Element> || std::same_as<Element, std::uint64_t>) {
            for (auto& element : list) (*this)(element);
        }
    }

    Number number_;
    Value value_;
};

template <class T, class U>
concept Is = std::same_as<std::remove_const_t<T>, U>;

template <class Walk>
void all(Walk&) {}
template <class Walk, class First, class... Rest>
void all(Walk& walk, First& first, Rest&... rest) {
    walk(first);
    all(walk, rest...);
}

void fields(auto& walk, Is<ComponentId> auto& x) {
    all(walk, x.site, x.index);
}
void fields(auto& walk, Is<AttemptId> auto& x) {
    all(walk, x.component, x.number);
}
void fields(auto& walk, Is<NodeRef> auto& x) {
    all(walk, x.attempt, x.node);
}
void fields(auto& walk, Is<ChannelId> auto& x) {
    all(walk, x.home, x.index);
}
void fields(auto& walk, Is<Use> auto& x) {
    all(walk, x.channel, x.puts, x.count);
}
void fields(auto& walk, Is<Leaf> auto& x) {
    all(walk, x.node, x.depends, x.uses, x.rank, x.optional_fired);
}
void fields(auto& walk, Is<Lineage> auto& x) {
    all(walk, x.attempt, x.node, x.parent);
}
void fields(auto& walk, Is<Value> auto& x) {
    all(walk, x.branch, x.channel, x.index, x.holder, x.news, x.depends, x.value);
}
void fields(auto& walk, Is<Wait> auto& x) {
    all(walk, x.attempt, x.channel, x.holder, x.news);
}
void fields(auto& walk, Is<Retract> auto& x) {
    all(walk, x.branch, x.channel, x.index);
}
void fields(auto& walk, Is<Closed> auto& x) {
    all(walk, x.channel, x.is_out, x.moves);
}
void fields(auto& walk, Is<Here> auto& x) {
    all(walk, x.channel, x.is_out, x.moves, x.asks);
}
void fields(auto& walk, Is<Touch> auto& x) {
    all(walk, x.attempt, x.other, x.other_holder);
}
void fields(auto& walk, Is<Hand> auto& x) {
    all(walk, x.attempt, x.leaves, x.touches, x.reason, x.single);
}
void fields(auto& walk, Is<LeafFound> auto& x) {
    all(walk, x.attempt, x.leaf);
}
void fields(auto& walk, Is<Held> auto& x) {
    all(walk, x.attempt, x.holder);
}
void fields(auto& walk, Is<Cancel> auto& x) {
    all(walk, x.attempt, x.reason, x.text);
}
void fields(auto& walk, Is<Cancelled> auto& x) {
    all(walk, x.attempt, x.reason, x.text);
}
void fields(auto& walk, Is<Decide> auto& x) {
    all(walk, x.decision, x.publish_next);
}
void fields(auto& walk, Is<Over> auto& x) {
    all(walk, x.attempt, x.decision);
}
void fields(auto& walk, Is<Lost> auto& x) {
    all(walk, x.site, x.why);
}
void fields(auto& walk, Is<Ask> auto& x) {
    all(walk, x.attempt, x.lost, x.asked, x.published);
}
void fields(auto& walk, Is<No> auto& x) {
    all(walk, x.attempt, x.lost, x.asked, x.finals);
}
void fields(auto& walk, Is<Action> auto& x) {
    all(walk, x.channel, x.puts);
}
void fields(auto& walk, Is<Part> auto& x) {
    all(walk, x.attempt, x.node, x.path, x.depends, x.actions);
}
void fields(auto& walk, Is<Copy> auto& x) {
    all(walk, x.to, x.lineage, x.value);
}
void fields(auto& walk, Is<Final> auto& x) {
    all(walk, x.attempt, x.step, x.floors, x.parts, x.copies);
}
void fields(auto& walk, Is<Release> auto& x) {
    all(walk, x.attempt, x.cancels, x.reason, x.text);
}
void fields(auto& walk, Is<Probe> auto& x) {
    all(walk, x.number, x.before_silence);
}
void fields(auto& walk, Is<Probed> auto& x) {
    all(walk, x.number, x.quiet, x.sent, x.received, x.waiting, x.alive, x.ended, x.last_word,
        x.explanation);
}
void fields(auto& walk, Is<Arrived> auto& x) {
    all(walk, x.number);
}
void fields(auto& walk, Is<Impossible> auto& x) {
    all(walk, x.number, x.reason, x.text);
}
void fields(auto& walk, Is<WasLast> auto& x) {
    all(walk, x.number, x.own);
}
void fields(auto& walk, Is<Last> auto& x) {
    all(walk, x.number, x.is_last);
}

template <class T, class... Bodies>
consteval std::uint8_t kind_in(const std::variant<Bodies...>*) {
    std::uint8_t kind = 0;
    static_cast<void>(((std::same_as<T, Bodies> || (++kind, false)) || ...));
    return kind;
}
// The number of a kind of message.
template <class T>
constexpr std::uint8_t kind_of = kind_in<T>(static_cast<const Body*>(nullptr));

template <std::size_t Index = 0>
bool take_body(Take& take, std::size_t kind, Body& body) {
    if constexpr (Index < std::variant_size_v<Body>) {
        if (kind != Index) return take_body<Index + 1>(take, kind, body);
        take(body.emplace<Index>());
        return true;
    } else {
        return false;
    }
}

void append(Writer& out, std::span<const Message> messages) {
    Put put(out);
    for (const Message& message : messages) {
        out.number(static_cast<std::uint8_t>(message.body.index()));
        put(message.lineage);
        std::visit([&](const auto& body) { put(body); }, message.body);
    }
}

std::expected<std::vector<Message>, std::string> take_messages(Reader& in) {
    Take take(in);
    std::vector<Message> messages;
    do {
        Message& message = messages.emplace_back();
        const auto kind = in.number<std::uint8_t>();
        take(message.lineage);
        if (!take_body(take, kind, message.body)) return std::unexpected("unknown kind of message");
        if (take.bad() || in.failed()) return std::unexpected("malformed message");
    } while (!in.finished());
    return messages;
}

}  // namespace

std::vector<std::byte> encode(std::span<const Message> messages) {
    Writer out;
    append(out, messages);
    return out.take();
}

std::vector<std::byte> encode(const Message& message) {
    return encode(std::span(&message, 1));
}

std::expected<std::vector<Message>, std::string> decode(std::span<const std::byte> bytes) {
    Reader in(bytes);
    return take_messages(in);
}

std::uint64_t protocol_number(std::string_view identity) {
    return Reader(std::as_bytes(std::span(identity))).number<std::uint64_t>();
}

std::vector<std::byte> encode_frame(std::uint64_t protocol, std::span<const Message> messages) {
    std::size_t bytes = frame_bytes_usual;
    for (const Message& message : messages) {
        if (const auto* value = std::get_if<Value>(&message.body)) bytes += value->value.size();
    }
    Writer out(bytes);
    out.number(frame_kind);
    out.number(protocol);
    append(out, messages);
    return out.take();
}

std::expected<Frame, std::string> decode_frame(std::span<const std::byte> bytes) {
    Reader in(bytes);
    if (in.number<std::uint8_t>() != frame_kind) return std::unexpected("unknown kind of frame");
    Frame frame{.protocol = in.number<std::uint64_t>(), .messages = {}};
    if (in.failed()) return std::unexpected("malformed frame");
    auto messages = take_messages(in);
    if (!messages) return std::unexpected(std::move(messages.error()));
    frame.messages = std::move(*messages);
    return frame;
}

void encode_frame(std::uint64_t protocol, std::span<const Step::Put* const> puts, const Final* leaf,
                  Writer& out, std::vector<std::size_t>& gaps, Form& form) {
    out.begin_anew();
    gaps.clear();
    form.numbers.clear();
    form.values.clear();
    Put put(out, &form);
    out.number(frame_kind);
    out.number(protocol);
    for (const Step::Put* const each : puts) {
        out.number(kind_of<Value>);
        put(each->lineage);
        const Value& value = each->value;
        all(put, value.branch, value.channel, value.index, value.holder, value.news, value.depends);
        if (each->keeper) {
            out.number(static_cast<std::uint32_t>(each->bytes.size()));
            gaps.push_back(out.written().size());
        } else {
            put.block(each->bytes);
        }
    }
    if (leaf) {
        out.number(kind_of<Final>);
        out.number(std::uint32_t{0});  // no lineage
        put(*leaf);
    }
    const bool is_small = gaps.empty() && out.written().size() <= Form::frame_bytes_max;
    const auto frame = is_small ? out.written() : std::span<const std::byte>();
    form.frame.assign(frame.begin(), frame.end());
}

bool encode_again(const Form& form, std::span<const Step::Put* const> puts, const Final* leaf,
                  std::span<std::byte> frame) {
    std::memcpy(frame.data(), form.frame.data(), form.frame.size());
    const std::uint32_t* number = form.numbers.data();
    const Form::Place* place = form.values.data();
    bool fits = true;
    const auto value = [&](std::span<const std::byte> bytes) {
        fits = fits && bytes.size() == place->size;
        if (fits && !bytes.empty()) {
            std::memcpy(frame.data() + place->begin, bytes.data(), bytes.size());
        }
        ++place;
    };
    Differing write([&](std::uint64_t bits) { write_number(bits, frame.data() + *number++); },
                    value);
    for (const Step::Put* const each : puts) {
        write(each->lineage);
        all(write, each->value.branch, each->value.depends);
        value(each->bytes);
    }
    if (leaf) write(*leaf);
    return fits;
}

bool decode_step(std::span<const std::byte> bytes, std::uint64_t protocol, Step& step, Form& form) {
    form.frame.clear();
    form.numbers.clear();
    form.values.clear();
    Reader in(bytes);
    if (in.number<std::uint8_t>() != frame_kind) return false;
    if (in.number<std::uint64_t>() != protocol || in.finished()) return false;
    Take take(in, &form, bytes.size());
    step.put_count = 0;
    step.has_leaf = false;
    while (!in.finished()) {
        const auto kind = in.number<std::uint8_t>();
        if (in.failed() || step.has_leaf) return false;
        if (kind == kind_of<Value>) {
            if (step.put_count == step.puts.size()) step.puts.emplace_back();
            Step::Put& put = step.puts[step.put_count++];
            take(put.lineage);
            Value& value = put.value;
            all(take, value.branch, value.channel, value.index, value.holder, value.news,
                value.depends);
            put.bytes = take.block();
        } else if (kind == kind_of<Final>) {
            if (in.number<std::uint32_t>() != 0) return false;
            take(step.leaf);
            step.has_leaf = true;
        } else {
            return false;
        }
        if (take.bad() || in.failed()) return false;
    }
    if (bytes.size() > Form::frame_bytes_max) return true;
    form.frame.assign(bytes.begin(), bytes.end());
    form.mask.assign(bytes.size(), std::byte{0xFF});
    for (const std::uint32_t number : form.numbers) {
        std::fill_n(form.mask.begin() + number, sizeof(std::uint64_t), std::byte{0});
    }
    for (const Form::Place& value : form.values) {
        std::fill_n(form.mask.begin() + value.begin, value.size, std::byte{0});
    }
    return true;
}

bool is_like(std::span<const std::byte> bytes, const Form& form) {
    if (form.frame.empty() || bytes.size() != form.frame.size()) return false;
    std::uint64_t differences = 0;
    std::size_t at = 0;
    const auto word = [&](std::span<const std::byte> of) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, of.data() + at, sizeof bits);
        return bits;
    };
    for (; at + sizeof(std::uint64_t) <= bytes.size(); at += sizeof(std::uint64_t)) {
        differences |= (word(bytes) ^ word(form.frame)) & word(form.mask);
    }
    for (; at < bytes.size(); ++at) {
        differences |= std::to_integer<std::uint64_t>((bytes[at] ^ form.frame[at]) & form.mask[at]);
    }
    return differences == 0;
}

void decode_again(std::span<const std::byte> bytes, const Form& form, Step& step) {
    const std::uint32_t* number = form.numbers.data();
    const Form::Place* value = form.values.data();
    Differing read(
        [&](std::uint64_t& bits) {
            bits = Reader(bytes.subspan(*number++, sizeof bits)).number<std::uint64_t>();
        },
        [&](std::vector<std::byte>& copied) {
            const auto from = bytes.subspan(value->begin, value->size);
            copied.assign(from.begin(), from.end());
            ++value;
        });
    for (std::size_t i = 0; i < step.put_count; ++i) {
        Step::Put& put = step.puts[i];
        read(put.lineage);
        all(read, put.value.branch, put.value.depends);
        put.bytes = bytes.subspan(value->begin, value->size);
        ++value;
    }
    if (step.has_leaf) read(step.leaf);
}

}  // namespace reowolf::wire
