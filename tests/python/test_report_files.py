"""Files of a report for other programs: traces, ONNX models, and the files of trt-engine-explorer."""

from __future__ import annotations

import copy
import dataclasses
import json

import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from torch import nn
from torch.nn import functional
from trace_format import check_trace

import torch_tensorrt


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.norm, self.conv = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 3, padding=1)
        self.layer_norm, self.head = nn.LayerNorm(16), nn.Linear(16, 10)

    def forward(self, x):
        y = torch.relu(self.norm(self.stem(x)))
        y = torch.relu(y + self.conv(y))
        y = y + torch.bernoulli(torch.full_like(y, 0.5))
        y = functional.max_pool2d(y, 2).flatten(2)
        return functional.gelu(self.head(self.layer_norm(y))).softmax(-1)


@pytest.fixture(scope="module")
def report():
    script = torch.jit.script(Net().eval())
    inputs = [torch.rand(2, 3, 10, 10)]
    compiled = torch_tensorrt.compile(script, inputs=inputs, device="cpu", min_block_size=1)
    return torch_tensorrt.report(compiled, inputs)


# ---- traces ------------------------------------------------------------------------------------------------------


def test_a_trace_has_an_event_for_each_measured_part(report, tmp_path):
    report.save_trace(tmp_path / "trace.json")
    trace = json.loads((tmp_path / "trace.json").read_text())
    check_trace(trace)
    events = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    (call,) = (event for event in events if event["cat"] == "call")
    assert call["name"] == "call of forward"
    assert call["args"]["measured us"] == pytest.approx(report.times.total, abs=1e-3)
    layers = [event for event in events if event["cat"] == "layer"]
    assert len(layers) == sum(len(engine.layers) for engine in report.engines)
    assert [event["name"] for event in events if event["cat"] == "operator"].count("aten::bernoulli") == 1
    convolution = next(event for event in layers if event["args"].get("module") == "conv")
    expected = next(layer for engine in report.engines for layer in engine.layers if layer.module == "conv")
    told = convolution["args"]
    assert convolution["dur"] == pytest.approx(expected.microseconds, abs=1e-3)
    assert told["tactic"] == expected.tactic and told["dtype"] == "f32" and "relu" in told["fused"]
    assert told["inputs"].startswith("f32 2x8x8x8") and told["outputs"] == "f32 2x8x8x8"
    assert told["operations"] == expected.operations and told["bytes"] == expected.bytes
    assert told["share of the roofline"] == pytest.approx(expected.share, abs=1e-3)
    assert told["operator"] == "aten::conv2d" or "conv" in told["operator"]
    counters = [event for event in trace["traceEvents"] if event["ph"] == "C"]
    assert max(event["args"]["arena"] for event in counters) == max(max(e.memory.live_bytes) for e in report.engines)


def test_a_trace_needs_times(report, tmp_path):
    with pytest.raises(ValueError, match="no times for a trace"):
        dataclasses.replace(report, times=None).save_trace(tmp_path / "trace.json")
    assert not (tmp_path / "trace.json").exists()


# ---- ONNX --------------------------------------------------------------------------------------------------------


def with_typed_weights(model):
    """Weights without values as inputs: ONNX infers types and shapes of operators that read dense tensors only."""
    model = copy.deepcopy(model)
    for weights in model.graph.sparse_initializer:
        name, dtype = weights.values.name, weights.values.data_type
        model.graph.input.append(onnx.helper.make_tensor_value_info(name, dtype, list(weights.dims)))
    del model.graph.sparse_initializer[:]
    return model


def models_of(report, folder):
    paths = report.save_onnx(folder)
    assert [path.name for path in paths] == [f"engine_{number}.onnx" for number in range(len(report.engines))]
    models = [onnx.load(path) for path in paths]
    for model in models:
        onnx.checker.check_model(model)
        onnx.checker.check_model(with_typed_weights(model), full_check=True)
    return models


