// SPDX-License-Identifier: MIT
#include "pictures.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <stdexcept>

#include <png.h>

namespace {

constexpr std::size_t channels = 4;

}  // namespace

Picture from_png(const std::vector<std::uint8_t>& bytes) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) {
        throw std::runtime_error(image.message);
    }
    image.format = PNG_FORMAT_RGBA;
    Picture picture{image.width, image.height, std::vector<std::uint8_t>(PNG_IMAGE_SIZE(image))};
    if (png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr) == 0) {
        throw std::runtime_error(image.message);
    }
    return picture;
}

std::vector<std::uint8_t> to_png(const Picture& picture) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = picture.width;
    image.height = picture.height;
    image.format = PNG_FORMAT_RGBA;
    png_alloc_size_t size = 0;
    if (png_image_write_to_memory(&image, nullptr, &size, 0, picture.pixels.data(), 0, nullptr) ==
        0) {
        throw std::runtime_error(image.message);
    }
    std::vector<std::uint8_t> bytes(size);
    if (png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0,
                                  nullptr) == 0) {
        throw std::runtime_error(image.message);
    }
    bytes.resize(size);
    return bytes;
}

Picture reduced(const Picture& picture, std::uint32_t side) {
    if (side == 0) throw std::runtime_error("a thumbnail has at least one pixel");
    const std::uint32_t longest = std::max({picture.width, picture.height, side});
    Picture small;
    small.width =
        std::max(1u, static_cast<std::uint32_t>(std::uint64_t{picture.width} * side / longest));
    small.height =
        std::max(1u, static_cast<std::uint32_t>(std::uint64_t{picture.height} * side / longest));
    small.pixels.reserve(channels * small.width * small.height);
    for (std::uint64_t y = 0; y < small.height; ++y) {
        const std::uint64_t top = y * picture.height / small.height;
        const std::uint64_t bottom = std::max(top + 1, (y + 1) * picture.height / small.height);
        for (std::uint64_t x = 0; x < small.width; ++x) {
            const std::uint64_t left = x * picture.width / small.width;
            const std::uint64_t right = std::max(left + 1, (x + 1) * picture.width / small.width);
            for (std::size_t channel = 0; channel < channels; ++channel) {
                std::uint64_t sum = 0;
                for (std::uint64_t v = top; v < bottom; ++v) {
                    for (std::uint64_t u = left; u < right; ++u) {
                        sum += picture.pixels[channels * (v * picture.width + u) + channel];
                    }
                }
                const std::uint64_t count = (bottom - top) * (right - left);
                small.pixels.push_back(static_cast<std::uint8_t>((sum + count / 2) / count));
            }
        }
    }
    return small;
}

Picture drawn(std::uint32_t side, std::uint32_t number) {
    Picture picture{side, side, {}};
    picture.pixels.reserve(channels * side * side);
    const double width = 3.0 / (1 + number), x0 = -0.75 - width / 2, y0 = 0.1 * number - width / 2;
    for (std::uint32_t y = 0; y < side; ++y) {
        for (std::uint32_t x = 0; x < side; ++x) {
            const std::complex<double> c(x0 + width * x / side, y0 + width * y / side);
            std::complex<double> z;
            int steps = 0;
            for (; steps < 100 && std::norm(z) < 4; ++steps) z = z * z + c;
            const auto shade = [steps](int factor) {
                return static_cast<std::uint8_t>(steps == 100 ? 0 : steps * factor % 256);
            };
            picture.pixels.insert(picture.pixels.end(), {shade(9), shade(5), shade(3), 255});
        }
    }
    return picture;
}
