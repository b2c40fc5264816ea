"""Macros of apps on a page: frames for dynamic ones; what the app answers, checked, for static ones.

Source: *Macros*, https://developer.atlassian.com/cloud/confluence/macros/ and *Static content macro*,
https://developer.atlassian.com/cloud/confluence/modules/static-content-macro/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from ...errors import UrlNotAllowedError
from ...protocol.qsh import canonical_request, query_string_hash
from ..http import AppUnreachableError
from ..module_urls import join
from ..modules import places
from ..modules.context import macro_values
from ..modules.places import PlacedModule
from ..modules.situation import Situation
from ..policies import ContentBlockedError, container_of
from ..wire import CONNECT_VERSION
from .render import Renderer
from .storage import Macro, StorageFormatError

if TYPE_CHECKING:
    from ..installation import Installation
    from ..site import Site

__all__ = ["AppAnswerError", "AppMacros", "available_macros", "fetch_storage"]

#: How long an app may take for a piece of a page that somebody waits for.
_TIMEOUT_SECONDS: Final = 5.0


class AppAnswerError(Exception):
    """An app did not answer what belongs into a page. The text is for people."""


def available_macros(site: Site, situation: Situation) -> list[PlacedModule]:
    """The macros that whoever looks may insert."""
    return places.at(site, "macro", situation)


def fetch_storage(
    installation: Installation, url: str, values: Mapping[str, str], *, account_id: str | None, note: str
) -> str:
    """Ask an app for storage format, as the host does for static macros: signed, from server to server.

    :param url: of the module, with variables.
    :param values: of the variables.
    :raises AppAnswerError: no answer, or not a good one.
    :raises ContentBlockedError: an access rule keeps the app away from where the values are.
    """
    site = installation.site
    place = container_of(site, values)
    if place is not None and place in installation.blocked:
        raise ContentBlockedError(installation.app_key, place)
    licence = "active" if installation.licensed and installation.descriptor.get("enableLicensing") is True else "none"
    extra = [("xdm_e", site.origin), ("cp", site.context_path), ("lic", licence), ("cv", CONNECT_VERSION)]
    headers = {"Accept": "application/xhtml+xml, text/html;q=0.9", "Atlassian-Connect-Version": CONNECT_VERSION}
    claims = None
    try:
        target = join(installation.app_base_url, url, values, extra)
        if installation.shared_secret is not None:
            claims = installation.claims(query_string_hash("GET", target.path, target.query), account_id)
            headers["Authorization"] = f"JWT {installation.sign_claims(claims)}"
        answer = site.wire.send(
            "GET",
            target.url,
            product=site.product,
            note=note,
            headers=headers,
            claims=claims,
            canonical=canonical_request("GET", target.path, target.query),
            timeout=_TIMEOUT_SECONDS,
        )
    except UrlNotAllowedError as error:
        raise AppAnswerError(f"its URL cannot be called: {error}") from error
    except AppUnreachableError as error:
        raise AppAnswerError("the app did not answer. Is it running?") from error
    if answer.status != 200:
        raise AppAnswerError(f"the app answered with the status {answer.status}.")
    try:
        return answer.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AppAnswerError("the app's answer is not UTF-8.") from error


@dataclass
class AppMacros:
    """Shows the macros of apps in one body. An app that did not answer once is not asked again for this page.

    :ivar frame: puts a module that is placed into a frame.
    """

    site: Site
    situation: Situation
    frame: Callable[[PlacedModule], Markup]
    _failed: dict[str, str] = field(default_factory=dict)

    def __call__(self, macro: Macro, renderer: Renderer) -> Markup:
        """Show a macro."""
        given = macro_values(
            macro_id=macro.id,
            body=macro.body,
            output_type=self.situation.values.get("output.type", "display"),
            parameters=macro.parameters,
        )
        here = replace(self.situation, values={**self.situation.values, **given})
        placed = next(
            (one for one in places.at(self.site, "macro", here, hidden=True) if one.module.key == macro.name), None
        )
        if placed is None:
            return _unknown(macro, renderer)
        if not placed.visible:
            return Markup()
        if placed.opens == "called":
            return self._static(placed, renderer)
        content = self.frame(placed)
        inline = placed.module.definition.get("outputType") == "inline"
        return Markup('<{0} class="app-macro {1}" data-macro="{2}">{3}</{0}>').format(
            "span" if inline else "div", "inline" if inline else "block", macro.name, content
        )

    def _static(self, placed: PlacedModule, renderer: Renderer) -> Markup:
        app_key = placed.installation.app_key
        try:
            if app_key in self._failed:
                raise AppAnswerError(self._failed[app_key])
            text = fetch_storage(
                placed.installation,
                placed.urls.get("url", ""),
                placed.values,
                account_id=self.situation.account_id,
                note=f"static macro {placed.module.key}",
            )
            content = Renderer(renderer.links, _without_apps).fragment(text)
        except ContentBlockedError as error:
            return _problem("This content has been blocked.", str(error).partition(": ")[2], blocked=True)
        except AppAnswerError as error:
            if "did not answer" in str(error):
                self._failed[app_key] = str(error)
            return _problem(f"The macro “{placed.label}” cannot be shown:", str(error))
        except StorageFormatError as error:
            return _problem(
                f"The macro “{placed.label}” cannot be shown:", f"its app answered no storage format. {error}"
            )
        return Markup('<div class="static-macro" data-macro="{}">{}</div>').format(placed.module.key, content)


def _problem(what: str, why: str, *, blocked: bool = False) -> Markup:
    kind = " blocked" if blocked else ""
    return Markup('<p class="app-frame-problem{}" role="note"><strong>{}</strong> {}</p>').format(kind, what, why)


def _unknown(macro: Macro, renderer: Renderer) -> Markup:
    head = _problem(
        f"Unknown macro: {macro.name}.", "No app that is enabled has it, and it is none of the sandbox's own."
    )
    parts = macro.element if macro.element is not None else ()
    return head + Markup("").join(renderer.children(one) for one in parts if one.tag == "ac:rich-text-body")


def _without_apps(macro: Macro, renderer: Renderer) -> Markup:
    """What an app answers may use Confluence's own macros, not those of apps: they would go round in circles."""
    return _unknown(macro, renderer)
