"""An engine stores weights that several layers share once."""

import io

import pytest
import torch

import torch_tensorrt


def saved_bytes(module) -> int:
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    return buffer.tell()


class Tied(torch.nn.Module):
    """An embedding that shares its matrix with the output layer, which needs another layout."""

    def __init__(self, transposed: bool):
        super().__init__()
        self.embedding = torch.nn.Embedding(6000, 64)
        self.transposed = transposed
        self.inner = torch.nn.Linear(64, 64)

    def forward(self, tokens):
        x = torch.relu(self.inner(self.embedding(tokens)))
        if self.transposed:
            return x @ self.embedding.weight.t()
        return torch.nn.functional.linear(x, self.embedding.weight)


class Repeated(torch.nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        for _ in range(12):
            x = torch.relu(self.layer(x)) + x
        return x


class Copies(torch.nn.Module):
    """Layers with equal values in separate memory."""

    def __init__(self, make):
        super().__init__()
        self.layers = torch.nn.ModuleList(make() for _ in range(6))
        for layer in self.layers:
            layer.load_state_dict(self.layers[0].state_dict())

    def forward(self, x):
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return x


CASES = {
    "tied": (lambda: Tied(False), torch.randint(6000, (2, 5)), 6000 * 64),
    "tied_transposed": (lambda: Tied(True), torch.randint(6000, (2, 5)), 6000 * 64),
    "linear_repeated": (lambda: Repeated(torch.nn.Linear(512, 512)), torch.randn(3, 512), 512 * 512),
    "convolution_repeated": (
        lambda: Repeated(torch.nn.Conv2d(96, 96, 3, padding=1)), torch.randn(1, 96, 12, 12), 96 * 96 * 9),
    "linear_copies": (lambda: Copies(lambda: torch.nn.Linear(512, 512)), torch.randn(3, 512), 512 * 512),
    "convolution_copies": (
        lambda: Copies(lambda: torch.nn.Conv1d(128, 128, 9, padding=4)), torch.randn(1, 128, 20), 128 * 128 * 9),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_weights_are_saved_once(name, tmp_path):
    make, x, weights = CASES[name]
    module = make().eval()
    settings = {"inputs": [x], "device": "cpu", "timing_cache_path": str(tmp_path / "cache")}
    compiled = torch_tensorrt.compile(torch.jit.script(module), **settings)
    assert saved_bytes(compiled) < 1.3 * 4 * weights + 200_000
    torch.testing.assert_close(compiled(x), module(x), rtol=1e-4, atol=1e-4)
    buffer = io.BytesIO()
    torch.jit.save(compiled, buffer)
    buffer.seek(0)
    torch.testing.assert_close(torch.jit.load(buffer)(x), compiled(x), rtol=0, atol=0)


@pytest.mark.parametrize("name", CASES)
def test_builds_with_one_timing_cache_give_the_same_bytes(name, tmp_path):
    make, x, _ = CASES[name]
    script = torch.jit.script(make().eval())
    settings = {"inputs": [x], "device": "cpu", "timing_cache_path": str(tmp_path / "cache")}
    engines = [torch_tensorrt.convert_method_to_trt_engine(script, "forward", **settings) for _ in range(3)]
    assert engines[1] == engines[0]
    assert engines[2] == engines[0]
