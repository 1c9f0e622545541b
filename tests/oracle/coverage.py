#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds docs/semantics-coverage.md against docs/semantics.md and the tests: coverage.py ROOT

Each sentence on what happens in one process has a row, in order, and each row tests that exist."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])


def sentences(page):
    """Of all sections up to the last one that is about one process, without the programs."""
    page = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    found = []
    is_inside = False
    for block in re.split(r"\n\s*\n", page):
        block = block.strip()
        if block.startswith("## "):
            if block.startswith("## Rounds of an application"):
                break
            is_inside = True
        elif is_inside and block.startswith("|"):
            found += [row.strip("| ").replace(" | ", ": ") for row in block.splitlines()[2:]]
        elif is_inside:
            for part in re.split(r"^ *- ", block, flags=re.MULTILINE):
                text = " ".join(part.split())
                found += [each for each in re.split(r"(?<=[.?!:])\s+(?=[A-Z*`])", text) if each]
    return found


def tests():
    names = set()
    for folder in ("tests/oracle", "src/rounds"):
        for path in (ROOT / folder).glob("*.test.cpp"):
            names |= {f"{suite}.{name}" for suite, name in
                      re.findall(r"^TEST(?:_P)?\((\w+), (\w+)\)", path.read_text(), re.MULTILINE)}
    return names


complaints = []
page = (ROOT / "docs/semantics-coverage.md").read_text()
rows = re.findall(r"^\| (.+) \| (.+?) \|$", page, re.MULTILINE)[2:]
wanted = sentences((ROOT / "docs/semantics.md").read_text())
covered = [sentence for sentence, _ in rows]
complaints += [f"no row: {sentence}" for sentence in wanted if sentence not in covered]
complaints += [f"no such sentence: {sentence}" for sentence in covered if sentence not in wanted]
known = tests()
for sentence, named in rows:
    for kind, name in re.findall(r"(oracle|golden|tools): `([\w.]+)`", named):
        exists = (name in known if kind == "oracle"
                  else any((ROOT / "tests" / kind).glob(f"{name}.[ps]*")))
        if not exists:
            complaints.append(f"there is no {kind} test '{name}', named for: {sentence}")
    if not re.search(r"(oracle|golden|tools): `|failing: every error|^example", named):
        complaints.append(f"no test: {sentence}")

print("\n".join(complaints) if complaints else f"{len(rows)} sentences")
sys.exit(1 if complaints else 0)
