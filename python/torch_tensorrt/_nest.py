"""Nests of values: tuples, lists, dicts and objects that ``torch.utils._pytree`` knows, in Python and in messages."""

from __future__ import annotations

import collections
import dataclasses
import functools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch.utils import _pytree

_DICTS = (dict, collections.OrderedDict, collections.defaultdict)
_LONGEST_TEXT = 400


@dataclasses.dataclass(frozen=True)
class Nest:
    """A structure with its parts, which are leaves or nests. ``names`` is how a message reads each part (``['x']``)."""

    spec: _pytree.TreeSpec
    parts: tuple[Any, ...]
    names: tuple[str, ...]

    @functools.cached_property
    def kind(self) -> str:
        """What it is in TorchScript: a tuple, a list, a dict, or an object, for which TorchScript has no type."""
        if self.spec.type is list:
            return "list"
        if _is_tuple(self.spec):
            return "tuple"
        return "object" if names_of_children(self.spec) is None else "dict"

    @functools.cached_property
    def keys(self) -> Sequence[Any]:
        """The keys of a dict; the places of the parts of another nest."""
        keys = names_of_children(self.spec)
        return range(len(self.parts)) if keys is None else keys

    @property
    def class_name(self) -> str:
        return str(_class(self.spec).__name__)


def names_of_children(spec: _pytree.TreeSpec) -> list[Any] | None:
    """Returns the keys of a dict, or of an object like one (the results of transformers' models); None for others, and
    for dicts whose keys are no texts or integers.
    """
    context = spec.context
    if spec.type is collections.defaultdict:
        context = context[1]
    is_named = isinstance(context, list) and len(context) == spec.num_children
    return context if is_named and all(type(key) in (str, int) for key in context) else None


def needs_python(spec: _pytree.TreeSpec) -> bool:
    """Tells whether a structure has a part of a class of the user, or a part that TorchScript has no type for."""
    if spec.is_leaf():
        return False
    is_plain = spec.type in (*_DICTS, list) or _is_tuple(spec)
    return not is_plain or has_no_type(spec) or any(map(needs_python, spec.children()))


def has_no_type(spec: _pytree.TreeSpec) -> bool:
    """Tells whether TorchScript cannot return the structure, not even with dicts in the place of objects."""
    if spec.is_leaf():
        return False
    keys = names_of_children(spec)
    is_dict = keys is not None and len({type(key) for key in keys}) <= 1
    return not (is_dict or spec.type is list or _is_tuple(spec)) or any(map(has_no_type, spec.children()))


def has_keys(spec: _pytree.TreeSpec) -> bool:
    """Tells whether a structure has a part other than tuples and lists."""
    if spec.is_leaf():
        return False
    return not (spec.type is list or _is_tuple(spec)) or any(map(has_keys, spec.children()))


def typed(tree: Any, values: Iterator[Any]) -> Any:
    """Returns the values nested as TorchScript takes them: in tuples, lists and dicts."""
    if not isinstance(tree, Nest):
        return next(values)
    parts = [typed(part, values) for part in tree.parts]
    if tree.kind == "dict":
        return dict(zip(tree.keys, parts, strict=True))
    return parts if tree.kind == "list" else tuple(parts)


def mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Returns the nest with other leaves."""
    if not isinstance(tree, Nest):
        return change(tree)
    return Nest(tree.spec, tuple(mapped(part, change) for part in tree.parts), tree.names)


def paths(tree: Any, text: str) -> Iterator[tuple[Any, str]]:
    """Yields every leaf with its name in messages (``batch['x']``)."""
    if not isinstance(tree, Nest):
        yield tree, text
        return
    for name, part in zip(tree.names, tree.parts, strict=True):
        yield from paths(part, text + name)


def nest(spec: _pytree.TreeSpec, leaves: Iterator[Any], example: Any = None) -> Any:
    """Returns a leaf, or a :class:`Nest` of the leaves.

    Args:
        example: a value of the structure, which knows the names of its parts.
    """
    if spec.is_leaf():
        return next(leaves)
    values, names = _children(spec, example)
    parts = [nest(child, leaves, value) for child, value in zip(spec.children(), values, strict=True)]
    return Nest(spec, tuple(parts), names)


def _children(spec: _pytree.TreeSpec, example: Any = None) -> tuple[list[Any], tuple[str, ...]]:
    """Returns the parts of an example of the structure (None, if it is not one) and the names of the parts."""
    count = spec.num_children
    values = [None] * count
    names = _names(spec)
    if example is not None:
        found, form = _flat(example)
        if form.type == spec.type and len(found) == count:
            values = [value for _, value in found]
            names = names or tuple(key for key, _ in found)
    return values, names or tuple(f"[{place}]" for place in range(count))


def _names(spec: _pytree.TreeSpec) -> tuple[str, ...] | None:
    context = spec.context
    if spec.type in _DICTS:
        return tuple(f"[{key!r}]" for key in (context[1] if spec.type is collections.defaultdict else context))
    if _pytree.is_namedtuple_class(_class(spec)):
        return tuple(f".{field}" for field in _class(spec)._fields)
    if dataclasses.is_dataclass(spec.type) and isinstance(context, list) and len(context) == 2:
        fields = context[0]  # and those that are None
        if isinstance(fields, list) and len(fields) == spec.num_children:
            return tuple(f".{field}" for field in fields)
    keys = names_of_children(spec)
    return None if keys is None else tuple(f"[{key!r}]" for key in keys)


def _class(spec: _pytree.TreeSpec) -> Any:
    """The class of the nest; PyTorch gives all named tuples one type."""
    return spec.context if isinstance(spec.context, type) else spec.type


def _is_tuple(spec: _pytree.TreeSpec) -> bool:
    kind = _class(spec)
    return kind is tuple or _pytree.is_namedtuple_class(kind) or _pytree.is_structseq_class(kind)


def _flat(value: Any) -> tuple[list[tuple[str, Any]], _pytree.TreeSpec]:
    """Returns the parts of a value, with their names in messages, and its structure. A leaf has itself as its part."""

    def is_part(other: Any) -> bool:
        return other is not value

    try:
        found, spec = _pytree.tree_flatten_with_path(value, is_leaf=is_part)
    except ValueError:  # the class was registered without names
        parts, spec = _pytree.tree_flatten(value, is_leaf=is_part)
        return [(f"[{place}]", part) for place, part in enumerate(parts)], spec
    return [("".join(map(str, key)), part) for key, part in found], spec


class Mismatch(Exception):
    """A value does not have the structure."""


def matched(tree: Any, value: Any) -> Iterator[Any]:
    """Yields the leaves of a value in the order of the structure. A dict may be of another class or order of its keys,
    and a tuple be a named tuple.

    Raises:
        Mismatch: the value has another structure.
    """
    if not isinstance(tree, Nest):
        yield value
        return
    for part, element in zip(tree.parts, _elements(tree, value), strict=True):
        yield from matched(part, element)


def _elements(tree: Nest, value: Any) -> Sequence[Any]:
    spec, count = tree.spec, len(tree.parts)
    if spec.type in _DICTS or (tree.kind == "dict" and isinstance(value, dict)):
        keys = spec.context[1] if spec.type is collections.defaultdict else spec.context
        if not isinstance(value, dict) or len(value) != count or not all(key in value for key in keys):
            raise Mismatch
        return [dict.__getitem__(value, key) for key in keys]
    if tree.kind in ("list", "tuple"):
        if not isinstance(value, list if tree.kind == "list" else tuple) or len(value) != count:
            raise Mismatch
        return value
    if type(value) is not spec.type:
        raise Mismatch
    parts, context = _pytree.SUPPORTED_NODES[spec.type].flatten_fn(value)
    if context != spec.context or len(parts) != count:
        raise Mismatch
    return parts


def described(tree: Any) -> str:
    """Returns the text of a structure for messages. A leaf is a text."""
    text = _text(tree)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."


def _text(tree: Any) -> str:
    if not isinstance(tree, Nest):
        return str(tree)
    kind = _class(tree.spec)
    texts = [_text(part) for part in tree.parts]
    if kind is list:
        return f"[{', '.join(texts)}]"
    if kind is tuple:
        return f"({', '.join(texts)}{',' * (len(texts) == 1)})"
    if _is_dict(tree.spec):
        entries = ", ".join(f"{name[1:-1]}: {text}" for name, text in zip(tree.names, texts, strict=True))
        return f"{{{entries}}}" if kind is dict else f"{kind.__name__}({{{entries}}})"
    entries = ", ".join(
        f"{name[1:]}={text}" if name.startswith(".") else text for name, text in zip(tree.names, texts, strict=True)
    )
    return f"{kind.__name__}({entries})"


def _is_dict(spec: _pytree.TreeSpec) -> bool:
    return spec.type in _DICTS or (names_of_children(spec) is not None and not _is_tuple(spec))


def described_value(value: Any) -> str:
    """Returns the text of the structure of a value for messages."""
    return described(_nest_of(value))


def _nest_of(value: Any) -> Any:
    found, spec = _flat(value)
    if spec.is_leaf():
        return leaf_text(value)
    return Nest(spec, tuple(_nest_of(part) for _, part in found), tuple(name for name, _ in found))


def leaf_text(value: Any) -> str:
    """Returns the text of a tensor, number or other value for messages."""
    if isinstance(value, torch.Tensor):
        return "Tensor"
    is_plain = value is None or isinstance(value, (bool, int, float, str))
    return f"{value!r:.40}" if is_plain else type(value).__name__


# ---- files and pickles ----------------------------------------------------------------------------------------------


def spec_of(tree: Any) -> _pytree.TreeSpec:
    """Returns the structure of a nest or leaf."""
    return tree.spec if isinstance(tree, Nest) else _pytree.tree_structure(0)


def plain(tree: Any) -> Any:
    """Returns a nest as tuples, which pickle without the warnings of PyTorch's own. Leaves must be no tuples."""
    if not isinstance(tree, Nest):
        return tree
    return tree.spec.type, tree.spec.context, tree.names, [plain(part) for part in tree.parts]


