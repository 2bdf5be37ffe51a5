"""Rows of interpolation, grids and windows."""

from .bundle import over_dtypes, over_shapes, variants_of
from .table import BOOL, F64, A, F, Row, fixed, one_case, t

LOOSE = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order
CLOSE = {"rtol": 1e-4, "atol": 1e-5}  # interpolation weights are rounded to fp32 in another order
WINDOWS = "windows of a known size are taken"


def _corners() -> list[Row]:
    return [
        one_case("col2im", F + "fold(a, [3, 3], [2, 2])", fixed(1, 4, 4, dtype=BOOL)),
    ]  # fmt: skip


def _dtypes() -> list[Row]:
    rows = []
    x = {"a": (2, 4, 6, 5)}
    for op, code, shapes in (
        ("upsample_nearest2d.vec", F + "interpolate({a}, scale_factor=2.0)", x),
        ("upsample_bilinear2d.vec", F + "interpolate({a}, size=[4, 9], mode='bilinear')", x),
        ("im2col", F + "unfold({a}, [2, 2])", x),
        ("col2im", F + "fold({a}, [3, 3], [2, 2])", {"a": (2, 8, 4)}),
    ):
        rows += over_dtypes(f"aten::{op}", code, shapes, rtol=1e-4, atol=1e-5)
    return rows


def _edges() -> list[Row]:
    rows = []
    for op, code, variants in (
        ("upsample_nearest2d.vec", F + "interpolate({a}, size=[3, 2])", [(0, 2, 4, 4), (1, 1, 1, 1)]),
        ("upsample_bilinear2d.vec", F + "interpolate({a}, size=[3, 2], mode='bilinear')", [(0, 2, 4, 4), (1, 1, 1, 1), (1, 1, 1, 5)]),
    ):  # fmt: skip
        rows += over_shapes(f"aten::{op}", code, variants_of(*variants), **LOOSE)
    return rows


def _layers() -> list[Row]:
    rows = []
    images = {1: t(2, 3, 7), 2: t(2, 3, 6, 5), 3: t(2, 3, 4, 5, 6)}
    for d, x in images.items():
        op = f"_upsample_nearest_exact{d}d"
        small, large = [2, 3, 4][:d], [9, 8, 7][:d]
        rows += [
            Row(f"aten::{op}.vec", f"{F}interpolate(a, size={small}, mode='nearest-exact')", (x,), exact=True),
            Row(f"aten::{op}.vec", f"{F}interpolate(a, size={large}, mode='nearest-exact')", (x,), exact=True),
            Row(f"aten::{op}.vec", f"{F}interpolate(a, scale_factor=1.7, mode='nearest-exact')", (x,), exact=True),
            Row(f"aten::{op}", f"{A}{op}(a, {small})", (x,), exact=True),
            Row(f"aten::{op}", f"{A}{op}(a, {large})", (x,), exact=True),
            Row(f"aten::{op}", f"{A}{op}(a, {large})", (t(*x.shape, dtype=F64),), exact=True),
        ]
    x = images[2]
    for kind in ("bilinear", "bicubic"):
        op = f"_upsample_{kind}2d_aa"
        call = f"{F}interpolate(a, mode='{kind}', antialias=True, "
        rows += [
            Row(f"aten::{op}.vec", f"{call}size=[3, 2])", (x,), **CLOSE),
            Row(f"aten::{op}.vec", f"{call}size=[9, 4], align_corners=True)", (x,), **CLOSE),
            Row(f"aten::{op}.vec", f"{call}scale_factor=0.4)", (x,), **CLOSE),
            Row(f"aten::{op}.vec", f"{call}size=[3, 2])", (t(2, 3, 6, 5, dtype=F64),)),
            Row(f"aten::{op}", f"{A}{op}(a, [3, 2], False)", (x,), **CLOSE),
            Row(f"aten::{op}", f"{A}{op}(a, [2, 9], True)", (x,), **CLOSE),
            Row(f"aten::{op}", f"{A}{op}(a, [3, 2], False, 0.55, 0.45)", (x,), **CLOSE),
        ]
    return rows


def _shapes() -> list[Row]:
    return [
        Row("aten::im2col", "torch.ops.aten.im2col(a, [3, 2], [1, 1], [1, 0], [2, 1])", (t(2, 3, 6, 5),)),
        Row("aten::im2col", "torch.ops.aten.im2col(a, [2, 2], [2, 1], [0, 0], [1, 1])", (t(3, 6, 5),), static_only=WINDOWS),
        Row("aten::im2col", "torch.nn.functional.unfold(a, [3, 3], padding=[1, 1])", (t(2, 2, 4, 4),)),
        Row("aten::col2im", "torch.nn.functional.fold(a, [6, 5], [3, 2], [1, 1], [1, 0], [2, 1])", (t(2, 18, 12),)),
        Row("aten::col2im", "torch.nn.functional.fold(a, [4, 4], [2, 2], [1, 1], [0, 0], [2, 2])", (t(2, 8, 4),)),
        Row("aten::col2im", "torch.nn.functional.fold(a, [4, 4], [2, 2], [1, 1], [0, 0], [1, 1])", (t(8, 9),), static_only=WINDOWS),
    ]  # fmt: skip


