# SPDX-License-Identifier: MIT
"""What a public C header says, for those who make manual pages and Markdown of it: its parts in order.

A header is a comment about all of it, then sections that begin with `/* ---- Title ---- */`, of
declarations behind RW_API and of constants, each with a comment above it."""
import dataclasses
import re


@dataclasses.dataclass
class Function:
    name: str
    declaration: str  # on one line, with its semicolon


@dataclasses.dataclass
class Entry:
    comment: list  # lines, without the frame
    functions: list  # declared below it
    constants: list  # (name, value, meaning) defined below it


@dataclasses.dataclass
class Section:
    title: str
    entries: list


def lines_of(comment):
    """The text of a comment, line by line, without its frame."""
    lines = [re.sub(r"^ ?\* ?", "", line.strip()) if line.strip().startswith("*") else line.strip()
             for line in comment.split("\n")]
    return "\n".join(lines).strip("\n").split("\n")


COMMENT = r"/\*((?:(?!\*/).)*)\*/"
PART = re.compile(COMMENT + r"\s*((?:(?:RW_API [^;]*;|#define RW_\w+ [^\n]*)\s*)*)", re.S)
NAME = re.compile(r"(\w+)\s*\(")


def read(path):
    """The lines about all of the header, and its sections."""
    text = path.read_text("utf-8")
    general, rest = re.search(r"\*/\s*/\*(.*?)\*/\s*#ifndef(.*)", text, re.S).groups()
    sections = []
    for comment, declarations in PART.findall(rest):
        title = re.fullmatch(r"\s*-+ (.*?) -+\s*", comment)
        if title:
            sections.append(Section(title[1], []))
            continue
        functions = [Function(NAME.search(each)[1], re.sub(r"\s+", " ", each))
                     for each in re.findall(r"RW_API ([^;]*;)", declarations)]
        constants = re.findall(r"#define (RW_\w+) (\w+)\s*/\* (.*?) \*/", declarations)
        if sections and (functions or constants):
            sections[-1].entries.append(Entry(lines_of(comment), functions, constants))
    declared = len(re.findall(r"^RW_API ", text, re.M))
    found = sum(len(entry.functions) for section in sections for entry in section.entries)
    if found != declared:
        raise SystemExit(f"{path}: {declared} functions are declared, {found} have a comment")
    return lines_of(general), sections
