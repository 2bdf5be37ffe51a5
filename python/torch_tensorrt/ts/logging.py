"""Settings of the C++ logger."""

from __future__ import annotations

import enum

from torch_tensorrt._library import compiler
from torch_tensorrt._log import LOGGER, TO_PYTHON


class Level(enum.IntEnum):
    """Level of messages; each level includes the levels before it."""

    InternalError = 0
    Error = 1
    Warning = 2
    Info = 3
    Debug = 4
    Graph = 5


def get_logging_prefix() -> str:
    """Returns the text in front of every message."""
    return compiler()._get_logging_prefix()


def set_logging_prefix(prefix: str) -> None:
    """Sets the text in front of every message."""
    compiler()._set_logging_prefix(_printable(prefix))


def get_reportable_log_level() -> Level:
    """Returns the highest level that is printed."""
    return Level(compiler()._get_log_level())


def set_reportable_log_level(level: Level) -> None:
    """Sets the highest level that is printed, also of the Python logger."""
    LOGGER.setLevel(TO_PYTHON[Level(level).value])
    compiler()._set_log_level(Level(level).value)


def get_is_colored_output_on() -> bool:
    """Tells whether the output is colored."""
    return compiler()._get_colored_output()


def set_is_colored_output_on(colored_output_on: bool) -> None:
    """Switches colored output on or off."""
    compiler()._set_colored_output(bool(colored_output_on))


def log(level: Level, msg: str) -> None:
    """Prints a message at a level."""
    compiler()._log(Level(level).value, _printable(msg))


def _printable(text: str) -> str:
    """Escapes characters that are not valid in UTF-8, such as bytes of a file's name."""
    return text.encode("utf-8", "backslashreplace").decode()
