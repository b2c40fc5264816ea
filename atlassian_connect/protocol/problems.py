"""What can be wrong in a descriptor, and what all checks of descriptors share."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from ..types import Product
from .json_values import OBJECT

__all__ = ["Checking", "Problem", "closest", "error", "text_faults", "warning"]

# {{ x }}, ${x}, <%= x %>, #{x}, {% x %}, @x@, %X%, __X__ : what templates write for a value that comes later.
_PLACEHOLDER: Final = re.compile(r"\{\{|\$\{|<%|#\{|\{%|@[A-Za-z][\w.]*@|%[A-Z_]{3,}%|__[A-Z][A-Z0-9_]*__").search
# In the URLs of modules ${issue.key} is a variable that hosts fill in, as {issue.key} is.
_URL_PLACEHOLDER: Final = re.compile(
    r"\{\{|^\$\{|\$\{\s*+[\w-]*+\s*+\}|<%|#\{|\{%|@[A-Za-z][\w.]*@|%[A-Z_]{3,}%"
).search
# Where no host has variables, single braces and $NAME are placeholders too.
_BARE_PLACEHOLDER: Final = re.compile(r"\{\s*[A-Za-z_][\w.]*\s*\}|^\$[A-Za-z_]\w*").search


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a descriptor.

    :ivar severity: ``error``: hosts refuse it, or leave out what it says. ``warning``: hosts accept it, and it is
        probably not meant.
    :ivar path: where, e.g. ``modules.webPanels[0].location``; empty for the whole document.
    :ivar message: what is wrong.
    :ivar fix: what would be right; empty where the message says it.
    """

    severity: Literal["error", "warning"]
    path: str
    message: str
    fix: str = ""

    def __str__(self) -> str:
        text = f"{self.path or 'descriptor'}: {self.message}"
        return f"{text} {self.fix}" if self.fix else text


def error(path: str, message: str, fix: str = "") -> Problem:
    """Write a problem for which hosts refuse the document."""
    return Problem("error", path, message, fix)


def warning(path: str, message: str, fix: str = "") -> Problem:
    """Write a problem that hosts accept."""
    return Problem("warning", path, message, fix)


@dataclass(slots=True)
class Checking:
    """How one document is checked, and which of its values were left open.

    :ivar product: whose host it is for; None: either.
    :ivar served: whether it is what a host fetches. Otherwise it may be a template: values that are filled in later
        are not judged.
    :ivar open_paths: where such values were found.
    """

    product: Product | None = None
    served: bool = False
    open_paths: list[str] = field(default_factory=list)

    def is_open(self, value: object, path: str) -> bool:
        """Whether a value has a placeholder of a template."""
        return self._is_open(value, path, _PLACEHOLDER)

    def is_open_url(self, value: object, path: str) -> bool:
        """The same for the URL of a module, in which ``${issue.key}`` is the host's."""
        return self._is_open(value, path, _URL_PLACEHOLDER)

    def is_open_root(self, value: object, path: str) -> bool:
        """The same for app key and base URL, in which hosts have no variables: ``{x}`` and ``$X`` count too."""
        return self._is_open(value, path, _PLACEHOLDER) or self._is_open(value, path, _BARE_PLACEHOLDER)

    def _is_open(self, value: object, path: str, search: Callable[[str], object]) -> bool:
        if self.served:
            return False
        if not isinstance(value, str):  # {"value": "{{ name }}"}
            value = value.get("value") if isinstance(value, OBJECT) else None
        if not isinstance(value, str) or not search(value):
            return False
        self.open_paths.append(path)
        return True


@lru_cache(maxsize=4096)
def closest(name: str, known: frozenset[str], *, cutoff: float = 0.74) -> str | None:
    """Find the name that was probably meant: one of another letter case, or a misspelt one."""
    if len(name) > 60:
        return None
    lower = {each.lower(): each for each in sorted(known)}
    found = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=cutoff)
    return lower[found[0]] if found else None


def text_faults(checking: Checking, value: object, path: str, *, longest: int) -> Iterator[Problem]:
    """Check a text that may be left out."""
    if value is None or checking.is_open(value, path):
        return
    if not isinstance(value, str):
        yield error(path, "Is no text.", f"Write a string of at most {longest} characters, or leave it out.")
    elif len(value) > longest:
        yield error(path, f"Has {len(value)} characters.", f"Hosts take {longest}.")
