"""Gives compiled modules new weights."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch.utils import _pytree

from torch_tensorrt import _exported, _progress, ts
from torch_tensorrt._compile import _input_settings, _resolve_inputs, _to_script, _with_checks
from torch_tensorrt._exported_form import form_of, structure_of, taken
from torch_tensorrt._input import Input
from torch_tensorrt._inspect import inspect
from torch_tensorrt._structure import Form
from torch_tensorrt._structured_module import StructuredModule, structured
from torch_tensorrt.ptq import copied

CompiledModule = TypeVar("CompiledModule", torch.jit.ScriptModule, StructuredModule)

# Tolerances of ``verify_output``.
VERIFY_RTOL = 5e-3
VERIFY_ATOL = 5e-3


def refit_module_weights(
    compiled_module: CompiledModule,
    new_weight_module: Any,
    arg_inputs: Sequence[Any] | dict[str, Sequence[Any]] | None = None,
    kwarg_inputs: dict[str, Any] | None = None,
    verify_output: bool = False,
    in_place: bool = False,
    progress: _progress.Choice = None,
) -> CompiledModule:
    """Makes a copy of a compiled module with the weights of another module, without timing tactics again.

    Args:
        compiled_module: a module that :func:`compile` returned or that was loaded from a file. Without ``in_place`` it
            does not change, and may run meanwhile.
        new_weight_module: a module with the same code and new weights: its parameters and buffers have the same names,
            shapes and dtypes. A ScriptModule, an ``nn.Module`` (scripted first) or an ExportedProgram; in eval mode.
            The weights are those of the method that was compiled. A hybrid module also takes the rest from it: the
            floats in its part for PyTorch, the state (counters, caches) and the other methods.
        arg_inputs: a tensor (or :class:`torch_tensorrt.Input`) for each argument of the method that was compiled
            (``forward``, except for :func:`embed_engine_in_new_module`), for ``verify_output``. If several methods
            were compiled, a dict of such lists by the name of the method.
        kwarg_inputs: inputs by name, for the arguments that an ExportedProgram was exported with by keyword.
        verify_output: run both modules on ``arg_inputs`` and compare their results; the relative and the absolute
            tolerance are 5e-3. If the compiled module is a hybrid one, copies of both run, so that no state changes.
        in_place: change ``compiled_module`` itself, after all checks; it must not run meanwhile. A scripted module that
            has a hybrid module as a submodule keeps the old one.
        progress: as :func:`torch_tensorrt.ts.compile` takes it.

    Returns:
        A new ScriptModule, or ``compiled_module`` with ``in_place``.

    Raises:
        TypeError: ``compiled_module`` is not a ScriptModule.
        ValueError: ``verify_output`` without ``arg_inputs``, with ``arg_inputs`` of another method, or with a module in
            training mode.
        RuntimeError: parameters differ (the error names each, with both shapes and dtypes), the new module computes
            something else (the error names the first layer, or the first operation of PyTorch, that differs), a
            TensorRT engine was built without ``refit=True``, or the results that ``verify_output`` compares differ.
    """
    with _progress.followed(progress, "refitting", is_frame=True):
        if isinstance(compiled_module, StructuredModule):
            return _refit_structured(
                compiled_module,
                new_weight_module,
                arg_inputs,
                kwarg_inputs,
                verify_output=verify_output,
                in_place=in_place,
            )
        form = _form_like(compiled_module, new_weight_module)
        return _refit(compiled_module, new_weight_module, form, arg_inputs, kwarg_inputs, verify_output, in_place)


def _refit_structured(
    compiled: StructuredModule, module: Any, arg_inputs: Any, kwarg_inputs: Any, *, verify_output: bool, in_place: bool
) -> StructuredModule:
    if not isinstance(module, torch.export.ExportedProgram):
        raise TypeError(
            f"new_weight_module is {type(module).__name__}, must be an ExportedProgram for a module that was compiled "
            "of one with arguments or results that TorchScript has no types for: torch.export.export(module, ...)"
        )
    form = compiled.structure.form
    structure = structure_of(module, form)
    if structure != compiled.structure:
        raise RuntimeError(
            f"new_weight_module has other arguments or results: {structure or 'those that TorchScript has types for'}; "
            f"the compiled module has {compiled.structure}"
        )
    refitted = _refit(compiled.script, module, form, arg_inputs, kwarg_inputs, verify_output, in_place)
    return compiled if in_place else structured(refitted, structure)


def _refit(
    compiled_module: torch.jit.ScriptModule,
    new_weight_module: Any,
    form: Form,
    arg_inputs: Any,
    kwarg_inputs: Any,
    verify_output: bool,
    in_place: bool,
) -> torch.jit.ScriptModule:
    by_method = dict(arg_inputs) if isinstance(arg_inputs, dict) else {None: arg_inputs}
    given = arg_inputs is not None or bool(kwarg_inputs)
    if given:
        by_method = {
            name: _resolve_inputs(new_weight_module, None, inputs, kwarg_inputs, {})
            for name, inputs in by_method.items()
        }
    if verify_output and not given:
        raise ValueError("verify_output needs arg_inputs: a tensor for each argument of forward")
    if verify_output and getattr(new_weight_module, "training", False):
        raise ValueError("verify_output needs new_weight_module in eval mode; call eval() on it")
    if verify_output:
        _check_methods(compiled_module, by_method)
    script = _to_script(new_weight_module, form)
    refitted = ts.refit_module_weights(compiled_module, script)
    if _is_hybrid(refitted):  # whose code is made again
        refitted = _with_checks(new_weight_module, form, refitted)
    if verify_output:
        for name, inputs in by_method.items():
            settings = _input_settings(new_weight_module, inputs, form)
            by_keyword = list(settings.get("kwarg_inputs", {}).values())
            arguments = by_keyword or settings.get("input_signature") or settings["inputs"]
            is_leaf = lambda element: isinstance(element, Input)  # noqa: E731
            _verify(refitted, script, _pytree.tree_map(_example, list(arguments), is_leaf=is_leaf), name)
    return _replaced(compiled_module, refitted) if in_place else refitted


def _replaced(compiled: torch.jit.ScriptModule, refitted: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    """Makes ``compiled`` what ``refitted`` is. One engine is an attribute; the code of a hybrid module changes too."""
    if _is_hybrid(compiled):
        compiled._reconstruct(refitted._c)
    else:
        compiled._c.setattr("engine", refitted._c.getattr("engine"))
    return compiled


def _hybrid_methods(compiled: torch.jit.ScriptModule) -> list[str]:
    """Returns the names of the compiled methods of a hybrid module."""
    return [method.method for method in inspect(compiled).methods if not method.path]


def _check_methods(compiled: Any, by_method: dict[str | None, Any]) -> None:
    if not isinstance(compiled, torch.jit.ScriptModule) or not _is_hybrid(compiled):
        names = [None]
    else:
        names = _hybrid_methods(compiled)
    allowed = [*names, None] if len(names) == 1 else names
    unknown = [name for name in by_method if name not in allowed]
    if unknown == [None]:
        raise ValueError(f"arg_inputs must be a dict with the inputs of each method: {', '.join(names)}")
    if unknown:
        compiled_methods = ", ".join(name or "one engine" for name in names)
        raise ValueError(
            f"arg_inputs has inputs of {', '.join(unknown)}, but the compiled module has {compiled_methods}"
        )


def _example(element: Any) -> torch.Tensor:
    if not isinstance(element, Input):
        return element
    dynamic = element.shape_mode is Input._ShapeMode.DYNAMIC
    return element.example_tensor("opt_shape" if dynamic else None)


def _form_like(compiled: Any, module: Any) -> Form:
    """Returns the form of an exported program that has as many arguments as the compiled module."""
    if not isinstance(module, torch.export.ExportedProgram) or not isinstance(compiled, torch.jit.ScriptModule):
        return Form()
    count = len(compiled.forward.schema.arguments) - 1
    hybrid, whole = (form_of(module, is_whole) for is_whole in (False, True))
    return hybrid if len(taken(_exported.arguments(module), hybrid)) == count else whole


def _is_hybrid(compiled: torch.jit.ScriptModule) -> bool:
    return hasattr(compiled, "torch_tensorrt_record")


def _compiled_method(refitted: torch.jit.ScriptModule, name: str | None) -> str:
    """Returns the name that the compiled method has in the module that was compiled."""
    if _is_hybrid(refitted):
        return name or _hybrid_methods(refitted)[0]
    return json.loads(refitted.engine.get_engine_layer_info()).get("method", "forward")


def _as_module_takes(module: torch.jit.ScriptModule, inputs: list[Any]) -> list[Any]:
    """Casts floating inputs to the dtype of the module's weights, as an engine may do."""
    dtypes = (weight.dtype for weight in module.parameters() if weight.is_floating_point())
    dtype = next(dtypes, torch.float32)
    return [x.to(dtype) if isinstance(x, torch.Tensor) and x.is_floating_point() else x for x in inputs]


