"""Uses that converters decline, with a part of the reason; some operators are registered as declined."""

from __future__ import annotations

from . import quantization_modelopt_rows as modelopt
from .table import Row, t

DATA = "depends on the values of the input"

# row, part of the reason
DECLINED = [
    (Row("aten::unique_dim", "torch.ops.aten.unique_dim(a, 0)", (t(3, 4),)), DATA),
    (
        Row(modelopt.OP, "torch.ops.tensorrt.quantize_op(a, torch.tensor(2.0), 8, 4, False, False)", (t(3, 4),)),
        "exponent_bits is not 0",
    ),
]
