/* SPDX-License-Identifier: MIT */
/* Values of every type, through a connector between two peers. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

static const char* names[] = {"amy", "bob"};
#define PASS(name, type)                                    \
    "primitive pass" name "(in<" type "> a, out<" type      \
    "> b) {\n"                                              \
    "    while (true) sync if (fires(a)) put(b, get(a));\n" \
    "}\n"
#define ADD(type)                                               \
    "primitive add_" type "(in<" type "> a, out<" type          \
    "> b) {\n"                                                  \
    "    while (true) sync if (fires(a)) put(b, get(a) + 1);\n" \
    "}\n"
static const char body[] =
    "connector all_types {\n"
    "    peer amy = \"$\" {\n"
    "        in<bool> flag; in<char> letter; in<u8> u8s; in<u16> u16s; in<u32> u32s; in<u64> "
    "u64s;\n"
    "        in<s8> s8s; in<s16> s16s; in<s32> s32s; in<s64> s64s;\n"
    "        in<string> text; in<u8[]> bytes; in<u32[]> numbers; in<string[]> texts;\n"
    "        in<bool[]> flags; in<u8[][]> nested;\n"
    "    }\n"
    "    peer bob = \"$\" {\n"
    "        out<bool> to_flag; out<char> to_letter;\n"
    "        out<u8> to_u8s; out<u16> to_u16s; out<u32> to_u32s; out<u64> to_u64s;\n"
    "        out<s8> to_s8s; out<s16> to_s16s; out<s32> to_s32s; out<s64> to_s64s;\n"
    "        out<string> to_text; out<u8[]> to_bytes; out<u32[]> to_numbers;\n"
    "        out<string[]> to_texts; out<bool[]> to_flags; out<u8[][]> to_nested;\n"
    "    }\n"
    "    new pass_bool(amy.flag, bob.to_flag);\n"
    "    new pass_char(amy.letter, bob.to_letter);\n"
    "    new add_u8(amy.u8s, bob.to_u8s);\n"
    "    new add_u16(amy.u16s, bob.to_u16s) at bob;\n"
    "    new add_u32(amy.u32s, bob.to_u32s);\n"
    "    new add_u64(amy.u64s, bob.to_u64s) at bob;\n"
    "    new add_s8(amy.s8s, bob.to_s8s);\n"
    "    new add_s16(amy.s16s, bob.to_s16s) at bob;\n"
    "    new add_s32(amy.s32s, bob.to_s32s);\n"
    "    new add_s64(amy.s64s, bob.to_s64s) at bob;\n"
    "    new pass_string(amy.text, bob.to_text);\n"
    "    new pass_bytes(amy.bytes, bob.to_bytes) at bob;\n"
    "    new pass_numbers(amy.numbers, bob.to_numbers);\n"
    "    new pass_strings(amy.texts, bob.to_texts) at bob;\n"
    "    new pass_bools(amy.flags, bob.to_flags);\n"
    "    new pass_nested(amy.nested, bob.to_nested);\n"
    "}\n" PASS("_bool", "bool") PASS("_char", "char") PASS("_string", "string")
        PASS("_bytes", "u8[]") PASS("_numbers", "u32[]") PASS("_strings", "string[]")
            PASS("_bools", "bool[]") PASS("_nested", "u8[][]") ADD("u8") ADD("u16") ADD("u32")
                ADD("u64") ADD("s8") ADD("s16") ADD("s32") ADD("s64");

/* One value goes out through `port` of amy's, and another one of `size` bytes comes in at bob's. */
static void send_value(const struct peers* peers, const char* port, const char* to,
                       const void* value, size_t size, const void* expected, size_t expected_size) {
    static unsigned char room[1 << 16];
    memset(room, '#', sizeof room);
    CHECK(rw_put(peers->connectors[0], port, value, size) == 0);
    /* Exactly the size: of a scalar no other is allowed. */
    CHECK(rw_get(peers->connectors[1], to, room, expected_size) == 0);
    CHECK_ROUND(peers, 0);
    CHECK(rw_length(peers->connectors[1], to) == (long)expected_size);
    CHECK(memcmp(room, expected, expected_size) == 0);
    CHECK(room[expected_size] == '#');
}

