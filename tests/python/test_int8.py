"""Post-training quantization on a CPU: calibration, its file, and engines that compute in int8."""

from __future__ import annotations

import json
import warnings

import pytest
import torch
from processor import needs_vnni
from torch import nn

import torch_tensorrt
from torch_tensorrt.ptq import CacheCalibrator, CalibrationAlgo, DataLoaderCalibrator

INT8 = {torch.float32, torch.int8}


class Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        return torch.relu(self.second(torch.relu(self.first(x))) + x)


def pictures() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), Block(64), Block(64),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip


def features() -> nn.Module:
    return nn.Sequential(nn.Linear(96, 256), nn.GELU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))


class Branches(nn.Module):
    """A concatenation of tensors with different ranges."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(16, 64, 3, padding=1), nn.Conv2d(16, 64, 1)
        self.c, self.d = nn.Conv2d(128, 64, 3, padding=1), nn.Conv2d(64, 8, 1)

    def forward(self, x):
        joined = torch.cat([self.a(x).relu(), self.b(x).relu() * 4], 1)
        return self.d(self.c(joined).relu()).mean((2, 3))


class Gate(nn.Module):
    """Squeeze and excitation: a tensor times a number for each of its channels, which follows from their averages."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(16, 64, 3, padding=1), nn.Conv2d(64, 64, 3, padding=1, groups=64)
        self.squeeze, self.excite = nn.Conv2d(64, 16, 1), nn.Conv2d(16, 64, 1)
        self.c, self.d = nn.Conv2d(64, 32, 1), nn.Conv2d(32, 8, 1)

    def forward(self, x):
        x = nn.functional.hardswish(self.b(self.a(x).relu()))
        gate = self.excite(self.squeeze(x.mean((2, 3), keepdim=True)).relu()).sigmoid()
        return self.d(self.c(x * gate).relu())


class Sums(nn.Module):
    """A sum of an average and a maximum, which no convolution adds."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(16, 64, 3, padding=1), nn.Conv2d(64, 64, 3, padding=1)
        self.c, self.d = nn.Conv2d(64, 64, 3, padding=1), nn.Conv2d(64, 8, 1)

    def forward(self, x):
        x = self.a(x).relu()
        y = nn.functional.avg_pool2d(self.b(x).relu(), 2)
        return self.d(self.c((y + nn.functional.max_pool2d(x, 2)).relu()).relu())


class Unnamed(nn.Module):
    """Values without names of the user, and weights that PyTorch computes with before they are read."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(96, 96) for _ in range(3)])
        self.matrix = nn.Parameter(torch.randn(96, 96) / 10)

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return ((x @ self.matrix.t()).relu() @ (self.matrix * 2)).relu().sum(-1)


MODELS = {
    "unnamed": (Unnamed, (64, 96)),
    "pictures": (pictures, (2, 3, 32, 32)),
    "features": (features, (64, 96)),
    "branches": (Branches, (2, 16, 24, 24)),
    "gate": (Gate, (2, 16, 24, 24)),
    "sums": (Sums, (2, 16, 24, 24)),
}


def make(name: str, seed: int = 0):
    torch.manual_seed(seed)
    model, shape = MODELS[name]
    module = model().eval()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(), part.running_var.uniform_(0.5, 2)
    return module, [torch.randn(shape) for _ in range(6)]


def build(module, data, calibrator, **settings):
    settings = {"device": "cpu", "enabled_precisions": INT8, "require_full_compilation": True, **settings}
    return torch_tensorrt.compile(module, ir="ts", inputs=[data[0]], calibrator=calibrator, **settings)


def integer_layers(compiled) -> int:
    return sum("dequantize" in str(layer) for layer in json.loads(compiled.engine.get_engine_layer_info())["Layers"])


def notes(compiled) -> str:
    return "\n".join(json.loads(compiled.engine.get_engine_layer_info())["notes"])


def build_in_int8(module, data, calibrator, **settings):
    """Builds until some layer computes in int8: the times that decide vary on a busy machine."""
    for _ in range(4):
        compiled = build(module, data, calibrator, **settings)
        if integer_layers(compiled):
            return compiled
    return pytest.skip(f"int8 was not faster here: {notes(compiled)}")


def relative_error(module, compiled, x) -> float:
    """The root of the mean square of the difference, beside that of the result."""
    with torch.inference_mode():
        expected, got = module(x), compiled(x)
    return ((got - expected).square().mean() / expected.square().mean()).sqrt().item()


@needs_vnni
@pytest.mark.parametrize("name", ["pictures", "features", "branches", "gate", "sums"])
@pytest.mark.parametrize("algorithm", CalibrationAlgo)
def test_results_are_close(name, algorithm):
    module, data = make(name)
    compiled = build_in_int8(module, data, DataLoaderCalibrator(data, algo_type=algorithm))
    assert compiled(data[0]).dtype == torch.float32
    # A step is 1/127 of the range, its root mean square error 0.29 steps; a range is some 4 times the root mean square
    # of its numbers. Each of at most 6 layers in a row rounds its input and its weights: sqrt(12) * 0.29 / 127 * 4.
    bound = 12**0.5 * 0.29 / 127 * 4
    # The algorithms of entropy clip on purpose.
    assert relative_error(module, compiled, data[0]) < bound * (
        1 if algorithm == CalibrationAlgo.MINMAX_CALIBRATION else 4
    )


