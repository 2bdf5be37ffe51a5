"""Passes the messages of the C++ log to Python's logger ``torch_tensorrt``.

C++ prints each message to stderr at once, unless a handler shows it there: then Python alone has the message. C++ never
calls Python: a thread that waits for Python's lock may hold a mutex for which the owner of that lock waits. C++ keeps
the messages, and Python takes them: at the end of each call of the compiler, every few hundredths of a second while a
long call runs, and for other messages (of a module that is loaded, for example) in a thread that C++ asks the main
thread to start.
"""

from __future__ import annotations

import _thread
import atexit
import contextlib
import ctypes
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import torch

LOGGER = logging.getLogger("torch_tensorrt")
GRAPHS = 5
logging.addLevelName(GRAPHS, "GRAPHS")
# In the order of the levels of C++.
TO_PYTHON = (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG, GRAPHS)

_SECONDS_BETWEEN = 0.05
_PATIENCE = 1.0  # seconds; a handler may wait for the thread that waits here
_prints = True
_followed: tuple[int, int] | None = None  # the level that C++ had, and the one that it got from Python's loggers
_is_over = False  # the interpreter ends
before_message: Callable[[], None] | None = None  # hides the progress that a handler's text would follow
_lock = threading.RLock()  # so that a call returns after its messages
_STREAMS = ("stdout", "stderr", "__stdout__", "__stderr__")


def _ops() -> Any:
    return torch.ops.torch_tensorrt


def _handlers() -> Iterator[logging.Handler]:
    """The handlers that a record of the logger reaches."""
    logger: logging.Logger | None = LOGGER
    while logger is not None:
        yield from logger.handlers
        logger = logger.parent if logger.propagate else None


def _is_console(handler: logging.Handler) -> bool:
    """Whether a handler writes where C++ prints."""
    is_stream = isinstance(handler, logging.StreamHandler)
    return is_stream and any(handler.stream is getattr(sys, name, None) for name in _STREAMS)


def _may_show(handler: logging.Handler) -> bool:
    """Whether the user may see a handler's records: on the console, or where an unknown kind of handler puts them."""
    return _is_console(handler) or not isinstance(handler, (logging.StreamHandler, logging.NullHandler))


def _cpp_prints() -> bool:
    """Whether C++ prints messages: the user put nothing on the logger, and no handler shows them."""
    if LOGGER.handlers or LOGGER.filters or LOGGER.disabled:
        return False
    return not any(_may_show(handler) for handler in _handlers())


def _follow_handlers() -> None:
    global _prints
    prints = _cpp_prints()
    if prints != _prints:
        _prints = prints
        _ops()._set_prints_messages(prints)


def to_native(level: int) -> int:
    """Returns the level of C++ that a level of Python corresponds to: the messages that pass are the same."""
    return next((i for i in reversed(range(1, len(TO_PYTHON))) if level <= TO_PYTHON[i]), 0)


def _follow_levels() -> None:
    """Lets C++ make the messages that Python's logger, or the root, was set up to show."""
    global _followed
    level = _ops()._get_log_level()
    own = _followed[0] if _followed is not None and level == _followed[1] else level
    is_shown = next(_handlers(), None) is not None
    wanted = max(own, to_native(LOGGER.getEffectiveLevel())) if is_shown else own
    if wanted != level:
        _ops()._set_log_level(wanted)
    _followed = (own, wanted) if wanted != own else None


def _record(level: int, text: str, seconds: float, thread: int) -> logging.LogRecord:
    record = LOGGER.makeRecord(LOGGER.name, level, LOGGER.name, 0, text, (), None)
    record.relativeCreated += (seconds - record.created) * 1000
    record.created, record.msecs = seconds, int(seconds % 1 * 1000)
    of_python = {known.ident: known.name for known in threading.enumerate()}
    record.thread, record.threadName = thread, of_python.get(thread, "C++")
    return record


def _handle(level: int, text: str, seconds: float, thread: int, is_printed: bool) -> None:
    python_level = TO_PYTHON[level]
    is_off = LOGGER.disabled or LOGGER.manager.disable >= python_level
    if is_off or python_level < LOGGER.level:  # the root's level is not asked, because C++ has decided
        return
    record: Any = _record(python_level, text, seconds, thread)
    passed = LOGGER.filter(record)
    if not passed:
        return
    record = passed if isinstance(passed, logging.LogRecord) else record  # a filter may replace it
    handlers = list(_handlers())
    if before_message is not None:
        before_message()
    for handler in handlers:
        if record.levelno >= handler.level and not (is_printed and _is_console(handler)):
            handler.handle(record)
    if not handlers and not is_printed:
        _ops()._print_message(level, text)


def deliver() -> None:
    """Passes the messages that C++ has kept to the handlers."""
    lock = _lock  # a fork may replace it meanwhile
    if not lock.acquire(timeout=_PATIENCE):
        return  # the other thread delivers them
    try:
        # An operator that returns to Python while the interpreter ends would end the process.
        while not _is_over and (messages := list(zip(*_ops()._take_messages(), strict=True))):  # also later ones
            for message in messages:
                try:
                    _handle(*message)
                except Exception:  # of a filter; the caller has nothing to do with it
                    traceback.print_exc()
    finally:
        lock.release()


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()


@contextlib.contextmanager
def _delivered_meanwhile() -> Iterator[None]:
    """Delivers messages during a call that releases Python's lock."""
    end = threading.Event()

    def run() -> None:
        while not end.wait(_SECONDS_BETWEEN):
            deliver()

    thread = threading.Thread(target=run, name="torch_tensorrt log", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join(_PATIENCE)


def following(operator: Callable[..., Any], is_long: bool) -> Callable[..., Any]:
    """Returns the operator of the compiler with delivery of its messages."""

    def call(*arguments: Any) -> Any:
        _follow_handlers()
        _follow_levels()
        _ops()._add_taker_of_messages(1)
        try:
            if is_long and next(_handlers(), None) is not None:
                with _delivered_meanwhile():
                    return operator(*arguments)
            return operator(*arguments)
        finally:
            _ops()._add_taker_of_messages(-1)
            deliver()

    return call


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
def _messages_wait(_: Any) -> int:
    """Runs in the main thread between two instructions, where a handler's lock may be taken; so it calls no handler."""
    with contextlib.suppress(RuntimeError):  # the interpreter ends; _end delivers
        _thread.start_new_thread(deliver, ())
    return 0


def start() -> None:
    """Makes C++ keep its messages for Python until the interpreter ends."""
    schedule = ctypes.cast(ctypes.pythonapi.Py_AddPendingCall, ctypes.c_void_p).value
    callback = ctypes.cast(_messages_wait, ctypes.c_void_p).value
    _ops()._start_keeping_messages(schedule, callback)
    os.register_at_fork(after_in_child=_after_fork)
    atexit.register(_end)


def _end() -> None:
    global _is_over
    is_locked = _lock.acquire(timeout=_PATIENCE)
    deliver()
    _is_over = True
    _ops()._stop_keeping_messages()
    if is_locked:
        _lock.release()
