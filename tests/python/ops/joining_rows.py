"""Rows of joining and splitting tensors."""

from .bundle import ONE, over_dtypes, over_shapes, variants_of, with_places
from .table import F64, I64, Row, fixed, int16_rows, movement_rows, t

# of a tensor of 3 x 4 x 6
SHAPES = {
    "chunk": ("torch.chunk(a, 2, 1)", "torch.chunk(a, 4, -1)", "a.chunk(3, 2)[1]"),
    "split.Tensor": ("torch.split(a, 2, 1)", "torch.split(a, 4, 2)", "a.split(3, -1)[1]"),
    "split_with_sizes": ("torch.split_with_sizes(a, [1, 3], 1)", "torch.split_with_sizes(a, [2, 2, 2], 2)", "torch.split_with_sizes(a, [6], -1)"),
    "split.sizes": ("torch.split(a, [1, 3], 1)", "torch.split(a, [0, 6], 2)", "torch.split(a, [2, 2], 1)[1]"),
    "unbind.int": ("torch.unbind(a, 1)", "torch.unbind(a, -1)[2]", "a.unbind(2)"),
    "cat": ("torch.cat([a, a], 1)", "torch.cat([a, a[:1]], 0)", "torch.cat([a, a.to(torch.float64)], -1)", "torch.cat([a])"),
    "concat": ("torch.concat([a, a], 1)", "torch.concat([a, a, a], 0)", "torch.concat([a, a], -1)"),
    "concatenate": ("torch.concatenate([a, a], 1)", "torch.concatenate([a, a, a], 0)", "torch.concatenate([a, a], -1)"),
    "stack": ("torch.stack([a, a])", "torch.stack([a, a, a], 1)", "torch.stack([a, a], -1)"),
}  # fmt: skip


def _splits() -> list[Row]:
    rows = []
    x, i = t(3, 4, 6), t(3, 5, 4, dtype=I64)
    table = {
        "tensor_split.sections": ("torch.tensor_split(a, 3, 1)", "torch.tensor_split(a, 7, -1)", "a.tensor_split(1, 2)[0] + 1"),
        "tensor_split.indices": ("torch.tensor_split(a, [1, 3], 2)", "torch.tensor_split(a, [-2, 1, 99], 1)", "torch.tensor_split(a, [0], 1)"),
        "tensor_split.tensor_indices_or_sections": ("torch.tensor_split(a, torch.tensor(3), 1)", "torch.tensor_split(a, torch.tensor([1, 3]), 2)", "torch.tensor_split(a, torch.tensor([-1]), 1)"),
        "hsplit.int": ("torch.hsplit(a, 2)", "a.hsplit(4)", "torch.hsplit(a, 1)[0] * 2"),
        "hsplit.array": ("torch.hsplit(a, [1, 2])", "a.hsplit([-1])", "torch.hsplit(a, [3, 1])"),
        "dsplit.int": ("torch.dsplit(a, 2)", "a.dsplit(3)[1]", "torch.dsplit(a, 1)[0] * 2"),
        "dsplit.array": ("torch.dsplit(a, [1, 2])", "a.dsplit([-1])", "torch.dsplit(a, [3, 1])"),
    }  # fmt: skip
    for op, codes in table.items():
        rows += [Row(f"aten::{op}", code, (x,), exact=True) for code in codes]
        if op != "hsplit.int" and op != "dsplit.int":
            rows.append(Row(f"aten::{op}", codes[0], (i,)))
    first = {"static_only": "the first dimension is split"}
    rows += [
        Row("aten::hsplit.int", "torch.hsplit(a, 3)", (fixed(6),), **first, exact=True),
        Row("aten::vsplit.int", "torch.vsplit(a, 2)", (fixed(4, 6),), **first, exact=True),
        Row("aten::vsplit.int", "a.vsplit(4)", (fixed(4, 2, 2, dtype=I64),), **first),
        Row("aten::vsplit.int", "torch.vsplit(a, 1)[0] * 2", (fixed(3, 6),), **first, exact=True),
        Row("aten::vsplit.array", "torch.vsplit(a, [1, 3])", (fixed(4, 6),), **first, exact=True),
        Row("aten::vsplit.array", "a.vsplit([-1])", (fixed(4, 2, 2, dtype=I64),), **first),
        Row("aten::vsplit.array", "torch.vsplit(a, [2, 2, 9])", (fixed(4, 6),), **first, exact=True),
    ]
    return rows


