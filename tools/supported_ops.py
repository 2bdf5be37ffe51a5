#!/usr/bin/env python3
"""Writes docs/supported_ops.md from the registry of the installed torch_tensorrt (make docs).

tools/supported_ops.py           write it
tools/supported_ops.py --check   exit with 1 if the page and the registry differ
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

import torch

import torch_tensorrt

PAGE = Path(__file__).resolve().parent.parent / "docs" / "supported_ops.md"
UPDATE = "run tools/supported_ops.py (or make docs) to update it"

HEAD = """# Supported operators

`tools/supported_ops.py` writes this page from the registry, with the schemas of torch {torch}; a test compares the two.
`torch_tensorrt.check(module, inputs)` and `torchtrtc check` report how the operators of a model would run.

Each operator is listed once for all its overloads. Lowering replaces the in-place form (`relu_`) of a converted
operator by the operator itself. If all arguments of an operator are known at compile time, PyTorch computes it then.
The same holds for every operator without tensors among its arguments and results (arithmetic, lists, strings).
"""
CONVERTED = """
## Converted

These operators become layers of the engine. The last column lists the uses that the converter declines before the
build. Unsupported values (such as a rank or a window out of range) are errors that name the argument.

| operator | overloads | not converted when |
| --- | --- | --- |
"""
REWRITTEN = """
## Rewritten by lowering

Lowering replaces these operators, with their default arguments and outside of training, by other operators or by
nothing.

| operator | becomes |
| --- | --- |
"""
EVALUATED = """
## Evaluated

The compiler computes these operators at compile time or, if they depend on a dynamic size, in the engine's shape
computation. PyTorch computes every other operator on numbers, strings and lists of them at compile time.

| operator | overloads |
| --- | --- |
"""
DECLINED = """
## Declined

The compiler knows these operators and declines them with a reason.

| operator | overloads | reason |
| --- | --- | --- |
"""


def split(op: str) -> tuple[str, str]:
    """Returns name and overload of a schema or of a kind of node."""
    name, _, overload = op.partition("(")[0].partition(".")
    return name, overload


def registry() -> list[dict[str, str]]:
    return json.loads(torch.ops.torch_tensorrt._operator_table())


def grouped(rows: list[dict[str, str]], how: str) -> dict[str, list[dict[str, str]]]:
    groups = defaultdict(list)
    for row in rows:
        if row["how"] == how:
            groups[split(row["op"])[0]].append(row)
    return dict(sorted(groups.items()))


def overloads(group: list[dict[str, str]]) -> str:
    """Returns the overloads' names; empty if the operator has only the plain form."""
    names = sorted({split(row["op"])[1] for row in group})
    return "" if names == [""] else ", ".join(f"`{name}`" if name else "plain" for name in names)


def notes(group: list[dict[str, str]]) -> str:
    return "; ".join(sorted({row["note"] for row in group if row["note"]}))


def without_twins(groups: dict[str, list]) -> dict[str, list]:
    """Removes relu_ if relu is listed."""
    return {name: group for name, group in groups.items() if not (name.endswith("_") and name[:-1] in groups)}


def rewritten(rows: list[dict[str, str]]) -> dict[str, str]:
    """Returns the operators with their replacements, if every replacement is known."""
    known = set(grouped(rows, "converted")) | set(grouped(rows, "evaluated"))
    found = {}
    for name, group in grouped(rows, "rewritten").items():
        targets = sorted({target for row in group for target in row["note"].split(", ") if target})
        if known.issuperset(targets):
            found[name] = ", ".join(f"`{target}`" for target in targets) or "its input"
    return found


def page() -> str:
    rows = registry()
    converted = without_twins(grouped(rows, "converted"))
    text = HEAD.format(torch=torch.__version__.partition("+")[0]) + CONVERTED
    text += "".join(f"| `{name}` | {overloads(group)} | {notes(group)} |\n" for name, group in converted.items())
    text += REWRITTEN
    text += "".join(f"| `{name}` | {target} |\n" for name, target in rewritten(rows).items())
    text += EVALUATED
    text += "".join(f"| `{name}` | {overloads(group)} |\n" for name, group in grouped(rows, "evaluated").items())
    text += DECLINED
    declined = without_twins(grouped(rows, "declined"))
    for name, group in declined.items():
        which = overloads(group) or ("plain" if name in converted else "")
        text += f"| `{name}` | {which} | {notes(group)} |\n"
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare the page, without writing it")
    options = parser.parse_args()
    text = page()
    if not options.check:
        PAGE.write_text(text)
        return 0
    if PAGE.exists() and PAGE.read_text() == text:
        return 0
    print(f"{PAGE} differs from the registry of torch_tensorrt {torch_tensorrt.__version__}: {UPDATE}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
