"""torchvision's detection models, scripted, with random weights and pictures of two sizes."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input

SIZES = ((3, 96, 128), (3, 120, 104))


def detector(name):
    """A model that finds objects: random heads whose scores differ by more than rounding does."""
    from torchvision.models import detection

    torch.manual_seed(0)
    model = getattr(detection, name)(weights=None, weights_backbone=None).eval()
    with torch.no_grad():
        for path, module in model.named_modules():
            if path.startswith(("backbone.body", "backbone.features", "backbone.extra")):
                if path.endswith("bn3"):
                    module.weight.fill_(0.3)  # the sums of residual blocks stay small
            elif isinstance(module, nn.Conv2d | nn.Linear | nn.ConvTranspose2d):
                module.weight.normal_(0, (2.0 / module.weight[0].numel()) ** 0.5)
        scale = 1.0 if name.startswith("ssd") else 0.002 if name.startswith("keypoint") else 0.02  # of the features
        for layer in last_layers(model):
            layer.weight.normal_(0, scale * layer.weight[0].numel() ** -0.5)
        settle(model)
    if hasattr(model, "score_thresh"):
        model.score_thresh = 0.0
    if hasattr(model, "roi_heads"):
        model.roi_heads.score_thresh = 0.0
        model.roi_heads.detections_per_img = 20
    if not name.startswith("ssd"):
        model.transform.min_size, model.transform.max_size = (96,), 160
    return torch.jit.script(model)


def settle(model):
    """Gives batch norms the statistics of random pictures; otherwise the features vanish with depth."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
        norm.train()
    features = list(model.backbone(torch.rand(2, 3, 320, 320)).values())
    if hasattr(model, "head"):
        model.head(features)
    for norm in norms:
        norm.eval()


def last_layers(model):
    """The layers that give the scores, and of detectors in two steps the boxes."""
    if hasattr(model, "roi_heads"):
        predictor, head = model.roi_heads.box_predictor, model.rpn.head
        return [predictor.cls_score, predictor.bbox_pred, head.cls_logits, head.bbox_pred]
    head = model.head.classification_head
    return [head.cls_logits] if hasattr(head, "cls_logits") else [row[1] for row in head.module_list]


def engines_of(module):
    return len(list(module.graph.findAllNodes("tensorrt::execute_engine", recurse=True)))


def check_picture(got, expected):
    """Compares the objects one by one. Those of nearly equal scores may change places, or be cut off at the end.

    Resized pictures differ in the fifth digit: PyTorch rounds the positions of pixels more than an engine does. Random
    weights make more of that.
    """
    assert got.keys() == expected.keys()
    scores = expected["scores"]
    assert scores.numel() > 5 and scores.diff().abs().median() > 1e-6, "the scores do not tell the objects apart"
    assert got["scores"].shape == scores.shape
    torch.testing.assert_close(got["scores"], scores, rtol=2e-3, atol=1e-3)
    lost = 0
    for i in range(scores.numel()):
        near = (got["scores"] - scores[i]).abs() < 1e-3
        near &= (got["labels"] == expected["labels"][i]) & ((got["boxes"] - expected["boxes"][i]).abs().amax(1) < 0.2)
        found = near.nonzero().flatten().tolist()
        if not found:
            lost += 1
            continue
        for key in expected.keys() - {"boxes", "labels", "scores"}:  # masks, keypoints
            differences = [(got[key][k] - expected[key][i]).abs().amax() for k in found]
            assert min(differences) < 0.2, key
    assert lost <= scores.numel() // 20


# The engines are the backbone with the heads, and what follows from sizes that depend on the pictures.
@pytest.mark.parametrize(
    ("name", "engines"),
    [
        ("ssdlite320_mobilenet_v3_large", 10),
        ("retinanet_resnet50_fpn", 10),
        ("fasterrcnn_resnet50_fpn", 5),
        ("maskrcnn_resnet50_fpn", 5),
        ("keypointrcnn_resnet50_fpn", 5),
    ],
)
@pytest.mark.filterwarnings("ignore:.*always returns a")
def test_the_same_objects_are_found(name, engines):
    model = detector(name)
    expected = copy.deepcopy(model)
    compiled = torch_tensorrt.compile(model, input_signature=([Input(size) for size in SIZES],), device="cpu")
    assert engines_of(compiled) >= engines
    for seed in range(2):
        pictures = [torch.rand(size, generator=torch.Generator().manual_seed(seed)) for size in SIZES]
        with torch.no_grad():
            losses, found = compiled(pictures)
            _, wanted = expected(pictures)
        assert losses == {}
        for got, want in zip(found, wanted, strict=True):
            check_picture(got, want)
