"""Rows of norms, distances and losses."""

import torch

from .bundle import ONE, over_dtypes, over_shapes, variants_of
from .table import F64, HALF, I64, INF, A, F, Row, fixed, in_place, one_case, t

SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of a few products of normal numbers, added in another order
CORE_SUMS = {"rtol": 1e-4, "atol": 1e-5}  # sums of products, added in another order
DTYPES_SUMS = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order
LOOSE = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order


def _matrix_norms() -> list[Row]:
    x, d = t(3, 4, 5), t(3, 4, dtype=F64)
    return [
        Row("aten::linalg_norm.ord_str", "torch.linalg.norm(a, 'fro')", (d,)),
        Row("aten::linalg_norm.ord_str", "torch.linalg.norm(a, 'fro', dim=[1, 2])", (x,), **SUMS),
        Row("aten::linalg_norm.ord_str", "torch.linalg.norm(a, 'fro', dim=[0, -1], keepdim=True)", (x,), **SUMS),
        Row("aten::linalg_matrix_norm", "torch.linalg.matrix_norm(a, 1)", (x,), **SUMS),
        Row("aten::linalg_matrix_norm", "torch.linalg.matrix_norm(a, float('inf'), [0, 1], True)", (x,), **SUMS),
        Row("aten::linalg_matrix_norm", "torch.linalg.matrix_norm(a, -1)", (d,)),
        Row("aten::linalg_matrix_norm.str_ord", "torch.linalg.matrix_norm(a)", (x,), **SUMS),
        Row("aten::linalg_matrix_norm.str_ord", "torch.linalg.matrix_norm(a, 'fro', [0, 2], True)", (x,), **SUMS),
        Row("aten::linalg_matrix_norm.str_ord", "torch.linalg.matrix_norm(a, 'fro', dtype=torch.float64)", (t(3, 4),), **SUMS),
        Row("aten::dist", "torch.dist(a, b)", (x, x), **SUMS),
        Row("aten::dist", "torch.dist(a, b, 1.0)", (d, fixed(4, dtype=F64))),
        Row("aten::dist", "torch.dist(a, b, float('inf'))", (x, x), **SUMS),
        Row("aten::dist", "torch.dist(a, b, 0)", (x, x)),
        Row("aten::renorm", "torch.renorm(a, 2, 0, 1.0)", (x,), **SUMS),
        Row("aten::renorm", "torch.renorm(a, 1, -1, 0.5)", (x,), **SUMS),
        Row("aten::renorm", "torch.renorm(a, 2, 1, 100.0)", (d,)),
        in_place("renorm_", "renorm_(2, 0, 1.0)", x, **SUMS),
        in_place("renorm_", "renorm_(1, 1, 0.5)", d),
        in_place("renorm_", "renorm_(3, -1, 2.0)", x, **SUMS),
    ]  # fmt: skip


def _distances() -> list[Row]:
    rows = []
    points = fixed(5, 4)
    only = "the number of points is the number of pairs"
    for op, name in (("pdist", f"{A}pdist"), ("_pdist_forward", f"{A}_pdist_forward")):
        rows += [
            Row(f"aten::{op}", f"{name}(a)", (points,), static_only=only, **CORE_SUMS),
            Row(f"aten::{op}", f"{name}(a, 1.0)", (fixed(3, 6, dtype=F64),), static_only=only),
            Row(f"aten::{op}", f"{name}(a, {INF!r})".replace("inf", "float('inf')"), (points,), static_only=only),
        ]
    return rows


def _corners() -> list[Row]:
    return [
        one_case("cosine_similarity", "torch.cosine_similarity(a, b, 0)", fixed(4, 3, 4, dtype=HALF), fixed(4, 3, 4, dtype=HALF)),
    ]  # fmt: skip


def _dtypes_reductions() -> list[Row]:
    rows = []
    for op, expressions in {
        "linalg_vector_norm": tuple(f"ops.aten.linalg_vector_norm({{a}}, {p}, [1])" for p in (0, 1, 2, 3)),
    }.items():
        for code in expressions:
            rows += over_dtypes(f"aten::{op}", f"torch.{code}", {"a": (3, 5)}, **DTYPES_SUMS)
    return rows


def _dtypes_layers() -> list[Row]:
    rows = []
    for op, code, shapes in (("cosine_similarity", "torch.cosine_similarity({a}, {b})", {"a": (3, 4), "b": (3, 4)}),):
        rows += over_dtypes(f"aten::{op}", code, shapes, rtol=1e-4, atol=1e-5)
    return rows


def _edges() -> list[Row]:
    rows = []
    for op, codes in {
        "linalg_vector_norm": ("ops.aten.linalg_vector_norm({a}, 2)", "ops.aten.linalg_vector_norm({a}, 1, [-1])", "ops.aten.linalg_vector_norm({a}, 2, [])"),
    }.items():  # fmt: skip
        for code in codes:
            rows += over_shapes(f"aten::{op}", f"torch.{code}", variants_of(*ONE), **LOOSE)
    return rows


