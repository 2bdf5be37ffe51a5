"""The report of a compiled module as one HTML page, without other files and without a network."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch_tensorrt._report_costs import FORMULAS
from torch_tensorrt._report_errors import errors_view
from torch_tensorrt._report_memory import memory_chart, unknown_memory
from torch_tensorrt._report_overview import advice, higher, layer_title, parts_of_call, short_source, slowest
from torch_tensorrt._report_picture import MOST_BOXES, Box, Level, levels_of, path_of
from torch_tensorrt._report_text import (
    bytes_text,
    counted,
    disturbed_text,
    is_disturbed,
    operations_text,
    precisions,
    share_text,
    summary,
    time_text,
)
from torch_tensorrt.ts._settings import SETTINGS

if TYPE_CHECKING:
    from torch_tensorrt._report import Report, ReportedEngine, ReportedLayer, ReportedMethod

_FOLDER = Path(__file__).parent / "report_page"
_READABLE = 40  # boxes that the first picture may have
_MOST_CHARTS = 12
_PYTORCH_COLOR = "#f6c28b"
_ENGINE_COLORS = ("#9ecae1", "#a1d99b", "#c5b0d5", "#98df8a", "#aec7e8", "#9edae5", "#b5cf6b", "#bcbddc")
_TITLE_CHARS, _LINE_CHARS = 21, 28  # of the lines in a box
_PART_COLORS = {"engines": "#9ecae1", "PyTorch's operators": _PYTORCH_COLOR, "rest": "#d5d9de"}


def _time(microseconds: float | None) -> str:
    return _micro(time_text(microseconds))


def _micro(text: str) -> str:
    return re.sub(r"(\d) us\b", "\\1 µs", text)


def _breakable(text: str) -> Any:
    """A name of an operator that a narrow column may break after the colons."""
    import markupsafe

    return markupsafe.Markup("::<wbr>").join(text.split("::"))


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _clipped_left(text: str, most: int) -> str:
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
    return f"hsl({50 - 45 * part:.0f} 95% {96 - 35 * part:.0f}%)"


@dataclasses.dataclass
class _Colors:
    by_executor: dict[str, str]

    @classmethod
    def of(cls, report: Report) -> _Colors:
        found = {engine.name: _ENGINE_COLORS[i % len(_ENGINE_COLORS)] for i, engine in enumerate(report.engines)}
        found["PyTorch"] = _PYTORCH_COLOR
        return cls(found)


def _top_modules(box: Box) -> str:
    """Names of the outermost submodules of a box, in the order of the program."""
    names = list(dict.fromkeys(one.module.partition(".")[0] for one in box.operations if one.module))
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _box_title(box: Box) -> tuple[str, str]:
    """Two lines for a box: what it is, and what it contains or where it is in the user's program."""
    operations = box.operations
    first = operations[0]
    if len(operations) == 1:
        place = first.module or short_source(first.source) or ("added by the compiler" if first.layer >= 0 else "")
        return first.label.removeprefix("aten::"), place
    count = counted(len(operations), "layer" if first.layer >= 0 else "operation")
    if first.layer < 0:
        names = dict.fromkeys(operation.label.removeprefix("aten::") for operation in operations)
        return count, _clipped(", ".join(names), _LINE_CHARS)
    return _common([operation.module for operation in operations]) or _top_modules(box) or first.executor, count


def _box_details(box: Box) -> str:
    """The text that the page shows for a box."""
    operations = box.operations
    first = operations[0]
    title, below = _box_title(box)
    lines = [f"{title} ({below})" if below else title, f"runs in: {first.executor}"]
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


def _box_view(box: Box, colors: _Colors, slowest_box: float) -> dict[str, Any]:
    title, below = _box_title(box)
    spent = box.microseconds
    words = {operation.module for operation in box.operations} | {operation.label for operation in box.operations}
    return {
        "x": f"{box.x:.0f}",
        "y": f"{box.y:.0f}",
        "title": _clipped_left(title, _TITLE_CHARS),
        "below": _clipped_left(below, _LINE_CHARS),
        "last": box.executor if spent is None else f"{box.executor}, {_time(spent)}",
        "details": _box_details(box),
        "words": " ".join(sorted(words | {box.executor})).lower()[:2000],
        "executor": colors.by_executor.get(box.executor, "#dddddd"),
        "heat": _heat(spent / slowest_box) if spent is not None and slowest_box > 0 else "#eeeeee",
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
        "title": layer_title(layer),
        "number": f"{engine.name.removeprefix('engine ')}.{layer.number}",
        "share": share,
        "share_text": share_text(share),
        "bar": 0 if share is None else min(100, round(100 * share)),
        "file": short_source(layer.source),
    }


def _layer_rows(report: Report) -> list[dict[str, Any]]:
    """The slowest first, if the times are known; else in the order of the program."""
    rows = [_layer_row(engine, layer) for engine in report.engines for layer in engine.layers]
    for place, row in enumerate(rows):
        row["place"] = place
    if report.times is not None:
        rows.sort(key=lambda row: -(row["layer"].microseconds or -1.0))
    return rows


def _kinds_text(engine: ReportedEngine) -> str:
    kinds: dict[str, int] = {}
    for layer in engine.layers:
        kinds[layer.kind] = kinds.get(layer.kind, 0) + 1
    most = sorted(kinds.items(), key=lambda row: -row[1])
    text = ", ".join(f"{count} {kind}" for kind, count in most[:3])
    return text + (f" and {counted(len(most) - 3, 'more kind')}" if len(most) > 3 else "")


