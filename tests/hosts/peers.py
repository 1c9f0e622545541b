# SPDX-License-Identifier: MIT
"""Peers of a connector as processes, and what their logs say about rounds."""

import os
import queue
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

NAMES = ("amy", "bob", "cat")
# What hangs is ended after this, and is an error.
PATIENCE_SECONDS = 30

BYTES = "in<u8[]> give; out<u8[]> take;"
EXCHANGE = """
primitive exchange(in<u8[]> a, in<u8[]> b, in<u8[]> c, out<u8[]> x, out<u8[]> y, out<u8[]> z) {
    while (true) sync { put(x, get(b)); put(y, get(c)); put(z, get(a)); }
}
"""
# The ways around the circle; which one it is, is open until the round is decided.
EITHER_WAY = """
primitive exchange(in<u8[]> a, in<u8[]> b, in<u8[]> c, out<u8[]> x, out<u8[]> y, out<u8[]> z) {
    while (true) sync {
        fork { put(x, get(b)); put(y, get(c)); put(z, get(a)); }
        or   { put(x, get(c)); put(y, get(a)); put(z, get(b)); }
    }
}
"""
PASS = "primitive pass(in<u8[]> a, out<u8[]> b) { while (true) sync put(b, get(a)); }"
ALL = "amy.give, bob.give, cat.give, amy.take, bob.take, cat.take"


def protocols():
    """By name: the statements of the connector, and the definitions they need."""
    made = {}
    for place in NAMES:
        made[f"exchange at {place}"] = (f"new exchange({ALL}) at {place};", EXCHANGE)
        made[f"either way at {place}"] = (f"new exchange({ALL}) at {place};", EITHER_WAY)
    made["scattered"] = (
        "new pass(amy.give, bob.take) at cat;"
        "new pass(bob.give, cat.take) at amy;"
        "new pass(cat.give, amy.take) at bob;",
        PASS,
    )
    return made


def free_addresses(count):
    """Ports that nobody uses, at an address that only this process uses: connections go out from
    127.0.0.1, and other tests listen elsewhere."""
    place = 127 << 24 | 128 << 16 | (os.getpid() & 0x3FFFFF)
    host = socket.inet_ntoa(place.to_bytes(4, "big"))
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind((host, 0))
    addresses = [f"{host}:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return addresses


class Peer:
    """A process whose lines are gathered as they come."""

    def __init__(self, program, name, description, size, timeout_ms, rounds, die_at_send):
        self.name = name
        self.lines = []
        self.arrived = queue.Queue()
        self.process = subprocess.Popen(
            [program, name, description, str(size), str(timeout_ms), str(rounds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=os.environ | {"DIE_AT_SEND": str(die_at_send)})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            self.arrived.put(line)
        self.arrived.put(None)

    def wait_for(self, pattern, seconds=PATIENCE_SECONDS):
        """The next line that matches, of those that nobody has waited for yet; or None."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self.arrived.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            if line is None:
                self.arrived.put(None)
                return None
            if re.search(pattern, line):
                return line

    def signal(self, number):
        self.process.send_signal(number)

    def let_go(self):
        """The end of standard input: it may leave."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass

    def leaves(self, seconds=PATIENCE_SECONDS):
        """Whether it ends, now that it may, without complaint."""
        self.let_go()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self.reader.join()
        return self.process.returncode == 0

    def end(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.let_go()
        self.process.stdout.close()

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


class Connector:
    """All peers of a description, started; ended at the end of a `with`. `listens`: where, if that is not
    their addresses. `last_sends`: by name of a peer, at the which send it dies. `absent`: who is not started."""

    def __init__(self, program, statements, definitions, names=NAMES, *, size, timeout_ms=-1,
                 rounds=10**9, addresses=None, listens=None, last_sends=None, absent=()):
        self.directory = tempfile.TemporaryDirectory()
        self.peers = []
        where = addresses or free_addresses(len(names))
        if last_sends:  # through shared memory there are hardly any to be seen
            where = [f"tcp://{each}" for each in where]
        listens = [f'listen "{each}"; ' for each in listens] if listens else [""] * len(names)
        declared = "".join(
            f'    peer {name} = "{address}" {{ {listen}{BYTES} }}\n'
            for name, address, listen in zip(names, where, listens))
        body = f"connector played {{\n{declared}    {statements}\n}}\n{definitions}\n"
        for name in names:
            path = os.path.join(self.directory.name, name + ".pdl")
            with open(path, "w", encoding="ascii") as file:
                file.write(f"self {name};\n{body}")
            if name not in absent:
                self.peers.append(Peer(program, name, path, size, timeout_ms, rounds,
                                       (last_sends or {}).get(name, 0)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for peer in self.peers:
            peer.end()
        self.directory.cleanup()

    def wait_until_connected(self):
        for peer in self.peers:
            if not peer.wait_for("^connected$"):
                return False
        return True

    def show_logs(self, lines=12):
        for peer in self.peers:
            print(f"--- {peer.name}, the last of {len(peer.lines)} lines:")
            for line in peer.lines[-lines:]:
                print("   ", line)


def outcomes(peer):
    """Of each round the last that was said about it: ok, failed or unknown, and from whom or why."""
    said = {}
    for line in peer.lines:
        match = re.match(r"round (\d+) (\w+) ?(.*)", line)
        if match:
            said[int(match.group(1))] = (match.group(2), match.group(3))
    return said


def contradictions(peers):
    """What must never be: a round that happened at one peer and did not at another one."""
    found = []
    by_name = {peer.name: outcomes(peer) for peer in peers}
    rounds = sorted(set().union(*by_name.values()))
    for number in rounds:
        said = {name: all_[number] for name, all_ in by_name.items() if number in all_}
        words = {word for word, _ in said.values()}
        if not words <= {"ok", "failed", "unknown"}:
            found.append(f"round {number}: {said}")
        if {"ok", "failed"} <= words:
            found.append(f"round {number} happened at one and failed at another: {said}")
        # Around the circle one way or the other, but not both: nobody's value goes to two.
        givers = [giver for word, giver in said.values() if word == "ok"]
        own = [name for name, (word, giver) in said.items() if word == "ok" and giver == name]
        if len(givers) != len(set(givers)) or own:
            found.append(f"round {number} gave two the same: {said}")
    # Without all there is no round: who went on did so with everybody.
    for number in rounds[:-1]:
        for name, all_ in by_name.items():
            if number in all_ and all_[number][0] == "failed" and number + 1 in all_:
                found.append(f"'{name}' went on after the failed round {number}")
    return found


def fail(connector, text):
    print(f"FAILED: {text}")
    connector.show_logs()
    sys.exit(1)
