// SPDX-License-Identifier: MIT
#include "native/lines.hpp"

#include <utility>

#include "machine/utf8.hpp"

namespace reowolf::native {

using machine::Request;

std::string as_utf8(std::string_view bytes) {
    std::string text;
    while (const auto invalid = machine::first_invalid_utf8(bytes)) {
        text += bytes.substr(0, *invalid);
        text += "\xEF\xBF\xBD";
        bytes.remove_prefix(*invalid + 1);
    }
    text += bytes;
    return text;
}

std::optional<Request> InputLines::run(std::uint32_t& budget) {
    if (budget > 0) --budget;
    switch (next_) {
        case Next::fetch: {
            if (outside().is_closed(to_.handle)) {
                outside().forget_line(index());
                return Request::ended({});
            }
            auto line = outside().next_line(index());
            if (!line) return std::nullopt;
            if (line->kind == Outside::Line::Kind::end) return Request::ended({});
            if (line->kind == Outside::Line::Kind::refused) {
                return Request::failed(std::move(line->text));
            }
            line_ = machine::Value::text(as_utf8(line->text));
            next_ = Next::put;
            return Request::of(Request::Kind::sync_begin);
        }
        case Next::put:
            next_ = Next::end;
            return Request::put(to_.handle, to_.type, line_);
        case Next::end:
            break;
    }
    next_ = Next::fetch;
    line_ = {};
    return Request::of(Request::Kind::sync_end);
}

}  // namespace reowolf::native
