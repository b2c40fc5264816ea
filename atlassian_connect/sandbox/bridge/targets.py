"""Where ``AP.navigator.go`` leads: names that apps know → paths of the sandbox's pages.

Source: *Navigator*, https://developer.atlassian.com/cloud/confluence/jsapi/navigator/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from ...types import Product

if TYPE_CHECKING:
    from ..installation import Installation

__all__ = ["TARGETS", "UnknownTargetError", "target_path"]

_Values = Mapping[str, str]


class UnknownTargetError(ValueError):
    """The sandbox has no page for a target, or the target's values do not name one."""


def _page(app: Installation, values: _Values) -> str:
    page = app.site.content.page(values.get("contentId") or values.get("pageId") or "")
    return f"/spaces/{_part(app.site.content.space(page.space_id).key)}/pages/{_part(page.id)}"


def _edited_page(app: Installation, values: _Values) -> str:
    page = app.site.content.page(values.get("contentId") or values.get("pageId") or "")
    return f"/spaces/{_part(app.site.content.space(page.space_id).key)}/pages/edit-v2/{_part(page.id)}"


def _space(app: Installation, values: _Values) -> str:
    return f"/spaces/{_part(values['spaceKey'])}"


def _space_tools(app: Installation, values: _Values) -> str:
    return f"{_space(app, values)}/settings"


def _person(app: Installation, values: _Values) -> str:
    people = "/jira/people" if app.site.product == "jira" else "/people"
    return f"{people}/{_part(values.get('accountId') or values['username'])}"


def _dashboard(app: Installation, values: _Values) -> str:
    return f"/jira/dashboards/{_part(values['dashboardId'])}" if "dashboardId" in values else "/jira/dashboards"


def _module(app: Installation, values: _Values) -> str:
    key = _part(values.get("addonKey") or app.app_key)
    custom = [(name, value) for name, value in values.items() if name.startswith("ac.")]
    return f"/plugins/servlet/ac/{key}/{_part(values['moduleKey'])}" + (f"?{urlencode(custom)}" if custom else "")


def _site(app: Installation, values: _Values) -> str:
    """``site`` leads below the site's base URL, wherever the app says."""
    relative = values.get("relativeUrl", "")
    if relative.startswith("//") or "\\" in relative or not relative.startswith("/"):
        raise UnknownTargetError("The target 'site' needs a relativeUrl that starts with one slash.")
    return relative


def _issue(app: Installation, values: _Values) -> str:
    return f"/browse/{_part(values['issueKey'])}"


def _project(app: Installation, values: _Values) -> str:
    return f"/projects/{_part(values['projectKey'])}"


#: Product → target → path below the site's base URL. Pages add what they have.
TARGETS: Final[dict[Product, dict[str, Callable[[Installation, _Values], str]]]] = {
    "confluence": {
        "addonModule": _module,
        "addonmodule": _module,
        "contentedit": _edited_page,
        "contentEdit": _edited_page,
        "contentview": _page,
        "contentView": _page,
        "dashboard": lambda app, values: "",
        "site": _site,
        "spacetools": _space_tools,
        "spaceTools": _space_tools,
        "spaceview": _space,
        "spaceView": _space,
        "userProfile": _person,
    },
    "jira": {
        "addonModule": _module,
        "dashboard": _dashboard,
        "issue": _issue,
        "projectAdminSummary": _project,
        "site": _site,
        "userProfile": _person,
    },
}


def target_path(app: Installation, target: str, values: _Values) -> str:
    """The path of a target on the sandbox's origin.

    :param app: who asks; its own modules need no ``addonKey``.
    :raises UnknownTargetError: there is none.
    """
    known = TARGETS[app.site.product]
    if target not in known:
        names = ", ".join(sorted(known))
        raise UnknownTargetError(f"The sandbox has no target {target!r} on {app.site.name}; it has {names}.")
    try:
        return app.site.context_path + known[target](app, values)
    except KeyError as error:
        raise UnknownTargetError(f"The target {target!r} leads nowhere: {error.args[0]!r} is not there.") from None


def _part(text: str) -> str:
    return quote(text, safe="")
