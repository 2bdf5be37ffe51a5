"""What lower precisions cost: errors of a compiled module beside float32."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch.utils import _pytree

from torch_tensorrt import _progress
from torch_tensorrt._library import compiler
from torch_tensorrt._verify_reference import Engine, Reference, engines_of
from torch_tensorrt.ptq import arguments_of, copied, length_of, observing

BAD_SQNR = 20.0  # decibels: the error is a tenth of the signal


@dataclasses.dataclass(frozen=True)
class TensorError:
    """The error of a tensor over all batches.

    Attributes:
        name: the tensor's name in the engine, or ``output 0``, ``output 1``, ... of the module.
        layer: the name of the layer that computes it, as ``precision_overrides`` matches it; empty for outputs.
        source: the layer's line in the user's program.
        max_abs: the largest difference.
        relative: the largest difference beside the largest magnitude in float32.
        cosine: the cosine of the angle between both tensors; 1 if they are equal.
        sqnr: the signal-to-noise ratio in decibels, 10 log10(mean square / mean square of the difference); infinite if
            they are equal.
        elements: the number of elements.
        engine: the name of the engine in the module, as ``inspect`` shows it; empty for outputs, and where it is not
            known.
    """

    name: str
    layer: str
    source: str
    max_abs: float
    relative: float
    cosine: float
    sqnr: float
    elements: int
    engine: str = ""

    @property
    def operator(self) -> str:
        """The PyTorch operator of the layer, such as ``aten::linear``; empty if the name has none."""
        found = re.search(r"= (\w+::\w+)", self.layer)
        return found[1] if found else ""


@dataclasses.dataclass(frozen=True)
class Verification:
    """The report of :func:`verify`.

    Attributes:
        outputs: the errors of the module's results beside those of PyTorch.
        layers: the errors of the tensors that exist in the engines of both modules, in the order of computation.
        metric: the task metric of the module and of the compiled module, or ``None``.
        batches: the number of batches.
        reason: why layers were not compared, or not in all batches; empty if they were.
    """

    outputs: tuple[TensorError, ...]
    layers: tuple[TensorError, ...]
    metric: tuple[float, float] | None
    batches: int
    reason: str = ""

    def first_bad(self, sqnr: float = BAD_SQNR) -> TensorError | None:
        """Returns the first tensor whose signal-to-noise ratio is below ``sqnr`` decibels, or not a number."""
        return next((error for error in self.layers if not error.sqnr >= sqnr), None)

    def table(self) -> str:
        """Returns the report for people."""
        has_engines = len({error.engine for error in self.layers}) > 1
        rows = [["tensor", "operator", "max abs", "relative", "cosine", "SQNR dB", "line"]]
        for error in (*self.layers, *self.outputs):
            numbers = (f"{error.max_abs:.3g}", f"{error.relative:.2%}", f"{error.cosine:.6f}", f"{error.sqnr:.1f}")
            rows.append([error.name, error.operator, *numbers, _short(error.source)])
        if has_engines:
            engines = ["engine", *(error.engine for error in (*self.layers, *self.outputs))]
            rows = [[engine, *row] for engine, row in zip(engines, rows, strict=True)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows
        ]
        if self.metric is not None:
            lines.append(f"metric: {self.metric[0]:.6g} in float32, {self.metric[1]:.6g} compiled")
        if self.reason:
            lines.append(f"layers are not compared{' in all batches' if self.layers else ''}: {self.reason}")
        if not self.layers:
            return "\n".join(lines)
        bad = self.first_bad()
        lines.append(f"first layer below {BAD_SQNR:.0f} dB: {bad.name + ' ' + _short(bad.source) if bad else 'none'}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.table()

    def to_json(self) -> str:
        """Returns the report as JSON; numbers that are not finite are texts."""
        return json.dumps(_finite(dataclasses.asdict(self)), indent=1, allow_nan=False)

    def save_plot(self, path: str | os.PathLike[str]) -> None:
        """Writes a picture (by its ending: PNG, SVG, PDF) of the ratios of signal to noise along the layers.

        Raises:
            ImportError: matplotlib is not installed.
        """
        from matplotlib.figure import Figure

        shown = list(self.layers or self.outputs)
        height = max(3.0, 0.22 * len(shown) + 1.2)
        figure = Figure(figsize=(9, height), layout="constrained")
        axes = figure.subplots()
        finite = [error.sqnr for error in shown if math.isfinite(error.sqnr)]
        top = max([60.0, *finite])
        places = range(len(shown))
        axes.barh(places, [min(max(error.sqnr, 0.0), top) for error in shown], color=[_color(e.sqnr) for e in shown])
        axes.set_yticks(places, [f"{error.name}  {error.operator}".strip() for error in shown], fontsize=7)
        axes.invert_yaxis()
        axes.axvline(BAD_SQNR, color="0.4", linewidth=1)
        axes.set_xlabel("signal-to-noise ratio in dB, beside float32 (more is better)")
        axes.set_xlim(0, top * 1.02)
        figure.savefig(path, dpi=120)


def _color(sqnr: float) -> str:
    return "#b03a2e" if sqnr < BAD_SQNR else "#2e6da4"


def _short(source: str) -> str:
    path, _, line = source.rpartition(":")
    return f"{os.path.basename(path)}:{line}" if path else source


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, (list, tuple)) else value


@contextlib.contextmanager
def in_eval_mode(*modules: Any) -> Iterator[None]:
    """Sets eval mode in the block: compiled modules compute as in it, whatever the mode of the original."""
    parts = [part for module in modules if isinstance(module, torch.nn.Module) for part in module.modules()]
    training = [part for part in parts if getattr(part, "training", False)]  # frozen modules have no mode
    for part in training:
        part.training = False
    try:
        yield
    finally:
        for part in training:
            part.training = True


_NUMBERS = (bool, int, float, complex)  # a bool is an int too


def _kind(value: Any) -> str:
    """The dtype of a tensor, or the type of a number."""
    if isinstance(value, torch.Tensor):
        return str(value.dtype)
    return next(number.__name__ for number in _NUMBERS if isinstance(value, number))


def _require_alike(expected: list[Any], found: list[Any]) -> None:
    if len(expected) != len(found):
        raise ValueError(f"the module returns {len(expected)} tensors, the compiled module {len(found)}")
    for i, (mine, other) in enumerate(zip(expected, found, strict=True)):
        for value in (mine, other):
            if isinstance(value, torch.Tensor) and (value.is_nested or value.layout != torch.strided):
                form = "nested" if value.is_nested else value.layout
                raise ValueError(f"output {i} is {form}: only strided tensors can be compared")
        if _kind(mine) != _kind(other):
            raise ValueError(f"output {i} is {_kind(mine)}, in the compiled module {_kind(other)}")
        shape, other_shape = (tuple(getattr(value, "shape", ())) for value in (mine, other))
        if shape != other_shape:
            raise ValueError(f"output {i} has the shape {shape}, in the compiled module {other_shape}")


def _as_tensor(value: Any) -> torch.Tensor:
    if isinstance(value, torch.Tensor):
        return value.dequantize() if value.is_quantized else value
    return torch.tensor(value, dtype=torch.complex128 if isinstance(value, complex) else torch.float64)


def _parts(result: Any, who: str) -> tuple[list[Any], list[str]]:
    """Returns the tensors and numbers of a result, and its texts. None has no part: TorchScript moves it."""
    leaves = [leaf for leaf in _pytree.tree_leaves(result) if leaf is not None]
    values = [leaf for leaf in leaves if isinstance(leaf, (torch.Tensor, *_NUMBERS))]
    texts = [leaf for leaf in leaves if isinstance(leaf, str)]
    for leaf in leaves:
        if not isinstance(leaf, (torch.Tensor, *_NUMBERS, str)):
            raise ValueError(f"{who} returns a {type(leaf).__name__}, which cannot be compared")
    return values, texts


def _compared(expected: Any, found: Any) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """The tensors and numbers of two results, as tensors. Raises ``ValueError`` if the results have other forms."""
    values, texts = _parts(expected, "the module")
    other_values, other_texts = _parts(found, "the compiled module")
    _require_alike(values, other_values)
    if texts != other_texts:
        raise ValueError(f"the module returns {texts}, the compiled module {other_texts}")
    return [_as_tensor(value) for value in values], [_as_tensor(value) for value in other_values]


def _called(module: Any, positional: Sequence[Any], by_name: dict[str, Any]) -> Any:
    """Calls the module with copies of the tensors, which it may write."""
    positional, by_name = copied((tuple(positional), dict(by_name)))
    return module(*positional, **by_name)


def _recorded(module: Any, positional: Sequence[Any], by_name: dict[str, Any], *, is_reference: bool) -> Any:
    """Runs the module, and keeps the tensors of its engines for a comparison."""
    compiler()._start_recording()
    try:
        return _called(module, positional, by_name)
    finally:
        compiler()._stop_recording(is_reference)


def _errors(of_layers: bool) -> list[TensorError]:
    names, layers, sources, numbers, elements = compiler()._tensor_errors(of_layers)
    rows = zip(names, layers, sources, *(numbers[i::4] for i in range(4)), elements, strict=True)
    return [TensorError(*row) for row in rows]


def _with_engines(errors: Sequence[TensorError], engines: Sequence[Engine]) -> list[TensorError]:
    """Names the engines of layers.

    Rows are in the order of computation, and an engine has a tensor once. If two engines have a layer of the name, the
    row belongs to the one that follows the row before.
    """
    layers = [engine.layer_names() for engine in engines]
    seen: set[tuple[int, str]] = set()
    found, place = [], 0
    for error in errors:
        able = [i for i, names in enumerate(layers) if error.layer in names and (i, error.name) not in seen]
        if able:
            place = next((i for i in able if i >= place), able[0])
            seen.add((place, error.name))
        found.append(dataclasses.replace(error, engine=engines[place].label if able else ""))
    return found


def verify(
    module: Any,
    compiled: Any,
    data: Iterable[Any],
    *,
    reference: Any = None,
    metric: Callable[[Any], float] | None = None,
    progress: _progress.Choice = None,
) -> Verification:
    """Compares a compiled module with PyTorch on example data, per output and per layer.

    The outputs are compared with those of ``module``, in its own dtype. Both run in eval mode, whatever their mode, and
    without gradients; their mode is set again at the end. Each gets a copy of the arguments, which it may write.
    NaN and infinities that both have at one place are in no sum. Numbers count as tensors, and of complex ones both
    parts. The tensors inside the engines are compared with those of the module compiled in float32 and cut into the
    same engines; if it cannot be, :attr:`Verification.reason` says so, and there are outputs only. Engines of the
    native backend on the CPU show their tensors; others have outputs only.

    Args:
        module: the module, or the exported program, that was compiled. A program's state stays as it is.
        compiled: what :func:`torch_tensorrt.compile` returned for it.
        data: batches, in the forms of :class:`torch_tensorrt.ptq.DataLoaderCalibrator`.
        reference: the module compiled in float32. Default: it is compiled for the shapes that ``compiled`` takes, or
            those of the batches.
        metric: a function of a module, such as its accuracy; it is called with ``module`` and with ``compiled``, in
            eval mode.
        progress: as :func:`torch_tensorrt.ts.compile` takes it.

    Returns:
        A :class:`Verification`; ``print`` shows a table, ``save_plot`` writes a picture.

    Raises:
        ValueError: there are no batches, or the modules return different numbers of tensors, other shapes, dtypes or
            texts, sparse tensors, or objects of other types.
        RuntimeError: the call is inside the data of ``verify`` or of a calibration.
    """
    with _progress.followed(progress, "verifying"):
        runs = runnable(module)
        with in_eval_mode(runs, compiled):
            return _verify(module, runs, compiled, data, reference, metric)


def _verify(
    module: Any, runs: Any, compiled: Any, data: Iterable[Any], reference: Any, metric: Callable[[Any], float] | None
) -> Verification:
    batches = 0
    own = Reference(module, compiled, reference)
    with observing("verify"):
        compiler()._start_verification()
        try:
            # Inference mode would leave tensors in the modules' buffers that fail later.
            with torch.no_grad():
                for batches, batch in enumerate(data, start=1):
                    _progress.step("comparing batches", batches - 1, length_of(data))
                    positional, by_name = arguments_of(batch, compiled)
                    in_float = own.for_batch(positional, by_name)
                    expected = _called(runs, positional, by_name)
                    found = _recorded(compiled, positional, by_name, is_reference=False)
                    compiler()._compare_outputs(*_compared(expected, found))
                    if not own.reason:
                        _recorded(in_float, positional, by_name, is_reference=True)
                        compiler()._compare_recorded()
            outputs, layers = _errors(of_layers=False), _errors(of_layers=True)
        finally:
            compiler()._stop_verification()
    if batches == 0:
        raise ValueError("there are no batches to verify with")
    reason = own.reason
    if not layers and not reason:
        reason = "the engines of both modules show no tensors of the same names"
    metrics = None
    if metric is not None:
        _progress.step("computing the metric")
        metrics = float(metric(runs)), float(metric(compiled))
    return Verification(
        outputs=tuple(outputs),
        layers=tuple(_with_engines(layers, engines_of(compiled))),
        metric=metrics,
        batches=batches,
        reason=reason,
    )


def runnable(module: Any) -> Any:
    """Returns what runs; of a program, with buffers of its own."""
    if not isinstance(module, torch.export.ExportedProgram):
        return module
    runs = module.module()
    own: dict[int, torch.Tensor] = {}  # one buffer may have several names
    for part in runs.modules():
        for name, buffer in part.named_buffers(recurse=False, remove_duplicate=False):
            part._buffers[name] = own.setdefault(id(buffer), buffer.detach().clone())
    return runs
