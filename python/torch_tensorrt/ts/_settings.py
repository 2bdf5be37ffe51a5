"""The settings of a build, from the rows of the C++ library (``cpp/torch_tensorrt/settings.h``).

Signatures, docstrings and checks of values are made of the rows, so a new setting needs no line of Python.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch

from torch_tensorrt._enums import EngineCapability
from torch_tensorrt._library import compiler, require_text

_WIDTH = 120
_Result = TypeVar("_Result")


@dataclasses.dataclass(frozen=True)
class Setting:
    """A row. ``type`` is ``"bool"``, ``"int"``, ``"str"`` or ``"list"``. If ``may_be_open``, ``None`` means -1."""

    name: str
    flags: str
    help: str
    type: str
    default: Any
    low: int = 0
    high: int = 0
    may_be_open: bool = False

    def python_default(self) -> Any:
        return None if self.may_be_open or self.type == "list" else self.default

    def checked(self, value: Any) -> Any:
        """Returns the value in the form that the compiler takes.

        Raises:
            ValueError: a number out of range, or a value that is not a text.
            TypeError: no bool for one, a string instead of a list of names, or a list of other elements.
            RuntimeError: an element of torch_executed_ops is not the name of an operator.
        """
        if self.type == "bool":
            if not isinstance(value, bool):
                raise TypeError(f"{self.name} is {value!r}, must be True or False")
            return value
        if self.type == "int":
            return -1 if value is None and self.may_be_open else self._number(value)
        return self._names(value) if self.type == "list" else self._text(value)

    def _number(self, value: Any) -> int:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if is_number and self.low <= value <= self.high:
            return value
        limit = f"{self.low} or more" if not is_number or value < self.low else f"{self.high} or less"
        raise ValueError(f"{self.name} is {value!r}, must be an integer of {limit}")

    def _text(self, value: Any) -> str:
        if value is None and not self.default:
            return ""
        if self.default and (not isinstance(value, str) or not value):
            raise ValueError(f"{self.name} is {value!r}, must be a text such as {self.default!r}")
        return os.fspath(value)

    def _names(self, names: Any) -> list[str]:
        if isinstance(names, str):  # otherwise a sequence of one-letter names
            raise TypeError(f"{self.name} is {names!r}, must be a list of names: [{names!r}]")
        listed = list(names or [])
        if self.name == "torch_executed_ops":
            listed = list(dict.fromkeys(map(_operator_name, listed)))
        for name in listed:
            if not isinstance(name, str):
                raise TypeError(f"{self.name} has {name!r}, must be a list of names")
        return listed


def _operator_name(operator: Any) -> Any:
    """Returns the name ``aten::relu`` of an operator, also of ``torch.ops.aten.relu.default`` and of its text."""
    if isinstance(operator, torch._ops.OpOverload):
        return operator._schema.name
    if isinstance(operator, torch._ops.OpOverloadPacket):
        return operator._qualified_op_name
    if not isinstance(operator, str):
        return operator
    require_text("torch_executed_ops", operator)
    found = re.fullmatch(r"torch\.ops\.(\w+)\.(\w+)(\.\w+)?", operator)
    name = "::".join(found.groups()[:2]) if found else operator
    if not re.fullmatch(r"[A-Za-z_]\w*::[A-Za-z_]\w*", name):
        raise RuntimeError(
            f"{operator!r} in torch_executed_ops is not the name of an operator; give each operator separately, as "
            "'aten::add' without overload and arguments, as 'torch.ops.aten.add.Tensor', or torch.ops.aten.add.Tensor"
        )
    return name


SETTINGS = tuple(Setting(**row) for row in json.loads(compiler()._settings()))

# Settings with types of their own: (name, default, help, the setting before it).
_SPECIAL = (
    (
        "enabled_precisions",
        None,
        "Set of dtypes that layers may compute in; default ``{torch.float32}``.",
        "sparse_weights",
    ),
    (
        "calibrator",
        None,
        "A calibrator of :mod:`torch_tensorrt.ptq`: ranges of tensors, for int8 in a module without quantization; on "
        "a CPU also for f16, which layers with numbers beyond 65504 stay out of.",
        "num_threads",
    ),
    ("capability", EngineCapability.STANDARD, ":class:`torch_tensorrt.EngineCapability`.", "debug"),
)
# Settings of modules, not of a single engine.
OF_MODULES = ("require_full_compilation", "min_block_size", "torch_executed_ops", "torch_executed_modules")


def _arguments(without: Sequence[str]) -> list[tuple[str, Any, str]]:
    """Returns (name, default, help) of the arguments, in order."""
    rows = []
    for setting in SETTINGS:
        if setting.name not in without:
            rows.append((setting.name, setting.python_default(), setting.help))
        rows += [(name, default, text) for name, default, text, behind in _SPECIAL if behind == setting.name]
    return rows


def takes_settings(without: Sequence[str] = ()) -> Callable[[Callable[..., _Result]], Callable[..., _Result]]:
    """Adds the settings to a function's arguments, by name and by position after its own.

    The function has parameters of its own and ``**settings``. A call passes it all settings, with defaults. The line
    ``{settings}`` of its docstring becomes a paragraph for each setting.
    """

    def decorate(function: Callable[..., _Result]) -> Callable[..., _Result]:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = inspect.signature(function).parameters.values()
        own = [p for p in parameters if p.kind == kind]
        by_name = [p for p in parameters if p.kind == inspect.Parameter.KEYWORD_ONLY]
        rows = _arguments(without)
        added = [inspect.Parameter(name, kind, default=default) for name, default, _ in rows]
        signature = inspect.signature(function).replace(parameters=[*own, *added, *by_name])

        def call(*args: Any, **kwargs: Any) -> _Result:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{function.__name__}() {error}") from None
            bound.apply_defaults()
            return function(**bound.arguments)

        for name in ("__module__", "__name__", "__qualname__"):
            setattr(call, name, getattr(function, name))
        call.__annotations__ = {**function.__annotations__}
        call.__annotations__.pop("settings", None)
        call.__signature__ = signature  # type: ignore[attr-defined]
        call.__doc__ = (function.__doc__ or "").replace("        {settings}\n", _paragraphs(rows))
        return call

    return decorate


def _paragraphs(rows: Sequence[tuple[str, Any, str]]) -> str:
    lines = []
    for name, _, text in rows:
        indents = {"initial_indent": " " * 8, "subsequent_indent": " " * 12}
        lines += textwrap.wrap(f"{name}: {text}", _WIDTH, break_on_hyphens=False, **indents)
    return "\n".join(lines) + "\n"
