"""Collects the rows of every module *_rows of this package."""

from __future__ import annotations

import importlib
import pkgutil

import ops
from ops.table import Row


def row_modules() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(ops.__path__) if module.name.endswith("_rows"))


def all_rows() -> list[Row]:
    return [row for name in row_modules() for row in importlib.import_module(f"ops.{name}").ROWS]


def late_rows() -> list[Row]:
    """Returns the rows with data-dependent shapes.

    Our own engine declines them; TensorRT (tests/gpu/conformance.py) and the reference backend of the tests
    (test_late_sizes.py) run them.
    """
    return [row for row in all_rows() if row.late]
