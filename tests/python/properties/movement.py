"""Operators that move elements: slices, reshapes, joins and splits."""

from __future__ import annotations

from hypothesis import strategies as st
from ops.bundle import DTYPES

from .common import dims, dtypes, row, seldom, shapes, sizes, tensor, tensors

_DTYPES = st.sampled_from(DTYPES)


def _bound(draw, size: int) -> str:
    return draw(st.one_of(st.just(""), st.integers(-size - 2, size + 2).map(str)))


@st.composite
def parts(draw):
    """Draws indexing by slices and numbers, select and narrow."""
    x = draw(tensors(shape=draw(shapes(1, 4))))
    rank = len(x.shape)
    if draw(st.integers(0, 2)) == 0:
        dim = draw(dims(rank))
        size = x.shape[dim] if -rank <= dim < rank else 1
        place = draw(st.integers(-size - 1, size))
        length = draw(st.integers(0, size)) if not draw(seldom) else size + 1
        code = draw(st.sampled_from([f"a.select({dim}, {place})", f"torch.narrow(a, {dim}, {place}, {length})"]))
        return row(code, x, exact=True)
    items = []
    for place in range(draw(st.integers(1, rank))):
        size = x.shape[place]
        kind = draw(st.sampled_from(["slice", "slice", "step", "number", "all", "new"]))
        if kind == "number":
            items.append(str(draw(st.integers(-max(size, 1), max(size - 1, 0) + draw(seldom)))))
        elif kind == "all":
            items.append(":")
        elif kind == "new":
            items += ["None", ":"]
        else:
            step = f":{draw(st.integers(1, 3))}" if kind == "step" else ""
            items.append(f"{_bound(draw, size)}:{_bound(draw, size)}{step}")
    if draw(seldom):
        items[0] = "..."
    return row(f"a[{', '.join(items)}]", x, exact=True)


def _sizes_of(draw, shape) -> list[int]:
    """Draws sizes with the same number of elements: some merged, sometimes a -1, seldom a wrong size."""
    made: list[int] = []
    for size in shape:
        if made and draw(st.booleans()):
            made[-1] *= size
        else:
            made.append(size)
    if draw(st.booleans()):
        made.insert(draw(st.integers(0, len(made))), 1)
    if made and draw(st.booleans()):
        made[draw(st.integers(0, len(made) - 1))] = -1
    if draw(seldom):
        made.append(2)
    return made


def _list(values) -> str:
    return str(list(values)) if values else "torch.jit.annotate(List[int], [])"


@st.composite
def shapings(draw):
    x = draw(tensors())
    shape, rank = x.shape, len(x.shape)
    one, other = draw(dims(rank)), draw(dims(rank))
    order = [place - rank if draw(seldom) else place for place in draw(st.permutations(range(rank)))]
    if order and draw(seldom):
        order[0] = order[-1]
    wide = [draw(st.integers(1, 3)) if size == 1 else draw(st.sampled_from([size, -1])) for size in shape]
    wide = [draw(st.integers(0, 2)) for _ in range(draw(st.integers(0, 1)))] + wide
    if wide and draw(seldom):
        wide[-1] = 9
    times = [draw(st.integers(0, 2)) for _ in range(draw(st.integers(0, rank + 1)))]
    turns, shift = draw(st.integers(-2, 5)), draw(st.integers(-4, 4))
    code = draw(
        st.sampled_from(
            [
                f"a.reshape({_list(_sizes_of(draw, shape))})", f"a.view({_list(_sizes_of(draw, shape))})",
                f"a.transpose({one}, {other})", f"a.permute({_list(order)})", f"torch.flatten(a, {one}, {other})",
                f"a.unsqueeze({draw(dims(rank + 1))})", f"a.squeeze({one})", "a.squeeze()", f"a.expand({_list(wide)})",
                f"a.repeat({_list(times)})", f"torch.tile(a, {_list(times)})", f"torch.flip(a, [{one}])",
                f"torch.roll(a, {shift}, {one})", f"torch.rot90(a, {turns}, [{one}, {other}])",
                f"torch.movedim(a, {one}, {other})",
                f"torch.unflatten(a, {one}, {_list(_sizes_of(draw, (shape[one],) if -rank <= one < rank else (4,)))})",
                f"torch.repeat_interleave(a, {draw(st.integers(0, 3))}, {one})",
                f"torch.tril(a, {shift})", f"torch.triu(a, {shift})", f"torch.diagonal(a, {shift}, {one}, {other})",
                f"a.unfold({one}, {draw(st.integers(0, 3))}, {draw(st.integers(1, 2))})",
                f"a.permute({_list(order)}).reshape({_list(_sizes_of(draw, [shape[i] for i in order]))})",
            ]
        )
    )  # fmt: skip
    return row(code, x, exact=True)


@st.composite
def joins(draw):
    rank = draw(st.integers(1, 3))
    shape = [draw(sizes) for _ in range(rank)]
    dim = draw(dims(rank))
    dtype = draw(_DTYPES)
    tensors_ = []
    for _ in range(draw(st.integers(1, 3))):
        own = list(shape)
        if -rank <= dim < rank:
            own[dim] = draw(sizes)
        if rank == 1:
            own[0] = max(own[0], 1)  # PyTorch skips vectors without elements, whatever the dimension
        if draw(seldom):
            own[0] += 1
        tensors_.append(tensor(own, draw(dtypes) if draw(seldom) else dtype))
    names = ", ".join("abc"[: len(tensors_)])
    if draw(st.integers(0, 2)) == 0:
        same = [tensor(shape, x.dtype) for x in tensors_]
        return row(f"torch.stack([{names}], {draw(dims(rank + 1))})", *same, exact=True)
    return row(f"torch.cat([{names}], {dim})", *tensors_, exact=True)


@st.composite
def splits(draw):
    x = draw(tensors(shape=draw(shapes(1, 3))))
    rank = len(x.shape)
    dim = draw(dims(rank))
    size = x.shape[dim] if -rank <= dim < rank else 2
    first = draw(st.integers(0, size))
    cut = [first, size - first + draw(seldom)]
    count = draw(st.integers(1, 4))
    code = draw(
        st.sampled_from(
            [
                f"torch.split(a, {draw(st.integers(0, size + 1))}, {dim})", f"torch.split(a, {cut}, {dim})",
                f"torch.chunk(a, {count}, {dim})", f"torch.unbind(a, {dim})" if size else "a",
                f"torch.tensor_split(a, {count}, {dim})",
                f"torch.split(a, {draw(st.integers(1, size + 1))}, {dim})[0]",
            ]
        )
    )  # fmt: skip
    return row(code, x, exact=True)
