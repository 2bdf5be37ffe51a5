"""Rows of selected elements: slices, indices, masks."""

from .bundle import ONE, index_variant, over_dtypes, over_shapes, variants_of
from .table import BF16, BOOL, HALF, I32, I64, NAN, U8, Row, fixed, in_place, index, late, one_case, places, t

CLOSE = {"rtol": 1e-4, "atol": 1e-5}
SPARSE = t(3, 4, values=(0, 1, 0, -2, 0.5, 0, NAN, 0, 0, 0, -0.0, 3))


def _stacks() -> list[Row]:
    return [
        Row("aten::narrow_copy", "torch.narrow_copy(a, 1, 1, 2)", (t(3, 4),), exact=True),
        Row("aten::narrow_copy", "torch.narrow_copy(a, -1, 0, 4)", (t(3, 4, dtype=I64),)),
        Row("aten::narrow_copy", "torch.narrow_copy(a, 1, -2, 2)", (t(3, 4, 2),), exact=True),
    ]  # fmt: skip


def _corners() -> list[Row]:
    return [
        one_case("gather", "torch.gather(a, 0, b)", fixed(), fixed(1, dtype=I64, values=(0,))),
        # An index without dimensions is one_case of one_case element.
        # A 0-d index is an index of one element.
        one_case("index_select", "torch.index_select(a, 1, b)", fixed(3, 5), fixed(dtype=I32, values=(2,))),
        one_case("index_select", "torch.index_select(a, 0, b)", fixed(), fixed(1, dtype=I64, values=(0,))),
    ]  # fmt: skip


def _dtypes_indices() -> list[Row]:
    rows = []
    one, two = {"i": index(3, high=4)}, {"i": index(3, 2, high=3)}
    x = {"a": (3, 4)}
    for op, code, shapes, given in (
        ("index_select", "torch.index_select({a}, 1, {i})", x, one),
        ("embedding", "torch.embedding({a}, {i})", {"a": (4, 3)}, one),
        ("gather", "torch.gather({a}, 1, {i})", x, two),
    ):  # fmt: skip
        rows += over_dtypes(f"aten::{op}", code, shapes, given)
    for dtype in (I32, I64):
        rows += over_dtypes(
            "aten::index_select", "torch.index_select({a}, 0, {i})", x, {"i": index(2, high=3, dtype=dtype)}
        )
        rows += over_dtypes("aten::embedding", "torch.embedding({a}, {i})", x, {"i": index(2, high=3, dtype=dtype)})
    return rows


def _edges_movement() -> list[Row]:
    rows = []
    for op, codes in {
        "narrow": ("torch.narrow({a}, 0, 0, 0)",),
        "select.int": ("{a}.select(0, 0)", "{a}.select(-1, -1)"),
        "slice.Tensor": ("{a}[:1]", "{a}[1:]", "{a}[-2:]"),
    }.items():  # fmt: skip
        for code in codes:
            rows += over_shapes(f"aten::{op}", code, variants_of(*ONE), exact=True)
    return rows


def _edges_indices() -> list[Row]:
    rows = []
    data = variants_of((1,), (1, 3), (1, 0), (2, 3, 1))
    for variant in (index_variant(0), index_variant(1), index_variant(2, 0), index_variant(2, 1), index_variant()):
        rows += over_shapes("aten::embedding", "torch.embedding({a}, {i})", variants_of((1, 3), (2, 0)), variant)
    for variant in (index_variant(0), index_variant(1), index_variant(2), index_variant()):
        rows += over_shapes(
            "aten::index_select", "torch.index_select({a}, 0, {i})", variants_of((), *data[0].values(), (2, 3)), variant
        )
    rows += over_shapes("aten::gather", "torch.gather({a}, 0, {i})", variants_of((), (1,), (3,)), index_variant(1))
    rows += over_shapes("aten::gather", "torch.gather({a}, 0, {i})", variants_of(()), index_variant())
    rows += over_shapes("aten::gather", "torch.gather({a}, 1, {i})", variants_of((0, 3), (2, 3)), index_variant(0, 2))
    rows += over_shapes("aten::gather", "torch.gather({a}, 1, {i})", variants_of((2, 3)), index_variant(2, 0))
    return rows


