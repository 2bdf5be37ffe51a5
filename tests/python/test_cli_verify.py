"""torchtrtc verify: the errors of a compiled module beside its original, and the limits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy
import pytest
import torch
from models import Mlp, TwoInputs, Unsupported
from outside import TORCHTRTC, try_run
from torch import nn

import torch_tensorrt


class Pictures(nn.Module):
    """Convolutions with weights that can be made wrong."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.last = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3), nn.Conv2d(8, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(torch.relu(self.second(torch.relu(self.first(x)))))


def scripted(module: nn.Module, path: Path) -> Path:
    torch.jit.script(module.eval()).save(str(path))
    return path


def compiled(module: nn.Module, inputs: list, path: Path, **settings) -> Path:
    made = torch_tensorrt.compile(torch.jit.script(module.eval()), inputs=inputs, device="cpu", **settings)
    made.save(str(path))
    return path


def verify(*arguments: str | Path, status: int = 0) -> tuple[str, str]:
    done = try_run(TORCHTRTC, "verify", *arguments)
    assert done.returncode == status, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout, done.stderr


X = torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def data(tmp_path) -> Path:
    numpy.save(tmp_path / "x.npy", X)
    return tmp_path / "x.npy"


def wrong_second_layer() -> nn.Module:
    module = Pictures()
    with torch.no_grad():
        module.second.weight.copy_(module.second.weight.flip(0))
    return module


def test_a_right_module_passes(data, tmp_path):
    model = scripted(Pictures(), tmp_path / "model.ts")
    out = compiled(Pictures(), [X], tmp_path / "out.ts")
    text, _ = verify(model, out, "--data", data)
    assert text.endswith("first layer below 20 dB: none\nPASSED, 1 batch\n")
    assert text.splitlines()[0].split() == [
        "tensor",
        "operator",
        "max",
        "abs",
        "relative",
        "cosine",
        "SQNR",
        "dB",
        "line",
    ]
    verify(model, out, "--data", data, "--atol=1e-5", "--rtol=1e-5", "--min-cosine=0.99999", "--min-sqnr=80")


def test_the_first_bad_layer_is_named_and_the_status_is_2(data, tmp_path):
    model = scripted(Pictures(), tmp_path / "model.ts")
    out = compiled(wrong_second_layer(), [X], tmp_path / "out.ts")
    text, _ = verify(model, out, "--data", data, status=2)
    assert "FAILED output 0: the SQNR is " in text and "must be at least 20.0 dB" in text
    report = json.loads(verify(model, out, "--data", data, "--json", status=2)[0])
    is_good = [row["sqnr"] == "inf" or row["sqnr"] > 80 for row in report["layers"]]
    assert is_good[0] and not is_good[-1]  # the first convolution is right
    assert report["first_bad"] == report["layers"][is_good.index(False)]["name"]
    assert not report["passed"] and len(report["failures"]) == 1


def test_the_report_is_that_of_python(data, tmp_path):
    torch.manual_seed(0)
    batches = [X, torch.randn(2, 3, 12, 12)]
    for i, batch in enumerate(batches):
        torch.save((batch,), tmp_path / f"{i}.pt")
    model = scripted(Pictures(), tmp_path / "model.ts")
    out = compiled(wrong_second_layer(), [X], tmp_path / "out.ts")
    flags = ["--data", tmp_path / "0.pt", "--data", tmp_path / "1.pt", "--json"]
    found = json.loads(verify(model, out, *flags, status=2)[0])
    expected = torch_tensorrt.verify(torch.jit.load(model), torch.jit.load(out), batches)
    assert found["batches"] == expected.batches == 2
    assert len(found["outputs"]) == len(expected.outputs) == 1
    for kind in ("outputs", "layers"):
        others = {error.name: error for error in getattr(expected, kind)}
        common = [row for row in found[kind] if row["name"] in others]  # two builds may fuse layers in other ways
        assert common
        for row in common:
            error = others[row["name"]]
            assert (row["layer"], row["source"], row["operator"]) == (error.layer, error.source, error.operator)
            assert row["elements"] == error.elements
            if error.sqnr < 60:  # tensors with rounding errors alone differ between two builds
                numbers = {name: getattr(error, name) for name in ("max_abs", "relative", "cosine", "sqnr")}
                assert {name: row[name] for name in numbers} == pytest.approx(numbers, rel=1e-3)


