"""An engine as a ``torch.nn.Module``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from torch_tensorrt._device import Device
from torch_tensorrt._library import compiler, require_text, to_json


class TorchTensorRTModule(torch.nn.Module):
    """Runs an engine as a module.

    ``TorchTensorRTModule(engine, "name", ["x"], ["y"])`` or ``TorchTensorRTModule(engine, ["x"], ["y"], name="name")``.
    The module can be pickled, saved with ``torch.save``, deep-copied and traced; its ``state_dict`` holds the engine.

    Args:
        serialized_engine: bytes from :func:`torch_tensorrt.convert_method_to_trt_engine`. Without them, the module has
            no engine until ``load_state_dict`` loads one.
        name: name of the engine in files and messages.
        input_binding_names, output_binding_names: names of the engine's bindings in the order of the arguments and
            results. Default: the order of the numbers at the end of the names.
        target_device: device to run on, of the kind that the engine was built for. Default: the current device.
        hardware_compatible, settings, weight_name_map, requires_output_allocator: accepted for compatibility and
            ignored, because the engine records these properties.

    Raises:
        TypeError: ``serialized_engine`` is not bytes, or there are too many positional arguments.
        RuntimeError: the bytes are not an engine for this machine, or the engine has no binding of a given name.
    """

    def __init__(
        self,
        serialized_engine: bytes | bytearray | None = None,
        *arguments: Any,
        name: str | None = None,
        input_binding_names: Sequence[str] | None = None,
        output_binding_names: Sequence[str] | None = None,
        target_device: Any = None,
        hardware_compatible: bool = False,
        settings: Any = None,
        weight_name_map: Any = None,
        requires_output_allocator: bool = False,
    ) -> None:
        super().__init__()
        named_first = not arguments or isinstance(arguments[0], str)
        order = ("name",) if named_first else ()
        order += ("input_binding_names", "output_binding_names", "target_device", "hardware_compatible")
        if len(arguments) > len(order):
            raise TypeError(
                f"TorchTensorRTModule takes an engine and at most {len(order)} more positional arguments, "
                f"{len(arguments)} were given"
            )
        given = {
            "name": name,
            "input_binding_names": input_binding_names,
            "output_binding_names": output_binding_names,
            "target_device": target_device,
        }
        for key, value in zip(order, arguments, strict=False):
            if given.get(key) is not None:
                raise TypeError(f"TorchTensorRTModule got two values for {key}: {given[key]!r} and {value!r}")
            given[key] = value
        self.name = given["name"] or ""
        self.input_binding_names = list(given["input_binding_names"] or [])
        self.output_binding_names = list(given["output_binding_names"] or [])
        self.target_device = str(Device._from(given["target_device"]))
        self.engine: Any = None
        if serialized_engine is None:
            return
        if not isinstance(serialized_engine, (bytes, bytearray)):
            raise TypeError(f"serialized_engine is {type(serialized_engine).__name__}, must be bytes")
        if not serialized_engine:
            raise RuntimeError("serialized_engine is empty, it has 0 bytes")
        self._load(torch.frombuffer(bytearray(serialized_engine), dtype=torch.uint8))

    def forward(self, *inputs: Any) -> Any:
        """Runs the engine and returns its output, or a tuple if it has several outputs."""
        if self.engine is None:
            raise RuntimeError(
                f"the module {self.name!r} has no engine: give serialized_engine, or call load_state_dict"
            )
        tensors = [value if isinstance(value, torch.Tensor) else torch.as_tensor(value) for value in inputs]
        outputs = torch.ops.tensorrt.execute_engine(tensors, self.engine)
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def to_script(self) -> torch.jit.ScriptModule:
        """Returns a ScriptModule around the engine, as :func:`torch_tensorrt.embed_engine_in_new_module` makes it."""
        engine = self._loaded().serialized_engine_tensor()
        device = to_json(Device._from(self.target_device)._to_spec())
        names = [self.input_binding_names, self.output_binding_names]
        return torch.jit._recursive.wrap_cpp_module(compiler()._embed_engine(engine, device, *names))

    def get_layer_info(self) -> str:
        """Returns the engine's layers as JSON text."""
        return self._loaded().get_engine_layer_info()

    def dump_layer_info(self) -> None:
        """Writes :meth:`get_layer_info` to a file in the folder of :meth:`enable_profiling`."""
        self._loaded().dump_engine_layer_info()

    def enable_profiling(self, profiling_results_dir: str | None = None, profile_format: str = "perfetto") -> None:
        """Makes each further call write the times of its layers to a file in the folder.

        Args:
            profiling_results_dir: the folder. Default: unchanged.
            profile_format: format of the file.
        """
        engine = self._loaded()
        if profiling_results_dir is not None:
            engine.profile_path_prefix = str(profiling_results_dir)
        engine.set_profile_format(profile_format)
        engine.enable_profiling()

    def disable_profiling(self) -> None:
        """Ends the profiling that :meth:`enable_profiling` began."""
        self._loaded().disable_profiling()

    def get_extra_state(self) -> tuple[Any, ...]:
        engine = None if self.engine is None else self.engine.serialized_engine_tensor().clone()
        return self.name, engine, self.input_binding_names, self.output_binding_names, self.target_device

    def set_extra_state(self, state: tuple[Any, ...]) -> None:
        self.name, engine, inputs, outputs, self.target_device = state
        self.input_binding_names, self.output_binding_names = list(inputs), list(outputs)
        self.engine = None
        if engine is not None:
            self._load(engine.cpu())

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state["engine"] = self.get_extra_state()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        engine = state.pop("engine")
        super().__setstate__(state)
        self.set_extra_state(engine)

    def _loaded(self) -> Any:
        if self.engine is None:
            raise RuntimeError(f"the module {self.name!r} has no engine yet")
        return self.engine

    def _load(self, engine: torch.Tensor) -> None:
        require_text("name", self.name)
        require_text("input_binding_names", *self.input_binding_names)
        require_text("output_binding_names", *self.output_binding_names)
        device = Device._from(self.target_device)
        self.engine = compiler()._load_engine(
            engine, self.name, to_json(device._to_spec()), self.input_binding_names, self.output_binding_names
        )
