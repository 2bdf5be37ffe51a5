"""Rows of lists and tuples that are evaluated at compile time."""

import torch

from .python_values import M, N, X
from .table import Row, t


def _sizes() -> list[Row]:
    return [
        Row("aten::len.Tensor", "a.view(len(a), 2, 2)", (X,)),
        Row("aten::len.t", "a + len([a.size(0), 1])", (X,)),
        Row("prim::tolist", "x: list[int] = torch.tensor([a.size(0), 2, 2]).tolist()\na.view(x)", (X,)),
    ]


def _lists() -> list[Row]:
    pair = f"x = [{N}, {M}]\n"
    return [
        Row("aten::__getitem__.t", pair + "a.view(x[0], 2, -1)", (X,)),
        Row("aten::slice.t", "a.view(a.shape[:1] + [2, 2])", (X,)),
        Row("aten::append.t", pair + "for i in range(2):\n    x.append(1)\na.view(x)", (X,)),
        Row("aten::extend.t", pair + "x.extend([1, 1])\na.view(x)", (X,)),
        Row("aten::add_.t", pair + "x += [1]\na.view(x)", (X,)),
        Row("aten::list.t", pair + "a.view(list(x))", (X,)),
        Row("aten::copy.t", pair + "y = x.copy()\nx.clear()\na.view(y)", (X,)),
        Row("aten::clear.t", pair + "y = list(x)\nx.clear()\na.view(y + x)", (X,)),
        Row("aten::insert.t", pair + "x.insert(1, 1)\na.view(x)", (X,)),
        Row("aten::pop.t", pair + "y = x.pop()\na.view(x + [1, y])", (X,)),
        Row("aten::reverse.t", pair + "x.reverse()\na.view(x)", (X,), static_only="the sizes are exchanged"),
        Row("aten::_set_item.t", pair + "x[1] = 2\na.view(x + [2])", (X,)),
    ]  # fmt: skip


def _made() -> list[Row]:
    return [
        Row("aten::copy", "torch.ops.aten.copy(a, b)", (X, t(4, dtype=torch.int32, dynamic=False))),
    ]


ROWS = _sizes() + _lists() + _made()
