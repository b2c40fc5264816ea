"""What an app has asked to be told: by its descriptor, by dynamic modules, and on Jira by REST."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..rest.jql import JqlError, parse_jql
from ..store.schema import WebhookRegistration

if TYPE_CHECKING:
    from ..installation import Installation
    from ..site import Site
    from .events import Event

__all__ = ["Wanted", "has_expired", "matching_registrations", "wanted"]

_logger = logging.getLogger(__name__)
#: The kind of owner that has the properties of what a body tells of.
_OWNERS: Final = {"issue": "issue", "project": "project", "comment": "issue_comment"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One subscription to an event.

    :ivar url: as the app gave it.
    :ivar body: None: without one.
    :ivar source: for people.
    """

    url: str
    body: Mapping[str, Any] | None
    source: str


def wanted(installation: Installation, event: Event) -> Iterator[Wanted]:
    """Find the subscriptions of an app to an event."""
    site = installation.site
    dynamic = installation.dynamic_modules
    for number, module in enumerate([*dynamic, *installation.static_modules]):
        definition = module.definition
        if module.type != "webhooks" or definition.get("event") != event.name:
            continue
        if not _passes(site, definition.get("filter"), event):
            continue
        body = _with_properties(site, event, definition.get("propertyKeys"))
        yield Wanted(
            url=str(definition.get("url", "")),
            body=None if definition.get("excludeBody") is True else body,
            source="dynamic module" if number < len(dynamic) else "descriptor",
        )
    by_url: dict[str, list[str]] = {}
    for registration in matching_registrations(site, installation.client_key, event):
        by_url.setdefault(registration.url, []).append(registration.id)
    for url, ids in by_url.items():
        body = {**event.body, "matchedWebhookIds": [int(one) for one in ids]}
        yield Wanted(url, body, f"registration {', '.join(ids)}")


def matching_registrations(site: Site, client_key: str, event: Event) -> list[WebhookRegistration]:
    """The dynamic webhooks of Jira that an app has for an event: by name, JQL, changed fields and property keys."""
    if site.product != "jira":
        return []
    return [
        one
        for one in site.content.webhooks(client_key)
        if event.name in one.events
        and not has_expired(one, site.wire.clock())
        and (event.name != "jira:issue_updated" or not one.field_ids or event.changed & set(one.field_ids))
        and (event.property_key is None or not one.property_keys or event.property_key in one.property_keys)
        and _passes(site, one.jql, event)
    ]


def has_expired(registration: WebhookRegistration, now: float) -> bool:
    """Whether a registration has ended: nothing is sent for it until it is refreshed."""
    return registration.expires <= now


def _passes(site: Site, jql: object, event: Event) -> bool:
    if not jql or site.product != "jira" or event.issue is None:
        return True
    try:
        return parse_jql(str(jql), now=site.wire.clock(), bounded=False, site=site).matches(event.issue)
    except JqlError as error:
        _logger.warning("The filter of a webhook for %s is not applied: %s", event.name, error)
        return True


def _with_properties(site: Site, event: Event, keys: object) -> Mapping[str, Any]:
    """The body with the values of the properties that a module asks for, on what the event is about."""
    if not isinstance(keys, list) or site.product != "jira" or event.name.endswith("_deleted"):
        return event.body
    added = {}
    for subject, kind in _OWNERS.items():
        told = event.body.get(subject)
        if isinstance(told, Mapping):
            values = {one.key: one.value for one in site.entity_properties.all((kind, str(told.get("id"))))}
            added[subject] = {
                **told,
                "properties": {key: values[key] for key in keys if isinstance(key, str) and key in values},
            }
    return {**event.body, **added}
