"""Runs the rows of tests/python/ops on a GPU in one backend, and compares with PyTorch on the same GPU.

    python tests/gpu/conformance.py --backend tensorrt [--half] [--every N] [--jobs N] [--write FILE]
    python tests/gpu/conformance.py --backend tensorrt --declined      needs no GPU: which rows the backend declines

Each row is compiled for its fixed shapes. Outcomes with a reason that are not failures:

    declined    the backend declines a layer before the build
    excluded    PyTorch itself cannot run the row on a GPU (it makes a tensor on the CPU), has another dtype there, or
                sorts equal elements in another order there; or TensorRT loses a NaN in an operator of NAN_IS_LOST: all
                numbers of the result are right, or the result is right if the engine gets a number in the NaN's place

Every other difference and every failing build is a failure; the exit status is then 1. TensorRT
builds at level 0, which takes the least time; a row for which it finds no kernel there is built at its default level.
"""

from __future__ import annotations

import argparse
import collections
import multiprocessing
import re
import sys
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "python"))

import torch  # noqa: E402

import torch_tensorrt  # noqa: E402

# Operators made of TensorRT's maxima, minima, ReLU, top-k and sign; xlogy with a NaN is a select with a constant
# condition.
NAN_IS_LOST = {
    *("amax", "amin", "aminmax", "argmax", "argmin", "clamp", "cummax", "cummin", "hypot"),
    *("max", "maximum", "min", "minimum", "relu", "sgn", "sign", "topk", "xlogy"),
}
NAN_LOST = "TensorRT loses a NaN"
HALF_TOLERANCE = 2e-2  # half-precision sums in another order, relative to the largest value


def all_rows():
    import importlib

    rows = []
    for path in sorted((ROOT / "python" / "ops").glob("*_rows.py")):
        rows += importlib.import_module(f"ops.{path.stem}").ROWS
    return rows


def first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    useful = [line for line in lines if "declined" in line or "not take" in line or ": " in line]
    return ((useful or lines or [type(error).__name__])[0])[:160]


def decline_reason(text: str) -> str:
    """Returns the first declined layer in an error, "  LAYER (SOURCE): REASON", without names and sizes."""
    lines = [line for line in text.splitlines() if line.startswith("  ") and ": " in line]
    if not lines:
        return first_line(RuntimeError(text))
    reason = re.split(r"\): |\": ", lines[0])[-1].strip()
    return re.sub(r"\b\d+(x\d+)*\b", "N", reason)[:120]


def worst_error(got: torch.Tensor, expected: torch.Tensor) -> str:
    if got.dtype != expected.dtype:
        return f"dtype {got.dtype}, PyTorch's is {expected.dtype}"
    if got.shape != expected.shape:
        return f"shape {tuple(got.shape)}, PyTorch's is {tuple(expected.shape)}"
    return ""


def compare(row, got: torch.Tensor, expected: torch.Tensor, half: bool) -> str:
    if text := worst_error(got, expected):
        return text
    exact = not expected.dtype.is_floating_point
    low = expected.dtype in (torch.half, torch.bfloat16)
    rtol = 0.0 if exact else max(row.rtol, HALF_TOLERANCE if half or low else 1e-4)
    finite = expected[expected.isfinite()] if expected.dtype.is_floating_point else expected
    scale = finite.abs().max().item() if finite.numel() and not exact else 1.0
    atol = 0.0 if exact else max(row.atol, rtol * scale * 0.1)
    try:
        torch.testing.assert_close(got, expected, rtol=rtol, atol=atol, equal_nan=True)
    except AssertionError as error:
        return str(error).replace("\n", " ")[:160]
    return ""


def dtypes_on_cpu(module, inputs) -> list[torch.dtype]:
    from ops.table import flatten

    return [x.dtype for x in flatten(module.cpu()(*[x.cpu() for x in inputs]))]


def run_row(row, backend: str, half: bool) -> tuple[str, str]:
    """("passed" | "excluded" | "declined" | "failed", reason)"""
    from ops.table import flatten, script

    generator = torch.Generator().manual_seed(7)
    module = script(row.code, len(row.inputs)).cuda()
    inputs = [spec.make(generator).cuda() for spec in row.inputs]
    if half:
        inputs = [x.half() if x.dtype is torch.float32 else x for x in inputs]
    try:
        expected = flatten(module(*[x.clone() for x in inputs]))
    except Exception as error:
        return "excluded", "PyTorch on the GPU: " + first_line(error)
    try:
        compiled = compile_row(module, inputs, backend, half)
    except Exception as error:
        text = str(error)
        if "cannot build the engine" in text or "declined" in text:
            return "declined", decline_reason(text)
        return "failed", first_line(error)
    try:
        got = flatten(compiled(*inputs))
    except Exception as error:
        return "failed", first_line(error)
    if any(x.device.type == "cpu" for x in expected):
        return "excluded", "the row makes a tensor on the CPU"
    if [x.dtype for x in got] != [x.dtype for x in expected] and dtypes_on_cpu(module, inputs) == [
        x.dtype for x in got
    ]:
        return "excluded", "PyTorch gives another dtype on the CPU than on the GPU"
    text = compare_all(row, got, expected, half)
    if text and sorts_equal_elements_otherwise(row, module, inputs, got, half):
        return "excluded", "PyTorch gives equal elements in another order on the GPU than on the CPU"
    module = module.cuda()
    if (
        text
        and backend == "tensorrt"
        and (only_nan_is_lost(row, got, expected, half) or right_without_nan(row, module, compiled, inputs, half))
    ):
        return "excluded", "TensorRT loses a NaN"
    return ("failed", text) if text else ("passed", "")


