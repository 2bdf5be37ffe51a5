"""Names of dtypes, memory formats, devices and capabilities, with conversions from and to PyTorch's."""

from __future__ import annotations

import enum
from typing import Any

import torch

# name of the member -> (PyTorch's dtype, other names of the member)
_DTYPES: dict[str, tuple[torch.dtype | None, tuple[str, ...]]] = {
    "unknown": (None, ()),
    "u8": (torch.uint8, ("uint8",)),
    "i8": (torch.int8, ("int8", "char")),
    "i16": (torch.int16, ("int16", "short")),
    "i32": (torch.int32, ("int32", "int")),
    "i64": (torch.int64, ("int64", "long")),
    "f16": (torch.float16, ("float16", "fp16", "half")),
    "f32": (torch.float32, ("float32", "fp32", "float")),
    "f64": (torch.float64, ("float64", "fp64", "double")),
    "b": (torch.bool, ("bool",)),
    "bf16": (torch.bfloat16, ("bfloat16",)),
    "f8": (torch.float8_e4m3fn, ("float8", "fp8")),
    "f4": (None, ("float4", "fp4")),
}


class dtype(enum.Enum):  # noqa: N801 - the public name
    """Element type. PyTorch's usual names are aliases of the members: ``dtype.half is dtype.f16``."""

    unknown = "unknown"
    u8 = "u8"
    i8 = "i8"
    i16 = "i16"
    i32 = "i32"
    i64 = "i64"
    f16 = "f16"
    f32 = "f32"
    f64 = "f64"
    b = "b"
    bf16 = "bf16"
    f8 = "f8"
    f4 = "f4"

    uint8 = "u8"
    int8 = "i8"
    char = "i8"
    int16 = "i16"
    short = "i16"
    int32 = "i32"
    int = "i32"
    int64 = "i64"
    long = "i64"
    float16 = "f16"
    fp16 = "f16"
    half = "f16"
    float32 = "f32"
    fp32 = "f32"
    float = "f32"
    float64 = "f64"
    fp64 = "f64"
    double = "f64"
    bool = "b"
    bfloat16 = "bf16"
    float8 = "f8"
    fp8 = "f8"
    float4 = "f4"
    fp4 = "f4"

    @classmethod
    def _from(cls, value: Any) -> dtype:
        """Returns the member for a ``torch.dtype``, numpy dtype, name or member. Raises ``TypeError`` for others."""
        found = cls.try_from(value)
        if found is None:
            if isinstance(value, torch.dtype) and value.is_complex:
                raise TypeError(
                    f"{value!r}: complex numbers are not in an engine; keep the real and the imaginary part as tensors"
                )
            known = ", ".join(name for name in _DTYPES if name != "unknown")
            raise TypeError(f"{value!r} is not a known element type; known are {known}")
        return found

    @classmethod
    def try_from(cls, value: Any) -> dtype | None:
        """Returns the member for a ``torch.dtype``, numpy dtype, name or member; ``None`` for others."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            return cls.__members__.get(value)
        for name, (torch_dtype, _) in _DTYPES.items():
            if torch_dtype is not None and value == torch_dtype:
                return cls(name)
        # numpy's dtypes and scalar types
        module = getattr(value, "__module__", None) or type(value).__module__
        name = getattr(value, "name", None) or getattr(value, "__name__", None)
        if str(module).startswith("numpy") and isinstance(name, str):
            return cls.__members__.get(name)
        return None

    def to(self, target: type) -> torch.dtype:
        """Returns PyTorch's dtype (``to(torch.dtype)``). Raises ``TypeError`` if PyTorch has no counterpart."""
        converted = self.try_to(target)
        if converted is None:
            raise TypeError(f"{self} has no counterpart in {target!r}")
        return converted

    def try_to(self, target: type) -> torch.dtype | None:
        """Returns PyTorch's dtype (``try_to(torch.dtype)``), or ``None`` if PyTorch has no counterpart."""
        if target is torch.dtype:
            return _DTYPES[self.value][0]
        return None


class memory_format(enum.Enum):  # noqa: N801 - the public name
    """Format of a tensor in memory. TorchScript inputs may be ``contiguous`` or ``channels_last``."""

    contiguous = "contiguous"
    channels_last = "channels_last"

    linear = "contiguous"
    nhwc = "channels_last"
    hwc = "channels_last"

    @classmethod
    def _from(cls, value: Any) -> memory_format:
        """Returns the member for a ``torch.memory_format``, name or member. Raises ``TypeError`` for others."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str) and value in cls.__members__:
            return cls[value]
        if value == torch.contiguous_format:
            return cls.contiguous
        if value == torch.channels_last:
            return cls.channels_last
        raise TypeError(f"{value!r} is not a memory format of inputs; give contiguous or channels_last")

    def to(self, target: type) -> torch.memory_format:
        """Returns PyTorch's memory format. Raises ``TypeError`` for other targets."""
        if target is not torch.memory_format:
            raise TypeError(f"{self} cannot be converted to {target!r}")
        return torch.channels_last if self is memory_format.channels_last else torch.contiguous_format


class DeviceType(enum.Enum):
    """Kind of device that an engine runs on."""

    UNKNOWN = "unknown"
    GPU = "gpu"
    DLA = "dla"
    CPU = "cpu"

    @classmethod
    def _from(cls, value: Any) -> DeviceType:
        """Returns the member for a name, ``torch.device`` or member. Raises ``TypeError`` for others."""
        if isinstance(value, cls):
            return value
        if isinstance(value, torch.device):
            value = value.type
        names = {"cuda": cls.GPU, "gpu": cls.GPU, "dla": cls.DLA, "cpu": cls.CPU}
        if isinstance(value, str) and value.lower() in names:
            return names[value.lower()]
        raise TypeError(f"{value!r} is not a device type; give 'gpu', 'dla' or 'cpu'")


class EngineCapability(enum.Enum):
    """Restrictions on the layers of an engine."""

    STANDARD = "standard"
    SAFETY = "safety"
    DLA_STANDALONE = "dla_standalone"

    default = "standard"

    @classmethod
    def _from(cls, value: Any) -> EngineCapability:
        """Returns the member for a name or member. Raises ``TypeError`` for others."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str) and value.lower() in {member.value for member in cls}:
            return cls(value.lower())
        raise TypeError(f"{value!r} is not an engine capability; give standard, safety or dla_standalone")
