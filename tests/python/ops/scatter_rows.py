"""Rows of writes at indices."""

import torch

from .bundle import index_variant, over_dtypes, over_shapes, variants_of
from .table import (
    BOOL,
    F64,
    HALF,
    I32,
    I64,
    U8,
    A,
    Row,
    Tensor,
    fixed,
    in_place,
    index,
    late,
    one_case,
    places,
    t,
    written,
)

SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of a few normal numbers, added in another order
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
MASK = t(6, dtype=BOOL)
GIVEN = {"static_only": "the indices are those of these sizes"}
FIXED = "the places that a view shares are known for fixed sizes alone"
X = (t(3, 4),)


def _writes() -> list[Row]:
    rows = []
    x, index = t(3, 6), t(2, dtype=I64, values=(4, 1), dynamic=False)
    two = t(3, 2)
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


def _corners() -> list[Row]:
    return [
        one_case("scatter_add", "torch.scatter_add(a, 0, b, c)", fixed(3, dtype=BOOL), fixed(2, dtype=I64, values=(1, 1)), fixed(2, dtype=BOOL)),
        one_case("index_add", "torch.index_add(a, 0, b, c)", fixed(), fixed(1, dtype=I64, values=(0,)), fixed()),
        one_case("index_copy", "torch.index_copy(a, 0, b, c)", fixed(), fixed(1, dtype=I64, values=(0,)), fixed()),
    ]  # fmt: skip


