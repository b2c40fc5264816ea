"""Checks of the URLs in a module."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .base_url_checks import relative_fix
from .module_types import ModuleType
from .modules import values_at
from .problems import Checking, Problem, error, warning

__all__ = ["url_problems"]

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):").match
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f\\]").search
#: Types whose URL may lead elsewhere.
_ABSOLUTE: Final = frozenset({"webItems", "spaceToolsTabs", "jiraIssueFields"})
_SCRIPT: Final = frozenset({"javascript", "data", "vbscript"})


def url_problems(
    checking: Checking, known: ModuleType, entry: Mapping[str, Any], path: str, *, base_url: object
) -> Iterator[Problem]:
    """Check the URLs that hosts call.

    :param base_url: of the document, whatever it is.
    """
    context = entry.get("context")
    if known.name == "webItems" and isinstance(context, str) and context.lower() in ("page", "product"):
        return
    appended = isinstance(base_url, str) and not base_url.endswith("/")
    for dotted in known.url_fields:
        for below, url in values_at(entry, dotted):
            where = f"{path}.{below}"
            if isinstance(url, str) and not checking.is_open_url(url, where):
                yield from _url_problems(url, where, known, base_url=base_url, appended=appended)


def _url_problems(url: str, path: str, known: ModuleType, *, base_url: object, appended: bool) -> Iterator[Problem]:
    relative = "Write the path below baseUrl."
    scheme = _SCHEME(url)
    if not url:
        yield warning(path, "Is empty: hosts call the base URL itself.", relative)
    elif scheme and scheme[1].lower() in _SCRIPT:
        yield error(path, "Is a script and no address.", relative)
    elif scheme or url.startswith("//"):
        if known.name not in _ABSOLUTE:
            what = f"Is an absolute URL, and hosts append the URLs of {known.name} to baseUrl."
            yield warning(path, what, relative_fix(url, base_url))
    elif appended and url[0] not in "/?#{":
        yield warning(path, "Has no slash at its start, and hosts append it to baseUrl.", f"Write /{url}.")
    if _UNSAFE(url):
        yield warning(path, "Has a space, a backslash or a control character.", "Write it percent-encoded.")
