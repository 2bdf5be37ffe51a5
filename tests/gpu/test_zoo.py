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


def compile_for(module: torch.jit.ScriptModule, ranges, examples, backend: str) -> torch.jit.ScriptModule:
    specs = [
        torch_tensorrt.Input(min_shape=low, opt_shape=opt, max_shape=high, dtype=example.dtype)
        for (low, opt, high), example in zip(ranges, examples, strict=True)
    ]
    settings = {"device": "cuda:0", "require_full_compilation": True, "disable_tf32": True, "optimization_level": 0}
    return torch_tensorrt.compile(module, inputs=specs, backend=backend, **settings)


def check(module: torch.jit.ScriptModule, compiled: torch.jit.ScriptModule, inputs, what: str) -> None:
    with torch.no_grad():
        expected = tensors_of(module(*inputs))
    for mine, theirs in zip(tensors_of(compiled(*[x.cuda() for x in inputs])), expected, strict=True):
        assert mine.dtype == theirs.dtype, what
        assert mine.shape == theirs.shape, what
        error = (mine.cpu().double() - theirs.double()).abs().max() / theirs.abs().max()
        assert error < LIMIT, f"{error:.1e}, {what}"


@pytest.mark.parametrize("name", DOZEN)
def test_model_is_one_engine_with_the_results_of_pytorch(name, backend):
    module, model, cases = load(file_of(name))
    assert "fixed" in cases
    for case, variants in cases.items():
        compiled = compile_for(module, ranges_of(variants), model.inputs(), backend)
        for shapes in (*variants, variants[0]):
            inputs = model.inputs(tuple(tuple(shape) for shape in shapes))
            check(module, compiled, inputs, f"{case} at {shapes}")
