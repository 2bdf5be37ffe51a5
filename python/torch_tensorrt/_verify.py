"""What lower precisions cost: errors of a compiled module beside float32, and the search for layers to keep higher."""

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
from torch_tensorrt._compile import compile as _compile
from torch_tensorrt._input import Input
from torch_tensorrt._inspect import inspect
from torch_tensorrt._library import compiler
from torch_tensorrt.ptq import OBSERVED, arguments_of, copied, length_of
from torch_tensorrt.ts._compiler import _native

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
    """

    name: str
    layer: str
    source: str
    max_abs: float
    relative: float
    cosine: float
    sqnr: float
    elements: int

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
        reason: why there are no layers; empty if there are.
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
        rows = [("tensor", "operator", "max abs", "relative", "cosine", "SQNR dB", "line")]
        for error in (*self.layers, *self.outputs):
            numbers = (f"{error.max_abs:.3g}", f"{error.relative:.2%}", f"{error.cosine:.6f}", f"{error.sqnr:.1f}")
            rows.append((error.name, error.operator, *numbers, _short(error.source)))
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows
        ]
        if self.metric is not None:
            lines.append(f"metric: {self.metric[0]:.6g} in float32, {self.metric[1]:.6g} compiled")
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


def _called(module: Any, positional: Sequence[Any], by_name: dict[str, Any]) -> Any:
    """Calls the module with copies of the tensors, which it may write."""
    copies, copies_by_name = copied((tuple(positional), dict(by_name)))
    return module(*copies, **copies_by_name)


@contextlib.contextmanager
def _in_eval_mode(module: Any) -> Iterator[None]:
    """Compiled modules compute as in eval mode, whatever the mode of the original."""
    parts = list(module.modules()) if isinstance(module, torch.nn.Module) else []
    training = [part for part in parts if getattr(part, "training", False)]  # frozen modules have no mode
    for part in training:
        part.training = False
    try:
        yield
    finally:
        for part in training:
            part.training = True


def _require_alike(expected: list[torch.Tensor], found: list[torch.Tensor]) -> None:
    if len(expected) != len(found):
        raise ValueError(f"the module returns {len(expected)} tensors, the compiled module {len(found)}")
    for i, (mine, other) in enumerate(zip(expected, found, strict=True)):
        if mine.layout != torch.strided or other.layout != torch.strided:
            raise ValueError(f"output {i} is {mine.layout}: only strided tensors can be compared")
        if mine.shape != other.shape:
            raise ValueError(
                f"output {i} has the shape {tuple(mine.shape)}, in the compiled module {tuple(other.shape)}"
            )


def _recorded(module: Any, positional: Sequence[Any], by_name: dict[str, Any], *, is_reference: bool) -> Any:
    """Runs the module, and keeps the tensors of its engines for a comparison."""
    compiler()._start_recording()
    try:
        return _called(module, positional, by_name)
    finally:
        compiler()._stop_recording(is_reference)


def _errors(of_layers: bool) -> tuple[TensorError, ...]:
    names, layers, sources, numbers, elements = compiler()._tensor_errors(of_layers)
    rows = zip(names, layers, sources, *(numbers[i::4] for i in range(4)), elements, strict=True)
    return tuple(TensorError(*row) for row in rows)


def _tensors(result: Any) -> list[torch.Tensor]:
    """The tensors of the result, and its numbers as tensors."""
    leaves = _pytree.tree_leaves(result)
    return [torch.as_tensor(leaf) for leaf in leaves if isinstance(leaf, (torch.Tensor, bool, int, float, complex))]


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

    The outputs are compared with those of ``module``, in its own dtype and in eval mode. NaN and infinities that both
    have at one place are in no sum. Numbers count as tensors. The tensors inside the engines are compared
    with those of the module compiled in float32. Engines of the native backend on the CPU show their tensors; others
    have outputs only.

    Args:
        module: the module, or the exported program, that was compiled.
        compiled: what :func:`torch_tensorrt.compile` returned for it.
        data: batches, in the forms of :class:`torch_tensorrt.ptq.DataLoaderCalibrator`.
        reference: the module compiled in float32. Default: it is compiled for the shapes that ``compiled`` takes, or
            those of the batches.
        metric: a function of a module, such as its accuracy; it is called with ``module`` and with ``compiled``.
        progress: as :func:`torch_tensorrt.ts.compile` takes it.

    Returns:
        A :class:`Verification`; ``print`` shows a table, ``save_plot`` writes a picture.

    Raises:
        ValueError: there are no batches, or the modules return different numbers of tensors, other shapes, or sparse
            tensors.
    """
    with _progress.followed(progress, "verifying"):
        return _verify(module, compiled, data, reference, metric)


