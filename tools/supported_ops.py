#!/usr/bin/env python3
"""Writes docs/supported_ops.md from what the installed torch_tensorrt has registered (make docs).

tools/supported_ops.py           write it
tools/supported_ops.py --check   end with 1 when the page and the registry disagree
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

Written by `tools/supported_ops.py` from the registry, with the schemas of torch {torch}; a test compares the two.
`torch_tensorrt.check(module, inputs)` and `torchtrtc check` say what would become of the operators of one model.

An operator is listed once for all its overloads. The in-place form (`relu_`) of an operator that is converted is
replaced by the operator while lowering. An operator whose arguments are all known
while compiling is computed then, by PyTorch, whatever it is; so is every operator that takes and gives no tensor
(arithmetic, lists, strings).
"""
CONVERTED = """
## Converted

They become layers of the engine. The last column says which uses the converter declines before anything is built;
values that it cannot take (as a rank or a window out of range) are errors that name the argument.

| operator | overloads | not converted when |
| --- | --- | --- |
"""
REWRITTEN = """
## Rewritten by lowering

They never meet a converter: with their defaults, and outside of training, they become other operators, or nothing.

| operator | becomes |
| --- | --- |
"""
EVALUATED = """
## Evaluated

Their values are worked out while compiling, or, where they depend on a dynamic size, in the engine's shape computation.
Besides these, every operator on numbers, texts and lists of them alone is computed by PyTorch while compiling.

| operator | overloads |
| --- | --- |
"""
DECLINED = """
## Declined

They are known, and declined with the reason.

| operator | overloads | reason |
| --- | --- | --- |
"""


def split(op: str) -> tuple[str, str]:
    """Name and overload of a schema or of a kind of node."""
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
    """Empty where the operator has the plain form alone."""
    names = sorted({split(row["op"])[1] for row in group})
    return "" if names == [""] else ", ".join(f"`{name}`" if name else "plain" for name in names)


def notes(group: list[dict[str, str]]) -> str:
    return "; ".join(sorted({row["note"] for row in group if row["note"]}))


def without_twins(groups: dict[str, list]) -> dict[str, list]:
    """relu_ is not listed beside relu."""
    return {name: group for name, group in groups.items() if not (name.endswith("_") and name[:-1] in groups)}


def rewritten(rows: list[dict[str, str]]) -> dict[str, str]:
    """Those whose every replacement is known."""
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
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args()
    text = page()
    if not options.check:
        PAGE.write_text(text)
        return 0
    if PAGE.exists() and PAGE.read_text() == text:
        return 0
    print(f"{PAGE} is not what torch_tensorrt {torch_tensorrt.__version__} has registered: {UPDATE}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
