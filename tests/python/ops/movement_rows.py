"""Rows of operators that move, repeat, select, write or mask elements."""

import torch

from .table import Row, t

I32, I64, U8, BOOL, HALF, F64 = torch.int32, torch.int64, torch.uint8, torch.bool, torch.half, torch.float64
WINDOWS = "windows of a known size are taken"


def index(*shape: int, high: int, low: int = 0, dynamic: bool = False, dtype=I64):
    return t(*shape, dtype=dtype, low=low, high=high, dynamic=dynamic)


# of a tensor of 3 x 4 x 6
SHAPES = {
    "flatten.using_ints": ("torch.flatten(a)", "torch.flatten(a, 1)", "torch.flatten(a, 0, 1)", "torch.flatten(a, -2)"),
    "reshape": ("torch.reshape(a, [-1, 8])", "a.reshape(a.size(0), -1)", "a.reshape(-1, 3, 8)", "a.reshape([a.size(0), 2, 2, 6])"),
    "view": ("a.view(-1)", "a.view(a.size(0), 24)", "a.view(-1, a.size(2))", "a.view([a.shape[0] * 4, 6])"),
    "unflatten.int": ("torch.unflatten(a, 1, [2, 2])", "torch.unflatten(a, -1, [3, -1])", "torch.unflatten(a, 2, [1, 6])"),
    "unsqueeze": ("torch.unsqueeze(a, 0)", "torch.unsqueeze(a, -1)", "a.unsqueeze(1).unsqueeze(0)"),
    "squeeze.dim": ("a.unsqueeze(1).squeeze(1)", "a.squeeze(1)", "a.unsqueeze(-1).squeeze(-1)"),
    "squeeze.dims": ("a.unsqueeze(1).squeeze([1, 2])", "a.squeeze([1])", "a.unsqueeze(1).unsqueeze(1).squeeze([1, 2])"),
    "permute": ("a.permute(2, 0, 1)", "a.permute([0, 2, 1])", "a.permute(-1, 1, 0)"),
    "transpose.int": ("a.transpose(0, 1)", "a.transpose(-1, 1)", "a.transpose(2, 2)"),
    "swapaxes": ("torch.swapaxes(a, 0, 2)", "torch.swapaxes(a, -1, 1)", "torch.swapaxes(a, 1, 1)"),
    "movedim.int": ("torch.movedim(a, 0, 2)", "torch.movedim(a, -1, 0)", "torch.movedim(a, 1, 1)"),
    "movedim.intlist": ("torch.movedim(a, [0, 1], [1, 2])", "torch.movedim(a, [2], [0])", "torch.movedim(a, [0, 2], [2, 0])"),
    "t": ("a[0].t()", "a[:, 0, 0].t()", "a.flatten(1).t()"),
    "mT": ("a.mT", "a[0].mT", "a.unsqueeze(0).mT"),
    "adjoint": ("torch.adjoint(a)", "torch.adjoint(a[0])", "torch.adjoint(a.unsqueeze(1))"),
    "numpy_T": ("a[0].T", "a.flatten(1).T", "a[:, 0].T"),
    "ravel": ("torch.ravel(a)", "a[0].ravel()", "a[:, 1].ravel()"),
    "expand": ("a.unsqueeze(1).expand(-1, 5, -1, -1)", "a[:, :1].expand(a.size(0), 4, 6)", "a.expand(2, -1, 4, 6)", "a[:, 0:1, 0:1].expand([-1, 2, 3])"),
    "repeat": ("a.repeat(1, 2, 1)", "a.repeat([2, 1, 1, 3])", "a.repeat(2, 1, 1)"),
    "tile": ("torch.tile(a, [2])", "torch.tile(a, [2, 1, 2])", "torch.tile(a, [2, 1, 1, 1])"),
    "repeat_interleave.self_Tensor": ("a.repeat_interleave(torch.tensor(2), 0)", "a.repeat_interleave(torch.tensor([3]), 1)", "a.repeat_interleave(torch.tensor(0), 2)"),
    "repeat_interleave.self_int": ("torch.repeat_interleave(a, 2)", "torch.repeat_interleave(a, 3, 1)", "a.repeat_interleave(2, 0)"),
    "flip": ("torch.flip(a, [0])", "torch.flip(a, [1, 2])", "torch.flip(a, [-1])"),
    "rot90": ("torch.rot90(a, 1, [0, 1])", "torch.rot90(a, 2, [1, 2])", "torch.rot90(a, -1, [1, 2])", "torch.rot90(a, 4, [0, 1])"),
    "roll": ("torch.roll(a, 1, 1)", "torch.roll(a, [2, -1], [1, 2])", "torch.roll(a, [5], [2])"),
    "tril": ("torch.tril(a)", "torch.tril(a, 1)", "torch.tril(a, -2)", "torch.tril(a[:, 0])"),
    "triu": ("torch.triu(a)", "torch.triu(a, 1)", "torch.triu(a, -2)", "torch.triu(a[:, 0], 1)"),
    "diagonal": ("torch.diagonal(a, 0, 1, 2)", "torch.diagonal(a, 1, 1, 2)", "torch.diagonal(a, -2, -2, -1)", "torch.diagonal(a, 9, 1, 2)"),
    "chunk": ("torch.chunk(a, 2, 1)", "torch.chunk(a, 4, -1)", "a.chunk(3, 2)[1]"),
    "split.Tensor": ("torch.split(a, 2, 1)", "torch.split(a, 4, 2)", "a.split(3, -1)[1]"),
    "split_with_sizes": ("torch.split_with_sizes(a, [1, 3], 1)", "torch.split_with_sizes(a, [2, 2, 2], 2)", "torch.split_with_sizes(a, [6], -1)"),
    "split.sizes": ("torch.split(a, [1, 3], 1)", "torch.split(a, [0, 6], 2)", "torch.split(a, [2, 2], 1)[1]"),
    "unbind.int": ("torch.unbind(a, 1)", "torch.unbind(a, -1)[2]", "a.unbind(2)"),
    "narrow": ("torch.narrow(a, 1, 1, 2)", "torch.narrow(a, -1, -3, 2)", "torch.narrow(a, 2, 0, 6)"),
    "select.int": ("a[:, 1]", "a[0]", "a[..., -2]", "a[-1]"),
    "slice.Tensor": ("a[:, 1:3]", "a[1:]", "a[:, :, ::2]", "a[:-1]", "a[:, -3:-1]", "a[:, 2:99]", "a[:, 3:1]"),
    "unfold": ("a.unfold(2, 3, 2)", "a.unfold(1, 2, 1)", "a.unfold(-1, 6, 1)"),
    "view_as": ("a.view_as(a.transpose(1, 2).contiguous())", "a.view_as(a)", "a.flatten(1).view_as(a)"),
    "reshape_as": ("a.reshape_as(a.transpose(1, 2))", "a.reshape_as(a)", "a.flatten(1).reshape_as(a)"),
    "broadcast_to": ("a[:, :1].broadcast_to(a.size())", "torch.broadcast_to(a[0], [2, 4, 6])", "a[:, 0].unsqueeze(0).broadcast_to([2, -1, 6])"),
    "expand_as": ("a[:, :1].expand_as(a)", "a[:, 0, 0].unsqueeze(1).unsqueeze(1).expand_as(a)", "a[0].expand_as(a)"),
    "cat": ("torch.cat([a, a], 1)", "torch.cat([a, a[:1]], 0)", "torch.cat([a, a.to(torch.float64)], -1)", "torch.cat([a])"),
    "concat": ("torch.concat([a, a], 1)", "torch.concat([a, a, a], 0)", "torch.concat([a, a], -1)"),
    "concatenate": ("torch.concatenate([a, a], 1)", "torch.concatenate([a, a, a], 0)", "torch.concatenate([a, a], -1)"),
    "stack": ("torch.stack([a, a])", "torch.stack([a, a, a], 1)", "torch.stack([a, a], -1)"),
    "contiguous": ("a.transpose(0, 1).contiguous()", "a.contiguous()", "a.t_() if a.dim() == 2 else a.contiguous()"),
    "clone": ("a.clone()", "a.clone() + a", "a[0].clone()"),
    "detach": ("a.detach()", "a.detach() * 2", "a[0].detach()"),
    "pixel_shuffle": ("torch.pixel_shuffle(a, 2)", "torch.pixel_shuffle(a.unsqueeze(1).expand(-1, 2, -1, -1).flatten(1, 2).unsqueeze(-1), 2)", "torch.pixel_shuffle(a.unsqueeze(-1), 2)"),
}  # fmt: skip


