"""Rows of dicts that are evaluated at compile time."""

from __future__ import annotations

from .table import Row, t

X = t(2, 3)
# Expressions by the type of the keys: K and L are keys of the dict, M is not.
TEMPLATES = [
    ("__getitem__.Dict_{}", "d[K] + d[L]"),
    ("_set_item.{}", "d[K] = d[L] * 2\nd[M] = a\nd[K] + d[M]"),
    ("Delete.Dict_{}", "del d[K]\nd[L] + len(d)"),
    ("get.{}", "x = d.get(K)\ny = d.get(M)\nz = a\nif x is not None:\n    z = x\nif y is not None:\n    z = y * 7\nz"),
    ("get.default_{}", "d.get(K, a) + d.get(M, a * 5)"),
    ("setdefault.{}", "d.setdefault(K, a) + d.setdefault(M, a * 5) + d[M]"),
    ("pop.Dict_{}", "x = d.pop(K)\nx + len(d)"),
    ("pop.Dict_default_{}", "d.pop(K, a) + d.pop(K, a * 3)"),
    ("update.{}", "d.update({K: a * 4, M: a})\nd[K] + d[L] + d[M]"),
    ("clear.{}", "d.clear()\na + len(d)"),
    ("keys.{}", "x = a\nfor k in d.keys():\n    x = x * 2 + d[k]\nx"),
    ("values.{}", "x = a\nfor v in d.values():\n    x = x * 2 + v\nx"),
    ("items.{}", "x = a\nfor k, v in d.items():\n    x = x * 2 + v + d[k]\nx"),
    ("__contains__.{}", "a + (1 if K in d else 2) + (10 if M in d else 20)"),
    ("len.Dict_{}", "d[M] = a\na * len(d)"),
    ("copy.Dict_{}", "e = d.copy()\ne[K] = a * 9\nd[K] + e[K]"),
    ("dict.Dict_{}", "e = dict(d)\ne[K] = a * 9\nd[K] + e[K]"),
    ("_set_item.{}", "e = dict([(L, a * 3), (K, a)])\ne[K] + e[L]"),
]
KEYS = {"str": ("'key'", "'other'", "'third'"), "int": ("3", "-1", "0")}


def _rows(kind: str) -> list[Row]:
    rows = []
    for name, code in TEMPLATES:
        code = "d = {K: a + 1, L: a.relu()}\n" + code
        for letter, key in zip("KLM", KEYS[kind], strict=True):
            code = code.replace(letter, key)
        rows.append(Row(f"aten::{name.format(kind)}", code, (X,)))
    return rows


ROWS = [
    *_rows("str"),
    *_rows("int"),
    Row("prim::DictConstruct", "d = {'a': a, 'b': a * 2}\nd['b'] - d['a'] * 3", (X,)),
    Row("prim::DictConstruct", "d = {1: [a, a * 2], 2: [a]}\nd[2].append(d[1][1])\nd[2][1] + len(d[2])", (X,)),
    Row("prim::DictConstruct", "d = {'size': a.size(0)}\nd['size'] += 1\na + d['size']", (X,)),
]
