"""Makes a failing program smaller while it fails in the same way."""

from __future__ import annotations

import ast
import copy
import dataclasses
import multiprocessing
import os
import re
import time
from collections.abc import Collection, Iterator
from typing import Any

import torch

from hybrid import build
from hybrid.check import Outcome, check
from hybrid.program import Program, Statement, leaf_types, walk, without_leaf

_SECONDS_OF_A_CANDIDATE = 30.0
_PARTS = (ast.Call, ast.BinOp, ast.Subscript, ast.Name, ast.UnaryOp)


def isolated(program: Program, ignored: Collection[str] = ()) -> Outcome | None:
    """Checks a program in a process of its own, which may crash; None if TorchScript does not take the program."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_quietly, args=(program, ignored, sender), daemon=True)
    process.start()
    sender.close()
    try:
        if not receiver.poll(_SECONDS_OF_A_CANDIDATE):
            process.kill()
            return Outcome(program.seed, "failed", "hang", "no result")
        return receiver.recv()
    except EOFError:
        process.join()
        if process.exitcode == 1:  # an exception: not a program
            return None
        return Outcome(program.seed, "failed", "crash", f"the process ended with {process.exitcode}")
    finally:
        process.join()


def _quietly(program: Program, ignored: Collection[str], connection: Any) -> None:
    torch.set_num_threads(1)  # a forked process has none of its parent's threads, and would wait for them
    try:
        connection.send(check(program, ignored))
    except BaseException:  # noqa: BLE001 - TorchScript does not take every candidate
        os._exit(1)


def shrink(
    program: Program, outcome: Outcome, seconds: float, ignored: Collection[str] = ()
) -> tuple[Program, Outcome]:
    """Returns the smallest program found in the time that fails as the given one does, and its outcome."""
    end = time.monotonic() + seconds
    best, last = dataclasses.replace(program, methods=program.used_methods()), outcome

    def step(candidates: Iterator[Program]) -> bool:
        nonlocal best, last
        for candidate in candidates:
            if time.monotonic() > end:
                return False
            if _identity(candidate) == _identity(best):
                continue
            found = isolated(candidate, ignored)
            if found is not None and (found.status, found.kind) == (outcome.status, outcome.kind):
                best, last = dataclasses.replace(candidate, methods=candidate.used_methods()), found
                return True
        return False

    changed = True
    while changed:
        changed = False
        for candidates in _STEPS:
            while step(candidates(best)):
                changed = True
    return best, last


def _identity(program: Program) -> tuple:
    return program.source(), program.settings, program.saves, program.arguments


def report(program: Program, outcome: Outcome) -> str:
    """Returns the source of a failing program, its inputs and what differs."""
    given = "\n".join(
        f"call {i}: {', '.join(f'{list(t.shape)} {t.flatten().tolist()}' for t in call)}"
        for i, call in enumerate(build.calls(program))
    )
    line = "-" * 100
    parts = [
        f"seed {program.seed}: {outcome.status}, {outcome.kind}",
        program.source().rstrip(),
        f"inputs: {build.inputs(program)}\nsettings: {program.settings}, saved before call {program.saves}",
        given,
        outcome.text,
    ]
    return f"\n{line}\n" + "\n\n".join(parts) + f"\n{line}"


# ---- candidates ------------------------------------------------------------------------------------------------------


def _blocks(program: Program) -> list[list[Statement]]:
    """Returns all blocks of statements, the outer ones first."""
    found = [program.body, *(method.body for method in program.methods)]
    for block in list(found):
        found += [inner for statement in walk(block) for inner in statement.blocks()]
    return found


def _without_statements(program: Program) -> Iterator[Program]:
    sizes = [len(block) for block in _blocks(program)]
    for number, size in enumerate(sizes):
        length = size
        while length >= 1:
            for start in range(size - length, -1, -length):
                candidate = copy.deepcopy(program)
                block = _blocks(candidate)[number]
                removed = block[start : start + length]
                del block[start : start + length]
                for name in [name for statement in removed for name in statement.makes]:
                    _replace_leaves(candidate, name)
                yield candidate
            length //= 2


def _replace_leaves(program: Program, name: str) -> None:
    """Returns another tensor where a result is no longer there."""
    if name in program.leaves:
        others = [n for statement in program.body for n in statement.makes if n != name]
        other = others[-1] if others else program.arguments[0].name
        program.leaves = [other if leaf == name else leaf for leaf in program.leaves]


def _without_leaves(program: Program) -> Iterator[Program]:
    count = len(leaf_types(program.structure))
    for index in range(count):
        structure = without_leaf(program.structure, index)
        if structure is None:
            continue
        candidate = copy.deepcopy(program)
        candidate.structure = structure
        del candidate.leaves[index]
        for statement in candidate.statements():
            if statement.leaves:
                del statement.leaves[index]
        yield candidate
    leaves = leaf_types(program.structure)
    simple: Any = "Tensor" if leaves == ["Tensor"] else ("tuple", leaves)
    if simple != program.structure and (len(leaves) > 1 or leaves == ["Tensor"]):
        yield dataclasses.replace(copy.deepcopy(program), structure=simple)


def _simpler_signatures(program: Program) -> Iterator[Program]:
    for index in range(len(program.arguments) - 1, 0, -1):
        candidate = copy.deepcopy(program)
        del candidate.arguments[index]
        yield candidate
    for index in range(len(program.defaults)):
        candidate = copy.deepcopy(program)
        del candidate.defaults[index]
        yield candidate
    if "torch_executed_ops" in program.settings:
        candidate = copy.deepcopy(program)
        del candidate.settings["torch_executed_ops"]
        yield candidate
    if program.saves is not None:
        yield dataclasses.replace(copy.deepcopy(program), saves=None)
    if any(argument.is_strided for argument in program.arguments):
        candidate = copy.deepcopy(program)
        for argument in candidate.arguments:
            argument.is_strided = False
        yield candidate
    if any(isinstance(dim, str) for argument in program.arguments for dim in argument.shape):
        candidate = copy.deepcopy(program)
        for argument in candidate.arguments:
            argument.shape = tuple(build.OPTIMAL.get(dim, dim) for dim in argument.shape)
        yield candidate
    if program.settings.get("min_block_size") != 1:
        candidate = copy.deepcopy(program)
        candidate.settings["min_block_size"] = 1
        yield candidate


def _unwrapped(program: Program) -> Iterator[Program]:
    """Yields programs with a branch's or a loop's statements in place of the block."""
    for number, block in enumerate(_blocks(program)):
        for index, statement in enumerate(block):
            for part in range(len(statement.blocks())):
                candidate = copy.deepcopy(program)
                inner = _blocks(candidate)[number]
                start = _first_round(statement.text) or statement.before
                head = [Statement(start)] if start else []
                inner[index : index + 1] = head + inner[index].blocks()[part]
                yield candidate
            if statement.orelse and statement.body:
                candidate = copy.deepcopy(program)
                _blocks(candidate)[number][index].orelse = None
                yield candidate


def _first_round(head: str) -> str:
    """Returns the assignment that a loop's head makes in its first round, if the head has one of the known forms."""
    forms = (
        (r"for (\w+) in range\(.*:$", r"\1 = 0"),
        (r"for (\w+) in \[(\w+), .*\]:$", r"\1 = \2"),
        (r"for (\w+) in (\w+)(\.unbind\(0\))?:$", r"\1 = \2[0]"),
        (r"for (\w+), (\w+) in enumerate\(\[(\w+), .*\]\):$", r"\1 = 0\n\2 = \3"),
        (r"for (\w+), (\w+) in enumerate\((\w+)(\.unbind\(0\))?\):$", r"\1 = 0\n\2 = \3[0]"),
    )
    return next((re.sub(form, text, head) for form, text in forms if re.match(form, head)), "")


