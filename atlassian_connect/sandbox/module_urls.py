"""From the URL in a module to the URL that is called.

Source: *Context parameters*, https://developer.atlassian.com/cloud/confluence/context-parameters/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from ..errors import UrlNotAllowedError
from ..protocol.modules import Module, module_types, value_at, values_at
from ..protocol.urls import Target, parse_base_url, target_below

__all__ = ["Frame", "foreign_url", "join", "page_url", "substitute", "variables_in"]

_VARIABLE = re.compile(r"\$?\{(([A-Za-z][A-Za-z0-9_.\-]*)(?:\([^{}]*\))?)\}")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:|//").match


@dataclass(frozen=True, slots=True)
class Frame:
    """What a browser loads to show a module. Without claims, nothing was signed.

    :ivar url: with the token in it; keep it out of logs.
    """

    url: str = field(repr=False)
    claims: Mapping[str, Any] | None = None
    canonical: str | None = None


def substitute(url: str, context: Mapping[str, str]) -> str:
    """Put values for ``{name}`` and ``${name}``. A name without a value becomes nothing.

    Values are percent-encoded in the path and form-encoded in the query, as hosts do. An inline condition with
    parameters, ``{condition.name(key=value)}``, is looked up whole and then by its name alone.
    """

    def value(match: re.Match[str]) -> str:
        return context.get(match[1], context.get(match[2], ""))

    path, mark, query = url.partition("?")
    in_path = _VARIABLE.sub(lambda match: quote(value(match), safe=""), path)
    return in_path + mark + _VARIABLE.sub(lambda match: quote_plus(value(match)), query)


def variables_in(url: str) -> list[str]:
    """Names of the variables in a URL, each once, in order; inline conditions with their parameters."""
    return list(dict.fromkeys(match[1] for match in _VARIABLE.finditer(url)))


def page_url(module: Module) -> str | None:
    """The URL of the module that a user gets to see: the first of its URL fields that has one."""
    known = module_types().get(module.type)
    for dotted in known.url_fields if known else ("url", "target.url"):
        for _, url in values_at(module.definition, dotted):
            if isinstance(url, str) and url:
                return url
    return None


def join(base_url: str, url: str, context: Mapping[str, str] | None, extra: Iterable[tuple[str, str]] = ()) -> Target:
    """Make the URL to call of a module's URL.

    :param base_url: the app's.
    :param context: values of context variables; None leaves the URL as it stands.
    :param extra: decoded parameters that the host adds.
    :return: the URL, and the path and query that are signed.
    :raises UrlNotAllowedError: an absolute URL that is not below the base URL, or one that cannot be called.
    """
    base = parse_base_url(base_url)
    filled = (url if context is None else substitute(url, context)).partition("#")[0]
    if not _ABSOLUTE(filled):  # written behind the base URL, whatever it starts with
        filled = f"{base}/{filled.removeprefix('/')}"
    return target_below(base, filled, extra)


def foreign_url(module: Module, base_url: str) -> str | None:
    """Return the first URL of a module that is not the app's own. None when all are.

    A web item may link anywhere on the web: its URL is not called by the host.
    """
    known = module_types().get(module.type)
    for dotted in known.url_fields if known else ("url",):
        url: Any = value_at(module.definition, dotted)
        if not isinstance(url, str) or not _ABSOLUTE(url):
            continue
        if module.type == "webItems" and url.startswith(("https://", "http://")):
            continue
        try:
            join(base_url, url, {})
        except UrlNotAllowedError:
            return url
    return None
