"""Rows of the operator tables in f16 and bf16, with bounds that follow from the format.

The inputs are rounded to the format. The reference is PyTorch in f32 on the rounded inputs. The engine may be off by

    |got - exact| <= u |exact| + f32 + stored + tiny

u is the unit roundoff of the format (2**-11 for f16, 2**-8 for bf16): an operator computes in f32 and rounds its result
once. `f32` is the row's own tolerance in f32. `stored` is what the roundings of intermediate results change: if the row
has several operators, each result but the last is rounded too, as PyTorch stores it. It is measured: the reference is
computed again, with every such result moved by one roundoff up or down at random, and the largest change is doubled.
`tiny` is the distance of neighbors near 0 (2**-24 for f16; 2**-126 for bf16).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ops.table import BF16, F32, HALF, Row, compile_for, flatten, script_row, static_specs

UNIT = {HALF: 2.0**-11, BF16: 2.0**-8}
TINY = {HALF: 2.0**-24, BF16: 2.0**-126}
SAMPLES = 8
DEVIATIONS = 4

# Operators that stand for several layers. PyTorch rounds between these too, so its largest error, doubled, is allowed.
SEVERAL_LAYERS = {"aten::_native_multi_head_attention", "aten::_transformer_encoder_layer_fwd"}
# Where the processor computes in the format, the state is rounded in each step, as PyTorch rounds it there.
RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")
SEVERAL_STEPS = {f"aten::{kind}.{form}" for kind in RECURRENT for form in ("input", "data")}
# oneDNN's softmax in bf16 keeps the exponentials in the memory of the result: one more rounding.
SOFTMAX = {"aten::softmax.int", "aten::_softmax", "aten::_safe_softmax", "aten::special_softmax"}


@dataclasses.dataclass(frozen=True)
class LowRow:
    row: Row  # with its f32 inputs in the dtype
    dtype: torch.dtype
    source: Row  # as the table has it

    @property
    def module(self) -> torch.jit.ScriptModule:
        return script_row(self.source)  # one for all formats


def in_format(row: Row, dtype: torch.dtype) -> Row:
    inputs = tuple(dataclasses.replace(spec, dtype=dtype) if spec.dtype is F32 else spec for spec in row.inputs)
    return dataclasses.replace(row, inputs=inputs)


def low_rows(rows: list[Row]) -> list[LowRow]:
    """Returns the rows with f32 inputs in both formats, and those that have inputs of a format anyway."""
    made = []
    for row in rows:
        if row.late:  # no engine of ours runs it
            continue
        if any(spec.dtype is F32 for spec in row.inputs):
            made += [LowRow(in_format(row, dtype), dtype, row) for dtype in UNIT]
        else:
            own = [dtype for dtype in UNIT if any(spec.dtype is dtype for spec in row.inputs)]
            made += [LowRow(row, dtype, row) for dtype in own[:1]]
    return made


class Moved(TorchDispatchMode):
    """Moves each f32 result of an operator by one roundoff, except those of the operators in `kept`."""

    def __init__(self, unit: float, generator: torch.Generator | None, kept: frozenset[int] = frozenset()) -> None:
        super().__init__()
        self.unit, self.generator, self.kept = unit, generator, kept
        self.count = 0
        self.makers: dict[int, int] = {}  # storage of a result: the operator that made it
        self.alive: list[torch.Tensor] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        index = self.count
        self.count += 1
        for tensor in flatten_any(result):
            if tensor.dtype is not F32 or tensor.numel() == 0:
                continue
            storage = tensor.untyped_storage().data_ptr()
            if is_view(func):
                continue
            self.makers[storage] = index
            self.alive.append(tensor)
            if self.generator is not None and index not in self.kept:
                signs = torch.randint(0, 2, tensor.shape, generator=self.generator) * 2 - 1
                tensor.mul_(1 + self.unit * signs)
        return result


def is_view(func) -> bool:
    return any(value.alias_info is not None and not value.alias_info.is_write for value in func._schema.returns)


def flatten_any(result) -> Iterator[torch.Tensor]:
    if isinstance(result, torch.Tensor):
        yield result
    elif isinstance(result, (tuple, list)):
        for part in result:
            yield from flatten_any(part)


def widened(inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    return [x.float() if x.dtype in UNIT else x.clone() for x in inputs]


def run_moved(module, inputs: list[torch.Tensor], mode: Moved) -> list[torch.Tensor]:
    wide = widened(inputs)
    # Without optimization, TorchScript fuses no operators, so the mode sees each of them.
    with torch.no_grad(), torch.jit.optimized_execution(False), mode:
        return flatten(module(*wide))


def reference(module, inputs: list[torch.Tensor], unit: float) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Returns PyTorch's results in f32 and, for each, what the roundings of intermediate results change."""
    watch = Moved(unit, None)
    results = run_moved(module, inputs, watch)
    storages = [x.untyped_storage().data_ptr() for x in results if x.numel() > 0]
    last = frozenset(watch.makers[storage] for storage in storages if storage in watch.makers)
    results = [x.clone() for x in results]
    stored = [torch.zeros_like(x, dtype=torch.float64) for x in results]
    if not set(watch.makers.values()) - last:
        return results, stored
    for seed in range(SAMPLES):
        try:
            moved = run_moved(module, inputs, Moved(unit, torch.Generator().manual_seed(seed), last))
        except RuntimeError:
            continue  # the operator refuses a number that has left its domain
        for place, (x, y) in enumerate(zip(results, moved, strict=True)):
            same = (x == y) | (x.isnan() & y.isnan())
            change = torch.where(same, 0, (x.double() - y.double()).abs().nan_to_num(torch.inf))
            stored[place] += change**2 / SAMPLES
    return results, [DEVIATIONS * x.sqrt() for x in stored]


