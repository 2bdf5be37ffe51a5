"""Follows calls that take time: progress on a terminal, in a notebook or in a callback, and Ctrl-C.

C++ calls a function here with each step, at most ten times a second, also between the steps. The function shows the
step or passes it on. It runs handlers of signals too: while C++ works, Python would run them only after the call. What
one of them, or the callback, raises ends the call, and the call raises it.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import torch

from torch_tensorrt import _log

_DELAY = 1.0  # seconds; a faster call shows no progress
_SECONDS_IN_NOTEBOOKS = 1.0  # between two texts in a cell
_WARNING = 2  # the level of C++ at which progress is shown by default


@dataclasses.dataclass(frozen=True)
class Progress:
    """Where a call that takes time is.

    Attributes:
        activity: the call, such as ``"compiling Net"``.
        step: its current step, such as ``"timing layers of Net_forward"``.
        done: finished parts of the step: layers, passes, batches.
        total: all parts of the step; 0 if they are not counted.
        seconds: since the call began.
        seconds_left: until the step ends, estimated from its finished parts; ``None`` if not known.
    """

    activity: str
    step: str
    done: int
    total: int
    seconds: float
    seconds_left: float | None

    def __str__(self) -> str:
        return self._text()

    def _text(self, columns: int | None = None) -> str:
        """The text; beyond the columns, the step is cut."""
        head = f"{self.activity} ({_duration(self.seconds)})"
        step = f": {self.step}" if self.step else ""
        tail = f", {self.done} of {self.total}" if self.total else f" {self.done}" if self.done else ""
        tail += "" if self.seconds_left is None else f", {_duration(self.seconds_left)} left"
        if columns is not None and len(head + step + tail) > columns:
            step = step[: max(0, columns - len(head + tail) - 3)] + "..."
        return (head + step + tail)[:columns]


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


Callback = Callable[[Progress], Any]
Choice = bool | Callback | None


class _Line:
    """The last line of a terminal or of a cell of a notebook; the line vanishes at the end."""

    def __init__(self, is_cell: bool) -> None:
        self._is_cell = is_cell
        self._length = 0
        self._shown = 0.0
        self._lock = threading.Lock()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.seconds < _DELAY or self._is_cell and now - self._shown < _SECONDS_IN_NOTEBOOKS:
            return
        self._shown = now
        text = progress._text(None if self._is_cell else shutil.get_terminal_size().columns - 1)
        with self._lock:
            self._write("\r" + text.ljust(self._length))  # cells know no code that clears a line
            self._length = len(text)

    def hide(self) -> None:
        with self._lock:
            if self._length:
                self._write("\r" + " " * self._length + "\r")
            self._length = 0

    def _write(self, text: str) -> None:
        print(text, end="", file=sys.stderr, flush=True)


class _Lines:
    """A line for each step, where no line can be rewritten."""

    def __init__(self) -> None:
        self._step = ""

    def __call__(self, progress: Progress) -> None:
        if progress.seconds >= _DELAY and progress.step != self._step:
            self._step = progress.step
            print(progress, file=sys.stderr, flush=True)

    def hide(self) -> None:
        pass


class _Follower:
    """Follows the calls of a thread."""

    def __init__(self, choice: Choice) -> None:
        is_choice = choice is None or isinstance(choice, bool) or callable(choice)
        if not is_choice:
            raise TypeError(f"progress is {choice!r}, must be True, False, None or a function")
        self.callback = choice if callable(choice) else None
        self.line: _Line | _Lines | None = None
        self.on_terminal = False  # C++ shows it
        self.failure: BaseException | None = None
        self.signals: list[tuple[Any, int, FrameType | None]] = []  # handlers to call
        self.is_calling = False
        if self.callback is None and choice is not False:
            self._choose_display(is_wanted=choice is True)

    def _choose_display(self, is_wanted: bool) -> None:
        is_level = torch.ops.torch_tensorrt._get_log_level() == _WARNING
        if not is_wanted and not is_level:
            return
        if _in_notebook():
            self.line = _Line(is_cell=True)
        elif _is_terminal(sys.stderr):
            _log._follow_handlers()
            self.on_terminal = is_level and _log._cpp_prints() and _is_standard_error(sys.stderr)
            self.line = None if self.on_terminal else _Line(is_cell=False)
        elif is_wanted:
            self.line = _Lines()

    def follow(self, progress: Progress) -> None:
        """Raises what ends the call."""
        while self.signals:
            handler, number, frame = self.signals.pop(0)
            handler(number, frame)
        if self.line is not None:
            self.line(progress)
        if self.callback is not None:
            self.callback(progress)

    def hide(self) -> None:
        if self.line is not None:
            self.line.hide()

    def say(self, text: str) -> None:
        self.hide()
        if self.on_terminal:
            torch.ops.torch_tensorrt._print_line(text)
        elif self.line is not None:
            print(text, file=sys.stderr, flush=True)


class _State(threading.local):
    follower: _Follower | None = None


_state = _State()


def _is_terminal(stream: Any) -> bool:
    is_dumb = os.environ.get("TERM") == "dumb"
    return not is_dumb and stream is not None and hasattr(stream, "isatty") and stream.isatty()


def _is_standard_error(stream: Any) -> bool:
    try:
        return stream.fileno() == 2
    except (OSError, ValueError):
        return False


def _in_notebook() -> bool:
    """Whether the code runs in a kernel of Jupyter."""
    if "ipykernel" not in sys.modules:
        return False
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


_FUNCTION = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_int64,
    ctypes.c_int64,
    ctypes.c_double,
    ctypes.c_double,
)


@_FUNCTION
def _follow(activity: bytes, step: bytes, done: int, total: int, seconds: float, left: float) -> int:
    """C++ calls it in the thread of the call. Returns 1 to end the call."""
    follower = _state.follower
    if follower is None:
        return 0
    try:
        texts = (activity.decode(errors="replace"), step.decode(errors="replace"))
        follower.follow(Progress(*texts, done, total, seconds, left if left >= 0 else None))
    except BaseException as error:  # the call raises it
        follower.failure = error
        return 1
    return 0


_ADDRESS = ctypes.cast(_follow, ctypes.c_void_p).value


@contextlib.contextmanager
def _signals_wait(follower: _Follower) -> Iterator[None]:
    """Keeps signals for ``follow``: raised where C++ calls Python, an exception would be lost."""
    if threading.current_thread() is not threading.main_thread() or follower.is_calling:
        yield
        return
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    handlers = {number: handler for number, handler in handlers.items() if callable(handler)}

    def keep(number: int, frame: FrameType | None) -> None:
        follower.signals.append((handlers[number], number, frame))

    follower.is_calling = True
    try:
        for number in handlers:
            signal.signal(number, keep)
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        follower.is_calling = False
    while follower.signals and follower.failure is None:  # those that came too late for C++
        handler, number, frame = follower.signals.pop(0)
        handler(number, frame)


@contextlib.contextmanager
def _following(follower: _Follower) -> Iterator[None]:
    """Makes C++ call the follower; raises what it raised."""
    ops = torch.ops.torch_tensorrt
    ops._follow_progress(_ADDRESS, follower.on_terminal)
    _state.follower = follower
    before = _log.before_message
    _log.before_message = follower.hide
    try:
        yield
    except Exception:
        if follower.failure is None:
            raise
    finally:
        _log.before_message = before
        _state.follower = None
        ops._unfollow_progress()
        follower.hide()
    if follower.failure is not None:
        follower.failure.__torch_tensorrt_ended__ = True  # type: ignore[attr-defined]
        raise follower.failure


def has_ended(error: BaseException) -> bool:
    """Whether a signal or the user's callback ended a call with the error."""
    return getattr(error, "__torch_tensorrt_ended__", False)


