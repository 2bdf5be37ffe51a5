"""What users are told about precisions on any processor: errors, warnings, and the notes that inspect shows."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt.ptq import CacheCalibrator, DataLoaderCalibrator

INT8 = {torch.float32, torch.int8}


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(8, 16), nn.Linear(16, 4)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)).cumsum(1))


class Branches(nn.Module):
    """Calibration data may never take one of the branches."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x):
        if bool((x > 0).all()):
            return torch.relu(self.first(x) * 2) + 1
        return torch.relu(self.second(x) * 3) - 1


def data(count: int = 3) -> list[torch.Tensor]:
    return [torch.randn(2, 8, generator=torch.Generator().manual_seed(i)) for i in range(count)]


def build(module, precisions, **settings):
    script = torch.jit.script(module.eval())
    return torch_tensorrt.compile(script, inputs=[data(1)[0]], device="cpu", enabled_precisions=precisions, **settings)


@pytest.mark.parametrize("precision", ["i8", "bf16", "f16"])
def test_overrides_need_precisions_that_are_enabled(precision):
    with pytest.raises(RuntimeError, match=f'wants {precision} for "\\*", but enabled_precisions lacks {precision}'):
        build(Small(), {torch.float32}, precision_overrides=[f"*={precision}"])


def test_layers_that_do_not_follow_an_override_are_told():
    overrides = ["*cumsum*=bf16", "nothing=f32"]
    text = str(torch_tensorrt.inspect(build(Small(), {torch.float32, torch.bfloat16}, precision_overrides=overrides)))
    assert "precision: 1 layers compute in another precision than wanted:" in text and "cumulative" in text
    assert 'precision: the override "nothing" matches no layer' in text


def test_inspect_tells_that_a_precision_brings_nothing():
    text = str(torch_tensorrt.inspect(build(Small(), {torch.float32, torch.float16})))
    assert "    precision: f16 " in text


def test_typing_that_leaves_no_choice_is_told():
    module = build(Small(), INT8, use_explicit_typing=True)
    assert "as use_explicit_typing says" in str(torch_tensorrt.inspect(module))


# The calibration of another network must not pass, although a processor without such kernels has no use for it.
def test_stale_calibrations_are_refused(tmp_path):
    path = tmp_path / "small.calibration"
    build(Small(), INT8, calibrator=DataLoaderCalibrator(data(), cache_file=path))
    build(Small(), INT8, calibrator=CacheCalibrator(path))
    other = Small()
    with torch.no_grad():
        other.first.weight[0, 0] += 1
    with pytest.raises(RuntimeError, match="another network or other weights"):
        build(other, INT8, calibrator=CacheCalibrator(path))
    with pytest.raises(RuntimeError, match="has no engine"):
        build(Branches(), INT8, calibrator=CacheCalibrator(path), min_block_size=1)


def test_branches_that_the_data_never_takes_stay_in_floats(capfd):
    module, calibrator = Branches(), DataLoaderCalibrator(data())
    compiled = build(module, INT8, calibrator=calibrator, min_block_size=1)
    assert "the calibration data never ran in the engine" in capfd.readouterr().err
    for x in (torch.randn(2, 8), torch.rand(2, 8) + 1):
        torch.testing.assert_close(compiled(x), module(x), rtol=0.1, atol=0.1)


def test_modules_without_engines_are_calibrated(capfd):
    module = Branches()
    ops = ["aten::linear", "aten::relu", "aten::mul", "aten::add", "aten::sub"]
    compiled = build(module, INT8, calibrator=DataLoaderCalibrator(data()), torch_executed_ops=ops)
    assert "the calibration data ran in no engine" in capfd.readouterr().err
    torch.testing.assert_close(compiled(data()[0]), module(data()[0]))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_told(value, capfd):
    batches = data()
    batches[1][0, 3] = value
    build(Small(), INT8, calibrator=DataLoaderCalibrator(batches))
    shown = capfd.readouterr().err
    assert "tensors of the engine" in shown and "have infinities or NaN" in shown and "input_0: 1 numbers" in shown


def test_modules_of_other_dtypes_have_no_ranges():
    module = Small().double()
    script = torch.jit.script(module.eval())
    x = data(1)[0].double()
    compiled = torch_tensorrt.compile(
        script, inputs=[x], device="cpu", enabled_precisions=INT8, calibrator=DataLoaderCalibrator([x])
    )
    assert "precision: i8 is not used: " in str(torch_tensorrt.inspect(compiled))
    torch.testing.assert_close(compiled(x), module(x))


# Also where nothing has kernels for int8: the calibration itself runs in float32.
@pytest.mark.parametrize("entry", ["*=i8", "*=f32"])
def test_a_calibrated_module_takes_overrides(entry):
    module = build(Small(), INT8, calibrator=DataLoaderCalibrator(data()), precision_overrides=[entry])
    expected = Small()(data()[0])
    assert (module(data()[0]) - expected).abs().max() <= 0.05 * expected.abs().max()
