# SPDX-License-Identifier: MIT
"""names PROGRAM: peers whose addresses are names without ports, which a real name server knows; or does not
know yet, or never, or it does not answer."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time

import peers as hosts

ROUNDS = 3


class NameServer:
    """dnsmasq on a port of its own, with the records that it is given."""

    def __init__(self, address, *records):
        host, port = address.split(":")
        self.process = subprocess.Popen(
            ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--no-resolv", "--no-hosts",
             "--conf-file=/dev/null", "--pid-file=", "--user=", "--bind-interfaces", "--local=/rw.test/",
             f"--listen-address={host}", f"--port={port}", *records],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "started" in line:
                return
        sys.exit("FAILED: the name server does not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


def service(name, address):
    """The host is a name too."""
    host, port = address.split(":")
    return [f"--srv-host=_reowolf._tcp.{name}.rw.test,{name}-host.rw.test,{port}",
            f"--host-record={name}-host.rw.test,{host}"]


def text(name, address):
    return [f"--txt-record=_reowolf._tcp.{name}.rw.test,at={address}"]


def connector(program, addresses, listens=None):
    statements, definitions = hosts.protocols()["exchange at bob"]
    return hosts.Connector(program, statements, definitions, size=100, rounds=ROUNDS,
                           addresses=addresses, listens=listens)


def play(started):
    if not started.wait_until_connected():
        hosts.fail(started, "the peers do not connect")
    for peer in started.peers:
        if not peer.wait_for(f"^round {ROUNDS} ok"):
            hosts.fail(started, f"'{peer.name}' does not get to round {ROUNDS}")
    for peer in started.peers:
        peer.let_go()


def listening_port(peer, started):
    """The port at which the process listens, as the system tells."""
    deadline = time.monotonic() + hosts.PATIENCE_SECONDS
    while time.monotonic() < deadline:
        listing = subprocess.run(["ss", "-Hltnp"], check=True, capture_output=True, text=True).stdout
        for line in listing.splitlines():
            if f"pid={peer.process.pid}," in line:
                return re.search(r":(\d+)\s", line).group(1)
    return hosts.fail(started, f"'{peer.name}' does not listen")


def known(program, server, record):
    places = hosts.free_addresses(3)
    records = [each for name, place in zip(hosts.NAMES, places) for each in record(name, place)]
    with NameServer(server, *records):
        with connector(program, [f"{name}.rw.test" for name in hosts.NAMES]) as started:
            play(started)


def any_port(program, server):
    """They listen where they like, and are found when the name server knows."""
    host = hosts.free_addresses(1)[0].split(":")[0]
    with NameServer(server):
        with connector(program, ["amy.rw.test", "bob.rw.test:0", "cat.rw.test"],
                       [f"{host}:0"] * 3) as started:
            records = [each for peer in started.peers
                       for each in service(peer.name, f"{host}:{listening_port(peer, started)}")]
            started.peers[0].wait_for("^connected$", 0.5)  # as yet nobody can know
            if any("connected" in peer.lines for peer in started.peers):
                hosts.fail(started, "somebody knew better")
            with_records(server, records, lambda: play(started))


def any_port_of_a_host_in_records(program, server):
    """Where they say, although what they say of the port is of an earlier time."""
    places = hosts.free_addresses(3)
    host = places[1].split(":")[0]
    others = [each for name, place in zip(hosts.NAMES, places) if name != "bob"
              for each in text(name, place)]
    with NameServer(server, *others, *text("bob", f"{host}:1")):
        with connector(program, ["amy.rw.test", "bob.rw.test:0", "cat.rw.test"]) as started:
            bob = started.peers[hosts.NAMES.index("bob")]
            records = others + text("bob", f"{host}:{listening_port(bob, started)}")
            with_records(server, records, lambda: play(started))


def with_records(server, records, act):
    """Another server, beside the first one, would not be asked: it takes its place."""
    host, port = server.split(":")
    listing = subprocess.run(["ss", "-Hlunp", f"sport = :{port}"], check=True, capture_output=True,
                             text=True).stdout
    for pid in set(re.findall(r"pid=(\d+)", listing)):
        os.kill(int(pid), 9)
    with NameServer(f"{host}:{port}", *records):
        act()


def unknown(program, server, expected):
    """Nobody waits longer than asked for, and all say why."""
    with connector(program, [f"{name}.rw.test" for name in hosts.NAMES],
                   [f"{place}" for place in hosts.free_addresses(3)]) as started:
        for peer in started.peers:
            said = peer.wait_for("^not connected: ", 60)
            if not said or not re.search(expected, said):
                hosts.fail(started, f"'{peer.name}' does not say '{expected}'")


def main():
    program = sys.argv[1]
    server = hosts.free_addresses(1)[0]
    os.environ["REOWOLF_NAME_SERVERS"] = server
    known(program, server, service)
    known(program, server, text)
    any_port(program, server)
    any_port_of_a_host_in_records(program, server)
    os.environ["CONNECT_TIMEOUT_MS"] = "3000"
    with NameServer(server):
        unknown(program, server, r"_reowolf\._tcp\.\w+\.rw\.test: Domain name not found")
    unknown(program, server, "not been found|DNS servers")  # nobody is there
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        host, port = server.split(":")
        mute.bind((host, int(port)))
        unknown(program, server, "not been found|DNS servers")


main()
