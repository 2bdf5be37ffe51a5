"""Random modules, decoders of transformers and a detection model of torchvision as hybrid modules on a GPU."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hybrid_models import DEVICE, compile_hybrid, engines_of

from torch_tensorrt import Input

SEEDS = int(os.environ.get("TORCHTRT_TEST_SEEDS", "40"))
JOBS = min(8, max(1, (os.cpu_count() or 1) // 2))
PYTHON_TESTS = Path(__file__).parents[1] / "python"


def test_random_modules(backend):
    """A crash or an error of the GPU ends a process of its own, not this one."""
    kind = DEVICE.partition(":")[0]
    command = [sys.executable, "-m", "hybrid.run", "--device", kind, "--backend", backend, "--count", str(SEEDS)]
    command += ["--jobs", str(JOBS), "--shrink-seconds", "10", "--shrink-most", "3"]
    command += ["--no-fuser"]  # with its kernels for GPUs, TorchScript differs from itself
    done = subprocess.run(command, cwd=PYTHON_TESTS, capture_output=True, text=True)
    print(done.stdout[-4000:])
    assert done.returncode == 0, done.stdout + done.stderr
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (equal|refused|failed|unsound)", done.stdout)}
    assert counts["equal"] >= 0.9 * SEEDS, counts
    assert "several engines" in done.stdout


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_decoders_of_transformers(name, backend):
    pytest.importorskip("transformers")
    import zoo_hybrid as zoo

    torch.manual_seed(0)
    module = zoo.greedy(getattr(zoo, name), DEVICE)
    token = torch.tensor([[3]], device=DEVICE)
    compiled = compile_hybrid(module, backend, [Input((1, 1), dtype=torch.int64), 8], min_block_size=3)
    assert engines_of(compiled) >= 1
    with torch.no_grad():
        found, expected = compiled(token, 8), module(token, 8)
    assert zoo.difference(found, expected) < 1e-3  # tokens are equal; logits through layers of fp32 sums


@pytest.mark.filterwarnings("ignore:.*always returns a")
def test_a_detection_model(backend):
    torchvision = pytest.importorskip("torchvision")
    from test_detection import SIZES, check_picture, detector

    boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0]], device=DEVICE)
    try:
        torchvision.ops.nms(boxes, torch.ones(1, device=DEVICE), 0.5)
    except (NotImplementedError, RuntimeError) as error:
        pytest.skip(f"torchvision has no kernels for {DEVICE}: {error}")
    model = detector("ssdlite320_mobilenet_v3_large").to(DEVICE)
    expected = copy.deepcopy(model)
    sizes = [Input(size) for size in SIZES]
    compiled = compile_hybrid(model, backend, [sizes], min_block_size=3)
    assert engines_of(compiled) >= 5
    for seed in range(2):
        pictures = [torch.rand(size, generator=torch.Generator().manual_seed(seed)).to(DEVICE) for size in SIZES]
        with torch.no_grad():
            (losses, found), (_, wanted) = compiled(pictures), expected(pictures)
        assert losses == {}
        for got, want in zip(found, wanted, strict=True):
            assert all(tensor.device == torch.device(DEVICE) for tensor in got.values())
            check_picture(*({key: tensor.cpu() for key, tensor in part.items()} for part in (got, want)))
