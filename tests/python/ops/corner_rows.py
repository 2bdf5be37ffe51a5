"""Rows of uses that once differed from PyTorch, found by generated arguments (test_properties.py)."""

from __future__ import annotations

from .bundle import BF16, BOOL, F32, HALF, I8, I32, I64, U8
from .table import Row, Tensor

F = "torch.nn.functional."


def fixed(*shape: int, dtype=F32, **more) -> Tensor:
    return Tensor(shape, dtype, dynamic=False, **more)


def one(op: str, code: str, *inputs: Tensor, **more) -> Row:
    return Row(f"aten::{op}", code, inputs, static_only="one case", **more)


CLOSE = {"rtol": 1e-4, "atol": 1e-5}

ROWS = [
    # Bools are numbers to some operators, logic to others.
    one("sign", "torch.sign(a)", fixed(4, dtype=BOOL)),
    one("square", "torch.square(a)", fixed(4, dtype=BOOL)),
    one("clamp", "torch.clamp(a, -1, 2)", fixed(4, dtype=BOOL)),
    one("clamp", "torch.clamp(a, max=1)", fixed(4, dtype=BOOL)),
    one("outer", "torch.outer(a, b)", fixed(3, dtype=BOOL), fixed(2, dtype=BOOL)),
    one("scatter_add", "torch.scatter_add(a, 0, b, c)", fixed(3, dtype=BOOL), fixed(2, dtype=I64, values=(1, 1)), fixed(2, dtype=BOOL)),
    one("col2im", F + "fold(a, [3, 3], [2, 2])", fixed(1, 4, 4, dtype=BOOL)),
    # A single bound of NaN has no effect; with a second bound, all results are NaN.
    *(
        one("clamp", f"torch.clamp(a, {low}, {high})", fixed(4, dtype=dtype))
        for dtype in (F32, HALF, I64)
        for low, high in (("float('nan')", "None"), ("None", "float('nan')"), ("float('nan')", "2"), ("1", "float('nan')"))
    ),
    *(one(name, f"torch.{name}(a, float('nan'))", fixed(4, dtype=F32)) for name in ("clamp_min", "clamp_max")),
    # int8 and uint8 promote to int16.
    one("add.Tensor", "a + b", fixed(3, dtype=I8), fixed(3, dtype=U8)),
    one("lt.Tensor", "a < b", fixed(3, dtype=I8), fixed(3, dtype=U8)),
    one("ne.Tensor", "a != b", fixed(3, dtype=U8), fixed(3, dtype=I8)),
    # The bounds of hardtanh do not promote.
    one("hardtanh", F + "hardtanh(a, -0.7, 3.5)", fixed(6, dtype=U8)),
    one("hardtanh", F + "hardtanh(a, -1.7, 2.5)", fixed(6, dtype=I32)),
    # One rounding.
    one("lerp.Tensor", "torch.lerp(a, b, c)", fixed(3, 4, dtype=BF16), fixed(4, dtype=BF16), fixed(3, 1, dtype=BF16)),
    one("cosine_similarity", "torch.cosine_similarity(a, b, 0)", fixed(4, 3, 4, dtype=HALF), fixed(4, 3, 4, dtype=HALF)),
    one("batch_norm", F + "batch_norm(a, b, c)", fixed(3, 6, 5, dtype=BF16), fixed(6, dtype=BF16, low=0.5, high=2), fixed(6, dtype=BF16, low=0.5, high=2)),
    one("logaddexp", "torch.logaddexp(a, b)", fixed(3, 4), fixed(4, dtype=HALF)),
    # No elements.
    one("all", "torch.all(a)", fixed(0, dtype=U8)),
    one("any.dim", "torch.any(a, 0)", fixed(0, 3)),
    one("logsumexp", "torch.logsumexp(a, [1], True)", fixed(2, 0)),
    # Over no dims.
    one("all.dims", "torch.all(a, torch.jit.annotate(List[int], []))", fixed(3)),
    one("any.dims", "torch.any(a, torch.jit.annotate(List[int], []), True)", fixed(2, 0, dtype=U8)),
    # As many channels as positions: the scale applies to the channels.
    one("instance_norm", "torch.instance_norm(a, b, c, None, None, True, 0.1, 0.1, False)", fixed(2, 3, 3), fixed(3), fixed(3), **CLOSE),
    # Without dimensions.
    one("unfold", "a.unfold(0, 1, 1)", fixed()),
    one("gather", "torch.gather(a, 0, b)", fixed(), fixed(1, dtype=I64, values=(0,))),
    one("movedim.int", "torch.movedim(a, 0, -1)", fixed()),
    # Group norm of a matrix.
    one("group_norm", F + "group_norm(a, 3, b, c)", fixed(2, 6), fixed(6), fixed(6), **CLOSE),
    one("instance_norm", "torch.instance_norm(a, b, c, None, None, True, 0.1, 1e-5, False)", fixed(2, 6), fixed(6), fixed(6), **CLOSE),
    # Three-dimensional windows of half types.
    one("adaptive_avg_pool3d", F + "adaptive_avg_pool3d(a, [2, 2, 2])", fixed(2, 3, 4, 4, 2, dtype=BF16)),
    # Negative padding is applied before the repetition.
    one("pad", F + "pad(a, [2, -1], 'circular')", fixed(2, 3, 5), exact=True),
    one("pad", F + "pad(a, [-1, -1, 0, 2], 'circular')", fixed(2, 3, 4, 5), exact=True),
    # A 0-d index is an index of one element.
    one("index_select", "torch.index_select(a, 1, b)", fixed(3, 5), fixed(dtype=I32, values=(2,))),
    one("index_select", "torch.index_select(a, 0, b)", fixed(), fixed(1, dtype=I64, values=(0,))),
    one("index_add", "torch.index_add(a, 0, b, c)", fixed(), fixed(1, dtype=I64, values=(0,)), fixed()),
    one("index_copy", "torch.index_copy(a, 0, b, c)", fixed(), fixed(1, dtype=I64, values=(0,)), fixed()),
]  # fmt: skip
