"""Uses that PyTorch and engines must refuse: row, and a part of our error."""

from __future__ import annotations

from .bundle import BF16, BOOL, F32, I32, I64, U8
from .table import Row, Tensor

F = "torch.nn.functional."


def no(reason: str, code: str, *inputs: Tensor) -> tuple[Row, str]:
    return Row("refused", code, inputs, static_only="refused"), reason


def x(*shape: int, dtype=F32, **more) -> Tensor:
    return Tensor(shape, dtype, dynamic=False, **more)


_FLOATS_ONLY = ("silu", "gelu", "hardswish", "softplus", "mish", "elu")

_NUMBERS_ONLY = ("ceil", "trunc", "abs", "round")

_OF_A_DIMENSION = ("a[:1]", "a.select(0, 0)", "torch.narrow(a, 0, 0, 1)", "torch.split(a, 1)", "torch.cat([a, a])")

REFUSED = [
    *(no("must be a float tensor", F + f"{name}(a)", x(3, dtype=I32)) for name in _FLOATS_ONLY),
    no("must be a float tensor", F + "leaky_relu(a, 0.2)", x(3, dtype=BOOL)),
    no("must be a float tensor", "torch.lerp(a, b, 0.5)", x(3, dtype=I64), x(3, dtype=I64)),
    no("must be Long like self", "torch.index_add(a, 0, b, c)", x(3, dtype=I64), x(1, dtype=I64, values=(0,)), x(1)),
    no("must be Float like self", "torch.lerp(a, b, 0.5)", x(3), x(3, dtype=BF16)),
    no("subtraction of bools", "a - b", x(3, dtype=BOOL), x(3)),
    no("subtraction of bools", "a - b", x(3), x(3, dtype=BOOL)),
    no("bounds of uint8", F + "hardtanh(a, -2.0, 2.0)", x(3, dtype=U8)),
    no("no largest or smallest", "torch.amin(a, [0])", x(0, 3)),
    no("no largest or smallest", "torch.max(a)", x(0)),
    no("no largest or smallest", "torch.argmax(a, 1)", x(2, 0)),
    no("out of range", "torch.argmax(a, 2)", x()),
    no("0-d tensor has no dimension", "torch.diff(a)", x()),
    no("min and max are None", "torch.clamp(a, None, None)", x(3)),
    no("top-k of bools", "torch.topk(a, 1)", x(3, dtype=BOOL)),
    no("at most the size", "torch.topk(a, 4)", x(3)),
    no("a subscript twice", "torch.einsum('ab->aa', [a])", x(2, 2)),
    no("output_padding is 1", "torch.conv_transpose1d(a, b, None, 1, 0, 1)", x(1, 2, 5), x(2, 3, 3)),
    no("half of the kernel", F + "avg_pool2d(a, 1, 1, 1)", x(1, 2, 4, 4)),
    no("half of the kernel", "torch.max_pool1d(a, 3, 3, 2)", x(1, 2, 4)),
    no("must be above 0", F + "interpolate(a, scale_factor=0.5)", x(1, 2, 1)),
    no("must be at most", F + "pad(a, [3, 0], 'reflect')", x(2, 3)),
    no("must be at most", F + "pad(a, [4, 0], 'circular')", x(2, 3)),
    no("leaves nothing", F + "pad(a, [-1, -1], 'reflect')", x(2, 3, 2)),
    no("0-d tensor has no dimension", "torch.roll(a, 1, 0)", x()),
    no("must be 2", "torch.embedding(a, b)", x(3), x(1, dtype=I64, values=(0,))),
    no("must be 0 or 1", "torch.index_select(a, 0, b)", x(3), x(1, 1, dtype=I64, values=(0,))),
    no("has no elements", "torch.index_select(a, 0, b)", x(0, 0), x(1, dtype=I64, values=(0,))),
    no("must be int32 or int64", "torch.index_select(a, 0, b)", x(3), x(1)),
    no("must be 2", "torch.mm(a, b)", x(2, 3, 4), x(4, 5)),
    no("must be equal", "torch.bmm(a, b)", x(2, 3, 4), x(1, 4, 5)),
    *(no("must be a tensor of numbers", f"torch.{name}(a)", x(3, dtype=BOOL)) for name in _NUMBERS_ONLY),
    no("must be a tensor of numbers", "torch.argmax(a)", x(3, dtype=BOOL)),
    no("must be tensors of numbers", "torch.clamp(a, b, b)", x(3, dtype=BOOL), x(3, dtype=BOOL)),
    no("must be tensors of numbers", "torch.addcmul(a, a, a)", x(3, dtype=BOOL)),
    no("integer division", "torch.addcdiv(a, b, b)", x(3), x(3, dtype=I32)),
    no("must be a float tensor", "torch.round(a, decimals=1)", x(3, dtype=I64)),
    no("no largest or smallest", "torch.ops.aten.linalg_vector_norm(a, float('inf'), [0])", x(0, 2)),
    no("no dims are given", "torch.logsumexp(a, torch.jit.annotate(List[int], []))", x(3)),
    no("a mask of rank", "x = a.clone()\nx[b] = 2\nx", x(), x(dtype=BOOL)),
    *(no("0-d tensor has no dimension", code, x()) for code in _OF_A_DIMENSION),
]  # fmt: skip
