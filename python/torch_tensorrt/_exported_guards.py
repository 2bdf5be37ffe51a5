"""The conditions on sizes under which an exported program holds, as expressions of TorchScript."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import torch

_COMPARISONS: dict[type, str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
}
_OPERATORS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%"}


class _Unknown(Exception):
    """A part of a condition that is not translated."""


def conditions(program: torch.export.ExportedProgram) -> Iterator[tuple[str, str]]:
    """Yields conditions with the expression of a tensor in each: ``("x", "torch.ops.aten.ne(x.size(0), 4)")``.

    Omits those that the ranges and equal symbols of the sizes express.
    """
    for code in getattr(program, "_guards_code", None) or []:
        translator = _Translator()
        try:
            text = translator.condition(ast.parse(code, mode="eval").body)
        except (_Unknown, SyntaxError):
            continue
        if text and translator.tensors:
            yield translator.tensors[0], text


class _Translator:
    def __init__(self) -> None:
        self.tensors: list[str] = []

    def condition(self, node: ast.expr) -> str | None:
        if not isinstance(node, ast.Compare) or len(node.ops) != 1:
            raise _Unknown
        sides = [node.left, node.comparators[0]]
        is_range = any(isinstance(side, ast.Constant) for side in sides)
        has_rest = any(isinstance(part, ast.Mod) for part in ast.walk(node))
        is_known = is_range if not isinstance(node.ops[0], (ast.Eq, ast.NotEq)) else isinstance(node.ops[0], ast.Eq)
        if is_known and not has_rest:
            return None
        name = _COMPARISONS.get(type(node.ops[0]))
        if name is None:
            raise _Unknown
        return f"torch.ops.aten.{name}({', '.join(map(self._number, sides))})"

    def _number(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return repr(node.value)
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return f"({self._number(node.left)} {_OPERATORS[type(node.op)]} {self._number(node.right)})"
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            return f"{self._tensor(node.value)}.size({node.slice.value!r})"
        raise _Unknown

    def _tensor(self, node: ast.expr) -> str:
        is_size = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "size"
        if not is_size:
            raise _Unknown
        self.tensors.append(self._path(node.func.value))
        return self.tensors[-1]

    def _path(self, node: ast.expr) -> str:
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
            raise _Unknown
        if isinstance(node.value, ast.Name):  # L["argument"]
            return str(node.slice.value)
        return f"{self._path(node.value)}[{node.slice.value!r}]"
