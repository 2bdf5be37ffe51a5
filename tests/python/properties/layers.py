"""Convolutions, pooling, resizing and padding."""

from __future__ import annotations

import math

from hypothesis import strategies as st
from ops.bundle import BF16, F32, F64, HALF

from .common import SUMS, flags, float_dtypes, row, seldom, tensor

F = "torch.nn.functional."
TIES = "torch.round(a)"  # has equal elements, and the first is selected
_dtypes = st.sampled_from([F32, F32, F32, F64, HALF, BF16])


def lists(draw, values, rank: int) -> str:
    """Draws one number for all dimensions, or one for each; seldom too many."""
    if draw(flags):
        return str(draw(values))
    return str([draw(values) for _ in range(rank + draw(seldom))])


@st.composite
def convolutions(draw):
    rank = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    inner, outer = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    kernel = [draw(st.integers(1, 3)) for _ in range(rank)]
    size = [draw(st.sampled_from([1, 4, 5, 7])) for _ in range(rank)]
    dtype = draw(_dtypes)
    batch = draw(st.sampled_from([(1,), (2,), (2,), (), (0,)]))
    channels = groups * inner + draw(seldom)
    x = tensor((*batch, channels, *size), dtype)
    stride = lists(draw, st.integers(1, 3), rank)
    dilation = lists(draw, st.integers(1, 2), rank)
    bias = tensor((groups * outer,), dtype)
    given = draw(st.sampled_from(["c", "None"]))
    inputs = (bias,) if given == "c" else ()
    constant = draw(flags)
    # Half types: PyTorch and an engine round sums of products at different steps.
    loose = SUMS if dtype in (F32, F64) else {"rtol": 3e-2, "atol": 5e-2}
    if draw(flags):
        weight = tensor((groups * outer, inner, *kernel), dtype)
        same = "'same'" if stride in ("1", str([1] * rank)) else "1"
        padding = draw(st.sampled_from([same, "'valid'", "", ""])) or lists(draw, st.integers(0, 2), rank)
        code = f"torch.conv{rank}d(a, b, {given}, {stride}, {padding}, {dilation}, {groups})"
        return _convolution(code, x, weight, inputs, constant, **loose)
    weight = tensor((groups * inner, outer, *kernel), dtype)
    # Sizes that leave elements, and a batch: PyTorch checks nothing without elements.
    x = tensor((*(max(n, 1) for n in batch), channels, *(max(n, 4) for n in size)), dtype)
    padding, extra = lists(draw, st.integers(0, 1), rank), lists(draw, st.integers(0, 1), rank)
    code = f"torch.conv_transpose{rank}d(a, b, {given}, {stride}, {padding}, {extra}, {groups}, {dilation})"
    return _convolution(code, x, weight, inputs, constant, **loose)


def _convolution(code: str, x, weight, inputs, constant: bool, **loose):
    """Makes rows with the weight, and bias, as further inputs or as constants of the module."""
    if not constant:
        return row(code, x, weight, *inputs, **loose)
    names = dict(zip("bc", (weight, *inputs), strict=False))
    made = [
        f"{name} = torch.cos(torch.arange({math.prod(spec.shape)})).reshape({list(spec.shape)}).to({spec.dtype})\n"
        for name, spec in names.items()
    ]
    return row("".join(made) + code, x, **loose)


