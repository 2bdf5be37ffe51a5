"""Modules of several engines: inspection, files, copies, other modules around them, profiles, and the timing cache."""

from __future__ import annotations

import copy
import json
import subprocess
import sys

import pytest
import torch
from outside import TORCHTRTC, run, try_run
from test_hybrid_refit import ROWS, Mixed, Stateful, compile_hybrid, engine_bytes, engines_of
from test_refit import reloaded, trained
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input


class Around(nn.Module):
    """A scripted module around a compiled one."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner, self.linear = inner, nn.Linear(6, 6)

    def forward(self, x):
        return torch.relu(self.linear(self.inner(x)))


class Reads(nn.Module):
    """PyTorch's operator takes a parameter, and a second method reads another."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 6)
        self.order = nn.Parameter(torch.ones(6))

    def forward(self, x):
        return torch.tanh(self.linear(torch.special.zeta(1.5 + torch.relu(self.linear(x)), self.order)))

    @torch.jit.export
    def total(self):
        return self.linear.weight.sum()


def times_in(path) -> list[str]:
    return [line for line in path.read_text().splitlines()[1:] if line]


# ---- inspect --------------------------------------------------------------------------------------------------------


def test_a_report_lists_all_engines_and_what_pytorch_runs():
    compiled = compile_hybrid(trained(Mixed(), 1))
    for module in (compiled, reloaded(compiled)):
        report = torch_tensorrt.inspect(module)
        (method,) = report.methods
        assert (method.path, method.method, method.reason) == ("", "forward", "")
        assert [engine.attribute for engine in method.engines] == ["engine_0", "engine_1"]
        assert [engine.operations for engine in method.engines] == [6, 4]
        for engine in method.engines:
            own = json.loads(getattr(module, engine.attribute).get_engine_layer_info())
            assert engine.information == own
        (row,) = method.pytorch
        assert (row.op, row.uses) == ("aten::special_zeta", 1)
        assert "no converter is registered" in row.reason
        assert "test_hybrid_refit.py:" in row.source
        assert json.loads(report.to_json())["methods"][0]["pytorch"][0]["op"] == "aten::special_zeta"
        text = str(report)
        assert text.startswith("forward: 2 engines\n  engine_0: 6 operations in ")
        assert "    takes f32 [1 to 5, 6]\n" in text
        assert "PyTorch runs:\n  aten::special_zeta at " in text


def test_a_report_says_why_a_module_is_not_one_engine():
    compiled = compile_hybrid(torch.jit.script(trained(Stateful(), 1)))
    (method,) = torch_tensorrt.inspect(compiled).methods
    assert method.pytorch and method.engines

    class Returns(nn.Module):
        def forward(self, x):
            return torch.relu(x * 2 + 1), x

    (method,) = torch_tensorrt.inspect(compile_hybrid(Returns().eval())).methods
    assert method.reason == "result 1 may share the memory of the argument x"
    assert not method.pytorch


def test_a_module_of_one_engine_and_modules_around_compiled_ones():
    whole = torch_tensorrt.compile(nn.Linear(6, 6).eval(), inputs=[ROWS], device="cpu")
    (method,) = torch_tensorrt.inspect(whole).methods
    assert [engine.attribute for engine in method.engines] == ["engine"]
    assert not method.pytorch and not method.reason
    around = torch.jit.script(Around(compile_hybrid(trained(Mixed(), 1))).eval())
    assert [method.path for method in torch_tensorrt.inspect(around).methods] == ["inner"]


def test_inspect_refuses_other_modules():
    with pytest.raises(RuntimeError, match="is not compiled, and none of its submodules is"):
        torch_tensorrt.inspect(torch.jit.script(Mixed()))
    with pytest.raises(
        RuntimeError, match="was frozen after it was compiled.*; inspect the module before it is frozen"
    ):
        torch_tensorrt.inspect(torch.jit.freeze(compile_hybrid(trained(Mixed(), 1))))
    with pytest.raises(TypeError, match="inspect takes a torch.jit.ScriptModule"):
        torch_tensorrt.inspect(Mixed())


