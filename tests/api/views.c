/* SPDX-License-Identifier: MIT */
/* Peers that do not hold the same text: the connector is what their views make together. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

#define FIFO                                                               \
    "primitive fifo1(in<string> a, out<string> b) {\n"                     \
    "    string held = \"\"; bool full = false;\n"                         \
    "    while (true) sync {\n"                                            \
    "        if (!full && fires(a)) { held = get(a); full = true; }\n"     \
    "        else if (full && fires(b)) { put(b, held); full = false; }\n" \
    "    }\n"                                                              \
    "}\n"
#define PASS                                                                                \
    "primitive pass(in<string> a, out<string> b) { while (true) sync if (fires(a)) put(b, " \
    "get(a)); }\n"
/* Different definitions under one name, in different texts. */
#define SHOUT                                                                                      \
    "primitive pass(in<string> a, out<string> b) { while (true) sync if (fires(a)) put(b, get(a) " \
    "@ \"!\"); }\n"

#define PEER(name, ports) "    peer " name " = \"$\" { " ports " }\n"
#define TALK "in<string> say; out<string> hear;"
#define AMY(links, rest)                                         \
    "connector amys {\n" PEER("amy", TALK) PEER("bob", "") links \
        "    new pass(amy.say, outgoing);\n    new pass(incoming, amy.hear);\n}\n" rest
#define BOB(links, rest)                                         \
    "connector bobs {\n" PEER("amy", "") PEER("bob", TALK) links \
        "    new pass(bob.say, outgoing);\n    new pass(incoming, bob.hear);\n}\n" rest
#define AMYS_LINKS                                                                     \
    "    link out<string> outgoing -> bob.incoming;\n    link in<string> incoming <- " \
    "bob.outgoing;\n"
#define BOBS_LINKS                                                                     \
    "    link in<string> incoming <- amy.outgoing;\n    link out<string> outgoing -> " \
    "amy.incoming;\n"

/* Peers with a text each. */
static struct peers peers_with(int count, const char* names[], const char* bodies[]) {
    struct peers peers = {.count = count};
    find_addresses(peers.addresses, count);
    for (int i = 0; i < count; ++i) {
        peers.names[i] = names[i];
        peers.connectors[i] = rw_connector(RW_REALTIME);
        CHECK(peers.connectors[i] >= 0);
        peers.texts[i] = describe(names[i], bodies[i], peers.addresses);
        if (rw_configure(peers.connectors[i], peers.texts[i]) != 0) {
            check_failed(__FILE__, __LINE__, names[i], rw_error(peers.connectors[i]));
        }
    }
    return peers;
}

static void say(int connector, const char* port, const char* text) {
    CHECK(rw_put(connector, port, text, strlen(text)) == 0);
}

/* From each of the first two to the other. */
static void talk(const struct peers* peers, const char* at_bob, const char* at_amy) {
    char heard[2][16] = {"", ""};
    say(peers->connectors[0], "say", "hello");
    say(peers->connectors[1], "say", "hi");
    for (int i = 0; i < 2; ++i) {
        CHECK(rw_get(peers->connectors[i], "hear", heard[i], sizeof heard[i]) == 0);
    }
    CHECK_ROUND(peers, 0);
    CHECK(strcmp(heard[1], at_bob) == 0);
    CHECK(strcmp(heard[0], at_amy) == 0);
}

static const char* two[] = {"amy", "bob"};

static void two_views(void) {
    const char* bodies[] = {AMY(AMYS_LINKS, PASS), BOB(BOBS_LINKS, SHOUT)};
    struct peers peers = peers_with(2, two, bodies);
    connect_peers(&peers);
    for (int i = 0; i < 20; ++i) talk(&peers, "hello!", "hi!");
    end_peers(&peers);
}

/* Every peer fails, and is told the same. */
static void check_disagreement(const char* amys, const char* bobs, const char* expected[]) {
    const char* bodies[] = {amys, bobs};
    struct peers peers = peers_with(2, two, bodies);
    struct call calls[2];
    for (int i = 0; i < 2; ++i) begin(&calls[i], rw_connect, peers.connectors[i]);
    for (int i = 0; i < 2; ++i) {
        finish(&calls[i]);
        CHECK(calls[i].result == -1);
        if (calls[i].code != EPROTONOSUPPORT) check_failed(__FILE__, __LINE__, "", calls[i].text);
        for (int each = 0; expected[each]; ++each) {
            if (!strstr(calls[i].text, expected[each])) {
                check_failed(__FILE__, __LINE__, expected[each], calls[i].text);
            }
        }
    }
    end_peers(&peers);
}