def test_networks_as_onnx(report, tmp_path):
    models = models_of(report, tmp_path / "new" / "folder")
    nodes = [node for model in models for node in model.graph.node]
    kinds = {(node.domain, node.op_type) for node in nodes}
    assert {("", "Conv"), ("", "Relu"), ("", "Add"), ("", "MatMul"), ("", "LayerNormalization"), ("", "Gelu")} <= kinds
    assert {op_type for domain, op_type in kinds if domain} <= {"reformat"}
    node = next(node for node in nodes if node.op_type == "LayerNormalization")
    told = {row.key: row.value for row in node.metadata_props}
    assert told["module"] == "layer_norm" and told["tactic"] and float(told["microseconds"]) > 0
    weights = {row.values.name: list(row.dims) for model in models for row in model.graph.sparse_initializer}
    assert all(not row.values.raw_data for model in models for row in model.graph.sparse_initializer)
    assert "left out" in models[0].doc_string
    kernels = [weights[node.input[1]] for node in nodes if node.op_type == "Conv"]  # not what is added to the result
    assert sorted(kernels) == [[8, 3, 3, 3], [8, 8, 3, 3]]


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 6)

    def forward(self, x):
        return self.lstm(x)[0]


def test_layers_that_onnx_lacks_have_a_domain_of_their_own(tmp_path):
    script = torch.jit.script(Recurrent().eval())
    compiled = torch_tensorrt.compile(script, inputs=[torch.rand(5, 2, 8)], device="cpu")
    (model,) = models_of(compiled.report, tmp_path)
    node = next(node for node in model.graph.node if node.op_type == "recurrent")
    attributes = {row.name: onnx.helper.get_attribute_value(row) for row in node.attribute}
    assert node.domain == "torch_tensorrt" and {row.domain for row in model.opset_import} == {"", "torch_tensorrt"}
    assert attributes["cell"] == b"lstm" and attributes["hidden_size"] == 6 and attributes["reverse"] == 0
    assert [name for name in node.input if name.endswith("input_weights")]
    dtypes = {row.name: row.type.tensor_type.elem_type for row in (*model.graph.value_info, *model.graph.output)}
    assert all(dtypes[name] == onnx.TensorProto.FLOAT for name in node.output)


class reformat(OpRun):  # noqa: N801 - the name of the operator
    """The layer that changes the order of elements in memory; their values stay."""

    op_domain = "torch_tensorrt"

    def _run(self, x, **_):
        return (x.copy(),)


class Pointwise(nn.Module):
    def forward(self, x, y):
        a = functional.leaky_relu(x, 0.2) + functional.elu(y) * functional.hardswish(x)
        b = torch.where(x > y, a, functional.gelu(x, approximate="tanh")).clamp(-0.5, 2.0)
        return b.abs().sqrt() / (y.exp() + 1.0), torch.maximum(x, y).sub(functional.mish(y)).pow(2.0)


class Moves(nn.Module):
    def forward(self, x, y):
        a = torch.cat([x, y], 1).transpose(1, 2).reshape(2, -1)
        return a, x[:, 1:4, ::2].permute(2, 0, 1).contiguous() * 2.0, x.flatten(1).cumsum(1)


class Reductions(nn.Module):
    def forward(self, x, y):
        return x.mean([1, 2]), y.amax(1, keepdim=True), x.sum(2).log_softmax(1), y.softmax(1).prod(2)


class Products(nn.Module):
    def forward(self, x, y):
        return torch.relu(torch.matmul(x, y.transpose(1, 2)) + 1.0), functional.conv1d(x, y[:, :4, :3], padding=1)


class Pools(nn.Module):
    def forward(self, x, y):
        a = functional.max_pool1d(x, 3, 2, 1) + 1.0
        return a, functional.avg_pool1d(y, 2, 2, 1) * 2.0, functional.avg_pool1d(y, 3, 2, 1, count_include_pad=False)