def _expected_results(module: torch.jit.ScriptModule, method: Any, inputs: list[Any]) -> Any:
    try:
        return method(*copied(inputs))
    except RuntimeError:
        return method(*_as_module_takes(module, copied(inputs)))


def _verify(
    refitted: torch.jit.ScriptModule, expected: torch.jit.ScriptModule, inputs: list[Any], name: str | None
) -> None:
    if _is_hybrid(refitted):
        refitted, expected = copy.deepcopy(refitted), copy.deepcopy(expected)
    method = getattr(expected, _compiled_method(refitted, name))
    compiled = getattr(refitted, _compiled_method(refitted, name) if _is_hybrid(refitted) else "forward")
    with torch.no_grad():
        wanted = _pytree.tree_leaves(_expected_results(expected, method, inputs))
        got = _pytree.tree_leaves(compiled(*copied(inputs)))
    try:
        texts = [[x for x in leaves if isinstance(x, str)] for leaves in (got, wanted)]
        assert texts[0] == texts[1], f"{texts[0]} and {texts[1]}"
        got, wanted = ([x for x in leaves if not isinstance(x, str)] for leaves in (got, wanted))
        torch.testing.assert_close(got, wanted, rtol=VERIFY_RTOL, atol=VERIFY_ATOL, equal_nan=True)
    except AssertionError as error:
        raise RuntimeError(f"the results of the refitted module and of new_weight_module differ: {error}") from error
