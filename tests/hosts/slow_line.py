# SPDX-License-Identifier: MIT
"""slow_line PROGRAM: three peers, of whom two are behind a line of 1 Mbit/s. Rounds of small values happen;
so does one of values that take longer on the line than a connection may be silent."""

import re
import subprocess
import sys

import peers as hosts
import switches

RATE = "1mbit"
SIZES = {4 << 10: 20, 800_000: 1}  # rounds
PATIENCE_SECONDS = 120
# A round of the large values: both of them go one way at once.
SILENCE_SECONDS = 10


def times_held_back(switch):
    text = subprocess.run(["tc", "-n", switch.middle, "-s", "qdisc", "show", "dev", "far"],
                          check=True, stdout=subprocess.PIPE, text=True).stdout
    return int(re.search(r"overlimits (\d+)", text).group(1))


class SlowSwitch(switches.Switch):
    """Slow before the peers begin: they need not be done by then."""

    def connect(self):
        super().connect()
        self.limit("far", RATE)


def play(switch, peers, rounds):
    for peer in peers:
        if not peer.wait_for("^connected$"):
            return f"'{peer.name}' does not connect"
    for peer in peers:
        if not peer.wait_for(f"^round {rounds} ok", PATIENCE_SECONDS):
            return f"'{peer.name}' does not get to round {rounds}"
    words = {word for peer in peers for word, _ in hosts.outcomes(peer).values()}
    if words != {"ok"}:
        return f"somebody noticed: {words}"
    return None if times_held_back(switch) > 0 else "the line is not slow"


def main():
    for size, rounds in SIZES.items():
        assert size < 100_000 or 2 * size * 8 > 1_000_000 * SILENCE_SECONDS
        status = switches.run(SlowSwitch(["near", "far"]), sys.argv[1], hosts.protocols()["exchange at bob"],
                              {"amy": "far", "bob": "near", "cat": "far"}, size,
                              lambda switch, peers, rounds=rounds: play(switch, peers, rounds))
        if status:
            sys.exit(status)


main()
