"""Checks the programs of many seeds: ``python -m hybrid.run --first 0 --count 300 --jobs 2`` in ``tests/python``.

On a GPU: ``python -m hybrid.run --device cuda --backend native --jobs 8 --seconds 500``.
"""

from __future__ import annotations

import argparse
import collections
import multiprocessing
import sys
import time
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from typing import Any

from hybrid import devices
from hybrid.check import Outcome, Target, check_seed
from hybrid.shrink import report, shrink

_SEEDS_OF_A_PROCESS = 100
_SECONDS_OF_A_SEED = 120


def _work(seeds: list[int], ignored: list[str], target: Target, connection: Connection) -> None:
    target.set_up()
    for seed in seeds:
        try:
            outcome = check_seed(seed, ignored, target)
        except Exception:
            outcome = Outcome(seed, "failed", "error of the check", traceback.format_exc())
        is_lost = devices.is_lost(target.device)
        if is_lost:
            outcome.status, outcome.kind = "failed", f"lost GPU, {outcome.kind}"
        connection.send(outcome)
        if is_lost:
            break
    connection.close()


class _Worker:
    """A process that checks seeds one after another; a crash or a hang is the outcome of the seed that it reached."""

    def __init__(self, seeds: list[int], ignored: list[str], target: Target):
        self.seeds = seeds
        self.has_ended = False
        self.connection, other = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("spawn")
        self.process = context.Process(target=_work, args=(seeds, ignored, target, other), daemon=True)
        self.process.start()
        other.close()
        self.since = time.monotonic()

    def receive(self) -> Outcome | None:
        """Returns the next outcome, or None at the end, which may leave seeds."""
        try:
            outcome = self.connection.recv()
        except EOFError:
            self.process.join()
            self.has_ended = True
            if not self.seeds or self.process.exitcode == 0:
                return None
            outcome = Outcome(self.seeds[0], "failed", "crash", f"the process ended with {self.process.exitcode}")
        self.seeds = self.seeds[1:]
        self.since = time.monotonic()
        return outcome

    def hangs(self) -> bool:
        return time.monotonic() - self.since > _SECONDS_OF_A_SEED

    def stop(self) -> Outcome:
        self.process.kill()
        self.process.join()
        self.has_ended = True
        outcome = Outcome(self.seeds[0], "failed", "hang", f"no result after {_SECONDS_OF_A_SEED} s")
        self.seeds = self.seeds[1:]
        return outcome


