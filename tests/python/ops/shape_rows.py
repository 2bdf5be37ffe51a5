"""Rows of reshapes, transposes and broadcasts."""

import torch

from .bundle import ONE, over_dtypes, over_shapes, variants_of, with_places
from .table import F64, I32, I64, Row, Tensor, fixed, movement_rows, one_case, t, written

SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of a few normal numbers, added in another order
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
    "expand": ("a.unsqueeze(1).expand(-1, 5, -1, -1)", "a[:, :1].expand(a.size(0), 4, 6)", "a.expand(2, -1, 4, 6)", "a[:, 0:1, 0:1].expand([-1, 2, 3])"),
    "repeat": ("a.repeat(1, 2, 1)", "a.repeat([2, 1, 1, 3])", "a.repeat(2, 1, 1)"),
    "tile": ("torch.tile(a, [2])", "torch.tile(a, [2, 1, 2])", "torch.tile(a, [2, 1, 1, 1])"),
    "repeat_interleave.self_Tensor": ("a.repeat_interleave(torch.tensor(2), 0)", "a.repeat_interleave(torch.tensor([3]), 1)", "a.repeat_interleave(torch.tensor(0), 2)"),
    "narrow": ("torch.narrow(a, 1, 1, 2)", "torch.narrow(a, -1, -3, 2)", "torch.narrow(a, 2, 0, 6)"),
    "select.int": ("a[:, 1]", "a[0]", "a[..., -2]", "a[-1]"),
    "slice.Tensor": ("a[:, 1:3]", "a[1:]", "a[:, :, ::2]", "a[:-1]", "a[:, -3:-1]", "a[:, 2:99]", "a[:, 3:1]"),
    "broadcast_to": ("a[:, :1].broadcast_to(a.size())", "torch.broadcast_to(a[0], [2, 4, 6])", "a[:, 0].unsqueeze(0).broadcast_to([2, -1, 6])"),
    "expand_as": ("a[:, :1].expand_as(a)", "a[:, 0, 0].unsqueeze(1).unsqueeze(1).expand_as(a)", "a[0].expand_as(a)"),
    "contiguous": ("a.transpose(0, 1).contiguous()", "a.contiguous()", "a.t_() if a.dim() == 2 else a.contiguous()"),
    "clone": ("a.clone()", "a.clone() + a", "a[0].clone()"),
    "detach": ("a.detach()", "a.detach() * 2", "a[0].detach()"),
    "pixel_shuffle": ("torch.pixel_shuffle(a, 2)", "torch.pixel_shuffle(a.unsqueeze(1).expand(-1, 2, -1, -1).flatten(1, 2).unsqueeze(-1), 2)", "torch.pixel_shuffle(a.unsqueeze(-1), 2)"),
}  # fmt: skip


def _stacks() -> list[Row]:
    return [
        Row("aten::broadcast_to", "torch.broadcast_to(a, [2, 3, 4])", (fixed(3, 1),), static_only="given sizes", exact=True),
        Row("aten::broadcast_to", "a.broadcast_to([2, -1, 4])", (t(3, 4, dtype=I64),)),
        Row("aten::broadcast_to", "torch.broadcast_to(a, [a.size(0), 5])", (t(3, 1),), exact=True),
        Row("aten::sum_to_size", "a.sum_to_size([1, 4, 6])", (t(3, 4, 6),), **SUMS),
        Row("aten::sum_to_size", "a.sum_to_size([1])", (t(3, 4, dtype=I64),)),
        Row("aten::sum_to_size", "a.sum_to_size([4])", (t(3, 4, dtype=F64),)),
        Row("aten::sum_to_size", "a.sum_to_size([a.size(0), 1])", (t(3, 4),), **SUMS),
        Row("aten::native_channel_shuffle", "torch.native_channel_shuffle(a, 3)", (t(2, 6, 3, 3),), exact=True),
        Row("aten::native_channel_shuffle", "torch.native_channel_shuffle(a, 2)", (t(2, 4, 1, 5, dtype=F64),), exact=True),
        Row("aten::native_channel_shuffle", "torch.native_channel_shuffle(a, 1)", (t(2, 6, 2, 2),), exact=True),
    ]  # fmt: skip


def _corners() -> list[Row]:
    return [
        one_case("movedim.int", "torch.movedim(a, 0, -1)", fixed()),
    ]  # fmt: skip


def _dtypes() -> list[Row]:
    rows = []
    for op, codes in SHAPES.items():
        if op in ("contiguous", "pixel_shuffle"):
            continue
        code = codes[0].replace("{", "{{").replace("}", "}}")
        rows += over_dtypes(f"aten::{op}", with_places(code), {"a": (3, 4, 6)}, exact=True)
    rows += over_dtypes("aten::pixel_shuffle", "torch.pixel_shuffle({a}, 2)", {"a": (2, 4, 3, 2)}, exact=True)
    return rows


