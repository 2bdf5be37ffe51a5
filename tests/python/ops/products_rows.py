"""Rows of products of matrices and vectors, and Einstein summation."""

from .bundle import over_dtypes, over_shapes, variants_of
from .table import BOOL, F64, I64, F, Row, Tensor, fixed, one_case, t, written

LOOSE = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order


def _corners() -> list[Row]:
    return [
        one_case("outer", "torch.outer(a, b)", fixed(3, dtype=BOOL), fixed(2, dtype=BOOL)),
    ]  # fmt: skip


def _dtypes() -> list[Row]:
    rows = []
    square = {"a": (3, 4), "b": (4, 5)}
    batches = {"a": (2, 3, 4), "b": (2, 4, 5)}
    for op, code, shapes in (
        ("matmul", "torch.matmul({a}, {b})", square),
        ("mm", "torch.mm({a}, {b})", square),
        ("bmm", "torch.bmm({a}, {b})", batches),
        ("mv", "torch.mv({a}, {b})", {"a": (3, 4), "b": (4,)}),
        ("dot", "torch.dot({a}, {b})", {"a": (4,), "b": (4,)}),
        ("outer", "torch.outer({a}, {b})", {"a": (4,), "b": (3,)}),
        ("addmm", "torch.addmm({c}, {a}, {b})", {**square, "c": (3, 5)}),
        ("addmm", "torch.addmm({c}, {a}, {b}, beta=2, alpha=3)", {**square, "c": (5,)}),
        ("baddbmm", "torch.baddbmm({c}, {a}, {b})", {**batches, "c": (1, 5)}),
        ("addbmm", "torch.addbmm({c}, {a}, {b})", {**batches, "c": (3, 5)}),
        ("linear", F + "linear({a}, {b}, {c})", {"a": (3, 4), "b": (5, 4), "c": (5,)}),
        ("einsum", "torch.einsum('ij,jk->ik', [{a}, {b}])", square),
    ):  # fmt: skip
        rows += over_dtypes(f"aten::{op}", code, shapes, rtol=1e-4, atol=2e-5)
    return rows


def _edges() -> list[Row]:
    rows = []
    pairs = {
        "matmul": [((2, 0), (0, 3)), ((0, 2), (2, 3)), ((1, 1), (1, 1)), ((3,), (3,)), ((0,), (0,)), ((2, 1, 3, 4), (5, 4, 2)), ((1, 4), (2, 4, 3)), ((2, 3), (3,))],
        "mm": [((2, 0), (0, 3)), ((0, 2), (2, 0)), ((1, 1), (1, 1))],
        "bmm": [((0, 2, 3), (0, 3, 4)), ((2, 3, 0), (2, 0, 4)), ((1, 1, 1), (1, 1, 1))],
        "dot": [((0,), (0,)), ((1,), (1,))],
        "mv": [((2, 0), (0,)), ((0, 2), (2,)), ((1, 1), (1,))],
        "outer": [((0,), (2,)), ((1,), (1,)), ((2,), (0,))],
        "linear": [((2, 0), (3, 0)), ((0, 2), (3, 2)), ((2,), (3, 2)), ((2, 2), (2,)), ((1, 1, 1), (1, 1))],
    }  # fmt: skip
    for op, variants in pairs.items():
        name = F + op if op == "linear" else f"torch.{op}"
        rows += over_shapes(f"aten::{op}", f"{name}({{a}}, {{b}})", variants_of(*variants), **LOOSE)
    rows += over_shapes(
        "aten::einsum",
        "torch.einsum('ij,jk->ik', [{a}, {b}])",
        variants_of(((2, 0), (0, 3)), ((1, 3), (3, 1)), ((2, 1), (3, 4))),
        **LOOSE,
    )
    rows += over_shapes(
        "aten::addmm",
        "torch.addmm({c}, {a}, {b})",
        variants_of(((2, 0), (0, 3), (3,)), ((2, 3), (3, 1), ()), ((0, 3), (3, 2), (1, 2))),
        **LOOSE,
    )
    return rows


