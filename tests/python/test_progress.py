"""Progress of calls that take time, and signals that end them."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
import torch
from models import Mlp
from outside import TORCHTRTC
from test_compilation_log import in_a_pipe, on_a_terminal
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input, Progress, _progress
from torch_tensorrt.ptq import DataLoaderCalibrator

# Measured: below 0.3 s on an idle machine.
MOST_SECONDS = 10.0
SLOW = """
import sys, torch, torch_tensorrt
net = torch.nn.Sequential(*[torch.nn.Conv2d(64 + i, 65 + i, 3, padding=1) for i in range(8)]).eval()
settings = dict(inputs=[torch_tensorrt.Input([1, 64, 56, 56])], device="cpu", num_avg_timing_iters=ITERATIONS)
"""


def slow(iterations: int, program: str) -> str:
    return SLOW.replace("ITERATIONS", str(iterations)) + textwrap.dedent(program)


def settings(**more):
    return {"inputs": [Input([3, 16])], "device": "cpu", **more}


def test_a_callback_receives_steps():
    seen: list[Progress] = []
    torch_tensorrt.compile(Mlp().eval(), **settings(progress=seen.append))
    assert {progress.activity for progress in seen} == {"compiling Mlp"}
    steps = list(dict.fromkeys(progress.step for progress in seen))
    assert steps[0] == "reading the module" and "lowering" in steps and "converting forward" in steps
    assert any(step.startswith("timing layers of Mlp_forward") for step in steps)
    assert any(step.startswith("packing weights") for step in steps)
    timing = [progress for progress in seen if progress.step.startswith("timing")]
    assert timing[0].done == 0 and timing[0].total > 0
    assert all(0 <= progress.done <= progress.total for progress in seen if progress.total)
    times = [progress.seconds for progress in seen]
    assert times == sorted(times) and times[-1] > 0
    assert all(progress.seconds_left is None or progress.seconds_left >= 0 for progress in seen)


def test_every_call_that_takes_time_has_progress():
    module = torch.jit.script(Mlp().eval())
    data = [torch.randn(3, 16) for _ in range(4)]
    activities: dict[str, set[str]] = {}

    def record(progress):
        activities.setdefault(progress.activity, set()).add(progress.step)

    torch_tensorrt.convert_method_to_trt_engine(module, **settings(progress=record))
    torch_tensorrt.ts.convert_method_to_trt_engine(module, **settings(progress=record))
    compiled = torch_tensorrt.ts.compile(module, **settings(progress=record))
    torch_tensorrt.refit_module_weights(compiled, module, progress=record)
    torch_tensorrt.ts.refit_module_weights(compiled, module, progress=record)
    torch_tensorrt.verify(module, compiled, data, progress=record)
    torch_tensorrt.precision_search(module, data, lambda _: 0.0, max_loss=1.0, **settings(progress=record))
    name = module.original_name
    assert set(activities) == {
        "compiling RecursiveScriptModule.forward", f"compiling {name}.forward", f"compiling {name}",
        "refitting", f"refitting {name}", "verifying", "searching precisions",
    }  # fmt: skip
    assert "comparing batches" in activities["verifying"]
    assert "trial 1, 0 layers in float32" in activities["searching precisions"]


def test_a_calibration_counts_its_batches():
    seen: list[Progress] = []
    data = [torch.randn(3, 16) for _ in range(4)]
    precisions = {torch.float32, torch.int8}
    calibrator = DataLoaderCalibrator(data)
    torch_tensorrt.compile(
        Mlp().eval(), **settings(enabled_precisions=precisions, calibrator=calibrator, progress=seen.append)
    )
    batches = [progress for progress in seen if progress.step == "running batches"]
    assert batches and batches[0].done == 0 and {progress.total for progress in batches} == {4}


def test_what_a_callback_raises_ends_the_call():
    class Enough(Exception):
        pass

    steps = []

    def refuse(progress):
        steps.append(progress.step)
        if progress.step.startswith("timing"):
            raise Enough("enough")

    with pytest.raises(Enough, match="enough"):
        torch_tensorrt.compile(Mlp().eval(), **settings(progress=refuse))
    assert sum(step.startswith("timing") for step in steps) == 1
    torch_tensorrt.compile(Mlp().eval(), **settings(progress=False))  # nothing is left of it

    def refuse_batches(progress):
        if progress.step == "comparing batches":
            raise Enough

    compiled = torch_tensorrt.compile(Mlp().eval(), **settings())
    with pytest.raises(Enough):
        torch_tensorrt.verify(Mlp().eval(), compiled, [torch.randn(3, 16)], progress=refuse_batches)


def test_what_a_callback_raises_ends_a_hybrid_module_and_torch_compile():
    class Half(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(16, 16)

        def forward(self, x):
            return torch.special.bessel_j0(self.linear(x).relu() * 2)

    def refuse(progress):
        if progress.step.startswith("timing"):
            raise ZeroDivisionError("enough")

    with pytest.raises(ZeroDivisionError):
        torch_tensorrt.compile(Half().eval(), **settings(min_block_size=1, progress=refuse))
    function = torch.compile(Mlp().eval(), backend="torch_tensorrt", options={"device": "cpu", "progress": refuse})
    with torch.no_grad(), pytest.raises(ZeroDivisionError):
        function(torch.randn(3, 16))


def test_threads_have_progress_of_their_own():
    seen: dict[str, set[str]] = {"a": set(), "b": set()}

    class A(Mlp):
        pass

    class B(Mlp):
        pass

    def run(name, module):
        torch_tensorrt.compile(module, **settings(progress=lambda progress: seen[name].add(progress.activity)))

    threads = [threading.Thread(target=run, args=pair) for pair in (("a", A().eval()), ("b", B().eval()))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"a": {"compiling A"}, "b": {"compiling B"}}


def test_another_progress_is_an_error():
    with pytest.raises(TypeError, match="progress is 3, must be True, False, None or a function"):
        torch_tensorrt.compile(Mlp().eval(), **settings(progress=3))


def test_the_text_of_a_progress():
    assert str(Progress("compiling Net", "timing", 3, 12, 3.2, 4.6)) == "compiling Net (3 s): timing, 3 of 12, 5 s left"
    assert str(Progress("compiling Net", "", 0, 0, 150.0, None)) == "compiling Net (2 min)"
    assert str(Progress("calibrating", "batch", 7, 0, 1.0, None)) == "calibrating (1 s): batch 7"


def test_a_terminal_shows_it_and_a_pipe_does_not(tmp_path):
    program = slow(40, "torch_tensorrt.compile(net, **settings)")
    shown = on_a_terminal(tmp_path, program)
    step = r": timing layers of Sequential_[\w.() ]+, \d+ of \d+, \d+ s left"
    assert re.search(r"compiling Sequential \(\d+ s\)" + step, shown)
    assert "compiling" not in in_a_pipe(tmp_path, program)


def test_false_is_silent_on_a_terminal(tmp_path):
    program = slow(4, "torch_tensorrt.compile(net, progress=False, **settings)")
    assert on_a_terminal(tmp_path, program) == ""


def test_true_prints_a_line_a_step_in_a_pipe(tmp_path):
    told = in_a_pipe(tmp_path, slow(10, "torch_tensorrt.compile(net, progress=True, **settings)"))
    lines = [line for line in told.splitlines() if line.startswith("compiling Sequential (")]
    assert any("timing layers of Sequential_forward" in line for line in lines)
    assert "\r" not in told and len(lines) < 20


def test_with_handlers_of_python_a_terminal_shows_it_too(tmp_path):
    program = slow(10, "import logging; logging.basicConfig()\ntorch_tensorrt.compile(net, **settings)")
    assert re.search(r"\rcompiling Sequential \(\d+ s\): timing layers", on_a_terminal(tmp_path, program))


class Cell:
    """The stream of a cell of a notebook."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_a_notebook_shows_one_line(monkeypatch):
    cell = Cell()
    monkeypatch.setattr(sys, "stderr", cell)
    monkeypatch.setattr(_progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(_progress, "_DELAY", 0.0)
    torch_tensorrt.compile(Mlp().eval(), **settings())
    assert cell.text.startswith("\rcompiling Mlp (0 s): ")
    assert "\n" not in cell.text and cell.text.count("compiling") < 5
    assert re.search(r"\r +\r$", cell.text)  # the line is gone at the end


def wait_for(stream, text: str) -> None:
    line = stream.readline()
    while line and text not in line:
        line = stream.readline()
    assert text in line, "the build did not begin"


def test_ctrl_c_ends_a_compilation_in_python(tmp_path):
    program = slow(20000, """
    def tell(progress):
        if progress.step.startswith("timing"):
            print("timing", flush=True)
    try:
        torch_tensorrt.compile(net, progress=tell, timing_cache_path=sys.argv[1], **settings)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    torch_tensorrt.compile(torch.nn.Linear(2, 2).eval(), inputs=[torch.ones(1, 2)], device="cpu")
    print("goes on", flush=True)
    """)  # fmt: skip
    cache = tmp_path / "cache" / "times"
    cache.parent.mkdir()
    command = [sys.executable, "-W", "ignore", "-c", program, str(cache)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        wait_for(process.stdout, "timing")
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        wait_for(process.stdout, "interrupted")
        seconds = time.monotonic() - start
        assert process.stdout.read() == "goes on\n"
    print(f"ended after {seconds:.2f} s")
    assert process.returncode == 0 and seconds < MOST_SECONDS
    assert [path.name for path in cache.parent.iterdir() if path != cache] == []


def test_a_handler_of_the_user_decides(tmp_path):
    program = slow(10, """
    import os, signal
    came = []
    signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    def tell(progress):
        if progress.step.startswith("timing") and progress.done == 0:
            os.kill(os.getpid(), signal.SIGINT)
    torch_tensorrt.compile(net, progress=tell, **settings)
    assert came and set(came) == {signal.SIGINT}
    class Ended(Exception):
        pass
    def end(number, frame):
        raise Ended
    signal.signal(signal.SIGTERM, end)
    def terminate(progress):
        if progress.step.startswith("timing") and progress.done == 0:
            os.kill(os.getpid(), signal.SIGTERM)
    try:
        torch_tensorrt.compile(net, progress=terminate, **settings)
    except Ended:
        print("ended")
    assert signal.getsignal(signal.SIGTERM) is end
    """)  # fmt: skip
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ended\n"


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("large") / "model.ts"
    net = nn.Sequential(*[nn.Conv2d(64 + i, 65 + i, 3, padding=1) for i in range(8)]).eval()
    torch.jit.script(net).save(str(path))
    return path


def slow_command(model: Path, out: Path) -> list[str]:
    flags = ["-d", "cpu", "--num-avg-timing-iters", "20000", "-i"]
    return [str(TORCHTRTC), "compile", str(model), str(out), "1x64x56x56", *flags]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_torchtrtc(number, large, tmp_path):
    out = tmp_path / "out.ts"
    out.write_text("old")
    with subprocess.Popen(slow_command(large, out), stderr=subprocess.PIPE, text=True) as process:
        wait_for(process.stderr, "builds the engine")
        start = time.monotonic()
        process.send_signal(number)
        process.wait()
        seconds = time.monotonic() - start
        told = process.stderr.read()
    print(f"ended after {seconds:.2f} s")
    assert process.returncode == -number and seconds < MOST_SECONDS
    assert told.endswith("torchtrtc: interrupted\n")
    assert [path.name for path in tmp_path.iterdir()] == ["out.ts"] and out.read_text() == "old"


def test_a_shell_reports_130(large, tmp_path):
    command = " ".join(slow_command(large, tmp_path / "out.ts"))
    script = f"timeout --foreground --preserve-status -s INT 4 {command}; echo status $?"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert "status 130" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_torchtrtc_shows_its_progress_on_a_terminal_only(large, tmp_path):
    command = f"""
    import os, subprocess
    subprocess.run([{str(TORCHTRTC)!r}, "compile", {str(large)!r}, {str(tmp_path / "out.ts")!r}, "1x64x56x56",
                    "-d", "cpu", "--num-avg-timing-iters", "10", "--rtol=1e-4"], stdout=subprocess.DEVNULL, check=True)
    """
    shown = on_a_terminal(tmp_path, textwrap.dedent(command))
    assert re.search(r"compiling model\.ts \(\d+ s\): timing layers", shown)
    assert shown.endswith("\r\x1b[K")
    assert "compiled" not in shown  # the line of the command is the only one
    assert in_a_pipe(tmp_path, textwrap.dedent(command)) == ""
