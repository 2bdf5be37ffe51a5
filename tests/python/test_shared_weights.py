"""An engine stores weights that several layers share once, and engines in memory share equal weights."""

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


class Translator(torch.nn.Module):
    """Two methods and an encoder that both use."""

    def __init__(self, seed: int):
        super().__init__()
        torch.manual_seed(seed)
        self.encoder = torch.nn.Sequential(torch.nn.Linear(256, 256), torch.nn.ReLU(), torch.nn.Linear(256, 256))
        self.head = torch.nn.Linear(256, 4)

    @torch.jit.export
    def encode(self, x):
        return self.encoder(x)

    def forward(self, x):
        return self.head(self.encoder(x)).softmax(1)


MATRICES = 2 * 256 * 256 * 4  # bytes; the other blocks are smaller than 64 KiB


def shared_bytes(log: str) -> list[int]:
    return [int(line.split(" shares ")[1].split()[0]) for line in log.splitlines() if " shares " in line]


def test_two_methods_share_the_weights_of_the_encoder(capfd, monkeypatch):
    monkeypatch.setenv("TORCHTRT_TACTIC_SOURCES", "aten")  # one layout of all weights
    inputs = [torch_tensorrt.Input((8, 256))]
    module = Translator(1).eval()
    with torch_tensorrt.logging.info():
        compiled = torch_tensorrt.compile(module, inputs=inputs, methods={"encode": inputs}, device="cpu")
        assert shared_bytes(capfd.readouterr().err) == [MATRICES]
        buffer = io.BytesIO()
        torch.jit.save(compiled, buffer)
        engines = [compiled.engine_0, compiled.engine_encode_0]
        before = [engine.serialized_engine_tensor() for engine in engines]
        capfd.readouterr()
        buffer.seek(0)
        loaded = torch.jit.load(buffer)
        log = capfd.readouterr().err
    assert sorted(shared_bytes(log)) == [MATRICES, MATRICES]  # with the module that was saved
    for engine, bytes_before in zip([loaded.engine_0, loaded.engine_encode_0], before, strict=True):
        assert torch.equal(engine.serialized_engine_tensor(), bytes_before)
    x = torch.randn(8, 256)
    del compiled, engines
    torch.testing.assert_close(loaded(x), module(x), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(loaded.encode(x), module.encode(x), rtol=1e-5, atol=1e-5)


def test_other_weights_are_not_shared(capfd):
    inputs = [torch_tensorrt.Input((8, 256))]
    with torch_tensorrt.logging.info():
        modules = [torch_tensorrt.compile(Translator(seed).eval(), inputs=inputs, device="cpu") for seed in (2, 3)]
    assert len(modules) == 2
    assert shared_bytes(capfd.readouterr().err) == []
