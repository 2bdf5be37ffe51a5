"""All rows: those of every module of this package that is named *_rows."""

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
    """Rows whose results have sizes that depend on the values of the inputs."""
    return [row for row in all_rows() if row.late]
