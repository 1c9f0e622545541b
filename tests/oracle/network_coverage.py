#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the tables of tests for what spans processes (docs/deciding-coverage.md, descriptions-coverage.md and
application-coverage.md) against the pages that they are about, and against the tests: network_coverage.py ROOT
[--sentences]

Each rule of docs/deciding.md has a row, and each situation that is numbered; each sentence of the sections on
descriptions in docs/language.md and docs/api.md has one, and of the section of docs/semantics.md on applications;
and each row has tests that exist. --sentences prints these sentences."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
DESCRIPTIONS = {"language.md": ["Connectors"], "api.md": ["Local views", "Names of peers", "Another protocol"]}
APPLICATIONS = {"semantics.md": ["Rounds of an application"]}
SITUATIONS = [f"G{number}" for number in range(1, 16)] + [f"S{number}" for number in range(1, 13)]


def sentences(page, title):
    """Of one section, without the programs."""
    section = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)[1]
    section = re.sub(r"^```.*?^```$", "", section, flags=re.MULTILINE | re.DOTALL)
    found = []
    for block in re.split(r"\n\s*\n", section):
        if block.startswith("|"):
            found += [row.strip("| ").replace(" | ", ": ") for row in block.splitlines()[2:]]
            continue
        for part in re.split(r"^ *- ", block, flags=re.MULTILINE):
            text = " ".join(part.split())
            found += [each for each in re.split(r"(?<=[.?!:;])\s+(?=[A-Z*`])", text) if each]
    return found


def google_tests(folders):
    return {f"{suite}.{name}" for folder in folders for path in (ROOT / folder).glob("*.test.cpp")
            for suite, name in re.findall(r"^(?:TYPED_)?TEST(?:_P|_F)?\((\w+), (\w+)\)", path.read_text(),
                                          re.MULTILINE)}


GOOGLE_TESTS = {"oracle": google_tests(["tests/oracle", "src/rounds"]), "post": google_tests(["src/post"])}


def exists(kind, name):
    if kind in GOOGLE_TESTS:
        return name in GOOGLE_TESTS[kind]
    if kind == "api":
        file, _, case = name.partition(": ")
        path = ROOT / "tests/api" / file
        return path.is_file() and f"CASE({case})" in path.read_text()
    if kind == "golden":
        return (ROOT / "tests/golden" / f"{name}.pdl").is_file()
    return (ROOT / "tests" / kind / name).is_file()


def rows_of(page):
    return re.findall(r"^\| (.+) \| (.+?) \|$", (ROOT / "docs" / page).read_text(), re.MULTILINE)


def check_tests(rows):
    complaints = []
    for what, named in rows:
        tests = re.findall(r"(\w+): `([\w.: ]+)`", named)
        if not tests and not re.match("example", named):
            complaints.append(f"no test: {what}")
        complaints += [f"there is no {kind} test '{name}', named for: {what}" for kind, name in tests
                       if not exists(kind, name)]
    return complaints


def sentences_of(sections):
    return [sentence for page, titles in sections.items() for title in titles
            for sentence in sentences((ROOT / "docs" / page).read_text(), title)]


def check_sentences(wanted, rows):
    covered = [sentence for sentence, _ in rows]
    return ([f"no row: {each}" for each in wanted if each not in covered] +
            [f"no such sentence: {each}" for each in covered if each not in wanted])


def main():
    if "--sentences" in sys.argv:
        print("\n".join(sentences_of(DESCRIPTIONS) + sentences_of(APPLICATIONS)))
        return 0
    decided = [row for row in rows_of("deciding-coverage.md") if re.match(r"(Rule|[GS])\s?\d", row[0])]
    ids = [re.match(r"(Rule \d+|[GS]\d+)", what)[1] for what, _ in decided]
    rules = [f"Rule {number}" for number in
             re.findall(r"^\*\*(\d+)\.\*\*", (ROOT / "docs/deciding.md").read_text(), re.MULTILINE)]
    complaints = [f"no row: {each}" for each in rules + SITUATIONS if each not in ids]
    complaints += [f"no such rule or situation: {each}" for each in ids if each not in rules + SITUATIONS]
    described = rows_of("descriptions-coverage.md")[2:]
    applied = rows_of("application-coverage.md")[2:]
    complaints += check_sentences(sentences_of(DESCRIPTIONS), described)
    complaints += check_sentences(sentences_of(APPLICATIONS), applied)
    complaints += check_tests(decided + described + applied)
    print("\n".join(complaints) if complaints
          else f"{len(decided)} rules and situations, {len(described) + len(applied)} sentences")
    return 1 if complaints else 0


sys.exit(main())