def _verify(
    module: Any, compiled: Any, data: Iterable[Any], reference: Any, metric: Callable[[Any], float] | None
) -> Verification:
    runs = _callable(module)
    batches = 0
    own = _Reference(module, compiled)
    compiler()._start_verification()
    try:
        # Inference mode would leave tensors in the modules' buffers that fail later.
        with torch.no_grad(), _in_eval_mode(runs):
            for batches, batch in enumerate(data, start=1):
                _progress.step("comparing batches", batches - 1, length_of(data))
                positional, by_name = arguments_of(batch, compiled)
                in_float = own.for_batch(positional, by_name) if reference is None else reference
                expected = _tensors(_called(runs, positional, by_name))
                found = _tensors(_recorded(compiled, positional, by_name, is_reference=False))
                _require_alike(expected, found)
                compiler()._compare_outputs(expected, found)
                if in_float is not None:
                    _recorded(in_float, positional, by_name, is_reference=True)
                    compiler()._compare_recorded()
        outputs, layers = _errors(of_layers=False), _errors(of_layers=True)
    finally:
        compiler()._stop_verification()
    if batches == 0:
        raise ValueError("there are no batches to verify with")
    reason = own.reason
    if not layers and not reason:
        reason = "the engines show no tensors of the same names (they run on the CPU in the native backend)"
    metrics = None
    if metric is not None:
        _progress.step("computing the metric")
        with _in_eval_mode(runs):
            metrics = float(metric(runs)), float(metric(compiled))
    return Verification(
        outputs=outputs,
        layers=layers,
        metric=metrics,
        batches=batches,
        reason=reason,
    )


def _callable(module: Any) -> Any:
    return module.module() if isinstance(module, torch.export.ExportedProgram) else module


_Range = tuple[tuple[int, ...], tuple[int, ...]]  # the least and the largest shape of a tensor


class _Reference:
    """The module compiled in float32 for the batches: again where one has shapes that those before had not."""

    def __init__(self, module: Any, compiled: Any) -> None:
        self._module, self._compiled = module, compiled
        self._found: Any = None
        self._ranges: list[_Range] = []  # of the tensors among the arguments
        self.reason = ""  # why it cannot be compiled

    def for_batch(self, positional: Sequence[Any], by_name: dict[str, Any]) -> Any:
        """Returns the compiled module; None if it cannot be compiled."""
        leaves, structure = _pytree.tree_flatten((list(positional), by_name))
        shapes = [tuple(leaf.shape) for leaf in leaves if isinstance(leaf, torch.Tensor)]
        if self.reason or (self._found is not None and self._takes(shapes)):
            return self._found
        self._ranges = self._widened(shapes)
        ranges = iter(self._ranges)
        given = [_range_of(leaf, next(ranges)) if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]
        inputs, by_name = _pytree.tree_unflatten(given, structure)
        self._found, self.reason = _in_float(self._module, self._compiled, inputs, by_name)
        return self._found

    def _takes(self, shapes: list[tuple[int, ...]]) -> bool:
        if isinstance(self._module, torch.export.ExportedProgram):
            return True  # the program has ranges of its own
        return _are_within(shapes, self._ranges)

    def _widened(self, shapes: list[tuple[int, ...]]) -> list[_Range]:
        declared = _declared_ranges(self._compiled)
        if _are_within(shapes, declared):
            return declared
        if [len(low) for low, _ in self._ranges] != [len(shape) for shape in shapes]:
            return [(shape, shape) for shape in shapes]
        pairs = zip(self._ranges, shapes, strict=True)
        return [(tuple(map(min, low, shape)), tuple(map(max, high, shape))) for (low, high), shape in pairs]


def _are_within(shapes: list[tuple[int, ...]], ranges: list[_Range]) -> bool:
    if [len(low) for low, _ in ranges] != [len(shape) for shape in shapes]:
        return False
    pairs = zip(shapes, ranges, strict=True)
    return all(a <= size <= b for shape, (low, high) in pairs for size, a, b in zip(shape, low, high, strict=True))