def _overloads() -> list[Row]:
    x, d = t(3, 4, 5), t(3, 4, dtype=F64)
    rows = [
        Row("aten::norm.Scalar", f"{A}norm(a, 2)", (x,)),
        Row("aten::norm.Scalar", f"{A}norm(a, 1.5)", (d,)),
        Row("aten::norm.Scalar", f"{A}norm(a, float('inf'))", (x,)),
        Row("aten::norm.Scalar", "a.norm(0)", (t(3, 4, low=-1, high=1),)),
    ]
    for p in ("2", "1", "None"):
        rows.append(Row("aten::norm.ScalarOpt_dtype", f"{A}norm(a, {p}, dtype=torch.float64)", (x,)))
        rows.append(Row("aten::norm.ScalarOpt_dim_dtype", f"{A}norm(a, {p}, [0, -1], True, dtype=torch.float64)", (x,)))
    return rows


def _norms() -> list[Row]:
    x = t(3, 4, 5)
    rows = [
        Row("aten::frobenius_norm.dim", "torch.frobenius_norm(a, [0, 1])", (t(3, 4),)),
        Row("aten::frobenius_norm.dim", "torch.frobenius_norm(a, [1, 2], True)", (x,)),
        Row("aten::frobenius_norm.dim", "torch.frobenius_norm(a, [1])", (x,)),
        Row("aten::linalg_vector_norm", "torch.norm(a, 2)", (x,)),
        Row("aten::linalg_norm", "torch.ops.aten.linalg_norm(a)", (x,)),
        Row("aten::linalg_norm", "torch.ops.aten.linalg_norm(a, 3, [1])", (x,)),
        Row("aten::linalg_norm", "torch.ops.aten.linalg_norm(a, 1, [1, 2])", (x,)),
        Row("aten::linalg_norm", "torch.ops.aten.linalg_norm(a, float('inf'), [2, 1], True)", (x,)),
        Row("aten::linalg_norm", "torch.ops.aten.linalg_norm(a, -1, [0, 2])", (x,)),
        Row("aten::linalg_norm", "torch.ops.aten.linalg_norm(a, None, None, True)", (x,)),
        Row("aten::linalg_norm", "torch.ops.aten.linalg_norm(a, None, [1], False, dtype=torch.float64)", (x,)),
        Row("aten::cosine_similarity", "torch.cosine_similarity(a, b)", (t(3, 8), t(3, 8))),
        Row("aten::cosine_similarity", "torch.cosine_similarity(a, b, -1)", (t(3, 4, 8), t(8, dynamic=False))),
        Row("aten::cosine_similarity", "torch.cosine_similarity(a, b, 0, 0.5)", (t(3, 8), t(3, 8))),
        Row("aten::cosine_similarity", "torch.cosine_similarity(a, b, 0)", (t(3, 4), t(1, 4, dynamic=False))),
        Row("aten::cosine_similarity", "torch.cosine_similarity(a, b, 0)", (t(3, 4), t(4, dynamic=False))),
        Row("aten::cdist", "torch.cdist(a, b)", (t(3, 4), t(5, 4, dynamic=False)), rtol=1e-4),
        Row("aten::cdist", "torch.cdist(a, b, 1.0)", (t(3, 6, 4), t(3, 5, 4))),
        Row("aten::cdist", "torch.cdist(a, b, 3.0)", (t(3, 4), t(5, 4, dynamic=False))),
        Row("aten::cdist", "torch.cdist(a, b, float('inf'))", (t(3, 4), t(5, 4, dynamic=False))),
        Row("aten::pairwise_distance", "torch.pairwise_distance(a, b)", (t(3, 4), t(3, 4))),
        Row("aten::pairwise_distance", "torch.pairwise_distance(a, b, 1.0)", (t(3, 4, dtype=I64), t(3, 4, dtype=I64))),
        Row("aten::pairwise_distance", "torch.pairwise_distance(a, b, 1.0, 1e-3, True)", (t(3, 4), t(3, 4))),
        Row("aten::pairwise_distance", "torch.pairwise_distance(a, b, 3.0)", (t(3, 2, 4), t(4, dynamic=False))),
    ]  # fmt: skip
    for p in ("0", "1", "2", "3.5", "float('inf')", "-float('inf')"):
        rows.append(Row("aten::linalg_vector_norm", f"torch.ops.aten.linalg_vector_norm(a, {p}, [1], True)", (x,)))
        rows.append(Row("aten::norm.ScalarOpt_dim", f"torch.ops.aten.norm(a, {p}, [1, 2], False)", (x,)))
    return rows


