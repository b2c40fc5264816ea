"""The loop: the app is started again when its files change, and installed again when its descriptor does."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

from ..client import Transport
from ..client.plugin_manager import PluginManager
from ..errors import HostError
from ..protocol.descriptor_text import check_descriptor_text
from ..protocol.urls import is_loopback, normal_base_url, parse_base_url
from .processes import DevLoopError
from .server import AppServer, snapshot
from .tunnels import Tunnel

__all__ = ["DevLoop"]

_TICK_SECONDS: Final = 0.3
_LATE_SECONDS: Final = 15.0
_TIMEOUT_SECONDS: Final = 5.0
_MAX_BYTES: Final = 2 * 1024 * 1024


class DevLoop:
    """Keeps an app running, and development sites at what it is.

    :param base_url: where the sites reach the app.
    :param descriptor_path: where it serves its descriptor, e.g. ``/atlassian-connect.json``.
    :param sites: where it is installed.
    :param folder: whose files are watched.
    :param say: gets a line for each thing that happened.
    :param tunnel: ends the loop when it closes.
    """

    def __init__(
        self,
        server: AppServer,
        *,
        base_url: str,
        descriptor_path: str,
        sites: Sequence[PluginManager],
        folder: Path,
        say: Callable[[str], None],
        tunnel: Tunnel | None = None,
    ) -> None:
        self._server = server
        self._base_url = base_url
        self._path = descriptor_path
        self._sites = sites
        self._folder = folder
        self._say = say
        self._tunnel = tunnel
        self._transport = Transport()
        self._state: Literal["starting", "unreachable", "running", "failed"] = "starting"
        self._seen: dict[str, tuple[int, int]] = {}
        self._served = b""
        self._since: float | None = None  # of the state; None once it was said that it lasts
        self._told = ""  # digest of the descriptor whose problems were said
        self._installed: dict[PluginManager, tuple[str, str]] = {}  # app key and digest of what each site has

    def run(self) -> None:
        """Go on until an exception comes, such as ``KeyboardInterrupt``.

        :raises DevLoopError: the tunnel closed.
        """
        self._seen = snapshot(self._folder)
        self._start()
        while True:
            self._tick()
            time.sleep(_TICK_SECONDS)

    def uninstall(self) -> None:
        """Uninstall the app where the loop installed it. A site that does not do it is told about."""
        for site, (app_key, _) in list(self._installed.items()):
            try:
                site.uninstall(app_key)
            except HostError as error:
                self._say(f"{_named(site)} did not uninstall {app_key}: {error}")
            else:
                del self._installed[site]
                self._say(f"{_named(site)} uninstalled {app_key}")

    def close(self) -> None:
        """End the app."""
        self._server.stop()
        self._transport.close()

    # --- one step -----------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._state, self._since = "starting", time.monotonic()
        self._server.start()

    def _tick(self) -> None:
        if self._tunnel is not None and not self._tunnel.alive:
            raise DevLoopError(
                f"{self._tunnel.name} ended, and the address with it. It said: {self._tunnel.last_words}"
            )
        if self._changed():
            self._start()
        elif self._state in ("starting", "unreachable", "running") and self._server.exit_code is not None:
            verb = "does not start" if self._state == "starting" else "ended"
            self._state = "failed"
            self._say(f"The app {verb} (exit code {self._server.exit_code}). Waiting for a change.")
        elif self._state == "starting":
            self._look()
        elif self._state == "unreachable":
            self._look_from_outside()

    def _changed(self) -> bool:
        """Whether files changed, and are as they are for a moment."""
        now = snapshot(self._folder)
        if now == self._seen:
            return False
        while True:
            time.sleep(_TICK_SECONDS / 2)
            later = snapshot(self._folder)
            if later == now:
                break
            now = later
        paths = sorted(name for name in {*now, *self._seen} if now.get(name) != self._seen.get(name))
        names = [str(Path(path).relative_to(self._folder)) for path in paths[:3]]
        self._say(f"Changed: {', '.join(names)}{', …' if len(paths) > 3 else ''}. Starting the app again.")
        self._seen = now
        return True

    def _look(self) -> None:
        """See whether the app answers by now, and what."""
        answer = self._fetch(self._server.url)
        if answer is None or self._server.exit_code is not None:
            self._say_once_late(f"Waiting until the app answers at {self._server.url}{self._path}; it does not yet.")
            return
        status, self._served = answer
        if status != 200:
            self._state = "failed"
            self._say(
                f"The app answers {status} at {self._path}, where its descriptor should be. Waiting for a change."
            )
            return
        self._state, self._since = "unreachable", time.monotonic()
        self._look_from_outside()

    def _look_from_outside(self) -> None:
        """See whether the sites can reach the app by now, and install it then."""
        if not is_loopback(parse_base_url(self._base_url).host) and self._fetch(self._base_url) != (200, self._served):
            self._say_once_late(f"Waiting until {self._base_url}{self._path} leads to the app; it does not yet.")
            return
        self._state = "running"
        digest = hashlib.sha256(self._served).hexdigest()
        if not self._may_install(digest):
            return
        due = [site for site in self._sites if self._installed.get(site, ("", ""))[1] != digest]
        if not due:
            self._say("The app runs; its descriptor is the same.")
        for site in due:
            self._install(site, digest)

    def _say_once_late(self, line: str) -> None:
        """Say why nothing happens, when that lasts."""
        if self._since is not None and time.monotonic() - self._since > _LATE_SECONDS:
            self._since = None
            self._say(line)

    def _fetch(self, base_url: str) -> tuple[int, bytes] | None:
        try:
            return self._transport.fetch(base_url + self._path, timeout=_TIMEOUT_SECONDS, max_bytes=_MAX_BYTES)
        except HostError:
            return None

    # --- installing ---------------------------------------------------------------------------------------------------

    def _may_install(self, digest: str) -> bool:
        """Say what is wrong with the descriptor. False: no site would take it."""
        products = {site.product for site in self._sites}
        product = products.pop() if len(products) == 1 else None
        document, problems = check_descriptor_text(self._served, product, served=True)
        errors = [problem for problem in problems if problem.severity == "error"]
        warnings = [problem for problem in problems if problem not in errors]
        for problem in [*errors, *(warnings if digest != self._told else [])]:
            self._say(f"Descriptor, {problem.severity}: {problem}")
        self._told = digest
        if errors or not isinstance(document, dict):
            self._say("The app is not installed with this descriptor. Waiting for a change.")
            return False
        served_at = str(document["baseUrl"])
        if normal_base_url(served_at) != normal_base_url(self._base_url):
            self._say(
                f"The descriptor's baseUrl is {served_at}, but sites reach the app at {self._base_url}. Let the app"
                " take ATLASSIAN_CONNECT_BASE_URL from its environment into app.config. Waiting for a change."
            )
            return False
        return True

    def _install(self, site: PluginManager, digest: str) -> None:
        try:
            app = site.install(self._base_url + self._path)
        except HostError as error:
            self._say(f"{site.product.capitalize()}: {error}")  # which says where
            return
        verb = "updated" if site in self._installed else "installed"
        self._installed[site] = (app.key, digest)
        self._say(f"{_named(site)} {verb} {app.key}")
        if not app.enabled:
            self._say(f"An administrator must enable it: {site.product_url}/plugins/servlet/upm")


def _named(site: PluginManager) -> str:
    return f"{site.product.capitalize()} at {site.product_url}"
