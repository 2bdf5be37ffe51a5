"""Rows of splits, stacks, lookups and writes at indices."""

import torch

from .table import Row, t

I32, I64, BOOL, F64, HALF = torch.int32, torch.int64, torch.bool, torch.float64, torch.half
NAN = float("nan")
SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of a few normal numbers, added in another order


def fixed(*shape: int, **more):
    return t(*shape, dynamic=False, **more)


def places(*values: int, shape: tuple[int, ...] = (), dtype=I64):
    return fixed(*(shape or (len(values),)), dtype=dtype, values=values)


def in_place(op: str, call: str, *inputs, **more) -> Row:
    return Row(f"aten::{op}", f"x = a.clone()\nx.{call}\nx * 1", inputs, **more)


def _splits() -> list[Row]:
    x, i = t(3, 4, 6), t(3, 5, 4, dtype=I64)
    rows = []
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
    v, i, s = t(4), t(3, 4, dtype=I64), fixed()
    rows = []
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
        Row("aten::broadcast_to", "torch.broadcast_to(a, [2, 3, 4])", (fixed(3, 1),), static_only="given sizes", exact=True),
        Row("aten::broadcast_to", "a.broadcast_to([2, -1, 4])", (t(3, 4, dtype=I64),)),
        Row("aten::broadcast_to", "torch.broadcast_to(a, [a.size(0), 5])", (t(3, 1),), exact=True),
        Row("aten::sum_to_size", "a.sum_to_size([1, 4, 6])", (t(3, 4, 6),), **SUMS),
        Row("aten::sum_to_size", "a.sum_to_size([1])", (t(3, 4, dtype=I64),)),
        Row("aten::sum_to_size", "a.sum_to_size([4])", (t(3, 4, dtype=F64),)),
        Row("aten::sum_to_size", "a.sum_to_size([a.size(0), 1])", (t(3, 4),), **SUMS),
        Row("aten::cartesian_prod", "torch.cartesian_prod([a, b])", (t(3), fixed(2)), exact=True),
        Row("aten::cartesian_prod", "torch.cartesian_prod([a, b, a])", (t(3, dtype=I64), fixed(2, dtype=I64))),
        Row("aten::cartesian_prod", "torch.cartesian_prod([a])", (t(3),), exact=True),
        Row("aten::flipud", "torch.flipud(a)", (t(3, 4),), exact=True),
        Row("aten::flipud", "a.flipud()", (t(3, dtype=I64),)),
        Row("aten::flipud", "torch.flipud(a)", (t(3, 2, 2, dtype=BOOL),)),
        Row("aten::fliplr", "torch.fliplr(a)", (t(3, 4),), exact=True),
        Row("aten::fliplr", "a.fliplr()", (t(3, 1, dtype=I64),)),
        Row("aten::fliplr", "torch.fliplr(a)", (t(3, 2, 2, dtype=BOOL),)),
        Row("aten::narrow_copy", "torch.narrow_copy(a, 1, 1, 2)", (t(3, 4),), exact=True),
        Row("aten::narrow_copy", "torch.narrow_copy(a, -1, 0, 4)", (t(3, 4, dtype=I64),)),
        Row("aten::narrow_copy", "torch.narrow_copy(a, 1, -2, 2)", (t(3, 4, 2),), exact=True),
        Row("aten::native_channel_shuffle", "torch.native_channel_shuffle(a, 3)", (t(2, 6, 3, 3),), exact=True),
        Row("aten::native_channel_shuffle", "torch.native_channel_shuffle(a, 2)", (t(2, 4, 1, 5, dtype=F64),), exact=True),
        Row("aten::native_channel_shuffle", "torch.native_channel_shuffle(a, 1)", (t(2, 6, 2, 2),), exact=True),
    ]  # fmt: skip
    return rows


