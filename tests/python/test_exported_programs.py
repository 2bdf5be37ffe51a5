"""Programs of torch.export: their arguments, their writes, and errors."""

from __future__ import annotations

import io
import warnings

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input


def compile_exported(program: torch.export.ExportedProgram, **settings) -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(program, device="cpu", **settings)


def saved_and_loaded(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    file = io.BytesIO()
    torch.export.save(program, file)
    file.seek(0)
    return torch.export.load(file)


def decomposed(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    return program.run_decompositions()


def as_it_is(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    return program


FORMS = pytest.mark.parametrize("form", [as_it_is, decomposed, saved_and_loaded])


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        return self.linear(x) * x.shape[0]


def test_a_program_of_fixed_sizes_is_not_run(monkeypatch):
    x = torch.randn(2, 4)
    program = torch.export.export(Scaled().eval(), (x,))
    monkeypatch.setattr(torch.jit, "trace", None)
    monkeypatch.setattr(type(program), "module", None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled = compile_exported(program)
    monkeypatch.undo()
    with torch.no_grad():
        torch.testing.assert_close(compiled(x), program.module()(x))


def add(self, x):
    self.k.add_(1)
    return x + self.k


def copy(self, x):
    self.k.copy_(x)
    return x * 2


def index_copy(self, x):
    self.k.index_copy_(0, torch.tensor([1]), x[:1])
    return self.k.sum(0) + x


def slice_of_a_view(self, x):
    self.k.view(-1)[2:5] = 7.0
    return x + self.k


def reshaped(self, x):
    self.k.reshape(4, 2).t().mul_(2)
    return x + self.k


def part_of_a_split(self, x):
    self.k.split(1)[1].add_(x[0])
    return x + self.k


def into_out(self, x):
    torch.add(x, 1, out=self.k)
    return x + self.k


def tensor_that_is_no_buffer(self, x):
    self.c.add_(1)
    return x + self.c


def within_a_block(self, x):
    with torch.no_grad():
        self.k.add_(1)
    return x + self.k


class Stateful(nn.Module):
    def __init__(self, step) -> None:
        super().__init__()
        self.register_buffer("k", torch.zeros(2, 4))
        self.c = torch.zeros(2, 4)
        self.step = step

    def forward(self, x):
        return self.step(self, x)


STEPS = [
    add,
    copy,
    index_copy,
    slice_of_a_view,
    reshaped,
    part_of_a_split,
    into_out,
    tensor_that_is_no_buffer,
    within_a_block,
]


def state_of(model: Stateful, program: torch.export.ExportedProgram) -> list[torch.Tensor]:
    return [x.clone() for x in (model.k, model.c, *program.state_dict.values(), *program.constants.values())]


def check_same(model: Stateful, program: torch.export.ExportedProgram, **settings) -> None:
    before = state_of(model, program)
    compiled = compile_exported(program, **settings)
    assert all(map(torch.equal, state_of(model, program), before))
    for _ in range(3):
        x = torch.randn(2, 4)
        torch.testing.assert_close(compiled(x), model(x))


@pytest.mark.parametrize("step", STEPS)
def test_a_program_that_changes_its_state(step):
    model = Stateful(step).eval()
    check_same(model, torch.export.export(model, (torch.randn(2, 4),)))


@pytest.mark.parametrize("form", [decomposed, saved_and_loaded])
@pytest.mark.parametrize("step", [add, copy, part_of_a_split, within_a_block])
def test_a_stateful_program_in_another_form(step, form):
    model = Stateful(step).eval()
    check_same(model, form(torch.export.export(model, (torch.randn(2, 4),))))


def test_a_stateful_program_of_dynamic_sizes():
    model, batch = Stateful(index_copy).eval(), torch.export.Dim("batch", min=2, max=8)
    program = torch.export.export(model, (torch.randn(2, 4),), dynamic_shapes=({0: batch},))
    check_same(model, program)


def test_state_is_no_part_of_a_single_engine():
    program = torch.export.export(Stateful(add).eval(), (torch.randn(2, 4),))
    with pytest.raises(RuntimeError, match="test_exported_programs.py:.* writes the module's attribute 'k'"):
        compile_exported(program, require_full_compilation=True)


def test_writing_to_a_copy_of_a_buffer_is_no_state():
    class Copies(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("k", torch.zeros(2, 4))

        def forward(self, x):
            k = self.k.clone()
            k[0] += x[0]
            return k + x

    x = torch.randn(2, 4)
    program = torch.export.export(Copies(), (x,))
    torch.testing.assert_close(compile_exported(program)(x), Copies()(x))


class Keywords(nn.Module):
    def forward(self, x, scale: float, *, bias=None, mask=None, mode="sum"):
        y = x * scale
        if bias is not None:
            y = y + bias
        if mask is not None:
            y = y.masked_fill(mask, 0.0)
        return y.sum(1) if mode == "sum" else y.mean(1)


def keyword_program() -> tuple[torch.export.ExportedProgram, torch.Tensor, dict[str, torch.Tensor]]:
    x, given = torch.randn(3, 4), {"mask": torch.rand(3, 4) > 0.5, "bias": torch.randn(4)}
    return torch.export.export(Keywords(), (x, 2.0), {**given, "mode": "mean"}), x, given


@FORMS
def test_arguments_by_keyword(form):
    program, x, given = keyword_program()
    compiled = compile_exported(form(program))
    expected = Keywords()(x, 2.0, **given, mode="mean")
    torch.testing.assert_close(compiled(x, **given), expected)
    torch.testing.assert_close(compiled(x=x, bias=given["bias"], mask=given["mask"]), expected)


def test_inputs_of_arguments_by_keyword():
    program, x, given = keyword_program()
    inputs = {name: Input(tuple(value.shape), dtype=value.dtype) for name, value in given.items()}
    expected = Keywords()(x, 2.0, **given, mode="mean")
    for settings in (
        {"arg_inputs": [x], "kwarg_inputs": inputs},
        {"arg_inputs": [x, 2.0], "kwarg_inputs": {**inputs, "mode": "mean"}},
        {"inputs": [x, *inputs.values()]},
        {"kwarg_inputs": {"x": x, **inputs}},
    ):
        torch.testing.assert_close(compile_exported(program, **settings)(x, **given), expected)


def test_keywords_that_do_not_fit():
    program, x, given = keyword_program()
    with pytest.raises(ValueError, match="no argument masks; its arguments are x, .*mask, .*mode"):
        compile_exported(program, arg_inputs=[x], kwarg_inputs={**given, "masks": given["mask"]})
    with pytest.raises(ValueError, match="argument mode is 'sum', but the program was exported for 'mean'"):
        compile_exported(program, arg_inputs=[x], kwarg_inputs={**given, "mode": "sum"})
    with pytest.raises(ValueError, match="has 3 inputs, 2 were given"):
        compile_exported(program, arg_inputs=[x], kwarg_inputs={"mask": given["mask"]})
    with pytest.raises(ValueError, match=r"input mask has the shape \[3\], .* exported for rank 2"):
        compile_exported(program, arg_inputs=[x], kwarg_inputs={**given, "mask": given["mask"][:, 0]})


class Nested(nn.Module):
    def forward(self, x, pair, several, nothing=None):
        return pair[0] * x + pair[1], [one + x for one in several]


@FORMS
def test_tuples_and_lists_of_tensors(form):
    pair, several = (torch.randn(3), torch.randn(3)), [torch.randn(3), torch.randn(1)]
    x = torch.randn(3)
    program = form(torch.export.export(Nested(), (x, pair, several, None)))
    for inputs in (None, [x, pair, several], [x, *pair, *several]):
        found = compile_exported(program, inputs=inputs)(x, pair, several)
        expected = Nested()(x, pair, several)
        assert type(found[1]) is list
        torch.testing.assert_close(found, expected)
    assert torch_tensorrt.check(program, [x, pair, several])
    engine = torch_tensorrt.convert_method_to_trt_engine(program, device="cpu")
    embedded = torch_tensorrt.ts.embed_engine_in_new_module(engine, device="cpu")
    torch.testing.assert_close(embedded(x, *pair, *several)[0], Nested()(x, pair, several)[0])


def test_an_argument_that_is_a_dict():
    class Named(nn.Module):
        def forward(self, batch):
            return batch["a"] + batch["b"]

    program = torch.export.export(Named(), ({"a": torch.ones(2), "b": torch.ones(2)},))
    with pytest.raises(RuntimeError, match="argument batch of the exported program is a dict; a compiled module takes"):
        compile_exported(program)


def test_an_argument_that_is_a_number_which_varies():
    class Times(nn.Module):
        def forward(self, x, n: int):
            return x * n

    shapes = (None, torch.export.Dim.DYNAMIC)
    program = torch.export.export(Times(), (torch.ones(2), 3), dynamic_shapes=shapes)
    with pytest.raises(RuntimeError, match="argument n of the exported program holds a variable number"):
        compile_exported(program)


class Chooses(nn.Module):
    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda t: t + 1, lambda t: t - 1, (x,))


class Repeats(nn.Module):
    def forward(self, x):
        return torch._higher_order_ops.while_loop(lambda t: t.sum() < 10, lambda t: (t + 1,), (x,))


@FORMS
@pytest.mark.parametrize(("model", "name"), [(Chooses(), "torch.cond"), (Repeats(), "torch.while_loop")])
def test_control_flow_is_refused_by_name_and_line(model, name, form):
    program = form(torch.export.export(model, (torch.ones(2),)))
    line = model.forward.__code__.co_firstlineno + 1
    with pytest.raises(RuntimeError, match=rf"has {name} \(.*test_exported_programs.py:{line}: .*control flow"):
        compile_exported(program)


class Blocks(nn.Module):
    """Nested blocks of no_grad with a write, and a block of autocast that casts nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        with torch.no_grad():
            y = self.linear(x)
            with torch.enable_grad():
                z = self.linear(y).relu()
            y = y.clone()
            y[0] = z[1]
        with torch.autocast("cpu", enabled=False):
            y = y @ self.linear(z)
        return y + x, z


@FORMS
def test_blocks_of_gradient_modes_and_of_no_autocast(form):
    model, x = Blocks().eval(), torch.randn(4, 4)
    compiled = compile_exported(form(torch.export.export(model, (x,))))
    with torch.no_grad():
        torch.testing.assert_close(compiled(x), model(x))


class Autocast(nn.Module):
    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return x @ x


def test_a_block_of_autocast_says_what_to_do():
    x = torch.randn(4, 4)
    program = torch.export.export(Autocast(), (x,))
    line = Autocast.forward.__code__.co_firstlineno + 2
    with pytest.raises(RuntimeError, match=rf"torch.autocast \(.*:{line}: return x @ x\).*run_decompositions\(\)"):
        compile_exported(program)
    compiled = compile_exported(program.run_decompositions())
    torch.testing.assert_close(compiled(x), Autocast()(x))


class Named(nn.Module):
    def forward(self, x):
        return {"result": x + 1}


@FORMS
def test_a_dict_as_result_is_refused(form):
    program = form(torch.export.export(Named(), (torch.ones(2),)))
    with pytest.raises(RuntimeError, match="program returns a dict; a compiled .* return the values as a tuple"):
        compile_exported(program)


class Unsupported(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        x = self.linear(x)
        return torch.special.bessel_j0(x)


@FORMS
@pytest.mark.parametrize("batch", [None, torch.export.Dim("batch", min=2, max=8)])
def test_errors_have_the_line_of_the_model(batch, form):
    shapes = ({0: batch},) if batch else None
    program = form(torch.export.export(Unsupported().eval(), (torch.randn(2, 4),), dynamic_shapes=shapes))
    line = Unsupported.forward.__code__.co_firstlineno + 2
    source = rf"test_exported_programs.py:{line}: return torch.special.bessel_j0\(x\)"
    with pytest.raises(RuntimeError, match=source):
        compile_exported(program, require_full_compilation=True)
    compiled, x = compile_exported(program), torch.randn(2, 4)
    assert "aten::special_bessel_j0" in str(compiled.graph)
    torch.testing.assert_close(compiled(x), program.module()(x))
    (operator,) = (op for op in torch_tensorrt.check(program).operators if op.how == "pytorch")
    assert f"test_exported_programs.py:{line}: " in operator.source


def test_weights_have_the_names_of_the_model_so_that_they_can_be_refitted():
    def model() -> nn.Module:
        return nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, 2))).eval()

    x, old, new = torch.randn(2, 4), model(), model()
    compiled = compile_exported(torch.export.export(old, (x,)))
    refitted = torch_tensorrt.refit_module_weights(compiled, torch.export.export(new, (x,)))
    with torch.no_grad():
        torch.testing.assert_close(refitted(x), new(x))


class FloatsFirst(nn.Module):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return 31 // x, 0.3 // x, torch.rsub(x, 1e-3, alpha=2), 7 - x, 2**x


class IntegersFirst(nn.Module):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return 31 // x, 0.3 // x, 7 - x


@FORMS
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.int32, torch.uint8])
def test_numbers_in_the_place_of_tensors(dtype, form):
    is_float = dtype.is_floating_point
    x = torch.tensor([1, 2, 3, 5]).to(dtype)
    x, model = (x / 3, FloatsFirst()) if is_float else (x, IntegersFirst())
    compiled = compile_exported(form(torch.export.export(model.eval(), (x,))))
    for ours, theirs in zip(compiled(x), model(x), strict=True):
        torch.testing.assert_close(ours, theirs)
