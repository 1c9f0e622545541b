# SPDX-License-Identifier: MIT
"""stop_peer PROGRAM: one of three peers is stopped in the middle of its rounds. If it goes on in
time, so do the rounds; if it does not, the others learn after a minute that it is gone, and nobody disagrees."""

import concurrent.futures
import re
import signal
import sys

import peers as hosts

TIMEOUT_MS = 2000
# More than the time limit, less than the patience with silent peers.
SHORT_SECONDS = 5
# A silent peer is waited for, 10 s until its connection counts as broken and 60 s for another one; who
# waits for an answer may begin to count late.
LONG_SECONDS = 110


class Wrong(Exception):
    pass


def require(holds, text):
    if not holds:
        raise Wrong(text)


def start_and_stop(connector, victim):
    require(connector.wait_until_connected(), "the peers do not connect")
    for peer in connector.peers:
        require(peer.wait_for("^round 20 ok"), f"'{peer.name}' does not get to round 20")
    victim.signal(signal.SIGSTOP)


def goes_on_in_time(connector, victim):
    start_and_stop(connector, victim)
    others = [peer for peer in connector.peers if peer is not victim]
    # Where the one who is asked to cancel is the one who is stopped, that takes longer.
    for peer in others:
        line = peer.wait_for("failed|unknown", SHORT_SECONDS / 2)
        require(not line or "failed ETIMEDOUT" in line, f"'{peer.name}': {line}")
    victim.signal(signal.SIGCONT)
    reached = max(max(hosts.outcomes(peer)) for peer in connector.peers)
    for peer in connector.peers:
        require(peer.wait_for(rf"^round {reached + 20} ok"),
                f"'{peer.name}' does not get to round {reached + 20}")


def stays_away(connector, victim):
    start_and_stop(connector, victim)
    others = [peer for peer in connector.peers if peer is not victim]
    for peer in others:
        require(peer.wait_for("^end$", LONG_SECONDS), f"'{peer.name}' waits for ever")
        word, why = hosts.outcomes(peer)[max(hosts.outcomes(peer))]
        require(word == "unknown" or re.match("EPIPE|ETIMEDOUT", why), f"'{peer.name}': {word} {why}")
    # It finds the others gone.
    victim.signal(signal.SIGCONT)
    require(victim.wait_for("^end$", LONG_SECONDS), f"'{victim.name}' does not notice")
    for peer in connector.peers:
        require(peer.leaves(), f"'{peer.name}' does not leave")


def run(program, scenario, protocol, index, addresses):
    statements, definitions = hosts.protocols()[protocol]
    what = f"{scenario.__name__}, '{hosts.NAMES[index]}', {protocol}"
    with hosts.Connector(program, statements, definitions, size=16, timeout_ms=TIMEOUT_MS,
                         addresses=addresses) as connector:
        victim = connector.peers[index]
        try:
            scenario(connector, victim)
            found = hosts.contradictions(connector.peers) if scenario is stays_away else []
            require(not found, "\n".join(found))
        except Wrong as wrong:
            print(f"FAILED: {what}: {wrong}")
            connector.show_logs(6)
            return False
    print(f"ok      {what}", flush=True)
    return True


def main():
    program = sys.argv[1]
    jobs = [(scenario, protocol, index)
            for scenario in (goes_on_in_time, stays_away)
            for protocol in ("exchange at bob", "either way at cat", "scattered")
            for index in range(len(hosts.NAMES))]
    addresses = hosts.free_addresses(len(hosts.NAMES) * len(jobs))
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        results = [pool.submit(run, program, *job, addresses[3 * number:3 * number + 3])
                   for number, job in enumerate(jobs)]
    sys.exit(0 if all(result.result() for result in results) else 1)


main()
