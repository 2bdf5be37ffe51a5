"""Names of Torch-TensorRT on a GPU: graphs that are forgotten, copies, refits in place, the backend of torch.jit."""

from __future__ import annotations

import pickle

import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import runtime


def net() -> nn.Module:
    return nn.Sequential(nn.Linear(64, 128), nn.GELU(), nn.Linear(128, 8)).eval().cuda()


X = torch.linspace(-1, 1, 256).reshape(4, 64).cuda()


def close(found: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def compiled(model: nn.Module) -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(torch.jit.script(model), inputs=[X], device="cuda:0", backend="native")


def test_graphs_are_forgotten_and_recorded_again():
    model = net()
    module = compiled(model)
    with runtime.enable_cudagraphs(module):
        for _ in range(3):
            for _ in range(4):
                close(module(X), model(X))
            before = torch.cuda.memory_allocated()
            module.engine.reset_captured_graph()
            assert torch.cuda.memory_allocated() <= before
    close(module(X), model(X))


def test_pickles_and_refits_in_place():
    old, new = net(), net()
    module = compiled(old)
    close(pickle.loads(pickle.dumps(module))(X), old(X))
    torch_tensorrt.refit_module_weights(module, torch.jit.script(new), in_place=True)
    close(module(X), new(X))


def test_a_mutable_module():
    model = net()
    mutable = torch_tensorrt.MutableTorchTensorRTModule(model, device="cuda:0", backend="native")
    close(mutable(X), model(X))
    mutable.load_state_dict(net().state_dict())
    close(mutable(X), model(X))
    close(mutable(X[:2]), model(X[:2]))
    assert isinstance(mutable.to("cuda"), torch_tensorrt.MutableTorchTensorRTModule)


def test_the_backend_of_torch_jit(tmp_path):
    model = net()
    spec = torch_tensorrt.ts.TensorRTCompileSpec(inputs=[X], device="cuda:0", backend="native")
    module = torch._C._jit_to_backend("tensorrt", torch.jit.script(model), {"forward": spec})
    close(module(X), model(X))
    torch.jit.save(module, tmp_path / "a.ts")
    close(torch.jit.load(tmp_path / "a.ts")(X), model(X))
