"""Settings: read once by ``init_app``, typed, frozen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from .errors import ConfigurationError, UrlNotAllowedError
from .protocol.install_keys import DEFAULT_KEY_ID_PATTERN, ENVIRONMENTS, check_key_server
from .protocol.urls import HostPattern, is_loopback, parse_base_url, parse_host_patterns

__all__ = [
    "DEFAULT_ALLOWED_HOSTS",
    "DEFAULT_DESCRIPTOR",
    "HOST_SCRIPT_URL",
    "PREFIX",
    "ConnectSettings",
    "load_settings",
]

PREFIX: Final = "ATLASSIAN_CONNECT_"
DEFAULT_ALLOWED_HOSTS: Final = ("*.atlassian.net", "*.jira.com", "*.atlassian-us-gov-mod.net")
DEFAULT_DESCRIPTOR: Final = "atlassian-connect.json"
HOST_SCRIPT_URL: Final = "https://connect-cdn.atl-paas.net/all.js"


@dataclass(frozen=True, kw_only=True)
class ConnectSettings:
    """All we read from ``app.config``, read once by ``init_app``. Later changes are not seen.

    Each field is the key ``ATLASSIAN_CONNECT_<FIELD>``. What is given to ``AtlassianConnect(...)`` is a default;
    ``app.config`` wins.
    """

    base_url: str  # public https URL that hosts call, as in the descriptor; no trailing slash
    app_key: str | None = None  # None: the descriptor template says it
    descriptor: str | Mapping[str, Any] = DEFAULT_DESCRIPTOR  # template: path from the app's root, or a mapping
    descriptor_url: str = "/atlassian-connect.json"  # where it is served
    descriptor_values: Mapping[str, Any] = field(default_factory=dict)  # further {{ placeholders }} of the template
    url_prefix: str = "/connect"  # where lifecycle, module and webhook routes go unless they name a URL
    allowed_hosts: tuple[HostPattern, ...] = ()  # which hosts may install the app; see HostPattern
    environments: tuple[str, ...] = ("production", "fedramp")  # whose key servers are believed
    install_key_servers: tuple[str, ...] = ()  # asked instead of the environment's, in this order; empty: the table
    install_key_id_pattern: str = DEFAULT_KEY_ID_PATTERN  # regular expression for the whole kid
    sandbox_url: str | None = None  # origin of a sandbox on this machine, allowed to install the app
    allowed_audiences: tuple[str, ...] = ()  # further base URLs this app is reached by, e.g. of regions
    encryption_keys: tuple[str, ...] = field(default=(), repr=False)  # Fernet keys, the current one first
    tenant_cache_seconds: float = 2.0  # how long another process's uninstall may go unnoticed; 0: read every time
    clock_leeway_seconds: float = 30.0  # how far a host's clock may be off; at most 60
    token_lifetime_seconds: int = 180  # what we send to a host, iat to exp; at most 600
    session_token_seconds: int = 900  # tokens for our own pages, iat to exp
    request_timeout_seconds: float = 30.0  # for the host's answer; connecting may take 5
    retry_budget_seconds: float = 30.0  # for one call to a host with all its attempts and waits; 0: try once
    authorization_server: str | None = None  # issues users' access tokens; None: the one of the host's environment
    token_cache_url: str | None = field(default=None, repr=False)  # redis://…: processes share users' access tokens
    max_webhook_bytes: int = 10 * 1024 * 1024
    host_script_url: str = HOST_SCRIPT_URL
    hsts_seconds: int = 31_536_000  # Strict-Transport-Security where base_url is https; 0: not sent
    strict_scopes: bool = False  # a call that needs a scope the descriptor lacks: raise instead of warning
    data_policy_cache_seconds: float = 60.0  # how long "is this space blocked for apps" is kept; 0: ask every time
    access_report: str | None = None  # file that counts the operations called; below the instance folder
    permission_cache_seconds: float = 3.0  # how long a guard believes what a host said about a user; at most 10
    licence_cache_seconds: float = 600.0  # how long a licence is believed; 0: ask every time
    licence_grace_seconds: float = 86_400.0  # how long the last known licence counts while the host does not answer
    sync_after_install: bool = True  # make the host's dynamic modules equal to the declared ones after an install

    @property
    def base_path(self) -> str:
        """The path of :attr:`base_url`, e.g. ``/app``; empty when it has none."""
        return urlsplit(self.base_url).path


def load_settings(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> ConnectSettings:
    """Read the settings.

    :param config: ``app.config``; keys with :data:`PREFIX`. Strings from the environment are converted.
    :param defaults: field names without prefix, as given to ``AtlassianConnect(...)``.
    :raises ConfigurationError: an unknown key, or a value that cannot be used; the message names the key.
    """
    known = {field.name: field for field in fields(ConnectSettings)}
    given = {
        **{name: value for name, value in defaults.items() if value is not None},
        **{
            key[len(PREFIX) :].lower(): value
            for key, value in config.items()
            if key.startswith(PREFIX) and value is not None
        },
    }
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ConfigurationError(f"There is no setting {PREFIX}{unknown[0].upper()}.")
    if not given.get("base_url"):
        raise ConfigurationError(
            f"{PREFIX}BASE_URL is missing: the public URL that hosts reach this app by, e.g. https://app.example.com."
            " It is never taken from the Host header."
        )
    values: dict[str, Any] = {}
    for name, value in given.items():
        try:
            values[name] = _READ.get(name, _as_is)(value)
        except ConfigurationError as error:
            raise ConfigurationError(f"{PREFIX}{name.upper()}: {error}") from error
        except (TypeError, ValueError, re.error) as error:
            raise ConfigurationError(f"{PREFIX}{name.upper()}: {value!r} cannot be used.") from error
    values["allowed_hosts"] = values.get("allowed_hosts") or parse_host_patterns(DEFAULT_ALLOWED_HOSTS)
    if values.get("sandbox_url"):
        values["allowed_hosts"] += parse_host_patterns([values["sandbox_url"]])
    return ConnectSettings(**values)


def _as_is(value: Any) -> Any:
    return value


def _items(value: Any) -> list[str]:
    """A list of strings, or a comma-separated one from the environment."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    if isinstance(value, Sequence) and all(isinstance(item, str) for item in value):
        return list(value)
    raise TypeError


