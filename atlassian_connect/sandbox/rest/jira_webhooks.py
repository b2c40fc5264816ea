"""Webhooks that apps register at runtime, in Jira's REST.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-webhooks/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ...errors import UrlNotAllowedError
from ...protocol.urls import parse_base_url, target_below
from ..deliveries import Delivery
from ..store.content import DAY_SECONDS
from ..store.schema import WebhookRegistration
from .jira_basics import jira_time
from .jira_paging import jira_page
from .jql import JqlError, parse_jql
from .operations import Call, Operation, Reply, RestError

__all__ = ["LIFETIME_DAYS", "MAX_WEBHOOKS", "OPERATIONS"]

#: How many an app may have on a site.
MAX_WEBHOOKS: Final = 100
#: How long a registration or a refresh lasts.
LIFETIME_DAYS: Final = 30
_MAX_DIGITS: Final = 15  # of a time in milliseconds
_EVENTS: Final = frozenset(
    {"jira:issue_created", "jira:issue_updated", "jira:issue_deleted"}
    | {"comment_created", "comment_updated", "comment_deleted"}
    | {"issue_property_set", "issue_property_deleted"}
    | {f"sprint_{what}" for what in ("created", "updated", "closed", "deleted", "started")}
    | {
        f"jira:version_{what}"
        for what in ("created", "updated", "released", "unreleased", "deleted", "moved", "merged")
    }
)
_CLAUSE: Final = re.compile(
    r"(?<![A-Za-z.])([A-Za-z.]++(?:\[[^\]]+\][\w.]*)?)(?:\s*+!?=|\s+(?:not\s+)?in\b)", re.IGNORECASE
)
_JQL_FIELDS: Final = frozenset(
    {"issuekey", "key", "project", "issuetype", "status", "assignee", "reporter", "priority"}
)


def _register(call: Call) -> Reply:
    body = call.json_object()
    url, wanted = body.get("url"), body.get("webhooks")
    if not isinstance(wanted, list) or not wanted:
        raise RestError(400, "webhooks must be a list of webhooks to register.")
    _check_url(call, url)
    mine = _alive(call)
    if any(one.url != url for one in mine):
        raise RestError(400, "Only a single URL per app is allowed to be registered.")
    room, results = MAX_WEBHOOKS - len(mine), list[dict[str, Any]]()
    for one in wanted:
        errors = _problems(call, one) if room > 0 else [f"An app may have no more than {MAX_WEBHOOKS} webhooks."]
        if errors:
            results.append({"errors": errors})
            continue
        made = call.site.content.add_webhook(
            call.app.client_key,
            url=str(url),
            events=one["events"],
            jql=one["jqlFilter"],
            expires=_expiry(call),
            field_ids=one.get("fieldIdsFilter") or (),
            property_keys=one.get("issuePropertyKeysFilter") or (),
        )
        room -= 1
        results.append({"createdWebhookId": int(made.id)})
    return Reply(payload={"webhookRegistrationResult": results})


def _check_url(call: Call, url: object) -> None:
    try:
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise UrlNotAllowedError("it is not absolute")
        target_below(parse_base_url(call.app.app_base_url), url)
    except UrlNotAllowedError:
        raise RestError(400, "The url must share the base URL of the app.") from None


def _problems(call: Call, wanted: object) -> list[str]:
    """What is wrong with one registration."""
    if not isinstance(wanted, Mapping):
        return ["A webhook is an object."]
    events, jql, problems = wanted.get("events"), wanted.get("jqlFilter"), []
    if not isinstance(events, list) or not events:
        problems.append("events must name at least one event.")
    else:
        problems += [f"The event {one} is not supported." for one in map(str, events) if one not in _EVENTS]
    for name in ("fieldIdsFilter", "issuePropertyKeysFilter"):
        value = wanted.get(name)
        if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            problems.append(f"{name} must be a list of texts.")
    if not isinstance(jql, str):
        return [*problems, "jqlFilter is required."]
    return problems + _problems_of_jql(call, jql)


def _problems_of_jql(call: Call, jql: str) -> list[str]:
    try:
        parse_jql(jql, now=call.site.wire.clock(), bounded=False, site=call.site)
    except JqlError as error:
        return [str(error)]
    unquoted = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", "''", jql)
    problems = [
        f"The clause {name} is unsupported"
        for name in _CLAUSE.findall(unquoted)
        if name.lower() not in _JQL_FIELDS and not name.lower().startswith(("issue.property[", "cf["))
    ]
    # What is left beside clauses that are allowed has operators that are not.
    for operator in ("~", "<", ">"):
        if operator in unquoted:
            problems.append(f"The operator {operator} is unsupported")
    if re.search(r"\bis\b|\border\s+by\b", unquoted, re.IGNORECASE):
        problems.append("Only the operators =, !=, IN and NOT IN are supported")
    return problems


def _expiry(call: Call) -> float:
    return call.site.wire.clock() + LIFETIME_DAYS * DAY_SECONDS


def _alive(call: Call) -> list[WebhookRegistration]:
    now = call.site.wire.clock()
    return [one for one in call.site.content.webhooks(call.app.client_key) if one.expires > now]


def _list(call: Call) -> Reply:
    return jira_page(call, _alive(call), _written)


def _written(webhook: WebhookRegistration) -> dict[str, Any]:
    written: dict[str, Any] = {
        "id": int(webhook.id),
        "events": list(webhook.events),
        "jqlFilter": webhook.jql,
        "expirationDate": jira_time(webhook.expires),
        "url": webhook.url,
    }
    if webhook.field_ids:
        written["fieldIdsFilter"] = list(webhook.field_ids)
    if webhook.property_keys:
        written["issuePropertyKeysFilter"] = list(webhook.property_keys)
    return written


def _ids(call: Call) -> list[str]:
    ids = call.json_object().get("webhookIds")
    if not isinstance(ids, list) or not ids or not all(isinstance(one, int) for one in ids):
        raise RestError(400, "webhookIds must be a list of ids.")
    return [str(one) for one in ids]


def _delete(call: Call) -> Reply:
    for one in _ids(call):  # those of others, and those that are not there, are left alone without a word
        call.site.content.remove_webhook(call.app.client_key, one)
    return Reply(202)


def _refresh(call: Call) -> Reply:
    expires, alive = _expiry(call), {one.id for one in _alive(call)}
    for one in _ids(call):
        if one in alive:
            call.site.content.refresh_webhook(call.app.client_key, one, expires=expires)
    return Reply(payload={"expirationDate": jira_time(expires)})


def _failed(call: Call) -> Reply:
    """What the site gave up on. Those of modules are among them, as far as is known."""
    after = call.query.get("after") or call.query.get("failedAfter")
    if after is not None and not after.isdecimal():
        raise RestError(400, "after must be a time in milliseconds.")
    limit = call.integer("maxResults", 100, maximum=100)
    found = call.site.deliveries.failed(
        call.app.client_key, after=None if after is None else (int(after[:_MAX_DIGITS]) + 0.999) / 1000
    )
    values = [_failure(one) for one in found[:limit]]
    payload: dict[str, Any] = {"values": values, "maxResults": limit}
    if len(found) > limit:
        last = values[-1]["failureTime"]
        payload["next"] = f"{call.site.base_url}/rest/api/3/webhook/failed?failedAfter={last}&maxResults={limit}"
    return Reply(payload=payload)


def _failure(delivery: Delivery) -> dict[str, Any]:
    written: dict[str, Any] = {
        "id": delivery.identifier,
        "url": delivery.target.url,
        "failureTime": int(delivery.attempts[-1].time * 1000),
    }
    return {**written, "body": delivery.body.decode()} if delivery.body else written


OPERATIONS: Final = (
    Operation("GET", "/rest/api/3/webhook/failed", _failed, apps_only=True),
    Operation("GET", "/rest/api/3/webhook", _list, apps_only=True),
    Operation("POST", "/rest/api/3/webhook", _register, apps_only=True),
    Operation("DELETE", "/rest/api/3/webhook", _delete, apps_only=True),
    Operation("PUT", "/rest/api/3/webhook/refresh", _refresh, apps_only=True),
)
