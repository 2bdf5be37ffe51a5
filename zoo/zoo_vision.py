"""Models of torchvision and timm."""

from __future__ import annotations

from collections.abc import Callable

import torch
from zoo_model import Model, Shape, Tensors

Sizes = tuple[tuple[Shape, ...], ...]


def images(*sizes: tuple[int, int, int]) -> Sizes:
    """Returns the image shapes for (batch, height, width) of each."""
    return tuple(((batch, 3, height, width),) for batch, height, width in sizes)


SIZES = images((2, 160, 192), (1, 96, 128), (2, 224, 160))
ONE_SIZE = ((2, 3, 224, 224),)

# A Swin shifts its windows if it has more than one. A trace fixes this decision, which is the same in this range.
SWIN_SIZES = images((2, 160, 192), (1, 144, 176), (2, 224, 160))
TRACED_POSITIONS = "the size to which its positions are resampled is computed in Python, and a trace fixes it"

TORCHVISION = {
    "alexnet": SIZES,
    "convnext_tiny": SIZES,
    "densenet121": SIZES,
    "efficientnet_b0": SIZES,
    "efficientnet_v2_s": SIZES,
    "googlenet": SIZES,
    "inception_v3": images((2, 160, 192), (1, 139, 107), (2, 224, 160)),
    "maxvit_t": "its windows and position tables are made for one size",
    "mnasnet0_5": SIZES,
    "mobilenet_v2": SIZES,
    "mobilenet_v3_large": SIZES,
    "regnet_y_400mf": SIZES,
    "resnet18": SIZES,
    "resnet50": SIZES,
    "resnext50_32x4d": SIZES,
    "shufflenet_v2_x1_0": SIZES,
    "squeezenet1_1": SIZES,
    "swin_t": SWIN_SIZES,
    "swin_v2_t": SWIN_SIZES,
    "vgg11_bn": SIZES,
    "vit_b_16": "it asserts its size: the position table has an entry for each patch",
    "wide_resnet50_2": SIZES,
}


def _model(name: str, make: Callable[[], torch.nn.Module], sizes: Sizes | str) -> Model:
    return Model(name, make, ONE_SIZE if isinstance(sizes, str) else sizes[0], sizes)


# These models have auxiliary heads for training, and initialize their weights slowly.
INCEPTIONS = {"googlenet", "inception_v3"}
SEGMENTATION = ("fcn_resnet50", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large")


def torchvision_models() -> list[Model]:
    import torchvision.models as models

    made = []
    for name, sizes in TORCHVISION.items():
        arguments = {"init_weights": False, "aux_logits": False} if name in INCEPTIONS else {}

        def make(name=name, arguments=arguments):
            return getattr(models, name)(weights=None, **arguments)

        made.append(_model(f"torchvision/{name}", make, sizes))
    for name in SEGMENTATION:

        def make(name=name):
            return Tensors(getattr(models.segmentation, name)(weights=None, weights_backbone=None))

        sizes = images((2, 96, 128), (1, 64, 96), (2, 128, 160))
        made.append(_model(f"torchvision/{name}", make, sizes))
    pairs = tuple(((batch, 3, h, w),) * 2 for batch, h, w in ((1, 128, 136), (1, 136, 128), (2, 144, 128)))
    made.append(
        Model(
            "torchvision/raft_small",
            lambda: Tensors(models.optical_flow.raft_small(weights=None)),
            pairs[0],
            pairs,
        )
    )
    return made


TIMM = {
    "convnext_atto": SIZES,
    "swin_tiny_patch4_window7_224": "its windows and masks are made for one size",
    "efficientformer_l1": "its attention biases are a table for one size",
    "mobilevit_xxs": "the number of its patches is computed in Python, and a trace fixes it",
    "coat_tiny": "it asserts its size: the position tables have an entry for each patch",
    "deit_tiny_patch16_224": TRACED_POSITIONS,
    "mixer_s32_224": "it mixes patches with a matrix of their number",
    "resmlp_12_224": "it mixes patches with a matrix of their number",
    "xcit_nano_12_p16_224": "its positions are computed for one size, and a trace fixes them",
    "levit_128s": "its attention biases are a table for one size",
    "ghostnet_100": SIZES,
    "hrnet_w18_small": SIZES,
    "eva02_tiny_patch14_224": TRACED_POSITIONS,
}


def timm_models() -> list[Model]:
    import timm

    return [
        _model(f"timm/{name}", lambda name=name: timm.create_model(name, pretrained=False), sizes)
        for name, sizes in TIMM.items()
    ]
