"""Dynamic modules as the published rules have them, in memory: a host that shares no code with the sandbox.

Source: *Connect dynamic modules*, https://developer.atlassian.com/cloud/confluence/dynamic-modules/
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import requests

from atlassian_connect.tenants.tenant import Tenant

from .client.hosts import Answer, Host, Received

PATH = "/rest/atlassian-connect/1/app/module/dynamic"
LIMIT = 100


@dataclass
class Failure:
    """What goes wrong at one call, counted from 1.

    :ivar kind: a status, or ``drop``: no answer.
    :ivar executed: whether the host does the work before.
    """

    call: int
    kind: int | str
    executed: bool = False


@dataclass
class ModelSite:
    """One tenant's side of the host: key → (type, definition)."""

    tenant: Tenant
    modules: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    most: int = 0

    def put(self, module_type: str, definition: dict[str, Any]) -> None:
        self.modules[definition["key"]] = (module_type, definition)
        self.most = max(self.most, len(self.modules))


@dataclass
class ModelHost(Host):
    """Answers for several tenants of one origin, by their base paths.

    A module with ``"bad": true`` is refused, and so are the static keys. A module gets a default weight.

    :ivar form_first: speaks of what is wrong with a module rather than of its key, when there are both.
    """

    sites: list[ModelSite] = field(default_factory=list)
    static: frozenset[str] = frozenset()
    names_keys: bool = True
    form_first: bool = False
    wrapped: bool = False
    failures: list[Failure] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    over_limit: int = 0

    def handle(self, received: Received) -> Answer:
        site = max(
            (site for site in self.sites if received.path.startswith(site.tenant.base.path + "/")),
            key=lambda site: len(site.tenant.base.path),
        )
        received.claims(site.tenant)
        assert received.path == site.tenant.base.path + PATH
        self.calls[received.method] += 1
        failure = next((one for one in self.failures if one.call == self.calls.total()), None)
        if failure is not None and not failure.executed:
            return self._fail(failure)
        status, payload = getattr(self, f"_{received.method.lower()}")(site, received)
        if failure is not None:
            return self._fail(failure)
        return status, {"Content-Type": "application/json"}, b"" if payload is None else json.dumps(payload).encode()

    def _fail(self, failure: Failure) -> Answer:
        if failure.kind == "drop":
            raise requests.ConnectionError("gone")
        return int(failure.kind), {"Content-Type": "application/json"}, b'{"message": "Something went wrong."}'

    def _get(self, site: ModelSite, received: Received) -> tuple[int, Any]:
        listed: dict[str, list[Any]] = {"emptyOnes": []}
        for module_type, definition in site.modules.values():
            listed.setdefault(module_type, []).append({"weight": 100, **definition})
        return 200, {"modules": listed} if self.wrapped else listed

    def _post(self, site: ModelSite, received: Received) -> tuple[int, Any]:
        document = json.loads(received.body)
        incoming = [(name, entry) for name, entries in document.items() for entry in entries]
        keys = [entry["key"] for _, entry in incoming]
        faulty = next((entry["key"] for _, entry in incoming if entry.get("bad")), None)
        refusal = f"Installation failed. A field{f' of module {faulty}' if self.names_keys else ''} is invalid."
        if faulty and self.form_first:
            return 400, {"message": refusal}
        twice = [key for key in keys if key in site.modules or key in self.static or keys.count(key) > 1]
        if twice:
            listed = ", ".join(twice)
            return 400, {"message": f"Installation failed. The app A has duplicate module keys: [{listed}]."}
        if faulty:
            return 400, {"message": refusal}
        if len(site.modules) + len(incoming) > LIMIT:
            self.over_limit += 1
            return 400, {"message": "Too many modules."}
        for name, entry in incoming:
            site.put(name, entry)
        return 200, None

    def _delete(self, site: ModelSite, received: Received) -> tuple[int, Any]:
        assert len(received.target) < 8000
        keys = parse_qs(received.query).get("moduleKey")
        if not keys and site.tenant.product == "confluence":
            return 400, {"message": "Required parameter 'moduleKey' is not present."}
        for key in keys or list(site.modules):
            site.modules.pop(key, None)
        return 204, None
