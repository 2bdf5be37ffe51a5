"""Rows of convolutions."""

from .bundle import over_dtypes, over_shapes, variants_of
from .table import Row, fixed, t

LOOSE = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order
SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of a few normal numbers, added in another order


def _dtypes() -> list[Row]:
    rows = []
    for op, code, shapes in (
        ("_convolution", "torch.conv1d({a}, {b}, {c}, 2, 1)", {"a": (2, 3, 7), "b": (4, 3, 3), "c": (4,)}),
        ("_convolution", "torch.conv2d({a}, {b}, {c}, 1, 1, 1, 2)", {"a": (2, 4, 5, 5), "b": (4, 2, 3, 3), "c": (4,)}),
        ("_convolution", "torch.conv_transpose2d({a}, {b}, {c}, 2)", {"a": (2, 3, 4, 4), "b": (3, 4, 3, 3), "c": (4,)}),
    ):  # fmt: skip
        # PyTorch rounds the sum of up to four positions to the half type: four times half a place below 4.
        units = 4.0 if "transpose" in code else 0.0
        rows += over_dtypes(f"aten::{op}", code, shapes, rtol=1e-4, atol=2e-5, reduced_units=units)
    return rows


def _edges() -> list[Row]:
    rows = []
    for op, code, variants in (
        ("_convolution", "torch.conv1d({a}, {b})", [((0, 2, 5), (3, 2, 3)), ((1, 1, 3), (1, 1, 3)), ((2, 5), (3, 2, 3))]),
        ("_convolution", "torch.conv2d({a}, {b})", [((0, 2, 5, 5), (3, 2, 3, 3)), ((2, 5, 5), (3, 2, 1, 1)), ((1, 1, 1, 1), (1, 1, 1, 1))]),
    ):  # fmt: skip
        rows += over_shapes(f"aten::{op}", code, variants_of(*variants), **LOOSE)
    return rows


def _padded_by_name() -> list[Row]:
    call = "torch.ops.aten._convolution_mode"
    return [
        Row("aten::_convolution_mode", f"{call}(a, b, None, [1], 'same', [1], 1)", (t(2, 4, 9), fixed(6, 4, 4)), **SUMS),
        Row("aten::_convolution_mode", f"{call}(a, b, c, [2, 1], 'valid', [1, 2], 1)", (t(2, 4, 9, 8), fixed(6, 4, 3, 2), fixed(6)), **SUMS),
        Row("aten::_convolution_mode", f"{call}(a, b, c, [1], 'same', [2], 2)", (t(2, 4, 9, 8), fixed(6, 2, 2, 3), fixed(6)), **SUMS),
        Row("aten::_convolution_mode", f"{call}(a, b, None, [1, 1, 1], 'same', [1, 1, 1], 1)", (t(2, 2, 5, 4, 3), fixed(3, 2, 2, 1, 3)), **SUMS),
        Row("aten::_convolution_mode", f"{call}(a, torch.ones(3, 2, 2, 3), None, [1], 'same', [1], 1)", (t(2, 2, 4, 5),), **SUMS),
        Row("aten::_convolution_mode", f"{call}(a, torch.ones(3, 2, 2), None, [2], 'valid', [1], 1)", (t(2, 2, 5),), **SUMS),
    ]  # fmt: skip


# The weight is an input, so the padding is known only in the network.
def _layers() -> list[Row]:
    rows = []
    for d, size in ((1, (9,)), (2, (9, 8)), (3, (4, 5, 6))):
        x = t(2, 4, *size)
        odd, even = fixed(6, 4, *([3] * d)), fixed(6, 4, *([2, 4, 3][:d]))
        rows += [
            Row(f"aten::conv{d}d.padding", f"torch.conv{d}d(a, b, padding='same')", (x, odd), **SUMS),
            Row(f"aten::conv{d}d.padding", f"torch.conv{d}d(a, b, c, padding='same')", (x, even, fixed(6)), **SUMS),
            Row(f"aten::conv{d}d.padding", f"torch.conv{d}d(a, b, padding='same', dilation=2)", (x, even), **SUMS),
            Row("aten::_convolution", f"torch.conv{d}d(a, b, padding='valid', stride=2)", (x, odd), **SUMS),
        ]  # fmt: skip
    return rows


def _convolutions() -> list[Row]:
    rows = []
    for d, size in ((1, (9,)), (2, (9, 8)), (3, (5, 6, 7))):
        x, w, b = t(2, 4, *size), fixed(6, 4, *([3] * d)), fixed(6)
        rows += [
            Row("aten::_convolution", f"torch.conv{d}d(a, b, c)", (x, w, b), **SUMS),
            Row("aten::_convolution", f"torch.conv{d}d(a, b, None, 2, 1)", (x, w), **SUMS),
            Row("aten::_convolution", f"torch.conv{d}d(a, b, c, 1, 2, 2)", (x, w, b), **SUMS),
            Row("aten::_convolution", f"torch.conv{d}d(a, b, c, 1, 0, 1, 2)", (x, fixed(6, 2, *([3] * d)), b), **SUMS),
            Row("aten::_convolution", f"torch.conv{d}d(a, torch.full({[6, 4] + [4] * d}, 0.1), padding='same', dilation=1)", (x,), **SUMS),
            Row("aten::_convolution", f"torch.conv{d}d(a, b, c, padding='valid')", (x, w, b), **SUMS),
            Row("aten::_convolution", f"torch.conv_transpose{d}d(a, b, c, 2, 1, 1)", (x, fixed(4, 6, *([3] * d)), b), **SUMS),
            Row("aten::_convolution", f"torch.conv_transpose{d}d(a, b, None, 1, 0, 0, 2)", (x, fixed(4, 3, *([3] * d))), **SUMS),
        ]  # fmt: skip
    return rows


def _overloads() -> list[Row]:
    rows = []
    x, w, b = t(2, 4, 9, 8), fixed(6, 4, 3, 3), fixed(6)
    flags = "False, False, True"
    for op, more in (
        ("convolution", ""),
        ("_convolution.deprecated", ", " + flags),
        ("_convolution", f", {flags}, True"),
    ):
        name = op.partition(".")[0]
        rows += [
            Row(f"aten::{op}", f"torch.{name}(a, b, c, [1, 1], [1, 0], [1, 1], False, [0, 0], 1{more})", (x, w, b), **SUMS),
            Row(f"aten::{op}", f"torch.{name}(a, b, None, [2], [1], [2], False, [0], 2{more})", (t(2, 4, 9), fixed(6, 2, 3)), **SUMS),
            Row(f"aten::{op}", f"torch.{name}(a, b, c, [2, 1], [1, 1], [1, 1], True, [1, 0], 1{more})", (x, fixed(4, 6, 3, 3), b), **SUMS),
        ]  # fmt: skip
    op = "aten::fake_quantize_per_tensor_affine.tensor_qparams"
    return rows


ROWS = [
    *_dtypes(),
    *_edges(),
    *_padded_by_name(),
    *_layers(),
    *_convolutions(),
    *_overloads(),
]
