"""Rows of arithmetic on numbers of Python."""

from .python_values import BITS, LAST, MIXED, TEXT, TURNS, F, M, N, P, Q, X, number
from .table import Row, t


def _comparisons() -> list[Row]:
    rows = []
    for name, sign in (("eq", "=="), ("ne", "!="), ("lt", "<"), ("gt", ">"), ("le", "<="), ("ge", ">=")):
        for overload, (x, y) in MIXED.items():
            rows.append(number(f"aten::{name}.{overload}", f"{x} {sign} {y}"))
            rows.append(
                number(f"aten::{name}.{overload}", f"{y} {sign} {y}" if x[0] == y[0] else f"{x} {sign} {y} - 1")
            )
        if name in ("eq", "ne"):
            rows.append(number(f"aten::{name}.bool", f"{P} {sign} {Q}"))
            rows.append(number(f"aten::{name}.str", f"{TEXT} {sign} '3'"))
    return rows


def _arithmetic() -> list[Row]:
    rows = []
    for name, sign in (("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"), ("floordiv", "//"), ("remainder", "%")):
        kinds = list(MIXED.items())[: 2 if name == "div" else 4]
        rows += [number(f"aten::{name}.{kind}", f"{x} {sign} {y}") for kind, (x, y) in kinds]
        if name != "floordiv":
            code = f"a + float(b.item() {sign} (b.item() + 1))"
            rows.append(Row(f"aten::{name}", code, (X, t(low=2, high=9))))
    for overload, (x, y) in MIXED.items():
        rows.append(number(f"aten::pow.{overload}", f"{x} ** {y}"))
        for name in ("min", "max"):
            rows.append(number(f"prim::{name}.{overload}", f"{name}({x}, {y})"))
        rows.append(number(f"aten::fmod.{overload}", f"math.fmod({x}, {y})"))
    for name in ("min", "max"):
        rows.append(number(f"prim::{name}.self_int", f"{name}([{N}, {M}, 2])"))
    for name, sign in (("eq", "=="), ("ne", "!=")):
        rows.append(number(f"aten::{name}.int_list", f"a.shape {sign} [3, 4]"))
        rows.append(number(f"aten::{name}.int_list", f"[{N}, 1] {sign} [{N}]"))
    rows += [
        number("aten::__and__.bool", f"{P} & {Q}"),
        number("aten::__or__.bool", f"{P} | {Q}"),
        number("aten::__xor__.bool", f"{P} ^ {Q}"),
        Row("aten::__and__.int", f"a + float({N} & {M})", (X,), static_only=BITS),
        Row("aten::__or__.int", f"a + float({N} | {M})", (X,), static_only=BITS),
        Row("aten::__xor__.int", f"a + float({N} ^ {M})", (X,), static_only=BITS),
        number("aten::__not__", f"not {Q}"),
        number("aten::__round_to_zero_floordiv.int", f"torch.ops.aten.__round_to_zero_floordiv(-7, {N})"),
        number("aten::neg.int", f"-{N}"),
        number("aten::neg.float", f"-{F}"),
        number("aten::ceil.int", f"math.ceil({N})"),
        number("aten::ceil.float", f"math.ceil({F} / 2.0)"),
        Row("aten::neg.Scalar", "a + float(-b.item())", (X, t())),
        Row("aten::floor.Scalar", "a + math.floor(b.item())", (X, t(low=2, high=9))),
        Row("aten::ceil.Scalar", "a + math.ceil(b.item())", (X, t(low=2, high=9))),
        Row("prim::max", "a + float(max(b.item(), 1))", (X, t())),
        Row("prim::min", "a + float(min(b.item(), 1))", (X, t())),
        Row("aten::ScalarImplicit", "torch.ops.aten.leaky_relu(a, torch.tensor(0.25))", (X,)),
        Row("aten::IntImplicit", "torch.select(a, 1, torch.tensor(2))", (X,)),
        Row("aten::FloatImplicit", "torch.layer_norm(a, [4], None, None, torch.tensor(0.5), False)", (X,)),
        number("aten::floor.int", f"math.floor({N})"),
        number("aten::floor.float", f"math.floor({F} / 2.0)"),
        number("aten::sqrt.int", f"math.sqrt({N})"),
        number("aten::sqrt.float", f"math.sqrt({F})"),
        number("aten::log.int", f"math.log({N})"),
        number("aten::log.float", f"math.log({F} + 0.5)"),
        number("aten::round.int", f"round({N})"),
        number("aten::round.float", f"round({F} / 2.0)"),
        number("prim::abs.int", f"abs(2 - {N})"),
        number("prim::abs.float", f"abs(2.5 - {F})"),
        number("aten::sum.int", f"sum([{N}, {M}, 2])"),
        number("aten::Bool.int", f"bool({N} - 3)"),
        number("aten::Bool.float", f"bool({F})"),
        number("aten::Float.Scalar", N),
        number("aten::Float.bool", Q),
        number("aten::Int.bool", f"int({P}) + {N}"),
        number("aten::Int.float", f"int({F} * 1.5)"),
        Row("aten::Float.Scalar", "a + float(b.item())", (X, t())),
        Row("aten::Int.Scalar", "a + int(b.item())", (X, t(low=2, high=9))),
        number("aten::add.str", f"len({TEXT} + 'px')"),
        Row("aten::__is__", LAST + "a + float(x is None)", (X,), static_only=TURNS),
        Row("aten::__isnot__", LAST + "a + float(x is not None)", (X,), static_only=TURNS),
    ]
    return rows


def _lists() -> list[Row]:
    pair = f"x = [{N}, {M}]\n"
    return [
        Row("aten::add.t", pair + "a.view(x + [1])", (X,)),
        Row("aten::mul.left_t", pair + "a.view(x + [1] * a.dim())", (X,)),
    ]  # fmt: skip


ROWS = _comparisons() + _arithmetic() + _lists()
