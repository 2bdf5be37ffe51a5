"""Tries an installed torch_tensorrt in the current folder: compiles, saves, loads, runs, and calls torchtrtc."""

import importlib.util
import platform
import subprocess
import sys
import sysconfig
import warnings
from pathlib import Path

warnings.filterwarnings("ignore", "Failed to initialize NumPy")  # torch's, which runs without
import torch  # noqa: E402

import torch_tensorrt  # noqa: E402


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3)
        self.fc = torch.nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(torch.relu(self.conv(x)).mean((2, 3)))


def main() -> None:
    torch.manual_seed(0)
    x, net = torch.randn(2, 3, 16, 16), Net().eval()
    inputs = [torch_tensorrt.Input((2, 3, 16, 16))]
    torch.jit.save(torch.jit.script(net), "net.ts")
    torch.jit.save(torch_tensorrt.compile(net, inputs=inputs, device="cpu"), "compiled.ts")
    engine = torch_tensorrt.convert_method_to_trt_engine(net, inputs=inputs, device="cpu")
    embedded = torch_tensorrt.embed_engine_in_new_module(engine)
    torchtrtc = Path(sysconfig.get_path("scripts")) / "torchtrtc"
    subprocess.run([torchtrtc, "net.ts", "by_torchtrtc.ts", "(2,3,16,16)", "-d", "cpu"], check=True)

    expected = net(x)
    modules = {name: torch.jit.load(name) for name in ("compiled.ts", "by_torchtrtc.ts")}
    optimized = torch.compile(net, backend="torch_tensorrt", options={"min_block_size": 1})
    with torch.no_grad():
        for name, module in {**modules, "embedded engine": embedded, "torch.compile": optimized}.items():
            result = module(x)
            torch.testing.assert_close(result, expected, rtol=1e-4, atol=1e-5, msg=lambda text, n=name: f"{n}: {text}")
    numpy = "with" if importlib.util.find_spec("numpy") else "without"
    print(
        f"ok: torch_tensorrt {torch_tensorrt.__version__}, Python {platform.python_version()}, "
        f"torch {torch.__version__}, {numpy} numpy ({sys.prefix})"
    )


if __name__ == "__main__":
    main()