def _lookups() -> list[Row]:
    x = t(3, 4)
    bounds = fixed(4, values=(-1.0, 0.0, 0.5, 2.0))
    steps = fixed(4, dtype=I64, values=(-2, 0, 1, 3))
    ties = {"static_only": "given", "exact": True}
    values = fixed(6, values=(-1.0, 0.0, 0.5, 2.0, NAN, float("inf")))
    matrix = fixed(2, 4, values=(0.0, 1.0, 1.0, 2.0, -3.0, -1.0, 5.0, 7.0))
    return [
        Row("aten::take", "torch.take(a, b)", (x, fixed(2, 3, dtype=I64, low=0, high=4)), exact=True),
        Row("aten::take", "a.take(b)", (t(3, 4, dtype=I64), places(-1, -3, 2))),
        Row("aten::take", "torch.take(a, b)", (fixed(), places(0, 0)), static_only="a 0-d tensor", exact=True),
        Row("aten::take_along_dim", "torch.take_along_dim(a, b, 1)", (x, t(3, 2, dtype=I64, low=0, high=4)), exact=True),
        Row("aten::take_along_dim", "torch.take_along_dim(a, b, 1)", (x, fixed(1, 2, dtype=I64, low=0, high=4)), exact=True),
        Row("aten::take_along_dim", "a.take_along_dim(b)", (t(3, 4, dtype=I64), places(5, 0, 2)), static_only="places in all"),
        Row("aten::take_along_dim", "torch.take_along_dim(a, torch.argsort(a, -1), -1)", (x,), exact=True),
        Row("aten::searchsorted.Tensor", "torch.searchsorted(b, a)", (x, bounds)),
        Row("aten::searchsorted.Tensor", "torch.searchsorted(b, a, right=True)", (t(3, 4, dtype=I64), steps)),
        Row("aten::searchsorted.Tensor", "torch.searchsorted(b, a)", (values, bounds), **ties),
        Row("aten::searchsorted.Tensor", "torch.searchsorted(b, a, side='right', out_int32=True)", (values, bounds), **ties),
        Row("aten::searchsorted.Tensor", "torch.searchsorted(b, a, side='left')", (fixed(2, 3), matrix), static_only="rows of values and of bounds"),
        Row("aten::searchsorted.Tensor", "torch.searchsorted(a, b, sorter=torch.argsort(a))", (fixed(5), fixed(2, 3)), static_only="given"),
        Row("aten::searchsorted.Scalar", "torch.searchsorted(a, 0.5)", (bounds,), **ties),
        Row("aten::searchsorted.Scalar", "torch.searchsorted(a, 0.5, right=True)", (bounds,), **ties),
        Row("aten::searchsorted.Scalar", "torch.searchsorted(a, 1, out_int32=True, side='left')", (steps,), **ties),
        Row("aten::bucketize.Scalar", "torch.bucketize(0.5, a)", (bounds,), **ties),
        Row("aten::bucketize.Scalar", "torch.bucketize(0.5, a, right=True)", (bounds,), **ties),
        Row("aten::bucketize.Scalar", "torch.bucketize(1, a, out_int32=True)", (steps,), **ties),
        Row("aten::bucketize.Tensor", "torch.bucketize(a, b, right=True)", (values, bounds), **ties),
        Row("aten::isin.Tensor_Tensor", "torch.isin(a, b)", (t(3, 4, dtype=I64), fixed(5, dtype=I64))),
        Row("aten::isin.Tensor_Tensor", "torch.isin(a, b, invert=True)", (t(3, 4, dtype=I64), fixed(2, 2, dtype=I32))),
        Row("aten::isin.Tensor_Tensor", "torch.isin(a, b)", (fixed(4, values=(0.0, NAN, 1.0, 2.0)), fixed(2, values=(NAN, 2.0))), static_only="given"),
        Row("aten::isin.Tensor_Tensor", "torch.isin(a, b)", (x, fixed(0))),
        Row("aten::isin.Tensor_Scalar", "torch.isin(a, 2)", (t(3, 4, dtype=I64),)),
        Row("aten::isin.Tensor_Scalar", "torch.isin(a, 1, invert=True)", (t(3, dtype=I32),)),
        Row("aten::isin.Tensor_Scalar", "torch.isin(a, 0.5)", (fixed(2, values=(0.5, 1.0)),), static_only="given"),
        Row("aten::isin.Scalar_Tensor", "torch.isin(2, a)", (t(3, 4, dtype=I64),)),
        Row("aten::isin.Scalar_Tensor", "torch.isin(9, a, invert=True)", (t(3, dtype=I32),)),
        Row("aten::isin.Scalar_Tensor", "torch.isin(0.5, a)", (fixed(2, values=(0.5, 1.0)),), static_only="given"),
        Row("aten::masked_scatter", "a.masked_scatter(a > 0, b)", (x, fixed(40)), exact=True),
        Row("aten::masked_scatter", "a.masked_scatter(b, c)", (t(3, 4, dtype=I64), fixed(4, dtype=BOOL), fixed(5, 6, dtype=I64))),
        Row("aten::masked_scatter", "a.masked_scatter(a > 9, b)", (x, fixed(1)), exact=True),
        in_place("masked_scatter_", "masked_scatter_(a > 0, b)", x, fixed(40), exact=True),
        in_place("masked_scatter_", "masked_scatter_(a == a, b)", t(3, 4, dtype=I64), fixed(40, dtype=I64)),
        in_place("masked_scatter_", "masked_scatter_(b, c)", t(3, 4), fixed(4, dtype=BOOL), fixed(30), exact=True),
        Row("aten::repeat_interleave.self_Tensor", "torch.repeat_interleave(a, torch.tensor([1, 2, 0, 1]), 1)", (x,), exact=True),
        Row("aten::repeat_interleave.self_Tensor", "a.repeat_interleave(torch.tensor([3]), 1)", (t(3, 4, dtype=I64),)),
        Row("aten::repeat_interleave.self_Tensor", "torch.repeat_interleave(a, torch.tensor([1, 0, 2, 1]))", (fixed(2, 2),), static_only="counts of all", exact=True),
    ]  # fmt: skip


