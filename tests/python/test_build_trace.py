"""torch_tensorrt.trace_build: the events of a build, and the messages beside them."""

from __future__ import annotations

import json
import logging

import pytest
import torch
from torch import nn
from trace_format import check_trace

import torch_tensorrt


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 8, 3), nn.Linear(8, 4)

    def forward(self, x):
        return self.head(torch.relu(self.conv(x)).mean([2, 3])).softmax(-1)


def build(module=Net, **settings):
    inputs = [torch.rand(1, 3, 16, 16)]
    return torch_tensorrt.compile(torch.jit.script(module().eval()), inputs=inputs, device="cpu", **settings)


def read(path):
    trace = json.loads(path.read_text())
    check_trace(trace)
    return trace["traceEvents"]


def test_a_build_has_its_steps_tactics_and_times(tmp_path):
    with torch_tensorrt.trace_build(tmp_path / "build.json"):
        compiled = build()
    events = read(tmp_path / "build.json")
    by_kind = {}
    for event in events:
        by_kind.setdefault(event.get("cat"), []).append(event)
    (engine,) = by_kind["engine"]
    assert engine["name"] == "engine Net_forward" and engine["args"]["backend"] == "native"
    assert len(by_kind["call"]) == 1 and by_kind["lowering"]
    fusion = next(event for event in by_kind["pass"] if event["name"] == "pass fuse-convolution-epilogue")
    assert fusion["args"]["layers before"] > fusion["args"]["layers after"]
    timed = [event for event in by_kind["layer"] if event["name"] == "timing convolution"]
    for event in timed:
        candidates = event["args"]["candidates us"]
        # Later turns with other candidates may lower the time of the fastest.
        assert candidates[event["args"]["tactic"]] >= event["args"]["us"] and len(candidates) > 1
        assert engine["ts"] <= event["ts"] and event["ts"] + event["dur"] <= engine["ts"] + engine["dur"]
    chosen = {event["args"]["tactic"] for event in by_kind["layer"]}
    assert {layer.tactic for layer in compiled.report.engines[0].layers} <= chosen
    assert len(by_kind["candidate"]) >= sum(len(event["args"]["candidates us"]) for event in by_kind["layer"])


def test_two_builds_are_in_one_trace(tmp_path):
    with torch_tensorrt.trace_build(tmp_path / "build.json"):
        build()
        build()
    assert sum(event.get("cat") == "engine" for event in read(tmp_path / "build.json")) == 2


class Random(nn.Module):
    def forward(self, x):
        return torch.bernoulli(x.relu()) + x.exp()


def test_shown_messages_stay_the_same(tmp_path, capfd):
    build(Random, min_block_size=1)
    expected = capfd.readouterr().err
    with torch_tensorrt.trace_build(tmp_path / "build.json"):
        build(Random, min_block_size=1)
    found = capfd.readouterr().err
    assert "aten::bernoulli" in expected and found == expected
    build(Random, min_block_size=1)
    assert capfd.readouterr().err == expected  # as before the block


def test_handlers_of_the_user_see_their_level_only(tmp_path):
    seen = []

    class Handler(logging.Handler):
        def emit(self, record):
            seen.append(record.levelno)

    logger, handler = logging.getLogger("torch_tensorrt"), Handler()
    logger.addHandler(handler)
    try:
        with torch_tensorrt.trace_build(tmp_path / "build.json"):
            build(Random, min_block_size=1)
    finally:
        logger.removeHandler(handler)
    assert seen and min(seen) >= logging.WARNING
    assert not handler.filters


def test_a_trace_is_written_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), torch_tensorrt.trace_build(tmp_path / "build.json"):
        build()
        raise ZeroDivisionError
    assert any(event.get("cat") == "engine" for event in read(tmp_path / "build.json"))


def test_a_path_that_cannot_be_written_is_an_error_before_the_build(tmp_path):
    with pytest.raises(FileNotFoundError), torch_tensorrt.trace_build(tmp_path / "missing" / "build.json"):
        pytest.fail("the block must not run")
