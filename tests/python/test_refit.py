"""refit_module_weights on a CPU: results, errors, and the unchanged first module."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from models import Tied
from outside import BUILD
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input


class Net(nn.Module):
    """A batch norm that is folded into its convolution, and a product with a packed matrix."""

    def __init__(self, width: int = 8, bias: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1, bias=bias)
        self.norm = nn.BatchNorm2d(width)
        self.linear = nn.Linear(width, 5)
        self.register_buffer("scale", torch.ones(5))

    def forward(self, x):
        y = torch.relu(self.norm(self.conv(x)))
        return self.linear(y.mean([2, 3])) * self.scale


def trained(module: nn.Module, seed: int) -> nn.Module:
    """Returns the module with random values in all float parameters and buffers, as after a training."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            drawn = torch.randn(tensor.shape, generator=generator).to(tensor.dtype)
            tensor.copy_(drawn.abs() + 0.5 if name.endswith("running_var") else drawn)
    return module.eval()


BATCHES = Input(min_shape=(1, 3, 8, 8), opt_shape=(4, 3, 8, 8), max_shape=(8, 3, 8, 8))


def compile_net(module: nn.Module, inputs=(BATCHES,), **settings) -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(module, inputs=list(inputs), device="cpu", **settings)


def engine_bytes(compiled) -> bytes:
    return compiled.engine.serialized_engine_tensor().numpy().tobytes()


def reloaded(module: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    file = io.BytesIO()
    torch.jit.save(module, file)
    file.seek(0)
    return torch.jit.load(file)


def test_the_new_weights_compute_and_the_old_module_stays_as_it_was(rel):
    old, new = trained(Net(), 1), trained(Net(), 2)
    compiled = compile_net(old)
    before = engine_bytes(compiled)
    refitted = torch_tensorrt.refit_module_weights(compiled, new)
    for batch in (4, 1, 8):
        x = torch.randn(batch, 3, 8, 8)
        assert rel(refitted(x), new(x)) < 1e-5
        assert rel(compiled(x), old(x)) < 1e-5
    assert engine_bytes(compiled) == before
    assert rel(refitted(x), old(x)) > 0.1  # the modules differ


def test_a_saved_and_loaded_module_can_be_refitted_and_saved(rel):
    first, second, third = (trained(Net(), seed) for seed in (1, 2, 3))
    refitted = reloaded(torch_tensorrt.refit_module_weights(reloaded(compile_net(first)), second))
    x = torch.randn(2, 3, 8, 8)
    assert rel(refitted(x), second(x)) < 1e-5
    assert rel(torch_tensorrt.refit_module_weights(refitted, third)(x), third(x)) < 1e-5


def test_nothing_is_timed_and_the_first_weights_give_the_first_engine(monkeypatch, tmp_path):
    compiled = compile_net(trained(Net(), 1))
    times = tmp_path / "times"
    monkeypatch.setenv("TORCHTRT_TIMING_CACHE", str(times))
    there = torch_tensorrt.refit_module_weights(compiled, trained(Net(), 2))
    back = torch_tensorrt.refit_module_weights(there, trained(Net(), 1))
    assert not [line for line in times.read_text().splitlines()[1:] if line], "tactics were timed"
    assert engine_bytes(there) != engine_bytes(compiled)
    assert engine_bytes(back) == engine_bytes(compiled)


@pytest.mark.parametrize("make", [torch.jit.script, lambda module: torch.jit.trace(module, torch.randn(1, 3, 8, 8))])
def test_script_and_trace(make, rel):
    old, new = trained(Net(), 1), trained(Net(), 2)
    refitted = torch_tensorrt.refit_module_weights(compile_net(make(old)), make(new))
    x = torch.randn(3, 3, 8, 8)
    assert rel(refitted(x), new(x)) < 1e-5


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x, times: int = 2):
        return self.linear(x) * times


def test_an_argument_that_was_not_given_keeps_its_default(rel):
    old, new, x = Scaled().eval(), Scaled().eval(), torch.randn(3, 4)
    compiled = torch_tensorrt.compile(torch.jit.script(old), inputs=[x], device="cpu")
    refitted = torch_tensorrt.refit_module_weights(compiled, torch.jit.script(new))
    with torch.no_grad():
        assert rel(refitted(x), new(x)) < 1e-5
        assert rel(compiled(x), old(x)) < 1e-5


