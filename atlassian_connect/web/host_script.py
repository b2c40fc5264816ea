"""Where the host's script, ``AP``, comes from, and what a page's policy has to allow for it.

Atlassian's sites take it from Atlassian's content network, a sandbox serves its own.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from ..protocol.urls import is_loopback, parse_base_url
from ..settings import ConnectSettings
from ..tenants import Tenant

__all__ = ["allow_sandbox_script", "script_origin", "script_url"]

_PATH_IN_SANDBOX: Final = "/atlassian-connect/all.js"


def script_url(settings: ConnectSettings, tenant: Tenant | None) -> str:
    """The URL of the script in a page for this tenant.

    :param tenant: None where the page is the same for all. A sandbox is meant then only if no other host could call the
        app, since its base URL is one of this machine.
    """
    sandbox = settings.sandbox_url
    if sandbox is None:
        return settings.host_script_url
    meant = tenant.base.origin == sandbox if tenant else is_loopback(parse_base_url(settings.base_url).host)
    return sandbox + _PATH_IN_SANDBOX if meant else settings.host_script_url


def script_origin(settings: ConnectSettings, tenant: Tenant | None) -> str:
    """The origin of :func:`script_url`."""
    return _origin(script_url(settings, tenant))


def allow_sandbox_script(policy: str, settings: ConnectSettings, tenant: Tenant | None) -> str:
    """Let a Content-Security-Policy that allows the hosts' script allow the sandbox's in its place.

    Pages for any other tenant keep their policy, and a policy that does not name the script's origin stays as it is.
    """
    usual, here = _origin(settings.host_script_url), script_origin(settings, tenant)
    if here == usual:
        return policy

    def put(source: str) -> str:
        meant = source if "://" in source else f"https://{source}"
        return here if meant == usual or meant.startswith(f"{usual}/") else source

    return ";".join(" ".join(map(put, part.split(" "))) for part in policy.split(";"))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
