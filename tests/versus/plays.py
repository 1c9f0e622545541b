# SPDX-License-Identifier: MIT
"""Processes of the pairs of examples/versus."""
import itertools
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE_S = 120  # of a process that does not end; then the test fails
VERSIONS = {"connector": "", "sockets": "_sockets"}

addresses = itertools.count(1)


def own_address():
    """One of the loopback network's that no other play uses, so that all can have the same ports."""
    number = next(addresses)
    return f"127.{1 + os.getpid() % 250}.{number // 250}.{1 + number % 250}"


class Play:
    """One run of one version of a pair, with all its processes. `arguments` are those of each peer,
    `inputs` what each gets to read; who has none yet is told later. `environments` are additions."""

    def __init__(self, programs, name, version, arguments, inputs, environments=None):
        self.folder = tempfile.TemporaryDirectory()
        self.file = pathlib.Path(self.folder.name) / "peers"
        address = own_address()
        text = (ROOT / "examples/versus" / name / f"{name}.pdl").read_text("utf-8")
        peers = re.findall(r'peer (\w+)\s*= "127\.0\.0\.1:(\d+)"', text)
        if version == "sockets":
            self.file.write_text("".join(f"{name} {address} {port}\n" for name, port in peers))
        else:
            # A victim is hit as it sends, which through shared memory nobody can see.
            self.file.write_text(text.replace("127.0.0.1", f"tcp://{address}"), "utf-8")
        self.address, self.ports = address, dict(peers)
        self.processes, self.lines, self.readers = {}, {}, {}
        self.news = threading.Condition()
        for peer, words in arguments.items():
            command = [f"{programs}/{name}{VERSIONS[version]}"]
            if name == "game":
                jar = pathlib.Path(programs).parents[1] / "lib" / "reowolf.jar"
                command = ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{programs}:{jar}",
                           {"connector": "Game", "sockets": "GameSockets"}[version]]
            self.processes[peer] = subprocess.Popen(
                [*command, peer, str(self.file), *words],
                env={**os.environ, **(environments or {}).get(peer, {})}, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            self.lines[peer] = []
            self.readers[peer] = threading.Thread(target=self.read, args=(peer,))
            self.readers[peer].start()
            if peer in inputs:
                self.say(peer, inputs[peer])

    def read(self, name):
        for line in self.processes[name].stdout:
            with self.news:
                self.lines[name].append(line.rstrip("\n"))
                self.news.notify_all()

    def say(self, name, text):
        """All that the process gets to read."""
        process = self.processes[name]
        try:
            with process.stdin:
                process.stdin.write(text)
        except BrokenPipeError:
            pass  # it is dead already
        process.stdin = None

    def has_said(self, name, line):
        """Waits for it."""
        with self.news:
            return self.news.wait_for(lambda: line in self.lines[name], PATIENCE_S)

    def end(self, name):
        """What the process has said until its end."""
        self.readers[name].join(PATIENCE_S)
        self.processes[name].wait(0 if self.readers[name].is_alive() else PATIENCE_S)
        return self.lines[name]

    def ends(self, names):
        return {name: self.end(name) for name in names}

    def wait(self, names, limit_s):
        """Until all of them have ended, or for so long."""
        end = time.monotonic() + limit_s
        try:
            for name in names:
                self.processes[name].wait(max(end - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            pass

    def close(self):
        for name, process in self.processes.items():
            if process.poll() is None:
                process.kill()
            process.wait()
            self.readers[name].join()
            process.stdout.close()
            if process.stdin:
                process.stdin.close()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


