// SPDX-License-Identifier: MIT
// The ports of an application: those that the description gives it, and those that came to it or
// that it has made. Outside of the process a port is a channel and an end; for the application it
// is a name, which is good until the port is closed or handed over, or the protocol has expired.
#include "machine/ports.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connector/connector.hpp"
#include "machine/in_place.hpp"
#include "wire/bytes.hpp"

namespace reowolf::connector {

namespace {

std::unexpected<Failure> fail(Fault fault, std::string text) {
    return std::unexpected(Failure{fault, std::move(text)});
}

}  // namespace

// A port is its name, with the length in front. What is not known yet has just come through the
// port of the name given here.
class Connector::NamedPorts final : public machine::PortCoder {
  public:
    NamedPorts(Connector& connector, std::string_view through)
        : connector_(connector), through_(through) {}

    void write(program::TypeId type, std::uint64_t handle, std::vector<std::byte>& out) override {
        std::string name;
        if (const auto known = connector_.handles_.find(handle);
            known != connector_.handles_.end()) {
            Port& port = connector_.port(known->second);
            port.away = false;  // it has come back
            name = port.name;
        } else {
            const program::Type& port = connector_.description_->program.types[type];
            name = connector_.add_port(handle, port.element, through_);
        }
        wire::Writer text;
        text.text(name);
        const auto bytes = text.take();
        out.insert(out.end(), bytes.begin(), bytes.end());
    }

    std::expected<std::uint64_t, std::string> read(program::TypeId type,
                                                   std::span<const std::byte>& rest) override {
        wire::Reader text(rest);
        const std::string name = text.text();
        if (text.failed()) return std::unexpected("the bytes end before the value does");
        rest = rest.subspan(sizeof(std::uint32_t) + name.size());
        const auto known = connector_.known(name);
        const Port* const port = known ? &connector_.port(*known) : nullptr;
        if (!port || port->away || port->closed) {
            return std::unexpected(fmt::format("there is no port '{}' to hand over", name));
        }
        const program::Program& program = connector_.description_->program;
        const program::Type& wanted = program.types[type];
        const bool is_out = wanted.kind == program::TypeKind::out_port;
        if (wanted.element != port->type || is_out != port->puts) {
            return std::unexpected(
                fmt::format("port '{}' is '{}<{}>', not '{}'", name, port->puts ? "out" : "in",
                            program.type_name(port->type), program.type_name(type)));
        }
        return port->handle;
    }