def _in_place() -> list[Row]:
    rows = []
    # Sums of four to six products: their order may differ.
    for scale in ("", ", beta=0.5", ", beta=0.5, alpha=2"):
        two, three = Tensor((3, 4)), Tensor((2, 3, 4))
        fixed = {"dynamic": False}
        rows += [
            written("addmm_", f"x.addmm_(b, c{scale})", two, Tensor((3, 5)), Tensor((5, 4), **fixed), atol=1e-5),
            written("baddbmm_", f"x.baddbmm_(b, c{scale})", three, Tensor((2, 3, 5)), Tensor((2, 5, 4)), atol=1e-5),
            written(
                "addbmm_",
                f"x.addbmm_(b, c{scale})",
                Tensor((3, 4), **fixed),
                Tensor((2, 3, 5)),
                Tensor((2, 5, 4)),
                atol=1e-5,
            ),
        ]
    return rows


def _overloads() -> list[Row]:
    return [
        Row("aten::vdot", "torch.vdot(a, b)", (t(5, dtype=I64), t(5, dtype=I64))),
        Row("aten::vdot", "torch.vdot(a, a)", (t(4, dtype=F64),)),
        Row("aten::ger", "torch.ger(a, b)", (t(3, dtype=F64), fixed(2, dtype=F64))),
        Row("aten::ger", "torch.ger(a, b)", (t(3, dtype=I64), fixed(2))),
    ]


