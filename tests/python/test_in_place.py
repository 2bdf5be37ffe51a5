"""Writes in place reach every name of the memory and the caller's tensors; PyTorch's part of a module keeps state."""

from __future__ import annotations

import pytest
import torch
from in_place_programs import Program, check_programs, differences, inputs_of, lowered, scripted, scripted_module
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input


def compiled(module, *inputs, **settings):
    return torch_tensorrt.compile(torch.jit.script(module.eval()), inputs=list(inputs), device="cpu", **settings)


# ---- random programs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", range(0, 500, 50))
def test_random_programs_do_what_torchscript_does(first):
    check_programs(range(first, first + 50), Program, refused_at_most=14)


def test_engines_of_random_programs_do_what_torchscript_does():
    programs = []
    for seed in range(1000, 1040):
        made = scripted(seed)
        if made is None:
            continue
        program, module = made
        try:
            with torch_tensorrt.logging.errors():
                differences(module, lowered(module), [program])
        except RuntimeError:
            continue
        programs.append(program)
    assert len(programs) > 20
    module = scripted_module(programs)
    engine = torch_tensorrt.compile(module, inputs=inputs_of(programs), device="cpu")
    assert differences(module, engine, programs) == []


# ---- views ----------------------------------------------------------------------------------------------------------


def overlapping(x):
    y = (x + 0.0).expand(4)
    y[-1] = 3.0
    return y


def unfolded(x):
    y = x + 0.0
    z = y.unfold(0, 3, 1)
    z[1].mul_(2.0)
    return y, z


def shared_element(x):
    y = x + 0.0
    y.unfold(0, 3, 1).add_(1.0)
    return y


class Wrapped(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def traced(function, *inputs):
    module = torch.jit.trace(Wrapped(function), inputs, check_trace=False)
    return torch_tensorrt.compile(module, inputs=[torch.clone(i) for i in inputs], device="cpu")


@pytest.mark.parametrize(("function", "shape"), [(overlapping, (1,)), (unfolded, (6,))])
def test_one_element_of_an_overlapping_view(function, shape):
    x = torch.arange(1.0, 1.0 + torch.Size(shape).numel()).reshape(shape)
    got, want = traced(function, x)(x), function(x)
    for g, w in zip(
        got if isinstance(got, tuple) else (got,), want if isinstance(want, tuple) else (want,), strict=False
    ):
        assert torch.equal(g, w)


def shared_element_of_nothing_else(x):
    return (x + 0.0).unfold(0, 3, 1).add_(1.0)


@pytest.mark.parametrize("function", [shared_element, shared_element_of_nothing_else])
def test_a_view_whose_elements_are_one_in_memory_is_refused(function):
    with pytest.raises(RuntimeError, match="elements overlap in memory"):
        traced(function, torch.ones(6))


RANGES = {
    "chunk": "y.chunk(2, 0)[1].add_(1.0)",
    "unpacked_chunks": "p, q = y.chunk(2, 0)\n    q.mul_(3.0)",
    "chunk_of_a_transposed_tensor": "y.t().chunk(2, 1)[1].add_(1.0)",
    "split_with_sizes": "y.split([1, y.size(0) - 1], 0)[1].add_(1.0)",
    "tensor_split": "y.tensor_split(2, 0)[1].add_(1.0)",
    "diagonal": "y.diagonal(1, 1, 0).mul_(2.0)",
    "element_of_a_diagonal": "y.diagonal()[0].add_(1.0)",
    "unfold": "y.unfold(0, 2, 2).add_(1.0)",
    "expand": "y[0:1].expand_as(y).fill_(2.0)",
    "narrow_from_the_end": "y.narrow(0, -1, 1).add_(1.0)",
}


def in_a_range(statement: str):
    module = type("InARange", (torch.jit.ScriptModule,), {})()
    module.define(f"def forward(self, x: Tensor):\n    y = x * 2.0\n    {statement}\n    return y + 1.0\n")
    rows = Input(min_shape=(2, 4), opt_shape=(4, 4), max_shape=(7, 4))
    return module, torch_tensorrt.compile(module.eval(), inputs=[rows], device="cpu")


@pytest.mark.parametrize("statement", list(RANGES.values()), ids=list(RANGES))
def test_views_of_a_range_of_sizes_are_written(statement):
    module, engine = in_a_range(statement)
    for rows in (2, 3, 5, 7):
        x = torch.arange(4.0 * rows).reshape(rows, 4)
        torch.testing.assert_close(engine(x), module(x))


def test_a_view_of_a_range_that_may_repeat_elements_is_refused():
    with pytest.raises(RuntimeError, match="elements may overlap in memory"):
        in_a_range("y.unfold(0, 2, 1).add_(1.0)")


# ---- the caller's tensors -------------------------------------------------------------------------------------------


class AddsToItsArgument(nn.Module):
    def forward(self, x):
        x.add_(1.0)
        return x * 2


class WritesARow(nn.Module):
    def forward(self, x, w):
        x[0] = 1.0
        w.view(-1)[1:].mul_(2.0)
        return x, x + w


class WritesAPair(nn.Module):
    def forward(self, pair: tuple[torch.Tensor, torch.Tensor]):
        pair[1].add_(pair[0])
        return pair[0] + 1.0


class WritesAfterACast(nn.Module):
    def forward(self, x):
        y = x.to(torch.float32)
        y.sub_(1.0)
        return y * 2


@pytest.mark.parametrize(
    ("module", "inputs"),
    [
        (AddsToItsArgument(), [torch.zeros(3)]),
        (WritesARow(), [torch.zeros(2, 3), torch.ones(2, 3)]),
        (nn.ReLU(inplace=True), [torch.tensor([-1.0, 2.0])]),
        (nn.Sequential(nn.ReLU(inplace=True), nn.Hardtanh(inplace=True)), [torch.tensor([-1.0, 2.0])]),
        (WritesAfterACast(), [torch.ones(3)]),
        (WritesAfterACast(), [torch.ones(3, dtype=torch.int32)]),
    ],
)
def test_the_callers_tensors_are_written(module, inputs, tmp_path):
    engine = compiled(module, *[torch.clone(i) for i in inputs])
    torch.jit.save(engine, str(tmp_path / "module.ts"))
    for run in (engine, torch.jit.load(str(tmp_path / "module.ts"))):
        mine, theirs = [i.clone() for i in inputs], [i.clone() for i in inputs]
        got, want = run(*mine), module(*theirs)
        for g, w in zip(
            got if isinstance(got, tuple) else (got,), want if isinstance(want, tuple) else (want,), strict=False
        ):
            assert torch.equal(g, w)
        assert all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=False))


