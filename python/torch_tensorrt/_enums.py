"""Names of dtypes, memory formats, devices and capabilities, with conversions from and to PyTorch's."""

from __future__ import annotations

import enum
import importlib
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


# The members of TensorRT's enums, by our names.
_TRT_DTYPES = {
    "u8": "UINT8",
    "i8": "INT8",
    "i32": "INT32",
    "i64": "INT64",
    "f16": "HALF",
    "f32": "FLOAT",
    "b": "BOOL",
    "bf16": "BF16",
    "f8": "FP8",
    "f4": "FP4",
}
_TRT_FORMATS = {"contiguous": "LINEAR", "channels_last": "HWC", "channels_last_3d": "DHWC"}
_TRT_MODULES = ("tensorrt", "tensorrt_rtx")


def _is_trt(kind: Any, name: str) -> bool:
    """Whether a type is the enum of TensorRT with this name."""
    is_name = getattr(kind, "__name__", None) == name
    return is_name and str(getattr(kind, "__module__", "")).partition(".")[0] in _TRT_MODULES


def _to_trt(target: Any, name: str, member: str | None) -> Any:
    """Returns a member of an enum of TensorRT, which is ``target``, or which the package ``tensorrt`` has."""
    if member is None:
        return None
    if target == "trt":
        try:
            target = getattr(importlib.import_module("tensorrt"), name)
        except ImportError as error:
            raise ImportError(f'to("trt") returns members of tensorrt.{name}: install the package tensorrt') from error
    return getattr(target, member, None)  # an older TensorRT has fewer members


def _converted(value: enum.Enum, target: Any, found: Any) -> Any:
    if found is None:
        raise TypeError(f"{value} has no counterpart in {target!r}")
    return found


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
        if _is_trt(type(value), "DataType"):
            return next((cls(name) for name, member in _TRT_DTYPES.items() if member == value.name), None)
        # numpy's dtypes and scalar types
        module = getattr(value, "__module__", None) or type(value).__module__
        name = getattr(value, "name", None) or getattr(value, "__name__", None)
        if str(module).startswith("numpy") and isinstance(name, str):
            return cls.__members__.get(name)
        return None

    def to(self, target: Any, use_default: bool = False) -> Any:
        """Returns the counterpart of this dtype.

        Args:
            target: ``torch.dtype``, ``numpy.dtype``, ``tensorrt.DataType`` or ``"trt"`` for it, or :class:`dtype`.
            use_default: return the counterpart of ``f32`` if there is none.

        Raises:
            TypeError: there is no counterpart, or the target is none of these.
            ImportError: ``"trt"`` without the Python package ``tensorrt``.
        """
        found = self.try_to(target)
        if found is None and use_default:
            found = dtype.f32.try_to(target)
        return _converted(self, target, found)

    def try_to(self, target: Any, use_default: bool = False) -> Any:
        """Returns the counterpart as :meth:`to` does, or ``None`` if there is none."""
        if target is dtype:
            return self
        if target is torch.dtype:
            found = _DTYPES[self.value][0]
        elif target == "trt" or _is_trt(target, "DataType"):
            found = _to_trt(target, "DataType", _TRT_DTYPES.get(self.value))
        elif getattr(target, "__module__", None) == "numpy" and getattr(target, "__name__", None) == "dtype":
            found = self._to_numpy(target)
        else:
            return None
        return dtype.f32.try_to(target) if found is None and use_default else found

    def _to_numpy(self, target: Any) -> Any:
        if self in (dtype.unknown, dtype.bf16, dtype.f8, dtype.f4):
            return None
        torch_dtype = _DTYPES[self.value][0]
        return target(str(torch_dtype).removeprefix("torch."))


