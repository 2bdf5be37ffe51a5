"""Rows of tensors without elements, without dimensions, with dimensions of one element, and of broadcasting."""

from __future__ import annotations

from .bundle import BOOL, I64, over_shapes
from .pointwise_rows import ACTIVATIONS, BINARY, UNARY
from .table import Row, Tensor

F = "torch.nn.functional."
LOOSE = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order

ONE = [(), (0,), (1,), (2, 0), (0, 3), (1, 1), (1, 3, 1)]
TWO = [
    ((), ()), ((), (3,)), ((2, 3), ()), ((1,), (3,)), ((3, 1), (1, 4)), ((2, 1, 3), (4, 1)), ((0,), (1,)), ((0, 3), (3,)),
    ((1, 0), (2, 1)), ((2, 0), ()), ((1, 1, 1), (1,)), ((5,), (2, 1, 1)),
]  # fmt: skip


def shapes(*places_of: tuple) -> list[dict[str, tuple[int, ...]]]:
    """Returns variants of shapes, or of tuples with a shape for each input."""
    return [dict(zip("abc", one if one and isinstance(one[0], tuple) else (one,), strict=False)) for one in places_of]


def _pointwise() -> list[Row]:
    rows = []
    for name, domain in UNARY.items():
        rows += over_shapes(f"aten::{name}", f"torch.{name}({{a}})", shapes(*ONE), domain=domain)
    for name, code in ACTIVATIONS.items():
        op = f"aten::{name}" if name != "softsign" else "aten::div.Tensor"
        rows += over_shapes(op, code.replace("(a", "({a}"), shapes(*ONE))
    for name, code in BINARY.items():
        op = {"pow": "aten::pow.Tensor_Tensor", "floor_divide": "aten::floor_divide"}.get(name, f"aten::{name}.Tensor")
        rows += over_shapes(op, code, shapes(*TWO), domain=(0.5, 3))
    for name in ("maximum", "minimum", "atan2", "logaddexp", "logical_and", "logical_xor"):
        rows += over_shapes(f"aten::{name}", f"torch.{name}({{a}}, {{b}})", shapes(*TWO))
    for name in ("bitwise_and", "bitwise_or"):
        rows += over_shapes(f"aten::{name}.Tensor", f"torch.{name}({{a}}, {{b}})", shapes(*TWO), dtype=I64)
    three = shapes(((), (), ()), ((3,), (), (2, 1)), ((1, 4), (3, 1), (4,)), ((0,), (1,), ()), ((2, 0), (1, 1), (0,)))
    for op, code in (
        ("where.self", "torch.where({a} > 0, {b}, {c})"),
        ("lerp.Tensor", "torch.lerp({a}, {b}, {c})"),
        ("addcmul", "torch.addcmul({a}, {b}, {c}, value=2)"),
        ("clamp.Tensor", "torch.clamp({a}, {b}, {c})"),
    ):
        rows += over_shapes(f"aten::{op}", code, three)
    fill = "{a}.masked_fill({b} > 0, 2.0)"
    rows += over_shapes("aten::masked_fill.Scalar", fill, shapes(((3, 4), ()), ((3, 4), (4,)), ((0,), (1,)), ((), ())))
    return rows


