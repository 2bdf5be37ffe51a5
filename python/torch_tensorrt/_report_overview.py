"""What a reader of a report wants to know first: where a call spends its time, what is slow, and what to do."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch_tensorrt._report_text import counted, share_text, time_text

if TYPE_CHECKING:
    from torch_tensorrt._report import Report, ReportedEngine, ReportedLayer, ReportedOperator

_MOST_SLOW = 8
_MUCH = 0.1  # of a call
_LOW = ("f16", "bf16", "i8", "u8")
_FAST_BF16 = ("bf16", "amx")  # in the names of instruction sets


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of a call."""

    name: str
    microseconds: float
    part: float


@dataclasses.dataclass(frozen=True)
class Slow:
    """A layer or operator that takes much of a call."""

    what: str
    where: str
    executor: str
    microseconds: float
    share: float | None


@dataclasses.dataclass(frozen=True)
class Advice:
    """What a reader can do; ``section`` is the part of the page that tells more."""

    text: str
    section: str


def layer_title(layer: ReportedLayer) -> str:
    return " + ".join((layer.kind, *layer.fused))


def short_source(source: str) -> str:
    """The place without the folders above the package, such as ``torchvision/ops/boxes.py:80``."""
    for folder in ("/site-packages/", "/dist-packages/"):
        _, found, rest = source.rpartition(folder)
        if found:
            return rest
    parts = source.split("/")
    return "/".join(parts[-2:]) if len(parts) > 3 else source


def parts_of_call(report: Report) -> list[Part]:
    """Engines, operators of PyTorch, and the rest of a call."""
    times = report.times
    if times is None or times.total <= 0:
        return []
    rows = (("engines", times.engines), ("PyTorch's operators", sum(times.operators.values())), ("rest", times.rest))
    return [Part(name, spent, spent / times.total) for name, spent in rows if spent > 0]


def slowest(report: Report) -> list[Slow]:
    """The layers and operators with the largest times."""
    found = [
        Slow(
            layer_title(layer), layer.module or short_source(layer.source), engine.name, layer.microseconds, layer.share
        )
        for engine in report.engines
        for layer in engine.layers
        if layer.microseconds
    ]
    for row in report.pytorch:
        if row.microseconds:
            what = row.op if row.uses == 1 else f"{row.op} ({row.uses} uses)"
            found.append(Slow(what, short_source(row.source), "PyTorch", row.microseconds, None))
    return sorted(found, key=lambda row: -row.microseconds)[:_MOST_SLOW]


def advice(report: Report) -> list[Advice]:
    """What the numbers of the report suggest, the largest effects first."""
    found = [_of_pytorch(report), _of_borders(report), _of_roofline(report), _of_precisions(report)]
    return [row for row in found if row is not None]


def _of_pytorch(report: Report) -> Advice | None:
    if report.times is None:
        if not report.pytorch:
            return None
        row = report.pytorch[0]
        uses = counted(sum(row.uses for row in report.pytorch), "operation")
        return Advice(f"PyTorch runs {uses}, most often {row.op}: {row.reason}.", "reasons")
    spent = sum(report.times.operators.values())
    rows = sorted((row for row in report.pytorch if row.microseconds), key=lambda row: -(row.microseconds or 0.0))
    if not rows or spent < _MUCH * report.times.total:
        return None
    part = share_text(spent / report.times.total)
    return Advice(f"PyTorch's operators take {part} of a call. {_named(rows[0])}", "reasons")


def _named(row: ReportedOperator) -> str:
    place = f" at {short_source(row.source)}" if row.source else ""
    return f"The largest of them is {row.op}{place} with {time_text(row.microseconds)}: {row.reason}."


def _of_borders(report: Report) -> Advice | None:
    times = report.times
    if times is None or times.engine_calls < 2 or not report.pytorch or times.rest < 2 * _MUCH * times.total:
        return None
    text = (
        f"{share_text(times.rest / times.total)} of a call is neither in engines nor in PyTorch's operators: it is the "
        f"work around {times.engine_calls} engine calls. Fewer and larger engines need less of it: change the program "
        "where the reasons tell how, or raise min_block_size"
    )
    size = report.settings.get("min_block_size")
    return Advice(text + (f" (now {size})." if size is not None else "."), "reasons")


def _of_roofline(report: Report) -> Advice | None:
    layers = [
        layer
        for engine in report.engines
        for layer in engine.layers
        if layer.microseconds and layer.least_microseconds is not None
    ]
    measured = sum(layer.microseconds or 0.0 for layer in layers)
    least = sum(min(layer.least_microseconds or 0.0, layer.microseconds or 0.0) for layer in layers)
    if not layers or report.times is None or measured - least < _MUCH * report.times.total:
        return None

    def gap(layer: ReportedLayer) -> float:
        return (layer.microseconds or 0.0) - (layer.least_microseconds or 0.0)

    worst = max(layers, key=gap)
    place = f" of {worst.module}" if worst.module else ""
    text = (
        f"The layers take {time_text(measured)}; the roofline of this machine allows {time_text(least)}. The largest "
        f"gap has {layer_title(worst)}{place}: {time_text(worst.microseconds)} beside "
        f"{time_text(worst.least_microseconds)}. A larger batch brings small layers nearer to the roofline."
    )
    return Advice(text, "layers")


def _of_precisions(report: Report) -> Advice | None:
    engines = [engine for engine in report.engines if engine.device.startswith("cpu") and engine.layers]
    if not engines or any(low_precisions(engine) for engine in engines):
        return None
    if not all(any(name in engine.device for name in _FAST_BF16) for engine in engines):
        return None
    text = (
        "All layers compute in f32, and this processor has instructions for bf16. Compile with "
        "enabled_precisions={torch.float32, torch.bfloat16}: the builder uses bf16 where it measures that it is "
        "faster. torch_tensorrt.verify tells what this costs in accuracy."
    )
    return Advice(text, "dtypes")


def low_precisions(engine: ReportedEngine) -> list[str]:
    """The precisions below f32 that the build of an engine was allowed."""
    return [name for name in engine.settings.get("enabled_precisions") or () if name in _LOW]


def higher(engines: Sequence[ReportedEngine]) -> list[tuple[str, str, int, int]]:
    """For each engine with lower precisions enabled: its name, kinds of its layers in f32, their number, all layers."""
    rows = []
    for engine in engines:
        if not low_precisions(engine):
            continue
        kinds: dict[str, int] = {}
        for layer in engine.layers:
            if layer.precision == "f32":
                kinds[layer.kind] = kinds.get(layer.kind, 0) + 1
        most = sorted(kinds.items(), key=lambda row: -row[1])
        text = ", ".join(f"{count} {kind}" for kind, count in most)
        rows.append((engine.name, text, sum(kinds.values()), len(engine.layers)))
    return rows
