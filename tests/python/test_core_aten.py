"""Programs in core ATen, as `run_decompositions` writes them, and the operators of such programs."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from ops.table import script
from torch import nn

import torch_tensorrt


class Function(nn.Module):
    def __init__(self, function, *modules: nn.Module) -> None:
        super().__init__()
        self.function = function
        self.modules_of_it = nn.ModuleList(modules)

    def forward(self, *inputs):
        return self.function(*self.modules_of_it, *inputs)


def written_in_place(x):
    x = x.clone()
    x[:, 1:3] = x[:, :2] * 2
    x[0, :, [0, 2]] += 1
    x[1] = torch.tensor([1.0, 2.0]).sum()
    return x


def attend(x, mask):
    causal = F.scaled_dot_product_attention(x, x, x, is_causal=True)
    return causal, F.scaled_dot_product_attention(x, x, x, mask), F.scaled_dot_product_attention(x, x, x, scale=0.3)


def reduce(x):
    spread = x.var(1), x.std((1, 2)), x.var(1, unbiased=False, keepdim=True), torch.var_mean(x, 1)
    return *spread, x.mean(), x.amax(1), x.norm(dim=1), (x > 0).any(1), (x > 0).any((1, 2)), (x > 0).all(), x.max(1)


def sizes(x):
    batch, channels = x.shape[:2]
    places = torch.arange(2, 2 * channels + 2, 2) + torch.full((channels,), batch)
    rows = x.view(batch, -1)[:, :channels] * places
    return rows, x.new_zeros(batch, 3), x[:1].repeat(1, 2, 1, 1).expand(batch, -1, -1, -1)


def picture_layers() -> nn.Module:
    norm = nn.BatchNorm2d(6)
    nn.init.uniform_(norm.running_mean)
    nn.init.uniform_(norm.running_var, 0.5, 2)
    first = nn.Conv2d(4, 6, 3, 2, 1), norm, nn.Hardswish(), nn.MaxPool2d(3, 2, 1), nn.GroupNorm(2, 6), nn.GELU()
    last = nn.AdaptiveAvgPool2d(2), nn.InstanceNorm2d(6, affine=True), nn.Upsample(scale_factor=2), nn.Dropout()
    return nn.Sequential(*first, *last, nn.ConvTranspose2d(6, 4, 2, 2), nn.PReLU(), nn.Flatten(), nn.LazyLinear(5))


def text_layers() -> nn.Module:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
    return nn.Sequential(nn.Embedding(9, 8, padding_idx=1), layer, nn.LayerNorm(8), nn.Linear(8, 3), nn.LogSoftmax(-1))


def resized(x):
    return F.interpolate(x, size=(5, 6), mode="bilinear"), F.interpolate(x, scale_factor=2.0, mode="nearest-exact")


PICTURE = torch.randn(2, 4, 9, 11)
CASES = {
    "picture": (picture_layers(), PICTURE),
    "text": (text_layers(), torch.randint(0, 9, (2, 7))),
    "lstm": (nn.LSTM(4, 5, 2, batch_first=True, bidirectional=True), torch.randn(2, 3, 4)),
    "gru": (nn.GRU(4, 5), torch.randn(3, 2, 4)),
    "attention": (Function(lambda m, x: m(x, x, x), nn.MultiheadAttention(8, 2)), torch.randn(7, 2, 8)),
    "scaled": (Function(attend), torch.randn(2, 4, 7, 8), torch.rand(2, 1, 7, 7) > 0.3),
    "bilinear": (nn.Bilinear(8, 4, 3), torch.randn(2, 8), torch.randn(2, 4)),
    "reduce": (Function(reduce), PICTURE),
    "in place": (Function(written_in_place), PICTURE),
    "sizes": (Function(sizes), PICTURE),
    "resized": (Function(resized), PICTURE),
    "padded": (Function(lambda x: (F.pad(x, (1, 2), value=2.0), F.pad(x, (1, 1, 2, 2), mode="reflect"))), PICTURE),
    "distances": (Function(lambda x: (torch.cdist(x, x + 1), F.pdist(x[0]))), torch.randn(2, 7, 8)),
    "statistics of the batch": (nn.BatchNorm2d(4, track_running_stats=False), PICTURE),
}


@pytest.mark.parametrize("name", CASES)
def test_a_decomposed_program_is_what_pytorch_computes(name):
    model, *inputs = CASES[name]
    with torch.no_grad():
        model.eval()(*inputs)  # initializes the lazy layer
        program = torch.export.export(model, tuple(inputs)).run_decompositions()
        expected = program.module()(*inputs)
    found = torch_tensorrt.compile(program, device="cpu", require_full_compilation=True)(*inputs)
    flat = torch.utils._pytree.tree_leaves
    torch.testing.assert_close(flat(found), flat(expected), rtol=1e-4, atol=1e-5)


def test_a_decomposed_program_over_a_range_of_batches():
    model, x = picture_layers().eval(), PICTURE
    with torch.no_grad():
        model(x)
        shapes = {"input": {0: torch.export.Dim("batch", min=1, max=4)}}
        program = torch.export.export(model, (x,), dynamic_shapes=shapes).run_decompositions()
        compiled = torch_tensorrt.compile(program, device="cpu")
        for size in (1, 3, 4):
            x = torch.randn(size, 4, 9, 11)
            torch.testing.assert_close(compiled(x), model(x), rtol=1e-4, atol=1e-5)


# An export on a GPU has this operator. PyTorch has no CPU kernel for it, but an engine runs it there.
GPU_FORMS = [
    ("_scaled_dot_product_flash_attention(a, b, b, 0.0, True, False, scale=0.3)", {"is_causal": True, "scale": 0.3}),
    ("_scaled_dot_product_efficient_attention(a, b, b, c, False, scale=0.2)", {"attn_mask": 2, "scale": 0.2}),
    ("_scaled_dot_product_efficient_attention(a, b, b, None, True, 0.0, True)", {"is_causal": True}),
    ("_scaled_dot_product_cudnn_attention(a, b, b, c, False, 0.0, False, False)", {"attn_mask": 2}),
    ("_scaled_dot_product_fused_attention_overrideable(a, b, b, c, 0.0, False, False)", {"attn_mask": 2}),
]


@pytest.mark.parametrize(("code", "settings"), GPU_FORMS)
def test_attention_that_was_exported_on_a_gpu(code, settings):
    inputs = [torch.randn(2, 3, 4, 8), torch.randn(2, 3, 4, 8), torch.randn(2, 3, 4, 4)]
    settings = {name: inputs[2] if name == "attn_mask" else value for name, value in settings.items()}
    compiled = torch_tensorrt.compile(script(f"torch.ops.aten.{code}[0] + 0 * c.sum()", 3), inputs=inputs, device="cpu")
    expected = F.scaled_dot_product_attention(inputs[0], inputs[1], inputs[1], **settings)
    torch.testing.assert_close(compiled(*inputs), expected, rtol=1e-4, atol=1e-5)


ALIASES = [
    "_adaptive_avg_pool2d(a, [2, 3])",
    "_cdist_forward(a, b, 2.0, None)",
    "_prelu_kernel(a, b[:, :1, :1, :1].abs())",
    "_unsafe_index(a, [None, torch.tensor([1, 0])])",
    "_unsafe_index_put(a, [None, torch.tensor([1, 0])], b[:, :2])",
    "alias_copy(a)",
    "detach_copy(a)",
    "diagonal_copy(a, 0, 2, 3)",
    "expand_copy(a[:, :1], [-1, 5, -1, -1])",
    "permute_copy(a, [3, 1, 2, 0])",
    "select_copy(a, 1, 1)",
    "slice_copy(a, 1, 1, 3)",
    "split_copy(a, 2, 1)",
    "split_with_sizes_copy(a, [1, 3], 1)",
    "squeeze_copy(a[:, :1], 1)",
    "t_copy(a[0, 0])",
    "transpose_copy(a, 1, 2)",
    "unbind_copy(a, 1)",
    "unfold_copy(a, 1, 2, 1)",
    "unsqueeze_copy(a, 1)",
    "view_copy(a, [2, -1])",
]


@pytest.mark.parametrize("code", ALIASES)
def test_other_names_of_operators(code):
    module = script(f"torch.ops.aten.{code}", 2)
    inputs = [torch.randn(2, 4, 6, 6), torch.randn(2, 4, 6, 6)]
    compiled = torch_tensorrt.compile(module, inputs=inputs, device="cpu", require_full_compilation=True)
    torch.testing.assert_close(compiled(*inputs), module(*inputs), rtol=1e-4, atol=1e-5)
