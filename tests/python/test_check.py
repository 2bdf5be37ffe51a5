"""Reports without compiling: torch_tensorrt.check and torchtrtc check."""

import json
import sysconfig
from pathlib import Path

import pytest
import torch
from outside import try_run

import torch_tensorrt

TORCHTRTC = Path(sysconfig.get_path("scripts")) / "torchtrtc"


class Fine(torch.nn.Module):
    def forward(self, x):
        return torch.relu(x).view(7, -1)


class DataDependent(torch.nn.Module):
    def forward(self, x):
        found = torch.relu(x).nonzero()
        return found + x.size(0)


def by_name(report):
    return {op.op.partition("(")[0]: op for op in report.operators}


def test_a_module_that_is_one_engine():
    report = torch_tensorrt.check(torch.jit.script(Fine().eval()), [torch_tensorrt.Input((14, 2))])
    assert report
    assert report.problem == ""
    relu = by_name(report)["aten::relu"]
    assert (relu.how, relu.uses, relu.reason) == ("converted", 1, "")
    assert "test_check.py" in relu.source
    assert "torch.relu(x).view(7, -1)" in relu.source


def test_shapes_that_do_not_fit_are_told():
    report = torch_tensorrt.check(torch.jit.script(Fine().eval()), [torch_tensorrt.Input((5, 2))])
    assert not report
    assert "7" in report.problem
    assert all(op.how != "pytorch" for op in report.operators)
    assert report.problem in str(report)


def test_an_operator_that_stays_in_pytorch_comes_first_with_its_reason_and_line():
    report = torch_tensorrt.check(torch.jit.script(DataDependent().eval()), [torch_tensorrt.Input((2, 3))])
    assert not report
    first = report.operators[0]
    assert first.op == "aten::nonzero(Tensor self) -> Tensor"
    assert first.how == "pytorch"
    assert "depends on the values" in first.reason
    assert "nonzero()" in first.source
    assert by_name(report)["aten::size.int"].how == "evaluated"


class OfAPair(torch.nn.Module):
    def forward(self, pair: tuple[torch.Tensor, torch.Tensor]):
        return torch.relu(pair[0]).view(7, -1) + pair[1]


