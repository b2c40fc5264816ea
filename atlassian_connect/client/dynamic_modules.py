"""Dynamic modules over the host's REST: list, register, remove.

Source: *Dynamic modules* in the Jira Cloud REST reference,
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-dynamic-modules/, and *Connect dynamic modules*,
https://developer.atlassian.com/cloud/confluence/dynamic-modules/. The path is below the tenant's base URL, for
Confluence under ``/wiki``.
"""

from __future__ import annotations

import builtins
import reprlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ..errors import DescriptorError, HostError
from ..protocol.json_values import plain_json
from ..protocol.modules import Module, check_module, flatten_modules, group_modules, is_removable_key, module_types
from .session import HostClient

__all__ = ["DYNAMIC_MODULES_PATH", "DynamicModulesClient"]

DYNAMIC_MODULES_PATH: Final = "/rest/atlassian-connect/1/app/module/dynamic"
# Servers and proxies refuse request lines from 8 KiB on; a hundred long keys would be beyond.
_MAX_QUERY = 6000


class DynamicModulesClient:
    """What one tenant's host has registered for the app at runtime."""

    def __init__(self, client: HostClient) -> None:
        self._client = client

    def list(self) -> builtins.list[Module]:
        """Ask the host for the modules it has.

        :raises HostError: the host fails, or its answer is no list of modules. It would read as "no modules", and what
            is there already would be registered again.
        """
        response = self._client.get(DYNAMIC_MODULES_PATH)
        try:
            document = plain_json(response.json())
        except (ValueError, RecursionError) as error:
            raise HostError(f"The list of dynamic modules is not JSON; it starts {response.text[:50]!r}.") from error
        except DescriptorError as error:
            raise HostError(f"The list of dynamic modules is no JSON to go by. {error}") from error
        if not isinstance(document, dict):
            raise HostError(f"The list of dynamic modules is a JSON {type(document).__name__}, not an object.")
        wrapped = document.get("modules")
        types = wrapped if len(document) == 1 and isinstance(wrapped, dict) else document
        for name, entries in types.items():
            if not _are_modules(name, entries):
                raise HostError(f"The list of dynamic modules is none: its {reprlib.repr(name)} holds something else.")
        return flatten_modules(document)

    def register(self, modules: Iterable[Module]) -> None:
        """Register modules in one request: the host takes all of them or none. Nothing is sent for none.

        :raises DescriptorError: a module is wrong in itself or has no key; nothing was sent.
        :raises HostBadRequestError: the host refuses one; its message says which and why.
        """
        wanted = list(modules)
        for index, module in enumerate(wanted):
            check_module(module, path=f"dynamic modules[{index}]", keyless=False)
        if wanted:
            self._client.post(DYNAMIC_MODULES_PATH, json=group_modules(wanted))

    def remove(self, *keys: str) -> None:
        """Remove modules by key. A key that the host does not have is no error, so a failed call is tried again.

        :param keys: may be what no new module could be called: a host may have it from other times.
        :raises ValueError: no key: to the host that would mean all of them; see :meth:`remove_all`.
        :raises DescriptorError: something that cannot have been a key.
        """
        if not keys:
            raise ValueError("Name the modules to remove; remove_all() removes all of them.")
        for batch in _batches([_removable(key) for key in dict.fromkeys(keys)]):
            self._client.delete(DYNAMIC_MODULES_PATH, params=[("moduleKey", key) for key in batch], idempotent=True)

    def remove_all(self) -> builtins.list[str]:
        """Remove every module that the host lists with a key to go by, and return the keys.

        A DELETE without keys would remove all too, but not on every host: Confluence wants them named.
        """
        keys = [module.key for module in self.list() if is_removable_key(module.key)]
        if keys:
            self.remove(*keys)
        return keys


def _are_modules(name: str, entries: object) -> bool:
    """Whether a host may mean modules by it, and not an error that it sends as a success."""
    listed = entries if isinstance(entries, list) else [entries]
    may_lack_key = name in module_types()
    is_type = name != "modules" or not listed  # a wrapper with something beside it, or in it, is nobody's answer
    return is_type and all(
        isinstance(entry, dict) and (may_lack_key or isinstance(entry.get("key"), str)) for entry in listed
    )


def _removable(key: object) -> str:
    if not isinstance(key, str) or not is_removable_key(key):
        raise DescriptorError(f"{reprlib.repr(key)} is no key of a module that could be removed.")
    return key


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    batch: list[str] = []
    length = 0
    for key in keys:
        length += len("moduleKey=&") + len(key)
        if batch and length > _MAX_QUERY:
            yield batch
            batch, length = [], len("moduleKey=&") + len(key)
        batch.append(key)
    yield batch
