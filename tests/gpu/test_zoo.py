"""Models of the zoo as one engine each, against PyTorch on the CPU: fixed shapes, ranges of batches, ranges of sizes.

The models are files of the folder TORCHTRT_ZOO_FILES (default: build/zoo_files). `python zoo/zoo.py --save DIR` writes
them, for a machine that has PyTorch alone; those that are missing are made here.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from zoo_files import DOZEN, load, ranges_of, save

import torch_tensorrt

FOLDER = Path(os.environ.get("TORCHTRT_ZOO_FILES", Path(__file__).parents[2] / "build" / "zoo_files"))
LIMIT = 1e-4  # as the zoo asks on the CPU: largest difference over the largest value


def file_of(name: str) -> Path:
    path = FOLDER / (name.replace("/", "-") + ".ts")
    if not path.exists():
        import zoo  # needs the packages that the models come from

        model = next(model for model in zoo.all_models() if model.name == name)
        with torch.no_grad():
            save(model, zoo.make_case(model).traced, FOLDER)
    return path


def tensors_of(result) -> list[torch.Tensor]:
    return [result] if isinstance(result, torch.Tensor) else [x for part in result for x in tensors_of(part)]


@pytest.mark.parametrize("case", ["fixed", "batches", "sizes"])
@pytest.mark.parametrize("name", DOZEN)
def test_model_is_one_engine_with_the_results_of_pytorch(name, case, backend):
    module, model, cases = load(file_of(name))
    if case not in cases:
        assert case != "fixed"
        return  # the model has one batch, or one size
    variants = cases[case]
    specs = [
        torch_tensorrt.Input(min_shape=low, opt_shape=opt, max_shape=high, dtype=example.dtype)
        for (low, opt, high), example in zip(ranges_of(variants), model.inputs(), strict=True)
    ]
    compiled = torch_tensorrt.compile(
        module,
        inputs=specs,
        device="cuda:0",
        backend=backend,
        require_full_compilation=True,
        disable_tf32=True,
        optimization_level=0,
    )
    for shapes in (*variants, variants[0]):
        inputs = model.inputs(tuple(tuple(shape) for shape in shapes))
        with torch.no_grad():
            expected = tensors_of(module(*inputs))
        for mine, theirs in zip(tensors_of(compiled(*[x.cuda() for x in inputs])), expected, strict=True):
            assert mine.dtype == theirs.dtype
            assert mine.shape == theirs.shape
            error = (mine.cpu().double() - theirs.double()).abs().max() / theirs.abs().max()
            assert error < LIMIT, f"{error:.1e} at {shapes}"
