// SPDX-License-Identifier: MIT
#include "tools/terminal.hpp"

#include <utility>

#include <fmt/format.h>

namespace reowolf::tools {

using machine::Request;

PortPrinter::PortPrinter(const program::Program& program, std::string name, program::TypeId type,
                         machine::PortHandle port)
    : program_(&program), name_(std::move(name)), type_(type), port_(port) {}

std::optional<Request> PortPrinter::run(std::uint32_t& budget) {
    if (budget > 0) --budget;
    switch (next_) {
        case Next::begin:
            next_ = Next::get;
            return Request::of(Request::Kind::sync_begin);
        case Next::get:
            next_ = Next::print;
            return Request::get(port_, type_);
        case Next::print:
            next_ = Next::choose;
            return Request::print(
                fmt::format("{}: {}", name_, machine::literal(*program_, type_, message_)));
        case Next::choose:
            return Request::fork(2);
        case Next::end:
            next_ = Next::begin;
            break;
    }
    return Request::of(Request::Kind::sync_end);
}

std::optional<Request> PortFeeder::run(std::uint32_t& budget) {
    if (budget > 0) --budget;
    if (next_ == Next::passed) {
        supply_->waiting.pop_front();
        next_ = Next::begin;
    }
    if (next_ == Next::begin && supply_->waiting.empty()) {
        if (supply_->is_over) return Request::ended({});
        return std::nullopt;
    }
    switch (std::exchange(next_, static_cast<Next>(static_cast<int>(next_) + 1))) {
        case Next::begin:
            return Request::of(Request::Kind::sync_begin);
        case Next::put:
            return Request::put(port_, type_, supply_->waiting.front());
        default:
            return Request::of(Request::Kind::sync_end);
    }
}

}  // namespace reowolf::tools