@contextlib.contextmanager
def followed(choice: Choice, activity: str = "", is_frame: bool = False) -> Iterator[None]:
    """Follows the calls of the compiler in the block; a block inside another one is a part of it.

    Args:
        choice: True, False, a function of :class:`Progress`, or None: on a terminal and in notebooks.
        activity: what the block does, if that is more than one call of the compiler.
        is_frame: the last call of the compiler in it is what the user asked for, and tells its end.
    """
    with contextlib.ExitStack() as stack:
        if _state.follower is None:
            stack.enter_context(_following(_Follower(choice)))
        if activity:
            torch.ops.torch_tensorrt._begin_watch(activity, is_frame)
            stack.callback(torch.ops.torch_tensorrt._end_watch)
        yield


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Lets signals end a call of C++ in the block."""
    follower = _state.follower
    if follower is not None:
        with _signals_wait(follower):
            yield
        return
    with _following(_Follower(False)):
        assert _state.follower is not None
        with _signals_wait(_state.follower):
            yield


def step(name: str, done: int = 0, total: int = 0) -> None:
    """Reports a step of Python's part; raises what ends the call."""
    if _state.follower is not None:
        with _signals_wait(_state.follower):
            torch.ops.torch_tensorrt._report_progress(name, done, total)


def say(text: str) -> None:
    """Prints a line where the progress is shown."""
    if _state.follower is not None:
        _state.follower.say(text)
