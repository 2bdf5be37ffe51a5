"""Shape, dtype and memory format of an input."""

from __future__ import annotations

import enum
import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import torch

from torch_tensorrt._enums import dtype as _dtype
from torch_tensorrt._enums import memory_format

_DOMAIN = (0.0, 2.0)
_CHANNELS_LAST_RANK = 4
_NOT_OF_INPUTS = (_dtype.f8, _dtype.f4)
_FORMATS_OF_INPUTS = (memory_format.contiguous, memory_format.channels_last)
_MOST_SIZES = 16  # elements of an input that holds sizes


class Input:
    """Describes an input of a compiled module: its shapes, dtype and memory format.

    ``Input((1, 3, 224, 224))`` or ``Input(shape=...)`` for one shape;
    ``Input(min_shape=, opt_shape=, max_shape=)`` for a range. The engine accepts every shape in the range and is tuned
    for ``opt_shape``.

    Args:
        shape: sizes, each 0 or more.
        min_shape, opt_shape, max_shape: shapes of one rank, with min <= opt <= max in every dimension.
        dtype: ``torch.dtype``, :class:`dtype` or a name. Default: the dtype of the model's weights, else float32.
        format: ``torch.contiguous_format`` or ``torch.channels_last``. Default: the format of ``torch_tensor``, else
            contiguous.
        tensor_domain: ``(low, high)``, the half-open interval of sample values.
        torch_tensor: an example tensor with the shape, dtype and format that are not given.
        is_shape_tensor: the input holds sizes, and ``shape``, or ``min_shape``, ``opt_shape`` and ``max_shape``, are
            its elements instead of its shape: ``Input(min_shape=[1], opt_shape=[4], max_shape=[8], dtype=torch.int64,
            is_shape_tensor=True)`` is one number between 1 and 8. Needs ``allow_shape_tensors=True``. Without it, an
            integer input that the model uses as sizes has the elements of ``torch_tensor``, or the ends of
            ``tensor_domain``.
        name: name of the input in messages. Default: its name in the model.
        profiles: several ranges instead of ``min_shape``, ``opt_shape`` and ``max_shape``, each a dict of these three
            or a tuple in this order. The engine has a profile for each range and accepts shapes in one profile:
            ``profiles=[((1, 3), (1, 3), (2, 3)), ((64, 3), (64, 3), (64, 3))]`` accepts small batches and batches of
            64. A backend that tunes by profile (TensorRT) is tuned for both. All inputs with several ranges must have
            the same number of ranges; an input with one shape or range has it in every profile.
        shared_dims: names of dimensions, ``{0: "batch"}``. Dimensions of one name must have equal ranges. Sizes that
            the model needs equal are found without names, and a call in which they differ is an error.

    Raises:
        ValueError: the shapes contradict each other.
        TypeError: a size is not an integer, a dtype or format is unknown or not possible for inputs, the domain is not
            a pair of numbers, the example is not a tensor, or the name is not a string.
    """

    shape_mode: Any = None

    class _ShapeMode(enum.Enum):
        STATIC = 0
        DYNAMIC = 1

    def __init__(
        self,
        *args: Sequence[int],
        shape: Sequence[int] | None = None,
        min_shape: Sequence[int] | None = None,
        opt_shape: Sequence[int] | None = None,
        max_shape: Sequence[int] | None = None,
        dtype: Any = None,
        format: Any = None,
        tensor_domain: tuple[float, float] = _DOMAIN,
        torch_tensor: torch.Tensor | None = None,
        name: str = "",
        is_shape_tensor: bool = False,
        profiles: Sequence[Any] | None = None,
        shared_dims: dict[int, str] | None = None,
    ) -> None:
        if len(args) > 1:
            raise ValueError(f"Input takes one positional argument, the shape, but {len(args)} were given")
        if args and shape is not None:
            raise ValueError("shape is given twice, by position and by keyword")
        shape = args[0] if args else shape
        ranges = (min_shape, opt_shape, max_shape)
        self.profiles: list[dict[str, tuple[int, ...]]] = []
        if profiles is not None:
            if shape is not None or is_shape_tensor or any(r is not None for r in ranges):
                raise ValueError("give profiles alone, without shape, min_shape, opt_shape, max_shape, is_shape_tensor")
            self.profiles = _profiles(profiles)
            ranges = tuple(self.profiles[0].values())
        if shape is None and ranges[0] is None and isinstance(torch_tensor, torch.Tensor):
            shape = torch_tensor.shape
        if shape is not None and any(r is not None for r in ranges):
            raise ValueError("give either shape, or min_shape, opt_shape and max_shape, not both")
        if not isinstance(name, str):
            raise TypeError(f"the name of an input is {name!r}, must be a string")
        if torch_tensor is not None and not isinstance(torch_tensor, torch.Tensor):
            raise TypeError(f"torch_tensor is {torch_tensor!r}, must be a torch.Tensor")
        self.name = name
        self.torch_tensor = torch_tensor
        if shape is not None:
            self.shape_mode = Input._ShapeMode.STATIC
            self.shape: Any = _sizes("shape", shape)
        else:
            self.shape_mode = Input._ShapeMode.DYNAMIC
            self.shape = _range(*ranges)
        self._explicit_set_dtype = dtype is not None and _dtype._from(dtype) is not _dtype.unknown
        self.dtype = _dtype.unknown
        if dtype is not None:
            self.dtype = _dtype._from(dtype)
        elif torch_tensor is not None:
            self.dtype = _dtype._from(torch_tensor.dtype)
            self._explicit_set_dtype = True
        if self.dtype in _NOT_OF_INPUTS:
            raise TypeError(f"an input cannot have the dtype {self.dtype}; quantize inside the model")
        self.format = _layout(torch_tensor) if format is None else memory_format._from(format)
        if self.format not in _FORMATS_OF_INPUTS:
            raise TypeError(f"{self.format} is not a memory format of inputs; give contiguous or channels_last")
        if self.format is memory_format.channels_last and self._rank() != _CHANNELS_LAST_RANK:
            raise ValueError(f"format is channels_last, for inputs of rank 4; this one has rank {self._rank()}")
        self.tensor_domain = _domain(tensor_domain)
        self.is_shape_tensor = bool(is_shape_tensor)
        if self.is_shape_tensor and self.dtype not in (_dtype.i32, _dtype.i64):
            raise TypeError(f"the dtype of a shape tensor is {self.dtype}, must be int32 or int64")
        self.shared_dims = self._names_of_dims(shared_dims)

    @classmethod
    def from_tensor(cls, t: torch.Tensor, disable_memory_format_check: bool = False) -> Input:
        """Makes an Input with the shape, dtype and memory format of an example tensor on any device."""
        layout = memory_format.contiguous if disable_memory_format_check else _layout(t)
        return cls(shape=t.shape, dtype=t.dtype, format=layout, torch_tensor=t)

    @classmethod
    def from_tensors(cls, ts: Any, disable_memory_format_check: bool = False) -> Any:
        """Applies :meth:`from_tensor` to every tensor in nested lists, tuples and dicts, and keeps the nesting."""
        if isinstance(ts, torch.Tensor):
            return cls.from_tensor(ts, disable_memory_format_check)
        if isinstance(ts, tuple) and hasattr(ts, "_fields"):  # a NamedTuple
            return type(ts)(*(cls.from_tensors(t, disable_memory_format_check) for t in ts))
        if isinstance(ts, (list, tuple)):
            return type(ts)(cls.from_tensors(t, disable_memory_format_check) for t in ts)
        if isinstance(ts, dict):
            return {key: cls.from_tensors(t, disable_memory_format_check) for key, t in ts.items()}
        raise TypeError(f"{type(ts).__name__} is neither a tensor nor a list, tuple or dict of tensors")

    def example_tensor(self, optimization_profile_field: str | None = None) -> torch.Tensor:
        """Makes a random CPU tensor for this input.

        Args:
            optimization_profile_field: ``min_shape``, ``opt_shape`` or ``max_shape``; required for a range of shapes.

        Raises:
            ValueError: the field is missing for a range, or given for a single shape.
        """
        if self.shape_mode is Input._ShapeMode.STATIC:
            if optimization_profile_field is not None:
                raise ValueError("this input has a single shape: omit optimization_profile_field")
            return self._sample(self.shape)
        if optimization_profile_field not in self.shape:
            raise ValueError(f"optimization_profile_field must be one of {', '.join(self.shape)}")
        return self._sample(self.shape[optimization_profile_field])

    def _sample(self, shape: Sequence[int]) -> torch.Tensor:
        wanted = self.dtype.try_to(torch.dtype) or torch.float32
        if self.is_shape_tensor:
            return torch.tensor(list(shape), dtype=wanted)
        low, high = self.tensor_domain
        sample = (torch.rand(tuple(shape)) * (high - low) + low).to(wanted)
        return sample.to(memory_format=self.format.to(torch.memory_format)) if sample.dim() == 4 else sample

    def _rank(self) -> int:
        return len(self.shape if self.shape_mode is Input._ShapeMode.STATIC else self.shape["opt_shape"])

    def _names_of_dims(self, names: Any) -> dict[int, str]:
        is_known = isinstance(names or {}, dict) and all(isinstance(name, str) for name in (names or {}).values())
        if not is_known:
            raise TypeError(f"shared_dims is {names!r}, must be a dict of names by dimension, such as {{0: 'batch'}}")
        for dim in names or {}:
            if not isinstance(dim, int) or not 0 <= dim < self._rank():
                raise ValueError(f"shared_dims names the dimension {dim!r} of an input of rank {self._rank()}")
        return dict(names or {})

    def _bounds(self) -> tuple[list[int], list[int], list[int]]:
        if self.shape_mode is Input._ShapeMode.STATIC:
            return list(self.shape), list(self.shape), list(self.shape)
        low, opt, high = (list(self.shape[key]) for key in ("min_shape", "opt_shape", "max_shape"))
        return low, opt, high

    def _values(self) -> tuple[list[int], list[int], list[int]]:
        """Returns the elements of an input that holds sizes; empty if they are not given."""
        if self.is_shape_tensor:
            return self._bounds()
        example = self.torch_tensor
        may_be_sizes = example is not None and example.dtype in (torch.int32, torch.int64) and example.dim() < 2
        if not may_be_sizes or example.numel() > _MOST_SIZES:
            return [], [], []
        return [], example.reshape(-1).tolist(), []

    def _to_spec(self) -> dict[str, Any]:
        low, opt, high = self._bounds()
        low_values, opt_values, high_values = self._values()
        if self.is_shape_tensor:
            low = opt = high = [len(opt_values)]
        return {
            "min": low,
            "opt": opt,
            "max": high,
            "more_ranges": [
                {key.removesuffix("_shape"): list(sizes) for key, sizes in range_.items()}
                for range_ in self.profiles[1:]
            ],
            "dtype": self.dtype.value,
            "explicit_dtype": self._explicit_set_dtype,
            "format": self.format.value,
            "tensor_domain": list(self.tensor_domain),
            "name": self.name,
            "min_values": low_values,
            "opt_values": opt_values,
            "max_values": high_values,
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Input) and self._to_spec() == other._to_spec()

    def __hash__(self) -> int:
        return hash(str(self._to_spec()))

    def __str__(self) -> str:
        if self.shape_mode is Input._ShapeMode.STATIC:
            shape = f"shape={tuple(self.shape)}"
        else:
            shape = ", ".join(f"{key}={value}" for key, value in self.shape.items())
        if len(self.profiles) > 1:
            shape = f"profiles={[tuple(range_.values()) for range_ in self.profiles]}"
        low, high = self.tensor_domain
        if self.name:
            shape = f"name={self.name!r}, {shape}"
        return f"Input({shape}, dtype={self.dtype}, format={self.format}, domain=[{low}, {high}))"

    __repr__ = __str__


