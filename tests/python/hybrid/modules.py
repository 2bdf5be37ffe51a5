"""Submodules, helper methods and functions, and calls of them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from hybrid.program import Attribute, Method, Shape, Statement, Value, smallest

if TYPE_CHECKING:
    from hybrid.generate import Generator, Scope

_PART = """\
class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
{init}
    def forward(self, x: Tensor) -> Tensor:
{body}"""
_PLAIN_PART = _PART.format(name="Part", init="", body="        return torch.tanh(self.linear(x)) + x * 0.5\n")
_WRITING_PART = _PART.format(
    name="WritingPart",
    init="        self.register_buffer('calls', torch.zeros(1))\n",
    body="        self.calls += 1.0\n        return torch.tanh(self.linear(x) + self.calls * 0.125)\n",
)
_CHANGING_PART = _PART.format(
    name="ChangingPart",
    init="",
    body="        x.mul_(0.5)\n        return torch.tanh(self.linear(x))\n",
)
_BRANCHING_PART = _PART.format(
    name="BranchingPart",
    init="",
    body="""\
        if x.size(0) > 2:
            return torch.special.i0e(self.linear(x))
        return self.linear(x)
""",
)


def weight(g: Generator) -> None:
    text = "self.weight = nn.Parameter(torch.randn(4, 4) * 0.25)"
    g.attributes.setdefault("weight", Attribute("weight", text, ("module:parameter",)))


def _last_is_4(v: Value) -> bool:
    return v.kind == "tensor" and v.dtype == "f32" and v.rank >= 1 and v.shape[-1] == 4 and _filled(v)


def _filled(v: Value) -> bool:
    return all(smallest(dim) > 0 for dim in v.shape)


def _channels_are_4(v: Value) -> bool:
    return v.kind == "tensor" and v.dtype == "f32" and v.rank == 3 and v.shape[1] == 4 and _filled(v)


def _attribute(g: Generator, kind: str, init: str, part: str = "") -> str:
    """Returns the name of a submodule, which an earlier statement may use too."""
    found = [a.name for a in g.attributes.values() if f"module:{kind}" in a.features]
    if found and g.random.random() < 0.5:
        return g.random.choice(found)
    name = g.name("m")
    g.attributes[name] = Attribute(name, f"self.{name} = {init}", (f"module:{kind}",), part=part)
    return name


def _of_4(g: Generator, scope: Scope) -> bool:
    v = g.pick(scope, _last_is_4)
    if v is None:
        return False
    kind, init, part, size, bound = g.random.choice(
        (
            ("Linear", "nn.Linear(4, 4)", "", 4, 2 * v.bound + 1),
            ("Linear to 3", "nn.Linear(4, 3)", "", 3, 2 * v.bound + 1),
            ("LayerNorm", "nn.LayerNorm(4, eps=0.1)", "", 4, 2.0),
            ("Sequential", "nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4))", "", 4, 4 * v.bound + 2),
            (
                "in place",
                "nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True), nn.Dropout(0.1))",
                "",
                4,
                2 * v.bound + 1,
            ),
            ("Part", "Part()", _PLAIN_PART, 4, v.bound + 1),
            ("BranchingPart", "BranchingPart()", _BRANCHING_PART, 4, 2 * v.bound + 1),
        )
    )
    name = _attribute(g, kind, init, part)
    made = Value("", shape=(*v.shape[:-1], size), is_contiguous=v.is_contiguous, bound=bound)
    g.assign(scope, f"self.{name}({v.name})", made, ("module",))
    return True


def _writing(g: Generator, scope: Scope) -> bool:
    v = g.pick(scope, lambda v: _last_is_4(v) and v.is_writable)
    if v is None:
        return False
    changes = g.random.random() < 0.4 and "write" in g.families
    if not changes and "state" not in g.families:
        return False
    kind, part = ("ChangingPart", _CHANGING_PART) if changes else ("WritingPart", _WRITING_PART)
    name = _attribute(g, kind, f"{kind}()", part)
    if changes:
        g.wrote(scope, v, True, v.bound)
    made = Value("", shape=v.shape, is_contiguous=v.is_contiguous)
    feature = "write:in submodule" if changes else "state:submodule"
    g.assign(scope, f"self.{name}({v.name})", made, ("module", feature))
    return True


def _of_channels(g: Generator, scope: Scope) -> bool:
    v = g.pick(scope, _channels_are_4)
    if v is None:
        return False
    kind, init, bound = g.random.choice(
        (
            ("Conv1d", "nn.Conv1d(4, 4, 3, padding=1)", 4 * v.bound + 1),
            ("BatchNorm1d", "nn.BatchNorm1d(4)", 2 * v.bound + 1),
            ("Conv2d", "nn.Conv2d(1, 2, 3, padding=1)", 3 * v.bound + 1),
        )
    )
    name = _attribute(g, kind, init)
    if kind == "BatchNorm1d":
        text = f"self.{name}.running_mean = torch.randn(4) * 0.25\nself.{name}.running_var = torch.rand(4) + 0.5"
        attribute = g.attributes[name]
        attribute.init = attribute.init.split("\n")[0] + "\n" + text
    text, shape = f"self.{name}({v.name})", v.shape
    if kind == "Conv2d":
        text, shape = f"self.{name}({v.name}.unsqueeze(1))", (v.shape[0], 2, *v.shape[1:])
    g.assign(scope, text, Value("", shape=shape, is_contiguous=False, bound=bound), ("module",))
    return True


def _embedding(g: Generator, scope: Scope) -> bool:
    k = g.pick(scope, lambda v: v.kind == "tensor" and v.dtype == "i64" and v.rank <= 3)
    if k is None:
        return False
    name = _attribute(g, "Embedding", "nn.Embedding(8, 4)")
    made = Value("", shape=(*k.shape, 4), bound=4.0, is_contiguous=k.is_contiguous)
    g.assign(scope, f"self.{name}({k.name} % 8)", made, ("module",))
    return True


def _module_list(g: Generator, scope: Scope) -> bool:
    v = g.pick(scope, _last_is_4)
    if v is None:
        return False
    name = _attribute(g, "ModuleList", "nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])")
    made, layer = g.name(), g.name("layer")
    text = f"{made} = {v.name}\nfor {layer} in self.{name}:\n    {made} = torch.tanh({layer}({made}))"
    scope.block.append(Statement(text, ("module", "module:loop"), {made: ("f32", v.shape)}))
    scope.values.append(g.new(Value(made, shape=v.shape, is_contiguous=v.is_contiguous)))
    return True


# ---- methods ---------------------------------------------------------------------------------------------------------


def make_method(g: Generator) -> None:
    """Makes a method or a function of one or two tensors."""
    from hybrid.generate import Scope

    r = g.random
    is_function = r.random() < 0.3
    shapes: list[Shape] = [("N", 4) if not g.is_static else (2, 4), (4,)][: r.randint(1, 2)]
    families, early = set(g.families), g.families & {"early"}
    if is_function:
        g.families -= {"state", "module", "known"}
    g.families -= {"early", "method"}
    g.families |= {"view"}
    values = [Value(g.name("p"), shape=shape, bound=2.0, is_contiguous=False, group=-1) for shape in shapes]
    scope = Scope(list(values), [], is_forward=False)
    for value in values:
        g.new(value)
    bound_before = dict(g.attributes)
    g.fill(scope, r.randint(1, 3))
    # An operator may have used self.weight.
    if is_function and (_uses_self(scope.block) or set(g.attributes) != set(bound_before)):
        scope = Scope(list(values), [Statement(f"{g.name()} = {values[0].name} * 0.5")], is_forward=False)
    g.families = families | early
    found = [v for v in scope.values if v.kind == "tensor" and v.dtype == "f32" and "S" not in str(v.shape)]
    results = [r.choice(found[-3:]) for _ in range(r.randint(1, 2))]
    result = ", ".join(v.name for v in results)
    annotation = "Tensor" if len(results) == 1 else "Tuple[Tensor, Tensor]"
    name = g.name("scale_" if is_function else "helper_")
    arguments = ", ".join(f"{value.name}: Tensor" for value in values)
    method = Method(name, arguments, scope.block, result, annotation, is_function)
    g.methods.append((method, values, results))


def _uses_self(block: list[Statement]) -> bool:
    from hybrid.program import walk

    return any("self." in s.text for s in walk(block))


def _call(g: Generator, scope: Scope) -> bool:
    methods = [found for found in g.methods if found[1]]
    if not methods or not scope.is_forward:
        return False
    method, values, results = g.random.choice(methods)
    given = []
    for value in values:
        found = g.pick(
            scope,
            lambda v, value=value: v.kind == "tensor" and v.dtype == "f32" and v.shape == value.shape and v.is_writable,
        )
        if found is None:
            return False
        given.append(found)
    names = [g.name() for _ in results]
    call = method.name if method.is_function else f"self.{method.name}"
    text = f"{', '.join(names)} = {call}({', '.join(v.name for v in given)})"
    feature = "method:function" if method.is_function else "method"
    shapes = [r.shape for r in results]
    features = (feature, "method:tuple") if len(names) > 1 else (feature,)
    scope.block.append(Statement(text, features, {n: ("f32", s) for n, s in zip(names, shapes, strict=True)}))
    bound = max(8.0, *(v.bound for v in given))
    for v in given:
        g.merge(given[0], v)
    g.wrote(scope, given[0], False, bound)
    for name, shape in zip(names, shapes, strict=True):
        made = dataclasses.replace(given[0], name=name, shape=shape, is_exact=False, is_contiguous=False, bound=bound)
        made.is_writable = False  # it may be a view of an attribute
        scope.values.append(g.new(made))
    return True


def _fork(g: Generator, scope: Scope) -> bool:
    v = g.tensor(scope)
    if v is None:
        return False
    if not any(method.name == "forked" for method, _, _ in g.methods):
        body = [Statement("y = torch.tanh(x)")]
        g.methods.insert(0, (Method("forked", "x: Tensor", body, "y * 0.5", is_function=True), [], []))
    made = dataclasses.replace(v, group=0, is_exact=False, is_writable=True, bound=1.0)
    future = g.name("f")
    scope.block.append(Statement(f"{future} = torch.jit.fork(forked, {v.name}.clone())"))
    g.assign(scope, f"torch.jit.wait({future})", made, ("fork",))
    return True


METHODS = (_call, _call, _call, _call, _fork)
FORMS = (_of_4, _of_4, _of_4, _writing, _of_channels, _of_channels, _embedding, _module_list)
