# SPDX-License-Identifier: MIT
"""many_hosts PROGRAM: five and eight peers on as many hosts. Each gives its value to the next one, through a
component at a third. In the middle of their rounds the cables of two are pulled for longer than a connection
may be silent; nobody notices but the clock, and nobody disagrees."""

import sys

import peers as hosts
import switches

NAMES = ("amy", "bob", "cat", "dan", "eve", "fay", "gus", "hal")
COUNTS = (5, 8)
SIZE = 4 << 10
ROUNDS = 20
PULLED_SECONDS = 13
PATIENCE_SECONDS = 60


def around(names):
    """Each one's value goes to the next one, through a component at the one after that."""
    count = len(names)
    return "".join(f"new pass({name}.give, {names[(i + 1) % count]}.take) at {names[(i + 2) % count]};"
                   for i, name in enumerate(names)), hosts.PASS


def play(switch, peers):
    pulled = (NAMES[1], NAMES[4])

    def plug(state):
        for name in pulled:
            switch.plug(name, state)

    wrong = switches.rounds_despite(peers, ROUNDS, lambda: plug("down"), lambda: plug("up"), PULLED_SECONDS,
                                    PATIENCE_SECONDS)
    if wrong:
        return wrong
    # Of a round in which all have had their part: from whom.
    for number, name in enumerate(NAMES[:len(peers)]):
        got = {giver for word, giver in hosts.outcomes(peers[number]).values()}
        if got != {NAMES[number - 1 if number else len(peers) - 1]}:
            return f"'{name}' has got values of {got}"
    return "\n".join(hosts.contradictions(peers)) or None


def main():
    for count in COUNTS:
        names = NAMES[:count]
        status = switches.run(switches.Switch(names), sys.argv[1], around(names), {name: name for name in names},
                              SIZE, play)
        if status:
            sys.exit(status)


main()