def _shapes() -> list[Row]:
    x = t(3, 4, 6)
    rows = []
    for op, codes in SHAPES.items():
        for code in codes:
            first = "pixel_shuffle(a, 2)" in code
            if code == "torch.pixel_shuffle(a, 2)":
                rows.append(Row(f"aten::{op}", code, (t(2, 4, 3, 5),), exact=True))
                continue
            static = "known: its channels" if first else ""
            rows.append(Row(f"aten::{op}", code, (x,), exact=True, static_only=static))
        rows.append(
            Row(
                f"aten::{op}", codes[0], (t(3, 4, 6, dtype=I64) if op != "pixel_shuffle" else t(2, 8, 3, 5, dtype=I32),)
            )
        )
    rows += [
        Row("aten::squeeze", "torch.squeeze(a)", (t(1, 3, 1, 2),), static_only="which dims are 1 must be known"),
        Row("aten::squeeze", "torch.squeeze(a)", (t(2, 3),), static_only="which dims are 1 must be known"),
        Row("aten::squeeze", "torch.squeeze(a)", (t(1, 1),), static_only="which dims are 1 must be known"),
        Row("aten::narrow.Tensor", "torch.narrow(a, 1, torch.tensor(1), 2)", (x,)),
        Row("aten::narrow.Tensor", "torch.narrow(a, 2, torch.tensor(-2), 2)", (x,)),
        Row("aten::narrow.Tensor", "torch.narrow(a, 1, torch.tensor(0), 1)", (t(2, 3, dtype=I32),)),
        Row("aten::roll", "torch.roll(a, 3)", (t(3, 4),), static_only="all elements are rolled"),
        Row("aten::pixel_unshuffle", "torch.pixel_unshuffle(a, 2)", (t(2, 3, 4, 6),)),
        Row("aten::pixel_unshuffle", "torch.pixel_unshuffle(a, 3)", (t(3, 3, 6),), static_only="its channels"),
        Row("aten::pixel_unshuffle", "torch.pixel_unshuffle(a, 2)", (t(2, 1, 1, 4, 2, dtype=I64),)),
        Row("aten::channel_shuffle", "torch.channel_shuffle(a, 2)", (t(2, 6, 3, 3),)),
        Row("aten::channel_shuffle", "torch.channel_shuffle(a, 3)", (t(2, 6, 4),)),
        Row("aten::channel_shuffle", "torch.channel_shuffle(a, 1)", (t(2, 6, 4),)),
        Row("aten::meshgrid", "torch.meshgrid([a, b])", (t(3), t(4, dynamic=False))),
        Row("aten::meshgrid.indexing", "torch.meshgrid([a, b], indexing='xy')", (t(3), t(4, dynamic=False))),
        Row("aten::meshgrid.indexing", "torch.meshgrid([a, b, a], indexing='ij')", (t(3), t(4, dynamic=False))),
        Row("aten::meshgrid.indexing", "torch.meshgrid([a, a, b], indexing='xy')", (t(3, dtype=I64), t(2, dtype=I64, dynamic=False))),
        Row("aten::im2col", "torch.ops.aten.im2col(a, [3, 2], [1, 1], [1, 0], [2, 1])", (t(2, 3, 6, 5),)),
        Row("aten::im2col", "torch.ops.aten.im2col(a, [2, 2], [2, 1], [0, 0], [1, 1])", (t(3, 6, 5),), static_only=WINDOWS),
        Row("aten::im2col", "torch.nn.functional.unfold(a, [3, 3], padding=[1, 1])", (t(2, 2, 4, 4),)),
        Row("aten::col2im", "torch.nn.functional.fold(a, [6, 5], [3, 2], [1, 1], [1, 0], [2, 1])", (t(2, 18, 12),)),
        Row("aten::col2im", "torch.nn.functional.fold(a, [4, 4], [2, 2], [1, 1], [0, 0], [2, 2])", (t(2, 8, 4),)),
        Row("aten::col2im", "torch.nn.functional.fold(a, [4, 4], [2, 2], [1, 1], [0, 0], [1, 1])", (t(8, 9),), static_only=WINDOWS),
    ]  # fmt: skip
    return rows


