"""What a plugin manager answers, and what becomes of its refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests

from ..errors import HostError

__all__ = [
    "CredentialsRefusedError",
    "DeveloperModeError",
    "InstallRefusedError",
    "InstallTimeoutError",
    "InstalledPlugin",
    "PluginManagerError",
    "one_line",
    "plugin_of",
    "seconds_to_wait",
    "texts_of",
]

_POLL_SECONDS: Final = 0.2
_MAX_TEXT: Final = 1000


class PluginManagerError(HostError):
    """The plugin manager did not do what it was asked for. The base of the errors below.

    :ivar status: of the host's answer; None when that was not the reason.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class CredentialsRefusedError(PluginManagerError):
    """The host does not take the address and the API token, or they are no administrator's (403)."""


class DeveloperModeError(PluginManagerError):
    """The site takes apps of the Marketplace only. Nothing was sent."""


class InstallRefusedError(PluginManagerError):
    """The host did not install the app.

    :ivar host_message: what it says; empty when it says nothing.
    """

    def __init__(self, message: str, *, host_message: str, status: int | None = None) -> None:
        super().__init__(message, status=status)
        self.host_message = host_message


class InstallTimeoutError(PluginManagerError, TimeoutError):
    """The host was still installing when the time was up. It may come to an end later."""


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """An app as the plugin manager knows it.

    :ivar key: the app key.
    :ivar enabled: False: the site has it, and an administrator must enable it.
    """

    key: str
    name: str
    version: str
    enabled: bool


def plugin_of(document: Mapping[str, Any]) -> InstalledPlugin:
    """Read an app, as the plugin manager lists it."""
    return InstalledPlugin(
        key=one_line(document.get("key")),
        name=one_line(document.get("name")),
        version=one_line(document.get("version")),
        enabled=document.get("enabled") is not False,
    )


def texts_of(response: requests.Response) -> tuple[str, str]:
    """What an error says, and the host's code for it; empty where it says nothing."""
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(document, dict):
        return "", ""
    message = next((document[name] for name in ("errorMessage", "message") if document.get(name)), "")
    return one_line(message), one_line(document.get("subCode"))


def one_line(value: object) -> str:
    """A text of the host in one line, as long as one reads."""
    return " ".join(value.split())[:_MAX_TEXT] if isinstance(value, str) else ""


def seconds_to_wait(ping_after: object) -> float:
    """How long to wait, of what the host says in milliseconds."""
    if isinstance(ping_after, bool) or not isinstance(ping_after, int | float) or not 0 < ping_after < 60_000:
        return _POLL_SECONDS
    return max(float(ping_after) / 1000, 0.05)
