/* SPDX-License-Identifier: MIT */
/* Checking descriptions, and giving them to a connector. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

static const char valid[] =
    "self amy;\n"
    "connector echo { peer amy = \"127.0.0.1:1\" { in<u32> give; out<u32> take; }\n"
    "    new pass(amy.give, amy.take); }\n"
    "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";

static void nothing_wrong(void) {
    char out[] = "before";
    CHECK(rw_checkdesc(valid, out, sizeof out) == 0);
    CHECK(strcmp(out, "") == 0);
    CHECK(rw_checkdesc(valid, NULL, 0) == 0);
    out[0] = 'x';
    CHECK(rw_checkdesc(valid, out, 0) == 0);
    CHECK(out[0] == 'x');
}

/* The others find a port that is free by the name; who is alone need not be found. */
static void port_0(void) {
    CHECK(rw_checkdesc("self amy;\nconnector c { peer amy = \"127.0.0.1:0\"; }\n", NULL, 0) == 0);
    CHECK(rw_checkdesc("self amy;\nconnector c { peer amy = \"amy.example:0\";\n"
                       "peer bob = \"bob\" { listen \"0.0.0.0:0\"; } }\n",
                       NULL, 0) == 0);
}

/* Each wrong in one place, which the text has to name: line, column, and what is there. */
static void where_it_is_wrong(void) {
    static const struct {
        const char* description;
        const char* place;
        const char* says;
    } wrong[] = {
        {"self amy;\nconnector c { peer amy = \"127.0.0.1:1\" { in<u32> give; } new "
         "none(amy.give); }\n",
         ":2:", "none"},
        {"self amy;\nconnector c {\n    peer amy = \"127.0.0.1:1\" { in<u99> give; }\n}\n", ":3:35",
         "u99"},
        {"self eve;\nconnector c { peer amy = \"127.0.0.1:1\"; }\n", ":1:6", "eve"},
        {"self amy;\nconnector c { peer amy = \"\"; }\n", ":2:26", "address"},
        {"self amy;\nconnector c { peer amy = \"127.0.0.1:123456\"; }\n", ":2:26", "123456"},
        {"self amy;\nconnector c { peer amy = \"amy\";\n peer bob = \"127.0.0.1:0\"; }\n", ":3:13",
         "nobody can find 'bob' at port 0"},
        {"self amy;\nconnector c { peer amy = \"[::1]:0\"; peer bob = \"bob\"; }\n", ":2:26",
         "nobody can find 'amy' at port 0"},
        {"self bob;\nconnector c { peer amy = \"amy:7\" { listen \"0.0.0.0:0\"; } peer bob = "
         "\"bob\"; }\n",
         ":2:26", "the others look for 'amy' at port 7"},
        {"self amy;\nconnector c { peer amy = \"127.0.0.1\"; }\n", ":2:26", "the port is missing"},
        {"self amy;\nconnector c { peer amy = \"amy\" { key \"rsa:x\"; } }\n", ":2:38", "ed25519:"},
        {"self amy;\nconnector c { peer amy = \"amy\" { key \"ed25519:AAAA\"; } }\n", ":2:38",
         "32 bytes"},
        {"self amy;\nconnector c { peer amy = \"amy\" { key "
         "\"ed25519:eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg=\"; } }\n",
         ":2:38", "'key' is not supported yet"},
        {"self amy;\nconnector c { peer amy = \"amy\" { via \"relay:x\"; } }\n", ":2:38",
         "\"x\" is not a port"},
        {"self amy;\nconnector c { peer amy = \"amy\" { via \"relay.example:9000\"; } }\n", ":2:38",
         "'via' is not supported yet"},
        {"self amy;\nconnector c { peer amy = \"amy\"; peer bob = \"quic://bob\"; }\n", ":2:44",
         "the transport \"quic\" is not supported yet"},
        {"self amy;\nconnector c { peer amy = \"tcp://a:1\"; peer bob = \"shm://b:1\"; }\n",
         ":2:50", "'bob' asks for shm://, but 'amy' for tcp://"},
        {"self amy;\nconnector c { peer amy = \"tcp://a:1\" { listen \"shm://a:1\"; } }\n", ":2:47",
         "'amy' is reached by tcp://, and listens with shm://"},
        {"self amy;\nprimitive p(in<u32> a) { sync get(a); }\n", ":1:6", "no connector"},
        {"connector c { peer amy = \"127.0.0.1:1\"; }\n", ":1:", "self"},
        {"self amy;\nconnector c {\n  peer amy = \"127.0.0.1:1\" {\n", ":3:", "ERROR"},
        {"self amy;\n\x01", ":2:1", "ERROR"},
        {"self amy;\n\xff", ":2:1", "UTF-8"},
        {"garbage", ":1:1", "garbage"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        char out[TEXT_SIZE];
        size_t length = rw_checkdesc(wrong[i].description, out, sizeof out);
        CHECK(length > 0 && length == strlen(out));
        CHECK_TEXT(out, "ERROR");
        CHECK_TEXT(out, wrong[i].place);
        CHECK_TEXT(out, wrong[i].says);
        int c = rw_connector(RW_REALTIME);
        CHECK_ERROR(rw_configure(c, wrong[i].description), EINVAL);
        CHECK(strcmp(rw_error(c), out) == 0); /* deterministic, and the same here */
        CHECK(rw_close(c, NULL) == 0);
    }
}

static void several_errors_at_once(void) {
    char out[TEXT_SIZE];
    CHECK(
        rw_checkdesc("self amy;\nconnector c { peer amy = \"127.0.0.1:1\" { in<u8> a; in<u8> b; }\n"
                     "    new one(amy.a);\n    new two(amy.b);\n}\n",
                     out, sizeof out) > 0);
    CHECK_TEXT(out, ":3:");
    CHECK_TEXT(out, ":4:");
}

static void as_snprintf_does(void) {
    static const char text[] = "self nobody;\nconnector c { peer amy = \"127.0.0.1:1\"; }\n";
    char whole[TEXT_SIZE];
    size_t length = rw_checkdesc(text, whole, sizeof whole);
    CHECK(length > 20 && length < sizeof whole);
    CHECK(rw_checkdesc(text, NULL, 0) == length);
    CHECK(rw_checkdesc(text, NULL, 100) == length);
    for (size_t room = 0; room <= length + 2; ++room) {
        char out[TEXT_SIZE];
        memset(out, '#', sizeof out);
        CHECK(rw_checkdesc(text, out, room) == length);
        size_t written = room == 0 ? 0 : room - 1 < length ? room - 1 : length;
        CHECK(memcmp(out, whole, written) == 0);
        if (room > 0) CHECK(out[written] == '\0');
        /* Nothing behind the terminating zero. */
        CHECK(out[room == 0 ? 0 : written + 1] == '#');
    }
}

static void empty_and_missing(void) {
    char out[TEXT_SIZE];
    CHECK(rw_checkdesc("", out, sizeof out) > 0);
    CHECK_TEXT(out, "connector");
    CHECK(rw_checkdesc(NULL, out, sizeof out) > 0);
    CHECK(rw_checkdesc(" \n\t// only a comment\n", out, sizeof out) > 0);
    int c = rw_connector(RW_REALTIME);
    CHECK_ERROR(rw_configure(c, ""), EINVAL);
    CHECK(*rw_error(c) != '\0');
    CHECK_ERROR(rw_configure(c, NULL), EINVAL);
    CHECK_ERROR(rw_connect(c), ENOTCONN);
    CHECK(rw_close(c, NULL) == 0);
}

/* After a description that is refused the earlier one is still in force. */
static void refused_changes_nothing(void) {
    int c = rw_connector(RW_REALTIME);
    CHECK_ERROR(rw_configure(c, "nonsense"), EINVAL);
    CHECK_ERROR(rw_connect(c), ENOTCONN);
    CHECK(rw_configure(c, valid) == 0);
    CHECK_ERROR(rw_configure(c, "nonsense"), EINVAL);
    CHECK_ERROR(rw_configure(c, ""), EINVAL);
    CHECK_ERROR(rw_configure(c, NULL), EINVAL);
    CHECK(rw_connect(c) == 0);
    uint32_t out = 17;
    uint32_t in = 0;
    CHECK(rw_put(c, "give", &out, sizeof out) == 0);
    CHECK(rw_get(c, "take", &in, sizeof in) == 0);
    CHECK(rw_sync(c) == 0);
    CHECK(in == 17);
    CHECK(rw_close(c, NULL) == 0);
}

static void the_last_one_counts(void) {
    int c = rw_connector(RW_REALTIME);
    char* text = strdup(
        "self amy;\nconnector other { peer amy = \"127.0.0.1:1\" { in<u8> first; out<u8> second; "
        "}\n"
        "    new pass(amy.first, amy.second); }\n"
        "primitive pass(in<u8> a, out<u8> b) { while (true) sync put(b, get(a)); }\n");
    unsigned char byte = 3;
    CHECK(rw_configure(c, valid) == 0);
    CHECK(rw_configure(c, text) == 0);
    memset(text, '?', strlen(text)); /* it stays the caller's */
    free(text);
    CHECK(rw_connect(c) == 0);
    CHECK_ERROR(rw_put(c, "give", &byte, 4), ENOENT);
    CHECK(rw_put(c, "first", &byte, 1) == 0);
    CHECK(rw_get(c, "second", &byte, 1) == 0);
    CHECK(rw_sync(c) == 0);
    CHECK(rw_close(c, NULL) == 0);
}

static void hostile_texts(void) {
    size_t size = 1 << 20;
    char* text = malloc(size + 1);
    char out[TEXT_SIZE];
    const char* fillings[] = {"(", "{", "sync ", "\"", "/*", "a", "in<", "!", "\n", "0"};
    for (size_t i = 0; i < sizeof fillings / sizeof *fillings; ++i) {
        size_t step = strlen(fillings[i]);
        for (size_t at = 0; at < size; ++at) text[at] = fillings[i][at % step];
        text[size] = '\0';
        CHECK(rw_checkdesc(text, out, sizeof out) > 0);
    }
    free(text);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(nothing_wrong),           CASE(port_0),
        CASE(where_it_is_wrong),       CASE(several_errors_at_once),
        CASE(as_snprintf_does),        CASE(empty_and_missing),
        CASE(refused_changes_nothing), CASE(the_last_one_counts),
        CASE(hostile_texts),
    };
    return RUN_CASES(argc, argv, cases);
}
