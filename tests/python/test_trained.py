"""Models with trained weights, which lie in the packages of requirements/zoo.txt, on what they were trained for."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import wave
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Small models on a busy machine are fastest so. Importing silero_vad sets it too, for all tests that follow."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# --- Silero: is there speech in it? -----------------------------------------------------------------------------------


SPOKEN = [
    "A man is playing a guitar on the street.",
    "Someone plays music outside with a stringed instrument.",
    "The central bank raised interest rates by half a percent.",
]


def _example():
    path = ROOT / "examples" / "voice_activity" / "voice_activity.py"
    spec = importlib.util.spec_from_file_location("voice_activity", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def silero():
    import silero_vad

    return silero_vad


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> torch.Tensor:
    """Three sentences at 16000 samples a second, with a second and more of faint noise around each."""
    from torchaudio.functional import resample

    example = _example()
    folder = tmp_path_factory.mktemp("speech")
    generator = torch.Generator().manual_seed(0)
    parts = [torch.zeros(16000)]
    for number, sentence in enumerate(SPOKEN):
        path = folder / f"{number}.wav"
        subprocess.run(["espeak-ng", "-v", "en", "-s", "150", "-w", path, sentence], check=True)
        samples, rate = example.read_wav(str(path))
        parts += [0.5 * resample(samples, rate, 16000), torch.zeros(16000 + 8000 * number)]
    audio = torch.cat(parts)
    return audio + 0.001 * torch.randn(audio.shape, generator=generator)


@pytest.mark.parametrize("rate", [16000, 8000])
def test_the_same_speech_segments(silero, speech: torch.Tensor, rate: int) -> None:
    original = silero.load_silero_vad()
    detector = _example().compile_detector(original, rate)
    audio = speech[:: 16000 // rate]
    expected = silero.get_speech_timestamps(audio, original, sampling_rate=rate)
    assert len(expected) >= 3
    assert all(part["end"] - part["start"] > rate // 2 for part in expected)
    assert silero.get_speech_timestamps(audio, detector, sampling_rate=rate) == expected


def test_streams_side_by_side_and_a_file_of_its_own(silero, speech: torch.Tensor, tmp_path: Path) -> None:
    original = silero.load_silero_vad()
    torch.jit.save(_example().compile_detector(original), tmp_path / "detector.ts")
    detector = torch.jit.load(tmp_path / "detector.ts")
    streams = torch.stack([speech, speech.roll(8000), speech.flip(0)])
    for model in (original, detector):
        model.reset_states()
    with torch.no_grad():
        for chunk in streams[:, : 512 * 100].split(512, dim=1):
            expected = original(chunk, 16000)
            assert expected.shape == (3, 1)
            assert (detector(chunk, 16000) - expected).abs().max().item() < 1e-4
    with pytest.raises(Exception, match="compiled for 16000 samples a second, not for 8000"):
        detector(streams[:1, :256], 8000)


def test_the_example_runs(speech: torch.Tensor, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "speech.wav"), "w") as file:
        file.setparams((1, 2, 16000, 0, "NONE", "not compressed"))
        file.writeframes((speech.clamp(-1, 1) * 32767).to(torch.int16).numpy().tobytes())
    script = ROOT / "examples" / "voice_activity" / "voice_activity.py"
    call = [sys.executable, script, tmp_path / "speech.wav", tmp_path / "detector.ts"]
    shown = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    assert shown.count("speech from") >= 3, shown
    assert (tmp_path / "detector.ts").exists()
    with pytest.raises(ValueError, match="none for 22050"):
        _example().compile_detector(torch.jit.script(_Networks()), 22050)


class _Networks(torch.nn.Module):
    """Attributes of the names that the detector has."""

    def __init__(self) -> None:
        super().__init__()
        self._model = torch.nn.Identity()
        self._model_8k = torch.nn.Identity()