def _edges() -> list[Row]:
    rows = []
    for op, codes in {
        "flatten.using_ints": ("torch.flatten({a})", "torch.flatten({a}, -1)"),
        "reshape": ("{a}.reshape(-1)", "{a}.reshape([1, -1])", "{a}.reshape({a}.shape)"),
        "view": ("{a}.view(-1)", "{a}.view({a}.size())"),
        "unsqueeze": ("{a}.unsqueeze(0)", "{a}.unsqueeze(-1)"),
        "squeeze": ("{a}.squeeze()",),
        "squeeze.dim": ("{a}.squeeze(0)", "{a}.squeeze(-1)"),
        "transpose.int": ("{a}.transpose(0, -1)",),
        "t": ("{a}.t()",),
        "expand": ("{a}.expand([2, 3, 1, 4])", "{a}.expand([2, 0])"),
        "repeat": ("{a}.repeat(2, 1, 1)", "{a}.repeat(1, 0, 2)"),
        "tile": ("torch.tile({a}, [2])",),
        "movedim.int": ("torch.movedim({a}, 0, -1)",),
        "permute": ("{a}.permute([0, 1])", "{a}.permute([])"),
    }.items():  # fmt: skip
        for code in codes:
            rows += over_shapes(f"aten::{op}", code, variants_of(*ONE), exact=True)
    return rows


def _in_place() -> list[Row]:
    rows = []
    for dtype in (torch.float32, torch.int64, torch.bool):
        a = Tensor((3, 4), dtype)
        row_of = Tensor((2,), torch.int64, values=(2, 0), dynamic=False)
        two_rows = Tensor((2, 4), dtype, dynamic=False)
        at = Tensor((2, 4), torch.int64, values=(0, 1, 2, 0, 2, 0, 1, 1), dynamic=False)
        fixed = {"static_only": "the indices are those of three rows"}
        rows += [
            written("masked_fill_.Scalar", "x.masked_fill_(b, 1)", a, Tensor((3, 4), torch.bool)),
            written("index_copy_", "x.index_copy_(0, b, c)", a, row_of, two_rows, **fixed),
            written("scatter_.src", "x.scatter_(0, b, c)", a, at, two_rows, **fixed),
            written("scatter_.value", "x.scatter_(0, b, 1)", a, at, **fixed),
            written("tril_", "x.tril_(1)", a),
            written("triu_", "x.triu_(-1)", a),
            written("t_", "x.t_()", a),
            written("swapaxes_", "x.swapaxes_(0, 1)", a),
            written("unsqueeze_", "x.unsqueeze_(1)", a),
            written(
                "squeeze_", "x.squeeze_()", Tensor((1, 3, 1, 4), dtype), static_only="what is squeezed depends on it"
            ),
            written("squeeze_.dim", "x.squeeze_(1)", Tensor((3, 1, 4), dtype)),
            written("squeeze_.dims", "x.squeeze_((1, 2))", Tensor((3, 1, 1, 4), dtype)),
        ]
        if dtype is not torch.bool:
            rows += [
                written("index_add_", "x.index_add_(0, b, c)", a, row_of, two_rows, **fixed),
                written("scatter_add_", "x.scatter_add_(0, b, c)", a, at, two_rows, **fixed),
                written("cumsum_", "x.cumsum_(1)", a),
                written("cumprod_", "x.cumprod_(1)", a),
            ]
    return rows


def _shapes() -> list[Row]:
    rows = movement_rows({op: codes for op, codes in SHAPES.items() if op != "pixel_shuffle"})
    first, *others = SHAPES["pixel_shuffle"]
    rows.append(Row("aten::pixel_shuffle", first, (t(2, 4, 3, 5),), exact=True))
    for code in others:
        static = "known: its channels" if "pixel_shuffle(a, 2)" in code else ""
        rows.append(Row("aten::pixel_shuffle", code, (t(3, 4, 6),), exact=True, static_only=static))
    rows.append(Row("aten::pixel_shuffle", first, (t(2, 8, 3, 5, dtype=I32),)))
    rows += [
        Row("aten::squeeze", "torch.squeeze(a)", (t(1, 3, 1, 2),), static_only="which dims are 1 must be known"),
        Row("aten::squeeze", "torch.squeeze(a)", (t(2, 3),), static_only="which dims are 1 must be known"),
        Row("aten::squeeze", "torch.squeeze(a)", (t(1, 1),), static_only="which dims are 1 must be known"),
        Row("aten::channel_shuffle", "torch.channel_shuffle(a, 2)", (t(2, 6, 3, 3),)),
        Row("aten::channel_shuffle", "torch.channel_shuffle(a, 3)", (t(2, 6, 4),)),
        Row("aten::channel_shuffle", "torch.channel_shuffle(a, 1)", (t(2, 6, 4),)),
    ]  # fmt: skip
    return rows


ROWS = [
    *_stacks(),
    *_corners(),
    *_dtypes(),
    *_edges(),
    *_in_place(),
    *_shapes(),
]
