"""The rows of ops/ with a random third of their operators left to PyTorch.

Runs a fixed sample of the rows; all of them if the environment variable TORCHTRT_ALL_HYBRID_ROWS is set.
"""

from __future__ import annotations

import os
import random
import warnings

import pytest
import torch
from ops.discover import all_rows
from ops.table import Row, compare, script_row, static_specs

import torch_tensorrt

COUNT = 600
ROWS = all_rows()
if not os.environ.get("TORCHTRT_ALL_HYBRID_ROWS"):
    ROWS = random.Random(1).sample(ROWS, COUNT)


def operators(graph: torch.Graph) -> list[str]:
    """Returns the operators of the graph and its blocks, sorted."""
    kinds = {node.kind() for node in all_nodes(graph)}
    return sorted(kind for kind in kinds if kind.startswith("aten::"))


def all_nodes(block):
    for node in block.nodes():
        yield node
        for inner in node.blocks():
            yield from all_nodes(inner)


def third(row: Row) -> list[str]:
    """Returns a random third of the row's operators, at least one."""
    kinds = operators(script_row(row).inlined_graph)
    return random.Random(row.name).sample(kinds, -(-len(kinds) // 3))


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row_with_a_third_in_pytorch(row: Row) -> None:
    module = script_row(row)
    settings = {"device": "cpu", "min_block_size": 1, "torch_executed_ops": third(row)}
    with warnings.catch_warnings(), torch_tensorrt.logging.errors():
        warnings.simplefilter("ignore")
        compiled = torch_tensorrt.compile(module, inputs=static_specs(row), **settings)
    generator = torch.Generator().manual_seed(7)
    inputs = [spec.make(generator) for spec in row.inputs]
    compare(row, compiled, module, inputs)
