"""Layers as operators of ONNX, where one has exactly the layer's meaning."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Container, Sequence
from typing import Any

_FLOATS = ("f32", "f16", "bf16", "f64")


class Mismatch(Exception):
    """No operator of ONNX has the meaning of the layer."""


@dataclasses.dataclass
class Step:
    """An operator. An input that is None is the result of the step before; weights and numbers are further inputs.

    ``weights`` have names, dtypes, dims and, if they are known, values; ``numbers`` have values.
    """

    operator: str
    inputs: Sequence[str | None]
    attributes: dict[str, Any] = dataclasses.field(default_factory=dict)
    domain: str = ""
    weights: Sequence[tuple[Any, ...]] = ()
    numbers: Sequence[tuple[str, str, Sequence[int], Sequence[float]]] = ()


class Layer:
    """A layer of an engine with the names of its inputs."""

    def __init__(
        self, layer: dict[str, Any], inputs: list[tuple[str, dict[str, Any]] | None], unknown: Container[str] = ()
    ) -> None:
        self.kind: str = layer["kind"]
        self.inputs = inputs
        self._unknown = unknown
        self.outputs: list[dict[str, Any]] = layer["outputs"]
        self.attributes: dict[str, Any] = layer.get("attributes") or {}
        self.epilogue: list[dict[str, Any]] = self.attributes.get("epilogue") or []
        self.counts = {row["name"]: row for row in layer.get("weights") or ()}

    @property
    def weights(self) -> list[tuple[Any, ...]]:
        return [(name, row["dtype"], [row["count"]], row.get("values")) for name, row in self.counts.items()]

    @property
    def dtype(self) -> str:
        return str(self.outputs[0]["dtype"])

    def name(self, place: int) -> str:
        given = self.inputs[place] if place < len(self.inputs) else None
        if given is None:
            raise Mismatch
        return given[0]

    def tensor(self, place: int) -> dict[str, Any]:
        given = self.inputs[place] if place < len(self.inputs) else None
        if given is None:
            raise Mismatch
        return given[1]

    def has(self, place: int) -> bool:
        return place < len(self.inputs) and self.inputs[place] is not None

    def rank(self, place: int = 0) -> int:
        return len(self.tensor(place)["dims"])

    def is_unknown(self, place: int) -> bool:
        """Whether the input is a constant whose values are left out."""
        return self.name(place) in self._unknown

    def require(self, condition: object) -> None:
        if not condition:
            raise Mismatch

    def require_one_dtype(self, *places: int) -> None:
        self.require(all(self.tensor(place)["dtype"] == self.dtype for place in places))


def _ones(dims: Sequence[int], count: int, value: int = 1) -> list[int]:
    return list(dims) or [value] * count


def _axes(mask: int) -> list[int]:
    return [axis for axis in range(64) if mask >> axis & 1]


def _convolution(layer: Layer) -> list[Step]:
    given = layer.attributes
    rank = len(given["kernel_size"])
    pads = _ones(given["pre_padding"], rank, 0) + _ones(given["post_padding"], rank, 0)
    layer.require(given["padding_mode"] == "explicit_round_down" and min(pads) >= 0)
    layer.require_one_dtype(0)
    layer.require(layer.dtype in _FLOATS)
    channels, groups, maps = layer.tensor(0)["dims"][1], given["groups"], given["maps"]
    is_plain = layer.kind == "convolution"
    weights = []
    inputs = [layer.name(0)]
    if layer.has(1) and not _is_of_epilogue(layer, 1):
        layer.require_one_dtype(1)
        inputs.append(layer.name(1))
    else:
        dims = [maps, channels // groups] if is_plain else [channels, maps // groups]
        layer.require(channels > 0 and math.prod(dims + given["kernel_size"]) == layer.counts["kernel"]["count"])
        kernel = layer.counts["kernel"]
        weights.append(("kernel", kernel["dtype"], dims + given["kernel_size"], kernel.get("values")))
    if layer.has(2) and not _is_of_epilogue(layer, 2):
        layer.require(not weights)
        layer.require_one_dtype(2)
        inputs.append(layer.name(2))
    elif "bias" in layer.counts:
        bias = layer.counts["bias"]
        weights.append(("bias", bias["dtype"], [maps], bias.get("values")))
    layer.require(all(row[1] == layer.dtype for row in weights))
    attributes = {
        "kernel_shape": given["kernel_size"],
        "strides": _ones(given["stride"], rank),
        "dilations": _ones(given["dilation"], rank),
        "pads": pads,
        "group": groups,
    }
    return [Step("Conv" if is_plain else "ConvTranspose", inputs, attributes, weights=weights)]


def _is_of_epilogue(layer: Layer, place: int) -> bool:
    return any(operation.get("operand") == place for operation in layer.epilogue)


def _matrix_multiply(layer: Layer) -> list[Step]:
    layer.require_one_dtype(0, 1)
    layer.require(layer.dtype in _FLOATS)
    steps: list[Step] = []
    names: list[str | None] = []
    weights = []
    for place in (0, 1):
        operation = layer.attributes[f"op{place}"]
        rank = layer.rank(place)
        if operation == "vector":
            layer.require(rank == 1)
        if operation == "transpose" and place == 1 and layer.is_unknown(1):
            dims = layer.tensor(1)["dims"]  # the values are left out, so the weights may be stored transposed
            weights.append(("weights", layer.dtype, [*dims[:-2], dims[-1], dims[-2]]))
            continue
        names.append(layer.name(place) if operation != "transpose" else None)
        if operation == "transpose":
            order = [*range(rank - 2), rank - 1, rank - 2]
            steps.append(Step("Transpose", [layer.name(place)], {"perm": order}))
    layer.require(len(steps) < 2)
    return [*steps, Step("MatMul", names, weights=weights)]


# alpha and beta by the names of ONNX's attributes
_ACTIVATIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "relu": ("Relu", ()),
    "sigmoid": ("Sigmoid", ()),
    "tanh": ("Tanh", ()),
    "leaky_relu": ("LeakyRelu", ("alpha",)),
    "elu": ("Elu", ("alpha",)),
    "selu": ("Selu", ("alpha", "gamma")),
    "softsign": ("Softsign", ()),
    "hard_sigmoid": ("HardSigmoid", ("alpha", "beta")),
    "thresholded_relu": ("ThresholdedRelu", ("alpha",)),
    "gelu_erf": ("Gelu", ()),
    "gelu_tanh": ("Gelu", ()),
    "hard_swish": ("HardSwish", ()),
    "mish": ("Mish", ()),
}


def _activated(name: str | None, dtype: str, kind: str, alpha: float, beta: float) -> Step:
    if kind == "clip":
        numbers = [("min", dtype, [], [alpha]), ("max", dtype, [], [beta])]
        if dtype not in ("f32", "f64"):
            raise Mismatch
        return Step("Clip", [name], numbers=numbers)
    if kind not in _ACTIVATIONS or dtype not in _FLOATS:
        raise Mismatch
    if kind == "hard_swish" and not (math.isclose(alpha, 1 / 6, rel_tol=1e-6) and beta == 0.5):
        raise Mismatch
    operator, parameters = _ACTIVATIONS[kind]
    attributes: dict[str, Any] = dict(zip(parameters, (float(alpha), float(beta)), strict=False))
    if operator == "Gelu":
        attributes["approximate"] = "tanh" if kind == "gelu_tanh" else "none"
    return Step(operator, [name], attributes)


_ELEMENTWISE = {
    "sum": "Add", "prod": "Mul", "max": "Max", "min": "Min", "sub": "Sub", "pow": "Pow", "and": "And", "or": "Or",
    "xor": "Xor", "equal": "Equal", "greater": "Greater", "less": "Less", "bit_and": "BitwiseAnd",
    "bit_or": "BitwiseOr", "bit_xor": "BitwiseXor", "div": "Div",
}  # fmt: skip
_NUMBERS_ONLY = ("sum", "prod", "sub", "pow", "div", "max", "min")


def _elementwise_operator(operation: str, dtype: str) -> str:
    if operation not in _ELEMENTWISE or (operation == "div" and dtype not in _FLOATS):
        raise Mismatch  # integers round in different ways
    if dtype == "bool" and operation in _NUMBERS_ONLY:
        raise Mismatch
    return _ELEMENTWISE[operation]


def epilogue_step(layer: Layer, operation: dict[str, Any]) -> Step:
    """Returns the operator of an operation that the optimizer fused into the layer."""
    if operation["name"] in ("quantize", "dequantize"):
        raise Mismatch
    if "operand" not in operation:
        return _activated(None, layer.dtype, operation["name"], operation["alpha"], operation["beta"])
    layer.require_one_dtype(operation["operand"])
    other = layer.name(operation["operand"])
    operator = _elementwise_operator(operation["name"], layer.dtype)
    return Step(operator, [other, None] if operation["swapped"] else [None, other])


def _activation(layer: Layer) -> list[Step]:
    given = layer.attributes
    layer.require_one_dtype(0)
    return [_activated(layer.name(0), layer.dtype, given["type"], given["alpha"], given["beta"])]


def _elementwise(layer: Layer) -> list[Step]:
    dtype = layer.tensor(0)["dtype"]
    layer.require(layer.tensor(1)["dtype"] == dtype)
    operation = layer.attributes["op"]
    operator = _elementwise_operator(operation, dtype)
    layer.require(dtype != "bool" or operation in ("and", "or", "xor", "equal"))
    return [Step(operator, [layer.name(0), layer.name(1)])]


_UNARY = {
    "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "recip": "Reciprocal", "abs": "Abs", "neg": "Neg", "sin": "Sin",
    "cos": "Cos", "tan": "Tan", "sinh": "Sinh", "cosh": "Cosh", "asin": "Asin", "acos": "Acos", "atan": "Atan",
    "asinh": "Asinh", "acosh": "Acosh", "atanh": "Atanh", "ceil": "Ceil", "floor": "Floor", "erf": "Erf", "not": "Not",
    "sign": "Sign", "round": "Round", "isinf": "IsInf", "isnan": "IsNaN",
}  # fmt: skip


def _unary(layer: Layer) -> list[Step]:
    operation, dtype = layer.attributes["op"], layer.tensor(0)["dtype"]
    layer.require(operation in _UNARY)
    layer.require(dtype in _FLOATS or operation in ("abs", "neg", "sign", "not"))
    return [Step(_UNARY[operation], [layer.name(0)])]


def _softmax(layer: Layer) -> list[Step]:
    axes = _axes(layer.attributes["axes"])
    layer.require(len(axes) == 1)
    layer.require_one_dtype(0)
    return [Step("LogSoftmax" if layer.attributes["log"] else "Softmax", [layer.name(0)], {"axis": axes[0]})]


def _shuffle(layer: Layer) -> list[Step]:
    given = layer.attributes
    layer.require(not layer.has(1))
    steps: list[Step] = []

    def add(operator: str, **fields: Any) -> None:
        steps.append(Step(operator, [None if steps else layer.name(0)], **fields))

    def transpose(order: list[int], rank: int) -> None:
        kept = order[:rank] + list(range(len(order), rank))
        if kept != list(range(rank)):
            add("Transpose", attributes={"perm": kept})

    transpose(given["first_transpose"], layer.rank())
    rank = layer.rank()
    if given["has_reshape"]:
        dims = given["reshape"]
        rank = len(dims)
        attributes = {"allowzero": int(not given["zero_is_placeholder"])}
        layer.require(not (attributes["allowzero"] and -1 in dims and 0 in dims))
        add("Reshape", attributes=attributes, numbers=[("shape", "i64", [rank], dims)])
    transpose(given["second_transpose"], rank)
    return steps or [Step("Identity", [layer.name(0)])]


def _concatenation(layer: Layer) -> list[Step]:
    names = [layer.name(place) for place in range(len(layer.inputs))]
    return [Step("Concat", names, {"axis": layer.attributes["axis"]})]


def _slice(layer: Layer) -> list[Step]:
    given = layer.attributes
    layer.require(len(layer.inputs) == 1 and given["mode"] == "strict_bounds")
    start, size, stride = given["start"], given["size"], given["stride"]
    layer.require(min([*start, 0]) >= 0 and min([*size, 1]) >= 1 and min([*stride, 1]) >= 1)
    ends = [first + (count - 1) * step + 1 for first, count, step in zip(start, size, stride, strict=True)]
    count = [len(start)]
    numbers = [
        ("starts", "i64", count, start),
        ("ends", "i64", count, ends),
        ("axes", "i64", count, list(range(len(start)))),
        ("steps", "i64", count, stride),
    ]
    return [Step("Slice", [layer.name(0)], numbers=numbers)]


def _shape(layer: Layer) -> list[Step]:
    layer.require(layer.dtype == "i64")
    return [Step("Shape", [layer.name(0)])]


def _gather(layer: Layer) -> list[Step]:
    given = layer.attributes
    layer.require(given["elementwise_dims"] == 0 or given["mode"] == "nd")
    names = [layer.name(0), layer.name(1)]
    if given["mode"] == "nd":
        layer.require(layer.tensor(1)["dtype"] == "i64")
        return [Step("GatherND", names, {"batch_dims": given["elementwise_dims"]})]
    return [Step("Gather" if given["mode"] == "default" else "GatherElements", names, {"axis": given["axis"]})]


def _select(layer: Layer) -> list[Step]:
    layer.require_one_dtype(1, 2)
    return [Step("Where", [layer.name(0), layer.name(1), layer.name(2)])]


_NUMBERS = {"f32": 1, "u8": 2, "i8": 3, "i16": 5, "i32": 6, "i64": 7, "bool": 9, "f16": 10, "f64": 11, "bf16": 16}


def _cast(layer: Layer) -> list[Step]:
    layer.require(layer.dtype in _NUMBERS)  # of TensorProto.DataType
    return [Step("Cast", [layer.name(0)], {"to": _NUMBERS[layer.dtype]})]


def _identity(layer: Layer) -> list[Step]:
    return [Step("Identity", [layer.name(0)])]


def _normalization(layer: Layer) -> list[Step]:
    given = layer.attributes
    axes, rank = _axes(given["axes"]), layer.rank()
    layer.require(axes == list(range(rank - len(axes), rank)) and axes)
    layer.require(not given["rms"] and given["groups"] == 1 and given["has_scale"])
    count = 1 + given["has_scale"] + given["has_bias"]
    layer.require_one_dtype(*range(count))
    names = [layer.name(place) for place in range(count)]
    return [Step("LayerNormalization", names, {"axis": axes[0], "epsilon": float(given["epsilon"])})]


def _pooling(layer: Layer) -> list[Step]:
    given = layer.attributes
    window = given["window"]
    layer.require(layer.rank() == len(window) + 2 and layer.dtype in _FLOATS)
    layer.require(given["padding_mode"].startswith("explicit") and given["type"] in ("max", "average"))
    pads = _ones(given["pre_padding"], len(window), 0) + _ones(given["post_padding"], len(window), 0)
    layer.require(min(pads) >= 0)
    attributes = {
        "kernel_shape": window,
        "strides": given["stride"] or window,
        "pads": pads,
        "dilations": _ones(given["dilation"], len(window)),
        "ceil_mode": int(given["padding_mode"] == "explicit_round_up"),
    }
    if given["type"] == "max":
        layer.require(len(layer.outputs) == 1)
        return [Step("MaxPool", [layer.name(0)], attributes)]
    layer.require(given["divisor"] == 0)
    attributes["count_include_pad"] = int(not given["average_excludes_padding"])
    return [Step("AveragePool", [layer.name(0)], attributes)]


_REDUCE = {"sum": "ReduceSum", "prod": "ReduceProd", "max": "ReduceMax", "min": "ReduceMin", "avg": "ReduceMean"}


def _reduce(layer: Layer) -> list[Step]:
    given = layer.attributes
    axes = _axes(given["axes"])
    layer.require(given["op"] in _REDUCE and axes and layer.dtype in (*_FLOATS, "i32", "i64"))
    layer.require_one_dtype(0)
    numbers = [("axes", "i64", [len(axes)], axes)]
    return [Step(_REDUCE[given["op"]], [layer.name(0)], {"keepdims": int(given["keep_dims"])}, numbers=numbers)]


def _topk(layer: Layer) -> list[Step]:
    given = layer.attributes
    axes = _axes(given["axes"])
    layer.require(len(axes) == 1 and not layer.has(1) and layer.outputs[1]["dtype"] == "i64")
    attributes = {"axis": axes[0], "largest": int(given["op"] == "max"), "sorted": 1}
    return [Step("TopK", [layer.name(0)], attributes, numbers=[("k", "i64", [1], [given["k"]])])]


def _cumulative(layer: Layer) -> list[Step]:
    given = layer.attributes
    layer.require(given["op"] == "sum" and layer.dtype in (*_FLOATS, "i32", "i64"))
    layer.require_one_dtype(0)
    return [Step("CumSum", [layer.name(0)], numbers=[("axis", "i64", [], [given["axis"]])])]


#: By kind of layer. A rule raises Mismatch for a layer that it does not fit.
RULES: dict[str, Callable[[Layer], list[Step]]] = {
    "convolution": _convolution,
    "deconvolution": _convolution,
    "matrix_multiply": _matrix_multiply,
    "activation": _activation,
    "elementwise": _elementwise,
    "unary": _unary,
    "softmax": _softmax,
    "shuffle": _shuffle,
    "concatenation": _concatenation,
    "slice": _slice,
    "shape": _shape,
    "gather": _gather,
    "select": _select,
    "cast": _cast,
    "identity": _identity,
    "normalization": _normalization,
    "pooling": _pooling,
    "reduce": _reduce,
    "topk": _topk,
    "cumulative": _cumulative,
}
