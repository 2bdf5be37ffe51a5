"""LeNet, and the handwritten digits of scikit-learn to train it with."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sklearn import datasets
from torch import nn
from torch.nn import functional

_TEST_PICTURES = 360


class Features(nn.Module):
    """Computes features (N x 16 x 6 x 6) of images (N x 1 x 32 x 32)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3)
        self.conv2 = nn.Conv2d(6, 16, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        return functional.max_pool2d(functional.relu(self.conv2(x)), 2)


class Classifier(nn.Module):
    """Computes scores (N x 10) of flat features (N x 576)."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(576, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102
        scores: torch.Tensor = self.fc3(functional.relu(self.fc2(functional.relu(self.fc1(x)))))
        return scores


class LeNet(nn.Module):
    """Computes a score for each digit (N x 10) of images (N x 1 x 32 x 32)."""

    def __init__(self) -> None:
        super().__init__()
        self.feat = Features()
        self.classifier = Classifier()

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102
        scores: torch.Tensor = self.classifier(torch.flatten(self.feat(x), 1))
        return scores


@dataclass(frozen=True)
class Digits:
    """Images (N x 1 x 32 x 32, 0 to 1) and labels (N, int64) for training and for the test."""

    train_pictures: torch.Tensor
    train_labels: torch.Tensor
    test_pictures: torch.Tensor
    test_labels: torch.Tensor


def load_digits() -> Digits:
    """Loads the 1797 digits of scikit-learn, enlarged from 8 x 8; 360 random ones are for the test."""
    digits = datasets.load_digits()
    small = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    pictures = functional.interpolate(small, size=(32, 32), mode="bilinear", align_corners=False)
    labels = torch.tensor(digits.target)
    order = torch.randperm(len(labels))
    test, training = order[:_TEST_PICTURES], order[_TEST_PICTURES:]
    return Digits(pictures[training], labels[training], pictures[test], labels[test])


def train(digits: Digits, epochs: int = 12, batch: int = 32) -> LeNet:
    """Trains a model and returns it in eval mode."""
    model = LeNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(epochs):
        for chosen in torch.randperm(len(digits.train_labels)).split(batch):
            loss = functional.cross_entropy(model(digits.train_pictures[chosen]), digits.train_labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model.eval()


def accuracy(scores: torch.Tensor, labels: torch.Tensor) -> str:
    """Returns the share of images with the highest score at the right digit, as text."""
    right = int((scores.argmax(1) == labels).sum())
    return f"{100 * right / len(labels):.2f} % ({right} of {len(labels)})"