def check_shared_dims(inputs: Iterable[Any]) -> None:
    """Raises ``ValueError`` if dimensions of one name have different ranges."""
    known: dict[str, tuple[int, ...]] = {}
    for entry in inputs:
        for dim, name in entry.shared_dims.items() if isinstance(entry, Input) else ():
            range_ = tuple(sizes[dim] for sizes in entry._bounds())
            if known.setdefault(name, range_) != range_:
                raise ValueError(f"dimensions with the name {name!r} have the ranges {known[name]} and {range_}")


def _layout(example: torch.Tensor | None) -> memory_format:
    """Returns the memory format of an example; contiguous if its memory has both formats."""
    channels_last = (
        example is not None
        and example.dim() == 4
        and not example.is_contiguous()
        and example.is_contiguous(memory_format=torch.channels_last)
    )
    return memory_format.channels_last if channels_last else memory_format.contiguous


def _sizes(what: str, shape: Any) -> tuple[int, ...]:
    if isinstance(shape, torch.Tensor):
        raise TypeError(
            f"{what} is a tensor of shape {tuple(shape.shape)}; use Input.from_tensor(tensor) for an example, or put "
            "the tensor itself in the list of inputs"
        )
    if isinstance(shape, (int, float, str)) or not isinstance(shape, Iterable):
        raise ValueError(f"{what} is {shape!r}, must be a sequence of sizes: ({shape!r},)")
    sizes = tuple(_size(what, size) for size in shape)
    if any(size < 0 for size in sizes):
        raise ValueError(
            f"{what} is {sizes}: every size must be 0 or more; give min_shape, opt_shape and max_shape for a range"
        )
    return sizes


