"""Rows of products that products_rows.py does not have, and diagonals."""

from .table import BOOL, F64, I64, A, F, Row, fixed, in_place, t

SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of a few products of normal numbers, added in another order
TRILINEAR = {"rtol": 1e-4, "atol": 1e-5}  # sums of products, added in another order


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


def _trilinear() -> list[Row]:
    x, y, weight = t(3, 5), t(3, 4), fixed(2, 5, 4)
    return [
        Row("aten::_trilinear", f"{A}_trilinear(a, c, b, [1, 3], [0], [1, 2], [2, 3])", (x, y, weight), **TRILINEAR),
        Row("aten::_trilinear", f"{A}_trilinear(a, a, a, [], [], [], [1])", (x,), **TRILINEAR),
        Row("aten::_trilinear", f"{A}_trilinear(a, a, b, [], [], [0], [0, 1])", (x, fixed(5)), **TRILINEAR),
    ]


ROWS = _products() + _diagonals() + _trilinear()
