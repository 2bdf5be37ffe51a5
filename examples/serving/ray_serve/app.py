"""The application for Ray Serve: replicas of a model, each with its share of the cores.

A request is a POST with a .npy file: a float32 array, N x 3 x 224 x 224, N from 1 to 8. The answer is a .npy file with
the scores, float32, N x 1000. A request that does not fit gets status 400 and a JSON message.
"""

from __future__ import annotations

import asyncio
import io
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from model import IMAGE, MOST_IMAGES, make_model
from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import torch_tensorrt  # noqa: F401 - each replica needs the engine class of the compiled module

REPLICAS = 2
THREADS = max(1, (os.cpu_count() or 1) // REPLICAS)  # of each replica
MOST_BYTES = 4 * MOST_IMAGES * int(np.prod(IMAGE)) + 1024  # of a request; the head of a .npy file is short


class BadRequest(ValueError):
    """The client must change its request."""


def read_images(body: bytes) -> torch.Tensor:
    """Returns the tensor of a request, or raises BadRequest."""
    if len(body) > MOST_BYTES:
        raise BadRequest(f"the request has {len(body)} bytes, at most {MOST_BYTES} are allowed")
    try:
        array = np.load(io.BytesIO(body), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise BadRequest(f"the request is not a .npy file: {error}") from error
    if not isinstance(array, np.ndarray):
        raise BadRequest("the request is an archive of arrays, must be the .npy file of one array")
    if array.dtype != np.float32:
        raise BadRequest(f"the array has the dtype {array.dtype}, must be float32")
    if array.ndim != 4 or array.shape[1:] != IMAGE or not 1 <= array.shape[0] <= MOST_IMAGES:
        wanted = ", ".join(["N", *map(str, IMAGE)])
        raise BadRequest(f"the array has the shape {array.shape}, must be ({wanted}) with N from 1 to {MOST_IMAGES}")
    return torch.from_numpy(np.ascontiguousarray(array))


def npy(tensor: torch.Tensor) -> bytes:
    """Returns a tensor as the bytes of a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, tensor.numpy())
    return buffer.getvalue()


class Replica:
    """One module, which runs one call at a time on the replica's threads."""

    def __init__(self, path: str) -> None:
        """Loads the module from a file (or makes PyTorch's, if the path is empty), and warms it up."""
        torch.set_num_threads(THREADS)
        self.module = torch.jit.load(path) if path else make_model()
        # A thread of its own for the calls, so that the replica reads requests and answers health checks meanwhile.
        self.caller = ThreadPoolExecutor(1)
        for count in range(1, MOST_IMAGES + 1):  # an engine prepares itself for a shape in the first call with it
            self.caller.submit(self.call, torch.zeros(count, *IMAGE)).result()

    def call(self, images: torch.Tensor) -> torch.Tensor:
        """Returns the scores of images."""
        with torch.inference_mode():
            scores: torch.Tensor = self.module(images)
        return scores

    async def call_in_turn(self, images: torch.Tensor) -> torch.Tensor:
        """Returns the scores once the calls before are done."""
        return await asyncio.get_running_loop().run_in_executor(self.caller, self.call, images)

    async def check_health(self) -> None:
        """Ray Serve calls this every ten seconds, and replaces a replica that fails three times."""
        if not (await self.call_in_turn(torch.zeros(1, *IMAGE))).isfinite().all():
            raise RuntimeError("the scores of a black image are not finite")

    async def __call__(self, request: Request) -> Response:
        """Answers a request."""
        if request.method != "POST":
            return JSONResponse({"error": f"the method is {request.method}, must be POST"}, status_code=405)
        try:
            images = read_images(await request.body())
        except BadRequest as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        scores = await self.call_in_turn(images)
        return Response(
            npy(scores), media_type="application/octet-stream", headers={"x-replica-process": str(os.getpid())}
        )


Classifier = serve.deployment(
    num_replicas=REPLICAS,
    ray_actor_options={"num_cpus": 1},
    max_ongoing_requests=4,  # of a replica; others wait in the proxy, which knows the free replica
    max_queued_requests=256,  # further requests get status 503
    max_constructor_retry_count=1,
)(Replica)