static void what_does_not_fit_is_explained_to_both(void) {
    check_disagreement(
        AMY(AMYS_LINKS, PASS),
        BOB("    link in<string> coming <- amy.outgoing;\n    link out<string> outgoing -> "
            "amy.incoming;\n"
            "    link in<string> incoming <- amy.nothing;\n",
            PASS),
        (const char*[]){"'amy' has 'link out<string> outgoing -> bob.incoming'",
                        "that one leads elsewhere",
                        "'bob' has 'link in<string> incoming <- amy.nothing'",
                        "description of 'amy':5:22", "description of 'bob':7:21", NULL});
    check_disagreement(
        "connector a {\n" PEER("amy", TALK) PEER("bob", "")
        "    link out<string> outgoing -> bob.incoming;\n    new pass(amy.say, outgoing);\n}\n" PASS,
        "connector b {\n" PEER("amy", "") PEER("bob", TALK)
        "    link in<string> other <- amy.outgoing;\n    new pass(other, bob.hear);\n}\n" PASS,
        (const char*[]){"'amy' has 'link out<string> outgoing -> bob.incoming', and 'bob' has no link 'incoming'",
                        "description of 'amy':5:22", NULL});
    check_disagreement(
        "connector a {\n" PEER("amy", TALK)
            PEER("bob",
                 "") "    link out<string> one -> bob.two;\n    new pass(amy.say, one);\n}\n" PASS,
        "connector b {\n" PEER("amy", "") PEER(
            "bob",
            TALK) "    link out<string> two -> amy.one;\n    new pass(bob.say, two);\n}\n" PASS,
        (const char*[]){"both have the same direction", NULL});
    check_disagreement(
        "connector a {\n" PEER("amy", "in<u32> give;") PEER("bob", "")
        "    link out<u32> one -> bob.two;\n    new pass(amy.give, one);\n}\n"
        "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n",
        "connector b {\n" PEER("amy", "") PEER("bob", "out<u64> take;")
        "    link in<u64> two <- amy.one;\n    new pass(two, bob.take);\n}\n"
        "primitive pass(in<u64> a, out<u64> b) { while (true) sync put(b, get(a)); }\n",
        (const char*[]){"the types differ", "link out<u32> one -> bob.two", "link in<u64> two <- amy.one", NULL});
    check_disagreement(
        "struct Pair { u32 a, u32 b }\nconnector a {\n" PEER("amy", "in<Pair> give;") PEER("bob", "")
        "    link out<Pair> one -> bob.two;\n    new pass(amy.give, one);\n}\n"
        "primitive pass(in<Pair> a, out<Pair> b) { while (true) sync put(b, get(a)); }\n",
        "struct Pair { u32 a, u16 b }\nconnector b {\n" PEER("amy", "") PEER("bob", "out<Pair> take;")
        "    link in<Pair> two <- amy.one;\n    new pass(two, bob.take);\n}\n"
        "primitive pass(in<Pair> a, out<Pair> b) { while (true) sync put(b, get(a)); }\n",
        (const char*[]){"what they call by the same name is built differently", NULL});
    /* A view says nothing of another peer's ports. */
    check_disagreement(
        "connector a {\n" PEER("amy", TALK) PEER("bob", TALK)
        "    link out<string> outgoing -> bob.incoming;\n    new pass(amy.say, outgoing);\n}\n" PASS,
        BOB(BOBS_LINKS, PASS),
        (const char*[]){"'bob' has ports in the text of 'amy', which is another than its own", NULL});
    check_disagreement(
        "connector a {\n" PEER("amy", TALK) PEER("bob", "") "    peer cat = \"127.0.0.1:1\";\n"
        "    link out<string> outgoing -> bob.incoming;\n    new pass(amy.say, outgoing);\n}\n" PASS,
        BOB(BOBS_LINKS, PASS),
        (const char*[]){"the views of 'amy' and 'bob' name different peers", NULL});
}

/* Amy and cat share a text, which leads out to bob; a fourth one has nothing to do with them. */
#define SHARED \
    "connector shared {\n" PEER("amy", TALK) PEER("bob", "") PEER("cat", "out<string> copy;") PEER("dan", "") \
    "    link out<string> outgoing -> bob.incoming;\n    link in<string> incoming <- bob.outgoing;\n" \
    "    new twice(amy.say, outgoing, cat.copy);\n    new pass(incoming, amy.hear);\n}\n" PASS \
    "primitive twice(in<string> a, out<string> b, out<string> c) {\n" \
    "    while (true) sync if (fires(a)) { string said = get(a); put(b, said); put(c, said); }\n}\n"
