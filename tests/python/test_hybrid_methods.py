"""Several methods of one module, compiled in one call."""

import copy
import json

import pytest
import torch
from test_hybrid_refit_processes import run_python
from test_refit import reloaded, trained
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input


class Translator(nn.Module):
    """An encoder and a decoder, the methods that use them, and one that does both."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.decoder = nn.Linear(2 * width, width)
        self.register_buffer("calls", torch.zeros(()))
        self.last = 0

    @torch.jit.export
    def encode(self, x):
        self.calls += 1
        y = torch.tanh(self.encoder(x) * 2)
        return torch.special.zeta(1.5 + y.abs(), 2.0 + y.square())

    @torch.jit.export
    def decode(self, memory, y, scale: float = 0.5):
        self.last = y.size(0)
        y = self.decoder(torch.cat([memory, torch.sigmoid(y)], 1))
        return {"y": torch.relu(y) * scale, "calls": self.calls.clone()}

    @torch.jit.export
    def both(self, x, y):
        return self.decode(self.encode(x), y, 0.5)

    @torch.jit.export
    def reset(self):
        self.calls.zero_()
        self.last = -1

    def forward(self, x):
        return self.both(x, x)["y"] + self.encode(x)


ROWS = Input(min_shape=(1, 8), opt_shape=(4, 8), max_shape=(8, 8))
METHODS = {"encode": [ROWS], "decode": [ROWS, ROWS]}


def compile_methods(module, methods, **settings) -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(module, methods=methods, **{"device": "cpu", "min_block_size": 1, **settings})


def engines_of(compiled: torch.jit.ScriptModule) -> dict[str, list[str]]:
    methods = torch_tensorrt.inspect(compiled).methods
    return {method.method: [engine.attribute for engine in method.engines] for method in methods}


def check_calls(compiled, module: nn.Module, seed: int = 0) -> None:
    """Calls all methods of both in the same order and compares results and state."""
    torch.manual_seed(seed)
    expected = torch.jit.script(copy.deepcopy(module))
    for rows in (4, 1, 8):
        x, y = torch.randn(2, rows, 8)
        for call in (
            lambda m: m.encode(x),  # noqa: B023
            lambda m: m.decode(x.abs(), y),  # noqa: B023
            lambda m: m.decode(x, y, 2.0),  # noqa: B023
            lambda m: m.both(x, y),  # noqa: B023
            lambda m: m(x),  # noqa: B023
        ):
            torch.testing.assert_close(call(compiled), call(expected), rtol=1e-4, atol=1e-5)
            assert compiled.last == expected.last
            assert torch.equal(compiled.calls, expected.calls)
        if rows == 1:
            compiled.reset()
            expected.reset()


@pytest.mark.parametrize(
    "methods",
    [
        METHODS,
        {"encode": [ROWS]},
        {**METHODS, "forward": [ROWS]},
        {**METHODS, "both": [ROWS, ROWS], "forward": [ROWS]},
        {"both": [ROWS, ROWS], "reset": []},
    ],
    ids="+".join,
)
def test_methods_run_engines_and_the_others_are_as_before(methods):
    module = trained(Translator(), 1)
    compiled = compile_methods(module, methods)
    engines = engines_of(compiled)
    assert set(engines) == set(methods)
    assert all(names for method, names in engines.items() if method != "reset")
    names = [name for names in engines.values() for name in names]
    assert len(set(names)) == len(names)
    check_calls(compiled, module)


def test_inputs_are_those_of_forward():
    compiled = torch_tensorrt.compile(Translator().eval(), inputs=[ROWS], methods={"encode": [ROWS]}, device="cpu")
    assert list(engines_of(compiled)) == ["encode", "forward"]


def test_the_given_module_does_not_change():
    module = torch.jit.script(trained(Translator(), 1))
    before = {name: str(getattr(module, name).graph) for name in ("encode", "decode", "forward")}
    calls = module.calls.clone()
    compiled = compile_methods(module, {**METHODS, "forward": [ROWS]})
    compiled.encode(torch.randn(2, 8))
    assert module.calls == calls
    assert {name: str(getattr(module, name).graph) for name in before} == before


def test_inputs_by_argument_and_values():
    module = trained(Translator(), 1)
    compiled = compile_methods(module, {"decode": {"y": ROWS, "memory": ROWS, "scale": 0.25}})
    x, y = torch.randn(2, 3, 8)
    torch.testing.assert_close(
        compiled.decode(x, y, 0.25)["y"], torch.relu(compiled.decoder(torch.cat([x, y.sigmoid()], 1))) / 4
    )
    with pytest.raises(torch.jit.Error, match="argument scale has another value in the compiled module: 0.25, but"):
        compiled.decode(x, y)


class NoForward(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.shared, self.only = nn.Linear(8, 8), nn.Linear(8, 8)

    @torch.jit.export
    def first(self, x):
        return torch.relu(self.shared(x)) * 2

    @torch.jit.export
    def second(self, x):
        return self.only(torch.tanh(self.first(x)))


def test_a_module_without_forward():
    module = trained(NoForward(), 1)
    compiled = compile_methods(module, {"first": [ROWS], "second": [ROWS]})
    x = torch.randn(3, 8)
    for name in ("first", "second"):
        torch.testing.assert_close(getattr(compiled, name)(x), getattr(module, name)(x))
    assert not hasattr(compiled, "shared"), "only the engines use the weights"
    with pytest.raises(KeyError, match="inputs are missing"):
        compile_methods(module, {})


class Traced(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.shared, self.only = nn.Linear(8, 8), nn.Linear(8, 8)

    def first(self, x):
        return torch.relu(self.shared(x)) * 2

    def second(self, x):
        return self.only(torch.tanh(self.shared(x)))


def test_a_traced_module():
    module = trained(Traced(), 1)
    x = torch.randn(4, 8)
    traced = torch.jit.trace_module(module, {"first": x, "second": x})
    compiled = compile_methods(traced, {"first": [x], "second": [x]})
    torch.testing.assert_close(compiled.second(x), module.second(x))
    assert engines_of(compiled) == {"first": ["engine_first_0"], "second": ["engine_second_0"]}


def test_names_of_engines_do_not_clash():
    module = trained(NoForward(), 1)
    module.engine_first_0 = 3
    compiled = compile_methods(module, {"first": [ROWS], "second": [ROWS]})
    assert engines_of(compiled) == {"first": ["engine_first_0_"], "second": ["engine_second_0"]}


def test_one_engine_for_each_method():
    module = trained(NoForward(), 1)
    compiled = compile_methods(module, {"first": [ROWS], "second": [ROWS]}, require_full_compilation=True)
    assert [len(names) for names in engines_of(compiled).values()] == [1, 1]
    with pytest.raises(RuntimeError, match="(?s)require_full_compilation is set, but .* of encode;.*zeta"):
        compile_methods(Translator().eval(), METHODS, require_full_compilation=True)


def test_the_report_lists_the_parts_of_each_method():
    report = torch_tensorrt.inspect(compile_methods(Translator().eval(), METHODS))
    decode, encode = report.methods
    assert (decode.method, encode.method) == ("decode", "encode")
    assert [row.op for row in encode.pytorch] == ["aten::add_", "aten::special_zeta"]
    assert "aten::special_zeta" not in [row.op for row in decode.pytorch]
    assert "encode: 1 engine" in str(report)
    assert "decode: " in str(report)


def test_copies_and_files(tmp_path):
    module = trained(Translator(), 1)
    compiled = compile_methods(module, {**METHODS, "forward": [ROWS]})
    check_calls(copy.deepcopy(compiled), module)
    check_calls(reloaded(compiled), module)
    path = tmp_path / "compiled.ts"
    torch.jit.save(compiled, str(path))
    run_python(f"""
