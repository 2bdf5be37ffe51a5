"""Writes the results as Markdown tables and as JSON."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
from pathlib import Path
from typing import Any

from harness.precisions import LIMITS
from harness.runtimes import RUNTIMES, package_version, row_title

_MEGA = 1e6


def describe_machine(command: str, threads: int) -> dict[str, Any]:
    """Returns the facts that a reader needs to judge or repeat the numbers."""
    packages = dict.fromkeys([*(runtime.package for runtime in RUNTIMES.values()), "nncf"])
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "command": command,
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "threads": threads,
        "load_average_at_start": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versions": {package: package_version(package) or "not installed" for package in packages},
    }


def _cpu() -> str:
    text = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    flags = re.search(r"^flags\s*: (.*)$", text, re.MULTILINE)
    wide = [
        flag
        for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile")
        if flags and flag in flags[1].split()
    ]
    return f"{model[1].strip() if model else platform.machine()} ({', '.join(wide)})"


def markdown_table(header: list[str], rows: list[list[str]], left: tuple[int, ...] = (0,)) -> str:
    """Returns a table with the columns ``left`` to the left and the others to the right."""
    rule = ["---" if column in left else "---:" for column in range(len(header))]
    lines = [header, rule, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _milliseconds(value: float) -> str:
    """Formats a time with three significant digits."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 4
    return f"{value:.{digits}f}"


def is_sound(row: dict[str, Any]) -> bool:
    """Returns whether a row's result is near enough to eager's for its time to mean something."""
    return "problem" not in row and row["relative_error"] <= LIMITS[row["precision"]]


def best_peers(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Returns the least median of each precision among the sound rows of other runtimes."""
    best: dict[str, float] = {}
    for row in rows:
        if row["runtime"] != "ours" and is_sound(row):
            best[row["precision"]] = min(row["median_ms"], best.get(row["precision"], row["median_ms"]))
    return best


def _ratio(other_ms: float | None, own_ms: float) -> str:
    return f"{other_ms / own_ms:.2f}x" if other_ms else ""


def _runtime_row(row: dict[str, Any], others: list[float | None]) -> list[str]:
    title = row_title(row["runtime"], row["precision"])
    if "problem" in row:
        return [title, row["problem"], *[""] * 6]
    sound = is_sound(row)
    return [
        f"**{title}**" if row["runtime"] == "ours" else title,
        _milliseconds(row["median_ms"]),
        _milliseconds(row["min_ms"]),
        *(_ratio(other, row["median_ms"]) if sound else "" for other in others),
        f"{row['prepare_s']:.1f}",
        f"{row['relative_error']:.0e}" + ("" if sound else " (wrong)"),
    ]


def case_table(case: dict[str, Any]) -> str:
    """Returns the table of one case's latencies."""
    rows = list(case["runtimes"].values())
    eager_ms, ours_ms = (case["runtimes"].get(name, {}).get("median_ms") for name in ("eager", "ours"))
    best = best_peers(rows)
    lines = [_runtime_row(row, [eager_ms, ours_ms, best.get(row["precision"])]) for row in rows]
    header = ["runtime", "median ms", "min ms", "to eager", "to ours f32", "to best peer", "ready after s", "error"]
    return f"\n### {case['model']}, batch {case['batch']}\n\n{markdown_table(header, lines)}"


def _engine_row(case: dict[str, Any]) -> list[str]:
    engine = case["engine"]
    weights, arena = engine["module_weight_bytes"], engine["arena_bytes"]
    bound = engine["arena_lower_bound_bytes"]
    return [
        f"{case['model']}, batch {case['batch']}",
        f"{engine['build_s']:.1f}",
        f"{engine['load_s']:.3f}",
        f"{engine['first_call_s']:.3f}",
        f"{engine['file_bytes'] / _MEGA:.1f}",
        f"{weights / _MEGA:.1f}",
        f"{engine['build_peak_bytes'] / _MEGA:.1f}",
        f"{(engine['build_peak_bytes'] - arena) / weights:.2f}",
        f"{arena / _MEGA:.2f}",
        f"{bound / _MEGA:.2f}",
        f"{100 * (arena / bound - 1):.1f} %" if bound else "",
    ]


def engine_table(cases: list[dict[str, Any]]) -> str:
    """Returns the table of our engines' build, load and memory."""
    header = ["engine", "build s", "load s", "first call s", "file MB", "weights MB", "build peak MB"]
    header += ["(peak - arena) / weights", "arena MB", "lower bound MB", "above it"]
    rows = [_engine_row(case) for case in cases if "engine" in case]
    return f"\n### Our engines\n\n{markdown_table(header, rows)}\n"


def heading(title: str, about: dict[str, Any]) -> str:
    """Returns the title of a document and the facts about its machine."""
    versions = ", ".join(f"{package} {number}" for package, number in about["versions"].items())
    lines = [
        f"# {title}",
        "",
        f"- date: {about['date']}",
        f"- command: `{about['command']}`",
        f"- CPU: {about['cpu']}, {about['cores']} cores; load average at the start {about['load_average_at_start']}",
        *([f"- GPU: {about['gpu']}"] if "gpu" in about else []),
        f"- threads of every runtime: {about['threads']}",
        f"- Python {about['python']}, {versions}",
        "",
        "The README of `benchmarks/` explains the columns.",
    ]
    return "\n".join(lines)


def _document(result: dict[str, Any]) -> str:
    parts = [heading("CPU benchmark", result["about"]), *[case_table(case) for case in result["cases"]]]
    if any("engine" in case for case in result["cases"]):
        parts.append(engine_table(result["cases"]))
    return "\n".join(parts).rstrip() + "\n"


def write(result: dict[str, Any], folder: Path, kind: str = "cpu", document: str | None = None) -> list[Path]:
    """Writes both files, named after the kind of benchmark and the date, and returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{kind}-" + result["about"]["date"].replace(" UTC", "").replace(" ", "-").replace(":", "")
    paths = [folder / f"{stem}.json", folder / f"{stem}.md"]
    paths[0].write_text(json.dumps(result, indent=1) + "\n")
    paths[1].write_text(_document(result) if document is None else document)
    return paths
