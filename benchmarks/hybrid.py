"""Times hybrid modules against frozen TorchScript; see README.md in this folder.

python benchmarks/hybrid.py                              all models
python benchmarks/hybrid.py --only gpt2 --rounds 40      models with this text in their names, or with one of several
OMP_NUM_THREADS=1 python benchmarks/hybrid.py            one thread instead of two
python benchmarks/hybrid.py --device cuda --backend native --only gpt2 llama fnet early

The models are those of zoo/zoo_hybrid.py, larger, and torchvision's detection models. A run is one call, or 32 calls
that make a token each, or the 32-ms chunks of a second of sound, or two pictures of different sizes. All modules of a
model take turns in one process.
"""

from __future__ import annotations

import argparse
import copy
import functools
import os
import shlex
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
THREADS = int(os.environ.setdefault("OMP_NUM_THREADS", "2"))  # read by the OpenMP runtimes when they load
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "zoo"))

import torch  # noqa: E402
import zoo_hybrid as zoo  # noqa: E402
from harness import child, gpu, report, timing  # noqa: E402

import torch_tensorrt  # noqa: E402

WIDTH = 256
Run = Callable[[torch.jit.ScriptModule], Any]


def silero(rate: int, device: str):
    model = zoo.silero_model(rate)
    chunks = torch.randn(31, rate * 32 // 1000, device=device) * 0.3

    def run(module: torch.jit.ScriptModule):
        module.reset_states()
        return [module(chunk, rate) for chunk in chunks]

    return model.make().to(device), model.signature(), run


def generate(make: Callable[[int, int], torch.nn.Module], device: str):
    module = zoo.greedy(lambda: make(WIDTH, 2), device)
    token = torch.tensor([[3]], device=device)
    signature = (torch_tensorrt.Input((1, 1), dtype=torch.int64), zoo.TOKENS)
    return module, signature, Call(token, zoo.TOKENS)


def steps(make: Callable[[int, int], torch.nn.Module], device: str):
    step, (layers, heads, size) = zoo.trace_step(lambda: make(WIDTH, 2), device)
    cache = zoo.cache_input((layers, heads, size))

    def run(module: torch.jit.ScriptModule):
        keys = values = torch.zeros(layers, 1, heads, 0, size, device=device)
        token, tokens = torch.tensor([[3]], device=device), []
        for _ in range(zoo.TOKENS):
            logits, keys, values = module(token, keys, values)
            token = logits.argmax(-1, keepdim=True)
            tokens.append(token)
        return torch.cat(tokens, 1), logits, keys, values

    return step, (torch_tensorrt.Input((1, 1), dtype=torch.int64), cache, cache), run


def fnet(device: str):
    tokens = torch.randint(0, zoo.WORDS, (2, 64), device=device)
    signature = (torch_tensorrt.Input(tokens.shape, dtype=torch.int64),)
    return zoo.fnet(WIDTH, 4, 64, device), signature, Call(tokens)


class Call:
    """A run of one call. Its memory can be measured in another process."""

    def __init__(self, *arguments: Any, compared: Callable[[Any], Any] = lambda result: result):
        self.arguments, self.compared = arguments, compared

    def __call__(self, module: torch.jit.ScriptModule) -> Any:
        return self.compared(module(*self.arguments))


def early_exit(limit: float, device: str):
    x, threshold = torch.randn(2, 64, WIDTH, device=device), torch.tensor(limit, device=device)
    signature = (torch_tensorrt.Input(x.shape), torch_tensorrt.Input((), dtype=torch.float32))
    return zoo.early_exit(WIDTH, 4).to(device), signature, Call(x, threshold)


def detector(name: str, device: str):
    """A detection model with random weights, for pictures whose shorter sides are resized to 320."""
    from torchvision.models import detection

    model = getattr(detection, name)(weights=None, weights_backbone=None).eval()
    if not name.startswith("ssd"):
        model.transform.min_size, model.transform.max_size = (320,), 480
    pictures = [torch.rand(3, 240, 320, device=device), torch.rand(3, 300, 260, device=device)]
    # The scores are nearly equal, so that rounding decides on their order; the sorted ones are compared.
    signature = ([torch_tensorrt.Input(picture.shape) for picture in pictures],)
    run = Call(pictures, compared=lambda result: [found["scores"] for found in result[1]])
    return scripted(model).to(device), signature, run


def scripted(model: torch.nn.Module) -> torch.jit.ScriptModule:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.script(model)


# A row: how to make the module, the signature and the run; settings of the compiler.
CASES: dict[str, tuple[Callable[[str], tuple[torch.jit.ScriptModule, tuple, Run]], dict[str, Any]]] = {
    "silero-vad, 16000 Hz, a second": (lambda device: silero(16000, device), {}),
    "gpt2, 32 tokens in a call": (lambda device: generate(zoo.gpt2, device), {}),
    "gpt2, a token in a call, 64 specializations": (
        lambda device: steps(zoo.gpt2, device),
        {"max_specializations": 64},
    ),
    "gpt2, a token in a call": (lambda device: steps(zoo.gpt2, device), {}),
    "llama, 32 tokens in a call": (lambda device: generate(zoo.llama, device), {}),
    "llama, a token in a call, 64 specializations": (
        lambda device: steps(zoo.llama, device),
        {"max_specializations": 64},
    ),
    "llama, a token in a call": (lambda device: steps(zoo.llama, device), {}),
    "fnet": (fnet, {}),
    "early exit, the first of 4 layers": (lambda device: early_exit(0.0, device), {}),
    "early exit, all 4 layers": (lambda device: early_exit(2.0, device), {}),
    "ssdlite320_mobilenet_v3_large": (lambda device: detector("ssdlite320_mobilenet_v3_large", device), {}),
    "retinanet_resnet50_fpn": (lambda device: detector("retinanet_resnet50_fpn", device), {}),
    "fasterrcnn_resnet50_fpn": (lambda device: detector("fasterrcnn_resnet50_fpn", device), {}),
    "maskrcnn_resnet50_fpn": (lambda device: detector("maskrcnn_resnet50_fpn", device), {}),
    "keypointrcnn_resnet50_fpn": (lambda device: detector("keypointrcnn_resnet50_fpn", device), {}),
}


def frozen(module: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    methods = ["reset_states"] if hasattr(module, "reset_states") else []
    return torch.jit.freeze(module, preserved_attrs=methods)


def measure_case(name: str, arguments: argparse.Namespace, wait: Callable[[], None]) -> dict[str, Any]:
    """Returns the times of a case in milliseconds."""
    make, settings = CASES[name]
    torch.manual_seed(0)
    module, signature, run = make(arguments.device)
    torch.set_num_threads(THREADS)  # the import of silero_vad sets it
    modules = {"torchscript": copy.deepcopy(module), "frozen": frozen(copy.deepcopy(module))}
    with torch_tensorrt.logging.errors():  # a hybrid module causes a warning
        modules["compiled"] = torch_tensorrt.compile(
            module,
            input_signature=signature,
            require_full_compilation=False,
            num_threads=THREADS,
            **gpu.settings(arguments),
            **settings,
        )
    torch.testing.assert_close(run(modules["compiled"]), run(modules["frozen"]), rtol=1e-3, atol=1e-4)
    runs = {key: functools.partial(run, module) for key, module in modules.items()}
    times = timing.alternate(runs, arguments.rounds, arguments.block_seconds, wait)
    engines = list(modules["compiled"].graph.findAllNodes("tensorrt::execute_engine", recurse=True))
    row = {"model": name, "engines": len(engines), **{key: time["median_ms"] for key, time in times.items()}}
    if isinstance(run, Call) and arguments.device == "cpu":
        row |= {f"{key}_memory": memory(modules[key], run.arguments) for key in ("frozen", "compiled")}
    return row


def memory(module: torch.jit.ScriptModule, arguments: tuple[Any, ...]) -> dict[str, int]:
    """Returns the bytes that a new process needs to load the module and call it."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder, name)) for name in ("module.ts", "arguments.pt")]
        torch.jit.save(module, paths[0])
        torch.save(arguments, paths[1])
        return child.in_child("memory", *paths, "torchvision")


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Returns the results of all cases; that of a case that fails has the reason."""
    wait = gpu.set_up(arguments)
    rows = []
    for name in CASES:
        if not any(text in name for text in arguments.only):
            continue
        try:
            rows.append(measure_case(name, arguments, wait))
        except Exception as error:  # noqa: BLE001 - the other cases must still be measured
            rows.append({"model": name, "failed": f"{type(error).__name__}: {str(error).strip()[:500]}"})
        print(rows[-1], flush=True)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Returns the results as Markdown."""
    header = ["model", "engines", "TorchScript, ms", "frozen, ms", "compiled, ms", "frozen / compiled"]
    header += ["frozen, MB", "compiled, MB"]
    lines = []
    for row in rows:
        if "failed" in row:
            lines.append([row["model"], "failed: " + " ".join(row["failed"].split())[:120], *[""] * 6])
            continue
        times = [f"{row[key]:.3g}" for key in ("torchscript", "frozen", "compiled")]
        peaks = [row[key]["peak_bytes"] / 1e6 if key in row else None for key in ("frozen_memory", "compiled_memory")]
        megabytes = ["" if peak is None else f"{peak:.0f}" for peak in peaks]
        ratio = f"{row['frozen'] / row['compiled']:.2f}"
        lines.append([row["model"], str(row["engines"]), *times, ratio, *megabytes])
    return report.markdown_table(header, lines)


def main() -> None:
    """Measures, prints the table and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[""], help="only models with one of these texts in their names")
    parser.add_argument("--rounds", type=int, default=20, help="turns of every module; default: 20")
    parser.add_argument("--block-seconds", type=float, default=0.1, help="length of a turn in seconds; default: 0.1")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder for the results; default: results/")
    gpu.add_options(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    settings = " ".join(f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith("OMP_"))
    command = f"{settings} python {shlex.join(['benchmarks/hybrid.py', *sys.argv[1:]])}"
    about = gpu.describe(report.describe_machine(command, THREADS), arguments)
    about["versions"] = {name: about["versions"][name] for name in ("torch", "torch_tensorrt")}
    with torch.inference_mode():
        result = {"about": about, "cases": measure(arguments)}
    text = table(result["cases"])
    print(text)
    document = f"{report.heading('Hybrid modules', about)}\n\n{text}\n"
    for path in report.write(result, arguments.output, "hybrid", document):
        print(f"wrote {path}")
    if any("failed" in row for row in result["cases"]):
        sys.exit(1)


if __name__ == "__main__":
    main()
