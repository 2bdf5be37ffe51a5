"""Levels of the messages of the compiler and the runtime.

Python's logger ``torch_tensorrt`` receives the messages. They appear on stderr once: in the form of this library, or
in the form of Python's handlers if one shows them there (``logging.basicConfig()``) or the logger has handlers or
filters of its own. The messages are those of the level that ``set_level`` or a context manager sets, or that Python's
loggers have if a handler shows them (``logging.basicConfig(level=logging.INFO)``)::

    with torch_tensorrt.logging.graphs():
        torch_tensorrt.compile(module, inputs=[...])
"""

from __future__ import annotations

import logging as _python_logging
from types import TracebackType

from torch_tensorrt._library import compiler
from torch_tensorrt._log import GRAPHS as _GRAPHS
from torch_tensorrt._log import LOGGER as _LOGGER
from torch_tensorrt._log import to_native as _to_native
from torch_tensorrt.ts.logging import Level


def set_level(level: int | str, logger: _python_logging.Logger | None = None) -> None:
    """Sets the level of the Python logger and of the C++ side.

    Args:
        level: one of Python's levels or its name; 5 or ``"GRAPHS"`` also prints graphs.
        logger: the Python logger; default ``torch_tensorrt``.
    """
    target = logger or _LOGGER
    target.setLevel(level)
    compiler()._set_log_level(_to_native(target.level))


class _LevelContext:
    """Sets a level for a block and restores the previous levels of Python and C++."""

    _python: int
    _native: Level

    def __enter__(self) -> _LevelContext:
        self._old_python = _LOGGER.level
        self._old_native = compiler()._get_log_level()
        _LOGGER.setLevel(self._python)
        compiler()._set_log_level(self._native.value)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _LOGGER.setLevel(self._old_python)
        compiler()._set_log_level(self._old_native)


class internal_errors(_LevelContext):  # noqa: N801 - the public name
    """Prints only internal errors in a block."""

    _python, _native = _python_logging.CRITICAL, Level.InternalError


class errors(_LevelContext):  # noqa: N801
    """Prints errors in a block."""

    _python, _native = _python_logging.ERROR, Level.Error


class warnings(_LevelContext):  # noqa: N801
    """Prints errors and warnings (the default) in a block."""

    _python, _native = _python_logging.WARNING, Level.Warning


class info(_LevelContext):  # noqa: N801
    """Prints decisions and progress too in a block."""

    _python, _native = _python_logging.INFO, Level.Info


class debug(_LevelContext):  # noqa: N801
    """Prints everything except graphs in a block."""

    _python, _native = _python_logging.DEBUG, Level.Debug


class graphs(_LevelContext):  # noqa: N801
    """Prints everything in a block, with every graph before and after lowering."""

    _python, _native = _GRAPHS, Level.Graph
