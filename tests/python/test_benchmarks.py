"""Parts of benchmarks/: metrics, tables, precisions, and the training of the smallest model."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import torch_tensorrt

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def load(name: str):
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


accuracy, metrics, precisions, report, runtimes, session, trained = map(
    load,
    (
        "accuracy",
        "harness.metrics",
        "harness.precisions",
        "harness.report",
        "harness.runtimes",
        "harness.session",
        "harness.trained",
    ),
)


pytestmark = pytest.mark.usefixtures("one_thread")


# --- metrics ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [3, 10, 1000], ids=["many ties", "ties", "few ties"])
def test_spearman_is_that_of_scipy(levels: int) -> None:
    from scipy.stats import spearmanr

    x = torch.randint(0, levels, (200,)).double()
    y = x + torch.randint(0, levels, (200,))
    assert metrics.spearman(x, y) == pytest.approx(100 * spearmanr(x.numpy(), y.numpy()).statistic, abs=1e-9)


def test_share_of_equal_elements() -> None:
    assert metrics.share_equal(torch.tensor([1, 2, 3, 4]), torch.tensor([1, 0, 3, 4])) == 75


def test_largest_error_is_relative_to_the_largest_magnitude() -> None:
    expected = torch.tensor([1.0, -4.0, 2.0])
    assert metrics.largest_error(expected + torch.tensor([0.0, 0.5, -1.0]), expected) == 0.25
    assert metrics.largest_error(torch.tensor([1.0, math.nan, 2.0]), expected) == math.inf


@pytest.mark.parametrize("name", ["share_equal", "spearman", "largest_error"])
def test_metrics_refuse_another_shape(name: str) -> None:
    with pytest.raises(ValueError, match=r"the result has the shape \[3\], must have \[1\]"):
        getattr(metrics, name)(torch.zeros(3), torch.zeros(1))


# --- precisions -------------------------------------------------------------------------------------------------------


def test_precisions_of_the_command_line() -> None:
    assert precisions.parse("bf16,f32") == ["bf16", "f32"]
    with pytest.raises(ValueError, match="unknown precision 'f64', ''; known are f32, bf16, fp16, int8, int8\\+bf16"):
        precisions.parse("f32,f64,")
    with pytest.raises(ValueError, match="f32,f32 has a precision twice"):
        precisions.parse("f32,f32")


def test_a_loader_yields_tensors_or_tuples_of_the_inputs() -> None:
    one, two = torch.randn(2, 3), torch.randn(2)
    assert [item is one for item in precisions.loader([(one,)])] == [True]
    (pair,) = precisions.loader([(one, two)])
    assert isinstance(pair, tuple) and pair[0] is one and pair[1] is two


def test_int8_is_calibrated_with_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    made = SimpleNamespace()

    def calibrator(dataloader, **settings):
        made.items, made.settings = list(dataloader), settings
        return made

    kind = SimpleNamespace(ENTROPY_CALIBRATION_2="entropy")
    ptq = SimpleNamespace(DataLoaderCalibrator=calibrator, CalibrationAlgo=kind)
    monkeypatch.setattr(torch_tensorrt, "ptq", ptq, raising=False)
    batch = torch.randn(2, 3)
    found = precisions.settings("int8", [(batch,)])
    assert found == {"enabled_precisions": {torch.float32, torch.int8}, "calibrator": made}
    assert len(made.items) == 1 and made.items[0] is batch
    assert made.settings == {"cache_file": None, "use_cache": False, "algo_type": "entropy"}
    assert precisions.settings("f32", [(batch,)]) == {}


# --- tables -----------------------------------------------------------------------------------------------------------


def test_a_table_of_accuracy() -> None:
    row = {"model": "m", "precision": "bf16", "metric": "accuracy, %", "score": 98.5, "points_to_eager": -0.25}
    row |= {"largest_error": 0.004, "note": "layers: 3 bf16"}
    broken = {"model": "m", "precision": "int8", "metric": "accuracy, %", "problem": "no calibrator"}
    assert accuracy.table([row, row | {"same_decisions": 99.0}, broken]).splitlines() == [
        "| model | precision | metric | value | to eager, points | same decisions, % | error | engine |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |",
        "| m | bf16 | accuracy, % | 98.50 | -0.25 |  | 4e-03 | layers: 3 bf16 |",
        "| m | bf16 | accuracy, % | 98.50 | -0.25 | 99.00 | 4e-03 | layers: 3 bf16 |",
        "| m | int8 | accuracy, % |  |  |  |  | failed: no calibrator |",
    ]


def timed(runtime: str, precision: str, median: float, error: float) -> dict:
    row = {"runtime": runtime, "precision": precision, "median_ms": median, "min_ms": median - 1}
    return row | {"prepare_s": 0.5, "relative_error": error}


def test_a_table_of_times_leaves_wrong_results_out_of_the_ratios() -> None:
    rows = {
        "eager": timed("eager", "f32", 40, 0),
        "ours": timed("ours", "f32", 20, 1e-6),
        "openvino bf16": timed("openvino", "bf16", 5, math.inf),
        "inductor bf16": timed("inductor", "bf16", 12, 0.01),
        "onnxruntime bf16": {"runtime": "onnxruntime", "precision": "bf16", "problem": "no bf16 kernels on CPUs"},
        "ours bf16": timed("ours", "bf16", 10, 0.02),
    }
    assert report.case_table({"model": "m", "batch": 8, "runtimes": rows}).splitlines()[1:] == [
        "### m, batch 8",
        "",
        "| runtime | median ms | min ms | to eager | to ours f32 | to best peer | ready after s | error |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| PyTorch eager | 40.0 | 39.0 | 1.00x | 0.50x | 1.00x | 0.5 | 0e+00 |",
        "| **torch_tensorrt (ours), f32** | 20.0 | 19.0 | 2.00x | 1.00x | 2.00x | 0.5 | 1e-06 |",
        "| OpenVINO, bf16 | 5.00 | 4.00 |  |  |  | 0.5 | inf (wrong) |",
        "| torch.compile, freezing, bf16 | 12.0 | 11.0 | 3.33x | 1.67x | 1.00x | 0.5 | 1e-02 |",
        "| ONNX Runtime, bf16 | no bf16 kernels on CPUs |  |  |  |  |  |  |",
        "| **torch_tensorrt (ours), bf16** | 10.0 | 9.00 | 4.00x | 2.00x | 1.20x | 0.5 | 2e-02 |",
    ]


# --- cases ------------------------------------------------------------------------------------------------------------


def test_models_of_the_command_line() -> None:
    assert session.parse_models(["lenet", "mlp:8"], [1, 4]) == [("lenet", 1), ("lenet", 4), ("mlp", 8)]
    with pytest.raises(SystemExit, match="error: unknown model nomodel; known are resnet50, "):
        session.parse_models(["nomodel:2"], [1])
    with pytest.raises(SystemExit, match="error: model mlp:0: the batch is '0', must be a positive number"):
        session.parse_models(["mlp:0"], [1])


def test_a_runtime_without_a_precision_says_so() -> None:
    job = runtimes.Job(torch.nn.Identity(), torch.zeros(1), threads=1)
    with pytest.raises(runtimes.Unsupported, match="no bf16 kernels on CPUs"):
        runtimes.RUNTIMES["onnxruntime"].prepare(job, "bf16")


# --- trained models ---------------------------------------------------------------------------------------------------


def test_lenet_learns_digits_and_its_engine_has_the_same_accuracy() -> None:
    task = trained.lenet()
    compiled = torch_tensorrt.compile(task.script, inputs=task.inputs, device="cpu", num_threads=1)
    with torch.inference_mode():
        reference = task.outputs(task.model)
        row = accuracy.judge(task, task.outputs(compiled), reference)
        assert task.score(torch.randn_like(reference)) < 30
    assert task.score(reference) > 97
    assert row["score"] > 97 and row["same_decisions"] == 100 and 0 < row["largest_error"] < 1e-5
    assert "f32" in accuracy.engine_note(torch_tensorrt.inspect(compiled))


def test_training_and_test_pictures_differ() -> None:
    pictures, labels, test, expected = trained.digits(16)
    assert (len(pictures), len(labels), len(test), len(expected)) == (1347, 1347, 450, 450)
    known = {picture.numpy().tobytes() for picture in pictures}
    assert not any(picture.numpy().tobytes() in known for picture in test)


def test_a_missing_package_of_data_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="the package no-such-data is not installed; tools/setup.sh bench"):
        trained.package_file("no-such-data", "file")
    with pytest.raises(FileNotFoundError, match="the package torch has no file no/such/file"):
        trained.package_file("torch", "no/such/file")