def _products() -> list[Row]:
    reason = {"rtol": 1e-4, "atol": 1e-5}  # sums of products of normal numbers, added in another order
    rows = [
        Row("aten::matmul", "torch.matmul(a, b)", (t(3, 4), t(4, 5, dynamic=False)), **reason),
        Row("aten::matmul", "torch.matmul(a, b)", (t(3, 2, 4, 5), t(5, dynamic=False)), **reason),
        Row("aten::matmul", "torch.matmul(a, b)", (t(4, dynamic=False), t(3, 4, 5)), **reason),
        Row("aten::matmul", "torch.matmul(a, b)", (t(4, dynamic=False), t(4, dynamic=False)), static_only="vectors", **reason),
        Row("aten::mm", "torch.mm(a, b)", (t(3, 4), t(4, 5, dynamic=False)), **reason),
        Row("aten::mm", "torch.mm(a, b)", (t(3, 4, dtype=F64), t(4, 1, dtype=F64, dynamic=False))),
        Row("aten::mm", "torch.mm(a.t(), b)", (t(3, 4), t(3, 5)), **reason),
        Row("aten::bmm", "torch.bmm(a, b)", (t(3, 2, 4), t(3, 4, 5)), **reason),
        Row("aten::bmm", "torch.bmm(a, b.transpose(1, 2))", (t(3, 2, 4), t(3, 5, 4)), **reason),
        Row("aten::bmm", "torch.bmm(a, a)", (t(3, 4, 4),), **reason),
        Row("aten::mv", "torch.mv(a, b)", (t(3, 4), t(4, dynamic=False)), **reason),
        Row("aten::mv", "torch.mv(a, b)", (t(1, 4, dynamic=False), t(4, dynamic=False)), static_only="one row", **reason),
        Row("aten::mv", "torch.mv(a, b)", (t(3, 4, dtype=F64), t(4, dtype=F64, dynamic=False))),
        Row("aten::dot", "torch.dot(a, b)", (t(5), t(5)), **reason),
        Row("aten::dot", "torch.dot(a, b)", (t(2, dtype=F64), t(2, dtype=F64))),
        Row("aten::dot", "torch.dot(a, a)", (t(7),), **reason),
        Row("aten::vdot", "torch.vdot(a, b)", (t(5), t(5)), **reason),
        Row("aten::inner", "torch.inner(a, b)", (t(3, 4), t(4, dynamic=False)), **reason),
        Row("aten::inner", "torch.inner(a, b)", (t(3, 4), t(5, 4, dynamic=False)), **reason),
        Row("aten::inner", "torch.inner(a, b)", (t(4), t(4)), **reason),
        Row("aten::outer", "torch.outer(a, b)", (t(3), t(4, dynamic=False))),
        Row("aten::outer", "torch.outer(a, b)", (t(3, dtype=I64), t(4, dtype=I64, dynamic=False))),
        Row("aten::outer", "torch.outer(a, a)", (t(3),)),
        Row("aten::ger", "torch.ger(a, b)", (t(3), t(4, dynamic=False))),
        Row("aten::addmm", "torch.addmm(a, b, c)", (t(5, dynamic=False), t(3, 4), t(4, 5, dynamic=False)), **reason),
        Row("aten::addmm", "torch.addmm(a, b, c, beta=0.5, alpha=2)", (t(3, 5), t(3, 4), t(4, 5, dynamic=False)), **reason),
        Row("aten::addmm", "torch.addmm(a, b, c, beta=0)", (t(3, 5), t(3, 4), t(4, 5, dynamic=False)), **reason),
        Row("aten::baddbmm", "torch.baddbmm(a, b, c)", (t(3, 2, 5), t(3, 2, 4), t(3, 4, 5)), **reason),
        Row("aten::baddbmm", "torch.baddbmm(a, b, c, beta=2, alpha=0.5)", (t(3, 2, 5), t(3, 2, 4), t(3, 4, 5)), **reason),
        Row("aten::baddbmm", "torch.baddbmm(a, b, c, beta=0)", (t(1, 1, 5, dynamic=False), t(3, 2, 4), t(3, 4, 5)), **reason),
        Row("aten::addbmm", "torch.addbmm(a, b, c)", (t(2, 5, dynamic=False), t(3, 2, 4), t(3, 4, 5)), **reason),
        Row("aten::addbmm", "torch.addbmm(a, b, c, beta=0)", (t(2, 5, dynamic=False), t(3, 2, 4), t(3, 4, 5)), **reason),
        Row("aten::addbmm", "torch.addbmm(a, b, c, beta=2, alpha=3)", (t(2, 5, dynamic=False), t(3, 2, 4), t(3, 4, 5)), **reason),
        Row("aten::linear", "torch.nn.functional.linear(a, b, c)", (t(3, 4), t(5, 4, dynamic=False), t(5, dynamic=False)), **reason),
        Row("aten::linear", "torch.nn.functional.linear(a, b)", (t(3, 2, 4), t(5, 4, dynamic=False)), **reason),
        Row("aten::linear", "torch.nn.functional.linear(a, b)", (t(4, dynamic=False), t(5, 4, dynamic=False)), static_only="a vector", **reason),
    ]  # fmt: skip
    einsum = [
        ("ij,jk->ik", ((3, 4), (4, 5))), ("ij,jk", ((3, 4), (4, 5))), ("bij,bjk->bik", ((3, 2, 4), (3, 4, 5))),
        ("i,j->ij", ((3,), (4,))), ("ij->ji", ((3, 4),)), ("ij->", ((3, 4),)), ("ij->i", ((3, 4),)), ("i,i->", ((3,), (3,))),
        ("bhid,bhjd->bhij", ((3, 2, 4, 5), (3, 2, 6, 5))), ("bhij,bhjd->bihd", ((3, 2, 4, 6), (3, 2, 6, 5))),
        ("...ij,...jk->...ik", ((3, 2, 4, 5), (3, 2, 5, 6))), ("ij,kj,kl->il", ((3, 4), (5, 4), (5, 2))),
        ("bi,bi->b", ((3, 4), (3, 4))), ("bi,bj->bij", ((3, 4), (3, 5))), ("bij,j->bi", ((3, 4, 5), (5,))),
        ("bnm,bmd->nbd", ((3, 4, 5), (3, 5, 2))), ("ij,ij->ij", ((3, 4), (3, 4))), ("b...->...", ((3, 4, 5),)),
        ("bcij,ok->bcijok", ((3, 2, 2, 2), (4, 5))), (" i j , j k -> i k ", ((3, 4), (4, 5))), ("bijk,bjlk->bil", ((3, 2, 4, 5), (3, 4, 6, 5))),
    ]  # fmt: skip
    for equation, shapes in einsum:
        names = ", ".join("abc"[: len(shapes)])
        inputs = tuple(t(*s, dynamic=s[0] == 3) for s in shapes)
        rows.append(Row("aten::einsum", f"torch.einsum('{equation}', [{names}])", inputs, **reason))
    rows += [
        Row("aten::einsum", "torch.einsum('ii->i', [a])", (t(4, 4),), static_only="a diagonal"),
        Row("aten::einsum", "torch.einsum('ii', [a])", (t(4, 4),), static_only="a diagonal"),
        Row("aten::einsum", "torch.einsum('bii,bi->b', [a, b])", (t(3, 4, 4), t(3, 4)), **reason),
    ]
    return rows


ROWS = [
    *_corners(),
    *_dtypes(),
    *_edges(),
    *_in_place(),
    *_overloads(),
    *_products(),
]
