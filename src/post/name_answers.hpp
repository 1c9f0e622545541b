// SPDX-License-Identifier: MIT
// What the answers of name servers say of where somebody listens. They may be anybody's: what is
// malformed is left out, and what is too much.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "post/address.hpp"

namespace reowolf::post {

// A service record (RFC 2782): of the lowest priority the first, of equal ones by weighted lot.
struct Service {
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
    Address address;  // the host by name
};

std::vector<Service> services_in(std::span<const std::byte> answer);

// In the order in which they are to be tried. `below(n)`: a number in [0, n).
std::vector<Address> in_order(std::vector<Service> services,
                              const std::function<std::uint64_t(std::uint64_t)>& below);

// What text records "at=host:port" say; the transport may stand in front.
struct Texts {
    std::vector<Address> addresses;
    std::string wrong;  // of the first that cannot be used, for people
};
Texts texts_in(std::span<const std::byte> answer);

}  // namespace reowolf::post
