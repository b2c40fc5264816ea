"""Faults of the resource of dynamic modules. Others serve there too: see :data:`DYNAMIC_MODULES`.

Source: *Connect dynamic modules*, https://developer.atlassian.com/cloud/confluence/dynamic-modules/
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from ..protocol.modules import Module, flatten_modules, group_modules, module_types
from .fault_kinds import Exchange, Fault, Outcome
from .json_text import read_json

__all__ = ["DYNAMIC_MODULES", "ModuleDefaults", "ModuleRefused"]

#: Where faults of dynamic modules are: ``site.faults.add(Dropped("executed"), method="POST", path=DYNAMIC_MODULES)``.
DYNAMIC_MODULES: Final = "/rest/atlassian-connect/1/app/module/dynamic"
_JSON: Final = ("Content-Type", "application/json;charset=UTF-8")


@dataclass(frozen=True, slots=True)
class ModuleRefused(Fault):
    """400 for registrations that have a module with this key, and so for all of their modules.

    :ivar named: whether the message says which module it is.
    :ivar message: the host's words instead.
    """

    key: str
    named: bool = True
    message: str | None = None

    def apply(self, exchange: Exchange) -> Outcome:
        """See :meth:`Fault.apply`."""
        if all(module.key != self.key for module in _modules_in(exchange.body())):
            return exchange.run()
        about = f"The module {self.key}" if self.named else "A module"
        message = self.message or f"Installation failed. {about} is not valid. Please contact the app vendor."
        return Outcome(400, (_JSON,), json.dumps({"message": message}).encode())


@dataclass(frozen=True, slots=True)
class ModuleDefaults(Fault):
    """A list of modules with defaults that nobody sent: ``weight``, the ``context`` of web items, empty ``conditions``.

    Hosts do not say which defaults they list. These are no fault, and no change either.
    """

    def apply(self, exchange: Exchange) -> Outcome:
        """See :meth:`Fault.apply`."""
        outcome = exchange.run()
        if outcome.status != 200 or not outcome.body:
            return outcome
        sent = _modules_in(outcome.body)
        listed = [Module(module.type, {**_defaults(module), **module.definition}) for module in sent]
        return replace(outcome, body=json.dumps(group_modules(listed)).encode())


def _defaults(module: Module) -> dict[str, Any]:
    defaults: dict[str, Any] = {}
    if "location" in module.definition:
        defaults["weight"] = 100
    if module.type == "webItems":
        defaults["context"] = "addon"
    known = module_types().get(module.type)
    if known is not None and known.conditions:
        defaults["conditions"] = []
    return defaults


def _modules_in(body: bytes) -> list[Module]:
    """The modules of a registration or of a list; none in what is neither."""
    try:
        document = read_json(body)
    except ValueError:
        return []
    return flatten_modules(document) if isinstance(document, dict) else []
