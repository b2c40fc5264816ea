"""Template helpers: what a page in a frame needs, and nothing secret.

The tenant itself is not among them: a template that can print a tenant can print more than it should.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from ..tenants import Tenant
from .context import _needed, current_principal, current_state
from .host_script import script_origin, script_url

__all__ = [
    "connect_host_base_url",
    "connect_host_script",
    "connect_host_script_origin",
    "connect_session_meta",
    "connect_session_token",
    "helpers",
]

SESSION_META = "atlassian-connect-session"


def connect_host_script(**options: bool | str) -> Markup:
    """The script tag of the host's JavaScript API, ``AP``.

    It loads what ``ATLASSIAN_CONNECT_HOST_SCRIPT_URL`` says, and for a tenant on a sandbox the sandbox's own.

    :param options: as the host documents them, e.g. ``sizeToParent=True``, ``margin=False``.
    """
    text = ";".join(
        f"{name}:{str(value).lower() if isinstance(value, bool) else value}" for name, value in options.items()
    )
    url = script_url(current_state().settings, _tenant())
    return Markup('<script src="{}" data-options="{}"></script>').format(url, text)


def connect_host_script_origin() -> str:
    """Where that script and the style sheets of its themes come from, e.g. ``https://connect-cdn.atl-paas.net``.

    For a policy that a page makes itself: it belongs into ``script-src`` and ``style-src``.
    """
    return script_origin(current_state().settings, _tenant())


def connect_session_token() -> str:
    """A token for calls from this page back to the app, for routes with ``session_token=True``.

    It proves tenant and user for as long as ``ATLASSIAN_CONNECT_SESSION_TOKEN_SECONDS`` says. Raises
    NotAuthenticatedError outside a verified request.
    """
    return current_state().authenticator.session_token(_needed("connect_session_token()"))


def connect_session_meta() -> Markup:
    """A meta tag with :func:`connect_session_token`, for the page's scripts."""
    return Markup('<meta name="{}" content="{}">').format(SESSION_META, connect_session_token())


def connect_host_base_url() -> str:
    """The tenant's base URL, for links into the product, with ``/wiki`` for Confluence.

    It is what users see: the site's own domain where it has one.
    """
    tenant = _needed("connect_host_base_url()").tenant
    return tenant.display_url or tenant.base_url


def helpers() -> dict[str, Callable[..., Any]]:
    """What templates can call."""
    return {
        "connect_host_base_url": connect_host_base_url,
        "connect_host_script": connect_host_script,
        "connect_host_script_origin": connect_host_script_origin,
        "connect_session_meta": connect_session_meta,
        "connect_session_token": connect_session_token,
    }


def _tenant() -> Tenant | None:
    principal = current_principal()
    return None if principal is None else principal.tenant