def _writes() -> list[Row]:
    x, index = t(3, 6), t(2, dtype=I64, values=(4, 1), dynamic=False)
    two = t(3, 2)
    rows = []
    for reduce in ("prod", "mean", "amax", "amin"):
        rows.append(
            Row("aten::index_reduce", f"a.index_reduce(1, b, c, '{reduce}')", (x, places(4, 1, 4), t(3, 3)), **SUMS)
        )
        rows.append(
            Row(
                "aten::index_reduce",
                f"a.index_reduce(1, b, c, '{reduce}', include_self=False)",
                (x, places(4, 1, 4), t(3, 3)),
                **SUMS,
            )
        )
        rows.append(
            in_place(
                "index_reduce_", f"index_reduce_(-1, b, c, '{reduce}')", t(3, 6, dtype=F64), index, t(3, 2, dtype=F64)
            )
        )
    rows += [
        Row("aten::index_fill.int_Scalar", "a.index_fill(1, b, 2.0)", (x, index), exact=True),
        Row("aten::index_fill.int_Scalar", "a.index_fill(-1, b, 2)", (t(3, 6, dtype=I64), places(3, -1, 3))),
        Row("aten::index_fill.int_Scalar", "a.index_fill(0, b, 1.5)", (fixed(4, 2), places(3)), static_only="indices", exact=True),
        Row("aten::index_fill.int_Tensor", "a.index_fill(1, b, torch.tensor(3.0))", (x, index), exact=True),
        Row("aten::index_fill.int_Tensor", "a.index_fill(1, b, c)", (t(3, 6, dtype=I64), index, fixed(dtype=I64))),
        Row("aten::index_fill.int_Tensor", "a.index_fill(1, b, c)", (t(3, 6, 2, dtype=HALF), index, fixed(dtype=HALF)), exact=True),
        in_place("index_fill_.int_Scalar", "index_fill_(1, b, 2.0)", x, index, exact=True),
        in_place("index_fill_.int_Scalar", "index_fill_(-1, b, 7)", t(3, 6, dtype=I64), index),
        in_place("index_fill_.int_Scalar", "index_fill_(1, b, 0)", t(3, 6, 2), index, exact=True),
        in_place("index_fill_.int_Tensor", "index_fill_(1, b, torch.tensor(2.0))", x, index, exact=True),
        in_place("index_fill_.int_Tensor", "index_fill_(1, b, c)", t(3, 6, dtype=I64), index, fixed(dtype=I64)),
        in_place("index_fill_.int_Tensor", "index_fill_(1, b, torch.tensor(0.5))", t(3, 6, 2), index, exact=True),
        Row("aten::scatter.value_reduce", "torch.scatter(a, 1, b, 2.0, reduce='multiply')", (x, t(3, 2, dtype=I64, low=0, high=6))),
        Row("aten::scatter.value_reduce", "torch.scatter(a, 1, b, 2.0, reduce='add')", (x, t(3, 4, dtype=I64, low=0, high=6)), **SUMS),
        Row("aten::scatter.value_reduce", "torch.scatter(a, -1, b, 3, reduce='add')", (t(3, 6, dtype=I64), t(3, 2, dtype=I64, low=0, high=6))),
        in_place("scatter_.value_reduce", "scatter_(1, b, 2.0, reduce='multiply')", x, t(3, 2, dtype=I64, low=0, high=6)),
        in_place("scatter_.value_reduce", "scatter_(1, b, 1.5, reduce='add')", t(3, 6, dtype=F64), t(3, 2, dtype=I64, low=0, high=6)),
        in_place("scatter_.value_reduce", "scatter_(1, b, 2, reduce='add')", t(3, 6, dtype=I64), t(3, 2, dtype=I64, low=0, high=6)),
        Row("aten::index_put_", "x = a.clone()\nx[:, b] = c\nx * 1", (x, index, two), exact=True),
        Row("aten::index_put_", "x = a.clone()\nx[:, b] = c\nx * 1", (x, places(0, 2, 5, 1, shape=(2, 2)), t(3, 2, 2)), exact=True),
        Row("aten::index_put_", "x = a.clone()\nx[:, b, c] = d\nx * 1", (t(3, 6, 4, 2), places(0, 5, 1), places(3, 3, 0), fixed(3, 2)), exact=True),
        Row("aten::index_put_", "x = a.clone()\nx[b, :, c] = d\nx * 1", (fixed(3, 2, 4), places(0, 2), places(3, 1), fixed(2, 2)), static_only="indices", exact=True),
        Row("aten::index_put_", "x = a.clone()\nx[:, b] += 1\nx * 1", (t(3, 6, dtype=I64), index)),
        Row("aten::index_put", "torch.index_put(a, [None, b], c, accumulate=True)", (x, places(1, 1, 5), t(3, 3)), **SUMS),
    ]  # fmt: skip
    return rows


ROWS = _splits() + _stacks() + _lookups() + _writes()
