"""State whose shape changes between calls: engines run in the usual calls, PyTorch in the others."""

from __future__ import annotations

import copy
import io

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input


def engines_of(module):
    """The engine calls of a compiled module, also those in branches."""
    return list(module.graph.findAllNodes("tensorrt::execute_engine", recurse=True))


def compile_hybrid(module, *inputs):
    with torch_tensorrt.logging.errors():  # a hybrid module causes a warning
        return torch_tensorrt.compile(
            module, inputs=list(inputs), device="cpu", require_full_compilation=False, min_block_size=1
        )


def runs_an_engine(module, *arguments) -> bool:
    """Whether a call runs an engine: PyTorch's profiler sees each operator of the call."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        module(*arguments)
    return any(event.name == "tensorrt::execute_engine" for event in profile.events())


class Filter(nn.Module):
    """Remembers the end of the last call; before the first call there is nothing, in a tensor of another rank."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv1d(4, 4, 3)
        self.memory = torch.zeros(0)

    @torch.jit.export
    def reset(self) -> None:
        self.memory = torch.zeros(0)

    @torch.jit.export
    def all(self, parts: torch.Tensor) -> torch.Tensor:
        found = []
        for part in parts:
            found.append(self.forward(part))
        return torch.stack(found)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(self.memory) == 0:
            self.memory = torch.zeros(x.shape[0], 4, 2)
        joined = torch.cat([self.memory, x], -1)
        self.memory = joined[:, :, -2:]
        return torch.relu(self.layer(joined)) + x


class Recurrent(nn.Module):
    """A state of None before the first call."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.head = nn.Linear(8, 4), nn.Linear(4, 4)
        self.state = torch.jit.Attribute(None, torch.Tensor | None)

    @torch.jit.export
    def reset(self) -> None:
        self.state = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        state = self.state
        before = x * 0 if state is None else torch.tanh(state) * 2
        joined = torch.cat([x, before], 1)
        found = torch.tanh(self.layer(joined))
        self.state = found
        return self.head(found) + 1


@pytest.mark.parametrize(("make", "shape"), [(Filter, (2, 4, 6)), (Recurrent, (2, 4))])
def test_a_state_that_is_empty_at_first(make, shape) -> None:
    torch.manual_seed(0)
    original = torch.jit.script(make().eval())
    compiled = compile_hybrid(original, Input(shape))
    expected = copy.deepcopy(original)
    assert engines_of(compiled)
    with torch.no_grad():
        for _ in range(2):
            for _ in range(3):
                x = torch.randn(shape)
                torch.testing.assert_close(compiled(x), expected(x), rtol=1e-4, atol=1e-5)
            assert runs_an_engine(compiled, x)
            expected(x)
            compiled.reset()
            expected.reset()


def test_engines_run_although_another_method_calls_the_method() -> None:
    torch.manual_seed(0)
    original = torch.jit.script(Filter().eval())
    compiled = compile_hybrid(original, Input((2, 4, 6)))
    parts = torch.randn(3, 2, 4, 6)
    with torch.no_grad():
        compiled(parts[0])
        assert runs_an_engine(compiled, parts[0])
        compiled.reset()
        torch.testing.assert_close(compiled.all(parts), copy.deepcopy(original).all(parts), rtol=1e-4, atol=1e-5)


def test_such_a_module_is_saved_with_its_state() -> None:
    torch.manual_seed(0)
    compiled = compile_hybrid(torch.jit.script(Filter().eval()), Input((2, 4, 6)))
    x = torch.randn(2, 4, 6)
    with torch.no_grad():
        compiled(x)
        file = io.BytesIO()
        torch.jit.save(compiled, file)
        file.seek(0)
        loaded = torch.jit.load(file)
        torch.testing.assert_close(loaded(x), compiled(x))
        loaded.reset()
        compiled.reset()
        torch.testing.assert_close(loaded(x), compiled(x))


class Averages(nn.Module):
    """A state that another method sets, perhaps to another shape or dtype."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.state = torch.zeros(1, 4)

    @torch.jit.export
    def start(self, state: torch.Tensor) -> None:
        self.state = state

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = torch.relu(self.layer(x)) + self.state * 2
        self.state = self.state * 0.5
        return found.sum(-1)


@pytest.mark.parametrize(
    "state", [torch.ones(4), torch.ones(3, 2, 4), torch.ones(2, 4), torch.ones(1, 4).double(), torch.ones(1, 4)]
)
def test_another_method_may_set_a_state_of_another_shape(state: torch.Tensor) -> None:
    torch.manual_seed(0)
    original = torch.jit.script(Averages().eval())
    compiled = compile_hybrid(original, Input((2, 4)))
    expected = copy.deepcopy(original)
    assert engines_of(compiled)
    x = torch.randn(2, 4)
    with torch.no_grad():
        for start in (None, state, state, torch.zeros(1, 4)):
            if start is not None:
                compiled.start(start)
                expected.start(start)
            for _ in range(2):
                torch.testing.assert_close(compiled(x), expected(x), rtol=1e-4, atol=1e-5)


class Growing(nn.Module):
    """A value that is empty before the first round of a loop and has another rank behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor, rounds: torch.Tensor) -> torch.Tensor:
        found = torch.zeros(0)
        for _ in range(int(rounds)):
            if found.dim() == 1:
                found = torch.zeros_like(x)
            found = torch.tanh(self.layer(found) + x)
        return found


@pytest.mark.parametrize("rounds", [0, 1, 4])
def test_a_value_of_a_loop_that_is_empty_at_first(rounds: int) -> None:
    torch.manual_seed(0)
    original = torch.jit.script(Growing().eval())
    compiled = compile_hybrid(original, Input((2, 4)), Input((), dtype=torch.int64))
    assert engines_of(compiled)
    x, count = torch.randn(2, 4), torch.tensor(rounds)
    with torch.no_grad():
        torch.testing.assert_close(compiled(x, count), original(x, count), rtol=1e-4, atol=1e-5)


class Appending(nn.Module):
    """A list of rows that grows in a loop; its number of columns does not change."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor, rounds: torch.Tensor) -> torch.Tensor:
        kept = x
        for _ in range(int(rounds)):
            x = torch.tanh(self.layer(x)).reshape(kept.size(1) // 2, 2) * 2
            x = torch.relu(x).reshape(1, kept.size(1)) / kept.size(0)
            kept = torch.cat([kept, x])
        return kept


@pytest.mark.parametrize("rounds", [0, 1, 9])
def test_an_engine_in_a_loop_takes_no_size_that_changes_each_round(rounds: int) -> None:
    torch.manual_seed(0)
    original = torch.jit.script(Appending().eval())
    compiled = compile_hybrid(original, Input((1, 4)), Input((), dtype=torch.int64))
    calls = engines_of(compiled)
    assert calls
    kinds = [value.node().kind() for call in calls for value in call.inputsAt(0).node().inputs()]
    assert "prim::NumToTensor" not in kinds
    x, count = torch.randn(1, 4), torch.tensor(rounds)
    with torch.no_grad():
        torch.testing.assert_close(compiled(x, count), original(x, count), rtol=1e-4, atol=1e-5)
