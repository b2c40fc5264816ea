"""What a page needs to show a module of an app in a frame.

Pages call :func:`embed` and hand what it returns to the macro ``app_frame`` of ``_frame.html``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ...errors import ConnectError
from ...protocol.modules import Module
from ...protocol.urls import parse_base_url
from ..frames import make_frame
from ..log import Crossing, mask_url
from ..modules.places import label
from ..policies import ContentBlockedError
from ..translations import locale_of
from .context import ui_context
from .ticket import Ticket, write_ticket

if TYPE_CHECKING:
    from ..installation import Installation
    from ..module_urls import Frame

__all__ = ["FULL_PAGES", "Embedding", "embed"]

#: Modules that fill a page of the host: ``AP.sizeToParent`` and ``AP.page.setTitle`` work in them.
FULL_PAGES: Final = frozenset(
    {
        "adminPages",
        "configurePage",
        "generalPages",
        "jiraProjectAdminTabPanels",
        "jiraProjectPages",
        "postInstallPage",
        "profilePages",
        "spaceToolsTabs",
    }
)
#: What a frame may do, as on the hosts' pages.
_SANDBOX: Final = (
    "allow-downloads allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox allow-scripts"
    " allow-same-origin allow-top-navigation-by-user-activation allow-storage-access-by-user-activation"
)


@dataclass(frozen=True, slots=True)
class Embedding:
    """A module of an app, ready to be put into a page.

    :ivar title: accessible name of the frame.
    :ivar origin: of the app, for ``frame-src`` of the page's Content-Security-Policy. Empty when there is a problem.
    :ivar problem: why it cannot be opened, for people. Empty when it can.
    :ivar blocked: an app access rule is the reason.
    :ivar url: signed; what a plain iframe loads.
    :ivar data: what the bridge mounts the frame from; None without the bridge.
    """

    title: str
    origin: str = ""
    problem: str = ""
    blocked: bool = False
    url: str = field(default="", repr=False)
    width: str = "100%"
    height: str = "150px"
    sandbox: str = _SANDBOX
    data: Mapping[str, Any] | None = field(default=None, repr=False)


def embed(
    installation: Installation,
    module_key: str,
    *,
    viewer: str | None,
    context: Mapping[str, str] | None = None,
    url: str | None = None,
    full_page: bool | None = None,
    width: str = "100%",
    height: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Embedding:
    """Prepare a frame, and note in the log that a browser loads it. Says what is wrong instead of raising.

    :param viewer: account id of who looks at it; None for an anonymous visitor.
    :param context: values of context variables, e.g. ``{"page.id": "65537"}``; for a macro also its parameters.
    :param url: another page of the module than its main one, such as a macro's ``editor.url``.
    :param full_page: None: as is usual for the type of the module.
    :param width: in CSS, e.g. ``300px``. ``AP.resize`` changes it.
    :param options: more options for the bridge, such as ``customData``.
    """
    values = dict(context or {})
    try:
        module = installation.module(module_key)
    except KeyError as error:
        return Embedding(module_key, problem=str(error.args[0]))
    locale = locale_of(installation.site, viewer)
    title = label(Module(module.type, installation.translations.of(module.definition, locale)))
    if installation.state != "enabled":
        return Embedding(title, problem=f"{installation.app_key} is {installation.state}.")
    try:
        frame = make_frame(installation, module_key, account_id=viewer, context=values, url=url)
        origin = parse_base_url(installation.app_base_url).origin
    except (ValueError, ConnectError) as error:
        return Embedding(title, problem=str(error), blocked=isinstance(error, ContentBlockedError))
    _note(installation, module_key, frame)
    fills = module.type in FULL_PAGES if full_page is None else full_page
    height = height or ("100%" if fills else "150px")
    data, site = None, installation.site
    if site.bridge is not None:
        ticket = Ticket(site.product, installation.app_key, installation.client_key, module.key, viewer, values)
        data = {
            "addonKey": installation.app_key,
            "key": module.key,
            "url": frame.url,
            "title": title,
            "ticket": write_ticket(ticket, site.ticket_key),
            "context": ui_context(installation, values),
            "options": {
                "autoresize": True,
                "isFullPage": fills,
                "moduleType": module.type,
                "productContext": values,
                "hostOrigin": site.origin,
                "sandbox": _SANDBOX,
                "width": width,
                "height": height,
                **(options or {}),
            },
        }
    return Embedding(title, origin, url=frame.url, width=width, height=height, data=data)


def _note(installation: Installation, module_key: str, frame: Frame) -> None:
    wire, product = installation.site.wire, installation.site.product
    wire.log.add(
        Crossing(
            time=wire.clock(),
            direction="host→app",
            product=product,
            method="GET",
            url=mask_url(frame.url),
            status=None,
            claims=frame.claims,
            canonical=frame.canonical,
            note=f"module {module_key}, loaded by the browser",
        )
    )