import torch, torch_tensorrt
from test_hybrid_methods import Translator, check_calls
from test_refit import trained

check_calls(torch.jit.load({str(path)!r}), trained(Translator(), 1))
""")


def test_a_submodule_and_a_frozen_module():
    class Outer(nn.Module):
        def __init__(self, inner: nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return self.inner.second(x) + self.inner.first(x)

    module = trained(NoForward(), 1)
    compiled = compile_methods(module, {"first": [ROWS], "second": [ROWS]})
    x = torch.randn(3, 8)
    wanted = module.second(x) + module.first(x)
    outer = torch.jit.script(Outer(compiled).eval())
    torch.testing.assert_close(outer(x), wanted)
    paths = {(method.path, method.method) for method in torch_tensorrt.inspect(outer).methods}
    assert paths == {("inner", "first"), ("inner", "second")}
    torch.testing.assert_close(torch.jit.freeze(outer)(x), wanted)


def test_refit_gives_every_method_the_new_weights():
    old, new = trained(Translator(), 1), trained(Translator(), 2)
    compiled = reloaded(compile_methods(old, {**METHODS, "forward": [ROWS]}))
    refitted = torch_tensorrt.refit_module_weights(compiled, new)
    check_calls(refitted, new)
    check_calls(compiled, old)
    assert engines_of(refitted) == engines_of(compiled)
    check_calls(torch_tensorrt.refit_module_weights(reloaded(refitted), old), old)


def test_refit_checks_each_method():
    class Other(NoForward):
        @torch.jit.export
        def second(self, x):
            return self.only(torch.sigmoid(self.first(x)))

    compiled = compile_methods(trained(NoForward(), 1), {"first": [ROWS], "second": [ROWS]})
    with pytest.raises(RuntimeError, match="(?i)sigmoid"):
        torch_tensorrt.refit_module_weights(compiled, Other().eval())


def test_refit_compares_the_results_of_methods():
    old, new = trained(NoForward(), 1), trained(NoForward(), 2)
    compiled = compile_methods(old, {"first": [ROWS], "second": [ROWS]})
    x = torch.randn(3, 8)
    refitted = torch_tensorrt.refit_module_weights(
        compiled, new, arg_inputs={"first": [x], "second": [x]}, verify_output=True
    )
    torch.testing.assert_close(refitted.second(x), new.second(x))
    with pytest.raises(ValueError, match="arg_inputs has inputs of third, .* first, second"):
        torch_tensorrt.refit_module_weights(compiled, new, arg_inputs={"third": [x]}, verify_output=True)
    with pytest.raises(ValueError, match="a dict with the inputs of each method: first, second"):
        torch_tensorrt.refit_module_weights(compiled, new, arg_inputs=[x], verify_output=True)


def test_a_record_of_one_method_of_an_older_library_is_read():
    old, new = trained(Translator(), 1), trained(Translator(), 2)
    compiled = torch_tensorrt.compile(old, inputs=[ROWS], device="cpu", min_block_size=1)
    record = json.loads(compiled.torch_tensorrt_record)
    (method,) = record.pop("methods")
    compiled.torch_tensorrt_record = json.dumps({**record, **method, "format": 1})
    assert list(engines_of(compiled)) == ["forward"]
    check_calls(torch_tensorrt.refit_module_weights(compiled, new), new)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"methods": {"encoder": [ROWS]}},
            RuntimeError,
            "has no method 'encoder'; it has forward, both, decode, encode, reset",
        ),
        ({"methods": {"encode": []}}, RuntimeError, "encode takes \\(x : Tensor"),
        ({"methods": {"encode": {"y": ROWS}}}, RuntimeError, "encode has no argument y; its arguments are x"),
        ({"methods": {"encode": None}}, KeyError, r"methods\['encode'\]: inputs are missing"),
        ({"methods": {"encode": ROWS}}, KeyError, r"methods\['encode'\]: inputs must be a list"),
        ({"methods": {"encode": [(1, 8)]}}, KeyError, r"methods\['encode'\]: .*give a shape as"),
        ({"methods": {"encode": [Input((4, 7))]}}, RuntimeError, "encode fails for the declared inputs"),
        ({"methods": ["encode"]}, TypeError, "must be a dict with the inputs of each method by its name"),
        ({"methods": {"forward": [ROWS]}, "inputs": [ROWS]}, ValueError, "inputs of forward are given twice"),
        ({"methods": {"__init__": [ROWS]}}, ValueError, "drops the method __init__"),
    ],
)
def test_errors(arguments, error, message):
    with pytest.raises(error, match=message):
        torch_tensorrt.compile(Translator().eval(), device="cpu", **arguments)


def test_a_method_that_scripting_drops():
    class Dropped(nn.Module):
        def forward(self, x):
            return x + 1

        def encode(self, x):
            return x + 2

    with pytest.raises(ValueError, match="drops the method encode, .*@torch.jit.export"):
        compile_methods(Dropped().eval(), {"encode": [ROWS]})
    exported = torch.export.export(Dropped().eval(), (torch.ones(2),))
    with pytest.raises(ValueError, match="an ExportedProgram has no methods"):
        compile_methods(exported, {"forward": [torch.ones(2)]})


def test_operators_and_modules_left_to_pytorch_hold_in_every_method(capfd):
    module = trained(Translator(), 1)
    settings = {"torch_executed_ops": ["aten::tanh"], "torch_executed_modules": ["decoder", "elsewhere"]}
    compiled = compile_methods(module, {**METHODS, "forward": [ROWS]}, **settings)
    check_calls(compiled, module)
    rows = {method.method: {row.op for row in method.pytorch} for method in torch_tensorrt.inspect(compiled).methods}
    assert "aten::tanh" in rows["encode"] & rows["forward"]
    assert "aten::linear" in rows["decode"] & rows["forward"]
    log = capfd.readouterr().err
    assert log.count("torch_executed_modules lists elsewhere") == 1
    assert "lists decoder" not in log


def test_tensors_that_two_methods_share_with_pytorch_are_held_once():
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Parameter(torch.rand(64, 64))

        def forward(self, x):
            return torch.special.zeta(1.5 + x, self.table)

        @torch.jit.export
        def other(self, x):
            return torch.special.zeta(2.5 + x, self.table)

    def constant(graph) -> torch.Tensor:
        constants = [node.output().toIValue() for node in graph.findAllNodes("prim::Constant")]
        (table,) = [value for value in constants if isinstance(value, torch.Tensor) and value.numel() == 4096]
        return table

    compiled = compile_methods(Shared().eval(), {"forward": [Input((64, 64))], "other": [Input((64, 64))]})
    assert constant(compiled.forward.graph).data_ptr() == constant(compiled.other.graph).data_ptr()