def _declared_ranges(compiled: Any) -> list[_Range]:
    """Returns the shapes of the inputs of a module that is one engine; for others an empty list."""
    if not isinstance(compiled, torch.jit.ScriptModule):
        return []
    try:
        methods = inspect(compiled).methods
    except RuntimeError:  # it is not compiled, and its outputs are compared
        return []
    is_whole = len(methods) == 1 and len(methods[0].engines) == 1 and not methods[0].pytorch
    inputs = methods[0].engines[0].information.get("inputs", []) if is_whole else []
    return [(tuple(row.get("min", row["dims"])), tuple(row.get("max", row["dims"]))) for row in inputs]


def _range_of(tensor: torch.Tensor, shapes: _Range) -> torch.Tensor | Input:
    low, high = shapes
    if low == high:
        return tensor
    return Input(min_shape=low, opt_shape=tuple(tensor.shape), max_shape=high, dtype=tensor.dtype)


def _in_float(module: Any, compiled: Any, positional: Sequence[Any], by_name: dict[str, Any]) -> tuple[Any, str]:
    """Returns the module compiled in float32 for the arguments, or the reason why it cannot be compiled.

    The names of its tensors are those of ``compiled``.
    """
    is_program = isinstance(module, torch.export.ExportedProgram)
    inputs = {} if is_program else {"inputs": list(positional), "kwarg_inputs": by_name or None}
    is_script = isinstance(compiled, torch.jit.ScriptModule)
    if is_script and compiler()._needs_observed_reference(_native(compiled)):
        inputs["calibrator"] = OBSERVED
    is_plain = isinstance(module, torch.nn.Module) and not isinstance(module, torch.jit.ScriptModule)
    for ir in (None, "dynamo") if is_plain else (None,):
        given = inputs if ir is None else {**inputs, "ir": ir}
        try:
            found = _compile(module, device="cpu", enabled_precisions={torch.float32}, **given)
        except Exception as error:
            return None, f"the module does not compile in float32: {error}"
        is_last = ir is not None or not is_plain
        cuts = _cuts(compiled)
        if _cuts(found) == cuts and (is_last or not cuts or _names_alike(found, compiled)):
            return found, ""
    if not _cuts(compiled):
        return None, "the compiled module has no engines"
    return None, "the engines of the module in float32 have other operators than those of the compiled module"


def _names_alike(found: Any, compiled: Any) -> bool:
    """Tells whether both have most names of layers: exported programs have others than TorchScript."""
    mine, others = _layer_names(found), _layer_names(compiled)
    return 2 * len(mine & others) >= len(others)


def _layer_names(compiled: Any) -> set[str]:
    engines = [engine for method in inspect(compiled).methods for engine in method.engines]
    return {layer["Name"] for engine in engines for layer in engine.information.get("Layers", [])}


def _cuts(compiled: Any) -> list[tuple[Any, ...]]:
    """What each engine takes and gives, and its number of operators: engines that are alike have the same tensors."""
    try:
        methods = inspect(compiled).methods
    except (RuntimeError, TypeError):  # it is not compiled
        return []
    rows: list[tuple[Any, ...]] = []
    for method in methods:
        for engine in method.engines:
            ranks = [[len(row["dims"]) for row in engine.information.get(side, [])] for side in ("inputs", "outputs")]
            rows.append((method.path, method.method, engine.attribute, engine.operations, *ranks))
    return rows


@dataclasses.dataclass(frozen=True)
class PrecisionSearch:
    """The result of :func:`precision_search`.

    Attributes:
        module: the compiled module.
        kept: names of the layers that compute in float32, so that the metric holds.
        metric: the metric of the compiled module.
        reference: the metric in float32.
        trials: the number of compilations.
    """

    module: Any
    kept: tuple[str, ...]
    metric: float
    reference: float
    trials: int


