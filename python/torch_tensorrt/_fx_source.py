"""Defines a TorchScript ``forward`` of generated statements, each at the line of the user's model."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch._C import _jit_tree_views as tree

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in [^\n]*(?:\n\s+(?!File ")([^\n]*))?')
_TORCH = os.path.dirname(torch.__file__) + os.sep
_IN_MODULES = "torch_tensorrt module: "  # begins a print that tells from which modules the next statements come
_INDEX_OR_NAME = re.compile(r"\['?([^'\]]+)'?\]|\.(\w+)")
_GROUPS = ("_modules", "_parameters", "_buffers")
_OPERATORS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Div: "/",
    ast.Pow: "**",
}


class Line(NamedTuple):
    """A line of the user's model."""

    file: str
    number: int
    code: str

    def __str__(self) -> str:
        return f"{self.file}:{self.number}: {self.code}" if self.code else f"{self.file}:{self.number}"


def user_line(node: torch.fx.Node) -> Line | None:
    """Returns the line of the node: the innermost line outside of PyTorch, else the innermost line."""
    frames = [Line(file, int(line), code.strip()) for file, line, code in _FRAME.findall(_trace(node))]
    frames = [frame for frame in frames if not frame.file.startswith("<")]
    outside = [frame for frame in frames if not frame.file.startswith(_TORCH)]
    return (outside or frames or [None])[-1]


def _trace(node: torch.fx.Node) -> str:
    return node.meta.get("stack_trace") or ""


def modules_of(node: torch.fx.Node) -> tuple[str, ...]:
    """Returns the names of the modules that a node comes from: their classes, and their paths with all beginnings."""
    names: dict[str, None] = {}
    for path, kind in (node.meta.get("nn_module_stack") or {}).values():
        if not path:
            continue  # the model itself
        if path.startswith(("L[", "G[")):  # Dynamo's name of a variable
            parts = ["".join(found) for found in _INDEX_OR_NAME.findall(path)][1:]
            path = ".".join(part for part in parts if part not in _GROUPS)
        parts = path.split(".") if path else []
        names.update(dict.fromkeys(".".join(parts[: end + 1]) for end in range(len(parts))))
        names[_class_name(kind)] = None
    return tuple(name for name in names if not re.search(r"\s", name))


def _class_name(kind: Any) -> str:
    """Returns the name that the class has in TorchScript: of a class in a function, without the function."""
    name = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
    outside, _, inside = name.rpartition(".<locals>.")
    return f"{outside.split('.<locals>.')[0].rpartition('.')[0]}.{inside}" if outside else name


class Statement(NamedTuple):
    text: str
    line: Line | None = None
    modules: tuple[str, ...] = ()  # names of the user's modules that it comes from


class Branch(NamedTuple):
    condition: str
    yes: Sequence[Any]  # statements, branches and loops
    no: Sequence[Any]
    line: Line | None = None
    modules: tuple[str, ...] = ()


class Loop(NamedTuple):
    condition: str
    body: Sequence[Any]
    line: Line | None = None
    modules: tuple[str, ...] = ()


def define_forward(
    module: torch.jit.ScriptModule,
    arguments: Sequence[tuple[str, str]],
    defaults: dict[str, Any],
    body: Sequence[Statement | Branch | Loop],
    classes: dict[str, type],
) -> None:
    """Gives the module a ``forward``.

    Args:
        arguments: name and type (in TorchScript's notation) of each argument.
        defaults: values of the arguments that a call may omit.
        body: the statements; they may use ``self``, ``torch``, the arguments, builtins and the names in ``classes``.
        classes: named tuples by their names in ``body``.
    """
    here = _range_of("forward", Line("graph", 1, ""))
    annotations = [_Converter(here).expression(kind) for _, kind in arguments]
    params = [tree.Param(tree.EmptyTypeAnnotation(here), tree.Ident(here, "self"), False)]
    for (name, _), annotation in zip(arguments, annotations, strict=True):
        params.append(tree.Param(annotation, tree.Ident(here, name), False))
    definition = tree.Def(tree.Ident(here, "forward"), tree.Decl(here, params, None), _statements(body))
    names = {"torch": torch, **classes}
    module._concrete_type._create_methods_and_properties([], [], [definition], [names.get], [defaults])
    _name_modules(list(module.graph.nodes()), ())


