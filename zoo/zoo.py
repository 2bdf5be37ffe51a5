"""Compiles the models of the zoo, whole, as hybrid modules (zoo_hybrid.py) and by torch.compile and torch.export
(zoo_doors.py), and compares them with PyTorch.

    python zoo/zoo.py [--only PART_OF_A_NAME] [--write docs/zoo.md]
    python zoo/zoo.py --save DIR [--only PART_OF_A_NAME]

A model passes if it is one engine (`require_full_compilation`) with results within 1e-4 of PyTorch's, relative to the
largest value: for fixed shapes, for a range of batches, and for a range of sizes (heights and widths, or lengths of
sequences). Its results must depend on its inputs, otherwise the comparison proves nothing. `--save` writes the models
to files and compiles none, for a machine with PyTorch alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import gc
import os
import tempfile
import time
import traceback
import warnings
from importlib.metadata import version
from pathlib import Path

import torch
from zoo_doors import HEAD as DOORS_HEAD
from zoo_doors import DoorsResult, run_doors
from zoo_files import BATCHES, DOZEN, ranges_of, save
from zoo_hybrid import HybridResult, hybrid_models, hybrid_row, hybrid_table, run_hybrid
from zoo_model import Model, Shape
from zoo_models import all_models
from zoo_parameters import give_parameters

import torch_tensorrt

LIMIT = 1e-4
# The least difference of the results for two inputs, relative to the largest value.
LEAST_CHANGE = 0.05


@dataclasses.dataclass
class Result:
    name: str
    static: str = ""
    batch: str = ""
    size: str = ""
    note: str = ""
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        return "FAILED" in self.static + self.batch + self.size


@dataclasses.dataclass
class Case:
    """A model in PyTorch, and its trace."""

    model: Model
    module: torch.nn.Module
    traced: torch.jit.ScriptModule


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


def require_dependence(model: Model, module: torch.nn.Module) -> None:
    """Raises ``AssertionError`` unless every result differs clearly between two inputs."""
    first, second = (flatten(module(*model.inputs(seed=seed))) for seed in (1, 4))
    for a, b in zip(first, second, strict=True):
        scale = a.abs().max().item()
        change = (a.double() - b.double()).abs().max().item() / max(scale, 1e-30)
        if not (change >= LEAST_CHANGE and scale < float("inf")):
            raise AssertionError(
                f"the output does not depend on the input: it differs between two inputs by {change:.1e} of its size"
            )


def make_case(model: Model) -> Case:
    torch.manual_seed(0)
    module = model.make().eval()
    give_parameters(module, model.inputs(model.shapes if model.fixed_batch else model.batches(6), seed=3))
    require_dependence(model, module)
    return Case(model, module, torch.jit.trace(module, model.inputs(), check_trace=False).eval())


def compile_whole(case: Case, specs: list[torch_tensorrt.Input]):
    return torch_tensorrt.compile(case.traced, inputs=specs, device="cpu", require_full_compilation=True)


def check_static(case: Case) -> str:
    inputs = case.model.inputs()
    compiled = compile_whole(case, [torch_tensorrt.Input(x.shape, dtype=x.dtype) for x in inputs])
    return verdict(relative_error(compiled(*inputs), case.module(*inputs)))


def check_range(case: Case, variants: tuple[tuple[Shape, ...], ...]) -> str:
    """Builds one engine for the range of the shapes, with the first as opt shape; runs all, then the first again."""
    specs = [
        torch_tensorrt.Input(min_shape=low, opt_shape=opt, max_shape=high, dtype=example.dtype)
        for (low, opt, high), example in zip(ranges_of(variants), case.model.inputs(), strict=True)
    ]
    compiled = compile_whole(case, specs)
    worst = 0.0
    for shapes in (*variants, variants[0]):
        inputs = case.model.inputs(shapes)
        worst = max(worst, relative_error(compiled(*inputs), case.module(*inputs)))
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


def run_case(case: Case, result: Result, verbose: bool) -> None:
    model = case.model
    notes = []
    result.static = attempt(check_static, case, verbose=verbose)
    if model.fixed_batch:
        notes.append("one batch: " + model.fixed_batch)
    else:
        variants = tuple(model.batches(size) for size in BATCHES)
        result.batch = attempt(check_range, case, variants, verbose=verbose)
    if isinstance(model.sizes, str):
        notes.append("one size: " + model.sizes)
    else:
        result.size = attempt(check_range, case, model.sizes, verbose=verbose)
    result.note = "; ".join(notes)


def run(model: Model, verbose: bool) -> Result:
    result = Result(model.name)
    begin = time.monotonic()
    with torch.no_grad():
        try:
            case = make_case(model)
        except Exception as error:
            if verbose:
                traceback.print_exc()
            result.static = "FAILED in PyTorch: " + reason(error)
            return result
        run_case(case, result, verbose)
    result.seconds = time.monotonic() - begin
    return result


HEAD = """# Zoo

