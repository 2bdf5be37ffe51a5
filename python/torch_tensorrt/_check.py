"""Telling before compiling."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from torch_tensorrt._library import compiler, to_json
from torch_tensorrt.ts._compile_spec import build_spec
from torch_tensorrt.ts._compiler import _native, _require_module


@dataclasses.dataclass(frozen=True)
class OperatorSupport:
    """How the uses of one operator would run.

    ``how`` is ``"converted"`` (layers of the engine), ``"evaluated"`` (computed while compiling) or ``"pytorch"``
    (for the ``reason`` given). ``source`` is the Python line of the first use.
    """

    op: str
    how: str
    uses: int
    reason: str
    source: str


@dataclasses.dataclass(frozen=True)
class SupportReport:
    """What :func:`check` found. ``str()`` of it is a table, ``bool()`` says whether the method would be one engine."""

    operators: tuple[OperatorSupport, ...]
    problem: str
    whole: bool

    def __bool__(self) -> bool:
        return self.whole

    def to_json(self) -> str:
        """The report as JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=2)

    def __str__(self) -> str:
        width = max([8, *(len(_short(op.op)) for op in self.operators)])
        lines = [f"{'operator':{width}}  {'how':9}  {'uses':>5}  first used at"]
        for op in self.operators:
            lines.append(f"{_short(op.op):{width}}  {op.how:9}  {op.uses:>5}  {op.source}".rstrip())
            if op.reason:
                lines.append("    " + op.reason)
        if self.problem:
            lines.append("these inputs cannot be compiled: " + self.problem)
        lines.append("the method is one engine" if self.whole else "the method is not one engine")
        return "\n".join(lines)


def _short(schema: str) -> str:
    return schema.partition("(")[0]


def check(module: Any, inputs: Sequence[Any] | None = None, method_name: str = "forward") -> SupportReport:
    """What would become of every operator of a method; nothing is built.

    Args:
        module: a ScriptModule.
        inputs: as for :func:`torch_tensorrt.compile`; with them, what depends on their shapes and dtypes is
            looked at too.
        method_name: the method.

    Returns:
        A :class:`SupportReport`.

    Raises:
        TypeError: not a ScriptModule.
        RuntimeError: the module cannot be lowered.
    """
    _require_module(module, "check")
    spec = build_spec(inputs=list(inputs) if inputs else [], device="cpu")
    found = json.loads(compiler()._check(_native(module), method_name, to_json(spec)))
    operators = tuple(OperatorSupport(**op) for op in found["operators"])
    return SupportReport(operators=operators, problem=found["problem"], whole=found["whole"])
