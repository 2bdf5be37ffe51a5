"""Every row of the operator tables in f16 and in bf16, with bounds that follow from the format (ops/low_formats.py)."""

from __future__ import annotations

import warnings

import pytest
import torch
from ops.discover import all_rows
from ops.low_formats import LowRow, first_beyond, is_taken, low_bound, low_rows, reference, run_low
from ops.table import BF16, F32, HALF, A, Row, script_row, t

LOW_ROWS = low_rows(all_rows())
OPERATORS: dict[str, list[LowRow]] = {}
for one in LOW_ROWS:
    OPERATORS.setdefault(one.row.op, []).append(one)

# Of all rows and formats, PyTorch runs these on a CPU, at least: it has no kernels in f16 and bf16 for the others.
RUN = 0.97
taken: dict[bool, int] = {True: 0, False: 0}


@pytest.mark.parametrize("op", OPERATORS)
def test_operator(op: str) -> None:
    wrong = []
    for low in OPERATORS[op]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runs = is_taken(low)
            taken[runs] += 1
            if not runs:
                continue
            try:
                run_low(low)
            except Exception as error:  # any error: the message names the row
                wrong.append(f"{low.row.name}: {error}")
    assert not wrong, "\n".join(wrong)


def test_pytorch_runs_nearly_all_rows() -> None:
    count = sum(taken.values())
    if count < len(LOW_ROWS):
        pytest.skip("not all operators have run in this process")
    assert taken[True] >= RUN * count, taken


def test_both_formats_of_every_row() -> None:
    rows = [row for row in all_rows() if not row.late and any(spec.dtype is F32 for spec in row.inputs)]
    assert len(rows) > 2500
    for dtype in (HALF, BF16):
        assert sum(low.dtype is dtype for low in LOW_ROWS) >= len(rows)


# ---- the bounds ----------------------------------------------------------------------------------------------------

ONE = Row("aten::exp", "torch.exp(a)", (t(64, 64),), atol=1e-9)
MANY = Row("aten::exp", "torch.exp(torch.sin(a) * a + 1)", (t(64, 64),), atol=1e-9)


def bound_of(row: Row, dtype: torch.dtype) -> tuple[list[torch.Tensor], torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    inputs = [spec.make(generator).to(dtype) for spec in row.inputs]
    exact, stored = reference(script_row(row), inputs, 2.0**-11 if dtype is HALF else 2.0**-8)
    return inputs, exact[0], low_bound(row, dtype, exact[0], stored[0])


@pytest.mark.parametrize("dtype", [HALF, BF16])
def test_bound_covers_one_rounding_and_no_second_one(dtype: torch.dtype) -> None:
    _, exact, bound = bound_of(ONE, dtype)
    assert first_beyond(exact.to(dtype), exact, bound) == ""
    # The next number is more than half a step away.
    assert first_beyond(torch.nextafter(exact.to(dtype), torch.tensor(1e4, dtype=dtype)), exact, bound) != ""


@pytest.mark.parametrize("dtype", [HALF, BF16])
def test_bound_covers_the_roundings_between_operators(dtype: torch.dtype) -> None:
    (x,), exact, bound = bound_of(MANY, dtype)
    eager = torch.exp(torch.sin(x) * x + 1)
    assert first_beyond(eager, exact, bound) == ""
    once = low_bound(MANY, dtype, exact, torch.zeros_like(exact, dtype=torch.float64))
    assert first_beyond(eager, exact, once) != ""
    unit = bound / exact.double().abs().clamp(min=1e-30)
    assert unit.median() < 40 * 2.0 ** (-11 if dtype is HALF else -8)


def test_infinity_is_expected_where_f16_overflows() -> None:
    exact, bound = torch.tensor([65519.0, 65521.0, 60000.0]), torch.full((3,), 0.5)
    assert first_beyond(torch.tensor([65504.0, torch.inf, 60000.0], dtype=HALF), exact, bound + 16) == ""
    assert first_beyond(torch.tensor([65504.0, torch.inf, torch.inf], dtype=HALF), exact, bound + 16) != ""
    assert first_beyond(torch.tensor([65504.0, -torch.inf, 60000.0], dtype=HALF), exact, bound + 16) != ""


def test_formula_that_rounds_between_its_layers_is_found() -> None:
    """The logarithm of a sum of exponentials, each step rounded, as an engine would if its layers were in bf16."""
    row = Row("aten::logaddexp", f"{A}logaddexp(a, b)", (t(64, 64), t(64, 64)))
    generator = torch.Generator().manual_seed(1)
    a, b = (spec.make(generator).to(BF16) for spec in row.inputs)
    exact, stored = reference(script_row(row), [a, b], 2.0**-8)
    assert stored[0].max() == 0
    steps = torch.maximum(a, b) + torch.log1p(torch.exp(-(a - b).abs()))
    assert first_beyond(steps, exact[0], low_bound(row, BF16, exact[0], stored[0])) != ""
    assert first_beyond(torch.logaddexp(a, b), exact[0], low_bound(row, BF16, exact[0], stored[0])) == ""
