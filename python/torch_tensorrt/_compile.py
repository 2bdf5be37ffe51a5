"""Compiles modules of every kind by way of TorchScript."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import torch
from torch.nn.modules import module as _hooks

from torch_tensorrt import _export, _exported, _exported_checks, _progress, ptq, ts
from torch_tensorrt._exported_form import engine_form, form_of, structure_of
from torch_tensorrt._structure import Form
from torch_tensorrt._structured_module import StructuredModule, structured
from torch_tensorrt._torchscript import no_deprecation

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from torch_tensorrt._setting_types import Settings

_TORCHSCRIPT = ("default", "ts", "torchscript")
_IRS = (*_TORCHSCRIPT, "dynamo", "torch_compile", "fx")


def _form_of(module: Any, is_whole: bool) -> Form:
    """The form of an exported program in TorchScript; see :func:`torch_tensorrt._exported_form.form_of`."""
    return form_of(module, is_whole) if isinstance(module, torch.export.ExportedProgram) else Form()


def _to_script(module: Any, form: Form) -> torch.jit.ScriptModule:
    _refuse_compiled(module)
    if isinstance(module, (torch.jit.ScriptModule, torch.jit.ScriptFunction)):
        return module
    if isinstance(module, torch.export.ExportedProgram):
        return _exported.to_script(module, form)
    if isinstance(module, torch.nn.Module):
        return _script(module)
    raise TypeError(f"module is {type(module).__name__}, must be a torch.nn.Module, ScriptModule or ExportedProgram")


def _with_checks(module: Any, form: Form, compiled: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    """Makes a call with sizes that contradict an exported program an error."""
    is_program = isinstance(module, torch.export.ExportedProgram)
    return _exported_checks.add(module, form, compiled) if is_program else compiled


class _NotScriptable(RuntimeError):
    """``torch.jit.script`` fails on a module."""


def _script(module: torch.nn.Module) -> torch.jit.ScriptModule:
    _refuse_calls_of_its_own(module)
    try:
        with no_deprecation():
            return torch.jit.script(module)
    except Exception as error:
        raise _NotScriptable(
            f"torch.jit.script fails on {type(module).__name__}; "
            f"try torch.jit.trace(module, example_inputs), and compile the traced module. The error: {error}"
        ) from error


def _scripted_or_exported(module: torch.nn.Module, inputs: Any, keywords: dict[str, Any] | None) -> Any:
    """Returns the ScriptModule, or the exported program of a module that cannot be scripted."""
    try:
        return _script(module)
    except _NotScriptable as error:
        if inputs is None and not keywords:
            raise
        try:
            program = _export.export(module, inputs, keywords)
        except Exception as export_error:
            raise RuntimeError(f"{error}\ntorch.export fails too: {export_error}") from error
        reason = next(iter(str(error.__cause__).strip().splitlines()), "")
        warnings.warn(
            f"torch.jit.script fails on {type(module).__name__} ({reason}), so torch.export takes it for these inputs; "
            "ir='dynamo' does so without a warning, and ir='ts' makes it an error",
            stacklevel=4,
        )
        return program


def _refuse_compiled(module: Any) -> None:
    """Refuses compiled modules of exported programs, also as submodules."""
    for name, part in module.named_modules() if isinstance(module, torch.nn.Module) else ():
        if isinstance(part, StructuredModule):
            what = f"the submodule {name}" if name else "the module"
            raise TypeError(
                f"{what} is compiled already (a StructuredModule); compile the program or module that it was made of"
            )


def _refuse_calls_of_its_own(module: torch.nn.Module) -> None:
    """Refuses hooks and ``__call__`` methods: ``torch.jit.script`` compiles ``forward`` and omits them silently."""
    advice = "torch.jit.trace(module, example_inputs) includes it; compile the traced module"
    if _hooks._global_forward_hooks or _hooks._global_forward_pre_hooks:
        raise RuntimeError(f"torch.jit.script omits the forward hooks that are registered for all modules; {advice}")
    for name, part in module.named_modules():
        # The __call__ of a GraphModule calls nn.Module's.
        is_plain = type(part).__call__ is torch.nn.Module.__call__ or isinstance(part, torch.fx.GraphModule)
        if not is_plain:
            where = f"the submodule {name}" if name else "the module"
            raise RuntimeError(
                f"{where}, a {type(part).__name__}, has its own __call__, which torch.jit.script omits; {advice}"
            )


def _to_script_with(module: torch.nn.Module, methods: dict[str, Any]) -> torch.jit.ScriptModule:
    """Returns the scripted module. Raises ``ValueError`` for a method that ``torch.jit.script`` drops."""
    script = _to_script(module, Form())
    for name in methods:
        is_method = module is not script and inspect.ismethod(getattr(module, str(name), None))
        if is_method and not script._c._has_method(str(name)):
            raise ValueError(
                f"torch.jit.script drops the method {name}, which forward does not call; decorate it with "
                "@torch.jit.export"
            )
    return script


def _resolve_inputs(
    module: Any, inputs: Any, arg_inputs: Any, kwarg_inputs: Any, settings: dict[str, Any]
) -> Sequence[Any] | None:
    if inputs is not None and arg_inputs is not None:
        raise ValueError("give either inputs or arg_inputs, not both")
    inputs = inputs if inputs is not None else arg_inputs
    if isinstance(module, torch.export.ExportedProgram):
        has_signature = settings.get("input_signature") is not None
        return inputs if has_signature else _exported.resolve_inputs(module, inputs, kwarg_inputs)
    if kwarg_inputs:
        raise ValueError("kwarg_inputs are for compile and for exported programs; give the inputs by position here")
    return inputs


def _input_settings(module: Any, inputs: Sequence[Any] | None, form: Form) -> dict[str, Any]:
    """The inputs in the form that :func:`torch_tensorrt.ts.compile` takes."""
    if isinstance(module, torch.export.ExportedProgram) and inputs is not None:
        return _exported.input_settings(module, inputs, form)
    return {"inputs": inputs}


def _resolve_ir(module: Any, ir: str, inputs: Any, keywords: dict[str, Any] | None) -> Any:
    """Returns the module, or its exported program if that is compiled."""
    if ir not in _IRS:
        raise ValueError(f"ir={ir!r} is not one of {', '.join(_IRS)}")
    _refuse_compiled(module)
    if ir == "fx":
        raise ValueError("ir='fx' is not available; ir='dynamo' compiles the module through torch.export")
    is_exported = isinstance(module, torch.export.ExportedProgram)
    if is_exported or ir != "dynamo" and not _export.is_module_of_program(module):
        is_plain = isinstance(module, torch.nn.Module) and not isinstance(module, torch.jit.ScriptModule)
        return _scripted_or_exported(module, inputs, keywords) if is_plain and ir == "default" else module
    if isinstance(module, torch.jit.ScriptModule) or not isinstance(module, torch.nn.Module):
        raise TypeError(f"ir='dynamo' takes an nn.Module or an ExportedProgram, not a {type(module).__name__}")
    return _export.export(module, inputs, keywords)


@overload
def compile(  # noqa: A001 - the public name
    module: torch.nn.Module,
    ir: Literal["torch_compile"],
    inputs: Sequence[Any] | None = None,
    arg_inputs: Sequence[Any] | None = None,
    kwarg_inputs: dict[str, Any] | None = None,
    enabled_precisions: Any = None,
    **kwargs: Unpack[Settings],
) -> Callable[..., Any]: ...


@overload
def compile(  # noqa: A001
    module: torch.export.ExportedProgram,
    ir: str = "default",
    inputs: Sequence[Any] | None = None,
    arg_inputs: Sequence[Any] | None = None,
    kwarg_inputs: dict[str, Any] | None = None,
    enabled_precisions: Any = None,
    **kwargs: Unpack[Settings],
) -> torch.jit.ScriptModule | StructuredModule: ...


@overload
def compile(  # noqa: A001
    module: Any,
    ir: str = "default",
    inputs: Sequence[Any] | None = None,
    arg_inputs: Sequence[Any] | None = None,
    kwarg_inputs: dict[str, Any] | None = None,
    enabled_precisions: Any = None,
    *,
    methods: dict[str, Any] | None = None,
    **kwargs: Unpack[Settings],
) -> torch.jit.ScriptModule: ...


def compile(  # noqa: A001
    module: Any,
    ir: str = "default",
    inputs: Sequence[Any] | None = None,
    arg_inputs: Sequence[Any] | None = None,
    kwarg_inputs: dict[str, Any] | None = None,
    enabled_precisions: Any = None,
    *,
    methods: dict[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Compiles a module's forward, or several methods of it, into engines.

    What no engine can run stays with PyTorch, in a hybrid module; a warning lists it. ``require_full_compilation=True``
    makes one engine, or an error.

    Args:
        module: a ScriptModule, an ``nn.Module``, an ExportedProgram or its ``module()``; in eval mode. An
            ExportedProgram is never run, and its arguments without a tensor keep the values of the export.
        ir: ``"ts"`` and ``"torchscript"`` script an ``nn.Module``. ``"dynamo"`` exports it with ``torch.export`` for
            the inputs. ``"default"`` scripts it, and exports it with a warning if that fails.
            ``"torch_compile"`` returns ``torch.compile(module, backend="torch_tensorrt")``, which compiles in its first
            call, for the inputs of that call.
        inputs: an entry for each argument of ``forward``: a :class:`torch_tensorrt.Input` or example tensor, a tuple,
            list or dict of such entries, or the value that the argument has in every call;
            :func:`torch_tensorrt.ts.compile` has the rules. The default for an ExportedProgram is its own examples, as
            ranges if it has ``dynamic_shapes``; given inputs must lie within these. A floating input may have another
            dtype than the module's weights. If the module would not accept it, it is cast before the first operation,
            and results have the dtypes that the module returns for inputs of its own dtype.
        arg_inputs: another name of ``inputs``.
        kwarg_inputs: entries by the name of the argument. For an ExportedProgram: of the arguments that it was
            exported with by keyword.
        enabled_precisions: set of dtypes that layers may compute in; default ``{torch.float32}``.
        methods: the inputs of several methods, by the name of the method: ``{"encode": [Input((1, 80))], "decode":
            {"memory": Input((1, 256)), "step": 3}}``. ``torch.jit.script`` keeps methods that ``forward`` calls or that
            are decorated with ``@torch.jit.export``.
        **kwargs: every other setting of :func:`torch_tensorrt.ts.compile`, and its ``progress``.

    Returns:
        A ScriptModule; save it with ``torch.jit.save``. For a program whose arguments or results TorchScript has no
        types for (dataclasses, results of transformers, dicts of tensors and numbers), an ``nn.Module`` that takes and
        returns them as the program does; its attribute ``script`` is the ScriptModule. For ``ir="torch_compile"``,
        what ``torch.compile`` returns.

    Raises:
        TypeError: ``module`` is of another type, or compiled already.
        ValueError: ``ir`` is unknown or not available, the inputs do not match an ExportedProgram, ``methods`` has a
            method that ``torch.jit.script`` drops, or ``ir`` takes ``forward`` alone.
        RuntimeError: the module cannot be scripted, or neither scripted nor exported.
        Exception: the errors of :func:`torch_tensorrt.ts.compile`.
    """
    precisions = {"enabled_precisions": {torch.float32} if enabled_precisions is None else enabled_precisions}
    if methods and ir in ("torch_compile", "dynamo"):
        raise ValueError(f"ir={ir!r} compiles forward alone; methods needs a module that torch.jit.script takes")
    own = {"ir": ir, "inputs": inputs, "arg_inputs": arg_inputs, "kwarg_inputs": kwarg_inputs, "methods": methods}
    if ir == "torch_compile":
        if kwargs.get("calibrator") is not None:
            raise ValueError("ir='torch_compile' takes no calibrator; ir='dynamo' does")
        from torch_tensorrt import _dynamo  # imports torch._dynamo, which takes seconds

        return _dynamo.compile(module, [inputs, arg_inputs, kwarg_inputs], {**kwargs, **precisions})
    with _progress.followed(kwargs.pop("progress", None), f"compiling {type(module).__name__}", is_frame=True):
        if kwargs.get("calibrator") is not None:
            kwargs = {**kwargs, **precisions}
            ptq.resolve(
                kwargs, kwargs.get("device"), lambda changed: compile(ptq.on_cpu(module), **ptq.on_cpu(own), **changed)
            )
            del kwargs["enabled_precisions"]
        _progress.step("reading the module")
        if methods and isinstance(module, torch.nn.Module):
            module = _to_script_with(module, methods)
        module = _resolve_ir(module, ir, inputs if inputs is not None else arg_inputs, kwarg_inputs)
        if methods and isinstance(module, torch.export.ExportedProgram):
            raise ValueError("an ExportedProgram has no methods; give its inputs, or compile a scripted module")
        by_name = {}
        if not isinstance(module, torch.export.ExportedProgram):
            by_name, kwarg_inputs = {"kwarg_inputs": kwarg_inputs}, None
        inputs = _resolve_inputs(module, inputs, arg_inputs, kwarg_inputs, kwargs)
        form = _form_of(module, bool(kwargs.get("require_full_compilation")))
        script = _to_script(module, form)
        settings = {"methods": methods, **kwargs, **by_name, **_input_settings(module, inputs, form)}
        compiled = _with_checks(module, form, ts.compile(script, **precisions, **settings))
        is_program = isinstance(module, torch.export.ExportedProgram)
        return structured(compiled, structure_of(module, form) if is_program else None)


