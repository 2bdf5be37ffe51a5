"""Reductions, sorting, running sums, softmax and norms."""

from __future__ import annotations

from hypothesis import strategies as st
from ops.bundle import BF16, HALF

from .common import SUMS, dims, flags, float_dtypes, row, seldom, shapes, sizes, tensor, tensors

_KINDS = ["sum", "mean", "prod", "amax", "amin", "all", "any", "var", "std", "logsumexp"]
_DTYPE = st.sampled_from(["", "", "", ", dtype=torch.float64", ", dtype=torch.float32", ", dtype=torch.int64"])


def lists_of_dims(rank: int):
    return st.one_of(st.lists(dims(rank), max_size=3), st.permutations(range(rank)).map(lambda p: list(p[:2])))


@st.composite
def reductions(draw):
    x = draw(tensors())
    name = draw(st.sampled_from(_KINDS))
    keep = draw(flags)
    form = draw(st.integers(0, 3))
    dtype = draw(_DTYPE) if name in ("sum", "mean", "prod") else ""
    if form == 0 and name not in ("amax", "amin", "logsumexp"):
        return row(f"torch.{name}(a{dtype})", x, **SUMS)
    if form == 1 or name == "prod":
        return row(f"torch.{name}(a, {draw(dims(len(x.shape)))}, keepdim={keep}{dtype})", x, **SUMS)
    places = draw(lists_of_dims(len(x.shape)))
    if name == "logsumexp" and not places:
        places = [draw(dims(len(x.shape)))]  # PyTorch supports no dims for some shapes only
    # TorchScript cannot infer the type of an empty list.
    given = places or ("torch.jit.annotate(List[int], [])")
    if name in ("var", "std"):
        return row(f"torch.{name}(a, {given}, correction={draw(st.integers(0, 2))}, keepdim={keep})", x, **SUMS)
    return row(f"torch.{name}(a, {given}, keepdim={keep}{dtype})", x, **SUMS)


@st.composite
def extremes(draw):
    """Draws maxima with their indices, and norms over dimensions."""
    x = draw(tensors(special=True))
    dim, keep = draw(dims(len(x.shape))), draw(flags)
    p = draw(st.sampled_from(["0", "1", "2", "3", "0.5", "float('inf')", "-float('inf')"]))
    code = draw(
        st.sampled_from(
            [
                "torch.max(a)", "torch.min(a)", f"torch.max(a, {dim}, {keep})", f"torch.min(a, {dim}, {keep})",
                f"torch.argmax(a, {dim}, {keep})", f"torch.argmin(a, {dim}, {keep})", "torch.argmax(a)",
                f"torch.ops.aten.linalg_vector_norm(a, {p}, [{dim}], {keep})",
                f"torch.ops.aten.linalg_vector_norm(a, {p})", f"torch.ops.aten.norm(a, {p}, [{dim}], {keep})",
                f"torch.count_nonzero(a, {dim})", f"torch.all(a, {dim}, {keep})", f"torch.any(a, {dim}, {keep})",
            ]
        )
    )  # fmt: skip
    return row(code, x, **SUMS)


@st.composite
def orders(draw):
    x = draw(tensors())
    rank = len(x.shape)
    dim = draw(dims(rank))
    descending = draw(flags)
    size = x.shape[dim] if -rank <= dim < rank else 1
    # (For a 0-d tensor, PyTorch returns one element even for k = 0.)
    k = draw(st.integers(0 if rank else 1, size)) if not draw(seldom) else size + 1
    # The order of equal elements is undefined unless stable: compares values, and indices only if stable.
    code = draw(
        st.sampled_from(
            [
                f"torch.sort(a, {dim}, {descending})[0]",
                f"torch.sort(a, stable=True, dim={dim}, descending={descending})",
                f"torch.topk(a, {k}, {dim}, {descending})[0]", f"torch.argsort(a, stable=True, dim={dim})",
                f"torch.cumsum(a, {dim})", f"torch.cumprod(a, {dim})", f"torch.cumsum(a, {dim}, dtype=torch.float64)",
                f"torch.diff(a, 1, {dim})",
            ]
        )
    )  # fmt: skip
    return row(code, x, **SUMS)


@st.composite
def softmaxes(draw):
    x = draw(tensors())
    dim = draw(dims(len(x.shape)))
    name = draw(st.sampled_from(["softmax", "log_softmax"]))
    dtype = draw(st.sampled_from(["", "", ", dtype=torch.float64", ", dtype=torch.float32"]))
    if not dtype and 0 in x.shape:
        # PyTorch refuses integers, except in tensors without elements.
        x = tensor(x.shape, draw(float_dtypes))
    return row(f"torch.{name}(a, {dim}{dtype})", x, rtol=1e-4, atol=1e-6)


@st.composite
def norms(draw):
    # Operators, because the functions of torch.nn.functional refuse some shapes by exceptions in Python, which lowering
    # removes.
    F = "torch.nn.functional."
    dtype = draw(float_dtypes)
    kind = draw(st.sampled_from(["layer", "group", "batch", "instance", "cosine", "rms"]))
    channels = draw(st.sampled_from([1, 2, 3, 4, 6]))
    shape = (draw(sizes), channels, *draw(shapes(0, 2)))
    weight = tensor((channels,), dtype, low=0.5, high=2.0)
    eps = draw(st.sampled_from(["1e-5", "0.1"]))
    x = tensor(shape, dtype)
    loose = {"rtol": 1e-3, "atol": 1e-4}  # a variance is summed in another order, and divided by
    if kind == "layer":
        last = shape[draw(st.integers(0, len(shape) - 1)) :]
        given = [*last[:-1], last[-1] + 1] if draw(seldom) else list(last)
        w = tensor(given, dtype)
        return row(f"{F}layer_norm(a, {given}, b, c, {eps})", x, w, w, **loose)
    if kind == "group":
        groups = draw(st.sampled_from([1, 2, 3, channels]))
        return row(f"torch.group_norm(a, {groups}, b, c, {eps})", x, weight, weight, **loose)
    if kind == "batch":
        return row(f"torch.batch_norm(a, b, c, b, c, False, 0.1, {eps}, False)", x, weight, weight, **loose)
    if kind == "instance":
        # PyTorch fails without a batch. For half types it rounds the scale of a channel, an engine rounds the result.
        x = tensor((max(shape[0], 1), *shape[1:]), dtype)
        loose["atol"] = {HALF: 4e-3, BF16: 3e-2}.get(dtype, 1e-4)
        return row(f"torch.instance_norm(a, b, c, None, None, True, 0.1, {eps}, False)", x, weight, weight, **loose)
    if kind == "rms":
        return row(f"a * torch.rsqrt(a.pow(2).mean(-1, keepdim=True) + {eps})", x, **loose)
    # PyTorch rounds the unit vectors and their products to a half type, an engine only their sum.
    rounded = {"rtol": 1e-3, "atol": {HALF: 4e-3, BF16: 3e-2}.get(dtype, 1e-4)}
    return row(f"torch.cosine_similarity(a, b, {draw(dims(len(shape)))})", x, x, **rounded)
