"""The sizes that an exported program allows in its arguments."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sympy
import torch

from torch_tensorrt._exported_arguments import Leaf, arguments
from torch_tensorrt._exported_guards import Condition, Size, conditions
from torch_tensorrt._input import Input

# The most combinations of sizes for which a condition is tried.
_MOST_TRIES = 4096


class Rule(NamedTuple):
    """A relation of sizes that a call must fulfill, in the terms of TorchScript."""

    holds: str
    message: str
    values: tuple[str, ...]  # replace {} in the message
    sizes: tuple[Size, ...]
    wanted: str | None = None  # of the last of the sizes, if it follows from the others


class Sizes:
    """The sizes of a program's tensors: their ranges and relations."""

    def __init__(self, program: torch.export.ExportedProgram) -> None:
        self._program = program
        parts = [part for argument in arguments(program) for part in argument.paths() if part[0].is_tensor]
        self._leaves = {text: leaf for leaf, text in parts}
        self._ranges: dict[sympy.Symbol, tuple[int, float]] = {}
        for size in self._all():
            expression = self._expression(size)
            for symbol in getattr(expression, "free_symbols", ()):
                self._ranges.setdefault(symbol, self._range_of(symbol))
        self._conditions = [condition for condition in conditions(program) if self._knows(condition)]
        for symbol in self._ranges:
            self._narrow(symbol)

    def bounds(self, dim: Any) -> tuple[int, float]:
        """Returns the smallest and the largest size of a dimension."""
        if isinstance(dim, int):
            return dim, dim
        expression = dim.node.expr
        line = _line(expression)
        if line is None:
            return _interval(self._program.range_constraints.get(expression))
        symbol, slope, offset = line
        low, high = self._ranges.get(symbol, (0, math.inf))
        return slope * low + offset, slope * high + offset

    def rules(self, texts: Mapping[str, str]) -> list[Rule]:
        """Returns the relations of sizes.

        Args:
            texts: the expressions that read the tensors, by the names of their placeholders.
        """
        sizes = {size: self._expression(size) for size in self._all()}
        sizes = {size: expression for size, expression in sizes.items() if isinstance(expression, sympy.Expr)}
        known: dict[sympy.Symbol, tuple[str, str]] = {}  # in TorchScript, and in a message
        for size, expression in sizes.items():
            if expression.is_Symbol:
                known.setdefault(expression, (self._script(size, texts), _words(size)))
        found: list[Rule] = []
        first: dict[sympy.Expr, Size] = {}
        for size, expression in sizes.items():
            line = _line(expression)
            if expression not in first and line is not None and line[0] not in known:
                first[expression] = size
                found += self._multiple(size, known, texts)
        for size, expression in sizes.items():
            other = first.setdefault(expression, size)
            if other != size:
                found.append(self._equal(other, size, texts))
            elif not expression.is_Symbol:
                found += self._derived(size, known, texts)
        return found + [self._exported_for(each, texts) for each in self._conditions if not self._always(each)]

    def _multiple(self, size: Size, known: dict[sympy.Symbol, tuple[str, str]], texts: Mapping[str, str]) -> list[Rule]:
        """Adds the symbol of a size such as ``3 * n``, and returns the relation of this size."""
        symbol, slope, offset = _line(self._expression(size))
        text, words = self._script(size, texts), _words(size)
        sign = "-" if offset > 0 else "+"
        multiple, words_of_multiple = (f"({each} {sign} {abs(offset)})" if offset else each for each in (text, words))
        known[symbol] = f"{multiple} // {slope}", f"({words_of_multiple} / {slope})"
        if slope == 1:
            return []
        rest = f", plus {offset}" if offset > 0 else f", minus {-offset}" if offset else ""
        message = f"{words} must be a multiple of {slope}{rest}{self._name(size)}; the call has {{}}"
        return [Rule(f"torch.ops.aten.eq({multiple} % {slope}, 0)", message, (text,), (size,))]

    def _equal(self, one: Size, other: Size, texts: Mapping[str, str]) -> Rule:
        values = self._script(one, texts), self._script(other, texts)
        message = f"{_words(one)} and {_words(other)} must be equal{self._name(one)}; the call has {{}} and {{}}"
        return Rule(f"torch.ops.aten.eq({values[0]}, {values[1]})", message, values, (one, other), values[0])

    def _derived(self, size: Size, known: dict[sympy.Symbol, tuple[str, str]], texts: Mapping[str, str]) -> list[Rule]:
        text, wanted = self._script(size, texts), _in_terms_of(self._expression(size), known)
        if wanted is None or text in wanted[0]:  # not linear, or the size gives the symbol
            return []
        message = f"{_words(size)} must be {wanted[1]}{self._name(size)}; the call has {{}}, and needs {{}}"
        symbols = self._expression(size).free_symbols
        others = [other for other in self._all() if getattr(self._expression(other), "free_symbols", set()) & symbols]
        return [Rule(f"torch.ops.aten.eq({text}, {wanted[0]})", message, (text, wanted[0]), (*others, size), wanted[0])]

    def _exported_for(self, condition: Condition, texts: Mapping[str, str]) -> Rule:
        values = tuple(self._script(size, texts) for size in condition.sizes)
        message = f"the program was exported for {condition.text(_words)}; the call has "
        message += " and ".join(["{}"] * len(values))
        holds = condition.script(lambda size: self._script(size, texts))
        return Rule(holds, message, values, tuple(condition.sizes))

    def text(self, tensor: str, texts: Mapping[str, str]) -> str:
        """Returns the expression that reads the tensor."""
        return texts.get(self._leaves[tensor].name, tensor)

    def placeholder(self, tensor: str) -> str:
        """Returns the name of the placeholder of a tensor."""
        return self._leaves[tensor].name

    def rank(self, tensor: str) -> int:
        return self._leaves[tensor].value.dim()

    def views(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Returns expressions that fail in a call whose sizes contradict each other, by the name of the placeholder.

        An operator may accept other sizes silently; a view with the sizes that follow does not. It has no elements in
        a call in which another relation does not hold, and the tensor has some.
        """
        shapes: dict[str, list[str]] = {}
        for rule in self.rules(texts):
            size = rule.sizes[-1]
            script = [self._script(Size(size.tensor, dim), texts) for dim in range(self.rank(size.tensor))]
            shape = shapes.setdefault(size.tensor, script)
            shape[size.dim] = rule.wanted or f"({shape[size.dim]}) * int({rule.holds})"
        found = {}
        for tensor, shape in shapes.items():
            found[self._leaves[tensor].name] = f"{self.text(tensor, texts)}.view([{', '.join(shape)}])"
        return found

    def _all(self) -> list[Size]:
        return [Size(text, dim) for text, leaf in self._leaves.items() for dim in range(leaf.value.dim())]

    def _expression(self, size: Size) -> Any:
        """Returns an int, or the expression of the size."""
        dim = self._leaves[size.tensor].value.shape[size.dim]
        return dim if isinstance(dim, int) else sympy.expand(dim.node.expr)

    def _script(self, size: Size, texts: Mapping[str, str]) -> str:
        return f"{self.text(size.tensor, texts)}.size({size.dim})"

    def _name(self, size: Size) -> str:
        """Returns the dimension's name in ``dynamic_shapes``, in parentheses. A program from a file has none."""
        dim = self._leaves[size.tensor].value.shape[size.dim]
        base = re.match(r"\w+", size.tensor)[0]
        source = f"L['{base}']{size.tensor[len(base) :]}.size()[{size.dim}]"
        name = getattr(dim.node.shape_env, "source_name_to_debug_name", {}).get(source)
        if not name or name.startswith("_"):
            return ""
        return f" (Dim {name})" if name.isidentifier() else f" ({name})"

    def _range_of(self, symbol: sympy.Symbol) -> tuple[int, float]:
        """Returns the range of a symbol. Export may start it at 2 where the range of ``3 * symbol`` starts at 3."""
        low, high = _interval(self._program.range_constraints.get(symbol))
        for expression, interval in self._program.range_constraints.items():
            line = _line(sympy.expand(expression))
            if line is None or line[0] != symbol or expression.is_Symbol:
                continue
            ends = _interval(interval)
            low = min(low, -((line[2] - ends[0]) // line[1]))
            high = max(high, (ends[1] - line[2]) // line[1] if math.isfinite(ends[1]) else ends[1])
        return low, high

    def _knows(self, condition: Condition) -> bool:
        for size in condition.sizes:
            leaf = self._leaves.get(size.tensor)
            if leaf is None or size.dim >= leaf.value.dim():
                return False
        return True

    def _symbols(self, condition: Condition) -> list[sympy.Symbol]:
        found = [getattr(self._expression(size), "free_symbols", set()) for size in condition.sizes]
        return sorted(set().union(*found), key=str)

    def _holds(self, condition: Condition, values: Mapping[sympy.Symbol, int]) -> bool:
        def value(size: Size) -> int:
            expression = self._expression(size)
            return expression if isinstance(expression, int) else int(expression.subs(values))

        return condition.holds(value)

    def _narrow(self, symbol: sympy.Symbol) -> None:
        """Drops the sizes at the ends of the range that a condition excludes."""
        low, high = self._ranges[symbol]
        mine = [condition for condition in self._conditions if self._symbols(condition) == [symbol]]
        if not mine or not high - low < _MOST_TRIES:
            return
        fit = [n for n in range(low, int(high) + 1) if all(self._holds(each, {symbol: n}) for each in mine)]
        if fit:
            self._ranges[symbol] = fit[0], fit[-1]

    def _always(self, condition: Condition) -> bool:
        """Tells whether the condition holds for all sizes in the ranges. False if there are too many."""
        symbols = self._symbols(condition)
        ranges = [self._ranges[symbol] for symbol in symbols]
        if not math.prod(high - low + 1 for low, high in ranges) <= _MOST_TRIES:
            return False
        points = itertools.product(*(range(low, int(high) + 1) for low, high in ranges))
        return all(self._holds(condition, dict(zip(symbols, point, strict=True))) for point in points)


def _words(size: Size) -> str:
    return f"{size.tensor}'s size {size.dim}"


def _interval(interval: Any) -> tuple[int, float]:
    if interval is None:
        return 0, math.inf
    high = interval.upper
    is_bound = high.is_finite and high < torch.iinfo(torch.int64).max // 2
    return int(interval.lower), int(high) if is_bound else math.inf


def _line(expression: sympy.Expr) -> tuple[sympy.Symbol, int, int] | None:
    """Returns symbol, slope and offset of ``2 * n + 1``; None for other expressions."""
    if len(expression.free_symbols) != 1:
        return None
    (symbol,) = expression.free_symbols
    slope = expression.diff(symbol)
    offset = expression.subs(symbol, 0)
    return (symbol, int(slope), int(offset)) if slope.is_Integer and slope > 0 and offset.is_Integer else None


def _in_terms_of(expression: sympy.Expr, known: Mapping[sympy.Symbol, tuple[str, str]]) -> tuple[str, str] | None:
    """Returns the expression in TorchScript and in words; None for sizes that are not linear in the known symbols."""
    scripts, words = [], []
    for term, factor in expression.as_coefficients_dict().items():
        if not factor.is_Integer or not (term == 1 or term in known):
            return None
        if term == 1:
            scripts.append(repr(int(factor)))
            words.append(repr(int(factor)))
            continue
        script, word = known[term]
        scripts.insert(0, f"{int(factor)} * ({script})")
        words.insert(0, word if factor == 1 else f"{int(factor)} * {word}")
    return " + ".join(scripts), " + ".join(words).replace("+ -", "- ")


def default_input(sizes: Sizes, leaf: Leaf) -> Input:
    """Returns the Input of the export. Raises ``ValueError`` for a dimension without an upper bound."""
    value = leaf.value
    low, high = zip(*(sizes.bounds(dim) for dim in value.shape), strict=True) if value.dim() else ((), ())
    if any(math.isinf(bound) for bound in high):
        raise ValueError(f"input {leaf.name} of the exported program has a size without an upper bound; give inputs")
    usual = tuple(dim if isinstance(dim, int) else int(dim.node.hint) for dim in value.shape)
    if low == high:
        return Input(usual, dtype=value.dtype)
    return Input(min_shape=low, opt_shape=usual, max_shape=tuple(map(int, high)), dtype=value.dtype)


def _shapes(element: torch.Tensor | Input) -> list[Sequence[int]]:
    if isinstance(element, torch.Tensor):
        return [tuple(element.shape)]
    if element.shape_mode is Input._ShapeMode.DYNAMIC:
        ranges = element.profiles or [element.shape]
        return [range_[end] for range_ in ranges for end in ("min_shape", "max_shape")]
    return [element.shape]


def check_inputs(sizes: Sizes, leaves: Sequence[Leaf], inputs: Sequence[Any]) -> None:
    """Raises ``ValueError`` if the inputs do not match those of the export."""
    if len(leaves) != len(inputs):
        raise ValueError(f"the exported program has {len(leaves)} inputs, {len(inputs)} were given")
    for leaf, element in zip(leaves, inputs, strict=True):
        if not isinstance(element, (torch.Tensor, Input)):
            continue  # the compiler reports the type
        for shape in _shapes(element):
            _check_shape(sizes, leaf, shape)


def _check_shape(sizes: Sizes, leaf: Leaf, shape: Sequence[int]) -> None:
    value = leaf.value
    if len(shape) != value.dim():
        raise ValueError(
            f"input {leaf.name} has the shape {list(shape)}, but the program was exported for rank {value.dim()}"
        )
    for axis, (size, dim) in enumerate(zip(shape, value.shape, strict=True)):
        low, high = sizes.bounds(dim)
        if low <= size <= high:
            continue
        range_text = str(low) if low == high else f"{low} to {high}"
        raise ValueError(
            f"dimension {axis} of input {leaf.name} is {size}, but the program was exported for {range_text}; "
            "set the range with torch.export.export(..., dynamic_shapes=...)"
        )
