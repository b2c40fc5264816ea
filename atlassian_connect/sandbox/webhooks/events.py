"""Events: what apps are told about a change."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..policies import POLICY_EVENTS, container_of_body
from ..store.changes import Change
from ..store.content import Issue, Page
from ..store.entity_properties import EntityProperty
from . import confluence, jira
from .variables import variables_of

if TYPE_CHECKING:
    from ..site import Site

__all__ = ["Event", "event_by_hand", "event_of"]

_logger = logging.getLogger(__name__)
#: About containers, not about what is in them: an access rule does not hold them back.
_OF_CONTAINERS: Final = ("space_", "project_", "user_", "jira:version_")


@dataclass(frozen=True, slots=True)
class Event:
    """What apps are told.

    :ivar body: the whole of it, but for what one subscription asks for in addition.
    :ivar account_id: who did it; None when nobody did.
    :ivar issue: what filters are asked about; None where there is no issue.
    :ivar containers: keys of the spaces or projects it is about; apps that are kept out of one are not told.
    :ivar changed: ids of the fields that an edit changed.
    :ivar property_key: of the property it is about.
    """

    name: str
    body: Mapping[str, Any]
    account_id: str | None = None
    trace: str | None = None
    issue: Issue | None = None
    containers: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    property_key: str | None = None


def event_of(site: Site, change: Change) -> Event | None:
    """What apps are told about a change. None: hosts have no event for it."""
    write = (jira.BODIES if change.product == "jira" else confluence.BODIES).get(change.kind)
    if write is None:
        return None
    try:
        body = write(site, change)
        containers = _containers(site, change)
    except KeyError as error:  # deleted meanwhile, or by the same request
        _logger.warning("%s is told to nobody: there is no %s any more.", change.kind, error)
        return None
    entry = change.details.get("changelog")
    return Event(
        name=change.kind,
        body=_whole(site, change.kind, body, change.account_id),
        account_id=change.account_id,
        trace=change.trace,
        issue=_issue(change),
        containers=containers,
        changed=frozenset(str(item.get("fieldId")) for item in entry.items) if entry else frozenset(),
        property_key=change.value.key if isinstance(change.value, EntityProperty) else None,
    )


def event_by_hand(
    site: Site, name: str, body: Mapping[str, Any], *, account_id: str | None = None, trace: str | None = None
) -> Event:
    """An event that did not come from a change: what it is about is read from the body.

    :param body: what is special to the event; the fields that all bodies of the product have are added.
    """
    whole = _whole(site, name, body, account_id)
    container = None if name in POLICY_EVENTS else container_of_body(site, variables_of(whole), whole)
    issue, told = None, whole.get("issue")
    if site.product == "jira" and isinstance(told, Mapping):
        with suppress(KeyError):  # an issue that the sandbox does not have: no filter holds it back
            issue = site.content.issue(str(told.get("key", "")))
    return Event(name, whole, account_id, trace, issue, frozenset({container} if container else ()))


def _whole(site: Site, event: str, body: Mapping[str, Any], account_id: str | None) -> dict[str, Any]:
    milliseconds = int(site.wire.clock() * 1000)
    if site.product == "jira":
        return {"timestamp": milliseconds, "webhookEvent": event, **body}
    if account_id is None:
        return {"timestamp": milliseconds, **body}
    person = site.person(account_id)
    kind = "app" if person is not None and person.account_type == "app" else "customer"
    return {"userAccountId": account_id, "accountType": kind, "timestamp": milliseconds, **body}


def _issue(change: Change) -> Issue | None:
    return next((one for one in (change.value, change.about) if isinstance(one, Issue)), None)


def _containers(site: Site, change: Change) -> frozenset[str]:
    if change.kind.startswith(_OF_CONTAINERS):
        return frozenset()
    about = change.about if isinstance(change.about, tuple) else (change.about,)
    found = {one.project_key for one in (change.value, *about) if isinstance(one, Issue)}
    found |= {site.content.space(one.space_id).key for one in (change.value, *about) if isinstance(one, Page)}
    return frozenset(found)