@st.composite
def pools(draw):
    rank = draw(st.integers(1, 3))
    size = [draw(st.sampled_from([1, 2, 4, 5, 7])) for _ in range(rank)]
    dtype = draw(_dtypes)
    x = tensor((*draw(st.sampled_from([(2, 3), (2, 3), (3,), (1, 1)])), *size), dtype)
    loose = SUMS if dtype in (F32, F64) else {"rtol": 1e-2, "atol": 1e-2}
    if draw(st.integers(0, 3)) == 0:
        target = [draw(st.integers(1, 5)) for _ in range(rank)]
        kind = draw(st.sampled_from(["avg", "max"]))
        if kind == "max" and draw(flags):
            return row(f"{F}adaptive_max_pool{rank}d({TIES}, {target}, return_indices=True)", x, exact=True)
        return row(f"{F}adaptive_{kind}_pool{rank}d(a, {target})", x, **loose)
    kernel, stride = lists(draw, st.integers(1, 3), rank), lists(draw, st.integers(1, 3), rank)
    stride = "None" if draw(flags) else stride
    padding = lists(draw, st.sampled_from([0, 0, 1, 1, 2]), rank)
    ceil = draw(flags)
    if draw(flags):
        stride = kernel if stride == "None" else stride
        dilation = lists(draw, st.integers(1, 2), rank)
        if draw(flags):
            arguments = f"{kernel}, {stride}, {padding}, {dilation}, {ceil}, return_indices=True"
            return row(f"{F}max_pool{rank}d({TIES}, {arguments})", x, exact=True)
        return row(f"torch.max_pool{rank}d(a, {kernel}, {stride}, {padding}, {dilation}, {ceil})", x, exact=True)
    divisor = f", {draw(st.sampled_from(['None', '3', '0']))}" if rank > 1 else ""
    stride = kernel if stride == "None" else stride
    return row(f"{F}avg_pool{rank}d(a, {kernel}, {stride}, {padding}, {ceil}, {draw(flags)}{divisor})", x, **loose)


@st.composite
def resizes(draw):
    rank = draw(st.integers(1, 3))
    size = [draw(st.sampled_from([1, 2, 3, 5])) for _ in range(rank)]
    x = tensor((2, 3, *size), draw(st.sampled_from([F32, F32, F64])))
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
    mode = draw(st.sampled_from(["nearest", "nearest-exact", linear, linear, "bicubic" if rank == 2 else linear]))
    align = draw(st.sampled_from(["", ", align_corners=True", ", align_corners=False"]))
    if mode.startswith("nearest"):
        align = ""
    if draw(flags):
        target = "size=" + str([draw(st.integers(1, 7)) for _ in range(rank)])
    else:
        factors = [draw(st.sampled_from([0.5, 1.0, 1.3, 2.0, 2.7])) for _ in range(rank)]
        target = f"scale_factor={factors}" + draw(st.sampled_from(["", ", recompute_scale_factor=True"]))
    loose = {"rtol": 1e-4, "atol": 1e-5}  # interpolation weights are rounded in another order
    return row(f"{F}interpolate(a, {target}, mode='{mode}'{align})", x, **loose)


@st.composite
def pads(draw):
    mode = draw(st.sampled_from(["constant", "constant", "reflect", "replicate", "circular"]))
    spatial = draw(st.integers(1, 3))
    size = [draw(st.sampled_from([1, 2, 3, 5])) for _ in range(spatial)]
    lead = draw(st.sampled_from([(2, 3), (2,)])) if mode != "constant" else draw(st.sampled_from([(), (2,), (0,)]))
    x = tensor((*lead, *size), draw(float_dtypes))
    count = draw(st.integers(0, spatial)) if mode == "constant" else spatial
    amounts = [draw(st.sampled_from([0, 1, 1, 2, 3, -1])) for _ in range(2 * count + draw(seldom))]
    if mode == "circular":
        # If PyTorch cuts off more than it repeats, the result depends on the order of its writes.
        large = [size[spatial - 1 - place // 2] == 5 for place in range(2 * spatial)]
        amounts = [amount if is_large else max(amount, 0) for amount, is_large in zip(amounts, large, strict=False)]
    value = f", {draw(st.sampled_from(['0.5', '2.0']))}" if mode == "constant" else ""
    given = amounts or "torch.jit.annotate(List[int], [])"
    return row(f"{F}pad(a, {given}, '{mode}'{value})", x, exact=True)