def convert_method_to_trt_engine(
    module: Any,
    method_name: str = "forward",
    inputs: Sequence[Any] | None = None,
    arg_inputs: Sequence[Any] | None = None,
    kwarg_inputs: dict[str, Any] | None = None,
    ir: str = "default",
    enabled_precisions: Any = None,
    **kwargs: Any,
) -> bytes:
    """Compiles a whole method into one engine and returns its bytes.

    The arguments and errors are those of :func:`compile`, the settings (and ``progress``) those of
    :func:`torch_tensorrt.ts.convert_method_to_trt_engine`.
    """
    if ir == "torch_compile":
        raise ValueError("ir='torch_compile' makes no engine that could be returned; ir='dynamo' does")
    name = f"compiling {type(module).__name__}.{method_name}"
    with _progress.followed(kwargs.pop("progress", None), name, is_frame=True):
        _progress.step("reading the module")
        module = _resolve_ir(module, ir, inputs if inputs is not None else arg_inputs, kwarg_inputs)
        inputs = _resolve_inputs(module, inputs, arg_inputs, kwarg_inputs, kwargs)
        if isinstance(module, torch.export.ExportedProgram):
            script = _exported.to_script(module, engine_form(module), views=True)
        else:
            script = _to_script(module, Form())
        precisions = {torch.float32} if enabled_precisions is None else enabled_precisions
        return ts.convert_method_to_trt_engine(
            script, method_name=method_name, inputs=inputs, enabled_precisions=precisions, **kwargs
        )