def test_an_exported_program(rel):
    x = torch.randn(2, 3, 8, 8)
    old, new = (torch.export.export(trained(Net(), seed), (x,)) for seed in (1, 2))
    compiled = compile_net(old, inputs=[Input((2, 3, 8, 8))])
    assert rel(torch_tensorrt.refit_module_weights(compiled, new)(x), new.module()(x)) < 1e-5


def test_tuples_lists_and_shape_inputs_keep_their_places(rel):
    class Nested(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3))

        def forward(
            self, pair: tuple[torch.Tensor, torch.Tensor], rest: list[torch.Tensor], n: torch.Tensor
        ) -> tuple[torch.Tensor, list[torch.Tensor]]:
            scaled = pair[0] * self.weight - pair[1]
            return scaled.reshape(int(n[0]), -1), [rest[0] + scaled, rest[1] * 2]

    old, new = torch.jit.script(trained(Nested(), 1)), torch.jit.script(trained(Nested(), 2))
    row = Input(min_shape=(1, 3), opt_shape=(2, 3), max_shape=(4, 3))
    sizes = Input(min_shape=[1], opt_shape=[2], max_shape=[6], dtype=torch.int64, is_shape_tensor=True)
    compiled = torch_tensorrt.compile(
        old, input_signature=((row, row), [row, row], sizes), device="cpu", allow_shape_tensors=True
    )
    for module in (compiled, reloaded(compiled)):
        refitted = torch_tensorrt.refit_module_weights(module, new)
        a, b, c, d = (torch.randn(2, 3) for _ in range(4))
        arguments = ((a, b), [c, d], torch.tensor([3]))
        wanted, got = new(*arguments), refitted(*arguments)
        assert rel(got[0], wanted[0]) < 1e-6
        assert [rel(mine, theirs) < 1e-6 for mine, theirs in zip(got[1], wanted[1], strict=True)] == [True, True]


def test_each_of_several_ranges_stays(rel):
    old, new = trained(nn.Linear(3, 4), 1), trained(nn.Linear(3, 4), 2)
    ranges = Input(profiles=[((64, 3), (64, 3), (64, 3)), ((1, 3), (1, 3), (2, 3))])
    refitted = torch_tensorrt.refit_module_weights(compile_net(old, [ranges]), new)
    for rows in (1, 2, 64):
        x = torch.randn(rows, 3)
        assert rel(refitted(x), new(x)) < 1e-5
    with pytest.raises(RuntimeError, match="none of the 2 profiles"):
        refitted(torch.randn(10, 3))


def test_an_embedded_engine(rel):
    old, new = trained(Net(), 1), trained(Net(), 2)
    engine = torch_tensorrt.convert_method_to_trt_engine(old, "forward", inputs=[BATCHES], device="cpu")
    embedded = torch_tensorrt.ts.embed_engine_in_new_module(engine, device="cpu")
    x = torch.randn(5, 3, 8, 8)
    assert rel(torch_tensorrt.refit_module_weights(embedded, new)(x), new(x)) < 1e-5


def test_narrowed_weights_are_narrowed_again(rel):
    old, new = trained(nn.Linear(4, 3).double(), 1), trained(nn.Linear(4, 3).double(), 2)
    inputs = [Input((2, 4), dtype=torch.float32)]
    refitted = torch_tensorrt.refit_module_weights(compile_net(old, inputs, truncate_long_and_double=True), new)
    x = torch.randn(2, 4)
    assert rel(refitted(x), new.float()(x)) < 1e-5


def test_conditions_on_the_device_are_those_of_the_engine(rel):
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3))

        def forward(self, x):
            return x - self.weight if x.is_cuda else x * self.weight

    old, new, x = trained(Model(), 1), trained(Model(), 2), torch.randn(2, 3)
    refitted = torch_tensorrt.refit_module_weights(compile_net(old, [Input((2, 3))]), new)
    assert rel(refitted(x), new(x)) < 1e-6


