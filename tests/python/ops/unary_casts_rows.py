"""Rows of conversions of dtype and of copies."""

import torch

from .bundle import ONE, over_dtypes, over_shapes, variants_of
from .table import BOOL, F64, HALF, I8, I32, I64, U8, A, Row, fixed16, t, written

ENDS = (-32768, 32767, -1, 0, 20000, -20000)


def _dtypes() -> list[Row]:
    rows = []
    for kind in ("float64", "float32", "half", "bfloat16", "int8", "uint8", "int32", "int64", "bool"):
        rows += over_dtypes("aten::to.dtype", f"{{a}}.to(torch.{kind})", {"a": (3, 4)}, domain=(0, 100), exact=True)
        rows += over_dtypes("aten::to.dtype", f"{{a}}.to(torch.{kind})", {"a": ()}, domain=(0, 2), exact=True)
    return rows


def _edges() -> list[Row]:
    rows = []
    for op, codes in {"to.dtype": ("{a}.to(torch.int64)",)}.items():  # fmt: skip
        for code in codes:
            rows += over_shapes(f"aten::{op}", code, variants_of(*ONE), exact=True)
    return rows


def _int16() -> list[Row]:
    ends = fixed16(6, values=ENDS)
    known = {"static_only": "given values"}
    rows = [
        Row("aten::to.dtype", "(a.to(torch.int8), a.to(torch.uint8), a.int(), a.long(), a.float(), a.half(), a.double(), a.to(torch.bool))", (ends,), **known),
    ]  # fmt: skip
    for dtype in (torch.float32, torch.float64, torch.half, U8, I8, I32, I64, BOOL):
        rows.append(Row("aten::to.dtype", "a.to(torch.int16) * 2", (t(3, 4, dtype=dtype),)))
    wide = fixed16(4, dtype=I64, values=(32768, -32769, 65535, 1 << 40))
    rows.append(Row("aten::to.dtype", "(a.short(), a.int().short())", (wide,), **known))
    return rows


def _casts() -> list[Row]:
    x = t(3, 4)
    rows = [
        Row("aten::to.dtype", "a.to(torch.float64)", (x,)),
        Row("aten::to.dtype", "a.to(torch.int32)", (t(3, 4, low=-9, high=9),)),
        Row("aten::to.dtype", "a.to(torch.bool)", (t(3, 4, dtype=I64),)),
        Row("aten::to.dtype", "a.to(torch.half)", (x,)),
        Row("aten::to.dtype", "a.to(torch.uint8)", (t(3, dtype=I32, low=0, high=255),)),
        Row("aten::to.other", "a.to(b)", (x, t(2, dtype=F64, dynamic=False))),
        Row("aten::to.other", "a.to(b)", (t(3, 4, dtype=BOOL), x)),
        Row("aten::to.other", "a.to(b)", (x, t(3, 4, dtype=HALF))),
        Row("aten::to.device", "a.to(torch.device('cpu'), torch.float64)", (x,)),
        Row("aten::to.device", "a.to(torch.device('cpu'), torch.int64)", (x,)),
        Row("aten::to.device", "a.to(torch.device('cpu'), torch.float32)", (x,)),
        Row("aten::to.prim_Device", "a.to('cpu')", (x,)),
        Row("aten::to.device", "a.to('cpu', torch.half)", (x,)),
        Row("aten::cpu", "a.cpu()", (t(3, dtype=I64),)),
        Row("aten::type_as", "a.type_as(b)", (x, t(1, dtype=F64, dynamic=False))),
        Row("aten::type_as", "a.type_as(b)", (t(3, dtype=BOOL), t(3, dtype=I32))),
        Row("aten::type_as", "a.type_as(a)", (x,)),
    ]
    for name in ("float", "half", "int", "long"):
        rows.append(Row("aten::to.dtype", f"a.{name}()", (t(3, 4, dtype=I32),)))
    return rows


def _overloads_movement() -> list[Row]:
    x, i = t(3, 4, 6), t(3, 4, dtype=I64)
    return [
        Row("trt::const", "torch.ops.trt.const(a)", (x,)),
        Row("trt::const", "torch.ops.trt.const(a) + 1", (i,)),
        Row("trt::const", "torch.ops.trt.const(a)[0]", (t(3, 4, dtype=BOOL),)),
        Row("aten::alias", f"{A}alias(a)", (x,)),
        Row("aten::alias", f"{A}alias(a) + a", (x,)),
        Row("aten::alias", f"{A}alias(a[:, 1])", (i,)),
        Row("aten::lift_fresh", f"{A}lift_fresh(a)", (x,)),
        Row("aten::lift_fresh", f"{A}lift_fresh(a) * 2", (i,)),
        Row("aten::lift_fresh", f"a + {A}lift_fresh(torch.tensor([1.0, 2.0, 3.0, 4.0]))", (i,)),
        written("detach_", "x.detach_()", x),
        written("detach_", "x = x.detach_() + 1", i),
        written("detach_", "x.mul_(2).detach_()", t(4, dtype=F64)),
        Row("aten::cpu", "a.cpu()", (x,)),
        Row("aten::cpu", "a.cpu() + 1", (i,)),
        Row("aten::cpu", "(a > 0).cpu()", (x,)),
        Row("aten::to.prim_Device", "a.to(torch.device('cpu'))", (x,)),
        Row("aten::to.prim_Device", "a.to('cpu') + 1", (i,)),
        Row("aten::to.dtype_layout", "a.to(dtype=torch.float64, layout=torch.strided)", (x,)),
        Row("aten::to.dtype_layout", "a.to(device=torch.device('cpu'))", (i,)),
        Row("aten::to.device", "a.to(dtype=torch.half, device=torch.device('cpu'))", (x,)),
        Row("aten::to.dtype_layout", "a.to(non_blocking=True)", (t(3, dtype=BOOL),)),
        Row("aten::to.prim_dtype", "a.to(torch.jit.annotate(Optional[int], None), False)", (x,)),
        Row("aten::to.prim_dtype", "a.to(torch.jit.annotate(Optional[int], None)) + 1", (i,)),
        Row("aten::to.prim_dtype", "a.to(torch.jit.annotate(Optional[int], None), True)", (t(3, 2, dtype=BOOL),)),
    ]


def _through_views() -> list[Row]:
    return [
        Row("trt::if_same_dtype", "x = a + 1\nx.to(b.dtype).add_(1)\nx * 3", (t(3, 4), t(3, 2))),
        Row("trt::if_same_dtype", "x = a + 1\nx.to(b.dtype).mul_(2)\nx * 3", (t(3, 4), t(3, 2, dtype=torch.float64))),
        Row("trt::if_same_dtype", "x = a + 1\nx.to(b.dtype).t().sub_(2)\nx * 3", (t(3, 4), t(3, 2))),
    ]


def _copies() -> list[Row]:
    return [
        Row("aten::_to_copy", f"{A}_to_copy(a, dtype=torch.float64)", (t(3, 4),)),
        Row("aten::_to_copy", f"{A}_to_copy(a, dtype=torch.int64)", (t(3, 4, low=-4, high=4),)),
        Row("aten::_to_copy", f"{A}_to_copy(a) + 1", (t(3, 4, dtype=HALF),)),
        Row("aten::_to_copy", f"{A}_to_copy(a, memory_format=torch.channels_last)", (t(2, 3, 4, 4),)),
    ]


ROWS = [
    *_dtypes(),
    *_edges(),
    *_int16(),
    *_casts(),
    *_overloads_movement(),
    *_through_views(),
    *_copies(),
]
