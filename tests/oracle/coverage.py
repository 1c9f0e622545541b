#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds docs/semantics-coverage.md against docs/semantics.md and the tests: coverage.py ROOT

Each sentence on what happens in one process has a row, and each row tests that exist."""
import pathlib
import sys

ROOT = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(ROOT / "tests/docs"))
import sentences  # noqa: E402: found beside this folder

known = sentences.unit_tests(ROOT / "tests/oracle", ROOT / "src/rounds")
wanted = sentences.sentences((ROOT / "docs/semantics.md").read_text(), "## Rounds of an application")
complaints = sentences.complaints(wanted, (ROOT / "docs/semantics-coverage.md").read_text(), {
    "oracle": known.__contains__,
    "golden": lambda name: any((ROOT / "tests/golden").glob(f"{name}.[ps]*")),
    "inspection": lambda name: f"\ndef {name}(" in (ROOT / "tests/inspection/run").read_text(),
    "tools": lambda name: any((ROOT / "tests/tools").glob(f"{name}.[ps]*")),
}, others="failing: every error|^example")
print("\n".join(complaints) if complaints else f"{len(wanted)} sentences")
sys.exit(1 if complaints else 0)
