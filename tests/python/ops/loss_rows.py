"""Rows of losses."""

import torch

from .table import F64, I64, F, Row, fixed, t

SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of a few products of normal numbers, added in another order


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


ROWS = _losses()