#define INCREMENTS(peers, type, name, from, to)                                                \
    do {                                                                                       \
        type value = (from);                                                                   \
        type expected = (to);                                                                  \
        send_value(peers, name, "to_" name, &value, sizeof value, &expected, sizeof expected); \
        CHECK_ERROR(rw_put((peers)->connectors[0], name, &value, sizeof value + 1), EMSGSIZE); \
        CHECK_ERROR(rw_put((peers)->connectors[0], name, &value, sizeof value - 1), EMSGSIZE); \
    } while (0)

/* In the host's byte order, so that C and the protocol agree about what a number is. */
static void scalars(void) {
    struct peers peers = CONNECTED(names, body);
    for (unsigned char flag = 0; flag < 2; ++flag) {
        send_value(&peers, "flag", "to_flag", &flag, 1, &flag, 1);
    }
    const unsigned char letters[] = {'a', 0, 0x7F, 0x80, 0xFF};
    for (size_t i = 0; i < sizeof letters; ++i) {
        send_value(&peers, "letter", "to_letter", &letters[i], 1, &letters[i], 1);
    }
    INCREMENTS(&peers, uint8_t, "u8s", 0x41, 0x42);
    INCREMENTS(&peers, uint8_t, "u8s", UINT8_MAX, 0);
    INCREMENTS(&peers, uint16_t, "u16s", 0x12FF, 0x1300);
    INCREMENTS(&peers, uint16_t, "u16s", UINT16_MAX, 0);
    INCREMENTS(&peers, uint32_t, "u32s", 0x12FFFFFF, 0x13000000);
    INCREMENTS(&peers, uint32_t, "u32s", UINT32_MAX, 0);
    INCREMENTS(&peers, uint64_t, "u64s", UINT64_C(0x12FFFFFFFFFFFFFF),
               UINT64_C(0x1300000000000000));
    INCREMENTS(&peers, uint64_t, "u64s", UINT64_MAX, 0);
    INCREMENTS(&peers, int8_t, "s8s", -1, 0);
    INCREMENTS(&peers, int8_t, "s8s", INT8_MAX, INT8_MIN);
    INCREMENTS(&peers, int16_t, "s16s", -300, -299);
    INCREMENTS(&peers, int16_t, "s16s", INT16_MAX, INT16_MIN);
    INCREMENTS(&peers, int32_t, "s32s", -1000000, -999999);
    INCREMENTS(&peers, int32_t, "s32s", INT32_MAX, INT32_MIN);
    INCREMENTS(&peers, int64_t, "s64s", INT64_MIN, INT64_MIN + 1);
    INCREMENTS(&peers, int64_t, "s64s", INT64_MAX, INT64_MIN);
    end_peers(&peers);
}

#define SEND_SAME(peers, port, value, size) \
    send_value(peers, port, "to_" port, value, size, value, size)

/* A string and bytes are themselves, without a count or a terminating zero. */
static void texts_and_bytes(void) {
    struct peers peers = CONNECTED(names, body);
    static unsigned char large[60000];
    const char* texts[] = {"", "a", "Gr\xc3\xbc\xc3\x9f (\xe2\x82\xac \xf0\x9f\x90\xba"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        SEND_SAME(&peers, "text", texts[i], strlen(texts[i]));
        SEND_SAME(&peers, "bytes", texts[i], strlen(texts[i]));
    }
    SEND_SAME(&peers, "text", "with a zero\0inside", 18);
    SEND_SAME(&peers, "bytes", "\0\xff\x80", 3);
    for (size_t i = 0; i < sizeof large; ++i) large[i] = (unsigned char)(i * 7 + i / 256);
    SEND_SAME(&peers, "bytes", large, sizeof large);
    end_peers(&peers);
}

