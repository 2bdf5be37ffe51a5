"""Calibrators: which interfaces take them, and what they do with files."""

from __future__ import annotations

import os
import stat

import pytest
import torch
from models import WritesItsArgument
from torch import nn

import torch_tensorrt
from torch_tensorrt.ptq import CacheCalibrator, DataLoaderCalibrator

INT8 = {torch.float32, torch.int8}
X = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))


def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4)).eval()


def build(calibrator):
    return torch_tensorrt.compile(
        torch.jit.script(small()), inputs=[X], device="cpu", enabled_precisions=INT8, calibrator=calibrator
    )


@pytest.mark.parametrize("backend", ["torch_tensorrt", "tensorrt"])
def test_backends_of_torch_compile_refuse_them(backend):
    options = {"device": "cpu", "enabled_precisions": INT8, "calibrator": DataLoaderCalibrator([X])}
    with pytest.raises(Exception, match="calibrator is DataLoaderCalibrator, but nothing is calibrated here"):
        torch.compile(small(), backend=backend, options=options)(X)


def test_compile_specs_refuse_them():
    with pytest.raises(TypeError, match="nothing is calibrated here"):
        torch_tensorrt.ts.TensorRTCompileSpec(
            inputs=[X], device="cpu", enabled_precisions=INT8, calibrator=DataLoaderCalibrator([X])
        )


def test_check_needs_no_calibration():
    calibrator = DataLoaderCalibrator([])  # would fail
    assert torch_tensorrt.check(small(), [X], enabled_precisions=INT8, calibrator=calibrator)


def test_check_refuses_what_is_no_calibrator():
    with pytest.raises(TypeError, match="calibrator is list"):
        torch_tensorrt.check(small(), [X], enabled_precisions=INT8, calibrator=[X])
    with pytest.raises(ValueError, match="needs torch.int8 or torch.half"):
        torch_tensorrt.check(small(), [X], calibrator=DataLoaderCalibrator([X]))


def test_mutable_modules_calibrate(tmp_path):
    path = tmp_path / "cache"
    settings = {"device": "cpu", "enabled_precisions": INT8}
    module = torch_tensorrt.MutableTorchTensorRTModule(
        small(), calibrator=DataLoaderCalibrator([X], cache_file=path), **settings
    )
    torch.testing.assert_close(module(X), small()(X), rtol=0.1, atol=0.1)
    assert path.stat().st_size > 0
    with torch.no_grad():
        module[0].weight.mul_(0.5)
    torch.testing.assert_close(module(X), module.original_model(X), rtol=0.1, atol=0.1)
    with pytest.raises(TypeError, match="calibrator is list"):
        torch_tensorrt.MutableTorchTensorRTModule(small(), calibrator=[X], **settings)


def test_a_file_that_is_not_finished_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "chmod", interrupt)
    with pytest.raises(KeyboardInterrupt):
        build(DataLoaderCalibrator([X], cache_file=tmp_path / "cache"))
    assert not list(tmp_path.iterdir())


def test_no_other_file_is_overwritten(tmp_path):
    other = tmp_path / "model.ts"
    other.write_text("the user's")
    with pytest.raises(ValueError, match="is not a calibration file and would be overwritten"):
        build(DataLoaderCalibrator([X], cache_file=other))
    assert other.read_text() == "the user's"
    other.write_text("")
    build(DataLoaderCalibrator([X], cache_file=other))
    build(DataLoaderCalibrator([X], cache_file=other))  # its own file
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.ts"]


def test_files_have_the_usual_mode(tmp_path):
    mask = os.umask(0o022)
    try:
        build(DataLoaderCalibrator([X], cache_file=tmp_path / "cache"))
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o644


def test_places_that_cannot_be_written_are_refused_first(tmp_path):
    def never():
        raise AssertionError("the data was read")
        yield X

    for place, error in ((tmp_path, IsADirectoryError), (tmp_path / "no" / "cache", FileNotFoundError)):
        with pytest.raises(error, match=str(place)):
            build(DataLoaderCalibrator(never(), cache_file=place))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"\xff\xfe\x00binary", b"", b"[1]", b'{"format": "another"}', b"not JSON"])
def test_files_that_hold_something_else_are_refused(tmp_path, content):
    path = tmp_path / "cache"
    path.write_bytes(content)
    for calibrator in (CacheCalibrator(path), DataLoaderCalibrator([X], cache_file=path, use_cache=True)):
        with pytest.raises(ValueError, match=f"{path} is not a calibration file"):
            build(calibrator)


def test_calibration_leaves_buffers_that_can_be_trained():
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(8, 4)
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, x):
            self.calls = self.calls + 1
            return self.linear(x) * self.calls

    module = torch.jit.script(Counts().eval())
    compiled = torch_tensorrt.compile(
        module,
        inputs=[X],
        device="cpu",
        enabled_precisions=INT8,
        calibrator=DataLoaderCalibrator([X]),
        min_block_size=1,
    )
    for part in (module, compiled):
        assert not any(tensor.is_inference() for tensor in part.buffers())


def test_weight_only_takes_none():
    compiled = torch_tensorrt.compile(torch.jit.script(small()), inputs=[X], device="cpu", weight_only=None)
    torch.testing.assert_close(compiled(X), small()(X))


def test_calibration_leaves_the_batches_as_they_are():
    batches = [torch.randn(2, 8) for _ in range(2)]
    before = [batch.clone() for batch in batches]
    module = torch.jit.script(WritesItsArgument().eval())
    torch_tensorrt.compile(
        module, inputs=[X.clone()], device="cpu", enabled_precisions=INT8, calibrator=DataLoaderCalibrator(batches)
    )
    assert all(torch.equal(*pair) for pair in zip(batches, before, strict=True))
