"""Compiles Silero's voice activity detector, a TorchScript file with state, branches and an integer argument.

    python examples/voice_activity/voice_activity.py SPEECH.wav COMPILED.ts

The file's own method cannot be one engine: it selects one of two networks by the sample rate, and keeps its state in
attributes. This example compiles the network (with the state as an argument and a result). A short module keeps the
state from chunk to chunk, like the file's own method. Scripted, the module is a TorchScript file that replaces the
original.
"""

from __future__ import annotations

import sys
import wave

import torch

import torch_tensorrt

STATE_SIZE = 128


class VoiceActivity(torch.nn.Module):
    """Computes the probability of speech in the next chunk (streams x samples) of several streams."""

    def __init__(self, network: torch.jit.ScriptModule, sample_rate: int, context_size: int) -> None:
        super().__init__()
        self.network = network
        self.sample_rate = sample_rate
        self.context_size = context_size
        self.state = torch.zeros(2, 0, STATE_SIZE)
        self.context = torch.zeros(0, context_size)

    @torch.jit.export
    def reset_states(self) -> None:
        self.start(0)

    def start(self, streams: int) -> None:
        self.state = torch.zeros(2, streams, self.state.size(2))
        self.context = torch.zeros(streams, self.context_size)

    def forward(self, x: torch.Tensor, sample_rate: int) -> torch.Tensor:
        if sample_rate != self.sample_rate:
            raise ValueError(f"the sample rate is {sample_rate}, but the detector is compiled for {self.sample_rate}")
        if x.dim() == 1:
            x = x.unsqueeze(0)
        if self.state.size(1) != x.size(0):
            self.start(x.size(0))
        heard = torch.cat([self.context, x], 1)
        result: tuple[torch.Tensor, torch.Tensor] = self.network(heard, self.state)
        self.context, self.state = heard[:, -self.context_size :], result[1]
        return result[0]


def compile_detector(
    model: torch.jit.ScriptModule, sample_rate: int = 16000, max_streams: int = 4
) -> torch.jit.ScriptModule:
    """Compiles the model of ``silero_vad.load_silero_vad()`` for one sample rate; the result replaces the model."""
    networks = {16000: model._model, 8000: model._model_8k}
    if sample_rate not in networks:
        raise ValueError(f"the sample rate is {sample_rate}, must be 8000 or 16000")
    network = networks[sample_rate]
    chunk = network.context_size_samples + sample_rate * 32 // 1000

    def streams(before: tuple[int, ...], after: tuple[int, ...]) -> torch_tensorrt.Input:
        low, high = ((*before, count, *after) for count in (1, max_streams))
        return torch_tensorrt.Input(min_shape=low, opt_shape=low, max_shape=high)

    compiled = torch_tensorrt.compile(
        network,
        inputs=[streams((), (chunk,)), streams((2,), (STATE_SIZE,))],
        device="cpu",
        require_full_compilation=True,
    )
    return torch.jit.script(VoiceActivity(compiled, sample_rate, network.context_size_samples).eval())


def read_wav(path: str) -> tuple[torch.Tensor, int]:
    """Reads a 16-bit mono file; returns its samples, from -1 to 1, and the sample rate."""
    with wave.open(path) as file:
        if file.getsampwidth() != 2 or file.getnchannels() != 1:
            raise ValueError(
                f"{path} has {file.getnchannels()} channels of {8 * file.getsampwidth()} bits, must have 1 of 16"
            )
        samples = torch.frombuffer(bytearray(file.readframes(file.getnframes())), dtype=torch.int16)
        return samples.float() / 32768, file.getframerate()


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    import silero_vad

    audio, sample_rate = read_wav(sys.argv[1])
    detector = compile_detector(silero_vad.load_silero_vad(), sample_rate)
    torch.jit.save(detector, sys.argv[2])
    for part in silero_vad.get_speech_timestamps(audio, detector, sampling_rate=sample_rate, return_seconds=True):
        print(f"speech from {part['start']} s to {part['end']} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