def _base_url(value: Any) -> str:
    try:
        base = parse_base_url(value)
    except UrlNotAllowedError as error:
        raise ConfigurationError(str(error)) from error
    if base.scheme != "https" and not is_loopback(base.host):
        raise ConfigurationError("Hosts call apps over https only; plain http is for this machine.")
    return str(base)


def _loopback_origin(value: Any) -> str | None:
    if not value:
        return None
    base = parse_base_url(value)
    if base.path or not is_loopback(base.host):
        raise ConfigurationError("A sandbox is an origin on this machine, such as http://localhost:2990.")
    return base.origin


def _authorization_server(value: Any) -> str | None:
    if not value:
        return None
    base = parse_base_url(value)
    if base.path or (base.scheme != "https" and not is_loopback(base.host)):
        raise ConfigurationError("An authorization server is an https origin; plain http is for this machine.")
    return base.origin


def _token_cache_url(value: Any) -> str | None:
    if not value:
        return None
    if not isinstance(value, str) or urlsplit(value).scheme not in ("redis", "rediss", "unix"):
        raise ConfigurationError("A token cache has a URL such as redis://localhost:6379/0.")
    return value


def _hosts(value: Any) -> tuple[HostPattern, ...]:
    return parse_host_patterns(_items(value))


def _key_servers(value: Any) -> tuple[str, ...]:
    return tuple(check_key_server(url) for url in _items(value))


def _environments(value: Any) -> tuple[str, ...]:
    names = _items(value)
    for name in names:
        if name not in ENVIRONMENTS:
            raise ConfigurationError(f"{name!r} is none of {', '.join(ENVIRONMENTS)}.")
    return tuple(names)


def _audiences(value: Any) -> tuple[str, ...]:
    return tuple(_base_url(url) for url in _items(value))


def _keys(value: Any) -> tuple[str, ...]:
    try:
        return tuple(_items(value))
    except TypeError:  # said here, since elsewhere a message repeats what it is about
        raise ConfigurationError(
            "Keys are strings, as `python -m atlassian_connect.cli.new_key` prints them."
        ) from None


def _pattern(value: Any) -> str:
    re.compile(value)
    return str(value)


def _path(value: Any) -> str:
    if not isinstance(value, str) or (value and not value.startswith("/")):
        raise ConfigurationError("A path starts with a slash.")
    return value.rstrip("/")


def _descriptor(value: Any) -> str | Mapping[str, Any]:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, str | Mapping):
        return value
    raise TypeError


def _file(value: Any) -> str | None:
    if isinstance(value, str | Path):
        return str(value) or None
    raise TypeError


def _number(kind: Callable[[Any], Any], low: float, high: float) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        number = kind(value)
        if isinstance(value, bool) or not low <= number <= high:
            raise ConfigurationError(f"{value!r} is not between {low:g} and {high:g}.")
        return number

    return read


def _boolean(value: Any) -> bool:
    if isinstance(value, bool) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    if isinstance(value, str) and value.lower() in ("1", "true", "yes", "on"):
        return True
    if isinstance(value, str) and value.lower() in ("0", "false", "no", "off"):
        return False
    raise TypeError


_DAY = 86_400
_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "base_url": _base_url,
    "descriptor": _descriptor,
    "descriptor_url": _path,
    "url_prefix": _path,
    "allowed_hosts": _hosts,
    "environments": _environments,
    "install_key_servers": _key_servers,
    "install_key_id_pattern": _pattern,
    "sandbox_url": _loopback_origin,
    "allowed_audiences": _audiences,
    "encryption_keys": _keys,
    "tenant_cache_seconds": _number(float, 0, 300),
    "clock_leeway_seconds": _number(float, 0, 60),
    "token_lifetime_seconds": _number(int, 10, 600),
    "session_token_seconds": _number(int, 30, _DAY),
    "request_timeout_seconds": _number(float, 0.1, 600),
    "retry_budget_seconds": _number(float, 0, 3600),
    "authorization_server": _authorization_server,
    "token_cache_url": _token_cache_url,
    "max_webhook_bytes": _number(int, 1024, 1024 * 1024 * 1024),
    "hsts_seconds": _number(int, 0, 100 * 366 * _DAY),
    "strict_scopes": _boolean,
    "data_policy_cache_seconds": _number(float, 0, 3600),
    "access_report": _file,
    "permission_cache_seconds": _number(float, 0, 10),
    "licence_cache_seconds": _number(float, 0, 3600),
    "licence_grace_seconds": _number(float, 0, 30 * _DAY),
    "sync_after_install": _boolean,
}