def _size(what: str, size: Any) -> int:
    if isinstance(size, bool) or not hasattr(size, "__index__"):
        raise TypeError(f"{what} has the size {size!r}, must be an integer of 0 or more")
    return operator.index(size)


def _range(low: Any, opt: Any, high: Any) -> dict[str, tuple[int, ...]]:
    given = {"min_shape": low, "opt_shape": opt, "max_shape": high}
    missing = [key for key, value in given.items() if value is None]
    if missing:
        raise ValueError(
            f"an Input needs a shape, or all of min_shape, opt_shape and max_shape; {', '.join(missing)} missing"
        )
    sizes = {key: _sizes(key, value) for key, value in given.items()}
    if len({len(value) for value in sizes.values()}) != 1:
        raise ValueError(f"min_shape, opt_shape and max_shape must have one rank: {sizes}")
    for i, (a, b, c) in enumerate(zip(*sizes.values(), strict=True)):
        if not a <= b <= c:
            raise ValueError(f"dimension {i}: min {a}, opt {b}, max {c} must not decrease")
    return sizes


def _profiles(profiles: Any) -> list[dict[str, tuple[int, ...]]]:
    found = []
    for i, profile in enumerate(profiles):
        keys = ("min_shape", "opt_shape", "max_shape")
        if isinstance(profile, dict):
            unknown = sorted(set(profile) - set(keys))
            if unknown:
                raise ValueError(f"profile {i} has the unknown key {', '.join(unknown)}; keys are {', '.join(keys)}")
            profile = tuple(profile.get(key) for key in keys)
        if not isinstance(profile, (tuple, list)) or len(profile) != len(keys):
            raise ValueError(f"profile {i} is {profile!r}, must be a dict or a tuple of {', '.join(keys)}")
        found.append(_range(*profile))
    if not found:
        raise ValueError("profiles is empty: give one range or more")
    ranks = sorted({len(sizes) for range_ in found for sizes in range_.values()})
    if len(ranks) > 1:
        raise ValueError(f"profiles have the ranks {ranks}, must have one rank")
    return found


def _domain(domain: Any) -> tuple[float, float]:
    what = f"tensor_domain is {domain!r}, must be a pair of numbers (low, high)"
    if not isinstance(domain, (tuple, list)) or len(domain) != 2:
        raise TypeError(what)
    try:
        low, high = (float(bound) for bound in domain)
    except (TypeError, ValueError) as error:
        raise TypeError(what) from error
    if not low < high or math.isinf(high - low):
        raise ValueError(f"tensor_domain is [{low}, {high}), the low end must be below the high end, both finite")
    return low, high
