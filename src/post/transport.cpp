// SPDX-License-Identifier: MIT
#include "post/transport.hpp"

namespace reowolf::post {

std::string_view to_string(Failure failure) {
    switch (failure) {
        case Failure::refused:
            return "refused";
        case Failure::unreachable:
            return "unreachable";
        case Failure::unknown_host:
            return "unknown host";
        case Failure::timed_out:
            return "timed out";
        case Failure::address_in_use:
            return "address in use";
        case Failure::address_not_available:
            return "address not available";
        case Failure::not_permitted:
            return "not permitted";
        case Failure::not_supported:
            return "not supported";
        case Failure::closed:
            return "closed";
        case Failure::lost:
            return "lost";
        case Failure::protocol:
            return "protocol violated";
        case Failure::too_large:
            return "too large";
        case Failure::resources:
            return "out of resources";
        case Failure::other:
            break;
    }
    return "failed";
}

}  // namespace reowolf::post
