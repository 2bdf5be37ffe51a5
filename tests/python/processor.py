"""What the processor of these tests has instructions for, and marks for tests that need them."""

from __future__ import annotations

from pathlib import Path

import pytest

_FLAGS = Path("/proc/cpuinfo").read_text()
HAS_VNNI = "avx512_vnni" in _FLAGS
HAS_BF16 = "avx512_bf16" in _FLAGS
HAS_FP16 = "avx512_fp16" in _FLAGS

needs_vnni = pytest.mark.skipif(not HAS_VNNI, reason="the processor has no instructions for int8")
needs_bf16 = pytest.mark.skipif(not HAS_BF16, reason="the processor has no instructions for bf16")
