"""Reads and writes at the positions in index tensors."""

from __future__ import annotations

from hypothesis import strategies as st
from ops.bundle import F32, F64, I32, I64

from .common import dims, dtypes, row, seldom, shapes, tensor

# Tensors without elements have rows of their own: only some operators of PyTorch check their indices.
_some = st.sampled_from([1, 2, 3, 4, 5])
_data = st.one_of(st.sampled_from([F32, F64, I64]), dtypes)
_REDUCE = st.sampled_from(["sum", "prod", "mean", "amax", "amin"])


def places(draw, shape, size: int, dtype=I64, distinct: bool = False):
    """Draws indices of a dimension of the size; seldom one out of range."""
    count = 1
    for n in shape:
        count *= n
    if distinct:
        values = draw(st.permutations(range(max(size, count))))[:count]
    else:
        values = [draw(st.integers(0, max(size - 1, 0))) for _ in range(count)]
    if values and draw(seldom):
        values[-1] = size
    return tensor(shape, dtype, values=tuple(values)) if count else tensor(shape, dtype)


@st.composite
def reads(draw):
    shape = draw(shapes(1, 3, _some))
    rank = len(shape)
    x = tensor(shape, draw(_data))
    dim = draw(dims(rank))
    size = shape[dim] if -rank <= dim < rank else 1
    kind = draw(st.sampled_from(["index_select", "gather", "index", "index", "embedding"]))
    dtype = draw(st.sampled_from([I64, I64, I32]))
    if kind == "index_select":
        return row(f"torch.index_select(a, {dim}, b)", x, places(draw, draw(shapes(0, 1)), size, dtype), exact=True)
    if kind == "gather":
        own = tuple(min(n, draw(st.integers(0, 4))) for n in shape)
        own = own[:-1] if draw(seldom) else own
        return row(f"torch.gather(a, {dim}, b)", x, places(draw, own, size), exact=True)
    if kind == "embedding":
        return row("torch.embedding(a, b)", x, places(draw, draw(shapes(0, 2)), shape[0], dtype), exact=True)
    lead = draw(st.integers(0, rank - 1))
    one = places(draw, draw(shapes(0, 2)), shape[lead], dtype)
    code = "a[" + ":, " * lead + "b]"
    if lead + 1 < rank and draw(st.booleans()):
        # The second broadcasts with the first.
        two = places(draw, one.shape if draw(st.booleans()) else (1,) * len(one.shape), shape[lead + 1], dtype)
        return row(code.replace("b]", "b, c]"), x, one, two, exact=True)
    return row(code, x, one, exact=True)


@st.composite
def writes(draw):
    shape = draw(shapes(1, 3, _some))
    rank = len(shape)
    dtype = draw(_data)
    x = tensor(shape, dtype)
    dim = draw(dims(rank))
    at = dim if -rank <= dim < rank else 0
    own = tuple(min(n, draw(st.integers(0, 4))) for n in shape)
    # One position for each slice: the order of several writes is undefined.
    single = tuple(min(n, 1) if place == at % rank else n for place, n in enumerate(own))
    source = tensor(own, draw(dtypes) if draw(seldom) else dtype)
    kind = draw(st.sampled_from(["scatter", "value", "add", "reduce", "index_add", "index_copy", "slice", "select"]))
    close = {"rtol": 1e-4, "atol": 1e-5}
    if kind == "scatter":
        return row(f"torch.scatter(a, {dim}, b, c)", x, places(draw, single, shape[at]), source, exact=True)
    if kind == "value":
        number = draw(st.sampled_from(["2", "0.5", "-1"]))
        return row(f"torch.scatter(a, {dim}, b, {number})", x, places(draw, own, shape[at]), exact=True)
    if kind == "add":
        return row(f"torch.scatter_add(a, {dim}, b, c)", x, places(draw, own, shape[at]), source, **close)
    if kind == "reduce":
        code = f"torch.scatter_reduce(a, {dim}, b, c, '{draw(_REDUCE)}', include_self={draw(st.booleans())})"
        return row(code, x, places(draw, own, shape[at]), source, rtol=1e-3, atol=1e-4)
    if kind in ("index_add", "index_copy"):
        count = draw(st.integers(0, 3))
        whole = tuple(count if place == at % rank else n for place, n in enumerate(shape))
        index = places(draw, (count,), shape[at], distinct=kind == "index_copy")
        return row(f"torch.{kind}(a, {dim}, b, c)", x, index, tensor(whole, source.dtype), **close)
    if kind == "slice":
        low, step = draw(st.integers(-4, 4)), draw(st.integers(1, 2))
        high = draw(st.integers(-4, 6))
        count = len(range(shape[at])[low:high:step]) + draw(seldom)
        part = tuple(count if place == at % rank else n for place, n in enumerate(shape))
        code = f"torch.slice_scatter(a, b, {dim}, {low}, {high}, {step})"
        return row(code, x, tensor(part, source.dtype), exact=True)
    part = tuple(n for place, n in enumerate(shape) if place != at % rank)
    place = draw(st.integers(-shape[at] - 1, shape[at]))
    return row(f"torch.select_scatter(a, b, {dim}, {place})", x, tensor(part, source.dtype), exact=True)