def _indices() -> list[Row]:
    x = t(3, 5, 4)
    rows = [
        Row("aten::index_select", "torch.index_select(a, 1, b)", (x, index(3, high=5))),
        Row("aten::index_select", "torch.index_select(a, -1, b)", (x, index(6, high=4, dtype=I32))),
        Row("aten::index_select", "torch.index_select(a, 0, b)", (t(4, dtype=I64), index(2, high=4)), static_only="indices"),
        Row("aten::embedding", "torch.embedding(a, b)", (t(7, 4, dynamic=False), index(3, 2, high=7, dynamic=True))),
        Row("aten::embedding", "torch.embedding(a, b, padding_idx=1)", (t(7, 4, dynamic=False), index(3, high=7, dynamic=True, dtype=I32))),
        Row("aten::embedding", "torch.embedding(a, b)", (t(7, 4, dynamic=False), index(high=7)), static_only="one index"),
        Row("aten::gather", "torch.gather(a, 1, b)", (x, index(3, 2, 4, high=5, dynamic=True))),
        Row("aten::gather", "torch.gather(a, 2, b)", (x, index(2, 5, 3, high=4)), static_only="indices of fewer rows"),
        Row("aten::gather", "torch.gather(a, -1, b)", (t(3, 4, dtype=I64), index(3, 6, high=4, dynamic=True))),
        Row("aten::where.self", "torch.where(a, b, c)", (t(3, 4, dtype=BOOL), t(3, 4), t(3, 4))),
        Row("aten::where.self", "torch.where(a > 0, a, b)", (t(3, 4), t(4, dynamic=False))),
        Row("aten::where.self", "torch.where(a, b, c)", (t(3, 1, dtype=BOOL), t(4, dtype=I64, dynamic=False), t(3, 4, dtype=I32))),
        Row("aten::where.ScalarOther", "torch.where(a, b, 2.5)", (t(3, 4, dtype=BOOL), t(3, 4))),
        Row("aten::where.ScalarOther", "torch.where(a, b, 2.5)", (t(3, 4, dtype=BOOL), t(3, 4, dtype=I64))),
        Row("aten::where.ScalarOther", "torch.where(a, b, 2)", (t(3, 4, dtype=BOOL), t(3, 4, dtype=HALF))),
        Row("aten::where.ScalarSelf", "torch.where(a, 1, b)", (t(3, 4, dtype=BOOL), t(3, 4))),
        Row("aten::where.ScalarSelf", "torch.where(a, 0.5, b)", (t(3, 4, dtype=BOOL), t(3, 4, dtype=I32))),
        Row("aten::where.ScalarSelf", "torch.where(a, 3, b)", (t(3, 4, dtype=BOOL), t(3, 4, dtype=I64))),
        Row("aten::where.Scalar", "torch.where(a, 1.0, 0.0)", (t(3, 4, dtype=BOOL),)),
        Row("aten::where.Scalar", "torch.where(a, 1, 2)", (t(3, 4, dtype=BOOL),)),
        Row("aten::where.Scalar", "torch.where(a, 1, 0.5)", (t(3, 4, dtype=BOOL),)),
        Row("aten::masked_fill.Scalar", "a.masked_fill(b, -1.5)", (t(3, 4), t(3, 4, dtype=BOOL))),
        Row("aten::masked_fill.Scalar", "a.masked_fill(b, float('-inf'))", (t(3, 4, 2), t(4, 1, dtype=BOOL, dynamic=False))),
        Row("aten::masked_fill.Scalar", "a.masked_fill(a > 1, 7)", (t(3, 4, dtype=I64),)),
        Row("aten::masked_fill_.Scalar", "a.clone().masked_fill_(b, 2.0)", (t(3, 4), t(3, 4, dtype=BOOL))),
        Row("aten::masked_fill.Tensor", "a.masked_fill(b, c)", (t(3, 4), t(3, 4, dtype=BOOL), t())),
        Row("aten::index.Tensor", "a[b]", (x, index(4, high=3)), static_only="indices"),
        Row("aten::index.Tensor", "a[:, b]", (x, index(2, 3, high=5))),
        Row("aten::index.Tensor", "a[:, b, c]", (x, index(6, high=5), index(6, high=4))),
        Row("aten::index.Tensor", "a[:, b, c]", (x, index(6, 1, high=5), index(2, low=-4, high=4))),
        Row("aten::index.Tensor", "a[b, :, c]", (x, index(2, high=3), index(2, high=4)), static_only="indices"),
        Row("aten::index.Tensor", "a[:, :, torch.tensor([0, 2, 1])]", (x,)),
        Row("aten::index.Tensor", "a[:, torch.tensor([True, False, True, True, False])]", (x,)),
        Row("aten::index.Tensor", "a[:, [0, 2], :][:, :, [1, 1]]", (x,)),
        Row("aten::index_put.hacked_twin", "torch.index_put(a, [b], c)", (t(6, 4, dynamic=False), t(3, dtype=I64, values=(0, 4, 2), dynamic=False), t(3, 4, dynamic=False)), static_only="indices"),
        Row("aten::index_put.hacked_twin", "torch.index_put(a, [b], c, accumulate=True)", (t(6, 4, dynamic=False), index(9, high=6), t(9, 4, dynamic=False)), static_only="indices"),
        Row("aten::index_put.hacked_twin", "torch.index_put(a, [b, c], torch.tensor(5.0))", (t(6, 4, dynamic=False), index(3, high=6), index(3, high=4)), static_only="indices"),
        Row("aten::index_put_", "b = a.clone()\nb[b > 0.5] = 2.0\nb", (t(3, 4),)),
        Row("aten::index_put_", "torch.ops.aten.index_put_(a.clone(), [None, torch.tensor([1, 3])], torch.tensor(0.5))", (t(3, 4),)),
        Row("aten::scatter.src", "torch.scatter(a, 1, b, c)", (t(3, 6), t(3, 2, dtype=I64, values=(0, 1, 5, 2, 3, 0), dynamic=False), t(3, 4)), static_only="indices"),
        Row("aten::scatter.src", "torch.scatter(a, 0, b, c)", (t(4, 2, dtype=I64), t(1, 2, dtype=I64, values=(3, 0), dynamic=False), t(1, 2, dtype=I64)), static_only="indices"),
        Row("aten::scatter.src", "torch.scatter(a, -1, b, a)", (t(2, 4), t(2, 4, dtype=I64, values=(3, 1, 0, 2, 1, 0, 2, 3), dynamic=False)), static_only="indices"),
        Row("aten::scatter.value", "torch.scatter(a, 1, b, 2.5)", (t(3, 6), index(3, 2, high=6, dynamic=True))),
        Row("aten::scatter.value", "torch.scatter(a, 0, b, 7)", (t(3, 6, dtype=I64), index(2, 5, high=3)), static_only="indices"),
        Row("aten::scatter.value", "torch.scatter(a, 1, b, 1)", (t(3, 6, dtype=HALF), index(3, 2, high=6, dynamic=True))),
        Row("aten::scatter.reduce", "torch.scatter(a, 1, b, c, reduce='add')", (t(3, 6), index(3, 2, high=6, dynamic=True), t(3, 2))),
        Row("aten::scatter.reduce", "torch.scatter(a, 1, b, c, reduce='multiply')", (t(3, 6), index(3, 2, high=6, dynamic=True), t(3, 2))),
        Row("aten::scatter_add", "torch.scatter_add(a, 1, b, c)", (t(3, 6), index(3, 8, high=6, dynamic=True), t(3, 8))),
        Row("aten::scatter_add", "torch.scatter_add(a, 0, b, c)", (t(4, 2, dtype=I64), index(6, 2, high=4), t(6, 2, dtype=I64)), static_only="indices"),
        Row("aten::scatter_add", "torch.scatter_add(a, 1, b, c)", (t(3, 6, dtype=F64), index(3, 1, high=6, dynamic=True), t(3, 1, dtype=F64))),
        Row("aten::index_add", "torch.index_add(a, 1, b, c)", (t(3, 6), index(4, high=6), t(3, 4))),
        Row("aten::index_add", "torch.index_add(a, 0, b, c, alpha=2)", (t(4, 3), index(5, high=4), t(5, 3)), static_only="indices"),
        Row("aten::index_add", "torch.index_add(a, -1, b, c)", (t(3, 6, dtype=I64), index(2, high=6), t(3, 2, dtype=I64))),
        Row("aten::index_copy", "torch.index_copy(a, 1, b, c)", (t(3, 6), t(2, dtype=I64, values=(4, 1), dynamic=False), t(3, 2))),
        Row("aten::index_copy", "torch.index_copy(a, 0, b, c)", (t(4, 3), t(2, dtype=I64, values=(3, 0), dynamic=False), t(2, 3)), static_only="indices"),
        Row("aten::index_copy", "torch.index_copy(a, 2, b, c)", (t(3, 2, 4, dtype=I64), t(1, dtype=I64, values=(2,), dynamic=False), t(3, 2, 1, dtype=I64))),
        Row("aten::one_hot", "torch.nn.functional.one_hot(a, 5)", (index(3, 2, high=5, dynamic=True),)),
        Row("aten::one_hot", "torch.nn.functional.one_hot(a, 7)", (index(4, high=5, dynamic=True),)),
        Row("aten::one_hot", "torch.nn.functional.one_hot(a, 3)", (index(high=3),), static_only="one index"),
        Row("aten::bucketize.Tensor", "torch.bucketize(a, b)", (t(3, 4), t(4, values=(-1.0, 0.0, 0.5, 2.0), dynamic=False))),
        Row("aten::bucketize.Tensor", "torch.bucketize(a, b, right=True)", (t(5, dtype=I64), t(3, dtype=I64, values=(-1, 0, 3), dynamic=False))),
        Row("aten::bucketize.Tensor", "torch.bucketize(a, b, out_int32=True)", (t(4, values=(float("nan"), 0.0, 9.0, -9.0), dynamic=False), t(2, values=(0.0, 1.0), dynamic=False)), static_only="given"),
    ]  # fmt: skip
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        rows.append(
            Row(
                "aten::scatter_reduce.two",
                f"torch.scatter_reduce(a, 1, b, c, '{reduce}')",
                (t(3, 6), index(3, 8, high=6, dynamic=True), t(3, 8)),
            )
        )
        rows.append(
            Row(
                "aten::scatter_reduce.two",
                f"torch.scatter_reduce(a, 1, b, c, '{reduce}', include_self=False)",
                (t(3, 6), index(3, 8, high=6, dynamic=True), t(3, 8)),
            )
        )
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


ROWS = _shapes() + _indices() + _casts()
