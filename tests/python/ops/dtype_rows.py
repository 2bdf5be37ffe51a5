"""Rows over dtypes: a row for each expression, with a result for every dtype, or pair of dtypes, that PyTorch supports."""

from __future__ import annotations

from .bundle import BOOL, F32, F64, I32, I64, over_dtype_pairs, over_dtypes
from .movement_rows import SHAPES
from .pointwise_rows import ACTIVATIONS, BINARY, UNARY
from .table import Row, Tensor

SUMS = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order
F = "torch.nn.functional."


def index(*shape: int, high: int, dtype=I64) -> Tensor:
    return Tensor(shape, dtype, 0, high, dynamic=False)


def _unary() -> list[Row]:
    rows = []
    for name, domain in UNARY.items():
        rows += over_dtypes(f"aten::{name}", f"torch.{name}({{a}})", {"a": (3, 4)}, domain=domain)
    rows += over_dtypes("aten::logical_not", "torch.logical_not({a})", {"a": (3, 4)})
    rows += over_dtypes("aten::bitwise_not", "torch.bitwise_not({a})", {"a": (3, 4)})
    rows += over_dtypes("aten::logit", "torch.logit({a}, 0.1)", {"a": (3, 4)}, domain=(0, 1))
    rows += over_dtypes("aten::round.decimals", "torch.round({a}, decimals=1)", {"a": (3, 4)}, dtypes=(F32, F64))
    for name, code in ACTIVATIONS.items():
        op = f"aten::{name}" if name != "softsign" else "aten::div.Tensor"
        rows += over_dtypes(op, code.replace("(a", "({a}"), {"a": (3, 4)}, rtol=2e-5)
    for bounds in ("-1, 2", "min=0", "0.5, 1.5", "max=1"):
        rows += over_dtypes("aten::clamp", f"torch.clamp({{a}}, {bounds})", {"a": (3, 4)})
    rows += over_dtypes("aten::clamp.Tensor", "torch.clamp({a}, {b}, {c})", {"a": (3, 4), "b": (4,), "c": (3, 1)})
    return rows


def _overload(name: str, kind: str) -> str:
    special = {"pow": {"Tensor": ".Tensor_Tensor", "Scalar": ".Tensor_Scalar"}, "floor_divide": {"Tensor": ""}}
    return f"aten::{name}" + special.get(name, {}).get(kind, f".{kind}")


def _binary() -> list[Row]:
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


def _ternary() -> list[Row]:
    three = {"a": (3, 4), "b": (4,), "c": (3, 1)}
    rows = []
    for name, more in (("addcmul", ""), ("addcmul", ", value=2"), ("addcdiv", ""), ("addcdiv", ", value=0.5")):
        rows += over_dtypes(f"aten::{name}", f"torch.{name}({{a}}, {{b}}, {{c}}{more})", three, domain=(0.5, 3))
    rows += over_dtypes("aten::lerp.Scalar", "torch.lerp({a}, {b}, 0.3)", {"a": (3, 4), "b": (4,)})
    rows += over_dtypes("aten::lerp.Tensor", "torch.lerp({a}, {b}, {c})", three)
    rows += over_dtypes("aten::logaddexp", "torch.logaddexp({a}, {b})", {"a": (3, 4), "b": (4,)})
    condition = {"c": Tensor((3, 4), BOOL, dynamic=False)}
    rows += over_dtypes("aten::where.self", "torch.where({c}, {a}, {b})", {"a": (3, 4), "b": (4,)}, condition)
    rows += over_dtypes("aten::where.ScalarOther", "torch.where({c}, {a}, 2)", {"a": (3, 4)}, condition)
    rows += over_dtypes("aten::where.ScalarOther", "torch.where({c}, {a}, 2.5)", {"a": (3, 4)}, condition)
    rows += over_dtypes("aten::where.ScalarSelf", "torch.where({c}, -1.5, {a})", {"a": (3, 4)}, condition)
    rows += over_dtypes("aten::masked_fill.Scalar", "{a}.masked_fill({c}, 1)", {"a": (3, 4)}, condition)
    rows += over_dtypes("aten::masked_fill.Tensor", "{a}.masked_fill({c}, {b})", {"a": (3, 4), "b": ()}, condition)
    return rows


