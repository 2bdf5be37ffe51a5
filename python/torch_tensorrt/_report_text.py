"""The report of a compiled module as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_tensorrt._report import Report, ReportedEngine, ReportedLayer
    from torch_tensorrt._report_times import Times

_MOST_LAYERS = 20
_MOST_ENGINES = 8


def time_text(microseconds: float | None) -> str:
    if microseconds is None:
        return "-"
    for size, unit in ((1e6, "s"), (1e3, "ms")):
        if microseconds >= 0.9995 * size:
            return f"{three_digits(microseconds / size)} {unit}"
    return f"{three_digits(microseconds)} us"


def three_digits(number: float) -> str:
    """The number with three digits, as far as these are behind the point."""
    size = abs(number)
    if size == 0:
        return "0"
    return f"{number:.{0 if size >= 99.95 else 1 if size >= 9.995 else 2 if size >= 0.9995 else 3}f}"


def bytes_text(count: float) -> str:
    if count < 1024:
        return f"{count:.0f} B"
    for unit in ("KiB", "MiB"):
        count /= 1024
        if count < 1023.5:
            return f"{three_digits(count)} {unit}"
    return f"{three_digits(count / 1024)} GiB"


def operations_text(count: int | None) -> str:
    """Floating-point operations with their unit."""
    if count is None:
        return "-"
    for size, unit in ((1e9, "GFLOP"), (1e6, "MFLOP"), (1e3, "kFLOP")):
        if count >= 0.9995 * size:
            return f"{three_digits(count / size)} {unit}"
    return f"{count} FLOP"


def is_disturbed(times: Times) -> bool:
    """Whether calls took so different times that something else must have used the machine."""
    return times.slowest > 2 * times.fastest


def disturbed_text(times: Times) -> str:
    return (
        f"calls took between {time_text(times.fastest)} and {time_text(times.slowest)}: other work on the machine "
        "disturbed the measurement, so do not trust the times below"
    )


def share_text(share: float | None) -> str:
    if share is None:
        return "-"
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return f"{100 * share:.1f} %" if 0 < share < 0.0995 else f"{100 * share:.0f} %"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(report: Report) -> str:
    """One sentence: what runs where."""
    layers = sum(len(engine.layers) for engine in report.engines)
    text = f"{counted(len(report.engines), 'engine')} with {counted(layers, 'layer')}"
    uses = sum(row.uses for row in report.pytorch)
    if uses:
        return f"{text}; PyTorch runs {counted(uses, 'operation')}"
    return f"{text}; PyTorch runs no operator"


def precisions(engines: Iterable[ReportedEngine]) -> list[tuple[str, int, float | None]]:
    """Dtypes of results with the number of layers and their time."""
    found: dict[str, list[ReportedLayer]] = {}
    for engine in engines:
        for layer in engine.layers:
            found.setdefault(layer.precision or "unknown", []).append(layer)
    rows = []
    for name, layers in found.items():
        times = [layer.microseconds for layer in layers if layer.microseconds is not None]
        rows.append((name, len(layers), sum(times) if times else None))
    return sorted(rows, key=lambda row: -row[1])


def _table(rows: Sequence[Sequence[Any]], right: Sequence[int] = ()) -> str:
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = []
    for row in cells:
        parts = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  " + "  ".join(parts).rstrip())
    return "\n".join(lines)


def _layers(report: Report) -> list[str]:
    pairs = [(engine, layer) for engine in report.engines for layer in engine.layers]
    if not pairs:
        return []
    is_measured = report.times is not None
    if is_measured:
        pairs.sort(key=lambda pair: -(pair[1].microseconds or 0.0))
        title = "layers, the slowest first"
    else:
        title = f"layers (times were not measured: {report.not_measured})"
    rows: list[Sequence[Any]] = [("engine", "kind", "module", "dtype", "time", "at least", "share", "tactic")]
    for engine, layer in pairs[:_MOST_LAYERS]:
        kind = " + ".join((layer.kind, *layer.fused))
        least = time_text(layer.least_microseconds)
        times = (time_text(layer.microseconds), least, share_text(layer.share))
        rows.append((engine.name, kind, layer.module or "-", layer.precision, *times, layer.tactic))
    lines = ["", title, _table(rows, right=(4, 5, 6))]
    if len(pairs) > _MOST_LAYERS:
        lines.append(f"  and {counted(len(pairs) - _MOST_LAYERS, 'more layer')}")
    return lines


def _engine(engine: ReportedEngine) -> list[str]:
    memory = engine.memory
    lines = [f"{engine.name} of {engine.method}: {engine.backend} on {engine.device}"]
    lines.append(f"  takes {'; '.join(engine.inputs)}")
    lines.append(f"  gives {'; '.join(engine.outputs)}")
    before, after = sum(engine.converted.values()), sum(engine.optimized.values())
    if before:
        lines.append(f"  {before} layers before the optimizer, {after} after it, {len(engine.layers)} do work")
    if memory.reason:
        lines.append(f"  memory of activations: not known: {memory.reason}")
    else:
        arena, bound = bytes_text(memory.arena_bytes), bytes_text(memory.lower_bound_bytes)
        lines.append(f"  memory of activations {arena}, lower bound {bound}; weights {bytes_text(memory.weight_bytes)}")
    lines += [f"  {note}" for note in engine.notes if note.startswith("precision:")]
    return lines


def text_of(report: Report) -> str:
    """Returns the report as text: a summary, the engines, the slowest layers, and PyTorch's part."""
    lines = [f"{report.title}: {summary(report)}"]
    if report.times is None:
        lines.append(f"times were not measured: {report.not_measured}")
    else:
        times = report.times
        calls = counted(times.engine_calls, "call")
        lines.append(
            f"a call takes {time_text(times.total)} (median of {times.calls}): engines {time_text(times.engines)} in "
            f"{calls}, PyTorch's operators {time_text(sum(times.operators.values()))}, the rest {time_text(times.rest)}"
        )
        if is_disturbed(times):
            lines.append(disturbed_text(times))
    for method in report.methods:
        if method.reason:
            lines.append(f"{method.name} is not one engine, because {method.reason}")
    lines.append("")
    for engine in report.engines[:_MOST_ENGINES]:
        lines += _engine(engine)
    if len(report.engines) > _MOST_ENGINES:
        lines.append(f"and {counted(len(report.engines) - _MOST_ENGINES, 'more engine')}")
    rows = ", ".join(f"{name}: {counted(count, 'layer')}" for name, count, _ in precisions(report.engines))
    if rows:
        lines.append(f"dtypes of results: {rows}")
    lines += _layers(report)
    if report.pytorch:
        lines += ["", "PyTorch runs"]
        for row in report.pytorch:
            place = f" at {row.source}" if row.source else ""
            spent = "" if row.microseconds is None else f", {time_text(row.microseconds)}"
            lines.append(f"  {row.uses} x {row.op}{place}{spent}: {row.reason}")
    if report.machine is not None:
        machine = report.machine
        lines += ["", f"speeds of {machine.device}, measured in this process with {machine.threads} threads"]
        lines += [f"  {name} matrix product: {speed:.0f} GFLOP/s" for name, speed in machine.gflops.items()]
        lines += [f"  copy that touches {bytes_text(n)}: {speed:.1f} GB/s" for n, speed in machine.gigabytes.items()]
    lines += ["", "versions", *(f"  {name}: {value}" for name, value in report.versions.items())]
    return "\n".join(lines)
