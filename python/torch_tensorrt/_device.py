"""The device of an engine."""

from __future__ import annotations

import operator
import re
from typing import Any

import torch

from torch_tensorrt._enums import DeviceType

_KEYS = ("device_type", "gpu_id", "dla_core", "allow_gpu_fallback")
_SPELLING = re.compile(r"^(?P<kind>cpu|gpu|cuda|dla)(?::(?P<index>\d+))?$")


class Device:
    """A device that an engine is built for and runs on.

    ``Device("cpu")``, ``Device("gpu:1")``, ``Device("cuda:1")``, ``Device("dla:0")``, or keywords.

    Args:
        spec: a spelling as above; excludes the other arguments, except ``allow_gpu_fallback``.
        gpu_id: index of the GPU.
        dla_core: index of the DLA core; implies ``device_type=DeviceType.DLA`` and ``gpu_id=0``.
        allow_gpu_fallback: run the layers that the DLA does not support on the GPU (DLA only).
        device_type: :class:`DeviceType` or its name.

    Raises:
        ValueError: an unknown spelling, or a negative index.
        TypeError: an index that is not an integer.
    """

    def __init__(
        self,
        spec: str | None = None,
        *,
        gpu_id: int | None = None,
        dla_core: int | None = None,
        allow_gpu_fallback: bool = False,
        device_type: DeviceType | str | None = None,
    ) -> None:
        if spec is not None:
            if gpu_id is not None or dla_core is not None or device_type is not None:
                raise ValueError("give a device as a string or by keywords, not both")
            kind, index = _parse(spec)
        else:
            gpu_id = _index("gpu_id", gpu_id)
            dla_core = _index("dla_core", dla_core)
            kind = _kind(device_type, gpu_id, dla_core)
            index = (dla_core if kind is DeviceType.DLA else gpu_id) or 0
        self.device_type = kind
        self.gpu_id = index if kind is DeviceType.GPU else 0
        self.dla_core = index if kind is DeviceType.DLA else 0
        self.allow_gpu_fallback = bool(allow_gpu_fallback)

    @classmethod
    def _from(cls, value: Any) -> Device:
        """Makes a Device of a :class:`Device`, ``torch.device``, string, GPU index, dictionary of the keywords of
        :class:`Device`, or ``None`` (the current device).
        """
        if value is None:
            return cls._current_device()
        if isinstance(value, cls):
            return value
        if isinstance(value, torch.device):
            return cls(str(value) if value.type != "cuda" else f"cuda:{value.index or 0}")
        if isinstance(value, str):
            return cls(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return cls(gpu_id=value)
        if isinstance(value, dict):
            return cls._from_dict(value)
        raise TypeError(f"{value!r} is not a device; give a torch_tensorrt.Device, a torch.device or a string")

    @classmethod
    def _from_dict(cls, value: dict[str, Any]) -> Device:
        """Makes a Device of ``{"device_type": DeviceType.DLA, "gpu_id": 0, "dla_core": 1, "allow_gpu_fallback": True}``
        or some of these keys. A GPU ignores the DLA core, and a CPU both indices.
        """
        unknown = [key for key in value if key not in _KEYS]
        if unknown:
            raise ValueError(f"the device {value!r} has the key {unknown[0]!r}; keys are {', '.join(_KEYS)}")
        given = {key: element for key, element in value.items() if element is not None}
        if "device_type" not in given:
            return cls(**given)
        kind = DeviceType._from(given["device_type"])
        of_other_kinds = {DeviceType.GPU: ("dla_core",), DeviceType.CPU: ("dla_core", "gpu_id")}
        for key in of_other_kinds.get(kind, ()):
            _index(key, given.pop(key, 0))
        return cls(**given)

    @classmethod
    def _from_torch_device(cls, torch_dev: torch.device) -> Device:
        """Makes a Device of a ``torch.device``; without an index, ``cuda`` is the first GPU."""
        if not isinstance(torch_dev, torch.device):
            raise TypeError(f"{torch_dev!r} is not a torch.device")
        return cls._from(torch_dev)

    @classmethod
    def _current_device(cls) -> Device:
        """Returns PyTorch's current GPU, or the CPU on a machine without a GPU."""
        if torch.cuda.is_available():
            return cls(gpu_id=torch.cuda.current_device())
        return cls("cpu")

    def to(self, target: type) -> torch.device:
        """Returns the ``torch.device`` that inputs must be on. Raises ``TypeError`` for other targets."""
        if target is not torch.device:
            raise TypeError(f"a Device cannot be converted to {target!r}")
        return torch.device("cpu") if self.device_type is DeviceType.CPU else torch.device("cuda", self.gpu_id)

    def _to_spec(self) -> dict[str, Any]:
        return {
            "type": self.device_type.value,
            "gpu_id": self.gpu_id,
            "dla_core": self.dla_core,
            "allow_gpu_fallback": self.allow_gpu_fallback,
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self._to_spec() == other._to_spec()

    def __hash__(self) -> int:
        return hash(tuple(self._to_spec().values()))

    def __str__(self) -> str:
        if self.device_type is DeviceType.CPU:
            return "cpu"
        index = self.dla_core if self.device_type is DeviceType.DLA else self.gpu_id
        return f"{self.device_type.value}:{index}"

    def __repr__(self) -> str:
        return f"Device({str(self)!r})"


def _index(name: str, value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} is {value!r}, must be an integer of 0 or more")
    if operator.index(value) < 0:
        raise ValueError(f"{name} is {value}, must be 0 or more")
    return operator.index(value)


def _parse(spec: str) -> tuple[DeviceType, int]:
    match = _SPELLING.match(spec.strip().lower())
    if match is None:
        raise ValueError(f"device {spec!r} is not one of cpu, gpu:N, cuda:N, dla:N")
    if match["kind"] == "cpu" and match["index"] not in (None, "0"):
        raise ValueError(f"device {spec!r}: there is one cpu")
    return DeviceType._from(match["kind"]), int(match["index"] or 0)


def _kind(device_type: DeviceType | str | None, gpu_id: int | None, dla_core: int | None) -> DeviceType:
    if device_type is not None:
        return DeviceType._from(device_type)
    if dla_core is not None:
        return DeviceType.DLA
    if gpu_id is not None:
        return DeviceType.GPU
    return Device._current_device().device_type
