"""Where the URLs of a module that is registered at runtime lead: a host calls them right after the registration."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..errors import DescriptorError, UrlNotAllowedError
from ..protocol.modules import Module, module_types, value_at
from ..protocol.urls import BaseUrl, target_below

__all__ = ["check_urls"]

_VARIABLE = re.compile(r"\$?\{[^{}]*\}")
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE).match


def check_urls(module: Module, where: str, *, base: BaseUrl, serves: Callable[[str], bool]) -> None:
    """Check that what a host will call is below the app's base URL, and that the app answers there.

    Module types that are not in the catalogue pass: nobody here knows which of their fields are URLs. So do links of
    web items to other places, which no host calls.

    :param where: the module's path, for messages.
    :param serves: whether the app has a route for a path below the base URL.
    :raises DescriptorError: a URL leads elsewhere, or nowhere.
    """
    known = module_types().get(module.type)
    for name in known.url_fields if known else ():
        url = value_at(module.definition, name)
        if not isinstance(url, str) or not url or _links_away(module, url):
            continue
        try:
            target = target_below(base, _VARIABLE.sub("1", url.partition("#")[0]))
        except UrlNotAllowedError as error:
            raise DescriptorError(f"{url!r} is not below the base URL {base}.", path=f"{where}.{name}") from error
        in_path = "{" in url.partition("?")[0]  # the route may take other values than the one that is tried
        if not in_path and not serves(target.path):
            raise DescriptorError(
                f"The app has no route for {url!r}; hosts call it as soon as the module is registered.",
                path=f"{where}.{name}",
            )


def _links_away(module: Module, url: str) -> bool:
    if module.definition.get("context") in ("page", "product"):
        return True
    return module.type == "webItems" and _ABSOLUTE(url) is not None