def test_a_tensor_in_a_tuple_is_written():
    module = torch.jit.script(WritesAPair().eval())
    engine = torch_tensorrt.ts.compile(module, input_signature=((Input((3,)), Input((3,))),), device="cpu")
    mine, theirs = (torch.ones(3), torch.ones(3)), (torch.ones(3), torch.ones(3))
    assert torch.equal(engine(mine), module(theirs))
    assert torch.equal(mine[1], theirs[1]) and mine[1][0] == 2.0


class WritesTheFirst(nn.Module):
    def forward(self, x, w):
        x.add_(w)
        return x * 2


@pytest.mark.parametrize("other", [lambda x: x, lambda x: x.t(), lambda x: x[1:].expand(2, 2), lambda x: x.detach()])
def test_arguments_that_share_memory_are_an_error(other, tmp_path):
    engine = compiled(WritesTheFirst(), Input((2, 2)), Input((2, 2)))
    torch.jit.save(engine, str(tmp_path / "module.ts"))
    x = torch.ones(2, 2)
    for run in (engine, torch.jit.load(str(tmp_path / "module.ts"))):
        with pytest.raises(RuntimeError, match="writes its argument x in place, and argument w of this call shares"):
            run(x, other(x))
    assert torch.equal(x, torch.ones(2, 2))


def test_parts_of_one_tensor_that_share_no_element_are_arguments():
    engine = compiled(WritesTheFirst(), Input((2, 2)), Input((2, 2)))
    for cut in (lambda t: (t[:, :2], t[:, 2:]), lambda t: (t[:, ::2], t[:, 1::2]), lambda t: (t[2:, :2], t[:2, 2:])):
        mine, theirs = torch.arange(16.0).reshape(4, 4), torch.arange(16.0).reshape(4, 4)
        if cut(mine)[0].shape != (2, 2):
            mine, theirs = mine[:2], theirs[:2]
        assert torch.equal(engine(*cut(mine)), WritesTheFirst()(*cut(theirs)))
        assert torch.equal(mine, theirs)


