"""Inputs whose elements are sizes (allow_shape_tensors), and how many shapes an engine stays prepared for."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import torch_tensorrt
from torch_tensorrt import Input


def compile_with(module, inputs, **settings):
    settings = {"device": "cpu", "require_full_compilation": True, "allow_shape_tensors": True, **settings}
    return torch_tensorrt.compile(torch.jit.script(module.eval()), inputs=inputs, **settings)


def sizes(low, opt, high, dtype=torch.int64) -> Input:
    return Input(min_shape=low, opt_shape=opt, max_shape=high, dtype=dtype, is_shape_tensor=True)


class View(torch.nn.Module):
    def forward(self, x, n):
        return x.view(int(n[0]), int(n[1])) * 2


class Made(torch.nn.Module):
    def forward(self, x, n):
        count = int(n)
        return torch.arange(count), x.expand(count, -1), torch.zeros(count, 2), x[:, : count // 2]


class Resize(torch.nn.Module):
    def forward(self, x, size):
        h, w = int(size[0]), int(size[1])
        return F.interpolate(x, size=(h, w), mode="bilinear", align_corners=False), x.new_ones(h * w)


class Listed(torch.nn.Module):
    def forward(self, x, n):
        shape: list[int] = n.tolist()
        return x.reshape(shape)


class Branch(torch.nn.Module):
    def forward(self, x, n):
        return x[: int(n[0])] if int(n[0]) > 0 else x


def check(module, compiled, *inputs):
    found, expected = compiled(*inputs), module(*inputs)
    pairs = zip(found, expected, strict=True) if isinstance(expected, tuple) else [(found, expected)]
    for mine, theirs in pairs:
        assert mine.dtype == theirs.dtype and mine.shape == theirs.shape
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64])
def test_a_view_by_elements(dtype):
    compiled = compile_with(View(), [Input((2, 12)), sizes([1, 1], [4, 6], [24, 24], dtype)])
    x = torch.randn(2, 12)
    for shape in [(4, 6), (1, 24), (24, 1), (3, 8), (4, 6)]:
        check(View(), compiled, x, torch.tensor(shape, dtype=dtype))
    with pytest.raises(RuntimeError, match="cannot reshape 2x12 to 5x5"):
        compiled(x, torch.tensor([5, 5], dtype=dtype))
    check(View(), compiled, x, torch.tensor([2, 12], dtype=dtype))


def test_tensors_made_of_a_number():
    spec = Input(torch_tensor=torch.tensor(4))
    compiled = compile_with(Made(), [Input((1, 6)), spec])
    for n in (4, 0, 1, 9):
        check(Made(), compiled, torch.randn(1, 6), torch.tensor(n))


def test_a_picture_resized_to_a_size():
    picture = Input(min_shape=(1, 2, 4, 4), opt_shape=(1, 2, 8, 8), max_shape=(2, 2, 9, 9))
    compiled = compile_with(Resize(), [picture, sizes([1, 1], [8, 8], [20, 20])])
    for batch, size in [(1, (8, 8)), (2, (3, 17)), (1, (20, 1))]:
        check(Resize(), compiled, torch.randn(batch, 2, 5, 7), torch.tensor(size))


def test_elements_as_a_list():
    compiled = compile_with(
        Listed(), [Input((2, 12)), Input((3,), dtype=torch.int64, torch_tensor=torch.tensor([2, 3, 4]))]
    )
    for shape in [(2, 3, 4), (1, 4, 6), (24, 1, 1)]:
        check(Listed(), compiled, torch.randn(2, 12), torch.tensor(shape))


def test_the_domain_says_the_elements():
    spec = Input((2,), dtype=torch.int64, tensor_domain=(1, 25))
    with pytest.raises(RuntimeError, match="reshape"):
        compile_with(View(), [Input((2, 12)), spec])  # 24 x 24 is tried, which does not fit
    square = Input((24, 24))
    check(View(), compile_with(View(), [square, spec]), torch.randn(24, 24), torch.tensor([24, 24]))


def test_a_condition_that_the_elements_decide():
    compiled = compile_with(Branch(), [Input((6, 2)), sizes([1], [2], [5])])
    for n in (1, 5, 2):
        check(Branch(), compiled, torch.randn(6, 2), torch.tensor([n]))
    with pytest.raises(RuntimeError, match="values of an input"):
        compile_with(Branch(), [Input((6, 2)), sizes([0], [2], [5])])


def test_elements_outside_their_range():
    compiled = compile_with(View(), [Input((2, 12)), sizes([1, 1], [4, 6], [12, 24])])
    with pytest.raises(RuntimeError, match=r"input n .*has the elements \[24, 1\].*\[1, 1\] to \[12, 24\]"):
        compiled(torch.randn(2, 12), torch.tensor([24, 1]))


def test_without_the_setting_it_is_an_error():
    for inputs in ([Input((2, 12)), sizes([1, 1], [4, 6], [24, 24])], [Input((2, 12)), Input((2,), dtype=torch.int64)]):
        with pytest.raises(
            RuntimeError, match="elements of input n are used as sizes, which needs allow_shape_tensors=True"
        ):
            compile_with(View(), inputs, allow_shape_tensors=False)
        report = torch_tensorrt.check(torch.jit.script(View()), inputs)
        assert not report.whole and "allow_shape_tensors=True" in report.problem


def test_elements_that_nothing_says():
    with pytest.raises(RuntimeError, match="input n is used as sizes, but the values of its elements are not given"):
        compile_with(View(), [Input((2, 12)), Input((2,), dtype=torch.int64)])


def test_mistakes_in_a_shape_tensor():
    with pytest.raises(TypeError, match="int32 or int64"):
        Input(shape=[3], is_shape_tensor=True)
    assert Input(shape=[3, 4], dtype=torch.int64, is_shape_tensor=True).example_tensor().tolist() == [3, 4]


def test_a_saved_module_keeps_its_ranges(tmp_path):
    compiled = compile_with(View(), [Input((2, 12)), sizes([1, 1], [4, 6], [12, 24])])
    torch.jit.save(compiled, tmp_path / "view.ts")
    loaded = torch.jit.load(tmp_path / "view.ts")
    check(View(), loaded, torch.randn(2, 12), torch.tensor([3, 8]))
    with pytest.raises(RuntimeError, match=r"\[1, 1\] to \[12, 24\]"):
        loaded(torch.randn(2, 12), torch.tensor([13, 1]))


# ---- specializations ------------------------------------------------------------------------------------------------


class Scale(torch.nn.Module):
    def forward(self, x):
        return torch.relu(x * 2 + 1)


RANGE = Input(min_shape=(1, 4), opt_shape=(8, 4), max_shape=(64, 4))


def kept(module) -> int:
    return json.loads(module.engine.get_engine_layer_info())["max_specializations"]


@pytest.mark.parametrize("count", [1, 3, 20])
def test_the_number_of_specializations_is_kept_in_the_plan(count):
    compiled = compile_with(Scale(), [RANGE], max_specializations=count)
    assert kept(compiled) == count
    file = io.BytesIO()
    torch.jit.save(compiled, file)
    file.seek(0)
    loaded = torch.jit.load(file)
    assert kept(loaded) == count
    for rows in [*range(1, 12), *range(12, 0, -1)]:
        x = torch.randn(rows, 4)
        assert torch.equal(loaded(x), Scale()(x))


def test_the_default_number_of_specializations():
    assert kept(compile_with(Scale(), [RANGE])) == 8


@pytest.mark.parametrize("count", [0, -1, 2.5, True])
def test_mistakes_in_the_number_of_specializations(count):
    with pytest.raises(ValueError, match="max_specializations is .* must be an integer of 1 or more"):
        compile_with(Scale(), [RANGE], max_specializations=count)


# ---- what does not fit ----------------------------------------------------------------------------------------------


def test_errors_name_the_argument_and_its_range():
    compiled = compile_with(Scale(), [RANGE])
    with pytest.raises(RuntimeError, match=r"input x .*65x4.*1x4 to 64x4"):
        compiled(torch.randn(65, 4))
    with pytest.raises(RuntimeError, match=r"argument x.*rank 3, expected rank 2"):
        compiled(torch.randn(2, 4, 1))
    with pytest.raises(RuntimeError, match=r"type Float, found type Double.*argument x"):
        compiled(torch.randn(2, 4, dtype=torch.float64))
    assert compiled(torch.randn(64, 4)).shape == (64, 4), "an error leaves the engine usable"


def test_the_pool_of_contexts_is_bounded():
    program = (
        "import torch, torch_tensorrt\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from test_shape_tensors import RANGE, Scale, compile_with\n"
        "compiled = compile_with(Scale(), [RANGE])\n"
        "def run(n):\n"
        "    for rows in range(1, 60):\n"
        "        x = torch.full((rows, 4), float(n))\n"
        "        assert torch.equal(compiled(x), x * 2 + 1)\n"
        "with ThreadPoolExecutor(24) as pool: list(pool.map(run, range(24)))\n"
        "print(compiled.engine.num_execution_contexts_created)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, timeout=120, capture_output=True, text=True, cwd="tests/python"
    )
    assert 1 <= int(done.stdout) <= 24
