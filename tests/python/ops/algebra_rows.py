"""Rows of products, diagonals, norms and losses composed of layers."""

import torch

from .table import Row, t

I64, BOOL, F64 = torch.int64, torch.bool, torch.float64
F = "torch.nn.functional."
SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of a few products of normal numbers, added in another order


def fixed(*shape: int, **more):
    return t(*shape, dynamic=False, **more)


def in_place(op: str, call: str, *inputs, **more) -> Row:
    return Row(f"aten::{op}", f"x = a.clone()\nx.{call}\nx * 1", inputs, **more)


def _products() -> list[Row]:
    v, m = t(3, 4), fixed(4)
    d = {"dtype": F64}
    rows = [
        Row("aten::addmv", "torch.addmv(a, b, c)", (t(3), v, m), **SUMS),
        Row("aten::addmv", "torch.addmv(a, b, c, beta=2, alpha=0.5)", (t(3, **d), t(3, 4, **d), fixed(4, **d))),
        Row("aten::addmv", "torch.addmv(a, b, c, beta=0)", (fixed(1, values=(float("nan"),)), v, m), **SUMS),
        in_place("addmv_", "addmv_(b, c)", t(3), v, m, **SUMS),
        in_place("addmv_", "addmv_(b, c, beta=0.5)", t(3, **d), t(3, 4, **d), fixed(4, **d)),
        in_place("addmv_", "addmv_(b, c, alpha=2)", t(3), v, m, **SUMS),
        Row("aten::addr", "torch.addr(a, b, c)", (v, t(3), m)),
        Row("aten::addr", "torch.addr(a, b, c, beta=2, alpha=0.5)", (t(3, 4, **d), t(3, **d), fixed(4, **d))),
        Row("aten::addr", "torch.addr(a, b, c, beta=0)", (fixed(4, values=(float("nan"),) * 4), t(3), m)),
        in_place("addr_", "addr_(b, c)", v, t(3), m),
        in_place("addr_", "addr_(b, c, beta=0.5)", t(3, 4, **d), t(3, **d), fixed(4, **d)),
        in_place("addr_", "addr_(b, c, alpha=2)", v, t(3), m),
        Row("aten::kron", "torch.kron(a, b)", (v, fixed(2, 3))),
        Row("aten::kron", "torch.kron(a, b)", (t(3, dtype=I64), fixed(2, 2))),
        Row("aten::kron", "torch.kron(a, b)", (t(3, 2, 2, **d), fixed(5, **d))),
        Row("aten::kron", "torch.kron(a, b)", (t(), fixed(2, 3)), static_only="a 0-d tensor"),
        Row("aten::tensordot", "torch.tensordot(a, b, dims=[[2], [0]])", (t(3, 4, 6), fixed(6, 4, 2)), **SUMS),
        Row("aten::tensordot", "torch.tensordot(a, b, dims=[[1, 2], [1, 0]])", (t(3, 4, 6), fixed(6, 4, 2)), **SUMS),
        Row("aten::tensordot", "torch.tensordot(a, b, dims=[[-1], [-1]])", (t(3, 4, **d), fixed(5, 4, **d))),
        Row("aten::tensordot", "torch.tensordot(a, b, dims=[[0, 1], [0, 1]])", (fixed(3, 4), fixed(3, 4)), static_only="all", **SUMS),
        Row("aten::chain_matmul", "torch.chain_matmul([a, b])", (v, fixed(4, 5)), **SUMS),
        Row("aten::chain_matmul", "torch.chain_matmul([a, b, c])", (v, fixed(4, 5), fixed(5, 2)), **SUMS),
        Row("aten::chain_matmul", "torch.chain_matmul([a, b])", (t(3, 4, **d), fixed(4, 1, **d))),
        Row("aten::linalg_multi_dot", "torch.linalg.multi_dot([a, b])", (v, fixed(4, 5)), **SUMS),
        Row("aten::linalg_multi_dot", "torch.linalg.multi_dot([a, b, c])", (fixed(4), fixed(4, 5), fixed(5)), static_only="vectors at the ends", **SUMS),
        Row("aten::linalg_multi_dot", "torch.linalg.multi_dot([a, b, c])", (t(3, 4, **d), fixed(4, 5, **d), fixed(5, 2, **d))),
        Row("aten::bilinear", f"{F}bilinear(a, b, c, d)", (v, t(3, 5), fixed(2, 4, 5), fixed(2)), **SUMS),
        Row("aten::bilinear", f"{F}bilinear(a, b, c)", (t(3, 2, 4, **d), t(3, 2, 5, **d), fixed(1, 4, 5, **d))),
        Row("aten::bilinear", f"{F}bilinear(a, b, c)", (fixed(4), fixed(5), fixed(2, 4, 5)), static_only="vectors", **SUMS),
        Row("aten::cross", "torch.cross(a, b)", (t(4, 3), t(4, 3)), **SUMS),
        Row("aten::cross", "torch.cross(a, b, dim=1)", (t(4, 3, 2, **d), t(4, 3, 2, **d))),
        Row("aten::cross", "torch.cross(a, b, dim=-1)", (t(4, 3, dtype=I64), t(4, 3, dtype=I64))),
        Row("aten::linalg_cross", "torch.linalg.cross(a, b)", (t(4, 3), t(4, 3)), **SUMS),
        Row("aten::linalg_cross", "torch.linalg.cross(a, b, dim=1)", (t(4, 3, 2, **d), fixed(1, 3, 2, **d))),
        Row("aten::linalg_cross", "torch.linalg.cross(a, b)", (t(4, 3, dtype=I64), t(4, 3, dtype=I64))),
    ]  # fmt: skip
    power = "torch.linalg.matrix_power"
    rows += [
        Row("aten::linalg_matrix_power", f"{power}(a, 3)", (t(2, 4, 4),), **SUMS),
        Row("aten::linalg_matrix_power", f"{power}(a, 1)", (fixed(4, 4),), static_only="square"),
        Row("aten::linalg_matrix_power", f"{power}(a, 0)", (t(2, 4, 4, **d),)),
        Row("aten::linalg_matrix_power", "torch.matrix_power(a, 6)", (t(2, 3, 3, low=-0.5, high=0.5),), **SUMS),
    ]
    return rows


