"""``torch.jit`` without its deprecation warnings, for the calls that the user did not write."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def no_deprecation() -> Iterator[None]:
    """Ignores the warning that ``torch.jit.script``, ``trace``, ``save`` and ``load`` give in new PyTorch versions."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`torch\.jit\.\w+` is (deprecated|not supported)")
        yield
