"""The generator of random modules covers its features, and the comparison finds faults."""

from __future__ import annotations

import ast
import collections
import copy
import dataclasses
import os
import random
import signal

import pytest
import torch
from hybrid import build, compare, devices, run, shrink
from hybrid.check import Outcome, Target, check
from hybrid.generate import generate
from hybrid.operators import UNCONVERTED_FEATURES
from hybrid.program import Program

COUNT = 300
LEAST = 2  # programs of COUNT that have a feature
FEATURES = """
argument:default, argument:optional, argument:optional given, argument:optional not given, assert, attribute:known,
cond:and, cond:float data, cond:int, cond:int data, cond:item, cond:size, cond:tensor as bool, converted, dict,
dict:in, dict:items, dict:keys, dict:read, digest, early return:branch, early return:loop, fork, if, if:both,
if:choice, if:data, if:else, if:known, input:dynamic, input:f32, input:i64, input:strided, inputs:1, inputs:2,
inputs:3, list, list:append, list:append in loop, list:read, loop, loop:break, loop:break on data, loop:constant,
loop:constant with jump, loop:continue, loop:data, loop:rows, loop:size, loop:size with jump, loop:tensors,
loop:while, loop:while True, method, method:function, method:tuple, module, module:BatchNorm1d,
module:BranchingPart, module:ChangingPart, module:Conv1d, module:Conv2d, module:Embedding, module:LayerNorm,
module:Linear, module:Linear to 3, module:ModuleList, module:Part, module:Sequential, module:WritingPart,
module:in place, module:loop, module:parameter, number:float, number:int, number:sizes, number:sizes used,
number:tolist, number:used, object, optional, raise, raise:data, raise:data may be taken, raise:known, raise:size,
reassign, result:List[Tensor], result:Optional[Tensor], result:Tensor, result:attribute, result:bool, result:dict,
result:float, result:input, result:int, result:list, result:named, result:nested, result:same tensor twice,
result:str, result:tuple, saved before call, saved between calls, setting:min_block_size,
setting:torch_executed_ops, state:alias, state:bool, state:cache, state:cache read, state:counter,
state:counter read, state:float, state:history, state:history read, state:int, state:int read, state:mean,
state:optional, state:plain read, state:set, state:steps, state:submodule, state:table, state:table read,
state:write, tuple, tuple:named, tuple:nested, tuple:swap, unconverted, view, with, write, write:augmented,
write:in submodule, write:input, write:integer, write:method, write:out, write:part, write:result used, write:row,
write:through view
"""


@pytest.fixture(scope="module")
def programs() -> list[Program]:
    return [generate(seed) for seed in range(COUNT)]


def test_programs_have_every_feature(programs):
    counts = collections.Counter(feature for program in programs for feature in program.features())
    wanted = FEATURES.replace("\n", " ").strip().split(", ")
    rare = {name: counts[name] for name in wanted if counts[name] < LEAST}
    assert not rare
    assert sum(counts[name] > 0 for name in UNCONVERTED_FEATURES) >= len(UNCONVERTED_FEATURES) - 3


def test_a_seed_gives_one_program():
    assert generate(7).source() == generate(7).source()
    assert len({generate(seed).source() for seed in range(50)}) == 50


def test_programs_run_in_torchscript(programs):
    raised = 0
    for program in programs:
        run = compare.Run(build.scripted(program), program.state_names())
        for arguments in build.calls(program):
            run.call(arguments, optimized=False)
            if run.error is not None:
                assert "the input is out of range" in str(run.error), f"{program.source()}\n{run.error}"
                raised += 1
        for _, tensor in compare.tensors([run.results, run.state()]):
            if tensor.is_floating_point() and tensor.numel() > 0:
                assert tensor.isfinite().all() and tensor.abs().max() < 1000, program.source()
    assert 0 < raised < COUNT // 4


def test_two_modules_of_a_program_are_equal(programs):
    for program in programs[:50]:
        names = program.state_names()
        modules = [build.scripted(program) for _ in range(2)]
        assert not compare.differences(*modules, build.calls(program), names), program.source()


