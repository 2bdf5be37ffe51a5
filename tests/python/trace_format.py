"""Checks of files in the Trace Event Format."""

from __future__ import annotations


def nanoseconds(microseconds):
    whole = round(microseconds * 1000)
    assert whole / 1000 == microseconds
    return whole


def check_trace(trace):
    """Checks the fields of the Trace Event Format, and that events of a thread nest."""
    assert set(trace) >= {"traceEvents", "displayTimeUnit"} and trace["displayTimeUnit"] in ("ms", "ns")
    open_until = {}
    for event in trace["traceEvents"]:
        assert isinstance(event["name"], str) and event["name"] and event["ph"] in ("X", "M", "C", "i")
        assert isinstance(event["pid"], int) and isinstance(event["tid"], int) and event["ts"] >= 0
        assert isinstance(event["args"], dict)
        if event["ph"] == "C":
            assert all(isinstance(value, (int, float)) for value in event["args"].values())
        if event["ph"] != "X":
            continue
        start, duration = nanoseconds(event["ts"]), nanoseconds(event["dur"])
        around = open_until.setdefault(event["tid"], [])
        while around and around[-1] <= start:
            around.pop()
        assert not around or start + duration <= around[-1], f"{event['name']} ends after the event around it"
        around.append(start + duration)
