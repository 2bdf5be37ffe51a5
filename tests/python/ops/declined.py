"""Uses that converters decline, with what the reason must say; some operators are registered to be declined."""

from __future__ import annotations

from .table import Row, t

DATA = "depends on the values of the input"

# row, what the reason says
DECLINED = [
    (Row("aten::unique_dim", "torch.ops.aten.unique_dim(a, 0)", (t(3, 4),)), DATA),
]
