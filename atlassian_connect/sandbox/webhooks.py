"""Webhooks: which modules want an event, what the body says, and the delivery.

Sources: *Webhooks*, https://developer.atlassian.com/cloud/jira/platform/webhooks/ and
https://developer.atlassian.com/cloud/confluence/modules/webhook/
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..errors import UrlNotAllowedError
from ..protocol.modules import Module
from .http import Answer
from .module_urls import join
from .people import Person, jira_user
from .policies import POLICY_EVENTS, container_of_body
from .rest.jql import JqlError, parse_jql
from .rest.shapes import issue_json
from .store.changes import Change
from .store.content import Page

if TYPE_CHECKING:
    from .installation import Installation
    from .site import Site

__all__ = ["body_of", "deliver"]

_logger = logging.getLogger(__name__)


def deliver(
    installation: Installation,
    event: str,
    body: Mapping[str, Any],
    *,
    account_id: str | None,
    identifier: str | None,
    retry: int | None,
    trace: str | None,
) -> list[Answer]:
    """Deliver an event to one app. See :meth:`Installation.deliver`."""
    site = installation.site
    if installation.state != "enabled" or "READ" not in installation.scopes:
        return []
    whole = _whole_body(site, event, body, account_id)
    variables = _variables(whole, account_id)
    if event not in POLICY_EVENTS and container_of_body(site, variables, whole) in installation.blocked:
        return []  # dropped for good: it is not sent later either
    answers = []
    for module in [*installation.static_modules, *installation.dynamic_modules]:
        if module.type != "webhooks" or module.definition.get("event") != event:
            continue
        if not _passes_filter(site, module, whole):
            continue
        try:
            target = join(installation.app_base_url, str(module.definition.get("url", "")), variables)
        except UrlNotAllowedError as error:
            _logger.warning("Webhook %s of %s cannot be delivered: %s", event, installation.app_key, error)
            continue
        answer = installation.post(
            target,
            b"" if module.definition.get("excludeBody") is True else json.dumps(whole).encode(),
            note=f"webhook {event}",
            account_id=account_id,
            headers=_headers(site, identifier, retry, trace),
        )
        if answer is not None:
            answers.append(answer)
    return answers


def _headers(site: Site, identifier: str | None, retry: int | None, trace: str | None) -> dict[str, str]:
    if site.product != "jira":
        return {}
    headers = {
        "X-Atlassian-Webhook-Identifier": identifier or site.ids.uuid(),
        "X-Atlassian-Webhook-Flow": "Primary",
    }
    if retry is not None:
        headers["X-Atlassian-Webhook-Retry"] = str(retry)
    if trace is not None:
        headers["X-Atlassian-Webhook-Trace"] = trace
    return headers


def _whole_body(site: Site, event: str, body: Mapping[str, Any], account_id: str | None) -> dict[str, Any]:
    milliseconds = int(site.wire.clock() * 1000)
    if site.product == "jira":
        return {"timestamp": milliseconds, "webhookEvent": event, **body}
    actor = {"userAccountId": account_id, "accountType": "customer"} if account_id else {}
    return {**actor, "timestamp": milliseconds, **body}


def _passes_filter(site: Site, module: Module, body: Mapping[str, Any]) -> bool:
    text = module.definition.get("filter")
    issue = body.get("issue")
    if not text or site.product != "jira" or not isinstance(issue, Mapping):
        return True
    try:
        query = parse_jql(str(text), now=site.wire.clock(), bounded=False)
        return query.matches(site.content.issue(str(issue.get("key", ""))))
    except JqlError as error:
        _logger.warning("The filter of webhook %s is not applied: %s", module.definition.get("event"), error)
    except KeyError:
        pass  # the body tells of an issue that the sandbox does not have
    return True


def _variables(body: Mapping[str, Any], account_id: str | None) -> dict[str, str]:
    values = {"modifiedUser.accountId": account_id or ""}
    fields = _at(body, "issue", "fields")
    for subject in ("issue", "project", "version", "board", "sprint", "page", "space", "comment", "content"):
        of_subject = body.get(subject)
        if subject == "project" and of_subject is None and isinstance(fields, Mapping):
            of_subject = fields.get("project")
        if isinstance(of_subject, Mapping):
            for name in ("id", "key", "title", "version", "type"):
                if isinstance(of_subject.get(name), str | int):
                    values[f"{subject}.{name}"] = str(of_subject[name])
    page = body.get("page")
    if isinstance(page, Mapping):
        values |= {"content.id": str(page.get("id", "")), "content.type": "page"}
        values |= {"space.id": str(page.get("spaceId", "")), "space.key": str(page.get("spaceKey", ""))}
    return values


def _at(body: Mapping[str, Any], *names: str) -> Any:
    value: Any = body
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


# --- bodies -----------------------------------------------------------------------------------------------------------


def body_of(site: Site, change: Change) -> dict[str, Any] | None:
    """What the webhooks about a change say, without what all bodies have. None: there is no webhook about it."""
    write = _BODIES.get((change.product, change.kind))
    return write(site, change) if write else None


def _page_updated(site: Site, change: Change) -> dict[str, Any]:
    page: Page = change.after
    person = site.person(change.account_id or "")
    space_key = site.content.space(page.space_id).key
    return {
        "accountType": "app" if person is not None and person.account_type == "app" else "customer",
        "updateTrigger": "edit_page",
        "suppressNotifications": False,
        "page": {
            "id": int(page.id),
            "idAsString": page.id,
            "spaceKey": space_key,
            "spaceId": int(page.space_id),
            "title": page.title,
            "contentType": "page",
            "creatorAccountId": page.author,
            "lastModifierAccountId": page.modified_by,
            "creationDate": int(page.created * 1000),
            "modificationDate": int(page.modified * 1000),
            "version": page.version,
            "self": f"{site.base_url}/spaces/{space_key}/pages/{page.id}",
        },
    }


def _issue_updated(site: Site, change: Change) -> dict[str, Any]:
    account_id = change.account_id or ""
    entry = change.details["changelog"]
    return {
        "issue_event_type_name": "issue_generic",
        "user": jira_user(site.person(account_id) or Person(account_id, account_id), site.base_url),
        "issue": issue_json(change.after, site),
        "changelog": {"id": entry.id, "items": list(entry.items)},
    }


_BODIES: Final[dict[tuple[str, str], Callable[[Site, Change], dict[str, Any]]]] = {
    ("confluence", "page_updated"): _page_updated,
    ("jira", "jira:issue_updated"): _issue_updated,
}
