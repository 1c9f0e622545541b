// SPDX-License-Identifier: MIT
// Pictures in memory, to and from PNG by libpng.
#pragma once

#include <cstdint>
#include <vector>

struct Picture {
    std::uint32_t width = 0, height = 0;
    std::vector<std::uint8_t> pixels;  // red, green, blue, opacity; rows from the top
};

// All throw std::runtime_error.
Picture from_png(const std::vector<std::uint8_t>& bytes);
std::vector<std::uint8_t> to_png(const Picture& picture);

// As large as fits into a square with this side; each pixel is the mean of those that it stands
// for.
Picture reduced(const Picture& picture, std::uint32_t side);

// Something to look at: a part of the Mandelbrot set.
Picture drawn(std::uint32_t side, std::uint32_t number);
