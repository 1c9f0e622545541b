# SPDX-License-Identifier: MIT
"""jump_clock PROGRAM: the wall clocks of three peers jump by hours, ahead and back, in the middle of
their rounds, and while they connect. Nobody notices, and time limits pass in their time. Each peer has a clock
of its own to set, for it may not be allowed to set the system's."""

import os
import re
import signal
import sys
import time

import peers as hosts

TIMEOUT_MS = 20_000
CONNECT_SECONDS = 15
TURNS = 6
ROUNDS = 20
STOPPED_SECONDS = 2.5  # with several heartbeats
WAYS = ((signal.SIGUSR1,), (signal.SIGUSR2, signal.SIGUSR2))


def clock_after(peer, number):
    """What the peer's clock says when it has jumped."""
    peer.signal(number)
    line = peer.wait_for("^clock ")
    return int(line.split()[1]) if line else None


def jump(connector, turn):
    """An hour ahead, next time two hours back, while another peer is stopped, so that there are rounds that
    wait for it."""
    peer = connector.peers[turn // 2 % len(connector.peers)]
    stopped = connector.peers[(turn // 2 + 1) % len(connector.peers)]
    stopped.signal(signal.SIGSTOP)
    told = [clock_after(peer, way) for way in WAYS[turn % 2]]
    # What timers would do must have been done.
    time.sleep(STOPPED_SECONDS)
    stopped.signal(signal.SIGCONT)
    if None in told or abs(told[-1] - time.time()) < 3000:
        return f"the clock of '{peer.name}' does not jump: {told}"
    return None


def play(connector):
    if not connector.wait_until_connected():
        return "the peers do not connect"
    reached = 0
    for turn in range(TURNS):
        for peer in connector.peers:
            if not peer.wait_for(f"^round {reached + ROUNDS} ok"):
                return f"'{peer.name}' does not get to round {reached + ROUNDS} in turn {turn}"
        wrong = jump(connector, turn)
        if wrong:
            return wrong
        reached = max(max(hosts.outcomes(peer), default=0) for peer in connector.peers)
    # Also a time limit that passed is too much, though the round is tried again.
    noticed = [line for peer in connector.peers for line in peer.lines if re.match(r"round \d+ (?!ok)", line)]
    return f"somebody noticed: {noticed}" if noticed else None


def connect_alone(connector):
    """Nobody is there; its time limit is neither over at once nor never."""
    peer = connector.peers[0]
    if not peer.wait_for("^begun$") or not clock_after(peer, signal.SIGUSR1):
        return "it does not begin"
    line = peer.wait_for("connected", STOPPED_SECONDS)
    if line:
        return f"an hour ahead: {line}"
    for _ in range(2):
        clock_after(peer, signal.SIGUSR2)
    return None if peer.wait_for("^not connected", 3 * CONNECT_SECONDS) else "an hour back: it waits for ever"


def main():
    statements, definitions = hosts.protocols()["either way at cat"]
    for scenario, absent in ((play, ()), (connect_alone, ("bob", "cat"))):
        with hosts.Connector(sys.argv[1], statements, definitions, size=16, timeout_ms=TIMEOUT_MS,
                             absent=absent) as connector:
            wrong = scenario(connector)
            if wrong:
                hosts.fail(connector, wrong)


os.environ["CONNECT_TIMEOUT_MS"] = str(1000 * CONNECT_SECONDS)
main()
