"""Telling before compiling."""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Sequence
from typing import Any

from torch_tensorrt import ts
from torch_tensorrt._compile import _input_settings, _resolve_inputs, _to_script
from torch_tensorrt._library import compiler, to_json
from torch_tensorrt.ts._compile_spec import build_spec


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
    table: str = dataclasses.field(repr=False)

    def __bool__(self) -> bool:
        return self.whole

    def __str__(self) -> str:
        return self.table

    def to_json(self) -> str:
        """The report as JSON text: ``whole``, ``problem`` and ``operators``."""
        report = dataclasses.asdict(self)
        del report["table"]
        return json.dumps(report, indent=2)


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    """What :func:`torch_tensorrt.ts.compile` would take them for: its own defaults where nothing is given."""
    arguments = inspect.signature(ts.compile).bind_partial(None, **given)
    arguments.apply_defaults()
    return {name: value for name, value in arguments.arguments.items() if name != "module"}


def check(
    module: Any, inputs: Sequence[Any] | None = None, method_name: str = "forward", **settings: Any
) -> SupportReport:
    """What would become of every operator of a method; nothing is built.

    Args:
        module: as for :func:`torch_tensorrt.compile`.
        inputs: as there; with them, what depends on their shapes and dtypes is looked at too: of a range of shapes
            the range as a whole, and its opt shape. Without them, conditions and loops that depend on shapes alone
            count as settled.
        method_name: the method.
        **settings: those of :func:`torch_tensorrt.ts.compile`; ``device`` is the CPU unless given. ``backend`` is
            the one that must take what becomes of the operators; one that is named need not be able to run here.

    Returns:
        A :class:`SupportReport`.

    Raises:
        TypeError: not a module, or a setting that is not known.
        KeyError: an element of ``inputs`` that is neither a tensor nor an Input.
        ValueError: both ``inputs`` and ``input_signature``, or a setting that is out of range.
        RuntimeError: the module cannot be scripted or lowered.
    """
    script = ts._compiler._require_module(_to_script(module, "default"), "check")
    settings = {"device": "cpu", **settings}
    if inputs is None and settings.get("input_signature") is None:
        settings["inputs"] = []  # operators alone
    elif inputs is not None:
        settings.update(_input_settings(module, _resolve_inputs(module, inputs, None, None, settings)))
    spec = build_spec(**_settings(settings))
    report, table = compiler()._check(ts._compiler._native(script), method_name, to_json(spec))
    found = json.loads(report)
    operators = tuple(OperatorSupport(**op) for op in found["operators"])
    return SupportReport(operators, found["problem"], found["whole"], table)