def test_a_result_that_is_the_argument_is_the_argument():
    engine = compiled(nn.ReLU(inplace=True), Input((2,)))
    x = torch.tensor([-1.0, 2.0])
    assert engine(x).data_ptr() == x.data_ptr()


def test_engine_bytes_leave_the_argument_and_say_so(capfd):
    module = torch.jit.script(AddsToItsArgument().eval())
    assert torch_tensorrt.ts.convert_method_to_trt_engine(module, "forward", inputs=[Input((3,))], device="cpu")
    assert "writes its argument x" in capfd.readouterr().err


# ---- state ----------------------------------------------------------------------------------------------------------


class State(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(3))
        self.register_buffer("cache", torch.zeros(1, 8, 3))
        self.register_buffer("var", torch.ones(3))


class AddsToABuffer(State):
    def forward(self, x):
        self.mean.mul_(0.5).add_(x.mean(0), alpha=0.5)
        return x - self.mean


class WritesASlice(State):
    def forward(self, x):
        self.cache[:, 2:4] += x
        return self.cache.sum(1)


class WritesThroughAnAlias(State):
    def forward(self, x):
        view = self.cache.view(-1)
        other = view.detach()
        other.copy_(view + x.sum())
        return x + 1


class WritesInALoop(State):
    def forward(self, x):
        for i in range(x.size(0)):
            self.mean[i] = 1.0
        return x + self.mean


class WritesUnderACondition(State):
    def forward(self, x):
        if x.size(0) > 1:
            self.mean.zero_()
        return x + self.mean


class NormalizesInTraining(State):
    def forward(self, x):
        return nn.functional.batch_norm(x, self.mean, self.var, training=True)


class AppendsToAList(nn.Module):
    def __init__(self):
        super().__init__()
        self.seen = [1, 2, 3]

    def forward(self, x):
        self.seen.append(4)
        return x * len(self.seen)


class KeepsABlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = AddsToABuffer()

    def forward(self, x):
        return self.inner(x) + 1


STATEFUL = [
    AddsToABuffer,
    WritesASlice,
    WritesThroughAnAlias,
    WritesInALoop,
    WritesUnderACondition,
    AppendsToAList,
    KeepsABlock,
]


@pytest.mark.parametrize("kind", STATEFUL)
def test_state_is_refused_with_the_line(kind):
    module = torch.jit.script(kind().eval())
    with pytest.raises(RuntimeError, match=r"(?s)test_in_place.py:\d+.*an engine keeps no state"):
        compile_whole(module)
    report = torch_tensorrt.check(module, inputs=[Input((3, 3))])
    assert not report and "keeps no state" in report.problem
    assert not torch_tensorrt.ts.check_method_op_support(module, "forward")


def compile_whole(module):
    return torch_tensorrt.compile(module, inputs=[Input((3, 3))], device="cpu", require_full_compilation=True)


def require_same_state(engine, module, rows):
    """Calls both several times and compares the results and the state."""
    for _ in range(3):
        x = torch.randn(rows, 3)
        torch.testing.assert_close(engine(x), module(x))
    expected = dict(module.named_buffers())
    found = dict(engine.named_buffers())
    assert found
    for name, tensor in found.items():
        torch.testing.assert_close(tensor, expected[name])


@pytest.mark.parametrize("kind", [kind for kind in STATEFUL if kind is not AppendsToAList])
@pytest.mark.parametrize("traced", [False, True])
def test_a_module_of_several_parts_keeps_state(kind, traced, tmp_path):
    x = torch.randn(2, 3)
    module = torch.jit.trace(kind().eval(), x, check_trace=False) if traced else torch.jit.script(kind().eval())
    engine = torch_tensorrt.compile(module, inputs=[x], device="cpu", min_block_size=1)
    require_same_state(engine, module, 2)
    torch.jit.save(engine, str(tmp_path / "module.ts"))
    require_same_state(torch.jit.load(str(tmp_path / "module.ts")), module, 2)


def test_a_list_that_grows_is_state():
    module = torch.jit.script(AppendsToAList().eval())
    engine = torch_tensorrt.compile(module, inputs=[Input((3, 3))], device="cpu", min_block_size=1)
    for _ in range(3):
        x = torch.randn(3, 3)
        assert torch.equal(engine(x), module(x))
    assert engine.seen == module.seen == [1, 2, 3, 4, 4, 4]


