"""Installing the app on a development site, over the plugin manager of the host.

An administrator's address and API token open it, not the app's own key: it is for developers' machines.

Sources: the installation of *Atlassian Connect for Express*, https://bitbucket.org/atlassian/atlassian-connect-express;
*Basic auth for REST APIs*, https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/; and, for what
hosts refuse since 31 March 2026, https://developer.atlassian.com/platform/forge/changelog/#CHANGE-3096
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from ..errors import UrlNotAllowedError
from ..protocol.urls import is_loopback, parse_base_url, target_below
from ..secret import Secret
from ..types import Product
from .plugin_answers import (
    CredentialsRefusedError,
    DeveloperModeError,
    InstalledPlugin,
    InstallRefusedError,
    InstallTimeoutError,
    PluginManagerError,
    one_line,
    plugin_of,
    seconds_to_wait,
    texts_of,
)
from .transport import Transport, package_agent, prepare, read_at_most

__all__ = [
    "CredentialsRefusedError",
    "DeveloperModeError",
    "InstallRefusedError",
    "InstallTimeoutError",
    "InstalledPlugin",
    "PluginManager",
    "PluginManagerError",
]

_ROOT: Final = "/rest/plugins/1.0"
_INSTALL_TYPE: Final = "application/vnd.atl.plugins.remote.install+json"
_PLUGIN_TYPE: Final = "application/vnd.atl.plugins.plugin+json"
_DEVELOPER_MODE: Final = "connectDeveloperListingsEnabled"
_NOT_FROM_MARKETPLACE: Final = "upm.pluginInstall.error.descriptor.not.from.marketplace"
_PRIVATE_INSTALLS_ENDED: Final = (
    " Since 31 March 2026 hosts refuse to install private Connect apps from a descriptor's URL; if that is what this"
    " host means, no change of the app helps. Develop against the sandbox (flask connect dev --sandbox)."
)
_TOTAL_SECONDS: Final = 30.0
_TIMEOUT_SECONDS: Final = (5.0, 20.0)
_MAX_BYTES: Final = 8 * 1024 * 1024  # the list of all apps of a site
_MAX_HOPS: Final = 5
_APP_KEY: Final = re.compile(r"[A-Za-z0-9._-]{1,80}").fullmatch


class PluginManager:
    """The plugin manager of one product on one site.

    :param product_url: ``https://example.atlassian.net`` for Jira, with ``/wiki`` for Confluence. Plain http is for a
        sandbox on this machine.
    :param email: an administrator's.
    :param api_token: theirs, from https://id.atlassian.com/manage-profile/security/api-tokens
    :param clock: seconds, never running backwards.
    :raises UrlNotAllowedError: ``product_url`` is no such URL.
    :raises ValueError: the address or the token cannot be sent.
    """

    def __init__(
        self,
        product_url: str,
        email: str,
        api_token: Secret,
        *,
        transport: Transport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base = parse_base_url(product_url)
        if self._base.scheme != "https" and not is_loopback(self._base.host):
            raise UrlNotAllowedError(f"{product_url!r} is not https; credentials are sent nowhere else.")
        if self._base.path not in ("", "/wiki"):
            raise UrlNotAllowedError(
                f"{product_url!r} is no product: Jira is https://SITE.atlassian.net, Confluence is .../wiki."
            )
        if not email or ":" in email or not (email + api_token.reveal()).isprintable() or not api_token:
            raise ValueError("The e-mail address or the API token is empty, or has characters that neither has.")
        credentials = f"{email}:{api_token.reveal()}".encode()
        self._authorization = Secret("Basic " + base64.b64encode(credentials).decode("ascii"))
        self._transport = transport or Transport()
        self._clock = clock
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"PluginManager({str(self._base)!r})"

    @property
    def product_url(self) -> str:
        """The URL of the product."""
        return str(self._base)

    @property
    def product(self) -> Product:
        """``jira`` or ``confluence``."""
        return "confluence" if self._base.path else "jira"

    # --- what it does -------------------------------------------------------------------------------------------------

    def check_developer_mode(self) -> None:
        """Ask whether the site installs apps that the Marketplace does not list.

        :raises DeveloperModeError: it does not.
        :raises HostError: the host does not answer, or not as a plugin manager does.
        """
        settings = self._json(self._send("GET", f"{_ROOT}/settings")).get("settings")
        for setting in settings if isinstance(settings, list) else []:
            if isinstance(setting, dict) and setting.get("key") == _DEVELOPER_MODE and setting.get("value") is False:
                raise DeveloperModeError(
                    f"{self._base} is not in developer mode. An administrator switches it on at"
                    f" {self._base}/plugins/servlet/upm, Settings, Enable development mode."
                )

    def installed(self, app_key: str) -> InstalledPlugin | None:
        """Look an app up. None: the site does not have it.

        :raises ValueError: no app has that key.
        :raises HostError: as :meth:`check_developer_mode`.
        """
        response = self._send("GET", _plugin_path(app_key), good=(200, 404))
        return None if response.status_code == 404 else plugin_of(self._json(response))

    def install(self, descriptor_url: str) -> InstalledPlugin:
        """Install an app, or update it. The app must be listening: the host fetches its descriptor and calls it.

        :raises InstallRefusedError: the host did not; its text is in the message.
        :raises InstallTimeoutError: it did not come to an end in 30 seconds.
        :raises CredentialsRefusedError: who asks is unknown, or no administrator.
        :raises HostError: as :meth:`check_developer_mode`.
        """
        deadline = self._clock() + _TOTAL_SECONDS
        token = self._send("GET", f"{_ROOT}/").headers.get("upm-token")
        if not token:
            raise PluginManagerError(f"{self._base} gave no upm-token. Is the address that of a product?")
        started = self._send(
            "POST",
            f"{_ROOT}/",
            params=[("token", token)],
            content_type=_INSTALL_TYPE,
            body={"pluginUri": descriptor_url},
            good=None,
        )
        if started.status_code != 202:
            self._refuse_credentials(started)
            raise self._refused(started.status_code, *texts_of(started))
        document = self._json(started)
        links = document.get("links")
        return self._outcome(
            links.get("self") if isinstance(links, dict) else None, document.get("pingAfter"), deadline=deadline
        )

    def enable(self, app_key: str, *, enabled: bool = True) -> None:
        """Enable or disable an app.

        :raises ValueError: no app has that key.
        :raises HostError: as :meth:`check_developer_mode`, or the site does not have the app.
        """
        self._send("PUT", _plugin_path(app_key), content_type=_PLUGIN_TYPE, body={"enabled": enabled})

    def uninstall(self, app_key: str) -> bool:
        """Uninstall an app. Returns whether the site had it.

        :raises ValueError: no app has that key.
        :raises HostError: as :meth:`check_developer_mode`.
        """
        return self._send("DELETE", _plugin_path(app_key), good=(200, 202, 204, 404)).status_code != 404

    # --- how the install goes -----------------------------------------------------------------------------------------

    def _outcome(self, link: object, ping_after: object, *, deadline: float) -> InstalledPlugin:
        path, hops = self._below(link), 0
        while True:
            wait = min(seconds_to_wait(ping_after), deadline - self._clock())
            if wait <= 0:
                raise InstallTimeoutError(
                    f"{self._base} is still installing after {_TOTAL_SECONDS:.0f} seconds. Look at the site's list of"
                    " apps, and whether the app answered when it was called."
                )
            self._sleep(wait)
            response = self._send("GET", path, good=(200, 202, 303))
            while response.status_code == 303 and hops < _MAX_HOPS:
                hops += 1
                path = self._below(response.headers.get("Location"))
                response = self._send("GET", path, good=(200, 202, 303))
            document = self._json(response)
            status = document.get("status")
            if isinstance(status, dict) and status.get("done") is True:
                raise self._refused(None, one_line(status.get("errorMessage")), one_line(status.get("subCode")))
            if isinstance(document.get("key"), str):
                return plugin_of(document)
            ping_after = document.get("pingAfter")

    def _below(self, link: object) -> str:
        """The path of a link of the host, from the plugin manager down: the product's path would stand there twice."""
        try:
            parts = urlsplit(link if isinstance(link, str) else "")
        except ValueError:
            parts = urlsplit("")
        start = parts.path.find(f"{_ROOT}/")
        if start < 0:
            raise PluginManagerError(f"{self._base} did not say where its install can be asked after.")
        return parts.path[start:] + (f"?{parts.query}" if parts.query else "")

    def _refused(self, status: int | None, text: str, sub_code: str) -> InstallRefusedError:
        says = f" says: {text}" if text else f" answered {status}." if status else " gave no reason."
        message = f"{self._base} did not install the app and{says}"
        # A sandbox says so when it stands for a host of today; of other hosts the wording is not known.
        if not is_loopback(self._base.host) or sub_code == _NOT_FROM_MARKETPLACE:
            message += _PRIVATE_INSTALLS_ENDED
        return InstallRefusedError(message, host_message=text, status=status)

    # --- requests -----------------------------------------------------------------------------------------------------

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: list[tuple[str, str]] | None = None,
        content_type: str | None = None,
        body: dict[str, Any] | None = None,
        good: tuple[int, ...] | None = (200, 201, 202, 204),
    ) -> requests.Response:
        """Send one request, with neither cookies nor redirects.

        :param good: statuses to return; None for all.
        """
        headers = {
            "Authorization": self._authorization.reveal(),
            "Accept": "*/*",
            "User-Agent": package_agent(),
            "X-Atlassian-Token": "no-check",
        }
        if content_type is not None:
            headers["Content-Type"] = content_type
        data = None if body is None else json.dumps(body).encode()
        url = target_below(self._base, path, params or ()).url
        request = prepare(requests.Request(method, url, headers=headers, data=data))
        response = self._transport.send(request, timeout=_TIMEOUT_SECONDS, stream=True)
        length = len(read_at_most(response, _MAX_BYTES + 1, deadline=None))
        if length > _MAX_BYTES:
            raise PluginManagerError(f"{self._base} answered with more than {_MAX_BYTES} bytes.")
        if good is None or response.status_code in good:
            return response
        self._refuse_credentials(response)
        if 300 <= response.status_code < 400:
            raise PluginManagerError(
                f"{self._base} redirects to another address, which is not followed with credentials. Give the address"
                " that the site has.",
                status=response.status_code,
            )
        text = texts_of(response)[0]
        raise PluginManagerError(
            f"{self._base} answered {response.status_code} to {method} {path.partition('?')[0]}"
            + (f": {text}" if text else "."),
            status=response.status_code,
        )

    def _refuse_credentials(self, response: requests.Response) -> None:
        if response.status_code == 401:
            raise CredentialsRefusedError(
                f"{self._base} does not take the e-mail address and the API token. A password does not serve; tokens"
                " are made at https://id.atlassian.com/manage-profile/security/api-tokens.",
                status=401,
            )
        if response.status_code == 403 and not texts_of(response)[1]:
            says = texts_of(response)[0]
            raise CredentialsRefusedError(
                f"{self._base} lets administrators install apps only, and takes the API token for nobody's who is one."
                + (f" It says: {says}" if says else ""),
                status=403,
            )

    def _json(self, response: requests.Response) -> dict[str, Any]:
        try:
            document = json.loads(response.content)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise PluginManagerError(
                f"{self._base} did not answer as a plugin manager does. Is the address that of a product?",
                status=response.status_code,
            )
        return document


def _plugin_path(app_key: str) -> str:
    if not _APP_KEY(app_key) or app_key.strip(".") == "":
        raise ValueError(f"{app_key!r} is no app key.")
    return f"{_ROOT}/{app_key}-key"
