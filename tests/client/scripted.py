"""A host written in the test: functions by method and path. It verifies every token by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from atlassian_connect.client import HostClient, RetryPolicy, Transport
from atlassian_connect.tenants.tenant import Tenant

from .hosts import CLOUD, Answer, Host, Received, make_tenant


class Time:
    """Seconds that pass only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


@dataclass
class ScriptedHost(Host):
    """Answers ``(status, JSON)`` or ``(status, JSON, headers)``; 404 for what is not written down."""

    tenant: Tenant = field(default_factory=lambda: make_tenant(CLOUD))
    routes: dict[tuple[str, str], Callable[[Received], Any]] = field(default_factory=dict)
    anonymous: list[bool] = field(default_factory=list)

    def route(self, method: str, path: str, answer: Any) -> None:
        """Path below the base URL, decoded."""
        self.routes[method, path] = answer if callable(answer) else lambda received: answer

    def handle(self, received: Received) -> Answer:
        self.received.append(received)
        self.anonymous.append("Authorization" not in received.headers)
        if not self.anonymous[-1]:
            received.claims(self.tenant)
        path = unquote(received.path.removeprefix(self.tenant.base.path))
        route = self.routes.get((received.method, path))
        status, payload, *headers = (
            route(received) if route else (404, {"message": "Property with key not found.", "statusCode": 404})
        )
        body = b"" if payload is None else payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        fields = {"Content-Type": "application/json", **(headers[0] if headers else {})}
        return status, fields, body


def query(received: Received) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(received.query).items()}


def said(received: Received) -> Any:
    return json.loads(received.body)


def scripted(transport: Transport, product: str, time: Time | None = None) -> tuple[ScriptedHost, HostClient]:
    time = time or Time()
    host = ScriptedHost(tenant=make_tenant(CLOUD + ("/wiki" if product == "confluence" else "")))
    transport.mount(CLOUD, host)
    policy = RetryPolicy(sleep=time.sleep, timer=time)
    return host, HostClient(host.tenant, transport=transport, retry_policy=policy)