#define BOBS_SHARE(at) \
    "connector bobs {\n" PEER("amy", "") PEER("bob", TALK) PEER("cat", "") PEER("dan", "") \
    "    link in<string> incoming <- cat.outgoing;\n    link out<string> outgoing -> amy.incoming;\n" \
    "    new pass(bob.say, outgoing)" at ";\n    new pass(incoming, bob.hear);\n}\n" PASS
#define DANS                                                                   \
    "connector dans {\n" PEER("amy", "") PEER("bob", "") PEER("cat", "") PEER( \
        "dan", "in<string> note; out<string> kept;") "    new pass(dan.note, dan.kept);\n}\n" PASS

static void some_share_a_text(const char* bobs) {
    const char* names[] = {"amy", "bob", "cat", "dan"};
    const char* bodies[] = {SHARED, bobs, SHARED, DANS};
    struct peers peers = peers_with(4, names, bodies);
    connect_peers(&peers);
    for (int i = 0; i < 10; ++i) {
        char copy[16] = "", kept[16] = "";
        CHECK(rw_get(peers.connectors[2], "copy", copy, sizeof copy) == 0);
        say(peers.connectors[3], "note", "milk");
        CHECK(rw_get(peers.connectors[3], "kept", kept, sizeof kept) == 0);
        talk(&peers, "hello", "hi");
        CHECK(strcmp(copy, "hello") == 0);
        CHECK(strcmp(kept, "milk") == 0);
    }
    end_peers(&peers);
}

/* Protocols that end, and what comes after them. */
#define ONCE(text) \
    "primitive once(in<string> a, out<string> b) { sync put(b, get(a) @ \"" text "\"); }\n"
#define AMY_ONCE(text) \
    "connector amys {\n" PEER("amy", "in<string> say;") PEER("bob", "") \
    "    link out<string> outgoing -> bob.incoming;\n    new once(amy.say, outgoing);\n}\n" ONCE(text)
#define BOB_ONCE(type)                           \
    "connector bobs {\n" PEER("amy", "") PEER(   \
        "bob",                                   \
        "out<string> hear;") "    link in<" type \
                             "> incoming <- amy.outgoing;\n    new once(incoming, bob.hear);\n}\n"

static void check_once(const struct peers* peers, const char* expected) {
    char heard[16] = "";
    say(peers->connectors[0], "say", "a");
    CHECK(rw_get(peers->connectors[1], "hear", heard, sizeof heard) == 0);
    CHECK_ROUND(peers, 1);
    CHECK(strcmp(heard, expected) == 0);
}

static void propose(struct peers* peers, int who, const char* body) {
    char* text = describe(peers->names[who], body, peers->addresses);
    if (rw_configure(peers->connectors[who], text) != 0) {
        check_failed(__FILE__, __LINE__, peers->names[who], rw_error(peers->connectors[who]));
    }
    free(text);
}

static void expired_views_are_renewed(void) {
    const char* bodies[] = {AMY_ONCE("1"), BOB_ONCE("string") ONCE("2")};
    struct peers peers = peers_with(2, two, bodies);
    connect_peers(&peers);
    check_once(&peers, "a12");
    check_once(&peers, "a12"); /* the last one again */
    propose(&peers, 0, AMY_ONCE("3"));
    check_once(&peers, "a32"); /* bob keeps his */
    propose(&peers, 1, BOB_ONCE("string") ONCE("4"));
    propose(&peers, 0, AMY_ONCE("5"));
    check_once(&peers, "a54");

    /* What does not fit is refused, until it does. */
    propose(&peers, 1, BOB_ONCE("u8") "primitive once(in<u8> a, out<string> b) { sync { u8 x = get(a); put(b, \"\"); } }\n");
    say(peers.connectors[0], "say", "a");
    const char* why = FAILED_ROUND(&peers, EPROTONOSUPPORT);
    CHECK(strstr(why, "the types differ"));
    propose(&peers, 1, BOB_ONCE("string") ONCE("6"));
    check_once(&peers, "a56");

    /* One text for both takes the place of the views, and the other way round. */
    const char* global = "connector both {\n" PEER("amy", "in<string> say;")
        PEER("bob", "out<string> hear;") "    new once(amy.say, bob.hear);\n}\n" ONCE("7");
    propose(&peers, 0, global);
    check_once(&peers, "a7");
    propose(&peers, 0, AMY_ONCE("8"));
    say(peers.connectors[0], "say", "a");
    FAILED_ROUND(&peers, EPROTONOSUPPORT); /* bob's is the text for both */
    propose(&peers, 1, BOB_ONCE("string") ONCE("9"));
    check_once(&peers, "a89");
    end_peers(&peers);
}