These models are each compiled as one engine (`require_full_compilation=True`) and compared with PyTorch on a CPU in
float32. `make zoo` writes this table; a dozen of the models are among the tests. Weights, batch-norm statistics and
layer scales are random with a fixed seed. A model fails if its results for two inputs differ by less than a twentieth
of the largest value.

The numbers are the largest differences, relative to the largest value; the limit is 1e-4. *Fixed* is for the shapes of
the example. *Batches* is the worst of the batches 2, 1 and 4 of one engine built for 1 to 4. *Sizes* is the worst of
three sizes (heights and widths, or lengths of sequences, with batches of 1 to 3) of one engine built for their range.
The last column gives the reason for a single size or batch.

"""


def table(results: list[Result]) -> str:
    packages = ("torch", "torchvision", "torchaudio", "timm", "transformers")
    lines = [HEAD + "With " + ", ".join(f"{name} {version(name)}" for name in packages) + ":", ""]
    lines += ["| model | fixed | batches | sizes | |", "| --- | ---: | ---: | ---: | --- |"]
    lines += [f"| {row.name} | {row.static} | {row.batch} | {row.size} | {row.note} |" for row in results]
    passed = sum(not result.failed for result in results)
    sized = sum(bool(result.size) and not result.failed for result in results)
    return "\n".join([*lines, "", f"{passed} of {len(results)} pass, {sized} of them for a range of sizes."]) + "\n"


def run_all(only: str, verbose: bool) -> list[Result]:
    results = []
    for model in all_models():
        if only not in model.name:
            continue
        result = run(model, verbose)
        results.append(result)
        columns = f"fixed {result.static:10} batches {result.batch:10} sizes {result.size:10} {result.note}"
        print(f"{result.name:40} {columns} ({result.seconds:.1f} s)", flush=True)
        gc.collect()
    return results


def run_all_hybrid(only: str, verbose: bool) -> list[HybridResult]:
    results = []
    for model in hybrid_models():
        if only not in model.name:
            continue
        try:
            results.append(run_hybrid(model))
        except Exception as error:  # one model must not end the run
            if verbose:
                traceback.print_exc()
            results.append(HybridResult(model.name, error="FAILED: " + reason(error)))
        print(hybrid_row(results[-1]), flush=True)
    return results


def run_all_doors(only: str, verbose: bool) -> list[DoorsResult]:
    results = []
    for model in all_models():
        if model.name in DOZEN and only in model.name:
            with torch.no_grad():
                found = run_doors(model, relative_error, functools.partial(attempt, verbose=verbose), verdict)
            results.append(found)
            print(found.row(), flush=True)
    return results


def save_all(folder: Path, only: str) -> None:
    for model in all_models():
        if only in model.name:
            path = save(model, make_case(model).traced, folder)
            print(f"{path} {path.stat().st_size / 1e6:.1f} MB", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="only models with this text in their names")
    parser.add_argument("--verbose", action="store_true", help="show the complete error of a failing model")
    parser.add_argument("--write", type=Path, help="also write the table to this file")
    parser.add_argument("--save", type=Path, help="write the models to this folder, without compiling")
    options = parser.parse_args()
    if options.write and options.only:
        parser.error("--write writes the table of all models; omit --only")
    warnings.simplefilter("ignore")
    if options.save:
        with torch.no_grad():
            save_all(options.save, options.only)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        # The engines of a model share most layers and shapes; the cache times these once.
        os.environ.setdefault("TORCHTRT_TIMING_CACHE", f"{folder}/timings")
        results = run_all(options.only, options.verbose)
        hybrid = run_all_hybrid(options.only, options.verbose)
        doors = run_all_doors(options.only, options.verbose)
    rows = "\n".join(result.row() for result in doors)
    if options.write:
        options.write.write_text(table(results) + hybrid_table(hybrid) + DOORS_HEAD + rows + "\n")
    failed = any(result.failed for result in results) or any("FAILED" in result.error for result in hybrid)
    failed = failed or "FAILED" in rows
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
