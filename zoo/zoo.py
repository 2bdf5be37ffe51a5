"""Compiles every model of the zoo whole and compares it with PyTorch.

    python zoo/zoo.py [--only PART_OF_A_NAME] [--write docs/zoo.md]

A model passes when it is one engine (`require_full_compilation`) whose results are within 1e-4 of PyTorch's, relative
to the largest value, for the shapes it was built for and, where it is built for a range of batches, for three of them.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import time
import traceback
import warnings
from importlib.metadata import version
from pathlib import Path

import torch
from zoo_models import Model, all_models

import torch_tensorrt

LIMIT = 1e-4


@dataclasses.dataclass
class Result:
    name: str
    static: str = ""
    dynamic: str = ""
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        return "FAILED" in self.static + self.dynamic


def flatten(result) -> list[torch.Tensor]:
    if isinstance(result, torch.Tensor):
        return [result]
    return [tensor for part in result for tensor in flatten(part)]


def relative_error(got, expected) -> float:
    worst = 0.0
    for mine, theirs in zip(flatten(got), flatten(expected), strict=True):
        if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
            raise AssertionError(f"{tuple(mine.shape)} {mine.dtype} instead of {tuple(theirs.shape)} {theirs.dtype}")
        scale = max(theirs.abs().max().item(), 1e-30)
        error = (mine.double() - theirs.double()).abs().max().item() / scale
        worst = max(worst, error if error == error else float("inf"))
    return worst


def reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    wanted = [line for line in lines if "Converter for" in line or "requested" in line]
    return (wanted or lines or [type(error).__name__])[0][:200]


def compile_whole(module: torch.jit.ScriptModule, specs: list[torch_tensorrt.Input]):
    return torch_tensorrt.compile(module, inputs=specs, device="cpu", require_full_compilation=True)


def check_static(model: Model, module: torch.nn.Module, traced: torch.jit.ScriptModule) -> str:
    inputs = model.inputs()
    compiled = compile_whole(traced, [torch_tensorrt.Input(x.shape, dtype=x.dtype) for x in inputs])
    return verdict(relative_error(compiled(*inputs), module(*inputs)))


def check_dynamic(model: Model, module: torch.nn.Module, traced: torch.jit.ScriptModule) -> str:
    specs = []
    for x in model.inputs():
        low, opt, high = [(n, *x.shape[1:]) for n in (1, 2, 4)]
        specs.append(torch_tensorrt.Input(min_shape=low, opt_shape=opt, max_shape=high, dtype=x.dtype))
    compiled = compile_whole(traced, specs)
    worst = 0.0
    for batch in (2, 1, 4):
        inputs = model.inputs(batch)
        worst = max(worst, relative_error(compiled(*inputs), module(*inputs)))
    return verdict(worst)


def verdict(error: float) -> str:
    return f"{error:.1e}" if error < LIMIT else f"FAILED: error {error:.1e}"


def attempt(check, *arguments, verbose: bool) -> str:
    try:
        return check(*arguments)
    except Exception as error:  # one model must not end the run
        if verbose:
            traceback.print_exc()
        return "FAILED: " + reason(error)


def run(model: Model, verbose: bool) -> Result:
    result = Result(model.name)
    begin = time.monotonic()
    torch.manual_seed(0)
    try:
        module = model.make().eval()
        with torch.no_grad():
            module(*model.inputs())
            traced = torch.jit.trace(module, model.inputs(), check_trace=False).eval()
    except Exception as error:
        if verbose:
            traceback.print_exc()
        result.static = "FAILED in PyTorch: " + reason(error)
        return result
    with torch.no_grad():
        result.static = attempt(check_static, model, module, traced, verbose=verbose)
        if model.batch:
            result.dynamic = attempt(check_dynamic, model, module, traced, verbose=verbose)
    result.seconds = time.monotonic() - begin
    return result


HEAD = """# Zoo

Models that are compiled whole, as one engine (`require_full_compilation=True`), and compared with PyTorch on a CPU in
float32, with random weights of a fixed seed. `make zoo` writes this table; a dozen of the models are among the tests.
*Fixed* is the largest difference, relative to the largest value, for the shapes of the example. *Range* is the worst
of the batches 2, 1 and 4 of an engine built for 1 to 4; it is empty where a model fixes its batch. Less than 1e-4 is
asked.

"""


def table(results: list[Result]) -> str:
    packages = ("torch", "torchvision", "torchaudio", "timm", "transformers")
    lines = [HEAD + "With " + ", ".join(f"{name} {version(name)}" for name in packages) + ":", ""]
    lines += ["| model | fixed | range |", "| --- | ---: | ---: |"]
    lines += [f"| {result.name} | {result.static} | {result.dynamic} |" for result in results]
    passed = sum(not result.failed for result in results)
    return "\n".join([*lines, "", f"{passed} of {len(results)} pass."]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="models whose name has this in it")
    parser.add_argument("--verbose", action="store_true", help="show the whole error of a model that fails")
    parser.add_argument("--write", type=Path, help="also write the table to this file")
    options = parser.parse_args()
    if options.write and options.only:
        parser.error("--write writes the table of all models; leave --only out")
    warnings.simplefilter("ignore")
    torch.set_num_threads(2)
    results = []
    for model in all_models():
        if options.only not in model.name:
            continue
        result = run(model, options.verbose)
        results.append(result)
        print(
            f"{result.name:40} static {result.static:30} range {result.dynamic:30} {result.seconds:.1f} s", flush=True
        )
        gc.collect()
    if options.write:
        options.write.write_text(table(results))
    return 1 if any(result.failed for result in results) else 0


if __name__ == "__main__":
    raise SystemExit(main())