def _dtypes() -> list[Row]:
    rows = []
    one, two = {"i": index(3, high=4)}, {"i": index(3, 2, high=3)}
    x, y = {"a": (3, 4)}, {"a": (3, 4), "b": (3, 2)}
    unique = {"i": Tensor((2,), I64, values=(2, 0), dynamic=False)}
    for op, code, shapes, given in (
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
        rows += over_dtypes(f"aten::{op}", code, shapes, given)
    return rows


def _edges() -> list[Row]:
    rows = []
    data = variants_of((1,), (1, 3), (1, 0), (2, 3, 1))
    for variant in (index_variant(0), index_variant(1), index_variant(2, 0), index_variant(2, 1), index_variant()):
        rows += over_shapes("aten::index.Tensor", "{a}[{i}]", data, variant)
    for reduce in ("scatter.src scatter", "scatter_add scatter_add"):
        op, name = reduce.split()
        rows += over_shapes(
            f"aten::{op}",
            f"torch.{name}({{a}}, 0, {{i}}, {{b}})",
            variants_of(((3,), (1,)), ((1,), (2,)), ((), ())),
            index_variant(1),
        )
        rows += over_shapes(
            f"aten::{op}",
            f"torch.{name}({{a}}, 0, {{i}}, {{b}})",
            variants_of(((3,), (0,)), ((3,), (2,))),
            index_variant(0),
        )
        rows += over_shapes(
            f"aten::{op}", f"torch.{name}({{a}}, 0, {{i}}, {{b}})", variants_of(((), ())), index_variant()
        )
    rows += over_shapes(
        "aten::scatter.value", "torch.scatter({a}, 0, {i}, 2.5)", variants_of((), (3,)), index_variant(1)
    )
    rows += over_shapes(
        "aten::index_add",
        "torch.index_add({a}, 0, {i}, {b})",
        variants_of(((3,), (1,)), ((2, 0), (1, 0)), ((), ())),
        index_variant(1),
    )
    rows += over_shapes(
        "aten::index_copy",
        "torch.index_copy({a}, 0, {i}, {b})",
        variants_of(((3,), (1,)), ((2, 3), (1, 3)), ((), ())),
        index_variant(1),
    )
    rows += over_shapes(
        "aten::slice_scatter", "torch.slice_scatter({a}, {b}, 0, 1, 1)", variants_of(((3,), (0,)), ((3, 2), (0, 2)))
    )
    rows += over_shapes(
        "aten::select_scatter",
        "torch.select_scatter({a}, {b}, 0, 0)",
        variants_of(((3,), ()), ((1, 2), (2,)), ((2, 0), (0,))),
    )
    return rows


def _late() -> list[Row]:
    return [
        # Rows that a mask selects, and operations on them.
        late("index.Tensor", "a[b]", t(6, 3), MASK),
        late("index.Tensor", "a[b]", t(6, 3, dtype=I64), MASK),
        late("index.Tensor", "a[b]", t(6, 3, dtype=BOOL), MASK),
        late("index.Tensor", "a[b]", t(6, 3), t(6, dtype=U8, low=0, high=2)),
        late("index.Tensor", "a[a > 0]", t(3, 4)),
        late("index.Tensor", "a[b]", t(6, 3, 5), t(6, 3, dtype=BOOL)),
        late("index.Tensor", "a[:, b]", t(2, 6, 3, dynamic=False), MASK, static_only="sizes that are the mask's"),
        late("index.Tensor", "a[:, b]", t(3, 5), t(5, dtype=BOOL, dynamic=False)),
        late("index.Tensor", "a[:, b]", t(3, 4, 5), t(4, 5, dtype=BOOL, dynamic=False)),
        late("index.Tensor", "a[b, c]", t(6, 3), MASK, t(1, dtype=I64, values=(2,), dynamic=False)),
        late("index.Tensor", "a[b, c]", t(6, 3, 5), t(6, 3, dtype=BOOL), t(1, dtype=I64, values=(4,), dynamic=False)),
        late("index.Tensor", "a[c, b]", t(4, 6, 3, dynamic=False), t(6, 3, dtype=BOOL, dynamic=False), t(1, dtype=I64, values=(3,), dynamic=False), static_only="fixed"),
        late("index.Tensor", "a[a[:, 0] > 100]", t(6, 3)),
        late("index.Tensor", "a[a[:, 0] > -100]", t(6, 3)),
        late("index.Tensor", "a[b].sum(0)", t(6, 3), MASK, **CLOSE),
        late("index.Tensor", "a[a[:, 0] > 100].sum(0)", t(6, 3)),
        late("index.Tensor", "a[b] @ c", t(6, 3), MASK, t(3, 4, dynamic=False), **CLOSE),
        late("index.Tensor", "torch.softmax(a[b], 1)", t(6, 3), MASK, **CLOSE),
        late("index.Tensor", "torch.cat([a[b], a])", t(6, 3), MASK),
        late("index.Tensor", "a[b].unsqueeze(0) + a[b].view(-1, 3)", t(6, 3), MASK),
        late("index.Tensor", "a[b].view(a[b].size(0), -1).transpose(0, 1)", t(6, 3, 2), MASK),
        late("index.Tensor", "picked = a[b]\ntorch.relu(picked) - picked.new_ones(picked.size(0), 1)", t(6, 3), MASK),
    ]  # fmt: skip


def _indices() -> list[Row]:
    x = t(3, 5, 4)
    rows = [
        Row("aten::index.Tensor", "a[b]", (x, index(4, high=3)), static_only="indices"),
        Row("aten::index.Tensor", "a[:, b]", (x, index(2, 3, high=5))),
        Row("aten::index.Tensor", "a[:, b, c]", (x, index(6, high=5), index(6, high=4))),
        Row("aten::index.Tensor", "a[:, b, c]", (x, index(6, 1, high=5), index(2, low=-4, high=4))),
        Row("aten::index.Tensor", "a[b, :, c]", (x, index(2, high=3), index(2, high=4)), static_only="indices"),
        Row("aten::index.Tensor", "a[:, :, torch.tensor([0, 2, 1])]", (x,)),
        Row("aten::index.Tensor", "a[:, torch.tensor([True, False, True, True, False])]", (x,)),
        Row("aten::index.Tensor", "a[:, [0, 2], :][:, :, [1, 1]]", (x,)),
        Row("aten::index_put.hacked_twin", "torch.index_put(a, [b], c)", (t(6, 4, dynamic=False), t(3, dtype=I64, values=(0, 4, 2), dynamic=False), t(3, 4, dynamic=False)), static_only="indices"),
        Row("aten::index_put.hacked_twin", "torch.index_put(a, [b], c, accumulate=True)", (t(6, 4, dynamic=False), index(9, high=6), t(9, 4, dynamic=False)), static_only="indices"),
        Row("aten::index_put.hacked_twin", "torch.index_put(a, [b, c], torch.tensor(5.0))", (t(6, 4, dynamic=False), index(3, high=6), index(3, high=4)), static_only="indices"),
        Row("aten::index_put_", "b = a.clone()\nb[b > 0.5] = 2.0\nb", (t(3, 4),)),
        Row("aten::index_put_", "torch.ops.aten.index_put_(a.clone(), [None, torch.tensor([1, 3])], torch.tensor(0.5))", (t(3, 4),)),
        Row("aten::scatter.src", "torch.scatter(a, 1, b, c)", (t(3, 6), t(3, 2, dtype=I64, values=(0, 1, 5, 2, 3, 0), dynamic=False), t(3, 4)), static_only="indices"),
        Row("aten::scatter.src", "torch.scatter(a, 0, b, c)", (t(4, 2, dtype=I64), t(1, 2, dtype=I64, values=(3, 0), dynamic=False), t(1, 2, dtype=I64)), static_only="indices"),
        Row("aten::scatter.src", "torch.scatter(a, -1, b, a)", (t(2, 4), t(2, 4, dtype=I64, values=(3, 1, 0, 2, 1, 0, 2, 3), dynamic=False)), static_only="indices"),
        Row("aten::scatter.value", "torch.scatter(a, 1, b, 2.5)", (t(3, 6), index(3, 2, high=6, dynamic=True))),
        Row("aten::scatter.value", "torch.scatter(a, 0, b, 7)", (t(3, 6, dtype=I64), index(2, 5, high=3)), static_only="indices"),
        Row("aten::scatter.value", "torch.scatter(a, 1, b, 1)", (t(3, 6, dtype=HALF), index(3, 2, high=6, dynamic=True))),
        Row("aten::scatter.reduce", "torch.scatter(a, 1, b, c, reduce='add')", (t(3, 6), index(3, 2, high=6, dynamic=True), t(3, 2))),
        Row("aten::scatter.reduce", "torch.scatter(a, 1, b, c, reduce='multiply')", (t(3, 6), index(3, 2, high=6, dynamic=True), t(3, 2))),
        Row("aten::scatter_add", "torch.scatter_add(a, 1, b, c)", (t(3, 6), index(3, 8, high=6, dynamic=True), t(3, 8))),
        Row("aten::scatter_add", "torch.scatter_add(a, 0, b, c)", (t(4, 2, dtype=I64), index(6, 2, high=4), t(6, 2, dtype=I64)), static_only="indices"),
        Row("aten::scatter_add", "torch.scatter_add(a, 1, b, c)", (t(3, 6, dtype=F64), index(3, 1, high=6, dynamic=True), t(3, 1, dtype=F64))),
        Row("aten::index_add", "torch.index_add(a, 1, b, c)", (t(3, 6), index(4, high=6), t(3, 4))),
        Row("aten::index_add", "torch.index_add(a, 0, b, c, alpha=2)", (t(4, 3), index(5, high=4), t(5, 3)), static_only="indices"),
        Row("aten::index_add", "torch.index_add(a, -1, b, c)", (t(3, 6, dtype=I64), index(2, high=6), t(3, 2, dtype=I64))),
        Row("aten::index_copy", "torch.index_copy(a, 1, b, c)", (t(3, 6), t(2, dtype=I64, values=(4, 1), dynamic=False), t(3, 2))),
        Row("aten::index_copy", "torch.index_copy(a, 0, b, c)", (t(4, 3), t(2, dtype=I64, values=(3, 0), dynamic=False), t(2, 3)), static_only="indices"),
        Row("aten::index_copy", "torch.index_copy(a, 2, b, c)", (t(3, 2, 4, dtype=I64), t(1, dtype=I64, values=(2,), dynamic=False), t(3, 2, 1, dtype=I64))),
    ]  # fmt: skip
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        rows.append(
            Row(
                "aten::scatter_reduce.two",
                f"torch.scatter_reduce(a, 1, b, c, '{reduce}')",
                (t(3, 6), index(3, 8, high=6, dynamic=True), t(3, 8)),
            )
        )
        rows.append(
            Row(
                "aten::scatter_reduce.two",
                f"torch.scatter_reduce(a, 1, b, c, '{reduce}', include_self=False)",
                (t(3, 6), index(3, 8, high=6, dynamic=True), t(3, 8)),
            )
        )
    return rows


def _overloads_movement() -> list[Row]:
    rows = []
    x = t(3, 4, 6)
    for written_part in ("[:, 1:3]", "[:, -1:]", "[:, :0]", "[:, ::2]", "[:, 1:99:2]"):
        part = {"[:, 1:3]": 2, "[:, -1:]": 1, "[:, :0]": 0, "[:, ::2]": 2, "[:, 1:99:2]": 2}[written_part]
        bounds = {
            "[:, 1:3]": "1, 1, 3", "[:, -1:]": "1, -1, None", "[:, :0]": "1, 0, 0", "[:, ::2]": "1, None, None, 2",
            "[:, 1:99:2]": "1, 1, 99, 2",
        }[written_part]  # fmt: skip
        rows.append(Row("aten::slice_scatter", f"torch.slice_scatter(a, b, {bounds})", (x, t(3, part, 6)), exact=True))
    rows += [
        Row("aten::slice_scatter", "torch.slice_scatter(a, b, -1, 2, 5)", (t(3, 6, dtype=I64), t(3, 3, dtype=I64))),
        Row("aten::slice_scatter", "torch.slice_scatter(a, b, 0, 1, 3)", (fixed(4, 2), fixed(2, 2)), **GIVEN),
        Row("aten::select_scatter", "torch.select_scatter(a, b, 1, 2)", (x, t(3, 6)), exact=True),
        Row("aten::select_scatter", "torch.select_scatter(a, b, -1, -1)", (x, t(3, 4)), exact=True),
        Row("aten::select_scatter", "torch.select_scatter(a, b, 0, 1)", (fixed(3, 2, dtype=I32), fixed(2, dtype=I32)), **GIVEN),
    ]  # fmt: skip
    return rows


def _overloads_indices() -> list[Row]:
    x = t(3, 5, 4)
    at = places(0, 1, 2, 0, 2, 0, 1, 1, shape=(2, 4))
    two_rows = fixed(2, 4)
    rows = [
        Row("aten::index.Tensor_hacked_twin", f"{A}index(a, [b])", (fixed(3, 4), places(2, 0, -1)), **GIVEN),
        Row("aten::index.Tensor_hacked_twin", f"{A}index(a, [b, c])", (fixed(3, 4), places(2, 0), places(1, -1)), **GIVEN),
        Row("aten::index.Tensor_hacked_twin", f"{A}index(a, [b, c])", (fixed(3, 4, 2), places(2, 0, shape=(2, 1)), places(1, 3, 0)), **GIVEN),
        Row("aten::index_put", f"{A}index_put(a, [b, None], c)", (fixed(6, 4), places(0, 4, 2), fixed(3, 4)), **GIVEN),
        Row("aten::index_put", f"{A}index_put(a, [None, b], c)", (x, places(4, 1), t()), **GIVEN),
        Row("aten::index_put", f"{A}index_put(a, [b, None], c, True)", (fixed(4, 2), places(1, 1, 3), fixed(3, 2)), **GIVEN),
        Row("aten::index_put.hacked_twin", f"{A}index_put(a, [b], c)", (fixed(6, 4), places(0, 4, 2), fixed(4)), **GIVEN),
        written("index_put_", "x[b] = c", fixed(6, 4), places(5, 0), two_rows, **GIVEN),
        written("index_put_", "x[b, c] = 1.5", fixed(6, 4), places(5, 0), places(1, 2), **GIVEN),
        written("index_put_.hacked_twin", "x.index_put_([b], c)", fixed(6, 4), places(5, 0), two_rows, **GIVEN),
        written("index_put_.hacked_twin", "x.index_put_([b], c, accumulate=True)", fixed(6, 4), places(5, 5), two_rows, **GIVEN),
        written("index_put_.hacked_twin", "x.index_put_([b, c], torch.tensor(9))", fixed(6, 4, dtype=I64), places(5, 1), places(0, 3), **GIVEN),
        written("index_add_", "x.index_add_(1, b, c, alpha=2)", t(3, 6), places(4, 1), t(3, 2)),
        written("index_put_", "x[:, b] = 2.0", t(3, 6), places(4, 1)),
        written("scatter_add_", "x.scatter_add_(1, b, c)", t(3, 6), places(4, 1, 0, 0, 5, 5, shape=(3, 2)), t(3, 2), **GIVEN),
        Row("aten::scatter.reduce", "torch.scatter(a, 0, b, c, reduce='add')", (fixed(3, 4, dtype=I64), at, fixed(2, 4, dtype=I64)), **GIVEN),
    ]  # fmt: skip
    for reduce in ("add", "multiply"):
        for dtype in (torch.float32, I64):
            source = fixed(2, 4, dtype=dtype)
            code = f"x.scatter_(0, b, c, reduce='{reduce}')"
            rows.append(written("scatter_.reduce", code, fixed(3, 4, dtype=dtype), at, source, **GIVEN))
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        code = f"x.scatter_reduce_(0, b, c, '{reduce}')"
        rows.append(written("scatter_reduce_.two", code, fixed(3, 4), at, two_rows, **GIVEN))
    return rows


def _through_views() -> list[Row]:
    return [
        Row("trt::write_at", "x = a + 1\nx.diagonal().add_(2)\nx * 3", X),
        Row("trt::write_at", "x = a + 1\nx.unfold(0, 2, 2).mul_(2)\nx * 3", X, static_only=FIXED),
        Row("trt::write_at", "x = a + 1\nx.view(12).unfold(0, 3, 3).zero_()\nx * 3", X, static_only=FIXED),
    ]


ROWS = [
    *_writes(),
    *_corners(),
    *_dtypes(),
    *_edges(),
    *_late(),
    *_indices(),
    *_overloads_movement(),
    *_overloads_indices(),
    *_through_views(),
]