@pytest.mark.parametrize(("kind", "least"), [("state:", 0.8), ("write:", 0.6)])
def test_a_dropped_write_is_found(programs, kind, least):
    found = []
    for program in programs:
        lines = [
            i
            for i, statement in enumerate(program.body)
            if any(f.startswith(kind) and " read" not in f for f in statement.features) and not statement.makes
        ]
        if not lines:
            continue
        changed = copy.deepcopy(program)
        del changed.body[random.Random(program.seed).choice(lines)]
        modules = [build.scripted(p) for p in (program, changed)]
        found.append(bool(compare.differences(*modules, build.calls(program), program.state_names())))
    assert len(found) > 50
    assert sum(found) >= least * len(found)  # some writes have no reader, or a call returns before them


# ---- programs for a GPU ----------------------------------------------------------------------------------------------

MAKERS = [
    "arange",
    "empty",
    "eye",
    "full",
    "linspace",
    "ones",
    "rand",
    "randint",
    "randn",
    "scalar_tensor",
    "tensor",
    "zeros",
]


def makers_without_device(source):
    """The calls in methods with tensors that make a tensor on the default device."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for function in (f for f in functions if f.name != "__init__"):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            is_maker = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "torch"
            if is_maker and call.func.attr in MAKERS and "device" not in [keyword.arg for keyword in call.keywords]:
                yield ast.unparse(call)


def test_programs_for_a_gpu_make_tensors_on_its_device(programs):
    on_cpu = [call for program in programs for call in makers_without_device(program.source())]
    assert len(on_cpu) > COUNT // 4
    for program in programs:
        source = dataclasses.replace(program, device="cuda").source()
        assert not list(makers_without_device(source)), source
        assert source == devices.with_devices(source)


def test_programs_that_name_devices_do_the_same(programs):
    for program in programs[:40]:
        sources = [program.source(), devices.with_devices(program.source())]
        if sources[0] == sources[1]:
            continue
        plain, named = (build.scripted_source(source, program.seed) for source in sources)
        calls, names = build.calls(program), program.state_names()
        assert not compare.differences(plain, copy.deepcopy(named), calls, names), program.source()
        compiled = build.compiled(program, named)
        assert not compare.differences(build.scripted(program), compiled, calls, names), program.source()


def test_tensors_in_plain_attributes_are_moved():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(2, 2)
            self.register_buffer("buffer", torch.zeros(2))
            self.plain, self.parts, self.table = torch.zeros(2), [torch.zeros(2)], {"a": torch.zeros(2)}
            self.n = 3

    net = devices.on_device(Net(), "meta")
    assert {t.device.type for t in (*net.state_dict().values(), net.plain, *net.parts, net.table["a"])} == {"meta"}
    assert net.n == 3


def test_a_tensor_on_another_device_is_a_difference():
    found = compare.value_difference(torch.zeros(2), torch.zeros(2, device="meta"), "result")
    assert found == ("type", "result is torch.float32 [2] on meta, should be torch.float32 [2] on cpu")


# ---- many seeds ------------------------------------------------------------------------------------------------------


def checked(seed, ignored, target):
    """Stands in for check_seed in the processes of run.py."""
    if seed == 3:
        os._exit(9)
    return Outcome(seed, "equal", f"{target.device} {target.backend}")


def works_with_checked(*arguments):
    run.check_seed = checked
    run._work(*arguments)


def test_a_crash_is_the_outcome_of_one_seed(monkeypatch):
    monkeypatch.setattr(run, "_work", works_with_checked)
    found = {outcome.seed: outcome for outcome in run.outcomes(list(range(8)), 1, [], Target("cpu", "native"))}
    assert [seed for seed, outcome in found.items() if outcome.kind == "crash"] == [3]
    assert [found[seed].kind for seed in (0, 7)] == ["cpu native"] * 2
    assert len(found) == 8


# ---- faults ----------------------------------------------------------------------------------------------------------

_SOURCE = """
from typing import Dict, List, NamedTuple, Optional, Tuple
import torch
from torch import Tensor, nn

class One(NamedTuple):
    a: Tensor

class Two(NamedTuple):
    b: Tensor

