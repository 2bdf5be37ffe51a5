"""The backend of ``torch.compile``: compiles the graphs that Dynamo captures."""

from __future__ import annotations

import functools
import inspect
import os
import sys
import threading
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils import _pytree

from torch_tensorrt import ts
from torch_tensorrt._device import Device
from torch_tensorrt._dynamo_graph import AtenGraph
from torch_tensorrt._enums import DeviceType
from torch_tensorrt._input import Input
from torch_tensorrt._library import compiler, to_json
from torch_tensorrt._progress import has_ended
from torch_tensorrt._torchscript import no_deprecation
from torch_tensorrt.ts._compile_spec import build_spec

_NAMES = ("torch_tensorrt", "tensorrt")
_OF_CALLS = ("module", "inputs", "input_signature", "kwarg_inputs", "methods")
_PACKAGES = tuple(os.path.dirname(file) + os.sep for file in (torch.__file__, __file__))
_MOST_STATES = 64
_NO_GRADIENTS = (
    "torch_tensorrt computes no gradients. Call the module under torch.no_grad() or torch.inference_mode(), and train "
    "it without torch_tensorrt"
)


def register() -> None:
    """Registers the backend, where the entry points of an installed package do not."""
    from torch._dynamo import register_backend

    for name in _NAMES:
        register_backend(compiler_fn=torch_tensorrt_backend, name=name)


def compile(module: Any, inputs: Any, settings: dict[str, Any]) -> Any:  # noqa: A001
    """Returns ``torch.compile`` of the module with the settings.

    Args:
        inputs: a nest of inputs; must hold no range, for the calls give the shapes.
    """
    if isinstance(module, torch.export.ExportedProgram):
        raise TypeError(
            "ir='torch_compile' takes an nn.Module or a function, not an ExportedProgram; compile the program with "
            "ir='dynamo', or give program.module()"
        )
    entries = _pytree.tree_leaves(inputs, is_leaf=lambda entry: isinstance(entry, Input))
    if any(isinstance(entry, Input) and entry.shape_mode is Input._ShapeMode.DYNAMIC for entry in entries):
        raise ValueError(
            "ir='torch_compile' compiles for the shapes of the calls: mark sizes that vary with "
            "torch._dynamo.mark_dynamic(tensor, dim, min=, max=), or use ir='dynamo', which takes ranges"
        )
    return torch.compile(module, backend=torch_tensorrt_backend, options=checked_options(settings))


def torch_tensorrt_backend(
    module: torch.fx.GraphModule,
    inputs: Sequence[Any],
    *,
    options: dict[str, Any] | None = None,
    mode: str | None = None,
) -> Callable[..., Any]:
    """Compiles a graph of Dynamo: ``torch.compile(model, backend="torch_tensorrt", options={...})``.

    Args:
        module: the graph.
        inputs: not used; the first call decides.
        options: settings of :func:`torch_tensorrt.ts.compile`.
        mode: must be None.

    Raises:
        TypeError: there is no such setting, or it has a value of another type.
        ValueError: a setting is out of range.
        RuntimeError: there is no such operator or device.
    """
    if mode is not None:
        raise ValueError(f"mode={mode!r} is for the backend inductor; torch_tensorrt takes settings as options={{...}}")
    options = checked_options(options or {})
    try:
        graph = AtenGraph(module)
    except Exception as error:
        return _refused(module, error, options)
    if not graph.computes():
        return module.forward
    options = _of_graph(options, graph)
    needs = _needs_gradients(module)
    changes_gradients = any(getattr(graph.values[place], "requires_grad", False) for place in graph.changed)
    if any(needs) and changes_gradients:
        return _refused(module, RuntimeError(f"it writes a tensor that needs gradients. {_NO_GRADIENTS}"), options)
    return CompiledGraph(module, graph, options, needs)


def checked_options(options: dict[str, Any]) -> dict[str, Any]:
    """Returns the options. Raises the errors of wrong ones that :func:`torch_tensorrt.ts.compile` documents."""
    known = [name for name in inspect.signature(ts.compile).parameters if name not in _OF_CALLS]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise TypeError(f"torch_tensorrt has no option {', '.join(unknown)}; its options are {', '.join(known)}")
    bound = inspect.signature(ts.compile).bind_partial(None, **options)
    bound.apply_defaults()
    settings = {name: value for name, value in bound.arguments.items() if name not in (*_OF_CALLS, "progress")}
    spec = build_spec(inputs=[], input_signature=None, **{**settings, "torch_executed_modules": []})
    compiler()._check(ts._compiler._native(_nothing()), "forward", to_json(spec))  # for contradictions
    device = options.get("device")
    is_cpu = device is None or Device._from(device).device_type is DeviceType.CPU
    if not is_cpu and not torch.cuda.is_available():
        raise RuntimeError(f"device is {device}, but PyTorch sees no GPU on this machine; give the device cpu")
    return options


