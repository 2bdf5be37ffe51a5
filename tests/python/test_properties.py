"""Operators on generated shapes, dtypes and arguments against PyTorch: the same result, or an error from both."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from properties import indices, layers, movement, pointwise, products, reductions
from properties.check import agree

FAMILIES = {
    "unary": pointwise.unary,
    "binary": pointwise.binary,
    "logic": pointwise.logic,
    "ternary": pointwise.ternary,
    "masks": pointwise.masks,
    "reductions": reductions.reductions,
    "extremes": reductions.extremes,
    "orders": reductions.orders,
    "softmaxes": reductions.softmaxes,
    "norms": reductions.norms,
    "matrix_products": products.matrix_products,
    "einsums": products.einsums,
    "convolutions": layers.convolutions,
    "pools": layers.pools,
    "resizes": layers.resizes,
    "pads": layers.pads,
    "parts": movement.parts,
    "shapings": movement.shapings,
    "joins": movement.joins,
    "splits": movement.splits,
    "reads": indices.reads,
    "writes": indices.writes,
}

EXAMPLES = 120
SETTINGS = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("family", FAMILIES)
def test_family(family: str) -> None:
    @SETTINGS
    @given(FAMILIES[family]())
    def check(row) -> None:
        agree(row)

    check()
