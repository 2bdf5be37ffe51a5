"""Models of torchaudio."""

from __future__ import annotations

import torch
from zoo_model import Model


class WholeSequences(torch.nn.Module):
    """A Conformer without its argument for the lengths of the sequences: all are complete, and none is masked."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.layers = model.conformer_layers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.transpose(0, 1)
        for layer in self.layers:
            x = layer(x, None)
        return x.transpose(0, 1)


def torchaudio_models() -> list[Model]:
    import torchaudio.models as models

    return [
        Model(
            "torchaudio/conformer",
            lambda: WholeSequences(models.Conformer(80, 4, 64, 2, 31)),
            ((2, 50, 80),),
            (((2, 80, 80),), ((1, 20, 80),), ((3, 150, 80),)),
        ),
        Model(
            "torchaudio/conv_tasnet",
            lambda: models.ConvTasNet(msk_num_layers=3, msk_num_stacks=1),
            ((2, 1, 4000),),
            (((2, 1, 6000),), ((1, 1, 1600),), ((3, 1, 8000),)),
        ),
        Model(
            "torchaudio/wav2letter",
            lambda: models.Wav2Letter(40, "waveform", 1),
            ((2, 1, 8000),),
            (((2, 1, 10000),), ((1, 1, 5000),), ((3, 1, 16000),)),
        ),
        Model(
            "torchaudio/deepspeech",
            lambda: models.DeepSpeech(40, 64),
            ((2, 1, 30, 40),),
            (((2, 1, 50, 40),), ((1, 1, 5, 40),), ((3, 1, 100, 40),)),
        ),
    ]
