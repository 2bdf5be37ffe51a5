"""The memory of an engine over time, as a chart of a report's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from torch_tensorrt._report_text import bytes_text

if TYPE_CHECKING:
    from torch_tensorrt._report import ReportedEngine


def memory_chart(engine: ReportedEngine) -> dict[str, Any] | None:
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
        "arena_place": f"{100 * (y(memory.arena_bytes) + 6) / 196:.1f}",
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


def unknown_memory(engines: Sequence[ReportedEngine]) -> list[tuple[str, str]]:
    """Names of engines by the reason why their memory is not known."""
    found: dict[str, list[str]] = {}
    for engine in engines:
        if engine.memory.reason:
            found.setdefault(engine.memory.reason, []).append(engine.name)
    return [(", ".join(names), reason) for reason, names in found.items()]
