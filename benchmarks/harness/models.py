"""The models of the CPU benchmark: name, constructor, and a sample of the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torchvision
from torch import nn

IMAGE = (3, 224, 224)


@dataclass(frozen=True)
class Model:
    """A row of the table below.

    ``vocabulary`` is not 0 if the input consists of tokens. ``transformer`` is for other runtimes' quantization.
    ``traced`` is for models that ``torch.jit.script`` does not take.
    """

    make: Callable[[], nn.Module]
    sample: tuple[int, ...]
    vocabulary: int = 0
    transformer: bool = False
    traced: bool = False

    def input(self, batch: int) -> torch.Tensor:
        """Returns a random input."""
        if self.vocabulary:
            return torch.randint(0, self.vocabulary, (batch, *self.sample))
        return torch.randn(batch, *self.sample)


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


class Bert(nn.Module):
    """BERT-base without the pooler; takes tokens without padding."""

    def __init__(self) -> None:
        super().__init__()
        import transformers

        self.model = transformers.BertModel(transformers.BertConfig(), add_pooling_layer=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:  # noqa: D102
        return self.model(tokens, return_dict=False)[0]


def _recurrent(kind: type[nn.Module], steps: int) -> Model:
    return Model(lambda: Recurrent(kind), (steps, 256))


def _mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 1024), nn.GELU(), nn.Linear(1024, 1024), nn.GELU(), nn.Linear(1024, 10))


def _vision(name: str) -> Model:
    return Model(lambda: torchvision.models.get_model(name, weights=None), IMAGE)


def _vit() -> nn.Module:
    model = torchvision.models.vit_b_16(weights=None)
    nn.init.normal_(model.heads.head.weight, std=0.05)  # the weights are zeros, and all results would be 0
    return model


def _convnext() -> nn.Module:
    model = torchvision.models.convnext_tiny(weights=None)
    for name, parameter in model.named_parameters():
        if name.endswith("layer_scale"):
            nn.init.constant_(parameter, 0.5)  # of 1e-6, the blocks would add nothing
    return model


MODELS = {
    "resnet50": _vision("resnet50"),
    "mobilenet_v3_large": _vision("mobilenet_v3_large"),
    "efficientnet_b0": _vision("efficientnet_b0"),
    "resnet18": _vision("resnet18"),
    "vgg11": _vision("vgg11"),
    "densenet121": _vision("densenet121"),
    "bert_base_128": Model(Bert, (128,), vocabulary=30522, transformer=True, traced=True),
    "vit_b_16": Model(_vit, IMAGE, transformer=True),
    "convnext_tiny": Model(_convnext, IMAGE),
    "swin_t": Model(lambda: torchvision.models.swin_t(weights=None), IMAGE, transformer=True),
    "lenet": Model(LeNet, (1, 32, 32)),
    "mlp": Model(_mlp, (784,)),
    **{f"lstm_{steps}": _recurrent(nn.LSTM, steps) for steps in (16, 64, 512)},
    **{f"gru_{steps}": _recurrent(nn.GRU, steps) for steps in (16, 64, 512)},
}


def build(name: str, batch: int, calibration: int = 0) -> tuple[nn.Module, list[torch.Tensor]]:
    """Returns the model, in eval mode with random weights of a fixed seed, an input, and inputs for the calibration.

    Raises:
        KeyError: no model has this name.
    """
    row = MODELS[name]
    torch.manual_seed(0)
    model = row.make()
    _settle_batch_norms(model, row.input(4))
    return model.eval(), [row.input(batch) for _ in range(1 + calibration)]


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
    for block in model.modules():
        # Trained blocks change their input little. Otherwise the error of rounding would grow from block to block.
        if isinstance(block, torchvision.models.resnet.Bottleneck):
            nn.init.uniform_(block.bn3.weight, 0.1, 0.3)
    with torch.no_grad():
        model(pictures)