@pytest.mark.parametrize("module", [Pointwise, Moves, Reductions, Products, Pools], ids=lambda module: module.__name__)
def test_operators_of_onnx_compute_what_the_module_computes(module, tmp_path):
    """The models here have no weights, so ONNX's own reference can run them."""
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(2, 4, 6, generator=generator) for _ in range(2))
    script = torch.jit.script(module().eval())
    compiled = torch_tensorrt.compile(script, inputs=[x, y], device="cpu")
    (model,) = models_of(compiled.report, tmp_path)
    assert {node.op_type for node in model.graph.node if node.domain} <= {"reformat"}
    expected = script(x, y)
    found = ReferenceEvaluator(model, new_ops=[reformat]).run(None, {"input_0": x.numpy(), "input_1": y.numpy()})
    assert len(found) == len(expected)
    by_name = dict(zip([row.name for row in model.graph.output], found, strict=True))
    for number, want in enumerate(expected):
        torch.testing.assert_close(torch.from_numpy(by_name[f"output_{number}"]), want, rtol=1e-5, atol=1e-5)


def test_onnx_needs_connections(report, tmp_path):
    engines = tuple(dataclasses.replace(engine, information={}) for engine in report.engines)
    with pytest.raises(ValueError, match="which layer reads which tensor"):
        dataclasses.replace(report, engines=engines).save_onnx(tmp_path / "none")
    assert not (tmp_path / "none").exists()


# ---- trt-engine-explorer -----------------------------------------------------------------------------------------


def test_files_of_the_explorer(report, tmp_path):
    """The keys that trex.EnginePlan reads."""
    paths = report.save_trex(tmp_path)
    assert len(paths) == 4 * len(report.engines)
    for number, engine in enumerate(report.engines):

        def read(kind, number=number):
            return json.loads((tmp_path / f"engine_{number}.{kind}.json").read_text())

        graph, profile = read("graph"), read("profile")
        assert len(graph["Layers"]) == len(engine.layers) and graph["Bindings"]
        for layer in graph["Layers"]:
            assert {"Name", "LayerType", "ParameterType", "Inputs", "Outputs", "TacticName"} <= set(layer)
            for tensor in (*layer["Inputs"], *layer["Outputs"]):
                assert {"Name", "Dimensions", "Format/Datatype"} <= set(tensor)
        records = [row for row in profile if len(row) in (4, 5)]
        assert [row["name"] for row in records] == [layer["Name"] for layer in graph["Layers"]]
        assert sum(row["percentage"] for row in records) == pytest.approx(100)
        assert sum(row["averageMs"] for row in records) == pytest.approx(engine.microseconds / 1000)
        assert all({"timeMs", "averageMs", "medianMs"} <= set(row) for row in records)
        assert set(read("build.metadata")) == {"model_options", "build_options"}
        assert set(read("profile.metadata")) == {"device_information", "performance_summary"}
    layers = [layer for n in range(len(report.engines)) for layer in json.loads(paths[4 * n].read_text())["Layers"]]
    convolution = next(layer for layer in layers if layer["ParameterType"] == "Convolution" and layer["HasReLU"])
    assert convolution["Kernel"] == [3, 3] and convolution["Groups"] == 1 and convolution["OutMaps"] == 8
    pooling = next(layer for layer in layers if layer["ParameterType"] == "Pooling")
    assert pooling["WindowSize"] == [2, 2] and pooling["PoolingType"] == "max"


def test_the_explorer_without_times_has_no_profile(tmp_path):
    script = torch.jit.script(nn.Sequential(nn.Linear(4, 4), nn.Tanh()).eval())
    compiled = torch_tensorrt.compile(script, inputs=[torch.rand(1, 4)], device="cpu")
    names = {path.name for path in compiled.report.save_trex(tmp_path)}
    assert names == {"engine_0.graph.json", "engine_0.build.metadata.json", "engine_0.profile.metadata.json"}
