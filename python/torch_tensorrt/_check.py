"""Reports what would be compiled, without compiling."""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Sequence
from typing import Any

from torch_tensorrt import ts
from torch_tensorrt._compile import _form_of, _input_settings, _resolve_inputs, _to_script
from torch_tensorrt._library import compiler, to_json
from torch_tensorrt.ptq import without_calibrator
from torch_tensorrt.ts._compile_spec import build_spec


@dataclasses.dataclass(frozen=True)
class OperatorSupport:
    """States how the uses of one operator would run.

    ``how`` is ``"converted"`` (to layers of the engine), ``"evaluated"`` (at compile time) or ``"pytorch"`` (for the
    given ``reason``). ``source`` is the Python line of the first use.
    """

    op: str
    how: str
    uses: int
    reason: str
    source: str


@dataclasses.dataclass(frozen=True)
class SupportReport:
    """The result of :func:`check`.

    ``str()`` gives a table, ``bool()`` whether the method would be one engine.
    """

    operators: tuple[OperatorSupport, ...]
    problem: str
    whole: bool
    table: str = dataclasses.field(repr=False)

    def __bool__(self) -> bool:
        return self.whole

    def __str__(self) -> str:
        return self.table

    def to_json(self) -> str:
        """Returns the report as JSON text with ``whole``, ``problem`` and ``operators``."""
        report = dataclasses.asdict(self)
        del report["table"]
        return json.dumps(report, indent=2)


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    """The settings with the defaults of :func:`torch_tensorrt.ts.compile` for those not given.

    Without a calibrator: what can run does not depend on calibration.
    """
    arguments = inspect.signature(ts.compile).bind_partial(None, **without_calibrator(given))
    arguments.apply_defaults()
    return {name: value for name, value in arguments.arguments.items() if name not in ("module", "progress")}


def check(
    module: Any, inputs: Sequence[Any] | None = None, method_name: str = "forward", **settings: Any
) -> SupportReport:
    """Reports how every operator of a method would run, without building anything.

    Args:
        module: as for :func:`torch_tensorrt.compile`.
        inputs: as for :func:`torch_tensorrt.compile`. With inputs, the report covers properties that depend on their
            shapes and dtypes; a range of shapes is checked as a whole and at its opt shape. Without inputs,
            conditions and loops that depend on shapes alone count as decided.
        method_name: name of the method.
        **settings: those of :func:`torch_tensorrt.ts.compile`; ``device`` is the CPU by default. ``backend`` names
            the backend that must support the layers; it need not be able to run on this machine. ``calibrator`` is
            checked, and reads no data.

    Returns:
        A :class:`SupportReport`.

    Raises:
        TypeError: ``module`` is not a module, ``calibrator`` is no calibrator, or a setting is unknown.
        KeyError: an element of ``inputs`` is neither a tensor nor an Input.
        ValueError: both ``inputs`` and ``input_signature`` are given, or a setting is out of range.
        RuntimeError: the module cannot be scripted or lowered.
    """
    form = _form_of(module, is_whole=True)
    script = ts._compiler._require_module(_to_script(module, form), "check")
    settings = {"device": "cpu", **settings}
    if inputs is None and settings.get("input_signature") is None:
        settings["inputs"] = []  # operators alone
    elif inputs is not None:
        settings.update(_input_settings(module, _resolve_inputs(module, inputs, None, None, settings), form))
    spec = build_spec(values=ts._compiler._takes_values(script, method_name), **_settings(settings))
    report, table = compiler()._check(ts._compiler._native(script), method_name, to_json(spec))
    found = json.loads(report)
    operators = tuple(OperatorSupport(**op) for op in found["operators"])
    return SupportReport(operators, found["problem"], found["whole"], table)