def from_plain(form: Any) -> Any:
    """The inverse of :func:`plain`."""
    if not isinstance(form, tuple):
        return form
    kind, context, names, parts = form
    return _made(kind, context, names, [from_plain(part) for part in parts])


def _made(kind: Any, context: Any, names: Iterable[str], parts: Sequence[Any]) -> Nest:
    return Nest(_pytree.TreeSpec(kind, context, [spec_of(part) for part in parts]), tuple(parts), tuple(names))


def to_json(tree: Any, leaf: Callable[[Any], Any]) -> Any:
    """Returns a nest as texts, lists and dicts.

    Args:
        leaf: returns the text, list or number for a leaf.

    Raises:
        RuntimeError: a class has no name for files.
    """
    if not isinstance(tree, Nest):
        return {"leaf": leaf(tree)}
    found = {"names": tree.names, "parts": [to_json(part, leaf) for part in tree.parts]}
    kind = _class(tree.spec)
    if _pytree.is_namedtuple_class(kind):
        if _found_class(kind.__module__, kind.__qualname__) is not kind:
            raise RuntimeError(_no_name(kind, "its module has no such attribute", "define it outside of functions"))
        return {"named_tuple": [kind.__module__, kind.__qualname__], **found}
    node = _pytree.TreeSpec(tree.spec.type, tree.spec.context, [_pytree.tree_structure(0)] * len(tree.parts))
    try:
        return {"node": json.loads(_pytree.treespec_dumps(node)), **found}
    except Exception as error:
        advice = "register it with a serialized_type_name that is a text"
        raise RuntimeError(_no_name(kind, str(error), advice)) from error


def _no_name(kind: Any, reason: str, advice: str) -> str:
    return (
        f"a file of TorchScript cannot name the class {kind.__name__} of an argument or result: {reason}; {advice}, or "
        "use torch.save, which pickles the module"
    )


def from_json(form: Any, leaf: Callable[[Any], Any]) -> Any:
    """The inverse of :func:`to_json`. Raises ``RuntimeError`` for a class that this process does not know."""
    if "leaf" in form:
        return leaf(form["leaf"])
    parts = [from_json(part, leaf) for part in form["parts"]]
    if "named_tuple" in form:
        module, name = form["named_tuple"]
        kind = _found_class(module, name)
        if not isinstance(kind, type) or not _pytree.is_namedtuple_class(kind):
            raise RuntimeError(_unknown(f"{module}.{name}", f"import {module}"))
        return _made(collections.namedtuple, kind, form["names"], parts)
    try:
        node = _pytree.treespec_loads(json.dumps(form["node"]))
    except Exception as error:
        name = form["node"][1]["type"]
        raise RuntimeError(_unknown(name, "import the module that registers it")) from error
    return _made(node.type, node.context, form["names"], parts)


def _unknown(name: str, advice: str) -> str:
    return (
        f"an argument or result of the module in the file is a {name}, which this process does not know: {advice} "
        "first; torch.jit.load loads the module with tensors in its place"
    )


def _found_class(module: str, name: str) -> Any:
    """Returns the class if its module is imported already: a file must not import modules."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found
