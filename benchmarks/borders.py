"""Times the borders of hybrid modules: what one more engine in a module costs; see README.md in this folder.

python benchmarks/borders.py                                1, 4 and 16 engines
python benchmarks/borders.py --engines 1 64 --rounds 100
python benchmarks/borders.py --device cuda --backend native --graphs

Each module is a chain of steps. A step is some operations for an engine and a negation, which PyTorch runs, so that
each step has one engine of its own. The same module as frozen TorchScript, and a chain of the negations alone, take
turns with it in one process.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
THREADS = 1
SHAPE = (4, 16)
os.environ["OMP_NUM_THREADS"] = str(THREADS)  # read by the OpenMP runtimes when they load

import torch  # noqa: E402
from harness import gpu, report, timing  # noqa: E402
from torch import nn  # noqa: E402

import torch_tensorrt  # noqa: E402


class Nothing(nn.Module):
    def forward(self, x: torch.Tensor, scale: float) -> torch.Tensor:
        return torch.neg(x)


class One(nn.Module):
    def forward(self, x: torch.Tensor, scale: float) -> torch.Tensor:
        return torch.neg(x * 0.99)


class Number(nn.Module):
    def forward(self, x: torch.Tensor, scale: float) -> torch.Tensor:
        return torch.neg(x * scale)


class Four(nn.Module):
    def forward(self, x: torch.Tensor, scale: float) -> torch.Tensor:
        return torch.neg(torch.relu(x * 0.99 + 1.0) - 1.0)


class Chain(nn.Module):
    """Steps with a number that PyTorch computes anew in each call."""

    def __init__(self, step: type[nn.Module], count: int) -> None:
        super().__init__()
        self.steps = nn.ModuleList(step() for _ in range(count))
        self.scale = 0.98

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.scale = 1.97 - self.scale
        for step in self.steps:
            x = step(x, self.scale)
        return x


CASES = {
    "x * 0.99": One,
    "x * number": Number,
    "relu(x * 0.99 + 1) - 1": Four,
}


def frozen(step: type[nn.Module], count: int) -> torch.jit.ScriptModule:
    return torch.jit.freeze(torch.jit.script(Chain(step, count).eval()))


def compiled(step: type[nn.Module], count: int, settings: dict[str, Any]) -> torch.jit.ScriptModule:
    """Returns the compiled chain, and checks that each step has an engine."""
    with torch_tensorrt.logging.errors():  # a hybrid module causes a warning
        module = torch_tensorrt.compile(
            torch.jit.script(Chain(step, count).eval()),
            inputs=[torch_tensorrt.Input(SHAPE)],
            min_block_size=1,
            torch_executed_ops=["aten::neg"],
            num_threads=THREADS,
            **settings,
        )
    engines = sum(node.kind() == "tensorrt::execute_engine" for node in module.graph.nodes())
    if engines != count:
        raise RuntimeError(f"{step.__name__}: the module has {engines} engines, must have {count}")
    return module


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Returns the times of all cases in microseconds."""
    x = torch.rand(SHAPE, device=arguments.device)
    wait, settings = gpu.set_up(arguments), gpu.settings(arguments)
    rows = []
    for count in arguments.engines:
        modules = {"nothing": frozen(Nothing, count)}
        for name, step in CASES.items():
            modules[f"{name}: TorchScript"] = frozen(step, count)
            modules[f"{name}: engines"] = compiled(step, count, settings)
            torch.testing.assert_close(modules[f"{name}: engines"](x), modules[f"{name}: TorchScript"](x))
        runs = {name: lambda module=module: module(x) for name, module in modules.items()}
        times = timing.alternate(runs, arguments.rounds, arguments.block_seconds, wait)
        micros = {name: 1e3 * time["median_ms"] for name, time in times.items()}
        for name in CASES:
            pytorch, ours = micros[f"{name}: TorchScript"], micros[f"{name}: engines"]
            rows.append(
                {
                    "operations": name,
                    "engines": count,
                    "torchscript_us": pytorch,
                    "compiled_us": ours,
                    "operators_us": (pytorch - micros["nothing"]) / count,
                    "engine_us": (ours - micros["nothing"]) / count,
                    "border_us": (ours - pytorch) / count,
                }
            )
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Returns the results as Markdown."""
    header = ["operations of a step", "engines", "TorchScript, frozen, us", "with engines, us"]
    header += ["a step's operators, us", "a step's engine, us", "difference, us"]
    lines = []
    for row in rows:
        calls = [f"{row[name]:.1f}" for name in ("torchscript_us", "compiled_us")]
        steps = [f"{row[name]:.2f}" for name in ("operators_us", "engine_us")]
        lines.append([f"`{row['operations']}`", str(row["engines"]), *calls, *steps, f"{row['border_us']:+.2f}"])
    return report.markdown_table(header, lines)


def main() -> None:
    """Measures, prints the table and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="+", type=int, default=[1, 4, 16], metavar="N", help="default: 1 4 16")
    parser.add_argument("--rounds", type=int, default=60, help="turns of every module; default: 60")
    parser.add_argument("--block-seconds", type=float, default=0.02, help="length of a turn in seconds; default: 0.02")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder for the results; default: results/")
    gpu.add_options(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    command = f"python {shlex.join(['benchmarks/borders.py', *sys.argv[1:]])}"
    about = gpu.describe(report.describe_machine(command, THREADS), arguments)
    about["versions"] = {name: about["versions"][name] for name in ("torch", "torch_tensorrt")}
    with torch.inference_mode():
        result = {"about": about, "cases": measure(arguments)}
    text = table(result["cases"])
    print(text)
    document = f"{report.heading('Borders of hybrid modules', about)}\n\n{text}\n"
    for path in report.write(result, arguments.output, "borders", document):
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