def _reductions() -> list[Row]:
    rows = []
    codes = {
        "sum": ("sum({a})", "sum({a}, dtype=torch.float64)"), "mean": ("mean({a})", "mean({a}, dtype=torch.float32)"),
        "prod": ("prod({a})",), "sum.dim_IntList": ("sum({a}, [0, 1])", "sum({a}, 1, True, dtype=torch.int32)"),
        "mean.dim": ("mean({a}, 1)",), "prod.dim_int": ("prod({a}, -1)",), "amax": ("amax({a}, [1])",),
        "amin": ("amin({a}, [0], True)",), "max": ("max({a})",), "min": ("min({a})",), "max.dim": ("max({a}, 1)",),
        "min.dim": ("min({a}, 0, True)[0]",), "argmax": ("argmax({a}, 1)", "argmax({a})"), "argmin": ("argmin({a}, 0)",),
        "all": ("all({a})",), "any": ("any({a})",), "all.dim": ("all({a}, 1)",), "any.dim": ("any({a}, 0, True)",),
        "count_nonzero": ("count_nonzero({a})", "count_nonzero({a}, 1)"), "logsumexp": ("logsumexp({a}, [1])",),
        "var.correction": ("var({a}, [1], correction=1)",), "std.correction": ("std({a}, [0], correction=0)",),
        "linalg_vector_norm": tuple(f"ops.aten.linalg_vector_norm({{a}}, {p}, [1])" for p in (0, 1, 2, 3)),
        "cumsum": ("cumsum({a}, 1)", "cumsum({a}, 0, dtype=torch.float32)"), "cumprod": ("cumprod({a}, 1)",),
        "sort": ("sort({a}, 1)[0]",), "topk": ("topk({a}, 2, 1)[0]",), "sort.stable": ("sort({a}, stable=True, dim=1)",),
        "diff": ("diff({a})",), "softmax.int": ("softmax({a}, 1)", "softmax({a}, 0, dtype=torch.float32)"),
        "log_softmax.int": ("log_softmax({a}, 1)",),
    }  # fmt: skip
    for op, expressions in codes.items():
        for code in expressions:
            rows += over_dtypes(f"aten::{op}", f"torch.{code}", {"a": (3, 5)}, **SUMS)
    return rows


def _movement() -> list[Row]:
    rows = []
    for op, codes in SHAPES.items():
        if op in ("contiguous", "pixel_shuffle"):
            continue
        code = codes[0].replace("{", "{{").replace("}", "}}")
        rows += over_dtypes(f"aten::{op}", _with_places(code), {"a": (3, 4, 6)}, exact=True)
    rows += over_dtypes("aten::pixel_shuffle", "torch.pixel_shuffle({a}, 2)", {"a": (2, 4, 3, 2)}, exact=True)
    rows += over_dtypes("aten::constant_pad_nd", "torch.constant_pad_nd({a}, [1, 2, -1, 1], 3)", {"a": (2, 3, 4)})
    rows += over_dtypes("aten::pad", F + "pad({a}, [1, 2], 'reflect')", {"a": (2, 3, 4)}, exact=True)
    rows += over_dtypes("aten::pad", F + "pad({a}, [1, 2], 'replicate')", {"a": (2, 3, 4)}, exact=True)
    for kind in ("float64", "float32", "half", "bfloat16", "int8", "uint8", "int32", "int64", "bool"):
        rows += over_dtypes("aten::to.dtype", f"{{a}}.to(torch.{kind})", {"a": (3, 4)}, domain=(0, 100), exact=True)
        rows += over_dtypes("aten::to.dtype", f"{{a}}.to(torch.{kind})", {"a": ()}, domain=(0, 2), exact=True)
    return rows


def _with_places(code: str) -> str:
    """Replaces the name `a` by `{a}`."""
    import re

    return re.sub(r"(?<![\w.'])a(?![\w'])", "{a}", code)


