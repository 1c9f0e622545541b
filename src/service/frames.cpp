// SPDX-License-Identifier: MIT
#include "service/frames.hpp"

#include "wire/bytes.hpp"

namespace reowolf::service {

namespace {

constexpr std::uint8_t list_action = 32, listing_action = 33;
constexpr std::size_t entry_bytes_min = 5, line_bytes_min = 8;

constexpr std::uint8_t number_of(Action action) {
    return static_cast<std::uint8_t>(action);
}

// Each frame's fields are listed once, in `fields`; these two go through them.
class Writing {
  public:
    void operator()(std::uint8_t value) { writer_.number(value); }
    void operator()(std::uint16_t value) { writer_.number(value); }
    void operator()(std::uint32_t value) { writer_.number(value); }
    void operator()(std::uint64_t value) { writer_.number(value); }
    void operator()(bool value) { writer_.flag(value); }
    void operator()(Role value) { writer_.number(static_cast<std::uint8_t>(value)); }
    void operator()(Code value) { writer_.number(static_cast<std::uint8_t>(value)); }
    void text(const std::string& text, std::size_t) { writer_.text(text); }
    void operator()(const Bytes& bytes) { writer_.block(bytes); }
    template <class T, class Each>
    void list(const std::vector<T>& list, std::size_t, std::size_t, Each each) {
        writer_.number(static_cast<std::uint32_t>(list.size()));
        for (const T& element : list) each(element);
    }
    void optional_text(const std::optional<std::string>& text, std::size_t) {
        writer_.flag(text.has_value());
        if (text) writer_.text(*text);
    }
    Bytes take() { return writer_.take(); }

  private:
    wire::Writer writer_;
};

class Reading {
  public:
    explicit Reading(std::span<const std::byte> bytes) : reader_(bytes) {}