class Branches(nn.Module):
    """Two norms with equal parameters before the training."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.LayerNorm(4), nn.LayerNorm(4)

    def forward(self, x):
        return torch.relu(self.a(x)) - torch.sigmoid(self.b(x))


def test_parameters_that_were_equal_stay_apart_with_refit(rel):
    fresh, new, x = Branches().eval(), trained(Branches(), 2), torch.randn(2, 4)
    compiled = compile_net(fresh, [Input((2, 4))], refit=True)
    assert rel(compiled(x), fresh(x)) < 1e-6
    refitted = torch_tensorrt.refit_module_weights(compiled, new)
    assert rel(refitted(x), new(x)) < 1e-6
    assert rel(torch_tensorrt.refit_module_weights(refitted, fresh)(x), fresh(x)) < 1e-6


@pytest.mark.parametrize("refit", [False, True])
@pytest.mark.parametrize("make", [torch.jit.script, lambda module: torch.jit.trace(module, torch.randn(2, 16))])
def test_one_matrix_of_two_layers(make, refit, rel):
    compiled = compile_net(make(trained(Tied(tied=True), 1)), [Input((2, 16))], refit=refit)
    x = torch.randn(2, 16)
    for tied in (False, True):
        new = trained(Tied(tied), 2)
        assert rel(torch_tensorrt.refit_module_weights(compiled, make(new))(x), new(x)) < 1e-5


def test_parameters_that_were_equal_are_said_without_refit():
    compiled = compile_net(Branches().eval(), [Input((2, 4))])
    with pytest.raises(RuntimeError, match="If parameters of the compiled module had equal values"):
        torch_tensorrt.refit_module_weights(compiled, trained(Branches(), 2))


def test_weights_that_decide_on_a_rewrite_choose_tactics_anew(rel, capfd):
    # The optimizer merges two layers that read equal constants.
    fresh, new, x = Branches().eval(), trained(Branches(), 2), torch.randn(2, 4)
    compiled = compile_net(fresh, [Input((2, 4))], refit=True)
    with torch_tensorrt.logging.info():
        refitted = torch_tensorrt.refit_module_weights(compiled, new)
    assert "are chosen again: with these weights the network is optimized to other layers" in capfd.readouterr().err
    assert rel(refitted(x), new(x)) < 1e-6


def test_parameters_must_be_the_same():
    compiled = compile_net(trained(Net(), 1))
    with pytest.raises(RuntimeError) as raised:
        torch_tensorrt.refit_module_weights(compiled, trained(Net(width=6), 2))
    text = str(raised.value)
    assert '"conv.weight" is float32 [6, 3, 3, 3], must be float32 [8, 3, 3, 3]' in text
    assert '"linear.weight" is float32 [5, 6], must be float32 [5, 8]' in text
    assert "scale" not in text


def test_dtypes_of_parameters_must_be_the_same():
    new = trained(Net(), 2)
    new.scale = new.scale.double()
    with pytest.raises(RuntimeError, match=r'1 differs:\s+"scale" is float64 \[5\], must be float32 \[5\]'):
        torch_tensorrt.refit_module_weights(compile_net(trained(Net(), 1)), new)


def test_a_missing_parameter_and_one_too_many_are_named():
    with_bias, without = trained(Net(), 1), trained(Net(bias=False), 2)
    with pytest.raises(RuntimeError, match=r'"conv.bias", float32 \[8\], is missing'):
        torch_tensorrt.refit_module_weights(compile_net(with_bias), without)
    with pytest.raises(RuntimeError, match=r'"conv.bias", float32 \[8\], is not in the compiled module'):
        torch_tensorrt.refit_module_weights(compile_net(without), with_bias)


class Other(Net):
    def forward(self, x):
        y = torch.sigmoid(self.norm(self.conv(x)))
        return self.linear(y.mean([2, 3])) * self.scale


class Shorter(Net):
    def forward(self, x):
        y = torch.relu(self.norm(self.conv(x)))
        return self.linear(y.mean([2, 3]))


class Swapped(Net):
    def forward(self, x):
        y = torch.relu(self.norm(self.conv(x)))
        return self.scale - self.linear(y.mean([2, 3]))


class TwoInputs(Net):
    def forward(self, x, y):
        return self.linear(torch.relu(self.norm(self.conv(x))).mean([2, 3])) * self.scale + y


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Other, r"the first layer that differs is .*aten::sigmoid.*test_refit.py:\d+"),
        (Shorter, r"it has only the first \d+ of \d+ layers|the first layer that differs"),
        (Swapped, r"the first layer that differs is .*aten::sub"),
        (TwoInputs, "takes 2 arguments, but 1 in the compiled module"),
    ],
)
def test_a_module_of_other_code_is_refused(other, said):
    with pytest.raises(RuntimeError, match=said):
        torch_tensorrt.refit_module_weights(compile_net(trained(Net(), 1)), trained(other(), 2))


def test_what_holds_no_engine_or_several_is_refused():
    net, x = trained(Net(), 1), torch.randn(1, 3, 8, 8)
    with pytest.raises(RuntimeError, match="holds no engine"):
        torch_tensorrt.refit_module_weights(torch.jit.script(net), net)
    with pytest.raises(TypeError, match="ScriptModule"):
        torch_tensorrt.refit_module_weights(net, net)

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = compile_net(net)

        def forward(self, x):
            return self.inner(x) + 1

    outer = torch.jit.trace(Outer(), x)
    with pytest.raises(RuntimeError, match=r"contains compiled submodules \(inner.engine\)"):
        torch_tensorrt.refit_module_weights(outer, net)


def test_verify_output():
    compiled, new = compile_net(trained(Net(), 1)), trained(Net(), 2)
    x = torch.randn(4, 3, 8, 8)
    assert torch_tensorrt.refit_module_weights(compiled, new, arg_inputs=[x], verify_output=True)(x).shape == (4, 5)
    with pytest.raises(ValueError, match="needs arg_inputs"):
        torch_tensorrt.refit_module_weights(compiled, new, verify_output=True)
    with pytest.raises(ValueError, match="eval"):
        torch_tensorrt.refit_module_weights(compiled, new.train(), arg_inputs=[x], verify_output=True)
    with pytest.raises(ValueError, match="kwarg_inputs"):
        torch_tensorrt.refit_module_weights(compiled, new, kwarg_inputs={"x": x})


def test_verify_output_finds_a_difference(monkeypatch):
    compiled, new = compile_net(trained(Net(), 1)), trained(Net(), 2)
    # As if the weights had not been replaced.
    monkeypatch.setattr(torch_tensorrt.ts, "refit_module_weights", lambda old, _: old)
    with pytest.raises(RuntimeError, match="the results of the refitted module and of new_weight_module differ"):
        torch_tensorrt.refit_module_weights(compiled, new, arg_inputs=[torch.randn(4, 3, 8, 8)], verify_output=True)


REFERENCE = BUILD / "test_backends" / "reference"  # target torchtrt_reference


def test_an_engine_of_another_backend_stays_one():
    assert REFERENCE.is_dir(), f"build the target torchtrt_reference: {REFERENCE} is not there"
    code = """
