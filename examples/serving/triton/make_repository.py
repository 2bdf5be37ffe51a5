"""Makes the model repository for Triton: compiles a MobileNet v3 and writes it beside its config.pbtxt.

Usage: python make_repository.py [--output FOLDER] [--threads N]

The file must be made with the torch of the server, on a machine of its kind. docs/guide/serving.md says how to start
the server, and what of this was tried.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

import torch
import torchvision

import torch_tensorrt

REPOSITORY = Path(__file__).resolve().parent / "model_repository"
INSTANCES = 2  # of config.pbtxt
MOST_IMAGES = 8  # max_batch_size of config.pbtxt
IMAGE = (3, 224, 224)


def compile_model(threads: int) -> torch.jit.ScriptModule:
    """Returns a MobileNet v3 large with random weights, as one engine for 1 to MOST_IMAGES images."""
    torch.manual_seed(0)
    model = torchvision.models.mobilenet_v3_large(weights=None).eval()
    images = torch_tensorrt.Input(
        min_shape=(1, *IMAGE), opt_shape=(1, *IMAGE), max_shape=(MOST_IMAGES, *IMAGE), dtype=torch.float32
    )
    compiled: torch.jit.ScriptModule = torch_tensorrt.compile(
        torch.jit.script(model),
        inputs=[images],
        device="cpu",
        num_threads=threads,
        max_specializations=MOST_IMAGES,
        require_full_compilation=True,
    )
    return compiled


def main() -> None:
    """Writes the repository."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=REPOSITORY, help="folder of the repository; default: here")
    share = max(1, (os.cpu_count() or 1) // INSTANCES)
    parser.add_argument("--threads", type=int, default=share, help="threads of an instance; default: its share")
    arguments = parser.parse_args()
    folder = arguments.output / "mobilenet"
    (folder / "1").mkdir(parents=True, exist_ok=True)
    if arguments.output.resolve() != REPOSITORY:
        shutil.copy(REPOSITORY / "mobilenet" / "config.pbtxt", folder)
    torch.jit.save(compile_model(arguments.threads), str(folder / "1" / "model.pt"))
    library = torch_tensorrt.runtime.library_path()
    libraries = Path(torch.__file__).parent / "lib"
    print(f"wrote {folder / '1' / 'model.pt'}; the server needs the runtime library:")
    print(
        f"LD_LIBRARY_PATH={libraries} LD_PRELOAD={library} tritonserver --model-repository={arguments.output.resolve()}"
    )


if __name__ == "__main__":
    main()