def _indices() -> list[Row]:
    one, two = {"i": index(3, high=4)}, {"i": index(3, 2, high=3)}
    x, y = {"a": (3, 4)}, {"a": (3, 4), "b": (3, 2)}
    unique = {"i": Tensor((2,), I64, values=(2, 0), dynamic=False)}
    rows = []
    for op, code, shapes, fixed in (
        ("index_select", "torch.index_select({a}, 1, {i})", x, one),
        ("embedding", "torch.embedding({a}, {i})", {"a": (4, 3)}, one),
        ("gather", "torch.gather({a}, 1, {i})", x, two),
        ("index.Tensor", "{a}[:, {i}]", x, one),
        ("index.Tensor", "{a}[{i}, {i}]", x, two),
        ("index_put", "torch.ops.aten.index_put({a}, [{i}, None], {b})", {"a": (3, 4), "b": (4,)}, unique),
        ("index_put", "torch.ops.aten.index_put({a}, [{i}, None], {b}, True)", {"a": (3, 4), "b": (2, 4)}, unique),
        ("scatter.src", "torch.scatter({a}, 1, {i}, {b})", {"a": (2, 3), "b": (2, 1)}, {"i": index(2, 1, high=3)}),
        ("scatter.value", "torch.scatter({a}, 1, {i}, 2)", x, two),
        ("scatter.reduce", "torch.scatter({a}, 1, {i}, {b}, reduce='add')", y, two),
        ("scatter.reduce", "torch.scatter({a}, 1, {i}, {b}, reduce='multiply')", y, two),
        ("scatter_add", "torch.scatter_add({a}, 1, {i}, {b})", y, two),
        *(("scatter_reduce.two", f"torch.scatter_reduce({{a}}, 1, {{i}}, {{b}}, '{reduce}')", y, two) for reduce in ("sum", "prod", "mean", "amax", "amin")),
        *(("scatter_reduce.two", f"torch.scatter_reduce({{a}}, 1, {{i}}, {{b}}, '{reduce}', include_self=False)", y, two) for reduce in ("prod", "mean", "amax", "amin")),
        ("index_add", "torch.index_add({a}, 0, {i}, {b})", {"a": (3, 4), "b": (2, 4)}, unique),
        ("index_add", "torch.index_add({a}, 0, {i}, {b}, alpha=2)", {"a": (3, 4), "b": (2, 4)}, unique),
        ("index_copy", "torch.index_copy({a}, 0, {i}, {b})", {"a": (3, 4), "b": (2, 4)}, unique),
        ("slice_scatter", "torch.slice_scatter({a}, {b}, 1, 1, 3)", y, {}),
        ("select_scatter", "torch.select_scatter({a}, {b}, 1, 2)", {"a": (3, 4), "b": (3,)}, {}),
    ):  # fmt: skip
        rows += over_dtypes(f"aten::{op}", code, shapes, fixed)
    rows += over_dtypes("aten::bucketize.Tensor", "torch.bucketize({a}, {b})", {"a": (3, 4), "b": (1,)})
    for dtype in (I32, I64):
        rows += over_dtypes(
            "aten::index_select", "torch.index_select({a}, 0, {i})", x, {"i": index(2, high=3, dtype=dtype)}
        )
        rows += over_dtypes("aten::embedding", "torch.embedding({a}, {i})", x, {"i": index(2, high=3, dtype=dtype)})
    return rows


