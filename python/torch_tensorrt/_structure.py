"""The structure of an exported program's arguments and results, around a ScriptModule with other ones."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch.utils import _pytree

from torch_tensorrt._nest import (
    Mismatch,
    described,
    described_value,
    from_json,
    from_plain,
    leaf_text,
    mapped,
    matched,
    paths,
    plain,
    spec_of,
    to_json,
    typed,
)

_VERSION = 1


@dataclasses.dataclass(frozen=True)
class Want:
    """What a call must have at a leaf. ``kind`` is ``"Tensor"``, ``"int"``, ``"float"``, or ``"constant"``."""

    kind: str
    value: Any = None  # of a constant

    def __str__(self) -> str:
        return leaf_text(self.value) if self.is_constant else self.kind

    @property
    def is_constant(self) -> bool:
        return self.kind == "constant"

    def refusal(self, value: Any) -> str:
        """Returns why a call must not have the value; an empty text, if it may."""
        if self.kind == "Tensor":
            return "" if isinstance(value, torch.Tensor) else f"is {leaf_text(value)}, must be a Tensor"
        if self.is_constant:
            is_same = same_constant(value, self.value)
            return "" if is_same else f"is {leaf_text(value)}, but the program was exported for {self}"
        allowed = int if self.kind == "int" else (int, float)
        is_number = isinstance(value, allowed) and not isinstance(value, bool)
        return "" if is_number else f"is {leaf_text(value)}, must be of the type {self.kind}"


def same_constant(value: Any, wanted: Any) -> bool:
    """Tells whether a value is that of the export. A bool is no number here."""
    if isinstance(value, torch.Tensor) or isinstance(value, bool) != isinstance(wanted, bool):
        return False
    is_nan = isinstance(wanted, float) and math.isnan(wanted)
    return bool(isinstance(value, float) and math.isnan(value) if is_nan else value == wanted)


@dataclasses.dataclass(frozen=True)
class Form:
    """The arguments and results of the ScriptModule of a program.

    Attributes:
        flat_arguments: an argument for each leaf that is no constant, instead of tuples, lists and dicts.
        flat_results: a tuple of the leaves that are no constants.
        constants: arguments without a tensor too.
    """

    flat_arguments: bool = False
    flat_results: bool = False
    constants: bool = False


class Taken:
    """An argument of a call.

    Args:
        tree: a nest of :class:`Want`.
    """

    def __init__(self, name: str, tree: Any) -> None:
        self.name, self.tree = name, tree
        self.wants = [want for want, _ in paths(tree, "")]
        self.is_constant = all(want.is_constant for want in self.wants)

    def leaves(self, value: Any) -> list[Any]:
        """Returns the leaves of the value. Raises ``ValueError`` if it is not what the program takes."""
        try:
            leaves = list(matched(self.tree, value))
        except Mismatch:
            raise ValueError(
                f"argument {self.name} is {described_value(value)}, but the program was exported for "
                f"{described(self.tree)}"
            ) from None
        for place, (leaf, want) in enumerate(zip(leaves, self.wants, strict=True)):
            refusal = want.refusal(leaf)
            if refusal:
                path = [path for _, path in paths(self.tree, self.name)][place]
                raise ValueError(f"argument {path} {refusal}")
        return leaves


class Structure:
    """Takes the arguments of a program apart for a ScriptModule, and puts the results together. Does not change.

    Args:
        arguments: those of the program, in the order of the call.
        result: a nest of the results. A leaf is a list with the value that it always has, or None. The ScriptModule
            returns those that are None.
        form: the arguments and results of the ScriptModule.
    """

    def __init__(self, arguments: Sequence[Taken], result: Any, form: Form) -> None:
        self.arguments, self.result, self.form = tuple(arguments), result, form
        self._names = [argument.name for argument in self.arguments]
        self._constants = [constant for constant, _ in paths(result, "")]
        self._result_spec = spec_of(result)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Structure) and self._state() == other._state()

    __hash__ = object.__hash__

    def __deepcopy__(self, memo: Any) -> Structure:
        return self

    def __reduce__(self) -> Any:
        return _from_state, (self._state(),)

    def _state(self) -> list[Any]:
        arguments = [(argument.name, plain(argument.tree)) for argument in self.arguments]
        return [arguments, plain(self.result), dataclasses.astuple(self.form)]

    def __str__(self) -> str:
        texts = [f"{argument.name}: {described(argument.tree)}" for argument in self.arguments]
        result = mapped(self.result, lambda constant: "..." if constant is None else leaf_text(constant[0]))
        return f"({', '.join(texts)}) -> {described(result)}"

    def to_json(self) -> str:
        """Returns a text for files. Raises ``RuntimeError``: it cannot name a class of the user."""
        arguments = [(argument.name, to_json(argument.tree, dataclasses.astuple)) for argument in self.arguments]
        result = to_json(self.result, lambda constant: constant)
        return json.dumps([_VERSION, arguments, result, dataclasses.astuple(self.form)])

    @staticmethod
    def from_json(text: str) -> Structure:
        """The inverse of :meth:`to_json`. Raises ``RuntimeError`` for a class that this process does not know."""
        version, arguments, result, form = json.loads(text)
        if version != _VERSION:
            raise RuntimeError(f"the structure of the arguments in the file has the version {version}, not {_VERSION}")
        taken = [Taken(name, from_json(tree, lambda leaf: Want(*leaf))) for name, tree in arguments]
        return Structure(taken, from_json(result, lambda constant: constant), Form(*form))

    def inputs(self, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
        """Returns the arguments of the ScriptModule.

        Raises:
            TypeError: arguments are missing, unknown or given twice.
            ValueError: an argument has another structure or another constant than in the export.
        """
        given = self._bound(args, kwargs)
        found: list[Any] = []
        for argument in self.arguments:
            if argument.name not in given:  # a constant
                leaves = [want.value for want in argument.wants]
            else:
                leaves = argument.leaves(given[argument.name])
            if self.form.flat_arguments:
                found += [leaf for leaf, want in zip(leaves, argument.wants, strict=True) if not want.is_constant]
            elif self.form.constants or not argument.is_constant:
                found.append(typed(argument.tree, iter(leaves)))
        return found

    def _bound(self, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        if len(args) > len(self._names):
            raise TypeError(f"the program takes {len(self._names)} arguments, {len(args)} were given")
        given = dict(zip(self._names, args, strict=False))
        for name, value in kwargs.items():
            if name in given:
                raise TypeError(f"argument {name} is given twice")
            if name not in self._names:
                raise TypeError(f"the program has no argument {name}; its arguments are {', '.join(self._names)}")
            given[name] = value
        for argument in self.arguments:
            if argument.name not in given and not argument.is_constant:
                raise TypeError(f"argument {argument.name} is missing; it is {described(argument.tree)}")
        return given

    def results(self, found: Any) -> Any:
        """Returns the results of the ScriptModule in the structure of the program."""
        left = iter(found if self.form.flat_results else _pytree.tree_leaves(found))
        leaves = [next(left) if constant is None else constant[0] for constant in self._constants]
        return _pytree.tree_unflatten(leaves, self._result_spec)


def _from_state(state: Sequence[Any]) -> Structure:
    arguments, result, form = state
    taken = [Taken(name, from_plain(tree)) for name, tree in arguments]
    return Structure(taken, from_plain(result), Form(*form))
