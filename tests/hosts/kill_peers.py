# SPDX-License-Identifier: MIT
"""kill_peers PROGRAM: three peers exchange values, and one of them is killed at some moment. Those
who are left never disagree about a round, and never hang.

Environment: KILL_RUNS (100), KILL_SEED (the time)."""

import os
import random
import re
import signal
import sys
import time

import peers as hosts

SURVIVORS_MAY_FAIL_WITH = ("EPIPE", "ETIMEDOUT")
DELAY_SECONDS_MAX = 0.15
LAST_SEND_MAX = 100


def check_survivor(connector, victim, peer):
    if not peer.wait_for("^end$"):
        hosts.fail(connector, f"'{peer.name}' hangs after '{victim.name}' was killed")
    said = hosts.outcomes(peer)
    word, why = said[max(said)] if said else ("nothing", "")
    if word == "unknown":
        return word
    if word != "failed" or not re.match(r"(\w+)", why).group(1) in SURVIVORS_MAY_FAIL_WITH:
        hosts.fail(connector, f"the last that '{peer.name}' said is {word} {why}")
    if victim.name not in why:
        hosts.fail(connector, f"'{peer.name}' does not say that it was '{victim.name}'")
    return word


def run(program, rng, protocol, size):
    statements, definitions = hosts.protocols()[protocol]
    name = rng.choice(hosts.NAMES)
    # At some moment, or between what it sends to one and to another.
    last_sends = {name: rng.randint(1, LAST_SEND_MAX)} if rng.random() < 0.7 else {}
    with hosts.Connector(program, statements, definitions, size=size,
                         last_sends=last_sends) as connector:
        victim = connector.peers[hosts.NAMES.index(name)]
        if not connector.wait_until_connected():
            hosts.fail(connector, "the peers do not connect")
        if not last_sends:
            time.sleep(rng.uniform(0, DELAY_SECONDS_MAX))
            victim.signal(signal.SIGKILL)
        words = [check_survivor(connector, victim, peer) for peer in connector.peers
                 if peer is not victim]
        for peer in connector.peers:
            if peer is not victim and not peer.leaves():
                hosts.fail(connector, f"'{peer.name}' does not leave")
        victim.end()
        found = hosts.contradictions(connector.peers)
        if found:
            hosts.fail(connector, "\n".join([f"'{victim.name}' was killed {last_sends}"] + found))
        return words, max(hosts.outcomes(connector.peers[0]), default=0)


def main():
    program = sys.argv[1]
    runs = int(os.environ.get("KILL_RUNS", "100"))
    seed = int(os.environ.get("KILL_SEED", time.time_ns() % 2**32))
    print(f"KILL_SEED={seed} KILL_RUNS={runs}", flush=True)
    rng = random.Random(seed)
    names = list(hosts.protocols())
    counts = {"failed": 0, "unknown": 0}
    rounds = 0
    for number in range(runs):
        protocol = names[number % len(names)]
        size = 1 << 20 if number // len(names) % 3 == 2 else 16
        words, played = run(program, rng, protocol, size)
        print(f"run {number}: {protocol}, {size} bytes, {played} rounds: {words}", flush=True)
        rounds += played
        for word in words:
            counts[word] += 1
    print(f"{runs} runs, {rounds} rounds; survivors' last rounds: {counts}")
    if rounds < runs:
        print("FAILED: hardly any round was played")
        sys.exit(1)


main()
