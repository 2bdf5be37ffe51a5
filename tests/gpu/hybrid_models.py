"""Models of the tests of hybrid modules, and how they are compiled and compared.

The annotations are no strings, so that TorchScript resolves the types of named results.
"""

import copy
import os
from collections.abc import Sequence
from typing import Dict, List, NamedTuple, Optional, Tuple  # noqa: UP035 - TorchScript reads the annotations

import torch
from hybrid import compare
from torch import Tensor, nn

import torch_tensorrt
from torch_tensorrt import Input

DEVICE = os.environ.get("TORCHTRT_TEST_DEVICE", "cuda:0")
WIDTH, WORDS = 16, 50
ROWS = Input(min_shape=(1, WIDTH), opt_shape=(4, WIDTH), max_shape=(8, WIDTH))


def rows(count: int, seed: int = 0) -> Tensor:
    """Returns an input, on the CPU."""
    return torch.randn(count, WIDTH, generator=torch.Generator().manual_seed(100 * count + seed))


def scripted(model: nn.Module, device: str = DEVICE) -> torch.jit.ScriptModule:
    """Returns a module in eval mode with weights of a fixed seed; plain attributes stay where the model has them."""
    generator = torch.Generator().manual_seed(7)
    for parameter in model.parameters():
        size = parameter[0].numel() if parameter.dim() > 1 else 4
        parameter.data = torch.randn(parameter.shape, generator=generator) * size**-0.5
    return torch.jit.script(model.eval().to(device))


def compile_hybrid(
    module: torch.jit.ScriptModule, backend: str, inputs: Sequence = (ROWS,), **settings
) -> torch.jit.ScriptModule:
    defaults = {
        "device": DEVICE,
        "backend": backend,
        "min_block_size": 1,
        "require_full_compilation": False,
        "disable_tf32": True,
        "optimization_level": 0,
    }
    with torch_tensorrt.logging.errors():  # a hybrid module causes a warning
        compiled = torch_tensorrt.compile(module, input_signature=tuple(inputs), **{**defaults, **settings})
    assert hasattr(compiled, "torch_tensorrt_record"), "the module is one engine"
    return compiled


def engines_of(compiled: torch.jit.ScriptModule) -> int:
    """Returns the number of calls of engines, also those in branches and loops."""
    return len(list(compiled.graph.findAllNodes("tensorrt::execute_engine", recurse=True)))


def numbers_of(compiled: torch.jit.ScriptModule) -> int:
    """Returns the number of numbers of PyTorch that engines take."""
    return len(list(compiled.graph.findAllNodes("prim::NumToTensor", recurse=True)))


def expect_same(module, compiled, calls: Sequence[Sequence[Tensor]], state: Sequence[str] = (), **settings) -> None:
    """Compares results, devices, shared memory, state and written inputs, call by call; inputs may be on the CPU."""
    settings = {"device": DEVICE, **settings}
    found = compare.differences(copy.deepcopy(module), compiled, [list(call) for call in calls], state, **settings)
    assert not found, "\n".join(map(str, found))


class Between(nn.Module):
    """Two engines, with a Fourier transform between them. No value is needed on the host."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.register_buffer("shift", torch.arange(float(WIDTH)) / WIDTH)

    def forward(self, x):
        y = torch.tanh(self.first(x)) - self.shift
        y = torch.fft.fft(y).real * 0.25
        return torch.relu(self.last(y)) + self.shift


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.then, self.last = (nn.Linear(WIDTH, WIDTH) for _ in range(3))

    def forward(self, x):
        y = torch.tanh(self.first(x))
        if bool(x.sum() > 0.5):
            z = torch.sigmoid(self.then(y))
            y = z + y * 0.25
        else:
            y = torch.relu(y * 2.0 - 0.5)
        return self.last(y)


class Rounds(nn.Module):
    """Returns after as many rounds as a tensor says."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.last = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x, count):
        for _ in range(int(count.sum())):
            x = torch.tanh(self.inner(x)) + x * 0.5
        return torch.relu(self.last(x))


class Counters(nn.Module):
    """Writes buffers, a plain tensor, an optional one, a number and lists, in place and anew."""

    last: Optional[Tensor]  # noqa: UP045
    history: List[Tensor]  # noqa: UP006

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH)
        self.register_buffer("calls", torch.zeros(1))
        self.register_buffer("mean", torch.zeros(WIDTH))
        self.last, self.history, self.n = None, [], 0

    def forward(self, x):
        self.calls += 1.0
        y = torch.tanh(self.linear(x)) + self.calls * 0.125
        self.mean.mul_(0.5).add_(y.mean(0) * 0.5)
        self.n += 1
        known = self.last
        if known is not None:
            y = y + known * 0.5
        self.last = y.mean(0)
        self.history.append(torch.relu(self.mean * 2.0))
        return torch.sigmoid(self.linear(y - self.mean)) * float(self.n), torch.stack(self.history).sum(0)


COUNTER_STATE = ("calls", "mean", "last", "history", "n")