def _modules_text(engine: ReportedEngine) -> str:
    modules = [layer.module for layer in engine.layers if layer.module]
    return _common(modules) or ", ".join(list(dict.fromkeys(name.partition(".")[0] for name in modules))[:4])


def _segments(report: Report) -> list[dict[str, Any]]:
    """Engines by their layers; PyTorch's operators and the rest of a call if these are measured."""
    times = report.times
    inside = sum(engine.microseconds or 0.0 for engine in report.engines)
    # The layers' times sum up to more than their engines', as each is measured alone: the engines' time is divided.
    is_called_once = times is not None and times.engine_calls == len(report.engines) and inside > 0
    rows = []
    for engine in report.engines:
        least = [layer.least_microseconds for layer in engine.layers if layer.least_microseconds is not None]
        spent = engine.microseconds
        part = None
        if times is not None and is_called_once and spent is not None and times.total > 0:
            part = spent / inside * times.engines / times.total
        rows.append(
            {
                "name": engine.name,
                "what": _kinds_text(engine) or "its layers are not known",
                "module": _modules_text(engine),
                "method": engine.method,
                "backend": f"{engine.backend} on {engine.device}",
                "us": spent,
                "least": sum(least) if least else None,
                "part": part,
            }
        )
    uses = sum(row.uses for row in report.pytorch)
    outside = [("PyTorch", counted(uses, "operation"), None)] if uses else []
    if times is not None:
        spent = sum(times.operators.values())
        outside = [("PyTorch", counted(uses, "operation"), spent)] if uses or spent > 0 else []
        outside.append(("rest", "TorchScript, checks of arguments, borders of engines", times.rest))
    for name, what, us in outside:
        part = None if us is None or times is None or not times.total else us / times.total
        empty = {"module": "", "method": "", "backend": "", "least": None}
        rows.append({"name": name, "what": what, "us": us, "part": part, **empty})
    return rows


def _settings(report: Report) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
    """The settings that differ from their defaults, and the others."""
    defaults = {setting.name: setting.default for setting in SETTINGS}
    defaults |= {"enabled_precisions": ["f32"], "torch_executed_ops": [], "torch_executed_modules": []}
    changed, same = [], []
    for name, value in report.settings.items():
        is_default = name in defaults and (value == defaults[name] or (not value and not defaults[name]))
        (same if is_default else changed).append((name, value))
    return changed, same


def _legend(report: Report, colors: _Colors) -> list[tuple[list[str], str]]:
    """Colors with their meaning."""
    count = len(report.engines)
    rows = [([colors.by_executor[engine.name]], engine.name) for engine in report.engines]
    if count > len(_ENGINE_COLORS):
        rows = [(list(_ENGINE_COLORS), f"the {count} engines, whose colors repeat")]
    has_pytorch = any(one.executor == "PyTorch" for method in report.methods for one in method.program)
    return [*rows, ([_PYTORCH_COLOR], "PyTorch")] if has_pytorch else rows


def page_of(report: Report) -> str:
    """Returns the page."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        time=_time, bytes=bytes_text, percent=share_text, operations=operations_text, place=short_source, micro=_micro
    )
    environment.filters.update(capitalize_first=lambda text: text[:1].upper() + text[1:], breakable=_breakable)
    colors = _Colors.of(report)
    largest = sorted(report.engines, key=lambda engine: -engine.memory.arena_bytes)
    charts = [chart for chart in map(memory_chart, largest) if chart is not None]
    empty = [engine for engine in report.engines if not engine.memory.reason and memory_chart(engine) is None]
    notes = [(engine.name, note) for engine in report.engines for note in engine.notes]
    segments = _segments(report)
    operators = list(report.pytorch)
    if report.times is not None:
        operators.sort(key=lambda row: -(row.microseconds or 0.0))
    changed, same = _settings(report)
    module_names = {layer.name: layer.module for engine in report.engines for layer in engine.layers}
    return environment.get_template("page.html").render(
        report=report,
        summary=summary(report),
        parts=parts_of_call(report),
        disturbed=_micro(disturbed_text(report.times)) if report.times and is_disturbed(report.times) else "",
        part_colors=_PART_COLORS,
        slowest=slowest(report),
        advice=advice(report),
        pictures=[_picture(method, colors) for method in report.methods],
        legend=_legend(report, colors),
        segments=segments,
        backends=sorted({row["backend"] for row in segments if row["backend"]}),
        methods=len(report.methods),
        layers=_layer_rows(report),
        operators=operators,
        higher=higher(report.engines),
        errors=None if report.verification is None else errors_view(report.verification, module_names),
        precisions=precisions(report.engines),
        kinds=[(engine, _kinds(engine)) for engine in report.engines if engine.converted],
        fused=_fused(report.engines),
        charts=charts[:_MOST_CHARTS],
        hidden_charts=len(charts[_MOST_CHARTS:]),
        no_arena=", ".join(engine.name for engine in empty),
        unknown_memory=unknown_memory(report.engines),
        precision_notes=[row for row in notes if row[1].startswith("precision:")],
        other_notes=[row for row in notes if not row[1].startswith("precision:")],
        changed_settings=changed,
        default_settings=same,
        formulas=sorted((kind, formula.text) for kind, formula in FORMULAS.items()),
        css=(_FOLDER / "page.css").read_text(encoding="utf-8"),
        js=(_FOLDER / "page.js").read_text(encoding="utf-8"),
    )
