"""The zoo: models of torchvision, timm, transformers and torchaudio, with random weights of a fixed seed."""

from __future__ import annotations

from zoo_audio import torchaudio_models
from zoo_model import Model
from zoo_transformers import transformers_models
from zoo_vision import timm_models, torchvision_models


def all_models() -> list[Model]:
    return torchvision_models() + timm_models() + transformers_models() + torchaudio_models()