def _name_modules(nodes: Sequence[torch.Node], modules: tuple[str, ...]) -> tuple[str, ...]:
    """Turns the prints of the names of modules into attributes of the nodes that follow.

    Inlining reads them (``passes/mark_forced.cpp``).
    """
    for node in nodes:
        first = next(node.inputs(), None) if node.kind() == "prim::Print" else None
        text = first.toIValue() if first is not None else None
        if isinstance(text, str) and text.startswith(_IN_MODULES):
            modules = tuple(text[len(_IN_MODULES) :].split())
            node.destroy()
        elif modules and node.kind() not in ("prim::Constant", "prim::Print"):
            node.ss_("torch_tensorrt_modules", list(modules))
        if not isinstance(text, str):
            for block in node.blocks():
                _name_modules(list(block.nodes()), modules)
    return modules


def _statements(body: Sequence[Statement | Branch | Loop], modules: tuple[str, ...] = ()) -> list[Any]:
    found = []
    for number, part in enumerate(body, start=2):
        text = part.text if isinstance(part, Statement) else part.condition
        place = _range_of(text, part.line or Line("graph", number, ""))
        to = _Converter(place)
        if part.modules != modules:
            modules = part.modules
            found.append(to.statement(f"print({_IN_MODULES + ' '.join(modules)!r})"))
        if isinstance(part, Statement):
            found.append(to.statement(text))
        elif isinstance(part, Branch):
            blocks = [_statements(block, modules) for block in (part.yes, part.no)]
            found.append(tree.If(place, to.expression(text), *blocks))
        else:
            found.append(tree.While(place, to.expression(text), _statements(part.body, modules)))
    return found


def _range_of(text: str, line: Line) -> Any:
    """Returns the range of the whole line in the user's file, or of the statement's text if the line is unknown."""
    code = line.code or text
    return tree.SourceRangeFactory(code + "\n", line.file, line.number, 0).make_range(1, 0, len(code))


class _Converter:
    """Converts the Python syntax tree of a text to TorchScript's, with one source range for the whole tree."""

    def __init__(self, place: Any) -> None:
        self.place = place

    def statement(self, text: str) -> Any:
        (node,) = ast.parse(f"def f():\n    {text}").body[0].body  # a return is valid only in a function
        if isinstance(node, ast.Return):
            return tree.Return(self.place, self._convert(node.value))
        if isinstance(node, ast.Expr):
            return tree.ExprStmt(self._convert(node.value))
        return tree.Assign([self._convert(target) for target in node.targets], self._convert(node.value))

    def expression(self, text: str) -> Any:
        return self._convert(ast.parse(text, mode="eval").body)

    def _convert(self, node: ast.AST) -> Any:
        return _CONVERTERS[type(node)](self, node)

    def _all(self, nodes: Sequence[ast.AST]) -> list[Any]:
        return [self._convert(node) for node in nodes]

    def _ident(self, name: str) -> Any:
        return tree.Ident(self.place, name)

    def _constant(self, node: ast.Constant) -> Any:
        if node.value is None:
            return tree.NoneLiteral(self.place)
        if isinstance(node.value, bool):
            return (tree.TrueLiteral if node.value else tree.FalseLiteral)(self.place)
        if isinstance(node.value, str):
            return tree.StringLiteral(self.place, node.value)
        return tree.Const(self.place, repr(node.value))

    def _call(self, node: ast.Call) -> Any:
        named = [tree.Attribute(self._ident(word.arg), self._convert(word.value)) for word in node.keywords]
        return tree.Apply(self._convert(node.func), self._all(node.args), named)

    def _negative(self, node: ast.UnaryOp) -> Any:
        return tree.UnaryOp(self.place, "-", self._convert(node.operand))

    def _binary(self, node: ast.BinOp) -> Any:
        return tree.BinOp(_OPERATORS[type(node.op)], self._convert(node.left), self._convert(node.right))


def _indices(node: ast.Subscript) -> list[ast.expr]:
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


_CONVERTERS: dict[type, Callable[[_Converter, Any], Any]] = {
    ast.Name: lambda to, node: tree.Var(to._ident(node.id)),
    ast.Attribute: lambda to, node: tree.Select(to._convert(node.value), to._ident(node.attr)),
    ast.Subscript: lambda to, node: tree.Subscript(to._convert(node.value), to._all(_indices(node))),
    ast.List: lambda to, node: tree.ListLiteral(to.place, to._all(node.elts)),
    ast.Tuple: lambda to, node: tree.TupleLiteral(to.place, to._all(node.elts)),
    ast.Dict: lambda to, node: tree.DictLiteral(to.place, to._all(node.keys), to._all(node.values)),
    ast.Constant: _Converter._constant,
    ast.Call: _Converter._call,
    ast.UnaryOp: _Converter._negative,
    ast.BinOp: _Converter._binary,
}
