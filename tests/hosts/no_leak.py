# SPDX-License-Identifier: MIT
"""no_leak PROGRAM: two peers play many rounds, and their memory does not grow."""

import os
import sys

import peers as hosts

ROUNDS = 20_000
FIRST_LOOK = 5_000
GROWTH_KIB_MAX = 4 << 10


def main():
    # What was freed, the address sanitizer keeps; here it would be taken for growth.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    with hosts.Connector(sys.argv[1], "new exchange(amy.give, bob.give, amy.take, bob.take);",
                         "primitive exchange(in<u8[]> a, in<u8[]> b, out<u8[]> x, out<u8[]> y) {"
                         "    while (true) sync { fork { put(x, get(b)); put(y, get(a)); }"
                         "                        or   { put(y, get(b)); put(x, get(a)); } }"
                         "}", hosts.NAMES[:2], size=100, rounds=ROUNDS) as connector:
        first = []
        for peer in connector.peers:
            if not peer.wait_for(f"^round {FIRST_LOOK} ok"):
                hosts.fail(connector, f"'{peer.name}' does not get to round {FIRST_LOOK}")
            first.append(peer.resident_kib())
        for peer, before in zip(connector.peers, first):
            if not peer.wait_for("^end$", 2 * hosts.PATIENCE_SECONDS):
                hosts.fail(connector, f"'{peer.name}' does not get to round {ROUNDS}")
            after = peer.resident_kib()
            print(f"'{peer.name}' has {before} KiB after about {FIRST_LOOK} rounds, "
                  f"{after} after {ROUNDS}")
            if after - before > GROWTH_KIB_MAX:
                hosts.fail(connector, f"'{peer.name}' grows")
        for peer in connector.peers:
            if not peer.leaves():
                hosts.fail(connector, f"'{peer.name}' does not leave")


main()
