# SPDX-License-Identifier: MIT
"""rough_lines PROGRAM: three peers on three hosts, which are network namespaces. Each line takes 150 ms and
lets packets overtake each other, and loses some; and cat is behind a router that translates addresses and
lets nobody in. All rounds happen; then cat's line is cut and healed, and they go on. Needs the right to make
network namespaces; without it the status is 77.

The development kernel delays nothing by itself, so the lines are two tunnels each, with a program between."""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import threading
import time

import peers as hosts
import switches

DELAY_SECONDS = 0.150
JITTER_SECONDS = 0.030
LOSS = 0.01
SIZE = 64 << 10
ROUNDS = 6
CUT_SECONDS = 13  # a connection on which nothing comes for 10 s has broken
PATIENCE_SECONDS = 120
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 1, 0x1000
CLONE_NEWNET = 0x40000000
# Who is behind the router goes out with the router's address; nobody comes in.
TRANSLATION = """table ip translating {
    chain outgoing {
        type nat hook postrouting priority srcnat
        iifname "cat" masquerade
    }
    chain passing {
        type filter hook forward priority filter
        oifname "cat" ct state new drop
    }
}
"""


def tunnel(space, name):
    """A device in that namespace; its packets are read and written here."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(path):
        with open(path, "rb") as place:
            if libc.setns(place.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    made = []

    def make():  # in a thread: only that goes there
        enter(f"/run/netns/{space}")
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        made.append(device)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made[0]


class Lines:
    """Passes packets on between pairs of devices, each after its time."""

    def __init__(self):
        self.other_end = {}
        self.cut = set()
        self.waiting = []
        self.rng = random.Random(1)
        self.overtaken = self.lost = 0
        self.is_over = False
        self.thread = threading.Thread(target=self.work)

    def add(self, one, other):
        self.other_end |= {one: other, other: one}

    def work(self):
        last_due, number = {}, 0
        while not self.is_over:
            wait = min(0.05, max(0.0, self.waiting[0][0] - time.monotonic()) if self.waiting else 0.05)
            for device in select.select(list(self.other_end), [], [], wait)[0]:
                packet = os.read(device, 65536)
                if device in self.cut or self.other_end[device] in self.cut:
                    continue
                if self.rng.random() < LOSS:
                    self.lost += 1
                    continue
                due = time.monotonic() + DELAY_SECONDS + self.rng.uniform(0, JITTER_SECONDS)
                self.overtaken += due < last_due.get(device, 0)
                last_due[device] = max(due, last_due.get(device, 0))
                number += 1
                heapq.heappush(self.waiting, (due, number, self.other_end[device], packet))
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _, _, device, packet = heapq.heappop(self.waiting)
                try:
                    os.write(device, packet)
                except OSError:
                    pass  # the queue of the device is full, as that of a router may be

    def end(self):
        self.is_over = True
        if self.thread.is_alive():
            self.thread.join()
        for device in self.other_end:
            os.close(device)


class Internet(switches.Routed):
    def __init__(self):
        super().__init__(hosts.NAMES, "10.215")
        self.lines = Lines()
        self.ends = {}

    def connect(self):
        super().connect()
        subprocess.run(["ip", "netns", "exec", self.middle, "nft", "-f", "-"], input=TRANSLATION, text=True,
                       check=True)
        self.lines.thread.start()

    def line(self, name, space):
        near, far = tunnel(space, "line"), tunnel(self.middle, name)
        self.lines.add(near, far)
        self.ends[name] = near

    def __exit__(self, *_):
        self.lines.end()
        super().__exit__()


def play(internet, peers):
    cut = internet.lines.cut
    wrong = switches.rounds_despite(peers, ROUNDS, lambda: cut.add(internet.ends["cat"]), cut.clear, CUT_SECONDS,
                                    PATIENCE_SECONDS)
    if wrong:
        return wrong
    print(f"{internet.lines.overtaken} packets overtook others, {internet.lines.lost} were lost")
    return None if internet.lines.overtaken and internet.lines.lost else "the lines are too good"


sys.exit(switches.run(Internet(), sys.argv[1], hosts.protocols()["exchange at bob"],
                      {name: name for name in hosts.NAMES}, SIZE, play))
