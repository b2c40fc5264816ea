"""Versions of content in Confluence's REST, versions 1 and 2.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content-versions/ and
https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-version/
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from ..people import confluence_user
from .confluence_bodies import body_json, wanted_format
from .confluence_writing import conflicts, may_write, text_of
from .finding import editable_page, find_page
from .operations import Call, Operation, Reply, RestError
from .paging import cursor_page, start_page
from .shapes import confluence_time, person_of, version_json, version_v1_json

__all__ = ["OPERATIONS"]


# --- version 1 --------------------------------------------------------------------------------------------------------


def _history(call: Call, content_id: str) -> Reply:
    page, site = find_page(call, content_id), call.site
    versions = site.content.versions(page.id)
    payload = {
        "latest": True,
        "createdBy": confluence_user(person_of(site, page.author), site.base_url),
        "createdDate": confluence_time(page.created),
        "lastUpdated": version_v1_json(site, page.version, page.modified_by, page.modified, page.message),
        "contributors": {
            "publishers": {"userAccountIds": list(dict.fromkeys(one.author for one in versions))},
        },
        "_expandable": {},
        "_links": {"base": site.base_url, "self": f"{site.base_url}{call.path}"},
    }
    return Reply(payload=payload)


def _versions(call: Call, content_id: str) -> Reply:
    page = find_page(call, content_id)
    found = call.site.content.versions(page.id)[::-1]
    return start_page(
        call, found, lambda one: version_v1_json(call.site, one.number, one.author, one.created, one.message)
    )


def _version(call: Call, content_id: str, number: str) -> Reply:
    page = find_page(call, content_id)
    one = next((one for one in call.site.content.versions(page.id) if str(one.number) == number), None)
    if one is None:
        raise RestError(404, f"The content has no version {number}.")
    return Reply(payload=version_v1_json(call.site, one.number, one.author, one.created, one.message))


def _restore_version(call: Call, content_id: str) -> Reply:
    page, wanted = editable_page(call, content_id), call.json_object()
    params = wanted.get("params")
    number = params.get("versionNumber") if isinstance(params, dict) else None
    if wanted.get("operationKey") != "restore":
        raise RestError(400, "operationKey must be restore.")
    one = next((one for one in call.site.content.versions(page.id) if one.number == number), None)
    if one is None:
        raise RestError(404, f"The content has no version {number}.")
    message = text_of(params, "message") if isinstance(params, dict) else ""
    title = one.title if isinstance(params, dict) and params.get("restoreTitle") is True else None
    with conflicts():
        made = call.site.content.edit_page(
            page.id, account_id=may_write(call), title=title, body=one.body, message=message
        )
    return Reply(payload=version_v1_json(call.site, made.version, made.modified_by, made.modified, made.message))


# --- version 2 --------------------------------------------------------------------------------------------------------


def _versions_v2(call: Call, kind: str, page_id: str) -> Reply:
    page, wanted = find_page(call, page_id, type=kind), wanted_format(call)
    found = call.site.content.versions(page.id)[::-1]

    def write(number: int) -> dict[str, Any]:
        one = found[number]
        json = version_json(one.number, one.author, one.created, one.message)
        body = body_json(call, page, one.body, wanted)
        return {**json, kind: {"id": page.id, "title": one.title, "body": body}}

    return cursor_page(call, range(len(found)), write)


def _version_v2(call: Call, kind: str, page_id: str, number: str) -> Reply:
    page = find_page(call, page_id, type=kind)
    found = {str(one.number): one for one in call.site.content.versions(page.id)}
    one = found.get(number)
    if one is None:
        raise RestError(404, f"The content has no version {number}.")
    json = version_json(one.number, one.author, one.created, one.message)
    return Reply(payload={**json, "contentTypeModified": False, "collaborators": [one.author]})


_ONE: Final = "/rest/api/content/<content_id>"


def _rules(kind: str, name: str) -> list[Operation]:
    many = f"/api/v2/{name}/<page_id>/versions"
    return [
        Operation("GET", many, partial(_versions_v2, kind=kind), anonymous=True),
        Operation("GET", f"{many}/<number>", partial(_version_v2, kind=kind), anonymous=True),
    ]


OPERATIONS: Final = (
    Operation("GET", f"{_ONE}/history", _history, anonymous=True),
    Operation("GET", f"{_ONE}/version", _versions, anonymous=True),
    Operation("POST", f"{_ONE}/version", _restore_version, scope="WRITE"),
    Operation("GET", f"{_ONE}/version/<number>", _version, anonymous=True),
    *_rules("page", "pages"),
    *_rules("blogpost", "blogposts"),
)
