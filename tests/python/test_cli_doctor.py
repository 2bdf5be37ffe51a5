"""torchtrtc doctor: libraries, devices, backends and advice."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from outside import TORCHTRTC, run

import torch_tensorrt


def test_doctor_as_json():
    report = json.loads(run(TORCHTRTC, "doctor", "--json"))
    assert report["version"] == torch_tensorrt.__version__
    assert report["torch"]["found"] in (None, torch.__version__.split("+")[0])
    assert report["torch"]["built_with"].split(".")[:2] == torch.__version__.split(".")[:2]
    flags = Path("/proc/cpuinfo").read_text()
    for precision, flag in {"bf16": "avx512_bf16", "fp16": "avx512_fp16", "int8": "avx512_vnni"}.items():
        assert report["cpu"][precision] == (flag in flags)
        assert any(line.startswith(f"with {precision} in enabled") for line in report["advice"]) == (flag not in flags)
    assert report["cpu"]["threads"] >= 1
    native = next(row for row in report["backends"] if row["name"] == "native")
    assert native["devices"][0]["device"] == "cpu" and native["devices"][0]["available"]
    assert native["devices"][0]["reason"] is None
    assert len(report["gpus"]) == (torch.cuda.device_count() if torch.cuda.is_available() else 0)
    assert (report["onednn"] is None) == any("no oneDNN" in line for line in report["advice"])
    assert report["driver"]["found"] == (not any("no NVIDIA driver" in line for line in report["advice"]))


def test_doctor_gives_advice():
    text = run(TORCHTRTC, "doctor")
    advice = json.loads(run(TORCHTRTC, "doctor", "--json"))["advice"]
    assert text.split("Advice:\n")[1] == "".join(f"  {line}\n" for line in advice or ["none"])
    assert "PyTorch Version (found): " in text and "NVIDIA driver: " in text
