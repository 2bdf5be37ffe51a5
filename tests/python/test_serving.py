"""The serving examples: Ray Serve's replicas answer and end, and Triton's repository fits its model."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import filelock
import numpy as np
import psutil
import pytest
import torch
from conftest import relative_error

import torch_tensorrt

ROOT = Path(__file__).resolve().parents[2]
RAY_SERVE, TRITON = (ROOT / "examples" / "serving" / name for name in ("ray_serve", "triton"))
LIBRARY = torch_tensorrt.runtime.library_path()
START, END = 240, 90  # seconds; a busy machine takes a fifth of them


def _load(path: Path):
    spec = importlib.util.spec_from_file_location(f"serving_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ray_model = _load(RAY_SERVE / "model.py")
triton = _load(TRITON / "make_repository.py")


# --- Ray Serve --------------------------------------------------------------------------------------------------------


@pytest.fixture
def environment():
    """The environment of Ray, for one test at a time on the machine: Ray's processes wait for each other with limits.

    Ray's files are in a folder with a short name (for sockets), and no monitor kills processes on low memory.
    """
    with filelock.FileLock(Path(tempfile.gettempdir()) / "torchtrt-tests-of-ray.lock", timeout=900):
        folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")
        yield {
            **os.environ,
            "HOME": folder,
            "RAY_TMPDIR": folder,
            "RAY_memory_monitor_refresh_ms": "0",
            "OMP_WAIT_POLICY": "passive",
        }
        shutil.rmtree(folder, ignore_errors=True)


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running server.py: its first line, and its end with all of its processes."""

    def __init__(self, environment, *arguments: str) -> None:
        self.port = _port()
        self.url = f"http://127.0.0.1:{self.port}/"
        command = [sys.executable, "server.py", "--port", str(self.port), *arguments]
        self.log = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - as long as the process
        self.process = subprocess.Popen(
            command, cwd=RAY_SERVE, env=environment, text=True, stdout=subprocess.PIPE, stderr=self.log
        )
        timer = threading.Timer(START, self.process.kill)
        timer.start()
        self.first_line = self.process.stdout.readline()
        timer.cancel()

    def messages(self) -> str:
        self.log.seek(0)
        return self.log.read()

    def end(self) -> list[str]:
        """Ends the server as a supervisor does, and returns the processes that are still there."""
        if self.process.poll() is not None:
            return []
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(END)
        finally:
            _, left = psutil.wait_procs(family, timeout=20)
            names = [f"{process.pid} {process.name()}" for process in left]
            for process in left:
                process.kill()
            self.process.kill()
        return names