import json, torch, torch_tensorrt
from test_refit import Net, Other, trained, compile_net

old, new, x = trained(Net(), 1), trained(Net(), 2), torch.randn(2, 3, 8, 8)
compiled = compile_net(old, backend="reference", refit=True)
for _ in range(2):
    refitted = torch_tensorrt.refit_module_weights(compiled, new, arg_inputs=[x], verify_output=True)
    assert json.loads(refitted.engine.get_engine_layer_info())["backend"] == "reference"
    torch.testing.assert_close(compiled(x), old(x), rtol=1e-4, atol=1e-4)
    compiled, old, new = refitted, new, old
try:
    torch_tensorrt.refit_module_weights(compiled, trained(Other(), 2))
except RuntimeError as error:
    assert "aten::sigmoid" in str(error).split("where the compiled module has")[0], error
    assert "aten::relu" in str(error).split("where the compiled module has")[1], error
else:
    raise AssertionError("other code was taken")
"""
    paths = {"TORCHTRT_BACKEND_PATH": str(REFERENCE), "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **paths})
    assert done.returncode == 0, done.stderr


def test_the_old_module_runs_meanwhile():
    old = trained(Net(), 1)
    compiled, x = compile_net(old), torch.randn(4, 3, 8, 8)
    expected = compiled(x)
    stop = threading.Event()

    def work() -> int:
        calls = 0
        while calls == 0 or not stop.is_set():
            assert torch.equal(compiled(x), expected)
            calls += 1
        return calls

    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(work) for _ in range(2)]
        try:
            for seed in range(5):
                torch_tensorrt.refit_module_weights(compiled, trained(Net(), seed))
        finally:
            stop.set()
    assert all(run.result() > 0 for run in runs)