def low_bound(row: Row, dtype: torch.dtype, exact: torch.Tensor, stored: torch.Tensor) -> torch.Tensor:
    """Returns the bound of each element of a result that has the dtype."""
    if row.exact or not dtype.is_floating_point:
        return stored
    unit = UNIT.get(dtype, 0.0)
    magnitude = exact.double().abs()
    if row.op in SOFTMAX and dtype is BF16:
        stored = stored + unit * magnitude
    f32 = row.rtol * magnitude + max(row.atol, row.rtol * 0.1)
    return unit * magnitude + (f32 + stored) * (1 + unit) + TINY.get(dtype, 0.0)


def first_beyond(got: torch.Tensor, exact: torch.Tensor, bound: torch.Tensor) -> str:
    """Returns a message about the first element that is off by more than the bound, or an empty text."""
    a, b = got.double(), exact.double()
    good = ((a - b).abs() <= bound) | (a == b) | (a.isnan() & b.isnan()) | bound.isinf()
    if got.dtype in UNIT:
        overflow = torch.finfo(got.dtype).max * (1 + UNIT[got.dtype] / 2)
        good |= a.isinf() & (a.sign() == b.sign()) & (b.abs() + bound >= overflow)
    if good.all():
        return ""
    place = int((~good).flatten().nonzero()[0])
    mine, theirs, most = (float(x.flatten()[place]) for x in (a, b, bound))
    count = f"{int((~good).sum())} of {good.numel()} elements differ"
    return f"{count}; element {place} is {mine}, exact {theirs}, give or take {most}"


def make_inputs(row: Row) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    return [spec.make(generator) for spec in row.inputs]


def is_taken(low: LowRow) -> bool:
    """Whether PyTorch runs the row on a CPU."""
    try:
        low.module(*make_inputs(low.row))
    except Exception:  # any error: PyTorch does not
        return False
    return True


def run_low(low: LowRow) -> None:
    """Compiles the row, and compares."""
    row, module = low.row, low.module
    inputs = make_inputs(row)
    eager = flatten(module(*[x.clone() for x in inputs]))
    exact, stored = reference(module, inputs, max(UNIT[x.dtype] for x in inputs if x.dtype in UNIT))
    got = flatten(compile_for(module, static_specs(row))(*inputs))
    assert len(got) == len(eager)
    for place, (mine, theirs) in enumerate(zip(got, eager, strict=True)):
        assert mine.dtype == theirs.dtype, f"result {place}: dtype {mine.dtype}, PyTorch's is {theirs.dtype}"
        assert mine.shape == theirs.shape, f"result {place}: {tuple(mine.shape)}, PyTorch's is {tuple(theirs.shape)}"
        # PyTorch's own kernel may round more often.
        own = (theirs.double() - exact[place].double()).abs().nan_to_num(0, 0)
        if row.op in SEVERAL_LAYERS | SEVERAL_STEPS and own.numel() > 0:
            own = (2 * own.max()).expand_as(own)
        bound = torch.maximum(low_bound(row, theirs.dtype, exact[place], stored[place]), own)
        wrong = first_beyond(mine, exact[place], bound)
        assert not wrong, f"result {place} ({theirs.dtype}): {wrong}"
