"""Rows of rearranging elements: flips, rolls, triangles, diagonals."""

from .bundle import ONE, over_dtypes, over_shapes, variants_of, with_places
from .table import BOOL, F64, I64, A, Row, fixed, index, movement_rows, one_case, t

SUMS = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order
# of a tensor of 3 x 4 x 6
SHAPES = {
    "mT": ("a.mT", "a[0].mT", "a.unsqueeze(0).mT"),
    "adjoint": ("torch.adjoint(a)", "torch.adjoint(a[0])", "torch.adjoint(a.unsqueeze(1))"),
    "numpy_T": ("a[0].T", "a.flatten(1).T", "a[:, 0].T"),
    "ravel": ("torch.ravel(a)", "a[0].ravel()", "a[:, 1].ravel()"),
    "repeat_interleave.self_int": ("torch.repeat_interleave(a, 2)", "torch.repeat_interleave(a, 3, 1)", "a.repeat_interleave(2, 0)"),
    "flip": ("torch.flip(a, [0])", "torch.flip(a, [1, 2])", "torch.flip(a, [-1])"),
    "rot90": ("torch.rot90(a, 1, [0, 1])", "torch.rot90(a, 2, [1, 2])", "torch.rot90(a, -1, [1, 2])", "torch.rot90(a, 4, [0, 1])"),
    "roll": ("torch.roll(a, 1, 1)", "torch.roll(a, [2, -1], [1, 2])", "torch.roll(a, [5], [2])"),
    "tril": ("torch.tril(a)", "torch.tril(a, 1)", "torch.tril(a, -2)", "torch.tril(a[:, 0])"),
    "triu": ("torch.triu(a)", "torch.triu(a, 1)", "torch.triu(a, -2)", "torch.triu(a[:, 0], 1)"),
    "diagonal": ("torch.diagonal(a, 0, 1, 2)", "torch.diagonal(a, 1, 1, 2)", "torch.diagonal(a, -2, -2, -1)", "torch.diagonal(a, 9, 1, 2)"),
    "unfold": ("a.unfold(2, 3, 2)", "a.unfold(1, 2, 1)", "a.unfold(-1, 6, 1)"),
    "view_as": ("a.view_as(a.transpose(1, 2).contiguous())", "a.view_as(a)", "a.flatten(1).view_as(a)"),
    "reshape_as": ("a.reshape_as(a.transpose(1, 2))", "a.reshape_as(a)", "a.flatten(1).reshape_as(a)"),
}  # fmt: skip
LOOSE = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order


def _diagonals() -> list[Row]:
    square = fixed(4, 5)
    return [
        Row("aten::linalg_diagonal", "torch.linalg.diagonal(a)", (t(3, 4, 5),), exact=True),
        Row("aten::linalg_diagonal", "torch.linalg.diagonal(a, offset=1)", (t(3, 4, 5, dtype=I64),)),
        Row("aten::linalg_diagonal", "torch.linalg.diagonal(a, offset=-2, dim1=1, dim2=2)", (t(3, 4, 5),), exact=True),
        Row("aten::matrix_H", "a.H", (square,), static_only="a matrix", exact=True),
        Row("aten::matrix_H", "a.H + 1", (t(3, 4, dtype=I64),)),
        Row("aten::matrix_H", "a.H * 2", (t(3, 4, dtype=F64),)),
    ]  # fmt: skip


def _stacks() -> list[Row]:
    return [
        Row("aten::flipud", "torch.flipud(a)", (t(3, 4),), exact=True),
        Row("aten::flipud", "a.flipud()", (t(3, dtype=I64),)),
        Row("aten::flipud", "torch.flipud(a)", (t(3, 2, 2, dtype=BOOL),)),
        Row("aten::fliplr", "torch.fliplr(a)", (t(3, 4),), exact=True),
        Row("aten::fliplr", "a.fliplr()", (t(3, 1, dtype=I64),)),
        Row("aten::fliplr", "torch.fliplr(a)", (t(3, 2, 2, dtype=BOOL),)),
    ]  # fmt: skip


def _corners() -> list[Row]:
    return [
        # Without dimensions.
        one_case("unfold", "a.unfold(0, 1, 1)", fixed()),
    ]  # fmt: skip


def _dtypes_reductions() -> list[Row]:
    rows = []
    for op, expressions in {"diff": ("diff({a})",)}.items():
        for code in expressions:
            rows += over_dtypes(f"aten::{op}", f"torch.{code}", {"a": (3, 5)}, **SUMS)
    return rows


def _dtypes_movement() -> list[Row]:
    rows = []
    for op, codes in SHAPES.items():
        code = codes[0].replace("{", "{{").replace("}", "}}")
        rows += over_dtypes(f"aten::{op}", with_places(code), {"a": (3, 4, 6)}, exact=True)
    return rows


