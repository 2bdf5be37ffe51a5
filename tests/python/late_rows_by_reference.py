"""Runs the rows with data-dependent sizes in the reference backend, and writes {"NAME (static)": error or ""} as JSON.

Needs a process of its own: a loaded backend stays, and would accept layers that other tests expect to be declined.
"""

from __future__ import annotations

import json
import sys
import warnings

import torch
from ops.discover import late_rows
from ops.table import run_dynamic, run_static


def outcome(run, row) -> str:
    try:
        run(row, backend="reference")
    except Exception as error:  # the test prints it
        return f"{type(error).__name__}: {error}"
    return ""


def main() -> int:
    warnings.simplefilter("ignore")
    found = {}
    with torch.no_grad():
        for row in late_rows():
            found[f"{row.name} (static)"] = outcome(run_static, row)
            if not row.static_only:
                found[f"{row.name} (range)"] = outcome(run_dynamic, row)
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