@pytest.mark.parametrize(
    ("limit", "complaint"),
    [
        ("--atol=1e-3", "the largest difference is "),
        ("--rtol=1e-3", "the largest difference is "),
        ("--min-cosine=0.999", "the cosine is "),
        ("--min-sqnr=60", "the SQNR is "),
    ],
)
def test_each_limit(limit, complaint, data, tmp_path):
    module = Pictures()
    with torch.no_grad():
        module.last.bias.add_(0.1)
    model, out = scripted(Pictures(), tmp_path / "model.ts"), compiled(module, [X], tmp_path / "out.ts")
    text, _ = verify(model, out, "--data", data, limit, status=2)
    assert f"FAILED output 0: {complaint}" in text and text.count("FAILED") == 1
    verify(model, out, "--data", data, "--atol=0.11")


def test_batches_of_several_shapes(tmp_path):
    dynamic = torch_tensorrt.Input(min_shape=(1, 3, 12, 12), opt_shape=(2, 3, 12, 12), max_shape=(4, 3, 12, 12))
    model = scripted(Pictures(), tmp_path / "model.ts")
    out = compiled(Pictures(), [dynamic], tmp_path / "out.ts")
    folder = tmp_path / "batches"
    folder.mkdir()
    for i, size in enumerate((1, 4, 4)):
        numpy.save(folder / f"{i}.npy", X[:1].repeat(size, 1, 1, 1))
    report = json.loads(verify(model, out, "--data", folder, "--json")[0])
    assert report["batches"] == 3 and report["outputs"][0]["elements"] == 9 * 4 * 8 * 8
    assert any(row["elements"] == 9 * 8 * 8 * 8 for row in report["layers"])  # the second convolution, in all batches


def test_several_inputs_and_outputs(tmp_path):
    a, b = torch.randn(2, 8), torch.randn(2, 8)
    numpy.savez(tmp_path / "ab.npz", b=b, a=a)
    model = scripted(TwoInputs(), tmp_path / "model.ts")
    out = compiled(TwoInputs(), [a, b], tmp_path / "out.ts")
    report = json.loads(verify(model, out, "--data", tmp_path / "ab.npz", "--json")[0])
    assert [row["name"] for row in report["outputs"]] == ["output 0", "output 1"]


def test_a_hybrid_module_has_outputs_at_least(tmp_path):
    x = torch.rand(3)
    torch.save(x, tmp_path / "x.pt")
    model = scripted(Unsupported(), tmp_path / "model.ts")
    out = compiled(Unsupported(), [x], tmp_path / "out.ts", min_block_size=1)
    report = json.loads(verify(model, out, "--data", tmp_path / "x.pt", "--json")[0])
    assert report["passed"] and len(report["outputs"]) == 1


class Other(nn.Module):
    """Returns another shape."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x).flatten(1)


class Same(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x)


def test_another_shape_fails(data, tmp_path):
    model, out = scripted(Same(), tmp_path / "model.ts"), compiled(Other(), [X], tmp_path / "out.ts")
    text, _ = verify(model, out, "--data", data, status=2)
    assert "FAILED output 0 is Float[2, 432], must be Float[2, 3, 12, 12]" in text


def test_mistakes(data, tmp_path):
    model = scripted(Mlp(), tmp_path / "model.ts")
    out = compiled(Mlp(), [torch.randn(3, 16)], tmp_path / "out.ts")
    assert "missing.ts: there is no such file" in verify("missing.ts", out, "--data", data, status=1)[1]
    assert "--data is required" in verify(model, out, status=3)[1]
    assert "missing.npy" in verify(model, out, "--data=missing.npy", status=3)[1]
    told = verify(model, out, "--data", data, "--min-cosine=2", status=3)[1]
    assert "--min-cosine: '2' is not a number from -1 to 1" in told
    assert "'-1' is not a number of 0 or more" in verify(model, out, "--data", data, "--atol=-1", status=3)[1]
    assert "'x' is not a number" in verify(model, out, "--data", data, "--min-sqnr=x", status=3)[1]
    told = verify(model, out, "--data", data, status=1)[1]  # does not fit the model
    assert told.startswith("torchtrtc: ") and told.count("\n") == 1
