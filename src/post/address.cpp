// SPDX-License-Identifier: MIT
#include "post/address.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace reowolf::post {

namespace {

std::unexpected<std::string> wrong(std::string text) {
    return std::unexpected(std::move(text));
}

std::expected<std::uint16_t, std::string> parse_port(std::string_view text) {
    unsigned port = 0;
    const char* end = text.data() + text.size();
    auto [rest, error] = std::from_chars(text.data(), end, port);
    if (text.empty() || rest != end || error == std::errc::invalid_argument) {
        return wrong(fmt::format("\"{}\" is not a port number", text));
    }
    if (error != std::errc() || port > 65'535) {
        return wrong(fmt::format("port {} is above 65535", text));
    }
    return static_cast<std::uint16_t>(port);
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

bool is_number(std::string_view host) {
    return host.find_first_not_of("0123456789.") == host.npos;
}

// With a zone behind it, as in fe80::1%eth0; whether there is such an interface is another
// question.
bool is_v6(std::string_view host) {
    const std::size_t mark = host.find('%');
    if (mark != host.npos) {
        const std::string_view zone = host.substr(mark + 1);
        if (zone.empty() || !std::ranges::all_of(zone, is_name_character)) return false;
    }
    in6_addr number;
    return inet_pton(AF_INET6, std::string(host.substr(0, mark)).c_str(), &number) == 1;
}

std::string_view scheme_of(std::string_view text) {
    const std::size_t mark = text.find("://");
    return mark == text.npos ? std::string_view() : text.substr(0, mark);
}

}  // namespace

std::expected<Address, std::string> parse_address(std::string_view text) {
    Address address;
    address.scheme = scheme_of(text);
    if (address.scheme == "quic" || address.scheme == "udp") {
        return wrong(fmt::format("the transport \"{}\" is not supported yet", address.scheme));
    }
    std::string_view rest = text;
    if (std::size_t mark = rest.find("://"); mark != rest.npos) {
        rest.remove_prefix(mark + 3);
        if (address.scheme != "tcp" && address.scheme != "shm") {
            return wrong(fmt::format("there is no transport \"{}\"", address.scheme));
        }
    }
    if (rest.empty()) return wrong("the address is empty");

    std::string_view port;
    if (rest.front() == '[') {
        std::size_t bracket = rest.find(']');
        if (bracket == rest.npos) return wrong("\"]\" is missing after the IPv6 address");
        address.host = rest.substr(1, bracket - 1);
        rest.remove_prefix(bracket + 1);
        if (!is_v6(address.host)) {
            return wrong(fmt::format("\"{}\" in brackets is not an IPv6 address", address.host));
        }
        if (rest.empty()) return wrong("the port is missing after \"]\"");
        if (rest.front() != ':') return wrong("\":\" and a port must follow \"]\"");
        port = rest.substr(1);
    } else {
        std::size_t colon = rest.find(':');
        if (colon != rest.rfind(':')) {
            return wrong(
                fmt::format("\"{}\" has several colons; write an IPv6 address in brackets", rest));
        }
        address.host = rest.substr(0, colon);
        if (address.host.empty()) return wrong("the host is missing before \":\"");
        if (colon != rest.npos) port = rest.substr(colon + 1);
        for (char c : address.host) {
            if (!is_name_character(c)) {
                return wrong(fmt::format("\"{}\" is not a host name", address.host));
            }
        }
        if (colon == rest.npos) {
            if (is_number(address.host)) {
                return wrong(fmt::format("the port is missing after \"{}\"", address.host));
            }
            address.by_name = true;
            return address;
        }
    }
    auto number = parse_port(port);
    if (!number) return wrong(number.error());
    address.port = *number;
    return address;
}

std::string to_string(const Address& address) {
    if (address.by_name) {
        return fmt::format("{}{}{}", address.scheme, address.scheme.empty() ? "" : "://",
                           address.host);
    }
    bool bracketed = address.host.find(':') != std::string::npos;
    return fmt::format("{}{}{}{}{}:{}", address.scheme, address.scheme.empty() ? "" : "://",
                       bracketed ? "[" : "", address.host, bracketed ? "]" : "", address.port);
}

}  // namespace reowolf::post
