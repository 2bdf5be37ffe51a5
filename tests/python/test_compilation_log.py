"""The progress of a compilation on a terminal, and the line at its end."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import textwrap
from pathlib import Path

PROGRAM = """
import time, torch, torch_tensorrt
from torch_tensorrt import Input


class Branch(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(16, 16)

    def forward(self, x):
        y = self.linear(x)
        if bool(y.max() < 10.0):
            y = y.relu() * 2 - 1
        return torch.cumprod(y, 1).exp() + 1 if x.size(0) == 0 else torch.fft.fft(y).abs()


script = torch.jit.script(Branch().eval())
spec = [Input([4, 16])]
torch_tensorrt.compile(script.linear, inputs=spec, device="cpu")
torch_tensorrt.compile(script, inputs=spec, device="cpu", min_block_size=1)
torch_tensorrt.convert_method_to_trt_engine(script.linear, inputs=spec, device="cpu")
"""
LINES = (
    r"compiled Linear in \d+\.\d s: forward is one engine; engines of \d+\.\d kB",
    r"compiled Branch in \d+\.\d s: 2 engines run \d+ operations of forward, PyTorch runs \d+; engines of \d+\.\d kB",
    r"compiled Linear.forward in \d+\.\d s: one engine; engines of \d+\.\d kB",
)


def command_for(folder: Path, program: str) -> list[str]:
    (folder / "program.py").write_text(program)  # torch.jit.script needs a file
    return [sys.executable, "-W", "ignore", str(folder / "program.py")]


def on_a_terminal(folder: Path, program: str) -> str:
    """Returns what the program writes to standard error if that is a terminal."""
    ours, its = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(command_for(folder, program), stderr=its, env=environment) as process:
        os.close(its)
        written = b""
        try:
            while data := os.read(ours, 4096):
                written += data
        except OSError:  # the program has ended
            pass
    os.close(ours)
    assert process.returncode == 0, written.decode()
    return written.decode()


def in_a_pipe(folder: Path, program: str) -> str:
    done = subprocess.run(command_for(folder, program), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_terminal_shows_a_line_for_each_compilation(tmp_path):
    written = on_a_terminal(tmp_path, PROGRAM).replace("\r\n", "\n")
    visible = re.sub(r"[^\n]*\r\x1b\[K", "", written)  # without progress
    assert re.findall(r"^compiled .*$", visible, re.MULTILINE) == re.findall("|".join(LINES), visible)
    assert len(re.findall(r"^compiled .*$", visible, re.MULTILINE)) == 3
    assert "compiling" not in visible


def test_a_slow_compilation_shows_its_progress(tmp_path):
    # Layers of different sizes, each timed often, take more than the delay of the progress.
    program = """
import torch, torch_tensorrt
net = torch.nn.Sequential(*[torch.nn.Conv2d(64 + i, 65 + i, 3, padding=1) for i in range(8)])
inputs = [torch_tensorrt.Input([1, 64, 56, 56])]
torch_tensorrt.compile(net.eval(), inputs=inputs, device="cpu", num_avg_timing_iters=10)
"""
    written = on_a_terminal(tmp_path, program)
    assert re.search(
        r"compiling Sequential \(\d+ s\): timing layers of Sequential_f\S*( \(\w+\))?, \d+ of \d+", written
    )
    assert re.search(r"\r\x1b\[Kcompiled Sequential in ", written)


def test_errors_and_silence_on_a_terminal(tmp_path):
    quiet = PROGRAM.replace("script =", "torch_tensorrt.logging.set_level('ERROR')\nscript =")
    assert on_a_terminal(tmp_path, quiet) == ""
    failing = """
import torch, torch_tensorrt
try:
    torch_tensorrt.compile(torch.nn.Linear(4, 4).eval(), inputs=[torch_tensorrt.Input([4, 5])], device="cpu")
except RuntimeError:
    print("failed")
"""
    assert "compiled" not in on_a_terminal(tmp_path, failing)


def test_elsewhere_it_is_a_message_at_info(tmp_path):
    assert "compil" not in re.sub(r"require_full_compilation[^\n]*", "", in_a_pipe(tmp_path, PROGRAM))
    told = in_a_pipe(tmp_path, PROGRAM.replace("script =", "torch_tensorrt.logging.set_level('INFO')\nscript ="))
    found = re.findall(r"^INFO: \[Torch-TensorRT\] - (compiled .*)$", told, re.MULTILINE)
    assert len(found) == 3 and all(re.fullmatch(line, text) for line, text in zip(LINES, found, strict=True))
    assert "\x1b" not in told and "\r" not in told


def test_the_line_names_the_model_of_a_program(tmp_path):
    program = """
    model = Branch().eval().linear
    x = torch.ones(4, 16)
    torch_tensorrt.logging.set_level("INFO")
    torch_tensorrt.compile(torch.export.export(model, (x,)), device="cpu")
    with torch.no_grad():
        torch.compile(model, backend="torch_tensorrt", options={"device": "cpu"})(x)
    """
    told = in_a_pipe(tmp_path, PROGRAM.partition("script =")[0] + textwrap.dedent(program))
    assert re.findall(r"compiled (\w+) in", told) == ["Linear", "GraphOfTorchCompile"]
