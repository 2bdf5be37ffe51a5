"""Rows of normalizations over a batch, layers and groups."""

from .bundle import over_dtypes, over_shapes, variants_of
from .table import BF16, F64, HALF, A, F, Row, fixed, one_case, t

NORM = {"rtol": 1e-4, "atol": 1e-5}  # a variance is summed in another order, and divided by
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
LOOSE = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order


def _norms() -> list[Row]:
    train_norm = "_native_batch_norm_legit"
    image, c = t(2, 6, 5, 4), fixed(6)
    return [
        Row("aten::batch_norm", "torch.batch_norm(a, b, c, None, None, True, 0.1, 1e-5, False)", (image, c, c), **NORM),
        Row(f"aten::{train_norm}.no_stats", f"{A}{train_norm}(a, b, c, True, 0.1, 1e-5)[0]", (image, c, c), **NORM),
        Row(
            f"aten::{train_norm}.no_stats",
            f"{A}{train_norm}(a, None, None, True, 0.1, 0.5)[0]",
            (t(3, 6, 2, dtype=F64),),
        ),
        Row(
            f"aten::{train_norm}.no_stats",
            f"{A}{train_norm}(a.view(1, -1, 20), None, None, True, 0.1, 1e-5)[0]",
            (image,),
            **NORM,
        ),
    ]


def _corners() -> list[Row]:
    return [
        one_case("batch_norm", F + "batch_norm(a, b, c)", fixed(3, 6, 5, dtype=BF16), fixed(6, dtype=BF16, low=0.5, high=2), fixed(6, dtype=BF16, low=0.5, high=2)),
        # As many channels as positions: the scale applies to the channels.
        one_case("instance_norm", "torch.instance_norm(a, b, c, None, None, True, 0.1, 0.1, False)", fixed(2, 3, 3), fixed(3), fixed(3), **CLOSE),
        # Group norm of a matrix.
        one_case("group_norm", F + "group_norm(a, 3, b, c)", fixed(2, 6), fixed(6), fixed(6), **CLOSE),
        one_case("instance_norm", "torch.instance_norm(a, b, c, None, None, True, 0.1, 1e-5, False)", fixed(2, 6), fixed(6), fixed(6), **CLOSE),
    ]  # fmt: skip


def _dtypes() -> list[Row]:
    rows = []
    channels = {"a": (2, 4, 6), "b": (4,), "c": (4,)}
    for op, code, shapes in (
        ("layer_norm", F + "layer_norm({a}, [4], {b}, {c})", {"a": (3, 4), "b": (4,), "c": (4,)}),
        ("group_norm", F + "group_norm({a}, 2, {b}, {c})", channels),
        ("instance_norm", F + "instance_norm({a}, None, None, {b}, {c})", channels),
    ):
        rows += over_dtypes(f"aten::{op}", code, shapes, rtol=1e-4, atol=1e-5)
    return rows


def _edges() -> list[Row]:
    rows = []
    for op, code, variants in (
        ("layer_norm", F + "layer_norm({a}, [3])", [(3,), (0, 3), (1, 3), (2, 1, 3)]),
        ("group_norm", F + "group_norm({a}, 2)", [(0, 4, 3), (1, 4), (2, 4, 1)]),
        ("batch_norm", F + "batch_norm({a}, {b}, {b} + 5)", [((0, 3), (3,)), ((1, 3), (3,)), ((2, 1, 4), (1,)), ((2, 3, 0), (3,))]),
    ):  # fmt: skip
        rows += over_shapes(f"aten::{op}", code, variants_of(*variants), **LOOSE)
    return rows


