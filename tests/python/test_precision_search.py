"""precision_search: layers to keep in float32."""

from __future__ import annotations

import math

import pytest
import torch
from processor import needs_vnni
from test_int8 import INT8, make
from torch import nn

import torch_tensorrt
from torch_tensorrt import _precision_search
from torch_tensorrt._precision_search import _noisiest, _without_needless
from torch_tensorrt._verify import TensorError, Verification
from torch_tensorrt._verify_reference import Engine
from torch_tensorrt.ptq import DataLoaderCalibrator

X = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
CPU = {"inputs": [X], "device": "cpu"}


def small() -> nn.Module:
    torch.manual_seed(0)
    return torch.jit.script(nn.Sequential(nn.Linear(8, 8), nn.ReLU()).eval())


# ---- the search ----------------------------------------------------------------------------------------------------


@needs_vnni
def test_the_search_keeps_few_layers_in_float():
    torch.manual_seed(0)
    module, data = make("pictures")
    with torch.no_grad():  # two channels of very different size: int8 loses the small one
        module[4].first[0].weight[0] *= 300
    expected = module(data[0])

    def metric(candidate) -> float:
        with torch.inference_mode():
            return -((candidate(data[0]) - expected).square().mean() / expected.square().mean()).item()

    loose = torch_tensorrt.precision_search(
        module, data[:2], metric, max_loss=1.0, ir="ts", inputs=[data[0]], device="cpu", enabled_precisions=INT8,
        calibrator=DataLoaderCalibrator(data), require_full_compilation=True,
    )  # fmt: skip
    assert loose.kept == () and loose.trials == 1
    limit = -loose.metric / 4
    tight = torch_tensorrt.precision_search(
        module, data[:2], metric, max_loss=limit, ir="ts", inputs=[data[0]], device="cpu", enabled_precisions=INT8,
        calibrator=DataLoaderCalibrator(data), require_full_compilation=True,
    )  # fmt: skip
    assert tight.kept and tight.trials > 1
    assert tight.reference - tight.metric <= limit
    assert tight.metric == pytest.approx(metric(tight.module))


def test_a_search_that_cannot_succeed_is_an_error():
    module, data = make("features")
    settings = {"ir": "ts", "inputs": [data[0]], "device": "cpu", "enabled_precisions": {torch.float32}}
    with pytest.raises(ValueError, match="max_loss is -1"):
        torch_tensorrt.precision_search(module, data, lambda m: 0.0, max_loss=-1, **settings)
    values = iter(range(0, -100, -1))
    with pytest.raises(ValueError, match="cannot be reached"):
        torch_tensorrt.precision_search(module, data, lambda m: float(next(values)), max_loss=0.5, **settings)


@pytest.mark.parametrize("needed", [set(), {"c"}, {"a", "h"}, set("abcdefgh")])
def test_the_search_returns_the_last_trial_that_holds(needed, monkeypatch):
    def kept(compiled):
        return {entry.removesuffix("=f32") for entry in compiled}

    monkeypatch.setattr(_precision_search, "_compile", lambda _, precision_overrides: precision_overrides)
    monkeypatch.setattr(_precision_search, "verify", lambda *_: Verification((), (), None, 1))
    monkeypatch.setattr(_precision_search, "engines_of", lambda _: [])
    monkeypatch.setattr(_precision_search, "_noisiest", lambda *_: list("abcdefgh"))
    module = small()
    found = torch_tensorrt.precision_search(
        module, [], lambda m: 1.0 if m is module or needed <= kept(m) else 0.0, max_loss=0.5
    )
    assert set(found.kept) == kept(found.module) == needed
    assert found.metric == found.reference == 1.0


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_metrics_may_be_infinite(value):
    found = torch_tensorrt.precision_search(small(), [X], lambda _: value, max_loss=0, **CPU)
    assert found.kept == () and found.metric == value


def test_a_module_without_a_metric_is_refused():
    with pytest.raises(ValueError, match="the metric of the module is nan"):
        torch_tensorrt.precision_search(small(), [X], lambda _: math.nan, max_loss=0, **CPU)


def test_a_search_without_lower_precisions_says_so():
    values = iter([0.0, -1.0])
    with pytest.raises(ValueError, match="and no layer computes in less than float32"):
        torch_tensorrt.precision_search(small(), [X], lambda _: next(values), max_loss=0.5, **CPU)


def test_a_search_without_engines_says_so():
    values = iter([0.0, -1.0])
    settings = {**CPU, "torch_executed_ops": ["aten::linear", "aten::relu"]}
    with pytest.raises(ValueError, match="no layer can be chosen: the compiled module has no engines"):
        torch_tensorrt.precision_search(small(), [X], lambda _: next(values), max_loss=0.5, **settings)


def test_needless_layers_are_dropped():
    needed = {"b", "f"}
    assert _without_needless(list("abcdef"), lambda kept: needed <= set(kept)) == ["b", "f"]
    asked = []
    _without_needless([str(i) for i in range(100)], lambda kept: asked.append(kept) or False)
    assert len(asked) == 16


def test_overrides_are_a_list():
    with pytest.raises(TypeError, match="must be a list"):
        torch_tensorrt.precision_search(small(), [X], lambda _: 0.0, max_loss=0, precision_overrides="*=f32", **CPU)


