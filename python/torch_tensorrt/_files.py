"""Helpers for reading and writing files beside PyTorch's own functions."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

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


@contextmanager
def replaced_when_complete(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Yields a new file that takes the place of the path at the end of the block. An error leaves the old file.

    Raises:
        RuntimeError: the file cannot be written.
    """
    target = Path(os.path.realpath(path))
    try:
        with signals_wait(), contextlib.ExitStack() as undo:
            number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            undo.callback(os.unlink, name)
            with os.fdopen(number, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), _mode_of(target))
            os.replace(name, target)
            undo.pop_all()
    except OSError as error:
        raise RuntimeError(f"cannot write {path}: {error.strerror or error}") from error


def _mode_of(path: Path) -> int:
    """The mode of an existing file, or that of a new one."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
