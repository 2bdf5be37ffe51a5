"""Modules with engines of several backends. The tests' reference backend takes the layers that it is told to take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from outside import BUILD
from torch import nn

import torch_tensorrt

HERE = Path(__file__).resolve().parent
REFERENCE = BUILD / "test_backends" / "reference"  # built by the target torchtrt_reference


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 4)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.softmax(torch.sigmoid(self.first(x)) * 2, 1)
        return torch.softmax(torch.tanh(self.second(y)) + 1, 1)


class Counting(Net):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        self.calls += 1
        y = torch.softmax(torch.sigmoid(self.first(x)) * 2, 1)
        if bool(y.sum() > 1000):
            y = torch.softmax(y * 3, 0)
        return torch.softmax(torch.erfinv(torch.tanh(self.second(y))), 1), self.calls.clone()


class Late(Net):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.tanh(self.first(x)) * 2
        chosen = torch.nonzero(y.flatten() > 0.5)
        return chosen.float().sum(0) + torch.sigmoid(y).sum()


def backends(module: torch.jit.ScriptModule) -> list[str]:
    return [engine.information["backend"] for engine in torch_tensorrt.inspect(module).methods[0].engines]


def compiled(net: torch.jit.ScriptModule, **settings: object) -> torch.jit.ScriptModule:
    settings = {"min_block_size": 1, "mix_backends": True, **settings}
    rows = torch_tensorrt.Input(min_shape=(1, 6), opt_shape=(4, 6), max_shape=(8, 6))
    return torch_tensorrt.compile(net, inputs=[rows], **settings)


def check(net: torch.jit.ScriptModule, module: torch.jit.ScriptModule) -> None:
    for rows in (1, 4, 8):
        x = torch.randn(rows, 6)
        torch.testing.assert_close(module(x), net(x), rtol=1e-5, atol=1e-5)


IMPORTS = """
import torch, torch_tensorrt
from torch import nn
from test_mixed_backends import Counting, Late, Net, Parts, backends, check, compiled
"""


def run(code: str, takes: str = "", fails: str = "") -> str:
    """Returns what the code logs."""
    assert REFERENCE.is_dir(), f"build the target torchtrt_reference: {REFERENCE} is not there"
    environment = {"TORCHTRT_REFERENCE_TAKES": takes, "TORCHTRT_REFERENCE_FAILS": fails}
    environment = dict(os.environ, TORCHTRT_BACKEND_PATH=str(REFERENCE), **environment)
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS + code], capture_output=True, text=True, env=environment, cwd=HERE
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def test_the_next_backend_builds_what_the_preferred_one_declines() -> None:
    run(
        """
net = torch.jit.script(Net().eval())
module = compiled(net)
assert backends(module) == ["native", "reference", "native", "reference"], backends(module)
check(net, module)
""",
        takes="softmax",
    )


def test_a_backend_that_takes_all_builds_one_engine() -> None:
    run(
        """
net = torch.jit.script(Net().eval())
module = compiled(net)
assert backends(module) == ["native"], backends(module)
check(net, module)
"""
    )


def test_small_groups_join_the_engines_of_the_next_backend() -> None:
    run(
        """
net = torch.jit.script(Net().eval())
module = compiled(net, min_block_size=3)
assert backends(module) == ["native"], backends(module)
check(net, module)
""",
        takes="softmax",
    )


def test_branches_state_and_operators_of_pytorch() -> None:
    run(
        """
net = torch.jit.script(Counting().eval())
module = compiled(net)
assert set(backends(module)) == {"native", "reference"}, backends(module)
assert "erfinv" in str(module.inlined_graph)
check(net, module)
""",
        takes="softmax",
    )


def test_sizes_that_depend_on_data() -> None:
    """The native backend, which is preferred, does not take nonzero."""
    run("""
net = torch.jit.script(Late().eval())
module = compiled(net)
assert set(backends(module)) == {"native", "reference"}, backends(module)
check(net, module)
""")


def test_without_the_setting_one_backend_builds_all() -> None:
    run(
        """
net = torch.jit.script(Net().eval())
module = compiled(net, mix_backends=False)
assert backends(module) == ["native"], backends(module)
check(net, module)
""",
        takes="softmax",
    )


def test_new_weights_and_files(tmp_path: Path) -> None:
    run(
        f"""
net = torch.jit.script(Net().eval())
compiled(net).save({str(tmp_path / "mixed.ts")!r})
module = torch.jit.load({str(tmp_path / "mixed.ts")!r})
check(net, module)
other = Net().eval()
for parameter in other.parameters():
    nn.init.uniform_(parameter, -0.5, 0.5)
other = torch.jit.script(other)
refitted = torch_tensorrt.refit_module_weights(module, other)
assert backends(refitted) == backends(module)
check(other, refitted)
check(net, module)
""",
        takes="softmax",
    )


class Parts(Net):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.erfinv(torch.tanh(self.first(x)) * 0.5)
        return torch.softmax(self.second(y) * 2, 1)


def test_pytorch_runs_what_a_backend_fails_to_build() -> None:
    log = run(
        """
net = torch.jit.script(Parts().eval())
module = compiled(net, backend="reference", mix_backends=False)
assert backends(module) == ["reference"], backends(module)
assert "aten::softmax" in str(module.inlined_graph)
def reasons(module):
    return [row.reason for row in torch_tensorrt.inspect(module).methods[0].pytorch]

assert any("told to fail" in reason for reason in reasons(module)), reasons(module)
check(net, module)
other = Parts().eval()
for parameter in other.parameters():
    nn.init.uniform_(parameter, -0.5, 0.5)
other = torch.jit.script(other)
refitted = torch_tensorrt.refit_module_weights(module, other)
assert reasons(refitted) == reasons(module)
check(other, refitted)
""",
        fails="softmax",
    )
    assert "an engine of forward is left out: the reference was told to fail at softmax" in log


def test_the_next_backend_builds_what_the_preferred_one_fails_to_build() -> None:
    log = run(
        """
net = torch.jit.script(Parts().eval())
module = compiled(net)
assert set(backends(module)) == {"native"}, backends(module)
check(net, module)
""",
        takes="softmax",
        fails="softmax",
    )
    assert "backend reference failed to build the engine" in log


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"backend": "native"}, "mix_backends needs the backend auto, but the backend is native"),
        ({"require_full_compilation": True}, "require_full_compilation allows one"),
    ],
    ids=["a named backend", "one engine"],
)
def test_settings_that_contradict(settings: dict[str, object], message: str) -> None:
    module = torch.jit.script(nn.Linear(3, 3).eval())
    with pytest.raises(RuntimeError, match=message):
        torch_tensorrt.compile(module, inputs=[torch_tensorrt.Input((2, 3))], mix_backends=True, **settings)


def test_one_engine_has_one_backend() -> None:
    module = torch.jit.script(nn.Linear(3, 3).eval())
    with pytest.raises(RuntimeError, match="mix_backends makes several engines, but one is asked for"):
        torch_tensorrt.convert_method_to_trt_engine(module, inputs=[torch_tensorrt.Input((2, 3))], mix_backends=True)
