"""refit_module_weights of hybrid modules: engines and the part that PyTorch runs take the new weights."""

from __future__ import annotations

import copy
from typing import NamedTuple

import pytest
import torch
from test_refit import reloaded, trained
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input


class Mixed(nn.Module):
    """Two engines with PyTorch between them. The matrix is in both engines and in the part of PyTorch."""

    def __init__(self, width: int = 6) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.register_buffer("shift", torch.ones(width))

    def forward(self, x):
        y = torch.tanh(self.norm(self.linear(x)))
        y = torch.special.zeta(1.5 + torch.sigmoid(y) + self.shift.abs(), 1 + self.linear.weight[0].abs())
        return torch.relu(self.linear(y) * 2 - self.shift)


ROWS = Input(min_shape=(1, 6), opt_shape=(3, 6), max_shape=(5, 6))


def compile_hybrid(module: nn.Module, inputs=(ROWS,), **settings) -> torch.jit.ScriptModule:
    settings = {"device": "cpu", "min_block_size": 1, **settings}
    compiled = torch_tensorrt.compile(module, inputs=list(inputs), **settings)
    assert hasattr(compiled, "torch_tensorrt_record"), "the module is one engine"
    return compiled


def engines_of(compiled: torch.jit.ScriptModule) -> list[str]:
    return [engine.attribute for engine in torch_tensorrt.inspect(compiled).methods[0].engines]


def engine_bytes(compiled: torch.jit.ScriptModule) -> list[bytes]:
    return [getattr(compiled, name).serialized_engine_tensor().numpy().tobytes() for name in engines_of(compiled)]


def refit(compiled, module, **arguments) -> torch.jit.ScriptModule:
    return torch_tensorrt.refit_module_weights(compiled, module, **arguments)


def test_engines_and_pytorch_take_the_new_weights(rel):
    old, new = trained(Mixed(), 1), trained(Mixed(), 2)
    compiled = compile_hybrid(old)
    assert len(engines_of(compiled)) == 2
    before = engine_bytes(compiled)
    refitted = refit(compiled, new)
    for rows in (3, 1, 5):
        x = torch.randn(rows, 6)
        assert rel(refitted(x), new(x)) < 1e-5
        assert rel(compiled(x), old(x)) < 1e-5
        assert rel(refitted(x), old(x)) > 0.01  # the modules differ
    assert engine_bytes(compiled) == before
    assert engine_bytes(refit(refitted, old)) == before


def test_a_saved_and_loaded_module_can_be_refitted_and_saved(rel):
    first, second, third = (trained(Mixed(), seed) for seed in (1, 2, 3))
    refitted = reloaded(refit(reloaded(compile_hybrid(first)), second))
    x = torch.randn(2, 6)
    assert rel(refitted(x), second(x)) < 1e-5
    assert rel(refit(refitted, third)(x), third(x)) < 1e-5


def test_nothing_is_timed(monkeypatch, tmp_path):
    compiled = compile_hybrid(trained(Mixed(), 1))
    times = tmp_path / "times"
    monkeypatch.setenv("TORCHTRT_TIMING_CACHE", str(times))
    refit(compiled, trained(Mixed(), 2))
    assert not [line for line in times.read_text().splitlines()[1:] if line], "tactics were timed"


@pytest.mark.parametrize("make", [torch.jit.script, lambda module: torch.jit.trace(module, torch.randn(3, 6))])
def test_script_and_trace(make, rel):
    old, new = trained(Mixed(), 1), trained(Mixed(), 2)
    refitted = refit(compile_hybrid(make(old), [Input((3, 6))]), make(new))
    x = torch.randn(3, 6)
    assert rel(refitted(x), new(x)) < 1e-5


def test_an_exported_program(rel):
    x = torch.randn(2, 6)
    old, new = (torch.export.export(trained(Mixed(), seed), (x,)) for seed in (1, 2))
    refitted = refit(compile_hybrid(old, [Input((2, 6))]), new, arg_inputs=[x], verify_output=True)
    assert rel(refitted(x), new.module()(x)) < 1e-5


class Tied(nn.Module):
    def __init__(self, tied: bool) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 6)
        if tied:
            self.b.weight = self.a.weight
            self.c.weight = self.a.weight

    def forward(self, x):
        y = torch.special.bessel_j0(self.b(torch.tanh(self.a(x))))
        return self.c(torch.tanh(y)) + torch.special.zeta(1.5 + y.abs(), 1 + self.b.weight[1].abs())


@pytest.mark.parametrize("settings", [{}, {"refit": True}])
def test_one_matrix_of_three_layers(settings, rel):
    compiled = compile_hybrid(torch.jit.script(trained(Tied(tied=True), 1)), **settings)
    x = torch.randn(2, 6)
    for tied in (False, True):
        new = trained(Tied(tied), 2)
        assert rel(refit(compiled, torch.jit.script(new))(x), new(x)) < 1e-5