def _resizing() -> list[Row]:
    rows = []
    images = {1: t(2, 3, 7), 2: t(2, 3, 6, 5), 3: t(2, 3, 4, 5, 6)}
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}
    close = {"rtol": 1e-4, "atol": 1e-5}  # interpolation weights are rounded to fp32 in another order
    for d, x in images.items():
        size = [9, 8, 7][:d]
        rows += [
            Row(f"aten::upsample_nearest{d}d.vec", f"{F}interpolate(a, size={size})", (x,), exact=True),
            Row(f"aten::upsample_nearest{d}d.vec", f"{F}interpolate(a, scale_factor=2.0)", (x,), exact=True),
            Row(f"aten::upsample_nearest{d}d.vec", f"{F}interpolate(a, scale_factor=1.5)", (x,), exact=True),
            Row(f"aten::upsample_{linear[d]}{d}d.vec", f"{F}interpolate(a, size={size}, mode='{linear[d]}')", (x,), **close),
            Row(f"aten::upsample_{linear[d]}{d}d.vec", f"{F}interpolate(a, scale_factor=2.0, mode='{linear[d]}', align_corners=True)", (x,), **close),
            Row(f"aten::upsample_{linear[d]}{d}d.vec", f"{F}interpolate(a, scale_factor=0.6, mode='{linear[d]}')", (x,), **close),
            Row(f"aten::upsample_nearest{d}d", f"torch.ops.aten.upsample_nearest{d}d(a, {size})", (x,), exact=True),
            Row(f"aten::upsample_{linear[d]}{d}d", f"torch.ops.aten.upsample_{linear[d]}{d}d(a, {size}, True)", (x,), **close),
        ]  # fmt: skip
    rows += [
        Row("aten::upsample_bicubic2d.vec", f"{F}interpolate(a, size=[9, 8], mode='bicubic')", (images[2],), **close),
        Row("aten::upsample_bicubic2d.vec", f"{F}interpolate(a, scale_factor=2.0, mode='bicubic', align_corners=True)", (images[2],), **close),
        Row("aten::upsample_bicubic2d", "torch.ops.aten.upsample_bicubic2d(a, [4, 7], False)", (images[2],), **close),
        Row("aten::upsample_bilinear2d.vec", f"{F}interpolate(a, size=[a.size(2) * 2, a.size(3)], mode='bilinear')", (images[2],), **close),
    ]  # fmt: skip
    for mode in range(3):
        for padding in range(3):
            rows.append(
                Row(
                    "aten::grid_sampler",
                    f"torch.grid_sampler(a, b, {mode}, {padding}, {padding == 1})",
                    (t(2, 3, 6, 5), t(2, 4, 3, 2, low=-1.2, high=1.2)),
                    **close,
                )
            )
    rows += [
        Row("aten::grid_sampler", f"{F}grid_sample(a, b, align_corners=False)", (t(2, 3, 4, 5, 6), t(2, 3, 2, 4, 3, low=-1.2, high=1.2)), **close),
        Row("aten::affine_grid_generator", f"{F}affine_grid(a, [2, 3, 5, 4], align_corners=False)", (fixed(2, 2, 3),), static_only="sizes", **close),
        Row("aten::affine_grid_generator", f"{F}affine_grid(a, [2, 3, 5, 4], align_corners=True)", (fixed(2, 2, 3),), static_only="sizes", **close),
        Row("aten::affine_grid_generator", f"{F}affine_grid(a, [2, 3, 5, 4, 3], align_corners=False)", (fixed(2, 3, 4),), static_only="sizes", **close),
    ]  # fmt: skip
    return rows


def _overloads() -> list[Row]:
    rows = []
    grid = {"low": -1.2, "high": 1.2}
    for mode, padding, align in ((0, 0, False), (1, 1, True), (0, 2, False)):
        rows += [
            Row("aten::grid_sampler_2d", f"{A}grid_sampler_2d(a, b, {mode}, {padding}, {align})", (t(2, 3, 6, 5), t(2, 4, 3, 2, **grid)), **CLOSE),
            Row("aten::grid_sampler_3d", f"{A}grid_sampler_3d(a, b, {mode}, {padding}, {align})", (t(2, 3, 4, 5, 6), t(2, 2, 4, 3, 3, **grid)), **CLOSE),
        ]  # fmt: skip
    images = {1: t(2, 3, 7), 2: t(2, 3, 6, 5), 3: t(2, 3, 4, 5, 6)}
    for d, name in ((1, "linear1d"), (2, "bilinear2d"), (3, "trilinear3d"), (2, "bicubic2d")):
        size, scales = [4, 9, 8][:d], ", ".join(["1.5"] * d)
        op, of = f"aten::upsample_{name}", images[d]
        rows += [
            Row(op, f"{A}upsample_{name}(a, {size}, False)", (of,), **CLOSE),
            Row(op, f"{A}upsample_{name}(a, {size}, True)", (of,), **CLOSE),
            Row(op, f"{A}upsample_{name}(a, {[int(n * 1.5) for n in of.shape[2:]]}, False, {scales})", (of,), **CLOSE),
        ]
    bicubic = "torch.nn.functional.interpolate(a, scale_factor=[1.5, 0.7], mode='bicubic')"
    rows.append(Row("aten::upsample_bicubic2d.vec", bicubic, (images[2],), **CLOSE))
    for d, of in images.items():
        op, scales = f"upsample_nearest{d}d", ", ".join(["1.5"] * d)
        rows += [
            Row(f"aten::{op}", f"{A}{op}(a, {[3, 9, 5][:d]})", (of,), exact=True),
            Row(f"aten::{op}", f"{A}{op}(a, {[int(n * 1.5) for n in of.shape[2:]]}, {scales})", (of,), exact=True),
        ]
    op = "aten::fake_quantize_per_tensor_affine.tensor_qparams"
    return rows


ROWS = [
    *_corners(),
    *_dtypes(),
    *_edges(),
    *_layers(),
    *_shapes(),
    *_resizing(),
    *_overloads(),
]
