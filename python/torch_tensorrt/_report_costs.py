"""Arithmetic and memory traffic of an engine's layers, and the speeds of this machine: the roofline of a report."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from typing import Any

import torch

#: Bytes of an element, by the name that engines use for the dtype.
BYTES = {
    "f32": 4, "f16": 2, "bf16": 2, "i8": 1, "u8": 1, "i16": 2, "i32": 4, "i64": 8, "bool": 1, "f64": 8,
}  # fmt: skip

_DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


def dims_of(tensor: dict[str, Any]) -> list[int] | None:
    """Returns the dims at the opt shapes, or None if these do not tell them."""
    dims = tensor.get("opt") or tensor.get("dims") or []
    return None if any(size < 0 for size in dims) else dims


def elements(tensor: dict[str, Any]) -> int | None:
    dims = dims_of(tensor)
    return None if dims is None else math.prod(dims)


def bytes_of(tensor: dict[str, Any]) -> int | None:
    count = elements(tensor)
    size = BYTES.get(tensor.get("dtype", ""))
    return None if count is None or size is None else count * size


def _kernel_elements(layer: dict[str, Any]) -> int | None:
    """Elements of a convolution's kernel: its own weights, or its second input."""
    for weights in layer.get("weights") or ():
        if weights["name"] == "kernel":
            return weights["count"]
    return elements(layer["inputs"][1]) if len(layer["inputs"]) > 1 else None


def _convolution(layer: dict[str, Any]) -> int | None:
    output, kernel = dims_of(layer["outputs"][0]), _kernel_elements(layer)
    if output is None or kernel is None or len(output) < 3:
        return None
    return 2 * math.prod(output) // output[1] * kernel


def _deconvolution(layer: dict[str, Any]) -> int | None:
    given, kernel = dims_of(layer["inputs"][0]), _kernel_elements(layer)
    if given is None or kernel is None or len(given) < 3:
        return None
    return 2 * math.prod(given) // given[1] * kernel


