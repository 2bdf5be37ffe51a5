"""Programs of torch.export: their writes, control flow, and errors."""

from __future__ import annotations

import warnings

import pytest
import torch
from exported_forms import FORMS, as_it_is, compile_exported, decomposed, saved_and_loaded
from torch import nn

import torch_tensorrt


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


class Chooses(nn.Module):
    def forward(self, x, y):
        y = y + 1
        return torch.cond(x.sum() > 0, lambda t: ((t + y).relu(), y * 3), lambda t: (t - 1, t * 2), (x,))


class Repeats(nn.Module):
    def forward(self, x, y):
        return torch._higher_order_ops.while_loop(
            lambda t, u: t.sum() < 10, lambda t, u: (u * 1.5, t + u.relu() + 1), (x, y.sin())
        )


@FORMS
@pytest.mark.parametrize("model", [Chooses(), Repeats()])
def test_control_flow(model, form):
    compiled = compile_exported(form(torch.export.export(model, (torch.ones(2), torch.ones(2)))))
    for x in (torch.ones(2), torch.full((2,), -3.0), torch.full((2,), 30.0)):
        torch.testing.assert_close(compiled(x, x + 1), model(x, x + 1))


class Scans(nn.Module):
    def forward(self, x, y):
        last, all_of_them = torch._higher_order_ops.scan(lambda a, b: (a + b.relu() * y, a * b), x[0] * 0, x)
        return last, all_of_them


class Maps(nn.Module):
    def forward(self, x, y):
        return torch._higher_order_ops.map(lambda row, other: ((row * other).relu() + 1, row - 1), x, y)


@FORMS
@pytest.mark.parametrize("model", [Scans(), Maps()])
def test_loops_over_rows(model, form):
    compiled = compile_exported(form(torch.export.export(model, (torch.randn(3, 2), torch.randn(2)))))
    for _ in range(2):
        x, y = torch.randn(3, 2), torch.randn(2)
        torch.testing.assert_close(compiled(x, y), model(x, y))


def test_control_flow_that_is_refused_is_named_with_its_line():
    class Combines(nn.Module):
        def forward(self, x):
            return torch._higher_order_ops.associative_scan(lambda a, b: a + b, x, 0, combine_mode="generic")

    program = torch.export.export(Combines(), (torch.ones(3, 2),))
    line = Combines.forward.__code__.co_firstlineno + 1
    with pytest.raises(RuntimeError, match=rf"program calls \w+ \(.*test_exported_programs.py:{line}: "):
        compile_exported(program)


class Counts(nn.Module):
    def forward(self, x, n):
        count = n.item()
        torch._check(count >= 0)
        torch._check(count <= 9)
        return torch.ones(count, 3), x * x.sum().item(), torch.where(x > 0, (x.max() > 1).item(), x)


@FORMS
def test_elements_as_numbers(form):
    compiled = compile_exported(form(torch.export.export(Counts(), (torch.randn(4), torch.tensor(3)))))
    for count in (3, 0, 7):
        x, n = torch.randn(4), torch.tensor(count)
        torch.testing.assert_close(compiled(x, n), Counts()(x, n))


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


def test_a_block_of_autocast():
    x = torch.randn(4, 4)
    for form in (as_it_is, decomposed):
        compiled = compile_exported(form(torch.export.export(Autocast(), (x,))))
        torch.testing.assert_close(compiled(x), Autocast()(x))


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
