"""torch_tensorrt.report: its numbers against counts by hand, and its forms."""

from __future__ import annotations

import copy
import io
import json
import math

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import _report_costs as costs
from torch_tensorrt._report_page import page_of
from torch_tensorrt._report_picture import levels_of
from torch_tensorrt._report_program import ModulePaths, Operation
from torch_tensorrt._report_text import bytes_text, operations_text, share_text, time_text


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        return self.head(self.features(x).mean([2, 3]))


class Breaks(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(16, 32), nn.Linear(32, 8)

    def forward(self, x):
        y = torch.relu(self.first(x))
        y = y + torch.bernoulli(torch.full_like(y, 0.5))
        return self.second(y).softmax(-1)


def compiled(module, *inputs, **settings):
    script = torch.jit.script(module.eval())
    return torch_tensorrt.compile(script, inputs=list(inputs), device="cpu", **settings)


@pytest.fixture(scope="module")
def small():
    return compiled(Small(), torch_tensorrt.Input((2, 3, 12, 12)))


@pytest.fixture(scope="module")
def breaks():
    return compiled(Breaks(), torch_tensorrt.Input((4, 16)), min_block_size=1)


def layer_of(report, kind):
    return next(layer for engine in report.engines for layer in engine.layers if layer.kind == kind)


def test_operations_and_bytes_are_those_of_the_shapes(small):
    convolution = layer_of(small.report, "convolution")
    results = 2 * 8 * 12 * 12
    assert "relu" in convolution.fused
    assert convolution.operations == 2 * results * 3 * 3 * 3 + results * len(convolution.fused)
    assert convolution.bytes == 4 * (2 * 3 * 12 * 12 + results + 8 * 3 * 3 * 3 + 8)
    product = layer_of(small.report, "matrix_multiply")
    assert product.operations == 2 * 2 * 5 * 8 + 2 * 5 * len(product.fused)
    assert product.bytes == 4 * (2 * 8 + 5 * 8 + 5 + 2 * 5)


def test_layers_have_the_paths_of_the_users_modules(small):
    report = small.report
    assert layer_of(report, "convolution").module == "features.0"
    assert layer_of(report, "matrix_multiply").module == "head"


def test_without_inputs_nothing_is_measured(small):
    report = torch_tensorrt.report(small)
    assert report.times is None and report.machine is None
    assert "times were not measured: no inputs were given" in str(report)
    assert all(layer.microseconds is None for layer in report.engines[0].layers)


def test_with_inputs_each_layer_is_measured_beside_the_machine(small):
    report = torch_tensorrt.report(small, (torch.rand(2, 3, 12, 12),))
    (engine,) = report.engines
    assert all(layer.microseconds > 0 for layer in engine.layers)
    assert engine.microseconds == pytest.approx(sum(layer.microseconds for layer in engine.layers))
    convolution = layer_of(report, "convolution")
    machine = report.machine
    by_product = convolution.operations / (machine.gflops["f32"] * 1e3)
    by_copy = convolution.bytes / (machine.bandwidth(convolution.bytes) / 1e6)
    assert convolution.least_microseconds == pytest.approx(max(by_product, by_copy))
    assert convolution.share == pytest.approx(convolution.least_microseconds / convolution.microseconds)
    assert report.times.total > 0 and report.times.engine_calls == 1
    assert not small.engine.profile_path_prefix.endswith("/0")  # the profiler is as before


def test_profiling_ends_when_a_call_fails(small, tmp_path):
    small.engine.profile_path_prefix = str(tmp_path)
    with pytest.raises(RuntimeError, match="input"):
        torch_tensorrt.report(small, (torch.rand(2, 4, 12, 12),))
    small(torch.rand(2, 3, 12, 12))
    assert not list(tmp_path.iterdir())


def test_memory_over_time_has_the_lower_bound_as_its_maximum(small):
    memory = small.report.engines[0].memory
    assert memory.steps and not memory.reason
    aligned = [0] * len(memory.steps)
    for tensor in memory.tensors:
        if tensor.offset >= 0:
            assert tensor.offset + tensor.bytes <= memory.arena_bytes
            for step in range(tensor.first, tensor.last + 1):
                aligned[step] += math.ceil(tensor.bytes / 64) * 64
    assert max(aligned) == memory.lower_bound_bytes <= memory.arena_bytes
    assert max(memory.live_bytes) <= memory.lower_bound_bytes
    layers = {layer.number for layer in small.report.engines[0].layers}
    assert {step for step in memory.steps if step >= 0} <= layers


def test_fusions_before_and_after(small):
    engine = small.report.engines[0]
    assert engine.converted["activation"] == 1
    assert "activation" not in engine.optimized  # fused into the convolution
    assert engine.optimized["convolution"] == engine.converted["convolution"] == 1
    fusing = [run for run in engine.passes if run.layers_after < run.layers_before]
    assert fusing and all(run.name for run in engine.passes)


def test_reasons_and_parts_of_a_hybrid_module(breaks):
    report = torch_tensorrt.report(breaks, (torch.rand(4, 16),))
    assert len(report.engines) == 2
    row = next(row for row in report.pytorch if row.op == "aten::bernoulli")
    assert row.reason == "its result is random" and "test_report.py" in row.source
    assert row.microseconds > 0
    program = report.methods[0].program
    labels = [operation.label for operation in program if operation.executor == "PyTorch"]
    assert "aten::bernoulli" in labels
    random = next(operation for operation in program if operation.label == "aten::bernoulli")
    after = next(operation for operation in program if operation.module == "second")
    reached, frontier = set(), [after.number]
    while frontier:
        number = frontier.pop()
        reached.add(number)
        frontier += program[number].inputs
    assert random.number in reached  # the random number reaches the second engine
    assert report.settings["min_block_size"] == 1
    assert report.times.engine_calls == 2


def test_the_report_of_a_loaded_and_a_copied_module(breaks, tmp_path):
    torch.jit.save(breaks, str(tmp_path / "compiled.ts"))
    loaded = torch.jit.load(str(tmp_path / "compiled.ts"))
    expected = json.loads(breaks.report.to_json())
    for module in (loaded, copy.deepcopy(breaks)):
        found = json.loads(module.report.to_json())
        assert found["engines"] == expected["engines"]
        assert found["pytorch"] == expected["pytorch"]


class WithReport(nn.Module):
    def __init__(self):
        super().__init__()
        self.report = 7

    def forward(self, x):
        return x + self.report


def test_other_modules_have_no_report_and_keep_their_own():
    own = torch.jit.script(WithReport())
    assert own.report == 7
    plain = torch.jit.script(nn.ReLU())
    assert not hasattr(plain, "report")
    with pytest.raises(RuntimeError, match="not compiled"):
        torch_tensorrt.report(plain)
    with pytest.raises(TypeError):
        torch_tensorrt.report(nn.ReLU())


def test_compiled_modules_in_other_modules(small):
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = small

        def forward(self, x):
            return self.inner(x) * 2

    outer = torch.jit.script(Outer())
    report = torch_tensorrt.report(outer, (torch.rand(2, 3, 12, 12),))
    assert [method.name for method in report.methods] == ["inner.forward"]
    assert report.engines[0].microseconds > 0
    file = io.BytesIO()
    torch.jit.save(outer, file)


def test_files_by_their_endings(small, tmp_path):
    report = small.report
    for ending in ("html", "json", "txt"):
        report.save(tmp_path / f"report.{ending}")
    assert json.loads((tmp_path / "report.json").read_text())["title"] == "Small"
    assert (tmp_path / "report.txt").read_text().startswith("Small: 1 engine")
    assert (tmp_path / "report.html").read_text().startswith("<!DOCTYPE html>")
    with pytest.raises(ValueError, match=r"must end in \.html, \.json or \.txt"):
        report.save(tmp_path / "report.pdf")


def test_the_page_loads_nothing_and_escapes_names(small):
    report = small.report
    page = page_of(report)
    for text in ("http://", "https://", '<link rel="stylesheet"', "src="):
        assert text not in page
    object.__setattr__(report, "title", "<script>alert(1)</script>")
    assert "<script>alert" not in page_of(report)


def chain(count, each=None):
    def inputs(number):
        return tuple(each(number)) if each else ((number - 1,) if number else ())

    return [
        Operation(number, "engine 0", "relu", module=f"layer{number // 50}.{number % 50 // 10}.{number}",
                  inputs=inputs(number), layer=number)
        for number in range(count)
    ]  # fmt: skip


def test_a_graph_of_2000_operations_collapses_to_modules():
    program = chain(2000, lambda n: {n - 1, n - 7} if n > 7 else ((n - 1,) if n else ()))
    levels, count = levels_of(program)
    assert count == 2000
    assert [len(level.boxes) for level in levels] == [1, 40, 200, 2000]
    for level in levels:
        assert sum(len(box.operations) for box in level.boxes) == 2000
        places = [(box.x, box.y) for box in level.boxes]
        assert len(set(places)) == len(places)
        for source, target, _ in level.edges:
            assert level.boxes[source].y < level.boxes[target].y  # data flows downwards


def test_boxes_of_a_row_do_not_overlap():
    def inputs(number):  # 30 towers between a source and a sink
        return {0} if 0 < number <= 30 else (range(1, 31) if number == 31 else ())

    (_, *_, last), _ = levels_of(chain(32, inputs))
    rows = {}
    for box in last.boxes:
        rows.setdefault(box.y, []).append(box.x)
    assert sorted(len(row) for row in rows.values()) == [1, 1, 30]
    for row in rows.values():
        row.sort()
        assert all(b - a >= 184 for a, b in zip(row, row[1:], strict=False))
        assert row[0] >= 0 and row[-1] + 184 <= last.width


def layer(kind, inputs, outputs, **fields):
    def tensors(rows):
        return [{"dtype": "f32", "dims": list(dims)} for dims in rows]

    return {"kind": kind, "inputs": tensors(inputs), "outputs": tensors(outputs), **fields}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (layer("matrix_multiply", [(7, 30), (30, 11)], [(7, 11)]), 2 * 7 * 30 * 11),
        (layer("matrix_multiply", [(7, 30), (11, 30)], [(7, 11)]), 2 * 7 * 30 * 11),
        (layer("matrix_multiply", [(4, 30, 7), (4, 30, 11)], [(4, 7, 11)]), 2 * 4 * 7 * 30 * 11),
        (layer("matrix_multiply", [(30,), (30, 11)], [(11,)]), 2 * 30 * 11),
        (layer("attention", [(2, 4, 9, 16), (2, 4, 5, 16), (2, 4, 5, 8)], [(2, 4, 9, 8)]), 2 * 72 * 5 * (16 + 8)),
        (layer("softmax", [(3, 4)], [(3, 4)]), 60),
        (layer("pooling", [(1, 2, 8, 8)], [(1, 2, 4, 4)]), 128),
        (layer("reformat", [(3, 4)], [(3, 4)]), 0),
        (layer("activation", [(3, 4)], [(3, 4)], fused="sum"), 24),
        (layer("deconvolution", [(1, 6, 5, 5)], [(1, 4, 10, 10)], weights=[
            {"name": "kernel", "dtype": "f32", "count": 6 * 4 * 2 * 2}]), 2 * 25 * 6 * 4 * 4),
        (layer("of another backend", [(3, 4)], [(3, 4)]), None),
        (layer("activation", [(-1, 4)], [(-1, 4)]), None),
    ],
)  # fmt: skip
def test_formulas(case, expected):
    assert costs.operations_of(case) == expected


