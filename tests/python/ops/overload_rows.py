"""Rows of overloads that occur mainly in traced, exported and older modules."""

import torch

from .table import Row, t

I32, I64, U8, BOOL, HALF, F64 = torch.int32, torch.int64, torch.uint8, torch.bool, torch.half, torch.float64
SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of up to a few hundred products of normal numbers, added in another order
CLOSE = {"rtol": 1e-4, "atol": 1e-5}  # interpolation weights are rounded to fp32 in another order
GIVEN = {"static_only": "the indices are those of these sizes"}
A = "torch.ops.aten."


def fixed(*shape: int, **more):
    return t(*shape, dynamic=False, **more)


def places(*values: int, shape: tuple[int, ...] = ()):
    return fixed(*(shape or (len(values),)), dtype=I64, values=values)


def written(op: str, statement: str, *inputs, **more) -> Row:
    return Row("aten::" + op, f"x = a.clone()\n{statement}\nx * 1", inputs, **more)


def _pointwise() -> list[Row]:
    x, y, i, j = t(3, 4), t(3, 4), t(3, 4, dtype=I64), t(3, 4, dtype=I64)
    d = t(2, 3, dtype=F64)
    rows = [
        Row("aten::arctan2", "torch.arctan2(a, b)", (d, d)),
        Row("aten::arctan2", "torch.arctan2(a, b)", (x, i)),
        Row("aten::clip", "torch.clip(a, max=0.25)", (d,)),
        Row("aten::clip", "torch.clip(a, -1, 2)", (i,)),
        Row("aten::clip.Tensor", "torch.clip(a, b, b + 1)", (x, y)),
        Row("aten::clip.Tensor", "torch.clip(a, b)", (i, j)),
        Row("aten::clip.Tensor", "torch.clip(a, None, b)", (x, fixed(4))),
        Row("aten::remainder.Scalar_Tensor", "torch.remainder(-7, a)", (t(3, 4, dtype=I64, low=1, high=5),)),
        Row("aten::remainder.Scalar_Tensor", "torch.remainder(2.5, a)", (t(5, dtype=F64, low=-3, high=-1),)),
        written("div_.Tensor_mode", "x.div_(b, rounding_mode='floor')", i, t(3, 4, dtype=I64, low=1, high=4)),
        written("div_.Scalar_mode", "x.div_(2, rounding_mode='trunc')", i),
    ]
    for name in ("clamp_min", "clamp_max"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a, -0.5)", (d,)),
            Row(f"aten::{name}", f"torch.{name}(a, 1.5)", (i,)),
            Row(f"aten::{name}.Tensor", f"torch.{name}(a, b)", (i, j)),
            Row(f"aten::{name}.Tensor", f"torch.{name}(a, b)", (t(2, 1, 3), fixed(4, 1))),
            Row(f"aten::{name}.Tensor", f"torch.{name}(a, b)", (x, i)),
        ]
    for name in ("bitwise_and_", "bitwise_or_", "bitwise_xor_"):
        rows += [
            written(f"{name}.Scalar", f"x.{name}(6)", i),
            written(f"{name}.Scalar", f"x.{name}(3)", t(5, dtype=U8)),
            written(f"{name}.Scalar", f"x.{name}(-2)", t(3, 4, dtype=I32)),
        ]
    return rows


def _reductions() -> list[Row]:
    x, d = t(3, 4, 5), t(3, 4, dtype=F64)
    rows = [
        Row("aten::count_nonzero", "torch.count_nonzero(a, -1)", (t(3, 4, 2, dtype=I32),)),
        Row("aten::count_nonzero.dim_IntList", "torch.count_nonzero(a, [1])", (x,)),
        Row("aten::count_nonzero.dim_IntList", "torch.count_nonzero(a, [0, -1])", (t(3, 4, 2, dtype=BOOL),)),
        Row("aten::norm.Scalar", f"{A}norm(a, 2)", (x,)),
        Row("aten::norm.Scalar", f"{A}norm(a, 1.5)", (d,)),
        Row("aten::norm.Scalar", f"{A}norm(a, float('inf'))", (x,)),
        Row("aten::norm.Scalar", "a.norm(0)", (t(3, 4, low=-1, high=1),)),
    ]
    for p in ("2", "1", "None"):
        rows.append(Row("aten::norm.ScalarOpt_dtype", f"{A}norm(a, {p}, dtype=torch.float64)", (x,)))
        rows.append(Row("aten::norm.ScalarOpt_dim_dtype", f"{A}norm(a, {p}, [0, -1], True, dtype=torch.float64)", (x,)))
    for name in ("var", "std"):
        rows += [
            Row(f"aten::{name}.correction", f"torch.{name}(a, None, correction=0.5)", (d,)),
            Row(f"aten::{name}_mean", f"torch.{name}_mean(a, False)", (x,)),
            Row(f"aten::{name}_mean", f"torch.{name}_mean(a, True)", (d,)),
            Row(f"aten::{name}_mean.dim", f"torch.{name}_mean(a, [0, 2], False, True)", (x,)),
            Row(f"aten::{name}_mean.dim", f"torch.{name}_mean(a, [-1], True)", (d,)),
            Row(f"aten::{name}_mean.correction", f"torch.{name}_mean(a, None, correction=2)", (x,)),
            Row(f"aten::{name}_mean.correction", f"torch.{name}_mean(a, [1, 2], correction=0.5)", (x,)),
        ]
    return rows


