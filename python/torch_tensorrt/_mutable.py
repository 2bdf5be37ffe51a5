"""A module that stays what it is in Python and runs compiled."""

from __future__ import annotations

import copy
import logging
import operator
import os
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils import _pytree

from torch_tensorrt._input import _MOST_SIZES, Input
from torch_tensorrt._mutable_state import State, structure, weights
from torch_tensorrt._structured_module import script_of

_STATE = "_torch_tensorrt"


class MutableTorchTensorRTModule:
    """A module that compiles itself in its first call and follows changes of the module that it was made of.

    The object is of the class of ``pytorch_model`` too and has its attributes: a submodule, weight or attribute that is
    set, read or deleted here is set, read or deleted there, and ``state_dict``, ``load_state_dict``, ``to`` and all
    other methods work as the model's. A call compares the model with what was compiled:

    - Parameters and buffers with new values or new tensors of the same shapes: the engines get the new weights.
    - Buffers and attributes that ``forward`` writes: calls read and write those of the model.
    - New shapes, dtypes or values of arguments, other submodules or attributes: compiled anew, for this call.

    Not seen are writes through ``.data`` (``weight.data.add_(1)``) and of inference tensors, for PyTorch does not count
    them, and changes inside attributes that are neither numbers, texts, tensors, lists, tuples nor dicts (a set, an
    object with a configuration): set such an attribute anew. If only ``torch.export`` takes the model, a tensor that
    ``forward`` sets must be a buffer; PyTorch warns of another one. The model runs as in ``eval`` mode.

    Args:
        pytorch_model: the model, an ``nn.Module``.
        device: as of :func:`torch_tensorrt.compile`.
        immutable_weights: compile anew for new weights too.
        strict, prefer_deferred_runtime_asserts_over_guards, weight_streaming_budget: no effect; another value than
            the default causes a warning.
        **kwargs: settings of :func:`torch_tensorrt.compile`. A calibrator is used by each compilation: its batches must
            have shapes that the module is compiled for (:meth:`set_expected_dynamic_shape_range`).

    Raises:
        TypeError: ``pytorch_model`` is no ``nn.Module`` or is compiled, or a setting is unknown.
        ValueError: a setting is out of range.
    """

    def __new__(cls, pytorch_model: Any, **_: Any) -> Any:
        if not isinstance(pytorch_model, torch.nn.Module) or isinstance(pytorch_model, torch.jit.ScriptModule):
            raise TypeError(
                f"pytorch_model is {type(pytorch_model).__name__}, must be an nn.Module that is not compiled"
            )
        if isinstance(pytorch_model, MutableTorchTensorRTModule):
            raise TypeError("pytorch_model is a MutableTorchTensorRTModule already")
        model_class = type(pytorch_model)
        members = {"__slots__": (_STATE,), "__module__": model_class.__module__, "__doc__": model_class.__doc__}
        return object.__new__(type(model_class.__name__, (MutableTorchTensorRTModule, model_class), members))

    def __init__(
        self,
        pytorch_model: torch.nn.Module,
        *,
        device: Any = None,
        immutable_weights: bool = False,
        strict: bool = True,
        prefer_deferred_runtime_asserts_over_guards: bool = False,
        weight_streaming_budget: int | None = None,
        **kwargs: Any,
    ) -> None:
        unused = {
            "strict": not strict,
            "prefer_deferred_runtime_asserts_over_guards": prefer_deferred_runtime_asserts_over_guards,
            "weight_streaming_budget": weight_streaming_budget is not None,
        }
        names = ", ".join(name for name, is_given in unused.items() if is_given)
        if names:
            warnings.warn(f"MutableTorchTensorRTModule ignores {names}: it has no effect on engines here", stacklevel=2)
        state = _State(pytorch_model, {"device": device, **kwargs}, not immutable_weights)
        object.__setattr__(self, "__dict__", pytorch_model.__dict__)  # one dict: whatever one has, the other has
        object.__setattr__(self, _STATE, state)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        compiled, state = _state(self).compiled_for(args, kwargs)
        try:
            return compiled(*args, **kwargs)
        finally:
            state.give_back()

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the compiled model, as a call does."""
        return self(*args, **kwargs)

    @property
    def original_model(self) -> torch.nn.Module:
        """The model, which runs in PyTorch."""
        return _state(self).model

    def compile(self) -> None:
        """Forgets what was compiled, so that the next call compiles."""
        _state(self).forget()

    def set_expected_dynamic_shape_range(
        self, args_dynamic_shape: tuple[Any, ...], kwargs_dynamic_shape: dict[str, Any] | None = None
    ) -> None:
        """Sets ranges of sizes, within which no call compiles anew.

        Args:
            args_dynamic_shape: for each argument by position ``None``, a dict of ``torch.export.Dim`` by dimension
                (``{0: Dim("batch", min=1, max=8)}``), or a nest of these for a nest of tensors.
            kwargs_dynamic_shape: the same for arguments by name.

        Raises:
            ValueError: a ``Dim`` has no ``max``.
        """
        if not isinstance(args_dynamic_shape, tuple) or not isinstance(kwargs_dynamic_shape or {}, dict):
            raise TypeError("args_dynamic_shape must be a tuple, and kwargs_dynamic_shape a dict")
        _state(self).set_ranges(args_dynamic_shape, dict(kwargs_dynamic_shape or {}))

    @staticmethod
    def save(module: MutableTorchTensorRTModule, path: str | os.PathLike[str]) -> None:
        """Saves the model, the settings and the engines to a file for :meth:`load`, by ``torch.save``."""
        from torch_tensorrt._files import replaced_when_complete

        with replaced_when_complete(path) as file:
            torch.save(_state(module).saved(), file)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Any:
        """Loads a file of :meth:`save`. The file can run code as a pickle can: load only files that you trust."""
        return _loaded(torch.load(path, weights_only=False))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        state = _state(self)
        return state.copied(copy.deepcopy(state.model, memo))

    def __copy__(self) -> Any:
        state = _state(self)
        return state.copied(copy.copy(state.model))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _loaded, (_state(self).saved(),)


def _state(module: Any) -> _State:
    return object.__getattribute__(module, _STATE)


def _loaded(saved: dict[str, Any]) -> Any:
    module = MutableTorchTensorRTModule(saved["model"], immutable_weights=not saved["refits"], **saved["settings"])
    state = _state(module)
    state.ranges = saved["ranges"]
    if saved["compiled"] is not None:
        state.keep(saved["compiled"], saved["calls"])
    return module


class _State:
    """The model and what was compiled of it."""

    def __init__(self, model: torch.nn.Module, settings: dict[str, Any], refits: bool) -> None:
        from torch_tensorrt._dynamo import checked_options
        from torch_tensorrt.ptq import without_calibrator

        checked_options(without_calibrator(settings))
        self.model = model
        self.settings = settings
        self.refits = refits
        self.ranges: tuple[Any, Any] | None = None
        self.lock = threading.RLock()
        self.forget()

    def forget(self) -> None:
        with self.lock:
            self.compiled: Any = None
            self.calls: Any = None
            self.state: Any = None
            self.structure: Any = None
            self.weights: Any = None

    def set_ranges(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        for dim in _dims((args, kwargs)):
            _ends(dim)
        with self.lock:
            self.ranges = (args, kwargs)
            self.forget()

    def copied(self, model: torch.nn.Module) -> Any:
        module = MutableTorchTensorRTModule(model, immutable_weights=not self.refits, **self.settings)
        _state(module).ranges = self.ranges
        return module

    def saved(self) -> dict[str, Any]:
        with self.lock:
            is_current = self.compiled is not None and self._is_current()
            return {
                "model": self.model,
                "settings": self.settings,
                "refits": self.refits,
                "ranges": self.ranges,
                "compiled": self.compiled if is_current else None,
                "calls": self.calls if is_current else None,
            }

    def _is_current(self) -> bool:
        return self._has_same_structure() and self.weights == weights(self.model, self.state)

    def _has_same_structure(self) -> bool:
        return self.state.fits() and self.structure == structure(self.model, self.state)

    def compiled_for(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, State]:
        """Returns the compiled module for a call, with the model's state in it."""
        with self.lock:
            if self.compiled is None or not _fits(self.calls, (args, kwargs)) or not self._has_same_structure():
                self._compile(args, kwargs)
            elif self.weights != weights(self.model, self.state):
                self._refit(args, kwargs)
            self.state.take()
            return self.compiled, self.state

    def _compile(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        from torch_tensorrt import _compile

        self.forget()
        inputs, by_name = self._entries(args, kwargs)
        source = _compile._scripted_or_exported(self.model, inputs, by_name)
        settings = {"refit": self.refits, **self.settings}
        compiled = _compile.compile(source, inputs=inputs, kwarg_inputs=by_name or None, **settings)
        self.keep(compiled, (inputs, by_name))

    def _refit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        from torch_tensorrt import _compile
        from torch_tensorrt._refit import refit_module_weights

        if not self.refits:
            return self._compile(args, kwargs)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the compilation gave them
                source = _compile._scripted_or_exported(self.model, *self.calls)
            compiled = refit_module_weights(self.compiled, source)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:  # the new weights make another network
            logging.getLogger("torch_tensorrt").info(
                "the weights cannot be replaced, so the module is compiled: %s", error
            )
            return self._compile(args, kwargs)
        return self.keep(compiled, self.calls)

    def keep(self, compiled: Any, calls: Any) -> None:
        """Keeps what was compiled of the model as it is now."""
        self.compiled, self.calls = compiled, calls
        self.state = State(self.model, script_of(compiled))
        self.structure, self.weights = structure(self.model, self.state), weights(self.model, self.state)

    def _entries(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Returns the inputs to compile for: those of the call, as ranges where there are some."""
        if self.ranges is not None:
            by_position, by_name = self.ranges
            _check_ranges(by_position, by_name, args, kwargs)
            padded = [*by_position, *[None] * (len(args) - len(by_position))]
            inputs = [_entry(value, dims) for value, dims in zip(args, padded, strict=False)]
            names = {name: _entry(value, by_name.get(name)) for name, value in kwargs.items()}
            if _fits((inputs, names), (args, kwargs)):
                return inputs, names
            warnings.warn(
                "a call has sizes outside of those that set_expected_dynamic_shape_range gave, so the module is "
                "compiled anew for this call",
                stacklevel=5,
            )
        return [_entry(value, None) for value in args], {name: _entry(value, None) for name, value in kwargs.items()}


def _check_ranges(
    by_position: tuple[Any, ...], by_name: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Raises ``ValueError`` for a range that belongs to no argument of the call, or to no dimension of one."""
    if len(by_position) > len(args):
        raise ValueError(
            f"set_expected_dynamic_shape_range gave {len(by_position)} arguments, the call has {len(args)}"
        )
    unknown = [name for name in by_name if name not in kwargs]
    if unknown:
        raise ValueError(
            f"set_expected_dynamic_shape_range gave {', '.join(unknown)}, which the call does not give by name"
        )
    given = [*zip(by_position, args, strict=False), *((dims, kwargs[name]) for name, dims in by_name.items())]
    for dims, value in given:
        if not isinstance(value, torch.Tensor) or not dims:
            continue
        if not isinstance(dims, dict):
            raise ValueError(f"the range of a tensor must be a dict of its dimensions, not {type(dims).__name__}")
        wrong = [dim for dim in dims if not 0 <= dim < value.dim()]
        if wrong:
            raise ValueError(f"a range is for dimension {wrong[0]}, but the tensor has {value.dim()} dimensions")


def _dims(nest: Any) -> Iterator[Any]:
    if isinstance(nest, dict):
        for value in nest.values():
            yield from _dims(value)
    elif isinstance(nest, (tuple, list)):
        for value in nest:
            yield from _dims(value)
    elif nest is not None and not isinstance(nest, int):
        yield nest


def _ends(dim: Any) -> tuple[int, int]:
    low, high = getattr(dim, "min", None), getattr(dim, "max", None)
    try:
        return (1 if low is None else operator.index(low)), operator.index(high)
    except TypeError:
        raise ValueError(
            f"the size {getattr(dim, '__name__', dim)!r} has no upper end: give torch.export.Dim(name, min=, max=)"
        ) from None


def _entry(value: Any, dims: Any) -> Any:
    """Returns the input to compile for: a shape, a range, or the value."""
    if isinstance(value, torch.Tensor):
        sizes = {
            dim: _ends(size) for dim, size in (dims or {}).items() if size is not None and not isinstance(size, int)
        }
        shape = list(value.shape)
        if not sizes:
            return Input(shape=shape, dtype=value.dtype, torch_tensor=value if _may_be_sizes(value) else None)
        low = [sizes.get(dim, (size, size))[0] for dim, size in enumerate(shape)]
        high = [sizes.get(dim, (size, size))[1] for dim, size in enumerate(shape)]
        opt = [min(max(size, a), b) for size, a, b in zip(shape, low, high, strict=True)]
        return Input(min_shape=low, opt_shape=opt, max_shape=high, dtype=value.dtype)
    parts, form = _pytree.tree_flatten(value, is_leaf=lambda part: part is not value)
    if form.is_leaf():
        return value
    return _pytree.tree_unflatten(
        [_entry(part, dim) for part, dim in zip(parts, _ranges_of(value, dims, len(parts)), strict=True)], form
    )


def _ranges_of(value: Any, dims: Any, count: int) -> list[Any]:
    """Returns the ranges of the parts of a nest."""
    if not dims:
        return [None] * count
    if isinstance(value, dict):
        return [dims.get(key) for key in value]
    if type(dims) is type(value):
        return list(_pytree.tree_leaves(dims, is_leaf=lambda part: part is not dims))
    return list(dims)


def _may_be_sizes(tensor: torch.Tensor) -> bool:
    return tensor.dim() < 2 and not tensor.is_floating_point() and tensor.numel() <= _MOST_SIZES


def _fits(entries: Any, values: Any) -> bool:
    """Whether a call has the tensors and values that were compiled for."""
    wanted, wanted_form = _pytree.tree_flatten(entries, is_leaf=lambda part: isinstance(part, Input))
    found, form = _pytree.tree_flatten((list(values[0]), values[1]))
    if wanted_form != form:
        return False
    return all(_fits_leaf(entry, value) for entry, value in zip(wanted, found, strict=True))


def _fits_leaf(entry: Any, value: Any) -> bool:
    if not isinstance(entry, Input):
        return type(entry) is type(value) and entry == value
    if not isinstance(value, torch.Tensor) or value.dtype != entry.dtype.to(torch.dtype):
        return False
    low, _, high = entry._bounds()
    sizes = list(value.shape)
    return len(sizes) == len(low) and all(a <= size <= b for a, size, b in zip(low, sizes, high, strict=True))
