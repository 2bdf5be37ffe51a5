"""Makes docstrings fit for the site: an extension of griffe, which reads them without importing the package."""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:class|meth|func|attr|mod|exc|data):`~?([^`]+)`")
# The package puts a paragraph for each setting there when it is imported (ts/_settings.py).
_SETTINGS = "settings: each setting of a build, by its name; [their page](../docs/settings.md) lists them."


class SiteDocstrings(griffe.Extension):
    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = _ROLE.sub(r"`\1`", obj.docstring.value.replace("{settings}", _SETTINGS))