def _matrix_multiply(layer: dict[str, Any]) -> int | None:
    a, b = (dims_of(tensor) for tensor in layer["inputs"][:2])
    output = dims_of(layer["outputs"][0])
    if a is None or b is None or output is None or not a or not b:
        return None
    if len(a) == 1 or len(b) == 1:
        inner = (a if len(a) == 1 else b)[-1]
    else:  # of the dims of a matrix, one is the result's
        inner = next((size for size in (a[-1], a[-2]) if size in b[-2:] and a[-1] * a[-2] // size in output), a[-1])
    return 2 * math.prod(output) * inner


def _attention(layer: dict[str, Any]) -> int | None:
    query, key, value = (dims_of(tensor) for tensor in layer["inputs"][:3])
    if query is None or key is None or value is None or len(query) < 2:
        return None
    return 2 * math.prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _recurrent(layer: dict[str, Any]) -> int | None:
    """Each step of a sequence multiplies the input and the state by all weights."""
    given = dims_of(layer["inputs"][0])
    matrices = [dims_of(tensor) for tensor in layer["inputs"][1:]]
    counts = [math.prod(dims) for dims in matrices if dims is not None and len(dims) >= 2]
    counts += [weights["count"] for weights in layer.get("weights") or () if weights["name"] != "bias"]
    if given is None or not counts:
        return None
    return 2 * math.prod(given[:-1]) * sum(counts)


def _of_inputs(operations: int) -> Callable[[dict[str, Any]], int | None]:
    def count(layer: dict[str, Any]) -> int | None:
        found = elements(layer["inputs"][0]) if layer["inputs"] else None
        return None if found is None else operations * found

    return count


def _of_outputs(operations: int) -> Callable[[dict[str, Any]], int | None]:
    def count(layer: dict[str, Any]) -> int | None:
        found = elements(layer["outputs"][0])
        return None if found is None else operations * found

    return count


def _nothing(layer: dict[str, Any]) -> int:
    return 0


@dataclasses.dataclass(frozen=True)
class Formula:
    """The floating-point operations of a kind of layer: ``text`` for readers, ``count`` for a layer."""

    text: str
    count: Callable[[dict[str, Any]], int | None]


_SELECTS = ("gather", "slice")
_MOVES = Formula("0: it only moves elements", _nothing)
_EACH = Formula("1 for each element of the result", _of_outputs(1))

#: By kind of layer. A multiplication with its addition counts as 2. Sources: Sze et al., "Efficient Processing of Deep
#: Neural Networks", Proceedings of the IEEE 105 (2017), section III (convolutions, matrix products); Vaswani et al.,
#: "Attention Is All You Need" (2017), table 1 (attention); Hochreiter, Schmidhuber, "Long Short-Term Memory" (1997)
#: (recurrent layers: products with all weights in each step). The others count the arithmetic of their definition.
FORMULAS: dict[str, Formula] = {
    "convolution": Formula("2 x elements of the result / its channels x elements of the kernel", _convolution),
    "deconvolution": Formula("2 x elements of the input / its channels x elements of the kernel", _deconvolution),
    "matrix_multiply": Formula("2 x elements of the result x inner size", _matrix_multiply),
    "attention": Formula("2 x queries x keys x (size of a query + size of a value)", _attention),
    "recurrent": Formula("2 x steps of all sequences x elements of all weight matrices", _recurrent),
    "softmax": Formula("5 for each element: maximum, difference, exp, sum, quotient", _of_outputs(5)),
    "normalization": Formula("8 for each element: mean (1), variance (3), scaling (4)", _of_outputs(8)),
    "pooling": Formula("1 for each element of the input", _of_inputs(1)),
    "reduce": Formula("1 for each element of the input", _of_inputs(1)),
    "cumulative": Formula("1 for each element of the input", _of_inputs(1)),
    "topk": Formula("1 for each element of the input", _of_inputs(1)),
    "scale": Formula("2 for each element", _of_outputs(2)),
    "quantize": Formula("2 for each element", _of_outputs(2)),
    "dequantize": Formula("2 for each element", _of_outputs(2)),
    "resize": Formula("8 for each element of the result (bilinear)", _of_outputs(8)),
    "grid_sample": Formula("8 for each element of the result (bilinear)", _of_outputs(8)),
    "activation": _EACH,
    "elementwise": _EACH,
    "unary": _EACH,
    "select": _EACH,
    **dict.fromkeys(
        ("shuffle", "concatenation", "slice", "shape", "gather", "cast", "identity", "reformat", "scatter", "non_zero"),
        _MOVES,
    ),
}  # fmt: skip


def operations_of(layer: dict[str, Any]) -> int | None:
    """Returns the floating-point operations of a layer with its epilogue; None if they are not known."""
    formula = FORMULAS.get(layer.get("kind", ""))
    if formula is None or not layer.get("outputs"):
        return None
    try:
        own = formula.count(layer)
    except (IndexError, ValueError, ZeroDivisionError):  # shapes that the formula does not fit
        return None
    each = elements(layer["outputs"][0])
    if own is None or each is None:
        return None
    return own + each * len([name for name in (layer.get("fused") or "").split(", ") if name])


def traffic_of(layer: dict[str, Any]) -> int | None:
    """Returns the bytes that a layer must at least move: each input, weight and output once.

    Of the data that a gather or a slice selects from, only the selected elements count.
    """
    if not layer.get("outputs"):
        return None
    total = 0
    if layer.get("kind") in _SELECTS and layer["inputs"]:  # reads of the data only what it returns
        tensors = (*layer["outputs"][:1], *layer["inputs"][1:], *layer["outputs"])
    else:
        tensors = (*layer["inputs"], *layer["outputs"])
    for tensor in tensors:
        size = bytes_of(tensor)
        if size is None:
            return None
        total += size
    return total + sum(row["count"] * BYTES.get(row["dtype"], 4) for row in layer.get("weights") or ())


@dataclasses.dataclass(frozen=True)
class Machine:
    """Speeds of the machine, measured in this process.

    Attributes:
        device: the device on which they were measured.
        threads: the threads of PyTorch during the measurement.
        gflops: speed of a square matrix product in 10^9 operations a second, by dtype.
        gigabytes: speed of a copy (bytes read and written) in 10^9 bytes a second, by the bytes that it touches.
    """

    device: str
    threads: int
    gflops: dict[str, float]
    gigabytes: dict[int, float]

    def bandwidth(self, touched: int) -> float:
        """Returns bytes a second for data of this size: that of the smallest copy that touches as much."""
        fitting = [size for size in self.gigabytes if size >= touched]
        return self.gigabytes[min(fitting) if fitting else max(self.gigabytes)] * 1e9

    def least_microseconds(self, precision: str, operations: int, touched: int) -> float:
        """Returns the least time that the roofline allows."""
        peak = self.gflops.get(precision) or self.gflops["f32"]
        return max(operations / (peak * 1e9), touched / self.bandwidth(touched)) * 1e6


def _fastest(device: str, run: Callable[[], Any], seconds: float = 0.15) -> float:
    def once() -> float:
        start = time.perf_counter()
        run()
        if device != "cpu":
            torch.cuda.synchronize(device)
        return time.perf_counter() - start

    once()
    times = [once() for _ in range(3)]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        times.append(once())
    return min(times)


def measure_machine(device: str, precisions: set[str]) -> Machine:
    """Measures matrix products and copies on the device; takes about two seconds."""
    size = 768 if device == "cpu" else 4096
    gflops = {}
    for name in ("f32", *sorted(precisions & {"f16", "bf16"})):
        a, b = (torch.rand(size, size).to(_DTYPES[name]).to(device) for _ in range(2))
        out = torch.empty(size, size, dtype=_DTYPES[name], device=device)
        gflops[name] = 2 * size**3 / _fastest(device, lambda a=a, b=b, out=out: torch.mm(a, b, out=out)) / 1e9
    if "i8" in precisions:
        a, b = (torch.randint(-9, 9, (size, size), dtype=torch.int8, device=device) for _ in range(2))
        gflops["i8"] = 2 * size**3 / _fastest(device, lambda: torch._int_mm(a, b)) / 1e9
    gigabytes = {}
    for touched in (1 << 16, 1 << 20, 1 << 24, 1 << 28):
        given = torch.ones(touched // 8, dtype=torch.float32, device=device)
        copy = torch.empty_like(given)
        repeats = max(1, (1 << 20) // touched)

        def run(given: torch.Tensor = given, copy: torch.Tensor = copy, repeats: int = repeats) -> None:
            for _ in range(repeats):
                copy.copy_(given)

        gigabytes[touched] = touched * repeats / _fastest(device, run) / 1e9
    for size in gigabytes:  # the caches of a large copy serve a small one too
        gigabytes[size] = max(speed for other, speed in gigabytes.items() if other >= size)
    return Machine(device, torch.get_num_threads(), gflops, gigabytes)
