"""Helpers for reading and writing files beside PyTorch's own functions."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@contextmanager
def readable(path: str | os.PathLike[str]) -> Iterator[str]:
    """Yields a name of the file that PyTorch accepts: PyTorch rejects names that are not UTF-8."""
    name = os.fspath(path)
    try:
        name.encode()
    except UnicodeEncodeError:
        number = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield f"/proc/self/fd/{number}"
        finally:
            os.close(number)
        return
    yield name


@contextmanager
def signals_wait() -> Iterator[None]:
    """Delays signals that would end the process until the end of the block, so that no file is left half written.

    Python allows this in the main thread only; in other threads the function does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        came.append(number)

    waiting = [number for number in _ENDING_SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in waiting:
        signal.signal(number, remember)
    try:
        yield
    finally:
        for number in waiting:
            signal.signal(number, signal.SIG_DFL)
        if came:
            os.kill(os.getpid(), came[0])
