"""The specification of one method for the backend of ``torch.jit``."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from torch_tensorrt._library import to_json
from torch_tensorrt.ts._compile_spec import build_spec
from torch_tensorrt.ts._compiler import convert_method_to_trt_engine
from torch_tensorrt.ts._settings import OF_MODULES

# All parameters except the module and the method, which the call of the backend gives, and the progress of that call.
_SETTINGS = [
    parameter
    for name, parameter in inspect.signature(convert_method_to_trt_engine).parameters.items()
    if name not in ("module", "method_name", "progress")
]


class TensorRTCompileSpec(str):
    """Settings of one method for ``torch._C._jit_to_backend("tensorrt", module, {"forward": spec})``.

    Takes the settings of :func:`torch_tensorrt.ts.convert_method_to_trt_engine`, checks them at once and has them as
    attributes. It is a string, the settings as JSON, because PyTorch passes backends nothing but values of TorchScript.
    The backend returns a ScriptModule whose methods with a specification run in one engine each. Saving and loading
    keep the engines.

    Raises:
        ValueError: an ``input_signature`` is given, or a setting is out of range.
        RuntimeError: a setting would leave operations to PyTorch, but the backend compiles whole methods.
        TypeError: a setting is unknown.
        KeyError: there are no inputs.
    """

    settings: dict[str, Any]

    def __new__(
        cls, inputs: Sequence[Any] | None = None, input_signature: Any = None, *arguments: Any, **settings: Any
    ) -> TensorRTCompileSpec:
        if input_signature is not None:
            raise ValueError("a backend of torch.jit takes no input_signature; give inputs, a list of Input")
        partial = [name for name in OF_MODULES if settings.pop(name, None)]
        if partial:
            raise RuntimeError(
                f"{', '.join(partial)} cannot be set here: a backend of torch.jit compiles whole methods"
            )
        try:
            bound = inspect.Signature(_SETTINGS).bind(inputs, *arguments, **settings)
        except TypeError as error:
            raise TypeError(f"TensorRTCompileSpec() {error}") from None
        bound.apply_defaults()
        self = super().__new__(cls, to_json(build_spec(input_signature=None, **bound.arguments)))
        self.settings = dict(bound.arguments)
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
        return (), self.settings

    def __getattr__(self, name: str) -> Any:
        settings = self.__dict__.get("settings", {})
        if name in settings:
            return settings[name]
        raise AttributeError(f"TensorRTCompileSpec has no setting {name!r}; it has {', '.join(settings)}")

    def __repr__(self) -> str:
        return f"TensorRTCompileSpec({', '.join(f'{name}={value!r}' for name, value in self.settings.items())})"
