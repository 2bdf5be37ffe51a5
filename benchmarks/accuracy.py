"""Measures what lower precisions cost: metrics of trained models on real data; see README.md in this folder.

python benchmarks/accuracy.py                                             every model, f32 and bf16
python benchmarks/accuracy.py --models lenet minilm --precision f32,fp16  some models and precisions
python benchmarks/accuracy.py --precision int8 --every-layer              not only where it is faster
python benchmarks/accuracy.py --precision int8 --search 0.2               also with the search for layers to keep in f32
python benchmarks/accuracy.py --json                                      prints JSON instead of the table

The models and data are those of harness/trained.py, a row each. PyTorch eager in f32 is the reference of every row.
int8 is calibrated with data that is not in the test.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
# Layers that compute nothing, and precisions of sizes and conditions.
IDLE = ("input", "constant")
EXACT = ("bool", "i32", "i64")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", metavar="NAME", help="names from harness/trained.py; default: all")
    parser.add_argument(
        "--precision", default="f32,bf16", help="of f32, bf16, fp16, int8, int8+bf16; default: f32,bf16"
    )
    parser.add_argument(
        "--every-layer", action="store_true", help="all layers that can leave f32 do, not only where that is faster"
    )
    parser.add_argument(
        "--search",
        type=float,
        metavar="POINTS",
        help="also search layers to keep in f32 so that int8 loses no more",
    )
    parser.add_argument("--threads", type=int, default=2, help="threads; default: 2")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder for the results; default: results/")
    return parser.parse_args()


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def engine_note(report: Any) -> str:
    """Returns what a compiled module runs: engines, the layers of each precision, and the builder's notes on it."""
    engines = [engine.information for method in report.methods for engine in method.engines]
    layers = [layer for engine in engines for layer in engine["layers"] if layer["kind"] not in IDLE]
    counts = Counter(layer["precision"] for layer in layers if layer["precision"] not in EXACT)
    parts = ["layers: " + ", ".join(f"{count} {precision}" for precision, count in sorted(counts.items()))]
    if len(engines) != 1:
        parts.insert(0, f"{len(engines)} engines")
    left = sum(row.uses for method in report.methods for row in method.pytorch)
    if left:
        parts.append(f"PyTorch runs {left} operators")
    parts += [note for engine in engines for note in engine["notes"] if note.startswith("precision")]
    return "; ".join(parts)


def judge(task: Any, found: Any, reference: Any) -> dict[str, Any]:
    """Returns the numbers of a row: metric, its difference to the reference's, same decisions, largest error."""
    from harness import metrics

    score = task.score(found)
    row = {
        "score": score,
        "points_to_eager": score - task.score(reference),
        "largest_error": metrics.largest_error(found, reference),
    }
    if task.decisions:
        row["same_decisions"] = metrics.share_equal(task.decisions(found), task.decisions(reference))
    return row


def searched(task: Any, settings: dict[str, Any], max_loss: float) -> tuple[Any, str]:
    """Returns the module that the search finds on the data of the test, and what it did."""
    import torch

    import torch_tensorrt

    def score(module: Any) -> float:
        with torch.inference_mode():
            return task.score(task.outputs(module))

    found = torch_tensorrt.precision_search(
        task.script, task.calibration, score, max_loss=max_loss, inputs=task.inputs, device="cpu", **settings
    )
    return found.module, f"{len(found.kept)} layers kept in f32 after {found.trials} trials; "


def measure_model(name: str, wanted: list[str], every_layer: bool, max_loss: float | None) -> list[dict[str, Any]]:
    """Returns the rows of a model; that of a precision that fails has the problem."""
    import torch
    from harness import precisions, trained

    import torch_tensorrt

    start = time.perf_counter()
    task = trained.TASKS[name]()
    _say(f"{name}: ready after {time.perf_counter() - start:.1f} s")
    with torch.inference_mode():
        reference = task.outputs(task.model)
    head = {"model": name, "metric": task.metric}
    rows = [{**head, "precision": "PyTorch eager, f32", **judge(task, reference, reference), "note": ""}]
    runs = [(precision, searches) for precision in wanted for searches in (False, True)]
    for precision, searches in runs:
        if searches and (max_loss is None or "int8" not in precision):
            continue
        row = {**head, "precision": f"{precision}, searched" if searches else precision}
        _say(f"{name}: {row['precision']}")
        try:
            settings = precisions.settings(precision, task.calibration, every_layer)
            work = ""
            if searches:
                compiled, work = searched(task, settings, max_loss)
            else:
                compiled = torch_tensorrt.compile(task.script, inputs=task.inputs, device="cpu", **settings)
            with torch.inference_mode():
                row |= judge(task, task.outputs(compiled), reference)
            row["note"] = work + engine_note(torch_tensorrt.inspect(compiled))
        except Exception as error:  # noqa: BLE001 - the other precisions must still be measured
            row["problem"] = f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
        rows.append(row)
    return rows


def table_row(row: dict[str, Any]) -> list[str]:
    """Returns the cells of a row."""
    head = [row["model"], row["precision"], row["metric"]]
    if "problem" in row:
        return [*head, "", "", "", "", f"failed: {row['problem'][:160]}"]
    same = f"{row['same_decisions']:.2f}" if "same_decisions" in row else ""
    return [
        *head,
        f"{row['score']:.2f}",
        f"{row['points_to_eager']:+.2f}",
        same,
        f"{row['largest_error']:.0e}",
        row["note"],
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Returns the results as Markdown."""
    from harness import report

    header = ["model", "precision", "metric", "value", "to eager, points", "same decisions, %", "error", "engine"]
    return report.markdown_table(header, [table_row(row) for row in rows], left=(0, 1, 2, 7))


def main() -> None:
    """Measures, prints the table or the JSON, and writes both files."""
    arguments = parse_arguments()
    # Set before the imports, because the OpenMP runtimes read it when they load.
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)

    import torch
    from harness import precisions, report, session, trained

    names = session.check_names("model", arguments.models, trained.TASKS)
    try:
        wanted = precisions.parse(arguments.precision)
    except ValueError as error:
        sys.exit(f"error: --precision: {error}")
    torch.set_num_threads(arguments.threads)
    command = shlex.join(["benchmarks/accuracy.py", *sys.argv[1:]])
    about = report.describe_machine(f"OMP_NUM_THREADS={arguments.threads} python {command}", arguments.threads)
    about["versions"] = {name: about["versions"][name] for name in ("torch", "torch_tensorrt")}
    rows = [row for name in names for row in measure_model(name, wanted, arguments.every_layer, arguments.search)]
    result = {"about": about, "rows": rows}
    text = table(rows)
    print(json.dumps(result, indent=1) if arguments.json else text)
    document = f"{report.heading('Accuracy of precisions', about)}\n\n{text}\n"
    for path in report.write(result, arguments.output, "accuracy", document):
        _say(f"wrote {path}")
    if any("problem" in row for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
