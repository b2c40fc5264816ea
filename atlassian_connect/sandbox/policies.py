"""App access rules of an administrator: which spaces or projects an app is kept out of, and how it is told.

What a blocked operation is, is in the catalogue (:mod:`atlassian_connect.protocol.access`); here is what a rule of one
site says about one app. The bodies of the webhooks are not published: they carry the ids that an app needs.

Sources: *Data security policy developer guide*,
https://developer.atlassian.com/cloud/confluence/data-security-policy-developer-guide/ and *Data security policy
events*, https://developer.atlassian.com/platform/forge/events-reference/data-security-policy-events/
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .installation import Installation
    from .site import Site

__all__ = [
    "MAX_BLOCKED",
    "POLICY_EVENTS",
    "AccessPolicy",
    "ContentBlockedError",
    "container_key",
    "container_of",
    "container_of_body",
]

#: A policy names so many spaces at most.
MAX_BLOCKED: Final = 15
_CHANGED: Final = "app_policy_changed"
#: The webhooks about access rules; they are about blocked objects, and delivered all the same.
POLICY_EVENTS: Final = (
    "app_access_to_objects_blocked",
    "app_access_to_objects_in_container_blocked",
    _CHANGED,
)
_MAX_OBJECTS: Final = 100


class ContentBlockedError(ValueError):
    """A module is not loaded, since an access rule keeps its app away from where it would be.

    :ivar key: of the space or project.
    """

    def __init__(self, app_key: str, key: str) -> None:
        super().__init__(f"This content has been blocked: an app access rule keeps {app_key} out of {key}.")
        self.key = key


class AccessPolicy:
    """Changes what an administrator's rules keep one app out of."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._lock = Lock()

    def block(self, container: str) -> None:
        """Block one more, and tell the app. See :meth:`Installation.block`."""
        site = self._installation.site
        key = container_key(site, container)
        with self._lock:
            blocked = self._installation.blocked
            if key in blocked:
                return
            if len(blocked) >= MAX_BLOCKED:
                raise ValueError(f"A policy blocks {MAX_BLOCKED} spaces or projects at most.")
            self._installation.blocked = blocked | {key}
        for event in POLICY_EVENTS:
            self._installation.deliver(event, _body(site, key))

    def unblock(self, container: str) -> None:
        """Take one back, and tell the app. See :meth:`Installation.unblock`."""
        site = self._installation.site
        key = container_key(site, container)
        with self._lock:
            blocked = self._installation.blocked
            if key not in blocked:
                return
            self._installation.blocked = blocked - {key}
        self._installation.deliver(_CHANGED, {"containers": _body(site, key)["containers"]})


def container_key(site: Site, id_or_key: str) -> str:
    """Find the key of a space (Confluence) or project (Jira).

    :raises KeyError: the site has none.
    """
    if site.product == "jira":
        return site.content.project(id_or_key).key
    for space in site.content.spaces():
        if id_or_key in (space.id, space.key):
            return space.key
    raise KeyError(f"There is no space {id_or_key!r}.")


def container_of(site: Site, values: Mapping[str, str]) -> str | None:
    """Tell which space or project the values of context variables name. None: none."""
    content = site.content
    try:
        if site.product == "jira":
            if values.get("project.key") or values.get("project.id"):
                return content.project(values.get("project.key") or values["project.id"]).key
            if values.get("issue.key") or values.get("issue.id"):
                return content.issue(values.get("issue.key") or values["issue.id"]).project_key
            return None
        if values.get("space.key") or values.get("space.id"):
            return container_key(site, values.get("space.key") or values["space.id"])
        page_id = values.get("page.id") or values.get("content.id")
        return content.space(content.page(page_id).space_id).key if page_id else None
    except KeyError:
        return _prefix(values.get("issue.key", "")) if site.product == "jira" else None


def container_of_body(site: Site, variables: Mapping[str, str], body: Mapping[str, Any]) -> str | None:
    """Tell which space or project the body of a webhook is about. None: none."""
    found = container_of(site, variables)
    return found or (_space_key(body) if site.product == "confluence" else None)


def _body(site: Site, key: str) -> dict[str, Any]:
    """What the webhooks say about a container: its ids, and those of what is in it."""
    content = site.content
    if site.product == "jira":
        project = content.project(key)
        container = {"type": "project", "id": project.id, "key": key}
        objects = [
            {"type": "issue", "id": issue.id, "key": issue.key}
            for issue in content.issues()
            if issue.project_key == key
        ]
    else:
        space_id = next(space.id for space in content.spaces() if space.key == key)
        container = {"type": "space", "id": space_id, "key": key}
        objects = [{"type": "page", "id": page.id} for page in content.pages(space_id)]
    return {"containers": [container], "objects": objects[:_MAX_OBJECTS]}


def _prefix(issue_key: str) -> str | None:
    return issue_key.rpartition("-")[0] or None


def _space_key(value: Mapping[str, Any], depth: int = 3) -> str | None:
    """The first space key in a body: of a page, or of the page that a comment is on."""
    key = value.get("spaceKey")
    if isinstance(key, str) and key:
        return key
    inner = (one for one in value.values() if isinstance(one, Mapping)) if depth else ()
    return next((found for one in inner if (found := _space_key(one, depth - 1))), None)
