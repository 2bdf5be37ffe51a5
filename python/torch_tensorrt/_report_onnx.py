"""The networks of a report's engines as ONNX models for viewers such as Netron: the structure, without the weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from torch_tensorrt._report_onnx_rules import RULES, Layer, Mismatch, Step, epilogue_step
from torch_tensorrt._version import __version__

if TYPE_CHECKING:
    import onnx

    from torch_tensorrt._report import ReportedEngine

Weights = tuple[str, list[int], "list[float] | None"]

DOMAIN = "torch_tensorrt"
_OPSET, _IR = 22, 10
_TYPES = {
    "f32": "FLOAT", "f16": "FLOAT16", "bf16": "BFLOAT16", "f64": "DOUBLE", "i8": "INT8", "u8": "UINT8",
    "i16": "INT16", "i32": "INT32", "i64": "INT64", "bool": "BOOL", "i4": "INT4", "f8": "FLOAT8E4M3FN",
}  # fmt: skip
_NOTE = (
    "The structure of an engine, for viewers. The values of weights are left out, but for those of at most 16 numbers: "
    "each other weight is a sparse tensor without elements. Layers that ONNX has no operator for are in the domain "
    "torch_tensorrt."
)


def load_library() -> Any:
    """Returns the package onnx.

    Raises:
        ImportError: it is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise ImportError("an ONNX export needs the package onnx: pip install onnx") from error
    return onnx


def is_connected(engine: ReportedEngine) -> bool:
    """Whether the engine tells which layer reads which tensor."""
    tensors = [tensor for layer in engine.information.get("layers") or () for tensor in layer.get("outputs") or ()]
    return bool(tensors) and all("number" in tensor for tensor in tensors)