def test_every_kind_of_layer_has_a_formula():
    from pathlib import Path

    source = Path(__file__).parents[2] / "cpp/torch_tensorrt/core/network/enum_names.cpp"
    kinds = {line.split('"')[1] for line in source.read_text().splitlines() if "entry(LayerType::k" in line} - {
        "input",
        "constant",
    }
    assert len(kinds) > 25
    assert kinds == set(costs.FORMULAS)


def test_the_roofline_takes_the_slower_limit():
    machine = costs.Machine("cpu", 1, {"f32": 100.0}, {1 << 16: 50.0, 1 << 28: 5.0})
    assert machine.least_microseconds("f32", 10**8, 100) == pytest.approx(1000.0)
    assert machine.least_microseconds("f32", 0, 50_000) == pytest.approx(1.0)
    assert machine.least_microseconds("f32", 0, 10**6) == pytest.approx(200.0)
    assert machine.least_microseconds("i8", 10**8, 0) == pytest.approx(1000.0)  # no product was measured


def test_the_parts_of_a_call_add_up(breaks):
    times = torch_tensorrt.report(breaks, (torch.rand(4, 16),)).times
    assert times.fastest <= times.total <= times.slowest
    assert times.engines > 0 and times.operators["aten::bernoulli"] > 0
    assert times.engines + sum(times.operators.values()) + times.rest == pytest.approx(times.total)


