"""Rows of operators that reduce or scan dimensions, or multiply matrices."""

import torch

from .table import Row, t

I32, I64, U8, BOOL, HALF, F64 = torch.int32, torch.int64, torch.uint8, torch.bool, torch.half, torch.float64

SPECIAL = (float("nan"), float("inf"), -float("inf"), 0.0, 1.5, -2.5)
DYNAMIC_LINE = "the dimension that is looked along must be known"


def _reductions() -> list[Row]:
    x = t(3, 4, 5)
    i = t(3, 4, 5, dtype=I64)
    rows = []
    for name in ("sum", "mean", "prod"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a)", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a, dtype=torch.float64)", (i,)),
            Row(f"aten::{name}", f"torch.{name}(a)", (t(4, dtype=F64),)),
        ]
        op = {"sum": "sum.dim_IntList", "mean": "mean.dim", "prod": "prod.dim_int"}[name]
        rows += [
            Row(f"aten::{op}", f"torch.{name}(a, 1)", (x,)),
            Row(f"aten::{op}", f"torch.{name}(a, -1, keepdim=True)", (x,)),
            Row(f"aten::{op}", f"torch.{name}(a, 0, dtype=torch.float64)", (i,)),
        ]
    rows += [
        Row("aten::sum.dim_IntList", "torch.sum(a, [0, 2])", (x,)),
        Row("aten::sum.dim_IntList", "torch.sum(a, [1], keepdim=True)", (t(3, 4, dtype=BOOL),)),
        Row("aten::sum", "torch.sum(a)", (t(3, 4, dtype=I32),)),
        Row("aten::mean.dim", "torch.mean(a, [0, 1], keepdim=True)", (x,)),
        Row("aten::prod", "torch.prod(a)", (t(3, 2, dtype=I32),)),
    ]
    for name in ("amax", "amin"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a, [1])", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a, [0, -1], keepdim=True)", (i,)),
            Row(f"aten::{name}", f"torch.{name}(a, [])", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a, [0])", (t(6, values=SPECIAL, dynamic=False),), static_only="given"),
        ]
    for name in ("max", "min"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a)", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a)", (i,)),
            Row(f"aten::{name}", f"torch.{name}(a)", (t(6, values=SPECIAL, dynamic=False),), static_only="given"),
            Row(f"aten::{name}.dim", f"torch.{name}(a, 1)", (x,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, 0, keepdim=True)", (i,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, -1)[0]", (x,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, -1)[1]", (t(3, 4, dtype=BOOL),)),
            Row(f"aten::arg{name}", f"torch.arg{name}(a)", (x,)),
            Row(f"aten::arg{name}", f"torch.arg{name}(a, 1)", (i,)),
            Row(f"aten::arg{name}", f"torch.arg{name}(a, 0, keepdim=True)", (x,)),
            Row(
                f"aten::arg{name}",
                f"torch.arg{name}(a, 0)",
                (t(6, values=SPECIAL, dynamic=False),),
                static_only="given",
            ),
        ]
    for name in ("all", "any"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a)", (t(3, 4, dtype=BOOL),)),
            Row(f"aten::{name}", f"torch.{name}(a)", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a)", (t(3, 4, dtype=U8, low=0, high=2),)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, 1)", (t(3, 4, dtype=BOOL),)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, -1, keepdim=True)", (i,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, 0)", (t(3, 2, dtype=U8, low=0, high=2),)),
            Row(f"aten::{name}.dims", f"torch.{name}(a, [0, 1])", (t(3, 2, 2, dtype=BOOL),)),
            Row(f"aten::{name}.dims", f"torch.{name}(a, [1], True)", (t(3, 2, 2),)),
            Row(f"aten::{name}.dims", f"torch.{name}(a, None)", (t(3, 2, dtype=I32),)),
        ]
    rows += [
        Row("aten::count_nonzero", "torch.count_nonzero(a)", (t(3, 4, dtype=I64),)),
        Row("aten::count_nonzero", "torch.count_nonzero(a, 1)", (t(3, 4, dtype=BOOL),)),
        Row("aten::count_nonzero.dim_IntList", "torch.count_nonzero(a, [0, 1])", (t(3, 4, dtype=I64),)),
        Row("aten::logsumexp", "torch.logsumexp(a, [1])", (x,)),
        Row("aten::logsumexp", "torch.logsumexp(a, [0, 2], True)", (t(3, 4, 5, low=-90, high=90),)),
        Row(
            "aten::logsumexp",
            "torch.logsumexp(a, [1])",
            (t(2, 3, values=(-float("inf"),) * 3 + (1.0, float("inf"), 2.0), dynamic=False),),
            static_only="given",
        ),
    ]
    for name in ("var", "std"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a)", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a, False)", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a, True)", (t(4, dtype=F64),)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, [1])", (x,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, [0, 2], False, True)", (x,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, [2], True, True)", (x,)),
            Row(f"aten::{name}.correction", f"torch.{name}(a, [1], correction=0)", (x,)),
            Row(f"aten::{name}.correction", f"torch.{name}(a, [1, 2], correction=2, keepdim=True)", (x,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, None)", (t(3, 4),)),
            Row(f"aten::{name}_mean", f"torch.{name}_mean(a)", (x,)),
            Row(f"aten::{name}_mean.dim", f"torch.{name}_mean(a, [1])", (x,)),
            Row(f"aten::{name}_mean.correction", f"torch.{name}_mean(a, [1], correction=0, keepdim=True)", (x,)),
        ]
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


def _orders() -> list[Row]:
    x = t(3, 7)
    i = t(3, 9, dtype=I64)
    rows = [
        Row("aten::topk", "torch.topk(a, 3)", (x,)),
        Row("aten::topk", "torch.topk(a, 2, 1, False)", (x,)),
        Row("aten::topk", "torch.topk(a, 2, 0)[0]", (t(6, 2, dtype=I64),), static_only=DYNAMIC_LINE),
        Row(
            "aten::topk",
            "torch.topk(a, 4, -1, True, True)[0]",
            (t(6, values=SPECIAL, dynamic=False),),
            static_only="given",
        ),
        Row("aten::sort", "torch.sort(a)", (x,)),
        Row("aten::sort", "torch.sort(a, 1, True)", (i,)),
        Row("aten::sort", "torch.sort(a, 0)", (t(4, 5, dtype=BOOL),), static_only=DYNAMIC_LINE),
        Row("aten::sort.stable", "torch.sort(a, stable=True, dim=1, descending=True)", (i,)),
        Row("aten::argsort", "torch.argsort(a)", (x,)),
        Row("aten::argsort", "torch.argsort(a, -1, True)", (x,)),
        Row("aten::argsort.stable", "torch.argsort(a, stable=True, dim=1)", (i,)),
    ]
    for name in ("cumsum", "cumprod"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a, 1)", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a, 0)", (t(4, 3, dtype=I32),)),
            Row(f"aten::{name}", f"torch.{name}(a, -1)", (t(4, 3, dtype=BOOL),)),
            Row(f"aten::{name}", f"torch.{name}(a, 0, dtype=torch.float64)", (t(4, dtype=I64),)),
        ]
    return rows


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


ROWS = _reductions() + _norms() + _orders() + _products()
