"""Rows with a result for each of several variants of their inputs: dtypes, or shapes.

PyTorch decides which variants are valid when the tables are made; an engine need not support the others.
"""

from __future__ import annotations

import itertools
import re
import warnings

import torch

from .table import BF16, BOOL, F32, F64, HALF, I8, I16, I32, I64, NAMES, U8, Row, Tensor, flatten

FLOATS = (F32, HALF, BF16, F64)
DTYPES = (*FLOATS, I8, U8, I16, I32, I64, BOOL)

Variant = dict[str, Tensor]  # place in the code -> input
_REFUSALS = (RuntimeError, NotImplementedError, IndexError, TypeError, ValueError)


def _is_taken(code: str, variant: Variant) -> bool:
    generator = torch.Generator().manual_seed(7)
    inputs = {place: spec.make(generator) for place, spec in variant.items()}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results = eval(code.format(**{place: place for place in variant}), {"torch": torch, **inputs})
    except _REFUSALS:
        return False
    return all(result.dtype in DTYPES for result in flatten(results))


def bundle(op: str, code: str, variants: list[Variant], why: str, **more) -> list[Row]:
    """Makes a row; `{a}`, `{b}`, ... in the code are the inputs of a variant."""
    taken = [variant for variant in variants if _is_taken(code, variant)]
    assert taken, f"PyTorch takes no variant of {code}"
    at_once = len(NAMES) // len(taken[0])
    rows = []
    for first in range(0, len(taken), at_once):
        names = iter(NAMES)
        results, inputs = [], []
        for variant in taken[first : first + at_once]:
            results.append(code.format(**{place: next(names) for place in variant}))
            inputs += variant.values()
        rows.append(Row(op, f"({', '.join(results)},)", tuple(inputs), static_only=why, **more))
    return rows


def data(dtype: torch.dtype, *shape: int, domain: tuple[float, float] | None = None) -> Tensor:
    """Returns elements of the domain, for integers its whole numbers, or a single number if it has none."""
    if domain is None or dtype is BOOL:
        return Tensor(shape, dtype, dynamic=False)
    low, high = domain
    if not dtype.is_floating_point:
        low, high = int(max(low, 1)) if low > 0 else int(low), max(int(high), 2)
    return Tensor(shape, dtype, low, high, dynamic=False)


def over_dtypes(
    op: str,
    code: str,
    shapes: dict[str, tuple[int, ...]],
    fixed: Variant | None = None,
    *,
    domain: tuple[float, float] | None = None,
    dtypes: tuple[torch.dtype, ...] = DTYPES,
    **more,
) -> list[Row]:
    """Returns variants with all data inputs of one dtype, and fixed inputs (indices, conditions) unchanged."""
    variants = [
        {place: data(dtype, *shape, domain=domain) for place, shape in shapes.items()} | (fixed or {})
        for dtype in dtypes
    ]  # fmt: skip
    return bundle(op, code, variants, "one row for all dtypes; ranges of sizes have rows of their own", **more)


def over_dtype_pairs(op: str, code: str, a: tuple[int, ...], b: tuple[int, ...], domain=None, **more) -> list[Row]:
    """Returns variants with operands of all pairs of different dtypes."""
    pairs = [(x, y) for x, y in itertools.product(DTYPES, DTYPES) if x is not y]
    variants = [{"a": data(x, *a, domain=domain), "b": data(y, *b, domain=domain)} for x, y in pairs]
    return bundle(op, code, variants, "one row for all dtypes; ranges of sizes have rows of their own", **more)


def over_shapes(
    op: str,
    code: str,
    shapes: list[dict[str, tuple[int, ...]]],
    fixed: Variant | None = None,
    *,
    dtype: torch.dtype = F32,
    domain=None,
    **more,
) -> list[Row]:
    variants = [
        {place: data(dtype, *shape, domain=domain) for place, shape in variant.items()} | (fixed or {})
        for variant in shapes
    ]
    return bundle(op, code, variants, "one row for all shapes", **more)


# Without dimensions, without elements, with dimensions of one element; and pairs of shapes that broadcast.
ONE = [(), (0,), (1,), (2, 0), (0, 3), (1, 1), (1, 3, 1)]
TWO = [
    ((), ()), ((), (3,)), ((2, 3), ()), ((1,), (3,)), ((3, 1), (1, 4)), ((2, 1, 3), (4, 1)), ((0,), (1,)),
    ((0, 3), (3,)), ((1, 0), (2, 1)), ((2, 0), ()), ((1, 1, 1), (1,)), ((5,), (2, 1, 1)),
]  # fmt: skip


def variants_of(*places_of: tuple) -> list[dict[str, tuple[int, ...]]]:
    """Returns variants of shapes, or of tuples with a shape for each input."""
    return [dict(zip("abc", one if one and isinstance(one[0], tuple) else (one,), strict=False)) for one in places_of]


def index_variant(*shape: int, values=()) -> dict[str, Tensor]:
    return {"i": Tensor(shape, I64, 0, 1, values=values, dynamic=False)}


def with_places(code: str) -> str:
    """Replaces the name `a` by `{a}`."""
    return re.sub(r"(?<![\w.'])a(?![\w'])", "{a}", code)
