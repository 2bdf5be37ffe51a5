"""Models that need PyTorch beside engines: state, loops over tokens, early exits, Fourier transforms."""

from __future__ import annotations

import collections
import copy
import dataclasses
import warnings
from collections.abc import Callable

import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input

WORDS = 300
TOKENS = 32


@dataclasses.dataclass(frozen=True)
class HybridModel:
    name: str
    make: Callable[[], torch.jit.ScriptModule]
    signature: Callable[[], tuple]  # what the module is compiled for
    calls: Callable[[], list[tuple]]  # arguments of successive calls


def scripted(module: nn.Module) -> torch.jit.ScriptModule:
    return torch.jit.script(module.eval())


# ---- Silero: its own file, with a state that is empty before the first call ------------------------------------------


def silero() -> torch.jit.ScriptModule:
    import silero_vad

    threads = torch.get_num_threads()
    model = silero_vad.load_silero_vad()
    torch.set_num_threads(threads)  # the import sets it
    return model


def silero_model(rate: int) -> HybridModel:
    samples = rate * 32 // 1000
    return HybridModel(
        f"silero-vad/{rate}",
        silero,
        lambda: (Input((samples,)), rate),
        lambda: [(0.3 * torch.randn(samples), rate) for _ in range(12)],
    )


# ---- decoders: transformers' models with a cache of keys and values --------------------------------------------------