# Averages and sums between convolutions count, too.
COUNTS = {"pictures": 5, "features": 2, "branches": 4, "unnamed": 5, "gate": 7, "sums": 5}


# Fusions leave tensors between linear layers without names.
@needs_vnni
@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_every_layer_but_the_last_has_a_range(name, count):
    module, data = make(name)
    compiled = build(module, data, DataLoaderCalibrator(data), precision_overrides=["*=i8"])
    assert integer_layers(compiled) == count
    assert relative_error(module, compiled, data[0]) < 0.1


@needs_vnni
def test_the_file_replaces_the_data(tmp_path):
    module, data = make("pictures")
    path = tmp_path / "pictures.calibration"
    compiled = build_in_int8(module, data, DataLoaderCalibrator(data, cache_file=path))
    table = json.loads(path.read_text())
    assert table["format"] == "torch_tensorrt int8 calibration"
    assert table["algorithm"] == "entropy_2"
    again = build(module, data, CacheCalibrator(path))
    if integer_layers(again) == integer_layers(compiled):
        assert torch.equal(again(data[0]), compiled(data[0]))
    # With use_cache, the data are not read.
    build(module, data, DataLoaderCalibrator(_unreadable(), cache_file=path, use_cache=True))


def _unreadable():
    raise AssertionError("the data were read")
    yield


def test_a_file_of_other_weights_is_refused(tmp_path):
    module, data = make("features")
    path = tmp_path / "features.calibration"
    build(module, data, DataLoaderCalibrator(data, cache_file=path))
    other, _ = make("features", seed=1)
    with pytest.raises(RuntimeError, match="another network or other weights"):
        build(other, data, CacheCalibrator(path))
    path.write_text("TRT-100-EntropyCalibration2\ninput: 3c010a14\n")
    with pytest.raises(ValueError, match="is not a calibration file"):
        build(module, data, CacheCalibrator(path))
    with pytest.raises(FileNotFoundError, match="no calibration file"):
        build(module, data, CacheCalibrator(tmp_path / "missing"))


@needs_vnni
def test_engines_are_saved_and_refitted(tmp_path):
    module, data = make("pictures")
    compiled = build_in_int8(module, data, DataLoaderCalibrator(data))
    torch.jit.save(compiled, tmp_path / "int8.ts")
    loaded = torch.jit.load(tmp_path / "int8.ts")
    assert torch.equal(loaded(data[0]), compiled(data[0]))
    other, _ = make("pictures", seed=0)
    with torch.no_grad():
        other[3].first[0].weight.mul_(0.5)
    refitted = torch_tensorrt.refit_module_weights(compiled, torch.jit.script(other))
    assert integer_layers(refitted) == integer_layers(compiled)
    assert relative_error(other, refitted, data[0]) < 0.1


@needs_vnni
def test_the_notes_say_what_int8_does():
    module, data = make("features")
    compiled = build_in_int8(module, data, DataLoaderCalibrator(data))
    assert "precision: i8 in " in notes(compiled)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        without = torch_tensorrt.compile(module, ir="ts", inputs=[data[0]], device="cpu", enabled_precisions=INT8)
    assert "precision: i8 is not used: the network has no quantization, and there is no calibration" in notes(without)


def test_bf16_and_int8_work_together():
    module, data = make("pictures")
    compiled = build(module, data, DataLoaderCalibrator(data), enabled_precisions={*INT8, torch.bfloat16})
    assert relative_error(module, compiled, data[0]) < 0.1


# ---- data ----------------------------------------------------------------------------------------------------------


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(64, 256), nn.Linear(64, 256)
        self.c = nn.Linear(256, 8)

    def forward(self, x, y):
        return self.c((self.a(x) + self.b(y)).relu())


@pytest.mark.parametrize("form", ["tuple", "list", "dict", "labels"])
def test_batches_have_several_forms(form):
    torch.manual_seed(0)
    module, x, y = Pair().eval(), torch.randn(16, 64), torch.randn(16, 64)
    batch = {"tuple": (x, y), "list": [x, y], "dict": {"x": x, "y": y}, "labels": (x, y, torch.zeros(16))}[form]
    settings = {"device": "cpu", "enabled_precisions": INT8}
    calibrator = DataLoaderCalibrator([batch])
    compiled = torch_tensorrt.compile(module, ir="ts", inputs=[x, y], calibrator=calibrator, **settings)
    with torch.inference_mode():
        expected = module(x, y)
        assert (compiled(x, y) - expected).abs().max() < 0.1 * expected.abs().max()


def test_a_data_loader_calibrates_an_exported_program():
    module, data = make("features")
    examples = torch.utils.data.TensorDataset(torch.cat(data), torch.zeros(6 * 64))
    loader = torch.utils.data.DataLoader(examples, batch_size=64)
    program = torch.export.export(module, (data[0],))
    compiled = torch_tensorrt.compile(
        program, device="cpu", enabled_precisions=INT8, calibrator=DataLoaderCalibrator(loader)
    )
    assert relative_error(module, compiled, data[0]) < 0.1