def _orders() -> list[Row]:
    x = t(3, 7)
    line = {"static_only": "the dimension that is looked along must be known"}
    return [
        Row("aten::sort.stable", "torch.sort(a, stable=True)", (x,)),
        Row("aten::sort.stable", "torch.sort(a, stable=True, dim=0, descending=True)", (t(6, 3, dtype=BOOL),), **line),
        Row("aten::sort.stable", f"{A}sort(a, stable=None, dim=1)", (x,)),
        Row("aten::argsort", "torch.argsort(a, 0)", (t(4, 5, dtype=F64),), **line),
        Row("aten::argsort.stable", "torch.argsort(a, stable=True)", (t(3, 9, dtype=I32),)),
        Row("aten::argsort.stable", "torch.argsort(a, stable=True, dim=1, descending=True)", (t(3, 9, dtype=I64),)),
        Row("aten::diff", "torch.diff(a)", (x,)),
        Row("aten::diff", "torch.diff(a, 2, 1)", (x,)),
        Row("aten::diff", "torch.diff(a, 1, 1, b)", (x, t(3, 2))),
        Row("aten::diff", "torch.diff(a, 1, -1, None, b)", (t(3, 4, dtype=I64), t(3, 1, dtype=I64))),
        Row("aten::diff", "torch.diff(a)", (t(3, 4, dtype=BOOL),)),
        Row("aten::vdot", "torch.vdot(a, b)", (t(5, dtype=I64), t(5, dtype=I64))),
        Row("aten::vdot", "torch.vdot(a, a)", (t(4, dtype=F64),)),
        Row("aten::ger", "torch.ger(a, b)", (t(3, dtype=F64), fixed(2, dtype=F64))),
        Row("aten::ger", "torch.ger(a, b)", (t(3, dtype=I64), fixed(2))),
    ]


def _movement() -> list[Row]:
    x, i = t(3, 4, 6), t(3, 4, dtype=I64)
    rows = [
        Row("trt::const", "torch.ops.trt.const(a)", (x,)),
        Row("trt::const", "torch.ops.trt.const(a) + 1", (i,)),
        Row("trt::const", "torch.ops.trt.const(a)[0]", (t(3, 4, dtype=BOOL),)),
        Row("aten::alias", f"{A}alias(a)", (x,)),
        Row("aten::alias", f"{A}alias(a) + a", (x,)),
        Row("aten::alias", f"{A}alias(a[:, 1])", (i,)),
        Row("aten::lift_fresh", f"{A}lift_fresh(a)", (x,)),
        Row("aten::lift_fresh", f"{A}lift_fresh(a) * 2", (i,)),
        Row("aten::lift_fresh", f"a + {A}lift_fresh(torch.tensor([1.0, 2.0, 3.0, 4.0]))", (i,)),
        written("detach_", "x.detach_()", x),
        written("detach_", "x = x.detach_() + 1", i),
        written("detach_", "x.mul_(2).detach_()", t(4, dtype=F64)),
        Row("aten::mH", "a.mH", (x,)),
        Row("aten::mH", "a[0].mH", (x,)),
        Row("aten::mH", f"{A}mH(a)", (i,)),
        Row("aten::meshgrid", "torch.meshgrid([a])", (t(3),)),
        Row("aten::meshgrid", "torch.meshgrid(a, b, b)", (t(3, dtype=I64), fixed(2, dtype=I64))),
        Row("aten::cpu", "a.cpu()", (x,)),
        Row("aten::cpu", "a.cpu() + 1", (i,)),
        Row("aten::cpu", "(a > 0).cpu()", (x,)),
        Row("aten::to.prim_Device", "a.to(torch.device('cpu'))", (x,)),
        Row("aten::to.prim_Device", "a.to('cpu') + 1", (i,)),
        Row("aten::to.dtype_layout", "a.to(dtype=torch.float64, layout=torch.strided)", (x,)),
        Row("aten::to.dtype_layout", "a.to(device=torch.device('cpu'))", (i,)),
        Row("aten::to.device", "a.to(dtype=torch.half, device=torch.device('cpu'))", (x,)),
        Row("aten::to.dtype_layout", "a.to(non_blocking=True)", (t(3, dtype=BOOL),)),
        Row("aten::to.prim_dtype", "a.to(torch.jit.annotate(Optional[int], None), False)", (x,)),
        Row("aten::to.prim_dtype", "a.to(torch.jit.annotate(Optional[int], None)) + 1", (i,)),
        Row("aten::to.prim_dtype", "a.to(torch.jit.annotate(Optional[int], None), True)", (t(3, 2, dtype=BOOL),)),
    ]
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