class Net(nn.Module):
    history: List[Tensor]

    def __init__(self):
        super().__init__()
        self.register_buffer("counter", torch.zeros(1))
        self.n = 0
        self.history = []

    def forward(self, x: Tensor):
{}
"""
_FAULTS = {
    "a wrong value": ("return x * 2.0", "return x * 2.001", "value"),
    "a wrong integer": ("return (x, 3)", "return (x, 4)", "value"),
    "another shape": ("return x.sum(0)", "return x.sum(0, keepdim=True)", "type"),
    "another dtype": ("return x > 0.0", "return (x > 0.0).float()", "type"),
    "another type": ("return [x, x]", "return (x, x)", "type"),
    "another named tuple": ("return One(x)", "return Two(x)", "type"),
    "another key": ("return {'a': x}", "return {'b': x}", "type"),
    "a dropped write of a buffer": ("self.counter += 1.0\nreturn x * 2.0", "return x * 2.0", "state"),
    "a dropped write of a number": ("self.n += 1\nreturn x * 2.0", "return x * 2.0", "state"),
    "a dropped element": ("self.history.append(x)\nreturn x * 2.0", "return x * 2.0", "state"),
    "a dropped write of the input": ("x.add_(1.0)\nreturn x.sum()", "return (x + 1.0).sum()", "input"),
    "an added write of the input": ("return (x + 1.0).sum()", "x.add_(1.0)\nreturn x.sum()", "input"),
    "a lost alias of results": ("y = x * 2.0\nreturn y, y[0]", "y = x * 2.0\nreturn y, y[0].clone()", "lost alias"),
    "a lost alias of the input": ("return x", "return x.clone()", "lost alias"),
    "a lost alias of state": ("return self.counter", "return self.counter.clone()", "lost alias"),
    "an added alias": ("y = x * 2.0\nreturn y, y.clone()", "y = x * 2.0\nreturn y, y", "gained alias"),
    "a stale number": ("self.n += 1\nreturn x * self.n + 1.0", "self.n += 1\nreturn x + 1.0", "value"),
    "a missing error": ("if bool(x.sum() < 99.0):\n    raise ValueError('a')\nreturn x", "return x", "lost exception"),
    "an added error": ("return x", "if bool(x.sum() < 99.0):\n    raise ValueError('a')\nreturn x", "exception"),
    "a result that a later call overwrites": (
        "self.counter = x.sum(0) + float(self.n)\nself.n += 1\nreturn self.counter * 1.0",
        "self.counter.resize_(x.size(1)).copy_(x.sum(0) + float(self.n))\nself.n += 1\nreturn self.counter",
        "gained alias",
    ),
}


@pytest.mark.parametrize("name", _FAULTS)
def test_a_fault_is_found(name):
    right, wrong, kind = _FAULTS[name]
    bodies = ["".join(f"        {line}\n" for line in body.split("\n")) for body in (right, wrong)]
    calls = [[torch.randn(2, 3)] for _ in range(3)]
    names = ("counter", "n", "history")
    made = [build.scripted_source(_SOURCE.format(body)) for body in (bodies[0], bodies[0], bodies[1])]
    assert not compare.differences(made[0], made[1], calls, names)
    found = compare.differences(build.scripted_source(_SOURCE.format(bodies[0])), made[2], calls, names)
    assert kind in [difference.kind for difference in found]


def test_a_failure_becomes_small(monkeypatch):
    def faulty(program, module):
        return build.scripted_source(program.source().replace("torch.tanh(", "torch.sin("), program.seed)

    monkeypatch.setattr(build, "compiled", faulty)
    failures = ((program, check(program)) for program in map(generate, range(100)) if "tanh" in program.source())
    program, outcome = next((p, o) for p, o in failures if (o.status, o.kind) == ("failed", "value"))
    small, last = shrink.shrink(program, outcome, 60.0)
    assert (last.status, last.kind) == ("failed", "value")
    assert "torch.tanh(" in small.source()
    assert len(list(small.statements())) <= 5
    assert "result" in shrink.report(small, last)


def test_a_crash_is_an_outcome(monkeypatch):
    monkeypatch.setattr(build, "compiled", lambda program, module: os.kill(os.getpid(), signal.SIGKILL))
    outcome = shrink.isolated(generate(0))
    assert isinstance(outcome, Outcome)
    assert (outcome.status, outcome.kind) == ("failed", "crash")
