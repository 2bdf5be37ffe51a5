"""The report of a compiled module as one HTML page, without other files and without a network."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch_tensorrt._report_costs import FORMULAS
from torch_tensorrt._report_picture import MOST_BOXES, Box, Level, levels_of, path_of
from torch_tensorrt._report_text import bytes_text, counted, outside, precisions, share_text, summary, time_text

if TYPE_CHECKING:
    from torch_tensorrt._report import Report, ReportedEngine, ReportedLayer, ReportedMethod

_FOLDER = Path(__file__).parent / "report_page"
_READABLE = 40  # boxes that the first picture may have
_MOST_CHARTS = 12
_PYTORCH_COLOR = "#f6c28b"
_ENGINE_COLORS = ("#9ecae1", "#a1d99b", "#c5b0d5", "#98df8a", "#aec7e8", "#9edae5", "#b5cf6b", "#bcbddc")
_CHARS = 24  # of a line in a box


def _time(microseconds: float | None) -> str:
    return time_text(microseconds).replace(" us", " µs")


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _clipped_left(text: str, most: int = _CHARS) -> str:
    return text if len(text) <= most else "…" + text[len(text) - most + 1 :]


def _common(paths: Sequence[str]) -> str:
    """The path of the innermost submodule that has all of them."""
    parts = [path.split(".") for path in paths if path]
    if not parts:
        return ""
    shared = []
    for names in zip(*parts, strict=False):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    return ".".join(shared)


def _heat(part: float) -> str:
    """White to red."""
    part = min(max(part, 0.0), 1.0)
    return f"hsl({50 - 45 * part:.0f} 95% {96 - 40 * part:.0f}%)"


@dataclasses.dataclass
class _Colors:
    by_executor: dict[str, str]

    @classmethod
    def of(cls, report: Report) -> _Colors:
        found = {engine.name: _ENGINE_COLORS[i % len(_ENGINE_COLORS)] for i, engine in enumerate(report.engines)}
        found["PyTorch"] = _PYTORCH_COLOR
        return cls(found)


def _box_title(box: Box) -> tuple[str, str]:
    """Two lines for a box."""
    operations = box.operations
    first = operations[0]
    if len(operations) == 1:
        return first.label.removeprefix("aten::"), first.module or first.executor
    module = _common([operation.module for operation in operations])
    count = counted(len(operations), "layer" if first.layer >= 0 else "operation")
    if first.layer < 0:
        return f"PyTorch: {module}" if module else first.executor, count
    return module or first.executor, count


def _box_details(box: Box) -> str:
    """The text that the page shows for a box."""
    operations = box.operations
    first = operations[0]
    lines = [" / ".join(_box_title(box)), f"runs in: {first.executor}"]
    if first.block:
        lines.append(f"inside: {' > '.join(first.block)}")
    if box.microseconds is not None:
        lines.append(f"time: {_time(box.microseconds)}")
    if len(operations) == 1:
        lines += [f"{name}: {value}" for name, value in (("operator", first.operator), ("at", first.source)) if value]
        if first.layer >= 0:
            lines.append(f"layer {first.layer} of {first.executor}")
        return "\n".join(lines)
    kinds: dict[str, int] = {}
    for operation in operations:
        kinds[operation.label] = kinds.get(operation.label, 0) + 1
    most = sorted(kinds.items(), key=lambda row: -row[1])
    lines.append("contains: " + ", ".join(f"{count} x {kind}" for kind, count in most[:8]))
    if len(most) > 8:
        lines[-1] += f" and {counted(len(most) - 8, 'more kind')}"
    return "\n".join(lines)


def _box_view(box: Box, colors: _Colors, slowest: float) -> dict[str, Any]:
    title, below = _box_title(box)
    spent = box.microseconds
    if spent is not None:
        below = f"{_clipped_left(below, 15)}, {_time(spent)}"
    words = {operation.module for operation in box.operations} | {operation.label for operation in box.operations}
    return {
        "x": f"{box.x:.0f}",
        "y": f"{box.y:.0f}",
        "title": _clipped_left(title),
        "below": _clipped(below, 28),
        "details": _box_details(box),
        "words": " ".join(sorted(words | {box.executor})).lower()[:2000],
        "executor": colors.by_executor.get(box.executor, "#dddddd"),
        "heat": _heat(spent / slowest) if spent is not None and slowest > 0 else "#eeeeee",
        "dashed": bool(box.operations[0].block),
    }


def _level_view(level: Level, colors: _Colors) -> dict[str, Any]:
    slowest = max((box.microseconds or 0.0 for box in level.boxes), default=0.0)
    return {
        "name": f"{level.name} ({counted(len(level.boxes), 'box').replace('boxs', 'boxes')})",
        "width": f"{level.width:.0f}",
        "height": f"{level.height:.0f}",
        "boxes": [_box_view(box, colors, slowest) for box in level.boxes],
        "edges": [path_of(points) for _, _, points in level.edges],
        "slowest": _time(slowest) if slowest else "",
        "count": len(level.boxes),
    }


def _picture(method: ReportedMethod, colors: _Colors) -> dict[str, Any]:
    levels, count = levels_of(method.program)
    views = [_level_view(level, colors) for level in levels]
    readable = [number for number, view in enumerate(views) if view["count"] <= _READABLE]
    missing = f"the picture of all {count} operations is left out: it has more than {MOST_BOXES} boxes"
    return {
        "name": method.name,
        "levels": views,
        "first": max(readable) if readable else 0,
        "missing": missing if count > MOST_BOXES else "",
    }


def _chart(engine: ReportedEngine) -> dict[str, Any] | None:
    """Bytes alive in each step as an SVG path, beside the arena and its lower bound."""
    memory = engine.memory
    if memory.reason or not any(memory.live_bytes) and not any(memory.kernel_bytes):
        return None
    sums = [a + b for a, b in zip(memory.live_bytes, memory.kernel_bytes, strict=True)]
    width, height, top = 900.0, 180.0, max(memory.arena_bytes, *sums, 1) * 1.08
    step = width / len(sums)

    def y(count: float) -> float:
        return height - count / top * height

    def area(counts: Sequence[int]) -> str:
        path = f"M0 {height:.1f}"
        for number, count in enumerate(counts):
            path += f"L{number * step:.1f} {y(count):.1f}L{(number + 1) * step:.1f} {y(count):.1f}"
        return f"{path}L{width:.1f} {height:.1f}Z"

    layers = {layer.number: layer for layer in engine.layers}
    columns = []
    for number, (layer, count) in enumerate(zip(memory.steps, sums, strict=True)):
        found = layers.get(layer)
        name = "copy to an output" if found is None else f"{found.kind} {found.module}".strip()
        columns.append({"x": f"{number * step:.1f}", "text": f"step {number}: {name}: {bytes_text(count)} alive"})
    fullest = max(range(len(sums)), key=sums.__getitem__)
    alive = [tensor for tensor in memory.tensors if tensor.first <= fullest <= tensor.last]
    alive.sort(key=lambda tensor: -tensor.bytes)
    rows = []
    for tensor in alive[:6]:
        found = layers.get(tensor.layer)
        name = "unknown layer" if found is None else f"{found.kind} {found.module}".strip()
        rows.append(f"{bytes_text(tensor.bytes)}: {'workspace' if tensor.workspace else 'result'} of {name}")
    return {
        "engine": engine.name,
        "arena": bytes_text(memory.arena_bytes),
        "bound": bytes_text(memory.lower_bound_bytes),
        "weights": bytes_text(memory.weight_bytes),
        "steps": len(memory.live_bytes),
        "path": area(memory.live_bytes),
        "kernel_path": area(sums) if any(memory.kernel_bytes) else "",
        "arena_y": f"{y(memory.arena_bytes):.1f}",
        "bound_y": f"{y(memory.lower_bound_bytes):.1f}",
        "columns": columns,
        "step_width": f"{step:.1f}",
        "fullest": fullest,
        "alive": rows,
        "over": memory.arena_bytes / memory.lower_bound_bytes - 1 if memory.lower_bound_bytes else 0.0,
    }


def _unknown_memory(engines: Sequence[ReportedEngine]) -> list[tuple[str, str]]:
    """Names of engines by the reason why their memory is not known."""
    found: dict[str, list[str]] = {}
    for engine in engines:
        if engine.memory.reason:
            found.setdefault(engine.memory.reason, []).append(engine.name)
    return [(", ".join(names), reason) for reason, names in found.items()]


def _kinds(engine: ReportedEngine) -> list[tuple[str, int, int]]:
    names = sorted({*engine.converted, *engine.optimized})
    return [(name, engine.converted.get(name, 0), engine.optimized.get(name, 0)) for name in names]


def _fused(engines: Sequence[ReportedEngine]) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for engine in engines:
        for layer in engine.layers:
            if layer.fused:
                key = " + ".join((layer.kind, *layer.fused))
                found[key] = found.get(key, 0) + 1
    return sorted(found.items(), key=lambda row: -row[1])


def _layer_row(engine: ReportedEngine, layer: ReportedLayer) -> dict[str, Any]:
    share = layer.share
    return {
        "engine": engine.name,
        "layer": layer,
        "number": f"{engine.name.removeprefix('engine ')}.{layer.number}",
        "gflop": None if layer.operations is None else layer.operations / 1e9,
        "mb": None if layer.bytes is None else layer.bytes / 1e6,
        "share": share,
        "share_text": share_text(share),
        "bar": 0 if share is None else min(100, round(100 * share)),
        "file": layer.source.rpartition("/")[2],
    }


def _segments(report: Report) -> list[dict[str, Any]]:
    total = None if report.times is None else report.times.total
    rows = []
    for engine in report.engines:
        least = [layer.least_microseconds for layer in engine.layers if layer.least_microseconds is not None]
        spent = engine.microseconds
        count = counted(len(engine.layers), "layer")
        rows.append(
            {
                "name": engine.name,
                "what": f"{count} of {engine.method}, {engine.backend} on {engine.device}",
                "us": spent,
                "least": sum(least) if least else None,
                "part": None if spent is None or not total else spent / total,
            }
        )
    uses = sum(row.uses for row in report.pytorch)
    if uses or (report.times is not None and report.engines):
        what = f"{counted(uses, 'operation')}, and the borders of engines" if uses else "the borders of the engines"
        spent = None
        if report.times is not None:
            inside = sum(engine.microseconds or 0.0 for engine in report.engines)
            spent = max(0.0, report.times.total - inside) if len(report.engines) > 0 else outside(report)
        rows.append(
            {
                "name": "PyTorch",
                "what": what,
                "us": spent,
                "least": None,
                "part": None if spent is None or not total else spent / total,
            }
        )
    return rows


def page_of(report: Report) -> str:
    """Returns the page."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(time=_time, bytes=bytes_text, percent=share_text)
    colors = _Colors.of(report)
    largest = sorted(report.engines, key=lambda engine: -engine.memory.arena_bytes)
    charts = [chart for chart in map(_chart, largest) if chart is not None]
    empty = [engine for engine in report.engines if not engine.memory.reason and _chart(engine) is None]
    notes = [(engine.name, note) for engine in report.engines for note in engine.notes]
    return environment.get_template("page.html").render(
        report=report,
        summary=summary(report),
        outside=outside(report),
        pictures=[_picture(method, colors) for method in report.methods],
        colors=[(name, color) for name, color in colors.by_executor.items()][-12:],
        segments=_segments(report),
        layers=[_layer_row(engine, layer) for engine in report.engines for layer in engine.layers],
        precisions=precisions(report.engines),
        kinds=[(engine, _kinds(engine)) for engine in report.engines if engine.converted],
        fused=_fused(report.engines),
        charts=charts[:_MOST_CHARTS],
        hidden_charts=len(charts[_MOST_CHARTS:]),
        no_arena=", ".join(engine.name for engine in empty),
        unknown_memory=_unknown_memory(report.engines),
        precision_notes=[row for row in notes if row[1].startswith("precision:")],
        other_notes=[row for row in notes if not row[1].startswith("precision:")],
        formulas=sorted((kind, formula.text) for kind, formula in FORMULAS.items()),
        css=(_FOLDER / "page.css").read_text(encoding="utf-8"),
        js=(_FOLDER / "page.js").read_text(encoding="utf-8"),
    )
