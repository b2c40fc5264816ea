"""The sandbox as a whole: both sites on one origin, the key server, the log."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Literal

from flask import Flask

from ..protocol.urls import is_loopback, parse_base_url
from ..secret import Secret
from ..types import Product
from .api_tokens import ApiTokens
from .bridge.package import Bridge, ensure_bridge
from .deliveries import Deliveries
from .faults import Faults
from .http import NetworkTransport, Transport
from .ids import Ids, install_key_id
from .installation import Installation
from .kept_deliveries import KeptDeliveries
from .kept_faults import KeptFaults
from .log import Crossing, CrossingLog
from .oauth import AuthorizationServer
from .people import ADMIN
from .site import Site
from .store.attachments import Attachments
from .store.changes import Change, Changes, Later
from .store.content import Content
from .store.entity_properties import EntityProperties
from .store.permissions import Permissions
from .store.store import Store
from .store.tasks import Tasks
from .store.users import Users
from .web import create_app
from .wire import Wire

__all__ = ["Sandbox"]


class Sandbox:
    """A local Atlassian host: a Jira and a Confluence site that install apps, sign, verify and enforce like real ones.

    It works in process without any port (call :attr:`wsgi_app`, reach apps by a :class:`WsgiTransport`) or as a server
    (:class:`SandboxServer`).

    :param base_url: the origin it is reached at; no path. Requests for other hosts are refused.
    :param transport: the way to the apps; None for the network.
    :param clock: seconds since the epoch.
    :param token_clock: the time of tokens, which apps must have as well; None for ``clock``. A sandbox with a time of
        its own for apps in other processes gives them that of the machine.
    :param seed: the same seed gives the same client keys, secrets and ids in every run. None for unguessable ones.
    :param data: a file that keeps everything when the sandbox ends: content, users, installations with their secrets
        (the file gets the mode 0600). It is made when there is none. None keeps everything in memory.
    :raises ValueError: ``base_url`` is no origin, or not the one that the apps in ``data`` know; or the file cannot be
        used (:class:`.store.database.DatabaseFileError`).
    """

    def __init__(
        self,
        base_url: str = "http://localhost:2990",
        *,
        transport: Transport | None = None,
        clock: Callable[[], float] = time.time,
        token_clock: Callable[[], float] | None = None,
        seed: int | None = None,
        data: str | PathLike[str] | None = None,
    ) -> None:
        self._log = CrossingLog(self._known_secrets)
        self.wire = Wire(transport or NetworkTransport(), clock, token_clock or clock, self._log)
        self.ids = Ids(seed, lambda: self.store.database.next("drawn"))
        #: What it keeps; see :mod:`.store`.
        self.store = Store(clock, path=None if data is None else Path(data), token=self.ids.token)
        #: What people's programs log in with.
        self.api_tokens = ApiTokens(self.store, self.ids)
        #: Webhooks that were sent, and those that are tried again.
        self.deliveries = Deliveries(clock, self.ids.uuid)
        #: Who has it may reset the sandbox by HTTP; see :mod:`.control`. None: nobody may.
        self.control_token: str | None = None
        self._key_number = self.ids.uuid()
        self.csrf_token = secrets.token_urlsafe(32)
        #: Signs what pages carry between requests.
        self.ticket_key = secrets.token_bytes(32)
        #: The AP bridge of frames, when it was fetched before. None: frames are shown without one. Fetch it with
        #: :func:`.bridge.ensure_bridge`.
        self.bridge: Bridge | None = ensure_bridge(fetch=False)
        #: Whether the rate limits of both sites are on after a reset.
        self.limited_at_first = False
        #: Faults of what belongs to no site: the token endpoint, the key server, downloads. Sites have their own.
        self._kept_in_file = data is not None
        self.faults = self.faults_of("")
        self.oauth = AuthorizationServer(self)
        #: Does the deliveries that requests of apps cause. At once; a server puts them on a thread, since an app that
        #: answers one request at a time would wait for itself.
        self.later: Callable[[Callable[[], None]], None] | None = None
        #: Another origin that downloads lead to, as the media service of real sites is one. None: the sandbox's own.
        #: On a loopback origin its other names serve, such as ``http://127.0.0.1:2990``.
        self.media_origin: str | None = None
        self.origin = ""
        self.jira = Site(self, "jira")
        self.confluence = Site(self, "confluence")
        try:
            self.move_to(base_url)
        except ValueError:
            self.close()
            raise
        if data is not None:
            self.deliveries.keep_in(KeptDeliveries(self.store.database, self._installed_as))
        self.store.changes.listener = self._announce
        self.wsgi_app: Flask = create_app(self)

    def __repr__(self) -> str:
        return f"Sandbox({self.origin!r})"

    def _known_secrets(self) -> list[str]:
        return [one.shared_secret.reveal() for one in self.jira.all_known if one.shared_secret is not None]

    def _installed_as(self, client_key: str) -> Installation | None:
        return next((one for one in self.jira.all_known if one.client_key == client_key), None)

    def faults_of(self, place: Product | Literal[""]) -> Faults:
        """Make the faults of a site, or those of what belongs to none."""
        return Faults(KeptFaults(self.store.database, place) if self._kept_in_file else None)

    def _announce(self, change: Change, later: Later) -> None:
        site = self.jira if change.product == "jira" else self.confluence
        site.announce(change, later=later)

    @property
    def content(self) -> Content:
        """Spaces, pages, comments; projects, issues, dashboards. What is changed here is told to the apps."""
        return self.store.content

    @property
    def changes(self) -> Changes:
        """Tells of every change of content."""
        return self.store.changes

    @property
    def users(self) -> Users:
        """People."""
        return self.store.users

    @property
    def entity_properties(self) -> EntityProperties:
        """Properties of issues, projects, pages, spaces and users."""
        return self.store.entity_properties

    @property
    def attachments(self) -> Attachments:
        """Files on issues and pages."""
        return self.store.attachments

    @property
    def api_token(self) -> Secret:
        """The API token of the administrator ``ada@example.com``, for the plugin manager of both sites."""
        return self.api_tokens.of(ADMIN)

    @property
    def tasks(self) -> Tasks:
        """Long-running tasks of both sites."""
        return self.store.tasks

    @property
    def permissions(self) -> Permissions:
        """Who may see what; all users see everything at first."""
        return self.store.permissions

    @property
    def sites(self) -> tuple[Site, Site]:
        """Both sites."""
        return self.jira, self.confluence

    @property
    def base_url(self) -> str:
        """The origin of both sites."""
        return self.origin

    @property
    def key_id(self) -> str:
        """Id of the key that installs are signed with."""
        return install_key_id(self._key_number)

    @property
    def key_server_url(self) -> str:
        """Where the public install key is: ``GET {key_server_url}/{kid}`` answers a PEM."""
        return f"{self.origin}/install-keys"

    @property
    def token_url(self) -> str:
        """Where apps get tokens to impersonate users: ``POST`` as *User impersonation for Connect apps* says."""
        return f"{self.origin}/oauth2/token"

    @property
    def log(self) -> list[Crossing]:
        """What crossed, in the order it was answered; the last 1000.

        A request that was made while another was handled (a key fetched during ``installed``) so stands before it.
        """
        return self._log.all()

    def record(self, crossing: Crossing) -> None:
        """Add to the log."""
        self._log.add(crossing)

    def move_to(self, base_url: str) -> None:
        """Change the origin, e.g. once a server knows its port.

        :raises ValueError: it is no origin, or apps are installed, which know the old one.
        """
        base = parse_base_url(base_url)
        if base.path:
            raise ValueError(f"The sandbox lives at the root of an origin; {base_url!r} has a path.")
        known_as = self.store.fact("origin")
        if any(site.known for site in self.sites) and base.origin != known_as:
            raise ValueError(
                f"The sandbox cannot move while apps know where it is, which is {known_as}; call reset() first."
            )
        self.origin = base.origin
        self.store.note("origin", base.origin)

    def own_hosts(self) -> frozenset[str]:
        """The ``Host`` headers that mean this sandbox. On a loopback origin all names of this machine do."""
        base = parse_base_url(self.origin)
        own = self.origin.partition("://")[2]
        if not is_loopback(base.host):
            return frozenset({own})
        port = own[len(own.rpartition("]")[0]) :].partition(":")[2]
        suffix = f":{port}" if port else ""
        return frozenset({own, *(f"{name}{suffix}" for name in ("localhost", "127.0.0.1", "[::1]"))})

    def reset(self) -> None:
        """Be as new: the samples, no installations, no faults, an empty log. With a seed, the same ids come again.

        Apps are not told.
        """
        for site in self.sites:
            site.forget_all()
            site.faults.clear()
            site.plugins.reset()
            site.tells_policies = True
            site.limits = None
        self.faults.clear()
        self.oauth.clear()
        self.deliveries.clear()
        self.store.reset()
        self.store.note("origin", self.origin)
        for site in self.sites if self.limited_at_first else ():
            site.limit_rate()
        self._key_number = self.ids.uuid()
        self._log.clear()

    def close(self) -> None:
        """Close the store; a file that it was kept in can then be opened again. The sandbox is of no use afterwards."""
        self.store.database.close()