class Numbers(nn.Module):
    """Ints, floats and bools of PyTorch, of data and of state, that engines use as values and as sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH)
        self.n, self.f, self.b = 0, 0.5, False

    def forward(self, x, k):
        self.n, self.f, self.b = self.n % 3 + 1, 1.25 - self.f, not self.b
        y = torch.tanh(self.linear(x) * self.f + self.n)
        y = torch.sigmoid(y * self.b) + y * float(self.b) - 0.25
        n, f = int(k.sum()) % 3 + 1, float(k.max()) * 0.25
        y = torch.exp(y * 0.5) * f + n
        part = torch.relu(y[:n] * 2.0)  # a size
        wide = torch.tanh(y[0] * 0.5).unsqueeze(0).expand(self.n, y.size(1)) * self.f
        return y, part, wide.reshape(2, -1) * 0.5, n, f, self.b


NUMBERS_STATE = ("n", "f", "b")


class SharesMemory(nn.Module):
    """Results that are views of the input, of a buffer and of each other; an engine computes their base."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH)
        self.register_buffer("table", torch.arange(float(WIDTH)))

    def forward(self, x):
        y = torch.tanh(self.linear(x)) * 2.0
        self.table.add_(y.mean(0))
        y[0] = 0.5
        return y, y[0], y.t(), x.view(-1), self.table, self.table[1:]


class Named(NamedTuple):
    logits: Tensor
    rest: Tensor
    count: int


class ReturnsDict(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH)

    def forward(self, x) -> Dict[str, Tensor]:  # noqa: UP006
        y = torch.tanh(self.linear(x)) + 1.0
        return {"hidden": y, "spectrum": torch.fft.fft(y).real, "logits": torch.softmax(self.linear(y), -1)}


class ReturnsNamed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH)

    def forward(self, x) -> Tuple[Named, List[Tensor]]:  # noqa: UP006
        y = torch.special.i0e(torch.tanh(self.linear(x)) + 1.0)
        return Named(torch.softmax(self.linear(y), -1), y, x.size(0)), [y * 2.0, torch.relu(self.linear(y))]


class Plain(nn.Module):
    """Tensors that ``Module.to`` does not move: a plain attribute and one that the module makes."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH)
        self.plain = torch.arange(float(WIDTH)) / WIDTH
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x):
        self.calls += 1.0
        y = torch.tanh(self.linear(x)) + self.plain * self.calls
        return torch.fft.fft(y).real * torch.linspace(0.0, 1.0, x.size(1), device=x.device)


class Listed(nn.Module):
    """A list of tensors that the module reads and extends."""

    history: List[Tensor]  # noqa: UP006

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH)
        self.history = [torch.ones(WIDTH)]

    def forward(self, x):
        y = torch.fft.fft(torch.tanh(self.linear(x))).real
        self.history.append(y.mean(0))
        return y + torch.stack(self.history).sum(0)


class LengthInTensor(nn.Module):
    """Adds a constant of the module's device to a size, as traces of decoders do."""

    def __init__(self):
        super().__init__()
        self.register_buffer("one", torch.tensor(1))
        self.linear = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor, count: Tensor):
        kept = x[:0]
        for _ in range(int(count)):
            length = int(torch.tensor(kept.size(0), device=x.device) + self.one)
            x = torch.tanh(self.linear(x)).sigmoid()
            kept = torch.cat([kept, x[:1]])
            mask = torch.arange(length, device=x.device) >= 0
            x = x + torch.where(mask.unsqueeze(1), kept, kept * 2).sum(0)
        return x


class Decoder(nn.Module):
    """One layer of attention with a cache of keys and values, and a greedy choice of the next token."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, WIDTH), nn.Embedding(32, WIDTH)
        self.qkv, self.out, self.up, self.down = (nn.Linear(WIDTH, n * WIDTH) for n in (3, 1, 1, 1))
        self.norm, self.logits = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WORDS, bias=False)

    def step(self, token: Tensor, place: int, keys: Tensor, values: Tensor):
        x = self.words(token) + self.places(torch.full_like(token, place))
        q, k, v = self.qkv(self.norm(x)).chunk(3, -1)
        keys, values = torch.cat([keys, k], 1), torch.cat([values, v], 1)
        x = x + self.out(torch.softmax(q @ keys.transpose(1, 2) * 0.25, -1) @ values)
        x = x + self.down(nn.functional.gelu(self.up(x)))
        return self.logits(self.norm(x))[:, -1] * 20.0, keys, values  # large: rounding does not decide

    def forward(self, token, count):
        keys = torch.zeros(token.size(0), 0, self.places.weight.size(1), device=token.device)
        values = keys
        tokens, scores = [token], [torch.zeros(token.size(0), 0, device=token.device)]
        for place in range(int(count)):
            found, keys, values = self.step(token, place, keys, values)
            token = found.argmax(-1, keepdim=True)
            tokens.append(token)
            scores.append(found)
        return torch.cat(tokens, 1), torch.cat(scores, 1), keys, values


class CachedStep(Decoder):
    """A token in a call; the cache is a buffer of fixed size, written at a position that the module counts."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("keys", torch.zeros(1, 8, WIDTH))
        self.register_buffer("values", torch.zeros(1, 8, WIDTH))
        self.place = 0

    def forward(self, token):
        x = self.words(token) + self.places.weight[self.place]
        q, k, v = self.qkv(self.norm(x)).chunk(3, -1)
        self.keys[:, self.place] = k[:, 0]
        self.values[:, self.place] = v[:, 0]
        self.place += 1
        keys, values = self.keys[:, : self.place], self.values[:, : self.place]
        x = x + self.out(torch.softmax(q @ keys.transpose(1, 2) * 0.25, -1) @ values)
        return self.logits(self.norm(x))[:, -1] * 20.0


class Around(nn.Module):
    """A module around a compiled one."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return torch.relu(self.inner(x)) * 2.0
