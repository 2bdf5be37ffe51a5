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

from harness import models, timing
from harness.child import in_child
from harness.runtimes import RUNTIMES, Job, Run, version

Case = dict[str, Any]


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def check_names(what: str, names: list[str] | None, known: Any) -> list[str]:
    """Returns the names, or all known ones without any; an unknown name ends the program with an error."""
    wrong = sorted(set(names or []) - set(known))
    if wrong:
        sys.exit(f"error: unknown {what} {', '.join(wrong)}; known are {', '.join(known)}")
    return names or list(known)


def measure(arguments: argparse.Namespace) -> Iterator[Case]:
    """Yields the results of each case (model and batch size) as plain data."""
    names = check_names("model", arguments.models, models.MODELS)
    runtimes = check_names("runtime", arguments.runtimes, RUNTIMES)
    torch.set_num_threads(arguments.threads)
    for name in names:
        for batch in arguments.batch:
            _say(f"{name}, batch {batch}")
            with torch.inference_mode():
                yield _measure_case(name, batch, runtimes, arguments)


def _measure_case(name: str, batch: int, runtimes: list[str], arguments: argparse.Namespace) -> Case:
    model, x = models.build(name, batch)
    job = Job(model, x, arguments.threads)
    # The cache of an earlier run would hide the time of compilation.
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(job.folder / "inductor")
    expected = model(x)
    rows: dict[str, dict[str, Any]] = {}
    runs: dict[str, Run] = {}
    for runtime in runtimes:
        rows[runtime], run = _prepare(runtime, job, expected)
        if run is not None:
            runs[runtime] = run
    _say(f"timing {', '.join(runs)}")
    for runtime, times in timing.alternate(runs, arguments.rounds, arguments.block_seconds).items():
        rows[runtime].update(times)
    case: Case = {"model": name, "batch": batch, "runtimes": rows}
    if "ours" in runs:
        case["engine"] = _measure_engine(job)
    shutil.rmtree(job.folder)
    return case


def _prepare(runtime: str, job: Job, expected: torch.Tensor) -> tuple[dict[str, Any], Run | None]:
    """Returns the row of a runtime and its function; the row of a missing or failing runtime has the problem."""
    if version(runtime) is None:
        return {"problem": "not installed"}, None
    start = time.perf_counter()
    try:
        run = RUNTIMES[runtime][0](job)
        found = torch.as_tensor(run())
    except Exception as error:  # noqa: BLE001 - the other runtimes must still be measured
        _say(f"{runtime} failed: {error}")
        return {"problem": f"failed: {str(error).strip().splitlines()[0][:100]}"}, None
    seconds = time.perf_counter() - start
    _say(f"{runtime} ready after {seconds:.1f} s")
    difference = (found - expected).abs().max() / expected.abs().max()
    return {"prepare_s": seconds, "relative_error": difference.item()}, run


def _measure_engine(job: Job) -> dict[str, Any]:
    """Measures build, memory, file and load, and reads the engine's own information."""
    import torch_tensorrt  # noqa: F401 - registers the engine class of the loaded module

    script, example, compiled = (str(job.folder / file) for file in ("script.ts", "input.pt", "compiled.ts"))
    torch.jit.save(torch.jit.script(job.model), script)
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
