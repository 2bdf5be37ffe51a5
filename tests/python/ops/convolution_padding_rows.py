"""Rows of padding."""

from .bundle import ONE, over_dtypes, over_shapes, variants_of
from .table import BOOL, F64, F, Row, fixed, one_case, t

LOOSE = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order


def _corners() -> list[Row]:
    return [
        # Negative padding is applied before the repetition.
        one_case("pad", F + "pad(a, [2, -1], 'circular')", fixed(2, 3, 5), exact=True),
        one_case("pad", F + "pad(a, [-1, -1, 0, 2], 'circular')", fixed(2, 3, 4, 5), exact=True),
    ]  # fmt: skip


def _dtypes() -> list[Row]:
    rows = []
    rows += over_dtypes("aten::constant_pad_nd", "torch.constant_pad_nd({a}, [1, 2, -1, 1], 3)", {"a": (2, 3, 4)})
    rows += over_dtypes("aten::pad", F + "pad({a}, [1, 2], 'reflect')", {"a": (2, 3, 4)}, exact=True)
    rows += over_dtypes("aten::pad", F + "pad({a}, [1, 2], 'replicate')", {"a": (2, 3, 4)}, exact=True)
    return rows


def _edges_movement() -> list[Row]:
    rows = []
    for op, codes in {"constant_pad_nd": ("torch.constant_pad_nd({a}, [1, 2], 0.5)",)}.items():  # fmt: skip
        for code in codes:
            rows += over_shapes(f"aten::{op}", code, variants_of(*ONE), exact=True)
    return rows


def _edges_layers() -> list[Row]:
    rows = []
    for op, code, variants in (
        ("pad", F + "pad({a}, [1, 1], 'reflect')", [(0, 2, 3), (1, 2), (1, 1, 2)]),
        ("pad", F + "pad({a}, [1, 0], 'replicate')", [(0, 2, 3), (1, 2), (1, 1, 1)]),
    ):  # fmt: skip
        rows += over_shapes(f"aten::{op}", code, variants_of(*variants), **LOOSE)
    return rows


def _padding() -> list[Row]:
    rows = []
    x1, x2, x3 = t(2, 3, 6), t(2, 3, 6, 5), t(2, 3, 4, 5, 6)
    rows += [
        Row("aten::constant_pad_nd", "torch.constant_pad_nd(a, [1, 2])", (x1,)),
        Row("aten::constant_pad_nd", "torch.constant_pad_nd(a, [1, 2, 0, 3], 1.5)", (x2,)),
        Row("aten::constant_pad_nd", "torch.constant_pad_nd(a, [-1, 2])", (x2,)),
        Row("aten::constant_pad_nd", "torch.constant_pad_nd(a, [1, 1], 0.5)", (t(2, 3, dtype=BOOL),)),
        Row("aten::pad", f"{F}pad(a, [1, 2])", (x1,)),
        Row("aten::pad", f"{F}pad(a, [1, 2, 1, 0], 'reflect')", (x2,)),
        Row("aten::pad", f"{F}pad(a, [1, 2, 1, 0], 'replicate')", (x2,)),
        Row("aten::pad", f"{F}pad(a, [1, 2], 'circular')", (x1,)),
    ]
    for name in ("reflection", "replication"):
        rows += [
            Row(f"aten::{name}_pad1d", f"torch.ops.aten.{name}_pad1d(a, [1, 2])", (x1,)),
            Row(f"aten::{name}_pad1d", f"torch.ops.aten.{name}_pad1d(a, [0, 3])", (x1,)),
            Row(f"aten::{name}_pad1d", f"torch.ops.aten.{name}_pad1d(a, [2, 0])", (t(2, 3, 6, dtype=F64),)),
            Row(f"aten::{name}_pad2d", f"torch.ops.aten.{name}_pad2d(a, [1, 2, 3, 0])", (x2,)),
            Row(f"aten::{name}_pad2d", f"torch.ops.aten.{name}_pad2d(a, [0, 0, 1, 1])", (x2,)),
            Row(f"aten::{name}_pad2d", f"torch.ops.aten.{name}_pad2d(a, [2, 2, 0, 0])", (x2,)),
            Row(f"aten::{name}_pad3d", f"torch.ops.aten.{name}_pad3d(a, [1, 2, 3, 0, 1, 1])", (x3,)),
            Row(f"aten::{name}_pad3d", f"torch.ops.aten.{name}_pad3d(a, [0, 0, 1, 1, 0, 2])", (x3,)),
            Row(f"aten::{name}_pad3d", f"torch.ops.aten.{name}_pad3d(a, [1, 1, 1, 1, 1, 1])", (x3,)),
        ]
    return rows


ROWS = [
    *_corners(),
    *_dtypes(),
    *_edges_movement(),
    *_edges_layers(),
    *_padding(),
]
