"""Times this compiler, PyTorch's compilers, ONNX Runtime and OpenVINO on the CPU; see README.md in this folder.

python benchmarks/cpu.py                                       every model, batch 1
python benchmarks/cpu.py --models resnet50 --batch 1 8         some models and batches
python benchmarks/cpu.py --models resnet50:8 swin_t            a model with a batch of its own
python benchmarks/cpu.py --runtimes eager onnxruntime ours     some runtimes
python benchmarks/cpu.py --precision f32,bf16,int8             each runtime in each precision that it has
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", metavar="NAME[:BATCH]", help="from harness/models.py; default: all")
    parser.add_argument("--batch", nargs="+", type=int, default=[1], metavar="N", help="batch sizes; default: 1")
    parser.add_argument("--runtimes", nargs="+", metavar="NAME", help="names from harness/runtimes.py; default: all")
    parser.add_argument("--precision", default="f32", help="of f32, bf16, fp16, int8 and int8+bf16; default: f32")
    parser.add_argument("--threads", type=int, default=2, help="threads of every runtime; default: 2")
    parser.add_argument("--rounds", type=int, default=10, help="turns of every runtime; default: 10")
    parser.add_argument("--block-seconds", type=float, default=0.7, help="length of a turn in seconds; default: 0.7")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder for the results; default: results/")
    return parser.parse_args()


def main() -> None:
    """Measures, prints each table as soon as it is complete, and writes both files."""
    arguments = parse_arguments()
    # Set before the imports, because the OpenMP runtimes read it when they load.
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)

    from harness import precisions, report, session

    try:
        arguments.precision = precisions.parse(arguments.precision)
    except ValueError as error:
        sys.exit(f"error: --precision: {error}")

    command = "OMP_NUM_THREADS={} python {}".format(arguments.threads, shlex.join(["benchmarks/cpu.py", *sys.argv[1:]]))
    result = {"about": report.describe_machine(command, arguments.threads), "cases": []}
    for case in session.measure(arguments):
        result["cases"].append(case)
        print(report.case_table(case), flush=True)
    if any("engine" in case for case in result["cases"]):
        print(report.engine_table(result["cases"]), flush=True)
    for path in report.write(result, arguments.output):
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
