// SPDX-License-Identifier: MIT
#include "post/name_answers.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <ares.h>
#include <fmt/format.h>

namespace reowolf::post {

namespace {

constexpr std::string_view text_key = "at=";

template <typename Reply>
using Owned = std::unique_ptr<Reply, void (*)(void*)>;

// An address as descriptions have it; but not one that would have to be looked up again.
std::expected<Address, std::string> complete_address(const std::string& text) {
    auto address = parse_address(text);
    if (address && (address->by_name || address->port == 0)) {
        return std::unexpected(std::string("a host and a port are wanted"));
    }
    return address;
}

// Whoever keeps the records may have written anything, and much.
std::string for_people(const std::string& text, const std::string& fault) {
    constexpr std::size_t bytes_max = 200;
    std::string both = fmt::format("\"{}\": {}", text, fault).substr(0, bytes_max);
    std::ranges::replace_if(both, [](char each) { return each < ' ' || each > '~'; }, '?');
    return both;
}

const unsigned char* bytes_of(std::span<const std::byte> answer) {
    return reinterpret_cast<const unsigned char*>(answer.data());
}

}  // namespace

std::vector<Service> services_in(std::span<const std::byte> answer) {
    ares_srv_reply* found = nullptr;
    ares_parse_srv_reply(bytes_of(answer), static_cast<int>(answer.size()), &found);
    const Owned<ares_srv_reply> reply(found, ares_free_data);
    std::vector<Service> services;
    for (const auto* each = reply.get(); each; each = each->next) {
        std::string_view host = each->host;
        if (host.ends_with('.')) host.remove_suffix(1);
        auto address = complete_address(fmt::format("{}:{}", host, each->port));
        if (!address) continue;
        services.push_back({each->priority, each->weight, *std::move(address)});
    }
    return services;
}

std::vector<Address> in_order(std::vector<Service> services,
                              const std::function<std::uint64_t(std::uint64_t)>& below) {
    std::ranges::stable_sort(services, {}, &Service::priority);
    std::vector<Address> addresses;
    while (!services.empty()) {
        const auto others = std::ranges::find_if(services, [&](const Service& each) {
            return each.priority != services.front().priority;
        });
        // One more than the weights, so that those of weight 0 have their turn, if rarely.
        std::uint64_t total = 1;
        for (auto each = services.begin(); each != others; ++each) total += each->weight;
        std::uint64_t lot = below(total);
        auto chosen = services.begin();
        while (chosen + 1 != others && lot > chosen->weight) {
            lot -= chosen->weight;
            ++chosen;
        }
        addresses.push_back(std::move(chosen->address));
        services.erase(chosen);
    }
    return addresses;
}

Texts texts_in(std::span<const std::byte> answer) {
    ares_txt_ext* found = nullptr;
    ares_parse_txt_reply_ext(bytes_of(answer), static_cast<int>(answer.size()), &found);
    const Owned<ares_txt_ext> reply(found, ares_free_data);
    std::vector<std::string> texts;
    for (const auto* each = reply.get(); each; each = each->next) {
        if (each->record_start || texts.empty()) texts.emplace_back();
        texts.back().append(reinterpret_cast<const char*>(each->txt), each->length);
    }
    Texts said;
    for (const std::string& text : texts) {
        if (!text.starts_with(text_key)) continue;
        if (auto address = complete_address(text.substr(text_key.size()))) {
            said.addresses.push_back(*std::move(address));
        } else if (said.wrong.empty()) {
            said.wrong = for_people(text, address.error());
        }
    }
    return said;
}

}  // namespace reowolf::post
