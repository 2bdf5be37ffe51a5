"""The search for layers to keep in float32 so that a metric holds."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from torch_tensorrt import _progress, ptq
from torch_tensorrt._compile import compile as _compile
from torch_tensorrt._verify import Verification, in_eval_mode, runnable, verify
from torch_tensorrt._verify_reference import Engine, engines_of


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

    Compiles the module with the given settings. If the metric falls by more than ``max_loss``, it ranks the layers that
    compute in lower precisions by the noise that each adds to that of its inputs (see :func:`verify`), searches the
    least number of the noisiest layers that must be kept in float32, by bisection, and then drops those of them that
    the metric does not need, the least noisy first. For n such layers these are at most 2 + log2(n) + 16 compilations,
    besides those of the calibration and of :func:`verify`.

    The module runs and is compiled in eval mode, whatever its mode; its mode is set again at the end.

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
        TypeError: ``precision_overrides`` is a str, must be a list.
        ValueError: ``max_loss`` is negative, the metric of the module is NaN, or the metric does not hold even with all
            layers in float32.
    """
    if not max_loss >= 0:
        raise ValueError(f"max_loss is {max_loss}, must be 0 or more")
    with _progress.followed(progress, "searching precisions"), in_eval_mode(module):
        return _search(module, data, metric, max_loss, settings)


class _Trials:
    """Compiles the module with layers kept in float32, and computes the metric."""

    def __init__(self, module: Any, metric: Callable[[Any], float], max_loss: float, settings: dict[str, Any]) -> None:
        overrides = settings.pop("precision_overrides", None) or []
        if isinstance(overrides, str):
            raise TypeError(f"precision_overrides is the str {overrides!r}, must be a list of str")
        self.overrides = list(overrides)
        runs = runnable(module)
        with in_eval_mode(runs):
            self.reference = float(metric(runs))
        if math.isnan(self.reference):
            raise ValueError("the metric of the module is nan, must be a number")
        self.settings = _calibrated(module, settings)
        self.module, self.metric, self.max_loss = module, metric, max_loss
        self.values: dict[tuple[str, ...], float] = {}  # of the metric
        self.compiled: Any = None  # the last trial
        self.best: tuple[Any, tuple[str, ...], float] | None = None  # the last trial in which the metric held

    def holds(self, kept: Sequence[str]) -> bool:
        key = tuple(kept)
        if key not in self.values:
            _progress.step(f"trial {len(self.values) + 1}, {len(key)} layers in float32")
            overrides = [*self.overrides, *(f"{_escaped(name)}=f32" for name in key)]
            self.compiled = _compile(self.module, precision_overrides=overrides, **self.settings)
            self.values[key] = float(self.metric(self.compiled))
            _progress.say(f"{len(key)} layers kept in float32: metric {self.values[key]:.6g}")
            if self._is_enough(self.values[key]):
                self.best = self.compiled, key, self.values[key]
        return self._is_enough(self.values[key])

    def _is_enough(self, value: float) -> bool:
        return value >= self.reference or self.reference - value <= self.max_loss


def _search(
    module: Any, data: Iterable[Any], metric: Callable[[Any], float], max_loss: float, settings: dict[str, Any]
) -> PrecisionSearch:
    batches = list(data)
    trials = _Trials(module, metric, max_loss, settings)
    if not trials.holds([]):
        report = verify(module, trials.compiled, batches)
        ranking = _noisiest(report, engines_of(trials.compiled))
        if not trials.holds(ranking):
            raise ValueError(_failure(trials, ranking, report.reason))
        low, count = 0, len(ranking)
        while count - low > 1:
            middle = (low + count) // 2
            low, count = (low, middle) if trials.holds(ranking[:middle]) else (middle, count)
        _without_needless(ranking[:count], trials.holds)
    assert trials.best is not None
    compiled, kept, value = trials.best
    return PrecisionSearch(compiled, kept, value, trials.reference, len(trials.values))