def test_a_signature_is_looked_at():
    def pair(rows):
        return ((torch_tensorrt.Input((rows, 2)), torch_tensorrt.Input((7, 2 * rows // 7))),)

    script = torch.jit.script(OfAPair().eval())
    assert torch_tensorrt.check(script, input_signature=pair(14))
    report = torch_tensorrt.check(script, input_signature=pair(5))
    assert not report and "7" in report.problem
    with pytest.raises(ValueError, match="either inputs or input_signature"):
        torch_tensorrt.check(script, [torch_tensorrt.Input((1,))], input_signature=pair(14))


@pytest.mark.parametrize("inputs", [torch.ones(14, 2), torch_tensorrt.Input((14, 2))], ids=["tensor", "Input"])
def test_one_input_by_itself_is_refused(inputs):
    exported = torch.export.export(Fine().eval(), (torch.ones(14, 2),))
    for module in (Fine().eval(), exported):
        with pytest.raises(KeyError, match="inputs must be a list or tuple"):
            torch_tensorrt.check(module, inputs)
        with pytest.raises(KeyError, match="inputs must be a list or tuple"):
            torch_tensorrt.compile(module, inputs=inputs, device="cpu")


def test_without_inputs_only_operators_are_looked_at():
    assert torch_tensorrt.check(torch.jit.script(Fine().eval()))


def test_a_module_that_is_not_scripted_is_scripted():
    assert torch_tensorrt.check(Fine().eval(), [torch_tensorrt.Input((14, 2))])


def test_an_exported_program_is_looked_at():
    program = torch.export.export(Fine().eval(), (torch.ones(14, 2),))
    assert torch_tensorrt.check(program)
    assert torch_tensorrt.check(program, [torch_tensorrt.Input((14, 2))])


def test_settings_are_those_of_compile():
    report = torch_tensorrt.check(Fine().eval(), torch_executed_ops=["aten::relu"])
    assert by_name(report)["aten::relu"].how == "pytorch"
    with pytest.raises(TypeError, match="no_such_setting"):
        torch_tensorrt.check(Fine().eval(), no_such_setting=1)


def test_json_is_the_report():
    report = torch_tensorrt.check(torch.jit.script(DataDependent().eval()))
    read = json.loads(report.to_json())
    assert read["whole"] is False
    assert [op["op"] for op in read["operators"]] == [op.op for op in report.operators]


def test_only_modules():
    with pytest.raises(TypeError, match="ScriptModule"):
        torch_tensorrt.check(lambda x: x)


@pytest.mark.parametrize(
    ("module", "spec", "code", "text"),
    [
        (Fine(), "(7,2)", 0, "the method is one engine"),
        (Fine(), "(5,2)", 2, "these inputs cannot be compiled"),
        (DataDependent(), "(2,3)", 2, "depends on the values"),
    ],
)
def test_the_program_tells_by_its_exit_code(tmp_path, module, spec, code, text):
    path = tmp_path / "model.ts"
    torch.jit.script(module.eval()).save(path)
    result = try_run(TORCHTRTC, "check", path, spec)
    assert result.returncode == code, result.stderr
    assert text in result.stdout


def test_the_program_writes_json(tmp_path):
    path = tmp_path / "model.ts"
    torch.jit.script(Fine().eval()).save(path)
    result = try_run(TORCHTRTC, "check", path, "--json")
    assert json.loads(result.stdout)["whole"] is True


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    result = try_run(TORCHTRTC, "check", tmp_path / "none.ts")
    assert result.returncode == 1
    assert "none.ts" in result.stderr


# ---- control flow ---------------------------------------------------------------------------------------------------


class OnValues(torch.nn.Module):
    def forward(self, x):
        if x.sum() > 0:
            x = x * 2
        return x + 1


class OnItem(torch.nn.Module):
    def forward(self, x):
        y = x
        if int(x[0, 0].item()) > 3:
            y = torch.relu(x)
        return y


class WhileValues(torch.nn.Module):
    def forward(self, x):
        while bool((x < 10).all()):
            x = x * 2
        return x


class TurnsOfValue(torch.nn.Module):
    def forward(self, x):
        for _ in range(int(x.max())):
            x = x + 1
        return x


class CarriesValue(torch.nn.Module):
    def forward(self, x):
        limit = 3.0
        for i in range(3):
            if limit > 2.0:
                x = x + i
            limit = float(x.mean())
        return x


class InBranch(torch.nn.Module):
    def forward(self, x):
        if x.size(0) > 4:
            x = x * 3
            if x.sum() > 0:
                x = x * 2
        return x + 1


class OnSizes(torch.nn.Module):
    def forward(self, x):
        if x.size(0) > 1 and x.dim() == 2 and x.dtype == torch.float32:
            x = x * 2
        for _ in range(x.shape[1]):
            x = x + 1
        if torch.zeros_like(x).size(0) == 2:
            x = x - 1
        return x


class OnOptional(torch.nn.Module):
    def forward(self, x, mask: torch.Tensor | None = None):
        if mask is not None:
            x = x * mask
        return x + 1


class PicksNumber(torch.nn.Module):
    def forward(self, x):
        k = 2 if x.sum() > 0 else 3
        return x * k


class NumberBesideTensor(torch.nn.Module):
    def forward(self, x):
        pair = (x * 2, x.size(0))
        doubled, rows = pair
        if rows > 1:
            doubled = doubled + 1
        return doubled


@pytest.mark.parametrize("model", [OnValues, OnItem, WhileValues, TurnsOfValue, CarriesValue])
def test_control_flow_on_values_is_found_without_inputs(model, capfd, tmp_path):
    script = torch.jit.script(model().eval())
    report = torch_tensorrt.check(script)
    assert not report
    reasons = [op.reason for op in report.operators if op.how == "pytorch"]
    assert reasons and all("depends on the values of the inputs" in reason for reason in reasons)
    assert "test_check.py" in report.operators[0].source
    assert not torch_tensorrt.ts.check_method_op_support(script)
    assert "depends on the values of the inputs" in capfd.readouterr().err
    assert not torch_tensorrt.check(script, [torch_tensorrt.Input((2, 3))])
    inputs = [torch_tensorrt.Input((2, 3))]
    with pytest.raises(RuntimeError, match="depends on"):
        torch_tensorrt.compile(script, inputs=inputs, device="cpu", require_full_compilation=True)
    compiled = torch_tensorrt.compile(script, inputs=inputs, device="cpu", min_block_size=1)
    for x in (torch.full((2, 3), 4.5), torch.full((2, 3), 0.25), torch.rand(2, 3) + 1):
        torch.testing.assert_close(compiled(x), script(x))
    script.save(tmp_path / "model.ts")
    assert try_run(TORCHTRTC, "check", tmp_path / "model.ts").returncode == 2
    assert try_run(TORCHTRTC, tmp_path / "model.ts", "--check-method-support=forward").returncode != 0


@pytest.mark.parametrize("model", [OnSizes, OnOptional, PicksNumber, NumberBesideTensor, Fine])
def test_control_flow_that_shapes_settle_is_none(model):
    script = torch.jit.script(model().eval())
    assert torch_tensorrt.check(script)
    assert torch_tensorrt.ts.check_method_op_support(script)
    spec = torch_tensorrt.Input((7, 2))
    assert torch_tensorrt.check(script, [spec])
    torch_tensorrt.compile(script, inputs=[spec], device="cpu")


def test_a_condition_in_a_branch_that_is_not_taken():
    script = torch.jit.script(InBranch().eval())
    assert not torch_tensorrt.check(script)
    assert torch_tensorrt.check(script, [torch_tensorrt.Input((2, 3))])
    assert not torch_tensorrt.check(script, [torch_tensorrt.Input((5, 3))])


class GivesDict(torch.nn.Module):
    def forward(self, x):
        return {"y": x}


def test_results_that_cannot_be_returned_are_found_without_inputs(capfd):
    script = torch.jit.script(GivesDict().eval())
    assert not torch_tensorrt.ts.check_method_op_support(script)
    assert "forward returns Dict[str, Tensor]" in capfd.readouterr().err