    void operator()(std::uint8_t& value) { value = reader_.number<std::uint8_t>(); }
    void operator()(std::uint16_t& value) { value = reader_.number<std::uint16_t>(); }
    void operator()(std::uint32_t& value) { value = reader_.number<std::uint32_t>(); }
    void operator()(std::uint64_t& value) { value = reader_.number<std::uint64_t>(); }
    void operator()(bool& value) { value = reader_.flag(); }
    void operator()(Role& value) {
        const auto number = reader_.number<std::uint8_t>();
        value = static_cast<Role>(number);
        is_wrong_ |= number < 1 || number > 3;
    }
    void operator()(Code& value) {
        const auto number = reader_.number<std::uint8_t>();
        value = static_cast<Code>(number);
        is_wrong_ |= number > static_cast<std::uint8_t>(Code::refused);
    }
    void text(std::string& text, std::size_t bytes_max) {
        const std::span<const std::byte> bytes = reader_.block();
        is_wrong_ |= bytes.size() > bytes_max;
        if (!is_wrong_) text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    void operator()(Bytes& bytes) {
        const std::span<const std::byte> block = reader_.block();
        bytes.assign(block.begin(), block.end());
    }
    template <class T, class Each>
    void list(std::vector<T>& list, std::size_t count_max, std::size_t bytes_min, Each each) {
        const std::uint32_t count = reader_.count(bytes_min);
        is_wrong_ |= count > count_max;
        if (is_wrong_) return;
        list.resize(count);
        for (T& element : list) {
            each(element);
            if (reader_.failed()) return;
        }
    }
    void optional_text(std::optional<std::string>& value, std::size_t bytes_max) {
        if (reader_.flag()) text(value.emplace(), bytes_max);
    }
    bool is_right() const { return !is_wrong_ && reader_.finished(); }

  private:
    wire::Reader reader_;
    bool is_wrong_ = false;
};

// A frame and what goes through its fields: the frame is const where it is written.
template <class Pass, class F>
void fields(Pass& pass, F& frame, const ServiceLimits& limits) {
    using Type = std::remove_const_t<F>;
    const std::size_t name_max = limits.service_name_bytes_max;
    const std::size_t types_max = limits.service_types_bytes_max;
    const std::size_t text_max = limits.service_types_bytes_max;
    if constexpr (std::is_same_v<Type, ConfigFrame>) {
        pass(frame.magic), pass(frame.version), pass(frame.role), pass(frame.root);
        pass.text(frame.name, name_max);
    } else if constexpr (std::is_same_v<Type, TickFrame>) {
        pass(frame.number), pass(frame.is_answer);
    } else if constexpr (std::is_same_v<Type, ExitFrame>) {
        pass.text(frame.reason, text_max);
    } else if constexpr (std::is_same_v<Type, RegFrame>) {
        pass.list(frame.entries, limits.services_from_elsewhere_max, entry_bytes_min,
                  [&](auto& entry) {
                      pass(entry.number), pass(entry.is_provided);
                      if (!entry.is_provided) return;
                      pass(entry.origin), pass.text(entry.name, name_max);
                      pass.text(entry.parameter_types, types_max);
                      pass.text(entry.result_type, types_max);
                      pass.text(entry.version, name_max);
                      pass(entry.providers), pass(entry.waiting), pass(entry.time_ns);
                      pass(entry.is_jammed);
                  });
    } else if constexpr (std::is_same_v<Type, ReqFrame>) {
        pass(frame.number), pass(frame.destination), pass(frame.creator);
        pass(frame.answer_wanted), pass(frame.priority), pass(frame.hops_left);
        pass(frame.time_left_ms);
        pass.list(frame.route, limits.service_edges_max, sizeof(NodeId),
                  [&](auto& node) { pass(node); });
        pass.text(frame.name, name_max), pass.text(frame.parameter_types, types_max);
        pass.optional_text(frame.result_type, types_max), pass(frame.parameters);
    } else if constexpr (std::is_same_v<Type, AckFrame>) {
        pass(frame.number), pass(frame.code);
        pass.text(frame.text, text_max), pass(frame.result);
    } else if constexpr (std::is_same_v<Type, ListFrame>) {
        pass(frame.lines_max);
    } else if constexpr (std::is_same_v<Type, ListingFrame>) {
        auto& listing = frame.listing;
        constexpr std::size_t any = 0xFFFF'FFFF;
        pass.list(listing.nodes, any, line_bytes_min, [&](auto& node) {
            pass(node.id), pass(node.parent), pass.text(node.name, any);
            pass.text(node.remote, any), pass(node.up), pass(node.children);
        });
        pass.list(listing.services, any, line_bytes_min, [&](auto& line) {
            pass(line.node), pass.text(line.name, any), pass.text(line.types, any);
            pass.text(line.version, any), pass(line.reentrant), pass(line.thread);
            pass(line.jammed), pass(line.leaving), pass(line.waiting), pass(line.running);
            pass(line.served), pass(line.failed), pass(line.time_ns);
        });
        pass(listing.nodes_total), pass(listing.services_total), pass(listing.workers);
    }
}

template <class F>
constexpr std::uint8_t action_of() {
    if constexpr (std::is_same_v<F, ConfigFrame>) return 1;
    if constexpr (std::is_same_v<F, HelloFrame>) return 2;
    if constexpr (std::is_same_v<F, EchoFrame>) return 3;
    if constexpr (std::is_same_v<F, TickFrame>) return 4;
    if constexpr (std::is_same_v<F, ExitFrame>) return 5;
    if constexpr (std::is_same_v<F, RegFrame>) return 16;
    if constexpr (std::is_same_v<F, ReqFrame>) return 17;
    if constexpr (std::is_same_v<F, AckFrame>) return 18;
    if constexpr (std::is_same_v<F, ListFrame>) return list_action;
    return listing_action;
}
static_assert(action_of<ReqFrame>() == static_cast<std::uint8_t>(Action::req));

template <class F>
std::optional<Frame> decode_as(std::span<const std::byte> body, const ServiceLimits& limits) {
    F frame;
    Reading reading(body);
    fields(reading, frame, limits);
    if (!reading.is_right()) return std::nullopt;
    return frame;
}

}  // namespace

Bytes encode(const Frame& frame) {
    return std::visit(
        []<class F>(const F& each) {
            Writing writing;
            writing(action_of<F>());
            fields(writing, each, ServiceLimits{});
            return writing.take();
        },
        frame);
}

std::optional<Frame> decode(std::span<const std::byte> bytes, const ServiceLimits& limits) {
    if (bytes.empty()) return std::nullopt;
    const auto action = static_cast<std::uint8_t>(bytes.front());
    const std::span<const std::byte> body = bytes.subspan(1);
    switch (action) {
        case number_of(Action::config):
            return decode_as<ConfigFrame>(body, limits);
        case number_of(Action::hello):
            return decode_as<HelloFrame>(body, limits);
        case number_of(Action::echo):
            return decode_as<EchoFrame>(body, limits);
        case number_of(Action::tick):
            return decode_as<TickFrame>(body, limits);
        case number_of(Action::exit):
            return decode_as<ExitFrame>(body, limits);
        case number_of(Action::reg):
            return decode_as<RegFrame>(body, limits);
        case number_of(Action::req):
            return decode_as<ReqFrame>(body, limits);
        case number_of(Action::ack):
            return decode_as<AckFrame>(body, limits);
        case list_action:
            return decode_as<ListFrame>(body, limits);
        case listing_action:
            return decode_as<ListingFrame>(body, limits);
        default:
            return std::nullopt;
    }
}

}  // namespace reowolf::service