def _reductions() -> list[Row]:
    rows = []
    for op, codes in {
        "sum": ("sum({a})",), "mean": ("mean({a})",), "prod": ("prod({a})",), "max": ("max({a})",), "all": ("all({a})",),
        "any": ("any({a})",), "argmax": ("argmax({a})",), "count_nonzero": ("count_nonzero({a})",),
        "sum.dim_IntList": ("sum({a}, 0)", "sum({a}, -1, True)", "sum({a}, [])"), "mean.dim": ("mean({a}, -1)", "mean({a}, [])"),
        "prod.dim_int": ("prod({a}, 0, True)",), "amax": ("amax({a}, [-1])", "amax({a}, [], True)"), "amin": ("amin({a}, [0])",),
        "max.dim": ("max({a}, -1)", "max({a}, 0, True)"), "min.dim": ("min({a}, 0)[1]",),
        "all.dim": ("all({a}, 0)",), "any.dim": ("any({a}, -1, True)",), "all.dims": ("all({a}, [0])",), "any.dims": ("any({a}, None)",),
        "var.correction": ("var({a}, None, correction=0)", "var({a}, [-1], correction=1)"), "std.correction": ("std({a}, [0], correction=0)",),
        "logsumexp": ("logsumexp({a}, [0])", "logsumexp({a}, [-1], True)"), "cumsum": ("cumsum({a}, 0)",), "cumprod": ("cumprod({a}, -1)",),
        "linalg_vector_norm": ("ops.aten.linalg_vector_norm({a}, 2)", "ops.aten.linalg_vector_norm({a}, 1, [-1])", "ops.aten.linalg_vector_norm({a}, 2, [])"),
        "softmax.int": ("softmax({a}, 0)", "softmax({a}, -1)"), "log_softmax.int": ("log_softmax({a}, -1)",),
        "sort": ("sort({a})", "sort({a}, 0)"), "argsort": ("argsort({a}, 0)",), "topk": ("topk({a}, 1)",), "diff": ("diff({a})",),
        "argmin": ("argmin({a}, 0)", "argmin({a}, -1, True)"),
    }.items():  # fmt: skip
        for code in codes:
            rows += over_shapes(f"aten::{op}", f"torch.{code}", shapes(*ONE), **LOOSE)
    rows += over_shapes("aten::topk", "torch.topk({a}, 0)", shapes((0,), (3,), (2, 3), (2, 0)))
    return rows


def _movement() -> list[Row]:
    rows = []
    for op, codes in {
        "flatten.using_ints": ("torch.flatten({a})", "torch.flatten({a}, -1)"), "reshape": ("{a}.reshape(-1)", "{a}.reshape([1, -1])", "{a}.reshape({a}.shape)"),
        "view": ("{a}.view(-1)", "{a}.view({a}.size())"), "unsqueeze": ("{a}.unsqueeze(0)", "{a}.unsqueeze(-1)"), "squeeze": ("{a}.squeeze()",),
        "squeeze.dim": ("{a}.squeeze(0)", "{a}.squeeze(-1)"), "transpose.int": ("{a}.transpose(0, -1)",), "t": ("{a}.t()",),
        "expand": ("{a}.expand([2, 3, 1, 4])", "{a}.expand([2, 0])"), "repeat": ("{a}.repeat(2, 1, 1)", "{a}.repeat(1, 0, 2)"), "tile": ("torch.tile({a}, [2])",),
        "flip": ("torch.flip({a}, [0])",), "roll": ("torch.roll({a}, 1)", "torch.roll({a}, 1, 0)"), "tril": ("torch.tril({a})",), "triu": ("torch.triu({a}, 1)",),
        "cat": ("torch.cat([{a}, {a}], 0)", "torch.cat([{a}, {a}], -1)"), "stack": ("torch.stack([{a}, {a}], -1)",), "split.Tensor": ("torch.split({a}, 1, 0)", "torch.split({a}, 2, -1)"),
        "chunk": ("torch.chunk({a}, 2, -1)",), "unbind.int": ("torch.unbind({a}, 0)",), "narrow": ("torch.narrow({a}, 0, 0, 0)",), "select.int": ("{a}.select(0, 0)", "{a}.select(-1, -1)"),
        "slice.Tensor": ("{a}[:1]", "{a}[1:]", "{a}[-2:]"), "movedim.int": ("torch.movedim({a}, 0, -1)",), "clone": ("{a}.clone()",), "ravel": ("torch.ravel({a})",),
        "constant_pad_nd": ("torch.constant_pad_nd({a}, [1, 2], 0.5)",), "to.dtype": ("{a}.to(torch.int64)",), "repeat_interleave.self_int": ("torch.repeat_interleave({a}, 2)",),
        "permute": ("{a}.permute([0, 1])", "{a}.permute([])"), "diagonal": ("torch.diagonal({a})",), "rot90": ("torch.rot90({a}, 1, [0, 1])",),
    }.items():  # fmt: skip
        for code in codes:
            rows += over_shapes(f"aten::{op}", code, shapes(*ONE), exact=True)
    rows += over_shapes("aten::cat", "torch.cat([{a}, {b}], 0)", shapes(((0,), (2, 3)), ((1, 3), (0, 3)), ((0,), (0,))))
    return rows


