"""Pointwise functions of one, two and three tensors."""

from __future__ import annotations

from hypothesis import strategies as st
from ops.activation_rows import ACTIVATIONS
from ops.bundle import BOOL
from ops.element_wise_rows import BINARY
from ops.unary_rows import UNARY

from .common import broadcastable, dtypes, float_dtypes, numbers, row, seldom, shapes, tensor, tensors

_ONE = [f"torch.{name}(a)" for name in UNARY] + list(ACTIVATIONS.values())
_ONE += ["torch.logical_not(a)", "torch.bitwise_not(a)", "torch.clamp(a, -1, 2)", "torch.clamp(a, min=0.5)"]
_TWO = [code.format(a="a", b="b") for code in BINARY.values()]
_TWO += [f"torch.{name}(a, b)" for name in ("maximum", "minimum", "atan2", "logaddexp", "max", "min")]
_TWO += [f"torch.div(a, b, rounding_mode='{mode}')" for mode in ("floor", "trunc")]
_LOGIC = [f"torch.{name}(a, b)" for name in ("eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or")]
_LOGIC += [f"torch.{name}(a, b)" for name in ("logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor")]
_LOGIC += ["a & b", "a | b", "a ^ b", "a == b", "a < b"]


@st.composite
def unary(draw):
    # A few roundings of functions that PyTorch computes in a single step.
    return row(draw(st.sampled_from(_ONE)), draw(tensors(special=True)), rtol=2e-5, atol=2e-6)


@st.composite
def _operands(draw, dtype=None):
    shape = draw(shapes())
    first = dtype or draw(dtypes)
    second = draw(st.one_of(st.just(first), dtypes))
    a, b = draw(broadcastable(shape)), draw(broadcastable(shape))
    return tensor(a, first), tensor(b, second)


@st.composite
def binary(draw):
    a, b = draw(_operands())
    code = draw(st.sampled_from(_TWO))
    if draw(st.integers(0, 2)) == 0:
        return row(code.replace("b)", draw(numbers) + ")").replace("b,", draw(numbers) + ","), a)
    return row(code, a, b)


@st.composite
def logic(draw):
    a, b = draw(_operands())
    code = draw(st.sampled_from(_LOGIC))
    if draw(st.integers(0, 3)) == 0:
        number = draw(numbers)
        return row(code.removesuffix("b)") + number + ")" if code.endswith("b)") else code[:-1] + number, a)
    return row(code, a, b)


@st.composite
def ternary(draw):
    shape = draw(shapes())
    dtype = draw(st.one_of(float_dtypes, dtypes))
    three = [tensor(draw(broadcastable(shape)), draw(dtypes) if draw(seldom) else dtype) for _ in range(3)]
    code = draw(
        st.sampled_from(
            [
                "torch.addcmul(a, b, c)", "torch.addcmul(a, b, c, value=2)", "torch.addcdiv(a, b, c, value=0.5)",
                "torch.lerp(a, b, c)", "torch.clamp(a, b, c)", "torch.where(a > 0, b, c)", "torch.clamp(a, max=b) + c",
            ]
        )
    )  # fmt: skip
    return row(code, *three, rtol=1e-4, atol=1e-4)


@st.composite
def masks(draw):
    shape = draw(shapes())
    mask = tensor(draw(broadcastable(shape)), BOOL)
    a, b = draw(_operands())
    a, b = tensor(shape, a.dtype), tensor(draw(broadcastable(shape)), b.dtype)
    number = draw(numbers)
    code, inputs = draw(
        st.sampled_from(
            [
                (f"a.masked_fill(b, {number})", (a, mask)),
                ("a.masked_fill(b, c)", (a, mask, tensor((), b.dtype))),
                ("torch.where(a, b, c)", (mask, a, b)),
                (f"torch.where(a, b, {number})", (mask, b)),
                (f"torch.where(a, {number}, b)", (mask, b)),
                (f"x = a.clone()\nx[b] = {number}\nx", (a, tensor(shape, BOOL))),
            ]
        )
    )
    return row(code, *inputs)