class Stack(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Sequential(nn.Linear(8, 8), nn.Tanh()) for _ in range(2))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x) + 1
        return x


def test_paths_have_the_names_of_module_lists():
    report = compiled(Stack(), torch_tensorrt.Input((4, 8))).report
    modules = {layer.module for layer in report.engines[0].layers}
    assert {"layers.0.0", "layers.1.0"} <= modules
    assert modules <= {"", "layers.0.0", "layers.0.1", "layers.1.0", "layers.1.1"}


def test_paths_that_are_not_certain_stay_short():
    def linear(module, weight):
        return {"module": module, "name": f"%1 : Tensor = aten::linear(%0, %self.{weight}.weight, %self.{weight}.bias)"}

    paths = ModulePaths([linear("0.a", "encoder.0.a"), linear("0.a", "decoder.0.a"), linear("1.a", "encoder.1.a")])
    assert paths.of_layer(linear("0.a", "decoder.0.a")) == "decoder.0.a"  # its own weights tell
    assert paths.whole("0.b") == "0.b"
    assert paths.whole("1.b") == "encoder.1.b"
    assert paths.whole("") == ""
    assert ModulePaths([linear("head", "tied.embedding")]).whole("head") == "head"


def test_a_verification_is_in_the_report(small):
    x = torch.rand(2, 3, 12, 12)
    checked = torch_tensorrt.verify(torch.jit.script(Small().eval()), small, [x])
    report = torch_tensorrt.report(small, verification=checked)
    fields = json.loads(report.to_json())["verification"]
    assert fields == json.loads(checked.to_json())
    assert "Errors beside float32" in report.to_html()
    with pytest.raises(TypeError, match="verification is str"):
        torch_tensorrt.report(small, verification="no")


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [(0.04, "0.040 us"), (9.994, "9.99 us"), (9.996, "10.0 us"), (999.4, "999 us"), (999.6, "1.00 ms"),
     (27250.0, "27.2 ms"), (2.5e6, "2.50 s"), (None, "-")],
)  # fmt: skip
def test_times_have_three_digits(microseconds, text):
    assert time_text(microseconds) == text


def test_units():
    assert bytes_text(1023) == "1023 B" and bytes_text(1024) == "1.00 KiB" and bytes_text(3 << 29) == "1.50 GiB"
    assert operations_text(999) == "999 FLOP" and operations_text(302_000_000) == "302 MFLOP"
    assert (
        share_text(0.004) == "0.4 %"
        and share_text(0.12) == "12 %"
        and share_text(0) == "0 %"
        and share_text(0.0001) == "< 0.1 %"
    )


def test_gathers_read_what_they_return():
    case = layer("gather", [(30000, 64), (2, 8)], [(2, 8, 64)])
    assert costs.traffic_of(case) == 4 * (2 * 8 + 2 * 2 * 8 * 64)


def test_edges_of_one_source_share_their_way():
    program = chain(8, lambda n: {0, n - 1} if n else ())
    (*_, last), _ = levels_of(program)
    long = [points for source, target, points in last.edges if source == 0 and target > 1]
    assert len({points[1] for points in long}) == 1  # all leave the source at one place
