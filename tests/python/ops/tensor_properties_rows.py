"""Rows of sizes and other properties of tensors."""

import torch

from .python_values import X, number
from .table import Row, fixed, t

WRITES_X = (t(3, 4),)


def _nested() -> list[Row]:
    nested, aligned = "torch._nested_tensor_from_mask", "torch._nested_tensor_from_mask_left_aligned"
    x = fixed(2, 4, 3)
    mask = fixed(2, 4, dtype=torch.bool, values=(True, True, True, False, True, False, False, False))
    code = f"y = a + 1\nif {aligned}(a, b):\n    y = {nested}(a, b).to_padded_tensor(0.0, a.size())\ny"
    return [
        Row("aten::_nested_tensor_from_mask_left_aligned", code, (x, mask), static_only="its mask is given"),
    ]


def _sizes() -> list[Row]:
    return [
        Row("aten::size", "a.expand(a.size())", (X,)),
        Row("aten::size.int", "a.view(a.size(0), -1, 2)", (X,)),
        Row("aten::numel", "a.view(a.numel())", (X,)),
        Row("aten::dim", "a.sum(a.dim() - 1)", (X,)),
        Row("prim::dtype", "torch.ones([2], dtype=a.dtype) * a.size(1)", (t(3, 4, dtype=torch.float64),)),
        Row("aten::is_floating_point", "a if a.is_floating_point() else a.float()", (t(3, 4, dtype=torch.int32),)),
        number("prim::is_cuda", "a.is_cuda"),
        number("aten::is_autocast_enabled", "torch.is_autocast_enabled()"),
        number("aten::is_grad_enabled", "torch.is_grad_enabled() and a.requires_grad"),
        number("prim::is_sparse", "a.is_sparse"),
        number("prim::is_quantized", "a.is_quantized"),
        number("prim::requires_grad", "a.requires_grad"),
        number("aten::is_complex", "a.is_complex()"),
    ]


def _layers() -> list[Row]:
    x = t(3, 4)
    return [
        Row("aten::is_autocast_enabled", "a * 2 if torch.is_autocast_enabled() else a + 1", (x,)),
        Row("prim::is_nested", "a * 2 if a.is_nested else a + 1", (x,)),
        Row("aten::is_grad_enabled", "a + 1 if torch.is_grad_enabled() else 1 + a", (x,)),
        Row("aten::is_autocast_cpu_enabled", "a * 2 if torch.is_autocast_cpu_enabled() else a + 1", (x,)),
    ]


def _through_views() -> list[Row]:
    return [
        Row("trt::places_of", "x = a * 2\nx.diagonal().fill_(7)\nx + a", WRITES_X),
    ]


ROWS = _nested() + _sizes() + _layers() + _through_views()
