"""The advice of a report, and what it calls slow."""

from __future__ import annotations

import dataclasses

from torch_tensorrt._report import Report, ReportedEngine, ReportedLayer, ReportedMemory, ReportedOperator
from torch_tensorrt._report_overview import advice, slowest
from torch_tensorrt._report_page import page_of
from torch_tensorrt._report_times import Times


def report_of(**fields):
    layers = (
        dataclasses.replace(LAYER, number=0, microseconds=900.0, least_microseconds=100.0, module="slow"),
        dataclasses.replace(LAYER, number=1, microseconds=100.0, least_microseconds=90.0, module="fast"),
    )
    engine = engine_of(layers)
    times = Times(5, 3000.0, 2900.0, 3100.0, 1000.0, 2, {}, {"aten::sort": 900.0})
    operator = ReportedOperator("forward", "aten::sort", 2, "it is random", "/x/site-packages/lib/a.py:3", 900.0)
    given = {"engines": (engine,), "pytorch": (operator,), "times": times, "settings": {"min_block_size": 3}, **fields}
    return Report("Model", (), machine=None, not_measured="", versions={}, made="", **given)


LAYER = ReportedLayer(0, "", "softmax", "", (), "", "", "", "f32", "", (), (), 1, 1, None, 0.0, None)


def engine_of(layers):
    memory = ReportedMemory(0, 0, (), (), (), (), 0, "not known")
    settings = {"enabled_precisions": ["f32"]}
    return ReportedEngine(
        "engine 0", "forward", "native", "cpu, 2 threads, avx512_core_bf16", 0, (), (), layers, {}, {}, (), (), memory,
        0, settings,
    )  # fmt: skip


def test_advice_follows_from_the_numbers():
    pytorch, borders, roofline, precisions = (row.text for row in advice(report_of()))
    assert pytorch.startswith("PyTorch's operators take 30 % of a call.")
    assert "aten::sort at lib/a.py:3 with 900 us: it is random" in pytorch
    assert borders.startswith("37 % of a call is neither") and "now 3" in borders
    assert "take 1.00 ms; the roofline of this machine allows 190 us" in roofline and "of slow: 900 us" in roofline
    assert "bfloat16" in precisions
    quiet = dataclasses.replace(report_of().times, engines=2990.0, operators={})
    (only,) = advice(report_of(times=quiet, pytorch=(), engines=(engine_of((LAYER,)),)))
    assert "bfloat16" in only.text
    assert [row.microseconds for row in slowest(report_of())] == [900.0, 900.0, 100.0]


def test_calls_of_different_times_are_a_warning():
    disturbed = dataclasses.replace(report_of().times, slowest=9000.0)
    for report, expected in ((report_of(), False), (report_of(times=disturbed), True)):
        assert ("disturbed the measurement" in str(report)) == expected
        assert ("disturbed the measurement" in page_of(report)) == expected
