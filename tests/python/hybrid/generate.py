"""Makes the program of a seed: arguments, statements by families, and a result."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Callable

from hybrid import collections_of_tensors, control, modules, operators, scalars, state, writes
from hybrid.program import (
    LARGEST,
    SMALLEST,
    Argument,
    Attribute,
    Method,
    Program,
    Shape,
    Statement,
    Value,
    leaf_types,
    walk,
)

MOST = 8.0  # a tensor with a greater bound is squashed
EXECUTED_OPS = ("aten::add", "aten::mul", "aten::relu", "aten::linear", "aten::cat", "aten::tanh", "aten::sum")
_SHAPES: tuple[Shape, ...] = (
    ("N", 4),
    ("N", "L", 4),
    ("N", 4, "L"),
    ("N", 4, 4),
    ("N", 4, "L"),
    (4, 4),
    (3, 4),
    ("N", 4),
    ("L", 4),
)
_SHAPES_OF_INTEGERS: tuple[Shape, ...] = (("N",), ("N", 3), ("N", "L"), (4,))
_FAMILIES = {
    "unconverted": 3,
    "view": 3,
    "write": 3,
    "known": 1,
    "data": 2,
    "loop": 2,
    "state": 2,
    "collection": 2,
    "method": 3,
    "module": 3,
    "scalar": 1,
    "early": 1.5,
}


@dataclasses.dataclass
class Scope:
    """The variables and the statements of a block."""

    values: list[Value]
    block: list[Statement] = dataclasses.field(default_factory=list)
    loops: int = 0  # loops around the block
    depth: int = 0
    is_forward: bool = True

    def inner(self, is_loop: bool = False) -> Scope:
        return Scope(list(self.values), [], self.loops + is_loop, self.depth + 1, self.is_forward)


class Generator:
    """The random choices of one program."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.seed = seed
        self.values: list[Value] = []  # every value ever made
        self.attributes: dict[str, Attribute] = {}
        self.methods: list[tuple[Method, list[Value], list[Shape]]] = []
        self.roots: dict[str, str] = {}
        self.early: list[tuple[Statement, list[Value]]] = []
        self.may_return = True
        self.counter = 0
        r = self.random
        self.families = {name for name in _FAMILIES if r.random() < 0.5} or {"unconverted"}
        self.is_static = r.random() < 0.3

    # ---- values ------------------------------------------------------------------------------------------------------

    def name(self, letter: str = "v") -> str:
        self.counter += 1
        return f"{letter}{self.counter}"

    def new(self, value: Value) -> Value:
        """Registers a value; one without a group gets memory of its own."""
        if value.group == 0:
            self.counter += 1
            value.group = self.counter
        self.values.append(value)
        return value

    def pick(self, scope: Scope, takes: Callable[[Value], bool]) -> Value | None:
        """Returns a value of the scope that ``takes`` accepts, rather a late one."""
        found = [value for value in scope.values if takes(value)]
        if not found:
            return None
        return found[max(self.random.randrange(len(found)), self.random.randrange(len(found)))]

    def tensor(self, scope: Scope, dtype: str = "f32") -> Value | None:
        return self.pick(scope, lambda v: v.kind == "tensor" and v.dtype == dtype)

    def merge(self, a: Value, b: Value) -> None:
        """Notes that two values may share memory."""
        old, new = b.group, a.group
        for value in self.values:
            if value.group == old:
                value.group = new

    def wrote(self, scope: Scope, target: Value, exact: bool, bound: float) -> None:
        """Notes a write to the memory of a value."""
        for value in self.values:
            if value.group == target.group:
                value.is_exact = value.is_exact and exact and scope.loops == 0
                value.bound = max(value.bound, bound)

    def squashed(self, text: str, bound: float, dtype: str) -> tuple[str, float, bool]:
        """Returns a text whose values stay small, their bound, and whether the text is exact if the given one is."""
        if dtype == "i64":
            return (f"({text}) % 7", 7.0, True) if bound > 1000 else (text, bound, True)
        if dtype != "f32" or bound <= MOST:
            return text, bound, True
        if self.random.random() < 0.5:
            return f"torch.tanh({text})", 1.0, False
        return f"torch.clamp({text}, -2.0, 2.0)", 2.0, True

    def assign(self, scope: Scope, text: str, like: Value, features: tuple[str, ...] = (), name: str = "") -> Value:
        """Adds ``name = text``; ``like`` says what the text gives."""
        text, bound, still_exact = self.squashed(text, like.bound, like.dtype)
        name = name or self.name()
        shape = list(like.shape)
        for i, dim in enumerate(shape):
            if dim == "S":
                shape[i] = self.name("S")
                self.roots[shape[i]] = f"{name}.size({i})"
        exact = like.is_exact and still_exact
        made = dataclasses.replace(like, name=name, shape=tuple(shape), bound=bound, is_exact=exact)
        makes = {name: (like.dtype, made.shape)} if like.kind == "tensor" else {}
        scope.block.append(Statement(f"{name} = {text}", features, makes))
        scope.values.append(self.new(made))
        return made

    def applied(self, scope: Scope, row: operators.Operator, shape: Shape | None = None) -> tuple[str, Value] | None:
        """Returns a use of an operator on values of the scope, and what it gives."""
        if scope.loops and row.takes is operators._exact:
            return None
        a = self.pick(scope, row.takes)
        b = None
        if a is not None and row.pairs is not None:
            b = self.pick(scope, lambda v: row.pairs(a, v))
        if a is None or (row.pairs is not None and b is None):
            return None
        if "self.weight" in row.text:
            modules.weight(self)
        given = [a] if b is None else [a, b]
        made = Value("", dtype=row.dtype or a.dtype, shape=row.shape(a, b))
        if shape is not None and made.shape != shape:
            return None
        if made.rank > 4 or any(operators._largest(dim) > 24 for dim in made.shape):
            return None
        made.is_exact = row.keeps_exact and all(value.is_exact for value in given)
        made.is_contiguous = row.keeps_contiguous and all(value.is_contiguous for value in given)
        made.bound = row.bound(a.bound, b.bound if b else 0.0)
        if row.kind == "view":
            made.group, made.is_writable = a.group, a.is_writable and ".expand([" not in row.text
        if made.dtype != "f32":
            made.is_exact = True
        return row.text.format(a=a.name, b=b.name if b else ""), made

    def operator(self, scope: Scope, rows: list[operators.Operator]) -> Value | None:
        """Adds a statement that applies one of the operators."""
        for _ in range(12):
            row = self.random.choice(rows)
            made = self.applied(scope, row)
            if made is not None:
                return self.assign(scope, *made, features=(row.kind, row.feature) if row.feature else (row.kind,))
        return None

    def same_shape(self, scope: Scope, shape: Shape) -> tuple[str, Value]:
        """Returns a float expression of a shape; the scope has a float tensor of that shape."""
        for _ in range(20):
            made = self.applied(scope, self.random.choice(operators.CONVERTED), shape)
            if made is not None and made[1].dtype == "f32":
                return made
        value = self.pick(scope, lambda v: v.kind == "tensor" and v.dtype == "f32" and v.shape == shape)
        assert value is not None
        return f"torch.tanh({value.name})", dataclasses.replace(value, bound=1.0, is_exact=False, group=0)

    # ---- blocks ------------------------------------------------------------------------------------------------------

    def fill(self, scope: Scope, count: int) -> None:
        """Adds statements to a block."""
        for _ in range(count):
            self.statement(scope)

    def statement(self, scope: Scope) -> None:
        r = self.random
        names = [name for name in _FAMILIES if name in self.families]
        for _ in range(6):
            family = "converted"
            if r.random() < 0.6:
                family = r.choices(names, [_FAMILIES[name] for name in names])[0]
            if scope.depth >= 2 and family in ("known", "data", "loop", "early"):
                continue
            if self._add(family, scope):
                return

    def _add(self, family: str, scope: Scope) -> bool:
        if family == "converted":
            return self.operator(scope, operators.CONVERTED) is not None
        if family == "unconverted":
            return self.operator(scope, operators.UNCONVERTED) is not None
        if family == "view":
            return self.operator(scope, operators.VIEWS) is not None
        return self.random.choice(_FORMS[family])(self, scope)

    # ---- the program -------------------------------------------------------------------------------------------------

    def program(self) -> Program:
        r = self.random
        arguments, scope = self._arguments()
        defaults = self._defaults(scope)
        if "method" in self.families:
            for _ in range(r.randint(1, 2)):
                modules.make_method(self)
        self.fill(scope, r.randint(4, 12))
        total = self._digest(scope) if r.random() < 0.5 else ""
        structure = _structure(self)
        leaves = self._leaves(structure, scope)
        tensors = [i for i, kind in enumerate(leaf_types(structure)) if kind == "Tensor"]
        if total:
            leaves[tensors[-1]] = total
        for statement, values in self.early:
            statement.leaves = [self._leaf(kind, values) for kind in leaf_types(structure)]
        settings = {"min_block_size": r.choice((1, 3))}
        if r.random() < 0.15:
            settings["torch_executed_ops"] = r.sample(EXECUTED_OPS, r.randint(1, 2))
        saves = r.choice((0, 1, 1)) if r.random() < 0.2 else None
        methods = [method for method, _, _ in self.methods]
        attributes = list(self.attributes.values())
        body = scope.block
        return Program(
            self.seed, arguments, defaults, attributes, methods, body, structure, leaves, settings, self.roots, saves
        )

    def _arguments(self) -> tuple[list[Argument], Scope]:
        r = self.random
        made, scope = [], Scope([])
        for i in range(r.randint(1, 3)):
            is_int = i > 0 and r.random() < 0.6
            shape = r.choice(_SHAPES_OF_INTEGERS if is_int else _SHAPES)
            if self.is_static:
                shape = tuple({"N": 2, "L": 3}.get(dim, dim) for dim in shape)
            name = f"{'k' if is_int else 'x'}{i}"
            is_optional = i > 0 and r.random() < 0.15
            is_strided = r.random() < 0.1
            made.append(Argument(name, "i64" if is_int else "f32", shape, is_optional, is_strided))
            value = Value(name, "tensor", made[-1].dtype, shape, is_exact=True, bound=7.0 if is_int else 2.0)
            value.is_contiguous = not is_strided
            if is_optional:
                known = f"a{i}"
                text = f"assert {name} is not None\n{known} = {name}"
                if r.random() < 0.5:
                    text = f"if {name} is None:\n    {known} = x0 * 0.5\nelse:\n    {known} = {name}"
                    text = text if not is_int else f"{known} = torch.jit._unwrap_optional({name})"
                scope.block.append(Statement(text, ("argument:optional", "if:known")))
                value.name = known
            scope.values.append(self.new(value))
            for d, dim in enumerate(shape):
                if dim in SMALLEST and not is_optional:
                    self.roots.setdefault(dim, f"{name}.size({d})")
        assert set(self.roots) <= set(LARGEST)
        return made, scope

    def _defaults(self, scope: Scope) -> list[str]:
        made = []
        if self.random.random() < 0.1:
            made.append("scale: float = 0.5")
            scope.values.append(self.new(Value("scale", "float", bound=0.5)))
        if self.random.random() < 0.1:
            made.append("bias: Optional[Tensor] = None")
            like, name = scope.values[0], self.name()
            text = f"{name} = {like.name} * 0.5\nif bias is not None:\n    {name} = {name} + bias"
            scope.block.append(Statement(text, ("argument:optional not given",), {name: ("f32", like.shape)}))
            scope.values.append(
                self.new(Value(name, shape=like.shape, is_exact=True, is_contiguous=like.is_contiguous))
            )
        return made

    def _digest(self, scope: Scope) -> str:
        """Adds a sum over most tensors, so that the result depends on them."""
        name = self.name()
        scope.block.append(Statement(f"{name} = torch.zeros([])", ("digest",), {name: ("f32", ())}))
        for value in list(scope.values):
            if value.kind == "tensor" and self.random.random() < 0.8:
                text = value.name if value.dtype == "f32" else f"{value.name}.float()"
                scope.block.append(Statement(f"{name} = {name} + {text}.sum() * 0.125", ("digest",)))
        return name

    def _leaves(self, structure: object, scope: Scope) -> list[str]:
        """Returns the parts of the result, rather tensors that no statement reads."""
        leaves = [self._leaf(kind, scope.values) for kind in leaf_types(structure)]
        text = "\n".join(s.text.partition(" = ")[2] or s.text for s in walk(scope.block))
        unread = [v.name for v in scope.values if v.kind == "tensor" and not re.search(rf"\b{v.name}\b", text)]
        self.random.shuffle(unread)
        for i, kind in enumerate(leaf_types(structure)):
            if kind == "Tensor" and unread and self.random.random() < 0.5:
                leaves[i] = unread.pop()
        return leaves

    def _leaf(self, kind: str, values: list[Value]) -> str:
        r = self.random
        tensors = [v for v in values if v.kind == "tensor"]
        late = tensors[-5:] if r.random() < 0.8 else tensors
        tensor = r.choice(late).name
        if kind == "Tensor":
            return tensor
        named = {"List[Tensor]": "list", "Optional[Tensor]": "optional", "int": "int", "float": "float"}
        found = [v.name for v in values if v.kind == named.get(kind)]
        if found and r.random() < 0.8:
            return r.choice(found)
        if kind == "List[Tensor]":
            return f"[{tensor}, {r.choice(tensors).name}]"
        if kind == "int":
            return f"len({tensor}.size())"
        return {"float": "0.5", "bool": "True", "str": '"s"', "Optional[Tensor]": tensor}[kind]


