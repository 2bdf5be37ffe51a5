"""Attributes that calls write: buffers, numbers, lists and tensors that the next call reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hybrid.program import Attribute, Statement, Value, smallest

if TYPE_CHECKING:
    from hybrid.generate import Generator, Scope

_ATTRIBUTES = {
    "counter": Attribute("counter", 'self.register_buffer("counter", torch.zeros(1))', is_state=True),
    "steps": Attribute(
        "steps", 'self.register_buffer("steps", torch.zeros(1, dtype=torch.long), persistent=False)', is_state=True
    ),
    "mean": Attribute("mean", 'self.register_buffer("mean", torch.zeros(4))', is_state=True),
    "cache": Attribute("cache", 'self.register_buffer("cache", torch.zeros(1, 4))', is_state=True),
    "plain": Attribute("plain", "self.plain = torch.ones(4)", is_state=True),
    "n": Attribute("n", "self.n = 0", is_state=True),
    "gain": Attribute("gain", "self.gain = 1.0", is_state=True),
    "flip": Attribute("flip", "self.flip = False", is_state=True),
    "history": Attribute("history", "self.history = []", annotation="history: List[Tensor]", is_state=True),
    "last": Attribute("last", "self.last = None", annotation="last: Optional[Tensor]", is_state=True),
    "table": Attribute(
        "table", 'self.table = {"a": torch.zeros(4)}', annotation="table: Dict[str, Tensor]", is_state=True
    ),
}


def _use(g: Generator, name: str) -> None:
    g.attributes.setdefault(name, _ATTRIBUTES[name])


def _row_of_4(g: Generator, scope: Scope) -> tuple[str, Value] | None:
    """Returns the text of a tensor with 4 elements."""
    v = g.pick(
        scope,
        lambda v: (
            v.kind == "tensor"
            and v.dtype == "f32"
            and v.rank >= 1
            and v.shape[-1] == 4
            and all(smallest(dim) > 0 for dim in v.shape)
        ),
    )
    if v is None:
        return None
    return (f"{v.name}.reshape(-1, 4).mean(0)" if v.rank > 1 or g.random.random() < 0.5 else v.name), v


def _buffer(g: Generator, name: str, shape: tuple[int, ...]) -> Value:
    """Returns the value of an attribute that is a tensor; each program has one."""
    full = f"self.{name}"
    found = [v for v in g.values if v.name == full]
    _use(g, name)
    return found[0] if found else g.new(Value(full, "tensor", "f32", shape, bound=8.0))


def _counter(g: Generator, scope: Scope) -> bool:
    r = g.random
    name, one = r.choice((("counter", "1.0"), ("steps", "1")))
    _use(g, name)
    text = r.choice((f"self.{name} += {one}", f"self.{name}.add_({one})", f"self.{name} = self.{name} + {one}"))
    scope.block.append(Statement(text, (f"state:{name}", "state:set" if " = " in text else "state:write")))
    t = g.tensor(scope)
    if t is not None and r.random() < 0.7:
        text = f"torch.tanh({t.name} + self.{name} * 0.125)"
        shape = t.shape or (1,)
        made = Value("", "tensor", "f32", shape, is_contiguous=t.is_contiguous)
        g.assign(scope, text, made, (f"state:{name} read",))
    return True


def _running_mean(g: Generator, scope: Scope) -> bool:
    row = _row_of_4(g, scope)
    if row is None:
        return False
    text, v = row
    buffer = _buffer(g, "mean", (4,))
    form = g.random.choice(
        (
            "self.mean.mul_(0.5).add_({} * 0.5)",
            "self.mean.copy_({})",
            "self.mean = self.mean * 0.5 + {} * 0.5",
            "self.mean[1:] = ({})[1:]",
            "self.mean[0] += ({})[0] * 0.5\nself.mean.clamp_(-2.0, 2.0)",
            "self.mean.lerp_({}, 0.25)",
        )
    )
    scope.block.append(Statement(form.format(f"torch.tanh({text})"), ("state:mean", "state:write")))
    scope.values.append(buffer)
    return True


def _set_alias(g: Generator, scope: Scope) -> bool:
    """Stores a tensor itself, not a copy, in an attribute."""
    row = _row_of_4(g, scope)
    if row is None or row[1].rank > 2 or row[1].name.startswith("self."):
        return False
    v = row[1]
    _use(g, "plain")
    if g.random.random() < 0.5:
        made = g.assign(scope, "self.plain", Value("", shape=(4,), bound=8.0, is_writable=False), ("state:plain read",))
        g.merge(made, v)
    scope.block.append(Statement(f"self.plain = {v.name}{'[0]' * (v.rank - 1)}", ("state:alias", "state:set")))
    return True


def _cache(g: Generator, scope: Scope) -> bool:
    v = g.pick(scope, lambda v: v.kind == "tensor" and v.dtype == "f32" and v.rank >= 2 and v.shape[-1] == 4)
    if v is None or scope.loops:
        return False
    _use(g, "cache")
    scope.block.append(
        Statement(f"self.cache = torch.cat([self.cache, {v.name}.reshape(-1, 4)])", ("state:cache", "state:set"))
    )
    if g.random.random() < 0.4:
        g.assign(scope, "self.cache", Value("", shape=("S", 4), bound=8.0, is_writable=False), ("state:cache read",))
    else:
        g.assign(scope, "self.cache.mean(0)", Value("", shape=(4,), bound=8.0), ("state:cache read",))
    return True


def _number(g: Generator, scope: Scope) -> bool:
    r = g.random
    t = g.tensor(scope)
    if t is None:
        return False
    form = r.choice(("n", "gain", "flip"))
    _use(g, form)
    like = Value("", shape=t.shape, is_contiguous=t.is_contiguous)
    if form == "n":
        scope.block.append(Statement("self.n += 1", ("state:int", "state:set")))
        g.assign(scope, f"torch.tanh({t.name} + float(self.n))", like, ("state:int read",))
    elif form == "gain":
        scope.block.append(Statement("self.gain = self.gain * 0.5", ("state:float", "state:set")))
        g.assign(scope, f"torch.tanh({t.name} * self.gain)", like, ("state:float read",))
    else:
        scope.block.append(Statement("self.flip = not self.flip", ("state:bool", "state:set")))
        g.assign(scope, f"torch.tanh({t.name}) if self.flip else torch.sigmoid({t.name})", like, ("state:bool read",))
    return True


def _history(g: Generator, scope: Scope) -> bool:
    row = _row_of_4(g, scope)
    if row is None:
        return False
    _use(g, "history")
    text = row[0] if g.random.random() < 0.5 else f"torch.tanh({row[0]})"
    scope.block.append(Statement(f"self.history.append({text})", ("state:history",)))
    choice = g.random.choice(("mean", "first", "length", "none"))
    if choice == "mean":
        g.assign(scope, "torch.stack(self.history).mean(0)", Value("", shape=(4,), bound=8.0), ("state:history read",))
    elif choice == "first":
        made = Value("", shape=(4,), bound=8.0, is_writable=False, is_contiguous=False)
        g.merge(g.assign(scope, "self.history[0]", made, ("state:history read",)), row[1])
    elif choice == "length":
        scope.block.append(Statement(f"{g.name('n')} = len(self.history)", ("state:history read",)))
        scope.values.append(g.new(Value(f"n{g.counter}", "int", bound=9.0)))
    return True


def _last(g: Generator, scope: Scope) -> bool:
    row = _row_of_4(g, scope)
    if row is None:
        return False
    _use(g, "last")
    name, known = g.name(), g.name("p")
    text = (
        f"{known} = self.last\n{name} = torch.tanh({row[0]})\n"
        f"if {known} is not None:\n    {name} = {name} * 0.5 + {known} * 0.5\nself.last = {name}"
    )
    scope.block.append(Statement(text, ("state:optional", "state:set"), {name: ("f32", (4,))}))
    scope.values.append(g.new(Value(name, "tensor", "f32", (4,), is_writable=False)))
    return True


def _table(g: Generator, scope: Scope) -> bool:
    row = _row_of_4(g, scope)
    if row is None:
        return False
    _use(g, "table")
    key = g.random.choice("ab")
    text = f'self.table["{key}"] = torch.tanh({row[0]} + self.table["a"])'
    scope.block.append(Statement(text, ("state:table",)))
    g.assign(scope, 'self.table["a"] * 0.5', Value("", shape=(4,)), ("state:table read",))
    return True


FORMS = (
    _counter,
    _counter,
    _running_mean,
    _running_mean,
    _cache,
    _set_alias,
    _number,
    _number,
    _history,
    _last,
    _table,
)
