#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds docs/api-draft-coverage.md and docs/api.md against the tests and the header.

Each sentence of the draft has a row, each row tests that exist or a reason; each function of the
header occurs in an example of docs/api.md, which are all tried."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
FIRST, LAST = 29, 164
complaints = []


def cases(program):
    path = ROOT / "tests/api" / program
    return set(re.findall(r"\bCASE\((\w+)\)", path.read_text())) if path.exists() else set()


def methods(program):
    path = ROOT / "tests/java" / program
    text = path.read_text() if path.exists() else ""
    called = text[text.rfind("public static void main(") :]
    return {name for name in re.findall(r"static void (\w+)\(", text) if f"{name}();" in called}


page = (ROOT / "docs/api-draft-coverage.md").read_text()
rows = re.findall(r"^\| (\d+) \| (.+?) \| (.*?) \| (.*?) ?\|$", page, re.MULTILINE)
numbers = [int(row[0]) for row in rows]
if numbers != list(range(FIRST, LAST + 1)):
    complaints.append("the rows are not those of the sentences, one each, in order")
for number, sentence, in_c, in_java in rows:
    named = re.findall(r"`([^`:]+\.c): (\w+)`", in_c)
    if not in_c or not in_java or not sentence:
        complaints.append(f"{number}: nothing is said of it")
    for program, case in named:
        if case not in cases(program):
            complaints.append(f"{number}: there is no case '{case}' in tests/api/{program}")

    for program, method in re.findall(r"`([^`:]+\.java): (\w+)`", in_java):
        if method not in methods(program):
            complaints.append(f"{number}: tests/java/{program} has no '{method}'")

header = (ROOT / "include/reowolf/connector.h").read_text()
examples = "\n".join(re.findall(r"^```c.*?^```", (ROOT / "docs/api.md").read_text(), re.M | re.S))
for function in re.findall(r"^RW_API [^;(]*?(\w+)\(", header, re.MULTILINE):
    if not re.search(rf"\b{function}\(", examples):
        complaints.append(f"docs/api.md has no example of {function}")

print("\n".join(complaints) if complaints else f"{len(rows)} sentences")
sys.exit(1 if complaints else 0)