def _stacks() -> list[Row]:
    rows = []
    v, i, s = t(4), t(3, 4, dtype=I64), fixed()
    for name in ("hstack", "vstack", "dstack", "column_stack"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}([a, b])", (fixed(4), fixed(4, dtype=I64)), static_only="vectors"),
            Row(f"aten::{name}", f"torch.{name}([a, a])", (t(3, 4),), exact=True),
            Row(f"aten::{name}", f"torch.{name}([a, a, b])", (t(3, 4, 2), t(3, 4, 2, dtype=F64))),
            Row(f"aten::{name}", f"torch.{name}([a, a])", (s,), static_only="0-d tensors", exact=True),
            Row(f"aten::{name}", f"torch.{name}([a])", (i,)),
        ]
    rows += [
        Row("aten::column_stack", "torch.column_stack([a, b])", (v, t(4, 3)), exact=True),
    ]  # fmt: skip
    for n in (1, 2, 3):
        op = f"atleast_{n}d"
        rows += [
            Row(f"aten::{op}", f"torch.{op}(a)", (s,), static_only="a 0-d tensor", exact=True),
            Row(f"aten::{op}", f"torch.{op}(a)", (fixed(4, dtype=I64),), static_only="a vector"),
            Row(f"aten::{op}", f"torch.{op}(a)", (t(3, 4),), exact=True),
            Row(f"aten::{op}", f"torch.{op}(a) + 1", (t(2, 3, 4, 1),), exact=True),
            Row(f"aten::{op}.Sequence", f"torch.{op}([a, b])", (t(3, 4), fixed()), exact=True),
            Row(f"aten::{op}.Sequence", f"torch.{op}([a, b])", (t(3, 2, 2, dtype=I64), fixed(2))),
            Row(f"aten::{op}.Sequence", f"torch.{op}([a])[0] * 2", (t(3),), exact=True),
        ]
    rows += [
        Row("aten::broadcast_tensors", "torch.broadcast_tensors([a, b])", (t(3, 1), fixed(4)), exact=True),
        Row("aten::broadcast_tensors", "torch.broadcast_tensors([a, b, c])", (t(3, 1, 2), fixed(4, 1, dtype=I64), fixed())),
        Row("aten::broadcast_tensors", "torch.broadcast_tensors([a, a])[1] * 2", (t(3, 4),), exact=True),
        Row("aten::broadcast_tensors", "torch.broadcast_tensors([a, b])", (t(3, 4), t(3, 1)), exact=True),
        Row("aten::cartesian_prod", "torch.cartesian_prod([a, b])", (t(3), fixed(2)), exact=True),
        Row("aten::cartesian_prod", "torch.cartesian_prod([a, b, a])", (t(3, dtype=I64), fixed(2, dtype=I64))),
        Row("aten::cartesian_prod", "torch.cartesian_prod([a])", (t(3),), exact=True),
    ]  # fmt: skip
    return rows


def _dtypes() -> list[Row]:
    rows = []
    for op, codes in SHAPES.items():
        code = codes[0].replace("{", "{{").replace("}", "}}")
        rows += over_dtypes(f"aten::{op}", with_places(code), {"a": (3, 4, 6)}, exact=True)
    return rows


def _edges() -> list[Row]:
    rows = []
    for op, codes in {
        "cat": ("torch.cat([{a}, {a}], 0)", "torch.cat([{a}, {a}], -1)"),
        "stack": ("torch.stack([{a}, {a}], -1)",),
        "split.Tensor": ("torch.split({a}, 1, 0)", "torch.split({a}, 2, -1)"),
        "chunk": ("torch.chunk({a}, 2, -1)",),
        "unbind.int": ("torch.unbind({a}, 0)",),
    }.items():  # fmt: skip
        for code in codes:
            rows += over_shapes(f"aten::{op}", code, variants_of(*ONE), exact=True)
    rows += over_shapes(
        "aten::cat", "torch.cat([{a}, {b}], 0)", variants_of(((0,), (2, 3)), ((1, 3), (0, 3)), ((0,), (0,)))
    )
    return rows


def _int16() -> list[Row]:
    return int16_rows(
        ("cat", "torch.cat([a, b], 1)"),
    )


def _shapes() -> list[Row]:
    return movement_rows(SHAPES)


ROWS = [
    *_splits(),
    *_stacks(),
    *_dtypes(),
    *_edges(),
    *_int16(),
    *_shapes(),
]