def compare_all(row, got: list[torch.Tensor], expected: list[torch.Tensor], half: bool) -> str:
    """Describes the first tensor that differs; empty if none does."""
    for mine, theirs in zip(got, expected, strict=True):
        if text := compare(row, mine, theirs, half):
            return text
    return ""


def sorts_equal_elements_otherwise(row, module, inputs, got: list[torch.Tensor], half: bool) -> bool:
    """Tells whether an unstable sort has the result that PyTorch has on the CPU."""
    from ops.table import flatten

    if row.name.split("[")[0] not in ("aten::sort", "aten::argsort"):
        return False
    expected = flatten(module.cpu()(*[x.cpu() for x in inputs]))
    return not compare_all(row, [x.cpu() for x in got], expected, half)


def may_lose_nan(row) -> bool:
    """Tells whether the row's operator ("aten::max.dim") is in NAN_IS_LOST."""
    return row.name.split("[")[0].removeprefix("aten::").split(".")[0] in NAN_IS_LOST


def only_nan_is_lost(row, got: list[torch.Tensor], expected: list[torch.Tensor], half: bool) -> bool:
    """Tells whether all numbers are right, and other values replace PyTorch's NaN."""
    pairs = [(mine, theirs) for mine, theirs in zip(got, expected, strict=True)]
    if any(mine.shape != theirs.shape for mine, theirs in pairs):
        return False
    got = [torch.where(theirs.isnan(), theirs, mine) for mine, theirs in pairs]
    return not compare_all(row, got, expected, half)


def right_without_nan(row, module, compiled, inputs: list[torch.Tensor], half: bool) -> bool:
    """Tells whether the inputs have a NaN, and the engine is right with a number in its place."""
    from ops.table import flatten

    if not any(x.is_floating_point() and x.isnan().any() for x in inputs):
        return False
    numbers = [torch.where(x.isnan(), 0.25, x) if x.is_floating_point() else x for x in inputs]
    expected = flatten(module(*[x.clone() for x in numbers]))
    return not compare_all(row, flatten(compiled(*numbers)), expected, half)


def compile_row(module, inputs: list[torch.Tensor], backend: str, half: bool):
    def build(level: int | None):
        return torch_tensorrt.compile(
            module,
            inputs=[torch_tensorrt.Input(x.shape, dtype=x.dtype) for x in inputs],
            device="cuda:0",
            backend=backend,
            require_full_compilation=True,
            disable_tf32=True,
            optimization_level=level,
            enabled_precisions={torch.half, torch.float32} if half else {torch.float32},
        )

    if backend != "tensorrt":
        return build(None)
    try:
        return build(0)
    except Exception as error:
        if "Could not find any implementation" not in str(error):
            raise
        return build(None)


def look_at_row(row, backend: str, half: bool) -> tuple[str, str]:
    """Returns the backend's decision about the row's layers, without building."""
    from ops.table import script

    inputs = [spec.make(torch.Generator().manual_seed(7)) for spec in row.inputs]
    inputs = [x.half() if half and x.dtype is torch.float32 else x for x in inputs]
    specs = [torch_tensorrt.Input(x.shape, dtype=x.dtype) for x in inputs]
    problem = torch_tensorrt.check(script(row.code, len(inputs)), inputs=specs, backend=backend).problem
    return ("declined", decline_reason(problem)) if problem else ("taken", "")


def work(arguments) -> tuple[str, str, str]:
    row, backend, half, declined = arguments
    warnings.simplefilter("ignore")
    torch.backends.cudnn.allow_tf32 = False
    try:
        with torch.no_grad():
            outcome, reason = (look_at_row if declined else run_row)(row, backend, half)
    except Exception as error:
        outcome, reason = "failed", first_line(error)
    return row.name, outcome, reason


def report(results: list[tuple[str, str, str]], title: str) -> str:
    counts = collections.Counter(outcome for _, outcome, _ in results)
    lines = [f"# {title}", "", ", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts)), ""]
    for kind in ("failed", "declined", "excluded"):
        reasons = collections.defaultdict(list)
        for name, outcome, reason in results:
            if outcome == kind:
                reasons[reason].append(name)
        if not reasons:
            continue
        lines += [f"## {kind}", ""]
        for reason, names in sorted(reasons.items(), key=lambda item: -len(item[1])):
            shown = names if kind == "failed" or reason == NAN_LOST else names[:1]
            lines.append(f"- {len(names)} x {reason}: " + ", ".join(f"`{name[:200]}`" for name in shown))
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="tensorrt")
    parser.add_argument("--half", action="store_true", help="float inputs as half")
    parser.add_argument("--every", type=int, default=1, help="only each N-th row")
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--declined", action="store_true", help="only say which rows the backend declines")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after this time, and print how many rows ran")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    rows = all_rows()[:: options.every]
    begin, results = time.monotonic(), []
    context = multiprocessing.get_context("spawn")
    with context.Pool(options.jobs) as pool:
        jobs = pool.imap_unordered(
            work, [(row, options.backend, options.half, options.declined) for row in rows], chunksize=4
        )
        for result in jobs:
            results.append(result)
            if time.monotonic() - begin > options.seconds:
                pool.terminate()
                break
    title = (
        f"{len(results)} of {len(rows)} rows through {options.backend}, {'fp16' if options.half else 'fp32'}, "
        f"{torch.cuda.get_device_name() if torch.cuda.is_available() else 'no GPU'}, torch {torch.__version__}, "
        f"{time.monotonic() - begin:.0f} s"
    )
    text = report(results, title)
    print(text)
    if options.write:
        options.write.write_text(text)
    return 1 if any(outcome == "failed" for _, outcome, _ in results) else 0


if __name__ == "__main__":
    raise SystemExit(main())
