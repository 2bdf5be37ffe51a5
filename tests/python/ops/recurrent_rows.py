"""Rows of recurrent layers."""

from .table import Row, fixed, t

STATES = "the states fix the size of the batch"
SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of up to a few hundred products of normal numbers, added in another order


def _recurrence() -> list[Row]:
    rows = []
    cell = (t(3, 5), t(3, 4))
    for name, gates in (("gru_cell", 3), ("rnn_tanh_cell", 1), ("rnn_relu_cell", 1)):
        weights = (fixed(4 * gates, 5), fixed(4 * gates, 4), fixed(4 * gates), fixed(4 * gates))
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a, b, c, d, e, f)", (*cell, *weights), **SUMS),
            Row(f"aten::{name}", f"torch.{name}(a, b, c, d)", (*cell, *weights[:2]), **SUMS),
            Row(f"aten::{name}", f"torch.{name}(a, torch.{name}(a, b, c, d), c, d)", (*cell, *weights[:2]), **SUMS),
        ]
    lstm = (fixed(16, 5), fixed(16, 4), fixed(16), fixed(16))
    rows += [
        Row("aten::lstm_cell", "torch.lstm_cell(a, [b, b], c, d, e, f)", (*cell, *lstm), **SUMS),
        Row("aten::lstm_cell", "torch.lstm_cell(a, [b, b * 2], c, d)", (*cell, *lstm[:2]), **SUMS),
        Row(
            "aten::lstm_cell",
            "h = torch.lstm_cell(a, [b, b], c, d)\ntorch.lstm_cell(a, [h[0], h[1]], c, d)[0]",
            (*cell, *lstm[:2]),
            **SUMS,
        ),
    ]
    for name, gates in (("lstm", 4), ("gru", 3), ("rnn_tanh", 1), ("rnn_relu", 1)):
        w = (fixed(4 * gates, 5, low=-0.5, high=0.5), fixed(4 * gates, 4, low=-0.5, high=0.5))
        b = (fixed(4 * gates), fixed(4 * gates))
        state = "[b, b * 0.5]" if name == "lstm" else "b"
        args = "True, 1, 0.0, False, False"
        rows += [
            # steps x batch x features
            Row(f"aten::{name}.input", f"torch.{name}(a, {state}, [c, d, e, f], {args}, False)", (t(6, 3, 5), fixed(1, 3, 4), *w, *b), **SUMS),
            Row(f"aten::{name}.input", f"torch.{name}(a, {state}, [c, d], False, 1, 0.0, False, False, True)", (fixed(3, 6, 5), fixed(1, 3, 4), *w), static_only=STATES, **SUMS),
            Row(f"aten::{name}.input", f"torch.{name}(a, {state}, [c, d, c, d], False, 1, 0.0, False, True, True)", (fixed(3, 6, 5), fixed(2, 3, 4), *w), static_only=STATES, **SUMS),
        ]  # fmt: skip
    # The hidden state has 2 features, the cell 4.
    w = (fixed(16, 5, low=-0.5, high=0.5), fixed(16, 2, low=-0.5, high=0.5), fixed(2, 4))
    b = (fixed(16), fixed(16))
    for code, x, layers, weights in (
        ("[d, e, g, h, f], True, 1, 0.0, False, False, False", (6, 3, 5), 1, (*w, *b)),
        ("[d, e, f], False, 1, 0.0, False, False, True", (3, 6, 5), 1, w),
        ("[d, e, f, d, e, f], False, 1, 0.0, False, True, True", (3, 6, 5), 2, w),
    ):
        inputs = (fixed(*x), fixed(layers, 3, 2), fixed(layers, 3, 4), *weights)
        rows.append(Row("aten::lstm.input", f"torch.lstm(a, [b, c], {code})", inputs, static_only=STATES, **SUMS))
    return rows


ROWS = _recurrence()
