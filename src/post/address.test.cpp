// SPDX-License-Identifier: MIT
#include "post/address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reowolf::post {

namespace {

using testing::EndsWith;
using testing::HasSubstr;

TEST(AddressText, is_read_and_written_alike) {
    for (const char* text : {"amy.example.org:7001", "127.0.0.1:0", "[::1]:65535",
                             "shm://localhost:80", "tcp://[fe80::1%eth0]:80", "[::ffff:1.2.3.4]:7",
                             "amy", "tcp://amy.example.org", "amy:0"}) {
        auto address = parse_address(text);
        ASSERT_TRUE(address) << address.error();
        EXPECT_EQ(to_string(*address), text);
    }
    EXPECT_EQ(parse_address("[::1]:7"), (Address{.scheme = "", .host = "::1", .port = 7}));
    EXPECT_TRUE(parse_address("amy.example.org")->by_name);
    EXPECT_FALSE(parse_address("amy.example.org:7")->by_name);
}

TEST(AddressText, that_is_not_supported_says_so) {
    for (const char* text : {"quic://a:1", "udp://a:1"}) {
        auto address = parse_address(text);
        ASSERT_FALSE(address) << text;
        EXPECT_THAT(address.error(), EndsWith("is not supported yet"));
    }
}

TEST(AddressText, that_is_wrong_says_what) {
    struct Case {
        const char* text;
        const char* complaint;
    };
    for (auto [text, complaint] : {
             Case{"", "is empty"},
             Case{"tcp://", "is empty"},
             Case{"http://a:1", "no transport \"http\""},
             Case{"a:", "\"\" is not a port"},
             Case{"a:x", "\"x\" is not a port"},
             Case{"a:-1", "\"-1\" is not a port"},
             Case{"a:1 ", "\"1 \" is not a port"},
             Case{"a:65536", "above 65535"},
             Case{"a:99999999999999999999", "above 65535"},
             Case{":1", "host is missing"},
             Case{"a b:1", "\"a b\" is not a host name"},
             Case{"::1", "brackets"},
             Case{"[::1:1", "\"]\" is missing"},
             Case{"[::1]", "port is missing"},
             Case{"127.0.0.1", "port is missing"},
             Case{"[::1]7", "must follow"},
             Case{"[abc]:7", "not an IPv6 address"},
             Case{"[::zz]:7", "not an IPv6 address"},
             Case{"[1.2.3.4]:7", "not an IPv6 address"},
             Case{"[:]:7", "not an IPv6 address"},
             Case{"[1:2:3:4:5:6:7:8:9]:7", "not an IPv6 address"},
             Case{"[::1 ]:7", "not an IPv6 address"},
             Case{"[fe80::1%]:7", "not an IPv6 address"},
             Case{"[fe80::1%a b]:7", "not an IPv6 address"},
         }) {
        auto address = parse_address(text);
        ASSERT_FALSE(address) << text;
        EXPECT_THAT(address.error(), HasSubstr(complaint)) << text;
    }
}

}  // namespace

}  // namespace reowolf::post
