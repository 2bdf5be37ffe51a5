"""A model of the zoo: its constructor and the sizes of its inputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch

Shape = tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Model:
    name: str
    make: Callable[[], torch.nn.Module]
    shapes: tuple[Shape, ...]  # of the inputs; the first dimension is the batch
    # Other shapes of the inputs, for an engine of their range; or the reason for a single size.
    sizes: tuple[tuple[Shape, ...], ...] | str
    vocabularies: tuple[int, ...] = ()  # inputs are indices below these numbers; 0, or no number: floats
    fixed_batch: str = ""  # reason for a single batch

    def inputs(self, shapes: tuple[Shape, ...] | None = None, seed: int = 1) -> tuple[torch.Tensor, ...]:
        generator = torch.Generator().manual_seed(seed)
        vocabularies = self.vocabularies or (0,) * len(self.shapes)
        return tuple(
            torch.randint(0, vocabulary, shape, generator=generator) if vocabulary else _signal(shape, generator)
            for shape, vocabulary in zip(shapes or self.shapes, vocabularies, strict=True)
        )

    def batches(self, size: int) -> tuple[Shape, ...]:
        return tuple((size, *shape[1:]) for shape in self.shapes)


def _signal(shape: Shape, generator: torch.Generator) -> torch.Tensor:
    """Returns noise on broad steps; averages of noise alone would all be equal."""
    coarse = torch.randn([min(size, 4) for size in shape], generator=generator)
    for dim, size in enumerate(shape):
        coarse = coarse.index_select(dim, torch.arange(size) * coarse.size(dim) // max(size, 1))
    return 1.5 * coarse + torch.randn(shape, generator=generator)


class Tensors(torch.nn.Module):
    """Returns the tensors in a model's result, which may be a dictionary, a tuple or an object."""

    def __init__(self, model: torch.nn.Module, **arguments) -> None:
        super().__init__()
        self.model = model
        self.arguments = arguments

    def forward(self, *inputs: torch.Tensor):
        result = self.model(*inputs, **self.arguments)
        if isinstance(result, torch.Tensor):
            return result
        values = result.values() if isinstance(result, dict) else result
        return tuple(value for value in values if isinstance(value, torch.Tensor))
