"""Every operator against PyTorch: the rows of the tables in ops/, for fixed shapes, for ranges, and traced."""

from __future__ import annotations

import pytest
from ops.any_sizes import NEEDS_A_SIZE, compile_any_sizes, first_rows_of_any_sizes, run_any_sizes
from ops.discover import all_rows
from ops.table import Row, run_dynamic, run_static
from ops.traced import NOT_TRACED, example, is_worth_a_run, run_traced, trace_row

ROWS = [row for row in all_rows() if not row.late]  # those are in test_late_sizes.py


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row(row: Row) -> None:
    run_static(row)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.static_only], ids=lambda row: row.name)
def test_row_with_a_range_of_sizes(row: Row) -> None:
    run_dynamic(row)


FIRST_OF_OPERATOR = {row.op: row for row in reversed(ROWS)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row_traced(row: Row) -> None:
    try:
        worth_a_run = is_worth_a_run(row, first=row is FIRST_OF_OPERATOR[row.op])
        if worth_a_run:
            trace_row(row)(*example(row))
    except Exception as error:  # any error: the row cannot be traced
        assert row.op in NOT_TRACED, error
        return
    if worth_a_run:
        run_traced(row)


ANY_SIZES = first_rows_of_any_sizes(ROWS)


@pytest.mark.parametrize("row", [row for row in ANY_SIZES if row.op not in NEEDS_A_SIZE], ids=lambda row: row.name)
def test_row_with_ranges_everywhere(row: Row) -> None:
    run_any_sizes(row)


@pytest.mark.parametrize("row", [row for row in ANY_SIZES if row.op in NEEDS_A_SIZE], ids=lambda row: row.name)
def test_row_that_needs_a_size_says_so(row: Row) -> None:
    with pytest.raises(RuntimeError, match=NEEDS_A_SIZE[row.op]):
        compile_any_sizes(row)