def trained() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Dropout(0.5)).train()


def is_unchanged(module: nn.Module) -> bool:
    state = trained().state_dict()
    same = all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    return same and all(part.training for part in module.modules())


def test_the_search_leaves_the_mode_and_the_statistics():
    module = trained()
    found = torch_tensorrt.precision_search(
        module, [X], lambda candidate: candidate(X).square().sum().item(), max_loss=1e-3, ir="ts", inputs=[X],
        device="cpu",
    )  # fmt: skip
    assert found.metric == pytest.approx(found.reference)
    assert is_unchanged(module)


# ---- the ranking ---------------------------------------------------------------------------------------------------


def layer(name, inputs, output, precision="f32"):
    tensors = [{"number": number, "dtype": "f32"} for number in inputs]
    return {
        "name": name,
        "kind": "matrix_multiply" if inputs else "input",
        "precision": precision,
        "inputs": tensors,
        "outputs": [{"number": output, "dtype": precision}],
    }


def error(name, noise, engine="engine"):
    sqnr = math.inf if noise == 0 else -10 * math.log10(noise)
    return TensorError(name, name, "", 0.0, 0.0, 1.0, sqnr, 1, engine)


def ranked(errors, layers):
    engine = Engine("engine", 1, {"layers": layers, "backend": "native", "target": {"kind": "cpu"}})
    return _noisiest(Verification((), tuple(errors), None, 1), [engine])


def test_layers_are_ranked_beside_their_inputs():
    # Two branches: b reads the input, not the noisy a before it.
    layers = [layer("x", [], 0), layer("a", [0], 1, "i8"), layer("b", [0], 2, "i8"), layer("c", [1, 2], 3, "i8")]
    errors = [error("a", 0.5), error("b", 0.3), error("c", 0.6)]
    assert ranked(errors, layers) == ["a", "b", "c"]


def test_layers_without_a_row_pass_the_noise_of_their_inputs():
    layers = [layer("x", [], 0), layer("a", [0], 1, "i8"), layer("m", [1], 2), layer("c", [2], 3, "i8")]
    assert ranked([error("a", 0.5), error("c", 0.6)], layers) == ["a", "c"]


def test_layers_in_f32_are_not_ranked():
    layers = [layer("x", [], 0), layer("a", [0], 1), layer("b", [1], 2, "f16"), layer("c", [2], 3)]
    assert ranked([error("a", 0.5), error("b", 0.6), error("c", 0.9)], layers) == ["b"]


def test_constants_do_not_rank_their_readers():
    # The 8-bit weights of b have its name, and follow from nothing.
    weights = layer("b", [], 4, "i8") | {"kind": "constant"}
    layers = [layer("x", [], 0), layer("a", [0], 1, "i8"), weights, layer("b", [1, 4], 2, "i8")]
    assert ranked([error("a", 0.4), error("b", 0.5)], layers) == ["a", "b"]


def test_layers_that_were_not_compared_are_last():
    layers = [layer("x", [], 0), layer("m", [0], 1, "f16"), layer("a", [1], 2, "f16"), layer("s", [2], 3, "f16")]
    layers[3]["kind"] = "shuffle"
    assert ranked([error("a", 0.5)], layers) == ["a", "m"]


def test_the_inputs_of_an_engine_have_the_noise_of_the_one_before():
    def engine(name, layer_name):
        layers = [layer("x", [], 0), layer(layer_name, [0], 1, "i8")]
        return Engine(name, 1, {"layers": layers, "backend": "native", "target": {"kind": "cpu"}})

    errors = (error("a", 0.4, "first"), error("b", 0.5, "second"))
    report = Verification((), errors, None, 1)
    assert _noisiest(report, [engine("first", "a"), engine("second", "b")]) == ["a", "b"]


class Weights(nn.Module):
    """Products of one row, for which 8-bit weights may be faster; one of them loses most by it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(512, 512) for _ in range(3))
        self.last = nn.Linear(512, 4)
        with torch.no_grad():  # the rows have a scale for a large weight, which multiplies 0
            self.layers[0].weight[0], self.layers[0].bias[0] = 0, 0
            self.layers[1].weight[:, 0] = 20

    def forward(self, x):
        for part in self.layers:
            x = torch.tanh(part(x))
        return self.last(x)


def test_the_search_keeps_layers_of_lower_precision_alone():
    torch.manual_seed(0)
    module, x = Weights().eval(), torch.randn(1, 512)
    with torch.no_grad():
        expected = module(x)

    def metric(candidate) -> float:
        with torch.no_grad():
            return -((candidate(x) - expected).norm() / expected.norm()).item()

    settings = {"ir": "ts", "inputs": [x], "device": "cpu", "weight_only": "int8"}
    lossy = metric(torch_tensorrt.compile(module, **settings))
    if lossy > -1e-3:
        pytest.skip("8-bit weights are not faster here")
    found = torch_tensorrt.precision_search(module, [x], metric, max_loss=-lossy / 4, **settings)
    assert 1 <= len(found.kept) < 3
    assert all("aten::linear" in name for name in found.kept) and "layers.1" in found.kept[0]
    assert found.metric == metric(found.module) >= lossy / 4
