"""The base of all errors, and those that the app meets by itself: settings, tenants, calls that are not sent."""

from __future__ import annotations

from typing import Any

__all__ = [
    "ConfigurationError",
    "ConnectError",
    "DescriptorError",
    "NotAuthenticatedError",
    "PropertyError",
    "ScopeMissingError",
    "SyncBusyError",
    "TenantError",
    "TenantUninstalledError",
    "UnknownTenantError",
    "UrlNotAllowedError",
]


class ConnectError(Exception):
    """Base of every error of this package.

    All of them can be pickled, as job queues do it. The ``response`` of a host stays behind: its request may hold a
    file or a generator.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: value for name, value in vars(self).items() if name != "response"}
        return _rebuilt, (type(self), self.args, state)


def _rebuilt(kind: type[ConnectError], args: tuple[Any, ...], state: dict[str, Any]) -> ConnectError:
    """Make an error again as it was, past its own ``__init__``, which takes other arguments."""
    error = kind.__new__(kind)
    error.args = args
    vars(error).update(state)
    return error


class ConfigurationError(ConnectError):
    """A setting is missing or wrong. The message names the setting and what to put there."""


class DescriptorError(ConfigurationError):
    """The descriptor, or a module declared for it, would be refused by the host.

    :ivar path: where in the descriptor, e.g. ``modules.webPanels[0].location``; empty when it concerns the whole.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path


class TenantError(ConnectError, LookupError):
    """A tenant that the caller needs is not available.

    :ivar client_key: the one that was asked for.
    """

    def __init__(self, client_key: str, message: str) -> None:
        super().__init__(message)
        self.client_key = client_key


class UnknownTenantError(TenantError):
    """No tenant with this client key was ever installed, or it was forgotten."""

    def __init__(self, client_key: str) -> None:
        super().__init__(client_key, f"There is no tenant with client key {client_key!r}.")


class TenantUninstalledError(TenantError):
    """The tenant has uninstalled the app, so its shared secret must no longer be used."""

    def __init__(self, client_key: str) -> None:
        super().__init__(client_key, f"Tenant {client_key!r} has uninstalled the app; its secret is no longer used.")


class SyncBusyError(ConnectError, TimeoutError):
    """Another thread or process was syncing the tenant's dynamic modules for all of the time to wait.

    Nothing was sent for this call. The other sync brings what is declared, so there is mostly nothing left to do.

    :ivar client_key: the tenant.
    :ivar waited_seconds: how long.
    """

    def __init__(self, client_key: str, *, waited_seconds: float) -> None:
        super().__init__(
            f"Somebody else has been syncing the dynamic modules of tenant {client_key!r} for more than"
            f" {waited_seconds:g} s. Nothing was sent; try again later."
        )
        self.client_key = client_key
        self.waited_seconds = waited_seconds


class NotAuthenticatedError(ConnectError, RuntimeError):
    """``current_tenant`` and its siblings were used where no verified request is being handled."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} is only there while a verified request is handled: declare the view with @connect.general_page,"
            " @connect.module or @connect.webhook, or guard it with @connect.require(). In jobs and commands, pass the"
            " tenant as an argument."
        )


class UrlNotAllowedError(ConnectError, ValueError):
    """The URL is not below the tenant's base URL, so nothing is signed and nothing is sent."""


class ScopeMissingError(ConnectError):
    """The host would refuse this call, so it was not made. Raised only with ``ATLASSIAN_CONNECT_STRICT_SCOPES``.

    :ivar operation: e.g. ``DELETE /rest/api/3/issue/{issueIdOrKey}``.
    :ivar scope: the scope to add to the descriptor; ``INACCESSIBLE`` when no Connect app may call this.
    """

    def __init__(self, message: str, *, operation: str, scope: str) -> None:
        super().__init__(message)
        self.operation = operation
        self.scope = scope


class PropertyError(ConnectError, ValueError):
    """A property that the host would refuse: its key or value is too long, or is no JSON. Nothing was sent."""
