"""Strategies for several families: shapes, dtypes, tensors, and arguments that are sometimes wrong."""

from __future__ import annotations

from hypothesis import strategies as st
from ops.bundle import DTYPES, F32, F64, FLOATS
from ops.table import Row, Tensor

SPECIAL = (float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1.5, -2.5, 0.5)
SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of products of normal numbers, added in another order

sizes = st.sampled_from([1, 2, 3, 4, 2, 3, 5, 0])
dtypes = st.sampled_from(DTYPES)
float_dtypes = st.sampled_from((F32, F32, F64, *FLOATS))
flags = st.booleans()
seldom = st.sampled_from([False] * 9 + [True])


def shapes(low: int = 0, high: int = 4, size=sizes):
    return st.lists(size, min_size=low, max_size=high).map(tuple)


def dims(rank: int):
    """Draws a dimension of the rank from either end; sometimes one out of range."""
    reach = max(rank, 1)
    return st.one_of(*[st.integers(-reach, reach - 1)] * 7, st.integers(-reach - 2, reach + 1))


def tensor(shape, dtype=F32, **more) -> Tensor:
    return Tensor(tuple(shape), dtype, dynamic=False, **more)


@st.composite
def tensors(draw, shape=None, dtype=None, special: bool = False):
    shape = draw(shapes()) if shape is None else shape
    dtype = draw(dtypes) if dtype is None else dtype
    if special and dtype.is_floating_point and draw(seldom):
        return tensor((len(SPECIAL),), dtype, values=SPECIAL)
    return tensor(shape, dtype)


@st.composite
def broadcastable(draw, shape) -> tuple[int, ...]:
    """Draws a shape that broadcasts with the given shape: fewer dimensions, or sizes of 1; seldom one that does not."""
    own = list(shape[draw(st.integers(0, len(shape))) :])
    for place in range(len(own)):
        if draw(st.integers(0, 3)) == 0:
            own[place] = 1
    if own and draw(seldom):
        own[draw(st.integers(0, len(own) - 1))] += 1
    return tuple(own)


def row(code: str, *inputs: Tensor, **more) -> Row:
    return Row("generated", code, tuple(inputs), static_only="generated", **more)


numbers = st.sampled_from(["0", "1", "2", "-3", "0.5", "2.5", "-1.5", "True", "7"])