def outcomes(seeds: list[int], jobs: int, ignored: list[str], target: Target | None = None) -> Iterator[Outcome]:
    """Yields the outcomes of the seeds, checked by several processes."""
    size = max(1, min(_SEEDS_OF_A_PROCESS, -(-len(seeds) // jobs)))
    chunks = [seeds[i : i + size] for i in range(0, len(seeds), size)]
    workers: list[_Worker] = []
    while chunks or workers:
        while chunks and len(workers) < jobs:
            workers.append(_Worker(chunks.pop(0), ignored, target or Target()))
        ready = wait([worker.connection for worker in workers], timeout=1.0)
        for worker in list(workers):
            outcome = None
            if worker.connection in ready:
                outcome = worker.receive()
            elif worker.hangs():
                outcome = worker.stop()
            else:
                continue
            if outcome is not None:
                yield outcome
            if worker.has_ended:
                workers.remove(worker)
                if worker.seeds:
                    chunks.insert(0, worker.seeds)


def _is_failure(outcome: Outcome, require_compiled: bool) -> bool:
    return outcome.status == "failed" or (require_compiled and outcome.status == "refused")


def _summary(found: list[Outcome], show_features: bool) -> None:
    counts = collections.Counter(outcome.status for outcome in found)
    engines = collections.Counter(
        "no engine" if outcome.engines == 0 else "one engine" if outcome.engines == 1 else "several engines"
        for outcome in found
        if outcome.status != "refused"
    )
    print(", ".join(f"{counts[status]} {status}" for status in ("equal", "refused", "failed", "unsound")))
    print("compiled modules: " + ", ".join(f"{count} with {name}" for name, count in engines.most_common()))
    reasons = collections.Counter(outcome.kind for outcome in found if outcome.status == "refused")
    for kind, count in reasons.most_common(40):
        print(f"{count:6} refused: {kind}")
    total: collections.Counter[str] = collections.Counter()
    for outcome in found:
        total.update(outcome.seconds)
    each = ", ".join(f"{name} {1000 * seconds / max(1, len(found)):.1f}" for name, seconds in total.items())
    print(f"CPU milliseconds for each module: {each}; together {1000 * sum(total.values()) / max(1, len(found)):.1f}")
    if show_features:
        features = collections.Counter(feature for outcome in found for feature in outcome.features)
        for feature, count in sorted(features.items()):
            print(f"{count:6} {feature}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=300, help="the number of seeds")
    parser.add_argument("--jobs", type=int, default=1, help="the number of processes")
    parser.add_argument("--require-compiled", action="store_true", help="a refused module is a failure")
    parser.add_argument("--ignore", action="append", default=[], help="a kind of difference, such as 'lost alias'")
    parser.add_argument("--features", action="store_true", help="print how many programs have each feature")
    parser.add_argument("--show", type=int, metavar="SEED", help="print the source of one seed and its outcome")
    parser.add_argument("--shrink-seconds", type=float, default=30.0, help="time for shrinking one failure; 0: none")
    parser.add_argument("--shrink-most", type=int, default=10, help="the number of failures that are shrunk")
    parser.add_argument("--device", default="cpu", help="cpu (default) or cuda: of modules, inputs and calls")
    parser.add_argument("--backend", default="", help="the backend of the compiler, such as native or tensorrt")
    parser.add_argument("--no-fuser", action="store_true", help="TorchScript makes no kernels of its own on a GPU")
    parser.add_argument("--graphs", action="store_true", help="engines on a GPU record CUDA graphs")
    parser.add_argument("--seconds", type=float, help="stop after this time; default: all seeds")
    options = parser.parse_args()
    target = Target(options.device, options.backend, not options.no_fuser, options.graphs)
    target.set_up()  # the processes that shrink are forks of this one
    if options.show is not None:
        print(target.program(options.show).source())
        print(check_seed(options.show, options.ignore, target))
        return 0
    found: list[Outcome] = []
    failures: list[Outcome] = []
    seeds = list(range(options.first, options.first + options.count))
    start = time.monotonic()
    for outcome in outcomes(seeds, options.jobs, options.ignore, target):
        found.append(outcome)
        if _is_failure(outcome, options.require_compiled):
            failures.append(outcome)
            print(f"seed {outcome.seed}: {outcome.status}, {outcome.kind}\n{outcome.text}", flush=True)
        if options.seconds is not None and time.monotonic() - start > options.seconds:
            print(f"stopped after {len(found)} of {len(seeds)} seeds", flush=True)
            break
    _summary(found, options.features)
    _shrink_all(failures, options, target)
    return 1 if failures else 0


def _shrink_all(failures: list[Outcome], options: Any, target: Target) -> None:
    """Shrinks one failure of each kind first, then others."""
    if options.shrink_seconds <= 0:
        return
    seen: collections.Counter[str] = collections.Counter()
    ordered = []
    for outcome in failures:
        ordered.append((seen[outcome.kind], outcome))
        seen[outcome.kind] += 1
    ordered.sort(key=lambda item: item[0])
    for _, outcome in ordered[: options.shrink_most]:
        program = target.program(outcome.seed)
        if outcome.kind in ("crash", "hang", "error of the check") or outcome.kind.startswith("lost GPU"):
            print(f"seed {outcome.seed} ({outcome.kind}):\n{program.source()}", flush=True)
            continue
        small, last = shrink(program, outcome, options.shrink_seconds, options.ignore)
        print(report(small, last), flush=True)


if __name__ == "__main__":
    sys.exit(main())
