"""The rules by which tests/gpu/conformance.py judges results; they need no GPU."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nan

_PATH = Path(__file__).parents[1] / "gpu" / "conformance.py"


@pytest.fixture(scope="module")
def rules():
    spec = importlib.util.spec_from_file_location("gpu_conformance", _PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(name: str = "aten::amax[torch.amax(a, [0])](6:float32)") -> SimpleNamespace:
    return SimpleNamespace(name=name, rtol=1e-5, atol=1e-6)


def test_a_wrong_number_is_a_failure(rules):
    got, expected = [torch.tensor([1.0, 2.1])], [torch.tensor([1.0, 2.0])]
    assert rules.compare_all(row(), got, expected, False) != ""
    assert rules.compare_all(row(), expected, expected, False) == ""
    assert rules.compare_all(row(), [torch.tensor([1, 2])], [torch.tensor([1, 3])], False) != ""


@pytest.mark.parametrize(
    ("got", "only"), [([5.0, 2.0], True), ([5.0, 2.1], False), ([nan, 2.1], False), ([5.0, nan], False), ([5.0], False)]
)
def test_a_lost_nan_excuses_no_number(rules, got, only):
    assert rules.only_nan_is_lost(row(), [torch.tensor(got)], [torch.tensor([nan, 2.0])], False) is only


def test_an_engine_that_is_wrong_without_a_nan_is_not_excused(rules):
    x, module = torch.tensor([nan, 3.0, -1.0]), torch.argmax
    assert rules.right_without_nan(row(), module, lambda x: torch.argmax(x), [x], False)
    assert not rules.right_without_nan(row(), module, lambda x: torch.argmin(x), [x], False)
    assert not rules.right_without_nan(row(), module, module, [torch.tensor([1.0, 3.0])], False)


def test_operators_of_which_that_is_known(rules):
    assert rules.may_lose_nan(row())
    assert rules.may_lose_nan(row("aten::max.dim[torch.max(a, 1)[0]](3x4:float32)"))
    assert not rules.may_lose_nan(row("aten::exp[torch.exp(a)](8:float32)"))