def _simpler_statements(program: Program) -> Iterator[Program]:
    """Yields programs with other tensors, or zeros, in place of a tensor, and with fewer lines of a statement."""
    known: dict[str, tuple[str, tuple]] = {a.name: (a.dtype, a.shape) for a in program.arguments}
    for number, block in enumerate(_blocks(program)):
        for index, statement in enumerate(block):
            for name, made in statement.makes.items():
                others = [other for other, facts in known.items() if facts == made and other != name]
                for other in others[:2]:
                    if statement.body is None and len(statement.makes) == 1:
                        yield _renamed(program, number, index, name, other)
                zeros = _zeros(program, *made)
                if zeros and len(statement.makes) == 1 and "zeros(" not in statement.text:
                    candidate = copy.deepcopy(program)
                    _blocks(candidate)[number][index] = Statement(f"{name} = {zeros}", makes={name: made})
                    yield candidate
                known[name] = made
            lines = statement.text.split("\n")
            if len(lines) > 1:
                for i in range(len(lines)):
                    candidate = copy.deepcopy(program)
                    _blocks(candidate)[number][index].text = "\n".join(lines[:i] + lines[i + 1 :])
                    yield candidate


def _parts_of_expressions(program: Program) -> Iterator[Program]:
    """Yields programs with a part of an assigned expression in place of the whole."""
    for number, block in enumerate(_blocks(program)):
        for index, statement in enumerate(block):
            name, sign, text = statement.text.partition(" = ")
            if not sign or "\n" in text or statement.body is not None or not name.replace("self.", "").isidentifier():
                continue
            for part in dict.fromkeys(_smaller(text)):
                candidate = copy.deepcopy(program)
                _blocks(candidate)[number][index].text = f"{name} = {part}"
                yield candidate


