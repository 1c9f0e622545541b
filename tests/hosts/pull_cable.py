# SPDX-License-Identifier: MIT
"""pull_cable PROGRAM: peers on two hosts, and a cable between them that is pulled in the middle of their
rounds for longer than silence is taken for life. Nobody notices but the clock."""

import sys
import time

import peers as hosts
import switches

PULLED_SECONDS = 13  # a connection on which nothing comes for 10 s has broken
SIZE = 1 << 20


def play(switch, peers):
    for peer in peers:
        if not peer.wait_for("^connected$"):
            return f"'{peer.name}' does not connect"
    for peer in peers:
        if not peer.wait_for("^round 20 ok"):
            return f"'{peer.name}' does not get to round 20"
    switch.plug("here", "down")
    # Nothing can be waited for: nothing must happen.
    time.sleep(PULLED_SECONDS)
    reached = max(max(hosts.outcomes(peer)) for peer in peers)
    switch.plug("here", "up")
    for peer in peers:
        if not peer.wait_for(rf"^round {reached + 20} ok", 60):
            return f"'{peer.name}' does not go on after round {reached}"
    words = {word for peer in peers for word, _ in hosts.outcomes(peer).values()}
    return None if words == {"ok"} else f"somebody noticed: {words}"


sys.exit(switches.run(switches.Switch(["here", "there"]), sys.argv[1], hosts.protocols()["exchange at bob"],
                      {"amy": "here", "bob": "there", "cat": "here"}, SIZE, play))
