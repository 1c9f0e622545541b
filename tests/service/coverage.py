#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds docs/services-coverage.md against docs/services.md and the tests: coverage.py ROOT

Each sentence has a row, and each row tests that exist."""
import pathlib
import sys

ROOT = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(ROOT / "tests/docs"))
import sentences  # noqa: E402: found beside this folder

wanted = sentences.sentences((ROOT / "docs/services.md").read_text())
complaints = sentences.complaints(wanted, (ROOT / "docs/services-coverage.md").read_text(), {
    "service": sentences.unit_tests(ROOT / "src/service").__contains__,
    "tasks": sentences.unit_tests(ROOT / "src/tasks").__contains__,
    "api": sentences.unit_tests(ROOT / "tests/service").__contains__,
    "program": lambda name: any((ROOT / "examples/services").glob(f"{name}*")),
    "bench": lambda name: (ROOT / "bench/services" / name).exists(),
})
print("\n".join(complaints) if complaints else f"{len(wanted)} sentences")
sys.exit(1 if complaints else 0)