def test_torchtrtc_inspects_a_file(tmp_path):
    compiled = compile_hybrid(trained(Mixed(), 1))
    torch.jit.save(compiled, str(tmp_path / "hybrid.ts"))
    assert run(TORCHTRTC, "inspect", tmp_path / "hybrid.ts") == str(torch_tensorrt.inspect(compiled))
    told = json.loads(run(TORCHTRTC, "inspect", "--json", tmp_path / "hybrid.ts"))
    assert [engine["attribute"] for engine in told["methods"][0]["engines"]] == ["engine_0", "engine_1"]
    assert told["methods"][0]["engines"][0]["information"]["layers"]
    torch.jit.save(torch.jit.script(Mixed()), str(tmp_path / "plain.ts"))
    failed = try_run(TORCHTRTC, "inspect", tmp_path / "plain.ts")
    assert failed.returncode == 1
    assert "is not compiled, and none of its submodules is" in failed.stderr


# ---- files and copies -----------------------------------------------------------------------------------------------

RUNS_A_FILE = """
import sys, torch
torch.ops.load_library(sys.argv[1])
module, x = torch.jit.load(sys.argv[2]), torch.load(sys.argv[3])
torch.save([module(x), module(x)], sys.argv[4])
"""


def test_a_new_process_runs_a_saved_module_with_the_runtime_alone(tmp_path):
    module = torch.jit.script(trained(Stateful(), 1))
    compiled = compile_hybrid(module)
    x = torch.randn(3, 6)
    torch_tensorrt.save(compiled, str(tmp_path / "hybrid.ts"))
    torch.save(x, tmp_path / "x.pt")
    paths = [str(tmp_path / name) for name in ("hybrid.ts", "x.pt", "results.pt")]
    subprocess.run([sys.executable, "-c", RUNS_A_FILE, str(torch_tensorrt.runtime.library_path()), *paths], check=True)
    with torch.no_grad():
        wanted = [module(x), module(x)]
    torch.testing.assert_close(torch.load(tmp_path / "results.pt"), wanted, rtol=1e-5, atol=1e-5)


def test_copies_have_engines_and_state_of_their_own():
    module = torch.jit.script(trained(Stateful(), 1))
    compiled = compile_hybrid(module)
    x = torch.randn(3, 6)
    compiled(x)
    copied = copy.deepcopy(compiled)
    assert engine_bytes(copied) == engine_bytes(compiled)
    first, second = copied(x), compiled(x)
    torch.testing.assert_close(first, second)
    assert first[1] == 2
    copied(x)
    assert (copied.calls, compiled.calls) == (3, 2)
    assert not torch.equal(copied.cache, compiled.cache)


@pytest.mark.parametrize("change", [lambda m: m.to("cpu"), torch.jit.freeze, torch.jit.optimize_for_inference])
@pytest.mark.parametrize("make", [Mixed, Stateful])
def test_moved_frozen_and_optimized_modules_compute_the_same(change, make):
    module = torch.jit.script(trained(make(), 1))
    changed = change(compile_hybrid(module))
    x = torch.randn(3, 6)
    for ran in (reloaded(changed), changed):
        wanted = copy.deepcopy(module)
        with torch.no_grad():
            for _ in range(2):
                torch.testing.assert_close(ran(x), wanted(x), rtol=1e-5, atol=1e-5)


def test_another_dtype_is_refused_by_name():
    compiled = compile_hybrid(trained(Mixed(), 1)).double()
    with pytest.raises(RuntimeError, match="argument x has the dtype Double, the module was compiled for Float"):
        compiled(torch.randn(3, 6).double())


# ---- modules around compiled ones -----------------------------------------------------------------------------------


def test_a_compiled_module_is_a_submodule_of_a_scripted_one(rel):
    module = trained(Mixed(), 1)
    around = torch.jit.script(Around(compile_hybrid(module)).eval())
    x = torch.randn(3, 6)
    with torch.no_grad():
        wanted = torch.relu(around.linear(module(x)))
        for ran in (around, reloaded(around), torch.jit.freeze(around), copy.deepcopy(around)):
            assert rel(ran(x), wanted) < 1e-5


def test_a_module_around_a_compiled_one_is_not_compiled_or_refitted():
    around = torch.jit.script(Around(compile_hybrid(trained(Mixed(), 1))).eval())
    with pytest.raises(RuntimeError, match="its submodule inner is compiled already; compile the module with the sub"):
        torch_tensorrt.compile(around, inputs=[ROWS], device="cpu")
    with pytest.raises(RuntimeError, match=r"contains compiled submodules \(inner.engine_0, inner.engine_1\); refit"):
        torch_tensorrt.refit_module_weights(around, around)
    with pytest.raises(RuntimeError, match="the module is compiled already: it runs the engine engine_0"):
        torch_tensorrt.compile(around.inner, inputs=[ROWS], device="cpu")


