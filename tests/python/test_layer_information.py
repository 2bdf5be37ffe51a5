"""get_engine_layer_info: our own fields, and the fields of TensorRT's inspector for other tools."""

from __future__ import annotations

import json

import torch
from torch import nn

import torch_tensorrt


def information(module: nn.Module, *inputs) -> dict:
    script = torch.jit.script(module.eval())
    compiled = torch_tensorrt.compile(script, inputs=list(inputs), device="cpu", require_full_compilation=True)
    return json.loads(compiled.engine.get_engine_layer_info())


def test_two_layers_are_two_entries():
    found = information(nn.Sequential(nn.Linear(10, 10), nn.Linear(10, 10)), torch_tensorrt.Input((2, 10)))
    assert found["Bindings"] == ["input_0", "output_0"]
    assert len(found["Layers"]) == 2
    first, second = found["Layers"]
    assert [tensor["Name"] for tensor in first["Inputs"]] == ["input_0"]
    assert [tensor["Name"] for tensor in second["Outputs"]] == ["output_0"]
    assert second["Inputs"][0]["Name"] == first["Outputs"][0]["Name"]
    assert first["Outputs"][0] == {
        "Name": first["Outputs"][0]["Name"],
        "Dimensions": [2, 10],
        "Format/Datatype": "Row major linear FP32",
    }
    assert first["Weights"] == {"Type": "Float", "Count": 110}
    assert first["TacticName"] and "linear.py" in first["Metadata"]
    assert found["layers"] and found["inputs"]  # our own fields


def test_tensors_have_numbers_and_layers_have_modules_and_weights():
    found = information(nn.Sequential(nn.Linear(10, 4), nn.ReLU(), nn.Conv1d(1, 3, 2)), torch_tensorrt.Input((1, 10)))
    made = [tensor["number"] for layer in found["layers"] for tensor in layer["outputs"]]
    assert made == list(range(len(made)))
    for position, layer in enumerate(found["layers"]):
        before = {tensor["number"] for other in found["layers"][:position] for tensor in other["outputs"]}
        assert {tensor["number"] for tensor in layer["inputs"]} <= before
    product, convolution = (
        next(layer for layer in found["layers"] if layer["kind"] == kind) for kind in ("matrix_multiply", "convolution")
    )
    assert (product["module"], convolution["module"]) == ("0", "2")
    assert {row["name"]: row["count"] for row in convolution["weights"]} == {"kernel": 6, "bias": 3}


def test_settings_are_those_of_the_compilation():
    script = torch.jit.script(nn.Linear(3, 3).eval())
    inputs = [torch_tensorrt.Input((1, 3))]
    compiled = torch_tensorrt.compile(script, inputs=inputs, device="cpu", num_threads=1, precision_overrides=["*=f32"])
    settings = json.loads(compiled.engine.get_engine_layer_info())["settings"]
    assert settings["num_threads"] == 1
    assert settings["precision_overrides"] == ["*=f32"]
    assert settings["enabled_precisions"] == ["f32"]


class Views(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.linear = nn.Conv2d(3, 4, 3), nn.Linear(144, 5)

    def forward(self, x, mask):
        y = torch.relu(self.conv(x)).flatten(1)
        return self.linear(y), y > 0, mask.long()


def test_only_layers_that_run_are_listed_and_they_are_connected():
    spec = torch_tensorrt.Input(min_shape=(1, 3, 8, 8), opt_shape=(2, 3, 8, 8), max_shape=(4, 3, 8, 8))
    found = information(Views(), spec, torch_tensorrt.Input((2,), dtype=torch.bool))
    running = [layer for layer in found["layers"] if layer["tactic"]]
    assert [layer["Name"] for layer in found["Layers"]] == [layer["name"] for layer in running]
    assert found["Bindings"] == ["input_0", "input_1", "output_0", "output_1", "output_2"]
    known = set(found["Bindings"])
    for layer in found["Layers"]:
        for tensor in layer["Inputs"]:
            assert tensor["Name"] in known, f"{tensor} is the result of no layer"
            assert all(size > 0 for size in tensor["Dimensions"])  # at the opt shape
        known |= {tensor["Name"] for tensor in layer["Outputs"]}
    formats = {tensor["Format/Datatype"] for layer in found["Layers"] for tensor in layer["Outputs"]}
    assert {"Row major linear BOOL", "Row major linear Int64 format"} <= formats


class Halves(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2, padding=1)

    def forward(self, x):
        return torch.relu(self.conv(x)) * 0.5


def test_layers_have_their_attributes_and_the_values_of_scalars():
    layers = information(Halves(), torch_tensorrt.Input((1, 3, 8, 8)))["layers"]
    convolution = next(layer for layer in layers if layer["kind"] == "convolution")
    given = convolution["attributes"]
    assert (given["kernel_size"], given["stride"], given["pre_padding"]) == ([3, 3], [2, 2], [1, 1])
    assert given["groups"] == 1 and given["padding_mode"] == "explicit_round_down"
    assert {"name": "relu", "alpha": 0, "beta": 0} in given["epilogue"]
    assert convolution["inputs"][0]["operand"] == 0
    (kernel,) = (row for row in convolution["weights"] if row["name"] == "kernel")
    assert kernel["count"] == 108 and "values" not in kernel
    values = [row["values"] for layer in layers for row in layer["weights"] if row["count"] == 1]
    assert values == [[0.5]]