class Step(nn.Module):
    """One token: a model of transformers with its cache as arguments and results (layer, batch, head, length, size).

    The library's own `generate` is Python code that cannot be scripted, and a trace of it has a fixed number of rounds.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, token: torch.Tensor, keys: torch.Tensor, values: torch.Tensor):
        from transformers.cache_utils import DynamicCache

        cache = DynamicCache()
        for layer in range(keys.size(0)):
            cache.update(keys[layer], values[layer], layer)
        position = torch.zeros_like(token) + keys.size(3)
        out = self.model(input_ids=token, past_key_values=cache, position_ids=position, use_cache=True)
        layers = out.past_key_values.layers
        found = [torch.stack([getattr(layer, name) for layer in layers]) for name in ("keys", "values")]
        return out.logits[:, -1], found[0], found[1]


class Greedy(nn.Module):
    """All tokens in one call. Returns them and their logits."""

    def __init__(self, step: torch.jit.ScriptModule, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.step = step
        self.layers, self.heads, self.size = shape

    def forward(self, token: torch.Tensor, count: int):
        keys = torch.zeros(self.layers, token.size(0), self.heads, 0, self.size, device=token.device)
        values = keys
        tokens, all_logits = [token], [torch.zeros(0, device=token.device)]
        for _ in range(count):
            logits, keys, values = self.step(token, keys, values)
            token = logits.argmax(-1, keepdim=True)
            tokens.append(token)
            all_logits.append(logits.flatten())
        return torch.cat(tokens, 1), torch.cat(all_logits)


def cache_shape(model: nn.Module) -> tuple[int, int, int]:
    """Returns the numbers of layers and heads, and the size of a head."""
    config = model.config
    heads = getattr(config, "num_key_value_heads", config.num_attention_heads)
    return config.num_hidden_layers, heads, config.hidden_size // config.num_attention_heads


def gpt2(width: int = 64, layers: int = 2) -> nn.Module:
    import transformers as t

    config = t.GPT2Config(n_embd=width, n_layer=layers, n_head=4, vocab_size=WORDS, bos_token_id=1, eos_token_id=2)
    return t.GPT2LMHeadModel(config)


def llama(width: int = 64, layers: int = 2) -> nn.Module:
    import transformers as t

    config = t.LlamaConfig(
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=2 * width,
        vocab_size=WORDS,
    )
    return t.LlamaForCausalLM(config)


def trace_step(
    make: Callable[[], nn.Module], device: str = "cpu"
) -> tuple[torch.jit.ScriptModule, tuple[int, int, int]]:
    torch.manual_seed(0)
    model = make().eval().to(device)
    layers, heads, size = shape = cache_shape(model)
    # Random logits must differ clearly, or the largest would be a matter of rounding.
    model.get_output_embeddings().weight.data.mul_(20)
    cache, token = torch.randn(layers, 1, heads, 5, size, device=device), torch.tensor([[3]], device=device)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        return torch.jit.trace(Step(model), (token, cache, cache), check_trace=False).eval(), shape


def greedy(make: Callable[[], nn.Module], device: str = "cpu") -> torch.jit.ScriptModule:
    return scripted(Greedy(*trace_step(make, device)))


def generate_model(name: str, make: Callable[[], nn.Module]) -> HybridModel:
    return HybridModel(
        f"{name}, {TOKENS} tokens in a call",
        lambda: greedy(make),
        lambda: (Input((1, 1), dtype=torch.int64), TOKENS),
        lambda: [(torch.tensor([[first]]), TOKENS) for first in (3, 17)],
    )


def cache_input(shape: tuple[int, int, int]) -> Input:
    layers, heads, size = shape
    low, opt, high = ([layers, 1, heads, length, size] for length in (0, 16, 64))
    return Input(min_shape=low, opt_shape=opt, max_shape=high)


def step_model(name: str, make: Callable[[], nn.Module]) -> HybridModel:
    shape = cache_shape(make())
    layers, heads, size = shape

    def calls() -> list[tuple]:
        caches = [torch.randn(2, layers, 1, heads, length, size) for length in (0, 1, 7, 31)]
        return [(torch.tensor([[5 + len(cache)]]), *cache) for cache in caches]

    cache = cache_input(shape)
    return HybridModel(
        f"{name}, a token in a call",
        lambda: trace_step(make)[0],
        lambda: (Input((1, 1), dtype=torch.int64), cache, cache),
        calls,
    )


# ---- Fourier transforms, early exits ---------------------------------------------------------------------------------


class Fnet(nn.Module):
    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        import transformers as t

        config = t.FNetConfig(
            hidden_size=width, num_hidden_layers=layers, intermediate_size=4 * width, vocab_size=WORDS
        )
        self.model = t.FNetModel(config)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.model(tokens, return_dict=False)[0]


def fnet(width: int = 64, layers: int = 2, length: int = 16, device: str = "cpu") -> torch.jit.ScriptModule:
    torch.manual_seed(0)
    module, tokens = Fnet(width, layers).eval().to(device), torch.randint(0, WORDS, (2, length), device=device)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        return torch.jit.trace(module, tokens, check_trace=False).eval()


class EarlyExit(nn.Module):
    """An encoder that returns at the first layer that is sure, and how many layers it ran."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        layer = lambda: nn.TransformerEncoderLayer(width, 4, 2 * width, batch_first=True)  # noqa: E731
        self.layers = nn.ModuleList([layer() for _ in range(layers)])
        self.heads = nn.ModuleList([nn.Linear(width, 4) for _ in range(layers)])

    def forward(self, x: torch.Tensor, threshold: torch.Tensor):
        found, used = torch.zeros(x.size(0), 4, device=x.device), 0
        for layer, head in zip(self.layers, self.heads, strict=False):
            x = layer(x)
            found = head(x.mean(1)).softmax(-1)
            used += 1
            if bool(found.max() > threshold):
                return found, used
        return found, used


def early_exit(width: int = 64, layers: int = 3) -> torch.jit.ScriptModule:
    torch.manual_seed(0)
    return scripted(EarlyExit(width, layers))


def hybrid_models() -> list[HybridModel]:
    words = Input(min_shape=(1, 4), opt_shape=(2, 16), max_shape=(3, 32), dtype=torch.int64)
    return [
        silero_model(16000),
        silero_model(8000),
        generate_model("transformers/gpt2", gpt2),
        step_model("transformers/gpt2", gpt2),
        generate_model("transformers/llama", llama),
        step_model("transformers/llama", llama),
        HybridModel(
            "transformers/fnet",
            fnet,
            lambda: (words,),
            lambda: [(torch.randint(0, WORDS, shape),) for shape in ((2, 16), (1, 7), (3, 32))],
        ),
        HybridModel(
            "encoder with an early exit",
            early_exit,
            lambda: (Input((2, 16, 64)), Input((), dtype=torch.float32)),
            lambda: [(torch.randn(2, 16, 64), torch.tensor(limit)) for limit in (0.0, 0.45, 2.0)],
        ),
    ]


