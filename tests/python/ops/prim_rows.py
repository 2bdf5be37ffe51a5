"""Rows of the language: conditions, loops, text and types."""

from .python_values import LAST, M, N, P, X, number
from .table import Row


def _arithmetic() -> list[Row]:
    return [
        number("aten::format", f"len('{{}} of {{}}'.format({N}, {M}))"),
    ]


def _sizes() -> list[Row]:
    return [
        Row("prim::ListUnpack", "x, y = a.shape\na.view(y, x)", (X,), static_only="the sizes are exchanged"),
        Row("prim::NumToTensor.Scalar", "a + torch.ops.prim.NumToTensor(a.size(0))", (X,)),
    ]


def _lists() -> list[Row]:
    return [
        Row("prim::ListConstruct", "a.view([a.size(0), 2, 2])", (X,)),
        Row("aten::__range_length", "x = a\nfor i in range(1, a.size(0) + 2, 2):\n    x = x + i\nx", (X,), static_only="turns"),
        Row("aten::__derive_index", "x = a\nfor i in range(1, a.size(0) + 2, 2):\n    x = x * i\nx", (X,), static_only="turns"),
        Row("aten::__derive_index", "x = a\nfor i in range(5, a.size(0), -1):\n    x = x * i\nx", (X,), static_only="turns"),
    ]  # fmt: skip


def _structure() -> list[Row]:
    choice = f"x = (a, {N}) if {P} else (a * 2, {M})\n"
    return [
        Row("prim::Constant", "a + 2", (X,)),
        Row("prim::TupleConstruct", "(a, a + 1)", (X,)),
        Row("prim::TupleIndex", choice + "x[0] + x[1]", (X,)),
        Row("prim::TupleUnpack", choice + "y, z = x\ny * z", (X,)),
        Row("prim::unchecked_cast", LAST + "assert x is not None\na + x", (X,), static_only="turns"),
        Row(
            "prim::Uninitialized",
            "for i in range(a.size(0)):\n    if i == 1:\n        return a + i\na",
            (X,),
            static_only="turns",
        ),
        Row("prim::If", "assert a.size(1) == 4, 'columns'\na + 1", (X,)),
        Row("aten::warn", "warnings.warn('odd')\na + 1", (X,)),
        Row("prim::Print", f"print('rows', {N})\na + 1", (X,)),
        Row("aten::_unwrap_optional", LAST + "a + torch.jit._unwrap_optional(x)", (X,), static_only="turns"),
    ]


ROWS = _arithmetic() + _sizes() + _lists() + _structure()