class Branches(nn.Module):
    """Equal parameters before the training, and a loop and a branch that depend on values."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.LayerNorm(6), nn.LayerNorm(6)
        self.linear = nn.Linear(6, 6)

    def forward(self, x):
        y = torch.relu(self.a(x)) - torch.sigmoid(self.b(x))
        if bool(y.sum() > 0):
            y = torch.tanh(self.linear(y) * 2)
        rounds = 0
        while bool(y.abs().sum() > 1.0) and rounds < 4:
            y = self.linear(y) * 0.25
            rounds += 1
        return y, rounds


def test_parameters_that_were_equal_stay_apart_with_refit(rel):
    fresh, new = torch.jit.script(Branches().eval()), torch.jit.script(trained(Branches(), 2))
    refitted = refit(compile_hybrid(fresh, refit=True), new)
    for scale in (0.1, 1.0, -3.0):
        x = torch.randn(3, 6) * scale
        (got, rounds), (wanted, wanted_rounds) = refitted(x), new(x)
        assert rounds == wanted_rounds
        assert rel(got, wanted) < 1e-5


def test_parameters_that_were_equal_are_said_without_refit():
    compiled = compile_hybrid(torch.jit.script(Branches().eval()))
    with pytest.raises(RuntimeError, match="If parameters of the compiled module had equal values"):
        refit(compiled, torch.jit.script(trained(Branches(), 2)))


class Stateful(nn.Module):
    """A cache and a counter that the method writes, a list of buffers, a number, and a second method."""

    def __init__(self, scale: float = 0.5) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 6)
        self.register_buffer("cache", torch.zeros(6))
        self.calls = 0
        self.scale = scale

    def forward(self, x):
        self.calls += 1
        self.cache.add_(torch.tanh(self.linear(x)).sum(0))
        return torch.relu(self.linear(x) * 2) * self.scale + self.cache, self.calls

    @torch.jit.export
    def peek(self):
        return self.linear.weight.sum() + self.cache.sum()


def test_the_state_is_that_of_the_new_module():
    old, new = (torch.jit.script(trained(Stateful(scale), seed)) for scale, seed in ((0.5, 1), (0.25, 2)))
    x = torch.randn(3, 6)
    with torch.no_grad():
        new(x)  # one call ahead
    compiled = compile_hybrid(old)
    compiled(x)
    before = compiled.cache.clone()
    refitted = refit(compiled, new, arg_inputs=[x], verify_output=True)
    for module in (reloaded(refitted), refitted):
        wanted = copy.deepcopy(new)
        for calls in (2, 3):
            got = module(x)
            with torch.no_grad():
                torch.testing.assert_close(got, wanted(x), rtol=1e-5, atol=1e-5)
            assert got[1] == calls
        torch.testing.assert_close(module.peek(), wanted.peek(), rtol=1e-5, atol=1e-5)
    assert torch.equal(compiled.cache, before)
    assert (compiled.calls, new.calls) == (1, 1), "refit or verify_output ran a module of the user"


class Structured(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(6))

    def forward(
        self, pair: dict[str, torch.Tensor], mode: str, limit: float, times: int = 2, more: torch.Tensor | None = None
    ):
        y = pair["a"] * self.weight - pair["b"]
        if mode == "deep":
            y = torch.special.bessel_j0(y)
        y = torch.clamp(y * times, max=limit) * self.weight
        return {"y": y, "z": torch.tanh(y)}


def test_arguments_of_every_kind_are_remembered():
    old, new = (torch.jit.script(trained(Structured(), seed)) for seed in (1, 2))
    compiled = torch_tensorrt.compile(
        old, inputs=[{"a": ROWS, "b": Input((1, 6))}, "deep", float("inf"), 3], device="cpu", min_block_size=1
    )
    arguments = ({"a": torch.randn(4, 6), "b": torch.randn(1, 6)}, "deep", float("inf"), 3)
    for module in (compiled, reloaded(compiled)):
        refitted = refit(module, new)
        torch.testing.assert_close(refitted(*arguments), new(*arguments), rtol=1e-5, atol=1e-6)
        with pytest.raises(torch.jit.Error, match="argument mode has another value"):
            refitted(arguments[0], "flat", float("inf"), 3)


class Pair(NamedTuple):
    first: torch.Tensor
    second: torch.Tensor


class Inner(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 6)
        self.seen = torch.zeros(6)

    def forward(self, x) -> Pair:
        self.seen = self.seen + x.sum(0)
        return Pair(torch.special.bessel_j0(torch.tanh(self.linear(x))), self.seen)


class Outer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = Inner(), Inner()

    def forward(self, x) -> Pair:
        pair = self.a(x)
        return Pair(torch.relu(self.b(pair.first).first * 2 + 1), pair.second)


def test_classes_of_the_same_name_are_the_same():
    modules = [trained(Outer(), seed) for seed in (1, 2, 3)]
    first, second, third = (torch.jit.script(module) for module in modules)
    torch.jit._state._clear_class_state()  # the new modules have other types then
    compiled = reloaded(compile_hybrid(first))
    for module in (second, reloaded(third), torch.jit.script(modules[1])):
        refitted = refit(compiled, module)
        x = torch.randn(3, 6)
        with torch.no_grad():
            for _ in range(2):
                torch.testing.assert_close(tuple(refitted(x)), tuple(module(x)), rtol=1e-5, atol=1e-5)


def test_each_of_several_ranges_stays(rel):
    old, new = trained(Mixed(), 1), trained(Mixed(), 2)
    ranges = Input(profiles=[((64, 6), (64, 6), (64, 6)), ((1, 6), (1, 6), (2, 6))])
    refitted = refit(compile_hybrid(old, [ranges]), new)
    for rows in (1, 2, 64):
        x = torch.randn(rows, 6)
        assert rel(refitted(x), new(x)) < 1e-5
    with pytest.raises(RuntimeError, match="none of the 2 profiles"):
        refitted(torch.randn(10, 6))


def test_settings_of_the_compilation_decide_again(rel):
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(6, 6), nn.Linear(6, 6)

        def forward(self, x):
            return torch.sigmoid(self.b(torch.tanh(torch.relu(self.a(x)))))

    old, new = trained(Model(), 1), trained(Model(), 2)
    for settings in ({"torch_executed_ops": ["aten::tanh"]}, {"torch_executed_modules": ["b"]}, {"min_block_size": 2}):
        if "min_block_size" in settings:
            settings["torch_executed_ops"] = ["aten::tanh"]
        compiled = compile_hybrid(old, **settings)
        refitted = refit(compiled, new)
        x = torch.randn(2, 6)
        assert rel(refitted(x), new(x)) < 1e-5
        assert engines_of(refitted) == engines_of(compiled)


def test_a_module_without_engines(rel):
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(6))

        def forward(self, x):
            return torch.special.zeta(x, self.weight)

    old, new = Model().eval(), Model().eval()
    new.weight.data += torch.rand(6)
    compiled = compile_hybrid(old)
    assert not engines_of(compiled)
    x = torch.rand(2, 6) + 1.5
    assert rel(refit(compiled, new)(x), new(x)) < 1e-6
    assert rel(compiled(x), old(x)) < 1e-6


def test_parameters_must_be_the_same():
    with pytest.raises(RuntimeError) as raised:
        refit(compile_hybrid(trained(Mixed(), 1)), trained(Mixed(width=5), 2))
    assert '"linear.weight" is float32 [5, 5], must be float32 [6, 6]' in str(raised.value)


class Switched(nn.Module):
    """The operation of PyTorch, the engine, or their number, follow from attributes."""

    def __init__(self, kind: str = "first", flag: float = 1.0) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 6)
        self.kind = kind
        self.register_buffer("flag", torch.tensor(flag))

    def forward(self, x):
        y = torch.tanh(self.linear(x))
        y = torch.special.bessel_j1(y) if self.kind == "second" else torch.special.bessel_j0(y)
        if self.kind == "third":
            y = torch.special.bessel_j0(torch.tanh(self.linear(y)))
        y = torch.sigmoid(self.linear(y))
        return y * 2 if bool(self.flag > 0) else torch.relu(y)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (Switched("second"), r'bessel_j1\(.*test_hybrid_refit\.py:\d+ where the compiled module has ".*bessel_j0\('),
        (Switched("third"), r"where the compiled module has"),
        (Switched("first", flag=-1.0), "does not have the same layers as the module that the engine"),
    ],
)
def test_the_first_difference_is_named(other, message):
    compiled = compile_hybrid(torch.jit.script(Switched().eval()))
    before = engine_bytes(compiled)
    with pytest.raises(RuntimeError, match=message):
        refit(compiled, torch.jit.script(other.eval()))
    assert engine_bytes(compiled) == before


def test_verify_output_compares(monkeypatch):
    old, new = trained(Mixed(), 1), trained(Mixed(), 2)
    compiled = compile_hybrid(old)
    x = torch.rand(2, 6)
    refit(compiled, new, arg_inputs=[x], verify_output=True)
    monkeypatch.setattr(torch_tensorrt.ts, "refit_module_weights", lambda compiled, script: compiled)
    with pytest.raises(RuntimeError, match="the results of the refitted module and of new_weight_module differ"):
        refit(compiled, new, arg_inputs=[x], verify_output=True)


def test_a_frozen_hybrid_module_is_refused():
    frozen = torch.jit.freeze(compile_hybrid(trained(Mixed(), 1)))
    with pytest.raises(RuntimeError, match="was frozen after it was compiled"):
        refit(frozen, trained(Mixed(), 2))
