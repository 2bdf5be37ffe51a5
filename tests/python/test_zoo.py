"""A representative part of the zoo: one engine each, for fixed shapes and for a range of batches."""

from __future__ import annotations

import pytest

import zoo

NAMES = [
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
MODELS = {model.name: model for model in zoo.all_models()}


@pytest.mark.parametrize("name", NAMES)
def test_model_is_one_engine_with_the_results_of_pytorch(name: str) -> None:
    result = zoo.run(MODELS[name], verbose=True)
    assert not result.failed, f"fixed: {result.static}, range: {result.dynamic}"