def _structure(g: Generator) -> object:
    r = g.random
    kind = r.choice(("Tensor", "Tensor", "tuple", "tuple", "list", "dict", "named", "nested", "mixed"))
    many = ["Tensor"] * r.randint(1, 4)
    if kind == "Tensor":
        return "Tensor"
    if kind == "nested":
        inner = (r.choice(("tuple", "list", "dict", "named")), many)
        return ("tuple", ["Tensor", inner] if r.random() < 0.7 else [inner, ("tuple", ["Tensor", "int"])])
    if kind == "mixed":
        others = ("int", "float", "bool", "str", "List[Tensor]", "Optional[Tensor]")
        return ("tuple", ["Tensor", *r.sample(others, r.randint(1, 3))])
    if kind == "tuple":
        many.append("Tensor")
    return (kind, many)


_FORMS: dict[str, tuple[Callable[[Generator, Scope], bool], ...]] = {
    "write": writes.FORMS,
    "known": control.KNOWN,
    "data": control.DATA,
    "loop": control.LOOPS,
    "early": control.EARLY,
    "state": state.FORMS,
    "collection": collections_of_tensors.FORMS,
    "method": modules.METHODS,
    "module": modules.FORMS,
    "scalar": scalars.FORMS,
}


def generate(seed: int) -> Program:
    """Returns the program of a seed."""
    return Generator(seed).program()