def _indices() -> list[Row]:
    x = t(3, 5, 4)
    at, mask = places(0, 1, 2, 0, 2, 0, 1, 1, shape=(2, 4)), t(3, 4, dtype=BOOL)
    two_rows = fixed(2, 4)
    rows = [
        Row("aten::masked_fill.Tensor", "a.masked_fill(b, c)", (t(3, 4), mask, t(dtype=I64))),
        Row("aten::masked_fill.Tensor", "a.masked_fill(b, torch.tensor(7))", (t(3, 4, dtype=I64), mask)),
        written("masked_fill_.Tensor", "x.masked_fill_(b, c)", t(3, 4), mask, t()),
        written("masked_fill_.Tensor", "x.masked_fill_(b, c)", t(3, 4, dtype=I64), mask, t(dtype=I64)),
        written("masked_fill_.Tensor", "x.masked_fill_(b, torch.tensor(0.5))", t(2, 3, 4), fixed(3, 1, dtype=BOOL)),
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


def _layers() -> list[Row]:
    x, w, b = t(2, 4, 9, 8), fixed(6, 4, 3, 3), fixed(6)
    flags = "False, False, True"
    rows = []
    for op, more in (
        ("convolution", ""),
        ("_convolution.deprecated", ", " + flags),
        ("_convolution", f", {flags}, True"),
    ):
        name = op.partition(".")[0]
        rows += [
            Row(f"aten::{op}", f"torch.{name}(a, b, c, [1, 1], [1, 0], [1, 1], False, [0, 0], 1{more})", (x, w, b), **SUMS),
            Row(f"aten::{op}", f"torch.{name}(a, b, None, [2], [1], [2], False, [0], 2{more})", (t(2, 4, 9), fixed(6, 2, 3)), **SUMS),
            Row(f"aten::{op}", f"torch.{name}(a, b, c, [2, 1], [1, 1], [1, 1], True, [1, 0], 1{more})", (x, fixed(4, 6, 3, 3), b), **SUMS),
        ]  # fmt: skip
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
    tensor = "torch.fake_quantize_per_tensor_affine"
    op = "aten::fake_quantize_per_tensor_affine.tensor_qparams"
    rows += [
        Row(op, f"{tensor}(a, torch.tensor(0.25), torch.tensor(0), 0, 15)", (t(3, 4),)),
        Row(op, f"{tensor}(a, torch.tensor([0.5]), torch.tensor([-3]), -8, 7)", (t(3, 2, 2),)),
    ]
    return rows


def _attention() -> list[Row]:
    bias = "torch.ops.trt.attn_bias_from_attn_mask"
    masks = [(t(3, 4, dtype=BOOL), "a"), (t(3, 4), "a"), (t(2, 1, 5), "a > 0")]
    # 8 features in 2 heads: query, key and value in one matrix.
    packed = (fixed(24, 8), fixed(24), fixed(8, 8), fixed(8))
    x = t(2, 5, 8)
    name = "torch._native_multi_head_attention"
    op = "aten::_native_multi_head_attention"
    rows = [
        Row(op, f"{name}(a, a, a, 8, 2, b, c, d, e, None, False, True)[0]", (x, *packed), **SUMS),
        Row(op, f"{name}(a, a, a, 8, 4, b, c, d, e, None, True, True)", (x, *packed), **SUMS),
        Row(op, f"{name}(a, a, a, 8, 2, b, c, d, e, None, True, False)", (x, *packed), **SUMS),
        Row(op, f"{name}(a, a, a, 8, 2, b, c, d, e, f, False, True, 1)[0]", (x, *packed, t(2, 5, dtype=BOOL, values=(0, 0, 0, 1, 1) * 2, dynamic=False)), static_only="the mask is one of two sequences", **SUMS),
    ]  # fmt: skip
    rows += [Row("trt::attn_bias_from_attn_mask", f"{bias}({mask})", (x,)) for x, mask in masks]
    layer = "torch._transformer_encoder_layer_fwd"
    op = "aten::_transformer_encoder_layer_fwd"
    weights = (*packed, fixed(8), fixed(8), fixed(8), fixed(8), fixed(16, 8), fixed(16), fixed(8, 16), fixed(8))
    for gelu, first in (("False", "False"), ("True", "False"), ("False", "True")):
        call = f"{layer}(a, 8, 2, b, c, d, e, {gelu}, {first}, 1e-5, f, g, h, i, j, k, l, m)"
        rows.append(Row(op, call, (x, *weights), rtol=1e-3, atol=1e-4))  # two norms after the sums
    return rows


ROWS = _pointwise() + _reductions() + _orders() + _movement() + _indices() + _layers() + _attention()
