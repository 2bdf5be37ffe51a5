"""Rows of values computed at compile time: sizes, numbers, strings, lists, tuples, and tensors made of them."""

import torch

from .table import Row, t

# Numbers, flags and text that follow from the shapes.
N, M = "a.size(0)", "a.size(1)"
F, G = f"float({N})", f"float({M})"
P, Q = "a.is_floating_point()", "(a.size(1) == 5)"
TEXT = f"str({N})"
KNOWN = "text must be known while compiling"
BITS = "bits of numbers must be known while compiling"
TURNS = "the number of turns must be known while compiling"
LAST = f"x = torch.jit.annotate(Optional[int], None)\nfor i in range({N}):\n    x = i\n"  # may be None
MIXED = {"int": (N, M), "float": (F, G), "int_float": (N, G), "float_int": (F, M)}

X = t(3, 4)


def number(op: str, code: str, **more) -> Row:
    """Makes a row that adds the number, or flag, to the tensor."""
    return Row(op, f"a + float({code})", (X,), static_only=KNOWN if "str(" in code or "'" in code else "", **more)


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
        number("aten::format", f"len('{{}} of {{}}'.format({N}, {M}))"),
        Row("aten::__is__", LAST + "a + float(x is None)", (X,), static_only=TURNS),
        Row("aten::__isnot__", LAST + "a + float(x is not None)", (X,), static_only=TURNS),
    ]
    return rows


def _sizes() -> list[Row]:
    return [
        Row("aten::size", "a.expand(a.size())", (X,)),
        Row("aten::size.int", "a.view(a.size(0), -1, 2)", (X,)),
        Row("aten::numel", "a.view(a.numel())", (X,)),
        Row("aten::dim", "a.sum(a.dim() - 1)", (X,)),
        Row("prim::dtype", "torch.ones([2], dtype=a.dtype) * a.size(1)", (t(3, 4, dtype=torch.float64),)),
        Row("aten::is_floating_point", "a if a.is_floating_point() else a.float()", (t(3, 4, dtype=torch.int32),)),
        Row("prim::ListUnpack", "x, y = a.shape\na.view(y, x)", (X,), static_only="the sizes are exchanged"),
        Row("prim::NumToTensor.Scalar", "a + torch.ops.prim.NumToTensor(a.size(0))", (X,)),
        Row("aten::len.Tensor", "a.view(len(a), 2, 2)", (X,)),
        number("prim::is_cuda", "a.is_cuda"),
        number("aten::is_autocast_enabled", "torch.is_autocast_enabled()"),
        number("aten::is_grad_enabled", "torch.is_grad_enabled() and a.requires_grad"),
        number("prim::is_sparse", "a.is_sparse"),
        number("prim::is_quantized", "a.is_quantized"),
        number("prim::requires_grad", "a.requires_grad"),
        number("aten::is_complex", "a.is_complex()"),
        Row("aten::len.t", "a + len([a.size(0), 1])", (X,)),
        Row("prim::tolist", "x: list[int] = torch.tensor([a.size(0), 2, 2]).tolist()\na.view(x)", (X,)),
    ]