def _losses() -> list[Row]:
    rows = []
    x, d = t(3, 4), t(3, 2, 4, dtype=F64)
    for name, more in (
        ("mse_loss", ""),
        ("l1_loss", ""),
        ("smooth_l1_loss", ", beta=0.5"),
        ("huber_loss", ", delta=0.7"),
        ("soft_margin_loss", ""),
    ):
        spread = (2, 4) if name != "soft_margin_loss" else (1, 1, 4)
        rows += [
            Row(f"aten::{name}", f"{F}{name}(a, b)", (x, x), **SUMS),
            Row(f"aten::{name}", f"{F}{name}(a, b, reduction='sum'{more})", (d, d)),
            Row(f"aten::{name}", f"{F}{name}(a, b, reduction='none'{more})", (d, d)),
            Row(f"aten::{name}", f"torch.ops.aten.{name}(a, b)", (x, x), **SUMS),
            Row(f"aten::{name}", f"torch.ops.aten.{name}(a, b, 0)", (t(3, 1, 4), fixed(*spread)), **SUMS),
        ]  # fmt: skip
    share = t(3, 4, low=0.05, high=0.95)
    bce, logits = f"{F}binary_cross_entropy", f"{F}binary_cross_entropy_with_logits"
    classes = t(3, dtype=I64, low=0, high=4)
    weight = fixed(4, low=0.5, high=2)
    rows += [
        Row("aten::smooth_l1_loss", "torch.ops.aten.smooth_l1_loss(a, b, 1, 0.0)", (x, x), **SUMS),
        Row("aten::l1_loss", "torch.ops.aten.l1_loss(a, b, 2)", (t(5, dtype=torch.uint8), t(5, dtype=torch.uint8))),
        Row("aten::kl_div", f"{F}kl_div(a, b)", (x, share), **SUMS),
        Row("aten::kl_div", f"{F}kl_div(a, b, reduction='none', log_target=True)", (x, x), **SUMS),
        Row("aten::kl_div", f"{F}kl_div(a, b.relu(), reduction='sum')", (x, x), **SUMS),
        Row("aten::kl_div", f"{F}kl_div(a, b, reduction='batchmean')", (x, share), **SUMS),
        Row("aten::binary_cross_entropy", f"{bce}(a, b)", (share, share), **SUMS),
        Row("aten::binary_cross_entropy", "torch.ops.aten.binary_cross_entropy(a, b, c, 0)", (share, share, weight), **SUMS),
        Row("aten::binary_cross_entropy", f"{bce}(a, b, reduction='sum')", (fixed(2, values=(0.0, 1.0)), fixed(2, values=(1.0, 0.0))), static_only="given"),
        Row("aten::binary_cross_entropy_with_logits", f"{logits}(a, b)", (x, share), **SUMS),
        Row("aten::binary_cross_entropy_with_logits", f"{logits}(a, b, c, reduction='none')", (x, share, weight), **SUMS),
        Row("aten::binary_cross_entropy_with_logits", f"{logits}(a, b, pos_weight=c, reduction='sum')", (x, share, weight), **SUMS),
        Row("aten::binary_cross_entropy_with_logits", f"{logits}(a * 1000, b)", (x, share), **SUMS),
        Row("aten::nll_loss_nd", f"{F}nll_loss(a, b)", (x, classes), **SUMS),
        Row("aten::nll_loss_nd", f"{F}nll_loss(a, b, c, reduction='none', ignore_index=2)", (x, classes, weight)),
        Row("aten::nll_loss_nd", f"{F}nll_loss(a, b, c, reduction='sum')", (t(3, 4, 2, dtype=F64), t(3, 2, dtype=I64, low=0, high=4), fixed(4, dtype=F64))),
        Row("aten::cross_entropy_loss", f"{F}cross_entropy(a, b)", (x, classes), **SUMS),
        Row("aten::cross_entropy_loss", f"{F}cross_entropy(a, b, c, ignore_index=1)", (x, classes, weight), **SUMS),
        Row("aten::cross_entropy_loss", f"{F}cross_entropy(a, b, reduction='none')", (t(3, 4, 2, dtype=F64), t(3, 2, dtype=I64, low=0, high=4))),
        Row("aten::cross_entropy_loss", f"{F}cross_entropy(a, b)", (fixed(4), fixed(dtype=I64, low=0, high=4)), static_only="no batch", **SUMS),
        Row("aten::nll_loss", "torch.ops.aten.nll_loss(a, b)", (x, classes), **SUMS),
        Row("aten::nll_loss", "torch.ops.aten.nll_loss(a, b, c, 0, 2)", (x, classes, weight)),
        Row("aten::nll_loss", "torch.ops.aten.nll_loss(a, b, None, 2, -100)", (t(3, 4, dtype=F64), classes)),
        Row("aten::nll_loss2d", "torch.ops.aten.nll_loss2d(a, b)", (t(3, 4, 2, 2), t(3, 2, 2, dtype=I64, low=0, high=4)), **SUMS),
        Row("aten::nll_loss2d", "torch.ops.aten.nll_loss2d(a, b, c, 0, 2)", (t(3, 4, 2, 1), t(3, 2, 1, dtype=I64, low=0, high=4), weight)),
        Row("aten::nll_loss2d", "torch.ops.aten.nll_loss2d(a, b, None, 2, -100)", (t(3, 4, 1, 2, dtype=F64), t(3, 1, 2, dtype=I64, low=0, high=4))),
    ]  # fmt: skip
    return rows


ROWS = [
    *_matrix_norms(),
    *_distances(),
    *_corners(),
    *_dtypes_reductions(),
    *_dtypes_layers(),
    *_edges(),
    *_overloads(),
    *_norms(),
    *_losses(),
]
