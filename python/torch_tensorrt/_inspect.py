"""Reports what a compiled module runs."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import torch

from torch_tensorrt import ts
from torch_tensorrt._library import compiler
from torch_tensorrt._structured_module import script_of


@dataclasses.dataclass(frozen=True)
class CompiledEngine:
    """An engine of a compiled module.

    ``attribute`` is its name in the module. ``operations`` is the number of operations of the method that it runs, or
    0 if it is the whole method. ``information`` is what its ``get_engine_layer_info()`` tells.
    """

    attribute: str
    operations: int
    information: dict[str, Any] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class PyTorchOperation:
    """An operator that PyTorch runs in a hybrid module, for ``reason``; ``source`` is the first of its ``uses``."""

    op: str
    uses: int
    reason: str
    source: str


@dataclasses.dataclass(frozen=True)
class CompiledMethod:
    """A compiled method of the module, or of the submodule ``path``.

    ``reason`` says why one engine would not do all that the method does; it is empty if one engine runs it, or if
    operators alone prevent it. ``engines`` are in the order of their calls. ``pytorch`` lists what PyTorch runs.
    """

    path: str
    method: str
    reason: str
    engines: tuple[CompiledEngine, ...]
    pytorch: tuple[PyTorchOperation, ...]


@dataclasses.dataclass(frozen=True)
class ModuleReport:
    """The result of :func:`inspect`; ``str()`` gives a table."""

    methods: tuple[CompiledMethod, ...]
    table: str = dataclasses.field(repr=False)

    def __str__(self) -> str:
        return self.table

    def to_json(self) -> str:
        """Returns the report as JSON text with the field ``methods``."""
        report = dataclasses.asdict(self)
        del report["table"]
        return json.dumps(report, indent=2)


def inspect(module: torch.nn.Module) -> ModuleReport:
    """Reports what a compiled module runs: its engines, and the operators that PyTorch runs with the reasons.

    Args:
        module: a module that :func:`compile` or :func:`embed_engine_in_new_module` returned, that was loaded from a
            file, or that has such submodules. Nothing runs, and the module does not change.

    Returns:
        A :class:`ModuleReport` with each compiled method of the module and its submodules.

    Raises:
        TypeError: ``module`` is not a compiled module.
        RuntimeError: neither the module nor a submodule is compiled.
    """
    module = ts._compiler._require_module(script_of(module), "inspect")
    report, table = compiler()._inspect(ts._compiler._native(module))
    methods = []
    for method in json.loads(report)["methods"]:
        engines = tuple(CompiledEngine(**engine) for engine in method.pop("engines"))
        pytorch = tuple(PyTorchOperation(**row) for row in method.pop("pytorch"))
        methods.append(CompiledMethod(**method, engines=engines, pytorch=pytorch))
    return ModuleReport(tuple(methods), table)