class memory_format(enum.Enum):  # noqa: N801 - the public name
    """Format of a tensor in memory. Inputs may be ``contiguous`` or ``channels_last``; the others are TensorRT's."""

    contiguous = "contiguous"
    channels_last = "channels_last"
    channels_last_3d = "channels_last_3d"
    chw2 = "chw2"
    chw4 = "chw4"
    chw16 = "chw16"
    chw32 = "chw32"
    hwc8 = "hwc8"
    hwc16 = "hwc16"
    cdhw32 = "cdhw32"
    dhwc8 = "dhwc8"
    dla_linear = "dla_linear"
    dla_hwc4 = "dla_hwc4"

    linear = "contiguous"
    nhwc = "channels_last"
    hwc = "channels_last"
    dhwc = "channels_last_3d"

    @classmethod
    def _from(cls, value: Any) -> memory_format:
        """Returns the member for a ``torch.memory_format``, name or member. Raises ``TypeError`` for others."""
        found = cls.try_from(value)
        if found is None:
            raise TypeError(f"{value!r} is not a memory format of inputs; give contiguous or channels_last")
        return found

    @classmethod
    def try_from(cls, value: Any) -> memory_format | None:
        """Returns the member for a ``torch.memory_format``, name, TensorRT's format or member; ``None`` for others."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            return cls.__members__.get(value)
        if _is_trt(type(value), "TensorFormat"):
            return next((member for member in cls if member._trt_name() == value.name), None)
        if not isinstance(value, torch.memory_format):
            return None
        return next((member for member in cls if value == member._torch()), None)

    def to(self, target: Any) -> Any:
        """Returns the counterpart in ``torch.memory_format``, ``tensorrt.TensorFormat`` (or ``"trt"``) or this class.

        Raises:
            TypeError: there is no counterpart, or the target is none of these.
            ImportError: ``"trt"`` without the Python package ``tensorrt``.
        """
        return _converted(self, target, self.try_to(target))

    def try_to(self, target: Any) -> Any:
        """Returns the counterpart as :meth:`to` does, or ``None`` if there is none."""
        if target is memory_format:
            return self
        if target == "trt" or _is_trt(target, "TensorFormat"):
            return _to_trt(target, "TensorFormat", self._trt_name())
        return self._torch() if target is torch.memory_format else None

    def _trt_name(self) -> str:
        return _TRT_FORMATS.get(self.value, self.value.upper())

    def _torch(self) -> torch.memory_format | None:
        names = {"contiguous": "contiguous_format", "channels_last": "channels_last"}
        names["channels_last_3d"] = "channels_last_3d"
        return getattr(torch, names[self.value]) if self.value in names else None


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
        if _is_trt(type(value), "DeviceType"):
            value = value.name
        names = {"cuda": cls.GPU, "gpu": cls.GPU, "dla": cls.DLA, "cpu": cls.CPU}
        if isinstance(value, str) and value.lower() in names:
            return names[value.lower()]
        raise TypeError(f"{value!r} is not a device type; give 'gpu', 'dla' or 'cpu'")

    def to(self, target: Any, use_default: bool = False) -> Any:
        """Returns the counterpart in ``tensorrt.DeviceType`` (or ``"trt"``), ``torch.device`` or this class.

        Args:
            use_default: return the counterpart of ``GPU`` if there is none.

        Raises:
            TypeError: there is no counterpart, or the target is none of these.
            ImportError: ``"trt"`` without the Python package ``tensorrt``.
        """
        return _converted(self, target, self.try_to(target, use_default))

    def try_to(self, target: Any, use_default: bool = False) -> Any:
        """Returns the counterpart as :meth:`to` does, or ``None`` if there is none."""
        known = {DeviceType.GPU: "GPU", DeviceType.DLA: "DLA"}
        found = None
        if target is DeviceType:
            return self
        if target == "trt" or _is_trt(target, "DeviceType"):
            found = _to_trt(target, "DeviceType", known.get(self, "GPU" if use_default else None))
        elif target is torch.device and (self in known or use_default or self is DeviceType.CPU):
            found = torch.device("cpu" if self is DeviceType.CPU else "cuda")
        return found


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
        if _is_trt(type(value), "EngineCapability"):
            value = value.name
        if isinstance(value, str) and value.lower() in {member.value for member in cls}:
            return cls(value.lower())
        raise TypeError(f"{value!r} is not an engine capability; give standard, safety or dla_standalone")

    def to(self, target: Any) -> Any:
        """Returns the counterpart in ``tensorrt.EngineCapability`` (or ``"trt"``) or this class.

        Raises:
            TypeError: the target is neither.
            ImportError: ``"trt"`` without the Python package ``tensorrt``.
        """
        return _converted(self, target, self.try_to(target))

    def try_to(self, target: Any) -> Any:
        """Returns the counterpart as :meth:`to` does, or ``None`` if there is none."""
        if target is EngineCapability:
            return self
        is_trt = target == "trt" or _is_trt(target, "EngineCapability")
        return _to_trt(target, "EngineCapability", self.name) if is_trt else None


class Platform(enum.Enum):
    """Operating system and instruction set that an engine is built for; engines are built for the current one."""

    LINUX_X86_64 = "linux_x86_64"
    LINUX_AARCH64 = "linux_aarch64"
    WIN_X86_64 = "windows_x86_64"
    WIN_ARM64 = "windows_arm64"
    UNKNOWN = "unknown"

    @classmethod
    def current_platform(cls) -> Platform:
        """Returns the platform of this process."""
        return cls(torch.ops.tensorrt.get_current_platform())

    @classmethod
    def _from(cls, value: Any) -> Platform:
        """Returns the member for its name in saved engines or a member. Raises ``ValueError`` for others."""
        return value if isinstance(value, cls) else cls(value)

    def _to_serialized_rt_platform(self) -> str:
        """Returns the name in saved engines."""
        return self.value

    def __str__(self) -> str:
        return self.value
