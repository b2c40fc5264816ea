"""Values for the variables in the URLs of modules.

The host knows them by the place where a viewer is; a page that shows a module gives them to
:func:`..bridge.embedding.embed`, which also puts them into context tokens.

Source: *Context parameters*, https://developer.atlassian.com/cloud/confluence/context-parameters/ and the same for
Jira.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from .found import Found, find
from .situation import Situation

if TYPE_CHECKING:
    from ..site import Site

__all__ = ["MACRO_BODY_LENGTH", "macro_values", "url_context"]

#: Characters of a macro's body that fit into its URL; the app fetches the rest.
MACRO_BODY_LENGTH: Final = 128
#: How variables begin whose values are looked up, never taken over.
_FOUND: Final = ("issue.", "issuetype.", "project.", "content.", "page.", "space.", "user.")


def url_context(site: Site, situation: Situation) -> dict[str, str]:
    """Values of the context variables that are known where a viewer is. Variables without a value are left out.

    What the situation gives by name is added. Issues, projects, content, spaces and the viewer are what is found: an
    address must not name one that the viewer does not see.
    """
    found = find(site, situation)
    values = _jira_values(found) if site.product == "jira" else _confluence_values(found)
    if situation.profile and site.product == "jira":
        values["profileUser.accountId"] = situation.profile
    if situation.account_id and site.product == "jira":
        values["user.accountId"] = situation.account_id
    given = situation.values.items()
    return values | {name: value for name, value in given if not name.startswith(_FOUND)}


def _jira_values(found: Found) -> dict[str, str]:
    values: dict[str, str] = {}
    if found.project is not None:
        values |= {"project.id": found.project.id, "project.key": found.project.key}
    if found.issue is not None:
        issue = found.issue
        values |= {"issue.id": issue.id, "issue.key": issue.key, "issue.summary": issue.summary}
        values["issuetype.id"] = found.issue_type_id
    return values


def _confluence_values(found: Found) -> dict[str, str]:
    values: dict[str, str] = {}
    if found.space is not None:
        values |= {"space.id": found.space.id, "space.key": found.space.key}
    if found.page is not None:
        page, kind = found.page, found.content_type
        facts = {"id": page.id, "version": str(page.version), "type": "custom" if found.plugin else kind}
        values |= {f"{prefix}.{name}": value for prefix in ("content", "page") for name, value in facts.items()}
        values["page.title"] = page.title
        if found.plugin:
            values["content.plugin"] = found.plugin
    return values


def macro_values(
    *, macro_id: str, body: str = "", output_type: str = "display", parameters: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Values of the variables of one macro on a page, for :attr:`Situation.values`.

    :param body: of the macro, whole; in the URL it is cut.
    :param output_type: ``display``, or ``preview`` in the editor.
    :param parameters: what its author entered, by identifier. A parameter never takes the place of a host's variable.
    """
    return (
        dict(parameters or {})
        | {
            "macro.id": macro_id,
            "macro.hash": macro_id,  # the older name of the same id
            "macro.body": body[:MACRO_BODY_LENGTH],
            "macro.truncated": "true" if len(body) > MACRO_BODY_LENGTH else "false",
            "output.type": output_type,
        }
    )
