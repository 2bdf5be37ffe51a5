"""The conditions on sizes under which an exported program holds."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch

_COMPARISONS: dict[type, tuple[str, str, Callable[[int, int], bool]]] = {
    ast.Eq: ("eq", "==", operator.eq),
    ast.NotEq: ("ne", "!=", operator.ne),
    ast.Lt: ("lt", "<", operator.lt),
    ast.LtE: ("le", "<=", operator.le),
    ast.Gt: ("gt", ">", operator.gt),
    ast.GtE: ("ge", ">=", operator.ge),
}
_OPERATORS: dict[type, tuple[str, Callable[[int, int], int]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.Mod: ("%", operator.mod),
}


class Size(NamedTuple):
    """A size of an argument. ``tensor`` is an expression such as ``batch['x']``."""

    tensor: str
    dim: int


class _Unknown(Exception):
    """A part of a condition that is not translated."""


class Condition:
    """A comparison of two expressions of sizes."""

    def __init__(self, node: ast.Compare) -> None:
        self._names, self._left, self._right = _COMPARISONS[type(node.ops[0])], node.left, node.comparators[0]
        self.sizes = list(dict.fromkeys([*_sizes(self._left), *_sizes(self._right)]))

    def holds(self, values: Callable[[Size], int]) -> bool:
        try:
            return self._names[2](_value(self._left, values), _value(self._right, values))
        except ZeroDivisionError:
            return False

    def script(self, texts: Callable[[Size], str]) -> str:
        """Returns the condition in TorchScript."""
        return f"torch.ops.aten.{self._names[0]}({_text(self._left, texts)}, {_text(self._right, texts)})"

    def text(self, texts: Callable[[Size], str]) -> str:
        """Returns the condition for a message."""
        return f"{_bare(_text(self._left, texts))} {self._names[1]} {_bare(_text(self._right, texts))}"


def conditions(program: torch.export.ExportedProgram) -> Iterator[Condition]:
    """Yields conditions, without those that the ranges and equal symbols of the sizes express."""
    for code in getattr(program, "_guards_code", None) or []:
        try:
            node = ast.parse(code, mode="eval").body
            if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARISONS:
                condition = Condition(node)
                if condition.sizes and not _is_known(node):
                    yield condition
        except (_Unknown, SyntaxError):
            continue


def _is_known(node: ast.Compare) -> bool:
    if any(isinstance(part, (ast.Mod, ast.FloorDiv)) for part in ast.walk(node)):
        return False
    if isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
        return isinstance(node.ops[0], ast.Eq)
    return any(isinstance(side, ast.Constant) for side in (node.left, node.comparators[0]))


def _sizes(node: ast.expr) -> list[Size]:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return [*_sizes(node.left), *_sizes(node.right)]
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return []
    return [_size(node)]


def _value(node: ast.expr, values: Callable[[Size], int]) -> int:
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)][1](_value(node.left, values), _value(node.right, values))
    return node.value if isinstance(node, ast.Constant) else values(_size(node))


def _text(node: ast.expr, texts: Callable[[Size], str]) -> str:
    if isinstance(node, ast.BinOp):
        return f"({_text(node.left, texts)} {_OPERATORS[type(node.op)][0]} {_text(node.right, texts)})"
    return repr(node.value) if isinstance(node, ast.Constant) else texts(_size(node))


def _bare(text: str) -> str:
    return text[1:-1] if text.startswith("(") else text


def _size(node: Any) -> Size:
    """Reads ``L['x'].size()[0]``."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
        raise _Unknown
    call = node.value
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "size":
        raise _Unknown
    return Size(_path(call.func.value), node.slice.value)


def _path(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):  # of a named tuple or an object
        return f"{_path(node.value)}.{node.attr}"
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
        raise _Unknown
    if isinstance(node.value, ast.Name):  # L["argument"]
        return str(node.slice.value)
    return f"{_path(node.value)}[{node.slice.value!r}]"
