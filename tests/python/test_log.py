"""Python's logger torch_tensorrt receives what C++ logs, and stderr has it once."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading

import pytest
import torch
from models import Mlp

import torch_tensorrt
from torch_tensorrt.ts.logging import Level, get_reportable_log_level, log, set_reportable_log_level

LOGGER = logging.getLogger("torch_tensorrt")
START = "import logging, sys, torch, torch_tensorrt\nfrom torch_tensorrt.ts.logging import Level, log\n"


class Records(logging.Handler):
    def __init__(self):
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def texts(self) -> list[str]:
        return [record.getMessage() for record in self.records]


@pytest.fixture
def records():
    handler = Records()
    LOGGER.addHandler(handler)
    yield handler
    LOGGER.removeHandler(handler)


@pytest.fixture(autouse=True)
def _levels():
    level, python_level = get_reportable_log_level(), LOGGER.level
    yield
    set_reportable_log_level(level)
    LOGGER.setLevel(python_level)


def stderr_of(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", START + program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_every_level_has_its_counterpart(records):
    with torch_tensorrt.logging.graphs():
        for level in Level:
            log(level, f"message {level.name}")
    wanted = [logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG, 5]
    assert [record.levelno for record in records.records] == wanted
    assert records.texts() == [f"message {level.name}" for level in Level]
    assert records.records[-1].levelname == "GRAPHS" and records.records[0].threadName == "MainThread"


def test_messages_of_a_build(records):
    with torch_tensorrt.logging.info():
        torch_tensorrt.compile(torch.jit.script(Mlp().eval()), inputs=[torch.ones(2, 16)], device="cpu")
    assert any(record.levelno == logging.INFO for record in records.records)
    assert not any(record.levelno == logging.DEBUG for record in records.records)
    assert records.records == sorted(records.records, key=lambda record: record.created)


def test_a_handler_of_the_root_has_them_too(caplog, capfd):
    log(Level.Warning, "for pytest")
    assert "for pytest" in caplog.text
    assert capfd.readouterr().err.count("for pytest") == 1


def test_levels_hold_for_both(records):
    torch_tensorrt.logging.set_level("ERROR")
    log(Level.Warning, "dropped")
    torch_tensorrt.logging.set_level(logging.INFO)
    log(Level.Info, "kept")
    with torch_tensorrt.logging.errors():
        log(Level.Info, "dropped too")
    set_reportable_log_level(Level.Debug)
    log(Level.Debug, "kept by ts")
    assert records.texts() == ["kept", "kept by ts"]
    LOGGER.setLevel(logging.ERROR)
    log(Level.Debug, "against the level of the logger")
    assert len(records.records) == 2


def test_messages_of_the_conversion_arrive_too(records):
    with torch_tensorrt.logging.info():
        torch_tensorrt.compile(torch.jit.script(Mlp().eval()), inputs=[torch.ones(2, 16)], device="cpu")
    assert any("Adding input" in text for text in records.texts())


COMPILE = "torch_tensorrt.compile(torch.nn.ReLU().eval(), inputs=[torch.ones(2)], device='cpu')"


@pytest.mark.parametrize(
    ("setup", "is_shown"),
    [
        ("", False),
        ("logging.basicConfig()", False),
        ("logging.basicConfig(level=logging.INFO)", True),
        ("logging.basicConfig(); logging.getLogger('torch_tensorrt').setLevel(logging.INFO)", True),
        ("logging.getLogger('torch_tensorrt').setLevel(logging.INFO)", False),
        ("logging.basicConfig(level=logging.INFO); torch_tensorrt.logging.set_level('ERROR')", False),
        ("torch_tensorrt.logging.set_level('INFO')", True),
    ],
)
def test_a_level_of_python_opens_the_log(setup, is_shown):
    assert ("compiled ReLU" in stderr_of(f"{setup}; {COMPILE}" if setup else COMPILE)) == is_shown


def test_a_level_of_python_that_goes_closes_the_log(records):
    logging.getLogger("torch_tensorrt").setLevel(logging.DEBUG)
    log(Level.Debug, "open")
    logging.getLogger("torch_tensorrt").setLevel(logging.NOTSET)
    log(Level.Debug, "closed")
    assert records.texts() == ["open"] and get_reportable_log_level() == Level.Warning


def test_messages_of_other_threads_have_their_name(records):
    thread = threading.Thread(target=log, args=(Level.Error, "from a thread"), name="worker 7")
    thread.start()
    thread.join()
    assert [record.threadName for record in records.records] == ["worker 7"]


SETUPS = [
    "",
    "logging.basicConfig()",
    "logging.getLogger('torch_tensorrt').addHandler(logging.StreamHandler())",
    "logging.getLogger().addHandler(logging.NullHandler())",
    "logging.getLogger().addHandler(logging.FileHandler('/dev/null'))",
    "logging.getLogger('torch_tensorrt').addFilter(lambda record: True)",
    "logging.getLogger('torch_tensorrt').propagate = False; logging.basicConfig()",
]


@pytest.mark.parametrize("setup", SETUPS)
def test_stderr_has_a_message_once(setup):
    said = stderr_of(f"{setup}\nlog(Level.Warning, 'seen'); log(Level.Info, 'not asked for')")
    assert said.count("seen") == 1 and "asked for" not in said


def test_the_form_on_stderr_is_that_of_the_setup():
    assert stderr_of("log(Level.Warning, 'seen')") == "WARNING: [Torch-TensorRT] - seen\n"
    assert stderr_of("logging.basicConfig(); log(Level.Warning, 'seen')") == "WARNING:torch_tensorrt:seen\n"
    silent = "logging.getLogger('torch_tensorrt').addHandler(logging.NullHandler()); log(Level.Warning, 'seen')"
    assert stderr_of(silent) == ""
    assert stderr_of("logging.getLogger('torch_tensorrt').addFilter(lambda r: False); log(Level.Error, 'seen')") == ""


# Ops that Python calls directly, as C++ does from a thread of its own, log without Python's knowledge.
OUTSIDE = "torch.ops.torch_tensorrt._log(1, 'outside')"


def test_a_message_outside_of_a_call_of_the_compiler_arrives():
    wait = "import time\nfor _ in range(600):\n  time.sleep(.01)\n  if seen: break\nprint(seen, file=sys.stderr)"
    program = (
        "seen = []\nclass Handler(logging.Handler):\n  def emit(self, record): seen.append(record.getMessage())\n"
        f"logging.getLogger('torch_tensorrt').addHandler(Handler())\n{OUTSIDE}\n{wait}"
    )
    assert "['outside']" in stderr_of(program)


def test_the_last_messages_of_a_process_arrive():
    said = stderr_of(f"logging.basicConfig()\ntorch_tensorrt.get_build_info()\n{OUTSIDE}")
    assert said == "ERROR:torch_tensorrt:outside\n"
    said = stderr_of(f"import atexit\natexit.register(lambda: {OUTSIDE})")
    assert said == "ERROR: [Torch-TensorRT] - outside\n"


def test_a_fork_and_many_threads():
    program = (
        "import os, threading\nlogging.basicConfig()\n"
        "threads = [threading.Thread(target=lambda: [log(Level.Error, 'x') for _ in range(50)]) for _ in range(8)]\n"
        "[t.start() for t in threads]\n[t.join() for t in threads]\n"
        "child = os.fork()\nlog(Level.Error, 'in both')\n"
        "os.waitpid(child, 0) if child else os._exit(0)"
    )
    said = stderr_of(program)
    assert said.count(":x\n") == 400 and said.count("in both") == 2


def test_a_handler_that_calls_the_compiler_and_one_that_fails(records, capfd):
    class Calls(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage() == "first":
                log(Level.Error, "second")

    handler = Calls()
    failing = logging.Filter()
    failing.filter = lambda record: record.getMessage() != "bad" or 1 / 0  # type: ignore[method-assign]
    LOGGER.addHandler(handler)
    LOGGER.addFilter(failing)
    try:
        log(Level.Error, "first")
        log(Level.Error, "bad")
        log(Level.Error, "third")
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.removeFilter(failing)
    assert records.texts() == ["first", "second", "third"]
    assert "ZeroDivisionError" in capfd.readouterr().err
