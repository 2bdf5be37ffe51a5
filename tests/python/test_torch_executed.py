"""Operators that must run in PyTorch, by their names in the user's graph."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt._dynamo import CompiledGraph


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.drop = nn.Dropout()

    def forward(self, x):
        return self.drop(torch.relu_(self.conv(x))).flatten(1)


SHAPE = (1, 3, 8, 8)
NAMES = ("aten::conv2d", "aten::relu_", "aten::dropout", "aten::flatten")


@pytest.fixture
def net():
    return torch.jit.script(Net().eval())


def compile_net(module, **settings):
    inputs = [torch_tensorrt.Input(SHAPE)]
    return torch_tensorrt.compile(module, inputs=inputs, device="cpu", **{"min_block_size": 1, **settings})


def operators(compiled) -> set[str]:
    kinds = {node.kind() for node in compiled.graph.nodes() if not node.kind().startswith("prim::")}
    return kinds - {"tensorrt::check_argument"}


def require_same(compiled, module) -> None:
    x = torch.randn(SHAPE)
    torch.testing.assert_close(compiled(x), module(x))


@pytest.mark.parametrize("name", NAMES)
def test_an_operator_is_found_under_the_name_that_the_module_has(net, name):
    assert name in str(net.inlined_graph)
    compiled = compile_net(net, torch_executed_ops=[name])
    # Views cost nothing in PyTorch, so they may stay there.
    assert operators(compiled) - {"aten::flatten"} == {name, "tensorrt::execute_engine"} - {"aten::flatten"}
    assert name in operators(compiled)
    require_same(compiled, net)


def test_the_name_that_lowering_gives_is_found_too(net):
    report = torch_tensorrt.check(net, [torch_tensorrt.Input(SHAPE)], torch_executed_ops=["aten::_convolution"])
    (left,) = (op for op in report.operators if op.how == "pytorch")
    assert left.reason == "aten::_convolution is listed in torch_executed_ops"
    compiled = compile_net(net, torch_executed_ops=["aten::_convolution"])
    assert "aten::conv2d" in operators(compiled)
    require_same(compiled, net)


@pytest.mark.parametrize("name", NAMES)
def test_check_reports_it(net, name):
    report = torch_tensorrt.check(net, [torch_tensorrt.Input(SHAPE)], torch_executed_ops=[name])
    assert not report
    left = [op for op in report.operators if op.how == "pytorch"]
    assert [(op.op.partition("(")[0].partition(".")[0], op.uses) for op in left] == [(name, 1)]
    assert left[0].reason == f"{name} is listed in torch_executed_ops"


def test_check_reports_modules_by_the_operators_that_they_have(net):
    report = torch_tensorrt.check(net, torch_executed_modules=["torch.nn.modules.conv.Conv2d"])
    left = [op.op.partition("(")[0] for op in report.operators if op.how == "pytorch"]
    assert left == ["aten::conv2d"]


def test_a_name_that_the_module_does_not_have_is_told(net, capfd):
    torch_tensorrt.compile(net, inputs=[torch_tensorrt.Input(SHAPE)], device="cpu", torch_executed_ops=["aten::linear"])
    assert "torch_executed_ops lists aten::linear, which the module does not use" in capfd.readouterr().err


@pytest.mark.parametrize("setting", ["torch_executed_ops", "torch_executed_modules"])
@pytest.mark.parametrize("value", ["aten::linear", [torch.relu]], ids=["a string", "a function"])
def test_names_come_in_a_list(net, setting, value):
    with pytest.raises(TypeError, match=f"{setting} .* must be a list of names"):
        torch_tensorrt.compile(net, inputs=[torch_tensorrt.Input(SHAPE)], device="cpu", **{setting: value})


@pytest.mark.parametrize("name", ["linear", "aten::add,aten::mul", "aten::add.Tensor", ""])
def test_what_is_not_the_name_of_an_operator_is_refused(net, name):
    with pytest.raises(RuntimeError, match=f"'{name}' in torch_executed_ops is not the name of an operator"):
        torch_tensorrt.compile(net, inputs=[torch_tensorrt.Input(SHAPE)], device="cpu", torch_executed_ops=[name])


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        return torch.tanh(self.linear(x))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Block() for _ in range(3)])
        self.last = nn.Sequential(Block(), Block())

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.last(x)


class EncoderAndDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(), Encoder()

    def forward(self, x):
        return self.decoder(torch.relu(self.encoder(x)))


# The numbers of tanh and linear that PyTorch runs.
PATHS = [
    ("encoder", 5, 5),
    ("encoder.layers", 3, 3),
    ("encoder.layers.1", 1, 1),
    ("decoder.last", 2, 2),
    ("decoder.last.0.linear", 0, 1),
    ("torch.nn.modules.linear.Linear", 0, 10),
]


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize(("path", "tanh", "linear"), PATHS)
def test_a_module_is_listed_by_its_path_or_its_class(path, tanh, linear, traced):
    x = torch.randn(2, 4)
    model = EncoderAndDecoder().eval()
    module = torch.jit.trace(model, x) if traced else torch.jit.script(model)
    compiled = torch_tensorrt.compile(module, inputs=[x], device="cpu", min_block_size=1, torch_executed_modules=[path])
    kinds = [node.kind() for node in compiled.graph.nodes()]
    assert (kinds.count("aten::tanh"), kinds.count("aten::linear")) == (tanh, linear)
    assert "tensorrt::execute_engine" in kinds
    torch.testing.assert_close(compiled(x), module(x))
    report = torch_tensorrt.check(module, [x], torch_executed_modules=[path])
    left = {op.op.partition("(")[0]: op.uses for op in report.operators if op.how == "pytorch"}
    assert (left.get("aten::tanh", 0), left.get("aten::linear", 0)) == (tanh, linear)


def compiled_with(kind: str, modules: list[str], x: torch.Tensor):
    """Returns the model and the compiled graphs of a door that keeps no modules."""
    model = EncoderAndDecoder().eval()
    settings = {"device": "cpu", "min_block_size": 1, "torch_executed_modules": modules}
    if kind != "torch.compile":
        program = torch.export.export(model, (x,))
        program = program if kind == "program" else program.run_decompositions()
        compiled = torch_tensorrt.compile(program, **settings)
        torch.testing.assert_close(compiled(x), model(x))
        return model, program, compiled
    made = []
    build = CompiledGraph._compiled
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CompiledGraph, "_compiled", lambda self, args: made.append(build(self, args)) or made[-1])
        torch._dynamo.reset()
        compiled = torch.compile(model, backend="torch_tensorrt", options=settings)
        with torch.no_grad():
            torch.testing.assert_close(compiled(x), model(x))
    return model, None, made[0]


@pytest.mark.parametrize("kind", ["program", "core ATen", "torch.compile"])
@pytest.mark.parametrize(("path", "tanh", "linear"), [PATHS[1], PATHS[4], PATHS[5], (f"{__name__}.Block", 10, 10)])
def test_a_graph_without_modules_knows_them(kind, path, tanh, linear, capfd):
    model, program, compiled = compiled_with(kind, [path], torch.randn(2, 4))
    kinds = [node.kind() for node in compiled.graph.nodes()]
    found = kinds.count("aten::linear") + kinds.count("aten::addmm")
    assert (kinds.count("aten::tanh"), found) == (tanh, linear)
    assert "tensorrt::execute_engine" in kinds
    assert "which the module does not use" not in capfd.readouterr().err
    if kind == "program":
        x = torch.randn(2, 4)
        other = EncoderAndDecoder().eval()
        refitted = torch_tensorrt.refit_module_weights(compiled, torch.export.export(other, (x,)))
        torch.testing.assert_close(refitted(x), other(x))


def test_a_module_that_a_graph_does_not_have_is_told_once(capfd):
    compiled_with("program", ["no.such"], torch.randn(2, 4))
    assert capfd.readouterr().err.count("torch_executed_modules lists no.such, which the module does not use") == 1
    with pytest.warns(UserWarning, match="lists no.such, which a graph of torch.compile does not use") as warned:
        compiled_with("torch.compile", ["no.such"], torch.randn(2, 4))
    assert len([w for w in warned if "no.such" in str(w.message)]) == 1
    assert "no.such" not in capfd.readouterr().err


RELU = torch.ops.aten.relu


@pytest.mark.parametrize("name", [RELU.default, RELU, "torch.ops.aten.relu.default", "torch.ops.aten.relu"])
def test_an_operator_is_listed_as_in_torch_ops(name):
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4)).eval()
    x = torch.randn(2, 4)
    compiled = torch_tensorrt.compile(model, inputs=[x], device="cpu", min_block_size=1, torch_executed_ops={name})
    assert "aten::relu" in operators(compiled)
    torch.testing.assert_close(compiled(x), model(x))


def test_a_path_that_the_module_does_not_have_is_told(net, capfd):
    compile_net(net, torch_executed_modules=["conv.inner"])
    assert "torch_executed_modules lists conv.inner, which the module does not use" in capfd.readouterr().err


# PyTorch's executor drops a product with one, so that the result would stay bool.
def test_a_product_with_one_has_its_own_dtype():
    class Squeezed(nn.Module):
        def forward(self, x: torch.Tensor):
            y = x.clone()
            y.squeeze_(1)
            return torch.relu(y.float()), y * 1, y + 0, y.int() / 1

    module = torch.jit.script(Squeezed())
    compiled = torch_tensorrt.compile(
        module,
        inputs=[torch_tensorrt.Input((2, 1, 3), dtype=torch.bool)],
        device="cpu",
        min_block_size=1,
        torch_executed_ops=["aten::clone", "aten::mul", "aten::add", "aten::div"],
    )
    x = torch.tensor([[[True, False, True]], [[False, True, True]]])
    for _ in range(3):
        for result, expected in zip(compiled(x), module(x), strict=True):
            torch.testing.assert_close(result, expected)
