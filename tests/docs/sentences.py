# SPDX-License-Identifier: MIT
"""A page of promises held against the table that names a test for each of its sentences."""
import re

EXAMPLE = "^example"  # the program beside the sentence, which is run like all others
SIGNPOST = "signpost"  # it only says where something else is


def sentences(page, end=None):
    """Of all sections, up to one that begins with `end`, without the programs."""
    page = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    found = []
    is_inside = False
    for block in re.split(r"\n\s*\n", page):
        block = block.strip()
        if block.startswith("## "):
            if end and block.startswith(end):
                break
            is_inside = True
        elif is_inside and block.startswith("|"):
            found += [row.strip("| ").replace(" | ", ": ") for row in block.splitlines()[2:]]
        elif is_inside:
            for part in re.split(r"^ *- ", block, flags=re.MULTILINE):
                text = " ".join(part.split())
                found += [each for each in re.split(r"(?<=[.?!:])\s+(?=[A-Z*`])", text) if each]
    return found


def unit_tests(*folders):
    """The names of the tests in these folders, as SUITE.NAME."""
    return {f"{suite}.{name}" for folder in folders for path in folder.glob("*.test.cpp")
            for suite, name in re.findall(r"^TEST(?:_P|_F)?\((\w+), (\w+)\)", path.read_text(),
                                          re.MULTILINE)}


def complaints(wanted, table, kinds, others=EXAMPLE):
    """`kinds` has for each kind of test whether there is one of a name; `others` is what may be said
    instead, as a pattern. The rows of other tables in the page are held against the tests only."""
    said = []
    first, *more = re.split(r"^## ", table, flags=re.MULTILINE)
    covered = []
    for part in (first, *more):
        rows = re.findall(r"^\| (.+) \| (.+?) \|$", part, re.MULTILINE)[2:]
        if part is first:
            covered = [sentence for sentence, _ in rows]
        for sentence, named in rows:
            tests = re.findall(r"(\w+): `([\w.]+)`", named)
            for kind, name in tests:
                if kind not in kinds or not kinds[kind](name):
                    said.append(f"there is no {kind} test '{name}', named for: {sentence}")
            is_signpost = named == SIGNPOST and "](" in sentence
            if not tests and not re.search(others, named) and not is_signpost:
                said.append(f"no test: {sentence}")
    said += [f"no row: {sentence}" for sentence in wanted if sentence not in covered]
    said += [f"no such sentence: {sentence}" for sentence in covered if sentence not in wanted]
    return said
