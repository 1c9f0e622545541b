// SPDX-License-Identifier: MIT
// The memory that large messages are put together in. When nobody needs that of a message any more,
// it is for the next one, as pages that the system gives anew cost more than copying.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace reowolf::post {

// Shared by all who put bytes there, or need those that are.
using Room = std::shared_ptr<std::vector<std::byte>>;

class Rooms {
  public:
    // One that is there, has at least so many bytes and not many more; null: none has.
    Room find(std::size_t bytes);
    // It is given back by itself, in whatever thread that happens.
    Room make(std::size_t bytes);
    void give_back(std::vector<std::byte> bytes);

  private:
    struct Spares;
    Room lend(std::vector<std::byte> bytes);

    std::shared_ptr<Spares> spares_;  // made when the first are needed
};

}  // namespace reowolf::post