def _smaller(text: str) -> Iterator[str]:
    """Yields an expression with a part in place of a larger part, the largest replacements first."""
    count = len(list(ast.walk(ast.parse(text, mode="eval").body)))
    for i in range(count):
        for j in range(count):
            tree = ast.parse(text, mode="eval")
            nodes = list(ast.walk(tree.body))
            is_inner = nodes[j] is not nodes[i] and any(node is nodes[j] for node in ast.walk(nodes[i]))
            if is_inner and isinstance(nodes[i], _PARTS) and isinstance(nodes[j], _PARTS):
                yield ast.unparse(_Replacement(nodes[i], nodes[j]).visit(tree))


class _Replacement(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST):
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def _renamed(program: Program, number: int, index: int, name: str, other: str) -> Program:
    """Removes the statement that makes a tensor; its readers read another tensor."""
    candidate = copy.deepcopy(program)
    del _blocks(candidate)[number][index]

    def changed(text: str) -> str:
        return re.sub(rf"(?<![\w.]){name}\b", other, text)

    for statement in candidate.statements():
        statement.text, statement.before = changed(statement.text), changed(statement.before)
        if statement.leaves is not None:
            statement.leaves = [changed(leaf) for leaf in statement.leaves]
    candidate.leaves = [changed(leaf) for leaf in candidate.leaves]
    return candidate


def _zeros(program: Program, dtype: str, shape: tuple) -> str | None:
    """Returns an expression of zeros, or None if the sizes are not known in ``forward``."""
    sizes = []
    for dim in shape:
        text = str(dim)
        for symbol in sorted(set(re.findall(r"[A-Z]\w*", text)), key=len, reverse=True):
            if symbol not in program.roots:
                return None
            text = re.sub(rf"\b{symbol}\b", program.roots[symbol], text)
        sizes.append(text)
    types = {"f32": "", "i64": ", dtype=torch.long", "bool": ", dtype=torch.bool"}
    return f"torch.zeros([{', '.join(sizes)}]{types[dtype]})"


_STEPS = (
    _without_statements,
    _without_leaves,
    _simpler_signatures,
    _unwrapped,
    _simpler_statements,
    _parts_of_expressions,
)
