"""A representative part of the zoo, each model as one engine for fixed shapes, a range of batches, a range of sizes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from zoo_files import DOZEN, load, save
from zoo_hybrid import hybrid_models, run_hybrid
from zoo_model import Model
from zoo_parameters import give_parameters

import zoo

TABLE = Path(__file__).resolve().parents[2] / "docs" / "zoo.md"
MODELS = {model.name: model for model in zoo.all_models()}


@pytest.fixture(autouse=True, scope="module")
def _quick(tmp_path_factory: pytest.TempPathFactory):
    """Engines of a model share most layers, and the cache times each once. Small models on a busy machine are fastest
    with one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCHTRT_TIMING_CACHE", str(tmp_path_factory.mktemp("zoo") / "timings"))
        yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", DOZEN)
def test_model_is_one_engine_with_the_results_of_pytorch(name: str) -> None:
    result = zoo.run(MODELS[name], verbose=True)
    assert not result.failed, f"fixed: {result.static}, batches: {result.batch}, sizes: {result.size}"


HYBRID = {model.name: model for model in hybrid_models()}


@pytest.mark.parametrize("name", HYBRID)
def test_hybrid_model_is_as_the_table_says(name: str) -> None:
    result = run_hybrid(HYBRID[name])
    assert "FAILED" not in result.error, result.error
    rows = [line for line in TABLE.read_text().splitlines() if line.startswith(f"| {name} |")]
    assert len(rows) == 1
    columns = [column.strip() for column in rows[0].split("|")[1:-1]]
    assert [result.name, str(result.engines), str(result.left), result.kinds] == [*columns[:3], columns[4]]
    assert result.engines > 0


class BiasAlone(torch.nn.Module):
    """A model with nearly constant results, whatever its parameters are."""

    def __init__(self) -> None:
        super().__init__()
        self.body = torch.nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 1000.0 + self.body(x)


def tiny(make) -> Model:
    return Model("tiny", make, ((2, 4),), (((2, 4),), ((1, 4),)))


def test_a_model_whose_output_is_as_good_as_constant_fails() -> None:
    result = zoo.run(tiny(BiasAlone), verbose=False)
    assert result.failed
    assert "output does not depend on the input" in result.static


def test_a_wrong_engine_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    right = zoo.compile_whole
    monkeypatch.setattr(zoo, "compile_whole", lambda case, specs: lambda *x: right(case, specs)(*x) * 1.001)
    result = zoo.run(tiny(lambda: torch.nn.Linear(4, 3)), verbose=False)
    assert all("FAILED: error 1.0e-03" in found for found in (result.static, result.batch, result.size))


def test_heads_of_zeros_and_fresh_norms_are_given_parameters() -> None:
    def make() -> torch.nn.Module:
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 3)).eval()

    module, again = make(), make()
    for model in (module, again):
        torch.nn.init.zeros_(model[2].weight)
        torch.nn.init.zeros_(model[2].bias)
        give_parameters(model, (torch.randn(16, 4, generator=torch.Generator().manual_seed(1)),))
    x = torch.randn(2, 4)
    assert torch.equal(module(x), again(x))
    zoo.require_dependence(tiny(make), module)
    assert not module.training and not module[1].training
    for tensor in (module[1].weight, module[1].bias, module[1].running_mean, module[1].running_var, module[2].weight):
        assert tensor.min() < tensor.max()


def test_a_model_as_a_file_has_its_results_and_shapes(tmp_path) -> None:
    model = MODELS["transformers/bert"]
    case = zoo.make_case(model)
    path = save(model, case.traced, tmp_path)
    module, loaded, cases = load(path)
    inputs = loaded.inputs()
    assert [tuple(x.shape) for x in inputs] == list(model.shapes)
    assert all(torch.equal(a, b) for a, b in zip(inputs, model.inputs(), strict=True))
    assert zoo.relative_error(module(*inputs), case.module(*inputs)) < 1e-5
    assert set(cases) == {"fixed", "batches", "sizes"}
