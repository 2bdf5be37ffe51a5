"""Runs a benchmark: prepares every runtime for every case, times it, and measures our engine."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from typing import Any

import torch

from harness import metrics, models, timing
from harness.child import in_child
from harness.runtimes import RUNTIMES, Job, Run, Unsupported, package_version, row_name

Case = dict[str, Any]
CALIBRATION = 8  # inputs for runtimes that quantize


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def check_names(what: str, names: list[str] | None, known: Any) -> list[str]:
    """Returns the names, or all known ones without any; an unknown name ends the program with an error."""
    wrong = sorted(set(names or []) - set(known))
    if wrong:
        sys.exit(f"error: unknown {what} {', '.join(wrong)}; known are {', '.join(known)}")
    return names or list(known)


def parse_models(names: list[str] | None, batches: list[int]) -> list[tuple[str, int]]:
    """Returns models and batches: NAME means each of the batches, NAME:BATCH one."""
    cases = []
    for entry in names or models.MODELS:
        name, colon, batch = entry.partition(":")
        check_names("model", [name], models.MODELS)
        if colon and not (batch.isdecimal() and int(batch) > 0):
            sys.exit(f"error: model {entry}: the batch is {batch!r}, must be a positive number")
        cases += [(name, int(batch))] if colon else [(name, each) for each in batches]
    return cases


def measure(arguments: argparse.Namespace) -> Iterator[Case]:
    """Yields the results of each case (model and batch size) as plain data."""
    cases = parse_models(arguments.models, arguments.batch)
    names = check_names("runtime", arguments.runtimes, RUNTIMES)
    wanted = [(name, each) for each in arguments.precision for name in names if each in RUNTIMES[name].precisions]
    torch.set_num_threads(arguments.threads)
    for name, batch in cases:
        _say(f"{name}, batch {batch}")
        with torch.inference_mode():
            yield _measure_case(name, batch, wanted, arguments)


def _measure_case(name: str, batch: int, wanted: list[tuple[str, str]], arguments: argparse.Namespace) -> Case:
    model, inputs = models.build(name, batch, CALIBRATION)
    row = models.MODELS[name]
    job = Job(model, inputs[0], arguments.threads, inputs[1:], row.transformer, row.traced)
    # The cache of an earlier run would hide the time of compilation.
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(job.folder / "inductor")
    expected = model(job.x)
    rows: dict[str, dict[str, Any]] = {}
    runs: dict[str, Run] = {}
    for runtime, precision in wanted:
        key = row_name(runtime, precision)
        found, run = _prepare(runtime, precision, job, expected)
        rows[key] = {"runtime": runtime, "precision": precision, **found}
        if run is not None:
            runs[key] = run
    _say(f"timing {', '.join(runs)}")
    for key, times in timing.alternate(runs, arguments.rounds, arguments.block_seconds).items():
        rows[key].update(times)
    case: Case = {"model": name, "batch": batch, "runtimes": rows}
    if "ours" in runs:
        case["engine"] = _measure_engine(job)
    shutil.rmtree(job.folder)
    return case


def _prepare(runtime: str, precision: str, job: Job, expected: torch.Tensor) -> tuple[dict[str, Any], Run | None]:
    """Returns the row of a runtime and its function; the row of a missing or failing runtime has the problem."""
    if package_version(RUNTIMES[runtime].package) is None:
        return {"problem": "not installed"}, None
    key = row_name(runtime, precision)
    start = time.perf_counter()
    try:
        run = RUNTIMES[runtime].prepare(job, precision)
        found = torch.as_tensor(run())
        seconds = time.perf_counter() - start
        error = metrics.largest_error(found, expected)
    except Unsupported as problem:
        return {"problem": str(problem)}, None
    except Exception as problem:  # noqa: BLE001 - the other runtimes must still be measured
        _say(f"{key} failed: {problem}")
        return {"problem": f"failed: {_first_line(problem)[:100]}"}, None
    _say(f"{key} ready after {seconds:.1f} s")
    return {"prepare_s": seconds, "relative_error": error}, run


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _measure_engine(job: Job) -> dict[str, Any]:
    """Measures build, memory, file and load, and reads the engine's own information."""
    import torch_tensorrt  # noqa: F401 - registers the engine class of the loaded module

    script, example, compiled = (str(job.folder / file) for file in ("script.ts", "input.pt", "compiled.ts"))
    torch.jit.save(job.script(), script)
    torch.save(job.x, example)
    _say("building and loading in new processes")
    engine = in_child("build", script, example, compiled)
    engine |= in_child("load", compiled, example)
    inspected = [json.loads(text) for text in _layer_information(torch.jit.load(compiled))]
    for key in ("weight_bytes", "arena_bytes", "arena_lower_bound_bytes"):
        engine[key] = sum(part[key] for part in inspected)
    engine["engines"] = len(inspected)
    return engine


def _layer_information(module: torch.jit.ScriptModule) -> list[str]:
    texts = []
    for node in module.graph.findAllNodes("prim::GetAttr"):
        if str(node.output().type()).endswith("tensorrt.Engine"):
            texts.append(getattr(module, node.s("name")).get_engine_layer_info())
    return texts