def test_engines_of_a_method_are_calibrated(tmp_path):
    module, data = make("features")
    engine = torch_tensorrt.convert_method_to_trt_engine(
        module, inputs=[data[0]], ir="ts", device="cpu", enabled_precisions=INT8, calibrator=DataLoaderCalibrator(data)
    )
    compiled = torch_tensorrt.ts.embed_engine_in_new_module(engine, device="cpu")
    assert relative_error(module, compiled, data[0]) < 0.1


class Hybrid(nn.Module):
    """Two engines around an operator that PyTorch runs."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = features(), features()
        self.join = nn.Linear(10, 96)

    def forward(self, x):
        y = self.join(self.a(x))
        return self.b(torch.nan_to_num(y.cummax(0).values))


def test_hybrid_modules_are_calibrated():
    torch.manual_seed(0)
    module, data = Hybrid().eval(), [torch.randn(64, 96) for _ in range(4)]
    compiled = torch_tensorrt.compile(
        torch.jit.script(module), inputs=[data[0]], device="cpu", enabled_precisions=INT8,
        calibrator=DataLoaderCalibrator(data), torch_executed_ops=["aten::cummax"],
    )  # fmt: skip
    assert len(torch_tensorrt.inspect(compiled).methods[0].engines) == 2
    assert relative_error(module, compiled, data[0]) < 0.2


# ---- errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make_calibrator", "error", "text"),
    [
        (lambda: DataLoaderCalibrator(3), TypeError, "dataloader is int"),
        (lambda: DataLoaderCalibrator([], use_cache=True), ValueError, "needs a cache_file"),
        (lambda: DataLoaderCalibrator([], algo_type=9), ValueError, "algo_type is 9.*ENTROPY_CALIBRATION_2"),
        (lambda: DataLoaderCalibrator([], device="gpu"), RuntimeError, "device"),
        (lambda: CacheCalibrator("x", algo_type="best"), ValueError, "algo_type is 'best'"),
    ],
)
def test_wrong_arguments_are_refused(make_calibrator, error, text):
    with pytest.raises(error, match=text):
        make_calibrator()


def test_settings_of_gpus_do_not_reach_the_calibration(tmp_path):
    module, data = make("features")
    settings = {
        "enabled_precisions": INT8,
        "backend": "tensorrt",
        "workspace_size": 1 << 30,
        "debug": True,
        "optimization_level": 3,
        "version_compatible": True,
        "hardware_compatible": True,
        "sparse_weights": True,
        "timing_cache_path": str(tmp_path / "timing"),
        "calibrator": DataLoaderCalibrator(data),
    }
    calls = []

    def compile_in_float(changed):
        calls.append(changed)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return torch_tensorrt.compile(module, ir="ts", inputs=[data[0]], **changed)

    torch_tensorrt.ptq.resolve(settings, "cuda:0", compile_in_float)
    assert [changed["device"] for changed in calls] == ["cpu"]
    assert not isinstance(settings["calibrator"], DataLoaderCalibrator)


def test_wrong_uses_are_refused():
    module, data = make("features")
    with pytest.raises(ValueError, match=r"needs torch\.int8 or torch\.half in enabled_precisions"):
        build(module, data, DataLoaderCalibrator(data), enabled_precisions={torch.float32})
    with pytest.raises(TypeError, match="calibrator is list"):
        build(module, data, data)
    with pytest.raises(ValueError, match="no batches"):
        build(module, data, DataLoaderCalibrator([]))
    with pytest.raises(RuntimeError, match="batch 2 of the calibration data does not run.*drop_last"):
        build(module, data, DataLoaderCalibrator([data[0], data[0][:5]]))
    # A failed calibration leaves no observer behind.
    assert relative_error(module, build(module, data, DataLoaderCalibrator(data)), data[0]) < 0.1


def test_graphs_of_torch_compile_take_no_calibrator():
    module, data = make("features")
    with pytest.raises(ValueError, match="takes no calibrator"):
        torch_tensorrt.compile(module, ir="torch_compile", calibrator=DataLoaderCalibrator(data))


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ("FP8_DEFAULT_CFG", r"the quantizer 0\.input_quantizer rounds to fp8 \(num_bits \(4, 3\)\); no engine does"),
        ("INT4_BLOCKWISE_WEIGHT_ONLY_CFG", r"0\.weight_quantizer has a scale for each block of 4-bit integers"),
        ("INT4_AWQ_CFG", r"0\.weight_quantizer has a scale for each block of 4-bit integers"),
    ],
)
def test_other_quantizations_of_modelopt_are_declined(configuration, message):
    from modelopt.torch import quantization  # its import takes seconds

    x = torch.randn(4, 256)
    module = nn.Sequential(nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 8)).eval()
    module = quantization.quantize(module, getattr(quantization, configuration), lambda model: model(x))
    with pytest.raises(RuntimeError, match=message):
        torch_tensorrt.compile(module, ir="dynamo", inputs=[x], device="cpu", enabled_precisions=INT8)
