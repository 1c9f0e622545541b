# SPDX-License-Identifier: MIT
"""planted: logs in which something is wrong, and whether that is found."""

import sys
import types

import peers as hosts

WRONG = {
    "happened at one and failed at the other": {
        "amy": ["round 1 ok bob", "round 2 ok bob"],
        "bob": ["round 1 ok amy", "round 2 failed EPIPE 'cat' is gone"]},
    "a mixture": {"amy": ["round 1 ok bob"], "bob": ["round 1 mixture"]},
    "one value for two": {"amy": ["round 1 ok cat"], "bob": ["round 1 ok cat"]},
    "the own value": {"amy": ["round 1 ok amy"], "bob": ["round 1 ok cat"]},
    "no preparation": {"amy": ["round 1 ok bob"], "bob": ["round 1 cannot be prepared"]},
    "went on alone": {"amy": ["round 1 failed EPIPE", "round 2 unknown"], "bob": ["round 1 unknown"]},
}
RIGHT = {
    "unknown at one": {"amy": ["round 1 ok bob"], "bob": ["round 1 unknown 'cat' is gone"]},
    "not known to have ended": {"amy": ["round 1 ok bob", "round 2 ok bob"], "bob": ["round 1 ok cat"]},
    "again after a time limit": {
        "amy": ["round 1 failed ETIMEDOUT", "round 1 ok bob"], "bob": ["round 1 ok amy"]},
    "failed at all": {"amy": ["round 1 failed EPIPE"], "bob": ["round 1 failed ETIMEDOUT"]},
}


def found(logs):
    return hosts.contradictions(
        [types.SimpleNamespace(name=name, lines=lines) for name, lines in logs.items()])


missed = [name for name, logs in WRONG.items() if not found(logs)]
invented = [f"{name}: {found(logs)}" for name, logs in RIGHT.items() if found(logs)]
for text in missed:
    print(f"FAILED: not found: {text}")
for text in invented:
    print(f"FAILED: wrongly found in {text}")
sys.exit(1 if missed or invented else 0)
