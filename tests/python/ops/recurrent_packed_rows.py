"""Rows of packed sequences; their known lengths fix the sizes of all inputs."""

from .table import Row, t

SUMS = {"rtol": 1e-4, "atol": 1e-5}  # sums of products, added in another order
FIXED = "the lengths fix the size of the batch"
# Steps of 3, 2 and 1 sequences: a has 6 rows of 4.
DATA, STATE = t(6, 4), t(3, 5)
SIZES = "torch.tensor([3, 2, 1])"


def _layer(name: str, gates: int, state: str, results: tuple[str, ...]) -> list[Row]:
    """a: data, b: state, c to f: weights and biases of both directions."""
    inputs = (DATA, STATE, t(5 * gates, 4), t(5 * gates, 5), t(5 * gates), t(5 * gates))
    rows = []
    for both, weights, tail in (
        ("False", "[c, d, e, f]", "True, 1"),
        ("False", "[c, d]", "False, 1"),
        ("True", "[c, d, e, f, c * 2, d * 2, e, f]", "True, 1"),
    ):
        count = 2 if both == "True" else 1
        states = state.replace("S", f"b.unsqueeze(0).repeat({count}, 1, 1)")
        call = f"torch.{name}(a, {SIZES}, {states}, {weights}, {tail}, 0.0, False, {both})"
        for result in results:
            rows.append(Row(f"aten::{name}.data", f"{call}[{result}]", inputs, static_only=FIXED, **SUMS))
    return rows


def _packing() -> list[Row]:
    pack, pad = "torch._pack_padded_sequence", "torch._pad_packed_sequence"
    rows = []
    for code, shape in (
        ("torch.tensor([4, 2, 2]), True", (3, 4, 2)),
        ("torch.tensor([3, 1]), False", (4, 2, 5)),
        ("torch.tensor([2, 2]), True", (2, 2)),
    ):
        rows.append(Row("aten::_pack_padded_sequence", f"{pack}(a, {code})[0]", (t(*shape),), static_only=FIXED))
    for code in ("True, 0.0, 0", "False, -1.0, -1", "True, 2.0, 5"):
        rows.append(Row("aten::_pad_packed_sequence", f"{pad}(a, {SIZES}, {code})[0]", (DATA,), static_only=FIXED))
    return rows


ROWS = [
    *_layer("lstm", 4, "[S, S + 1]", ("0", "1", "2")),
    *_layer("gru", 3, "S", ("0", "1")),
    *_layer("rnn_tanh", 1, "S", ("0", "1")),
    *_layer("rnn_relu", 1, "S", ("0", "1")),
    *_packing(),
    Row(
        "prim::isinstance",
        "x = torch.jit.annotate(Optional[torch.Tensor], None)\nif a.size(0) > 0:\n    x = a\n"
        "y = a * 2\nif isinstance(x, torch.Tensor):\n    y = a * 3\ny",
        (t(2, 3),),
    ),
]
