"""Settings of torch.compile: wrong ones are errors, before any graph is compiled."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt._dynamo import CompiledGraph


@pytest.fixture(autouse=True)
def fresh():
    torch._dynamo.reset()


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4)).eval()


WRONG = [
    ({"debug": "yes"}, "debug is 'yes', must be True or False"),
    ({"refit": 1}, "refit is 1, must be True or False"),
    ({"methods": {}}, "no option methods"),
    ({"torch_executed_ops": ["relu"]}, "'relu' in torch_executed_ops is not the name of an operator"),
    ({"torch_executed_ops": [torch.relu]}, "torch_executed_ops has .*, must be a list of names"),
    ({"min_blok_size": 3}, "no option min_blok_size"),
    ({"weight_only": "int4"}, "which no backend has kernels for"),
    ({"precision_overrides": ["conv"]}, "must be PATTERN=PRECISION"),
    ({"precision_overrides": ["*=i8"]}, "enabled_precisions lacks i8"),
    ({"mix_backends": True, "deterministic": True}, "turn it or deterministic off"),
]
NO_GPU = [] if torch.cuda.is_available() else [({"device": "cuda:0"}, "PyTorch sees no GPU")]


@pytest.mark.parametrize(("options", "message"), [*WRONG, *NO_GPU])
def test_a_wrong_setting_is_an_error(options, message):
    with pytest.raises(Exception, match=message), torch.no_grad():
        torch.compile(mlp(), backend="torch_tensorrt", options=options)(torch.ones(2, 4))
    with pytest.raises((TypeError, ValueError, RuntimeError), match=message):
        torch_tensorrt.MutableTorchTensorRTModule(mlp(), **options)
    if "methods" not in options:
        with pytest.raises((TypeError, ValueError, RuntimeError), match=message):
            torch_tensorrt.compile(mlp(), ir="torch_compile", **options)


@pytest.mark.parametrize("name", [torch.ops.aten.relu.default, "torch.ops.aten.relu.default", "aten::relu"])
def test_an_operator_by_each_of_its_names(name, capfd):
    model, x = mlp(), torch.randn(2, 4)
    options = {"torch_executed_ops": {name}, "min_block_size": 1}
    with torch.no_grad():
        torch.testing.assert_close(torch.compile(model, backend="tensorrt", options=options)(x), model(x))
    assert "aten::relu is listed in torch_executed_ops" in " ".join(capfd.readouterr().err.split())


def test_an_exported_program_is_refused():
    program = torch.export.export(mlp(), (torch.ones(2, 4),))
    with pytest.raises(TypeError, match=r"not an ExportedProgram; .*ir='dynamo', or give program.module\(\)"):
        torch_tensorrt.compile(program, ir="torch_compile")


def test_a_warning_is_at_the_line_of_the_user(monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("no engine today")

    monkeypatch.setattr(CompiledGraph, "_compiled", fail)
    model, x = mlp(), torch.randn(2, 4)
    with torch.no_grad(), pytest.warns(UserWarning, match="no engine today") as warned:
        torch_tensorrt.compile(model, ir="torch_compile")(x)
    assert [w.filename for w in warned if "no engine today" in str(w.message)] == [__file__]


def test_strict_precisions_leave_no_graph_to_pytorch():
    options = {"enabled_precisions": {torch.int8}, "strict_precisions": True, "device": "cpu"}
    compiled = torch.compile(mlp(), backend="torch_tensorrt", options={**options, "min_block_size": 1})
    with pytest.raises(Exception, match="compute in f32, which enabled_precisions does not have"), torch.no_grad():
        compiled(torch.ones(2, 4))