def precision_search(
    module: Any,
    data: Iterable[Any],
    metric: Callable[[Any], float],
    *,
    max_loss: float,
    progress: _progress.Choice = None,
    **settings: Any,
) -> PrecisionSearch:
    """Finds few layers to keep in float32 so that a metric of the compiled module holds.

    Compiles the module with the given settings. If the metric falls by more than ``max_loss``, it ranks the layers by
    the noise that each adds (see :func:`verify`), searches the least number of the noisiest layers that must be kept in
    float32, by bisection, and then drops those of them that the metric does not need, in at most 16 more trials.

    Args:
        module: as :func:`torch_tensorrt.compile` takes it.
        data: batches for the ranking, in the forms of :class:`torch_tensorrt.ptq.DataLoaderCalibrator`.
        metric: a function of a module; more is better.
        max_loss: the largest fall of the metric, in its unit.
        progress: as :func:`torch_tensorrt.ts.compile` takes it; where it is shown, each trial is a line too.
        **settings: those of :func:`torch_tensorrt.compile`, with ``enabled_precisions`` and, for int8, a calibrator
            (it calibrates once).

    Returns:
        :class:`PrecisionSearch`.

    Raises:
        ValueError: ``max_loss`` is negative, or the metric does not hold even with all layers in float32.
    """
    if not max_loss >= 0:
        raise ValueError(f"max_loss is {max_loss}, must be 0 or more")
    with _progress.followed(progress, "searching precisions"):
        return _search(module, data, metric, max_loss, settings)


def _search(
    module: Any, data: Iterable[Any], metric: Callable[[Any], float], max_loss: float, settings: dict[str, Any]
) -> PrecisionSearch:
    batches = list(data)
    runs = _callable(module)
    with _in_eval_mode(runs):
        reference = float(metric(runs))
    own = settings.pop("precision_overrides", None) or []
    if isinstance(own, str):
        raise TypeError(f"precision_overrides is the str {own!r}, must be a list of str")
    own = list(own)
    trials: dict[tuple[str, ...], tuple[Any, float]] = {}

    def trial(kept: Sequence[str]) -> tuple[Any, float]:
        key = tuple(kept)
        if key not in trials:
            _progress.step(f"trial {len(trials) + 1}, {len(key)} layers in float32")
            compiled = _compile(
                module, precision_overrides=[*own, *(f"{_escaped(name)}=f32" for name in key)], **settings
            )
            trials[key] = compiled, float(metric(compiled))
            _progress.say(f"{len(key)} layers kept in float32: metric {trials[key][1]:.6g}")
        return trials[key]

    def holds(kept: Sequence[str]) -> bool:
        return reference - trial(kept)[1] <= max_loss

    kept: list[str] = []
    settings = _calibrated(module, settings)
    if not holds(kept):
        ranking = _noisiest(verify(module, trial([])[0], batches))
        if not holds(ranking):
            raise ValueError(
                f"the metric is {trial(ranking)[1]:.6g} with {len(ranking)} layers in float32, beside "
                f"{reference:.6g}; max_loss={max_loss} cannot be reached"
            )
        low, count = 0, len(ranking)
        while count - low > 1:
            middle = (low + count) // 2
            low, count = (low, middle) if holds(ranking[:middle]) else (middle, count)
        kept = _without_needless(ranking[:count], holds)
    compiled, value = trial(kept)
    return PrecisionSearch(compiled, tuple(kept), value, reference, len(trials))


_MOST_DROPS = 16  # trials that drop layers again


def _without_needless(kept: list[str], holds: Callable[[Sequence[str]], bool]) -> list[str]:
    """Drops layers, the least noisy first, that the metric does not need: halves, then smaller parts."""
    size, left = max(len(kept) // 2, 1), _MOST_DROPS
    while left > 0 and len(kept) > 1:
        end = len(kept)
        while end > 0 and left > 0:
            fewer = kept[: max(end - size, 0)] + kept[end:]
            end -= size
            if not fewer or len(fewer) == len(kept):
                continue
            left -= 1
            if holds(fewer):
                kept = fewer
        if size == 1:
            break
        size //= 2
    return kept


def _calibrated(module: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with a calibrator that calibrates once."""
    from torch_tensorrt import ptq

    calibrator = settings.get("calibrator")
    if calibrator is None or isinstance(calibrator, ptq.Table):
        return settings
    settings = dict(settings)
    ptq.resolve(settings, settings.get("device"), lambda changed: _compile(ptq.on_cpu(module), **changed))
    return settings


def _escaped(name: str) -> str:
    """The shell pattern that matches just the name."""
    return re.sub(r"([\[\]*?\\])", r"\\\1", name)


def _noisiest(report: Verification) -> list[str]:
    """Names of layers, by the noise that each adds to that of the tensors before it."""
    added: dict[str, float] = {}
    before = 0.0
    for error in report.layers:
        noise = 10 ** (-error.sqnr / 10) if math.isfinite(error.sqnr) else (0.0 if error.sqnr > 0 else math.inf)
        added[error.layer] = max(added.get(error.layer, -math.inf), noise - before)
        before = noise
    return sorted(added, key=added.__getitem__, reverse=True)