def index(*shape: int, values=()) -> dict[str, Tensor]:
    return {"i": Tensor(shape, I64, 0, 1, values=values, dynamic=False)}


def _indices() -> list[Row]:
    rows = []
    data = shapes((1,), (1, 3), (1, 0), (2, 3, 1))
    for places in (index(0), index(1), index(2, 0), index(2, 1), index()):
        rows += over_shapes("aten::index.Tensor", "{a}[{i}]", data, places)
        rows += over_shapes("aten::embedding", "torch.embedding({a}, {i})", shapes((1, 3), (2, 0)), places)
    for places in (index(0), index(1), index(2), index()):
        rows += over_shapes(
            "aten::index_select", "torch.index_select({a}, 0, {i})", shapes((), *data[0].values(), (2, 3)), places
        )
    rows += over_shapes("aten::gather", "torch.gather({a}, 0, {i})", shapes((), (1,), (3,)), index(1))
    rows += over_shapes("aten::gather", "torch.gather({a}, 0, {i})", shapes(()), index())
    rows += over_shapes("aten::gather", "torch.gather({a}, 1, {i})", shapes((0, 3), (2, 3)), index(0, 2))
    rows += over_shapes("aten::gather", "torch.gather({a}, 1, {i})", shapes((2, 3)), index(2, 0))
    for reduce in ("scatter.src scatter", "scatter_add scatter_add"):
        op, name = reduce.split()
        rows += over_shapes(
            f"aten::{op}",
            f"torch.{name}({{a}}, 0, {{i}}, {{b}})",
            shapes(((3,), (1,)), ((1,), (2,)), ((), ())),
            index(1),
        )
        rows += over_shapes(
            f"aten::{op}", f"torch.{name}({{a}}, 0, {{i}}, {{b}})", shapes(((3,), (0,)), ((3,), (2,))), index(0)
        )
        rows += over_shapes(f"aten::{op}", f"torch.{name}({{a}}, 0, {{i}}, {{b}})", shapes(((), ())), index())
    rows += over_shapes("aten::scatter.value", "torch.scatter({a}, 0, {i}, 2.5)", shapes((), (3,)), index(1))
    rows += over_shapes(
        "aten::index_add",
        "torch.index_add({a}, 0, {i}, {b})",
        shapes(((3,), (1,)), ((2, 0), (1, 0)), ((), ())),
        index(1),
    )
    rows += over_shapes(
        "aten::index_copy",
        "torch.index_copy({a}, 0, {i}, {b})",
        shapes(((3,), (1,)), ((2, 3), (1, 3)), ((), ())),
        index(1),
    )
    rows += over_shapes(
        "aten::slice_scatter", "torch.slice_scatter({a}, {b}, 0, 1, 1)", shapes(((3,), (0,)), ((3, 2), (0, 2)))
    )
    rows += over_shapes(
        "aten::select_scatter",
        "torch.select_scatter({a}, {b}, 0, 0)",
        shapes(((3,), ()), ((1, 2), (2,)), ((2, 0), (0,))),
    )
    mask = {"i": Tensor((3,), BOOL, values=(0, 0, 0), dynamic=False)}
    rows += over_shapes("aten::masked_fill.Scalar", "{a}.masked_fill({i}, 1)", shapes((3,), (1,), (0, 3)), mask)
    return rows


