"""Conversions of Torch-TensorRT's value types: dtype, memory_format, DeviceType, EngineCapability, Platform, Device."""

from __future__ import annotations

import enum
import sys
import types

import numpy as np
import pytest
import torch

import torch_tensorrt
from torch_tensorrt import Device, DeviceType, EngineCapability, Input, Platform, dtype, memory_format


@pytest.fixture
def trt(monkeypatch):
    """Enums with the names of TensorRT's Python package."""
    module = types.ModuleType("tensorrt")
    members = {
        "DataType": ["UINT8", "INT8", "INT32", "INT64", "HALF", "FLOAT", "BOOL", "BF16", "FP8", "FP4"],
        "TensorFormat": [
            *("LINEAR", "CHW2", "HWC8", "CHW4", "CHW16", "CHW32", "DHWC8"),
            *("CDHW32", "HWC", "DLA_LINEAR", "DLA_HWC4", "HWC16", "DHWC"),
        ],
        "DeviceType": ["GPU", "DLA"],
        "EngineCapability": ["STANDARD", "SAFETY", "DLA_STANDALONE"],
    }
    for name, names in members.items():
        setattr(module, name, enum.Enum(name, names, module="tensorrt"))
    monkeypatch.setitem(sys.modules, "tensorrt", module)
    return module


def test_dtypes_of_numpy_and_pytorch():
    for member in dtype:
        in_numpy, in_torch = member.try_to(np.dtype), member.try_to(torch.dtype)
        if in_numpy is not None:
            assert isinstance(in_numpy, np.dtype) and dtype._from(in_numpy) is member
            assert torch.from_numpy(np.zeros(1, in_numpy)).dtype == in_torch
        if in_torch is not None:
            assert dtype._from(in_torch) is member
    assert dtype.half.to(np.dtype) == np.float16 and dtype.b.to(np.dtype) == np.bool_
    assert [member.name for member in dtype if member.try_to(np.dtype) is None] == ["unknown", "bf16", "f8", "f4"]
    assert dtype.bf16.to(np.dtype, use_default=True) == np.float32
    assert dtype.f4.to(torch.dtype, use_default=True) == torch.float32
    assert dtype.f16.to(torch.dtype, use_default=True) == torch.float16 and dtype.f16.to(dtype) is dtype.f16
    assert dtype.unknown.try_to(torch.dtype, use_default=True) == torch.float32
    for target in (np.dtype, torch.dtype):
        with pytest.raises(TypeError, match="f4 has no counterpart"):
            dtype.f4.to(target)
    with pytest.raises(TypeError, match="has no counterpart in <class 'int'>"):
        dtype.f32.to(int)


def test_members_of_tensorrt(trt):
    assert dtype.half.to("trt") is trt.DataType.HALF and dtype.f8.to(trt.DataType) is trt.DataType.FP8
    assert dtype.f64.to("trt", use_default=True) is trt.DataType.FLOAT and dtype.f64.try_to("trt") is None
    assert {dtype._from(member).to("trt") for member in trt.DataType} == set(trt.DataType)
    assert {memory_format._from(member).to("trt") for member in trt.TensorFormat} == set(trt.TensorFormat)
    assert {member.to(trt.TensorFormat) for member in memory_format} == set(trt.TensorFormat)
    assert DeviceType.DLA.to("trt") is trt.DeviceType.DLA and DeviceType._from(trt.DeviceType.GPU) is DeviceType.GPU
    assert DeviceType.CPU.to(trt.DeviceType, use_default=True) is trt.DeviceType.GPU
    assert {EngineCapability._from(member).to("trt") for member in trt.EngineCapability} == set(trt.EngineCapability)
    with pytest.raises(TypeError, match="CPU has no counterpart"):
        DeviceType.CPU.to("trt")


@pytest.mark.parametrize("member", [dtype.f32, memory_format.linear, DeviceType.GPU, EngineCapability.STANDARD])
def test_without_the_package_tensorrt(member, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(ImportError, match="install the package tensorrt"):
        member.to("trt")
    assert member.to(type(member)) is member


def test_memory_formats():
    assert len(memory_format) == 13
    assert memory_format.linear is memory_format.contiguous and memory_format.hwc is memory_format.channels_last
    assert memory_format.dhwc.to(torch.memory_format) == torch.channels_last_3d
    assert memory_format._from(torch.channels_last_3d) is memory_format.channels_last_3d
    assert all(memory_format.try_from(value) is None for value in ("no format", None, 3))
    assert memory_format.chw32.try_to(torch.memory_format) is None
    with pytest.raises(TypeError, match="chw32 is not a memory format of inputs; give contiguous or channels_last"):
        Input((1, 3, 8, 8), format=memory_format.chw32)


def test_devices_and_platforms():
    assert Device._from_torch_device(torch.device("cpu")) == Device("cpu")
    assert Device._from_torch_device(torch.device("cuda:2")) == Device("gpu:2")
    with pytest.raises(TypeError, match="is not a torch.device"):
        Device._from_torch_device("cpu")
    assert DeviceType.CPU.to(torch.device) == torch.device("cpu")
    assert DeviceType.DLA.to(torch.device) == torch.device("cuda")
    assert DeviceType.UNKNOWN.try_to(torch.device) is None
    here = Platform.current_platform()
    assert here._to_serialized_rt_platform() == str(here) == torch.ops.tensorrt.get_current_platform()
    names = {torch.ops.tensorrt.__getattr__(f"_platform_{end}")() for end in ("linux_x86_64", "win_arm64", "unknown")}
    assert {Platform._from(name) for name in names} == {Platform.LINUX_X86_64, Platform.WIN_ARM64, Platform.UNKNOWN}


class Sum(torch.nn.Module):
    def forward(self, x, y):
        return torch.relu(x + y)


def test_shared_dims():
    batch = {"min_shape": (1, 4), "opt_shape": (2, 4), "max_shape": (8, 4), "shared_dims": {0: "batch"}}
    inputs = [Input(**batch), Input(**batch)]
    assert inputs[0].shared_dims == {0: "batch"} and Input((2,)).shared_dims == {}
    for ir in ("ts", "dynamo"):
        compiled = torch_tensorrt.compile(Sum().eval(), ir=ir, inputs=inputs, device="cpu", min_block_size=1)
        assert torch.equal(compiled(torch.ones(3, 4), torch.ones(3, 4)), torch.full((3, 4), 2.0))
        with pytest.raises(ValueError, match=r"'batch' have the ranges \(1, 2, 8\) and \(1, 1, 4\)"):
            other = Input(min_shape=(1, 4), opt_shape=(1, 4), max_shape=(4, 4), shared_dims={0: "batch"})
            torch_tensorrt.compile(Sum().eval(), ir=ir, inputs=[inputs[0], other], device="cpu")
    with pytest.raises(ValueError, match="dimension 3 of an input of rank 2"):
        Input((2, 2), shared_dims={3: "batch"})
    with pytest.raises(TypeError, match="shared_dims is 'batch'"):
        Input((2, 2), shared_dims="batch")
