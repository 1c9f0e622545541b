#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the folders under src/ against the layers declared in src/CMakeLists.txt.

The build refuses undeclared includes too, where it builds; this says so by name, also for code
that is not built here, and finds folders that belong to nobody.

    layers.py ROOT              complains about the tree at ROOT; status 1 if there is anything
    layers.py ROOT --planted    breaks a copy of the tree in each possible way and expects to be told
"""

import pathlib
import re
import shutil
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
SOURCES = {".cpp", ".hpp", ".c", ".h", ".def"}


def calls(text, function):
    """The argument lists of every call of a CMake function."""
    text = re.sub(r"#.*", "", text)
    return [match.split() for match in re.findall(rf"\b{function}\s*\(([^)]*)\)", text)]


def declared_layers(source, complaints):
    """layer name -> the layers it may use."""
    layers = {}
    for name, *rest in calls((source / "CMakeLists.txt").read_text(), "layer"):
        if "LIBRARIES" in rest:
            rest = rest[: rest.index("LIBRARIES")]
        uses = rest[1:] if rest and rest[0] == "USES" else []
        for used in uses:
            if used not in layers:
                complaints.append(f"layer {name} uses {used}, which does not stand above it")
        layers[name] = set(uses)
    return layers


def layers_named_in(text):
    """What a folder with a CMakeLists.txt of its own uses: uses_layers(TARGET layer...), or a
    foreach(used layer...) that adds their include roots."""
    lists = calls(text, "uses_layers")
    lists += [names for names in calls(text, "foreach") if names[0] == "used"]
    return {layer for _, *layers in lists for layer in layers}


def complaints_about(root):
    source = root / "src"
    complaints = []
    layers = declared_layers(source, complaints)
    if not layers:
        complaints.append("src/CMakeLists.txt declares no layer")
    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        files = sorted(path for path in folder.rglob("*") if path.suffix in SOURCES)
        own = folder / "CMakeLists.txt"
        if folder.name in layers:
            allowed = layers[folder.name] | {folder.name}
        elif own.exists():
            allowed = {folder.name} | layers_named_in(own.read_text())
        elif files:
            complaints.append(f"src/{folder.name} is no layer and has no CMakeLists.txt of its own")
            continue
        else:
            continue
        for file in files:
            for included in INCLUDE.findall(file.read_text(errors="replace")):
                where = f"{file.relative_to(root)}: #include \"{included}\""
                layer, slash, _ = included.partition("/")
                if not slash:
                    complaints.append(f"{where}: write the layer before the name")
                elif layer not in allowed:
                    complaints.append(f"{where}: {folder.name} does not use {layer}")
    return complaints


def planted(root):
    """Each way of breaking the rules, and whether it is found."""

    def append(path, text):
        return lambda copy: (copy / path).open("a").write(text)

    def stray_folder(copy):
        (copy / "src" / "stray").mkdir()
        (copy / "src" / "stray" / "stray.hpp").write_text("#pragma once\n")

    plants = {
        "base does not use post": append("src/base/limits.hpp", '#include "post/loop.hpp"\n'),
        "post does not use runtime": append("src/post/loop.hpp", '  #  include "runtime/x.hpp"\n'),
        "write the layer before the name": append("src/base/span.hpp", '#include "limits.hpp"\n'),
        "src/stray is no layer": stray_folder,
        "which does not stand above it": append(
            "src/CMakeLists.txt", "layer(low USES base high)\nlayer(high USES base)\n"
        ),
    }
    missed = []
    for expected, plant in plants.items():
        with tempfile.TemporaryDirectory() as scratch:
            copy = pathlib.Path(scratch)
            shutil.copytree(root / "src", copy / "src")
            plant(copy)
            if not any(expected in complaint for complaint in complaints_about(copy)):
                missed.append(f"planted, but not found: {expected}")
    return missed


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    complaints = planted(root) if "--planted" in sys.argv else complaints_about(root)
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
