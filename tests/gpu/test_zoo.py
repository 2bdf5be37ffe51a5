"""Every model of the zoo as one engine, against PyTorch on the CPU: fixed shapes, ranges of batches, ranges of sizes.

The test makes the models, which needs their libraries, and keeps them as files in build/zoo_files. If
TORCHTRT_ZOO_FILES names a folder, the models are the files in it instead: `python zoo/zoo.py --save DIR` writes them
for a machine with PyTorch alone. For fixed shapes, the module is compiled as traced on the CPU; for ranges, after a
move to the GPU, so that constants of its trace are on another device than its weights.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from zoo_files import load as load_file
from zoo_files import ranges_of
from zoo_files import save as save_file

import torch_tensorrt

GIVEN = os.environ.get("TORCHTRT_ZOO_FILES")
FOLDER = Path(GIVEN or Path(__file__).parents[2] / "build" / "zoo_files")
LIMIT = 1e-4  # as in the CPU's zoo: largest difference over the largest value


def models() -> dict:
    """Returns names and models; no models if there are only files."""
    if GIVEN:
        return {path.stem: None for path in sorted(FOLDER.glob("*.ts"))}
    from zoo_models import all_models

    return {model.name.replace("/", "-"): model for model in all_models()}


MODELS = models()


def file_of(name: str) -> Path:
    path = FOLDER / f"{name}.ts"
    if not path.exists():
        import zoo

        with torch.no_grad():
            save_file(MODELS[name], zoo.make_case(MODELS[name]).traced, FOLDER)
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


@pytest.mark.parametrize("name", MODELS)
def test_model_is_one_engine_with_the_results_of_pytorch(name, backend):
    path = file_of(name)
    module, model, cases = load_file(path)
    assert "fixed" in cases
    moved = torch.jit.load(str(path), map_location="cpu").eval().cuda()
    for case, variants in cases.items():
        source = module if case == "fixed" else moved
        compiled = compile_for(source, ranges_of(variants), model.inputs(), backend)
        for shapes in (*variants, variants[0]):
            inputs = model.inputs(tuple(tuple(shape) for shape in shapes))
            check(module, compiled, inputs, f"{case} at {shapes}")
    # Compilation reads only the module.
    assert all(tensor.is_cuda for tensor in moved.state_dict().values())
