"""Every registered operator has rows that really run it, and every row runs the operator in its label."""

from __future__ import annotations

import collections

import pytest
import torch
from ops.coverage import operators_of
from ops.declined import DECLINED
from ops.discover import all_rows
from ops.evaluated import EVALUATED, NEVER_MADE
from ops.refused import REFUSED
from ops.table import Row, compile_for, script_row, t

import torch_tensorrt
from torch_tensorrt._library import compiler

LEAST = 3  # rows for each operator
RAISES = "prim::RaiseException"  # no row, because PyTorch has no result: see the last test

# Registered only for graphs in text form.
NOT_SCRIPTED = {
    "aten::split": "TorchScript resolves a list of sizes to aten::split.sizes, which has the same arguments",
}

# PyTorch has no CPU kernel for these; test_core_aten.py compares them with equivalents of their GPU kernels.
ONLY_ON_GPUS = {
    f"aten::_scaled_dot_product_{name}"
    for name in ("flash_attention", "efficient_attention", "cudnn_attention", "fused_attention_overrideable")
}


def names(schemas: list[str]) -> set[str]:
    return {schema.partition("(")[0] for schema in schemas}


@pytest.fixture(scope="module")
def found() -> dict[Row, dict[str, str]]:
    return {row: operators_of(row) for row in all_rows()}


def test_every_registered_operator_has_three_rows(found):
    counts = collections.Counter(name for operators in found.values() for name in operators)
    declined = {row.op for row, _ in DECLINED}
    registered = names(compiler()._converted_operators()) - set(NOT_SCRIPTED) - ONLY_ON_GPUS
    few = {name: counts[name] for name in sorted(registered) if counts[name] < LEAST and name not in declined}
    assert not few, f"operators with fewer than {LEAST} rows in tests/python/ops: {few}"


def test_rows_run_what_they_are_labelled_with(found):
    wrong = [row.name for row, operators in found.items() if row.op not in operators]
    assert not wrong, "rows whose graph lacks the operator of their label:\n" + "\n".join(wrong)


def test_every_evaluator_has_a_row(found):
    run = {name for operators in found.values() for name, how in operators.items() if how != "pytorch"}
    run |= {name.partition(".")[0] for name in run}
    missing = sorted((set(EVALUATED) | names(compiler()._evaluated_operators())) - set(NEVER_MADE) - {RAISES} - run)
    assert not missing, f"evaluated operators without a row in tests/python/ops: {missing}"


@pytest.mark.parametrize("name", NEVER_MADE)
def test_what_has_no_row_cannot_be_made(name):
    kind, _, overload = name.partition(".")
    schemas = torch._C._jit_get_schemas_for_operator(kind)
    exists = any(schema.overload_name == overload for schema in schemas)
    assert not exists or NEVER_MADE[name], f"{name} is in this PyTorch: it needs a row, or a reason"


@pytest.mark.parametrize(("row", "reason"), DECLINED, ids=lambda value: value.name if isinstance(value, Row) else "")
def test_what_is_declined_says_why(row, reason):
    module = script_row(row)
    specs = [torch_tensorrt.Input(spec.shape, dtype=spec.dtype) for spec in row.inputs]
    report = torch_tensorrt.check(module, specs)
    reasons = {op.op.partition("(")[0]: op.reason for op in report.operators if op.how == "pytorch"}
    assert reason in reasons.get(row.op, ""), report.table
    with pytest.raises(RuntimeError, match=reason):
        torch_tensorrt.compile(module, inputs=specs, device="cpu", require_full_compilation=True)


# An operator in a single branch is part of a guard, which lowering removes.
def test_an_exception_that_is_certain_is_told():
    code = "if a.size(1) == 5:\n    raise ValueError('five columns')\nelse:\n    raise ValueError('other columns')\na"
    specs = [torch_tensorrt.Input((3, 4))]
    module = script_row(Row(RAISES, code, (t(3, 4),)))
    with pytest.raises(RuntimeError, match="other columns"):
        torch_tensorrt.compile(module, inputs=specs, device="cpu", require_full_compilation=True)


# What versions of PyTorch after the pinned one take.
TAKEN_LATER = ("hardtanh(a, -2.0, 2.0)",)


@pytest.mark.parametrize(("row", "reason"), REFUSED, ids=lambda value: value.name if isinstance(value, Row) else "")
def test_what_pytorch_refuses_is_refused(row, reason):
    module = script_row(row)
    generator = torch.Generator().manual_seed(7)
    inputs = [spec.make(generator) for spec in row.inputs]
    specs = [torch_tensorrt.Input(x.shape, dtype=x.dtype) for x in inputs]
    if any(row.code.endswith(code) for code in TAKEN_LATER) and not torch.__version__.startswith("2.11."):
        assert torch.equal(compile_for(module, specs)(*inputs), module(*inputs))
        return
    with pytest.raises((RuntimeError, IndexError, ValueError)):
        module(*inputs)
    with pytest.raises(RuntimeError, match=reason):
        compile_for(module, specs)(*inputs)
