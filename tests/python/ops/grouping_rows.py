"""Rows of grouped elements: bins of a histogram, bags of embeddings, experts of a mixture."""

import torch

from .table import F64, I32, I64, NAN, F, Row, fixed, places, t

SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of a few normal numbers, added in another order


def _histograms() -> list[Row]:
    edges = fixed(9, values=(0.0, 1.0, 1.0, 3.0, 2.0, 5.0, -1.0, NAN, 2.9999))
    known = {"static_only": "given values"}
    return [
        Row("aten::histc", "torch.histc(a, bins=4, min=0, max=3)", (edges,), **known, exact=True),
        Row("aten::histc", "torch.histc(a, 7, -1, 2)", (t(3, 40),), exact=True),
        Row("aten::histc", "torch.histc(a, 5)", (t(3, 40, dtype=F64),), exact=True),
        Row("aten::histc", "torch.histc(a)", (t(3, 4, 5),), exact=True),
        Row("aten::histc", "torch.histc(a, 3)", (fixed(4, values=(2.5,) * 4),), **known, exact=True),
        Row("aten::histc", "torch.histc(a, 3)", (fixed(),), static_only="a 0-d tensor", exact=True),
        Row("aten::histc", "torch.histc(a, 3, 1, 1)", (fixed(0, 2),), static_only="no elements", exact=True),
        Row("aten::histc", "torch.histc(a, 1, -9, 9)", (t(3, 7),), exact=True),
        Row("aten::histc", "torch.histc(a.view(-1).float(), 8, 0, 7).cumsum(0)", (t(3, 4, dtype=I64, low=0, high=8),)),
    ]


def _bags() -> list[Row]:
    rows = []
    bag = F + "embedding_bag"
    table, d = fixed(7, 3), fixed(7, 3, dtype=F64)
    words = t(3, 4, dtype=I64, low=0, high=7)
    row, begins = places(1, 2, 4, 5, 4, 3, 2, 6), places(0, 2, 2, 7)
    known = {"static_only": "given bags"}
    for number, mode in enumerate(("sum", "mean", "max")):
        rows += [
            Row("aten::embedding_bag.padding_idx", f"{bag}(a, b, mode='{mode}')", (words, table), **SUMS),
            Row("aten::embedding_bag.padding_idx", f"{bag}(a, b, mode='{mode}', padding_idx=2)", (words, d)),
            Row("aten::embedding_bag.padding_idx", f"{bag}(a, b, c, mode='{mode}')", (row, table, begins), **known, **SUMS),
            Row("aten::embedding_bag.padding_idx", f"{bag}(a, b, torch.tensor([0, 2, 2, 7]), mode='{mode}')", (row, table), **known, **SUMS),
            Row("aten::embedding_bag.padding_idx", f"{bag}(a, b, torch.tensor([0, 4]), mode='{mode}')", (row, table), **known, **SUMS),
            Row("aten::embedding_bag.padding_idx", f"{bag}(a, b, c, mode='{mode}', padding_idx=-3)", (row, table, begins), **known, **SUMS),
            Row("aten::embedding_bag.padding_idx", f"{bag}(a, b, c, mode='{mode}', padding_idx=6)", (row, d, begins), **known),
            Row("aten::embedding_bag.padding_idx", f"{bag}(a, b, c, mode='{mode}', include_last_offset=True)", (row, table, places(0, 3, 3, 8)), **known, **SUMS),
            Row("aten::embedding_bag.padding_idx", f"{bag}(a, b, torch.tensor([0, 2, 8]), mode='{mode}', include_last_offset=True)", (row, d), **known),
            Row("aten::embedding_bag.padding_idx", f"{bag}(a, b, c, mode='{mode}')", (places(dtype=I64), table, places(0, 0)), static_only="no indices", **SUMS),
            Row("aten::embedding_bag", f"torch.embedding_bag(a, b, c, False, {number})[0]", (table, row, begins), **known, **SUMS),
            Row("aten::_embedding_bag", f"torch.ops.aten._embedding_bag(a, b, c, False, {number})[0]", (d, row, begins), **known),
            Row("aten::_embedding_bag_forward_only", f"torch.ops.aten._embedding_bag_forward_only(a, b, c, False, {number}, False, None, False, 4)[0]", (d, row, begins), **known),
        ]  # fmt: skip
    rows += [
        Row("aten::embedding_bag.padding_idx", f"{bag}(a, b, mode='sum', per_sample_weights=c)", (words, table, t(3, 4)), **SUMS),
        Row("aten::embedding_bag.padding_idx", f"{bag}(a, b, c, mode='sum', per_sample_weights=d)", (row, d, begins, fixed(8, dtype=F64)), **known),
        Row("aten::embedding_bag.padding_idx", f"{bag}(a, b, c)", (places(1, 2, 3, dtype=I32), table, places(0, 1)), **known, **SUMS),
        Row("aten::embedding_bag.padding_idx", f"{bag}(a, b.half())", (words, table), **SUMS),
    ]  # fmt: skip
    return rows


def _experts() -> list[Row]:
    grouped = "torch.ops.aten._grouped_mm"
    ends = fixed(3, dtype=I32, values=(2, 2, 6))
    known = {"static_only": "given groups"}
    return [
        Row("aten::_grouped_mm", f"{grouped}(a, b, c)", (fixed(6, 8), fixed(3, 8, 4), ends), **known, **SUMS),
        Row("aten::_grouped_mm", f"{grouped}(a, b, c)", (fixed(6, 8, dtype=torch.bfloat16), fixed(3, 8, 8, dtype=torch.bfloat16), ends), **known, reduced_units=4),
        Row("aten::_grouped_mm", f"{grouped}(a, b.transpose(1, 2), c)", (fixed(6, 8), fixed(3, 4, 8), ends), **known, **SUMS),
        Row("aten::_grouped_mm", f"{grouped}(a, b, c)", (fixed(3, 4, 8), fixed(8, 8), places(1, 1, 8, dtype=I32)), **known, **SUMS),
        Row("aten::_grouped_mm", f"{grouped}(a, b, c)", (fixed(4, 8), fixed(8, 8), places(0, 5, 8, dtype=I32)), **known, **SUMS),
        Row("aten::_grouped_mm", f"{grouped}(a, b)", (fixed(3, 4, 8), fixed(3, 8, 4)), **known, **SUMS),
    ]  # fmt: skip


ROWS = _histograms() + _bags() + _experts()
