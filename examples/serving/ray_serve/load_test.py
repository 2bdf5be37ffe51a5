"""Puts load on the server for ten seconds and draws the latencies: the compiled module beside PyTorch eager.

Usage: python load_test.py [--seconds 10] [--clients 1 4] [--kinds engine eager] [--json FILE] [--plot FILE.svg]

For each kind it starts the server, and sends images from a number of clients. Each client sends its next request when
it has the answer to the last one, so the load follows the server (a closed loop). The clients, Ray's proxy and the
replicas share the machine. The plot shows the largest number of clients.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import platform
import re
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import torch
from app import REPLICAS, THREADS, npy
from model import IMAGE, compile_model, make_model
from server import served

TIMEOUT = aiohttp.ClientTimeout(total=30)
PERCENTILES = (50, 95, 99)
TITLES = {"engine": "torch_tensorrt", "eager": "PyTorch eager"}


@dataclass
class Load:
    """Answers of one run: when each came (s after the start), how long it took (ms), and the process that made it."""

    times: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    replicas: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def percentiles(self) -> dict[str, float]:
        """Returns the percentiles of the latencies in ms."""
        return {f"p{q}": round(float(np.percentile(self.latencies, q)), 2) for q in PERCENTILES}

    def seconds(self, last: int) -> Iterator[tuple[int, dict[str, float]]]:
        """Yields the percentiles of the answers of each second."""
        for second in range(last):
            chosen = [ms for at, ms in zip(self.times, self.latencies, strict=True) if second <= at < second + 1]
            if chosen:
                yield second, {f"p{q}": float(np.percentile(chosen, q)) for q in PERCENTILES}


async def send(session: aiohttp.ClientSession, url: str, body: bytes, load: Load, start: float) -> bytes:
    """Sends one request and records its answer."""
    sent = time.perf_counter()
    try:
        async with session.post(url, data=body) as answer:
            content = await answer.read()
            if answer.status != 200:
                load.errors.append(f"status {answer.status}: {content[:200].decode(errors='replace')}")
                return b""
            load.replicas[answer.headers["x-replica-process"]] += 1
    except (aiohttp.ClientError, asyncio.TimeoutError) as error:
        load.errors.append(f"{type(error).__name__}: {error}")
        return b""
    now = time.perf_counter()
    load.times.append(now - start)
    load.latencies.append((now - sent) * 1e3)
    return content


async def run_clients(url: str, body: bytes, clients: int, seconds: float) -> Load:
    """Sends requests from several clients at one time, for some seconds."""
    load, start = Load(), time.perf_counter()

    async def client(session: aiohttp.ClientSession) -> None:
        while time.perf_counter() < start + seconds and len(load.errors) < 100:
            await send(session, url, body, load, start)

    connections = aiohttp.TCPConnector(limit=clients)  # not the default of 100
    async with aiohttp.ClientSession(timeout=TIMEOUT, connector=connections) as session:
        await asyncio.gather(*(client(session) for _ in range(clients)))
    return load


async def difference(url: str, image: torch.Tensor, expected: torch.Tensor) -> float:
    """Returns the largest difference of an answer to PyTorch's, relative to the largest score."""
    load = Load()
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        content = await send(session, url, npy(image), load, 0.0)
    if load.errors:
        raise RuntimeError(f"the server does not answer: {load.errors[0]}")
    scores = torch.from_numpy(np.load(io.BytesIO(content)))
    return float((scores - expected).abs().max() / expected.abs().max())


def free_port() -> int:
    """Returns a port that no process uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def measure(kind: str, module: str, clients: list[int], seconds: float) -> tuple[list[dict[str, Any]], Load]:
    """Returns a row for each number of clients, and the load of the last."""
    torch.manual_seed(1)
    image = torch.rand(1, *IMAGE)
    with torch.inference_mode():
        expected = make_model()(image)
    rows, load = [], Load()
    with served(module, free_port()) as url:
        error = asyncio.run(difference(url, image, expected))
        asyncio.run(run_clients(url, npy(image), max(clients), min(1.0, seconds)))  # does not count
        for count in clients:
            load = asyncio.run(run_clients(url, npy(image), count, seconds))
            if not load.latencies:
                raise RuntimeError(f"no request was answered: {load.errors[:1]}")
            rows.append(
                {
                    "kind": kind,
                    "clients": count,
                    "answers": len(load.latencies),
                    "answers_per_second": round(len(load.latencies) / max(load.times), 1),
                    **load.percentiles(),
                    "answers_of_replicas": sorted(load.replicas.values()),
                    "errors": load.errors[:10],
                    "largest_difference_to_eager": error,
                }
            )
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return rows, load


def draw(loads: dict[str, Load], seconds: int, title: str, path: Path) -> None:
    """Draws the percentiles of each second and the distribution of the latencies."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "latency"
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for (kind, load), color in zip(loads.items(), ("tab:blue", "tab:orange"), strict=False):
        rows = list(load.seconds(seconds))
        for q, style in zip(PERCENTILES, ("-", "--", ":"), strict=True):
            middles, values = [second + 0.5 for second, _ in rows], [row[f"p{q}"] for _, row in rows]
            left.plot(middles, values, style, color=color, label=f"{TITLES[kind]}, p{q}")
        shares = np.linspace(0, 100, 201)
        right.plot(np.percentile(load.latencies, shares), shares, color=color, label=TITLES[kind])
    left.set(xlabel="time, s", ylabel="latency, ms", title="Percentiles of each second", ylim=(0, None))
    right.set(xlabel="latency, ms", ylabel="answers, %", title="Answers within a latency")
    right.set(xlim=(0, None), ylim=(0, 101))
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.suptitle(title)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def about(arguments: argparse.Namespace) -> dict[str, Any]:
    """Returns what a reader needs to judge or repeat the numbers."""
    processor = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    clients = " ".join(map(str, arguments.clients))
    return {
        "command": f"python load_test.py --seconds {arguments.seconds:g} --clients {clients}",
        "cpu": processor[1].strip() if processor else platform.machine(),
        "cores": os.cpu_count(),
        "replicas": REPLICAS,
        "threads_of_a_replica": THREADS,
        "load_average_at_start": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("torch", "torch_tensorrt", "torchvision", "ray", "aiohttp")},
    }


def main() -> None:
    """Measures the kinds, prints the table, and writes the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="of load for each number of clients; default: 10")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4], help="numbers of clients; default: 1 4")
    parser.add_argument("--kinds", nargs="+", default=list(TITLES), choices=list(TITLES))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write the plot to FILE (.svg or .png)")
    arguments = parser.parse_args()
    facts, rows, loads = about(arguments), [], {}
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder) / "compiled.ts"
        if "engine" in arguments.kinds:
            compile_model(module, THREADS)
        for kind in arguments.kinds:
            path = str(module) if kind == "engine" else ""
            measured, loads[kind] = measure(kind, path, sorted(arguments.clients), arguments.seconds)
            rows += measured
    for row in rows:
        figures = "  ".join(f"p{q} {row[f'p{q}']:7.2f} ms" for q in PERCENTILES)
        speed = f"{row['answers_per_second']:7.1f} answers/s"
        print(f"{TITLES[row['kind']]:15} {row['clients']:3} clients  {speed}  {figures}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"about": facts, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    if arguments.plot:
        title = f"MobileNet v3 large, one image a request, {REPLICAS} replicas, {max(arguments.clients)} clients"
        draw(loads, int(arguments.seconds), title, arguments.plot)
    if any(row["errors"] for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