def _failure(trials: _Trials, ranking: list[str], reason: str) -> str:
    kept = f"with {len(ranking)} layers in float32"
    if not ranking:
        kept = f"and no layer can be chosen: {reason}" if reason else "and no layer computes in less than float32"
    value = trials.values[tuple(ranking)]
    return (
        f"the metric is {value:.6g}, beside {trials.reference:.6g} of the module, {kept}; "
        f"max_loss={trials.max_loss} cannot be reached"
    )


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
    calibrator = settings.get("calibrator")
    if calibrator is None or isinstance(calibrator, ptq.Table):
        return settings
    settings = dict(settings)
    ptq.resolve(settings, settings.get("device"), lambda changed: _compile(ptq.on_cpu(module), **changed))
    return settings


def _escaped(name: str) -> str:
    """The shell pattern that matches just the name."""
    return re.sub(r"([\[\]*?\\])", r"\\\1", name)


# Layers that move or convert elements.
_MOVING = {
    "shuffle", "concatenation", "slice", "shape", "gather", "select", "cast", "identity", "scatter", "reformat",
    "quantize", "dequantize",
}  # fmt: skip
_LOW = {"f16", "bf16", "i8", "u8"}


def _is_low(layer: dict[str, Any]) -> bool:
    """Whether a layer reads or computes numbers of less than 32 bits, as ``precision_overrides`` could change."""
    tensors = [*layer["inputs"], *layer["outputs"]]
    return layer["precision"] in _LOW or any(tensor["dtype"] in _LOW for tensor in tensors)


def _noisiest(report: Verification, engines: Sequence[Engine]) -> list[str]:
    """Names of the layers in lower precisions, by the noise that each adds to that of its inputs."""
    added: dict[str, float] = {}
    before = 0.0  # the noise of the last tensor of the engines before
    for engine in engines:
        noises: dict[str, float] = {}
        for error in report.layers:
            if error.engine == engine.label:
                noises[error.layer] = max(noises.get(error.layer, 0.0), _noise(error.sqnr))
        for name, noise in _added(engine.layers(), noises, before):
            added[name] = max(added.get(name, -math.inf), noise)
        before = list(noises.values())[-1] if noises else before
    return sorted(added, key=added.__getitem__, reverse=True)


def _noise(sqnr: float) -> float:
    """The mean square of the difference beside that of the signal."""
    if math.isfinite(sqnr):
        return float(10 ** (-sqnr / 10))
    return 0.0 if sqnr > 0 else math.inf


def _added(layers: list[dict[str, Any]], noises: dict[str, float], before: float) -> Iterator[tuple[str, float]]:
    """Yields the names of an engine's layers in lower precisions, with the noise that each adds.

    ``noises`` are those of the layers whose tensors were compared; other layers are last. ``before`` is the noise of
    the engine's inputs.
    """
    makers = {output["number"]: layer for layer in layers for output in layer["outputs"]}
    for layer in layers:
        noise = noises.get(layer["name"])
        if layer["kind"] in ("input", "constant") or not _is_low(layer):
            continue
        if noise is None:
            if layer["kind"] not in _MOVING:
                yield layer["name"], -math.inf
            continue
        inputs = _noise_of_inputs(layer, makers, noises, before)
        yield layer["name"], 0.0 if noise == inputs else noise - inputs


def _noise_of_inputs(
    layer: dict[str, Any], makers: dict[int, dict[str, Any]], noises: dict[str, float], before: float
) -> float:
    """The largest noise of the compared tensors that the layer follows from, and of the engine's inputs."""
    largest, left, seen = 0.0, [layer], set()
    while left:
        for tensor in left.pop()["inputs"]:
            maker = makers.get(tensor["number"])
            if maker is None or tensor["number"] in seen or maker["kind"] == "constant":
                continue
            seen.add(tensor["number"])
            if maker["kind"] == "input":
                largest = max(largest, before)
            elif maker["name"] in noises and maker["name"] != layer["name"]:
                largest = max(largest, noises[maker["name"]])
            else:
                left.append(maker)
    return largest
