"""The models of the CPU benchmark: name, constructor, and the shape of one sample of the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torchvision
from torch import nn

IMAGE = (3, 224, 224)


@dataclass(frozen=True)
class Model:
    """A row of the table below."""

    make: Callable[[], nn.Module]
    sample: tuple[int, ...]


class LeNet(nn.Module):
    """Two convolutions and three linear layers on 32 x 32 images."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 3), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.classifier = nn.Sequential(
            nn.Linear(576, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102
        return self.classifier(torch.flatten(self.features(x), 1))


class Recurrent(nn.Module):
    """Two recurrent layers of 256 hidden elements; returns only the output."""

    def __init__(self, kind: type[nn.Module]) -> None:
        super().__init__()
        self.layer = kind(256, 256, num_layers=2, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102
        return self.layer(x)[0]


def _recurrent(kind: type[nn.Module], steps: int) -> Model:
    return Model(lambda: Recurrent(kind), (steps, 256))


def _mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 1024), nn.GELU(), nn.Linear(1024, 1024), nn.GELU(), nn.Linear(1024, 10))


def _vision(name: str) -> Model:
    return Model(lambda: torchvision.models.get_model(name, weights=None), IMAGE)


MODELS = {
    "resnet50": _vision("resnet50"),
    "mobilenet_v3_large": _vision("mobilenet_v3_large"),
    "efficientnet_b0": _vision("efficientnet_b0"),
    "resnet18": _vision("resnet18"),
    "vgg11": _vision("vgg11"),
    "densenet121": _vision("densenet121"),
    "lenet": Model(LeNet, (1, 32, 32)),
    "mlp": Model(_mlp, (784,)),
    **{f"lstm_{steps}": _recurrent(nn.LSTM, steps) for steps in (16, 64, 512)},
    **{f"gru_{steps}": _recurrent(nn.GRU, steps) for steps in (16, 64, 512)},
}


def build(name: str, batch: int) -> tuple[nn.Module, torch.Tensor]:
    """Returns the model, in eval mode with random weights of a fixed seed, and an input.

    Raises:
        KeyError: no model has this name.
    """
    row = MODELS[name]
    torch.manual_seed(0)
    model = row.make()
    _settle_batch_norms(model, torch.randn(4, *row.sample))
    return model.eval(), torch.randn(batch, *row.sample)


def _settle_batch_norms(model: nn.Module, pictures: torch.Tensor) -> None:
    # With initial statistics, activations grow or vanish from block to block, and the error relative to the largest
    # element of the result would mean little.
    model.eval()
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return
    for norm in norms:
        norm.train()
        norm.momentum = 1.0
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias, std=0.1)
    with torch.no_grad():
        model(pictures)