  private:
    Connector& connector_;
    std::string_view through_;
};

std::expected<machine::Value, Failure> Connector::read_value(std::size_t index,
                                                             std::span<const std::byte> bytes) {
    NamedPorts names(*this, port(index).name);
    return value_of(description_->program, port(index).type, bytes, options_.limits, names);
}

bool Connector::carries_ports(program::TypeId type) const {
    return carrying_.at(type);
}

Status Connector::expect_dynamic() const {
    if (class_ == Class::dynamic) return {};
    return fail(Fault::not_allowed, "this call is for dynamic connectors");
}

Status Connector::expect_may_carry(std::size_t index) const {
    if (class_ == Class::dynamic || !carries_ports(port(index).type)) return {};
    return fail(Fault::not_allowed, fmt::format("port '{}' is for ports, which dynamic connectors "
                                                "have; this is another class",
                                                port(index).name));
}

// ---- The table ---------------------------------------------------------------------------------

// Nothing is prepared for the protocol, and all its ports are open; there are no others yet.
void Connector::begin_protocol() {
    prepare_nothing();
    declared_.clear();
    made_.clear();
    closed_.clear();
    names_.clear();
    handles_.clear();
    const program::Program& program = description_->program;
    const machine::PortFinder finder(program);
    carrying_.clear();
    for (program::TypeId type = 0; type < program.types.size(); ++type) {
        carrying_.push_back(finder.can_hold(type));
    }
    for (const Structure::Port& declared : description_->structure.ports[description_->self]) {
        const std::size_t index = declared_.size();
        const machine::PortHandle handle =
            machine::PortHandle{declared.channel} * 2 + (declared.puts ? 0 : 1);
        declared_.push_back({.name = declared.name,
                             .type = declared.type,
                             .puts = declared.puts,
                             .handle = handle,
                             .bytes_always = machine::fixed_size(program, declared.type)});
        names_[declared.name] = index;
        handles_[handle] = index;
    }
}

std::string Connector::add_port(machine::PortHandle handle, program::TypeId type,
                                std::string_view through) {
    // No name of a description has this sign in it.
    const std::string_view stem = through.substr(0, through.find('#'));
    std::string name = fmt::format("{}#{}", stem, ++ports_made_);
    const std::size_t index = declared_.size() + ports_made_;
    made_[index] = {.name = name,
                    .type = type,
                    .puts = handle % 2 == 0,
                    .handle = handle,
                    .bytes_always = machine::fixed_size(description_->program, type)};
    names_[name] = index;
    handles_[handle] = index;
    return name;
}

// One that was declared is remembered: it may come back, and its name is nobody else's. Of those
// that were made, the last ones that were closed are, so that whoever uses them is told.
void Connector::remove_port(std::size_t index, bool is_away) {
    for (auto& batch : batches()) {
        std::erase_if(batch, [&](const Prepared& one) { return one.port == index; });
    }
    Port& which = port(index);
    if (index < declared_.size()) {
        (is_away ? which.away : which.closed) = true;
        return;
    }
    handles_.erase(which.handle);
    if (is_away) return forget_port(index);
    which.closed = true;
    closed_.push_back(index);
    if (closed_.size() <= options_.limits.closed_ports_kept_max) return;
    forget_port(closed_.front());
    closed_.pop_front();
}

void Connector::forget_port(std::size_t index) {
    names_.erase(port(index).name);
    made_.erase(index);
}

// ---- Rounds ------------------------------------------------------------------------------------

Status Connector::fresh(std::string_view name) {
    if (auto right = expect_dynamic(); !right) return right;
    const auto index = find(name, true);
    if (!index) return std::unexpected(index.error());
    const program::TypeId type = port(*index).type;
    if (!program::is_port(description_->program.types[type].kind)) {
        return fail(Fault::not_allowed, fmt::format("port '{}' is one for '{}', not for ports",
                                                    name, description_->program.type_name(type)));
    }
    prepare(*index, {.kind = Prepared::Kind::offer, .value = {}, .is_fresh = true, .room = {}});
    return {};
}

// What went out and came in, as the application has it. What has gone is not its any more, before
// what has come gets its names.
void Connector::settle_ports(const Outcome& outcome) {
    const program::Program& program = description_->program;
    std::vector<machine::PortHandle> gone;
    for (const ApplicationBody::Fired& one : outcome.fired) {
        const Port& which = port(one.port);
        if (one.came_in || !carries_ports(which.type)) continue;
        machine::PortFinder(program).append(which.type, one.value, gone);
    }
    fired_.resize(outcome.fired.size());
    for (std::size_t i = 0; i < fired_.size(); ++i) {
        const ApplicationBody::Fired& one = outcome.fired[i];
        const Port& which = port(one.port);
        Fired& fired = fired_[i];
        fired.port = which.name;
        fired.came_in = one.came_in;
        fired.bytes_always = which.bytes_always;
        fired.later.reset();
        fired.room = one.came_in ? room_of(outcome.batch, one.port) : Room{};
        const auto made = std::ranges::find_if(outcome.made, [&](const Outcome::Made& each) {
            return one.is_fresh && each.sent == one.value.bits();
        });
        if (made != outcome.made.end()) {
            const std::string name =
                add_port(made->kept, program.types[which.type].element, fired.port);
            const auto text = std::as_bytes(std::span(name));
            fired.encoded.assign(text.begin(), text.end());
            fired.bytes = fired.encoded;
        } else if (!one.came_in && carries_ports(which.type)) {
            settle_bytes(fired, which.type, one.value);
        } else if (!one.came_in) {
            fired.value = one.value;
            fired.bytes = {};
            fired.later = which.type;
        }
    }
    for (const machine::PortHandle handle : gone) {
        const auto known = handles_.find(handle);
        if (known != handles_.end()) remove_port(known->second, true);
    }
    for (std::size_t i = 0; i < fired_.size(); ++i) {
        const ApplicationBody::Fired& one = outcome.fired[i];
        if (!one.came_in) continue;
        settle_bytes(fired_[i], one.type, one.value);
    }
}

// Nowhere, if the protocol has changed meanwhile and what was prepared had no place in it.
Room Connector::room_of(std::size_t alternative, std::size_t index) const {
    if (alternative >= batches_->size()) return {};
    const auto& batch = (*batches_)[alternative];
    const auto prepared = std::ranges::find(batch, index, &Prepared::port);
    return prepared == batch.end() ? Room{} : prepared->room;
}

// Of what went out one is rarely asked.
void Connector::settle_late() {
    for (Fired& fired : fired_) {
        if (const auto type = std::exchange(fired.later, std::nullopt)) {
            settle_bytes(fired, *type, fired.value);
        }
    }
}

void Connector::settle_bytes(Fired& fired, program::TypeId type, const machine::Value& value) {
    const program::Program& program = description_->program;
    fired.value = value;
    if (const auto bytes = machine::bytes_in_place(program, type, fired.value)) {
        fired.bytes = *bytes;
        return;
    }
    NamedPorts names(*this, fired.port);
    write_bytes(program, type, value, names, fired.encoded);
    fired.bytes = fired.encoded;
}

}  // namespace reowolf::connector
