"""Models of the zoo as files, for a machine with PyTorch but without the packages of the models.

Each model is one file: its TorchScript module, traced on the CPU. The extra file `cases.json` lists the shapes to
compile and run it for. `zoo.py --save` writes the files, and tests/gpu/test_zoo.py reads them.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from zoo_model import Model

# A representative part of the zoo.
DOZEN = [
    "torchvision/mobilenet_v3_large",
    "torchvision/shufflenet_v2_x1_0",
    "torchvision/swin_t",
    "timm/levit_128s",
    "timm/ghostnet_100",
    "transformers/bert",
    "transformers/deberta_v2",
    "transformers/gpt2",
    "transformers/llama",
    "transformers/t5_encoder",
    "transformers/segformer",
    "transformers/wav2vec2",
    "torchaudio/conformer",
]
BATCHES = (2, 1, 4)


def cases_of(model: Model) -> dict[str, list]:
    """Returns a list of shapes of all inputs for each case; a case is one engine for their range."""
    cases = {"fixed": [model.shapes]}
    if not model.fixed_batch:
        cases["batches"] = [model.batches(size) for size in BATCHES]
    if not isinstance(model.sizes, str):
        cases["sizes"] = list(model.sizes)
    return cases


def ranges_of(variants) -> list[tuple[list[int], list[int], list[int]]]:
    """Returns the (min, opt, max) shape of each input of a case; opt is the first."""
    ranges = []
    for shapes in zip(*variants, strict=True):
        low, high = ([choose(sizes) for sizes in zip(*shapes, strict=True)] for choose in (min, max))
        ranges.append((low, list(shapes[0]), high))
    return ranges


def save(model: Model, traced: torch.jit.ScriptModule, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    vocabularies = model.vocabularies or (0,) * len(model.shapes)
    about = {"name": model.name, "cases": cases_of(model), "vocabularies": vocabularies}
    path = folder / (model.name.replace("/", "-") + ".ts")
    torch.jit.save(traced, str(path), _extra_files={"cases.json": json.dumps(about)})
    return path


def load(path: Path) -> tuple[torch.jit.ScriptModule, Model, dict[str, list]]:
    """Returns the module on the CPU, a Model that only makes inputs, and the cases."""
    extra = {"cases.json": ""}
    module = torch.jit.load(str(path), map_location="cpu", _extra_files=extra).eval()
    about = json.loads(extra["cases.json"])
    shapes = tuple(tuple(shape) for shape in about["cases"]["fixed"][0])
    model = Model(about["name"], lambda: module, shapes, "as saved", tuple(about["vocabularies"]))
    return module, model, about["cases"]
