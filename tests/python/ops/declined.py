"""Uses that converters decline, with a part of the reason; some operators are registered as declined."""

from __future__ import annotations

from .table import Row, t

DATA = "depends on the values of the input"

# row, part of the reason
DECLINED = [
    (Row("aten::unique_dim", "torch.ops.aten.unique_dim(a, 0)", (t(3, 4),)), DATA),
]