@functools.cache
def _nothing() -> torch.jit.ScriptModule:
    with no_deprecation():
        return torch.jit.script(torch.nn.Identity().eval())


def _of_graph(options: dict[str, Any], graph: AtenGraph) -> dict[str, Any]:
    """Returns the options without the modules that the graph does not use. Other graphs of the model may use them."""
    listed = list(options.get("torch_executed_modules") or [])
    known = graph.modules() if listed else set()
    for name in listed:
        if name not in known:
            _warn(
                f"torch_executed_modules lists {name}, which a graph of torch.compile does not use; this has no effect "
                "on this graph"
            )
    return {**options, "torch_executed_modules": [name for name in listed if name in known]} if listed else options


def _warn(message: str) -> None:
    """Warns at the innermost line outside of PyTorch and this package."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith((*_PACKAGES, "<")):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)


def _refused(module: torch.fx.GraphModule, error: Exception, options: dict[str, Any]) -> Callable[..., Any]:
    """Returns the graph for PyTorch, with a warning; an error if the options promise what PyTorch would not keep."""
    if options.get("require_full_compilation") or options.get("strict_precisions"):
        raise error
    _warn(f"PyTorch runs a graph of torch.compile, because torch_tensorrt refuses it: {error}")
    return module.forward


def _needs_gradients(module: torch.fx.GraphModule) -> list[bool]:
    """Tells for each result whether PyTorch could compute gradients from it."""
    (output,) = module.graph.find_nodes(op="output")
    values = [node.meta.get("example_value") if isinstance(node, torch.fx.Node) else None for node in output.args[0]]
    return [isinstance(value, torch.Tensor) and value.requires_grad for value in values]


def _contents(tensors: Sequence[torch.Tensor]) -> list[tuple[int, int]]:
    """Returns numbers that change with each write and each replacement of the memory.

    A tensor of the inference mode does not count its writes, and no tensor counts those through its ``data``.
    """
    try:
        return [(tensor._version, tensor.data_ptr()) for tensor in tensors]
    except RuntimeError:
        return [(0 if tensor.is_inference() else tensor._version, tensor.data_ptr()) for tensor in tensors]


class _Variant:
    """The compiled module for one set of parameters and buffers, which it does not keep alive."""

    def __init__(
        self,
        compiled: torch.jit.ScriptModule,
        tensors: Sequence[torch.Tensor],
        taken: Sequence[int],
        forget: Callable[[], None],
    ) -> None:
        self.compiled = compiled
        self.forward = compiled.forward
        self.contents = _contents(tensors)
        self.taken = taken
        self.references = [weakref.ref(tensor, lambda _: forget()) for tensor in tensors]


class CompiledGraph:
    """Runs a graph of Dynamo in a compiled module, which it makes in the first call.

    Parameters and buffers are constants of the compiled module. If a call has other ones, or they were written since,
    the module is refitted; a buffer that was written becomes an argument. A size without an upper limit is compiled up
    to the next power of two above twice its value, and anew in a call with a larger size.
    """

    def __init__(
        self, module: torch.fx.GraphModule, graph: AtenGraph, options: dict[str, Any], needs_gradients: list[bool]
    ) -> None:
        self.module = module
        self.graph = graph
        self.options = options
        self.needs_gradients = needs_gradients if any(needs_gradients) else []
        self.casts = torch._C._is_any_autocast_enabled()
        self.limits = graph.limits()
        self.tops: list[tuple[int, int, int]] = []  # place, dimension, largest size
        self.variants: OrderedDict[tuple[int, ...], _Variant] = OrderedDict()
        self.is_refused = False
        self.lock = threading.RLock()

    def __call__(self, *args: Any) -> Any:
        state = [args[place] for place in self.graph.state]
        variant = self.variants.get(_key(state))
        if variant is None or variant.contents != _contents(state) or self._exceeds(args):
            variant = self._prepare(args)
        if variant is None or self._overlaps(args):
            return self.module.forward(*args)
        given = [args[place] for place in variant.taken]
        if self.casts:  # the graph has the casts
            with torch.no_grad(), torch._C._DisableAutocast():
                return self._results(variant.forward(*given))
        with torch.no_grad():
            results = variant.forward(*given)
        return self._results(results)

    def _results(self, results: Any) -> Any:
        if not self.needs_gradients:
            return results
        needed = [result.detach() for result, needs in zip(results, self.needs_gradients, strict=True) if needs]
        fail = torch._C._functions.DelayedError(_NO_GRADIENTS.encode(), len(needed))
        failing = fail(*[tensor.requires_grad_() for tensor in needed])
        left = iter([failing] if isinstance(failing, torch.Tensor) else failing)
        return tuple(
            next(left) if needs else result for result, needs in zip(results, self.needs_gradients, strict=True)
        )

    def _overlaps(self, args: Sequence[Any]) -> bool:
        """Tells whether the graph writes memory that two arguments share, which a compiled module refuses."""
        if not self.graph.changed:
            return False
        tensors = [arg for arg in args if isinstance(arg, torch.Tensor) and arg.numel()]
        memory = [tensor.untyped_storage().data_ptr() for tensor in tensors]
        changed = [args[place] for place in self.graph.changed if args[place].numel()]
        return any(memory.count(tensor.untyped_storage().data_ptr()) > 1 for tensor in changed)

    def _exceeds(self, args: Sequence[Any]) -> bool:
        return any(args[place].size(dim) > top for place, dim, top in self.tops)

    def _prepare(self, args: Sequence[Any]) -> _Variant | None:
        """Returns the variant for the arguments; None if PyTorch runs the graph."""
        with self.lock:
            if self.is_refused:
                return None
            try:
                return self._compile(args)
            except Exception as error:
                if has_ended(error):
                    raise
                self.variants.clear()
                _refused(self.module, error, self.options)
                self.is_refused = True
                return None

    def _compile(self, args: Sequence[Any]) -> _Variant:
        if self.limits and (not self.tops or self._exceeds(args)):
            self.variants.clear()
            self.tops = [(*place, _top(args[place[0]].size(place[1]), limit)) for place, limit in self.limits.items()]
        self._pass_changed_buffers(args)
        with torch.random.fork_rng(devices=[]):
            compiled = self._refitted(args) or self._compiled(args)
        state = [args[place] for place in self.graph.state]
        key, variants = _key(state), self.variants
        variant = _Variant(compiled, state, self.graph.taken(), lambda: variants.pop(key, None))
        variants[key] = variant
        if len(self.variants) > _MOST_STATES:
            self.variants.popitem(last=False)
        return variant

    def _pass_changed_buffers(self, args: Sequence[Any]) -> None:
        """Makes arguments of the buffers that were written since they were compiled."""
        state = [args[place] for place in self.graph.state]
        variant = self.variants.get(_key(state))
        if variant is None:
            return
        changed = [now != then for now, then in zip(_contents(state), variant.contents, strict=True)]
        places = [place for place, is_changed in zip(self.graph.state, changed, strict=True) if is_changed]
        buffers = [place for place in places if not isinstance(args[place], torch.nn.Parameter)]
        for place in buffers:
            del self.graph.state[place]
        if buffers:
            self.variants.clear()

    def _compiled(self, args: Sequence[Any]) -> torch.jit.ScriptModule:
        tops = {(place, dim): top for place, dim, top in self.tops}
        entries = self.graph.entries(args, tops)
        if any(isinstance(arg, torch.Tensor) and type(arg) not in (torch.Tensor, torch.nn.Parameter) for arg in args):
            raise RuntimeError("an argument is of a subclass of torch.Tensor, must be a plain tensor")
        device = self.graph.device()
        script = self.graph.program(args).script()
        return ts.compile(script, inputs=[], kwarg_inputs=entries, **{"device": device, **self.options})

    def _refitted(self, args: Sequence[Any]) -> torch.jit.ScriptModule | None:
        """Returns a module that is known with the parameters of the call; None if there is no such module."""
        if not self.variants:
            return None
        try:
            return ts._compiler.refit_module_weights(
                next(reversed(self.variants.values())).compiled, self.graph.program(args).script()
            )
        except RuntimeError:
            return None


def _key(tensors: Sequence[torch.Tensor]) -> tuple[int, ...]:
    return tuple([id(tensor) for tensor in tensors])


def _top(size: int, limit: int | None) -> int:
    """Returns the largest size to compile for."""
    return limit if limit is not None else 1 << (2 * size).bit_length()
