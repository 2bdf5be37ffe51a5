"""MutableTorchTensorRTModule: refits, new shapes, and the attributes of the original module."""

from __future__ import annotations

import copy
import pickle
import warnings

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import MutableTorchTensorRTModule
from torch_tensorrt._mutable import _state

X = torch.linspace(-1, 1, 32).reshape(2, 16)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(16, 8)
        self.second = nn.Linear(8, 4)
        self.scale = 2.0

    def forward(self, x, shift: torch.Tensor):
        return torch.relu(self.second(torch.tanh(self.first(x)))) * self.scale + shift


@pytest.fixture
def model() -> nn.Module:
    return Net().eval()


@pytest.fixture
def mutable(model) -> MutableTorchTensorRTModule:
    return MutableTorchTensorRTModule(model, device="cpu")


SHIFT = torch.ones(4)
DIM = torch.export.Dim("batch", min=1, max=8)


def check(mutable, model, *inputs) -> str:
    """Compares with PyTorch. Returns what the call did: "runs", "refits" or "compiles"."""
    done = ["runs"]
    state = _state(mutable)
    compiles, refits = type(state)._compile, type(state)._refit

    def recorded(kind, call):
        def run(self, *arguments):
            done.append(kind)
            return call(self, *arguments)

        return run

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(state), "_compile", recorded("compiles", compiles))
        patch.setattr(type(state), "_refit", recorded("refits", refits))
        torch.testing.assert_close(mutable(*inputs), model(*inputs), rtol=1e-4, atol=1e-5)
    return done[-1]


def test_it_compiles_once_and_refits_for_new_weights(mutable, model):
    assert check(mutable, model, X, SHIFT) == "compiles"
    assert check(mutable, model, X * 2, SHIFT) == "runs"
    mutable.load_state_dict(Net().state_dict())
    assert check(mutable, model, X, SHIFT) == "refits"
    mutable.first.weight = nn.Parameter(torch.randn(8, 16))
    assert check(mutable, model, X, SHIFT) == "refits"
    with torch.no_grad():
        model.second.bias.add_(1)
    assert check(mutable, model, X, SHIFT) == "refits"
    assert check(mutable, model, X, SHIFT) == "runs"
    assert isinstance(_state(mutable).compiled, torch.jit.ScriptModule)
    assert "engine" in str(torch_tensorrt.inspect(_state(mutable).compiled))


def test_new_shapes_submodules_and_attributes_compile_anew(mutable, model):
    check(mutable, model, X, SHIFT)
    assert check(mutable, model, torch.ones(5, 16), SHIFT) == "compiles"
    mutable.second = nn.Linear(8, 6)
    assert check(mutable, model, torch.ones(5, 16), torch.ones(6)) == "compiles"
    mutable.scale = 3.0
    assert check(mutable, model, torch.ones(5, 16), torch.ones(6)) == "compiles"
    mutable.first = nn.Sequential(nn.Linear(16, 8), nn.ReLU())
    assert check(mutable, model, torch.ones(5, 16), torch.ones(6)) == "compiles"
    mutable.compile()
    assert check(mutable, model, torch.ones(5, 16), torch.ones(6)) == "compiles"
    with pytest.raises(RuntimeError):
        mutable(torch.ones(5, 15), torch.ones(6))
    assert check(mutable, model, torch.ones(5, 16), torch.ones(6)) == "compiles"


def test_it_is_the_module_in_python(mutable, model):
    assert isinstance(mutable, Net) and isinstance(mutable, MutableTorchTensorRTModule)
    assert mutable.first is model.first and mutable.original_model is model
    mutable.note = "kept"
    mutable.register_buffer("steps", torch.zeros(1))
    assert model.note == "kept" and model.steps is mutable.steps
    del mutable.note
    assert not hasattr(model, "note")
    assert list(mutable.state_dict()) == list(model.state_dict())
    assert repr(mutable) == repr(model)
    assert mutable.train() is mutable and model.training
    with pytest.raises(AttributeError, match="no_such"):
        mutable.no_such  # noqa: B018


def test_arguments_by_name_and_nested_ones(model):
    class Nested(nn.Module):
        def forward(self, parts: dict[str, torch.Tensor], factor: float = 2.0):
            return parts["a"] * factor + parts["b"]

    mutable = MutableTorchTensorRTModule(Nested().eval(), device="cpu", min_block_size=1)
    parts = {"a": torch.ones(3), "b": torch.arange(3.0)}
    assert torch.equal(mutable(parts), torch.tensor([2.0, 3.0, 4.0]))
    assert torch.equal(mutable(parts, factor=3.0), torch.tensor([3.0, 4.0, 5.0]))
    assert torch.equal(mutable(parts=parts), torch.tensor([2.0, 3.0, 4.0]))