def test_running_statistics_are_state():
    with pytest.raises(RuntimeError, match=r"aten::batch_norm \(.*in training mode writes its running statistics"):
        compile_whole(torch.jit.script(NormalizesInTraining().eval()))
    module = torch.jit.script(NormalizesInTraining().eval())
    require_same_state(torch_tensorrt.compile(module, inputs=[Input((3, 3))], device="cpu"), module, 3)


def test_state_of_a_traced_module_is_refused():
    module = torch.jit.trace(AddsToABuffer().eval(), torch.ones(3, 3), check_trace=False)
    with pytest.raises(RuntimeError, match="writes the module's attribute 'mean'"):
        compile_whole(module)


class WritesCopiesOfBuffers(State):
    def forward(self, x):
        mean = self.mean.clone()
        mean += x.mean(0)
        half = self.var.to(torch.float64)
        half.mul_(0.5)
        return x - mean, half, self.mean * 1.0, self.var + 0.0


def test_copies_of_buffers_may_be_written():
    module, x = WritesCopiesOfBuffers().eval(), torch.randn(3, 3)
    for got, want in zip(compiled(module, x)(x), module(x), strict=False):
        torch.testing.assert_close(got, want)


def test_batch_norm_of_an_evaluated_module_is_no_state():
    module, x = nn.Sequential(nn.BatchNorm1d(3), nn.ReLU(inplace=True)).eval(), torch.randn(3, 3)
    torch.testing.assert_close(compiled(module, x)(x), module(x))


def test_hooks_of_the_module_are_refused():
    def double(self, inputs: tuple[torch.Tensor], out: torch.Tensor) -> torch.Tensor:
        return out * 2

    def halve(self, inputs: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        return (inputs[0] / 2,)

    for register, hook in (("register_forward_hook", double), ("register_forward_pre_hook", halve)):
        module = nn.Sequential(nn.ReLU()).eval()
        getattr(module, register)(hook)
        with pytest.raises(RuntimeError, match=f"forward hook '{hook.__name__}'"):
            compiled(module, Input((2,)))


# ---- PyTorch's errors -----------------------------------------------------------------------------------------------


class DividesAnInteger(nn.Module):
    def forward(self, x, w):
        y = x.clone()
        y /= 2
        return y + w


class AddsAWiderTensor(nn.Module):
    def forward(self, x, w):
        y = x.clone()
        y += w
        return y


class WritesAWiderOut(nn.Module):
    def forward(self, x, w):
        y = x.clone()
        torch.add(x, w, out=y[0:2])
        return y


@pytest.mark.parametrize(
    ("module", "inputs", "says"),
    [
        (DividesAnInteger(), [torch.tensor([1, 2]), torch.tensor([1, 2])], "to which PyTorch does not cast"),
        (AddsAWiderTensor(), [torch.ones(3), torch.ones(2, 3)], "which keeps its shape"),
        (WritesAWiderOut(), [torch.ones(3), torch.ones(2, 3)], "which keeps its shape"),
    ],
)
def test_results_that_do_not_fit_are_errors(module, inputs, says):
    with pytest.raises(RuntimeError, match=says):
        compiled(module, *inputs)


class Asserts(nn.Module):
    def forward(self, x):
        assert x.size(1) == 4 and x.dim() == 2, "4 columns are needed"
        return x + 1


class Raises(nn.Module):
    def forward(self, x):
        if x.shape[0] != 2:
            raise ValueError(f"{x.shape[0]} rows are given")
        return x + 1


@pytest.mark.parametrize(
    ("module", "right", "wrong", "ends"),
    [(Asserts(), (2, 4), (2, 3), "4 columns are needed"), (Raises(), (2, 3), (3, 3), "3 rows are given")],
)
def test_exceptions_that_are_known_to_be_raised(module, right, wrong, ends):
    x = torch.zeros(right)
    assert torch.equal(compiled(module, x)(x), module(x))
    with pytest.raises(RuntimeError) as raised:
        compiled(module, torch.zeros(wrong))
    assert str(raised.value).rstrip().endswith(ends)


def test_a_guard_of_a_range_is_no_error():
    module = Raises()
    engine = compiled(module, Input(min_shape=(1, 3), opt_shape=(2, 3), max_shape=(4, 3)))
    assert torch.equal(engine(torch.zeros(2, 3)), module(torch.zeros(2, 3)))