/* The wire encoding: a little-endian u32 count, then the elements, which have theirs. */
static void arrays(void) {
    struct peers peers = CONNECTED(names, body);
    SEND_SAME(&peers, "numbers", "\0\0\0\0", 4);
    SEND_SAME(&peers, "numbers", "\2\0\0\0\1\2\3\4\xff\0\0\0", 12);
    SEND_SAME(&peers, "texts", "\0\0\0\0", 4);
    SEND_SAME(&peers, "texts", "\3\0\0\0\0\0\0\0\2\0\0\0ab\1\0\0\0c", 19);
    SEND_SAME(&peers, "flags", "\2\0\0\0\1\0", 6);
    SEND_SAME(&peers, "nested", "\1\0\0\0\3\0\0\0\xff\0\x80", 11);
    end_peers(&peers);
}

static void malformed_arrays(void) {
    struct peers peers = CONNECTED(names, body);
    static const struct {
        const char* port;
        const char* bytes;
        size_t size;
    } malformed[] = {
        {"numbers", "", 0},
        {"numbers", "\0\0\0", 3},
        {"numbers", "\1\0\0\0\1\2\3", 7},
        {"numbers", "\1\0\0\0\1\2\3\4\5", 9},
        {"numbers", "\xff\xff\xff\xff\1\2\3\4", 8},
        {"texts", "\1\0\0\0", 4},
        {"texts", "\1\0\0\0\5\0\0\0abc", 11},
        {"texts", "\xff\xff\xff\x7f\0\0\0\0", 8},
        {"texts", "\1\0\0\0\1\0\0\0\xff", 9},
        {"flags", "\2\0\0\0\1\2", 6},
        {"nested", "\1\0\0\0\xff\xff\xff\xff", 8},
    };
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; ++i) {
        CHECK_ERROR(
            rw_put(peers.connectors[0], malformed[i].port, malformed[i].bytes, malformed[i].size),
            EINVAL);
        CHECK_TEXT(rw_error(peers.connectors[0]), malformed[i].port);
    }
    CHECK_ROUND(&peers, 0); /* nothing is prepared */
    end_peers(&peers);
}

