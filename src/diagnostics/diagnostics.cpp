// SPDX-License-Identifier: MIT
#include "diagnostics/diagnostics.hpp"

#include <algorithm>
#include <tuple>

namespace reowolf::diagnostics {

Diagnostic& Diagnostics::add(Code code, Span where, std::string text) {
    const Severity severity = listed(code).severity;
    has_errors_ = has_errors_ || severity == Severity::error;
    not_taken_.notes.clear();
    if (full()) return not_taken_;
    const bool repeated = std::any_of(all_.begin(), all_.end(), [&](const Diagnostic& earlier) {
        return earlier.code == code && earlier.span == where;
    });
    if (repeated) return not_taken_;
    if (all_.size() + 1 == most_) {
        // The last one says that there would be more.
        code = Code::too_many_diagnostics;
        text = listed(code).text;
    }
    all_.push_back({code, listed(code).severity, where, std::move(text), {}});
    return all_.back();
}

void Diagnostics::sort() {
    std::sort(all_.begin(), all_.end(), [](const Diagnostic& a, const Diagnostic& b) {
        const auto key = [](const Diagnostic& d) {
            return std::tuple(d.code == Code::too_many_diagnostics, d.span.source, d.span.begin,
                              d.span.end, d.code);
        };
        return key(a) < key(b);
    });
}

}  // namespace reowolf::diagnostics