# ---- the check -------------------------------------------------------------------------------------------------------

LIMIT = 1e-4


@dataclasses.dataclass
class HybridResult:
    name: str
    engines: int = 0
    left: int = 0  # operators with tensors as results that PyTorch runs; not those for calls that an engine declines
    kinds: str = ""
    error: str = ""


def left_to_pytorch(block: torch._C.Block | torch._C.Graph) -> list[str]:
    """Returns the kinds of the operators, once for each node."""
    kinds = []
    for node in block.nodes():
        is_guard = node.kind() == "prim::If" and node.inputsAt(0).node().kind() == "tensorrt::takes_inputs"
        for inner in list(node.blocks())[: 1 if is_guard else None]:
            kinds += left_to_pytorch(inner)
        gives_tensor = any(output.type().isSubtypeOf(torch._C.TensorType.get()) for output in node.outputs())
        if node.kind().startswith("aten::") and gives_tensor:
            kinds.append(node.kind())
    return kinds


def difference(got, expected) -> float:
    """Returns the largest difference of tensors relative to the largest value; integers must be equal."""
    if not isinstance(expected, (torch.Tensor, tuple, list)):
        assert got == expected, f"{got} instead of {expected}"
        return 0.0
    if not isinstance(expected, torch.Tensor):
        return max(difference(mine, theirs) for mine, theirs in zip(got, expected, strict=True))
    assert got.shape == expected.shape and got.dtype == expected.dtype
    if not expected.is_floating_point():
        assert torch.equal(got, expected), f"{got} instead of {expected}"
        return 0.0
    error = (got - expected).abs().max().item() / max(expected.abs().max().item(), 1e-30)
    return error if error == error else float("inf")


def run_hybrid(model: HybridModel) -> HybridResult:
    """Compiles the model, and compares successive calls, which change its state, with TorchScript."""
    torch.manual_seed(1)
    module = model.make()
    with torch_tensorrt.logging.errors():  # a hybrid module causes a warning
        compiled = torch_tensorrt.compile(
            module, input_signature=model.signature(), device="cpu", require_full_compilation=False
        )
    expected = copy.deepcopy(module)
    with torch.no_grad():
        error = max(difference(compiled(*call), expected(*call)) for call in model.calls())
    kinds = left_to_pytorch(compiled.graph)
    counts = sorted(collections.Counter(kinds).items(), key=lambda item: (-item[1], item[0]))
    most = ", ".join(f"{count} `{kind}`" for kind, count in counts[:4]) + (", ..." if len(counts) > 4 else "")
    engines = list(compiled.graph.findAllNodes("tensorrt::execute_engine", recurse=True))
    verdict = f"{error:.1e}" if error < LIMIT else f"FAILED: error {error:.1e}"
    return HybridResult(model.name, len(engines), len(kinds), most, verdict)


HYBRID_HEAD = """
## Hybrid modules

These models need PyTorch beside engines. Each is compiled with `require_full_compilation=False` and the default
`min_block_size`, and several calls in a row, which change the state, are compared with TorchScript: integers must be
equal, floats within 1e-4 of the largest value. *Left* counts the operators with tensors as results that PyTorch runs.

| model | engines | left | largest difference | operators left |
| --- | ---: | ---: | ---: | --- |
"""


def hybrid_row(result: HybridResult) -> str:
    return f"| {result.name} | {result.engines} | {result.left} | {result.error} | {result.kinds} |"


def hybrid_table(results: list[HybridResult]) -> str:
    return HYBRID_HEAD + "\n".join(hybrid_row(result) for result in results) + "\n"