def _edges_reductions() -> list[Row]:
    rows = []
    for op, codes in {"diff": ("diff({a})",)}.items():  # fmt: skip
        for code in codes:
            rows += over_shapes(f"aten::{op}", f"torch.{code}", variants_of(*ONE), **LOOSE)
    return rows


def _edges_movement() -> list[Row]:
    rows = []
    for op, codes in {
        "flip": ("torch.flip({a}, [0])",),
        "roll": ("torch.roll({a}, 1)", "torch.roll({a}, 1, 0)"),
        "tril": ("torch.tril({a})",),
        "triu": ("torch.triu({a}, 1)",),
        "ravel": ("torch.ravel({a})",),
        "repeat_interleave.self_int": ("torch.repeat_interleave({a}, 2)",),
        "diagonal": ("torch.diagonal({a})",),
        "rot90": ("torch.rot90({a}, 1, [0, 1])",),
    }.items():  # fmt: skip
        for code in codes:
            rows += over_shapes(f"aten::{op}", code, variants_of(*ONE), exact=True)
    return rows


def _shapes() -> list[Row]:
    rows = movement_rows(SHAPES)
    rows += [
        Row("aten::roll", "torch.roll(a, 3)", (t(3, 4),), static_only="all elements are rolled"),
        Row("aten::pixel_unshuffle", "torch.pixel_unshuffle(a, 2)", (t(2, 3, 4, 6),)),
        Row("aten::pixel_unshuffle", "torch.pixel_unshuffle(a, 3)", (t(3, 3, 6),), static_only="its channels"),
        Row("aten::pixel_unshuffle", "torch.pixel_unshuffle(a, 2)", (t(2, 1, 1, 4, 2, dtype=I64),)),
        Row("aten::meshgrid", "torch.meshgrid([a, b])", (t(3), t(4, dynamic=False))),
        Row("aten::meshgrid.indexing", "torch.meshgrid([a, b], indexing='xy')", (t(3), t(4, dynamic=False))),
        Row("aten::meshgrid.indexing", "torch.meshgrid([a, b, a], indexing='ij')", (t(3), t(4, dynamic=False))),
        Row("aten::meshgrid.indexing", "torch.meshgrid([a, a, b], indexing='xy')", (t(3, dtype=I64), t(2, dtype=I64, dynamic=False))),
    ]  # fmt: skip
    return rows


def _indices() -> list[Row]:
    return [
        Row("aten::one_hot", "torch.nn.functional.one_hot(a, 5)", (index(3, 2, high=5, dynamic=True),)),
        Row("aten::one_hot", "torch.nn.functional.one_hot(a, 7)", (index(4, high=5, dynamic=True),)),
        Row("aten::one_hot", "torch.nn.functional.one_hot(a, 3)", (index(high=3),), static_only="one index"),
    ]  # fmt: skip


def _overloads_orders() -> list[Row]:
    x = t(3, 7)
    return [
        Row("aten::diff", "torch.diff(a)", (x,)),
        Row("aten::diff", "torch.diff(a, 2, 1)", (x,)),
        Row("aten::diff", "torch.diff(a, 1, 1, b)", (x, t(3, 2))),
        Row("aten::diff", "torch.diff(a, 1, -1, None, b)", (t(3, 4, dtype=I64), t(3, 1, dtype=I64))),
        Row("aten::diff", "torch.diff(a)", (t(3, 4, dtype=BOOL),)),
    ]


def _overloads_movement() -> list[Row]:
    x, i = t(3, 4, 6), t(3, 4, dtype=I64)
    return [
        Row("aten::mH", "a.mH", (x,)),
        Row("aten::mH", "a[0].mH", (x,)),
        Row("aten::mH", f"{A}mH(a)", (i,)),
        Row("aten::meshgrid", "torch.meshgrid([a])", (t(3),)),
        Row("aten::meshgrid", "torch.meshgrid(a, b, b)", (t(3, dtype=I64), fixed(2, dtype=I64))),
    ]


def _repeats() -> list[Row]:
    x = t(3, 4)
    return [
        Row("aten::repeat_interleave.self_Tensor", "torch.repeat_interleave(a, torch.tensor([1, 2, 0, 1]), 1)", (x,), exact=True),
        Row("aten::repeat_interleave.self_Tensor", "a.repeat_interleave(torch.tensor([3]), 1)", (t(3, 4, dtype=I64),)),
        Row("aten::repeat_interleave.self_Tensor", "torch.repeat_interleave(a, torch.tensor([1, 0, 2, 1]))", (fixed(2, 2),), static_only="counts of all", exact=True),
    ]  # fmt: skip


ROWS = [
    *_diagonals(),
    *_stacks(),
    *_corners(),
    *_dtypes_reductions(),
    *_dtypes_movement(),
    *_edges_reductions(),
    *_edges_movement(),
    *_shapes(),
    *_indices(),
    *_overloads_orders(),
    *_overloads_movement(),
    *_repeats(),
]