def _diagonals() -> list[Row]:
    square = fixed(4, 5)
    known = {"static_only": "the diagonal of a matrix"}
    rows = [
        Row("aten::trace", "torch.trace(a)", (fixed(4, 5),), **known, **SUMS),
        Row("aten::trace", "torch.trace(a)", (fixed(5, 4, dtype=I64),), **known),
        Row("aten::trace", "torch.trace(a)", (fixed(3, 3, dtype=F64),), **known),
        Row("aten::diagflat", "torch.diagflat(a)", (fixed(4),), **known),
        Row("aten::diagflat", "torch.diagflat(a, -1)", (fixed(2, 3, dtype=I64),), **known),
        Row("aten::diagflat", "torch.diagflat(a, 2)", (fixed(),), **known),
        Row("aten::linalg_diagonal", "torch.linalg.diagonal(a)", (t(3, 4, 5),), exact=True),
        Row("aten::linalg_diagonal", "torch.linalg.diagonal(a, offset=1)", (t(3, 4, 5, dtype=I64),)),
        Row("aten::linalg_diagonal", "torch.linalg.diagonal(a, offset=-2, dim1=1, dim2=2)", (t(3, 4, 5),), exact=True),
        Row("aten::matrix_H", "a.H", (square,), static_only="a matrix", exact=True),
        Row("aten::matrix_H", "a.H + 1", (t(3, 4, dtype=I64),)),
        Row("aten::matrix_H", "a.H * 2", (t(3, 4, dtype=F64),)),
        Row("aten::diag_embed", "torch.diag_embed(a)", (t(3, 4),), exact=True),
        Row("aten::diag_embed", "torch.diag_embed(a, 1)", (t(3, 2, 4, dtype=I64),)),
        Row("aten::diag_embed", "torch.diag_embed(a, -2, 0, 2)", (t(3, 4),), exact=True),
        Row("aten::diag_embed", "torch.diag_embed(a, 1, -1, -3)", (t(3, 4, dtype=BOOL),)),
        in_place("fill_diagonal_", "fill_diagonal_(2.0)", square, static_only="a matrix"),
        in_place("fill_diagonal_", "fill_diagonal_(7)", t(5, 3, dtype=I64)),
        in_place("fill_diagonal_", "fill_diagonal_(0)", t(3, 4)),
        Row("aten::block_diag", "torch.block_diag([a, b])", (t(3, 4), fixed(2, 3)), exact=True),
        Row("aten::block_diag", "torch.block_diag([a, b, a])", (fixed(4, dtype=I64), fixed(2, 2)), static_only="vectors"),
        Row("aten::block_diag", "torch.block_diag([a])", (t(3, 4),), exact=True),
        Row("aten::block_diag", "torch.block_diag([a, torch.tensor(5.0), b])", (t(3, 4), fixed(1, 0)), exact=True),
    ]  # fmt: skip
    for offset in (0, 1, -2, 4, -9):
        rows.append(Row("aten::diag", f"torch.diag(a, {offset})", (fixed(4, 5),), **known, exact=True))
        rows.append(Row("aten::diag", f"torch.diag(a, {offset})", (fixed(3, dtype=I64),), **known))
    return rows


def _norms() -> list[Row]:
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


def _losses() -> list[Row]:
    x, d = t(3, 4), t(3, 2, 4, dtype=F64)
    rows = []
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


ROWS = _products() + _diagonals() + _norms() + _losses()
