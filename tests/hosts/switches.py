# SPDX-License-Identifier: MIT
"""Hosts, which are network namespaces, and the cables between them. Needs the right to make network
namespaces; without it the status is 77."""

import os
import subprocess
import sys
import tempfile
import time

import peers as hosts

FIRST_PORT = 7000


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def make_spaces(names):
    """False: they cannot be made here."""
    try:
        for name in names:
            ip("netns", "add", name)
    except subprocess.CalledProcessError:
        delete_spaces(names)
        print("network namespaces cannot be made here")
        return False
    return True


def delete_spaces(names):
    for name in names:
        subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)


class Hosts:
    """Namespaces by name, each connected to the one in the middle."""

    def __init__(self, names):
        self.middle = f"rw{os.getpid()}middle"
        self.spaces = {name: f"rw{os.getpid()}{name}" for name in names}
        self.addresses = {}

    def __enter__(self):
        if not make_spaces([self.middle, *self.spaces.values()]):
            sys.exit(77)
        try:
            self.connect()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        delete_spaces([self.middle, *self.spaces.values()])

    def plug(self, name, state):
        ip("-n", self.middle, "link", "set", name, state)

    def command(self, host, program, directory, name):
        """A program that runs `program` at a host, as peers.Peer starts it."""
        path = os.path.join(directory, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(f'#!/bin/sh\nexec ip netns exec {self.spaces[host]} "{program}" "$@"\n')
        os.chmod(path, 0o755)
        return path

    def start(self, program, directory, protocol, places, size):
        """Peers by name, each at a host: `places`."""
        declared = "".join(
            f'    peer {name} = "{self.addresses[host]}:{FIRST_PORT + index}" {{ {hosts.BYTES} }}\n'
            for index, (name, host) in enumerate(places.items()))
        statements, definitions = protocol
        started = []
        for name, host in places.items():
            description = os.path.join(directory, name + ".pdl")
            with open(description, "w", encoding="ascii") as file:
                body = f"connector played {{\n{declared}    {statements}\n}}\n{definitions}\n"
                file.write(f"self {name};\n{body}")
            started.append(hosts.Peer(self.command(host, program, directory, name), name, description,
                                      size, -1, 10**9, 0))
        return started


class Switch(Hosts):
    """One network, with a switch in the middle."""

    def __init__(self, names):
        super().__init__(names)
        self.addresses = {name: f"10.214.7.{number}" for number, name in enumerate(names, 1)}

    def connect(self):
        ip("-n", self.middle, "link", "add", "name", "switch", "type", "bridge")
        ip("-n", self.middle, "link", "set", "switch", "up")
        for name, space in self.spaces.items():
            ip("link", "add", "name", "end", "netns", space, "type", "veth",
               "peer", "name", name, "netns", self.middle)
            ip("-n", self.middle, "link", "set", name, "master", "switch", "up")
            ip("-n", space, "address", "add", f"{self.addresses[name]}/24", "dev", "end")
            ip("-n", space, "link", "set", "lo", "up")
            ip("-n", space, "link", "set", "end", "up")

    def limit(self, name, rate):
        """What the host sends, and what it gets, goes no faster than that."""
        for space, device in ((self.spaces[name], "end"), (self.middle, name)):
            subprocess.run(["tc", "-n", space, "qdisc", "add", "dev", device, "root", "tbf",
                            "rate", rate, "burst", "16kb", "latency", "400ms"], check=True)


class Routed(Hosts):
    """A network for each host, and a router in the middle. `line` makes the lines: a device "line" in the
    host's namespace, and one with its name in the middle."""

    def __init__(self, names, first_bytes):
        super().__init__(names)
        self.nets = {name: f"{first_bytes}.{number}" for number, name in enumerate(names)}
        self.addresses = {name: f"{net}.2" for name, net in self.nets.items()}

    def connect(self):
        for name, space in self.spaces.items():
            net = self.nets[name]
            self.line(name, space)
            for where, device, own, other in ((space, "line", f"{net}.2", f"{net}.1"),
                                              (self.middle, name, f"{net}.1", f"{net}.2")):
                ip("-n", where, "link", "set", "lo", "up")
                ip("-n", where, "address", "add", own, "peer", other, "dev", device)
                ip("-n", where, "link", "set", device, "up")
            ip("-n", space, "route", "add", "default", "via", f"{net}.1")
        ip("netns", "exec", self.middle, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")


def rounds_despite(peers, rounds, cut, heal, cut_seconds, patience_seconds):
    """So many rounds; then something is cut for a while, and healed; and so many more. What is wrong, or
    None."""
    for peer in peers:
        if not peer.wait_for("^connected$", patience_seconds):
            return f"'{peer.name}' does not connect"
    for peer in peers:
        if not peer.wait_for(f"^round {rounds} ok", patience_seconds):
            return f"'{peer.name}' does not get to round {rounds}"
    cut()
    # Nothing can be waited for: nothing must happen.
    time.sleep(cut_seconds)
    reached = max(max(hosts.outcomes(peer)) for peer in peers)
    heal()
    for peer in peers:
        if not peer.wait_for(f"^round {reached + rounds} ok", patience_seconds):
            return f"'{peer.name}' does not go on after round {reached}"
    words = {word for peer in peers for word, _ in hosts.outcomes(peer).values()}
    return None if words == {"ok"} else f"somebody noticed: {words}"


def run(network, program, protocol, places, size, play):
    """Starts the peers and ends with the status of play(network, peers): what is wrong, or None."""
    with network, tempfile.TemporaryDirectory() as directory:
        peers = network.start(os.path.abspath(program), directory, protocol, places, size)
        try:
            wrong = play(network, peers)
            if wrong:
                print(f"FAILED: {wrong}")
                for peer in peers:
                    print(f"--- {peer.name}:", *peer.lines[-6:], sep="\n    ")
        finally:
            for peer in peers:
                peer.end()
    return 1 if wrong else 0
