// SPDX-License-Identifier: MIT
// What libreowolf-cpp.so shows of itself: only what is marked with this.
#pragma once

#define REOWOLF_CPP __attribute__((visibility("default")))
// Of a class that it shows, the part that it does not.
#define REOWOLF_INNER __attribute__((visibility("hidden")))
