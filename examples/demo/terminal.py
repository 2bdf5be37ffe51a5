"""Output of the demo: headings, lines, and steps with a running time."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

_WIDTH = 46
_TTY = sys.stdout.isatty()


def heading(text: str) -> None:
    """Prints the heading of a section."""
    print(f"\n\033[1m{text}\033[0m" if _TTY else f"\n== {text}", flush=True)


def line(label: str, value: str) -> None:
    """Prints a result."""
    print(f"  {label:<{_WIDTH}} {value}", flush=True)


def note(text: str) -> None:
    """Prints a remark under a result."""
    print(f"    {text}", flush=True)


class Step:
    """Shows the progress of a block; ``seconds`` is its duration after the end.

    A terminal shows the running time; other outputs have a line at the beginning and a line at the end.
    """

    def __init__(self, label: str) -> None:
        self.seconds = 0.0
        self._label = label
        self._over = threading.Event()

    def __enter__(self) -> Step:
        self._start = time.perf_counter()
        if not _TTY:
            print(f"  {self._label} ...", flush=True)
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._start
        self._over.set()
        self._ticker.join()
        again = "\r" if _TTY else ""
        failed = "failed after " if kind else ""
        print(f"{again}  {self._label:<{_WIDTH}} {failed}{self.seconds:.1f} s", flush=True)

    def _tick(self) -> None:
        while _TTY and not self._over.wait(0.2):
            print(f"\r  {self._label:<{_WIDTH}} {time.perf_counter() - self._start:.0f} s ", end="", flush=True)
