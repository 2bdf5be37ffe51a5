"""Compiles a module with state and a dict as its result, which no single engine can be.

    python examples/hybrid/novelty.py [COMPILED.ts]

The module tells how unlike earlier signals a signal is. Its network becomes an engine. PyTorch keeps the running mean
in a buffer, and makes the dict. The compiled module has the state, the results and the methods of the original.
"""

import sys

import torch

import torch_tensorrt


class Novelty(torch.nn.Module):
    """Compares each batch of signals with the running mean of the features of earlier batches."""

    mean: torch.Tensor

    def __init__(self, channels: int = 4, features: int = 16) -> None:
        super().__init__()
        self.network = torch.nn.Sequential(
            torch.nn.Conv1d(channels, 32, 9, stride=2),
            torch.nn.GELU(),
            torch.nn.Conv1d(32, features, 9, stride=2),
            torch.nn.AdaptiveAvgPool1d(1),
            torch.nn.Flatten(),
        )
        self.register_buffer("mean", torch.zeros(features))
        self.batches = 0

    def forward(self, signal: torch.Tensor) -> dict[str, torch.Tensor]:
        features = self.network(signal)
        distance = (features - self.mean).square().mean(1).sqrt()
        self.batches += 1
        self.mean += (features.mean(0) - self.mean) / self.batches
        return {"novelty": distance, "features": features}

    @torch.jit.export
    def reset(self) -> None:
        self.mean.zero_()
        self.batches = 0


def main() -> int:
    torch.manual_seed(0)
    script = torch.jit.script(Novelty().eval())
    # The compiler warns, and lists what PyTorch runs.
    compiled = torch_tensorrt.compile(
        script, inputs=[torch_tensorrt.Input(min_shape=(1, 4, 64), opt_shape=(8, 4, 256), max_shape=(8, 4, 512))]
    )
    if len(sys.argv) > 1:
        torch.jit.save(compiled, sys.argv[1])
        compiled = torch.jit.load(sys.argv[1])
    for _ in range(3):
        signal = torch.randn(8, 4, 256)
        wanted, found = script(signal), compiled(signal)
        for name, tensor in wanted.items():
            torch.testing.assert_close(found[name], tensor)
        print(f"batch {compiled.batches}: novelty {found['novelty'].mean():.3f}")
    torch.testing.assert_close(compiled.mean, script.mean)
    compiled.reset()
    print(f"after reset: {compiled.batches} batches")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
