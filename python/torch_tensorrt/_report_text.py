"""The report of a compiled module as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_tensorrt._report import Report, ReportedEngine, ReportedLayer

_MOST_LAYERS = 20
_MOST_ENGINES = 8


def time_text(microseconds: float | None) -> str:
    if microseconds is None:
        return "-"
    return f"{microseconds / 1000:.2f} ms" if microseconds >= 1000 else f"{microseconds:.1f} us"


def bytes_text(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.2f} GiB"


def share_text(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"


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


def outside(report: Report) -> float | None:
    """Time of a call that is not in engines."""
    return None if report.times is None else max(0.0, report.times.total - report.times.engines)


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
            f"a call takes {time_text(times.total)} (median of {times.calls}), of which engines "
            f"{time_text(times.engines)} in {calls}, and PyTorch {time_text(outside(report))}"
        )
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
