"""The convolutional families of torchvision, each as one engine, against eager PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
import torchvision
from torch import nn

import torch_tensorrt

pytestmark = pytest.mark.slow

TOLERANCE = 1e-4  # relative to the largest output; rounding errors add up over a hundred layers


@dataclass(frozen=True)
class Family:
    """A small member of a family, and the size of its images.

    64 is the smallest size with elements left after all strides. AlexNet and VGG need images of 224.
    """

    model: str
    side: int = 64
    batch: int = 2


FAMILIES = {
    "alexnet": Family("alexnet", side=224, batch=1),
    "vgg": Family("vgg11_bn", side=224, batch=1),
    "resnet": Family("resnet18"),
    "resnet_bottleneck": Family("resnet50"),
    "resnext": Family("resnext50_32x4d"),
    "mobilenet_v2": Family("mobilenet_v2"),
    "mobilenet_v3": Family("mobilenet_v3_small"),
    "efficientnet": Family("efficientnet_b0"),
    "densenet": Family("densenet121"),
    "squeezenet": Family("squeezenet1_1"),
    "shufflenet": Family("shufflenet_v2_x0_5"),
    "regnet": Family("regnet_y_400mf"),
}


def settle(model: nn.Module, pictures: torch.Tensor) -> nn.Module:
    """Gives batch norms the statistics of their inputs, so that activations neither grow nor vanish; sets eval mode."""
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train()
            module.momentum = 1.0
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
    with torch.no_grad():
        model(pictures)
    return model.eval()


@pytest.mark.parametrize("how", ["script", "trace"])
@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_family(family, how, rel):
    x = torch.randn(family.batch, 3, family.side, family.side)
    model = settle(
        torchvision.models.get_model(family.model, weights=None, num_classes=10), torch.randn(4, *x.shape[1:])
    )
    if how == "script":
        module = torch.jit.script(model)
    else:
        with torch.no_grad():
            module = torch.jit.trace(model, x, check_trace=False)
    compiled = torch_tensorrt.compile(module, inputs=[torch_tensorrt.Input(x.shape)], require_full_compilation=True)
    assert str(compiled.inlined_graph).count("tensorrt::execute_engine") == 1
    with torch.no_grad():
        expected = model(x)
        assert expected.abs().max() > 1e-2  # otherwise the comparison proves nothing
        assert rel(compiled(x), expected) < TOLERANCE
