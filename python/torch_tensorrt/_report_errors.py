"""The errors of a compiled module beside float32, as a section of a report's page."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from torch_tensorrt._report_overview import short_source
from torch_tensorrt._verify import BAD_SQNR, TensorError, Verification

_WIDTH, _HEIGHT = 900.0, 220.0
_LEAST_TOP = 60.0  # dB


def _decibels(sqnr: float) -> str:
    return "equal" if sqnr == math.inf else f"{sqnr:.1f}"


def _of_number(number: float) -> str:
    return "0" if number == 0 else f"{number:.2g}"


def _row(place: int, error: TensorError, modules: Mapping[str, str]) -> dict[str, Any]:
    operator = error.operator
    module = modules.get(error.layer, "")
    return {
        "place": place,
        "name": error.name,
        "operator": operator,
        "module": module,
        "what": f"{error.name} {operator}".strip() + (f" of {module}" if module else ""),
        "source": error.source,
        "file": short_source(error.source),
        "sqnr": 1e9 if error.sqnr == math.inf else error.sqnr,
        "sqnr_text": _decibels(error.sqnr),
        "cosine": error.cosine,
        "max_abs": error.max_abs,
        "max_abs_text": _of_number(error.max_abs),
        "relative": error.relative,
        "relative_text": f"{_of_number(100 * error.relative)} %",
        "is_bad": not error.sqnr >= BAD_SQNR,
    }


def _chart(errors: Sequence[TensorError], modules: Mapping[str, str]) -> dict[str, Any] | None:
    """A bar for each tensor, in the order of computation: its ratio of signal to noise."""
    if not errors:
        return None
    finite = [error.sqnr for error in errors if math.isfinite(error.sqnr)]
    top = math.ceil(max([_LEAST_TOP, *finite]) / 20) * 20
    step = _WIDTH / len(errors)

    def y(decibels: float) -> float:
        return _HEIGHT - min(max(decibels, 0.0), top) / top * _HEIGHT

    bars = []
    for place, error in enumerate(errors):
        height = y(error.sqnr if not math.isnan(error.sqnr) else 0.0)
        text = "equal" if error.sqnr == math.inf else f"{error.sqnr:.1f} dB"
        bars.append(
            {
                "x": f"{place * step:.2f}",
                "width": f"{max(step * 0.9, 0.5):.2f}",
                "y": f"{min(height, _HEIGHT - 1.5):.1f}",
                "height": f"{max(_HEIGHT - height, 1.5):.1f}",
                "kind": "bad" if not error.sqnr >= BAD_SQNR else "equal" if error.sqnr == math.inf else "good",
                "text": f"{error.name} {error.operator} {modules.get(error.layer, '')}".strip() + f": {text}",
            }
        )
    lines = [{"y": f"{y(value):.1f}", "text": f"{value} dB"} for value in range(0, top + 1, 20)]
    return {"bars": bars, "lines": lines, "width": _WIDTH, "height": _HEIGHT, "bad_y": f"{y(BAD_SQNR):.1f}"}


def _node(layer: str) -> str:
    return re.sub(r" # \S+$", "", layer)


def errors_view(verification: Verification, modules: Mapping[str, str]) -> dict[str, Any]:
    """Returns what the page shows of a verification; ``modules``: submodules by the names of layers."""
    bad = verification.first_bad()
    ratios = [-math.inf if math.isnan(error.sqnr) else error.sqnr for error in verification.outputs]
    worst = min(ratios, default=math.inf)
    return {
        "worst_output": "none" if worst == math.inf else "not a number" if worst == -math.inf else f"{worst:.0f} dB",
        "batches": verification.batches,
        "limit": f"{BAD_SQNR:.0f}",
        "outputs": [_row(place, error, {}) for place, error in enumerate(verification.outputs)],
        "layers": [_row(place, error, modules) for place, error in enumerate(verification.layers)],
        "chart": _chart(verification.layers or verification.outputs, modules),
        "of_outputs": not verification.layers,
        "bad": None if bad is None else _row(0, bad, modules),
        "bad_layer": "" if bad is None else _node(bad.layer),
        "metric": verification.metric,
        "reason": verification.reason,
    }
