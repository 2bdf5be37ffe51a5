"""Small models for several tests."""

from __future__ import annotations

import torch
from torch import nn


class LeNet(nn.Module):
    """LeNet for 28 x 28 images; input N x 1 x 28 x 28, output N x 10."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3)
        self.conv2 = nn.Conv2d(6, 16, 3)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


class Mlp(nn.Module):
    """Two linear layers with GELU; input N x 16, output N x 4."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.LayerNorm(32), nn.Dropout(0.5), nn.Linear(32, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102
        return self.layers(x)


class TwoInputs(nn.Module):
    """Two inputs, a tuple of two outputs."""

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # noqa: D102
        return a + b, a * b


class Unsupported(nn.Module):
    """Uses an operator that no engine can run."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102
        return torch.relu(torch.special.bessel_j0(x))


class Tied(nn.Module):
    """Two layers that share a matrix, which a training may separate."""

    def __init__(self, tied: bool) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(16, 16), nn.Linear(16, 16)
        if tied:
            self.b.weight = self.a.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102
        return self.b(torch.relu(self.a(x)))


class TwoMethods(nn.Module):
    """Methods with equal layers, so only the method's name decides which weights an engine has."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        return self.a(x)

    @torch.jit.export
    def other(self, x):
        return self.b(x)


class WritesItsArgument(nn.Module):
    """Doubles its argument in place; input N x 8, output N x 4 with some infinities."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102
        x.mul_(2)
        return self.linear(x).masked_fill(x[:, :4] > 0.5, -float("inf"))
