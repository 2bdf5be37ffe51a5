"""The input class of Torch-TensorRT's TorchScript front end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch_tensorrt._enums import dtype, memory_format
from torch_tensorrt._input import Input


@dataclass(frozen=True)
class InternalInput:
    """The fields of an input, under the names of Torch-TensorRT's compiler."""

    min: list[int]
    opt: list[int]
    max: list[int]
    input_is_dynamic: bool
    _explicit_set_dtype: bool
    dtype: dtype
    tensor_domain: tuple[float, float]
    format: memory_format


class TorchScriptInput(Input):
    """A :class:`torch_tensorrt.Input` under the name of Torch-TensorRT's TorchScript front end."""

    def _to_internal(self) -> InternalInput:
        spec: dict[str, Any] = self._to_spec()
        return InternalInput(
            min=spec["min"],
            opt=spec["opt"],
            max=spec["max"],
            input_is_dynamic=self.shape_mode is Input._ShapeMode.DYNAMIC,
            _explicit_set_dtype=self._explicit_set_dtype,
            dtype=self.dtype,
            tensor_domain=self.tensor_domain,
            format=self.format,
        )