def _layers() -> list[Row]:
    x, w = t(3, 4, 6), fixed(6)
    image = t(2, 6, 5, 4)
    c = (fixed(6), fixed(6))
    return [
        Row("aten::rms_norm", f"{F}rms_norm(a, [6], b)", (x, w), **NORM),
        Row("aten::rms_norm", f"{F}rms_norm(a, [4, 6])", (x,), **NORM),
        Row("aten::rms_norm", f"{F}rms_norm(a, [6], b, 0.1)", (t(3, 6, dtype=F64), fixed(6, dtype=F64))),
        Row("aten::rms_norm", f"{F}rms_norm(a, [6])", (t(3, 6, low=-1e-6, high=1e-6),), **NORM),
        Row("aten::rms_norm", f"{F}rms_norm(a, [6])", (t(3, 6, dtype=F64, low=-1e-9, high=1e-9),)),
        Row("aten::rms_norm", f"{F}rms_norm(a, [6], b)", (t(3, 4, 6, dtype=HALF), fixed(6, dtype=HALF))),
        Row("aten::rms_norm", f"{F}rms_norm(a, [6], b)", (t(3, 4, 6, dtype=BF16), fixed(6, dtype=BF16))),
        Row("aten::_fused_rms_norm", f"{A}_fused_rms_norm(a, [6], b, 1e-5)[0]", (x, w), **NORM),
        Row("aten::_fused_rms_norm", f"{A}_fused_rms_norm(a, [4, 6], None, None)[0]", (x,), **NORM),
        Row("aten::_fused_rms_norm", f"{A}_fused_rms_norm(a, [6], b, 0.1)[0]", (t(3, 6, dtype=F64), fixed(6, dtype=F64))),
        Row("aten::native_layer_norm", "torch.native_layer_norm(a, [6], None, None, 1e-5)[0]", (x,), **NORM),
        Row("aten::native_layer_norm", "torch.native_layer_norm(a, [4, 6], None, None, 1e-5)", (x,), **NORM),
        Row("aten::native_layer_norm", "torch.native_layer_norm(a, [6], b, b, 0.1)", (t(3, 6, dtype=F64), fixed(6, dtype=F64))),
        Row("aten::native_group_norm", f"{A}native_group_norm(a, b, c, a.size(0), 6, 20, 3, 1e-5)[0]", (image, *c), **NORM),
        Row("aten::native_group_norm", f"{A}native_group_norm(a, None, None, a.size(0), 6, 20, 1, 0.1)[0]", (image,), **NORM),
        Row("aten::native_group_norm", f"{A}native_group_norm(a, None, None, a.size(0), 6, 7, 6, 0.1)[0]", (t(2, 6, 7, dtype=F64),)),
        Row("aten::native_batch_norm", f"{A}native_batch_norm(a, b, c, d, e, False, 0.1, 1e-5)[0]", (image, *c, fixed(6), fixed(6, low=0.5, high=2)), **NORM),
        Row("aten::native_batch_norm", f"{A}native_batch_norm(a, None, None, None, None, True, 0.1, 1e-5)[0]", (t(3, 6, 4),), **NORM),
        Row("aten::native_batch_norm", f"{A}native_batch_norm(a, None, None, b, c, False, 0.1, 0.1)[0]", (t(3, 6), fixed(6), fixed(6, low=0.5, high=2)), **NORM),
        Row("aten::native_batch_norm", f"{A}native_batch_norm(a, None, None, b, c, False, 0.1, 1e-5)[0]", (t(2, 6, 3, dtype=F64), fixed(6, dtype=F64), fixed(6, dtype=F64, low=0.5, high=2))),
    ]  # fmt: skip


def _normalization() -> list[Row]:
    x = t(2, 6, 5, 4)
    c = (fixed(6), fixed(6), fixed(6), fixed(6, low=0.5, high=2.0))
    line = (fixed(4), fixed(4))
    loose = {"rtol": 1e-4, "atol": 1e-5}  # a variance is summed in another order, and divided by
    return [
        Row("aten::batch_norm", f"{F}batch_norm(a, d, e, b, c)", (x, *c), **loose),
        Row("aten::batch_norm", f"{F}batch_norm(a, b, c, None, None, False, 0.1, 0.01)", (x, c[0], c[3]), **loose),
        Row("aten::batch_norm", f"{F}batch_norm(a, b, c)", (t(3, 6), c[0], c[3]), **loose),
        Row("aten::batch_norm", f"{F}batch_norm(a, d, e, b, c)", (t(3, 6, 1, 1), *c), **loose),
        Row("aten::batch_norm", f"{F}batch_norm(a, d, e, b, c)", (t(3, 6, 1), *c), **loose),
        Row("aten::layer_norm", f"{F}layer_norm(a, [4], b, c)", (x, *line), **loose),
        Row("aten::layer_norm", f"{F}layer_norm(a, [5, 4])", (x,), **loose),
        Row("aten::layer_norm", f"{F}layer_norm(a, [4], b, None, 0.1)", (x, line[0]), **loose),
        Row("aten::group_norm", f"{F}group_norm(a, 3, b, c)", (x, c[0], c[1]), **loose),
        Row("aten::group_norm", f"{F}group_norm(a, 1)", (x,), **loose),
        Row("aten::group_norm", f"{F}group_norm(a, 6, b, c, 0.1)", (t(2, 6, 7), c[0], c[1]), **loose),
        Row("aten::instance_norm", f"{F}instance_norm(a)", (x,), **loose),
        Row("aten::instance_norm", f"{F}instance_norm(a, None, None, b, c)", (x, c[0], c[1]), **loose),
        Row("aten::instance_norm", f"{F}instance_norm(a, eps=0.1)", (t(2, 6, 9),), **loose),
    ]


def _decomposed() -> list[Row]:
    eval_norm = "_native_batch_norm_legit_no_training"
    image, c, var = t(2, 6, 5, 4), fixed(6), fixed(6, low=0.5, high=2)
    half = fixed(6, dtype=F64), fixed(6, dtype=F64, low=0.5, high=2)
    return [
        Row(f"aten::{eval_norm}", f"{A}{eval_norm}(a, b, c, d, e, 0.1, 1e-5)[0]", (image, c, c, c, var), **NORM),
        Row(f"aten::{eval_norm}", f"{A}{eval_norm}(a, None, None, b, c, 0.1, 0.01)[0]", (t(3, 6, dtype=F64), *half)),
        Row(f"aten::{eval_norm}", f"{A}{eval_norm}(a, b, None, b, c, 0.1, 1e-5)[0]", (t(2, 6, 7), c, var), **NORM),
    ]


ROWS = [
    *_norms(),
    *_corners(),
    *_dtypes(),
    *_edges(),
    *_layers(),
    *_normalization(),
    *_decomposed(),
]
