"""Numbers, and what is computed from them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from hybrid.control import is_filled
from hybrid.program import Statement, Value

if TYPE_CHECKING:
    from hybrid.generate import Generator, Scope


def _number(g: Generator, scope: Scope) -> bool:
    k = g.pick(scope, lambda v: is_filled(v) and v.dtype == "i64")
    t = g.pick(scope, lambda v: v.kind == "tensor" and v.rank > 0)
    n = g.pick(scope, lambda v: v.kind == "int")
    name = g.name("n")
    forms = []
    if t is not None:
        forms += [(f"{t.name}.size(0)", "int"), (f"{t.name}.shape[-1] * 2", "int")]
        forms += [(f"float({t.name}.size(-1))", "float"), (f"len({t.name}.size()) + {t.name}.stride(-1) * 0", "int")]
    if k is not None:
        forms += [(f"int({k.name}.sum()) % 5", "int"), (f"float({k.name}.max()) * 0.125", "float")]
        forms += [(f"float({k.name}.flatten()[0].item() % 8)", "float")]
    if n is not None:
        forms += [(f"min({n.name}, 3) + max({n.name}, 1) // 2", "int"), (f"abs({n.name} - 2)", "int")]
    if not forms:
        return False
    text, kind = g.random.choice(forms)
    scope.block.append(Statement(f"{name} = {text}", ("number:" + kind,)))
    scope.values.append(g.new(Value(name, kind, bound=10.0)))
    return True


def _use_number(g: Generator, scope: Scope) -> bool:
    n = g.pick(scope, lambda v: v.kind in ("int", "float"))
    t = g.tensor(scope)
    if n is None or t is None:
        return False
    text, made = g.random.choice(
        (
            (f"torch.tanh({t.name} * {n.name})", dataclasses.replace(t, group=0, is_exact=False, bound=1.0)),
            (f"{t.name} + {n.name} / 8", dataclasses.replace(t, group=0, is_exact=False, bound=t.bound + 2)),
            (f"torch.full([4], float({n.name}))", Value("", shape=(4,), bound=10.0)),
            (f"torch.tensor([float({n.name}), 0.5, 0.25, 1.0])", Value("", shape=(4,), bound=10.0)),
        )
    )
    made.is_writable = True
    g.assign(scope, text, made, ("number:used",))
    return True


def _list_of_numbers(g: Generator, scope: Scope) -> bool:
    k = g.pick(scope, lambda v: is_filled(v) and v.dtype == "i64" and v.rank == 1)
    if k is None:
        return False
    listed, total, i = g.name("l"), g.name("n"), g.name("i")
    text = (
        f"{listed}: List[int] = {k.name}.tolist()\n{total} = 0\n"
        f"for {i} in {listed}:\n    if {i} % 2 == 0:\n        {total} += {i}\n{total} = {total} % 7"
    )
    scope.block.append(Statement(text, ("number:tolist",)))
    scope.values.append(g.new(Value(total, "int", bound=7.0)))
    return True


def _sizes(g: Generator, scope: Scope) -> bool:
    t = g.pick(scope, lambda v: is_filled(v) and v.dtype == "f32" and v.rank == 2)
    if t is None:
        return False
    rows, columns = g.name("n"), g.name("n")
    text = f"{rows}, {columns} = {t.name}.shape"
    scope.block.append(Statement(text, ("number:sizes",)))
    scope.values += [g.new(Value(name, "int", bound=6.0)) for name in (rows, columns)]
    text, shape = g.random.choice(
        (
            (f"{t.name}.reshape({columns}, {rows})", (t.shape[1], t.shape[0])),
            (f"torch.ones([{rows}, {columns}]) * 0.5", t.shape),
            (f"torch.arange({columns}).float() * 0.25", (t.shape[1],)),
            (f"torch.zeros({rows}, {columns}, dtype={t.name}.dtype, device={t.name}.device)", t.shape),
        )
    )
    made = Value("", shape=shape, bound=max(t.bound, 2.0))
    if ".reshape(" in text:
        made.group, made.is_contiguous, made.is_writable = t.group, False, t.is_writable
    g.assign(scope, text, made, ("number:sizes used",))
    return True


FORMS = (_number, _number, _use_number, _use_number, _list_of_numbers, _sizes)
