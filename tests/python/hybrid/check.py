"""Checks one program: compiles it and compares."""

from __future__ import annotations

import copy
import dataclasses
import re
import time
from collections.abc import Collection

import torch

import torch_tensorrt
from hybrid import build, compare, devices
from hybrid.generate import generate
from hybrid.program import Program


@dataclasses.dataclass
class Outcome:
    """The result of one seed."""

    seed: int
    status: str  # equal, refused, failed, unsound (TorchScript itself errs)
    kind: str = ""  # of the first difference, or the reason of the refusal
    text: str = ""
    engines: int = 0
    features: frozenset[str] = frozenset()
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)


def check(program: Program, ignored: Collection[str] = ()) -> Outcome:
    """Compiles a program, runs it beside TorchScript and says what differs, except differences of ignored kinds."""
    devices.set_up(program.device)
    times = [time.process_time()]
    module = build.scripted(program)
    times.append(time.process_time())
    reference = copy.deepcopy(module)
    calls, state_names = build.calls(program), program.state_names()
    outcome = Outcome(program.seed, "equal")
    try:
        compiled = build.compiled(program, module)
    except Exception as error:  # every refusal counts
        outcome.status, outcome.kind, outcome.text = "refused", reason(error), str(error)
        compiled = None
    times.append(time.process_time())
    if compiled is not None:
        outcome.engines = _engines(compiled)
        found = compare.differences(
            reference, compiled, calls, state_names, ignored=ignored, saves=program.saves, device=program.device
        )
        if found:
            is_sound = compare.is_sound(lambda: build.scripted(program), calls, state_names, program.device)
            outcome.status = "failed" if is_sound else "unsound"
            outcome.kind, outcome.text = found[0].kind, "\n".join(map(str, found))
    times.append(time.process_time())
    names = ("script", "compile", "run")
    outcome.seconds = {name: end - start for name, start, end in zip(names, times, times[1:], strict=False)}
    return outcome


@dataclasses.dataclass(frozen=True)
class Target:
    """What programs are compiled for."""

    device: str = "cpu"
    backend: str = ""  # the default of the compiler
    fuses: bool = True  # TorchScript makes kernels of its own on a GPU
    graphs: bool = False  # engines record CUDA graphs

    def set_up(self) -> None:
        """Prepares a process for its seeds."""
        torch.set_num_threads(1)
        torch._C._jit_set_texpr_fuser_enabled(self.fuses)
        torch_tensorrt.runtime.set_cudagraphs_mode(self.graphs)

    def program(self, seed: int) -> Program:
        """Returns the program of a seed."""
        program = dataclasses.replace(generate(seed), device=self.device)
        if self.backend:
            program.settings["backend"] = self.backend
        return program


def check_seed(seed: int, ignored: Collection[str] = (), target: Target | None = None) -> Outcome:
    """Checks the program of a seed."""
    start = time.process_time()
    program = (target or Target()).program(seed)
    features = frozenset(program.features())
    generated = time.process_time() - start
    outcome = check(program, ignored)
    outcome.features = features
    outcome.seconds = {"generate": generated, **outcome.seconds}
    return outcome


def reason(error: Exception) -> str:
    """Returns the reason of a refusal without the names, numbers and places of one program."""
    lines = [line.strip() for line in str(error).strip().split("\n") if line.strip()]
    text = re.sub(r"^\[Error thrown at [^]]*\] ", "", lines[0]) if lines else type(error).__name__
    text = re.sub(r"\([%/].*\.py:.*?\)(?=[ ;]|$)", "", text)
    text = re.sub(r"%.* = ([\w:]+)\(.*\) # [^\s:]+:[\d:]*", r"\1", text)
    text = re.sub(r"%.* = ([\w:]+)\[[^]]*\]\(.*\) # [^\s:]+:[\d:]*", r"\1", text)
    text = re.sub(r"the condition of .* = prim::If", "the condition of prim::If", text)
    text = re.sub(r"^.* = prim::Loop", "prim::Loop", text)
    text = re.sub(r"forward returns [^;]*Dict[^;]*;", "forward returns a type with Dict;", text)
    text = re.sub(r"%[\w.]+", "%_", text)
    text = re.sub(r"\b([a-z]+?)\d+\b", r"\1_", text)
    text = re.sub(r"(?<![\w.])-?\d+(\.\d+)?", "#", text)
    node = re.search(r"Unable to convert node: .*? = ([\w:]+)", "\n".join(lines))
    return " ".join((text[:130] + (f" ({node[1]})" if node else "")).split())


def _engines(module: torch.jit.ScriptModule) -> int:
    return str(module.inlined_graph).count("tensorrt::execute_engine")
