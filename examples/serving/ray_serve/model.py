"""The model that the replicas serve: MobileNet v3 large with random weights, as PyTorch runs it or compiled."""

from __future__ import annotations

from pathlib import Path

import torch

import torch_tensorrt

IMAGE = (3, 224, 224)
MOST_IMAGES = 8  # in one request


def make_model() -> torch.nn.Module:
    """Returns the model, with the same weights in every process."""
    import torchvision  # replicas with the compiled module do without it

    torch.manual_seed(0)
    model: torch.nn.Module = torchvision.models.mobilenet_v3_large(weights=None)
    return model.eval()


def compile_model(path: Path, threads: int) -> None:
    """Compiles the model for 1 to MOST_IMAGES images and for calls on `threads` threads, and saves it."""
    images = torch_tensorrt.Input(
        min_shape=(1, *IMAGE), opt_shape=(1, *IMAGE), max_shape=(MOST_IMAGES, *IMAGE), dtype=torch.float32
    )
    compiled = torch_tensorrt.compile(
        torch.jit.script(make_model()),
        inputs=[images],
        device="cpu",
        num_threads=threads,
        max_specializations=MOST_IMAGES,  # stays prepared for each number of images
        require_full_compilation=True,
    )
    torch.jit.save(compiled, str(path))