def test_a_range_of_sizes(mutable, model):
    mutable.set_expected_dynamic_shape_range(({0: torch.export.Dim("batch", min=1, max=8)},))
    assert check(mutable, model, X, SHIFT) == "compiles"
    assert check(mutable, model, torch.ones(7, 16), SHIFT) == "runs"
    with pytest.warns(UserWarning, match="outside of those that set_expected_dynamic_shape_range gave"):
        assert check(mutable, model, torch.ones(9, 16), SHIFT) == "compiles"
    with pytest.raises(ValueError, match="'batch' has no upper end"):
        mutable.set_expected_dynamic_shape_range(({0: torch.export.Dim("batch")},))


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ((({-1: DIM},), {}), "for dimension -1, but the tensor has 2"),
        ((({2: DIM},), {}), "for dimension 2, but the tensor has 2"),
        ((({0: DIM}, {}, {}), {}), "gave 3 arguments, the call has 2"),
        ((({0: DIM},), {"other": {0: DIM}}), "gave other, which the call does not give"),
        ((([DIM],), {}), "must be a dict of its dimensions, not list"),
    ],
)
def test_a_range_that_belongs_to_nothing(mutable, ranges, message):
    mutable.set_expected_dynamic_shape_range(*ranges)
    with pytest.raises(ValueError, match=message):
        mutable(X, SHIFT)


def test_a_model_that_only_torch_export_takes():
    class Varied(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(16, 4)

        def forward(self, *parts, **named):
            return self.layer(sum(parts)) + named["shift"]

    model = Varied().eval()
    mutable = MutableTorchTensorRTModule(model, device="cpu", min_block_size=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.testing.assert_close(mutable(X, X, shift=SHIFT), model(X, X, shift=SHIFT))
        mutable.layer.weight = nn.Parameter(torch.randn(4, 16))
        torch.testing.assert_close(mutable(X, X, shift=SHIFT), model(X, X, shift=SHIFT), rtol=1e-4, atol=1e-5)


def test_a_range_of_sizes_of_an_exported_model():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(16, 4)

        def forward(self, x):
            return self.layer(x) * len(type(self).__name__)  # torch.jit.script does not take this

    model = Named().eval()
    mutable = MutableTorchTensorRTModule(model, device="cpu", min_block_size=1)
    mutable.set_expected_dynamic_shape_range(({0: torch.export.Dim("batch", min=2, max=8)},))
    with pytest.warns(UserWarning, match="so torch.export takes it for these inputs"):
        assert check(mutable, model, X) == "compiles"
    assert check(mutable, model, torch.ones(7, 16)) == "runs"
    mutable.layer.weight = nn.Parameter(torch.randn(4, 16))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(mutable, model, torch.ones(7, 16)) == "refits"


def test_copies_and_files(mutable, model, tmp_path):
    expected = mutable(X, SHIFT)
    MutableTorchTensorRTModule.save(mutable, tmp_path / "mutable.pt")
    loaded = MutableTorchTensorRTModule.load(tmp_path / "mutable.pt")
    assert check(loaded, model, X, SHIFT) == "runs"
    pickled = pickle.loads(pickle.dumps(mutable))
    assert check(pickled, model, X, SHIFT) == "runs"
    copied = copy.deepcopy(mutable)
    copied.scale = 5.0
    assert torch.equal(mutable(X, SHIFT), expected) and not torch.equal(copied(X, SHIFT), expected)
    assert model.scale == 2.0


def test_mistakes(model):
    with pytest.raises(TypeError, match="pytorch_model is RecursiveScriptModule"):
        MutableTorchTensorRTModule(torch.jit.script(model))
    with pytest.raises(TypeError, match="no option no_such_setting"):
        MutableTorchTensorRTModule(model, no_such_setting=1)
    with pytest.raises(ValueError, match="workspace_size"):
        MutableTorchTensorRTModule(model, workspace_size=-1)
    with pytest.warns(UserWarning, match="ignores weight_streaming_budget"):
        mutable = MutableTorchTensorRTModule(model, device="cpu", weight_streaming_budget=5)
    with pytest.raises(TypeError, match="is a MutableTorchTensorRTModule already"):
        MutableTorchTensorRTModule(mutable)
    with pytest.raises(TypeError, match="MutableTorchTensorRTModule.save"):
        torch_tensorrt.save(mutable, "x")


def test_immutable_weights_compile_anew(model):
    mutable = MutableTorchTensorRTModule(model, device="cpu", immutable_weights=True)
    check(mutable, model, X, SHIFT)
    mutable.load_state_dict(Net().state_dict())
    assert check(mutable, model, X, SHIFT) == "compiles"
