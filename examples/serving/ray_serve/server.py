"""Serves the model on a Ray of this process alone, until it gets SIGINT or SIGTERM.

Usage: python server.py [--module compiled.ts] [--eager] [--port 8000]

It prints a line of JSON once the replicas are ready. --module names the compiled module, which is made if the file is
missing; --eager serves the model as PyTorch runs it. On a cluster that runs already, use `serve run` with an
application of app.py instead.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray sends statistics to its makers otherwise
os.environ.setdefault("RAY_worker_niceness", "0")  # Ray runs replicas with niceness 15: any other process goes first
# Ray's limit for its HTTP proxy is five seconds, then it starts another one: too short on a busy machine.
os.environ.setdefault("RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S", "60")
os.environ.setdefault("RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S", "60")

import ray
import torch
from app import REPLICAS, THREADS, Classifier
from model import compile_model
from ray import serve

OBJECT_STORE = 80 * 1024 * 1024  # the least that Ray allows; requests do not pass through it


def check_is_free(port: int) -> None:
    """Ends the program if a process has the port. Ray would share it: requests would go to one of both servers."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # ignores connections that have ended
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            sys.exit(f"error: --port {port}: {error.strerror}; choose another port")


def check_loads(path: Path) -> None:
    """Ends the program if the module does not load. Ray would start processes, and not tell the reason at the end."""
    try:
        torch.jit.load(str(path))
    except RuntimeError as error:
        sys.exit(f"error: --module {path}: {str(error).splitlines()[0]}")


@contextmanager
def served(module: str, port: int) -> Iterator[str]:
    """Starts the replicas of a module ("": PyTorch's), yields their address once they answer, and ends all of Ray."""
    check_is_free(port)
    ray.init(
        address="local",
        num_cpus=REPLICAS,
        include_dashboard=False,
        object_store_memory=OBJECT_STORE,
        log_to_driver=False,
    )
    try:
        serve.start(http_options={"host": "127.0.0.1", "port": port})
        serve.run(Classifier.bind(module), name="classifier")
        yield f"http://127.0.0.1:{port}/"
    finally:
        serve.shutdown()
        ray.shutdown()


def main() -> None:
    """Serves until a signal comes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", type=Path, metavar="FILE", help="the compiled module; made if the file is missing")
    parser.add_argument("--eager", action="store_true", help="serve the model as PyTorch runs it")
    parser.add_argument("--port", type=int, default=8000, help="port at 127.0.0.1; default: 8000")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.module or Path(folder) / "compiled.ts"
        if not arguments.eager and not path.exists():
            compile_model(path, THREADS)
        if not arguments.eager:
            check_loads(path)
        with served("" if arguments.eager else str(path.resolve()), arguments.port) as url:
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            print(json.dumps({"url": url, "replicas": REPLICAS, "threads": THREADS}), flush=True)
            try:
                threading.Event().wait()
            except KeyboardInterrupt:
                print("ending", file=sys.stderr)


if __name__ == "__main__":
    main()