def _late() -> list[Row]:
    return [
        # Results as a matrix with a row for each position.
        late("nonzero", "torch.nonzero(a)", SPARSE),
        late("nonzero", "torch.nonzero(a)", t(6, 3, dtype=BOOL)),
        late("nonzero", "torch.nonzero(a)", t(7, 5, dtype=I64)),
        late("nonzero", "torch.nonzero(a)", t(9, dtype=I32)),
        late("nonzero", "torch.nonzero(a)", t(9, dtype=U8)),
        late("nonzero", "torch.nonzero(torch.relu(a))", t(2, 3, 4, dtype=HALF)),
        late("nonzero", "torch.nonzero(torch.relu(a))", t(2, 3, 4, dtype=BF16)),
        late("nonzero", "torch.nonzero(a > 100)", t(3, 4)),
        late("nonzero", "torch.nonzero(a > -100)", t(3, 4)),
        late("nonzero", "found = torch.nonzero(a > 0)\nfound.size(0) * found.float()", t(3, 4)),
        late("nonzero", "found = torch.nonzero(a > 0)\nfound, found[:, 1] - found[:, 0], found[:2]", t(3, 4)),
        late("nonzero", "torch.nonzero(a[torch.nonzero(a > 0)[:, 0]] > 0.5)", t(3, 4)),
        late("nonzero", "found = torch.nonzero(a > 0)\ntorch.arange(found.size(0), device=a.device) * 2 + found[:, 0]", t(3, 4)),
        late("nonzero", "found = torch.nonzero(a > 0)\nfound + (1 if found.size(0) > 99 else 2)", t(3, 4)),
        late("argwhere", "torch.argwhere(a)", SPARSE),
        late("argwhere", "torch.argwhere(a)", t(5, dtype=BOOL)),
        late("argwhere", "torch.argwhere(a > 0) * 2", t(2, 3, 4)),
        # Results as a list with an index for each dimension.
        late("nonzero_numpy", "torch.ops.aten.nonzero_numpy(a)", SPARSE),
        late("nonzero_numpy", "torch.ops.aten.nonzero_numpy(a)[0]", t(9, dtype=I64)),
        late("nonzero_numpy", "torch.ops.aten.nonzero_numpy(a > 0)", t(2, 3, 4)),
        late("where", "torch.where(a > 0)", t(3, 4)),
        late("where", "torch.where(a)[0]", t(8, dtype=BOOL)),
        late("where", "rows, columns = torch.where(a > 0)\na[rows, columns] * 2", t(3, 4)),
        late("where", "torch.where(a > 100)[1]", t(3, 4)),
        late("where", "torch.where(a)", t(dtype=BOOL), static_only="no dimension"),
        # Results as elements.
        late("masked_select", "torch.masked_select(a, b)", t(6, 3), t(6, 3, dtype=BOOL)),
        late("masked_select", "torch.masked_select(a, b)", t(3, 4), t(4, dtype=BOOL, dynamic=False)),
        late("masked_select", "torch.masked_select(a, b)", t(4, dynamic=False), t(3, 4, dtype=BOOL)),
        late("masked_select", "torch.masked_select(a, b)", t(3, 1), t(1, 4, dtype=BOOL, dynamic=False)),
        late("masked_select", "torch.masked_select(a, a > 100)", t(3, 4)),
        late("masked_select", "torch.masked_select(a, a > 0).sum()", t(3, 4), **CLOSE),
        late("masked_select", "torch.masked_select(a, a > 100).sum()", t(3, 4)),
        late("masked_select", "torch.masked_select(a, a > 0)", t(5, dtype=I64)),
        late("masked_select", "torch.masked_select(a, b)", t(5, dtype=BOOL), t(5, dtype=BOOL)),
        late("masked_select", "torch.masked_select(a, b)", t(), t(dtype=BOOL), static_only="no dimension"),
    ]  # fmt: skip


