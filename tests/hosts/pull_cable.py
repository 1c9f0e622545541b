# SPDX-License-Identifier: MIT
"""pull_cable PROGRAM: peers on two hosts, which are network namespaces, and a cable between them that is
pulled in the middle of their rounds for longer than silence is taken for life. Nobody notices but the
clock. Needs the right to make network namespaces; without it the status is 77."""

import os
import subprocess
import sys
import tempfile
import time

import peers as hosts

PULLED_SECONDS = 13  # a connection on which nothing comes for 10 s has broken
SIZE = 1 << 20


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Cable:
    """Two network namespaces, an end in each."""

    def __init__(self):
        self.names = [f"rw{os.getpid()}{side}" for side in "ab"]
        self.addresses = ["10.213.7.1", "10.213.7.2"]

    def __enter__(self):
        try:
            for name in self.names:
                ip("netns", "add", name)
        except subprocess.CalledProcessError:
            self.__exit__()
            print("network namespaces cannot be made here")
            sys.exit(77)
        ip("link", "add", "end", "netns", self.names[0], "type", "veth",
           "peer", "name", "end", "netns", self.names[1])
        for name, address in zip(self.names, self.addresses):
            ip("-n", name, "address", "add", f"{address}/24", "dev", "end")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", "end", "up")
        return self

    def __exit__(self, *_):
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)

    def plug(self, state):
        ip("-n", self.names[1], "link", "set", "end", state)

    def command(self, side, program, directory, name):
        """A program that runs `program` at one end, as peers.Peer starts it."""
        path = os.path.join(directory, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(f'#!/bin/sh\nexec ip netns exec {self.names[side]} "{program}" "$@"\n')
        os.chmod(path, 0o755)
        return path


def start(cable, program, directory):
    sides = {"amy": 0, "bob": 1, "cat": 0}
    declared = "".join(
        f'    peer {name} = "{cable.addresses[side]}:{7000 + index}" {{ {hosts.BYTES} }}\n'
        for index, (name, side) in enumerate(sides.items()))
    statements, definitions = hosts.protocols()["exchange at bob"]
    started = []
    for name, side in sides.items():
        description = os.path.join(directory, name + ".pdl")
        with open(description, "w", encoding="ascii") as file:
            file.write(f"self {name};\nconnector played {{\n{declared}    {statements}\n}}\n{definitions}\n")
        started.append(hosts.Peer(cable.command(side, program, directory, name), name, description,
                                  SIZE, -1, 10**9, 0))
    return started


def play(cable, peers):
    for peer in peers:
        if not peer.wait_for("^connected$"):
            return f"'{peer.name}' does not connect"
    for peer in peers:
        if not peer.wait_for("^round 20 ok"):
            return f"'{peer.name}' does not get to round 20"
    cable.plug("down")
    # Nothing can be waited for: nothing must happen.
    time.sleep(PULLED_SECONDS)
    reached = max(max(hosts.outcomes(peer)) for peer in peers)
    cable.plug("up")
    for peer in peers:
        if not peer.wait_for(rf"^round {reached + 20} ok", 60):
            return f"'{peer.name}' does not go on after round {reached}"
    words = {word for peer in peers for word, _ in hosts.outcomes(peer).values()}
    return None if words == {"ok"} else f"somebody noticed: {words}"


def main():
    with Cable() as cable, tempfile.TemporaryDirectory() as directory:
        peers = start(cable, os.path.abspath(sys.argv[1]), directory)
        try:
            wrong = play(cable, peers)
            if wrong:
                print(f"FAILED: {wrong}")
                for peer in peers:
                    print(f"--- {peer.name}:", *peer.lines[-4:], sep="\n    ")
        finally:
            for peer in peers:
                peer.end()
        sys.exit(1 if wrong else 0)


main()