def post(url: str, body: bytes) -> tuple[int, bytes, str]:
    """Returns the status, the content and the replica of the answer."""
    request = urllib.request.Request(url, data=body, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read(), answer.headers["x-replica-process"]
    except urllib.error.HTTPError as error:
        return error.code, error.read(), ""


def npy(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


def check_what_it_says(server: Server) -> None:
    threads = max(1, (os.cpu_count() or 1) // 2)
    assert json.loads(server.first_line) == {"url": server.url, "replicas": 2, "threads": threads}
    with urllib.request.urlopen(f"{server.url}-/healthz", timeout=60) as answer:
        assert (answer.status, answer.read()) == (200, b"success")


def check_answers(server: Server, count: int) -> None:
    """The scores are those of PyTorch."""
    images = torch.rand(count, 3, 224, 224)
    status, content, _ = post(server.url, npy(images.numpy()))
    assert status == 200
    with torch.inference_mode():
        assert relative_error(torch.from_numpy(np.load(io.BytesIO(content))), ray_model.make_model()(images)) < 1e-4


def check_that_both_replicas_answer(server: Server) -> None:
    deadline, processes = time.monotonic() + 60, set()
    while len(processes) < 2 and time.monotonic() < deadline:
        status, _, process = post(server.url, npy(IMAGE))
        assert status == 200
        processes.add(int(process))
    assert len(processes) == 2
    assert processes <= {child.pid for child in psutil.Process(server.process.pid).children(recursive=True)}


IMAGE = np.zeros((1, 3, 224, 224), np.float32)
BAD = {
    "double": (npy(IMAGE.astype(np.float64)), "the array has the dtype float64, must be float32"),
    "bytes": (npy(IMAGE.astype(np.uint8)), "the array has the dtype uint8, must be float32"),
    "no batch": (npy(IMAGE[0]), "the array has the shape (3, 224, 224), must be (N, 3, 224, 224) with N from 1 to 8"),
    "channels last": (npy(IMAGE.transpose(0, 2, 3, 1)), "the array has the shape (1, 224, 224, 3), must be"),
    "no image": (npy(IMAGE[:0]), "the array has the shape (0, 3, 224, 224), must be"),
    "nine images": (npy(IMAGE.repeat(9, 0)), "bytes, at most"),
    "nine small images": (npy(np.zeros((9, 3, 8, 8), np.float32)), "the array has the shape (9, 3, 8, 8), must be"),
    "text": (b"{}", "the request is not a .npy file"),
    "empty": (b"", "the request is not a .npy file"),
    "cut": (npy(IMAGE)[:1000], "the request is not a .npy file"),
    "objects": (
        npy(np.array([{}]), allow_pickle=True),
        "the request is not a .npy file: Object arrays cannot be loaded",
    ),
}


def archive() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, a=IMAGE)
    return buffer.getvalue()


def check_bad_requests(server: Server) -> None:
    for name, (body, message) in {**BAD, "archive": (archive(), "the request is an archive of arrays")}.items():
        status, content, _ = post(server.url, body)
        assert status == 400, name
        assert message in json.loads(content)["error"], name
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(server.url, timeout=60)
    assert error.value.code == 405


def check_that_a_taken_port_is_an_error(server: Server, environment) -> None:
    command = [sys.executable, "server.py", "--eager", "--port", str(server.port)]
    done = subprocess.run(
        command, cwd=RAY_SERVE, env=environment, capture_output=True, text=True, timeout=START, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"error: --port {server.port}: Address already in use; choose another port"


@pytest.mark.timeout(1800)
def test_replicas_answer_refuse_and_end(environment, tmp_path):
    server = Server(environment, "--module", str(tmp_path / "compiled.ts"))
    try:
        assert server.first_line, server.messages()
        check_what_it_says(server)
        for count in (1, 3, 8):
            check_answers(server, count)
        check_that_both_replicas_answer(server)
        check_bad_requests(server)
        check_that_a_taken_port_is_an_error(server, environment)
        check_answers(server, 1)
    finally:
        left = server.end()
    assert left == []
    assert server.process.returncode == 0, server.messages()
    with pytest.raises(OSError), contextlib.closing(socket.create_connection(("127.0.0.1", server.port), timeout=5)):
        pass


def test_a_module_that_does_not_load_is_an_error(tmp_path):
    (tmp_path / "wrong.ts").write_bytes(b"no module")
    command = [sys.executable, "server.py", "--module", str(tmp_path / "wrong.ts")]
    done = subprocess.run(command, cwd=RAY_SERVE, capture_output=True, text=True, timeout=START, check=False)
    assert done.returncode == 1
    message = done.stderr.splitlines()[-1]
    assert message.startswith(f"error: --module {tmp_path / 'wrong.ts'}: PytorchStreamReader failed"), done.stderr


@pytest.mark.timeout(1800)
def test_the_load_test_writes_numbers_and_a_plot(environment, tmp_path):
    numbers, plot = tmp_path / "load.json", tmp_path / "load.svg"
    command = [sys.executable, "load_test.py", "--seconds", "2", "--clients", "2", "--kinds", "engine"]
    command += ["--json", str(numbers), "--plot", str(plot)]
    done = subprocess.run(
        command, cwd=RAY_SERVE, env=environment, capture_output=True, text=True, timeout=START + END, check=False
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(numbers.read_text())
    (row,) = result["rows"]
    assert row["errors"] == [] and row["answers"] == sum(row["answers_of_replicas"]) > 2
    assert 0 < row["p50"] <= row["p95"] <= row["p99"]
    assert row["largest_difference_to_eager"] < 1e-4
    assert result["about"]["replicas"] == 2 and torch.__version__.startswith(result["about"]["versions"]["torch"])
    assert "torch_tensorrt" in plot.read_text() and plot.stat().st_size < 100_000


# --- Triton -----------------------------------------------------------------------------------------------------------

# The keys that the backend reads (README of triton-inference-server/pytorch_backend).
PARAMETERS = {
    "DISABLE_OPTIMIZED_EXECUTION",
    "INFERENCE_MODE",
    "DISABLE_CUDNN",
    "ENABLE_WEIGHT_SHARING",
    "ENABLE_CACHE_CLEANING",
    "INTER_OP_THREAD_COUNT",
    "INTRA_OP_THREAD_COUNT",
    "ENABLE_JIT_EXECUTOR",
    "ENABLE_JIT_PROFILING",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """The repository that the script writes."""
    folder = tmp_path_factory.mktemp("repository")
    command = [sys.executable, str(TRITON / "make_repository.py"), "--output", str(folder), "--threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert f"LD_PRELOAD={LIBRARY} tritonserver --model-repository={folder}" in done.stdout
    return folder


@pytest.fixture(scope="module")
def config(repository):
    """The config, read with Triton's own message type; an unknown field is an error."""
    from google.protobuf import text_format
    from tritonclient.grpc import model_config_pb2

    return text_format.Parse((repository / "mobilenet" / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())


def test_the_repository_has_the_layout(repository, config):
    files = {path.relative_to(repository).as_posix() for path in repository.rglob("*") if path.is_file()}
    assert files == {"mobilenet/config.pbtxt", "mobilenet/1/model.pt"}
    assert (config.name, config.backend, config.platform) == ("mobilenet", "pytorch", "pytorch_libtorch")
    assert config.default_model_filename == ""  # the backend's default is model.pt


def test_the_config_fits_the_engine(repository, config):
    """Names, dtypes and sizes are those of the engine; the first size of the engine is Triton's batch."""
    from tritonclient.grpc import model_config_pb2

    module = torch.jit.load(str(repository / "mobilenet" / "1" / "model.pt"))
    (method,) = torch_tensorrt.inspect(module).methods
    (engine,) = method.engines
    assert not method.pytorch
    inputs, outputs = (engine.information[kind] for kind in ("inputs", "outputs"))
    assert [entry.name for entry in config.input] == [f"INPUT__{index}" for index in range(len(inputs))]
    assert [entry.name for entry in config.output] == [f"OUTPUT__{index}" for index in range(len(outputs))]
    for entry, binding in zip(config.input, inputs, strict=True):
        assert entry.data_type == model_config_pb2.TYPE_FP32
        assert binding["dtype"] == "f32"
        assert binding["min"] == [1, *entry.dims] and binding["max"] == [config.max_batch_size, *entry.dims]
    with torch.inference_mode():
        result = module(torch.zeros(2, *config.input[0].dims))
    assert list(result.shape[1:]) == list(config.output[0].dims) and result.dtype == torch.float32
    assert engine.information["settings"]["num_threads"] == 1


def test_the_config_fits_the_script_and_the_backend(config):
    from tritonclient.grpc import model_config_pb2

    assert config.max_batch_size == triton.MOST_IMAGES
    (group,) = config.instance_group
    assert group.count == triton.INSTANCES and group.kind == model_config_pb2.ModelInstanceGroup.KIND_CPU
    assert set(config.parameters) <= PARAMETERS
    assert [warm.batch_size for warm in config.model_warmup] == list(range(1, config.max_batch_size + 1))
    wanted = {"INPUT__0": list(config.input[0].dims)}
    for warm in config.model_warmup:
        assert {name: list(given.dims) for name, given in warm.inputs.items()} == wanted


# As the backend does: reads the file as bytes and loads it from them for a device, in inference mode.
BACKEND = """
import io, sys, torch
torch._C._set_graph_executor_optimize(False)
with torch.inference_mode():
    module = torch.jit.load(io.BytesIO(open(sys.argv[1], "rb").read()), map_location="cpu")
    torch.save({count: module(images) for count, images in torch.load(sys.argv[2]).items()}, sys.argv[3])
assert "torch_tensorrt" not in sys.modules
"""


def _run_as_backend(repository: Path, folder: Path, preload: str) -> subprocess.CompletedProcess:
    given = {count: torch.rand(count, 3, 224, 224) for count in (1, 8)}
    torch.save(given, folder / "given.pt")
    files = [str(repository / "mobilenet" / "1" / "model.pt"), str(folder / "given.pt"), str(folder / "got.pt")]
    environment = {**os.environ, "LD_PRELOAD": preload}
    command = [sys.executable, "-c", BACKEND, *files]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_a_process_with_the_preloaded_runtime_library_runs_the_model(repository, tmp_path):
    done = _run_as_backend(repository, tmp_path, LIBRARY)
    assert done.returncode == 0, done.stderr
    torch.manual_seed(0)
    import torchvision

    model = torchvision.models.mobilenet_v3_large(weights=None).eval()
    given, got = (torch.load(tmp_path / name) for name in ("given.pt", "got.pt"))
    with torch.inference_mode():
        for count, images in given.items():
            assert relative_error(got[count], model(images)) < 1e-4


def test_without_the_library_the_error_names_the_package(repository, tmp_path):
    done = _run_as_backend(repository, tmp_path, "")
    assert done.returncode != 0
    assert re.search(r"Unknown type name '__torch__.torch.classes.tensorrt.Engine'", done.stderr)
    assert "import_torch_tensorrt_first" in done.stderr
