"""Every operator against PyTorch: the rows of the tables in ops/, for fixed shapes and for ranges."""

from __future__ import annotations

import pytest
from ops.discover import all_rows
from ops.table import Row, run_dynamic, run_static

ROWS = all_rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row(row: Row) -> None:
    run_static(row)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.static_only], ids=lambda row: row.name)
def test_row_with_a_range_of_sizes(row: Row) -> None:
    run_dynamic(row)
