"""Statements that write tensors in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hybrid.program import Statement, Value, smallest

if TYPE_CHECKING:
    from hybrid.generate import Generator, Scope


def target(g: Generator, scope: Scope, dtype: str = "f32") -> Value | None:
    return g.pick(scope, lambda v: v.kind == "tensor" and v.dtype == dtype and v.is_writable)


def operand(g: Generator, scope: Scope, to: Value) -> Value | None:
    """Returns a tensor that broadcasts to another."""
    return g.pick(
        scope,
        lambda v: (
            v.kind == "tensor" and v.dtype == to.dtype and v.rank <= to.rank and to.shape[to.rank - v.rank :] == v.shape
        ),
    )


def read(a: Value, written: Value) -> str:
    """Returns the text of an operand: PyTorch does not define reading the memory that an operator writes."""
    return f"{a.name}.clone()" if a.group == written.group else a.name


def features_of(v: Value) -> tuple[str, ...]:
    return ("write",) + (("write:input",) if v.name[0] in "xka" and not v.name.startswith("self") else ())


def _method(g: Generator, scope: Scope) -> bool:
    t = target(g, scope)
    if t is None:
        return False
    w = operand(g, scope, t)
    assert w is not None
    times = 6 if scope.loops else 1
    forms = [
        (".add_({w})", t.bound + times * w.bound, w.is_exact),
        (".sub_({w}, alpha=0.5)", t.bound + times * w.bound, w.is_exact),
        (".copy_({w})", w.bound, w.is_exact),
        (".mul_({w}).tanh_()", 1.0, False),
        (".mul_(0.5)", t.bound, True),
        (".add_(1.0)", t.bound + times, True),
        (".relu_()", t.bound, True),
        (".tanh_()", 1.0, False),
        (".sigmoid_()", 1.0, False),
        (".clamp_(-1.0, 1.0)", 1.0, True),
        (".fill_(0.5)", 0.5, True),
        (".zero_()", 0.0, True),
        (".neg_()", t.bound, True),
        (".mul_(0.5).add_(0.25)", t.bound + 1, True),
    ]
    form, bound, exact = g.random.choice(forms)
    text = t.name + form.format(w=read(w, t))
    if bound > 16:
        text += ".clamp_(-4.0, 4.0)"
    features = (*features_of(t), "write:method")
    if g.random.random() < 0.2:
        name = g.name()
        scope.block.append(Statement(f"{name} = {text}", (*features, "write:result used"), {name: ("f32", t.shape)}))
        made = Value(name, "tensor", "f32", t.shape, t.is_exact and exact, t.is_contiguous, True, bound, t.group)
        scope.values.append(g.new(made))
    else:
        scope.block.append(Statement(text, features))
    g.wrote(scope, t, exact, min(bound, 16.0))
    return True


def _part(g: Generator, scope: Scope) -> bool:
    """Assigns to a part by an index, or writes through a view without a name."""
    t = g.pick(
        scope,
        lambda v: (
            v.kind == "tensor"
            and v.dtype == "f32"
            and v.is_writable
            and v.rank >= 1
            and all(smallest(dim) > 0 for dim in v.shape)
        ),
    )
    if t is None:
        return False
    forms = [
        "{t}[0] = 0.5",
        "{t}[-1] = -1.0",
        "{t}[..., 0] = 0.25",
        "{t}[..., 0].add_(1.0).clamp_(-2.0, 2.0)",
        "{t}[0].mul_(0.5)",
        "{t}[0] *= 0.5",
        "{t}[1:] = 0.0",
        "{t}.select(-1, 0).neg_()",
        "{t}.unsqueeze(0).mul_(-1.0)",
        "{t}.detach().clamp_(-1.0, 1.0)",
        "{t}.index_fill_(0, torch.tensor([0]), 0.5)",
    ]
    if t.rank >= 2:
        forms += ["{t}[:, 0] = 1.0", "{t}[:, 1:] = 0.5", "{t}.transpose(-1, -2)[0].relu_()", "{t}[:, 0:1] += 0.25"]
    if t.is_contiguous:
        forms += ["{t}.view(-1)[0] = 0.75", "{t}.flatten()[-1:].fill_(0.25)"]
    if t.is_exact and not scope.loops:
        forms.append("{t}[{t} > 0.5] = 0.0")
    text = g.random.choice(forms)
    exact, bound = True, t.bound + (6 if scope.loops else 1)
    last = t.shape[-1:]
    if g.random.random() < 0.4:
        w = g.pick(scope, lambda v: v.kind == "tensor" and v.dtype == "f32" and v.shape in ((), last, t.shape[1:]))
        if w is not None:
            text = "{t}[0] = " + (read(w, t) if w.shape == t.shape[1:] or t.rank > 1 or not w.shape else "0.5")
            exact, bound = w.is_exact, max(bound, w.bound)
    scope.block.append(Statement(text.format(t=t.name), (*features_of(t), "write:part")))
    g.wrote(scope, t, exact, bound)
    return True


def _through_view(g: Generator, scope: Scope) -> bool:
    """Writes a named view, then reads its base."""
    t = g.pick(
        scope,
        lambda v: v.kind == "tensor" and v.dtype == "f32" and v.is_writable and v.rank >= 2 and v.shape[-1] == 4,
    )
    if t is None:
        return False
    name = g.name()
    view, shape = g.random.choice(
        (
            ("[..., 1:3]", (*t.shape[:-1], 2)),
            (".transpose(-1, -2)", (*t.shape[:-2], 4, t.shape[-2])),
            (".narrow(-1, 0, 3)", (*t.shape[:-1], 3)),
            (".unbind(-1)[1]", t.shape[:-1]),
        )
    )
    write = g.random.choice((".mul_(0.5)", ".add_(0.5)", ".tanh_()", ".zero_()"))
    text = f"{name} = {t.name}{view}"
    scope.block.append(Statement(text, ("view",), {name: ("f32", shape)}))
    scope.block.append(Statement(f"{name}{write}", (*features_of(t), "write:through view")))
    bound = t.bound + (6 if scope.loops else 1)
    g.wrote(scope, t, write != ".tanh_()", bound)
    scope.values.append(
        g.new(Value(name, "tensor", "f32", shape, t.is_exact, is_contiguous=False, bound=bound, group=t.group))
    )
    g.assign(scope, f"{t.name} * 0.5", Value("", shape=t.shape, is_contiguous=t.is_contiguous, bound=bound / 2))
    return True


def _integers(g: Generator, scope: Scope) -> bool:
    t = g.pick(scope, lambda v: v.kind == "tensor" and v.dtype == "i64" and v.is_writable and v.rank >= 1)
    if t is None or any(smallest(dim) < 1 for dim in t.shape):
        return False
    text = g.random.choice(("{t}.add_(1)", "{t} += 1", "{t}[0] = 3", "{t}.remainder_(5)", "{t}.clamp_(0, 4)"))
    scope.block.append(Statement(text.format(t=t.name), (*features_of(t), "write:integer")))
    g.wrote(scope, t, True, t.bound + 6)
    return True


def _operator_sign(g: Generator, scope: Scope) -> bool:
    t = target(g, scope)
    if t is None or t.name.startswith("self."):
        return False
    w = operand(g, scope, t)
    assert w is not None
    sign = g.random.choice(("+=", "-="))
    text, bound = f"{t.name} {sign} {read(w, t)} * 0.5", t.bound + (6 if scope.loops else 1) * w.bound
    if bound > 16:
        text, bound = f"{t.name} *= 0.5", t.bound
    scope.block.append(Statement(text, (*features_of(t), "write:augmented")))
    g.wrote(scope, t, w.is_exact, bound)
    return True


def _out(g: Generator, scope: Scope) -> bool:
    t = target(g, scope)
    if t is None:
        return False
    w = g.pick(scope, lambda v: v.kind == "tensor" and v.dtype == "f32" and v.shape == t.shape)
    assert w is not None
    scope.block.append(Statement(f"torch.mul({read(w, t)}, 0.5, out={t.name})", (*features_of(t), "write:out")))
    g.wrote(scope, t, w.is_exact, w.bound)
    return True


FORMS = (_method, _method, _part, _part, _through_view, _operator_sign, _integers, _out)
