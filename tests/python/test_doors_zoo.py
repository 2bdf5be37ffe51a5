"""A part of the zoo through ``torch.compile`` and ``torch.export``, for fixed shapes and a range of batches."""

from __future__ import annotations

import pytest
import torch
from zoo_doors import run_doors
from zoo_model import Model

import zoo

MODELS = {model.name: model for model in zoo.all_models()}


@pytest.fixture(autouse=True, scope="module")
def _quick(tmp_path_factory: pytest.TempPathFactory):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCHTRT_TIMING_CACHE", str(tmp_path_factory.mktemp("zoo") / "timings"))
        yield
    torch.set_num_threads(threads)


def doors(model: Model) -> list[str]:
    with torch.no_grad():
        found = run_doors(model, zoo.relative_error, lambda check: zoo.attempt(check, verbose=True), zoo.verdict)
    return found.columns


@pytest.mark.parametrize(
    "name",
    [
        "transformers/llama",
        "transformers/segformer",
        "torchaudio/conformer",
    ],
)
def test_a_model_has_the_results_of_pytorch(name: str) -> None:
    columns = doors(MODELS[name])
    assert len(columns) == 4
    assert not any("FAILED" in column for column in columns), columns


class Breaks(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.special.bessel_j0(x.relu() + 1) * 2


def test_an_operator_in_pytorch_fails() -> None:
    columns = doors(Model("breaks", Breaks, ((2, 4),), (((2, 4),), ((1, 4),))))
    assert all("FAILED" in column for column in columns), columns
