"""Branches, loops, early returns, errors, and the numbers that they depend on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from hybrid.program import Attribute, Statement, Value, smallest

if TYPE_CHECKING:
    from hybrid.generate import Generator, Scope


def is_filled(v: Value) -> bool:
    return v.kind == "tensor" and all(smallest(dim) > 0 for dim in v.shape)


# ---- conditions ------------------------------------------------------------------------------------------------------


def data_condition(g: Generator, scope: Scope) -> tuple[str, tuple[str, ...]] | None:
    """Returns a condition on elements of tensors that rounding cannot change, or on sizes and numbers."""
    r = g.random
    found: list[tuple[str, str]] = []
    k = g.pick(scope, lambda v: is_filled(v) and v.dtype == "i64")
    if k is not None:
        found += [
            (f"int({k.name}.sum()) % 2 == 0", "cond:int data"),
            (f"bool(({k.name} > 3).any())", "cond:int data"),
            (f"{k.name}.max().item() > 4", "cond:item"),
            (f"float({k.name}.sum()) > 9.0", "cond:int data"),
            (f"int({k.name}.flatten()[0]) < 4", "cond:int data"),
        ]
    x = g.pick(scope, lambda v: is_filled(v) and v.dtype == "f32" and v.is_exact)
    if x is not None and scope.loops == 0:
        found += [
            (f"float({x.name}.sum()) > 0.0", "cond:float data"),
            (f"{x.name}.sum() > 0.5", "cond:tensor as bool"),
            (f"bool(({x.name} > 1.0).any())", "cond:float data"),
            (f"{x.name}.max().item() > 1.0 and {x.name}.min().item() < 0.0", "cond:and"),
        ]
    n = g.pick(scope, lambda v: v.kind == "int")
    if n is not None:
        found += [(f"{n.name} % 2 == 0", "cond:int"), (f"{n.name} > 2", "cond:int")]
    t = g.pick(scope, lambda v: v.kind == "tensor" and v.rank >= 1)
    if t is not None and r.random() < 0.4:
        found += [(f"{t.name}.size(0) > 2", "cond:size"), (f"{t.name}.numel() % 2 == 0", "cond:size")]
    if not found:
        return None
    text, feature = r.choice(found)
    return text, (feature,)


def known_condition(g: Generator, scope: Scope) -> tuple[str, tuple[str, ...]]:
    """Returns a condition that is known at compile time."""
    r = g.random
    forms = [
        ("self.flag", "flag"),
        ("not self.flag", "flag"),
        ("self.training", ""),
        ("torch.jit.is_scripting()", ""),
        ("self.levels > 1", "levels"),
        ('self.mode == "a"', "mode"),
        ("x0.dim() == 2" if scope.is_forward else "self.flag", "" if scope.is_forward else "flag"),
    ]
    text, name = r.choice(forms)
    init = {"flag": f"self.flag = {r.choice((True, False))}", "levels": f"self.levels = {r.randint(1, 2)}"}
    init["mode"] = f'self.mode = "{r.choice("ab")}"'
    if name and name not in g.attributes:
        g.attributes[name] = Attribute(name, init[name], ("attribute:known",))
    return text, ("if:known",)


# ---- blocks ----------------------------------------------------------------------------------------------------------


def reassign(g: Generator, scope: Scope, among: list[Value]) -> bool:
    """Assigns another tensor of the same shape to a variable that an outer block made."""
    outer = [v for v in among if v.kind == "tensor" and v.dtype == "f32" and v.name.isidentifier()]
    if not outer:
        return False
    v = g.random.choice(outer)
    text, made = g.same_shape(scope, v.shape)
    text, bound, still_exact = g.squashed(text, 100.0 if scope.loops and made.bound > 1 else made.bound, "f32")
    if v.is_contiguous and not made.is_contiguous:
        text = f"({text}).contiguous()"
    scope.block.append(Statement(f"{v.name} = {text}", ("reassign",)))
    v.is_exact = v.is_exact and made.is_exact and still_exact and scope.loops == 0
    v.bound = max(v.bound, bound)
    v.is_writable = v.is_writable and (made.is_writable or made.group == 0)
    if made.group:
        g.merge(v, made)
        if scope.loops:
            g.wrote(scope, v, False, v.bound)
    return True


def block(g: Generator, scope: Scope, is_loop: bool = False, extra: list[Value] | None = None) -> list[Statement]:
    """Returns the statements of an inner block, which changes a variable of an outer one."""
    inner = scope.inner(is_loop)
    inner.values += extra or []
    g.fill(inner, g.random.randint(1, 2))
    if g.random.random() < 0.85 or not inner.block:
        reassign(g, inner, scope.values)
    return inner.block


def _if(g: Generator, scope: Scope, condition: str, features: tuple[str, ...]) -> bool:
    r = g.random
    shapes = [v.shape for v in scope.values if v.kind == "tensor" and v.dtype == "f32"]
    form = r.choice(("if", "if", "else", "both", "both", "choice"))
    if form in ("if", "else") or not shapes:
        body = block(g, scope)
        orelse = block(g, scope) if form == "else" else None
        feature = "if:else" if form == "else" else "if"
        scope.block.append(Statement(f"if {condition}:", (*features, feature), body=body, orelse=orelse))
        return True
    if form == "choice":
        a = g.pick(scope, lambda v: v.kind == "tensor" and v.dtype == "f32")
        b = g.pick(scope, lambda v: v.kind == "tensor" and v.dtype == "f32" and v.shape == a.shape)
        assert a is not None and b is not None
        g.merge(a, b)
        made = dataclasses.replace(
            a,
            is_exact=a.is_exact and b.is_exact,
            is_contiguous=a.is_contiguous and b.is_contiguous,
            is_writable=a.is_writable and b.is_writable,
            bound=max(a.bound, b.bound),
        )
        g.assign(scope, f"{a.name} if {condition} else {b.name}", made, (*features, "if:choice"))
        return True
    shape = r.choice(shapes)
    name = g.name()
    made, blocks = [], []
    for _ in range(2):
        inner = scope.inner()
        g.fill(inner, r.randint(0, 1))
        text, value = g.same_shape(inner, shape)
        made.append(g.assign(inner, text, value, name=name))
        blocks.append(inner.block)
    g.merge(*made)
    value = dataclasses.replace(
        made[0],
        is_exact=all(v.is_exact for v in made),
        is_contiguous=all(v.is_contiguous for v in made),
        is_writable=all(v.is_writable for v in made),
        bound=max(v.bound for v in made),
    )
    scope.values.append(g.new(value))
    head = Statement(f"if {condition}:", (*features, "if:both"), {name: ("f32", shape)}, *blocks)
    scope.block.append(head)
    return True


def _known(g: Generator, scope: Scope) -> bool:
    return _if(g, scope, *known_condition(g, scope))


def _with(g: Generator, scope: Scope) -> bool:
    if g.early or scope.loops:  # torch.jit.script fails on a with block beside a return or a break
        return False
    g.may_return = False
    scope.block.append(Statement("with torch.no_grad():", ("with",), body=block(g, scope)))
    return True


def _data(g: Generator, scope: Scope) -> bool:
    found = data_condition(g, scope)
    return found is not None and _if(g, scope, found[0], (*found[1], "if:data"))


# ---- loops -----------------------------------------------------------------------------------------------------------


def _counted(g: Generator, scope: Scope) -> bool:
    r = g.random
    i = g.name("i")
    counter = Value(i, "int", bound=6.0)
    t = g.pick(scope, lambda v: is_filled(v) and v.rank >= 1)
    k = g.pick(scope, lambda v: is_filled(v) and v.dtype == "i64")
    forms = [(f"range({r.randint(2, 3)})", "loop:constant"), ("range(1, 6, 2)", "loop:constant")]
    if t is not None:
        forms += [(f"range({t.name}.size(0))", "loop:size")] * 2
    if k is not None:
        forms += [(f"range(int({k.name}.flatten()[0]) % 4)", "loop:data")]
    text, feature = r.choice(forms)
    if feature != "loop:size" or r.random() < 0.3:
        body = block(g, scope, True, [counter])
        if r.random() < 0.25 and scope.depth < 2:
            body.insert(r.randrange(len(body)), _jump(g, i))
            feature += " with jump"
    else:
        assert t is not None
        body = _rows(g, scope, t, i)
        feature = "loop:rows"
    scope.block.append(Statement(f"for {i} in {text}:", ("loop", feature), body=body))
    return True


def _jump(g: Generator, i: str) -> Statement:
    word = g.random.choice(("break", "continue"))
    return Statement(f"if {i} % 3 == {g.random.randint(0, 2)}:\n    {word}", (f"loop:{word}",))


def _rows(g: Generator, scope: Scope, t: Value, i: str) -> list[Statement]:
    """Returns statements that read or write the rows of a tensor."""
    r = g.random
    forms = []
    acc = g.pick(scope, lambda v: v.kind == "tensor" and v.dtype == "f32" and v.shape == t.shape[1:])
    if t.dtype == "f32" and t.is_writable:
        forms += [f"{t.name}[{i}] *= 0.5", f"{t.name}[{i}] = {t.name}[{i}].tanh()", f"{t.name}[{i}].relu_()"]
        forms += [f"{t.name}[{i}].add_(float({i}) * 0.25)"]
    text = r.choice(forms) if forms and r.random() < 0.6 else ""
    if text:
        g.wrote(scope, t, False, t.bound + 2)
        return [Statement(text, ("write", "write:row"))]
    inner = scope.inner(True)
    row = dataclasses.replace(t, shape=t.shape[1:], is_exact=t.dtype != "f32" and t.is_exact)
    made = g.assign(inner, f"{t.name}[{i}]", row, ("view",))
    if acc is not None and t.dtype == "f32" and acc.name.isidentifier():
        inner.block.append(Statement(f"{acc.name} = torch.tanh({acc.name} + {made.name})", ("reassign",)))
        acc.is_exact = False
        acc.is_contiguous = False
        return inner.block
    g.fill(inner, 1)
    reassign(g, inner, scope.values)
    return inner.block


def _while(g: Generator, scope: Scope) -> bool:
    r = g.random
    i = g.name("i")
    counter = Value(i, "int", bound=6.0)
    limit = r.randint(2, 4)
    head, feature = (f"while {i} < {limit}:", "loop:while") if r.random() < 0.6 else ("while True:", "loop:while True")
    fixed = f"{i} += 1" if head != "while True:" else f"{i} += 1\nif {i} > {limit}:\n    break"
    inner = scope.inner(True)
    inner.values.append(counter)
    found = data_condition(g, inner)
    body = block(g, scope, True, [counter])
    if found is not None and r.random() < 0.6:
        jump = Statement(f"if {found[0]}:\n    break", (*found[1], "loop:break on data"))
        body.insert(r.randint(0, len(body)), jump)
    scope.block.append(Statement(head, ("loop", feature), body=body, before=f"{i} = 0", fixed=fixed))
    return True


def _over_tensors(g: Generator, scope: Scope) -> bool:
    r = g.random
    a = g.tensor(scope)
    t = g.name("t")
    if a is None:
        return False
    listed = g.pick(scope, lambda v: v.kind == "list")
    b = g.pick(scope, lambda v: v.kind == "tensor" and v.dtype == "f32" and v.shape == a.shape)
    assert b is not None
    g.merge(a, b)
    text = f"in [{a.name}, {b.name}]"
    element = dataclasses.replace(a, is_exact=False, is_contiguous=a.is_contiguous and b.is_contiguous)
    if listed is not None and r.random() < 0.7:
        element = dataclasses.replace(listed, kind="tensor", is_contiguous=False)
        text = f"in {listed.name}"
    elif a.rank > 0 and smallest(a.shape[0]) > 0 and r.random() < 0.5:
        element.shape = a.shape[1:]
        text = f"in {a.name}.unbind(0)"
    element.name = t
    g.values.append(element)
    if r.random() < 0.3:
        i = g.name("i")
        body = block(g, scope, True, [element, Value(i, "int", bound=6.0)])
        head = f"for {i}, {t} in enumerate({text[3:]}):"
    else:
        body = block(g, scope, True, [element])
        head = f"for {t} {text}:"
    scope.block.append(Statement(head, ("loop", "loop:tensors"), body=body))
    return True


# ---- ways out --------------------------------------------------------------------------------------------------------


def _return(g: Generator, scope: Scope) -> bool:
    found = data_condition(g, scope)
    if found is None or not scope.is_forward or not g.may_return:
        return False
    inner = scope.inner()
    g.fill(inner, g.random.randint(0, 1))
    leave = Statement("", ("early return", "early return:loop" if scope.loops else "early return:branch"), leaves=[])
    inner.block.append(leave)
    g.early.append((leave, list(inner.values)))
    scope.block.append(Statement(f"if {found[0]}:", (*found[1], "if:data"), body=inner.block))
    return True


def _raise(g: Generator, scope: Scope) -> bool:
    k = g.pick(scope, lambda v: is_filled(v) and v.dtype == "i64")
    t = g.tensor(scope)
    forms = []
    if t is not None:
        forms += [(f"{t.name}.dim() != {t.rank}", "raise:known"), (f"{t.name}.numel() > 9999", "raise:size")]
    if k is not None:
        forms += [
            (f"int({k.name}.sum()) < -99", "raise:data"),
            (f"int({k.name}.sum()) % 3 == 1", "raise:data may be taken"),
        ]
    x = g.pick(scope, lambda v: is_filled(v) and v.dtype == "f32" and v.is_exact and scope.loops == 0)
    if x is not None:
        forms += [(f"float({x.name}.sum()) > 2.0", "raise:data may be taken")]
    if not forms:
        return False
    condition, feature = g.random.choice(forms)
    if g.random.random() < 0.5:
        text = f'assert not ({condition}), "the input is out of range"'
        features = ("assert", feature)
    else:
        error = g.random.choice(("ValueError", "RuntimeError"))
        text = f'if {condition}:\n    raise {error}("the input is out of range")'
        features = ("raise", feature)
    scope.block.append(Statement(text, features))
    return True


KNOWN = (_known, _known, _known, _with)
DATA = (_data,)
LOOPS = (_counted, _counted, _while, _over_tensors)
EARLY = (_return, _raise)
