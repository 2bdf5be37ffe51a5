"""The module in float32 whose tensors are compared with those of a compiled module."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.utils import _pytree

from torch_tensorrt import _progress
from torch_tensorrt._compile import compile as _compile
from torch_tensorrt._input import Input
from torch_tensorrt._inspect import inspect
from torch_tensorrt._library import compiler
from torch_tensorrt._structured_module import script_of
from torch_tensorrt.ptq import OBSERVED
from torch_tensorrt.ts._compiler import _native

# Settings that decide which operators an engine has.
_CUTS = (
    "min_block_size",
    "torch_executed_ops",
    "torch_executed_modules",
    "require_full_compilation",
    "allow_shape_tensors",
    "max_specializations",
    "truncate_long_and_double",
)


@dataclasses.dataclass(frozen=True)
class Engine:
    """An engine of a compiled module. ``label`` is its name in the module, as ``inspect`` shows it."""

    label: str
    operations: int
    information: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.information.get("name", ""))

    @property
    def place(self) -> str:
        target = self.information.get("target", {}).get("kind", "")
        return f"{self.information.get('backend', '')} on {target}"

    @property
    def shows_tensors(self) -> bool:
        return self.place == "native on cpu"

    def layers(self) -> list[dict[str, Any]]:
        """The layers in the order of computation, constants and inputs too; none where no tensors are shown."""
        return list(self.information.get("layers", [])) if self.shows_tensors else []

    def layer_names(self) -> set[str]:
        return {layer["name"] for layer in self.layers() if layer["kind"] not in ("constant", "input")}

    def dims(self, side: str) -> list[list[int]]:
        return [row["dims"] for row in self.information.get(side, [])]

    def is_cut_like(self, other: Engine) -> bool:
        if (self.name, self.operations) != (other.name, other.operations):
            return False
        return all(_fit(self.dims(side), other.dims(side)) for side in ("inputs", "outputs"))


def _fit(dims: list[list[int]], others: list[list[int]]) -> bool:
    """Whether tensors have the same shapes, as far as these are known: -1 is any size."""
    if [len(row) for row in dims] != [len(row) for row in others]:
        return False
    pairs = [pair for row, other in zip(dims, others, strict=True) for pair in zip(row, other, strict=True)]
    return all(a == b or -1 in (a, b) for a, b in pairs)


def engines_of(compiled: Any) -> list[Engine]:
    """The engines that ``forward`` runs, in the order of their calls; none for a module that is not compiled."""
    try:
        methods = inspect(compiled).methods
    except (RuntimeError, TypeError):
        return []
    run = [method for method in methods if method.path or method.method == "forward"] or methods
    return [
        Engine(".".join(filter(None, [method.path, engine.attribute])), engine.operations, engine.information)
        for method in run
        for engine in method.engines
    ]


def _reason_without_tensors(compiled: Any) -> str:
    """Why no engine shows its tensors; empty if one does."""
    if not isinstance(script_of(compiled), torch.jit.ScriptModule):
        return f"the compiled module is no ScriptModule, but a module of the class {type(compiled).__name__}"
    engines = engines_of(compiled)
    if not engines:
        return "the compiled module has no engines"
    if any(engine.shows_tensors for engine in engines):
        return ""
    return f"its engines run in {engines[0].place}; only those of the native backend on the CPU show their tensors"


def _difference(reference: Any, compiled: Any) -> str:
    """Why the tensors of two modules cannot be compared by their names; empty if they can."""
    mine, others = engines_of(reference), engines_of(compiled)
    is_alike = len(mine) == len(others) and all(a.is_cut_like(b) for a, b in zip(mine, others, strict=True))
    if not is_alike:
        return "the engines of the module in float32 have other operators than those of the compiled module"
    names, other_names = (set().union(*(engine.layer_names() for engine in side)) for side in (mine, others))
    if 2 * len(names & other_names) < min(len(names), len(other_names)):
        return (
            "the layers of the module in float32 have other names than those of the compiled module; give the module "
            "that was compiled: the scripted, traced or exported one"
        )
    return ""


_Range = tuple[tuple[int, ...], tuple[int, ...]]  # the least and the largest shape of a tensor


class Reference:
    """The module compiled in float32: the given one, or for the batches, again where one has other shapes."""

    def __init__(self, module: Any, compiled: Any, given: Any) -> None:
        self._module, self._compiled = module, compiled
        self._found, self._is_given = given, given is not None
        self._ranges: list[_Range] = []  # of the tensors among the arguments
        self.reason = _reason_without_tensors(compiled)  # why there is none
        if self._is_given and not self.reason:
            self.reason = _difference(given, compiled) or _reason_without_tensors(given)

    def for_batch(self, positional: Sequence[Any], by_name: dict[str, Any]) -> Any:
        """Returns the compiled module; there is none if :attr:`reason` says why."""
        if self.reason or self._is_given:
            return self._found
        leaves, structure = _pytree.tree_flatten((list(positional), by_name))
        shapes = [tuple(leaf.shape) for leaf in leaves if isinstance(leaf, torch.Tensor)]
        if self._found is not None and self._takes(shapes):
            return self._found
        self._ranges = self._widened(shapes)
        ranges = iter(self._ranges)
        given = [_range_of(leaf, next(ranges)) if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]
        inputs, by_name = _pytree.tree_unflatten(given, structure)
        self._found, self.reason = _in_float(self._module, self._compiled, inputs, by_name)
        return self._found

    def _takes(self, shapes: list[tuple[int, ...]]) -> bool:
        if isinstance(self._module, torch.export.ExportedProgram):
            return True  # the program has ranges of its own
        return _are_within(shapes, self._ranges)

    def _widened(self, shapes: list[tuple[int, ...]]) -> list[_Range]:
        declared = _declared_ranges(self._compiled)
        if _are_within(shapes, declared):
            return declared
        if [len(low) for low, _ in self._ranges] != [len(shape) for shape in shapes]:
            return [(shape, shape) for shape in shapes]
        pairs = zip(self._ranges, shapes, strict=True)
        return [(tuple(map(min, low, shape)), tuple(map(max, high, shape))) for (low, high), shape in pairs]


def _are_within(shapes: list[tuple[int, ...]], ranges: list[_Range]) -> bool:
    if [len(low) for low, _ in ranges] != [len(shape) for shape in shapes]:
        return False
    pairs = zip(shapes, ranges, strict=True)
    return all(a <= size <= b for shape, (low, high) in pairs for size, a, b in zip(shape, low, high, strict=True))


def _record(compiled: Any) -> dict[str, Any] | None:
    """How a hybrid module was made (``core/hybrid_record.h``); None for one engine."""
    text = getattr(script_of(compiled), "torch_tensorrt_record", None)
    return json.loads(text) if isinstance(text, str) else None


def _declared_ranges(compiled: Any) -> list[_Range]:
    """The shapes that the tensors among the arguments may have; empty if they are not known."""
    record = _record(compiled)
    if record is not None:
        methods = [method for method in record["methods"] if method["report"]["method"] == "forward"]
        trees = [argument["tree"] for method in methods for argument in method["arguments"]]
        return [_hull(entry["ranges"]) for tree in trees for entry in _entries(tree)]
    engines = engines_of(compiled)
    inputs = engines[0].information.get("inputs", []) if len(engines) == 1 else []
    return [(tuple(row.get("min", row["dims"])), tuple(row.get("max", row["dims"]))) for row in inputs]


def _entries(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "input" in tree:
        yield tree["input"]
    for child in tree.get("children", []):
        yield from _entries(child)


def _hull(ranges: list[dict[str, list[int]]]) -> _Range:
    """The least and the largest sizes of several ranges."""
    lows = zip(*(entry["min"] for entry in ranges), strict=True)
    highs = zip(*(entry["max"] for entry in ranges), strict=True)
    return tuple(map(min, lows)), tuple(map(max, highs))


def _range_of(tensor: torch.Tensor, shapes: _Range) -> torch.Tensor | Input:
    low, high = shapes
    if low == high:
        return tensor
    return Input(min_shape=low, opt_shape=tuple(tensor.shape), max_shape=high, dtype=tensor.dtype)


def _cut_settings(compiled: Any) -> list[dict[str, Any]]:
    """The settings that may have cut the module, the likely ones first."""
    record = _record(compiled)
    if record is not None:
        settings = record["spec"]["settings"]
        return [{name: settings[name] for name in _CUTS if name in settings}]
    settings = engines_of(compiled)[0].information.get("settings", {})
    known = {name: settings[name] for name in _CUTS if name in settings}
    return [known, {**known, "require_full_compilation": True}]


def _in_float(module: Any, compiled: Any, positional: Sequence[Any], by_name: dict[str, Any]) -> tuple[Any, str]:
    """Returns the module compiled in float32 for the arguments, or the reason why there is none.

    It is cut as ``compiled``, and its tensors have the same names.
    """
    record = _record(compiled)
    given: dict[str, Any] = {"inputs": list(positional), "kwarg_inputs": by_name or None}
    if isinstance(module, torch.export.ExportedProgram):
        given = {}
    elif record is not None and record["spec"]["settings"]["require_full_compilation"]:  # of several methods
        given = {"methods": {"forward": by_name or list(positional)}}
    script = script_of(compiled)
    if isinstance(script, torch.jit.ScriptModule) and compiler()._needs_observed_reference(_native(script)):
        given["calibrator"] = OBSERVED
    is_plain = isinstance(module, torch.nn.Module) and not isinstance(module, torch.jit.ScriptModule)
    failure = mismatch = ""
    for ir in ("ts", "dynamo") if is_plain else ("default",):
        for cuts in _cut_settings(compiled):
            try:
                found = _compile(module, ir=ir, device="cpu", enabled_precisions={torch.float32}, **given, **cuts)
            except Exception as error:
                if _progress.has_ended(error):
                    raise
                failure = failure or f"the module does not compile in float32: {error}"
                continue
            mismatch = _difference(found, compiled)
            if not mismatch:
                return found, ""
    return None, mismatch or failure