def _lists() -> list[Row]:
    pair = f"x = [{N}, {M}]\n"
    return [
        Row("prim::ListConstruct", "a.view([a.size(0), 2, 2])", (X,)),
        Row("aten::__getitem__.t", pair + "a.view(x[0], 2, -1)", (X,)),
        Row("aten::slice.t", "a.view(a.shape[:1] + [2, 2])", (X,)),
        Row("aten::append.t", pair + "for i in range(2):\n    x.append(1)\na.view(x)", (X,)),
        Row("aten::extend.t", pair + "x.extend([1, 1])\na.view(x)", (X,)),
        Row("aten::add_.t", pair + "x += [1]\na.view(x)", (X,)),
        Row("aten::list.t", pair + "a.view(list(x))", (X,)),
        Row("aten::copy.t", pair + "y = x.copy()\nx.clear()\na.view(y)", (X,)),
        Row("aten::clear.t", pair + "y = list(x)\nx.clear()\na.view(y + x)", (X,)),
        Row("aten::insert.t", pair + "x.insert(1, 1)\na.view(x)", (X,)),
        Row("aten::pop.t", pair + "y = x.pop()\na.view(x + [1, y])", (X,)),
        Row("aten::reverse.t", pair + "x.reverse()\na.view(x)", (X,), static_only="the sizes are exchanged"),
        Row("aten::_set_item.t", pair + "x[1] = 2\na.view(x + [2])", (X,)),
        Row("aten::add.t", pair + "a.view(x + [1])", (X,)),
        Row("aten::mul.left_t", pair + "a.view(x + [1] * a.dim())", (X,)),
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


def _made() -> list[Row]:
    rows = []
    for name in ("zeros", "ones"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}([a.size(0), 2]) + a[:, :1]", (X,)),
            Row(f"aten::{name}_like", f"torch.{name}_like(a) + a", (X,)),
            Row(f"aten::{name}_like", f"torch.{name}_like(a, dtype=torch.int32)", (X,)),
            Row(f"aten::new_{name}", f"a.new_{name}([2, a.size(1)])", (t(3, 4, dtype=torch.int64),)),
            Row(f"aten::new_{name}", f"a.new_{name}([a.size(0)], dtype=torch.bool)", (X,)),
        ]
    rows += [
        Row("aten::full", "torch.full([a.size(0), 1], 2.5) + a", (X,)),
        Row("aten::full", "torch.full([2, 2], a.size(1))", (X,)),
        Row("aten::full", "torch.full([2], a.size(1) == 4)", (X,)),
        Row("aten::full_like", "torch.full_like(a, 7)", (X,)),
        Row("aten::full_like", "torch.full_like(a, 2.5, dtype=torch.float64)", (t(3, 4, dtype=torch.int64),)),
        Row("aten::fill_.Scalar", "x = a.clone()\nx.fill_(2.5)\nx + a", (X,)),
        Row("aten::fill_.Scalar", "x = a.clone()\nx.fill_(2.7)\nx * 1", (t(2, dtype=torch.float64),)),
        Row("aten::fill_.Tensor", "x = a.clone()\nx.fill_(b)\nx + a", (X, t())),
        Row("aten::copy_", "x = a.clone()\nx.copy_(b)\nx + 1", (X, t(4, dtype=torch.int32, dynamic=False))),
        Row("aten::copy_", "x = a.clone()\nx[:, 1] = 3\nx + 1", (X,)),
        Row("aten::clone", "x = a.clone()\nx.add_(1)\nx + a", (X,)),
        Row("aten::empty.memory_format", "x = torch.empty([a.size(0), 1])\nx.fill_(2.0)\nx + a", (X,)),
        Row("aten::empty_like", "x = torch.empty_like(a)\nx.zero_()\nx + a", (X,)),
        Row("aten::new_empty", "x = a.new_empty([a.size(0), 1])\nx.fill_(2.0)\nx + a", (X,)),
        Row("aten::new_full", "a.new_full([a.size(0), 2], 1.5) + a[:, :1]", (t(3, 4, dtype=torch.int64),)),
        Row("aten::zero_", "x = a.clone()\nx.zero_()\nx + 1", (X,)),
        Row("aten::zero", "torch.ops.aten.zero(a) + 1", (X,)),
        Row("aten::fill.Scalar", "torch.fill(a, 2.5)", (t(3, 4, dtype=torch.int32),)),
        Row("aten::fill.Tensor", "torch.fill(a, b)", (X, t())),
        Row("aten::copy", "torch.ops.aten.copy(a, b)", (X, t(4, dtype=torch.int32, dynamic=False))),
        Row("aten::eye", "torch.eye(a.size(1)) + a[:1]", (X,)),
        Row("aten::eye.m", "torch.eye(3, a.size(1), dtype=torch.int64)", (X,)),
        Row("aten::linspace", "torch.linspace(0.0, 1.0, a.size(1)) + a", (X,)),
        Row("aten::scalar_tensor", "torch.scalar_tensor(a.size(1)) + a", (X,)),
        Row("aten::tensor", "torch.tensor([a.size(1), 2])", (X,)),
        Row("aten::tensor", "torch.tensor([[1.5, 2.0], [float(a.size(1)), 0.0]])", (X,)),
        Row("aten::arange", "torch.arange(a.size(0)) + b", (X, t(3, dtype=torch.int64))),
        Row("aten::arange", "torch.arange(a.size(1), dtype=torch.float32) + a", (X,)),
        Row("aten::arange.start", "torch.arange(1, a.size(0) + 1) * b", (X, t(3, dtype=torch.int64))),
        Row("aten::arange.start_step", "torch.arange(0, 2 * a.size(0), 2) * b", (X, t(3, dtype=torch.int64))),
    ]
    return rows


ROWS = _comparisons() + _arithmetic() + _sizes() + _lists() + _structure() + _made()
