"""Lists, dicts, tuples and optionals of tensors."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from hybrid.control import data_condition
from hybrid.program import Statement, Value

if TYPE_CHECKING:
    from hybrid.generate import Generator, Scope


def _pair(g: Generator, scope: Scope) -> tuple[Value, Value] | None:
    """Returns two tensors of one shape."""
    a = g.tensor(scope)
    if a is None:
        return None
    b = g.pick(scope, lambda v: v.kind == "tensor" and v.dtype == "f32" and v.shape == a.shape)
    assert b is not None
    return a, b


def _joined(g: Generator, a: Value, b: Value) -> Value:
    """Returns the value of an element that may be either tensor itself."""
    g.merge(a, b)
    return dataclasses.replace(
        a,
        is_exact=False,
        is_contiguous=a.is_contiguous and b.is_contiguous,
        is_writable=a.is_writable and b.is_writable,
        bound=max(a.bound, b.bound),
    )


def _list(g: Generator, scope: Scope) -> bool:
    r = g.random
    pair = _pair(g, scope)
    if pair is None:
        return False
    a, b = pair
    name = g.name("l")
    element = _joined(g, a, b)
    value = dataclasses.replace(element, name=name, kind="list")
    text = r.choice(
        (
            f"{name} = [{a.name}, {b.name}]",
            f"{name}: List[Tensor] = []\n{name}.append({a.name})\n{name}.append(torch.tanh({b.name}))",
            f"{name} = [{a.name} * 0.5 for _ in range(2)]",
            f"{name} = [{a.name}]\n{name} += [{b.name}]",
            f"{name} = [{a.name}, {b.name}]\n{name}.reverse()\n{name}[0] = {b.name} + 1.0",
            f"{name} = [{a.name}, {b.name}, {a.name}]\n{name}.pop()",
            f"{name} = [{a.name}]\n{name}.extend([{b.name}, {a.name}])\n{name}.insert(0, {b.name})",
        )
    )
    scope.block.append(Statement(text, ("list",)))
    scope.values.append(g.new(value))
    if r.random() < 0.6:
        _use(g, scope, value)
    return True


def _use(g: Generator, scope: Scope, listed: Value) -> None:
    element = dataclasses.replace(listed, kind="tensor")
    fresh = dataclasses.replace(element, group=0, is_writable=True)
    several = dataclasses.replace(fresh, shape=("S", *listed.shape))
    form = g.random.choice(
        (
            (f"torch.stack({listed.name}).sum(0)", dataclasses.replace(fresh, bound=8 * listed.bound)),
            (f"torch.stack({listed.name})", several),
            (f"{listed.name}[0]", element),
            (f"{listed.name}[-1]", element),
            (f"{listed.name}[len({listed.name}) - 1]", element),
        )
    )
    g.assign(scope, *form, features=("list:read",))


def _append_in_loop(g: Generator, scope: Scope) -> bool:
    pair = _pair(g, scope)
    if pair is None or scope.loops > 1:
        return False
    a, b = pair
    r = g.random
    name, i = g.name("l"), g.name("i")
    form = r.choice(
        (
            f"{a.name} * float({i})",
            f"torch.tanh({a.name})",
            f"{a.name} + {b.name}",
            f"torch.lgamma({a.name}.abs() + 1.0)",
        )
    )
    text = f"{name}: List[Tensor] = []\nfor {i} in range({r.randint(2, 3)}):\n    {name}.append({form})"
    scope.block.append(Statement(text, ("list", "list:append in loop")))
    value = Value(name, "list", "f32", a.shape, is_contiguous=False, bound=2 * (a.bound + b.bound))
    scope.values.append(g.new(value))
    if r.random() < 0.7:
        _use(g, scope, value)
    return True


def _append_more(g: Generator, scope: Scope) -> bool:
    listed = g.pick(scope, lambda v: v.kind == "list" and "self" not in v.name)
    if listed is None:
        return False
    v = g.pick(scope, lambda v: v.kind == "tensor" and v.dtype == "f32" and v.shape == listed.shape)
    if v is None:
        return False
    g.merge(listed, v)
    listed.is_contiguous = listed.is_contiguous and v.is_contiguous
    listed.is_writable = listed.is_writable and v.is_writable
    listed.bound = max(listed.bound, v.bound)
    text = f"{listed.name}.append({v.name})"
    if g.random.random() < 0.4:
        other = g.name("l")
        text = f"{other} = {listed.name}\n{other}.append({v.name})"
    scope.block.append(Statement(text, ("list:append",)))
    return True


def _dict(g: Generator, scope: Scope) -> bool:
    pair = _pair(g, scope)
    if pair is None:
        return False
    a, b = pair
    r = g.random
    name = g.name("d")
    element = _joined(g, a, b)
    text = r.choice(
        (
            f'{name} = {{"a": {a.name}, "b": {b.name}}}',
            f'{name}: Dict[str, Tensor] = {{}}\n{name}["b"] = {a.name}\n{name}["a"] = {b.name}',
            f'{name} = {{"a": {a.name}}}\n{name}["b"] = torch.tanh({b.name})\n{name}["a"] = {name}["b"]',
        )
    )
    scope.block.append(Statement(text, ("dict",)))
    read = g.name()
    form, made, feature = r.choice(
        (
            (f'{read} = {name}["a"]', element, "dict:read"),
            (f'{read} = {name}["b"]', element, "dict:read"),
            (
                f"{read} = {a.name} * 0.5\nfor key in {name}.keys():\n    {read} = {read} + {name}[key] * 0.5",
                dataclasses.replace(element, group=0, is_contiguous=False),
                "dict:keys",
            ),
            (
                f"{read} = {a.name}\nfor key, value in {name}.items():\n    {read} = torch.tanh({read} + value)",
                dataclasses.replace(element, group=0, is_contiguous=False, bound=1.0),
                "dict:items",
            ),
            (f'{read} = {name}["b"] if "b" in {name} else {a.name}', element, "dict:in"),
        )
    )
    scope.block.append(Statement(form, (feature,), {read: ("f32", a.shape)}))
    scope.values.append(g.new(dataclasses.replace(made, name=read)))
    return True


def _tuple(g: Generator, scope: Scope) -> bool:
    pair = _pair(g, scope)
    if pair is None:
        return False
    a, b = pair
    name, u, v = g.name("t"), g.name(), g.name()
    element = _joined(g, a, b)
    text, feature = g.random.choice(
        (
            (f"{name} = ({a.name}, {b.name} * 0.5)\n{u}, {v} = {name}", "tuple"),
            (f"{name} = Triple({a.name}, {b.name}, 3)\n{u} = {name}.first\n{v} = {name}.second * 0.5", "tuple:named"),
            (f"{u}, {v} = {b.name}, {a.name}", "tuple:swap"),
            (f"{name} = (({a.name}, 2), {b.name})\n{u} = {name}[0][0]\n{v} = {name}[1]", "tuple:nested"),
        )
    )
    makes = {u: ("f32", a.shape), v: ("f32", a.shape)}
    scope.block.append(Statement(text, (feature,), makes))
    scope.values += [g.new(dataclasses.replace(element, name=made)) for made in (u, v)]
    return True


def _optional(g: Generator, scope: Scope) -> bool:
    """An optional variable that a branch may set."""
    v = g.tensor(scope)
    found = data_condition(g, scope)
    if v is None or found is None:
        return False
    name, read = g.name("o"), g.name()
    text = (
        f"{name}: Optional[Tensor] = None\nif {found[0]}:\n    {name} = {v.name}\n"
        f"{read} = torch.tanh({v.name})\nif {name} is not None:\n    {read} = {read} + {name} * 0.5"
    )
    scope.block.append(Statement(text, ("optional", *found[1]), {read: ("f32", v.shape)}))
    scope.values.append(g.new(Value(name, "optional", group=v.group, is_writable=False)))
    made = Value(read, shape=v.shape, is_contiguous=v.is_contiguous, bound=1.0 + v.bound)
    scope.values.append(g.new(made))
    return True


def _object(g: Generator, scope: Scope) -> bool:
    """An object of a TorchScript class, whose method sets an attribute."""
    pair = _pair(g, scope)
    if pair is None:
        return False
    a, b = pair
    name, read = g.name("b"), g.name()
    times = g.random.choice((f"{name}.add({b.name})", f"for _ in range(2):\n    {name}.add({b.name})", ""))
    text = f"{name} = Box({a.name})\n" + (f"{times}\n" if times else "") + f"{read} = {name}.value"
    scope.block.append(Statement(text, ("object",), {read: ("f32", a.shape)}))
    made = dataclasses.replace(_joined(g, a, b), name=read, is_contiguous=False, bound=a.bound + b.bound)
    scope.values.append(g.new(made))
    return True


FORMS = (
    _list,
    _list,
    _append_in_loop,
    _append_more,
    _append_more,
    _append_more,
    _dict,
    _dict,
    _tuple,
    _optional,
    _object,
)
