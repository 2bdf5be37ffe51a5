"""Random parameters with a fixed seed, so that a model's results depend on its inputs.

Fresh models are often nearly constant: heads and layer scales start at zero, and the signal vanishes in batch norms
with initial statistics. A comparison of such models would not find a compiler's mistakes.
"""

from __future__ import annotations

import torch
from torch import nn

BatchNorm = nn.modules.batchnorm._BatchNorm


def _is_constant(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() and tensor.numel() > 0 and tensor.min() == tensor.max()


def _instead_of(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Returns values for a constant parameter: a bias, the weight of a norm, a layer scale, a zero head."""
    value = tensor.flatten()[0].item()
    uniform = torch.rand(tensor.shape, generator=generator)
    if value == 0.0:
        fan_in = tensor[0].numel() if tensor.dim() > 1 else 100
        return torch.randn(tensor.shape, generator=generator) / max(fan_in, 1) ** 0.5
    if abs(value) <= 0.1:
        return 0.3 + 0.7 * uniform
    return value * (0.6 + 0.8 * uniform)


def _fill_constants(module: nn.Module, generator: torch.Generator) -> None:
    for parameter in module.parameters():
        if _is_constant(parameter):
            parameter.copy_(_instead_of(parameter, generator))
    # Move the activations above zero: a deep random network of rectifiers around zero is chaotic, in PyTorch too, and
    # magnifies the last bits of its first layers a thousand times.
    for layer in module.modules():
        if isinstance(layer, BatchNorm) and layer.bias is not None:
            layer.bias.add_(1.0)


def _unit_variance(layer: nn.Module, _arguments, output):
    """Scales a layer at its first run to results of variance one, and returns the scaled results."""
    if getattr(layer, "_zoo_scaled", False) or not isinstance(output, torch.Tensor):
        return None
    layer._zoo_scaled = True
    scale = output.std().item()
    if not 1e-12 < scale < 1e12:
        return None
    layer.weight.div_(scale)
    if layer.bias is not None:
        layer.bias.div_(scale)
    return output / scale


def _has_plain_weight(module: nn.Module) -> bool:
    """Recognizes linear and convolution layers by their parameters, because libraries have classes of their own."""
    own = dict(module.named_parameters(recurse=False))
    is_leaf = next(module.children(), None) is None
    return (
        is_leaf
        and "weight" in own
        and own["weight"].dim() > 1
        and not isinstance(module, nn.Embedding)
        and (set(own) <= {"weight", "bias"})
    )


def _frozen_statistics(module: nn.Module, generator: torch.Generator) -> None:
    for layer in module.modules():
        if isinstance(layer, BatchNorm) or not isinstance(getattr(layer, "running_var", None), torch.Tensor):
            continue
        layer.running_mean.copy_(0.1 * torch.randn(layer.running_mean.shape, generator=generator))
        layer.running_var.copy_(0.6 + 0.8 * torch.rand(layer.running_var.shape, generator=generator))


def _move_statistics(norms: list[BatchNorm], generator: torch.Generator) -> None:
    """Moves the statistics away from those of the inputs, so that they differ from the batch's own. The lower limit of
    the variance prevents that a channel without signal for these inputs dominates for others."""
    for norm in norms:
        norm.running_var.clamp_(min=0.1 * norm.running_var.mean().item())
        noise = torch.randn(norm.running_mean.shape, generator=generator)
        norm.running_mean.add_(0.1 * noise * norm.running_var.sqrt())
        norm.running_var.mul_(0.8 + 0.4 * torch.rand(norm.running_var.shape, generator=generator))


@torch.no_grad()
def give_parameters(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    """Changes the parameters and statistics of a model: constants become random, linear and convolution layers have
    results of variance one for the inputs, and batch norms have the inputs' statistics, slightly moved."""
    generator = torch.Generator().manual_seed(2)
    _fill_constants(module, generator)
    _frozen_statistics(module, generator)
    norms = [layer for layer in module.modules() if isinstance(layer, BatchNorm) and layer.running_mean is not None]
    hooks = [layer.register_forward_hook(_unit_variance) for layer in module.modules() if _has_plain_weight(layer)]
    for norm in norms:
        norm.train()
        norm.momentum = 1.0
    module(*inputs)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        norm.eval()
    _move_statistics(norms, generator)
