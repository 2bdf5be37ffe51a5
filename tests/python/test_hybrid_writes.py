"""Writes in place on tensors that a method of a hybrid module has made: engines take them if that changes nothing."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import torch_tensorrt


class Counting(nn.Module):
    """Its state makes it a hybrid module, and hides what its writes reach from all but the probe."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(1))


class Adds(Counting):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        self.count += 1
        z = x * 16
        z += y
        return z + self.count


class Halves(Counting):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        self.count += 1
        z = x + y
        z *= 0.5
        return z + self.count


class Divides(Counting):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        self.count += 1
        z = x + y
        z /= 2
        return z + self.count


def tensors(*dtypes: torch.dtype) -> list[Tensor]:
    return [torch.tensor([[3, 1, 2], [5, 4, 7]]).to(dtype) for dtype in dtypes]


def results(module: torch.jit.ScriptModule, inputs: list[Tensor]) -> list[Tensor] | str:
    try:
        return [module(*inputs) for _ in range(2)]
    except RuntimeError as error:
        return str(error).strip().splitlines()[-1]


@pytest.mark.parametrize("model", [Adds, Halves, Divides])
@pytest.mark.parametrize(
    "dtypes",
    [
        (torch.int64, torch.int64),
        (torch.int64, torch.int32),
        (torch.int32, torch.int64),
        (torch.uint8, torch.int8),
        (torch.float32, torch.int64),
    ],
    ids=str,
)
def test_results_and_errors_are_those_of_torchscript(model: type[Counting], dtypes: tuple[torch.dtype, ...]) -> None:
    inputs = tensors(*dtypes)
    module = torch.jit.script(model().eval())
    try:
        with torch_tensorrt.logging.errors():
            compiled = torch_tensorrt.compile(module, inputs=inputs, device="cpu", min_block_size=1)
    except RuntimeError as error:  # a call could only fail, which new versions of PyTorch tell without data
        theirs = results(module, inputs)
        assert isinstance(theirs, str) and theirs.removeprefix("RuntimeError: ") in str(error)
        return
    ours, theirs = results(compiled, inputs), results(module, inputs)
    if isinstance(theirs, str):
        assert ours == theirs
    else:
        torch.testing.assert_close(ours, theirs)


def test_a_write_that_fails_in_every_call_is_an_error_with_its_line() -> None:
    module = torch.jit.script(Adds().eval())
    with pytest.raises(
        RuntimeError, match="forward fails for the declared inputs: result type Float can't be cast"
    ) as error:
        torch_tensorrt.compile(module, inputs=tensors(torch.int64, torch.float32), device="cpu")
    assert "z += y" in str(error.value)


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.int32, torch.uint8])
def test_an_engine_adds_numbers_of_any_kind(dtype: torch.dtype) -> None:
    module = torch.jit.script(Adds().eval())
    compiled = torch_tensorrt.compile(module, inputs=tensors(dtype, dtype), device="cpu", min_block_size=1)
    graph = str(compiled.graph)
    assert graph.count("aten::add_(") == 1  # of the state
    assert graph.count("tensorrt::execute_engine(") == 1