def _products() -> list[Row]:
    rows = []
    pairs = {
        "matmul": [((2, 0), (0, 3)), ((0, 2), (2, 3)), ((1, 1), (1, 1)), ((3,), (3,)), ((0,), (0,)), ((2, 1, 3, 4), (5, 4, 2)), ((1, 4), (2, 4, 3)), ((2, 3), (3,))],
        "mm": [((2, 0), (0, 3)), ((0, 2), (2, 0)), ((1, 1), (1, 1))],
        "bmm": [((0, 2, 3), (0, 3, 4)), ((2, 3, 0), (2, 0, 4)), ((1, 1, 1), (1, 1, 1))],
        "dot": [((0,), (0,)), ((1,), (1,))],
        "mv": [((2, 0), (0,)), ((0, 2), (2,)), ((1, 1), (1,))],
        "outer": [((0,), (2,)), ((1,), (1,)), ((2,), (0,))],
        "linear": [((2, 0), (3, 0)), ((0, 2), (3, 2)), ((2,), (3, 2)), ((2, 2), (2,)), ((1, 1, 1), (1, 1))],
    }  # fmt: skip
    for op, variants in pairs.items():
        name = F + op if op == "linear" else f"torch.{op}"
        rows += over_shapes(f"aten::{op}", f"{name}({{a}}, {{b}})", shapes(*variants), **LOOSE)
    rows += over_shapes(
        "aten::einsum",
        "torch.einsum('ij,jk->ik', [{a}, {b}])",
        shapes(((2, 0), (0, 3)), ((1, 3), (3, 1)), ((2, 1), (3, 4))),
        **LOOSE,
    )
    rows += over_shapes(
        "aten::addmm",
        "torch.addmm({c}, {a}, {b})",
        shapes(((2, 0), (0, 3), (3,)), ((2, 3), (3, 1), ()), ((0, 3), (3, 2), (1, 2))),
        **LOOSE,
    )
    return rows


def _layers() -> list[Row]:
    rows = []
    for op, code, variants in (
        ("_convolution", "torch.conv1d({a}, {b})", [((0, 2, 5), (3, 2, 3)), ((1, 1, 3), (1, 1, 3)), ((2, 5), (3, 2, 3))]),
        ("_convolution", "torch.conv2d({a}, {b})", [((0, 2, 5, 5), (3, 2, 3, 3)), ((2, 5, 5), (3, 2, 1, 1)), ((1, 1, 1, 1), (1, 1, 1, 1))]),
        ("max_pool2d", "torch.max_pool2d({a}, 2)", [(0, 3, 4, 4), (3, 4, 4), (1, 1, 2, 2)]),
        ("avg_pool2d", F + "avg_pool2d({a}, 2)", [(0, 3, 4, 4), (3, 4, 4), (1, 1, 2, 2)]),
        ("adaptive_avg_pool2d", F + "adaptive_avg_pool2d({a}, [2, 3])", [(0, 3, 4, 4), (3, 4, 4), (1, 1, 1, 1)]),
        ("adaptive_avg_pool2d", F + "adaptive_avg_pool2d({a}, [1, 1])", [(0, 3, 4, 4), (3, 4, 4), (1, 1, 1, 1)]),
        ("layer_norm", F + "layer_norm({a}, [3])", [(3,), (0, 3), (1, 3), (2, 1, 3)]),
        ("group_norm", F + "group_norm({a}, 2)", [(0, 4, 3), (1, 4), (2, 4, 1)]),
        ("batch_norm", F + "batch_norm({a}, {b}, {b} + 5)", [((0, 3), (3,)), ((1, 3), (3,)), ((2, 1, 4), (1,)), ((2, 3, 0), (3,))]),
        ("upsample_nearest2d.vec", F + "interpolate({a}, size=[3, 2])", [(0, 2, 4, 4), (1, 1, 1, 1)]),
        ("upsample_bilinear2d.vec", F + "interpolate({a}, size=[3, 2], mode='bilinear')", [(0, 2, 4, 4), (1, 1, 1, 1), (1, 1, 1, 5)]),
        ("scaled_dot_product_attention", F + "scaled_dot_product_attention({a}, {b}, {b})", [((1, 1, 4), (1, 1, 4)), ((0, 2, 3, 4), (0, 2, 5, 4)), ((2, 0, 4), (2, 3, 4))]),
        ("pad", F + "pad({a}, [1, 1], 'reflect')", [(0, 2, 3), (1, 2), (1, 1, 2)]),
        ("pad", F + "pad({a}, [1, 0], 'replicate')", [(0, 2, 3), (1, 2), (1, 1, 1)]),
        ("glu", F + "glu({a})", [(2,), (0, 2), (1, 4)]),
    ):  # fmt: skip
        rows += over_shapes(f"aten::{op}", code, shapes(*variants), **LOOSE)
    return rows


ROWS = _pointwise() + _reductions() + _movement() + _indices() + _products() + _layers()