def test_attributes_with_the_names_of_engines_stay():
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.engine_0, self.engine_1 = nn.Linear(6, 6), 3

        def forward(self, x):
            self.engine_1 += 1
            y = torch.special.bessel_j0(torch.tanh(self.engine_0(x)))
            return torch.relu(y * 2 + 1), self.engine_1

    module = torch.jit.script(Named().eval())
    compiled = reloaded(compile_hybrid(module))
    x = torch.randn(3, 6)
    with torch.no_grad():
        for _ in range(2):
            torch.testing.assert_close(compiled(x), module(x), rtol=1e-5, atol=1e-6)
    assert len(engines_of(compiled)) == 2


# ---- memory ---------------------------------------------------------------------------------------------------------


def test_a_later_training_of_the_module_does_not_change_the_compiled_one(rel):
    module = trained(Reads(), 1)
    with torch.no_grad():
        module.order.abs_().add_(1)
        script = torch.jit.script(module)
        compiled = compile_hybrid(script)
        x = torch.randn(3, 6)
        wanted, total = module(x), module.linear.weight.sum()
        for parameter in module.parameters():
            parameter.mul_(2)
        assert rel(compiled(x), wanted) < 1e-5
        assert torch.equal(compiled.total(), total)
        assert rel(module(x), wanted) > 0.01


# ---- profiles and the timing cache ----------------------------------------------------------------------------------


def test_each_engine_has_a_profile_for_each_range(rel):
    module = trained(Mixed(), 1)
    ranges = [((64, 6), (64, 6), (64, 6)), ((1, 6), (1, 6), (2, 6))]
    compiled = compile_hybrid(module, [Input(profiles=ranges)])
    assert len(engines_of(compiled)) == 2
    for ran in (compiled, reloaded(compiled)):
        for rows in (64, 1, 2):
            x = torch.randn(rows, 6)
            assert rel(ran(x), module(x)) < 1e-5
        with pytest.raises(RuntimeError, match="none of the 2 profiles"):
            ran(torch.randn(10, 6))
        with pytest.raises(RuntimeError, match="argument x has dims 65x6, the module was compiled for 1x6 to 64x6"):
            ran(torch.randn(65, 6))


def test_state_may_have_its_shape_from_a_call_in_another_range():
    class Keeps(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last = torch.zeros(1, 6)

        def forward(self, x):
            y = torch.tanh(self.last * 2 + 1)
            self.last = torch.relu(x * 3)
            return y

    module = torch.jit.script(Keeps().eval())
    ranges = [((64, 6), (64, 6), (64, 6)), ((1, 6), (1, 6), (2, 6))]
    compiled = compile_hybrid(module, [Input(profiles=ranges)])
    for rows in (64, 1, 2, 64):
        x = torch.randn(rows, 6)
        torch.testing.assert_close(compiled(x), module(x))


def test_ranges_of_two_inputs_are_as_many():
    class Adds(nn.Module):
        def forward(self, a, b):
            return torch.special.bessel_j0(torch.tanh(a)) + b.sum()

    two = Input(profiles=[((4, 6), (4, 6), (4, 6)), ((1, 6), (1, 6), (2, 6))])
    three = Input(profiles=[((4, 6), (4, 6), (4, 6)), ((1, 6), (1, 6), (2, 6)), ((9, 6), (9, 6), (9, 6))])
    with pytest.raises(RuntimeError, match="ranges of shapes"):
        compile_hybrid(Adds().eval(), [two, three])


def test_a_second_compilation_with_the_same_timing_cache_times_nothing(tmp_path):
    times = tmp_path / "times"
    module = trained(Mixed(), 1)
    first = compile_hybrid(module, timing_cache_path=str(times))
    measured = times_in(times)
    assert measured, "the engines have no layers to time"
    second = compile_hybrid(module, timing_cache_path=str(times))
    assert times_in(times) == measured
    assert engine_bytes(second) == engine_bytes(first)
