"""Matrix products, linear layers and einsum."""

from __future__ import annotations

from hypothesis import strategies as st
from ops.bundle import F32, I32, I64

from .common import SUMS, broadcastable, dtypes, float_dtypes, row, seldom, shapes, sizes, tensor

_PRODUCTS = ["matmul", "matmul", "mm", "bmm", "mv", "dot", "outer", "inner", "linear", "addmm", "baddbmm"]
_product_dtypes = st.one_of(st.just(F32), float_dtypes, st.sampled_from([I32, I64]))


@st.composite
def matrix_products(draw):
    dtype = draw(_product_dtypes)
    other = draw(dtypes) if draw(seldom) else dtype
    n, k, m = draw(sizes), draw(sizes), draw(sizes)
    wrong = k + 1 if draw(seldom) else k
    batch = draw(shapes(0, 2))
    name = draw(st.sampled_from(_PRODUCTS))
    left, right = (*draw(broadcastable(batch)), n, k), (*draw(broadcastable(batch)), wrong, m)
    a, b = {
        "matmul": draw(st.sampled_from([(left, right), ((k,), right), (left, (wrong,)), ((k,), (wrong,))])),
        "mm": draw(st.sampled_from([((n, k), (wrong, m))] * 5 + [((1, n, k), (wrong, m))])),
        "bmm": ((2, n, k), (3 if draw(seldom) else 2, wrong, m)), "mv": ((n, k), (wrong,)), "dot": ((k,), (wrong,)),
        "outer": ((n,), (m,)), "inner": ((n, k), (m, wrong)), "addmm": ((n, k), (wrong, m)),
        "baddbmm": ((2, n, k), (2, wrong, m)),
        "linear": ((*batch, k), draw(st.sampled_from([(m, wrong), (m, wrong), (wrong,)]))),
    }[name]  # fmt: skip
    inputs = [tensor(a, dtype), tensor(b, other)]
    if name == "linear" and len(b) == 2 and draw(st.booleans()):
        return row("torch.nn.functional.linear(a, b, c)", *inputs, tensor((m,), other), **SUMS)
    if name in ("addmm", "baddbmm"):
        added = draw(broadcastable((n, m) if name == "addmm" else (2, n, m)))
        scale = draw(st.sampled_from(["", ", beta=2", ", alpha=3", ", beta=0", ", beta=2, alpha=0"]))
        return row(f"torch.{name}(c, a, b{scale})", *inputs, tensor(added, other), **SUMS)
    return row(f"torch.{'nn.functional.' if name == 'linear' else ''}{name}(a, b)", *inputs, **SUMS)


@st.composite
def einsums(draw):
    labels = "abcd"
    size = {label: draw(st.sampled_from([1, 2, 3, 4])) for label in labels}
    count = draw(st.integers(1, 3))
    terms = ["".join(draw(st.lists(st.sampled_from(labels), min_size=0, max_size=3))) for _ in range(count)]
    used = sorted(set("".join(terms)))
    kept = "".join(draw(st.permutations(used)))[: draw(st.integers(0, len(used)))]
    batch = draw(st.sampled_from([(), (), (2,)]))
    dots = "..." if batch else ""
    equation = ",".join(dots + term for term in terms)
    if draw(st.integers(0, 4)):
        equation += "->" + dots + (kept + "a" if draw(seldom) else kept)
    inputs = [tensor((*batch, *(size[label] for label in term)), F32) for term in terms]
    if draw(seldom):
        inputs[0] = tensor((*inputs[0].shape, 2), F32)
    return row(f"torch.einsum('{equation}', [{', '.join('abc'[:count])}])", *inputs, rtol=1e-4, atol=1e-4)