class _Model:
    def __init__(self, engine: ReportedEngine) -> None:
        self.onnx = load_library()
        self.engine = engine
        self.information = engine.information
        self.bindings = {tensor["name"] for tensor in engine.information["outputs"]}
        self.names: dict[int, str] = {}
        self.taken: set[str] = set()
        self.nodes: list[Any] = []
        self.dense: list[Any] = []
        self.sparse: list[Any] = []
        self.values: list[Any] = []
        self.constants: dict[str, Weights] = {}  # names with dtypes, dims and values
        self.used: set[str] = set()  # of the constants
        self.reported = {layer.number: layer for layer in engine.layers}

    def unique(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self.taken:
            count += 1
            name = f"{wanted}_{count}"
        self.taken.add(name)
        return name

    def type_of(self, dtype: str) -> int:
        return int(getattr(self.onnx.TensorProto, _TYPES.get(dtype, "UNDEFINED")))

    def value(self, name: str, tensor: dict[str, Any]) -> Any:
        dims = [None if size < 0 else size for size in tensor["dims"]]
        return self.onnx.helper.make_tensor_value_info(name, self.type_of(tensor["dtype"]), dims)

    def weights(self, name: str, dtype: str, dims: Sequence[int], given: Sequence[float] | None = None) -> str:
        """Adds weights, of which a viewer needs dtype and dims, and returns their name."""
        helper = self.onnx.helper
        if given is not None or not dims or 0 in dims:  # a sparse tensor has at least one dim, and none of size 0
            known = list(given or ()) or [0] * math.prod(dims)
            self.dense.append(helper.make_tensor(name, self.type_of(dtype), list(dims), _typed(dtype, known)))
            return name
        values = helper.make_tensor(name, self.type_of(dtype), [0], [])
        places = helper.make_tensor(f"{name} indices", self.onnx.TensorProto.INT64, [0], [])
        self.sparse.append(helper.make_sparse_tensor(values, places, list(dims)))
        return name

    def numbers(self, wanted: str, dtype: str, dims: Sequence[int], values: Sequence[float]) -> str:
        """Adds a constant whose values are known."""
        name = self.unique(wanted)
        self.dense.append(self.onnx.helper.make_tensor(name, self.type_of(dtype), list(dims), _typed(dtype, values)))
        return name

    def add(self, number: int, layer: dict[str, Any]) -> None:
        kind = layer["kind"]
        outputs = layer["outputs"]
        for tensor in outputs:
            self.names[tensor["number"]] = self.unique(tensor["name"] or f"tensor {tensor['number']}")
        if kind == "input":
            return
        if kind == "constant":
            self._constant(self.names[outputs[0]["number"]], layer)
            return
        given = Layer(layer, self._inputs(layer), {name for name, row in self.constants.items() if row[2] is None})
        try:
            steps = [*RULES[kind](given)] if kind in RULES else [self._own(given)]
            steps += [epilogue_step(given, operation) for operation in given.epilogue] if kind in RULES else []
        except Mismatch:
            steps = [self._own(given)]
        self._write(number, given, steps)

    def _constant(self, name: str, layer: dict[str, Any]) -> None:
        tensor = layer["outputs"][0]
        values = next((row.get("values") for row in layer.get("weights") or ()), None)
        weights = tensor["dtype"], tensor["dims"], values
        if tensor["name"] not in self.bindings:
            self.constants[name] = weights
            return
        value = self.weights(self.unique(f"{name} value"), *weights)
        # An output of a graph must be the output of a node.
        self.nodes.append(self.onnx.helper.make_node("Identity", [value], [name], f"constant {name}"))

    def _inputs(self, layer: dict[str, Any]) -> list[tuple[str, dict[str, Any]] | None]:
        """Names and types of the inputs at their places; None for those that the layer does not have."""
        count = 1 + max((tensor["operand"] for tensor in layer["inputs"]), default=-1)
        found: list[tuple[str, dict[str, Any]] | None] = [None] * count
        for tensor in layer["inputs"]:
            found[tensor["operand"]] = (self.names[tensor["number"]], tensor)
        return found

    def _own(self, layer: Layer) -> Step:
        """A layer without an equal operator of ONNX."""
        attributes: dict[str, Any] = {}
        for name, value in layer.attributes.items():
            if name == "epilogue":
                value = [operation["name"] for operation in value]
            if isinstance(value, bool):
                value = int(value)
            if value not in ([], None, ""):
                attributes[name] = value
        inputs = [("" if given is None else given[0]) for given in layer.inputs]
        return Step(layer.kind, inputs, attributes, DOMAIN, weights=layer.weights)

    def _write(self, number: int, layer: Layer, steps: list[Step]) -> None:
        helper = self.onnx.helper
        outputs = [self.names[tensor["number"]] for tensor in layer.outputs]
        reported = self.reported.get(number)
        module = reported.module if reported is not None else ""
        title = f"{number} {layer.kind}" + (f" {module}" if module else "")
        before = ""
        for place, step in enumerate(steps):
            is_last = place == len(steps) - 1
            results = outputs if is_last else [self.unique(f"{outputs[0]} before {steps[place + 1].operator}")]
            inputs = [before if name is None else name for name in step.inputs]
            for name in inputs:
                if name in self.constants and name not in self.used:
                    self.weights(name, *self.constants[name])
                    self.used.add(name)
            for wanted, *weights in step.weights:
                inputs.append(self.weights(self.unique(f"{title} {wanted}"), *weights))
            for wanted, dtype, dims, values in step.numbers:
                inputs.append(self.numbers(f"{title} {wanted}", dtype, dims, values))
            while inputs and not inputs[-1]:
                inputs.pop()
            name = title if place == 0 else f"{title}, {step.operator}"
            node = helper.make_node(
                step.operator, inputs, results, name, domain=step.domain, **_without_none(step.attributes)
            )
            self._describe(node, number)
            self.nodes.append(node)
            before = results[0]
        for name, tensor in zip(outputs, layer.outputs, strict=True):
            if tensor["name"] not in self.bindings:
                self.values.append(self.value(name, tensor))

    def _describe(self, node: Any, number: int) -> None:
        layer = self.reported.get(number)
        if layer is None:
            return
        rows = {
            "tactic": layer.tactic,
            "module": layer.module,
            "operator": layer.operator,
            "fused": ", ".join(layer.fused),
            "source": layer.source,
            "format": layer.format,
            "microseconds": "" if layer.microseconds is None else f"{layer.microseconds:.3f}",
            "microseconds when built": f"{layer.build_microseconds:.3f}",
        }
        for key, value in rows.items():
            if value:
                node.metadata_props.add(key=key, value=value)

    def finish(self) -> onnx.ModelProto:
        helper = self.onnx.helper
        for number, layer in enumerate(self.information["layers"]):
            self.add(number, layer)
        inputs = [self.value(tensor["name"], tensor) for tensor in self.information["inputs"]]
        outputs = [self.value(tensor["name"], tensor) for tensor in self.information["outputs"]]
        graph = helper.make_graph(
            self.nodes, self.engine.name, inputs, outputs, self.dense, _NOTE, self.values, self.sparse
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(DOMAIN, 1)]
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=_IR, producer_name="torch_tensorrt", producer_version=__version__
        )
        model.doc_string = _NOTE
        for key, value in (("backend", self.engine.backend), ("device", self.engine.device), ("weights", "left out")):
            model.metadata_props.add(key=key, value=value)
        return model


def _typed(dtype: str, values: Sequence[float]) -> list[Any]:
    kind = float if dtype in ("f32", "f64", "f16", "bf16") else bool if dtype == "bool" else int
    return [kind(value) for value in values]


def _without_none(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}


def model_of(engine: ReportedEngine) -> onnx.ModelProto:
    """Returns the network of an engine that is connected (:func:`is_connected`)."""
    return _Model(engine).finish()
