"""The rules of dynamic modules.

Source: *Connect dynamic modules*, https://developer.atlassian.com/cloud/confluence/connect-dynamic-modules/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import DescriptorError
from ..protocol.modules import DYNAMIC_MODULE_LIMIT, Module, check_module, flatten_modules, module_types
from .module_urls import foreign_url

__all__ = ["ModulesRefusedError", "check_registration", "duplicate_keys", "duplicate_keys_text"]


class ModulesRefusedError(Exception):
    """A registration is refused as a whole. The text is the host's ``message``."""


def duplicate_keys(modules: Sequence[Module]) -> list[str]:
    """Keys that occur more than once, in the order of their second occurrence."""
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for module in modules:
        if module.key and module.key in seen:
            twice[module.key] = None
        seen.add(module.key)
    return list(twice)


def duplicate_keys_text(app_key: str, keys: Sequence[str]) -> str:
    """What hosts say about them, for descriptors and for registrations alike."""
    return (
        f"Installation failed. The app {app_key} has duplicate module keys: [{', '.join(keys)}]."
        " Please contact the app vendor."
    )


def check_registration(
    body: object, *, app_key: str, base_url: str, reads: bool, static: Sequence[Module], dynamic: Sequence[Module]
) -> list[Module]:
    """Decide about the body of a registration: all of its modules, or none.

    :param reads: whether the app has the scope READ, which webhooks need.
    :raises ModulesRefusedError: something in it is wrong.
    """
    if not isinstance(body, dict):
        raise ModulesRefusedError("The request body must be a JSON object of module types.")
    types = body["modules"] if set(body) == {"modules"} and isinstance(body["modules"], dict) else body
    for name, entries in types.items():
        known = module_types().get(name)
        listed: Any = [entries] if known is not None and not known.is_list and isinstance(entries, dict) else entries
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            raise ModulesRefusedError(f"The value of {name} must be an array of modules.")
    wanted = flatten_modules(types)
    for module in wanted:
        try:
            check_module(module, path=module.type, keyless=False)
        except DescriptorError as error:
            raise ModulesRefusedError(f"Installation failed. {error}") from error
        url = foreign_url(module, base_url)
        if url is not None:
            raise ModulesRefusedError(
                f"Installation failed. The URL {url} of module {module.key} is not below the base URL of the app."
            )
        if module.type == "webhooks" and not reads:
            raise ModulesRefusedError(
                "Installation failed. The app defines features that require the READ scope, but does not request the"
                " READ scope."
            )
    twice = duplicate_keys([*static, *dynamic, *wanted])
    if twice:
        raise ModulesRefusedError(duplicate_keys_text(app_key, twice))
    if len(dynamic) + len(wanted) > DYNAMIC_MODULE_LIMIT:
        raise ModulesRefusedError(
            f"Installation failed. The app {app_key} would have {len(dynamic) + len(wanted)} dynamic modules; at most"
            f" {DYNAMIC_MODULE_LIMIT} can be registered."
        )
    return wanted