def _products() -> list[Row]:
    square = {"a": (3, 4), "b": (4, 5)}
    batches = {"a": (2, 3, 4), "b": (2, 4, 5)}
    rows = []
    for op, code, shapes in (
        ("matmul", "torch.matmul({a}, {b})", square),
        ("mm", "torch.mm({a}, {b})", square),
        ("bmm", "torch.bmm({a}, {b})", batches),
        ("mv", "torch.mv({a}, {b})", {"a": (3, 4), "b": (4,)}),
        ("dot", "torch.dot({a}, {b})", {"a": (4,), "b": (4,)}),
        ("outer", "torch.outer({a}, {b})", {"a": (4,), "b": (3,)}),
        ("addmm", "torch.addmm({c}, {a}, {b})", {**square, "c": (3, 5)}),
        ("addmm", "torch.addmm({c}, {a}, {b}, beta=2, alpha=3)", {**square, "c": (5,)}),
        ("baddbmm", "torch.baddbmm({c}, {a}, {b})", {**batches, "c": (1, 5)}),
        ("addbmm", "torch.addbmm({c}, {a}, {b})", {**batches, "c": (3, 5)}),
        ("linear", F + "linear({a}, {b}, {c})", {"a": (3, 4), "b": (5, 4), "c": (5,)}),
        ("einsum", "torch.einsum('ij,jk->ik', [{a}, {b}])", square),
    ):  # fmt: skip
        rows += over_dtypes(f"aten::{op}", code, shapes, rtol=1e-4, atol=2e-5)
    for op, code, shapes in (
        ("_convolution", "torch.conv1d({a}, {b}, {c}, 2, 1)", {"a": (2, 3, 7), "b": (4, 3, 3), "c": (4,)}),
        ("_convolution", "torch.conv2d({a}, {b}, {c}, 1, 1, 1, 2)", {"a": (2, 4, 5, 5), "b": (4, 2, 3, 3), "c": (4,)}),
        ("_convolution", "torch.conv_transpose2d({a}, {b}, {c}, 2)", {"a": (2, 3, 4, 4), "b": (3, 4, 3, 3), "c": (4,)}),
    ):  # fmt: skip
        # PyTorch rounds the sum of up to four positions to the half type: four times half a place below 4.
        units = 4.0 if "transpose" in code else 0.0
        rows += over_dtypes(f"aten::{op}", code, shapes, rtol=1e-4, atol=2e-5, reduced_units=units)
    return rows


def _layers() -> list[Row]:
    x, channels = {"a": (2, 4, 6, 5)}, {"a": (2, 4, 6), "b": (4,), "c": (4,)}
    rows = []
    for op, code, shapes in (
        ("max_pool2d", "torch.max_pool2d({a}, 2)", x),
        ("max_pool1d", "torch.max_pool1d({a}, 3, 2, 1)", {"a": (2, 3, 7)}),
        ("avg_pool2d", F + "avg_pool2d({a}, 3, 2, 1)", x),
        ("adaptive_avg_pool2d", F + "adaptive_avg_pool2d({a}, [3, 2])", x),
        ("adaptive_max_pool2d", F + "adaptive_max_pool2d({a}, [3, 2])", x),
        ("layer_norm", F + "layer_norm({a}, [4], {b}, {c})", {"a": (3, 4), "b": (4,), "c": (4,)}),
        ("group_norm", F + "group_norm({a}, 2, {b}, {c})", channels),
        ("instance_norm", F + "instance_norm({a}, None, None, {b}, {c})", channels),
        ("upsample_nearest2d.vec", F + "interpolate({a}, scale_factor=2.0)", x),
        ("upsample_bilinear2d.vec", F + "interpolate({a}, size=[4, 9], mode='bilinear')", x),
        ("scaled_dot_product_attention", F + "scaled_dot_product_attention({a}, {a}, {a})", x),
        ("prelu", "torch.prelu({a}, {b})", {"a": (2, 4, 3), "b": (4,)}),
        ("glu", F + "glu({a}, 1)", {"a": (3, 4)}),
        ("cosine_similarity", "torch.cosine_similarity({a}, {b})", {"a": (3, 4), "b": (3, 4)}),
        ("im2col", F + "unfold({a}, [2, 2])", x),
        ("col2im", F + "fold({a}, [3, 3], [2, 2])", {"a": (2, 8, 4)}),
    ):
        rows += over_dtypes(f"aten::{op}", code, shapes, rtol=1e-4, atol=1e-5)
    return rows


ROWS = _unary() + _binary() + _ternary() + _reductions() + _movement() + _indices() + _products() + _layers()