/* A value that is longer than the room for it makes the round no worse. */
static void longer_than_the_room(void) {
    struct peers peers = CONNECTED(names, body);
    int bob = peers.connectors[1];
    char room[16] = "................";
    char whole[16] = "................";
    CHECK(rw_put(peers.connectors[0], "text", "0123456789", 10) == 0);
    CHECK(rw_get(bob, "to_text", room, 4) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(memcmp(room, "0123....", 8) == 0);
    CHECK(rw_length(bob, "to_text") == 10);
    CHECK(rw_decide(bob, "to_text", whole, 2) == 1);
    CHECK(memcmp(whole, "01......", 8) == 0);
    CHECK(rw_decide(bob, "to_text", whole, sizeof whole) == 1);
    CHECK(memcmp(whole, "0123456789......", sizeof whole) == 0);

    CHECK(rw_put(peers.connectors[0], "text", "xyz", 3) == 0);
    CHECK(rw_get(bob, "to_text", room, 0) == 0); /* no room at all */
    CHECK_ROUND(&peers, 0);
    CHECK(room[0] == '0' && rw_length(bob, "to_text") == 3);
    CHECK(rw_decide(bob, "to_text", whole, sizeof whole) == 1);
    CHECK(memcmp(whole, "xyz3456789......", sizeof whole) == 0);

    CHECK_ROUND(&peers, 0); /* and then it is gone */
    CHECK(rw_length(bob, "to_text") == 0);
    CHECK(rw_decide(bob, "to_text", whole, sizeof whole) == 0);
    CHECK(whole[0] == 'x');
    end_peers(&peers);
}

/* Large ones, round after round, both ways at once: what one round brought is there until the next
 * one is over, while other values come. */
static const char large_body[] =
    "connector large {\n"
    "    peer amy = \"$\" { in<string> give; out<u8[]> take; }\n"
    "    peer bob = \"$\" { in<u8[]> give; out<string> take; }\n"
    "    new pass_text(amy.give, bob.take) at amy;\n"
    "    new pass_bytes(bob.give, amy.take) at bob;\n"
    "}\n"
    "primitive pass_text(in<string> a, out<string> b) { while (true) sync put(b, get(a)); }\n"
    "primitive pass_bytes(in<u8[]> a, out<u8[]> b) { while (true) sync put(b, get(a)); }\n";

static void fill(char* room, size_t size, size_t seed) {
    for (size_t i = 0; i < size; ++i) room[i] = (char)('a' + (seed + i / 7 + i % 11) % 26);
}

static void large_round_after_round(void) {
    enum { ROUNDS = 24, LARGE = 1 << 20 };
    struct peers peers = CONNECTED(names, large_body);
    char *given[2], *taken[2];
    for (int i = 0; i < 2; ++i) {
        given[i] = malloc(LARGE);
        taken[i] = malloc(LARGE);
        CHECK(given[i] && taken[i]);
    }
    for (size_t round = 0; round < ROUNDS; ++round) {
        /* Some are alike, and some are not. */
        const size_t sizes[2] = {round % 5 == 4 ? 100000 + round : LARGE - round % 3,
                                 round % 7 == 6 ? round : LARGE / 2 + round % 2};
        for (int i = 0; i < 2; ++i) {
            fill(given[i], sizes[i], round * 2 + (size_t)i);
            CHECK(rw_put(peers.connectors[i], "give", given[i], sizes[i]) == 0);
            CHECK(rw_get(peers.connectors[i], "take", taken[i], LARGE) == 0);
        }
        CHECK_ROUND(&peers, 0);
        for (int i = 0; i < 2; ++i) {
            CHECK(rw_length(peers.connectors[i], "take") == (long)sizes[1 - i]);
            CHECK(memcmp(taken[i], given[1 - i], sizes[1 - i]) == 0);
            memset(taken[i], '#', LARGE);
            CHECK(rw_decide(peers.connectors[i], "take", taken[i], LARGE) == 1);
            CHECK(memcmp(taken[i], given[1 - i], sizes[1 - i]) == 0);
        }
    }
    end_peers(&peers);
    for (int i = 0; i < 2; ++i) {
        free(given[i]);
        free(taken[i]);
    }
}

/* The limit of 64 MiB: up to there it works, above it nothing is sent. */
static void very_large(void) {
    struct peers peers = CONNECTED(names, body);
    size_t limit = (size_t)64 << 20;
    char* value = malloc(limit + 1);
    char* room = malloc(limit);
    CHECK(value && room);
    memset(value, 'x', limit + 1);
    CHECK_ERROR(rw_put(peers.connectors[0], "text", value, limit + 1), EMSGSIZE);
    CHECK_ERROR(rw_put(peers.connectors[0], "bytes", value, limit + 1), EMSGSIZE);
    CHECK_ERROR(rw_put(peers.connectors[0], "bytes", value, SIZE_MAX), EMSGSIZE);
    CHECK_ERROR(rw_put(peers.connectors[0], "numbers", value, SIZE_MAX / 2), EMSGSIZE);
    CHECK_ROUND(&peers, 0);
    CHECK(rw_length(peers.connectors[1], "to_bytes") == 0);

    value[limit - 1] = 'y';
    CHECK(rw_put(peers.connectors[0], "bytes", value, limit) == 0);
    CHECK(rw_get(peers.connectors[1], "to_bytes", room, limit) == 0);
    CHECK_ROUND(&peers, 0);
    CHECK(rw_length(peers.connectors[1], "to_bytes") == (long)limit);
    CHECK(memcmp(room, value, limit) == 0);
    free(value);
    free(room);
    end_peers(&peers);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(scalars),          CASE(texts_and_bytes),      CASE(arrays),
        CASE(malformed_arrays), CASE(longer_than_the_room), CASE(large_round_after_round),
        CASE(very_large),
    };
    return RUN_CASES(argc, argv, cases);
}
