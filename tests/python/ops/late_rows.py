"""Rows with data-dependent shapes.

Our own engine declines them; TensorRT (tests/gpu/conformance.py) and the reference backend of the tests
(test_late_sizes.py) run them.
"""

from __future__ import annotations

from .bundle import BF16, BOOL, HALF, I32, I64, U8
from .table import Row, Tensor, t

NAN = float("nan")


def late(op: str, code: str, *inputs: Tensor, **more) -> Row:
    return Row(f"aten::{op}", code, inputs, late=True, **more)


MASK = t(6, dtype=BOOL)
SPARSE = t(3, 4, values=(0, 1, 0, -2, 0.5, 0, NAN, 0, 0, 0, -0.0, 3))
CLOSE = {"rtol": 1e-4, "atol": 1e-5}

ROWS = [
    # Results as a matrix with a row for each position.
    late("nonzero", "torch.nonzero(a)", SPARSE),
    late("nonzero", "torch.nonzero(a)", t(6, 3, dtype=BOOL)),
    late("nonzero", "torch.nonzero(a)", t(7, 5, dtype=I64)),
    late("nonzero", "torch.nonzero(a)", t(9, dtype=I32)),
    late("nonzero", "torch.nonzero(a)", t(9, dtype=U8)),
    late("nonzero", "torch.nonzero(torch.relu(a))", t(2, 3, 4, dtype=HALF)),
    late("nonzero", "torch.nonzero(torch.relu(a))", t(2, 3, 4, dtype=BF16)),
    late("nonzero", "torch.nonzero(a > 100)", t(3, 4)),
    late("nonzero", "torch.nonzero(a > -100)", t(3, 4)),
    late("nonzero", "found = torch.nonzero(a > 0)\nfound.size(0) * found.float()", t(3, 4)),
    late("nonzero", "found = torch.nonzero(a > 0)\nfound, found[:, 1] - found[:, 0], found[:2]", t(3, 4)),
    late("nonzero", "torch.nonzero(a[torch.nonzero(a > 0)[:, 0]] > 0.5)", t(3, 4)),
    late("nonzero", "found = torch.nonzero(a > 0)\ntorch.arange(found.size(0), device=a.device) * 2 + found[:, 0]", t(3, 4)),
    late("nonzero", "found = torch.nonzero(a > 0)\nfound + (1 if found.size(0) > 99 else 2)", t(3, 4)),
    late("argwhere", "torch.argwhere(a)", SPARSE),
    late("argwhere", "torch.argwhere(a)", t(5, dtype=BOOL)),
    late("argwhere", "torch.argwhere(a > 0) * 2", t(2, 3, 4)),
    # Results as a list with an index for each dimension.
    late("nonzero_numpy", "torch.ops.aten.nonzero_numpy(a)", SPARSE),
    late("nonzero_numpy", "torch.ops.aten.nonzero_numpy(a)[0]", t(9, dtype=I64)),
    late("nonzero_numpy", "torch.ops.aten.nonzero_numpy(a > 0)", t(2, 3, 4)),
    late("where", "torch.where(a > 0)", t(3, 4)),
    late("where", "torch.where(a)[0]", t(8, dtype=BOOL)),
    late("where", "rows, columns = torch.where(a > 0)\na[rows, columns] * 2", t(3, 4)),
    late("where", "torch.where(a > 100)[1]", t(3, 4)),
    late("where", "torch.where(a)", t(dtype=BOOL), static_only="no dimension"),
    # Results as elements.
    late("masked_select", "torch.masked_select(a, b)", t(6, 3), t(6, 3, dtype=BOOL)),
    late("masked_select", "torch.masked_select(a, b)", t(3, 4), t(4, dtype=BOOL, dynamic=False)),
    late("masked_select", "torch.masked_select(a, b)", t(4, dynamic=False), t(3, 4, dtype=BOOL)),
    late("masked_select", "torch.masked_select(a, b)", t(3, 1), t(1, 4, dtype=BOOL, dynamic=False)),
    late("masked_select", "torch.masked_select(a, a > 100)", t(3, 4)),
    late("masked_select", "torch.masked_select(a, a > 0).sum()", t(3, 4), **CLOSE),
    late("masked_select", "torch.masked_select(a, a > 100).sum()", t(3, 4)),
    late("masked_select", "torch.masked_select(a, a > 0)", t(5, dtype=I64)),
    late("masked_select", "torch.masked_select(a, b)", t(5, dtype=BOOL), t(5, dtype=BOOL)),
    late("masked_select", "torch.masked_select(a, b)", t(), t(dtype=BOOL), static_only="no dimension"),
    # Rows that a mask selects, and operations on them.
    late("index.Tensor", "a[b]", t(6, 3), MASK),
    late("index.Tensor", "a[b]", t(6, 3, dtype=I64), MASK),
    late("index.Tensor", "a[b]", t(6, 3, dtype=BOOL), MASK),
    late("index.Tensor", "a[b]", t(6, 3), t(6, dtype=U8, low=0, high=2)),
    late("index.Tensor", "a[a > 0]", t(3, 4)),
    late("index.Tensor", "a[b]", t(6, 3, 5), t(6, 3, dtype=BOOL)),
    late("index.Tensor", "a[:, b]", t(2, 6, 3, dynamic=False), MASK, static_only="sizes that are the mask's"),
    late("index.Tensor", "a[:, b]", t(3, 5), t(5, dtype=BOOL, dynamic=False)),
    late("index.Tensor", "a[:, b]", t(3, 4, 5), t(4, 5, dtype=BOOL, dynamic=False)),
    late("index.Tensor", "a[b, c]", t(6, 3), MASK, t(1, dtype=I64, values=(2,), dynamic=False)),
    late("index.Tensor", "a[b, c]", t(6, 3, 5), t(6, 3, dtype=BOOL), t(1, dtype=I64, values=(4,), dynamic=False)),
    late("index.Tensor", "a[c, b]", t(4, 6, 3, dynamic=False), t(6, 3, dtype=BOOL, dynamic=False), t(1, dtype=I64, values=(3,), dynamic=False), static_only="fixed"),
    late("index.Tensor", "a[a[:, 0] > 100]", t(6, 3)),
    late("index.Tensor", "a[a[:, 0] > -100]", t(6, 3)),
    late("index.Tensor", "a[b].sum(0)", t(6, 3), MASK, **CLOSE),
    late("index.Tensor", "a[a[:, 0] > 100].sum(0)", t(6, 3)),
    late("index.Tensor", "a[b] @ c", t(6, 3), MASK, t(3, 4, dynamic=False), **CLOSE),
    late("index.Tensor", "torch.softmax(a[b], 1)", t(6, 3), MASK, **CLOSE),
    late("index.Tensor", "torch.cat([a[b], a])", t(6, 3), MASK),
    late("index.Tensor", "a[b].unsqueeze(0) + a[b].view(-1, 3)", t(6, 3), MASK),
    late("index.Tensor", "a[b].view(a[b].size(0), -1).transpose(0, 1)", t(6, 3, 2), MASK),
    late("index.Tensor", "picked = a[b]\ntorch.relu(picked) - picked.new_ones(picked.size(0), 1)", t(6, 3), MASK),
]  # fmt: skip
