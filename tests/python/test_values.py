"""Input, Device, dtype and the logging settings."""

from __future__ import annotations

import pytest
import torch

import torch_tensorrt
from torch_tensorrt import Device, DeviceType, EngineCapability, Input, dtype, memory_format


def test_static_input():
    for made in (Input((1, 3, 8, 8)), Input(shape=[1, 3, 8, 8]), Input(torch.Size([1, 3, 8, 8]))):
        assert made.shape_mode is Input._ShapeMode.STATIC
        assert tuple(made.shape) == (1, 3, 8, 8)
        assert made.dtype is dtype.unknown and not made._explicit_set_dtype


def test_dynamic_input():
    made = Input(min_shape=(1, 3), opt_shape=(2, 3), max_shape=(4, 3), dtype=torch.half)
    assert made.shape_mode is Input._ShapeMode.DYNAMIC
    assert made.shape == {"min_shape": (1, 3), "opt_shape": (2, 3), "max_shape": (4, 3)}
    assert made.dtype is dtype.f16 and made._explicit_set_dtype
    assert made.example_tensor("max_shape").shape == (4, 3)


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"shape": (1, -1)},
        {"shape": 3},
        {"min_shape": (1,), "opt_shape": (1,)},
        {"min_shape": (1,), "opt_shape": (1, 2), "max_shape": (1,)},
        {"min_shape": (3,), "opt_shape": (2,), "max_shape": (4,)},
        {"shape": (1,), "min_shape": (1,), "opt_shape": (1,), "max_shape": (1,)},
        {"shape": (1,), "tensor_domain": (2, 1)},
    ],
)
def test_shapes_that_do_not_fit(kwargs):
    with pytest.raises(ValueError):
        Input(**kwargs)


def test_from_tensor():
    x = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
    made = Input.from_tensor(x)
    assert tuple(made.shape) == (2, 3, 4, 5) and made.dtype is dtype.f32 and made.format is memory_format.channels_last
    assert Input.from_tensor(x, disable_memory_format_check=True).format is memory_format.contiguous
    nest = Input.from_tensors([x, (x,), {"a": x}])
    assert isinstance(nest[0], Input) and isinstance(nest[1][0], Input) and isinstance(nest[2]["a"], Input)


def test_the_format_is_that_of_the_example_where_none_is_given():
    x = torch.randn(2, 3, 4, 5)
    last = x.to(memory_format=torch.channels_last)
    assert Input(torch_tensor=last).format is memory_format.channels_last
    assert Input(torch_tensor=x).format is memory_format.contiguous
    assert Input(torch_tensor=last, format=torch.contiguous_format).format is memory_format.contiguous
    assert Input(torch_tensor=x, format=torch.channels_last).format is memory_format.channels_last
    assert Input(torch_tensor=torch.ones(2, 1, 1, 1)).format is memory_format.contiguous
    assert Input((2, 3, 4, 5)).format is memory_format.contiguous


def test_the_text_has_the_name():
    assert str(Input((1, 3), name="photo")).startswith("Input(name='photo', shape=(1, 3)")
    assert str(Input((1, 3))).startswith("Input(shape=(1, 3)")


def test_example_tensor_stays_in_the_domain():
    sample = Input((1000,), tensor_domain=(-3, -1)).example_tensor()
    assert sample.min() >= -3 and sample.max() < -1


@pytest.mark.parametrize(
    ("spelling", "kind", "index"),
    [
        ("cpu", DeviceType.CPU, 0),
        ("gpu:1", DeviceType.GPU, 1),
        ("cuda:2", DeviceType.GPU, 2),
        ("dla:1", DeviceType.DLA, 1),
    ],
)
def test_device_spellings(spelling, kind, index):
    device = Device(spelling)
    assert device.device_type is kind
    assert (device.dla_core if kind is DeviceType.DLA else device.gpu_id) == index
    assert kind is not DeviceType.DLA or device.gpu_id == 0


def test_device_conversions():
    assert Device._from(torch.device("cpu")) == Device("cpu")
    assert Device._from(torch.device("cuda:1")) == Device("gpu:1")
    assert Device(dla_core=1).device_type is DeviceType.DLA
    assert Device("cpu").to(torch.device) == torch.device("cpu")
    for wrong in ("tpu", "gpu:-1", "cpu:3", "gpu:x"):
        with pytest.raises(ValueError):
            Device(wrong)
    with pytest.raises(ValueError):
        Device("cpu", gpu_id=1)


def test_dtype_names_and_conversions():
    assert dtype.half is dtype.f16 and dtype.float is dtype.f32 and dtype.long is dtype.i64
    for torch_dtype in (
        torch.float32,
        torch.float16,
        torch.bfloat16,
        torch.int8,
        torch.uint8,
        torch.int32,
        torch.int64,
        torch.float64,
        torch.bool,
    ):
        assert dtype._from(torch_dtype).to(torch.dtype) is torch_dtype
    assert dtype._from("fp16") is dtype.f16
    assert dtype.try_from(torch.complex64) is None
    with pytest.raises(TypeError):
        dtype._from(torch.complex64)
    with pytest.raises(TypeError):
        dtype.unknown.to(torch.dtype)


def test_numpy_dtypes():
    numpy = pytest.importorskip("numpy")
    assert dtype._from(numpy.dtype("float32")) is dtype.f32
    assert dtype._from(numpy.int64) is dtype.i64


def test_capability_names():
    assert EngineCapability._from("safety") is EngineCapability.SAFETY
    with pytest.raises(TypeError):
        EngineCapability._from("fast")


def test_logging_contexts_restore_both_sides():
    native = torch_tensorrt.ts.logging
    before = native.get_reportable_log_level()
    with torch_tensorrt.logging.graphs():
        assert native.get_reportable_log_level() is native.Level.Graph
        with torch_tensorrt.logging.errors():
            assert native.get_reportable_log_level() is native.Level.Error
        assert native.get_reportable_log_level() is native.Level.Graph
    assert native.get_reportable_log_level() is before


def test_logging_settings(capfd):
    native = torch_tensorrt.ts.logging
    prefix = native.get_logging_prefix()
    try:
        native.set_logging_prefix("[here] ")
        native.log(native.Level.Error, "something")
    finally:
        native.set_logging_prefix(prefix)
    assert "[here] something" in capfd.readouterr().err