def _shapes() -> list[Row]:
    x = t(3, 4, 6)
    return [
        Row("aten::narrow.Tensor", "torch.narrow(a, 1, torch.tensor(1), 2)", (x,)),
        Row("aten::narrow.Tensor", "torch.narrow(a, 2, torch.tensor(-2), 2)", (x,)),
        Row("aten::narrow.Tensor", "torch.narrow(a, 1, torch.tensor(0), 1)", (t(2, 3, dtype=I32),)),
    ]  # fmt: skip


def _indices() -> list[Row]:
    x = t(3, 5, 4)
    return [
        Row("aten::index_select", "torch.index_select(a, 1, b)", (x, index(3, high=5))),
        Row("aten::index_select", "torch.index_select(a, -1, b)", (x, index(6, high=4, dtype=I32))),
        Row("aten::index_select", "torch.index_select(a, 0, b)", (t(4, dtype=I64), index(2, high=4)), static_only="indices"),
        Row("aten::embedding", "torch.embedding(a, b)", (t(7, 4, dynamic=False), index(3, 2, high=7, dynamic=True))),
        Row("aten::embedding", "torch.embedding(a, b, padding_idx=1)", (t(7, 4, dynamic=False), index(3, high=7, dynamic=True, dtype=I32))),
        Row("aten::embedding", "torch.embedding(a, b)", (t(7, 4, dynamic=False), index(high=7)), static_only="one index"),
        Row("aten::gather", "torch.gather(a, 1, b)", (x, index(3, 2, 4, high=5, dynamic=True))),
        Row("aten::gather", "torch.gather(a, 2, b)", (x, index(2, 5, 3, high=4)), static_only="indices of fewer rows"),
        Row("aten::gather", "torch.gather(a, -1, b)", (t(3, 4, dtype=I64), index(3, 6, high=4, dynamic=True))),
    ]  # fmt: skip


def _lookups() -> list[Row]:
    x = t(3, 4)
    return [
        Row("aten::take", "torch.take(a, b)", (x, fixed(2, 3, dtype=I64, low=0, high=4)), exact=True),
        Row("aten::take", "a.take(b)", (t(3, 4, dtype=I64), places(-1, -3, 2))),
        Row("aten::take", "torch.take(a, b)", (fixed(), places(0, 0)), static_only="a 0-d tensor", exact=True),
        Row("aten::take_along_dim", "torch.take_along_dim(a, b, 1)", (x, t(3, 2, dtype=I64, low=0, high=4)), exact=True),
        Row("aten::take_along_dim", "torch.take_along_dim(a, b, 1)", (x, fixed(1, 2, dtype=I64, low=0, high=4)), exact=True),
        Row("aten::take_along_dim", "a.take_along_dim(b)", (t(3, 4, dtype=I64), places(5, 0, 2)), static_only="places in all"),
        Row("aten::take_along_dim", "torch.take_along_dim(a, torch.argsort(a, -1), -1)", (x,), exact=True),
        Row("aten::masked_scatter", "a.masked_scatter(a > 0, b)", (x, fixed(40)), exact=True),
        Row("aten::masked_scatter", "a.masked_scatter(b, c)", (t(3, 4, dtype=I64), fixed(4, dtype=BOOL), fixed(5, 6, dtype=I64))),
        Row("aten::masked_scatter", "a.masked_scatter(a > 9, b)", (x, fixed(1)), exact=True),
        in_place("masked_scatter_", "masked_scatter_(a > 0, b)", x, fixed(40), exact=True),
        in_place("masked_scatter_", "masked_scatter_(a == a, b)", t(3, 4, dtype=I64), fixed(40, dtype=I64)),
        in_place("masked_scatter_", "masked_scatter_(b, c)", t(3, 4), fixed(4, dtype=BOOL), fixed(30), exact=True),
    ]  # fmt: skip


ROWS = [
    *_stacks(),
    *_corners(),
    *_dtypes_indices(),
    *_edges_movement(),
    *_edges_indices(),
    *_late(),
    *_shapes(),
    *_indices(),
    *_lookups(),
]
