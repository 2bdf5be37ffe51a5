"""What a mutable module compares with the model, and the state that its calls write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

_OF_MODULES = ("training", "_parameters", "_buffers", "_modules")
_PLAIN = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device)
_COPIED = (bool, int, float, str, list, tuple, dict, type(None), torch.Tensor)


class State:
    """The attributes that ``forward`` of a compiled module reads in each call: those that the model writes.

    The compiled module and the model have the same tensors, so a write in one of them is a write in both. Other values
    pass before and after each call.
    """

    def __init__(self, model: torch.nn.Module, compiled: torch.jit.ScriptModule) -> None:
        self.slots = list(_slots(model, compiled))
        self.names = {(id(slot.owner), slot.name) for slot in self.slots}

    def fits(self) -> bool:
        """Whether the compiled module knows values such as the model has now."""
        return all(_kind(slot.value()) in slot.kinds for slot in self.slots)

    def take(self) -> None:
        """Gives the compiled module the state of the model."""
        for slot in self.slots:
            slot.take()

    def give_back(self) -> None:
        """Gives the model the values that a call set."""
        for slot in self.slots:
            slot.give_back()


class _Slot:
    """One attribute, of the model and of the compiled module."""

    def __init__(self, owner: torch.nn.Module, name: str, script: Any, script_name: str, is_set: bool) -> None:
        self.owner, self.name = owner, name
        self.script, self.script_name = script, script_name
        self.is_set = is_set  # forward sets the attribute, and does not only change its value
        self.kinds = {_kind(self.value()), _kind(script.getattr(script_name))}

    def value(self) -> Any:
        return getattr(self.owner, self.name)

    def take(self) -> None:
        value = self.value()
        if not isinstance(value, torch.Tensor) or self.script.getattr(self.script_name) is not value:
            self.script.setattr(self.script_name, value)

    def give_back(self) -> None:
        value, old = self.script.getattr(self.script_name), self.value()
        if isinstance(value, torch.Tensor):
            is_same = value is old
        else:
            is_same = type(value) is type(old) and _plain(value) == _plain(old)
        if not is_same and not self.is_set and isinstance(old, list):
            old[:] = value
        elif not is_same and not self.is_set and isinstance(old, dict):
            old.clear()
            old.update(value)
        elif not is_same:
            setattr(self.owner, self.name, value)
        self.kinds.add(_kind(value))


def _kind(value: Any) -> Any:
    """What compiled code may depend on. A value of the state is no part of it, for the compiled code reads it."""
    return (value.shape, value.dtype, value.device) if isinstance(value, torch.Tensor) else type(value)


def _slots(model: torch.nn.Module, compiled: torch.jit.ScriptModule) -> Iterator[_Slot]:
    graph = compiled.graph
    sets = {_path(node) for node in graph.findAllNodes("prim::SetAttr", recurse=True)}
    paths = sets | {_path(node) for node in graph.findAllNodes("prim::GetAttr", recurse=True)}
    for path in sorted(path for path in paths if path):
        owner: Any = model
        script = compiled._c
        *parents, last = path
        for parent in parents:
            owner = getattr(owner, _name_in(owner, parent), None)
            script = script.getattr(parent)
        name = _name_in(owner, last)
        is_shared = isinstance(owner, torch.nn.Module) and hasattr(owner, name) and name not in _OF_MODULES
        if is_shared and isinstance(getattr(owner, name), _COPIED) and isinstance(script.getattr(last), _COPIED):
            yield _Slot(owner, name, script, last, path in sets)


def _path(node: torch.Node) -> tuple[str, ...]:
    """The names from the module to an attribute; none, if the attribute is not of the module."""
    owner = next(node.inputs()).node()
    if owner.kind() == "prim::Param":
        return (node.s("name"),)
    above = _path(owner) if owner.kind() == "prim::GetAttr" else ()
    return (*above, node.s("name")) if above else ()


def _name_in(owner: Any, name: str) -> str:
    """The name in the model: an exported program gives ``cpu`` the name ``cpu_``, for modules have a method ``cpu``."""
    plain = name.removesuffix("_")
    return plain if plain != name and hasattr(torch.nn.Module, plain) and not hasattr(owner, name) else name


def structure(model: torch.nn.Module, state: State) -> list[Any]:
    """What the compiled code depends on: submodules, shapes of weights, and attributes that are no tensors."""
    found: list[Any] = []
    for path, part in model.named_modules():
        omitted = {*_OF_MODULES, *(name for owner, name in state.names if owner == id(part))}
        attributes = [(name, _plain(value)) for name, value in part.__dict__.items() if name not in omitted]
        tensors = [
            (name, None if tensor is None else (tensor.shape, tensor.dtype, tensor.device))
            for group in (part._parameters, part._buffers)
            for name, tensor in group.items()
            if name not in omitted
        ]
        found.append((path, type(part), attributes, tensors))
    return found


class _Same:
    """An object that is equal to itself alone, and lives as long as it is compared."""

    def __init__(self, value: Any, version: int = 0) -> None:
        self.value, self.version = value, version

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value and self.version == other.version

    __hash__ = object.__hash__


def _plain(value: Any) -> Any:
    if isinstance(value, _PLAIN):
        return type(value), value
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return [(_plain(key), _plain(part)) for key, part in value.items()]
    return _Same(value, _version(value) if isinstance(value, torch.Tensor) else 0)


def _version(tensor: torch.Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version


def weights(model: torch.nn.Module, state: State) -> list[Any]:
    """Parameters and buffers that calls do not write, with numbers that change with each write and each replacement of
    the memory.
    """
    tensors = [
        tensor
        for part in model.modules()
        for group in (part._parameters, part._buffers)
        for name, tensor in group.items()
        if tensor is not None and (id(part), name) not in state.names
    ]
    return [(_Same(tensor, _version(tensor)), tensor.data_ptr()) for tensor in tensors]
