"""Rows of pointwise operators of two or three tensors over dtypes and shapes."""

from .bundle import TWO, over_dtype_pairs, over_dtypes, over_shapes, variants_of
from .element_wise_rows import BINARY
from .table import BF16, HALF, I8, I64, U8, Row, fixed, one_case


def _overload(name: str, kind: str) -> str:
    special = {"pow": {"Tensor": ".Tensor_Tensor", "Scalar": ".Tensor_Scalar"}, "floor_divide": {"Tensor": ""}}
    return f"aten::{name}" + special.get(name, {}).get(kind, f".{kind}")


def _corners() -> list[Row]:
    return [
        # int8 and uint8 promote to int16.
        one_case("add.Tensor", "a + b", fixed(3, dtype=I8), fixed(3, dtype=U8)),
        one_case("lt.Tensor", "a < b", fixed(3, dtype=I8), fixed(3, dtype=U8)),
        one_case("ne.Tensor", "a != b", fixed(3, dtype=U8), fixed(3, dtype=I8)),
        # One rounding.
        one_case("lerp.Tensor", "torch.lerp(a, b, c)", fixed(3, 4, dtype=BF16), fixed(4, dtype=BF16), fixed(3, 1, dtype=BF16)),
        one_case("logaddexp", "torch.logaddexp(a, b)", fixed(3, 4), fixed(4, dtype=HALF)),
    ]  # fmt: skip


def _dtypes_unary() -> list[Row]:
    return over_dtypes("aten::clamp.Tensor", "torch.clamp({a}, {b}, {c})", {"a": (3, 4), "b": (4,), "c": (3, 1)})


def _dtypes_binary() -> list[Row]:
    rows = []
    a, b = (3, 1, 4), (2, 1)
    for name, code in BINARY.items():
        domain = (0.5, 3)  # no division by zero, no negative power of an integer
        tensors, scalars = _overload(name, "Tensor"), _overload(name, "Scalar")
        rows += over_dtypes(tensors, code, {"a": a, "b": b}, domain=domain)
        rows += over_dtype_pairs(tensors, code, (3, 2), (2,), domain)
        # A 0-d tensor changes the result's dtype only by its kind of number.
        rows += over_dtype_pairs(tensors, code, (3,), (), domain)
        for number in ("2", "2.5", "-3"):
            rows += over_dtypes(scalars, code.format(a="{a}", b=number), {"a": (3, 4)}, domain=domain)
    for name in ("maximum", "minimum", "atan2"):
        rows += over_dtypes(f"aten::{name}", f"torch.{name}({{a}}, {{b}})", {"a": a, "b": b})
        rows += over_dtype_pairs(f"aten::{name}", f"torch.{name}({{a}}, {{b}})", (3, 2), (2,))
    for mode in ("floor", "trunc"):
        code = f"torch.div({{a}}, {{b}}, rounding_mode='{mode}')"
        rows += over_dtypes("aten::div.Tensor_mode", code, {"a": a, "b": b}, domain=(0.5, 3))
        rows += over_dtype_pairs("aten::div.Tensor_mode", code, (3, 2), (2,), (0.5, 3))
    for name in ("and", "or", "xor"):
        for op, code in ((f"bitwise_{name}.Tensor", f"bitwise_{name}"), (f"logical_{name}", f"logical_{name}")):
            rows += over_dtypes(f"aten::{op}", f"torch.{code}({{a}}, {{b}})", {"a": a, "b": b})
            rows += over_dtype_pairs(f"aten::{op}", f"torch.{code}({{a}}, {{b}})", (3, 2), (2,))
    return rows


def _dtypes_ternary() -> list[Row]:
    rows = []
    three = {"a": (3, 4), "b": (4,), "c": (3, 1)}
    for name, more in (("addcmul", ""), ("addcmul", ", value=2"), ("addcdiv", ""), ("addcdiv", ", value=0.5")):
        rows += over_dtypes(f"aten::{name}", f"torch.{name}({{a}}, {{b}}, {{c}}{more})", three, domain=(0.5, 3))
    rows += over_dtypes("aten::lerp.Scalar", "torch.lerp({a}, {b}, 0.3)", {"a": (3, 4), "b": (4,)})
    rows += over_dtypes("aten::lerp.Tensor", "torch.lerp({a}, {b}, {c})", three)
    rows += over_dtypes("aten::logaddexp", "torch.logaddexp({a}, {b})", {"a": (3, 4), "b": (4,)})
    return rows


def _edges() -> list[Row]:
    rows = []
    for name, code in BINARY.items():
        op = {"pow": "aten::pow.Tensor_Tensor", "floor_divide": "aten::floor_divide"}.get(name, f"aten::{name}.Tensor")
        rows += over_shapes(op, code, variants_of(*TWO), domain=(0.5, 3))
    for name in ("maximum", "minimum", "atan2", "logaddexp", "logical_and", "logical_xor"):
        rows += over_shapes(f"aten::{name}", f"torch.{name}({{a}}, {{b}})", variants_of(*TWO))
    for name in ("bitwise_and", "bitwise_or"):
        rows += over_shapes(f"aten::{name}.Tensor", f"torch.{name}({{a}}, {{b}})", variants_of(*TWO), dtype=I64)
    three = variants_of(
        ((), (), ()), ((3,), (), (2, 1)), ((1, 4), (3, 1), (4,)), ((0,), (1,), ()), ((2, 0), (1, 1), (0,))
    )
    for op, code in (
        ("lerp.Tensor", "torch.lerp({a}, {b}, {c})"),
        ("addcmul", "torch.addcmul({a}, {b}, {c}, value=2)"),
        ("clamp.Tensor", "torch.clamp({a}, {b}, {c})"),
    ):
        rows += over_shapes(f"aten::{op}", code, three)
    return rows


ROWS = [
    *_corners(),
    *_dtypes_unary(),
    *_dtypes_binary(),
    *_dtypes_ternary(),
    *_edges(),
]
