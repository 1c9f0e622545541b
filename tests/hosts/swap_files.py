# SPDX-License-Identifier: MIT
"""swap_files PROGRAM DESCRIPTION: the swap of examples/swap among three hosts, which are network
namespaces, over lines of 40 Mbit/s that lose one packet in twenty. In the middle of a large file bob's
cable is pulled for longer than silence is taken for life. All files arrive as they were given, and nobody
has said anything of it. Needs the right to make network namespaces; without it the status is 77."""

import hashlib
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

import switches
from switches import ip

NAMES = ("amy", "bob", "cat")
FILE_BYTES = 24 << 20
PULL_AFTER_BYTES = 6 << 20
PULLED_SECONDS = 13  # a connection on which nothing comes for 10 s has broken
PATIENCE_SECONDS = 240
RATE = "40mbit"
LOSS = """table inet lossy {
    chain incoming {
        type filter hook input priority 0
        meta l4proto tcp numgen random mod 20 < 1 drop
    }
}
"""


class Hosts(switches.Routed):
    def __init__(self):
        super().__init__(NAMES, "10.214")

    def line(self, name, space):
        ip("link", "add", "line", "netns", space, "type", "veth", "peer", "name", name, "netns", self.middle)
        for where, line in ((space, "line"), (self.middle, name)):
            subprocess.run(["tc", "-n", where, "qdisc", "add", "dev", line, "root", "tbf", "rate", RATE,
                            "burst", "64k", "latency", "50ms"], check=True)
        subprocess.run(["ip", "netns", "exec", space, "nft", "-f", "-"], input=LOSS, text=True, check=True)

    def bytes_of(self, name):
        """How many have gone through the line, both ways."""
        shown = subprocess.run(
            ["ip", "netns", "exec", self.spaces[name], "cat",
             "/sys/class/net/line/statistics/rx_bytes", "/sys/class/net/line/statistics/tx_bytes"],
            check=True, capture_output=True, text=True).stdout
        return sum(map(int, shown.split()))

    def sent_again(self, name):
        shown = subprocess.run(["ip", "netns", "exec", self.spaces[name], "nstat", "-asz"],
                               check=True, capture_output=True, text=True).stdout
        return next(int(line.split()[1]) for line in shown.splitlines()
                    if line.startswith("TcpRetransSegs"))


class Peer:
    def __init__(self, hosts, program, folder, name):
        self.given, self.taken = folder / f"{name}.given", folder / f"{name}.taken"
        self.given.write_bytes(random.Random(name).randbytes(FILE_BYTES))
        self.lines = []
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", hosts.spaces[name], program, name, folder / "swap.pdl",
             self.given, self.taken],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def end(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


def play(hosts, peers):
    deadline = time.monotonic() + PATIENCE_SECONDS
    before = hosts.bytes_of("bob")
    while hosts.bytes_of("bob") - before < PULL_AFTER_BYTES:
        if time.monotonic() > deadline:
            return "the files do not get under way"
        time.sleep(0.01)
    hosts.plug("bob", "down")
    at_pull = hosts.bytes_of("bob")
    # Nothing can be waited for: nothing must happen.
    time.sleep(PULLED_SECONDS)
    if any(peer.lines != ["connected", "giving"] for peer in peers.values()):
        return "somebody noticed, or was done before"
    if hosts.bytes_of("bob") - at_pull > 1 << 20:
        return "the cable was not pulled"
    hosts.plug("bob", "up")
    for name, peer in peers.items():
        try:
            peer.process.wait(max(1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return f"'{name}' does not end"
        peer.reader.join()
        expected = ["connected", "giving", f"swapped: gave {FILE_BYTES} bytes, took {FILE_BYTES}"]
        if peer.process.returncode != 0 or peer.lines != expected:
            return f"'{name}' noticed"
    for name, giver in zip(NAMES, NAMES[1:] + NAMES[:1]):
        digests = {hashlib.sha256(path.read_bytes()).digest()
                   for path in (peers[name].taken, peers[giver].given)}
        if len(digests) != 1:
            return f"'{name}' has not taken what '{giver}' gave"
    lost = {name: hosts.sent_again(name) for name in NAMES}
    print(f"sent again, as they were lost: {lost} packets")
    return None if all(lost.values()) else "no packet was lost"


def main():
    program, description = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
    with Hosts() as hosts, tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        text = description.read_text("utf-8")
        for number, name in enumerate(NAMES):
            text = text.replace(f"127.0.0.1:{7001 + number}", f"{hosts.addresses[name]}:7000")
        (folder / "swap.pdl").write_text(text, "utf-8")
        peers = {name: Peer(hosts, program, folder, name) for name in NAMES}
        try:
            wrong = play(hosts, peers)
            if wrong:
                print(f"FAILED: {wrong}")
                for name, peer in peers.items():
                    print(f"--- {name}:", *peer.lines, sep="\n    ")
        finally:
            for peer in peers.values():
                peer.end()
    sys.exit(1 if wrong else 0)


main()