#define ASKING(amys, bobs, amy_ports, bob_ports, rest)                                           \
    "connector asking {\n    peer amy = \"" amys "$\" { " amy_ports " }\n    peer bob = \"" bobs \
    "$\" { " bob_ports " }\n" rest
#define AMY_ASKING(amys, bobs)   \
    ASKING(amys, bobs, TALK, "", \
           AMYS_LINKS            \
           "    new pass(amy.say, outgoing);\n    new pass(incoming, amy.hear);\n}\n" PASS)
#define BOB_ASKING(amys, bobs)   \
    ASKING(amys, bobs, "", TALK, \
           BOBS_LINKS            \
           "    new pass(bob.say, outgoing);\n    new pass(incoming, bob.hear);\n}\n" PASS)

/* Each asks for another transport, and whoever dials first does not decide which. */
static void transports_that_contradict(void) {
    check_disagreement(
        AMY_ASKING("", "tcp://"), BOB_ASKING("", "shm://"),
        (const char*[]){"'amy' asks for tcp://, but 'bob' for shm://", "description of 'amy':4:16",
                        "description of 'bob':4:16", NULL});
    check_disagreement(AMY_ASKING("shm://", ""), BOB_ASKING("tcp://", ""),
                       (const char*[]){"'amy' asks for shm://, but 'bob' for tcp://", NULL});

    /* Where neither lets the other in, the texts cannot be compared. */
    const char* bodies[] = {AMY_ASKING("shm://", ""), BOB_ASKING("", "tcp://")};
    const char* reasons[] = {"tcp:// is asked for there", "shared memory (shm://) only"};
    struct peers peers = peers_with(2, two, bodies);
    struct call calls[2];
    for (int i = 0; i < 2; ++i) {
        CHECK(rw_timeout(peers.connectors[i], 500) == 0);
        begin(&calls[i], rw_connect, peers.connectors[i]);
    }
    for (int i = 0; i < 2; ++i) {
        finish(&calls[i]);
        CHECK(calls[i].result == -1);
        if (calls[i].code != EPROTONOSUPPORT) check_failed(__FILE__, __LINE__, "", calls[i].text);
        CHECK_TEXT(calls[i].text, reasons[i]);
    }
    end_peers(&peers);
}

/* A stranger's view may not keep others busy for ever. */
static void costly_views(void) {
    static const char* costs[] = {
        "u32 x = 0; while (true) x = x + 1;",                  /* that never ends */
        "while (true) new one(); ",                            /* of endlessly many components */
        "string s = \"0123456789\"; while (true) s = s @ s; ", /* endlessly large */
    };
    for (size_t i = 0; i < sizeof costs / sizeof *costs; ++i) {
        char body[4096];
        snprintf(body, sizeof body,
                 "connector a {\n" PEER("amy", TALK) PEER("bob", "")
                 "    link out<string> outgoing -> bob.incoming;\n    %s\n}\n"
                 "primitive one() { sync {} }\n",
                 costs[i]);
        int connector = rw_connector(RW_REALTIME);
        address addresses[2];
        find_addresses(addresses, 2);
        char* text = describe("amy", body, addresses);
        CHECK(rw_configure(connector, text) == -1 && errno == EINVAL);
        free(text);
        CHECK(rw_close(connector, NULL) == 0);
    }
}

static void some_share_one(void) {
    some_share_a_text(BOBS_SHARE(""));
}

static void at_a_peer_with_another_text(void) {
    some_share_a_text(BOBS_SHARE(" at dan"));
}

int main(int argc, char** argv) {
    const struct test_case cases[] = {
        CASE(two_views),
        CASE(what_does_not_fit_is_explained_to_both),
        CASE(some_share_one),
        CASE(at_a_peer_with_another_text),
        CASE(expired_views_are_renewed),
        CASE(transports_that_contradict),
        CASE(costly_views),
    };
    return RUN_CASES(argc, argv, cases);
}
