"""Floating inputs of another dtype than the module's weights are cast first, and only if necessary."""

from __future__ import annotations

import random

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input

FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
# Tolerance of the dtype with fewer digits.
RTOL = {torch.float64: 1e-6, torch.float32: 1e-5, torch.float16: 1e-2, torch.bfloat16: 6e-2}


class Convolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)

    def forward(self, x):
        return torch.relu(self.norm(self.conv(x)))


class LinearAfterView(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(192, 5)

    def forward(self, x):
        return self.linear(torch.tanh(x).flatten(1)).softmax(-1)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 4, batch_first=True)

    def forward(self, x):
        return self.lstm(x[:, 0])[0]


class Normalized(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.linear = nn.LayerNorm(8), nn.Linear(8, 3)

    def forward(self, x):
        return self.linear(self.norm(x)), x.mean(1)


MODELS = [Convolution, LinearAfterView, Recurrent, Normalized]


def compiled_for(module, *specs, **settings):
    return torch_tensorrt.compile(torch.jit.script(module), inputs=list(specs), device="cpu", **settings)


def compare(found, expected, rtol):
    for mine, theirs in zip(
        torch.utils._pytree.tree_leaves(found), torch.utils._pytree.tree_leaves(expected), strict=True
    ):
        assert mine.dtype == theirs.dtype and mine.shape == theirs.shape
        torch.testing.assert_close(mine.double(), theirs.double(), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("given", FLOATS, ids=str)
@pytest.mark.parametrize("weights", FLOATS, ids=str)
@pytest.mark.parametrize("model", MODELS)
def test_each_pair_of_dtypes(model, weights, given):
    module = model().eval().to(weights)
    x = torch.randn(2, 3, 8, 8)
    try:
        wanted = module(x.to(given))  # PyTorch accepts it uncast
    except (RuntimeError, ValueError):
        wanted = module(x.to(given).to(weights))
    spec = Input(min_shape=(1, 3, 8, 8), opt_shape=(2, 3, 8, 8), max_shape=(4, 3, 8, 8), dtype=given)
    compiled = compiled_for(module, spec, require_full_compilation=True)  # only engines cast their inputs
    compare(compiled(x.to(given)), wanted, max(RTOL[weights], RTOL[given]))


def test_the_log_says_it_once_at_info(capfd):
    module = Convolution().eval()
    with torch_tensorrt.logging.info():
        compiled_for(module, Input((1, 3, 8, 8), dtype=torch.half))
    said = capfd.readouterr().err
    assert said.count("the engine casts it before the first operation") == 1
    assert "INFO" in next(line for line in said.splitlines() if "the engine casts it" in line)
    assert "Input x is given as f16 but the module computes in f32" in said
    compiled_for(module, Input((1, 3, 8, 8), dtype=torch.half))
    assert "cast" not in capfd.readouterr().err


class Promotes(nn.Module):
    """PyTorch accepts half here: it computes in half, and then in float."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(4) * 1e-3)

    def forward(self, x):
        return x, torch.exp(x * x), torch.exp(x) + self.weight


def test_what_pytorch_takes_is_left_as_it_is():
    x = torch.randn(3, 4).half()
    module = Promotes().eval()
    compare(compiled_for(module, x)(x), module(x), 2e-3)
    assert [tensor.dtype for tensor in compiled_for(module, x)(x)] == [torch.half, torch.half, torch.float32]


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x, y, ids):
        z = self.linear(x)
        return z @ y, y * 2, z[ids]


def test_an_input_that_meets_no_weight_and_integers_beside_it():
    module = TwoInputs().eval()
    x, y, ids = torch.randn(3, 4).half(), torch.randn(4, 2).bfloat16(), torch.tensor([2, 0])
    z = module.linear(x.float())
    wanted = (z @ y.float(), y.float() * 2, z[ids])
    compare(compiled_for(module, x, y, ids)(x, y, ids), wanted, 1e-2)
    # Inputs in the dtype of the weights are not cast.
    found = compiled_for(module, x.float(), y.float(), ids)(x.float(), y.float(), ids)
    compare(found, (z @ y.float(), y.float() * 2, z[ids]), 1e-2)


def test_integers_are_not_cast():
    with pytest.raises(RuntimeError, match="convolution"):
        compiled_for(Convolution().eval(), Input((1, 3, 8, 8), dtype=torch.int32))


class Nest(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3)

    def forward(self, pair: tuple[torch.Tensor, torch.Tensor], rest: list[torch.Tensor]):
        return self.linear(pair[0]) + self.linear(pair[1]) * self.linear(rest[0])


def test_inputs_in_nests():
    module = Nest().eval()
    x, y, z = (torch.randn(2, 4) for _ in range(3))
    given = ((x.half(), y), [z.bfloat16()])
    signature = ((Input.from_tensor(given[0][0]), Input.from_tensor(y)), [Input.from_tensor(given[1][0])])
    compiled = torch_tensorrt.compile(torch.jit.script(module), input_signature=signature, device="cpu")
    compare(compiled(*given), module((given[0][0].float(), y), [given[1][0].float()]), 1e-5)


def test_check_says_that_it_can_be_compiled():
    script = torch.jit.script(Convolution().eval())
    assert torch_tensorrt.check(script, [Input((1, 3, 8, 8), dtype=torch.half)])
    assert not torch_tensorrt.check(script, [Input((1, 3, 8, 8), dtype=torch.int32)])


def test_new_weights_for_an_engine_that_casts(rel):
    first, second = Convolution().eval(), Convolution().eval()
    x = torch.randn(1, 3, 8, 8).half()
    compiled = compiled_for(first, x)
    refitted = torch_tensorrt.refit_module_weights(
        compiled, torch.jit.script(second), arg_inputs=[x], verify_output=True
    )
    assert rel(refitted(x), second(x.float())) < 1e-5


@pytest.mark.parametrize("seed", range(10))
def test_random_chains(seed):
    draw = random.Random(seed)
    torch.manual_seed(seed)
    makers = [
        lambda: nn.Conv2d(3, 3, 3, padding=1),
        lambda: nn.BatchNorm2d(3),
        nn.ReLU,
        nn.GELU,
        lambda: nn.GroupNorm(3, 3),
        lambda: nn.MaxPool2d(3, 1, 1),
        lambda: nn.PReLU(3),
        lambda: nn.Linear(8, 8),
        lambda: nn.LayerNorm(8),
    ]
    layers = [draw.choice(makers)() for _ in range(draw.randint(2, 5))]
    weights, given = torch.float32, draw.choice([torch.float16, torch.bfloat16])
    module = nn.Sequential(*layers).eval()
    x = torch.randn(2, 3, 8, 8).to(given)
    try:
        wanted = module(x)
    except RuntimeError:
        wanted = module(x.to(weights))
    compare(compiled_for(module, x)(x), wanted, 8e-2)
