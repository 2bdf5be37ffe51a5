"""PyTorch deprecates torch.jit. Its warnings are for calls that the user wrote, not for those of this package."""

import pickle
import warnings

import pytest
import torch

import torch_tensorrt


@pytest.fixture(autouse=True)
def deprecations_are_errors():
    with warnings.catch_warnings():
        warnings.filterwarnings("error", r"`torch\.jit\.\w+` is")
        yield


def model() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU()).eval()


def exported() -> torch.export.ExportedProgram:
    return torch.export.export(model(), (torch.rand(2, 3),))


@pytest.mark.parametrize("ir", ["default", "ts", "dynamo"])
def test_a_module_of_python(ir):
    torch_tensorrt.compile(model(), ir=ir, inputs=[torch_tensorrt.Input((2, 3))])


def test_torch_compile():
    torch.compile(model(), backend="torch_tensorrt")(torch.rand(2, 3))


def test_an_exported_program():
    torch_tensorrt.compile(exported(), inputs=[torch_tensorrt.Input((2, 3))])


@pytest.mark.parametrize("make", [model, exported])
def test_saving_and_loading(make, tmp_path):
    torch_tensorrt.save(make(), tmp_path / "a.ts", output_format="torchscript")
    torch_tensorrt.load(tmp_path / "a.ts")


def test_saving_by_a_trace(tmp_path):
    torch_tensorrt.save(model(), tmp_path / "a.ts", output_format="torchscript", inputs=[torch.rand(2, 3)])


def test_pickling():
    compiled = torch_tensorrt.compile(model(), inputs=[torch_tensorrt.Input((2, 3))])
    pickle.loads(pickle.dumps(compiled))


def test_the_users_own_call_still_warns():
    with pytest.raises((DeprecationWarning, FutureWarning)):
        torch.jit.script(model())
